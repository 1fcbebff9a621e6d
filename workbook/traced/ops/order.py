"""The largest, the least, where they are, and order."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.plan import views
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.ops.arithmetic import BINARY, binary
from workbook.traced.ops.lookups import scattered_back
from workbook.traced.ops.reductions import beside, evenly, rest, windowed


def extreme(b: Builder, x: Cells, dim: int, *, keepdim: bool, function: str) -> list[Cells]:
    """The largest, or least, along a dimension, and where it is; the first of equal ones."""
    axis = dim % len(x.shape)
    x = b.contiguous(x, axis, straight=True)
    find, where = (np.max, np.argmax) if function == "MAX" else (np.min, np.argmin)
    dims = rest(x, [axis], keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    flat = windowed(x, [axis], keepdim=keepdim)
    made = b.result(
        dims,
        lambda r: f"{function}({r.range(flat, 1)})",
        lambda v: find(v(x), axis=axis).reshape(shape),
        "the largest" if function == "MAX" else "the least",
        item=0,
    )
    name = b.blocks[made.block].name
    at = b.result(
        dims,
        lambda r: f"MATCH({r(made)},{r.range(flat, 1)},0)-1",
        lambda v: where(v(x), axis=axis).reshape(shape) * 1.0,
        "where it is, from 0",
        item=1,
        name=f"{name}_index",
        number_format="0",
    )
    count = x.shape[axis]

    def back(g: Cells, _: Cells | None = None) -> None:
        wide, place = beside(b, g, x, [axis]), beside(b, at, x, [axis])
        numbers = b.numbered(x.dims[axis], down=False)
        lined = numbers.reshape(
            tuple(count if k == axis else 1 for k in range(len(x.shape))),
            b.axes,
            tuple(x.dims[axis] if k == axis else () for k in range(len(x.shape))),
        )
        b.contribute(
            x,
            lambda r: f"IF({r(lined)}={r(place)},{r(wide)},0)",
            lambda v: np.where(np.arange(count).reshape(lined.shape) == v(place), v(wide), 0.0),
        )

    if b.wants(x) and not b.no_gradient:
        b.learning.add(made.block)
        b.uses[x.block] = b.uses.get(x.block, 0) + 1
        b.tape.append(([made], back, b.sheet, b.node))
    return [made, at]


def max_(b: Builder, self: Cells, dim: int | None = None, keepdim: bool = False, other: Cells | None = None) -> Any:
    """The largest, and where it is; the gradient goes there."""
    return _of_all_or(b, self, dim, keepdim, other, "MAX")


def min_(b: Builder, self: Cells, dim: int | None = None, keepdim: bool = False, other: Cells | None = None) -> Any:
    """The least, and where it is; the gradient goes there."""
    return _of_all_or(b, self, dim, keepdim, other, "MIN")


def _of_all_or(b: Builder, x: Cells, dim: int | None, keepdim: bool, other: Cells | None, function: str) -> Any:
    if other is not None:
        return binary(b, x, other, BINARY["maximum" if function == "MAX" else "minimum"])
    if dim is None:
        return evenly(b, x, None, keepdim=False, function=function)
    return extreme(b, x, dim, keepdim=keepdim, function=function)


def argmax(b: Builder, self: Cells, dim: int | None = None, keepdim: bool = False) -> Cells:
    """Where the largest is, from 0; the first of equal ones."""
    return _where(b, self, dim, keepdim, "MAX")


def argmin(b: Builder, self: Cells, dim: int | None = None, keepdim: bool = False) -> Cells:
    """Where the least is, from 0; the first of equal ones."""
    return _where(b, self, dim, keepdim, "MIN")


def _where(b: Builder, x: Cells, dim: int | None, keepdim: bool, function: str) -> Cells:
    if dim is None:
        x, dim = x.reshape((prod(x.shape),), b.axes), 0
    axis = dim % len(x.shape)
    x = b.contiguous(x, axis, straight=True)
    find = np.argmax if function == "MAX" else np.argmin
    dims = rest(x, [axis], keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    flat = windowed(x, [axis], keepdim=keepdim)
    return b.result(
        dims,
        lambda r: f"MATCH({function}({r.range(flat, 1)}),{r.range(flat, 1)},0)-1",
        lambda v: find(v(x), axis=axis).reshape(shape) * 1.0,
        "where the largest is, from 0" if function == "MAX" else "where the least is, from 0",
        number_format="0",
    )


def ordered(b: Builder, x: Cells, axis: int, count: int, *, descending: bool) -> list[Cells]:
    """The first of a dimension in order, and where they are; of equal ones the earlier comes first."""
    axis %= len(x.shape)
    x = b.contiguous(x, axis, straight=True)
    b.orders.append((x, axis, b.node))
    size = x.shape[axis]
    rank = _rank(b, x, axis, descending=descending)
    place_dim = x.dims[axis] if count == size else b.axes.dim("place", count)
    dims = tuple(place_dim if k == axis else d for k, d in enumerate(x.dims))
    shape = tuple(count if k == axis else n for k, n in enumerate(x.shape))
    down = _runs_down(b, x, axis)
    nth = _along(b, b.numbered(place_dim, down=down), x, axis) if count > 1 else None

    def windows(cells: Cells) -> Cells:
        return windowed(cells, [axis], keepdim=True).expand((*shape, size))

    def order(values: Any) -> Any:
        return _sorted_places(values, axis, descending=descending).take(range(count), axis=axis)

    at = b.result(
        dims,
        lambda r: f"MATCH({'1' if nth is None else r(nth) + '+1'},{r.range(windows(rank), 1)},0)-1",
        lambda v: order(v(x)) * 1.0,
        "where it was, from 0",
        item=1,
        name=f"{b.result_name()}_index",
        number_format="0",
    )
    made = b.result(
        dims,
        lambda r: f"INDEX({r.range(windows(x), 1)},{'' if down else '1,'}{r(at)}+1{',1' if down else ''})",
        lambda v: np.take_along_axis(v(x), order(v(x)), axis),
        "in order",
        item=0,
    )

    def back(g: Cells, _: Cells | None = None) -> None:
        scattered_back(b, x, axis, at, g)

    if b.wants(x) and not b.no_gradient:
        b.learning.add(made.block)
        b.uses[x.block] = b.uses.get(x.block, 0) + 1
        b.tape.append(([made], back, b.sheet, b.node))
    return [made, at]


def _rank(b: Builder, x: Cells, axis: int, *, descending: bool) -> Cells:
    """Which place each cell takes in the order, from 1."""
    line = windowed(x, [axis], keepdim=True)
    numbers = b.numbered(x.dims[axis], down=_runs_down(b, x, axis))
    here = _along(b, numbers, x, axis)
    lead = len(x.shape)
    ruler = numbers.reshape((*(1,) * lead, x.shape[axis]), b.axes, (*((),) * lead, x.dims[axis]))
    sign = ">" if descending else "<"
    return b.helper(
        "rank",
        b.expanded(x.shape, x.dims),
        lambda r: (
            f"SUMPRODUCT(({r.range(line, 1)}{sign}{r(x)})*1)+SUMPRODUCT(({r.range(line, 1)}={r(x)})*({r.range(ruler, 1)}<={r(here)}))"
        ),
        lambda v: np.argsort(_sorted_places(v(x), axis, descending=descending), axis=axis, kind="stable") + 1.0,
        "which place it takes",
        band="helper",
        of=x.block,
        number_format="0",
        across=b.blocks[x.block].across if x.whole else None,
        solid=b.blocks[x.block].solid,
    )


def _sorted_places(values: Any, axis: int, *, descending: bool) -> Any:
    """Where the first, the second and so on of a dimension stand, from 0."""
    return np.argsort(-values if descending else values, axis=axis, kind="stable")


def _along(b: Builder, numbers: Cells, x: Cells, axis: int) -> Cells:
    """A line of numbers along one dimension of x, of length 1 along all others."""
    (count,), (dim,) = numbers.shape, numbers.dims
    rank = len(x.shape)
    return numbers.reshape(
        tuple(count if k == axis else 1 for k in range(rank)),
        b.axes,
        tuple(dim if k == axis else () for k in range(rank)),
    )


def _runs_down(b: Builder, x: Cells, axis: int) -> bool:
    """Whether a dimension of some cells runs down the sheet."""
    spec = b.blocks[x.block]
    _, columns = spec.positions
    shown = views.apply(x.program, np.arange(spec.count).reshape(spec.block_shape))
    line = np.moveaxis(shown, axis, -1).reshape(-1, x.shape[axis])[0]
    return bool(len(line) > 1 and columns[line[0]] == columns[line[-1]])


def topk(b: Builder, self: Cells, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> list[Cells]:
    """The k largest, and where they are; the gradient goes there."""
    return ordered(b, self, dim, k, descending=largest)


def sort(b: Builder, self: Cells, dim: int = -1, descending: bool = False, stable: bool | None = None) -> list[Cells]:
    """In order, and where each was; the gradient goes there."""
    return ordered(b, self, dim, self.shape[dim], descending=descending)


RULES: dict[str, Callable[..., Any]] = {
    "max": max_,
    "min": min_,
    "argmax": argmax,
    "argmin": argmin,
    "topk": topk,
    "sort": sort,
}
