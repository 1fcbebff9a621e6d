"""Operations that show the same cells in another shape, and cost no cells; and those that lay tensors side by side."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.plan import views
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.spec import Spec
from workbook.traced.writer import number


def same(b: Builder, self: Cells) -> Cells:
    """The same cells."""
    return self


def _shape(b: Builder) -> tuple[int, ...]:
    assert b.node is not None
    return b.node.shape


def reshape(b: Builder, self: Cells) -> Cells:
    """The same cells in another shape."""
    return self.reshape(_shape(b), b.axes)


def permute(b: Builder, self: Cells, dims: list[int]) -> Cells:
    """The dimensions in another order."""
    return self.permute(dims)


def transpose(b: Builder, self: Cells, dim0: int, dim1: int) -> Cells:
    """Two dimensions in each other's place."""
    return self.swap(dim0, dim1)


def turned(b: Builder, self: Cells) -> Cells:
    """All dimensions turned around."""
    return self.permute(list(range(len(self.shape)))[::-1])


def last_two(b: Builder, self: Cells) -> Cells:
    """The last two dimensions in each other's place."""
    return self.swap(-1, -2)


def expand(b: Builder, self: Cells) -> Cells:
    """The same cells, repeated; the gradient is summed."""
    return self.expand(_shape(b), b.expanded(_shape(b), self.dims))


def select(b: Builder, self: Cells, dim: int, index: int) -> Cells:
    """One of a dimension."""
    axis = dim % len(self.shape)
    return self.select(axis, index % self.shape[axis])


