"""The command `build`: workbooks of lessons, every number checked, or their exercises."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook import lessons
from workbook.app import terminal
from workbook.app.cli.lesson_options import LessonCommand, lesson_options
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, print_error, print_left, print_line
from workbook.app.cli.options import FILE, device_option, no_verify_option, out_option, report_option, seed_option
from workbook.app.cli.prepared import prepare, prepared
from workbook.app.interrupts import interruptible
from workbook.errors import LessonError

if TYPE_CHECKING:
    from workbook.app.report import Run
    from workbook.check.verify import WorkbookCheck
    from workbook.lesson.lesson import Lesson, Progress


@click.command(
    cls=LessonCommand,
    short_help="Build workbooks, every number checked.",
    epilog="\b\nExamples:\n  gradbook build\n  gradbook build collab_filter --out class\n"
    "  gradbook build collab_filter --ratings ml-latest-small/ratings.csv --movies ml-latest-small/movies.csv\n"
    "  gradbook build collab_filter --users 20 --items 20 --device cpu",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@out_option("The folder for workbooks and report; made where there is none.")
@device_option
@seed_option
@report_option
@no_verify_option
@click.option("--exercises", is_flag=True, help="Write workbooks of exercises in place of the lessons' own.")
@click.option(
    "--roster", type=FILE, metavar="CLASS.csv", help="With --exercises: a workbook for each student, by the column id."
)
@click.option("--exam", is_flag=True, help="With --exercises: without verdicts, hints and points.")
@click.option("--solutions", is_flag=True, help="With --exercises: the solved copies too, for the teacher.")
def build(
    names: tuple[str, ...],
    out: Path,
    device: str,
    seed: int,
    report: Path | None,
    no_verify: bool,
    exercises: bool,
    roster: Path | None,
    exam: bool,
    solutions: bool,
    **given: Any,
) -> int:
    """Build the workbooks of the lessons named, or of all; each takes its place once every number in it is checked."""
    if report and no_verify:
        raise click.UsageError("--report needs a check, and --no-verify says that there is none.")
    if exercises:
        if report or any(value is not None for value in given.values()):
            raise click.UsageError("--exercises has sizes of its own: leave out --report and lesson options.")
        return _hand_out(names, out, seed, roster, exam=exam, solutions=solutions)
    if roster or exam or solutions:
        raise click.UsageError("--roster, --exam and --solutions go with --exercises.")
    chosen = [lessons.find(name) for name in dict.fromkeys(names or lessons.names())]
    options = lesson_options(chosen, given)
    from workbook.xlsx.files import prepare_folder

    prepare_folder(out)
    report = report or out / "report.json"
    prepare_folder(report.parent)
    kept: list[str] = []
    try:
        with interruptible():
            return _build(
                chosen, options, seed=seed, out=out, device=device, report=None if no_verify else report, kept=kept
            )
    except KeyboardInterrupt:
        print_error(
            f"interrupted; complete and kept: {', '.join(kept)}" if kept else "interrupted; no workbook was written"
        )
        return INTERRUPTED


def _hand_out(names: Sequence[str], out: Path, seed: int, roster: Path | None, *, exam: bool, solutions: bool) -> int:
    from workbook.grade.course import Course
    from workbook.grade.handout import hand_out
    from workbook.grade.roster import Student, read_roster

    students = read_roster(roster) if roster else (Student(""),)
    found = {name: lessons.exercises(name) for name in dict.fromkeys(names or lessons.names())}
    for name in [name for name, exercises in found.items() if exercises is None]:
        if names:
            raise LessonError(f"the lesson {name} has no exercises")
        del found[name]
    for name, exercises in found.items():
        assert exercises is not None
        course = Course(lessons.find(name), exercises, seed, exam=exam)
        with terminal.progress(name) as progress:
            files = hand_out(course, students, out / "exercises", solutions=solutions, progress=progress)
        made = str(files[0]) if len(files) == 1 else f"{len(files)} workbooks"
        print_line(f"{name}  {len(exercises.each)} exercises  {made}")
    print_line(f"{out / 'exercises'}: hand the workbooks out, collect them, and mark them with 'gradbook grade'")
    return GOOD


def _build(
    chosen: Sequence["Lesson"],
    options: Mapping[str, Mapping[str, Any]],
    *,
    seed: int,
    out: Path,
    device: str,
    report: Path | None,
    kept: list[str],
) -> int:
    from workbook.app import report as reports
    from workbook.app.several import processes

    done: dict[str, WorkbookCheck | None] = {}
    unshown = [lesson.name for lesson in chosen]
    building = _at_once if processes(len(chosen)) > 1 else _one_by_one
    with building(chosen, options, device, seed=seed, out=out, check=report is not None) as (run_of, results):

        def show(name: str) -> None:
            unshown.remove(name)
            check, path = done[name], out / f"{name}.xlsx"
            if check is None:
                print_line(f"{name}  not verified  {path}")
            else:
                terminal.show(check, str(path) if check.ok else f"{path} was not written", run_of())

        try:
            for name, check in results:
                done[name] = check
                if check is None or check.ok:
                    kept.append(str(out / f"{name}.xlsx"))
                if report is not None:
                    # After every workbook, so that the report never speaks of a file that has since been replaced.
                    reports.write(report, [found for lesson in chosen if (found := done.get(lesson.name))], run_of())
                while unshown and unshown[0] in done:
                    show(unshown[0])
        finally:
            for name in [name for name in unshown if name in done]:
                show(name)
    if report is None:
        if (out / "report.json").exists():
            print_line(f"{out / 'report.json'} is of an earlier build")
        return GOOD
    print_left(report, out)
    return GOOD if reports.passed([check for check in done.values() if check]) else FAILED


_Results = Iterator[tuple[str, "WorkbookCheck | None"]]


@contextmanager
def _one_by_one(
    chosen: Sequence["Lesson"], options: Mapping[str, Mapping[str, Any]], device: str, **rest: Any
) -> Iterator[tuple[Callable[[], "Run"], _Results]]:
    """What tells what a lesson was checked by, and each lesson's name and check, built in this process."""
    from workbook.app.build import build as build_lesson

    found: list[tuple[Run, str, list[Any]]] = []

    def prepare(progress: "Progress") -> tuple[str, list[Any]]:
        if not found:
            found.append(prepared(device, None, progress))
        return found[0][1:]

    def results() -> _Results:
        if device == "cuda":
            # Where there is none, nobody wants to hear of it after minutes of training.
            with terminal.progress("starting") as progress:
                prepare(progress)
        for lesson in chosen:
            with terminal.progress(lesson.name) as progress:
                check = build_lesson(lesson, options[lesson.name], prepare=prepare, progress=progress, **rest)
            yield lesson.name, check

    yield lambda: found[0][0], results()


@contextmanager
def _at_once(
    chosen: Sequence["Lesson"], options: Mapping[str, Mapping[str, Any]], device: str, **rest: Any
) -> Iterator[tuple[Callable[[], "Run"], _Results]]:
    """What tells what a lesson was checked by, and each lesson's name and check as processes give them."""
    from workbook.app.several import Builders, processes

    with Builders(partial(prepare, device, None), processes(len(chosen)), rest["out"]) as builders:
        with terminal.progress("starting") as progress:
            progress("torch and recalculation engines", 0, 0)
            run, torch_device, engines = builders.prepared()

        def results() -> _Results:
            wanted = [(lesson.name, options[lesson.name]) for lesson in chosen]
            work = {lesson.name: lesson.work for lesson in chosen}
            with terminal.Bars() as bars:
                for name, check in builders.results(
                    wanted, bars.of, work, device=torch_device, engines=engines, **rest
                ):
                    bars.end(name)
                    bars.stop()
                    yield name, check
                    bars.start()

        yield lambda: run, results()
