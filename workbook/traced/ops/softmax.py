"""Softmax, its logarithm, and ln Σ eˣ: the largest of a line is taken away first, so that no exponential overflows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.functions import finite
from workbook.traced.ops.reductions import Dims, beside, chosen, rest, windowed


def _largest(b: Builder, x: Cells, axis: int) -> Cells:
    """The largest along a dimension, which stays with length 1."""
    # The largest of cells that were just made is theirs to the last digit.
    return b.helper(
        "largest",
        tuple(() if k == axis else dim for k, dim in enumerate(x.dims)),
        lambda r: _folded(r, x, axis, "MAX"),
        lambda v: v(x).max(axis=axis, keepdims=True),
        "max",
        by_torch=lambda t: t(x).amax(axis, keepdim=True),
        band="helper",
        of=x.block,
    )


def _folded(r: Any, x: Cells, axis: int, function: str) -> str:
    return f"{function}({','.join(r.ranges(windowed(x, [axis], keepdim=True), 1))})"


def summed(r: Any, x: Cells, axis: int) -> str:
    """The pattern of a sum along a dimension."""
    return _folded(r, x, axis, "SUM")


def softmax_parts(b: Builder, x: Cells, axis: int) -> tuple[Cells, Cells, Cells]:
    """The largest, e^(x − largest), and the sum of these: each in cells of its own, for no exponential overflows."""
    largest = _largest(b, x, axis)
    exponential = b.helper(
        "exponential",
        b.expanded(x.shape, x.dims),
        lambda r: f"EXP({r(x)}-{r(largest)})",
        lambda v: np.exp(v(x) - v(largest)),
        "e^(x − max)",
        by_torch=lambda t: (t(x) - t(x).amax(axis, keepdim=True)).exp(),
        band="helper",
        of=x.block,
        across=b.blocks[x.block].across if x.whole else x.dims[axis],
    )
    dims = tuple(() if k == axis else dim for k, dim in enumerate(x.dims))
    total = b.helper(
        "total",
        dims,
        lambda r: summed(r, exponential, axis),
        lambda v: v(exponential).sum(axis=axis, keepdims=True),
        "Σ",
        by_torch=lambda t: (t(x) - t(x).amax(axis, keepdim=True)).exp().sum(axis, keepdim=True),
        band="helper",
        of=x.block,
    )
    return largest, exponential, total


def softmax(b: Builder, self: Cells, dim: int) -> Cells:
    """e^x / Σ e^x; ∂x = p · (g − Σ g · p)."""
    axis = dim % len(self.shape)
    x = b.contiguous(self, axis)
    _, exponential, total = softmax_parts(b, x, axis)
    dims = b.expanded(x.shape, x.dims)
    made = b.result(
        dims,
        lambda r: f"{r(exponential)}/{r(total)}",
        lambda v: v(exponential) / v(total),
        "softmax",
        number_format="0.0%",
        look="sequential",
        across=b.blocks[exponential.block].across,
    )

    def back(g: Cells) -> None:
        weighted = b.helper(
            "weighted",
            tuple(() if k == axis else d for k, d in enumerate(x.dims)),
            lambda r: along_axis(r, g, made, axis),
            lambda v: (v(g) * v(made)).sum(axis=axis, keepdims=True),
            "Σ g · p",
            size=lambda v: np.abs(v(g) * v(made)).sum(axis=axis, keepdims=True),
            band="helper",
            of=x.block,
            number_format="0.0000",
        )
        b.contribute(
            x,
            lambda r: f"{r(made)}*({r(g)}-{r(weighted)})",
            lambda v: v(made) * (v(g) - v(weighted)),
            size=lambda v: v(made) * (np.abs(v(g)) + (np.abs(v(g)) * v(made)).sum(axis=axis, keepdims=True)),
        )

    return b.record(made, back, x)


def along_axis(r: Any, one: Cells, other: Cells, axis: int) -> str:
    """SUMPRODUCT along one dimension, which stays with length 1."""
    return str(r.dot(windowed(one, [axis], keepdim=True), windowed(other, [axis], keepdim=True), 1))


def log_softmax(b: Builder, self: Cells, dim: int) -> Cells:
    """x − largest − ln Σ e^(x − largest); ∂x = g − p · Σ g."""
    axis = dim % len(self.shape)
    x = b.contiguous(self, axis)
    largest, exponential, total = softmax_parts(b, x, axis)
    made = b.result(
        b.expanded(x.shape, x.dims),
        lambda r: f"{r(x)}-{r(largest)}-LN({r(total)})",
        lambda v: v(x) - v(largest) - np.log(v(total)),
        "ln softmax",
        size=lambda v: finite(v(x)) + np.abs(v(largest)),
        across=b.blocks[exponential.block].across,
    )

    def back(g: Cells) -> None:
        together = b.helper(
            "together",
            tuple(() if k == axis else d for k, d in enumerate(x.dims)),
            lambda r: summed(r, g, axis),
            lambda v: v(g).sum(axis=axis, keepdims=True),
            "Σ g",
            size=lambda v: np.abs(v(g)).sum(axis=axis, keepdims=True),
            band="helper",
            of=x.block,
            number_format="0.0000",
        )
        b.contribute(
            x,
            lambda r: f"{r(g)}-{r(exponential)}/{r(total)}*{r(together)}",
            lambda v: v(g) - v(exponential) / v(total) * v(together),
            size=lambda v: np.abs(v(g)) + v(exponential) / v(total) * np.abs(v(g)).sum(axis=axis, keepdims=True),
        )

    return b.record(made, back, x)


def logsumexp(b: Builder, self: Cells, dim: Dims, keepdim: bool = False) -> Cells:
    """Largest + ln Σ e^(x − largest); ∂x = g · e^x / Σ e^x."""
    gone = chosen(self, dim)
    if len(gone) != 1:
        raise TracedError("logsumexp over several dimensions: flatten them first")
    (axis,) = gone
    x = b.contiguous(self, axis)
    largest, exponential, total = softmax_parts(b, x, axis)
    dims = rest(x, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    flat = [c.reshape(shape, b.axes, dims) for c in (largest, total)]
    made = b.result(
        dims,
        lambda r: f"{r(flat[0])}+LN({r(flat[1])})",
        lambda v: v(flat[0]) + np.log(v(flat[1])),
        "ln Σ eˣ",
        size=lambda v: np.abs(v(flat[0])) + np.abs(np.log(v(flat[1]))),
    )

    def back(g: Cells) -> None:
        wide = beside(b, g, x, gone)
        b.contribute(
            x, lambda r: f"{r(wide)}*{r(exponential)}/{r(total)}", lambda v: v(wide) * v(exponential) / v(total)
        )

    return b.record(made, back, x)


RULES: dict[str, Callable[..., Any]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
}
