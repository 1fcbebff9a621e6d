"""Where the lines of a script come from: its arrays, their ranges on the sheets, and the lines that compute them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import dedent

from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.code import origin_of
from workbook.transpile.back.emitted import Emitted
from workbook.transpile.back.syntax import names_in
from workbook.transpile.middle.variables import Variable

Lines = tuple[int, int]
"""The first and the last line of a statement, from 1."""
_INSIDE = ("", " ", ")", "]", "}")
"""How a line begins, after its indent, that goes on with the statement before it."""
Part = tuple[int, list[str]]
"""Lines of a script, and the number of the first of them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """An array of a script.

    Attributes:
        sheet: the title of its sheet.
        rectangle: the cells that it is there: first row, first column, last row, last column, from 1.
        name: what the script calls it, within the sheet.
        is_input: whether no formula computes it.
        lines: the statements that compute it, or for an input the entry that holds it.
    """

    sheet: str
    rectangle: Rectangle
    name: str
    is_input: bool
    lines: tuple[Lines, ...]


@dataclass(frozen=True)
class SourceMap:
    """Which lines of a script compute which cells, and the other way round."""

    origins: tuple[Origin, ...] = ()

    def lines_of(self, sheet: str, row: int, column: int) -> tuple[Lines, ...]:
        """The statements that compute a cell, or the entry that an input stands in; empty where the script has none."""
        found = [o for o in self.origins if o.sheet == sheet and _holds(o.rectangle, row, column)]
        # A loop may copy a row of inputs that its arrays start from: the input's own entry is what counts.
        return min(found, key=lambda o: not o.is_input).lines if found else ()

    def cells_of(self, line: int) -> tuple[tuple[str, Rectangle], ...]:
        """The ranges that a line computes or holds, each with its sheet."""
        return tuple(self._by_line.get(line, ()))

    @cached_property
    def _by_line(self) -> dict[int, list[tuple[str, Rectangle]]]:
        """What each line computes or holds, by its number, in the order of the origins."""
        found: dict[int, list[tuple[str, Rectangle]]] = {}
        for origin in self.origins:
            for line in sorted({line for first, last in origin.lines for line in range(first, last + 1)}):
                found.setdefault(line, []).append((origin.sheet, origin.rectangle))
        return found


def source_map(source: str, emitted: Emitted) -> SourceMap:
    """The map of a script.

    Args:
        source: the script as it is shown.
        emitted: what it is made of.
    """
    found = _functions(source)
    entries = dict(_entries(found["inputs"]))
    places = {id(v): (emitted.sheets[v.sheet], emitted.name(v)) for v in emitted.inputs}
    origins = [
        Origin(v.sheet, v.rectangle, emitted.name(v), True, (entries[places[id(v)]],))
        for v in emitted.inputs
        if places[id(v)] in entries
    ]
    for function in emitted.functions:
        lines: dict[int, list[Lines]] = {id(variable): [] for variable in function.computed}
        for made, shown in _paired(function.body, _body(found[function.name])):
            # A what-if table computes cells of other sheets again: these are not its function's.
            for variable in (v for v in origin_of(made) if id(v) in lines):
                lines[id(variable)].append(shown)
        origins += [
            Origin(v.sheet, v.own or v.rectangle, emitted.name(v), False, tuple(lines[id(v)]))
            for v in function.computed
        ]
    computing = {(origin.sheet, origin.name): origin.lines for origin in reversed(origins) if origin.lines}
    return SourceMap(tuple(replace(o, lines=o.lines or computing.get((o.sheet, o.name), ())) for o in origins))


