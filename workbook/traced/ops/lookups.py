"""Operations that look rows or cells up by whole numbers."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.reductions import windowed
from workbook.traced.writer import Writer, copied


def _whole(numbers: Any) -> Any:
    return np.asarray(numbers).astype(np.int64)


def embedding(
    b: Builder,
    weight: Cells,
    indices: Cells,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Cells:
    """The rows of a table by their numbers; the gradient of a row is the sum of those that were looked up as it."""
    if scale_grad_by_freq:
        raise TracedError("an embedding whose gradient is scaled by frequency")
    return looked_up(b, weight, indices, padding_idx=padding_idx)


def looked_up(b: Builder, table: Cells, indices: Cells, *, padding_idx: int = -1, what: str = "looked up") -> Cells:
    """The entries of a table's first dimension by their numbers."""
    rows = table.shape[0]
    b.limit(indices, rows - 1)
    if not b.is_line(table.permute([*range(1, len(table.shape)), 0])):
        table = b.copy(table, across=table.dims[-1] if len(table.shape) > 1 else ())
    rank = len(table.shape) - 1
    shape = (*indices.shape, *table.shape[1:])
    dims = b.expanded(shape, (*indices.dims, *table.dims[1:]))
    column = table.permute([*range(1, rank + 1), 0])
    column = column.reshape(
        (*(1,) * len(indices.shape), *column.shape), b.axes, (*((),) * len(indices.shape), *column.dims)
    ).expand((*shape, rows))
    at = indices.reshape((*indices.shape, *(1,) * rank), b.axes, (*indices.dims, *((),) * rank))
    down = _is_down(b, column)
    made = b.result(
        dims,
        lambda r: _indexed(r.range(column, 1), r(at), rows, down=down),
        lambda v: v(table)[_whole(v(indices))],
        f"{b.called(table)}, {what}",
    )

    def back(g: Cells) -> None:
        _gathered_rows(b, table, indices, g, padding_idx)

    return b.record(made, back, table)


def _indexed(line: str, at: str, size: int, *, down: bool) -> str:
    """The cell of a line by its number, from 0; the line itself where it is one cell."""
    if size == 1:
        return copied(line)
    return f"INDEX({line},{at}+1,1)" if down else f"INDEX({line},1,{at}+1)"


def _is_down(b: Builder, windows: Cells) -> bool:
    top, _, bottom, _, count = b.corners(windows, 1)
    return bool(count == 1 or top[0] != bottom[0])


def _gathered_rows(b: Builder, table: Cells, indices: Cells, g: Cells, padding_idx: int) -> None:
    """SUMIF over the numbers that were looked up, for each row of the table."""
    rank = len(table.shape) - 1
    if prod(indices.shape) == 1:
        # SUMIF takes ranges, and one cell is none for every program.
        g = g.reshape(table.shape[1:], b.axes, g.dims[len(indices.shape) :])
        indices = indices.reshape((), b.axes, ())
    count = len(indices.shape)
    moved = g.permute([*range(count, count + rank), *range(count)])
    window = moved.reshape((1, *moved.shape), b.axes, ((), *moved.dims))
    where = indices.reshape((*(1,) * (rank + 1), *indices.shape), b.axes, (*((),) * (rank + 1), *indices.dims))
    if count and not _paired(b, where, window, count):
        g = b.copy(g, across=())
        if not (indices.whole and not b.blocks[indices.block].across):
            indices = b.copy(indices, across=())
        if rank:
            # A column for each of the table's: what was looked up runs down.
            g = b.copy(g, across=tuple(axis for dim in g.dims[count:] for axis in dim))
        _gathered_rows(b, table, indices, g, padding_idx)
        return
    numbers = b.numbered(table.dims[0], down=_runs_down(b, table))
    entry = numbers.reshape((table.shape[0], *(1,) * rank), b.axes, (table.dims[0], *((),) * rank))

    def value(v: Any, of: Callable[[Any], Any] = np.asarray) -> Any:
        total = np.zeros(table.shape)
        np.add.at(total, _whole(v(indices)).ravel(), of(v(g)).reshape(-1, *table.shape[1:]))
        if padding_idx >= 0:
            total[padding_idx] = 0
        return total

    def pattern(r: Any) -> str:
        if not count:
            text = f"IF({r(indices)}={r(entry)},{r(window.reshape(table.shape[1:] or (1,), b.axes))},0)"
        else:
            text = "+".join(f"SUMIF({at},{r(entry)},{of})" for at, of in r.pairs(where, window, count))
        return text if padding_idx < 0 else f"IF({r(entry)}={padding_idx},0,{text})"

    b.contribute(table, pattern, value, size=lambda v: value(v, np.abs))


