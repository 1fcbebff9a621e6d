"""A script made again where it fails: what does not run, or differs from the saved values, is written in a safer way.

The plain form of a formula rests on what its cells held when the workbook was saved: numbers stay numbers, nothing is
divided by zero. Where running the script shows that this does not hold, the formula is written with Excel's own
operators; what fails even so keeps its saved values, and is named.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbook.formula.address import cell_position
from workbook.formula.grammar import Call
from workbook.formula.rectangle import Rectangle
from workbook.transpile.back import check
from workbook.transpile.back.emitted import Emitted
from workbook.transpile.back.origins import SourceMap, source_map, stopped_at
from workbook.transpile.back.script import Script, formatted, npz, plain, write_script
from workbook.transpile.front.scan import Scanner
from workbook.transpile.front.tree import walk
from workbook.transpile.middle.names import Headings
from workbook.transpile.middle.program import Program
from workbook.transpile.middle.variables import Variable, hits, hulls
from workbook.transpile.targets import Target
from workbook.xlsx.aside import Aside
from workbook.xlsx.files import scratch
from workbook.xlsx.read import Book

_ROUNDS = 12
_LONG = 500_000
"""The characters of a script that is formatted while it runs."""
_FEW = 12
_PATIENCE = 4
"""After so many single statements that stop a script, all of a function is written in the safer way."""
_FRAME = re.compile(r'File "[^"]*script\.py", line (\d+), in (\w+)')
_NUMBER = re.compile(r"[0-9][0-9.]*")
_OWN_SEARCH = "is what Excel's own search for parameters finds, which is not published"
Place = tuple[str, Rectangle]


@dataclass(frozen=True, slots=True)
class Proven:
    """A script, and the program that it was made of, which names what could not be written.

    Attributes:
        script: the script.
        program: the program.
        comparison: its cells against those that the workbook was saved with; None where it does not run.
        unsure: what is written in the safer way.
        emitted: what the script is made of.
        areas: the arrays that it computes.
    """

    script: Script
    program: Program
    comparison: check.Comparison | None
    unsure: frozenset[Place]
    emitted: Emitted
    areas: tuple[Place, ...]

    @property
    def lines(self) -> SourceMap:
        """Which of the script's lines compute which cells."""
        return source_map(self.script.source, self.emitted)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """What is known to be wrong with a workbook's plain script.

    Attributes:
        unsure: the rectangles that are to be written in the safer way.
        refused: those that keep their saved values, and why.
        rolled: whether statements that repeat may be loops.
        stopped: the shapes of the formulas that have stopped a script.
    """

    unsure: frozenset[Place]
    refused: Mapping[Place, str]
    rolled: bool = True
    stopped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Trial:
    """A script that was made in spite of some doubts, and what running it has shown.

    Attributes:
        program: the program.
        script: the script.
        emitted: what it is made of.
        crashed: what it stops at.
        differing: what it computes otherwise than the workbook.
        circles: what does go round in a circle, and the circle.
        comparison: its cells against the saved ones; None where it does not run, or was not run.
    """

    program: Program
    script: Script
    emitted: Emitted
    crashed: tuple[Variable, ...] = ()
    differing: tuple[Variable, ...] = ()
    circles: tuple[tuple[Variable, str], ...] = ()
    comparison: check.Comparison | None = None


def prove(
    book: Book,
    make: Callable[[frozenset[Place], Mapping[Place, str]], Program],
    target: Target,
    *,
    sheets: tuple[str, ...] | None,
    title: str,
    beside: str,
    words: Mapping[str, Headings],
    unsure: frozenset[Place] = frozenset(),
    upheld: Callable[[check.Comparison, Mapping[str, Any]], check.Comparison] = lambda compared, _: compared,
) -> Proven:
    """The script of a workbook, run and mended until it runs and agrees, or nothing is left to mend.

    Args:
        book: the workbook, with the values that the script's are compared with.
        make: gives its program, from what of it is unsure, and what is refused and why: see `make_program`.
        target: the language.
        sheets: the titles of the sheets wanted; None for all.
        title: what the workbook is called.
        beside: the name of the file that holds the script's large inputs.
        words: the words of its sheets.
        unsure: what is to be written in the safer way from the first.
        upheld: gives a comparison without what other programs have as the script has it, from that and from what the
            script dumped, where the workbook's values are those of a program that may be wrong.
    """
    doubts = _Doubts(unsure, {})
    compared: check.Comparison | None = None
    for tried in range(_ROUNDS):
        program = make(doubts.unsure, doubts.refused)
        script, emitted = write_script(
            book, program, target, title=title, beside=beside, rolled=doubts.rolled, words=words
        )
        trial = _Trial(program, script, emitted)
        with Aside(formatted, script.source, at_once=len(script.source) > _LONG, gives_way=True) as layout:
            if not emitted.refused:
                trial = _run(book, trial, sheets, beside, upheld)
                compared = trial.comparison
            before, doubts = doubts, _after(doubts, trial, patient=tried < _PATIENCE)
            if doubts == before or tried == _ROUNDS - 1:
                source = _with_differences(script.source, compared)
                script = replace(script, source=layout.result() if source == script.source else formatted(source))
                break
    areas = tuple(_place(v) for group in trial.emitted.groups for v in group.variables)
    return Proven(script, trial.program, compared, doubts.unsure, trial.emitted, areas)


