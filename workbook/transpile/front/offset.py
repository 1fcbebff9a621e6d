"""OFFSET and INDEX as references: where the place of a cell alone decides that, or where OFFSET was seen to lead."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.formula.grammar import Call, Constants, ErrorValue, Number
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.formula import Formula, Reached, number_of
from workbook.transpile.front.moving import added, end_of, fixed_range, gap, linear
from workbook.transpile.front.references import intersected
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref, walk


def offset(formula: Formula, node: Call, want: str) -> Any:
    """OFFSET as a place in what it was seen to reach."""
    base = formula.tree(node.arguments[0], "r")
    if isinstance(base, ErrorValue):
        return base
    if not isinstance(base, Ref):
        raise UnsupportedError("takes OFFSET of something that is no reference")
    many = want == "a" or any(isinstance(part, Constants) for a in node.arguments[1:] if a for part in walk(a))
    given = [None if a is None else formula.tree(a, "a" if many else "s") for a in node.arguments[1:]]
    rows, columns, tall, wide = (*given, None, None, None)[:4]
    beside = _beside(formula, base, rows, columns, tall, wide)
    if beside is not None:
        return intersected(formula, beside, want)
    is_array = many and any(formula.is_array(part) for part in given)
    hull = _reached(formula, base, rows, columns, tall, wide, is_array=is_array)
    if hull is None:
        numbers = [] if is_array else [number_of(v) for part in given if part is not None for v in formula.saved(part)]
        return next((number for number in numbers if isinstance(number, ErrorValue)), ErrorValue("#REF!"))
    if formula.region.cells > 1 and _holds_own_cell(formula, hull):
        raise UnevenError
    one = Number(1.0)
    if base.is_cell and not is_array and all(size is None or size == one for size in (tall, wide)):
        if columns in (None, Number(0.0)):
            hull = replace(hull, left=base.left, right=base.left)
        row = added(rows, gap(base.top, hull.top))
        column = one if hull.left == hull.right else added(columns, gap(base.left, hull.left))
        ends = ((row, hull.top.base, hull.bottom.base), (column, hull.left.base, hull.right.base))
        formula.guides += [
            (place, Reached(last - first + 1, first))
            for place, first, last in ends
            if any(isinstance(part, Ref) for part in walk(place))
        ]
        return Call("INDEX", (hull, row, column))
    moved = Constants(
        (
            (
                IndexValue(gap(base.top, hull.top, 0)),
                IndexValue(gap(base.left, hull.left, 0)),
                IndexValue(gap(base.bottom, base.top)),
                IndexValue(gap(base.right, base.left)),
            ),
        )
    )
    found = Call("OFFSET", (hull, moved, rows or Number(0.0), columns or Number(0.0), tall, wide))
    return intersected(formula, found, want)


def _beside(formula: Formula, base: Ref, rows: Any, columns: Any, tall: Any, wide: Any) -> Ref | None:
    """Where OFFSET leads if the place of its cell alone decides that; else None, as where it leaves the sheet."""
    moves = [AffineIndex(0) if node is None else linear(node) for node in (rows, columns)]
    sizes = [
        gap(last, first) if node is None else linear(node)
        for node, last, first in ((tall, base.bottom, base.top), (wide, base.right, base.left))
    ]
    if any(found is None for found in (*moves, *sizes)):
        return None
    down, across, height, width = (found for found in (*moves, *sizes) if found is not None)
    lines, places = _line(formula, base.top.plus(down), height), _line(formula, base.left.plus(across), width)
    if lines is None or places is None:
        return None
    return _on_sheet(formula, Ref(base.sheet, lines[0], places[0], lines[1], places[1]))


def _line(formula: Formula, start: AffineIndex, size: AffineIndex) -> tuple[AffineIndex, AffineIndex] | None:
    """The first and the last of so many rows or columns; a negative number of them ends at the start."""
    low, high = size.ends(formula.region.height, formula.region.width)
    if low >= 1:
        return start, end_of(start, size)
    return (start.plus(size).plus(AffineIndex(1)), start) if high <= -1 else None


def index(formula: Formula, node: Call, want: str) -> Any:
    """INDEX as a reference, if the place of its cell alone decides where it leads."""
    array, *places = node.arguments
    if not isinstance(array, Ref) or len(places) not in (1, 2):
        return node
    places = [Number(0.0) if place is None else place for place in places]
    height, width = gap(array.bottom, array.top), gap(array.right, array.left)
    if len(places) == 1:
        if AffineIndex(1) not in (height, width):
            return node
        places = [Number(1.0), places[0]] if height == AffineIndex(1) else [places[0], Number(1.0)]
    row, column = (AffineIndex(int(p.value)) if isinstance(p, Number) else linear(p) for p in places)
    corners: list[AffineIndex] = []
    for place, size, first, last in (
        (row, height, array.top, array.bottom),
        (column, width, array.left, array.right),
    ):
        if place is None or not size.is_fixed:
            return node
        low, high = place.ends(formula.region.height, formula.region.width)
        if (low, high) == (0, 0):
            corners += [first, last]
        elif low >= 1 and high <= size.base:
            corners += 2 * [first.plus(place).plus(AffineIndex(-1))]
        else:
            return node
    ref = Ref(array.sheet, corners[0], corners[2], corners[1], corners[3])
    return intersected(formula, ref, want)


def _on_sheet(formula: Formula, ref: Ref) -> Ref | None:
    """The reference; None where it leaves the sheet."""
    top, left, bottom, right = ref.hull(formula.region.height, formula.region.width)
    return ref if top >= 1 and left >= 1 and bottom <= MAX_ROW and right <= MAX_COLUMN else None


def _holds_own_cell(formula: Formula, ref: Ref) -> bool:
    """Whether a reference reaches a cell of the formula's own region."""
    region = formula.region
    top, left, bottom, right = ref.hull(1, 1)
    is_apart = top >= region.row + region.height or bottom < region.row
    is_apart = is_apart or left >= region.column + region.width or right < region.column
    return ref.sheet == region.sheet and not is_apart


