"""Calls as other calls that say the same: INDEX of one of several areas, SUMIF with a range of its own size."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Call, ErrorValue, Number
from workbook.transpile.front.moving import beyond
from workbook.transpile.front.tree import Ref

_OF_ALL = frozenset(("SUM", "SUMSQ", "PRODUCT", "AVERAGE", "MAX", "MIN", "COUNT", "COUNTA"))
"""Functions that give the same of several areas as of each of them by itself."""


def areas_of(node: Any) -> Iterator[Any]:
    """The areas that a reference is of, one by one."""
    if isinstance(node, Call) and node.function == "UNION":
        for part in node.arguments:
            yield from areas_of(part)
    else:
        yield node


def count_areas(node: Any) -> int:
    """How many rectangles a reference is of."""
    return len(list(areas_of(node)))


def in_area(node: Call) -> Any:
    """INDEX of one of several areas, as INDEX of that area."""
    areas, *places, chosen = node.arguments
    flat = list(areas_of(areas))
    if len(flat) == 1 or not isinstance(chosen, Number):
        return Call("INDEX", (areas, *places)) if chosen in (None, Number(1.0)) else ErrorValue("#REF!")
    place = int(chosen.value)
    return Call("INDEX", (flat[place - 1], *places)) if 1 <= place <= len(flat) else ErrorValue("#REF!")


def fitting(node: Call) -> Call:
    """A call with its ranges as Excel takes them: SUMIF sums as many cells as it tests; several areas one by one."""
    if node.function in _OF_ALL:
        return Call(node.function, tuple(area for argument in node.arguments for area in areas_of(argument)))
    if node.function not in ("SUMIF", "AVERAGEIF") or len(node.arguments) != 3:
        return node
    tested, wanted, summed = node.arguments
    if not (isinstance(tested, Ref) and isinstance(summed, Ref)):
        return node
    bottom, right = beyond(summed.top, tested.top, tested.bottom), beyond(summed.left, tested.left, tested.right)
    return Call(node.function, (tested, wanted, replace(summed, bottom=bottom, right=right)))
