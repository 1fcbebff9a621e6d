"""What a recalculation ends in an error, and our own functions do not: there another program's word is taken.

A file without values has those of a program that may be wrong, or lack a function. The kinds of a script's arrays rest
on these values: one false error makes all that depends on it cells of any kind. Once there is a script, what differs is
computed apart, from the values that the script has.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from workbook.check.recalc import engines
from workbook.check.recalc.session import Engine, Results
from workbook.transpile.back.apart import computed_apart
from workbook.transpile.back.check import Comparison
from workbook.transpile.back.evaluate import Alone
from workbook.transpile.front.values import SecondOpinion, is_bounded
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


def upheld(book: Book, another: SecondOpinion, compared: Comparison, found: Mapping[str, Any]) -> Comparison:
    """A comparison without the cells that a program has as the script has them, where they are computed apart or not.

    Args:
        book: the workbook with the values of a recalculation.
        another: a second program's values: where they are not known yet, the first computes the cells apart before it
            is asked.
        compared: the script's cells against those of the workbook.
        found: what the script dumped.
    """

    def apart(engine: Engine) -> Results:
        return computed_apart(book, found, [difference.cell for difference in compared.differences], engine)

    first, *others = engines()
    ways: list[Callable[[], Results | None]] = [partial(apart, first), another]
    for values in ways[:: -1 if another.asked else 1]:
        if compared.differences:
            compared = compared.with_another(values() or {})
    for other in others:
        # What gave no answer to all of the workbook is not waited for again.
        if compared.differences and not another.silence:
            compared = compared.with_another(apart(other))
    return compared


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
