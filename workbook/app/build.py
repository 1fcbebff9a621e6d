"""Lesson + options → a verified workbook in its place."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.folders import unfinished
from workbook.app.pages import LANGUAGES, MadePage, plan_page, write_page
from workbook.check.checks import Failure
from workbook.check.recalc.session import Engine
from workbook.check.verify import MOST_FAILURES, DerivedCode, WorkbookCheck, verify
from workbook.collector import without_collector
from workbook.errors import FileError
from workbook.lesson.lesson import Formula, Lesson, Progress
from workbook.plan import derive
from workbook.plan.panel import panel
from workbook.plan.plan import TOLERANCE, Plan, arrange, inputs, locked_digests
from workbook.xlsx.files import prepare_folder, replace_file, temporary_room
from workbook.xlsx.read import Book, read_workbook

Prepare = Callable[[Progress], tuple[str, Sequence[Engine]]]
"""Gives where the witness computes, as torch spells it, and the programs that recalculate."""


PAGE_BADGE = "This page's own program was run in every option when it was made, and agrees with NumPy."


def make_plan(lesson: Lesson, options: Mapping[str, Any], *, seed: int, progress: Progress) -> Plan:
    """The plan of a lesson: its data loaded, its runs made, everything placed, every value from the reference.

    Raises:
        WorkbookError: the lesson is declared wrongly, or breaks a rule of spreadsheets.
    """
    from workbook.xlsx.write.lint import lint

    data = lesson.load(options, seed, progress)
    panels = {sheet.name: panel(sheet) for sheet in lesson.sheets(data.sizes, data.facts)}
    layouts = arrange(lesson, data.sizes, data.facts, panels)
    values = inputs(layouts, data.values)
    places = {place.name: place for layout in layouts for place in layout.places}
    values |= derive.evaluate(derive.units(layouts), places, values)
    plan = Plan(
        lesson, options, seed, data.sizes, data.facts, data.digest, layouts, values, locked_digests(layouts, values)
    )
    lint(plan)
    return plan


def badge(plan: Plan, engines: Sequence[Engine]) -> str:
    """What the Start sheet says of how the numbers were checked: the bounds, and by what."""
    if not engines:
        return "Not verified: built with --no-verify."
    import torch

    bounds = [place.block.bound for place in plan.places.values() if isinstance(place.block, Formula)]
    looser = [bound for bound in bounds if bound > TOLERANCE]
    arrays = "an array that magnifies" if len(looser) == 1 else f"{len(looser)} arrays that magnify"
    but = f" ({max(looser):g} in {arrays} rounding)" if looser else ""
    names = ", ".join(engine.name for engine in engines)
    by = f"{names}, NumPy and torch {torch.__version__}"
    return f"Checked when built: every formula within {TOLERANCE:g} of its array's size{but}, by {by}."


def build(
    lesson: Lesson,
    options: Mapping[str, Any],
    *,
    seed: int,
    out: Path,
    prepare: Prepare,
    check: bool,
    progress: Progress,
) -> WorkbookCheck | None:
    """Write OUT/NAME.xlsx, verified; a file that fails is not put in place.

    Args:
        lesson: what to build.
        options: what the command line chose.
        seed: of all that is random.
        out: the folder.
        prepare: gives what checks the workbook. It is called once there is a plan: a slip in a lesson is told at once,
            without the seconds that torch takes to load.
        check: whether to verify.
        progress: hears of the work.

    Returns:
        What the verification found; None without one.

    Raises:
        FileError: the file can't be written.
    """
    from workbook.xlsx.write import write

    plan = make_plan(lesson, options, seed=seed, progress=progress)
    device, engines = prepare(progress)
    target = out / f"{lesson.file_name}.xlsx"
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(unfinished(out))
        except OSError as error:
            raise FileError(f"{out}: can't write there ({error.strerror})") from error
        fresh = folder / target.name
        progress(f"writing {target.name}", 0, 1)
        write(plan, fresh, badge(plan, engines if check else ()), linted=True)
        progress(f"writing {target.name}", 1, 1)
        found: WorkbookCheck | None = None
        scripts: dict[str, bytes] = {}
        html = ""
        if check:
            # It makes a million objects, and hardly a circle of them.
            with without_collector():
                book = read_workbook(fresh)
                found = verify(fresh, device=device, engines=engines, progress=progress, book=book)
                if found.ok:
                    found, scripts, html = derived(found, fresh, book, plan, badge(plan, engines), progress)
        if found is None or found.ok:
            _write_scripts(out / "code", scripts)
            if html:
                write_page(out, lesson.file_name, html)
            try:
                fresh.replace(target)
            except OSError as error:
                raise FileError(f"{target}: can't write it ({error.strerror})") from error
    return found and replace(found, file=str(target))


def build_page(lesson: Lesson, options: Mapping[str, Any], *, seed: int, progress: Progress) -> MadePage:
    """The page of a lesson, run in every option; its workbook is made for it and not kept.

    Raises:
        WorkbookError: the lesson is declared wrongly, or its program does not run.
    """
    from workbook.transpile import Front, transpile
    from workbook.xlsx.write import write

    plan = make_plan(lesson, options, seed=seed, progress=progress)
    with temporary_room(), TemporaryDirectory() as folder:
        workbook = Path(folder) / f"{lesson.name}.xlsx"
        write(plan, workbook, PAGE_BADGE, linted=True)
        front = Front.of(workbook)
        progress("scripts", 0, 0)
        scripts = {target: transpile(workbook, target=target, front=front) for target in LANGUAGES}
        return plan_page(workbook, plan, PAGE_BADGE, front, scripts, progress)


def derived(
    found: WorkbookCheck, workbook: Path, book: Book, plan: Plan, said: str, progress: Progress
) -> tuple[WorkbookCheck, dict[str, bytes], str]:
    """The check with that of the scripts derived from the sheets, the scripts (file name → bytes), and the page."""
    from workbook.transpile import Front, Transpiled, fork_scripts, npz, transpile

    name = plan.lesson.file_name
    fork_scripts()
    front = Front.of(workbook, book)
    scripts: dict[str, Transpiled] = {}
    derived: dict[str, DerivedCode] = {}
    files: dict[str, bytes] = {}
    failures: list[Failure] = []
    unsure: frozenset[Any] = frozenset()
    for target in ("numpy", "torch"):
        progress(f"{name}_{target}.py", 0, 1)
        made = transpile(workbook, target=target, beside=f"{name}_{target}.npz", unsure=unsure, front=front)
        scripts[target], unsure = made, made.unsure
        files[f"{name}_{target}.py"] = made.script.source.encode()
        if made.script.arrays:
            files[f"{name}_{target}.npz"] = npz(made.script)
        compared = made.comparison
        cells = found.formula_cells if compared is None else compared.cells
        differences = () if compared is None else compared.differences
        equal = 0 if compared is None else cells - len(differences)
        worst = float("inf") if compared is None else compared.max_error
        derived[target] = DerivedCode(f"code/{name}_{target}.py", cells, equal, worst)
        by = f"{name}_{target}.py"
        failures += [Failure(d.cell, "value", str(d.found), str(d.expected), by) for d in differences[:MOST_FAILURES]]
        failures += [
            Failure(line, "missing", "nothing", "a formula that the script computes", by) for line in made.refused
        ]
        progress(f"{name}_{target}.py", 1, 1)
    shown = plan_page(workbook, plan, said, front, scripts, progress)
    failures += shown.failures
    ok = all(code.equal == code.cells and code.max_error <= TOLERANCE for code in derived.values()) and not failures
    return replace(found, derived=derived, ok=ok, failures=(*found.failures, *failures)), files, shown.html


def _write_scripts(folder: Path, scripts: Mapping[str, bytes]) -> None:
    if scripts:
        prepare_folder(folder)
    for name, data in scripts.items():
        replace_file(folder / name, data)
