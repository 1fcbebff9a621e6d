"""The command line: arguments, calls, exit code. Only this module prints; `workbook.app.terminal` says how it looks.

Whatever is heavy is imported by the command that uses it, so that `gradbook list` answers at once. For the same reason
this is click and not typer, whose smallest application takes 0.14 s to start where click's takes 0.03 s.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from engine.errors import EngineError
from workbook import __version__, lessons
from workbook.app import terminal
from workbook.app.interrupts import interruptible
from workbook.errors import LessonError, WorkbookError
from workbook.xlsx.files import DISK_IS_FULL

if TYPE_CHECKING:
    from workbook.app.pages import MadePage
    from workbook.app.report import Run
    from workbook.check.verify import WorkbookCheck
    from workbook.grade.marker import Typed
    from workbook.lesson.lesson import Lesson, Option, Progress

GOOD, FAILED, UNEXPECTED, INTERRUPTED = 0, 1, 3, 130
SEED = 0
_SHOWN = 20
_FINETUNED = Path("output/finetune")
_GRADED = Path("output/grades")
# Beyond these a slip of the keyboard is likelier than a wish: a run remembers every step.
_MOST_EPOCHS, _MOST_IMAGES, _MOST_NETWORKS = 100_000, 1_000_000, 100

_LESSON_FLAGS = "workbook.app.cli.lesson_flags"

# A mini-batch's matrices are too small to share: threads that wait for each other took five times the time.
_ONE_THREAD = "OPENBLAS_NUM_THREADS"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: the arguments; None for the process's own.

    Returns:
        The exit code: 0 good, 1 a check failed or a known error, 2 usage, 3 unexpected, 130 interrupted.
    """
    os.environ.setdefault(_ONE_THREAD, "1")
    try:
        with interruptible():
            result = gradbook.main(None if argv is None else list(argv), prog_name="gradbook", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return int(result or GOOD)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _print_error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return FAILED
    except SystemExit as stop:
        # click and rich leave in this way, and only in this way, when what reads the output has gone.
        _discard_output()
        return stop.code if isinstance(stop.code, int) else FAILED
    except (EngineError, WorkbookError) as error:
        _print_error(str(error))
        return FAILED
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            return _log_unexpected(error, sys.argv[1:] if argv is None else argv)
        _discard_output()
        _print_error(f"{error.filename or 'the output'}: cannot be written to its end ({error.strerror})")
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches the terminal
        return _log_unexpected(error, sys.argv[1:] if argv is None else argv)


class _Build(click.Command):
    """The command `build`: its options are its own and those that the lessons declare."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters, in the order in which the help shows them."""
        *own, help_flag = super().get_params(ctx)
        if _LESSON_FLAGS not in ctx.meta:
            ctx.meta[_LESSON_FLAGS] = _lesson_flags({parameter.name for parameter in own})
        return [*own, *ctx.meta[_LESSON_FLAGS], help_flag]


_device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the torch witness computes; auto is the GPU where there is one.",
)


_FILE = click.Path(path_type=Path)


