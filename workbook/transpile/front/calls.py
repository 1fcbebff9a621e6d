"""Calls as other calls that say the same: INDEX of one of several areas, SUMIF with a range of its own size."""

from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Call, ErrorValue, Number
from workbook.transpile.front.moving import beyond
from workbook.transpile.front.tree import Ref


def count_areas(node: Any) -> int:
    """How many rectangles a reference is of."""
    return sum(map(count_areas, node.arguments)) if isinstance(node, Call) and node.function == "UNION" else 1


def in_area(node: Call) -> Any:
    """INDEX of one of several areas, as INDEX of that area."""
    areas, *places, chosen = node.arguments
    if not (isinstance(areas, Call) and areas.function == "UNION" and isinstance(chosen, Number)):
        return Call("INDEX", (areas, *places)) if chosen in (None, Number(1.0)) else ErrorValue("#REF!")
    flat: list[Any] = []
    while isinstance(areas, Call) and areas.function == "UNION":
        flat.insert(0, areas.arguments[1])
        areas = areas.arguments[0]
    flat.insert(0, areas)
    place = int(chosen.value)
    return Call("INDEX", (flat[place - 1], *places)) if 1 <= place <= len(flat) else ErrorValue("#REF!")


def fitting(node: Call) -> Call:
    """SUMIF and AVERAGEIF with the range of what is summed made as large as that of the criteria, as Excel takes it."""
    if node.function not in ("SUMIF", "AVERAGEIF") or len(node.arguments) != 3:
        return node
    tested, wanted, summed = node.arguments
    if not (isinstance(tested, Ref) and isinstance(summed, Ref)):
        return node
    bottom, right = beyond(summed.top, tested.top, tested.bottom), beyond(summed.left, tested.left, tested.right)
    return Call(node.function, (tested, wanted, replace(summed, bottom=bottom, right=right)))
