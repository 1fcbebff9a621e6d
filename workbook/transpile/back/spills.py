"""How far dynamic arrays spill in a file without values: as far as our own functions make them reach."""

from dataclasses import replace
from typing import Any

from workbook.formula.address import range_address
from workbook.formula.rectangle import rectangle
from workbook.transpile.back.evaluate import Alone
from workbook.transpile.front.regions import MOST_ARRAY_CELLS, within
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Book, Cell, CellError, Value

_ROUNDS = 8
"""How many arrays may stand on each other."""
_MOST = 500
"""Of more arrays the recalculation's own word is taken."""
_Anchor = tuple[str, int, int]


def with_spills(book: Book, file: Book) -> Book:
    """The book, each dynamic array over all the cells that it fills.

    What a recalculation leaves in cells beside an array may be another array's, and some arrays it leaves as one
    value. So each is computed from the values that are known. The values of cells that only this finds stay unknown:
    what our own functions compute is no proof of what they compute.

    Args:
        book: the book with the values of a recalculation.
        file: the same as the file has it.
    """
    anchors = [(title, *place) for title, sheet in file.sheets.items() for place in sorted(sheet.dynamic)]
    if not 0 < len(anchors) <= _MOST:
        return book
    known = _Known(book, file)
    for _ in range(_ROUNDS):
        before = dict(known.areas)
        known.spill(anchors)
        if known.areas == before:
            break
    cells = {title: dict(sheet.cells) for title, sheet in book.sheets.items()}
    for (title, row, column), area in known.areas.items():
        top, left, bottom, right = rectangle(area)
        for place in ((i, j) for i in range(top, bottom + 1) for j in range(left, right + 1)):
            cells[title].setdefault(place, Cell(None))
        cells[title][row, column] = cells[title][row, column]._replace(array=area)
    return replace(book, sheets={title: replace(sheet, cells=cells[title]) for title, sheet in book.sheets.items()})


class _Known:
    """The values that are known, and the ranges of the arrays that have been computed from them."""

    def __init__(self, book: Book, file: Book) -> None:
        # Room is looked for here, where it is known which cells the file itself has filled.
        sheets = {t: replace(s, cells=dict(s.cells), dynamic=frozenset()) for t, s in book.sheets.items()}
        self.areas: dict[_Anchor, str] = {}
        self._book = replace(book, sheets=sheets)
        self._file = file

    def spill(self, anchors: list[_Anchor]) -> None:
        """Compute each array once, those of before taken as they were found."""
        formulas = Alone(self._book)
        for title, row, column in anchors:
            rows = _rows(formulas.value(title, row, column))
            if not rows:
                continue
            area = range_address(row, column, len(rows), len(rows[0]))
            own = self._of_file(title, (row, column))
            if any(place not in own for place in within(self._file.sheets[title].cells, rectangle(area))):
                area, rows = range_address(row, column, 1, 1), [[HELPERS["Error"]("#SPILL!")]]
            self.areas[title, row, column] = area
            cells = self._book.sheets[title].cells
            for i, line in enumerate(rows):
                for j, value in enumerate(line):
                    cell = cells.get((row + i, column + j), Cell(None))
                    cells[row + i, column + j] = cell._replace(value=_value(value))
            cells[row, column] = cells[row, column]._replace(array=area)

    def _of_file(self, title: str, anchor: tuple[int, int]) -> set[tuple[int, int]]:
        """The cells that an array filled when the file was saved: what they hold is its own."""
        cells = self._file.sheets[title].cells
        area = cells[anchor].array
        filled = within(cells, rectangle(area)) if area else []
        return {anchor, *(place for place in filled if cells[place].formula is None)}


def _rows(found: Any) -> list[list[Any]]:
    """What an array gives, row by row; nothing where that can't be told."""
    if not isinstance(found, list):
        return [] if found is None else [[found]]
    is_table = all(isinstance(line, list) and line for line in found)
    return found if is_table and 0 < len(found) * len(found[0]) <= MOST_ARRAY_CELLS else []


def _value(value: Any) -> Value:
    if isinstance(value, HELPERS["Error"]):
        return CellError(value.code)
    if value is None:
        return 0.0
    return float(value) if type(value) is int else value
