"""TABLE: what-if tables, whose values stand above and beside them."""

from typing import Any

from workbook.formula.grammar import Call
from workbook.transpile.errors import UnsupportedError
from workbook.transpile.front.formula import Formula
from workbook.transpile.front.functions import WHAT_IF
from workbook.transpile.front.moving import fixed_range
from workbook.transpile.front.tree import Ref


def what_if(formula: Formula, node: Call, _: str) -> Any:
    """A what-if table: its values stand above it and to its left, its formulas where these have room for them."""
    region = formula.region
    top, left, bottom, right = region.rectangle
    if not region.array or len(node.arguments) != 2 or top == 1 or left == 1:
        raise UnsupportedError("uses TABLE, which is not supported")
    row, column = (None if cell is None else formula.tree(cell, "r") for cell in node.arguments)
    if not all(cell is None or (isinstance(cell, Ref) and cell.is_cell) for cell in (row, column)):
        raise UnsupportedError("is a what-if table whose input is no cell")
    above = fixed_range(region.sheet, top - 1, left, top - 1, right)
    beside = fixed_range(region.sheet, top, left - 1, bottom, left - 1)
    corner = fixed_range(region.sheet, top - 1, left - 1, top - 1, left - 1)
    formulas = above if row is None else beside if column is None else corner
    given = (row, None if row is None else above, column, None if column is None else beside)
    return Call(WHAT_IF, (formulas, *given))
