"""Long formulas that are equal but for the arrays and places that they read, as one function that all call."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.transpile.back.anonymous import assigned
from workbook.transpile.back.code import arguments, assign, call, count, marked, name_, origin_of, shifted
from workbook.transpile.back.emitted import SheetFunction
from workbook.transpile.back.syntax import key, names_in, skeleton, unparse
from workbook.transpile.middle.names import RESERVED, claim

_LINE, _WRAPPED = 105, 40
"""How long the text of a value is that fits a line, and how much of a longer one a line holds on average."""
_LONG = 3 * _LINE
"""Keys of no fewer letters are those of values that do not fit a line."""
_LEAST_GAIN, _MOST_PARAMETERS = 3, 6
_WHOLE = re.compile(r"\d+;")


class _UnlikeError(Exception):
    """Values that differ in more than names and whole numbers."""


@dataclass(frozen=True, slots=True)
class _Formula:
    """A statement that computes one array, and its place among all."""

    at: int
    statement: ast.Assign


def shared(function: SheetFunction) -> SheetFunction:
    """The function, long values that are equal but for names and whole numbers as calls of one function in it."""
    if function.is_long:
        return function
    groups: dict[str, list[_Formula]] = defaultdict(list)
    for at, statement in enumerate(function.body):
        match statement:
            case ast.Assign(targets=[ast.Name()], value=value) if len(key(value)) > _LONG:
                groups[_WHOLE.sub(";", skeleton(value)[0])].append(_Formula(at, statement))
    own = assigned(function.body) | set(function.inputs)
    body = {at: [statement] for at, statement in enumerate(function.body)}
    for group in groups.values():
        if len(group) > 1 and (len(group) - 1) * _lines(group[0].statement.value) - 2 - len(group) >= _LEAST_GAIN:
            body |= _as_calls(group, own, function.others)
    return function.with_body(statement for at in sorted(body) for statement in body[at])


def _lines(value: ast.expr) -> int:
    size = len(unparse(value))
    return 1 if size <= _LINE else 2 + size // _WRAPPED


def _as_calls(group: Sequence[_Formula], own: set[str], spaces: Collection[str]) -> dict[int, list[ast.stmt]]:
    """The statements of a group by their places, the first behind the function that all call; none if there is none."""
    values = [formula.statement.value for formula in group]
    bound = {n.id for n in ast.walk(values[0]) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in ast.walk(values[0]) if isinstance(n, ast.arg)}
    common = _Common(own - bound, spaces, bound.union(set.intersection(*map(names_in, values))))
    try:
        inner = common.merged(values)
    except _UnlikeError:
        return {}
    if not 0 < len(common.columns) <= _MOST_PARAMETERS:
        return {}
    parameters = list(common.columns.values())
    first = group[0].statement.targets[0]
    assert isinstance(first, ast.Name)
    name = claim(f"{first.id}_of", own, {*parameters, *RESERVED})
    origins = dict.fromkeys(origin for formula in group for origin in origin_of(formula.statement))
    made = ast.FunctionDef(name, arguments(parameters), [marked(ast.Return(inner), *origins)], [], None, lineno=1)
    calls: dict[int, list[ast.stmt]] = {}
    for k, formula in enumerate(group):
        given = [name_(c[k]) if isinstance(c[k], str) else count(c[k]) for c in common.columns]
        target = formula.statement.targets[0]
        calls[formula.at] = [marked(assign(target, call(name, *given)), *origin_of(formula.statement))]
    calls[group[0].at].insert(0, made)
    return calls


@dataclass(slots=True)
class _Common:
    """What values have in common, and what is other in each: a column for each parameter, and what that is called.

    Attributes:
        own: the names that may be parameters.
        spaces: the sheets whose arrays may be.
        taken: the names that stay in it.
        columns: for each parameter the names, or whole numbers, that it stands for; and its name.
    """

    own: set[str]
    spaces: Collection[str]
    taken: set[str]
    columns: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def merged(self, nodes: Sequence[Any], *, is_index: bool = False) -> Any:
        """One tree for several, parameters where they differ.

        Raises:
            _UnlikeError: they differ in something else.
        """
        first = nodes[0]
        if not isinstance(first, ast.AST):
            return self._merged_lists(nodes, is_index=is_index)
        if len(set(map(key, nodes))) == 1:
            return first
        terms = tuple(map(self._term, nodes))
        if None not in terms:
            return name_(self._parameter(terms, str(terms[0]).rpartition(".")[2]))
        if all(isinstance(node, ast.Constant) and type(node.value) is int for node in nodes):
            return self._number(tuple(node.value for node in nodes), is_index=is_index)
        if len(set(map(type, nodes))) > 1 or isinstance(first, ast.Name | ast.Constant):
            raise _UnlikeError
        parts = {}
        for name in first._fields:
            each: list[Any] = [getattr(node, name, None) for node in nodes]
            if isinstance(first, ast.Call) and name == "func" and len(set(map(key, each))) > 1 and not _is_method(each):
                raise _UnlikeError
            parts[name] = self.merged(each, is_index=is_index or (isinstance(first, ast.Subscript) and name == "slice"))
        return type(first)(**parts)

    def _merged_lists(self, nodes: Sequence[Any], *, is_index: bool) -> Any:
        if not isinstance(nodes[0], list):
            if any(node != nodes[0] for node in nodes):
                raise _UnlikeError
            return nodes[0]
        if len(set(map(len, nodes))) > 1:
            raise _UnlikeError
        return [self.merged(parts, is_index=is_index) for parts in zip(*nodes, strict=True)]

    def _term(self, node: ast.AST) -> str | None:
        """A name of the function's own, or an array of another sheet, as text; None of other nodes."""
        match node:
            case ast.Name(id=name) if name in self.own:
                return name
            case ast.Attribute(value=ast.Name(id=space), attr=name) if space in self.spaces:
                return f"{space}.{name}"
        return None

    def _number(self, numbers: tuple[int, ...], *, is_index: bool) -> ast.expr:
        """A whole number that is another in each, or always as far from one that is."""
        for known, name in self.columns.items():
            gaps = {b - a for a, b in zip(known, numbers, strict=True)} if isinstance(known[0], int) else set()
            if len(gaps) == 1:
                return shifted(name_(name), gaps.pop())
        return name_(self._parameter(numbers, "place" if is_index else "n"))

    def _parameter(self, column: tuple[Any, ...], name: str) -> str:
        if column not in self.columns:
            self.columns[column] = claim(name, self.taken, reserved=RESERVED)
        return self.columns[column]


def _is_method(functions: Sequence[ast.AST]) -> bool:
    return all(isinstance(function, ast.Attribute) for function in functions)
