"""What cells a reference means: those that a lookup led to, as in `B2:XLOOKUP(…)`; of totals, those that are none."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from workbook.formula.grammar import Call, ErrorValue, Number
from workbook.transpile.front.regions import within
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.xlsx.read import Cell

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


def past_totals(ref: Ref, area: tuple[int, int, int, int], cells: Mapping[tuple[int, int], Cell]) -> list[Ref]:
    """The parts of a range between the cells that hold a SUBTOTAL or AGGREGATE themselves, which count nothing twice.

    Args:
        ref: the range.
        area: the first row, first column, last row, last column of it.
        cells: the filled cells of its sheet.
    """
    top, left, bottom, right = area
    totals = {place for place in within(cells, area) if (text := cells[place].formula) and _TOTAL.search(text)}
    if not totals:
        return [ref]
    found: list[Ref] = []
    for column in range(left, right + 1):
        ends = [top - 1, *sorted(row for row, place in totals if place == column), bottom + 1]
        for before, after in pairwise(ends):
            if after - before > 1:
                found.append(
                    Ref(
                        ref.sheet,
                        AffineIndex(before + 1),
                        AffineIndex(column),
                        AffineIndex(after - 1),
                        AffineIndex(column),
                    )
                )
    return found
