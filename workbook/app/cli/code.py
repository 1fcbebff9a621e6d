"""The command `code`: any workbook as NumPy or PyTorch."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, SHOWN, print_error, print_line
from workbook.app.cli.options import FILE

if TYPE_CHECKING:
    from workbook.transpile import Transpiled
    from workbook.transpile.back.check import Comparison
    from workbook.xlsx.bounds import Bound
    from workbook.xlsx.read import Book
    from workbook.xlsx.worker import Worker


@click.command(
    short_help="Turn any workbook into NumPy or PyTorch.",
    epilog="\b\nExamples:\n  gradbook code output/optimizers.xlsx\n"
    "  gradbook code budget.xlsx --sheet Plan --to torch --out plan.py --check",
)
@click.argument("file", metavar="FILE.xlsx", type=FILE)
@click.option(
    "--sheet", "sheets", metavar="NAME", multiple=True, help="Only this sheet, and what it reads; repeatable."
)
@click.option(
    "--to",
    type=click.Choice(["numpy", "torch", "notebook"]),
    default="numpy",
    show_default=True,
    help="What the script is written in; a notebook has NumPy.",
)
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    help="The script, large inputs in an .npz beside it.  [default: FILE_numpy.py, FILE_torch.py, FILE.ipynb, here]",
)
@click.option("--check", is_flag=True, help="Run the script and compare its cells with the saved ones.")
def code(file: Path, sheets: tuple[str, ...], to: str, out: Path | None, check: bool) -> int:
    """Turn any .xlsx or .xlsm workbook into a script that computes every formula cell of it from its inputs."""
    from workbook.xlsx.bounds import Bound
    from workbook.xlsx.files import prepare_folder, replace_file
    from workbook.xlsx.worker import Worker

    out = out or Path(f"{file.stem}.ipynb" if to == "notebook" else f"{file.stem}_{to}.py")
    prepare_folder(out.parent)
    arrays = out.with_suffix(".npz")
    bound = Bound.of(file)
    with Worker(int) as worker, terminal.progress(file.name) as progress:
        progress("reading and writing", 0, 0)
        written, whole = worker.call(_written, file, to, sheets, arrays.name, check, bound=bound)
    replace_file(out, written.source.encode())
    if written.arrays:
        replace_file(arrays, written.arrays)
    lines = len(written.source.splitlines())
    print_line(f"{out}: {lines:,} lines" + (f", {arrays}" if written.arrays else ""))
    for line in written.refused:
        print_error(f"{file}: {line}")
    compared = written.compared
    if whole is not None:
        with Worker(int) as worker, terminal.progress(file.name) as progress:
            progress("running the script", 0, 0)
            compared = _compared_again(worker, out, sheets, *whole, bound=bound)
    if compared is None:
        print_error(f"{out}: it does not run; --check says why")
        return FAILED
    _tell(out, written, compared, check=check)
    unchecked = check and written.unknown
    return FAILED if written.refused or compared.differences or unchecked else GOOD


@dataclass(frozen=True, slots=True)
class _Compared:
    """How a script's cells compare: how many were compared, what differs, in how many another program upheld it."""

    cells: int
    differences: tuple[tuple[str, str, str], ...]
    upheld: int
    max_error: float

    @classmethod
    def of(cls, comparison: "Comparison") -> "_Compared":
        """What is told of a comparison."""
        found = ((d.cell, _shown(d.expected), _shown(d.found)) for d in comparison.differences)
        return cls(comparison.cells, tuple(found), len(comparison.upheld), comparison.max_error)


def _shown(value: object) -> str:
    """A cell's value as it is told: an error as a sheet shows it, apart from a text of the same letters."""
    from workbook.xlsx.read import CellError

    if isinstance(value, CellError):
        return value.code
    return str(value["error"]) if isinstance(value, dict) else repr(value)


@dataclass(frozen=True, slots=True)
class _Written:
    """What of a script the command tells and leaves, so that it need not import what made it."""

    source: str
    arrays: bytes
    saved: bool
    refused: tuple[str, ...]
    volatile: int
    unknown: tuple[str, ...]
    silence: str
    compared: _Compared | None


def _written(
    file: Path, target: str, sheets: tuple[str, ...], beside: str, keeps_book: bool
) -> tuple[_Written, tuple["Transpiled", "Book"] | None]:
    """A workbook's script, and all of it where it is wanted: to hand over half a million cells takes a second."""
    from workbook.transpile import Front, begin_scripts, npz, transpile

    begin_scripts(target)
    front = Front.of(file, sheets=sheets)
    made = transpile(file, target=target, sheets=sheets or None, beside=beside, front=front, mapped=False)
    written = _Written(
        made.script.source,
        npz(made.script) if made.script.arrays else b"",
        made.saved,
        made.refused,
        len(made.volatile),
        made.unknown,
        made.silence,
        None if made.comparison is None else _Compared.of(made.comparison),
    )
    return written, (made, front.book) if keeps_book else None


def _compared_again(
    worker: "Worker[int]", out: Path, sheets: tuple[str, ...], made: "Transpiled", book: "Book", *, bound: "Bound"
) -> _Compared:
    """The script that was left, run once more by itself, and compared."""
    from workbook.transpile.back import check

    found = worker.call(check.run, out, bound=bound)
    again = check.compare(
        book, found, areas=made.areas, skip=made.volatile, sheets=sheets or None, settling=made.settling
    )
    return _Compared.of(again if made.comparison is None else again.without(made.comparison.upheld))


def _tell(out: Path, written: _Written, compared: _Compared, *, check: bool) -> None:
    """Say what differs, what could not be compared, and with `check` how much is equal."""
    whose = "the workbook" if written.saved else "the recalculation"
    for cell, expected, found in compared.differences[:SHOWN]:
        had, computed = terminal.shortened(expected), terminal.shortened(found)
        print_error(f"{cell}: {whose} has {had}, the script {computed}")
    if many := len(compared.differences):
        print_error(f"{out}: {many:,} of {compared.cells:,} cells differ from {_values_of(written.saved)}")
        if written.silence:
            print_error(f"{out}: nothing decides which is right: {written.silence}")
    if upheld := compared.upheld:
        cells = "1 cell differs" if upheld == 1 else f"{upheld:,} cells differ"
        print_line(f"{cells} from ironcalc's values; computed one by one, or by LibreOffice, they are the script's")
    if unknown := written.unknown:
        cells = "1 formula cell has" if len(unknown) == 1 else f"{len(unknown):,} formula cells have"
        first = ", ".join(unknown[:SHOWN]) + (", …" if len(unknown) > SHOWN else "")
        print_error(f"{out}: {cells} no value to compare with, in the file or by a recalculation: {first}")
    if check:
        equal = compared.cells - len(compared.differences)
        left = f" ({written.volatile:,} depend on chance and are not compared)" if written.volatile else ""
        print_line(
            f"{equal:,} of {compared.cells:,} formula cells equal {_values_of(written.saved)}{left}; "
            f"largest error {compared.max_error:.1e}"
        )


def _values_of(saved: bool) -> str:
    """Whose values a script is compared with."""
    return "the saved values" if saved else "recalculated values (the file has none)"
