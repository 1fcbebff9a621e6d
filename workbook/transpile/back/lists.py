"""Lists that a script fills, goes through and makes, as trees."""

import ast
from collections.abc import Sequence

from workbook.transpile.back.code import (
    NONE,
    binary,
    count,
    list_,
    stored,
)


def several(names: Sequence[str]) -> ast.expr:
    """One name that is assigned to, or several."""
    return stored(names[0]) if len(names) == 1 else ast.Tuple([stored(name) for name in names], ast.Store())


def empty_list(steps: int) -> ast.expr:
    """A list to fill."""
    return binary("*", list_((NONE,)), count(steps))


def over(name: str, values: ast.expr) -> ast.comprehension:
    """What a comprehension goes through."""
    return ast.comprehension(stored(name), values, [], 0)


def each(tree: ast.expr, along: str, values: ast.expr) -> ast.expr:
    """A list of an expression for each of some values."""
    return ast.ListComp(tree, [over(along, values)])
