"""Where an expression of a single cell is written: what it reads, what stands before it, what it computes with."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from workbook.formula.grammar import Call
from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.code import Code, binary, call, owner_of_all, template, word
from workbook.transpile.front.tree import walk
from workbook.transpile.middle.variables import Variable
from workbook.transpile.targets import PYTHON

_WHOLE = frozenset(
    ("IF", "IFERROR", "IFS", "SWITCH", "CHOOSE", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "ROWS", "LEN")
)
"""Functions whose result may be a whole number of Python's."""


@dataclass(slots=True)
class Context:
    """Where an expression is written: how it reaches variables, and the statements that must come before it.

    Attributes:
        access: a variable where the expression stands.
        variables: what a rectangle of a sheet reads.
        python: whether it computes with Python's numbers, and not with the language's own.
        fresh: a name for what `before` makes.
        helpers: the helpers used so far.
        define: told of every name of a function that the workbook defines.
        local: the name of a variable of LET or LAMBDA, as no array and no helper is called.
        before: statements to stand before the expression's.
        known: what `before` has made.
        plain: whether functions of numbers may be Python's own.
    """

    access: Callable[[Variable], ast.expr]
    variables: Callable[[str, Rectangle], list[Variable]]
    python: bool
    fresh: Callable[[str], str]
    helpers: set[str]
    define: Callable[[str], None] = lambda _: None
    local: Callable[[str], str] = lambda name: f"{name}_"
    before: list[ast.stmt] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    plain: bool = True

    def single(self, function: str, values: list[Code]) -> ast.expr:
        """A function of single numbers; of Python's, and among these, in Python's words."""
        trees = [value.tree for value in values]
        if function in ("POWER", "MOD"):
            return binary("^" if function == "POWER" else "%", *trees)
        if self.python or owner_of_all(*values) == "python":
            form = template(PYTHON[function])
            return call(form, *trees) if trees else form
        return word(f"one {function}", *(as_language(value) for value in values))

    def fetched(self, tree: ast.expr) -> ast.expr:
        """A single number of the language, as the expression computes with it."""
        return word("item", tree) if self.python else tree

    def listed(self, tree: ast.expr) -> ast.expr:
        """An array of the language as a list of numbers, as the expression computes with them."""
        return word("listed" if self.python else "unbound", tree)


def as_language(code: Code) -> ast.expr:
    """A single number as the language's own."""
    return code.tree if code.owner == "language" else word("number", code.tree)


def are_whole(variables: Iterable[Variable]) -> bool:
    """Whether single numbers may all be Python's whole ones: written out in a case, or counted."""
    return all(
        variable.rank == 0 and any(isinstance(node, Call) and node.function in _WHOLE for node in walk(variable.tree))
        for variable in variables
    )


def covering(found: list[Variable], area: Rectangle) -> Variable | None:
    """The variable that holds all of a rectangle; an input before what a loop copies it to."""
    if len(found) == 1 and found[0].rectangle == area:
        return found[0]
    top, left, bottom, right = area
    holders = [
        v for v in found if v.row <= top and v.column <= left and v.rectangle[2] >= bottom and v.rectangle[3] >= right
    ]
    return min(holders, key=lambda v: v.tree is not None, default=None)
