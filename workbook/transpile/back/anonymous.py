"""Names left out of statements, to see which are equal but for names; and other names put into them."""

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy

from workbook.transpile.back.code import name_
from workbook.transpile.back.emitted import SheetFunction
from workbook.transpile.back.rewrite import Rewriter


class Texts(Rewriter):
    """Other names for names and for arrays of other sheets."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def _named(self, text: str) -> str:
        """What stands for a name, or for `sheet.array`."""
        return self._names.get(text, text)

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name."""
        named = self._named(node.id)
        return node if named == node.id else ast.Name(named, node.ctx)

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of another sheet, or any other attribute."""
        text = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
        named = self._named(text)
        return self.generic(node) if named == text else name_(named)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        return ast.arg(self._named(node.arg))

    def visit_functiondef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, with its name; where nothing in it is new, `generic` gives the old one, which must stay."""
        made = copy(self.generic(node))
        assert isinstance(made, ast.FunctionDef)
        made.name = self._named(node.name)
        return made


def renamed_in(function: SheetFunction, names: Mapping[str, str]) -> SheetFunction:
    """The function with other names for some, and for arrays of other sheets; as it is where its text has none."""
    if function.text and not any(name in function.text for name in names):
        return function
    return function.with_body(Texts(names).statements(function.body))


class Anonymous(Texts):
    """Names and arrays of other sheets as numbers, in the order in which they first appear."""

    def __init__(self, is_own: Callable[[str], bool], spaces: Collection[str]) -> None:
        self.found: dict[str, str] = {}
        super().__init__(self.found)
        self._is_own = is_own
        self._spaces = spaces

    def _named(self, text: str) -> str:
        space, dot, _ = text.partition(".")
        counts = space in self._spaces if dot else self._is_own(text)
        return self.found.setdefault(text, f"_{len(self.found)}") if counts else text


def assigned(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that statements give a value, those of functions and their parameters among them."""
    found: set[str] = set()
    for node in (n for statement in statements for n in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found
