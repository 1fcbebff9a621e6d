"""INDEX that gives one value, told apart from INDEX that may give a whole row or column."""

from typing import Any

from workbook.formula.grammar import Binary, Call, Number, Unary
from workbook.transpile.back.javascript.functions import form_of
from workbook.transpile.back.javascript.shapes import BRANCHES, CELL, shape
from workbook.transpile.front.tree import Ref, rebuilt

_VALUES = frozenset("ntbvc")
"""How functions take single values, as the letters of `functions` say."""
_FROM_ONE = frozenset(("MATCH", "XMATCH", "ROW", "COLUMN", "ROWS", "COLUMNS"))
"""Functions that never give 0, which asks INDEX for all rows or columns."""


def with_cells(node: Any, is_value: bool = True) -> Any:
    """The tree of a formula in one cell, in which INDEX that gives one value is CELL.

    In `INDEX(A1:C9,D1,2)*3` the first value is all that counts, even while D1 is 0, which asks for the whole column; in
    `SUM(INDEX(A1:C9,D1,2))` it is not.

    Args:
        node: a tree or a part of one.
        is_value: whether one value is wanted of it.
    """
    if isinstance(node, Call):
        return _call_with_cells(node, is_value)
    return rebuilt(node, lambda part: with_cells(part, is_value and isinstance(node, Unary | Binary)))


def _call_with_cells(node: Call, is_value: bool) -> Call:
    name = node.function
    form = form_of(name, node.arguments)
    found = []
    for k, argument in enumerate(node.arguments):
        wants_value = (
            name in BRANCHES or (name == "INDEX" and k > 0) or (form and (form.at(k) or "").lower() in _VALUES)
        )
        found.append(None if argument is None else with_cells(argument, is_value and bool(wants_value)))
    is_cell = name == "INDEX" and _is_of_two_numbers(found) and (is_value or all(map(_is_from_one, found[1:])))
    return Call(CELL if is_cell else name, tuple(found))


def _is_of_two_numbers(arguments: list[Any]) -> bool:
    """Whether INDEX has a range, and a number for its row and its column, or for a place in a line of cells."""
    array, *places = arguments
    if not isinstance(array, Ref) or any(place is None or shape(place) != "one" for place in places):
        return False
    if any(isinstance(place, Number) and place.value < 1 for place in places):
        return False
    return len(places) == 2 or (len(places) == 1 and (array.top == array.bottom or array.left == array.right))


def _is_from_one(place: Any) -> bool:
    return isinstance(place, Number) or (isinstance(place, Call) and place.function in _FROM_ONE)
