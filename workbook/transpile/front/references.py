"""What cells a reference means: how it moves with its cell, where it meets that cell's row, what joins and spills."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbook.formula.address import MAX_COLUMN, MAX_ROW, column_number
from workbook.formula.grammar import Call, ErrorValue, Number, Range
from workbook.formula.rectangle import rectangle
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.formula import Formula, number_of
from workbook.transpile.front.moving import fixed_range
from workbook.transpile.front.tree import AffineIndex, Ref

_CORNER = re.compile(r"(\$?)([A-Z]{1,3})?(\$?)([1-9][0-9]{0,6})?", re.IGNORECASE)


def moving_range(formula: Formula, node: Range) -> Ref:
    """The cells that a range means, as each cell of the region sees them."""
    sheet = _title(formula, node.sheet)
    (top, left), (bottom, right) = node.first, node.last
    fixed = [AffineIndex(top), AffineIndex(left), AffineIndex(bottom), AffineIndex(right)]
    is_fixed = formula.names_deep or formula.region.is_own
    corners = _relative(formula, node) if formula.text else fixed if is_fixed else _moving(formula, node)
    rows, columns = formula.names.used.get(sheet, (1, 1))
    if (top, bottom) == (1, MAX_ROW):
        corners[2] = AffineIndex(max(rows, formula.region.height if formula.region.array else 1))
    if (left, right) == (1, MAX_COLUMN):
        corners[3] = AffineIndex(max(columns, formula.region.width if formula.region.array else 1))
    return Ref(sheet, corners[0], corners[1], corners[2], corners[3])


def through_sheets(formula: Formula, node: Range) -> Call:
    """`Jan:Mar!A1`: the same cells of every sheet from one to another."""
    titles = list(formula.names.titles)
    ends = [title.lower() for title in node.sheet.split(":")]
    if any(end not in titles for end in ends):
        raise UnsupportedError(f"reads the sheets '{node.sheet}', which are not all there")
    first, last = sorted(titles.index(end) for end in ends)
    return Call("UNION", tuple(moving_range(formula, replace(node, sheet=title)) for title in titles[first : last + 1]))


def _relative(formula: Formula, node: Range) -> list[AffineIndex]:
    """The corners of a defined name's reference: without `$` they are where they are seen from A1, and move."""
    place, size = (formula.region.row, formula.region.column), (formula.region.height, formula.region.width)
    corners = _relative_corners(formula.text[slice(*node.span)], place, size)
    if corners is None:
        raise UnevenError
    top, left, bottom, right = corners
    rows, columns = _sorted(formula, top, bottom), _sorted(formula, left, right)
    return [rows[0], columns[0], rows[1], columns[1]]


def _moving(formula: Formula, node: Range) -> list[AffineIndex]:
    region = formula.region
    found = [k for start, k in formula.references.items() if node.span[0] <= start < node.span[1]]
    if not found:
        raise UnevenError
    lines = (node.first[0], node.last[0]) == (1, MAX_ROW) or (node.first[1], node.last[1]) == (1, MAX_COLUMN)
    first = min(found)
    last = first + 1 if lines else max(found)
    places = (2 * first, 2 * first + 1, 2 * last, 2 * last + 1)
    top, left, bottom, right = (AffineIndex(region.base[k], region.down[k], region.across[k]) for k in places)
    rows = _sorted(formula, top, bottom)
    columns = _sorted(formula, left, right)
    return [rows[0], columns[0], rows[1], columns[1]]


def _sorted(formula: Formula, first: AffineIndex, last: AffineIndex) -> tuple[AffineIndex, AffineIndex]:
    """The two corners in order, which must be the same in every cell."""
    height, width = formula.region.height, formula.region.width
    gap = AffineIndex(last.base - first.base, last.down - first.down, last.across - first.across)
    low, high = gap.ends(height, width)
    if low >= 0:
        return first, last
    if high <= 0:
        return last, first
    raise UnevenError


def intersected(formula: Formula, ref: Any, want: str) -> Any:
    """Where one value is wanted of a range: the one in line with the cell."""
    if want != "s" or not isinstance(ref, Ref) or ref.is_cell:
        return ref
    region = formula.region
    if region.cells > 1 and not all(corner.is_fixed for corner in (ref.top, ref.left, ref.bottom, ref.right)):
        raise UnevenError
    top, left, bottom, right = ref.top.base, ref.left.base, ref.bottom.base, ref.right.base
    rows = (region.row, region.row + region.height - 1)
    columns = (region.column, region.column + region.width - 1)
    if left == right:
        return _in_line(rows, (top, bottom), Ref(ref.sheet, *2 * (AffineIndex(region.row, 1), AffineIndex(left))))
    if top == bottom:
        return _in_line(
            columns, (left, right), Ref(ref.sheet, *2 * (AffineIndex(top), AffineIndex(region.column, 0, 1)))
        )
    if region.cells > 1:
        raise UnevenError
    if top <= region.row <= bottom and left <= region.column <= right and ref.sheet == region.sheet:
        raise UnsupportedError("reads itself")
    return ErrorValue("#VALUE!")