def _paired(b: Builder, one: Cells, other: Cells, rank: int) -> bool:
    """Whether two windows are a few ranges of one shape each, in one order."""
    return bool(Writer(b, (), (), "").pairs(one, other, rank))


def _alike(b: Builder, one: Cells, other: Cells, rank: int) -> bool:
    """Whether two windows are ranges of one shape, in one order."""
    return b.product(one, other, rank) in ("alike", "cells")


def _runs_down(b: Builder, table: Cells) -> bool:
    spec = b.blocks[table.block]
    return not (table.dims[0] and set(table.dims[0]) <= set(spec.across))


def index(b: Builder, self: Cells, indices: list[Cells | None]) -> Cells:
    """Entries of the first dimension by their numbers; of others it is taken apart."""
    (at,) = indices
    assert isinstance(at, Cells)
    if b.blocks[at.block].number_format == "0" and b.node is not None and _is_mask(b, at):
        raise TracedError("indexing by a mask, whose result has a shape that depends on data: use torch.where")
    return looked_up(b, self, at)


def _is_mask(b: Builder, at: Cells) -> bool:
    spec = b.blocks[at.block]
    return spec.leaf is not None and spec.leaf.dtype == "bool"


def index_select(b: Builder, self: Cells, dim: int, index: Cells) -> Cells:
    """Entries of the first dimension by their numbers."""
    assert not dim, "of another dimension it is taken apart"
    return looked_up(b, self, index)


def gather(b: Builder, self: Cells, dim: int, index: Cells, sparse_grad: bool = False) -> Cells:
    """From each line of a dimension the entries with some numbers."""
    axis = dim % len(self.shape)
    for k, (n, most) in enumerate(zip(index.shape, self.shape, strict=True)):
        if k != axis and n < most:
            self = self.slice(k, 0, n, 1, b.axes.dim("_".join(self.dims[k]) + "_part", n))
    x = b.contiguous(self, axis, straight=True)
    size = x.shape[axis]
    b.limit(index, size - 1)
    line = windowed(x, [axis], keepdim=True).expand((*index.shape, size))
    down = _is_down(b, line)
    made = b.result(
        b.expanded(index.shape, tuple(index.dims[k] if k == axis else x.dims[k] for k in range(len(x.shape)))),
        lambda r: _indexed(r.range(line, 1), r(index), size, down=down),
        lambda v: np.take_along_axis(v(x), _whole(v(index)), axis),
        "picked",
    )
    return b.record(made, lambda g: scattered_back(b, x, axis, index, g), x)


def scattered_back(b: Builder, x: Cells, axis: int, at: Cells, g: Cells) -> None:
    """The gradient of what was picked from each line of a dimension: at each entry the sum of those picked there."""
    size = x.shape[axis]
    numbers = b.numbered(x.dims[axis], down=not set(x.dims[axis]) <= set(b.blocks[x.block].across))
    entry = numbers.reshape(
        tuple(size if k == axis else 1 for k in range(len(x.shape))),
        b.axes,
        tuple(x.dims[axis] if k == axis else () for k in range(len(x.shape))),
    )

    def value(v: Any) -> Any:
        total = np.zeros(x.shape)
        places = list(np.indices(at.shape))
        places[axis] = _whole(v(at))
        np.add.at(total, tuple(places), v(g))
        return total

    if at.shape[axis] == 1:
        b.contribute(x, lambda r: f"IF({r(entry)}={r(at)},{r(g)},0)", value)
        return

    def windows(cells: Cells) -> Cells:
        return windowed(cells, [axis], keepdim=True)

    if not _alike(b, windows(at), windows(g), 1):
        at, g = b.copy(at, across=at.dims[axis]), b.copy(g, across=g.dims[axis])
    b.contribute(x, lambda r: f"SUMIF({r.range(windows(at), 1)},{r(entry)},{r.range(windows(g), 1)})", value)


def one_hot(b: Builder, self: Cells, num_classes: int = -1) -> Cells:
    """1 where the number is that of the class, else 0."""
    assert b.node is not None
    size = b.node.shape[-1]
    klass = b.axes.dim("klass", size)
    numbers = b.numbered(klass, down=False).reshape(
        (*(1,) * len(self.shape), size), b.axes, (*((),) * len(self.shape), klass)
    )
    wide = self.unsqueeze(len(self.shape))
    del num_classes
    return b.result(
        b.expanded((*self.shape, size), (*self.dims, klass)),
        lambda r: f"IF({r(wide)}={r(numbers)},1,0)",
        lambda v: (v(wide) == np.arange(size)) * 1.0,
        "one-hot",
        number_format="0",
    )


RULES: dict[str, Callable[..., Any]] = {
    "embedding": embedding,
    "index": index,
    "index_select": index_select,
    "gather": gather,
    "take_along_dim": lambda b, self, indices, dim: gather(b, self, dim, indices),
    "one_hot": one_hot,
}
