"""The functions of a program → one script that runs with NumPy, or torch, alone."""

import ast
import inspect
import io
import json
import math
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from textwrap import TextWrapper, wrap
from typing import Any

import numpy as np
from ruff.__main__ import find_ruff_bin

from workbook.formula.address import range_address
from workbook.formula.grammar import Text
from workbook.resources import render
from workbook.transpile.back.code import deeply, number_text, unparse
from workbook.transpile.back.emit import emit
from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.back.passes import finished
from workbook.transpile.front.tree import walk
from workbook.transpile.middle.names import STANDARD, Named, give_names
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.variables import Variable
from workbook.transpile.runtime import HELPERS, MODULES
from workbook.transpile.targets import Target
from workbook.xlsx.read import Book, CellError, Value

LITERAL_CELLS = 200
"""Arrays of up to so many cells are written out; larger ones lie in a file beside the script."""
_LINE = 120
_FROM_STDIN = ("--target-version=py311", "--stdin-filename=script.py", "-")
_MOST_AREAS = 12
"""What a docstring lists."""
_SHORT_LINE = re.compile(r"""( +)(?:-?[0-9][0-9.e+-]*|math\.nan|\*?[^\W\d]\w*|\*|"[A-Z0-9:]+": "\w+"),""")
"""A number, a name, a range and its name: what ruff gives a line of its own where they don't all fit in one."""
_TOGETHER = ":\0"
_ALWAYS = ("saved", "addressed", "named")


@dataclass(frozen=True, slots=True)
class Script:
    """A script's source, and the bytes of the .npz that it reads (empty where it reads none)."""

    source: str
    arrays: dict[str, np.ndarray]


def write_script(
    book: Book, program: Program, target: Target, *, title: str, beside: str, rolled: bool
) -> tuple[Script, Emitted]:
    """The script of a program.

    Args:
        book: the workbook, whose words name the arrays.
        program: its program.
        target: the language.
        title: what the workbook is called.
        beside: the name of the file that holds its large inputs.
        rolled: whether statements that repeat are to be loops.

    Returns:
        The script, not yet `formatted`, and what was emitted: among that what could not be.
    """
    # What helpers a script needs is known once it is written; the names of all others are free for arrays.
    with deeply():
        named = give_names(book, program)
        first = emit(program, named, target)
        held = needed(_called(first))
        if _makes_way(named, frozenset(HELPERS) - held):
            again = give_names(book, program, held)
            first = first if again == named else emit(program, again, target)
        emitted = finished(first, target, rolled=rolled)
    arrays: dict[str, np.ndarray] = {}
    inputs = _inputs(emitted, target, arrays)
    called = [*_called(emitted), *(["Error"] if any(map(_holds_error, emitted.inputs)) else [])]
    variables = [*program.inputs, *(v for group in emitted.groups for v in group.variables)]
    helpers, imports = helper_source(called, moments=may_read_moments(book, variables, frozenset(called)))
    if program.from_1904:
        helpers = helpers.replace("datetime.datetime(1899, 12, 30)", "datetime.datetime(1904, 1, 1)")
    shown = {function.name: _function(function) for function in reversed(emitted.functions)}
    functions = "\n\n\n".join(reversed(shown.values()))
    source = render(
        "transpiled.py.j2",
        docstring=_docstring(program, title, target),
        imports=_imports(target, imports, inputs + functions + helpers, stores=bool(arrays)),
        target=target.name,
        beside=repr(beside) if arrays else "",
        helpers=helpers,
        inputs=inputs,
        functions=functions,
        calls=list(_calls(emitted.functions, emitted.sheets)),
        cells=_cells(emitted),
        description=f"What {plain(title)} computes.",
    )
    return Script(source, arrays), emitted


def _makes_way(named: Named, helpers: Collection[str]) -> bool:
    """Whether a name stands back behind that of one of some helpers, which a script does not need after all."""
    names = (*named.sheets.values(), *named.variables.values())
    return any("_" in name and name.rstrip("0123456789").rstrip("_") in helpers for name in names)


