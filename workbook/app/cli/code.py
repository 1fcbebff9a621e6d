"""The command `code`: any workbook as NumPy or PyTorch."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, SHOWN, print_error
from workbook.app.cli.options import FILE

if TYPE_CHECKING:
    from workbook.transpile import Transpiled
    from workbook.xlsx.read import Book


@click.command(
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
    type=FILE,
    metavar="FILE",
    help="The script, large inputs in an .npz beside it.  [default: FILE_numpy.py, FILE_torch.py, FILE.ipynb, here]",
)
@click.option("--check", is_flag=True, help="Run the script and compare its cells with the saved ones.")
def code(file: Path, sheets: tuple[str, ...], to: str, out: Path | None, check: bool) -> int:
    """Turn any .xlsx or .xlsm workbook into a script that computes every formula cell of it from its inputs."""
    from workbook.transpile import npz
    from workbook.transpile.back import check as checks
    from workbook.xlsx.files import prepare_folder, replace_file
    from workbook.xlsx.worker import Bound, Worker

    out = out or Path(f"{file.stem}.ipynb" if to == "notebook" else f"{file.stem}_{to}.py")
    prepare_folder(out.parent)
    arrays = out.with_suffix(".npz")
    bound = Bound.of(file)
    with Worker(int) as worker, terminal.progress(file.name) as progress:
        progress("reading and writing", 0, 0)
        made, book = worker.call(_script_of, file, to, sheets, arrays.name, check, bound=bound)
    replace_file(out, made.script.source.encode())
    if made.script.arrays:
        replace_file(arrays, npz(made.script))
    lines = len(made.script.source.splitlines())
    click.echo(terminal.printable(f"{out}: {lines:,} lines" + (f", {arrays}" if made.script.arrays else "")))
    for line in made.refused:
        print_error(f"{file}: {line}")
    compared = made.comparison
    if book is not None:
        with Worker(int) as worker, terminal.progress(file.name) as progress:
            progress("running the script", 0, 0)
            found = worker.call(checks.run, out, bound=bound)
        again = checks.compare(
            book, found, areas=made.areas, skip=made.volatile, sheets=sheets or None, settling=made.settling
        )
        compared = again if compared is None else again.without(compared.upheld)
    if compared is None:
        print_error(f"{out}: it does not run; --check says why")
        return FAILED
    whose = "the workbook" if made.saved else "the recalculation"
    for difference in compared.differences[:SHOWN]:
        had, computed = (terminal.shortened(repr(value)) for value in (difference.expected, difference.found))
        print_error(f"{difference.cell}: {whose} has {had}, the script {computed}")
    if many := len(compared.differences):
        print_error(f"{out}: {many:,} of {compared.cells:,} cells differ from {_values_of(made.saved)}")
        if made.silence:
            print_error(f"{out}: nothing decides which is right: {made.silence}")
    if upheld := len(compared.upheld):
        cells = "1 cell" if upheld == 1 else f"{upheld:,} cells"
        click.echo(f"{cells} differ from ironcalc's values; LibreOffice has what the script has")
    if made.unknown:
        cells = "1 formula cell has" if made.unknown == 1 else f"{made.unknown:,} formula cells have"
        print_error(f"{out}: {cells} no value to compare with, in the file or by a recalculation")
    if check:
        equal = compared.cells - len(compared.differences)
        left = f" ({len(made.volatile):,} depend on chance and are not compared)" if made.volatile else ""
        click.echo(
            f"{equal:,} of {compared.cells:,} formula cells equal {_values_of(made.saved)}{left}; "
            f"largest error {compared.max_error:.1e}"
        )
    return FAILED if made.refused or compared.differences else GOOD


def _script_of(
    file: Path, target: str, sheets: tuple[str, ...], beside: str, keeps_book: bool
) -> tuple["Transpiled", "Book | None"]:
    """A workbook's script, and the workbook where it is wanted: to hand over half a million cells takes a second."""
    from workbook.transpile import Front, transpile

    front = Front.of(file, sheets=sheets)
    made = transpile(file, target=target, sheets=sheets or None, beside=beside, front=front)
    return made, front.book if keeps_book else None


def _values_of(saved: bool) -> str:
    """Whose values a script is compared with."""
    return "the saved values" if saved else "recalculated values (the file has none)"
