"""Matrix products of every kind: each cell is a row times a column."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells, Dim
from workbook.traced.graph import TracedError
from workbook.traced.spec import Values


def contraction(
    b: Builder,
    one: Cells,
    other: Cells,
    rank: int,
    dims: tuple[Dim, ...],
    what: str,
    *,
    bias: Cells | None = None,
    scale: float = 1,
) -> Cells:
    """Σ one · other over the last `rank` dimensions, plus a bias; both have the same dimensions, some of length 1."""
    whole = np.broadcast_shapes(one.shape, other.shape)
    window = whole[len(whole) - rank :]
    if any(c.shape[len(c.shape) - rank :] != window for c in (one, other)):
        raise TracedError("a product over a dimension that only one of its factors has: sum it first")
    factor = "" if scale == 1 else f"{scale!r}*"

    def value(v: Values, of: Callable[[Any], Any] = np.asarray) -> Any:
        total = contracted(of(v(one)), of(v(other)), rank) * of(np.asarray(scale))
        return total if bias is None else total + of(v(bias))

    made = b.result(
        dims,
        lambda r: factor + _bracketed(r.dot(one, other, rank), scale != 1) + ("" if bias is None else f"+{r(bias)}"),
        value,
        what,
        size=lambda v: value(v, np.abs),
    )

    def back(g: Cells) -> None:
        for to, factor_ in ((one, other), (other, one)):
            _to_factor(b, to, factor_, g, rank, scale)
        if bias is not None:
            b.accumulate(bias, g)

    return b.record(made, back, one, other, bias)


def _bracketed(text: str, wanted: bool) -> str:
    return f"({text})" if wanted and "+" in text else text


def contracted(one: Any, other: Any, rank: int) -> Any:
    """Σ one · other over the last dimensions, by a matrix product where it is one."""
    letters = "abcdefghijklmnopqrstuvwxyz"[: one.ndim]
    kept = letters[: one.ndim - rank]
    first = "".join(c for c, n in zip(letters, one.shape, strict=True) if n > 1)
    second = "".join(c for c, n in zip(letters, other.shape, strict=True) if n > 1)
    out = "".join(c for c in kept if c in first or c in second)
    total = np.einsum(f"{first},{second}->{out}", one.squeeze(), other.squeeze(), optimize=True)
    return total.reshape(np.broadcast_shapes(one.shape, other.shape)[: one.ndim - rank])


def _to_factor(b: Builder, to: Cells, factor: Cells, g: Cells, rank: int, scale: float) -> None:
    """The gradient of one factor: the gradient times the other, summed over the dimensions that this one lacks."""
    if not b.wants(to):
        return
    kept = len(to.shape) - rank
    lacks = [k for k in range(kept) if to.shape[k] == 1 and g.shape[k] > 1]
    has = [k for k in range(kept) if k not in lacks]
    wide = g.reshape((*g.shape, *(1,) * rank), b.axes, (*g.dims, *((),) * rank))
    windows = range(kept, kept + rank)
    order = [*has, *windows, *lacks]
    # Both with the dimensions of what gets the gradient first, and those to sum over last.
    one, other = wide.permute(order), factor.permute(order)
    shape = [g.shape[k] for k in lacks]
    one = _full(one, len(lacks), shape)
    other = _full(other, len(lacks), shape)
    factor_text = "" if scale == 1 else f"{scale!r}*"

    def value(v: Values, of: Callable[[Any], Any] = np.asarray) -> Any:
        return contracted(of(v(one)), of(v(other)), len(lacks)).reshape(target.shape) * of(np.asarray(scale))

    target = to.reshape(
        tuple(to.shape[k] for k in (*has, *windows)), b.axes, tuple(to.dims[k] for k in (*has, *windows))
    )
    b.contribute(
        target,
        lambda r: factor_text + _bracketed(r.dot(one, other, len(lacks)), scale != 1),
        value,
        size=lambda v: value(v, np.abs),
    )


def _full(cells: Cells, rank: int, window: list[int]) -> Cells:
    shape = (*cells.shape[: len(cells.shape) - rank], *window)
    return cells.expand(tuple(shape)) if rank else cells


def linear(b: Builder, input: Cells, weight: Cells, bias: Cells | None = None) -> Cells:
    """x · Wᵀ + b; ∂W = xᵀ · ∂y, ∂x = ∂y · W, ∂b = Σ ∂y."""
    x = b.contiguous(input, -1, straight=True)
    lead = x.shape[:-1]
    rows = x.reshape((*lead, 1, x.shape[-1]), b.axes, (*x.dims[:-1], (), x.dims[-1]))
    columns = weight.reshape((*(1,) * len(lead), *weight.shape), b.axes, (*((),) * len(lead), *weight.dims))
    dims = b.expanded((*lead, weight.shape[0]), (*x.dims[:-1], weight.dims[0]))
    return contraction(b, rows, columns, 1, dims, "x · W" + ("" if bias is None else " + b"), bias=bias)


def matmul(b: Builder, self: Cells, other: Cells) -> Cells:
    """A · B; ∂A = ∂y · Bᵀ, ∂B = Aᵀ · ∂y."""
    return _matmul(b, self, other)


def _matmul(b: Builder, one: Cells, other: Cells, bias: Cells | None = None, scale: float = 1) -> Cells:
    vectors = (len(one.shape) == 1, len(other.shape) == 1)
    left = one.unsqueeze(0) if vectors[0] else one
    right = other.unsqueeze(1) if vectors[1] else other
    ranks = max(len(left.shape), len(right.shape))
    left, right = (
        _padded(b.contiguous(left, -1, straight=True), ranks),
        _padded(b.contiguous(right, -2, straight=True), ranks),
    )
    batch = tuple(
        x if b.axes.size(x) >= b.axes.size(y) else y for x, y in zip(left.dims[:-2], right.dims[:-2], strict=True)
    )
    rows = left.unsqueeze(ranks - 1)
    columns = right.swap(-1, -2).unsqueeze(ranks - 2)
    shape = (*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), left.shape[-2], right.shape[-1])
    whole = (*batch, left.dims[-2], right.dims[-1])
    made = contraction(
        b, rows, columns, 1, b.expanded(shape, whole), f"{b.called(one)} · {b.called(other)}", bias=bias, scale=scale
    )
    gone = [ranks - 2] * vectors[0] + [ranks - 1] * vectors[1]
    kept = [k for k in range(ranks) if k not in gone]
    return made.reshape(tuple(made.shape[k] for k in kept), b.axes, tuple(made.dims[k] for k in kept)) if gone else made


def _padded(cells: Cells, ranks: int) -> Cells:
    while len(cells.shape) < ranks:
        cells = cells.unsqueeze(0)
    return cells


def addmm(b: Builder, self: Cells, mat1: Cells, mat2: Cells, beta: float = 1, alpha: float = 1) -> Cells:
    """C + A · B."""
    assert beta == 1, "other shares are taken apart"
    return _matmul(b, mat1, mat2, self, alpha)


def baddbmm(b: Builder, self: Cells, batch1: Cells, batch2: Cells, beta: float = 1, alpha: float = 1) -> Cells:
    """C + A · B, for each of a batch."""
    return addmm(b, self, batch1, batch2, beta, alpha)


def outer(b: Builder, self: Cells, vec2: Cells) -> Cells:
    """Every cell of one vector times every cell of another."""
    return _matmul(b, self.unsqueeze(1), vec2.unsqueeze(0))


def bilinear(b: Builder, input1: Cells, input2: Cells, weight: Cells, bias: Cells | None = None) -> Cells:
    """x · W · y for each output."""
    raise TracedError("a bilinear layer: write it as a product of matrices")


def einsum(b: Builder, equation: str, tensors: list[Cells]) -> Cells:
    """Σ of products over the letters that the result lacks; of two tensors, no letter twice in one of them."""
    equation = equation.replace(" ", "")
    if "." in equation or len(tensors) != 2:
        raise TracedError(f"einsum {equation!r} of {len(tensors)} tensors: use two, with a letter for each dimension")
    inputs, _, output = equation.partition("->")
    first, second = inputs.split(",")
    if not output and "->" not in equation:
        output = "".join(sorted(c for c in set(first + second) if (first + second).count(c) == 1))
    if any(len(set(letters)) < len(letters) for letters in (first, second)):
        raise TracedError(f"einsum {equation!r}: a letter twice in one tensor")
    gone = [c for c in dict.fromkeys(first + second) if c not in output]
    if any(c not in first or c not in second for c in gone):
        raise TracedError(f"einsum {equation!r}: it sums over a letter of one tensor alone; sum it first")
    order = [*output, *gone]
    one, other = (_lettered(b, cells, letters, order) for cells, letters in zip(tensors, (first, second), strict=True))
    dims = tuple(
        next(
            cells.dims[letters.index(c)]
            for cells, letters in zip(tensors, (first, second), strict=True)
            if c in letters
        )
        for c in output
    )
    shape = np.broadcast_shapes(one.shape, other.shape)[: len(output)]
    return contraction(b, one, other, len(gone), b.expanded(shape, dims), equation)


def _lettered(b: Builder, cells: Cells, letters: str, order: list[str]) -> Cells:
    there = [c for c in order if c in letters]
    moved = cells.permute([letters.index(c) for c in there])
    sizes = dict(zip(there, moved.shape, strict=True))
    names = dict(zip(there, moved.dims, strict=True))
    return moved.reshape(tuple(sizes.get(c, 1) for c in order), b.axes, tuple(names.get(c, ()) for c in order))


RULES: dict[str, Callable[..., Any]] = {
    "linear": linear,
    "matmul": matmul,
    "mm": lambda b, self, mat2: _matmul(b, self, mat2),
    "bmm": lambda b, self, mat2: _matmul(b, self, mat2),
    "mv": lambda b, self, vec: _matmul(b, self, vec),
    "dot": lambda b, self, tensor: _matmul(b, self, tensor),
    "vdot": lambda b, self, other: _matmul(b, self, other),
    "addmm": addmm,
    "baddbmm": baddbmm,
    "outer": outer,
    "einsum": einsum,
}