def _after(doubts: _Doubts, trial: _Trial, *, patient: bool) -> _Doubts:
    """The doubts after a trial: the same where nothing is left to mend.

    Args:
        doubts: those before it.
        trial: the trial.
        patient: whether what stops a script is mended statement by statement, and not all of a function at once.
    """
    emitted, crashed = trial.emitted, trial.crashed
    refused = {_place(v): why for v, why in emitted.refused} | dict(doubts.refused)
    if emitted.refused:
        return replace(doubts, refused=refused)
    if doubts.rolled and any("[" in emitted.name(variable) for variable in (*crashed, *trial.differing)):
        # Perhaps what repeats is no loop after all: first without.
        return replace(doubts, rolled=False)
    refused |= {_place(v): why for v, why in trial.circles}
    # What stops though it is written in the safer way may owe it to an error that comes to it as a number.
    stopped = [v for v in crashed if _place(v) in doubts.unsure]
    read = _read(stopped, emitted)
    if len(stopped) == len(crashed) and all(_place(v) in doubts.unsure for v in read):
        refused |= {_place(v): "does not run" for v in crashed}
    # What has stopped a script twice is no accident of one cell: a file may have thousands of its kind.
    shapes = frozenset(map(_shape, crashed))
    again = shapes & doubts.stopped
    crashed += tuple(v for f in emitted.functions for v in f.computed if again and _shape(v) in again)
    if not patient:
        crashed = tuple(v for f in emitted.functions if set(f.computed) & set(crashed) for v in f.computed)
    # What differs though it is written so may owe it to rounding in what it reads.
    written = [v for v in trial.differing if _place(v) in doubts.unsure]
    refused |= {_place(v): _OWN_SEARCH for v in written if _depends_on_a_search(v)}
    read += _read(written, emitted)
    unsure = doubts.unsure | {_place(v) for v in (*crashed, *trial.differing, *read)}
    return replace(doubts, refused=refused, unsure=unsure, stopped=doubts.stopped | shapes)


def _shape(variable: Variable) -> str:
    """A variable's formula without the cells and the numbers in it."""
    if variable.region is None:
        return ""
    return _NUMBER.sub("", variable.region.skeleton or Scanner().scan(variable.region.formula)[0])


def _read(variables: Iterable[Variable], emitted: Emitted) -> list[Variable]:
    """The formulas that some formulas read."""
    return [r for v in variables for place in hulls(v) for r in emitted.map.within(*place) if r.tree is not None]


def _depends_on_a_search(variable: Variable) -> bool:
    """Whether a formula uses a function that looks for its parameters in a way which only Excel knows."""
    found = walk(variable.tree)
    return any(isinstance(node, Call) and node.function.startswith("FORECAST.ETS") for node in found)


def _with_differences(source: str, compared: check.Comparison | None) -> str:
    """The source, the cells in which it differs from the workbook named in its docstring."""
    if compared is None or not compared.differences:
        return source
    cells = [difference.cell for difference in compared.differences]
    more = f" and {len(cells) - _FEW} more" if len(cells) > _FEW else ""
    head, end, rest = source.partition('\n"""\n')
    return f"{head}\nNot as the workbook has them: {', '.join(map(plain, cells[:_FEW]))}{more}.{end}{rest}"


def _place(variable: Variable) -> Place:
    return variable.sheet, variable.rectangle


def _run(
    book: Book,
    trial: _Trial,
    sheets: tuple[str, ...] | None,
    beside: str,
    upheld: Callable[[check.Comparison, Mapping[str, Any]], check.Comparison],
) -> _Trial:
    """The trial with what running its script shows; in what other programs uphold it does not differ."""
    script, emitted, program = trial.script, trial.emitted, trial.program
    with scratch() as folder:
        path = folder / "script.py"
        path.write_text(script.source, encoding="utf-8")
        if script.arrays:
            (folder / beside).write_bytes(npz(script))
        try:
            found = check.run(path)
        except check.CheckError as error:
            circles = _circles(script.source, error.trace, emitted)
            lines = [int(line) for line, _ in _FRAME.findall(error.trace)]
            crashed = [] if circles else stopped_at(script.source, emitted, lines)
            return replace(trial, crashed=tuple(crashed), circles=tuple(circles))
    computed = [v for function in emitted.functions for v in function.computed]
    areas = list(map(_place, computed))
    compared = check.compare(book, found, areas=areas, skip=program.volatile, sheets=sheets, settling=program.settling)
    if compared.differences:
        compared = upheld(compared, found)
    places: dict[str, list[tuple[int, int]]] = {}
    for cell in {difference.cell for difference in compared.differences}:
        sheet, _, address = cell.rpartition("!")
        places.setdefault(sheet, []).append(cell_position(address))
    wanted = {sheet: np.array([(*place, *place) for place in found]) for sheet, found in places.items()}
    differing = tuple(v for v in computed if v.sheet in wanted and hits(wanted[v.sheet], v.rectangle).any())
    return replace(trial, differing=differing, comparison=compared)


def _circles(source: str, trace: str, emitted: Emitted) -> list[tuple[Variable, str]]:
    """The formulas that a script stopped at because they do go round in a circle, each with the circle."""
    if "RecursionError: the cells go round" not in trace:
        return []
    lines = {int(line) for line, _ in _FRAME.findall(trace)}
    called = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Expr) and n.lineno in lines]
    names = {n.id for statement in called for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return [(v, knot.why) for knot in emitted.knots if knot.cell in names for v in knot.variables]