def _reached(
    formula: Formula, base: Ref, rows: Any, columns: Any, tall: Any, wide: Any, *, is_array: bool = False
) -> Ref | None:
    """All cells that OFFSET led to when the workbook was saved; None where it led off the sheet."""
    height, width = gap(base.bottom, base.top), gap(base.right, base.left)
    parts = (
        IndexValue(base.top),
        rows,
        IndexValue(base.left),
        columns,
        tall or IndexValue(height),
        wide or IndexValue(width),
    )
    values = _extremes(formula, parts) if is_array else [list(map(number_of, formula.saved(part))) for part in parts]
    tops, lefts, bottoms, rights = [], [], [], []
    for top, down, left, across, high, broad in zip(*values, strict=True):
        if not all(isinstance(v, int | float) for v in (top, down, left, across, high, broad)):
            continue
        start, begin = int(top) + int(down), int(left) + int(across)
        # A negative height or width counts from the cell upwards or to the left.
        ends = (start + int(high) - (1 if high > 0 else -1), begin + int(broad) - (1 if broad > 0 else -1))
        if min(start, begin, *ends) < 1 or max(start, ends[0]) > MAX_ROW or max(begin, ends[1]) > MAX_COLUMN:
            continue
        tops.append(min(start, ends[0]))
        lefts.append(min(begin, ends[1]))
        bottoms.append(max(ends[0], start))
        rights.append(max(ends[1], begin))
    if not tops:
        return None
    return fixed_range(base.sheet, min(tops), min(lefts), max(bottoms), max(rights))


def _extremes(formula: Formula, parts: Sequence[Any]) -> list[Sequence[Any]]:
    """The least and the largest that each part was among its elements, in all combinations."""
    every = [[0.0] if part is None else [v for line in formula.elements(part) for v in line] for part in parts]
    if not all(isinstance(v, float | int) for found in every for v in found):
        raise UnsupportedError("moves by something other than numbers")
    ends: list[list[float]] = [sorted({min(found), max(found)}) for found in every]
    return list(zip(*product(*ends), strict=True))
