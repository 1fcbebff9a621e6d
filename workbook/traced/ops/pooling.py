"""Pooling: the largest or the mean of each window; and upsampling, by which each place stands several times."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.plan import views
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.reductions import reduced
from workbook.traced.ops.relabelling import padded
from workbook.traced.ops.windows import Sizes, dims_named, each, slid_windows
from workbook.traced.spec import WIDE
from workbook.traced.writer import Writer

_LOWEST = -1e30


def _windowed(
    b: Builder, x: Cells, lengths: list[int], stride: list[int], dilation: list[int]
) -> tuple[Cells, tuple[Any, ...]]:
    """The windows of the last dimensions, and the dimensions of what is left."""
    rank = len(lengths)
    lead = len(x.shape) - rank
    slid = slid_windows(x, lead, lengths, stride, dilation)
    sizes = list(slid.shape[lead : lead + rank])
    return slid, b.axes.distinct((*x.dims[:lead], *dims_named(b, x, sizes)))


def _offsets(
    own: Cells, lead: int, lengths: list[int], stride: list[int], dilation: list[int], counts: list[int]
) -> list[Cells]:
    """For each place in a window, the cells of the input that stand there, one a window."""
    found = []
    for at in np.ndindex(*lengths):
        part = own
        for k, n in enumerate(at):
            start = n * dilation[k]
            part = part.slice(lead + k, start, start + (counts[k] - 1) * stride[k] + 1, stride[k], ())
        found.append(part)
    return found


def _pool_settings(
    x: Cells, rank: int, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> tuple[list[int], ...]:
    lengths = each(kernel_size, rank)
    steps = each(stride, rank) if stride not in (None, []) else lengths
    pads, dilations = each(padding, rank, 0), each(dilation, rank)
    if ceil_mode and any(
        (n + 2 * p - (k - 1) * d - 1) % s
        for n, p, k, d, s in zip(x.shape[-rank:], pads, lengths, dilations, steps, strict=True)
    ):
        raise TracedError("pooling with ceil_mode over an edge: choose sizes that windows fill")
    return lengths, steps, pads, dilations


def max_pool(
    b: Builder,
    self: Cells,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    *,
    rank: int,
) -> Cells:
    """The largest of each window; the gradient goes to the first of equal ones."""
    lengths, steps, pads, dilations = _pool_settings(self, rank, kernel_size, stride, padding, dilation, ceil_mode)
    x = padded(b, self, pads, pads, "the input, with −∞ around it", value=_LOWEST)
    if any(pads):
        b.blocks[x.block].width = WIDE
    if not b.is_range(_windowed(b, x, lengths, steps, [1] * rank)[0], rank):
        x = b.copy(x)
    slid, dims = _windowed(b, x, lengths, steps, dilations)
    lead = len(x.shape) - rank
    along = tuple(range(len(slid.shape) - rank, len(slid.shape)))
    made = b.result(
        dims,
        lambda r: f"MAX({','.join(r.ranges(slid, rank))})",
        lambda v: v(slid).max(axis=along),
        "the largest of each window",
    )
    if b.no_gradient or not b.wants(x):
        return made
    where = _place_of_the_largest(b, slid, made, lengths)
    counts = list(made.shape[lead:])

    def back(g: Cells) -> None:
        def pattern(r: Writer) -> str:
            shown = _offsets(r.own(x.dims), lead, lengths, steps, dilations, counts)
            terms = [f"IF({r.back(where, part)}={k},{r.back(g, part)},0)" for k, part in enumerate(shown)]
            return f"GATHER({','.join(terms)})"

        def value(v: Any) -> Any:
            total = np.zeros(x.shape)
            for k, part in enumerate(_offsets(Cells("", "", x.shape, x.dims), lead, lengths, steps, dilations, counts)):
                views.apply(part.program, total)[...] += np.where(v(where) == k, v(g), 0.0)
            return total

        b.contribute(x, pattern, value)

    return b.record(made, back, x)


def _place_of_the_largest(b: Builder, slid: Cells, largest: Cells, lengths: list[int]) -> Cells:
    """Which place of each window holds its largest number, from 0; the first of equal ones."""
    rank, count, dims = len(lengths), prod(lengths), largest.dims
    places = _places_of_a_window(b, lengths) if count > 1 else None

    def first(r: Writer) -> str:
        if places is None:
            return "0"
        line = places.reshape((*(1,) * len(dims), *lengths), b.axes, (*((),) * len(dims), *places.dims))
        if not b.is_range(slid, rank):
            raise TracedError("max pooling whose windows have gaps (dilation): use a dilation of 1")
        return f"{count}-SUMPRODUCT(MAX(({r.range(slid, rank)}={r(largest)})*({count}-{r.range(line, rank)})))"

    def which(v: Any) -> Any:
        windows = v(slid)
        return np.argmax(windows.reshape(*windows.shape[: len(dims)], count), axis=-1) * 1.0

    return b.helper(
        "where",
        dims,
        first,
        which,
        "which place of the window, from 0",
        band="helper",
        of=b.blocks[largest.block].name,
        number_format="0",
    )


def _places_of_a_window(b: Builder, lengths: list[int]) -> Cells:
    rank = len(lengths)
    axes = ("layer", "row", "column")[-rank:] if rank > 1 else ("place",)
    return b.add(
        f"{b.result_name()}_places",
        tuple(lengths),
        tuple(b.axes.dim(f"window_{name}", n) for name, n in zip(axes, lengths, strict=True)),
        given=np.arange(float(prod(lengths))).reshape(lengths),
        fixed=True,
        role="label",
        title="places in a window, from 0",
        number_format="0",
        band="number",
        solid=True,
    )


def avg_pool(
    b: Builder,
    self: Cells,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    rank: int,
) -> Cells:
    """The mean of each window; the gradient is shared by its cells."""
    lengths, steps, pads, dilations = _pool_settings(self, rank, kernel_size, stride, padding, 1, ceil_mode)
    if any(pads) and not count_include_pad:
        raise TracedError("average pooling with padding that does not count: set count_include_pad to True")
    x = padded(b, self, pads, pads, "the input, with zeros around it")
    slid, dims = _windowed(b, x, lengths, steps, dilations)
    lead, share = len(x.shape) - rank, divisor_override or prod(lengths)
    along = tuple(range(len(slid.shape) - rank, len(slid.shape)))
    made = b.result(
        dims,
        lambda r: f"SUM({','.join(r.ranges(slid, rank))})/{share}",
        lambda v: v(slid).sum(axis=along) / share,
        "the mean of each window",
        size=lambda v: np.abs(v(slid)).sum(axis=along) / share,
    )
    counts = list(made.shape[lead:])

    def back(g: Cells) -> None:
        def pattern(r: Writer) -> str:
            shown = _offsets(r.own(x.dims), lead, lengths, steps, dilations, counts)
            return f"GATHER({','.join(r.back(g, part) for part in shown)})/{share}"

        def value(v: Any) -> Any:
            total = np.zeros(x.shape)
            for part in _offsets(Cells("", "", x.shape, x.dims), lead, lengths, steps, dilations, counts):
                views.apply(part.program, total)[...] += v(g) / share
            return total

        b.contribute(x, pattern, value, size=lambda v: np.abs(v(g)) / share)

    return b.record(made, back, x)


def _adaptive(x: Cells, output_size: Sizes, rank: int) -> tuple[list[int], list[int]]:
    """Lengths and steps of the windows that give so many places."""
    asked: list[int | None] = list(each(output_size, rank))
    wanted = [m if n is None else n for n, m in zip(asked, x.shape[-rank:], strict=True)]
    for n, m in zip(x.shape[-rank:], wanted, strict=True):
        if n % m:
            raise TracedError(f"adaptive pooling of {n} places to {m}: choose a number that divides {n}")
    lengths = [n // m for n, m in zip(x.shape[-rank:], wanted, strict=True)]
    return lengths, lengths


def _adaptive_max(rank: int) -> Callable[..., Any]:
    def rule(b: Builder, self: Cells, output_size: Sizes) -> list[Any]:
        """The largest of each of so many windows."""
        lengths, steps = _adaptive(self, output_size, rank)
        return [max_pool(b, self, lengths, steps, rank=rank), None]

    return rule


def _adaptive_avg(rank: int) -> Callable[..., Any]:
    def rule(b: Builder, self: Cells, output_size: Sizes) -> Cells:
        """The mean of each of so many windows."""
        lengths, steps = _adaptive(self, output_size, rank)
        if all(n == m for n, m in zip(lengths, self.shape[-rank:], strict=True)):
            return reduced(b, self, list(range(len(self.shape) - rank, len(self.shape))), keepdim=True, mean=True)
        return avg_pool(b, self, lengths, steps, rank=rank)

    return rule


def _pool(function: Callable[..., Any], rank: int) -> Callable[..., Any]:
    def rule(b: Builder, self: Cells, kernel_size: Sizes, stride: Sizes | None = None, **rest: Any) -> Any:
        return function(b, self, kernel_size, stride, **rest, rank=rank)

    rule.__doc__ = function.__doc__
    return rule


def nearest(b: Builder, input: Cells | None = None, self: Cells | None = None, **_: Any) -> Cells:
    """Each place several times; the gradient is summed."""
    assert b.node is not None
    x = input or self
    assert x is not None
    shape = b.node.shape
    rank = len(shape) - 2
    factors = []
    for n, m in zip(x.shape[2:], shape[2:], strict=True):
        if m % n:
            raise TracedError(f"upsampling of {n} places to {m}: use a whole factor")
        factors.append(m // n)
    spread = x
    for k in range(rank):
        spread = spread.unsqueeze(3 + 2 * k)
    wide = [*x.shape[:2]]
    for n, factor in zip(x.shape[2:], factors, strict=True):
        wide += [n, factor]
    names = [*x.dims[:2]]
    for k, m in enumerate(shape[2:]):
        names.append(b.axes.dim(("row", "column", "layer")[k] if rank > 1 else "place", m))
    return spread.expand(tuple(wide)).then("r" + ",".join(map(str, shape)), shape, tuple(names))


RULES: dict[str, Callable[..., Any]] = {
    **{f"max_pool{n}d": _pool(max_pool, n) for n in (1, 2)},
    **{f"avg_pool{n}d": _pool(avg_pool, n) for n in (1, 2)},
    **{f"adaptive_max_pool{n}d": _adaptive_max(n) for n in (1, 2)},
    **{f"adaptive_avg_pool{n}d": _adaptive_avg(n) for n in (1, 2)},
    **{f"upsample_nearest{n}d": nearest for n in (1, 2)},
}
