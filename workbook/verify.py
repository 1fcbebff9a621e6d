"""Is every number in a workbook right? The file against its lesson: formulas parsed, values against both derivations.

The derivations are the reference's and the witness's. The plan is rebuilt from the inputs and switches *in the file*,
so an edited copy is verified against its own inputs; what its formulas should be comes from the lesson, never from the
file.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.errors import EngineError
from workbook import __version__, derive
from workbook.address import cell_address
from workbook.checks import BlockCheck, Checks, Failure, SheetCheck
from workbook.draws import disagreements, draw
from workbook.errors import FileError, FormulaError, LessonError
from workbook.formula.excel import formula_rows
from workbook.formula.grammar import parse
from workbook.lesson import Array, Formula, Given, Progress, Recorded
from workbook.lessons import find
from workbook.place import Place
from workbook.plan import MANIFEST, Plan, arrange, fingerprint, is_text, options
from workbook.read import Book, Cell, CellError, read_workbook
from workbook.recalc import Engine, Result, Results, Session

__all__ = [
    "MOST_FAILURES",
    "BlockCheck",
    "Checks",
    "Failure",
    "SheetCheck",
    "WorkbookCheck",
    "compare",
    "compare_formulas",
    "compare_recorded",
    "options",
    "rebuild",
    "verify",
]

MOST_FAILURES = 1000
DRAWS = 2
"""How often a verification draws all inputs from their ranges, to see what the defaults hide."""
_FINGERPRINT_TOLERANCE = 1e-11


@dataclass(frozen=True)
class DerivedCode:
    """A script derived from the sheets: how many formula cells it has, how many as saved, the largest error."""

    file: str
    cells: int
    equal: int
    max_error: float


@dataclass(frozen=True)
class WorkbookCheck:
    """What was found in one file."""

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
    derived: Mapping[str, DerivedCode] | None = None


def verify(path: Path, *, device: str, engines: Sequence[Engine], progress: Progress) -> WorkbookCheck:
    """What is right and wrong in a workbook that gradbook made.

    Args:
        path: the file; it is only read.
        device: where the witness computes, as torch spells it.
        engines: the programs that recalculate; the first also tries every option of every drop-down, and other inputs.
        progress: hears of the work.

    Raises:
        FileError: it is no workbook, or none of gradbook's.
    """
    book = read_workbook(path)
    plan, unread = rebuild(book, path)
    failures = list(unread)
    failures += compare_formulas(book, plan)
    checks = Checks(plan)
    foreign = checks.foreign(book)
    notes: list[str] = []
    if unread:
        notes.append("its inputs could not all be read, so no value was checked")
    else:
        failures += compare_recorded(plan)
        failures += checks.compare_saved(book)
        # Half a million cells are 130 MiB, which the programs that recalculate can use.
        del book
        failures += _recalculated(checks, path, device, engines, progress)
    sheets = checks.sheets(foreign, failures)
    own = sum(sheet.formula_cells for sheet in sheets) - sum(sheet.checked_cells for sheet in sheets)
    if own and not failures:
        notes.append(f"{own} formula cells are not the lesson's and were not checked")
    if failures and all(failure.kind == "cached" for failure in failures):
        notes.append("only saved values are wrong, no formula: open it, let it recalculate, and save it")
    if len(failures) > MOST_FAILURES:
        notes.append(f"{len(failures)} failures, of which the first {MOST_FAILURES} are listed")
    return WorkbookCheck(
        file=str(path),
        lesson=plan.lesson.name,
        options=dict(plan.options),
        ok=not failures and bool(engines),
        formula_cells=sum(sheet.formula_cells for sheet in sheets),
        checked_cells=sum(sheet.checked_cells for sheet in sheets),
        witnessed_cells=sum(sheet.witnessed_cells for sheet in sheets),
        max_error=max((sheet.max_error for sheet in sheets), default=0.0),
        sheets=sheets,
        failures=tuple(failures[:MOST_FAILURES]),
        notes=tuple(notes),
    )


def compare(book: Book, plan: Plan) -> list[Failure]:
    """What differs between a file, as it was saved, and its plan: formulas, cached values, recorded runs."""
    return compare_formulas(book, plan) + compare_recorded(plan) + Checks(plan).compare_saved(book)


def rebuild(book: Book, path: Path) -> tuple[Plan, list[Failure]]:
    """The plan of a file, from the inputs and switches in it; and what kept an input from being read.

    Raises:
        FileError: the file is none of gradbook's, or another version's.
    """
    manifest = _manifest(book, path)
    try:
        lesson = find(manifest["lesson"])
        sizes = {str(axis): int(size) for axis, size in json.loads(manifest["sizes"]).items()}
        facts, options = json.loads(manifest["facts"]), json.loads(manifest["options"])
        marks = {
            key.removeprefix("recorded "): (float(value.split()[0]), float(value.split()[1]))
            for key, value in manifest.items()
            if key.startswith("recorded ")
        }
        layouts = arrange(lesson, sizes, facts, {})
        seed, digest = int(manifest["seed"]), manifest["data"]
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise FileError(
            f"{path}: its manifest is damaged ({type(error).__name__}: {error}); build the workbook again"
        ) from error
    values: dict[str, Array] = {}
    failures: list[Failure] = []
    for layout in layouts:
        if layout.sheet.title not in book.sheets:
            failures.append(
                Failure(
                    f"{layout.sheet.title}!A1",
                    "missing",
                    "no such sheet",
                    f"the sheet {layout.sheet.title}",
                    "the lesson",
                )
            )
            continue
        for place in layout.places:
            if not isinstance(place.block, Formula):
                value, unread = _input(place, book.sheets[place.title].cells)
                failures += unread
                values[place.name] = value
    plan = Plan(lesson, options, seed, sizes, facts, digest, layouts, values, marks)
    if not failures:
        try:
            plan = replace(plan, values=values | derive.evaluate(derive.units(layouts), plan.places, values))
        except EngineError as error:
            raise FileError(f"{path}: its inputs have no answer: {error}") from error
    return plan, failures


def compare_recorded(plan: Plan) -> list[Failure]:
    """The recorded blocks whose values are not those that the run recorded."""
    failures = []
    for name, place in plan.places.items():
        if isinstance(place.block, Recorded):
            found, mark = fingerprint(plan.values[name]), plan.fingerprints.get(name)
            if mark is None or abs(found[0] - mark[0]) > _FINGERPRINT_TOLERANCE * max(mark[1], 1e-300) * place.count:
                expected = f"the values recorded by {place.block.made_by}"
                failures.append(
                    Failure(
                        f"{place.title}!{place.address()}", "value", f"other values in {name}", expected, "the manifest"
                    )
                )
    return failures


def compare_formulas(book: Book, plan: Plan) -> list[Failure]:
    """The cells whose formula, parsed, is not the one that the plan lays out."""
    failures: list[Failure] = []
    for place in plan.places.values():
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
    own = f"'{title}'!"
    return parse(found.replace(own, "")) == parse(expected)


def _recalculated(
    checks: Checks, path: Path, device: str, engines: Sequence[Engine], progress: Progress
) -> list[Failure]:
    """What is wrong with the values of any program; the first also tries other inputs, and torch answers to it."""
    failures: list[Failure] = []
    with ThreadPoolExecutor() as pool:
        # The others are programs of their own: they recalculate while the first one's values are compared.
        others = [(engine, pool.submit(_values, engine, path)) for engine in engines[1:]]
        for engine in engines[:1]:
            progress(f"recalculating with {engine.name}", 0, 1)
            with engine.open(path) as session:
                found = session.values()
                progress(f"recalculating with {engine.name}", 1, 1)
                failures += checks.compare(found, kind="value", by=engine.name)
                checks.trajectory(found)
                progress("asking torch", 0, 1)
                failures += checks.witness(found, device)
                progress("asking torch", 1, 1)
                if not failures:
                    # Before the switches, whose trials hold formulas that no later switch needs.
                    failures += _drawn(checks, session, engine.name, device, progress)
                failures += _switches(checks, session, found, engine.name, device, progress)
        for engine, values in others:
            progress(f"recalculating with {engine.name}", 0, 1)
            failures += checks.compare(values.result(), kind="value", by=engine.name)
            progress(f"recalculating with {engine.name}", 1, 1)
    return failures


def _values(engine: Engine, path: Path) -> Results:
    with engine.open(path) as session:
        return session.values()


@dataclass(frozen=True)
class Trial:
    """A drop-down at one of its options.

    Args:
        place: its cell.
        option: what it is set to.
        touched: it, and the blocks that hang on it.
    """

    place: Place
    option: str
    touched: frozenset[str]


def _switches(
    checks: Checks, session: Session, values_found: Results, engine: str, device: str, progress: Progress
) -> list[Failure]:
    """What goes wrong when each drop-down is set to each of its options; `values_found` are those as it was saved."""
    plan = checks.plan
    failures: list[Failure] = []
    groups = sorted(trials(checks), key=lambda group: -sum(_cells(plan, trial.touched) for trial in group))
    done, total = 0, sum(map(len, groups))
    held: set[str] = set()
    for number, group in enumerate(groups):
        asleep = plan.places.keys() - held - {name for later in groups[number:] for t in later for name in t.touched}
        session.hold(_formulas(plan, asleep, values_found))
        held |= asleep
        for trial in group:
            session.set(trial.place.title, *trial.place.origin, trial.option)
        found = session.values(sorted({plan.places[name].title for trial in group for name in trial.touched}))
        for trial in group:
            progress("trying every option of every drop-down", done, total)
            place = trial.place
            given = {**plan.values, place.name: np.asarray(trial.option, dtype=object)}
            fresh = derive.evaluate(checks.units, plan.places, given, changed=[place.name])
            values = {**given, **fresh}
            own = {title: found[title] for title in {plan.places[name].title for name in fresh}}
            by = f"{engine} with {place.title}!{place.address()} = {trial.option}"
            failures += checks.compare(own, kind="value", by=by, values=values, only=fresh)
            failures += checks.witness(own, device, values=values, changed=[place.name])
            session.set(place.title, *place.origin, plan.values[place.name].item())
            done += 1
    progress("trying every option of every drop-down", done, total)
    return failures


def _cells(plan: Plan, names: Iterable[str]) -> int:
    return sum(plan.places[name].count for name in names)


def _formulas(plan: Plan, names: Iterable[str], found: Results) -> Results:
    """The values found of the formula cells of some blocks."""
    chosen: dict[str, dict[tuple[int, int], Result]] = {}
    for name in sorted(names):
        place = plan.places[name]
        if isinstance(place.block, Formula):
            cells = found[place.title]
            for at in zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True):
                if at in cells:
                    chosen.setdefault(place.title, {})[at] = cells[at]
    return chosen


def _drawn(checks: Checks, session: Session, engine: str, device: str, progress: Progress) -> list[Failure]:
    """What goes wrong when all inputs are drawn from their ranges, the same ones each time."""
    failures: list[Failure] = []
    for seed in range(DRAWS):
        progress("drawing other inputs", seed, DRAWS)
        drawn = draw(checks.plan, np.random.default_rng(seed))
        what = f"inputs drawn from their ranges, seed {seed}"
        failures += disagreements(checks, session, drawn, engine=engine, device=device, what=what)
    progress("drawing other inputs", DRAWS, DRAWS)
    return failures


def trials(checks: Checks) -> list[list[Trial]]:
    """Every drop-down at every other option, in groups to be recalculated at once: two of one touch no common block."""
    plan = checks.plan
    groups: list[list[Trial]] = []
    for place in plan.places.values():
        others = [option for option in options(plan, place) if option != plan.values[place.name].item()]
        if not others:
            continue
        touched = derive.touched(checks.units, [place.name])
        for option in others:
            trial = Trial(place, option, touched)
            for group in groups:
                if all(touched.isdisjoint(other.touched) for other in group):
                    group.append(trial)
                    break
            else:
                groups.append([trial])
    return groups


def _manifest(book: Book, path: Path) -> dict[str, str]:
    if MANIFEST not in book.sheets:
        raise FileError(
            f"{path} holds no gradbook manifest: it was not made by gradbook, or its sheet '{MANIFEST}' was deleted"
        )
    rows: dict[int, dict[int, str]] = {}
    for (row, column), cell in book.sheets[MANIFEST].cells.items():
        if cell.value is not None:
            rows.setdefault(row, {})[column] = str(cell.value)
    manifest = {
        cells[1]: "".join(cells[column] for column in sorted(cells) if column > 1)
        for cells in rows.values()
        if 1 in cells
    }
    if "lesson" not in manifest or "gradbook" not in manifest:
        raise FileError(f"{path}: its manifest names no lesson or no version; build the workbook again")
    if manifest["gradbook"] != __version__:
        raise FileError(
            f"{path} was made by gradbook {manifest['gradbook']}, this is {__version__}: "
            "build it again, or verify it with that version"
        )
    return manifest


def _input(place: Place, cells: Mapping[tuple[int, int], Cell]) -> tuple[Array, list[Failure]]:
    """The values of a given or recorded block, and the cells that hold none."""
    text = is_text(place.block)
    values = np.empty(place.shape, dtype=object if text else np.float64)
    failures = []
    for index in np.ndindex(place.shape):
        cell = cells.get((int(place.rows[index]), int(place.columns[index])))
        value = cell.value if cell else None
        if text and not isinstance(value, CellError):
            values[index] = "" if value is None else _text(value)
        elif isinstance(value, float) and not text:
            values[index] = value
        else:
            found = "an empty cell" if value is None else str(value)
            failures.append(
                Failure(
                    f"{place.title}!{place.address(index)}",
                    "value",
                    found,
                    "words" if text else "a number",
                    "the lesson",
                )
            )
    if not failures and isinstance(place.block, Given):
        try:
            place.block.check(values, f"{place.title}!{place.address()}")
        except LessonError as error:
            found, _, expected = str(error).partition(", expected ")
            failures.append(
                Failure(
                    f"{place.title}!{place.address()}", "value", found.rpartition("found ")[2], expected, "the lesson"
                )
            )
    return values, failures


def _text(value: float | str | bool | CellError) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
