"""The arrays of a program: what each holds, where it stands, and what its formula reads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbook.formula.address import range_address
from workbook.transpile.front.regions import Rectangle, Region
from workbook.transpile.front.tree import Ref, walk
from workbook.xlsx.read import Value


@dataclass(eq=False, slots=True)
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
        name: its name in the script.
        parts: of a range put together, what it is of.
        is_sure: whether its kind is known from values, and not a guess.
        gap: of `gaps`, what the cells without a number hold: an empty text, or None for a blank.
        seen: the texts that it held when the workbook was saved; None where they are not all text, or too many.
        own: of an array that a loop fills, the cells that it computes where others are copies of inputs.
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
    parts: list["Variable"] = field(default_factory=list)
    seen: frozenset[str] | None = None
    is_sure: bool = True
    gap: str | None = None
    own: Rectangle | None = None

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
        self._by_sheet: dict[str, list[Variable]] = defaultdict(list)
        for variable in variables:
            self._by_sheet[variable.sheet].append(variable)
        self._edges = {
            sheet: np.array([v.rectangle for v in found], dtype=np.int64) for sheet, found in self._by_sheet.items()
        }

    def within(self, sheet: str, area: Rectangle) -> list[Variable]:
        """The variables that have a cell in the rectangle; a copy of an input is none."""
        edges = self._edges.get(sheet)
        if edges is None:
            return []
        top, left, bottom, right = area
        hits = (edges[:, 0] <= bottom) & (edges[:, 2] >= top) & (edges[:, 1] <= right) & (edges[:, 3] >= left)
        every = self._by_sheet[sheet]
        found = [every[k] for k in np.flatnonzero(hits)]
        return [v for v in found if v.own is None or overlap(v.own, area)]

    def add(self, variable: Variable) -> None:
        """Add a variable of cells that no other holds."""
        self._by_sheet[variable.sheet] = [*self._by_sheet[variable.sheet], variable]
        self._edges[variable.sheet] = np.array([v.rectangle for v in self._by_sheet[variable.sheet]], dtype=np.int64)

    def remove(self, variable: Variable) -> None:
        """Take a variable away."""
        self.replace([variable], [])

    def replace(self, old: Sequence[Variable], new: Sequence[Variable]) -> None:
        """Put some variables in place of others, which have the same cells."""
        gone = {id(v) for v in old}
        for sheet in {v.sheet for v in old}:
            kept = [v for v in self._by_sheet[sheet] if id(v) not in gone]
            self._by_sheet[sheet] = [*kept, *(v for v in new if v.sheet == sheet)]
            self._edges[sheet] = np.array([v.rectangle for v in self._by_sheet[sheet]], dtype=np.int64).reshape(-1, 4)


def hulls(variable: Variable) -> list[tuple[str, Rectangle]]:
    """All that a variable's formula reads: sheets and rectangles."""
    return [
        (node.sheet, node.hull(variable.height, variable.width))
        for node in walk(variable.tree)
        if isinstance(node, Ref)
    ]


def overlap(a: Rectangle, b: Rectangle) -> bool:
    """Whether two rectangles have a cell in common."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
