"""The arrays of a program: what each holds, where it stands, and what its formula reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from workbook.formula.address import range_address
from workbook.formula.grammar import Binary, Call
from workbook.formula.rectangle import Rectangle, cell_count, overlap
from workbook.records import record
from workbook.transpile.front.regions import Region
from workbook.transpile.front.tree import Ref, children
from workbook.xlsx.read import Value

_SMALL = 64
"""The cells of a variable that is found by each of them, and of a rectangle that is searched cell by cell."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a rectangle formulas fill: in row `i` the columns up to `i + offset`, or from it on, or all but that one.

    Attributes:
        height: the rows of the rectangle.
        width: its columns.
        offset: the column that the diagonal has in the first row, from 0.
        upper: whether the columns from the diagonal on are filled, and not those up to it.
        mirrored: whether columns are counted from the right.
        around: whether all columns but the diagonal are filled.
    """

    height: int
    width: int
    offset: int
    upper: bool = False
    mirrored: bool = False
    around: bool = False

    def holds(self, i: int, j: int) -> bool:
        """Whether a cell, from 0, is filled."""
        j = self.width - 1 - j if self.mirrored else j
        if self.around:
            return j != i + self.offset
        return j >= i + self.offset if self.upper else j <= i + self.offset

    def cells(self) -> Iterator[tuple[int, int]]:
        """The cells that are filled, from 0."""
        return ((i, j) for i in range(self.height) for j in range(self.width) if self.holds(i, j))


@record(eq=False)
class Variable:
    """An array of the program: the cells of a rectangle, computed by formulas or given.

    Attributes:
        sheet: the title of its sheet.
        row: its first row, from 1.
        column: its first column, from 1.
        height: rows.
        width: columns.
        kind: what its cells hold: `num`, `bool`, `text`; `gaps`: numbers, and cells with nothing to see, which are NaN
            in an array; or `any` where they differ, or are errors.
        tree: the formula, as each cell sees it; None for inputs.
        region: the region that it computes; None for inputs.
        values: the cells of an input, row by row.
        name: of a range put together, its name in the function that does so; `give_names` names all others.
        parts: of a range put together, what it is of.
        is_sure: whether its kind is known from values, and not a guess.
        gap: of `gaps`, what the cells without a number hold: an empty text, or None for a blank.
        seen: the texts that it held when the workbook was saved; None where they are not all text, or too many.
        own: of an array that a loop fills, the cells that it computes where others are copies of inputs.
        mask: of formulas that fill a triangle, which cells of the rectangle they are; the others are blank.
        guides: what decided, when the workbook was saved, which cells the formula reads: parts, and what they were.
        typed: of formulas that fill a triangle, whether its other cells are zeros that were typed, and zeros here.
        found: what `features` found, once it has been asked.
        called: the bodies of the workbook's own functions that the formula calls: what they read it reads too.
    """

    sheet: str
    row: int
    column: int
    height: int
    width: int
    kind: str
    tree: Any = None
    region: Region | None = None
    values: list[list[Value | None]] | None = None
    name: str = ""
    parts: tuple["Variable", ...] = ()
    seen: frozenset[str] | None = None
    is_sure: bool = True
    gap: str | None = None
    own: Rectangle | None = None
    mask: Mask | None = None
    called: tuple[Any, ...] = ()
    typed: bool = False
    guides: tuple[tuple[Any, Any], ...] = ()
    found: "list[Features]" = field(default_factory=list, init=False, repr=False)

    @property
    def has_blanks(self) -> bool:
        """Whether it is an array of numbers in which some cells are blank."""
        return self.kind == "gaps" and self.gap is None and (self.tree is None or self.mask is not None)

    @property
    def rank(self) -> int:
        """0 for a cell, 1 for a row or a column, 2 for more."""
        return (self.height > 1) + (self.width > 1)

    @property
    def rectangle(self) -> Rectangle:
        """First row, first column, last row, last column."""
        return self.row, self.column, self.row + self.height - 1, self.column + self.width - 1

    @property
    def address(self) -> str:
        """The range, such as `B3:D9`."""
        return range_address(self.row, self.column, self.height, self.width)

    @property
    def where(self) -> str:
        """The range with its sheet."""
        return f"{self.sheet}!{self.address}"


class CellMap:
    """Which variable holds a cell; what a rectangle reads."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        self._by_sheet: dict[str, _SheetMap] = defaultdict(_SheetMap)
        for variable in variables:
            self.add(variable)

    def within(self, sheet: str, area: Rectangle) -> list[Variable]:
        """The variables that have a cell in the rectangle; a copy of an input is none."""
        found = self._by_sheet[sheet].within(area) if sheet in self._by_sheet else []
        if len(found) == 1 and found[0].own is None:
            return found
        return [v for v in found if v.own is None or overlap(v.own, area)]

    def every(self) -> Iterator[Variable]:
        """All variables, sheet by sheet."""
        for sheet in self._by_sheet.values():
            yield from sheet.every()

    def copy(self) -> "CellMap":
        """Another map of the same variables, in the same order."""
        return self.swap({})

    def swap(self, changed: Mapping[int, Variable]) -> "CellMap":
        """The map with variables, by their ids, in the places of others that have the same cells."""
        made = CellMap(())
        for title, sheet in self._by_sheet.items():
            made._by_sheet[title] = sheet.swap(changed)
        return made

    def add(self, variable: Variable) -> None:
        """Add a variable of cells that no other holds."""
        self._by_sheet[variable.sheet].add(variable)

    def remove(self, variable: Variable) -> None:
        """Take a variable away."""
        self._by_sheet[variable.sheet].remove(variable)

    def replace(self, old: Sequence[Variable], new: Sequence[Variable]) -> None:
        """Put some variables in place of others, which have the same cells."""
        for variable in old:
            self.remove(variable)
        for variable in new:
            self.add(variable)


