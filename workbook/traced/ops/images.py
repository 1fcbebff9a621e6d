"""Convolutions and pooling: a window slides, and each of its places is a cell."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.plan import views
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.products import _contracted
from workbook.traced.ops.reductions import reduced
from workbook.traced.ops.relabelling import padded
from workbook.traced.spec import WIDE
from workbook.traced.writer import Writer

Sizes = list[int] | int
_LOWEST = -1e30


def _each(sizes: Sizes | None, rank: int, default: int = 1) -> list[int]:
    if sizes is None or sizes == []:
        return [default] * rank
    found = [sizes] if isinstance(sizes, int) else list(sizes)
    return found * rank if len(found) == 1 else found


def _dims_named(b: Builder, x: Cells, sizes: list[int]) -> tuple[Any, ...]:
    """Names for the places of a result: those of the input where it is as long, else new ones."""
    hints = ("row", "column") if len(sizes) == 2 else ("place",)
    lead = len(x.shape) - len(sizes)
    return tuple(
        x.dims[lead + k] if x.shape[lead + k] == n else b.axes.dim(hints[k] if k < len(hints) else "place", n)
        for k, n in enumerate(sizes)
    )


def _grouped(b: Builder, cells: Cells, axis: int, groups: int) -> Cells:
    """A dimension as groups and what is in each."""
    size = cells.shape[axis]
    shape = (*cells.shape[:axis], groups, size // groups, *cells.shape[axis + 1 :])
    if groups == 1:
        return cells.reshape(shape, b.axes, (*cells.dims[:axis], (), *cells.dims[axis:]))
    return cells.reshape(shape, b.axes)


def _slid(cells: Cells, lead: int, lengths: list[int], steps: list[int], apart: list[int]) -> Cells:
    """The windows of the dimensions from `lead` on, as last dimensions."""
    for k, (length, step, gap) in enumerate(zip(lengths, steps, apart, strict=True)):
        cells = cells.windows(lead + k, length, step, gap)
    return cells


def _ordered(cells: Cells, b: Builder, shape: list[int], order: list[int]) -> Cells:
    """The dimensions in another order, where -1 is a new one of length 1."""
    moved = cells.permute([k for k in order if k >= 0])
    sizes, names = iter(moved.shape), iter(moved.dims)
    full = tuple(1 if k < 0 else next(sizes) for k in order)
    dims = tuple(() if k < 0 else next(names) for k in order)
    del shape
    return moved if full == moved.shape else moved.then("r" + ",".join(map(str, full)), full, dims)


class _Convolution:
    """What a convolution is made of: strides, paddings, dilations, groups."""

    def __init__(self, b: Builder, kernel: Cells, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> None:
        self.b = b
        self.rank = len(kernel.shape) - 2
        self.lengths = list(kernel.shape[2:])
        self.stride, self.dilation = _each(stride, self.rank), _each(dilation, self.rank)
        self.padding = _each(padding, self.rank, 0)
        self.groups = groups
        self.reach = [(n - 1) * d + 1 for n, d in zip(self.lengths, self.dilation, strict=True)]

    def forward(self, x: Cells, kernel: Cells) -> tuple[Cells, Cells, int]:
        """Two views, over (example, group, out, places), whose product summed over the rest is the convolution."""
        rank, b = self.rank, self.b
        slid = _grouped(b, _slid(x, 2, self.lengths, self.stride, self.dilation), 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, b, [], [0, 1, -1, *places, 2, *windows])
        weights = _grouped(b, kernel, 0, self.groups)
        other = _ordered(weights, b, [], [-1, 0, 1, *[-1] * rank, 2, *range(3, 3 + rank)])
        return one, other, rank + 1

    def to_kernel(self, x: Cells, g: Cells) -> tuple[Cells, Cells, int]:
        """Two views, over (group, out, in, kernel), whose product summed over the rest is the kernel's gradient."""
        rank, b = self.rank, self.b
        spread = padded(
            b, g, [0] * rank, [0] * rank, "its gradient, spread by the stride", apart=self.stride, name="spread"
        )
        lengths = list(spread.shape[2:])
        slid = _slid(x, 2, lengths, self.dilation, [1] * rank)
        for k, n in enumerate(self.lengths):
            if slid.shape[2 + k] != n:
                slid = slid.slice(2 + k, 0, n, 1, ())
        slid = _grouped(b, slid, 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, b, [], [1, -1, 2, *places, 0, *windows])
        gradient = _grouped(b, spread, 1, self.groups)
        other = _ordered(gradient, b, [], [1, 2, -1, *[-1] * rank, 0, *places])
        return one, other, rank + 1

    def backward(
        self, g: Cells, kernel: Cells, sizes: list[int], what: str = "its gradient"
    ) -> tuple[Cells, Cells, int]:
        """Two views, over (example, group, in, places), whose product summed over the rest is the input's gradient."""
        rank, b = self.rank, self.b
        before = [r - 1 - p for r, p in zip(self.reach, self.padding, strict=True)]
        wide = [(n - 1) * s + 1 for n, s in zip(g.shape[2:], self.stride, strict=True)]
        after = [n + r - 1 - w - f for n, r, w, f in zip(sizes, self.reach, wide, before, strict=True)]
        around = padded(
            b,
            g,
            [max(0, n) for n in before],
            [max(0, n) for n in after],
            f"{what}, with zeros around and between",
            apart=self.stride,
            name="spread",
        )
        for k, (first, last) in enumerate(zip(before, after, strict=True)):
            if first < 0 or last < 0:
                n = around.shape[2 + k]
                around = around.slice(2 + k, max(0, -first), n - max(0, -last), 1, ())
        turned = kernel
        for k in range(rank):
            turned = turned.flip(2 + k)
        spec = b.blocks[kernel.block]
        shown = turned
        turned = b.formula(
            f"{spec.name}_turned",
            b.fitted(kernel.shape, kernel.dims),
            lambda r: _viewed(r(shown)),
            lambda v: v(shown),
            title=f"{spec.title}, turned by half",
            by_torch=lambda t: t(shown),
            band="helper",
            of=spec.name,
            across=kernel.dims[-1],
        )
        turned = padded(
            b, turned, [0] * rank, [0] * rank, "the kernel, spread by the dilation", apart=self.dilation, name="dilated"
        )
        slid = _grouped(b, _slid(around, 2, self.reach, [1] * rank, [1] * rank), 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, b, [], [0, 1, -1, *places, 2, *windows])
        weights = _grouped(b, turned, 0, self.groups)
        other = _ordered(weights, b, [], [-1, 0, 2, *[-1] * rank, 1, *range(3, 3 + rank)])
        return one, other, rank + 1

    def add_to_kernel(self, kernel: Cells, x: Cells, g: Cells) -> None:
        """Add to the kernel's gradient."""
        if self.b.wants(kernel):
            _add(self.b, _grouped(self.b, kernel, 0, self.groups), self.to_kernel(x, g))

    def add_to_bias(self, bias: Cells | None, g: Cells) -> None:
        """Add to the bias's gradient."""
        if bias is not None and self.b.wants(bias):
            gone = [k for k in range(len(g.shape)) if k != 1]
            moved = g.permute([1, *gone])
            self.b.contribute(
                bias,
                lambda r: f"SUM({','.join(r.ranges(moved, len(gone)))})",
                lambda v: v(g).sum(axis=tuple(gone)),
                size=lambda v: np.abs(v(g)).sum(axis=tuple(gone)),
            )


