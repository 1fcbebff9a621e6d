"""A script made again where it fails: what does not run, or differs from the saved values, is written in a safer way.

The plain form of a formula rests on what its cells held when the workbook was saved: numbers stay numbers, nothing is
divided by zero. Where running the script shows that this does not hold, the formula is written with Excel's own
operators; what fails even so keeps its saved values, and is named.
"""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbook.check.recalc.session import Results
from workbook.formula.address import cell_position
from workbook.transpile.back import check
from workbook.transpile.back.emit import Emitted
from workbook.transpile.back.evaluate import Saved
from workbook.transpile.back.origins import SourceMap, source_map, stopped_at
from workbook.transpile.back.script import Script, formatted, npz, plain, write_script
from workbook.transpile.front.regions import Joins, Rectangle, Region
from workbook.transpile.middle.program import Program, make_program
from workbook.transpile.middle.variables import Variable, hits, hulls
from workbook.transpile.targets import Target
from workbook.xlsx.files import scratch
from workbook.xlsx.read import Book

_ROUNDS = 12
_FEW = 12
_PATIENCE = 4
"""After so many single statements that stop a script, all of a function is written in the safer way."""
_FRAME = re.compile(r'File "[^"]*script\.py", line (\d+), in (\w+)')
Place = tuple[str, Rectangle]


@dataclass(frozen=True, slots=True)
class Proven:
    """A script, and the program that it was made of, which names what could not be written.

    Attributes:
        script: the script.
        program: the program.
        comparison: its cells against those that the workbook was saved with; None where it does not run.
        unsure: what is written in the safer way.
        lines: which of the script's lines compute which cells.
    """

    script: Script
    program: Program
    comparison: check.Comparison | None
    unsure: frozenset[Place]
    lines: SourceMap


def prove(
    book: Book,
    joins: Joins,
    regions: Sequence[Region],
    target: Target,
    *,
    sheets: tuple[str, ...] | None,
    title: str,
    beside: str,
    unsure: frozenset[Place] = frozenset(),
    another: Callable[[], Results | None] = lambda: None,
) -> Proven:
    """The script of a workbook, run and mended until it runs and agrees, or nothing is left to mend."""
    saved, safer = Saved(book).each, set(unsure)
    compared: check.Comparison | None = None
    refuse: dict[Place, str] = {}
    rolled = True
    for tried in range(_ROUNDS):
        program = make_program(book, joins, regions, sheets, saved=saved, unsure=frozenset(safer), refuse=refuse)
        script, emitted = write_script(book, program, target, title=title, beside=beside, rolled=rolled)
        known = len(safer) + len(refuse)
        for variable, why in emitted.refused:
            refuse.setdefault((variable.sheet, variable.rectangle), why)
        if not emitted.refused:
            crashed, differing, compared = _culprits(book, program, emitted, script, sheets, beside)
            if rolled and any("[" in variable.name for variable in (*crashed, *differing)):
                # Perhaps what repeats is no loop after all: first without.
                rolled = False
                continue
            refuse |= {_place(v): why for v, why in emitted.refused}
            if all(_place(v) in safer for v in crashed):
                refuse |= {_place(v): "does not run" for v in crashed}
            if tried >= _PATIENCE:
                crashed = [v for f in emitted.functions if set(f.computed) & set(crashed) for v in f.computed]
            # What differs though it is written so may owe it to rounding in what it reads.
            read = [
                r for v in differing if _place(v) in safer for place in hulls(v) for r in program.map.within(*place)
            ]
            safer |= {_place(v) for v in (*crashed, *differing, *(v for v in read if v.tree is not None))}
        if known == len(safer) + len(refuse):
            break
    if compared is not None and compared.differences:
        compared = compared.with_another(another() or {})
    script = replace(script, source=formatted(_with_differences(script.source, compared)))
    lines = source_map(script.source, emitted.functions, emitted.inputs, emitted.sheets)
    return Proven(script, program, compared, frozenset(safer), lines)


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


def _culprits(
    book: Book, program: Program, emitted: Emitted, script: Script, sheets: tuple[str, ...] | None, beside: str
) -> tuple[list[Variable], list[Variable], check.Comparison | None]:
    """What the script stops at, what it computes otherwise than the workbook, and the comparison."""
    with scratch() as folder:
        path = folder / "script.py"
        path.write_text(script.source, encoding="utf-8")
        if script.arrays:
            (folder / beside).write_bytes(npz(script))
        try:
            found = check.run(path)
        except check.CheckError as error:
            circles = _circles(script.source, error.trace, emitted)
            emitted.refused += circles
            lines = [int(line) for line, _ in _FRAME.findall(error.trace)]
            return [] if circles else stopped_at(script.source, emitted.functions, lines), [], None
    areas = [_place(v) for function in emitted.functions for v in function.computed]
    compared = check.compare(book, found, areas=areas, skip=program.volatile, sheets=sheets, settling=program.settling)
    by_cell = {difference.cell for difference in compared.differences}
    if not by_cell:
        return [], [], compared
    places: dict[str, list[tuple[int, int]]] = {}
    for cell in by_cell:
        sheet, _, address = cell.rpartition("!")
        places.setdefault(sheet, []).append(cell_position(address))
    wanted = {sheet: np.array([(*place, *place) for place in found]) for sheet, found in places.items()}
    computed = [v for function in emitted.functions for v in function.computed if v.sheet in wanted]
    return [], [v for v in computed if hits(wanted[v.sheet], v.rectangle).any()], compared


def _circles(source: str, trace: str, emitted: Emitted) -> list[tuple[Variable, str]]:
    """The formulas that a script stopped at because they do go round in a circle, each with the circle."""
    if "RecursionError: the cells go round" not in trace:
        return []
    lines = {int(line) for line, _ in _FRAME.findall(trace)}
    called = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Expr) and n.lineno in lines]
    names = {n.id for statement in called for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return [(v, knot.why) for knot in emitted.knots if knot.cell in names for v in knot.variables]
