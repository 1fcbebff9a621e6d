"""Is every number in a workbook right? The file against its lesson: formulas parsed, values against both derivations.

The derivations are the reference's and the witness's. The plan is rebuilt from the inputs and switches *in the file*,
so an edited copy is verified against its own inputs; what its formulas should be comes from the lesson, never from the
file.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbook.check.checks import BlockCheck, Checks, Failure, SheetCheck
from workbook.check.displaced import displaced
from workbook.check.manifest import (
    Manifest,
    compare_origin,
    file_inputs,
    moved_inputs,
    own_inputs,
    read_manifest,
    rebuild,
)
from workbook.check.presented import presented
from workbook.check.recalc.session import MOST_BRACKETS, Engine, too_deep
from workbook.check.recalculated import compare_programs, compare_session, first_at_work, others_at_work
from workbook.check.shown import listed
from workbook.check.strangers import HARMLESS, foreign
from workbook.errors import FileError, FormulaError
from workbook.formula.address import cell_address
from workbook.formula.grammar import alike
from workbook.formula.parser import parse
from workbook.lesson.lesson import Array, Formula, Progress, Recorded
from workbook.plan import digests
from workbook.plan.excel import formula_rows
from workbook.plan.place import Place
from workbook.plan.plan import Plan, options
from workbook.xlsx.read import Book, Cell, read_workbook

__all__ = [
    "MOST_FAILURES",
    "BlockCheck",
    "Checks",
    "Failure",
    "SheetCheck",
    "WorkbookCheck",
    "compare",
    "compare_formulas",
    "compare_locked",
    "compare_session",
    "options",
    "verify",
]

MOST_FAILURES = 1000


@dataclass(frozen=True)
class DerivedCode:
    """A script derived from the sheets: how many formula cells it has, how many as saved, the largest error."""

    file: str
    cells: int
    equal: int
    max_error: float


@dataclass(frozen=True)
class WorkbookCheck:
    """What was found in one file.

    `build` is equal for files built from the same options, data and recorded runs; `module` is what a user's own module
    is called, empty for a lesson.
    """

    file: str
    lesson: str
    options: Mapping[str, object]
    ok: bool
    formula_cells: int
    checked_cells: int
    witnessed_cells: int
    max_error: float
    sheets: tuple[SheetCheck, ...]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    build: str = ""
    derived: Mapping[str, DerivedCode] | None = None
    quantities: Mapping[str, Any] | None = None
    module: str = ""

    @property
    def title(self) -> str:
        """What tables call it: the module or the lesson."""
        return self.module or self.lesson


def verify(
    path: Path,
    *,
    device: str | Callable[[], str],
    engines: Sequence[Engine],
    progress: Progress,
    handed_out: Path | None = None,
    book: Book | None = None,
) -> WorkbookCheck:
    """What is right and wrong in a workbook that gradbook made.

    Args:
        path: the file; it is only read.
        device: where the witness computes, as torch spells it; or what gives that, once the programs are at work, for
            it takes time to load torch.
        engines: the programs that recalculate; the first also tries every option of every drop-down, and other inputs.
        progress: hears of the work.
        handed_out: the workbook that the file is an edited copy of; one that was built otherwise fails.
        book: what is in the file, where it has been read.

    Raises:
        FileError: it, or what was handed out, is no workbook, or none of gradbook's.
    """
    notes: list[str] = []
    with ExitStack() as stack:
        # What it has of processes start while the file is read.
        session = stack.enter_context(engines[0].open(path)) if engines else None
        book = book or read_workbook(path)
        manifest = read_manifest(book, path)
        plan, unread = rebuild(book, manifest)
        checks = Checks(plan)
        if deep := too_deep(book):
            raise FileError(f"{path}: the formula of {deep} has more than {MOST_BRACKETS} brackets within each other")
        strange = foreign(book, plan)
        shown = presented(book, plan, manifest, path, strange, whole=not unread)
        reaches_out = any(failure.expected == HARMLESS for failure in shown.failures)
        opened = () if unread or reaches_out else engines
        waited = stack.enter_context(others_at_work(path, opened))
        if opened and session is not None:
            session.begin()
        formulas = compare_formulas(book, plan)
        # A formula of one's own in an input reads what it likes.
        is_planned = not formulas and not any(strange.get(layout.sheet.title) for layout in plan.layouts)
        own = {} if is_planned else own_inputs(book, plan)
        first = None
        if opened and session is not None:
            asked = first_at_work(checks, opened[0].name, session, own=own, is_planned=is_planned)
            first = stack.enter_context(asked)
        failures = [*unread, *formulas]
        if failures:
            failures = displaced(book, plan) + failures
        if handed_out is not None:
            others, moved = _origin(plan, manifest, handed_out)
            failures += others
            notes += [] if unread else moved
        if unread:
            notes.append("its inputs could not all be read, so no value was checked")
        else:
            failures += compare_locked(plan.values, plan)
            failures += checks.compare_saved(book)
        failures += shown.failures
        if reaches_out:
            notes.append("it was not opened in any program, because it could run something or reach outside")
        # Half a million cells are 130 MiB, which the programs that recalculate can use.
        del book
        if opened:
            where = device if isinstance(device, str) else device()
            failures += compare_programs(checks, first, waited, where, progress)
    sheets = checks.sheets({title: len(cells) for title, cells in strange.items()}, failures)
    notes += [*shown.notes(), *_of_failures(failures)]
    return _summed_up(path, plan, manifest, sheets, failures, notes, ok=not failures and bool(engines))


def _of_failures(failures: Sequence[Failure]) -> list[str]:
    """What is to be said of failures as a whole."""
    notes: list[str] = []
    if failures and all(failure.kind == "cached" for failure in failures):
        notes.append("only saved values are wrong, no formula: open it, let it recalculate, and save it")
    if len(failures) > MOST_FAILURES:
        notes.append(f"{len(failures)} failures, of which the first {MOST_FAILURES} are listed")
    return notes


def _summed_up(
    path: Path,
    plan: Plan,
    manifest: Manifest,
    sheets: tuple[SheetCheck, ...],
    failures: Sequence[Failure],
    notes: Sequence[str],
    *,
    ok: bool,
) -> WorkbookCheck:
    """The check of a workbook, of its sheets together."""
    return WorkbookCheck(
        file=str(path),
        lesson=plan.lesson.name,
        options=dict(plan.options),
        ok=ok,
        formula_cells=sum(sheet.formula_cells for sheet in sheets),
        checked_cells=sum(sheet.checked_cells for sheet in sheets),
        witnessed_cells=sum(sheet.witnessed_cells for sheet in sheets),
        max_error=max((sheet.max_error for sheet in sheets), default=0.0),
        sheets=sheets,
        failures=tuple(failures[:MOST_FAILURES]),
        notes=tuple(notes),
        build=manifest.build,
        quantities=plan.lesson.quantities(plan) if plan.lesson.quantities else None,
        module=plan.facts.get("title", ""),
    )


def _origin(plan: Plan, manifest: Manifest, handed_out: Path) -> tuple[list[Failure], list[str]]:
    """Where a file was not built as the one that was handed out; and, if it was, which inputs are no longer its own."""
    book = read_workbook(handed_out)
    failures = compare_origin(manifest, read_manifest(book, handed_out))
    if failures:
        return failures, [f"it is no copy of {handed_out}: it was built from something else"]
    values, _ = file_inputs(book, plan.layouts)
    return [], listed("its inputs are others than those of " + str(handed_out), moved_inputs(plan.values, values, plan))


def compare(book: Book, plan: Plan) -> list[Failure]:
    """What differs between a file, as it was saved, and its plan: formulas, saved values, what nobody is to change."""
    values, unread = file_inputs(book, plan.layouts)
    locked = [] if unread else compare_locked(values, plan)
    return [*unread, *compare_formulas(book, plan), *locked, *Checks(plan).compare_saved(book)]


def compare_locked(values: Mapping[str, Array], plan: Plan) -> list[Failure]:
    """The cells that nobody is to change, recorded runs and fixed inputs, whose values are others than when built."""
    failures = []
    for name, digest in plan.locked.items():
        place = plan.places[name]
        made_by = f"recorded by {place.block.made_by}" if isinstance(place.block, Recorded) else "of the lesson"
        for index in digests.changed(values[name], digest):
            cell, found = f"{place.title}!{place.address(index)}", str(values[name][index])
            failures.append(Failure(cell, "value", found, f"the value {made_by}", "the manifest"))
    return failures


def compare_formulas(book: Book, plan: Plan) -> list[Failure]:
    """The cells whose formula, parsed, is not the one that the plan lays out, in the order of computation."""
    failures: list[Failure] = []
    for place in map(plan.places.__getitem__, plan.computed):
        if not isinstance(place.block, Formula) or place.title not in book.sheets:
            continue
        cells = book.sheets[place.title].cells
        columns = _row_columns(place)
        for line in formula_rows(place, plan.places, plan.steps[place.sheet]):
            for text, column in zip(line.texts, columns, strict=True):
                cell = cells.get((line.row, column))
                if cell is not None and cell.formula == text and cell.array is None:
                    continue
                failure = _formula_failure(place, line.row, column, text, cell)
                if failure:
                    failures.append(failure)
    return failures


def _row_columns(place: Place) -> list[int]:
    """The columns of the cells of any row of a block, from left to right: steps along its down axes move rows only."""
    first_row = tuple(0 if axis in place.block.down_axes else slice(None) for axis in place.sizes)
    return sorted(np.atleast_1d(place.columns[first_row]).ravel().tolist())


def _formula_failure(place: Place, row: int, column: int, text: str, cell: Cell | None) -> Failure | None:
    where = f"{place.title}!{cell_address(row, column)}"
    if cell is None or cell.formula is None:
        value = "an empty cell" if cell is None or cell.value is None else f"{cell.value} and no formula"
        return Failure(where, "missing", value, f"={text}", "the lesson")
    try:
        same = cell.array is None and _same(cell.formula, text, place.title)
    except FormulaError:
        same = False
    found = f"={cell.formula}" if cell.array is None else f"{{={cell.formula}}} over {cell.array}"
    return None if same else Failure(where, "formula", found, f"={text}", "the lesson")


def _same(found: str, expected: str, title: str) -> bool:
    """Whether two formulas on the sheet of that title are the same, parsed; the title before a reference is ignored."""
    return alike(parse(found), parse(expected), title)