def _in_line(lines: tuple[int, int], ends: tuple[int, int], cell: Ref) -> Any:
    if ends[0] <= lines[0] and lines[1] <= ends[1]:
        return cell
    if lines[1] < ends[0] or lines[0] > ends[1]:
        return ErrorValue("#VALUE!")
    raise UnevenError


def combined(formula: Formula, operator: str, left: Any, right: Any) -> Any:
    """Two references joined: from one to the other (`:`), what they share (a blank), or both (`,`)."""
    first, second = formula.tree(left, "r"), formula.tree(right, "r")
    if operator == ",":
        return Call("UNION", (first, second))
    if operator == ":":
        first, second = led_reference(formula, first), led_reference(formula, second)
    for end in (first, second):
        if isinstance(end, ErrorValue):
            return end
    if not (isinstance(first, Ref) and isinstance(second, Ref)):
        raise UnsupportedError("joins references that only running it would tell (`A1:INDEX(…)` or the like)")
    corners = [(r.top, r.left, r.bottom, r.right) for r in (first, second)]
    if formula.region.cells > 1 and any(not end.is_fixed for four in corners for end in four):
        raise UnevenError
    a, b = ([end.base for end in four] for four in corners)
    if operator == ":":
        if first.sheet != second.sheet:
            raise UnsupportedError(f"joins cells of the sheets '{first.sheet}' and '{second.sheet}'")
        return fixed_range(first.sheet, min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    top, left_, bottom, right_ = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    if first.sheet != second.sheet or top > bottom or left_ > right_:
        return ErrorValue("#NULL!")
    return fixed_range(first.sheet, top, left_, bottom, right_)


def led_reference(formula: Formula, found: Any) -> Any:
    """One end of `A1:INDEX(…)`: the cells that it was when the workbook was saved."""
    if not _is_lookup(found):
        return found
    if formula.region.cells > 1:
        raise UnevenError
    return _led_to(found, formula.led)


def spilled(formula: Formula, operand: Any) -> Any:
    """`A1#`: all cells that a dynamic array fills."""
    ref = formula.tree(operand, "r")
    if not isinstance(ref, Ref) or not ref.is_cell:
        raise UnsupportedError("takes `#` of something that is no cell")
    if formula.region.cells > 1 and not (ref.top.is_fixed and ref.left.is_fixed):
        raise UnevenError
    area = formula.names.spills.get((ref.sheet, ref.top.base, ref.left.base))
    if area is None:
        return ErrorValue("#REF!")
    return fixed_range(ref.sheet, *rectangle(area))


def _title(formula: Formula, name: str) -> str:
    if not name:
        return formula.region.sheet
    found = formula.names.titles.get(name.lower())
    if found is None:
        kind = "another workbook" if name.startswith("[") else f"a sheet '{name}', which is not there"
        raise UnsupportedError(f"reads {kind}")
    return found


def _led_to(node: Any, saved: Callable[[Any], Any]) -> Any:
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
            return _led_to(references[int(place) - 1], saved) if is_known else ErrorValue("#VALUE!")
        case Call("IF", (condition, then, *otherwise)):
            return _led_to(then if saved(condition) else (otherwise or [node])[0], saved)
    return node


def _is_lookup(node: Any) -> bool:
    """Whether `_led_to` follows it."""
    return isinstance(node, Call) and node.function in ("INDEX", "XLOOKUP", "CHOOSE", "IF")


def _indexed(array: Ref, places: list[Any]) -> Any:
    """The part of a fixed rectangle in a row and a column from 1; 0 or nothing for all of them."""
    height, width = (b.base - a.base + 1 for a, b in ((array.top, array.bottom), (array.left, array.right)))
    if len(places) == 1:
        places = [1.0, places[0]] if height == 1 else [places[0], 0.0 if width > 1 else 1.0]
    row, column = number_of(places[0]), number_of(places[1])
    if isinstance(row, ErrorValue):
        return row
    if isinstance(column, ErrorValue):
        return column
    if not (0 <= row < height + 1 and 0 <= column < width + 1):
        return ErrorValue("#REF!")
    top, bottom = _ends(array.top, array.bottom, int(row))
    left, right = _ends(array.left, array.right, int(column))
    return Ref(array.sheet, top, left, bottom, right)


def _ends(first: AffineIndex, last: AffineIndex, place: int) -> tuple[AffineIndex, AffineIndex]:
    line = AffineIndex(first.base + place - 1)
    return (line, line) if place else (first, last)


def _relative_corners(
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
