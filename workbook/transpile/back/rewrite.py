"""Passes over Python's syntax trees: a new tree of an old one; words as a language spells them."""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from workbook.transpile.back.code import Word, origin_of, template
from workbook.transpile.back.syntax import fields_of


class Rewriter:
    """A pass over trees of Python: makes a new tree of an old one, by a method `visit_x` for nodes of kind X."""

    _visitors: ClassVar[dict[type, Callable[[Any, Any], ast.AST] | None]] = {}
    """The method for each kind of node that was met; None for one that stays what it is."""

    def __init_subclass__(cls) -> None:
        """Each pass has methods of its own."""
        cls._visitors = {}

    def visit(self, node: ast.AST) -> ast.AST:
        """The node in the new tree."""
        kind = type(node)
        if kind not in self._visitors:
            found = getattr(type(self), f"visit_{kind.__name__.lower()}", None)
            self._visitors[kind] = found or (type(self).generic if fields_of(kind) else None)
        visitor = self._visitors[kind]
        return node if visitor is None else visitor(self, node)

    def expression(self, node: ast.expr) -> ast.expr:
        """An expression in the new tree."""
        made = self.visit(node)
        assert isinstance(made, ast.expr)
        return made

    def statement(self, node: ast.stmt) -> ast.stmt:
        """A statement in the new tree."""
        made = self.visit(node)
        assert isinstance(made, ast.stmt)
        return made

    def statements(self, body: Iterable[ast.stmt]) -> tuple[ast.stmt, ...]:
        """Statements in the new tree."""
        return tuple(map(self.statement, body))

    def generic(self, node: ast.AST) -> ast.AST:
        """The node with all under it as they are in the new tree; where nothing is new, the node itself."""
        changed: dict[str, object] = {}
        for name in fields_of(type(node)):
            value = getattr(node, name, None)
            if value is None:
                continue
            made_of_it = self._all(value) if type(value) is list else self._one(value)
            if made_of_it is not value:
                changed[name] = made_of_it
        if not changed:
            return node
        made = type(node)(**{name: getattr(node, name, None) for name in node._fields} | changed)
        if isinstance(made, ast.stmt):
            made.lineno = 1
            made.origin = origin_of(node)  # type: ignore[attr-defined]
        return made

    def _one(self, value: object) -> object:
        return self.visit(value) if isinstance(value, ast.AST) else value

    def _all(self, values: list[Any]) -> list[Any]:
        parts = [self._one(value) for value in values]
        return values if all(map(operator.is_, parts, values)) else parts


class Spelling(Rewriter):
    """Neutral words as one language spells them, by its table."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def visit_word(self, node: Word) -> ast.AST:
        """A word's form with its arguments in it."""
        values = {f"_{place}": self.expression(argument) for place, argument in enumerate(node.args)}
        return Renaming(values).visit(template(self._words[node.name]))


class Renaming(Rewriter):
    """Other expressions in place of names."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names

    def visit_name(self, node: ast.Name) -> ast.AST:
        """What stands for a name."""
        return self._names.get(node.id, node)


_Tree = TypeVar("_Tree", ast.expr, ast.stmt)


def spelled(tree: _Tree, words: Mapping[str, str]) -> _Tree:
    """A tree with its neutral words as a language's table spells them."""
    made: _Tree = Spelling(words).visit(tree)  # type: ignore[assignment]
    return made
