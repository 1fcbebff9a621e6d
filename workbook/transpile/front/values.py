"""Values for formulas that were saved without them: what a recalculation by another program gives."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count, pairwise
from math import prod
from pathlib import Path

from workbook.check.recalc.session import Results, too_deep
from workbook.errors import WorkbookError
from workbook.formula.address import range_address
from workbook.formula.rectangle import rectangle
from workbook.transpile.front.regions import MOST_ARRAY_CELLS, extent, within
from workbook.transpile.front.scan import Scanner
from workbook.xlsx.aside import Aside
from workbook.xlsx.read import Book, Cell, CellError, SheetCells, Value

_NEWER, _NAME = "_xlfn.", CellError("#NAME?")
_MANY = 5_000
"""Of fewer formulas a script is made before LibreOffice has started."""
_MOST_UNKNOWN = 500
"""What depends on more of them is not looked for."""
_LACKING = frozenset((CellError("#N/IMPL!"), CellError("#ERROR!")))
"""What ironcalc gives for a function that it does not have, and for a formula that it can't read."""


class Recalculation:
    """A workbook whose formulas are to have values: ironcalc's where they have none, which may be computed aside.

    They tell what kinds of values a formula gives, and where OFFSET leads.

    Args:
        book: the workbook.
        path: its file.
        another: LibreOffice's values, which are begun too where a large workbook keeps none of its own.
        keeps: whether it keeps its own values; else all are ironcalc's.
    """

    def __init__(self, book: Book, path: Path, another: "SecondOpinion", *, keeps: bool) -> None:
        """Begin, if the workbook is a large one."""
        self._book, self._keeps = book, keeps
        self._lacks = lacks_values(book, keeps=keeps)
        is_large = self._lacks and _formula_cells(book) >= _MANY
        self._found = Aside(of_ironcalc, path, at_once=is_large)
        if is_large and not keeps:
            another.begin()

    def book(self) -> Book:
        """The workbook with these values; what can't be recalculated stays as it was."""
        values = self._found.result() if self._lacks else None
        if values is None:
            return self._book
        found = _implemented(self._book, values)
        sheets = {title: _filled(sheet, found, self._keeps) for title, sheet in self._book.sheets.items()}
        return replace(self._book, sheets=sheets)

    def close(self) -> None:
        """End what is still computed."""
        self._found.close()


def _formula_cells(book: Book) -> int:
    return sum(cell.formula is not None for sheet in book.sheets.values() for cell in sheet.cells.values())


def lacks_values(book: Book, *, keeps: bool) -> bool:
    """Whether there is anything to be recalculated, and can be; all formulas where it does not keep its own values."""
    of_formulas = _of_formulas(book)
    return bool(of_formulas) and not (keeps and None not in of_formulas) and is_bounded(book)


def of_ironcalc(path: Path) -> Results | None:
    """Ironcalc's values of a workbook; None where it has none."""
    from workbook.check.recalc.ironcalc import IronCalc

    try:
        with IronCalc().open(path) as session:
            return session.values()
    except WorkbookError:
        return None


class SecondOpinion:
    """LibreOffice's values of a workbook, computed when they are first asked for, unless it has begun before."""

    def __init__(self, path: Path) -> None:
        """Ask nothing yet."""
        self._path = path
        self.asked = False
        self._begun: Aside[Results | None] | None = None
        self._values: Results | None = None
        self.silence = ""
        """Why it was asked and gave no answer; empty where it gave one, was not asked, or is not installed."""

    def begin(self) -> None:
        """Begin to compute them aside, where there is a core for it."""
        self._begun = Aside(of_libreoffice, self._path, gives_way=True)

    def close(self) -> None:
        """End what was begun and not asked for."""
        if self._begun is not None:
            self._begun.close()

    def __call__(self) -> Results | None:
        """Its values; None where it is not installed, or can't tell."""
        if not self.asked:
            self.asked = True
            try:
                self._values = of_libreoffice(self._path) if self._begun is None else self._begun.result()
            except WorkbookError as error:
                self.silence = str(error)
        return self._values


