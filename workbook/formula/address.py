"""Addresses: rows and columns as a spreadsheet spells them."""

import re
from functools import cache

from workbook.errors import FormulaError

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

REFERENCE = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})")


def column_number(letters: str) -> int:
    """The number of a column, from 1 (XFD is 16384), or 0 where there is no such column.

    >>> column_number("A"), column_number("XFD"), column_number("XFE")
    (1, 16384, 0)
    """
    if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        return 0
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number if number <= MAX_COLUMN else 0


@cache
def column_letters(number: int) -> str:
    """The letters of a column numbered from 1.

    >>> column_letters(28)
    'AB'
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_address(row: int, column: int) -> str:
    """The address of a cell.

    >>> cell_address(3, 2)
    'B3'
    """
    return f"{column_letters(column)}{row}"


def range_address(row: int, column: int, height: int, width: int) -> str:
    """The address of a rectangle.

    >>> range_address(3, 2, 1, 1), range_address(3, 2, 2, 3)
    ('B3', 'B3:D4')
    """
    first = cell_address(row, column)
    return first if height == width == 1 else f"{first}:{cell_address(row + height - 1, column + width - 1)}"


def anchored(address: str) -> str:
    """An address that does not move when its formula is copied.

    >>> anchored("B3"), anchored("B3:D4")
    ('$B$3', '$B$3:$D$4')
    """
    return REFERENCE.sub(r"$\2$\4", address)


def in_quotes(title: str) -> str:
    """A sheet's title in quotes, as a formula may spell any.

    >>> in_quotes("Dot product"), in_quotes("Ann's")
    ("'Dot product'", "'Ann''s'")
    """
    return "'" + title.replace("'", "''") + "'"


def cell_position(address: str) -> tuple[int, int]:
    """The row and column, from 1, of an address such as `$B$3`.

    >>> cell_position("$AB$12")
    (12, 28)

    Raises:
        FormulaError: the address is none, or lies outside a sheet.
    """
    match = REFERENCE.fullmatch(address)
    if not match:
        raise FormulaError(f"{address!r}: expected a cell address such as B3")
    row, column = int(match[4]), column_number(match[2])
    if row > MAX_ROW or not column:
        raise FormulaError(f"{address!r} lies outside a sheet; its last cell is XFD1048576")
    return row, column


def is_range(text: str) -> bool:
    """True for one cell or a rectangle of cells that lies in a sheet, first corner first.

    >>> is_range("A1"), is_range("B2:C9"), is_range("A1:XFE1"), is_range("B1:A1")
    (True, True, False, False)
    """
    try:
        corners = [cell_position(part) for part in text.split(":")]
    except FormulaError:
        return False
    if len(corners) == 1:
        return True
    return len(corners) == 2 and corners[0][0] <= corners[1][0] and corners[0][1] <= corners[1][1]
