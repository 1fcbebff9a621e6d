"""What is read of a workbook: its sheets and their cells, its names and tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value such as ``#NUM!``: never equal to the text that reads the same."""

    code: str

    def __str__(self) -> str:
        """The error as a sheet shows it."""
        return self.code


Value = float | str | bool | CellError


class Cell(NamedTuple):
    """One cell: its value as saved, its formula without the `=`, and the range where it is an array formula.

    `value` is None for a formula that was saved without one. Of an array formula, the first cell carries formula and
    range; the others have values alone. A what-if data table reads as the array formula `TABLE(row, column)`.

    A tuple, because half a million are made of a large workbook, and a dataclass takes three times as long to make.
    """

    value: Value | None
    formula: str | None = None
    array: str | None = None


@dataclass(frozen=True, slots=True)
class SheetCells:
    """One sheet: its title, its state (visible, hidden or veryHidden), its filled cells by (row, column) from 1.

    `dynamic`: the cells whose array formulas spill, and want room for that.
    `hidden`: the rows that are not shown. `filtered`: the ranges of the sheet's own filters that leave rows out.
    `linked`: the cells that lead elsewhere.
    """

    title: str
    state: str
    cells: dict[tuple[int, int], Cell]
    merged: tuple[str, ...] = ()
    dynamic: frozenset[tuple[int, int]] = frozenset()
    hidden: frozenset[int] = frozenset()
    filtered: tuple[str, ...] = ()
    linked: frozenset[tuple[int, int]] = frozenset()

    def __reduce__(self) -> "tuple[Callable[..., SheetCells], tuple[object, ...]]":
        """How it is copied to another process: cell by cell takes twice as long, for half a million."""
        columns = tuple(zip(*self.cells.values(), strict=True)) or ((), (), ())
        rest = (self.merged, self.dynamic, self.hidden, self.filtered, self.linked)
        return _sheet_cells, (self.title, self.state, list(self.cells), columns, *rest)


def _sheet_cells(
    title: str,
    state: str,
    places: list[tuple[int, int]],
    columns: tuple[Sequence[Value | None], Sequence[str | None], Sequence[str | None]],
    merged: tuple[str, ...],
    dynamic: frozenset[tuple[int, int]],
    hidden: frozenset[int],
    filtered: tuple[str, ...],
    linked: frozenset[tuple[int, int]],
) -> SheetCells:
    """A sheet of the places of its cells, and of their values, formulas and ranges."""
    cells = dict(zip(places, map(Cell, *columns), strict=True))
    return SheetCells(title, state, cells, merged, dynamic, hidden, filtered, linked)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its sheet, its range with headings and totals, its columns in order; whether its filter is in use."""

    name: str
    sheet: str
    area: str
    columns: tuple[str, ...]
    heading_rows: int = 1
    total_rows: int = 0
    is_filtered: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """One workbook: its sheets by title, in order, its defined names, and its tables by name in lower case.

    `from_1904`: its dates count from 1904, as on old Macs.
    `linked`: what the file keeps of cells of other workbooks that its formulas read, as `[1]Title`.
    `iterations`: how often cells that go round in a circle are computed; 0 where that is switched off.
    `iteration_delta`: the change of a number below which they are left as they are.
    `names` maps a name to what it refers to, as text; a name that belongs to one sheet has the key `Title!name`.
    """

    sheets: dict[str, SheetCells]
    names: dict[str, str]
    tables: dict[str, Table] = field(default_factory=dict)
    from_1904: bool = False
    linked: dict[str, SheetCells] = field(default_factory=dict)
    iterations: int = 0
    iteration_delta: float = 0.001
