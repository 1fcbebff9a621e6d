"""What Python's syntax trees say: their source, whether two are one, and which names and nodes are in them."""

import ast
import re
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any

from workbook.transpile.back.spell import assignment

_DEEP = 20_000
"""How deep functions over trees may go: a formula holds 400 operations in each other, and each takes a few calls."""


def unparse(tree: ast.AST) -> str:
    """The source of a tree; of a statement without its layout, which is the formatter's."""
    with deeply():
        return (assignment(tree) if isinstance(tree, ast.stmt) else None) or ast.unparse(tree)


@contextmanager
def deeply() -> Iterator[None]:
    """For what goes through trees: as deep as formulas are."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two trees are one."""
    return key(one) == key(other)


def key(tree: ast.AST) -> str:
    """A text that is equal for equal trees alone. An expression keeps its own: nothing changes one once it is made."""
    known: str | None = getattr(tree, "key", None)
    if known is None:
        known = _key(tree)
        if isinstance(tree, ast.expr):
            tree.key = known  # type: ignore[attr-defined]
    return known


def has_name(tree: ast.expr, names: Container[str]) -> bool:
    """Whether an expression has one of some names."""
    return any(name in names for name in _NAMES.findall(key(tree)))


def is_shallow(tree: ast.expr, levels: int) -> bool:
    """Whether an expression is sure to have fewer than so many nodes in each other."""
    return key(tree).count("(") < levels


_NAME, _INDEX, _END = "\x01", "\x02", "\x03"
"""What stands in a key before a name, before a number that is an index or part of a list, and after both."""
_NAMES, _LOOSE = re.compile(f"{_NAME}([^{_END}]*)"), re.compile(f"[{_NAME}{_INDEX}][^{_END}]*{_END}")


def skeleton(tree: ast.AST) -> tuple[str, tuple[str, ...]]:
    """A text that is equal for trees that are equal but for their names and whole indices; and the names, in order."""
    whole = key(tree)
    return _LOOSE.sub(_NAME, whole), tuple(_NAMES.findall(whole))


def _key(node: Any, is_index: bool = False) -> str:
    kind = type(node)
    if kind is ast.Name:
        return f"{_NAME}{node.id}{_END}"
    if kind is ast.Constant:
        is_loose = is_index and type(node.value) is int
        return f"{_INDEX}{node.value}{_END}" if is_loose else f"{node.value!r};"
    if kind is list:
        return f"[{''.join([_key(part, is_index) for part in node])}]"
    if kind is ast.Call:
        return f"Call({_key(node.func)}{_key(node.args)}{_key(node.keywords)})"
    if kind is ast.Attribute:
        return f"Attribute({_key(node.value)}{node.attr!r},)"
    if kind is ast.BinOp:
        return f"BinOp({_key(node.left)}{type(node.op).__name__}(){_key(node.right)})"
    if not isinstance(node, ast.AST):
        return f"{node!r},"
    head, fields = _key_fields(kind)
    told = [head]
    for name, holds_indices in fields:
        inner = getattr(node, name, None)
        if holds_indices and isinstance(inner, ast.Tuple):
            inner = inner.elts
        told.append(f"{inner!r}," if inner.__class__ is str else _key(inner, holds_indices))
    told.append(")")
    return "".join(told)


_KEY_FIELDS: dict[type, tuple[str, tuple[tuple[str, bool], ...]]] = {}


def _key_fields(kind: type[ast.AST]) -> tuple[str, tuple[tuple[str, bool], ...]]:
    """How the key of a kind of node begins, and the fields that it tells, each with whether it holds indices."""
    if kind not in _KEY_FIELDS:
        of_indices = {ast.List: "elts", ast.Subscript: "slice"}.get(kind)
        told = tuple((name, name == of_indices) for name in kind._fields if name != "ctx")
        _KEY_FIELDS[kind] = f"{kind.__name__}(", told
    return _KEY_FIELDS[kind]


_NO_TREES = frozenset(("arg", "attr", "ctx", "id", "kind", "lineno", "name", "op", "ops", "type_comment"))
_FIELDS: dict[type, tuple[str, ...]] = {ast.Constant: ()}


def fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold trees, or lists of them; operators are none."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(name for name in kind._fields if name not in _NO_TREES)
    return _FIELDS[kind]


def under(node: ast.AST) -> list[ast.AST]:
    """The trees directly under a node, operators left out."""
    found: list[ast.AST] = []
    for name in fields_of(type(node)):
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
    return found


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The node and all under it, in no order, operators left out: `ast.walk` takes four times as long."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack += under(node)


def names_in(tree: ast.AST) -> set[str]:
    """All names in a tree; attributes and keywords are none."""
    return {node.id for node in nodes(tree) if isinstance(node, ast.Name)}