def of_libreoffice(path: Path) -> Results | None:
    """LibreOffice's values of a workbook; None where it is not installed.

    Raises:
        WorkbookError: it gave none: it was too busy, or can't read the file.
    """
    from workbook.check.recalc import engines

    for office in engines()[1:]:
        with office.open(path) as session:
            return session.values()
    return None


def has_values(book: Book) -> bool:
    """Whether any formula was saved with a value other than 0: some libraries write no values, or zeros alone."""
    values = _of_formulas(book)
    return not values or any(value not in (None, 0.0) for value in values)


def is_bounded(book: Book) -> bool:
    """Whether a program can be asked to recalculate it: no array fills too much, no formula is nested too deeply."""
    areas = (cell.array for sheet in book.sheets.values() for cell in sheet.cells.values() if cell.array is not None)
    return all(prod(extent(area)) <= MOST_ARRAY_CELLS for area in areas) and not too_deep(book)


def _of_formulas(book: Book) -> list[Value | None]:
    return [cell.value for sheet in book.sheets.values() for cell in sheet.cells.values() if cell.formula is not None]


def _implemented(book: Book, found: Results) -> Results:
    """What ironcalc computes, without what it can't because it does not have a function, or can't read a formula."""
    unknown = _unknown(book, found)
    return {
        title: {at: value for at, value in cells.items() if value not in _LACKING and (title, *at) not in unknown}
        for title, cells in found.items()
    }


def _unknown(book: Book, found: Results) -> set[tuple[str, int, int]]:
    """The cells that are #NAME? for want of a function that a file marks as newer: Excel has it, ironcalc has not."""
    names = {
        (title, *place): cell.formula
        for title, sheet in book.sheets.items()
        for place, cell in sheet.cells.items()
        if cell.formula is not None and found.get(title, {}).get(place) == _NAME
    }
    unknown = {place for place, formula in names.items() if _NEWER in formula.lower()}
    scanner, size = Scanner(), -1
    while size != len(unknown) <= _MOST_UNKNOWN:
        size = len(unknown)
        places = {place[1:] for place in unknown}
        unknown |= {place for place, formula in names.items() if _names_any(scanner.scan(formula)[1], places)}
    return unknown


def _names_any(corners: Sequence[int], places: Collection[tuple[int, int]]) -> bool:
    """Whether a formula names one of some cells, of whatever sheet, alone or in a range between two that it names."""
    named = list(zip(corners[::2], corners[1::2], strict=True))
    return any(
        top <= row <= bottom and left <= column <= right
        for (top, left), (bottom, right) in [*zip(named, named, strict=True), *pairwise(named)]
        for row, column in places
    )


def _filled(sheet: SheetCells, found: Results, keeps: bool) -> SheetCells:
    """The sheet, what formulas compute filled in: all of it, or where it `keeps` its own values what has none."""
    values = found.get(sheet.title, {})
    arrays = [rectangle(cell.array) for cell in sheet.cells.values() if cell.array is not None]
    of_arrays = [place for area in arrays for place in within(values, area)]
    computed = [*of_arrays, *(place for place, cell in sheet.cells.items() if cell.formula is not None)]
    cells = dict(sheet.cells)
    for place in computed:
        cell = cells.get(place, Cell(None))
        if cell.value is None or not keeps:
            # Of a file without values the zeros that some libraries write are none.
            cells[place] = Cell(values.get(place, cell.value if keeps else None), cell.formula, cell.array)
    # What a dynamic array spills into, in a file without values.
    spilled = {place: Cell(value) for place, value in values.items() if place not in cells}
    for row, column in sheet.dynamic:
        first = cells[row, column]
        if first.array is not None and extent(first.array) == (1, 1):
            size = _spill(row, column, spilled)
            cells[row, column] = first._replace(array=range_address(row, column, *size))
    return replace(sheet, cells=cells | spilled)


def _spill(row: int, column: int, spilled: Mapping[tuple[int, int], Cell]) -> tuple[int, int]:
    """The rows and columns that a dynamic array fills, by what stands beside its cell and no file has written there."""
    height = next(k for k in count(1) if (row + k, column) not in spilled)
    width = next(k for k in count(1) if (row, column + k) not in spilled)
    whole = all((row + i, column + j) in spilled for i in range(height) for j in range(width) if i or j)
    return (height, width) if whole else (height, 1) if height > 1 else (1, width)
