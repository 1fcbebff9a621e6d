"""Excel's functions in a script: the source of those that it needs, and of all that they use."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from workbook.formula.grammar import Text
from workbook.transpile.front.tree import walk
from workbook.transpile.middle.names import STANDARD
from workbook.transpile.middle.variables import Variable
from workbook.transpile.runtime import HELPERS, MODULES
from workbook.xlsx.read import Book

_READS_TEXT, _READS_MOMENT = "parse_number", "return parse_moment(plain)"


class Part:
    """A top-level name of the runtime: its source, and what it is as a tree."""

    def __init__(self, source: str, node: ast.stmt, name: str, without: frozenset[str] = frozenset()) -> None:
        self.source = source
        self._node = node
        self._without = without | {name}

    @cached_property
    def uses(self) -> frozenset[str]:
        """The names that it takes from outside: not its parameters, nor what it sets itself."""
        used, own = set[str](), set[str]()
        for node in ast.walk(self._node):
            if isinstance(node, ast.Name):
                (own if isinstance(node.ctx, ast.Store) else used).add(node.id)
            elif isinstance(node, ast.arg):
                own.add(node.arg)
        return frozenset(used - own - self._without)

    def changed(self, old: str, new: str, without: str) -> "Part":
        """The same with another text in place of one, and without a name that only this used."""
        assert old in self.source
        return Part(self.source.replace(old, new), self._node, "", self._without | {without})


@cache
def _runtime_parts() -> dict[str, Part]:
    """Every top-level name of the runtime."""
    found: dict[str, Part] = {}
    for module in MODULES:
        found |= _parts(inspect.getsource(module))
    return found


def _parts(source: str) -> dict[str, Part]:
    lines = source.splitlines()
    found: dict[str, Part] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            name = node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            start, name = node.lineno, node.targets[0].id
        else:
            continue
        found[name] = Part("\n".join(lines[start - 1 : node.end_lineno]), node, name)
    return found


def needed(names: Iterable[str], parts: Mapping[str, Part] | None = None) -> frozenset[str]:
    """The helpers among the names, and all that they use; `parts`: of these, else of all of the runtime."""
    parts = _runtime_parts() if parts is None else parts
    queue = [name for name in names if name in parts]
    wanted: set[str] = set()
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [used for used in parts[name].uses if used in parts]
    return frozenset(wanted)


def helper_source(names: Iterable[str], *, moments: bool = True) -> tuple[str, list[str]]:
    """The source of helpers and of all that they use, in the runtime's order; and the modules that it imports.

    Args:
        names: the helpers.
        moments: whether a text may have to be read as a date or a time.
    """
    parts = _runtime_parts()
    if not moments:
        parts = parts | {_READS_TEXT: _without_moments(parts[_READS_TEXT])}
    wanted = needed(names, parts)
    sources = [part.source for name, part in parts.items() if name in wanted]
    uses = {used for name in wanted for used in parts[name].uses}
    return "\n\n\n".join(sources), [module for module in STANDARD if module in uses]


def _without_moments(part: Part) -> Part:
    """What reads a text as a number, where none is a date or a time: it takes a third of all helpers to read these."""
    return part.changed(_READS_MOMENT, 'raise Error("#VALUE!")', "parse_moment")


def may_read_moments(book: Book, variables: Iterable[Variable], helpers: Collection[str]) -> bool:
    """Whether a formula may come upon a text that is a date or a time: saved, written in a formula, or made by one."""
    if any(
        name == "join" or HELPERS[name].__module__.endswith((".texts", ".formats"))
        for name in set(helpers) & set(HELPERS)
    ):
        return True
    return any(_is_moment(text) for variable in variables for text in _texts(book, variable))


def _is_moment(text: str) -> bool:
    """Whether a text reads as a number only because it is a date or a time."""
    for reads in (HELPERS["parse_number"], _plain_number()):
        try:
            reads(text)
        except (HELPERS["Error"], ArithmeticError, ValueError):
            return reads is not HELPERS["parse_number"]
    return False


@cache
def _plain_number() -> Callable[[str], float]:
    """What reads a text as a number, but no date and no time."""
    names: dict[str, Any] = dict(HELPERS)
    # The runtime's own source, as it is copied into scripts.
    exec(_without_moments(_runtime_parts()[_READS_TEXT]).source, names)  # noqa: S102
    found: Callable[[str], float] = names[_READS_TEXT]
    return found


def _texts(book: Book, variable: Variable) -> Iterator[str]:
    """The texts of a variable's cells as they were saved, and those that its formula holds."""
    yield from (node.value for node in walk(variable.tree) if isinstance(node, Text))
    if variable.kind != "num":
        top, left, bottom, right = variable.rectangle
        cells = book.sheets[variable.sheet].cells
        places = ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
        yield from (text for at in places if at in cells and isinstance(text := cells[at].value, str))
