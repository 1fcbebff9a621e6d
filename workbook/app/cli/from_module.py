"""The command `from-module`: a training step of a module of the user's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, print_error, print_left, print_line
from workbook.app.cli.options import device_option, no_verify_option, out_option, report_option, seed_option
from workbook.app.cli.prepared import prepared
from workbook.app.interrupts import interruptible

if TYPE_CHECKING:
    from workbook.app.report import Run
    from workbook.lesson.lesson import Progress


@click.command(
    "from-module",
    short_help="Make a workbook of a training step of your own module.",
    epilog="\b\nExamples:\n  gradbook from-module examples/mlp.py:make\n"
    "  gradbook from-module mine.py:make --optimizer adam --lr 0.01 --name mine",
)
@click.argument("target", metavar="FILE.py:FUNCTION")
@click.option("--name", metavar="NAME", help="Name of the workbook's file.  [default: the file's or the module's]")
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
    help="All on one sheet, a sheet for each top-level module, or whichever suits the size.",
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
@out_option("The folder for workbook and report; made where there is none.")
@device_option
@seed_option
@report_option
@no_verify_option
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
    of yours. package.module:FUNCTION works as well as FILE.py:FUNCTION.
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
        found, torch_device, engines = prepared(device, None, progress)
        run.append(found)
        return torch_device, engines

    try:
        with interruptible(), terminal.progress(choices.name) as progress:
            check = modules.build(
                modules.load(target), choices, out=out, prepare=prepare, check=not no_verify, progress=progress
            )
    except KeyboardInterrupt:
        print_error("interrupted; no workbook was written")
        return INTERRUPTED
    path = out / f"{choices.name}.xlsx"
    if check is None:
        print_line(f"{choices.name}  not verified  {path}")
        return GOOD
    terminal.show(check, str(path) if check.ok else f"{path} was not written", run[0])
    reports.write(report, [check], run[0])
    print_left(report, out)
    return GOOD if reports.passed([check]) else FAILED
