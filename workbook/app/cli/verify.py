"""The command `verify`: workbooks, edited ones too, checked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import EngineError
from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, log_unexpected, print_error, print_line
from workbook.app.cli.options import FILE, device_option, report_path
from workbook.app.cli.prepared import engines_named, on_torch
from workbook.app.interrupts import interruptible
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from workbook.app.report import Run
    from workbook.check.verify import WorkbookCheck
    from workbook.lesson.lesson import Progress


@click.command(
    short_help="Check workbooks, edited ones too.",
    epilog="\b\nExamples:\n  gradbook verify output/collab_filter.xlsx\n"
    "  gradbook verify homework/*.xlsx --engine libreoffice --report homework.json\n"
    "  gradbook verify returned/*.xlsx --as handed_out.xlsx",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@device_option
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
    type=FILE,
    metavar="FILE",
    help="The workbook that was handed out: a copy of another build fails, and changed inputs are named.",
)
@click.option(
    "--report",
    type=FILE,
    metavar="FILE.json",
    callback=report_path,
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
            return _verify_files(files, device, wanted, handed_out, report)
    except KeyboardInterrupt:
        print_error("interrupted; no file was changed")
        return INTERRUPTED


def _verify_files(
    files: Sequence[Path], device: str, wanted: Sequence[str], handed_out: Path | None, report: Path | None
) -> int:
    from workbook.check.recalc import KNOWN
    from workbook.xlsx.bounds import Bound
    from workbook.xlsx.worker import Worker

    for name in wanted:
        if name not in KNOWN:
            raise click.BadParameter(f"found '{name}', expected one of: {', '.join(KNOWN)}", param_hint="'--engine'")
    checks: list[WorkbookCheck] = []
    unexpected: list[int] = []
    run: Run | None = None
    with Worker(partial(_programs, device, wanted or None)) as worker:
        # While the process starts.
        from workbook.app import report as reports

        with terminal.progress("starting") as progress:
            progress("recalculation engines", 0, 0)
            engines = worker.prepared()
        for file in files:
            try:
                with interruptible(), terminal.progress(file.name) as progress:
                    check, run = worker.call(
                        _verified,
                        file,
                        device,
                        engines,
                        handed_out,
                        bound=Bound.of(file),
                        progress=progress,
                    )
            except Exception as error:  # noqa: BLE001 - the files after a bad one are still worth checking
                if isinstance(error, EngineError | WorkbookError):
                    print_error(str(error))
                else:
                    unexpected.append(log_unexpected(error, ["verify", *map(str, files)]))
                checks.append(reports.refused(file, error))
            else:
                checks.append(check)
                terminal.show(check, str(file), run)
        if report and run is None:
            with terminal.progress("report") as progress:
                run, _ = worker.call(on_torch, device, engines, bound=Bound.none("torch"), progress=progress)
    if report and run is not None:
        reports.write(report, checks, run)
        print_line(f"report: {report}, {reports.page(report)}")
    if unexpected:
        return unexpected[0]
    return GOOD if reports.passed(checks) else FAILED


def _programs(device: str, wanted: Sequence[str] | None) -> list[Any]:
    """The engines; that there is no GPU is said at once, where one is asked for."""
    with terminal.progress("starting") as progress:
        engines = engines_named(wanted, progress)
        if device == "cuda":
            on_torch(device, engines, progress)
    return engines


def _verified(
    file: Path, device: str, engines: Sequence[Any], handed_out: Path | None, *, progress: "Progress"
) -> tuple["WorkbookCheck", "Run"]:
    """What is found in a file, and by what; torch is loaded while the programs work, which takes longer than to read.

    To load it is no work of the file's, and is not bounded as that is.
    """
    from workbook.check.verify import verify as verify_file
    from workbook.xlsx.bounds import BYTES_OF_A_GPU
    from workbook.xlsx.serving import outside_bounds

    found: list[tuple[Run, str]] = []

    def loaded() -> str:
        if not found:
            with outside_bounds() as more:
                found.append(on_torch(device, engines, progress))
                if found[0][1] != "cpu":
                    more.append(BYTES_OF_A_GPU)
        return found[0][1]

    check = verify_file(file, device=loaded, engines=engines, handed_out=handed_out, progress=progress)
    loaded()
    return check, found[0][0]
