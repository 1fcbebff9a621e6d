"""What a recalculation ends in an error, and our own functions do not: there another program's word is taken.

A file without values has those of a program that may be wrong, or lack a function. The kinds of a script's arrays rest
on these values: one false error makes all that depends on it cells of any kind.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from workbook.check.recalc.session import Results
from workbook.transpile.back.evaluate import Alone
from workbook.transpile.front.values import is_bounded
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Book, CellError, SheetCells, Value

_MOST = 200
"""Of so many errors that our own functions give too, none is looked at any more."""
_LACKING = frozenset(("#NAME?", "#VALUE!", "#N/IMPL!"))
"""What a program gives for a function, or a form of one, that it does not have."""


def settled(book: Book, file: Book, another: Callable[[], Results | None]) -> Book:
    """The book, its disputed errors and the values that it lacks as another program has them.

    Args:
        book: the workbook with the values of a recalculation.
        file: the same as the file has it.
        another: a second program's values, which is asked where an error is disputed, or a value missing.
    """
    alone = Alone(book)
    if not is_bounded(book) or not any(_is_disputed(alone, *doubt) for doubt in _doubtful(book, file)):
        return book
    values = another() or {}
    sheets = {title: _with_another(sheet, values.get(title, {})) for title, sheet in book.sheets.items()}
    return replace(book, sheets=sheets)


def _doubtful(book: Book, file: Book) -> Iterator[tuple[str, int, int, Value | None]]:
    """The formula cells for which the recalculation has no value, or an error; those that spill are another matter."""
    found = (
        (title, row, column, cell.value)
        for title, sheet in book.sheets.items()
        for (row, column), cell in sheet.cells.items()
        if cell.formula is not None
        and (cell.value is None or isinstance(cell.value, CellError))
        and (row, column) not in file.sheets[title].dynamic
    )
    return islice(found, _MOST)


def _is_disputed(alone: Alone, title: str, row: int, column: int, value: Value | None) -> bool:
    """Whether a cell has no value, or our own functions give something other than an error of what it reads."""
    if value is None:
        return True
    found = alone.value(title, row, column)
    return found is not None and not isinstance(found, HELPERS["Error"])


def _with_another(sheet: SheetCells, values: Mapping[tuple[int, int], Value]) -> SheetCells:
    """The sheet with another program's values in place of errors and of none."""
    cells = dict(sheet.cells)
    for place, cell in sheet.cells.items():
        known = values.get(place)
        is_open = cell.formula is not None and (cell.value is None or isinstance(cell.value, CellError))
        if is_open and known is not None and not (isinstance(known, CellError) and known.code in _LACKING):
            cells[place] = cell._replace(value=known)
    return replace(sheet, cells=cells)