def slice_(
    b: Builder, self: Cells, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Cells:
    """A stretch of a dimension."""
    axis = dim % len(self.shape)
    first, last, _ = slice(start, end, step).indices(self.shape[axis])
    return cut(b, self, axis, first, last, step)


def cut(b: Builder, cells: Cells, axis: int, first: int, last: int, step: int = 1) -> Cells:
    """A stretch of a dimension; the cells themselves where it is all of it."""
    size = len(range(first, last, step))
    if size == cells.shape[axis]:
        return cells
    name = "_".join(cells.dims[axis]) or "part"
    dim = b.axes.dim(name if name.endswith("_part") else f"{name}_part", size)
    return cells.slice(axis, first, last, step, dim)


def narrow(b: Builder, self: Cells, dim: int, start: int, length: int) -> Cells:
    """A stretch of a dimension."""
    axis = dim % len(self.shape)
    return cut(b, self, axis, start % self.shape[axis], start % self.shape[axis] + length)


def split(b: Builder, self: Cells, dim: int = 0, **_: Any) -> list[Cells]:
    """A dimension in stretches."""
    assert b.node is not None
    axis, at, found = dim % len(self.shape), 0, []
    for shape in b.node.shapes:
        found.append(cut(b, self, axis, at, at + shape[axis]))
        at += shape[axis]
    return found


def unbind(b: Builder, self: Cells, dim: int = 0) -> list[Cells]:
    """Each of a dimension."""
    axis = dim % len(self.shape)
    return [self.select(axis, k) for k in range(self.shape[axis])]


def flip(b: Builder, self: Cells, dims: list[int]) -> Cells:
    """Dimensions turned around."""
    for axis in dims:
        self = self.flip(axis % len(self.shape))
    return self


def roll(b: Builder, self: Cells, shifts: list[int], dims: list[int] | None = None) -> Cells:
    """A dimension moved along, its end at its start."""
    if not dims or len(dims) != len(shifts):
        raise TracedError("roll without dimensions: name them")
    moves = [(dim % len(self.shape), shift) for shift, dim in zip(shifts, dims, strict=True)]
    moves = [(axis, shift) for axis, shift in moves if shift % self.shape[axis]]
    for nth, (axis, shift) in enumerate(moves, start=1):
        size = self.shape[axis]
        at = -shift % size
        parts = [cut(b, self, axis, at, size), cut(b, self, axis, 0, at)]
        self = joined(b, parts, axis, "rolled", fresh=nth < len(moves))
    return self


def diagonal(b: Builder, self: Cells, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Cells:
    """The diagonal of each matrix, as a last dimension: every (columns + 1)-th cell of its rows one after the other."""
    one, other = dim1 % len(self.shape), dim2 % len(self.shape)
    lead = [k for k in range(len(self.shape)) if k not in (one, other)]
    turned_ = self.permute([*lead, one, other])
    rows, columns = turned_.shape[-2:]
    count = _shape(b)[-1]
    if rows * columns == 1:
        return turned_.reshape(_shape(b), b.axes)
    flat = turned_.reshape((*turned_.shape[:-2], rows * columns), b.axes)
    start = offset if offset >= 0 else -offset * columns
    dim = turned_.dims[-2] if count == rows else b.axes.dim("diagonal", count)
    return flat.slice(len(lead), start, start + (count - 1) * (columns + 1) + 1, columns + 1, dim)


def broadcast_tensors(b: Builder, tensors: list[Cells]) -> list[Cells]:
    """Tensors repeated to one shape."""
    assert b.node is not None
    return [
        cells.expand(shape, b.expanded(shape, cells.dims)) for cells, shape in zip(tensors, b.node.shapes, strict=True)
    ]


def joined(
    b: Builder, parts: list[Cells], axis: int, what: str, *, stacked: bool = False, fresh: bool = False
) -> Cells:
    """Tensors one after the other along a dimension, or as a new one, in cells of their own."""
    if stacked:
        parts = [part.unsqueeze(axis) for part in parts]
    sizes = [part.shape[axis] for part in parts]
    shape = tuple(sum(sizes) if k == axis else n for k, n in enumerate(parts[0].shape))
    hint = "step" if stacked else "_".join(parts[0].dims[axis]).removesuffix("_part") or "joined"
    along = b.axes.dim(
        hint if stacked else hint if b.axes.sizes.get(hint) == shape[axis] else f"{hint}_joined", shape[axis]
    )
    dims = b.expanded(
        shape,
        tuple(
            along if k == axis else dim
            for k, dim in enumerate(b.broadcast(tuple(1 if k == axis else n for k, n in enumerate(shape)), *parts))
        ),
    )
    numbers = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    # What a program shows is counted on a block of the joined shape.
    whole = Cells("", "", shape, dims)
    laid = [(whole.slice(axis, at, to, 1, ()), part) for at, to, part in zip(numbers, numbers[1:], parts, strict=False)]
    named: dict[str, Any] = {} if fresh else {"witness": b.witnessed()}
    made = b.scattered(b.result_name(), shape, dims, laid, title=b.titled(what), **named)

    def back(g: Cells) -> None:
        for at, to, part in zip(numbers, numbers[1:], parts, strict=False):
            b.accumulate(part, cut(b, g, axis, at, to) if to - at < shape[axis] else g)

    return b.record(made, back, *parts)


def cat(b: Builder, tensors: list[Cells], dim: int = 0) -> Cells:
    """Tensors one after the other."""
    parts = [cells for cells in tensors if prod(cells.shape)]
    return joined(b, parts, dim % len(parts[0].shape), "one after the other")


def stack(b: Builder, tensors: list[Cells], dim: int = 0) -> Cells:
    """Tensors side by side, as a new dimension."""
    return joined(b, tensors, dim % (len(tensors[0].shape) + 1), "side by side", stacked=True)


def _as_mask(inside: Any) -> Any:
    import torch

    return torch.from_numpy(inside.ravel())


def padded(
    b: Builder,
    cells: Cells,
    before: list[int],
    after: list[int],
    what: str,
    *,
    value: float = 0.0,
    dilations: list[int] | None = None,
    name: str = "padded",
    result: bool = False,
) -> Cells:
    """A tensor with a number around its last dimensions, and between its cells where they are spread."""
    rank = len(before)
    dilations = dilations or [1] * rank
    if not any(before) and not any(after) and all(step == 1 for step in dilations):
        return cells
    if min([*before, *after]) < 0:
        raise TracedError("a padding below 0: cut the tensor instead")
    lead = len(cells.shape) - rank
    inner = [(n - 1) * step + 1 for n, step in zip(cells.shape[lead:], dilations, strict=True)]
    shape = (*cells.shape[:lead], *(n + p + q for n, p, q in zip(inner, before, after, strict=True)))
    dims = tuple(
        dim if n == old else b.axes.dim(f"{'_'.join(dim) or 'place'}_{name}", n)
        for dim, n, old in zip(cells.dims, shape, cells.shape, strict=True)
    )
    whole = Cells("", "", shape, dims)
    for k, (start, step, n) in enumerate(zip(before, dilations, cells.shape[lead:], strict=True)):
        whole = whole.slice(lead + k, start, start + (n - 1) * step + 1, step, ())
    rest: dict[str, Any] = {"witness": b.witnessed()} if result else {"band": "helper", "of": cells.block}
    made = b.scattered(
        b.result_name() if result else f"{b.result_name()}_{name}",
        shape,
        b.axes.distinct(dims),
        [(whole, cells)],
        title=b.titled(what),
        **rest,
    )
    if value:
        _surround(b.blocks[made.block], whole, value)

    def back(g: Cells) -> None:
        shown = Cells(g.block, f"{g.program} {whole.program}".strip(), whole.shape, cells.dims)
        b.accumulate(cells, shown)

    return b.record(made, back, cells)


def _surround(spec: Spec, inner: Cells, value: float) -> None:
    """Let a block have a number in all its cells but the inner ones."""
    plain, spread = spec.value, spec.by_torch
    assert plain is not None
    assert spread is not None
    inside = np.zeros(spec.shape, dtype=bool)
    inside.reshape(-1)[views.apply(inner.program, np.arange(inside.size).reshape(inside.shape)).ravel()] = True
    spec.value = lambda v: np.where(inside, plain(v), value)
    spec.by_torch = lambda t: spread(t).where(_as_mask(inside), value)
    spec.size = lambda v: np.where(inside, np.abs(plain(v)), 0.0)
    spec.pattern = f"GATHER({spec.pattern.removeprefix('GATHER(').removesuffix(')')},OUTSIDE({number(value)}))"


def constant_pad(b: Builder, self: Cells, pad: list[int], value: float = 0) -> Cells:
    """A number around a tensor."""
    rank = len(pad) // 2
    before = [pad[2 * k] for k in range(rank)][::-1]
    after = [pad[2 * k + 1] for k in range(rank)][::-1]
    lead = len(self.shape) - rank
    for k, (first, last) in enumerate(zip(before, after, strict=True)):
        if first < 0 or last < 0:
            self = cut(b, self, lead + k, max(0, -first), self.shape[lead + k] - max(0, -last))
    before, after = [max(0, n) for n in before], [max(0, n) for n in after]
    return padded(b, self, before, after, f"with {value:g} around it", value=value, result=True)


def pad(b: Builder, self: Cells, pad: list[int], mode: str = "constant", value: float | None = None) -> Cells:
    """A number around a tensor."""
    if mode != "constant":
        raise TracedError(f"a padding that is {mode}: only a constant one is known")
    return constant_pad(b, self, pad, value or 0.0)


def _around(b: Builder, self: Cells) -> Cells:
    return reshape(b, self)


def _any(function: Callable[..., Any]) -> Callable[..., Any]:
    """A rule whose other arguments only say the shape of the result, which the graph has."""

    def rule(b: Builder, self: Cells, **_: Any) -> Any:
        return function(b, self)

    rule.__doc__ = function.__doc__
    return rule


RULES: dict[str, Callable[..., Any]] = {
    **{name: _any(same) for name in ("contiguous", "clone", "alias", "lift_fresh_copy", "lift_fresh", "positive")},
    **{
        name: _any(reshape)
        for name in (
            "view",
            "reshape",
            "_unsafe_view",
            "flatten",
            "unflatten",
            "squeeze",
            "unsqueeze",
            "view_as",
            "reshape_as",
            "ravel",
        )
    },
    **{name: _any(expand) for name in ("expand", "expand_as", "broadcast_to")},
    "permute": permute,
    "transpose": transpose,
    "swapaxes": lambda b, self, axis0, axis1: transpose(b, self, axis0, axis1),
    "movedim": lambda b, self, source, destination: self.permute(_moved(len(self.shape), source, destination)),
    "t": turned,
    "numpy_T": turned,
    "mT": last_two,
    "adjoint": last_two,
    "select": select,
    "slice": slice_,
    "narrow": narrow,
    "split": lambda b, self, split_size, dim=0: split(b, self, dim),
    "split_with_sizes": lambda b, self, split_sizes, dim=0: split(b, self, dim),
    "chunk": lambda b, self, chunks, dim=0: split(b, self, dim),
    "tensor_split": lambda b, self, dim=0, **_: split(b, self, dim),
    "unbind": unbind,
    "flip": flip,
    "roll": roll,
    "diagonal": diagonal,
    "broadcast_tensors": broadcast_tensors,
    "cat": cat,
    "concat": cat,
    "stack": stack,
    "constant_pad_nd": constant_pad,
    "pad": pad,
}


def _moved(rank: int, source: Any, destination: Any) -> list[int]:
    sources = [k % rank for k in (source if isinstance(source, list) else [source])]
    targets = [k % rank for k in (destination if isinstance(destination, list) else [destination])]
    order = [k for k in range(rank) if k not in sources]
    for at, k in sorted(zip(targets, sources, strict=True)):
        order.insert(at, k)
    return order