def _report_path(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() != ".json":
        raise click.BadParameter(f"expected a file named .json, found '{value.name}'", ctx, parameter)
    return value


_seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", default=SEED, show_default=True, help="Of all randomness."
)
_report_option = click.option(
    "--report",
    type=_FILE,
    metavar="FILE.json",
    callback=_report_path,
    help="The report, its HTML page beside it.  [default: report.json in the output folder]",
)
_no_verify_option = click.option("--no-verify", is_flag=True, help="Check nothing, and write no report.")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  gradbook list\n  gradbook build\n  gradbook verify output/*.xlsx",
)
@click.version_option(__version__, prog_name="gradbook", message="%(prog)s %(version)s")
def gradbook() -> None:
    """Build Excel workbooks that teach deep learning cell by cell, and check every number in them."""


@gradbook.command("list")
def list_() -> None:
    """List the lessons, each with what it teaches."""
    names = lessons.names()
    width = max(map(len, names), default=0)
    for name in names:
        click.echo(f"{name:<{width}}  {lessons.summary(name)}")


@gradbook.command(
    cls=_Build,
    short_help="Build workbooks, every number checked.",
    epilog="\b\nExamples:\n  gradbook build\n  gradbook build collab_filter --out class\n"
    "  gradbook build collab_filter --ratings ml-latest-small/ratings.csv --movies ml-latest-small/movies.csv\n"
    "  gradbook build collab_filter --users 20 --items 20 --device cpu",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    default=Path("output"),
    show_default=True,
    help="The folder for workbooks and report; made where there is none.",
)
@_device_option
@_seed_option
@_report_option
@_no_verify_option
@click.option("--exercises", is_flag=True, help="Write workbooks of exercises in place of the lessons' own.")
@click.option(
    "--roster", type=_FILE, metavar="CLASS.csv", help="With --exercises: a workbook for each student, by the column id."
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
    options = _options(chosen, given)
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
        _print_error(
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
        click.echo(f"{name}  {len(exercises.each)} exercises  {made}")
    click.echo(f"{out / 'exercises'}: hand the workbooks out, collect them, and mark them with 'gradbook grade'")
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
                click.echo(f"{name}  not verified  {path}")
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
            click.echo(f"{out / 'report.json'} is of an earlier build")
        return GOOD
    from workbook.app.pages import write_index

    click.echo(f"report: {report}, {reports.page(report)}")
    if listed := write_index(out):
        click.echo(f"pages: open {listed}")
    return GOOD if reports.passed([check for check in done.values() if check]) else FAILED


_Results = Iterator[tuple[str, "WorkbookCheck | None"]]


@contextmanager
def _one_by_one(
    chosen: Sequence["Lesson"], options: Mapping[str, Mapping[str, Any]], device: str, **rest: Any
) -> Iterator[tuple[Callable[[], "Run"], _Results]]:
    """What tells what a lesson was checked by, and each lesson's name and check, built in this process."""
    from workbook.app.build import build as build_lesson

    prepared: list[tuple[Run, str, list[Any]]] = []

    def prepare(progress: "Progress") -> tuple[str, list[Any]]:
        if not prepared:
            prepared.append(_prepared(device, None, progress))
        return prepared[0][1:]

    def results() -> _Results:
        if device == "cuda":
            # Where there is none, nobody wants to hear of it after minutes of training.
            with terminal.progress("starting") as progress:
                prepare(progress)
        for lesson in chosen:
            with terminal.progress(lesson.name) as progress:
                check = build_lesson(lesson, options[lesson.name], prepare=prepare, progress=progress, **rest)
            yield lesson.name, check

    yield lambda: prepared[0][0], results()


@contextmanager
def _at_once(
    chosen: Sequence["Lesson"], options: Mapping[str, Mapping[str, Any]], device: str, **rest: Any
) -> Iterator[tuple[Callable[[], "Run"], _Results]]:
    """What tells what a lesson was checked by, and each lesson's name and check as processes give them."""
    from workbook.app.several import Builders, processes

    with Builders(partial(_prepare, device, None), processes(len(chosen)), rest["out"]) as builders:
        with terminal.progress("starting") as progress:
            progress("torch and recalculation engines", 0, 0)
            run, torch_device, engines = builders.prepared()

        def results() -> _Results:
            wanted = [(lesson.name, options[lesson.name]) for lesson in chosen]
            with terminal.Bars() as bars:
                for name, check in builders.results(wanted, bars.of, device=torch_device, engines=engines, **rest):
                    bars.end(name)
                    bars.stop()
                    yield name, check
                    bars.start()

        yield lambda: run, results()


@gradbook.command(
    "from-module",
    short_help="Make a workbook of a training step of your own module.",
    epilog="\b\nExamples:\n  gradbook from-module examples/mlp.py:make\n"
    "  gradbook from-module mine.py:make --optimizer adam --lr 0.01 --name mine",
)
@click.argument("target", metavar="FILE.py:FUNCTION|package.module:function")
@click.option("--name", metavar="NAME", help="Of the workbook's file.  [default: the file's or the module's]")
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adam", "adamw"]),
    help="In place of the one that FUNCTION gives.  [default: sgd]",
)
@click.option("--lr", type=click.FloatRange(0, min_open=False), metavar="X", help="The learning rate.")
@click.option(
    "--sheets",
    type=click.Choice(["auto", "one", "module"]),
    default="auto",
    show_default=True,
    help="All on one sheet, one a top-level module, or as the size asks for.",
)
@click.option(
    "--max-cells",
    type=click.IntRange(1),
    metavar="N",
    default=300_000,
    show_default=True,
    help="How many formula cells the workbook may have.",
)
@click.option(
    "--steps", type=click.IntRange(1, 100), metavar="N", default=1, show_default=True, help="Steps to unroll."
)
@click.option("--axes", metavar="NAME=AXES", multiple=True, help='What dimensions are called: "x=example feature".')
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    default=Path("output"),
    show_default=True,
    help="The folder for workbook and report; made where there is none.",
)
@_device_option
@_seed_option
@_report_option
@_no_verify_option
def from_module(
    target: str,
    name: str | None,
    out: Path,
    device: str,
    report: Path | None,
    max_cells: int,
    axes: tuple[str, ...],
    no_verify: bool,
    **chosen: Any,
) -> int:
    """Make a workbook of a training step of a module of your own: forward, loss, every gradient and the step, in cells.

    FUNCTION() gives (model, loss, batch) or (model, loss, batch, optimizer): an nn.Module, a function
    loss(model, *batch) that gives a number, a dict of named tensors, a torch.optim optimizer. It runs here, as any code
    of yours.
    """
    if report and no_verify:
        raise click.UsageError("--report needs a check, and --no-verify says that there is none.")
    from workbook.app import from_module as modules
    from workbook.app import report as reports
    from workbook.xlsx.files import prepare_folder

    where, _, function = target.rpartition(":")
    stem = Path(where).stem if where.endswith(".py") else where.rpartition(".")[2]
    named = modules.parse_axes(axes)
    choices = modules.Choices(name or stem or function, most_cells=max_cells, axes=named, **chosen)
    prepare_folder(out)
    report = report or out / "report.json"
    prepare_folder(report.parent)
    run: list[Run] = []

    def prepare(progress: "Progress") -> tuple[str, list[Any]]:
        found, torch_device, engines = _prepared(device, None, progress)
        run.append(found)
        return torch_device, engines

    try:
        with interruptible(), terminal.progress(choices.name) as progress:
            check = modules.build(
                modules.load(target), choices, out=out, prepare=prepare, check=not no_verify, progress=progress
            )
    except KeyboardInterrupt:
        _print_error("interrupted; no workbook was written")
        return INTERRUPTED
    path = out / f"{choices.name}.xlsx"
    if check is None:
        click.echo(f"{choices.name}  not verified  {path}")
        return GOOD
    terminal.show(check, str(path) if check.ok else f"{path} was not written", run[0])
    reports.write(report, [check], run[0])
    click.echo(f"report: {report}, {reports.page(report)}")
    return GOOD if reports.passed([check]) else FAILED


@gradbook.command(
    short_help="Check workbooks, edited ones too.",
    epilog="\b\nExamples:\n  gradbook verify output/collab_filter.xlsx\n"
    "  gradbook verify homework/*.xlsx --engine libreoffice --report homework.json\n"
    "  gradbook verify returned/*.xlsx --as handed_out.xlsx",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@_device_option
@click.option(
    "--engine",
    "wanted",
    metavar="NAME",
    multiple=True,
    help="Recalculate with ironcalc or libreoffice; repeat for both.  [default: both, where LibreOffice is installed]",
)
@click.option(
    "--as",
    "handed_out",
    type=_FILE,
    metavar="FILE",
    help="The workbook that was handed out: a copy of another build fails, and changed inputs are named.",
)
@click.option(
    "--report",
    type=_FILE,
    metavar="FILE.json",
    callback=_report_path,
    help="Write a report there, its HTML page beside it.",
)
def verify(
    files: tuple[Path, ...], device: str, wanted: tuple[str, ...], handed_out: Path | None, report: Path | None
) -> int:
    """Check workbooks, edited ones too: every formula, and every value against the inputs that the file holds."""
    if report:
        from workbook.xlsx.files import prepare_folder

        prepare_folder(report.parent)
    try:
        with interruptible():
            return _verify(files, device, wanted, handed_out, report)
    except KeyboardInterrupt:
        _print_error("interrupted; no file was changed")
        return INTERRUPTED


@gradbook.command(
    short_help="Mark workbooks of exercises.",
    epilog="\b\nExamples:\n  gradbook grade submissions.zip --roster class.csv\n"
    "  gradbook grade returned/ --canvas gradebook.csv --out marks",
)
@click.argument("files", metavar="FILE|FOLDER|ZIP...", nargs=-1, required=True, type=_FILE)
@click.option("--roster", type=_FILE, metavar="CLASS.csv", help="Who is in the class, by the column id.")
@click.option("--canvas", type=_FILE, metavar="GRADEBOOK.csv", help="Canvas's own export, to be filled in.")
@click.option("--moodle", type=_FILE, metavar="WORKSHEET.csv", help="Moodle's grading worksheet, to be filled in.")
@click.option("--gradescope", is_flag=True, help="Leave a results.json for each student.")
@click.option("--strict", is_flag=True, help="Exit with 1 where a person has to look at a file.")
@click.option(
    "--typed",
    type=click.Choice(["full", "half", "none"]),
    default="half",
    show_default=True,
    help="What a typed number is worth where a formula was asked for.",
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="How many files at once.  [default: one a core]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, in place of this machine.")
@click.option(
    "--out", type=_FILE, metavar="DIR", default=_GRADED, show_default=True, help="The folder for marks and pages."
)
def grade(
    files: tuple[Path, ...],
    roster: Path | None,
    canvas: Path | None,
    moodle: Path | None,
    gradescope: bool,
    strict: bool,
    typed: "Typed",
    jobs: int | None,
    scheduler: str | None,
    out: Path,
) -> int:
    """Mark workbooks of exercises that came back: files, folders, or the archive that a learning platform gives."""
    from workbook.grade.grading import grade as grade_files
    from workbook.grade.roster import read_roster

    students = read_roster(roster) if roster else ()
    try:
        with interruptible(), terminal.progress("grade") as progress:
            graded = grade_files(
                files,
                out,
                roster=students,
                canvas=canvas,
                moodle=moodle,
                gradescope=gradescope,
                typed=typed,
                jobs=jobs or os.cpu_count() or 1,
                scheduler=scheduler,
                progress=progress,
            )
    except KeyboardInterrupt:
        _print_error(f"interrupted; the marks so far are in {out}, and the same command goes on from there")
        return INTERRUPTED
    marked = graded.marked
    for one in marked.undecided:
        click.echo(f"look at this: {one.file}{f': {one.refused}' if one.refused else ''}")
    if graded.unnamed:
        click.echo(f"the platform's file does not name: {', '.join(graded.unnamed)}")
    students_marked = len({student for _, student in marked.best})
    click.echo(f"{len(marked.files)} files of {students_marked} students; {len(marked.undecided)} to look at")
    click.echo(f"marks: {out / 'marks.csv'}; the class: {out / 'class.html'}")
    if not marked.best:
        return FAILED
    return FAILED if strict and marked.undecided else GOOD


def _verify(
    files: Sequence[Path], device: str, wanted: Sequence[str], handed_out: Path | None, report: Path | None
) -> int:
    from workbook.check.recalc import KNOWN
    from workbook.xlsx.worker import Bound, Worker

    for name in wanted:
        if name not in KNOWN:
            raise click.BadParameter(f"found '{name}', expected one of: {', '.join(KNOWN)}", param_hint="'--engine'")
    checks: list[WorkbookCheck] = []
    unexpected: list[int] = []
    with Worker(partial(_prepare, device, wanted or None)) as worker:
        # While the process starts.
        from workbook.app import report as reports
        from workbook.check.verify import verify as verify_file

        with terminal.progress("starting") as progress:
            progress("torch and recalculation engines", 0, 0)
            run, torch_device, engines = worker.prepared()
        for file in files:
            try:
                with interruptible(), terminal.progress(file.name) as progress:
                    check = worker.call(
                        verify_file,
                        file,
                        device=torch_device,
                        engines=engines,
                        handed_out=handed_out,
                        bound=Bound.of(file, torch_device),
                        progress=progress,
                    )
            except Exception as error:  # noqa: BLE001 - the files after a bad one are still worth checking
                if isinstance(error, EngineError | WorkbookError):
                    _print_error(str(error))
                else:
                    unexpected.append(_log_unexpected(error, ["verify", *map(str, files)]))
                checks.append(reports.refused(file, error))
            else:
                checks.append(check)
                terminal.show(check, str(file), run)
    if report:
        reports.write(report, checks, run)
        click.echo(f"report: {report}, {reports.page(report)}")
    if unexpected:
        return unexpected[0]
    return GOOD if reports.passed(checks) else FAILED


class _Finetune(click.Command):
    """The command `finetune`: its help names what a small network takes, from where that is settled."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help's first paragraphs."""
        from engine.pipeline.settings import FEW_DIGITS

        self.help = (self.help or "").format(**FEW_DIGITS)
        super().format_help_text(ctx, formatter)


class _Setting(click.Option):
    """An option of `finetune` whose help ends with what is taken where a person says nothing."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and what it does."""
        from engine.pipeline.settings import DEFAULTS

        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]}  [default: {DEFAULTS[str(self.name)]}]")


@gradbook.command(
    cls=_Finetune,
    short_help="Fine-tune a pretrained network on images.",
    epilog="\b\nExamples:\n  gradbook finetune\n"
    "  gradbook finetune --arch efficientnet-lite0 --data photos --out photos-run\n"
    "  gradbook finetune --arch resnet34 --data photos --lr 1e-5:1e-3 --precision bf16\n"
    "  gradbook finetune --resume photos-run/checkpoint.safetensors",
)
@click.option(
    "--arch",
    metavar="NAME|MODULE:FUNCTION",
    cls=_Setting,
    help="digits, convnet, resnet34, efficientnet-lite0, or your own function that returns a torch.nn.Module.",
)
@click.option("--weights", type=_FILE, metavar="FILE", help="Pretrained weights.  [default: the network's own]")
@click.option(
    "--data",
    type=_FILE,
    metavar="DIR",
    help="MNIST's IDX files, or a sub-folder of images for each class.  [default: bundled digits, few of each]",
)
@click.option(
    "--head",
    type=click.Choice(["fastai", "lesson"]),
    cls=_Setting,
    help="What replaces the last matrix: two matrices, bare (lesson), or with batch norm and dropout after a concat "
    "pool (fastai).",
)
@click.option(
    "--freeze-bn",
    is_flag=True,
    default=None,
    help="The frozen body runs as in evaluation: batch norms keep their statistics, dropout is off.",
)
@click.option(
    "--epochs-frozen",
    type=click.IntRange(0, _MOST_EPOCHS),
    metavar="N",
    cls=_Setting,
    help="Epochs of the head alone.",
)
@click.option(
    "--epochs",
    type=click.IntRange(0, _MOST_EPOCHS),
    metavar="N",
    cls=_Setting,
    help="Epochs of all layers after it.",
)
@click.option(
    "--lr",
    "rates",
    metavar="A | :B | A:B",
    cls=_Setting,
    help="Highest rates: A for all layers; B for the head and a tenth for the others; or from A to B.",
)
@click.option("--wd", type=click.FloatRange(0), metavar="W", cls=_Setting, help="Weight decay.")
@click.option("--batch-size", type=click.IntRange(1, _MOST_IMAGES), metavar="N", cls=_Setting, help="Images a step.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", cls=_Setting, help="Of all randomness.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to train; auto is the GPU where there is one.",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16", "fp64"]),
    cls=_Setting,
    help="Of the arithmetic.",
)
@click.option("--skip-bad", is_flag=True, default=None, help="Leave unreadable images out.")
@click.option(
    "--scratch",
    type=click.IntRange(0, _MOST_NETWORKS),
    metavar="N",
    cls=_Setting,
    help="Train N networks from random weights too, each at its rate, and say what transfer gave.",
)
@click.option(
    "--resume",
    type=_FILE,
    metavar="FILE",
    help="Go on from a checkpoint, with its settings; an --arch of your own is stated again.",
)
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    help="Where results go; a folder that holds another run is refused.  "
    f"[default: {_FINETUNED}; with --resume, the checkpoint's folder]",
)
@click.option("--overwrite", is_flag=True, help="Replace the run that the folder holds.")
def finetune(device: str, resume: Path | None, out: Path | None, overwrite: bool, **given: Any) -> int:
    """Give a pretrained network a new head, train that alone, then all layers, each group at its own rate.

    A small network on the bundled digits takes, if nothing else is said, {epochs} epochs of each, rates {rates},
    {batch_size} images a step, and {scratch} networks from scratch to compare with.
    """
    from workbook.xlsx.files import prepare_folder

    out = out or (_FINETUNED if resume is None else resume.parent)
    prepare_folder(out)
    with terminal.progress("finetune") as progress:
        progress("starting", 0, 0)
        from engine.pipeline import checkpoint, run
        from engine.pipeline.interrupts import SavedInterrupt
        from workbook.app import finetune as leaving

        if not overwrite:
            leaving.refuse_another_run(out, resume)
        before = None if resume is None else checkpoint.read(resume)
        settings = leaving.resolve_settings(given, before)
    on, torch_device, engines = _prepare(device, None)
    saved = False
    with terminal.progress("finetune") as progress:
        try:
            result = run.finetune(settings, device=torch_device, out=out, resume=before, progress=progress)
            saved = True
            metrics, check = leaving.leave(result, out, device=torch_device, engines=engines, progress=progress)
        except KeyboardInterrupt as interrupt:
            if not saved and not isinstance(interrupt, SavedInterrupt):
                raise
            _print_error(f"interrupted; {leaving.goes_on(out / run.CHECKPOINT, settings)} goes on")
            return INTERRUPTED
    terminal.show_run(metrics, out)
    terminal.show(check, check.file if check.ok else f"{check.file} was not written", on)
    return GOOD if metrics["cross_check"]["ok"] and check.ok else FAILED


@gradbook.command(
    short_help="Turn any workbook into NumPy or PyTorch.",
    epilog="\b\nExamples:\n  gradbook code output/optimizers.xlsx\n"
    "  gradbook code budget.xlsx --sheet Plan --to torch --out plan.py --check",
)
@click.argument("file", metavar="FILE.xlsx", type=click.Path(path_type=Path))
@click.option(
    "--sheet", "sheets", metavar="NAME", multiple=True, help="Only this sheet, and what it reads; repeatable."
)
@click.option("--to", type=click.Choice(["numpy", "torch", "notebook"]), default="numpy", show_default=True)
@click.option(
    "--out",
    type=_FILE,
    metavar="FILE",
    help="The script, large inputs in an .npz beside it.  [default: FILE_numpy.py, FILE_torch.py, FILE.ipynb, here]",
)
@click.option("--check", is_flag=True, help="Run the script and compare its cells with the saved ones.")
def code(file: Path, sheets: tuple[str, ...], to: str, out: Path | None, check: bool) -> int:
    """Turn any .xlsx or .xlsm workbook into a script that computes every formula cell of it from its inputs."""
    from workbook.transpile import npz, transpile
    from workbook.transpile.back import check as checks
    from workbook.xlsx.files import prepare_folder, replace_file
    from workbook.xlsx.worker import Bound, Worker

    out = out or Path(f"{file.stem}.ipynb" if to == "notebook" else f"{file.stem}_{to}.py")
    prepare_folder(out.parent)
    arrays = out.with_suffix(".npz")
    bound = Bound.of(file)
    with Worker(int) as worker, terminal.progress(file.name) as progress:
        progress("reading and writing", 0, 0)
        made = worker.call(transpile, file, target=to, sheets=sheets or None, beside=arrays.name, bound=bound)
    replace_file(out, made.script.source.encode())
    if made.script.arrays:
        replace_file(arrays, npz(made.script))
    lines = len(made.script.source.splitlines())
    click.echo(terminal.printable(f"{out}: {lines:,} lines" + (f", {arrays}" if made.script.arrays else "")))
    for line in made.refused:
        _print_error(f"{file}: {line}")
    compared = made.comparison
    if check:
        with Worker(int) as worker, terminal.progress(file.name) as progress:
            progress("running the script", 0, 0)
            found = worker.call(checks.run, out, bound=bound)
        again = checks.compare(
            made.book, found, areas=made.areas, skip=made.volatile, sheets=sheets or None, settling=made.settling
        )
        compared = again if compared is None else again.without(compared.upheld)
    if compared is None:
        _print_error(f"{out}: it does not run; --check says why")
        return FAILED
    whose = "the workbook" if made.saved else "ironcalc"
    for difference in compared.differences[:_SHOWN]:
        had, computed = (terminal.shortened(repr(value)) for value in (difference.expected, difference.found))
        _print_error(f"{difference.cell}: {whose} has {had}, the script {computed}")
    if many := len(compared.differences):
        _print_error(f"{out}: {many:,} of {compared.cells:,} cells differ from {_values_of(made.saved)}")
    if upheld := len(compared.upheld):
        cells = "1 cell" if upheld == 1 else f"{upheld:,} cells"
        click.echo(f"{cells} differ from ironcalc's values; LibreOffice has what the script has")
    if made.unknown:
        cells = "1 formula cell has" if made.unknown == 1 else f"{made.unknown:,} formula cells have"
        _print_error(f"{out}: {cells} no value to compare with, in the file or by ironcalc")
    if check:
        equal = compared.cells - len(compared.differences)
        left = f" ({len(made.volatile):,} hang on chance and are not compared)" if made.volatile else ""
        click.echo(
            f"{equal:,} of {compared.cells:,} formula cells equal {_values_of(made.saved)}{left}; "
            f"largest error {compared.max_error:.1e}"
        )
    return FAILED if made.refused or compared.differences else GOOD


@gradbook.command(
    cls=_Build,
    short_help="Make pages that recalculate in a browser.",
    epilog="\b\nExamples:\n  gradbook page\n  gradbook page optimizers --epochs 3 --out class\n"
    "  gradbook page my_copy.xlsx",
)
@click.argument("names", metavar="[NAME|FILE.xlsx]...", nargs=-1)
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    default=Path("output"),
    show_default=True,
    help="The folder in whose folder 'pages' they are put.",
)
@_seed_option
def page(names: tuple[str, ...], out: Path, seed: int, **given: Any) -> int:
    """Make a page of each lesson or workbook named, or of all lessons: one HTML file that recalculates offline."""
    files = [Path(name) for name in names if name.lower().endswith((".xlsx", ".xlsm"))]
    wanted = [name for name in names if not name.lower().endswith((".xlsx", ".xlsm"))]
    chosen = [] if files and not wanted else [lessons.find(name) for name in dict.fromkeys(wanted or lessons.names())]
    options = _options(chosen, given)
    from workbook.app.build import build_page
    from workbook.app.pages import file_page, write_index
    from workbook.xlsx.files import prepare_folder
    from workbook.xlsx.worker import Bound, Worker

    prepare_folder(out)
    good = True
    for lesson in chosen:
        with terminal.progress(lesson.name) as progress:
            made = build_page(lesson, options[lesson.name], seed=seed, progress=progress)
        good &= _leave_page(out, lesson.name, made)
    if files:
        with Worker(int) as worker:
            for file in files:
                with terminal.progress(file.name) as progress:
                    name, made = worker.call(file_page, file, bound=Bound.of(file), progress=progress)
                good &= _leave_page(out, name, made)
    if listed := write_index(out):
        click.echo(f"open {listed}")
    return GOOD if good else FAILED


def _leave_page(out: Path, name: str, made: "MadePage") -> bool:
    """Write a page whose numbers are right; else say which are not."""
    from workbook.app.pages import write_page

    if made.failures:
        for failure in made.failures[:_SHOWN]:
            _print_error(f"{failure.cell}: found {failure.found}, expected {failure.expected}")
        _print_error(f"{name}: no page was written")
        return False
    written = write_page(out, name, made.html)
    click.echo(terminal.printable(f"{written}: {written.stat().st_size / 1e3:,.0f} KB"))
    return True


def _values_of(saved: bool) -> str:
    """Whose values a script is compared with."""
    return "the saved values" if saved else "ironcalc's values (the file has none)"


def _prepare(device: str, wanted: Sequence[str] | None) -> tuple["Run", str, list[Any]]:
    """What `_prepared` gives, with a progress line of its own."""
    with terminal.progress("starting") as progress:
        return _prepared(device, wanted, progress)


def _prepared(device: str, wanted: Sequence[str] | None, progress: "Progress") -> tuple["Run", str, list[Any]]:
    """What the run uses: for the report, the device as torch spells it, and the engines."""
    progress("torch", 0, 0)
    import torch

    from engine.witness.device import describe, resolve
    from workbook.app.report import Run
    from workbook.check.recalc import engines

    found = resolve(cast(Any, device))
    progress("recalculation engines", 0, 0)
    programs = engines(wanted)
    return (
        Run(str(torch.__version__), describe(found), tuple(program.name for program in programs)),
        str(found),
        programs,
    )


def _lesson_flags(own: set[str | None]) -> list[click.Option]:
    """One option for every name that lessons declare."""
    takers: dict[str, dict[str, Option]] = {}
    for name in lessons.names():
        for option in lessons.find(name).options:
            if option.name in own:
                raise LessonError(f"lesson {name}: the option '{option.name}' is one that every build has")
            takers.setdefault(option.name, {})[name] = option
    return [_lesson_flag(name, by_lesson) for name, by_lesson in takers.items()]


def _lesson_flag(name: str, by_lesson: Mapping[str, "Option"]) -> click.Option:
    first = next(iter(by_lesson.values()))
    for lesson, option in by_lesson.items():
        if (option.kind, option.path) != (first.kind, first.path):
            raise LessonError(f"lesson {lesson}: another lesson's option '{name}' is of another kind")
    meanings: dict[str, list[str]] = {}
    for lesson, option in by_lesson.items():
        default = "" if option.default is None else f", default {option.default}"
        meanings.setdefault(f"{option.help}{default}", []).append(lesson)
    kind: Any = click.Path() if first.path else first.kind
    return click.Option(
        [_flag(name), name],
        type=kind,
        metavar=first.metavar or ("FILE" if first.path else "N" if first.kind is int else "TEXT"),
        help="; ".join(f"{meaning} ({', '.join(takers)})" for meaning, takers in meanings.items()),
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _options(chosen: Sequence["Lesson"], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every chosen lesson's options: what was given, else the default.

    Raises:
        click.UsageError: an option that none of them takes, or a number outside a lesson's range.
    """
    stated = {name: value for name, value in given.items() if value is not None}
    for name in stated:
        if not any(option.name == name for lesson in chosen for option in lesson.options):
            takers = [other for other in lessons.names() if any(o.name == name for o in lessons.find(other).options)]
            refusing = ", ".join(lesson.name for lesson in chosen)
            raise click.UsageError(f"{_flag(name)} is an option of {', '.join(takers)}, not of {refusing}.")
    for lesson in chosen:
        for option in lesson.options:
            if option.name in stated:
                _check_range(lesson, option, stated[option.name])
    return {lesson.name: {o.name: stated.get(o.name, o.default) for o in lesson.options} for lesson in chosen}


def _check_range(lesson: "Lesson", option: "Option", value: Any) -> None:
    if (option.low is not None and value < option.low) or (option.high is not None and value > option.high):
        ends = [] if option.low is None else [f"from {option.low}"]
        ends += [] if option.high is None else [f"up to {option.high}"]
        hint = f"'{_flag(option.name)}'"
        raise click.BadParameter(f"found {value}, {lesson.name} takes numbers {' '.join(ends)}.", param_hint=hint)


def _print_error(message: str) -> None:
    click.echo(f"gradbook: {terminal.printable(message)}", err=True)


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that leaving Python does not complain of the closed pipe again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            try:
                os.dup2(nowhere, stream.fileno())
            except (OSError, ValueError, AttributeError):
                continue
    os.close(nowhere)


def _log_unexpected(error: Exception, argv: Sequence[str]) -> int:
    """Write the traceback to a file and say where it is."""
    import platform
    import tempfile
    import traceback

    lines = [
        f"gradbook {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
        f"arguments: {list(argv)!r}\n\n",
        *traceback.format_exception(error),
    ]
    kind = type(error).__name__
    _discard_output()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="gradbook-", suffix=".log", delete=False
        ) as log:
            log.writelines(lines)
    except OSError:
        _print_error(f"unexpected {kind}: {error}; no log file could be written, so here it is\n")
        click.echo("".join(lines), err=True)
    else:
        _print_error(f"unexpected {kind}: {error}; please report it with the log file {log.name}")
    return UNEXPECTED
