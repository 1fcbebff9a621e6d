"""GETPIVOTDATA: what it gave when the workbook was saved, told by the formula's own value."""

from collections.abc import Callable
from typing import Any

from workbook.formula.grammar import Call, ErrorValue, Number, walk
from workbook.transpile.errors import UnevenError
from workbook.transpile.front.formula import Formula, literal
from workbook.transpile.front.functions import TAKE_ERRORS
from workbook.transpile.front.tree import rebuilt


def of_pivot(node: Any, fresh: Callable[[], Formula]) -> Any:
    """What a formula with GETPIVOTDATA is, by what that found when the workbook was saved; None for others.

    A pivot table's cache is no part of a script. What a call in a formula gave is told by the formula's own value: it
    is that value, or what makes a formula without powers of it come to that, or an error.

    Args:
        node: the formula, parsed.
        fresh: the formula, before anything of it is made into a tree.
    """
    calls = [part for part in walk(node) if isinstance(part, Call) and part.function == "GETPIVOTDATA"]
    if not calls:
        return None
    formula = fresh()
    region = formula.region
    if region.cells > 1:
        raise UnevenError
    cell = formula.names.cells[region.sheet].get((region.row, region.column))
    shown = literal(cell.value if cell is not None else None)
    inner = node.arguments[0] if isinstance(node, Call) and node.function in TAKE_ERRORS else node
    if shown is None or inner in calls:
        return shown
    if any(call != calls[0] for call in calls):
        return None

    def tree(value: Any) -> Any:
        return fresh().tree(_replaced(node, calls[0], value), "s")

    def result(value: Any) -> Any:
        return formula.evaluate(tree(value), region, formula.lambdas)[0]

    candidates = [shown, ErrorValue("#REF!")]
    at_0, at_1 = result(Number(0.0)), result(Number(1.0))
    if isinstance(shown, Number) and all(type(value) is float for value in (at_0, at_1)) and at_0 != at_1:
        candidates.insert(0, Number((shown.value - at_0) / (at_1 - at_0)))
    return next((tree(value) for value in candidates if _equals(result(value), shown)), None)


def _equals(found: Any, shown: Any) -> bool:
    """Whether what a formula gives is what its cell showed."""
    if isinstance(shown, ErrorValue):
        return getattr(found, "code", None) == shown.code
    if isinstance(shown, Number):
        return type(found) is float and abs(found - shown.value) <= 1e-12 * max(abs(found), abs(shown.value))
    return type(found) is type(shown.value) and bool(found == shown.value)


def _replaced(node: Any, part: Any, value: Any) -> Any:
    """The formula with a value in the place of a part."""
    return value if node == part else rebuilt(node, lambda inner: _replaced(inner, part, value))
