"""What a saved value owes to the program that saved it: rounding where large numbers cancel, numbers as conditions."""

from collections.abc import Callable
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.grammar import Binary, Call, Number, Range, Unary
from workbook.formula.parser import parse
from workbook.transpile.front.regions import within
from workbook.xlsx.read import SheetCells

ROUNDING = 1e-13
"""Of the numbers that are added: what a few hundred operations on numbers of 53 bits may leave."""
_ARITHMETIC = frozenset("+-*/^")
_ADDS = frozenset(("SUM", "AVERAGE", "ROUND", "MAX", "MIN", "IF", "IFERROR", "ABS", "N"))


def is_arithmetic(formula: str) -> bool:
    """Whether a formula gives numbers, whatever it is given: LibreOffice saves `--(A1>2)` as TRUE or FALSE."""
    try:
        node = parse(formula)
    except FormulaError:
        return False
    if isinstance(node, Unary):
        # `+` before a condition leaves it one.
        return node.operator in ("-", "%")
    return isinstance(node, Binary) and node.operator in _ARITHMETIC


def terms_of(formula: str, sheet: SheetCells, size: Callable[[int, int], float]) -> float:
    """The size of the largest number that a formula adds or copies; 0 where it does neither.

    Args:
        formula: the text of the formula.
        sheet: the sheet that it stands on; what it reads of others does not count.
        size: how large the numbers of a cell's array are, by row and column.
    """

    def reach(node: Any) -> float:
        match node:
            case Number(value):
                return abs(value)
            case Range(first, last, ""):
                return max((size(*place) for place in within(sheet.cells, (*first, *last))), default=0.0)
            case Unary("+" | "-", operand):
                return reach(operand)
            case Binary("+" | "-", left, right):
                return max(reach(left), reach(right))
            case Call(function, arguments) if function in _ADDS:
                return max((reach(argument) for argument in arguments if argument is not None), default=0.0)
        return 0.0

    try:
        return reach(parse(formula))
    except FormulaError:
        return 0.0