def formatted(source: str) -> str:
    """The source as ruff formats it, but with as many numbers, names or addresses of a list to a line as fit.

    What is no Python, or too deep for ruff, stays as it is: running it says what is wrong.
    """
    # Nothing of the folder that we stand in decides the layout.
    command = [find_ruff_bin(), "format", "--isolated", "--no-cache", f"--line-length={_LINE}", *_FROM_STDIN]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)  # noqa: S603 - text, not run
    laid_out = (done.stdout.decode() if done.returncode == 0 else source).splitlines()
    filled: list[str] = []
    for indent, group in groupby(laid_out, key=_indent_of_short):
        if indent is None:
            filled += group
        else:
            # A range and its name stay together.
            short = " ".join(line.strip().replace(": ", _TOGETHER) for line in group)
            # What is nested deeper than a line is long has lines of single words, which stay whole.
            wide = max(_LINE, len(indent) + 1)
            layout = TextWrapper(wide, indent, indent, break_long_words=False, break_on_hyphens=False)
            lines = layout.wrap(short)
            filled += [line.replace(_TOGETHER, ": ") for line in lines]
    return "\n".join(filled) + "\n"


def _indent_of_short(line: str) -> str | None:
    """What stands before a number or a name that has a line for itself; None for any other line."""
    found = _SHORT_LINE.fullmatch(line)
    return found[1] if found else None


def plain(text: str) -> str:
    """A text that can stand in a string or a comment: nothing in it ends either."""
    return re.sub(r"[^\w .,:;!?()\[\]+*/=<>-]", "_", text, flags=re.UNICODE).replace("\\", "_")[:80]


def _docstring(program: Program, title: str, target: Target) -> str:
    lines = [f'"""{plain(title)}, as {"NumPy" if target.name == "numpy" else "PyTorch"}: made by `gradbook code`.', ""]
    lines += ["Each function computes the formulas of a sheet; its arrays are named after the sheet's headings."]
    for region, why in program.refused:
        lines.append(f"Not here: {plain(region.sheet)}!{region.address}, which {plain(why)}.")
    return "\n".join([*lines, '"""'])


def _imports(target: Target, modules: Iterable[str], source: str, *, stores: bool) -> list[str]:
    found = set(modules) | ({"math"} if "math." in source else set())
    if stores and target.name == "torch":
        found |= {"re", "zipfile"}
    lines = [f"import {name}" for name in sorted(found)]
    if stores:
        lines.append("from pathlib import Path")
    lines += ["from types import SimpleNamespace", "", f"import {'numpy as np' if target.name == 'numpy' else 'torch'}"]
    if "sliding_window_view(" in source:
        lines.append("from numpy.lib.stride_tricks import sliding_window_view")
    if "F.embedding(" in source:
        lines.append("import torch.nn.functional as F")
    return lines


# Helpers


@cache
def _runtime_parts() -> dict[str, tuple[str, frozenset[str]]]:
    """Every top-level name of the runtime: its source, and the names that this uses."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for module in MODULES:
        found |= _parts(inspect.getsource(module))
    return found


def _parts(source: str) -> dict[str, tuple[str, frozenset[str]]]:
    lines = source.splitlines()
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            name = node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            start, name = node.lineno, node.targets[0].id
        else:
            continue
        found[name] = "\n".join(lines[start - 1 : node.end_lineno]), _used(node) - {name}
    return found


def _used(node: ast.stmt) -> frozenset[str]:
    """The names that a definition takes from outside: not its parameters, nor what it sets itself."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    own = {n.id for n in names if isinstance(n.ctx, ast.Store)} | {
        n.arg for n in ast.walk(node) if isinstance(n, ast.arg)
    }
    return frozenset(n.id for n in names) - own


def _called(emitted: Emitted) -> list[str]:
    """The helpers that a script calls."""
    return [*emitted.helpers, *_ALWAYS]


def needed(names: Iterable[str], parts: Mapping[str, tuple[str, frozenset[str]]] | None = None) -> frozenset[str]:
    """The helpers among the names, and all that they use; `parts`: of these, else of all of the runtime."""
    parts = _runtime_parts() if parts is None else parts
    queue = [name for name in names if name in parts]
    wanted: set[str] = set()
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [used for used in parts[name][1] if used in parts]
    return frozenset(wanted)


