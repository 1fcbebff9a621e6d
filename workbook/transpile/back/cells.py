"""What a formula of a single cell reads: a cell, or a range as a list of rows."""

import ast
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.code import (
    NONE,
    Code,
    assign,
    call,
    constant,
    count,
    cut,
    fixed,
    grid,
    item,
    items,
    last_name,
    list_,
    method,
    name_,
    place,
    shifted,
    tuple_,
    word,
)
from workbook.transpile.back.context import Context, are_whole, covering
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.moving import gap
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.variables import Variable

_FEW = 64
"""The cells that are read one by one of a range that is being filled."""


@dataclass(frozen=True, slots=True)
class Element:
    """An array that a loop fills: its name, the axis of its steps, and how many steps come before its first cell."""

    name: str
    axis: int
    gap: int

    def at(self, row: ast.expr, column: ast.expr) -> ast.expr:
        """One element."""
        return item(name_(self.name), shifted(column if self.axis else row, self.gap))

    def cut(self, start: ast.expr, stop: ast.expr) -> ast.expr:
        """The elements from start up to stop."""
        return item(name_(self.name), cut(shifted(start, self.gap), shifted(stop, self.gap)))


class CellReader:
    """Reads for one cell of a variable, at row `i` and column `j` of it."""

    def __init__(
        self, around: Context, variable: Variable, i: str, j: str, along: tuple[int, int, int] | None = None
    ) -> None:
        """Write for row `i` and column `j`; `along`: for an axis, only from a first to before a last row or column."""
        self._around = around
        self._along = along
        self._variable = variable
        self._i = i
        self._j = j
        # Where a cell was an error, or nobody knows what it was, errors must be values and not exceptions.
        self._guarded = int(variable.kind == "any" or not variable.is_sure)
        self.elements: dict[int, Element] = {}
        """The arrays that are being filled while the expression is computed."""
        self.names: dict[Any, Code] = {}
        """References, and choices, that have a name of their own: the parameters of a function."""
        self.stepped: dict[int, str] = {}
        """Arrays that a loop goes through in step: the name of the element of this step."""

    def _help(self, name: str) -> str:
        self._around.helpers.add(name)
        return name

    def _python(self, code: Code) -> ast.expr:
        """A value as helpers take it."""
        if code.kind not in ("num", "bool") or code.owner == "python" or self._around.python:
            return code.tree
        if code.owner == "language":
            return word("item", code.tree)
        return word("plain number" if code.kind == "num" else "plain condition", code.tree)

    def cell(self, ref: Ref) -> Code:
        """The value of one cell."""
        variable = self._holder(ref)
        if variable is None:
            return Code(NONE, kind="any", literal=True, one="cell")
        if id(variable) in self.stepped and self._is_in_step(ref, variable):
            return Code(name_(self.stepped[id(variable)]), kind=variable.kind, seen=variable.seen, one="cell")
        element = self.elements.get(id(variable))
        if element is None and variable.rank == 0 and not is_grid(variable):
            return self._fetched(_single_cell(variable, self._around.access(variable)))
        row, column = self.place(ref.top, variable.row), self.place(ref.left, variable.column)
        if element is not None:
            return _single_cell(variable, element.at(row, column))
        tree = self._around.access(variable)
        places = [at for at, size in ((row, variable.height), (column, variable.width)) if size > 1]
        if is_grid(variable):
            places = [row, column]
        is_plain = variable.kind in ("num", "bool") and all(isinstance(at, ast.Constant) for at in places)
        if variable.kind in ("num", "bool", "gaps") and not is_grid(variable) and not is_plain:
            tree = self._listed(variable, tree)
        elif variable.kind in ("num", "bool") and not is_grid(variable):
            one = item(tree, *places)
            if variable.kind == "bool":
                return Code(call("bool", one), kind="bool", whose="python")
            return self._fetched(Code(word("element", one)))
        return Code(items(tree, places), kind=variable.kind, seen=variable.seen, one="cell")

    def _fetched(self, code: Code) -> Code:
        """A single number of the language, as the expression computes with it."""
        return replace(code, tree=self._around.fetched(code.tree)) if code.kind == "num" else code

    def _is_in_step(self, ref: Ref, variable: Variable) -> bool:
        """Whether a reference reads just the element that the loop is at, and not one before or after it."""
        assert self._along is not None
        if (ref.top.base, ref.left.base) != (variable.row, variable.column):
            return False
        if self._along[0] == 0:
            return (ref.top.down, ref.left.down) == ((1, 0) if variable.width == 1 else (0, 1))
        return (ref.top.across, ref.left.across) == ((1, 0) if variable.width == 1 else (0, 1))

    def _listed(self, variable: Variable, tree: ast.expr) -> ast.expr:
        """The name of a list of an array's values, made before the statement."""
        key = ("list", id(variable))
        if key not in self._around.known:
            fresh = self._around.fresh(f"{last_name(tree)}_list")
            made = self._around.listed(tree)
            if variable.kind == "gaps":
                made = call(self._help("with_gaps"), tree, constant(variable.gap))
            self._around.before.append(assign(fresh, made))
            self._around.known[key] = fresh
        return name_(str(self._around.known[key]))

    def place(self, moving: AffineIndex, origin: int) -> ast.expr:
        """The index of a row or column, from an origin, for the cell that is written."""
        return place(moving, origin, self._i, self._j)

    def hull(self, ref: Ref) -> Rectangle:
        """All that the cells written for read by a reference."""
        height, width = self._variable.height, self._variable.width
        if self._along is None:
            return ref.hull(height, width)
        axis, start, stop = self._along
        moved = [
            m._replace(base=m.base + start * (m.across if axis else m.down))
            for m in (ref.top, ref.left, ref.bottom, ref.right)
        ]
        size = (height, stop - start) if axis else (stop - start, width)
        return Ref(ref.sheet, moved[0], moved[1], moved[2], moved[3]).hull(*size)

    def is_never_filled(self, ref: Ref) -> bool:
        """Whether no cell of a range holds anything, or will."""
        return not self._around.variables(ref.sheet, self.hull(ref))

    def _holder(self, ref: Ref) -> Variable | None:
        """The variable that holds all cells that a reference reads; put together where several do."""
        area = self.hull(ref)
        found = self._around.variables(ref.sheet, area)
        if not found:
            return None
        return covering(found, area) or self._assembled(ref.sheet, area, found)

    def _assembled(self, sheet: str, area: Rectangle, found: list[Variable]) -> Variable:
        key = (sheet, area)
        if key in self._around.known:
            known = self._around.known[key]
            assert isinstance(known, Variable)
            return known
        top, left, bottom, right = area
        if any(id(variable) in self.elements for variable in found):
            raise UnclearError("a recurrence that reads a range of itself and of others")
        size = (bottom - top + 1, right - left + 1)
        name = self._around.fresh("area")
        line = self._in_line(found, area) or Code(self.assembled(found, area, size), kind="any")
        self._around.before.append(assign(name, line.tree))
        made = Variable(sheet, top, left, *size, line.kind, name=name, parts=tuple(found))
        self._around.known[key] = made
        return made

    def _in_line(self, found: list[Variable], area: Rectangle) -> Code | None:
        """A row or a column of arrays one after another: an array of numbers, or a list; None of other ranges."""
        top, left, bottom, right = area
        if 1 not in (bottom - top + 1, right - left + 1) or any(map(is_grid, found)):
            return None
        parts = sorted(found, key=lambda v: (v.row, v.column))
        end = (top, left)
        for a, b, c, d in (variable.rectangle for variable in parts):
            if (a, b) != end or c > bottom or d > right:
                return None
            end = (c + 1, left) if left == right else (top, d + 1)
        if end not in ((bottom + 1, left), (top, right + 1)):
            return None
        if all(variable.kind == "num" for variable in parts):
            how = "singles" if are_whole(parts) else "hstack"
            return Code(word(how, list_(map(self._around.access, parts))))
        line = list_(map(self._elements_of, parts))
        return Code(call(self._help("column" if left == right else "row"), line), kind="any")

    def _elements_of(self, variable: Variable) -> ast.expr:
        """What stands for a single cell, a row or a column in a list of values."""
        tree = self._around.access(variable)
        if variable.rank == 0:
            return self._python(_single_cell(variable, tree))
        return ast.Starred(self._listed(variable, tree) if variable.kind in ("num", "bool", "gaps") else tree)

    def assembled(self, found: list[Variable], area: Rectangle, size: tuple[int, int]) -> ast.expr:
        """A list of rows of that size with variables in their places, from the upper left corner of a rectangle."""
        if len(found) == size[0] * size[1] and all(v.rank == 0 and not is_grid(v) for v in found):
            cells = iter([self._piece(v, area) for v in sorted(found, key=lambda v: (v.row, v.column))])
            return grid(islice(cells, size[1]) for _ in range(size[0]))
        pieces = (
            tuple_((count(max(v.row - area[0], 0)), count(max(v.column - area[1], 0)), self._piece(v, area)))
            for v in found
        )
        return call(self._help("assemble"), *map(count, size), *pieces)

    def _piece(self, variable: Variable, area: Rectangle) -> ast.expr:
        """What of a variable lies in a rectangle, as a list of rows or what `assemble` makes one of."""
        tree = self._around.access(variable)
        if variable.kind == "gaps" and not is_grid(variable):
            tree = self._listed(variable, tree)
        if variable.rank == 0:
            return self._python(_single_cell(variable, tree))
        rows = max(variable.row, area[0]) - variable.row, min(variable.rectangle[2], area[2]) - variable.row + 1
        columns = (
            max(variable.column, area[1]) - variable.column,
            min(variable.rectangle[3], area[3]) - variable.column + 1,
        )
        is_whole = (*rows, *columns) == (0, variable.height, 0, variable.width)
        down, across = cut(*map(count, rows)), cut(*map(count, columns))
        if variable.width == 1 and not is_grid(variable):
            return tree if is_whole else item(tree, down)
        if variable.height == 1 and not is_grid(variable):
            return call(self._help("row"), tree if is_whole else item(tree, across))
        if variable.kind in ("num", "bool") and not is_grid(variable):
            return tree if is_whole else item(tree, down, across)
        return tree if is_whole else call(self._help("part"), tree, *map(count, (*rows, *columns)))

    def area(self, ref: Ref, *, loose: bool = False) -> Code:
        """A range as a list of rows; `loose`: an array or a list will do."""
        if self.elements and any(id(v) in self.elements for v in self._around.variables(ref.sheet, self.hull(ref))):
            return self._filled_part(ref, loose=loose)
        variable = self._holder(ref)
        if variable is None:
            height, width = (self.place(size, 0) for size in (gap(ref.bottom, ref.top), gap(ref.right, ref.left)))
            return Code(call(self._help("assemble"), height, width), kind="area")
        tree = self._around.access(variable)
        if variable.kind == "gaps" and not is_grid(variable):
            tree = self._listed(variable, tree)
        if variable.rank == 0 and not is_grid(variable):
            return Code(grid([[self._python(_single_cell(variable, tree))]]), kind="area")
        top, left = self.place(ref.top, variable.row), self.place(ref.left, variable.column)
        bottom, right = self._after(ref.bottom, variable.row), self._after(ref.right, variable.column)
        rows_all = (fixed(top), fixed(bottom)) == (0, variable.height)
        columns_all = (fixed(left), fixed(right)) == (0, variable.width)
        if variable.rank == 1 and not is_grid(variable):
            is_column = variable.width == 1
            is_whole, start, stop = (rows_all, top, bottom) if is_column else (columns_all, left, right)
            found = tree if is_whole else item(tree, cut(start, stop))
            return Code(found if loose else call(self._help("column" if is_column else "row"), found), kind="area")
        is_whole = rows_all and columns_all
        if variable.kind in ("num", "bool") and not is_grid(variable):
            cuts = [cut(top, bottom)] if columns_all else [cut(top, bottom), cut(left, right)]
            found = tree if is_whole else item(tree, *cuts)
            return Code(found if loose else method(found, "tolist"), kind="area")
        return Code(tree if is_whole else call(self._help("part"), tree, top, bottom, left, right), kind="area")

    def _after(self, last: AffineIndex, origin: int) -> ast.expr:
        """The index after a last row or column, from an origin."""
        return self.place(last._replace(base=last.base + 1), origin)

    def _filled_part(self, ref: Ref, *, loose: bool) -> Code:
        """A range of arrays that are being filled: cell by cell where it is small, else a slice of one of them."""
        height, width = gap(ref.bottom, ref.top), gap(ref.right, ref.left)
        if height.is_fixed and width.is_fixed and height.base * width.base <= _FEW:
            cells = ((self.cell(one_cell(ref, i, j)) for j in range(width.base)) for i in range(height.base))
            return Code(grid(map(self._python, row) for row in cells), kind="area")
        holder = covering(self._around.variables(ref.sheet, self.hull(ref)), self.hull(ref))
        if holder is None or id(holder) not in self.elements or holder.rank != 1:
            raise UnclearError("a recurrence that reads a range of itself and of others")
        first, last = (ref.top, ref.bottom) if holder.width == 1 else (ref.left, ref.right)
        origin = holder.row if holder.width == 1 else holder.column
        tree = self.elements[id(holder)].cut(self.place(first, origin), self._after(last, origin))
        return Code(tree if loose else call(self._help("column" if holder.width == 1 else "row"), tree), kind="area")


def _single_cell(variable: Variable, tree: ast.expr) -> Code:
    """The value of a variable that is one cell."""
    # A condition that is an input is Python's, and one that a formula makes may be.
    whose = "either" if variable.kind == "bool" else "language"
    return Code(tree, kind=variable.kind, seen=variable.seen, one="cell", whose=whose)


def is_grid(variable: Variable) -> bool:
    """Whether a variable is a list of rows with values of any kind."""
    return bool(variable.parts) and variable.kind == "any"


def one_cell(ref: Ref, i: int, j: int) -> Ref:
    """One cell of a range: row i and column j of it."""
    row, column = ref.top._replace(base=ref.top.base + i), ref.left._replace(base=ref.left.base + j)
    return Ref(ref.sheet, row, column, row, column)
