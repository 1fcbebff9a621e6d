"""What cells a reference means: where a lookup led, as in `B2:XLOOKUP(…)`; of totals, those that are none; R1C1."""

import re
from collections.abc import Callable, Container, Mapping
from itertools import pairwise
from typing import Any

from workbook.formula.address import MAX_COLUMN, MAX_ROW, column_letters, column_number
from workbook.formula.grammar import Call, ErrorValue, Number
from workbook.transpile.front.regions import within
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.xlsx.read import Cell

_CORNER = re.compile(r"(\$?)([A-Z]{1,3})?(\$?)([1-9][0-9]{0,6})?", re.IGNORECASE)
_R1C1 = re.compile(r"(?:R(\[-?\d+\]|\d+)?)?(?:C(\[-?\d+\]|\d+)?)?", re.IGNORECASE)
_TOTAL = re.compile(r"(?<![\w.])(?:_xlfn\.)?(?:SUBTOTAL|AGGREGATE)\(", re.IGNORECASE)


def led_to(node: Any, saved: Callable[[Any], Any]) -> Any:
    """The reference that INDEX, XLOOKUP, CHOOSE or IF gave; another node as it is.

    Args:
        node: the tree of one cell's formula.
        saved: what a part of that formula was when the workbook was saved.
    """
    match node:
        case Call("INDEX", (Ref() as array, *places)):
            return _indexed(array, [None if place is None else saved(place) for place in places])
        case Call("XLOOKUP", (wanted, Ref() as values, Ref() as results, *rest)):
            missing, mode, search = (*rest, None, None, None)[:3]
            place = saved(Call("XMATCH", (wanted, values, mode or Number(0.0), search or Number(1.0))))
            if not isinstance(place, int | float):
                return ErrorValue("#N/A") if missing is None else missing
            is_column = values.left == values.right
            return _indexed(results, [place, 0.0] if is_column else [0.0, place])
        case Call("CHOOSE", (index, *references)):
            place = saved(index)
            is_known = isinstance(place, int | float) and 1 <= place <= len(references)
            return led_to(references[int(place) - 1], saved) if is_known else ErrorValue("#VALUE!")
        case Call("IF", (condition, then, *otherwise)):
            return led_to(then if saved(condition) else (otherwise or [node])[0], saved)
    return node


def is_lookup(node: Any) -> bool:
    """Whether `led_to` follows it."""
    return isinstance(node, Call) and node.function in ("INDEX", "XLOOKUP", "CHOOSE", "IF")


def _indexed(array: Ref, places: list[Any]) -> Any:
    """The part of a fixed rectangle in a row and a column from 1; 0 or nothing for all of them."""
    height, width = (b.base - a.base + 1 for a, b in ((array.top, array.bottom), (array.left, array.right)))
    if len(places) == 1:
        places = [1.0, places[0]] if height == 1 else [places[0], 0.0 if width > 1 else 1.0]
    row, column = (0.0 if place is None else place for place in places[:2])
    if not (isinstance(row, int | float) and isinstance(column, int | float)):
        return ErrorValue("#VALUE!")
    if not (0 <= row < height + 1 and 0 <= column < width + 1):
        return ErrorValue("#REF!")
    top, bottom = _ends(array.top, array.bottom, int(row))
    left, right = _ends(array.left, array.right, int(column))
    return Ref(array.sheet, top, left, bottom, right)


def _ends(first: AffineIndex, last: AffineIndex, place: int) -> tuple[AffineIndex, AffineIndex]:
    line = AffineIndex(first.base + place - 1)
    return (line, line) if place else (first, last)


def parts_counted(
    ref: Ref,
    area: tuple[int, int, int, int],
    cells: Mapping[tuple[int, int], Cell],
    hidden: Container[int],
    *,
    past_totals: bool,
) -> list[Ref]:
    """The parts of a range that SUBTOTAL and AGGREGATE count.

    Args:
        ref: the range.
        area: the first row, first column, last row, last column of it.
        cells: the filled cells of its sheet.
        hidden: the rows that are left out.
        past_totals: whether cells are left out that hold a SUBTOTAL or AGGREGATE themselves: nothing counts twice.
    """
    top, left, bottom, right = area
    filled = within(cells, area) if past_totals else ()
    totals = {place for place in filled if (text := cells[place].formula) and _TOTAL.search(text)}
    out = {row for row in range(top, bottom + 1) if row in hidden}
    if not totals and not out:
        return [ref]
    found: list[Ref] = []
    # Where rows alone are left out, whole rows are what is between them.
    columns = [(column, column) for column in range(left, right + 1)] if totals else [(left, right)]
    for first, last in columns:
        ends = [top - 1, *sorted(out | {row for row, place in totals if place == first}), bottom + 1]
        for before, after in pairwise(ends):
            if after - before > 1:
                corners = (before + 1, first, after - 1, last)
                found.append(Ref(ref.sheet, *(AffineIndex(corner) for corner in corners)))
    return found


def relative_corners(
    text: str, place: tuple[int, int], size: tuple[int, int]
) -> tuple[AffineIndex, AffineIndex, AffineIndex, AffineIndex] | None:
    """Top, left, bottom and right of a defined name's reference, as the cells of a region see it.

    A name keeps its references as they are seen from A1: a row or column without `$` moves with the cell, and goes on
    at the other end of the sheet.

    Args:
        text: the reference, such as `Sheet1!$B2`.
        place: the first row and column of the region.
        size: its rows and columns.

    Returns:
        The corners; None where the reference passes the end of the sheet within the region.
    """
    corners = [_CORNER.fullmatch(corner) for corner in text.rpartition("!")[2].split(":")]
    found: list[AffineIndex] = []
    for match, is_last in zip((corners[0], corners[-1]), (False, True), strict=True):
        assert match is not None
        column = column_number(match[2].upper()) if match[2] else 0
        row = int(match[4]) if match[4] else 0
        # In `A:A` and `1:1` the first `$` is the only one.
        is_fixed_row = bool(match[3] or (not match[2] and match[1]))
        for axis, (number, is_fixed, most) in enumerate(((row, is_fixed_row, MAX_ROW), (column, match[1], MAX_COLUMN))):
            if not number:
                found.append(AffineIndex(most if is_last else 1))
            elif is_fixed:
                found.append(AffineIndex(number))
            else:
                start = (number + place[axis] - 2) % most
                if start + size[axis] > most:
                    return None
                found.append(AffineIndex(start + 1, *((1, 0) if axis == 0 else (0, 1))))
    return found[0], found[1], found[2], found[3]


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