def helper_source(names: Iterable[str], *, moments: bool = True) -> tuple[str, list[str]]:
    """The source of helpers and of all that they use, in the runtime's order; and the modules that it imports.

    Args:
        names: the helpers.
        moments: whether a text may have to be read as a date or a time.
    """
    parts = _runtime_parts()
    if not moments:
        parts = parts | {_READS_TEXT: _without_moments(*parts[_READS_TEXT])}
    wanted = needed(names, parts)
    sources = [source for name, (source, _) in parts.items() if name in wanted]
    uses = {used for name in wanted for used in parts[name][1]}
    return "\n\n\n".join(sources), [module for module in STANDARD if module in uses]


_READS_TEXT, _READS_MOMENT = "parse_number", "return parse_moment(plain)"


def _without_moments(source: str, used: frozenset[str]) -> tuple[str, frozenset[str]]:
    """What reads a text as a number, where none is a date or a time: it takes a third of all helpers to read these."""
    assert _READS_MOMENT in source
    return source.replace(_READS_MOMENT, 'raise Error("#VALUE!")'), used - {"parse_moment"}


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
    exec(_without_moments(*_runtime_parts()[_READS_TEXT])[0], names)  # noqa: S102
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


# Inputs


def _inputs(emitted: Emitted, target: Target, arrays: dict[str, np.ndarray]) -> str:
    lines = ["def inputs():", '    """The inputs of every sheet, by name."""', "    return {"]
    for title, name in emitted.sheets.items():
        lines.append(f"        {name!r}: {{")
        for variable in emitted.inputs:
            if variable.sheet == title:
                own = emitted.name(variable)
                text = _input(variable, f"{name}.{own}", target, arrays)
                lines.append(f"            {own!r}: {text},  # {variable.address}")
        lines.append("        },")
    return "\n".join([*lines, "    }"])


def _holds_error(variable: Variable) -> bool:
    return any(isinstance(value, CellError) for line in variable.values or () for value in line)


def _input(variable: Variable, key: str, target: Target, arrays: dict[str, np.ndarray]) -> str:
    values = variable.values
    assert values is not None
    is_array = variable.kind in ("num", "bool", "gaps")
    count = variable.height * variable.width
    is_large = count > LITERAL_CELLS and not _holds_error(variable)
    if is_large and is_array:
        is_bool = variable.kind == "bool"
        numbers = [[math.nan if v is None or v == "" else v for v in line] for line in values]
        shaped = np.array(numbers, dtype=bool if is_bool else float)
        arrays[key] = shaped if variable.rank > 1 else shaped.ravel()
        if target.name == "numpy":
            return f"ARRAYS[{key!r}]"
        return f"stored({key!r})" + (".bool()" if is_bool else "")
    if is_large:
        plain = values if variable.rank > 1 else [v for line in values for v in line]
        arrays[key] = np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)
        return f"words({key!r})"
    if variable.rank == 0:
        text = _literal(values[0][0])
        return target.words["number"].format(text) if variable.kind == "num" else text
    literal = {"gaps": _literal_or_gap, "num": _number}.get(variable.kind, _literal)
    if variable.rank == 1:
        text = f"[{', '.join(literal(v) for line in values for v in line)}]"
    else:
        text = "[" + ", ".join(f"[{', '.join(map(literal, line))}]" for line in values) + "]"
    if not is_array:
        return text
    if target.name == "numpy" and variable.kind != "bool":
        return f"np.array({text}, dtype=float)"
    return target.words["array"].format(text)


def _literal_or_gap(value: Value | None) -> str:
    return number_text(value) if isinstance(value, float) else "math.nan"


def _number(value: Value | None) -> str:
    assert isinstance(value, float)
    return number_text(value)


def _literal(value: Value | None) -> str:
    if isinstance(value, CellError):
        return f"Error({value.code!r})"
    if isinstance(value, float) and not isinstance(value, bool):
        text = number_text(value)
        return text if re.search("[.e]", text) else f"{text}.0"
    return repr(value)


# Functions