class _SheetMap:
    """The variables of one sheet: small ones by their cells, so that one of thousands is found at once."""

    def __init__(self) -> None:
        self._every: dict[int, Variable] = {}
        self._number: dict[int, int] = {}
        self._by_cell: dict[tuple[int, int], list[Variable]] = defaultdict(list)
        self._large: set[int] = set()
        self._count = 0
        self._edges: tuple[np.ndarray, np.ndarray] | None = None

    def every(self) -> Iterable[Variable]:
        return self._every.values()

    def swap(self, changed: Mapping[int, Variable]) -> "_SheetMap":
        """See `CellMap.swap`: most cells have one variable, so that to add each anew takes five times as long."""
        made = _SheetMap()
        swapped = changed.get
        made._every = {number: swapped(id(v), v) for number, v in self._every.items()} if changed else dict(self._every)
        made._number = {id(v): number for number, v in made._every.items()} if changed else dict(self._number)
        for place, found in self._by_cell.items():
            made._by_cell[place] = [swapped(id(v), v) for v in found] if changed else found[:]
        made._large, made._count, made._edges = set(self._large), self._count, self._edges
        return made

    def add(self, variable: Variable) -> None:
        number = self._count
        self._count += 1
        self._every[number] = variable
        self._number[id(variable)] = number
        if variable.height * variable.width > _SMALL:
            self._large.add(number)
        else:
            for place in _places(variable):
                self._by_cell[place].append(variable)
        self._edges = None

    def remove(self, variable: Variable) -> None:
        number = self._number.pop(id(variable), None)
        if number is None:
            return
        del self._every[number]
        if number in self._large:
            self._large.remove(number)
        else:
            for place in _places(variable):
                self._by_cell[place].remove(variable)
        self._edges = None

    def within(self, area: Rectangle) -> list[Variable]:
        """What has a cell in a rectangle, in the order in which it was added."""
        top, left, bottom, right = area
        if not self._large and (top, left) == (bottom, right):
            return list(self._by_cell.get((top, left), ()))
        if cell_count(area) > _SMALL or len(self._large) > _SMALL:
            return self._overlapping(area)
        found = {n: v for n in self._large if overlap((v := self._every[n]).rectangle, area)}
        at, number = self._by_cell.get, self._number
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                for variable in at((row, column), ()):
                    found[number[id(variable)]] = variable
        return [found[n] for n in sorted(found)]

    def _overlapping(self, area: Rectangle) -> list[Variable]:
        if self._edges is None:
            rectangles = [variable.rectangle for variable in self._every.values()]
            numbers = np.array(list(self._every), dtype=np.int64)
            self._edges = numbers, np.array(rectangles, dtype=np.int64).reshape(-1, 4)
        numbers, edges = self._edges
        return [self._every[int(n)] for n in numbers[hits(edges, area)]]


def hits(edges: np.ndarray, area: Rectangle) -> np.ndarray:
    """Which rectangles, a row each, have a cell in common with one."""
    top, left, bottom, right = area
    found: np.ndarray = (edges[:, 0] <= bottom) & (edges[:, 2] >= top) & (edges[:, 1] <= right) & (edges[:, 3] >= left)
    return found


def _places(variable: Variable) -> Iterator[tuple[int, int]]:
    top, left, bottom, right = variable.rectangle
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


class Features(NamedTuple):
    """What several passes ask of a formula, gathered in one walk through its tree.

    Attributes:
        places: all that it reads: sheets and rectangles.
        words: its operators and functions, and those of the functions of the workbook that it calls.
    """

    places: list[tuple[str, Rectangle]]
    words: frozenset[str]


def features(variable: Variable) -> Features:
    """What a variable's formula reads, and its operators and functions."""
    if not variable.found:
        places: list[tuple[str, Rectangle]] = []
        size = (variable.height, variable.width)
        words: set[str] = set()
        for tree in (variable.tree, *variable.called):
            left = [tree]
            while left:
                node = left.pop()
                kind = type(node)
                if kind is Ref:
                    places.append((node.sheet, node.hull(*size)))
                    continue
                if kind is Binary:
                    words.add(node.operator)
                elif kind is Call:
                    words.add(node.function)
                left += children(node)[::-1]
        variable.found.append(Features(places, frozenset(words)))
    return variable.found[0]


def hulls(variable: Variable) -> list[tuple[str, Rectangle]]:
    """All that a variable's formula reads: sheets and rectangles."""
    return features(variable).places
