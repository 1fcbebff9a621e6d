"""Names left out of statements, to see which are equal but for names; and other names put into them."""

import ast
from collections.abc import Callable, Collection, Mapping, Sequence

from workbook.transpile.back.code import name_
from workbook.transpile.back.rewrite import Rewriter


class Anonymous(Rewriter):
    """Names and arrays of other sheets as numbers, in the order in which they first appear."""

    def __init__(self, is_own: Callable[[str], bool], spaces: Collection[str]) -> None:
        self._is_own = is_own
        self._spaces = spaces
        self.found: dict[str, str] = {}

    def _number(self, text: str) -> str:
        return self.found.setdefault(text, f"_{len(self.found)}")

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name."""
        return ast.Name(self._number(node.id), node.ctx) if self._is_own(node.id) else node

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of another sheet, or any other attribute."""
        if isinstance(node.value, ast.Name) and node.value.id in self._spaces:
            return ast.Name(self._number(f"{node.value.id}.{node.attr}"), node.ctx)
        return self.generic(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        return ast.arg(self._number(node.arg) if self._is_own(node.arg) else node.arg)

    def visit_functiondef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, with its name."""
        made = self.generic(node)
        assert isinstance(made, ast.FunctionDef)
        made.name = self._number(node.name) if self._is_own(node.name) else node.name
        return made


class Texts(Rewriter):
    """Other names for names and for arrays of other sheets."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name."""
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of another sheet, or any other attribute."""
        if isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in self._names:
            return name_(self._names[f"{node.value.id}.{node.attr}"])
        return self.generic(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        return ast.arg(self._names.get(node.arg, node.arg))

    def visit_functiondef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, with its name."""
        made = self.generic(node)
        assert isinstance(made, ast.FunctionDef)
        made.name = self._names.get(node.name, node.name)
        return made


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