def _function(function: SheetFunction) -> str:
    parameters = [*function.others, *function.parameters, *(["*", *function.inputs] if function.inputs else [])]
    said = "; ".join(f"Sheet {plain(sheet)!r}: {_areas(function.of(sheet))}" for sheet in function.sheets)
    if function.twins:
        titles = ", ".join(repr(plain(title)) for title in function.twins[:_MOST_AREAS])
        more = len(function.twins) - _MOST_AREAS
        said = f"Sheets {titles}{f' and {more} more' if more > 0 else ''}, as the first: {_areas(function.computed)}"
    lines = [
        f"def {function.name}({', '.join(parameters)}):",
        *_quoted(f"{said}."),
        *_lines(function.body),
    ]
    return "\n".join([*lines, f"    return {', '.join(_result(function, name) for name in function.own)}"])


def _result(function: SheetFunction, own: str) -> str:
    """A sheet as its function gives it back: what it had before, and all that the function has named."""
    return f"SimpleNamespace(**{f'vars({own}) | ' if own in function.others else ''}locals())"


def _lines(body: Sequence[ast.stmt]) -> list[str]:
    """The source of statements within a function."""
    return [f"    {line}" for line in unparse(ast.Module(list(body), [])).splitlines()]


def _areas(computed: Sequence[Variable]) -> str:
    addresses = [variable.address for variable in computed]
    more = len(addresses) - _MOST_AREAS
    return ", ".join(addresses[:_MOST_AREAS]) + (f" and {more} more" if more > 0 else "")


def _quoted(text: str) -> list[str]:
    """A docstring within a function: one line, or where it is longer several."""
    lines = wrap(text, _LINE - 8, break_long_words=False, break_on_hyphens=False)
    shown = [f'"""{lines[0]}"""'] if len(lines) == 1 else [f'"""{lines[0]}', *lines[1:], '"""']
    return [f"    {line}" for line in shown]


def _calls(functions: Sequence[SheetFunction], sheets: Mapping[str, str]) -> Iterator[str]:
    """The statements that call the functions and keep what each gives back, as the sheets that later ones read."""
    made: set[str] = set()
    for function in functions:
        others = [*function.others, *(argument.partition(".")[0] for argument in function.arguments)]
        for name in dict.fromkeys(others):
            if name not in made:
                yield f'book.{name} = SimpleNamespace(**inputs["{name}"])'
        takes = [f"book.{other}" for other in (*function.others, *function.arguments)]
        takes += [f'**inputs["{name}"]' for name in function.own if function.inputs]
        yield f"{', '.join(f'book.{name}' for name in function.own)} = {function.name}({', '.join(takes)})"
        made |= {*others, *function.own}
    for name in sheets.values():
        if name not in made:
            yield f'book.{name} = SimpleNamespace(**inputs["{name}"])'


def _cells(emitted: Emitted) -> str:
    found: dict[str, tuple[str, dict[str, str]]] = {}
    loops = [group for group in emitted.groups if group.loop is not None]
    for variable in (v for function in emitted.functions for v in function.computed):
        address, name = _formula_cells(variable, emitted.name(variable), loops)
        found.setdefault(variable.sheet, (emitted.sheets[variable.sheet], {}))[1][address] = name
    return repr(found)


def _formula_cells(variable: Variable, name: str, loops: Sequence[Group]) -> tuple[str, str]:
    """The range of a variable's formulas, and the name of these: of a loop's array what is not given."""
    for group in loops:
        for track in group.loop.tracks:
            ends = (track.segments[0], track.segments[-1])
            before, after = (0 if s.given is None else s.stop - s.start for s in ends)
            if track.variable is variable and before + after:
                down, across = (before, 0) if group.loop.axis == 0 else (0, before)
                height, width = variable.height, variable.width
                size = (height - before - after, width) if group.loop.axis == 0 else (height, width - before - after)
                last = f"-{after}" if after else ""
                area = range_address(variable.row + down, variable.column + across, *size)
                return area, f"{name}[{before}:{last}]"
    return variable.address, name + ("~" if variable.kind == "gaps" else "")


def npz(script: Script) -> bytes:
    """The bytes of the .npz that a script reads; the same for the same arrays."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = dict(script.arrays)
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()