def stopped_at(source: str, emitted: Emitted, lines: Sequence[int]) -> list[Variable]:
    """What the statement computes that a script stopped at.

    Args:
        source: the script.
        emitted: what it is made of.
        lines: the lines of the traceback, the innermost last.

    Returns:
        The arrays: those of the statement, or that it names; all of its function where it names none.
    """
    found = _functions(source)
    for function in emitted.functions:
        first, text = found[function.name]
        inside = [line for line in lines if first <= line < first + len(text)]
        if not inside:
            continue
        at = [
            made
            for made, shown in _paired(function.body, _body(found[function.name]))
            if shown[0] <= inside[-1] <= shown[1]
        ]
        computed = [variable for made in reversed(at) for variable in _origins(made)]
        twins = [other for other in emitted.functions if other.name == function.name]
        if len(twins) > 1:
            return [variable for twin in twins for variable in twin.computed]
        named = {name for made in at for name in names_in(made)}
        return (
            list(origin_of(at[-1]) if at else ())
            or list(dict.fromkeys(computed))
            or [variable for variable in function.computed if emitted.name(variable) in named]
            or list(function.computed)
        )
    return []


def _origins(statement: ast.stmt) -> list[Variable]:
    return [variable for node in ast.walk(statement) for variable in origin_of(node)]


def _functions(source: str) -> dict[str, Part]:
    """The functions at the top of a script, by name."""
    lines = source.splitlines()
    starts = [k for k, line in enumerate(lines) if line[:1] not in _INSIDE]
    ends = [*starts[1:], len(lines)]
    return {
        lines[start][4:].partition("(")[0]: (start + 1, lines[start:end])
        for start, end in zip(starts, ends, strict=True)
        if lines[start].startswith("def ")
    }


def _body(function: Part) -> Sequence[ast.stmt | Part]:
    """The statements of a sheet's function, between its docstring and its return.

    They are told by their indent, as they are laid out: to parse thousands of them takes a second and 200 MiB.
    """
    first, lines = function
    head = next(k for k, line in enumerate(lines) if line.endswith("):"))
    starts = [k for k, line in enumerate(lines) if k > head and line[:4] == "    " and line[4:5] not in _INSIDE]
    ends = [*starts[1:], len(lines)]
    # The docstring is one line, or it ends in a line of three quotes of its own.
    own = [(first + start, lines[start:end]) for start, end in zip(starts, ends, strict=True)]
    is_closed = lines[starts[0]].count('"""') == 2
    skipped = 1 if is_closed else next(k for k, (_, text) in enumerate(own) if k and '"""' in text[0]) + 1
    return own[skipped:-1]


def _paired(
    made: Sequence[ast.stmt], shown: Sequence[ast.stmt | Part], before: int = 0
) -> Iterator[tuple[ast.stmt, Lines]]:
    """Each statement and the lines of the same one as it is laid out, those of loops and functions after their own."""
    for one, other in zip(made, shown, strict=True):
        is_compound = isinstance(one, ast.For | ast.FunctionDef)
        if isinstance(other, ast.stmt):
            first, last = _lines(other)
            yield one, (before + first, before + last)
        else:
            start, text = other
            while not text[-1].strip():
                text = text[:-1]
            yield one, (start, start + len(text) - 1)
            if is_compound:
                (other,) = ast.parse(dedent("\n".join(text))).body
                before = start - 1
        if isinstance(one, ast.For | ast.FunctionDef) and isinstance(other, ast.For | ast.FunctionDef):
            yield from _paired(one.body, other.body, before)


def _entries(function: Part) -> Iterator[tuple[tuple[str, str], Lines]]:
    """The entries of what `inputs` returns: a sheet's name and an array's → the lines."""
    start, lines = function
    (defined,) = ast.parse("\n".join(lines)).body
    assert isinstance(defined, ast.FunctionDef)
    outer = defined.body[-1]
    assert isinstance(outer, ast.Return)
    assert isinstance(outer.value, ast.Dict)
    for sheet, held in zip(outer.value.keys, outer.value.values, strict=True):
        assert isinstance(held, ast.Dict)
        for name, value in zip(held.keys, held.values, strict=True):
            assert isinstance(sheet, ast.Constant)
            assert isinstance(name, ast.Constant)
            last = value.end_lineno or name.lineno
            yield (str(sheet.value), str(name.value)), (start - 1 + name.lineno, start - 1 + last)


def _lines(node: ast.AST) -> Lines:
    assert isinstance(node, ast.stmt)
    return node.lineno, node.end_lineno or node.lineno


def _holds(area: Rectangle, row: int, column: int) -> bool:
    return area[0] <= row <= area[2] and area[1] <= column <= area[3]
