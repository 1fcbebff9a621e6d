"""Convolutions: a kernel slides, and each of its places is a cell; and their transposes."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.products import contracted
from workbook.traced.ops.relabelling import padded
from workbook.traced.ops.windows import Sizes, dims_named, each, slid_windows
from workbook.traced.writer import copied


def _grouped(b: Builder, cells: Cells, axis: int, groups: int) -> Cells:
    """A dimension as groups and what is in each."""
    size = cells.shape[axis]
    shape = (*cells.shape[:axis], groups, size // groups, *cells.shape[axis + 1 :])
    if groups == 1:
        return cells.reshape(shape, b.axes, (*cells.dims[:axis], (), *cells.dims[axis:]))
    return cells.reshape(shape, b.axes)


def _ordered(cells: Cells, order: list[int]) -> Cells:
    """The dimensions in another order, where -1 is a new one of length 1."""
    moved = cells.permute([k for k in order if k >= 0])
    sizes, names = iter(moved.shape), iter(moved.dims)
    full = tuple(1 if k < 0 else next(sizes) for k in order)
    dims = tuple(() if k < 0 else next(names) for k in order)
    return moved if full == moved.shape else moved.then("r" + ",".join(map(str, full)), full, dims)


class _Convolution:
    """What a convolution is made of: strides, paddings, dilations, groups."""

    def __init__(self, b: Builder, kernel: Cells, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> None:
        self.b = b
        self.rank = len(kernel.shape) - 2
        self.lengths = list(kernel.shape[2:])
        self.stride, self.dilation = each(stride, self.rank), each(dilation, self.rank)
        self.padding = each(padding, self.rank, 0)
        self.groups = groups
        self.reach = [(n - 1) * d + 1 for n, d in zip(self.lengths, self.dilation, strict=True)]

    def forward(self, x: Cells, kernel: Cells) -> tuple[Cells, Cells, int]:
        """Two views, over (example, group, out, places), whose product summed over the rest is the convolution."""
        rank, b = self.rank, self.b
        slid = _grouped(b, slid_windows(x, 2, self.lengths, self.stride, self.dilation), 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, [0, 1, -1, *places, 2, *windows])
        weights = _grouped(b, kernel, 0, self.groups)
        other = _ordered(weights, [-1, 0, 1, *[-1] * rank, 2, *range(3, 3 + rank)])
        return one, other, rank + 1

    def to_kernel(self, x: Cells, g: Cells) -> tuple[Cells, Cells, int]:
        """Two views, over (group, out, in, kernel), whose product summed over the rest is the kernel's gradient."""
        rank, b = self.rank, self.b
        spread = padded(
            b, g, [0] * rank, [0] * rank, "its gradient, spread by the stride", dilations=self.stride, name="spread"
        )
        lengths = list(spread.shape[2:])
        slid = slid_windows(x, 2, lengths, self.dilation, [1] * rank)
        slid = _grouped(b, _first(slid, 2, self.lengths), 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, [1, -1, 2, *places, 0, *windows])
        gradient = _grouped(b, spread, 1, self.groups)
        other = _ordered(gradient, [1, 2, -1, *[-1] * rank, 0, *places])
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
            dilations=self.stride,
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
            b.expanded(kernel.shape, kernel.dims),
            lambda r: copied(r(shown)),
            lambda v: v(shown),
            title=f"{spec.title}, turned by half",
            by_torch=lambda t: t(shown),
            band="helper",
            of=spec.name,
            across=kernel.dims[-1],
        )
        turned = padded(
            b,
            turned,
            [0] * rank,
            [0] * rank,
            "the kernel, spread by the dilation",
            dilations=self.dilation,
            name="dilated",
        )
        slid = _grouped(b, slid_windows(around, 2, self.reach, [1] * rank, [1] * rank), 1, self.groups)
        places, windows = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        one = _ordered(slid, [0, 1, -1, *places, 2, *windows])
        weights = _grouped(b, turned, 0, self.groups)
        other = _ordered(weights, [-1, 0, 2, *[-1] * rank, 1, *range(3, 3 + rank)])
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


def _first(cells: Cells, lead: int, sizes: Iterable[int]) -> Cells:
    """The first cells of the dimensions from `lead` on, as many of each as it is to have."""
    for at, size in enumerate(sizes, start=lead):
        if cells.shape[at] != size:
            cells = cells.slice(at, 0, size, 1, ())
    return cells


def _add(b: Builder, to: Cells, made: tuple[Cells, Cells, int]) -> None:
    one, other, rank = made

    def value(v: Any, of: Callable[[Any], Any] = np.asarray) -> Any:
        return contracted(of(v(one)), of(v(other)), rank).reshape(to.shape)

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
        total = contracted(of(v(one)), of(v(other)), rank)
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
    dims = b.axes.distinct((x.dims[0], out.dims[0], out.dims[1], *dims_named(b, x, sizes)))
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
    more = each(output_padding, rank, 0)
    sizes = [
        (n - 1) * s - 2 * p + r + q
        for n, s, p, r, q in zip(x.shape[2:], of.stride, of.padding, of.reach, more, strict=True)
    ]
    views_ = of.backward(x, weight, sizes, "the input")
    weights = _grouped(b, weight, 0, groups)
    dims = b.axes.distinct((x.dims[0], weights.dims[0], weights.dims[2], *dims_named(b, x, sizes)))
    made = _made(b, views_, dims, bias, groups, "each cell spread by the kernel")

    def back(g_: Cells) -> None:
        g = g_.reshape(made.shape, b.axes, made.dims)
        around = padded(b, g, of.padding, of.padding, "its gradient, with zeros around it")
        of.add_to_kernel(weight, around, x)
        of.add_to_bias(bias, g)
        if b.wants(x):
            one, other, rank_ = of.forward(around, weight)
            _add(b, _grouped(b, x, 1, groups), (_first(one, 3, x.shape[2:]), other, rank_))

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


RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), conv_transpose),
    "convolution": convolution,
}
