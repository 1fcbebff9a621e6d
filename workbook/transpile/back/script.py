"""The functions of a program → one script that runs with NumPy, or torch, alone."""

import io
import itertools
import json
import math
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import TextWrapper, wrap
from typing import Any

import numpy as np
from ruff.__main__ import find_ruff_bin

from workbook.formula.address import range_address
from workbook.resources import render
from workbook.transpile.back.code import number_text
from workbook.transpile.back.emit import emit
from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.back.forks import pieces_of
from workbook.transpile.back.helpers import helper_source, may_read_moments, needed
from workbook.transpile.back.passes import finished, text_of
from workbook.transpile.back.syntax import deeply
from workbook.transpile.middle.names import Headings, Named, give_names, headings
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.variables import Variable
from workbook.transpile.runtime import HELPERS
from workbook.transpile.targets import Target
from workbook.xlsx.aside import Aside
from workbook.xlsx.read import Book, CellError, Value

LITERAL_CELLS = 200
"""Arrays of up to so many cells are written out; larger ones lie in a file beside the script."""
_STATEMENTS_WORTH_A_FORK = 2_000
"""Fewer are formatted sooner than a fork hands over half of them."""
_LINE = 120
_FROM_STDIN = ("--target-version=py311", "--stdin-filename=script.py", "-")
_MOST_AREAS = 12
"""What a docstring lists."""
_SHORT_LINE = re.compile(r"""( +)(?:-?[0-9][0-9.e+-]*|math\.nan|\*?[^\W\d]\w*|\*|"[A-Z0-9:]+": "\w+"),""")
"""A number, a name, a range and its name: what ruff gives a line of its own where they don't all fit in one."""
_STOOD_BACK = re.compile(r"_(_[0-9]+)?$")
_TOGETHER = ":\0"
_ALWAYS = ("saved", "addressed", "named")


@dataclass(frozen=True, slots=True)
class Script:
    """A script's source, and the bytes of the .npz that it reads (empty where it reads none)."""

    source: str
    arrays: dict[str, np.ndarray]


def write_script(
    book: Book,
    program: Program,
    target: Target,
    *,
    title: str,
    beside: str,
    rolled: bool,
    words: Mapping[str, Headings] | None = None,
) -> tuple[Script, Emitted]:
    """The script of a program.

    Args:
        book: the workbook, whose words name the arrays.
        program: its program.
        target: the language.
        title: what the workbook is called.
        beside: the name of the file that holds its large inputs.
        rolled: whether statements that repeat are to be loops.
        words: the words of its sheets, where they have been gathered.

    Returns:
        The script, not yet `formatted`, and what was emitted: among that what could not be.
    """
    # What helpers a script needs is known once it is written; the names of all others are free for arrays.
    words = headings(book) if words is None else words
    with deeply():
        named = give_names(book, program, words)
        first = emit(program, named, target, rolled=rolled)
        held = needed(_called(first))
        if _makes_way(named, frozenset(HELPERS) - held):
            again = give_names(book, program, words, held)
            first = first if again == named else emit(program, again, target, rolled=rolled)
        emitted = finished(first, rolled=rolled)
    arrays: dict[str, np.ndarray] = {}
    inputs = _inputs(emitted, target, arrays)
    called = [*_called(emitted), *(["Error"] if any(map(_holds_error, emitted.inputs)) else [])]
    variables = [*program.inputs, *(v for group in emitted.groups for v in group.variables)]
    helpers, imports = helper_source(called, moments=may_read_moments(book, variables, frozenset(called)))
    if program.from_1904:
        helpers = helpers.replace("datetime.datetime(1899, 12, 30)", "datetime.datetime(1904, 1, 1)")
    # Sheets that are one function share its name, and its source is that of the first.
    own = {function.name: function for function in reversed(emitted.functions)}
    functions = "\n\n\n".join(_sources(list(reversed(own.values())), target))
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


def _called(emitted: Emitted) -> list[str]:
    """The helpers that a script calls."""
    return [*emitted.helpers, *_ALWAYS]


def _makes_way(named: Named, helpers: Collection[str]) -> bool:
    """Whether a name stands back behind that of one of some helpers, which a script does not need after all."""
    names = (*named.sheets.values(), *named.variables.values())
    return any("_" in name and _STOOD_BACK.sub("", name) in helpers for name in names)


def formatted(source: str) -> str:
    """The source as ruff formats it, but with as many numbers, names or addresses of a list to a line as fit.

    What is no Python, or too deep for ruff, stays as it is: running it says what is wrong.
    """
    laid_out = _laid_out(source).splitlines()
    filled: list[str] = []
    for indent, group in itertools.groupby(laid_out, key=_indent_of_short):
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


def _laid_out(source: str) -> str:
    """The source as ruff formats it; as it is where ruff can't."""
    # Nothing of the folder that we stand in decides the layout.
    command = [find_ruff_bin(), "format", "--isolated", "--no-cache", f"--line-length={_LINE}", *_FROM_STDIN]
    formatted_pieces: list[str] = []
    for piece in pieces_of(source):
        text = piece.lstrip("\n").encode()
        done = subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603 - text, not run
        if done.returncode:
            return source
        formatted_pieces.append(done.stdout.decode())
    return "\n\n".join(formatted_pieces)


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
    if "F.embedding(" in source or "F.pad(" in source:
        lines.append("import torch.nn.functional as F")
    return lines


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


def _sources(functions: Sequence[SheetFunction], target: Target) -> list[str]:
    """The sources of functions; those of the second half of many statements may be a second process's."""
    ends = list(itertools.accumulate(0 if function.text else len(function.body) for function in functions))
    middle = sum(end <= ends[-1] / 2 for end in ends)
    with Aside(
        _each_source, functions[middle:], target, at_once=bool(ends) and ends[-1] > _STATEMENTS_WORTH_A_FORK
    ) as others:
        return [*_each_source(functions[:middle], target), *others.result()]


def _each_source(functions: Sequence[SheetFunction], target: Target) -> list[str]:
    with deeply():
        return [_function(function, text_of(function, target)) for function in functions]


def _function(function: SheetFunction, text: str) -> str:
    """The source of a function, `text` its statements."""
    parameters = [*function.others, *function.parameters, *(["*", *function.inputs] if function.inputs else [])]
    said = "; ".join(f"Sheet {plain(sheet)!r}: {_areas(function.of(sheet))}" for sheet in function.sheets)
    if function.twins:
        titles = ", ".join(repr(plain(title)) for title in function.twins[:_MOST_AREAS])
        more = len(function.twins) - _MOST_AREAS
        said = f"Sheets {titles}{f' and {more} more' if more > 0 else ''}, as the first: {_areas(function.computed)}"
    lines = [
        f"def {function.name}({', '.join(parameters)}):",
        *_quoted(f"{said}."),
        *(f"    {line}" for line in text.splitlines()),
    ]
    return "\n".join([*lines, f"    return {', '.join(_result(function, name) for name in function.own)}"])


def _result(function: SheetFunction, own: str) -> str:
    """A sheet as its function gives it back: what it had before, and all that the function has named."""
    return f"SimpleNamespace(**{f'vars({own}) | ' if own in function.others else ''}locals())"


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
    return variable.address, name + (f"~{variable.gap or ''}" if variable.kind == "gaps" else "")


def npz(script: Script) -> bytes:
    """The bytes of the .npz that a script reads; the same for the same arrays."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = dict(script.arrays)
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()
