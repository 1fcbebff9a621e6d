"""Cells that a formula names in small letters, as people and libraries write them: `sum(a1:a3)` is `sum(A1:A3)`."""

import re
from collections.abc import Collection
from dataclasses import replace

from workbook.formula.address import MAX_ROW, column_number
from workbook.xlsx.read import Book, SheetCells

_MAY_BE_SMALL = re.compile(r"[a-z]{1,3}\$?(?:\d|:)")
_REFERENCE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\[\]]|\[[^\]]*\])*\]"""
    r"|(?<![\w.$])\$?(?P<letters>[A-Za-z]{1,3})\$?(?P<row>[1-9][0-9]{0,6})(?![\w(.!\[])"
    r"|(?<![\w.$])\$?(?P<left>[A-Za-z]{1,3}):\$?(?P<right>[A-Za-z]{1,3})(?![\w(.!\[])"
)


def with_capitals(book: Book) -> Book:
    """The book, with each cell and column that a formula names in capitals; a defined name is none of them."""
    names = {name.rpartition("!")[2].lower() for name in book.names}
    changed = {title: made for title, sheet in book.sheets.items() if (made := _sheet(sheet, names)) is not sheet}
    return replace(book, sheets={**book.sheets, **changed}) if changed else book


def _sheet(sheet: SheetCells, names: Collection[str]) -> SheetCells:
    found = {
        place: cell._replace(formula=spelled)
        for place, cell in sheet.cells.items()
        if cell.formula is not None
        and _MAY_BE_SMALL.search(cell.formula)
        and (spelled := in_capitals(cell.formula, names)) != cell.formula
    }
    return replace(sheet, cells={**sheet.cells, **found}) if found else sheet


def in_capitals(formula: str, names: Collection[str] = ()) -> str:
    """The formula with the cells and columns that it names in capitals; what is in `names` is a name.

    >>> in_capitals('sum(data1!a1:$b$2,c:d)&"a1"')
    'sum(data1!A1:$B$2,C:D)&"a1"'
    >>> in_capitals("xfe1+a1048577+ab:cd+log10(b2)", {"ab"})
    'xfe1+a1048577+ab:cd+log10(B2)'

    LibreOffice takes a name that looks like a cell for the name too; Excel would not have let it be made:

    >>> in_capitals("num1*b2", {"num1"})
    'num1*B2'
    """

    def spelled(found: re.Match[str]) -> str:
        if found[0].lower() in names:
            return found[0]
        if found["letters"] is not None:
            is_cell = column_number(found["letters"]) > 0 and int(found["row"]) <= MAX_ROW
            return found[0].upper() if is_cell else found[0]
        if found["left"] is not None and not {found["left"].lower(), found["right"].lower()} & set(names):
            return found[0].upper()
        return found[0]

    return _REFERENCE.sub(spelled, formula)