def _viewed(reference: str) -> str:
    return reference if "(" in reference else f'VIEW({reference},"")'


def _add(b: Builder, to: Cells, made: tuple[Cells, Cells, int]) -> None:
    one, other, rank = made

    def value(v: Any, of: Callable[[Any], Any] = np.asarray) -> Any:
        return _contracted(of(v(one)), of(v(other)), rank).reshape(to.shape)

    b.contribute(to, lambda r: r.dot(one, other, rank), value, size=lambda v: value(v, np.abs))


def _made(
    b: Builder, views_: tuple[Cells, Cells, int], dims: tuple[Any, ...], bias: Cells | None, groups: int, what: str
) -> Cells:
    """The block of a convolution, its channels one dimension."""
    one, other, rank = views_
    shift = None
    if bias is not None:
        channels = _grouped(b, bias, 0, groups)
        shift = channels.reshape(
            (1, *channels.shape, *[1] * (len(dims) - 3)), b.axes, ((), *channels.dims, *[()] * (len(dims) - 3))
        )

    def value(v: Any, of: Callable[[Any], Any] = np.asarray) -> Any:
        total = _contracted(of(v(one)), of(v(other)), rank)
        return total if shift is None else total + of(v(shift))

    made = b.result(
        dims,
        lambda r: r.dot(one, other, rank) + ("" if shift is None else f"+{r(shift)}"),
        value,
        what,
        size=lambda v: value(v, np.abs),
    )
    channels_ = made.shape[1] * made.shape[2]
    return made.reshape(
        (made.shape[0], channels_, *made.shape[3:]),
        b.axes,
        (made.dims[0], (*made.dims[1], *made.dims[2]), *made.dims[3:]),
    )


