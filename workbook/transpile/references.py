"""The cells that a lookup led to when the workbook was saved, where a reference is wanted: `B2:XLOOKUP(…)`."""

from collections.abc import Callable
from typing import Any

from workbook.formula.grammar import Call, ErrorValue, Number
from workbook.transpile.tree import Moving, Ref


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


def _ends(first: Moving, last: Moving, place: int) -> tuple[Moving, Moving]:
    line = Moving(first.base + place - 1)
    return (line, line) if place else (first, last)
