"""Recurrences of whole rows as a loop over rows, each of them one expression of arrays."""

import ast
from dataclasses import replace
from functools import partial

from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.code import (
    assign,
    binary,
    call,
    count,
    cut,
    item,
    list_,
    loop,
    marked,
    name_,
    place,
    shifted,
    span,
    stored,
    word,
)
from workbook.transpile.back.context import Context, covering
from workbook.transpile.back.lists import empty_list
from workbook.transpile.back.ranges import Range
from workbook.transpile.back.scope import Scope
from workbook.transpile.back.syntax import names_in
from workbook.transpile.back.vector import ArrayWriter
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.rows import rows_before
from workbook.transpile.middle.variables import Mask, Variable

_STEP = "t"


def as_rows(scope: Scope, group: list[Variable]) -> bool:
    """Write a recurrence of whole rows as a loop over these; False, and nothing written, where it is none."""
    before = rows_before(group, scope.map)
    return before is not None and scope.attempts(partial(_rows, scope, group[0], before))


def _rows(scope: Scope, table: Variable, before: int) -> None:
    around = scope.context(python=False)
    name = scope.called(table)
    rows = scope.fresh("rows")
    heads = [_row_above(around, table, table.row - before + k) for k in range(before)]
    known = len(around.before)
    tree = _RowWriter(around, table, rows, before).result()
    if any({_STEP, rows} & set(names_in(statement)) for statement in around.before[known:]):
        raise UnclearError("what each row makes for itself")
    stop = table.height + before
    body = marked(assign(item(name_(rows), name_(_STEP)), tree), table)
    statements = [
        *around.before,
        assign(rows, binary("+", list_(heads), empty_list(table.height))),
        loop(stored(_STEP), call("range", count(before), count(stop)), [body]),
        assign(name, word("stack", item(name_(rows), cut(count(before), None)))),
    ]
    scope.body += [marked(statement, table) for statement in statements]


def _row_above(around: Context, table: Variable, row: int) -> ast.expr:
    """A row above a table, as wide as it."""
    corner, column = AffineIndex(row), AffineIndex(table.column, 0, 1)
    ref = Ref(table.sheet, corner, column, corner, column)
    return ArrayWriter(around, replace(table, row=row, height=1, tree=ref, region=None)).result()


class _RowWriter(ArrayWriter):
    """Writes a row of a table, in which the rows above it are elements of a list."""

    _in_windows = False

    def __init__(self, around: Context, table: Variable, rows: str, before: int) -> None:
        """Write the row whose place in the list is `t`; `before` rows of that list are none of the table."""
        super().__init__(around, replace(table, height=1))
        self._table = table
        self._rows = rows
        self._before = before

    def _hull(self, ref: Ref) -> Rectangle:
        return ref.hull(self._table.height, self._table.width)

    def _index(self, moving: AffineIndex, origin: int) -> ast.expr:
        """The index of a row or column that is the same for all cells of the table's row."""
        if moving.across:
            raise UnclearError("a place that moves along the row")
        return place(moving._replace(base=moving.base - self._before * moving.down), origin, _STEP, "0")

    def _holder(self, ref: Ref) -> Variable:
        return self._holding(ref.sheet, self._hull(ref))

    def _holding(self, sheet: str, area: Rectangle) -> Variable:
        found = self._around.variables(sheet, area)
        holder = covering(found, area)
        return holder if holder is not None and not holder.parts else self._put_together(sheet, area, found)

    def _stretches(self, ref: Ref) -> Range | None:
        del ref
        return None

    def _is_within(self, ref: Ref, variable: Variable, mask: Mask) -> bool:
        del ref, variable, mask
        return False

    def _range(self, ref: Ref) -> Range:
        found = self._around.variables(ref.sheet, self._hull(ref))
        return self._of_rows(ref) if any(v is self._table for v in found) else super()._range(ref)

    def _of_rows(self, ref: Ref) -> Range:
        """A part of a row above, with what stands left and right of the table in it."""
        if ref.left.down or ref.right.down:
            raise UnclearError("columns that move down the rows")
        row = shifted(name_(_STEP), ref.top.base - self._table.row)
        above = item(name_(self._rows), row)
        left, width = self._table.column, self._table.width
        is_moving = ref.left == ref.right and ref.left.across == 1
        if not is_moving and not (ref.left.is_fixed and ref.right.is_fixed):
            raise UnclearError("a range that moves along the row")
        first, last = ref.left.base, ref.right.base + (width - 1 if is_moving else 0)
        if first == last:
            return Range(item(above, count(first - left)), "", "num")
        if not is_moving:
            self._size("l", last - first + 1)
        inner = span(max(first - left, 0), min(last - left + 1, width), width)
        parts = [item(above, inner) if inner.lower or inner.upper else above]
        if first < left:
            parts.insert(0, self._beside(ref, first, left - 1))
        if last >= left + width:
            parts.append(self._beside(ref, left + width, last))
        return Range(word("hstack", list_(parts)) if len(parts) > 1 else parts[0], "j" if is_moving else "l", "num")

    def _beside(self, ref: Ref, first: int, last: int) -> ast.expr:
        """What stands beside the table, in the row of it that a reference reads."""
        top = ref.top.base
        holder = self._holding(ref.sheet, (top, first, top + self._table.height - 1, last))
        if holder.kind != "num":
            raise UnclearError("values beside a table that are not all numbers")
        tree = self._around.access(holder)
        places = [self._index(ref.top, holder.row)]
        if holder.width > 1:
            start, stop = first - holder.column, last - holder.column + 1
            places.append(count(start) if first == last else span(start, stop, holder.width))
        return item(tree, *places)

    def _line(self, first: AffineIndex, last: AffineIndex, origin: int, size: int, own: str) -> tuple[ast.expr, str]:
        if not (first.down or last.down):
            return super()._line(first, last, origin, size, own)
        if first.down != last.down:
            raise UnclearError("a range that grows")
        start = self._index(first, origin)
        if first == last:
            return start, ""
        self._size(own, last.base - first.base + 1)
        return cut(start, self._index(last._replace(base=last.base + 1), origin)), own


__all__ = ["as_rows"]