def _same_padding(padding: Any, lengths: list[int], dilation: list[int]) -> tuple[list[int], list[int]]:
    reach = [(n - 1) * d for n, d in zip(lengths, dilation, strict=True)]
    if padding == "valid":
        return [0] * len(reach), [0] * len(reach)
    return [r // 2 for r in reach], [r - r // 2 for r in reach]


def conv(
    b: Builder,
    input: Cells,
    weight: Cells,
    bias: Cells | None = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Cells:
    """Σ kernel · window + b; ∂kernel slides ∂y over the input, ∂x slides the turned kernel over ∂y."""
    rank = len(weight.shape) - 2
    x, alone = (input.unsqueeze(0), True) if len(input.shape) == rank + 1 else (input, False)
    of = _Convolution(b, weight, stride, 0 if isinstance(padding, str) else padding, dilation, groups)
    before, after = (
        (of.padding, of.padding) if not isinstance(padding, str) else _same_padding(padding, of.lengths, of.dilation)
    )
    if before != after:
        raise TracedError("a padding 'same' that is uneven: use an odd kernel")
    of.padding = before
    around = padded(b, x, before, after, "the input, with zeros around it")
    views_ = of.forward(around, weight)
    sizes = list(views_[0].shape[3 : 3 + rank])
    out = _grouped(b, weight, 0, groups)
    dims = b.axes.distinct((x.dims[0], out.dims[0], out.dims[1], *_dims_named(b, x, sizes)))
    made = _made(b, views_, dims, bias, groups, "kernel over the input")

    def back(g_: Cells) -> None:
        g = g_.reshape(made.shape, b.axes, made.dims)
        of.add_to_kernel(weight, around, g)
        of.add_to_bias(bias, g)
        if b.wants(x):
            _add(b, _grouped(b, x, 1, groups), of.backward(g, weight, list(x.shape[2:])))

    b.record(made, back, x, weight, bias)
    return made.select(0, 0) if alone else made


def conv_transpose(
    b: Builder,
    input: Cells,
    weight: Cells,
    bias: Cells | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Cells:
    """The transpose of a convolution: each cell of the input is spread by the kernel."""
    rank = len(weight.shape) - 2
    x = input
    of = _Convolution(b, weight, stride, padding, dilation, groups)
    more = _each(output_padding, rank, 0)
    sizes = [
        (n - 1) * s - 2 * p + r + q
        for n, s, p, r, q in zip(x.shape[2:], of.stride, of.padding, of.reach, more, strict=True)
    ]
    views_ = of.backward(x, weight, sizes, "the input")
    weights = _grouped(b, weight, 0, groups)
    dims = b.axes.distinct((x.dims[0], weights.dims[0], weights.dims[2], *_dims_named(b, x, sizes)))
    made = _made(b, views_, dims, bias, groups, "each cell spread by the kernel")

    def back(g_: Cells) -> None:
        g = g_.reshape(made.shape, b.axes, made.dims)
        around = padded(b, g, of.padding, of.padding, "its gradient, with zeros around it")
        of.add_to_kernel(weight, around, x)
        of.add_to_bias(bias, g)
        if b.wants(x):
            one, other, rank_ = of.forward(around, weight)
            places = [slice(0, n) for n in x.shape[2:]]
            for k, part in enumerate(places):
                if one.shape[3 + k] != part.stop:
                    one = one.slice(3 + k, 0, part.stop, 1, ())
            _add(b, _grouped(b, x, 1, groups), (one, other, rank_))

    return b.record(made, back, x, weight, bias)


def convolution(
    b: Builder,
    input: Cells,
    weight: Cells,
    bias: Cells | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> Cells:
    """A convolution, or its transpose."""
    if transposed:
        return conv_transpose(b, input, weight, bias, stride, padding, output_padding, groups, dilation)
    return conv(b, input, weight, bias, stride, padding, dilation, groups)


def _windowed(
    b: Builder, x: Cells, lengths: list[int], stride: list[int], dilation: list[int]
) -> tuple[Cells, tuple[Any, ...]]:
    """The windows of the last dimensions, and the dimensions of what is left."""
    rank = len(lengths)
    lead = len(x.shape) - rank
    slid = _slid(x, lead, lengths, stride, dilation)
    sizes = list(slid.shape[lead : lead + rank])
    return slid, b.axes.distinct((*x.dims[:lead], *_dims_named(b, x, sizes)))


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
    lengths = _each(kernel_size, rank)
    steps = _each(stride, rank) if stride not in (None, []) else lengths
    pads, apart = _each(padding, rank, 0), _each(dilation, rank)
    if ceil_mode and any(
        (n + 2 * p - (k - 1) * d - 1) % s
        for n, p, k, d, s in zip(x.shape[-rank:], pads, lengths, apart, steps, strict=True)
    ):
        raise TracedError("pooling with ceil_mode over an edge: choose sizes that windows fill")
    return lengths, steps, pads, apart


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
    lengths, steps, pads, apart = _pool_settings(self, rank, kernel_size, stride, padding, dilation, ceil_mode)
    x = padded(b, self, pads, pads, "the input, with −∞ around it", value=_LOWEST)
    if any(pads):
        b.blocks[x.block].width = WIDE
    if not b.is_range(_windowed(b, x, lengths, steps, [1] * rank)[0], rank):
        x = b.copy(x)
    slid, dims = _windowed(b, x, lengths, steps, apart)
    lead, count = len(x.shape) - rank, prod(lengths)
    along = tuple(range(len(slid.shape) - rank, len(slid.shape)))
    made = b.result(
        dims,
        lambda r: f"MAX({','.join(r.ranges(slid, rank))})",
        lambda v: v(slid).max(axis=along),
        "the largest of each window",
    )
    if b.no_gradient or not b.wants(x):
        return made
    parts = [
        b.axes.dim(f"window_{name}", n)
        for name, n in zip(("layer", "row", "column")[-rank:] if rank > 1 else ("place",), lengths, strict=True)
    ]
    places = (
        b.add(
            f"{b.wanted()}_places",
            tuple(lengths),
            tuple(parts),
            given=np.arange(float(count)).reshape(lengths),
            fixed=True,
            role="label",
            title="places in a window, from 0",
            number_format="0",
            band="number",
            solid=True,
        )
        if count > 1
        else None
    )

    def first(r: Writer) -> str:
        if places is None:
            return "0"
        line = places.reshape((*(1,) * len(dims), *lengths), b.axes, (*((),) * len(dims), *places.dims))
        if not b.is_range(slid, rank):
            raise TracedError("max pooling whose windows have gaps (dilation): use a dilation of 1")
        return f"{count}-SUMPRODUCT(MAX(({r.range(slid, rank)}={r(made)})*({count}-{r.range(line, rank)})))"

    def which(v: Any) -> Any:
        windows = v(slid)
        return np.argmax(windows.reshape(*windows.shape[: len(dims)], count), axis=-1) * 1.0

    where = b.helper(
        "where",
        dims,
        first,
        which,
        "which place of the window, from 0",
        band="helper",
        of=b.blocks[made.block].name,
        number_format="0",
    )
    counts = list(made.shape[lead:])

    def back(g: Cells) -> None:
        def pattern(r: Writer) -> str:
            shown = _offsets(r.own(x.dims), lead, lengths, steps, apart, counts)
            terms = [f"IF({r.back(where, part)}={k},{r.back(g, part)},0)" for k, part in enumerate(shown)]
            return f"GATHER({','.join(terms)})"

        def value(v: Any) -> Any:
            total = np.zeros(x.shape)
            for k, part in enumerate(_offsets(Cells("", "", x.shape, x.dims), lead, lengths, steps, apart, counts)):
                views.apply(part.program, total)[...] += np.where(v(where) == k, v(g), 0.0)
            return total

        b.contribute(x, pattern, value)

    return b.record(made, back, x)


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
    lengths, steps, pads, apart = _pool_settings(self, rank, kernel_size, stride, padding, 1, ceil_mode)
    if any(pads) and not count_include_pad:
        raise TracedError("average pooling with padding that does not count: set count_include_pad to True")
    x = padded(b, self, pads, pads, "the input, with zeros around it")
    slid, dims = _windowed(b, x, lengths, steps, apart)
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
            shown = _offsets(r.own(x.dims), lead, lengths, steps, apart, counts)
            return f"GATHER({','.join(r.back(g, part) for part in shown)})/{share}"

        def value(v: Any) -> Any:
            total = np.zeros(x.shape)
            for part in _offsets(Cells("", "", x.shape, x.dims), lead, lengths, steps, apart, counts):
                views.apply(part.program, total)[...] += v(g) / share
            return total

        b.contribute(x, pattern, value, size=lambda v: np.abs(v(g)) / share)

    return b.record(made, back, x)


def _adaptive(b: Builder, x: Cells, output_size: Sizes, rank: int) -> tuple[list[int], list[int]]:
    """Lengths and steps of the windows that give so many places."""
    asked: list[int | None] = list(_each(output_size, rank))
    wanted = [m if n is None else n for n, m in zip(asked, x.shape[-rank:], strict=True)]
    for n, m in zip(x.shape[-rank:], wanted, strict=True):
        if n % m:
            raise TracedError(f"adaptive pooling of {n} places to {m}: choose a number that divides {n}")
    del b
    lengths = [n // m for n, m in zip(x.shape[-rank:], wanted, strict=True)]
    return lengths, lengths


def _adaptive_max(rank: int) -> Callable[..., Any]:
    def rule(b: Builder, self: Cells, output_size: Sizes) -> list[Any]:
        """The largest of each of so many windows."""
        lengths, steps = _adaptive(b, self, output_size, rank)
        return [max_pool(b, self, lengths, steps, rank=rank), None]

    return rule


def _adaptive_avg(rank: int) -> Callable[..., Any]:
    def rule(b: Builder, self: Cells, output_size: Sizes) -> Cells:
        """The mean of each of so many windows."""
        lengths, steps = _adaptive(b, self, output_size, rank)
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
    apart = x
    for k in range(rank):
        apart = apart.unsqueeze(3 + 2 * k)
    wide = [*x.shape[:2]]
    for n, factor in zip(x.shape[2:], factors, strict=True):
        wide += [n, factor]
    names = [*x.dims[:2]]
    for k, m in enumerate(shape[2:]):
        names.append(b.axes.dim(("row", "column", "layer")[k] if rank > 1 else "place", m))
    return apart.expand(tuple(wide)).then("r" + ",".join(map(str, shape)), shape, tuple(names))


RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "convolution": convolution,
    **{f"max_pool{n}d": _pool(max_pool, n) for n in (1, 2)},
    **{f"avg_pool{n}d": _pool(avg_pool, n) for n in (1, 2)},
    **{f"adaptive_max_pool{n}d": _adaptive_max(n) for n in (1, 2)},
    **{f"adaptive_avg_pool{n}d": _adaptive_avg(n) for n in (1, 2)},
    **{f"upsample_nearest{n}d": nearest for n in (1, 2)},
}
