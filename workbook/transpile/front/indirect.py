"""INDIRECT: the reference that its text named when the workbook was saved, in A1 or R1C1 style."""

import re
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, column_letters
from workbook.formula.grammar import Call, Constants, ErrorValue, Range
from workbook.formula.parser import parse
from workbook.transpile.errors import UnevenError
from workbook.transpile.front.formula import Formula
from workbook.transpile.front.functions import AREA
from workbook.transpile.front.tree import walk

_R1C1 = re.compile(r"(?:R(\[-?\d+\]|\d+)?)?(?:C(\[-?\d+\]|\d+)?)?", re.IGNORECASE)


def indirect(formula: Formula, node: Call, want: str) -> Any:
    """INDIRECT as the reference that it was when the workbook was saved."""
    if formula.region.cells > 1 and not formula.region.whole:
        raise UnevenError
    style = formula.tree(node.arguments[1], "s") if len(node.arguments) > 1 and node.arguments[1] is not None else None
    is_a1 = style is None or bool(formula.led(style))
    many = want == "a" or any(isinstance(part, Constants) for part in walk(node.arguments[0]))
    argument = formula.tree(node.arguments[0], "a" if many else "s")
    if many and formula.is_array(argument):
        rows = ((_named_by(formula, text, "r", is_a1=is_a1) for text in line) for line in formula.elements(argument))
        return Constants(tuple(tuple(Call(AREA, (found,)) for found in line) for line in rows))
    return _named_by(formula, formula.led(argument), want, is_a1=is_a1)


def _named_by(formula: Formula, text: Any, want: str, *, is_a1: bool) -> Any:
    """The reference that a text names; #REF! where it names none."""
    try:
        plain = (
            text if is_a1 or not isinstance(text, str) else from_r1c1(text, formula.region.row, formula.region.column)
        )
        found = parse(plain) if isinstance(plain, str) else None
    except FormulaError:
        found = None
    if found is None or (isinstance(found, Range) and found.sheet and _is_lost(formula, found.sheet)):
        return ErrorValue("#REF!")
    tree = formula.inner().tree(found, want)
    return ErrorValue("#REF!") if tree == ErrorValue("#NAME?") else tree


def _is_lost(formula: Formula, title: str) -> bool:
    """Whether no sheet of the workbook has that title."""
    return not title.startswith("[") and title.lower() not in formula.names.titles


def from_r1c1(text: str, row: int, column: int) -> str | None:
    """A reference in R1C1 style as one in A1 style, seen from a cell; None where it is none.

    >>> from_r1c1("R1C1:R[2]C2", 3, 3), from_r1c1("'My sheet'!RC[-1]", 3, 3), from_r1c1("C2", 3, 3)
    ('$A$1:$B$5', "'My sheet'!$B$3", '$B:$B')
    """
    sheet, mark, area = text.rpartition("!")
    corners: list[str] = []
    for corner in area.split(":"):
        match = _R1C1.fullmatch(corner.strip())
        if match is None or not match[0]:
            return None
        has_row, has_column = match[0][0] in "Rr", "C" in match[0].upper()
        down, across = (_from_r1c1(part, own) for part, own in ((match[1], row), (match[2], column)))
        if not (1 <= down <= MAX_ROW and 1 <= across <= MAX_COLUMN):
            return None
        corners.append(f"{f'${column_letters(across)}' * has_column}{f'${down}' * has_row}")
    if len(corners) == 1 and not (has_row and has_column):
        corners *= 2
    return f"{sheet}{mark}{':'.join(corners)}"


def _from_r1c1(part: str | None, own: int) -> int:
    """A row or column number: `[-1]` counts from the cell's own, nothing is the cell's own."""
    return own if part is None else own + int(part[1:-1]) if part[0] == "[" else int(part)
