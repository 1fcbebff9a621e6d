"""Any workbook → a program: cells → regions of one formula → order → NumPy or PyTorch source."""

from dataclasses import dataclass
from pathlib import Path

from workbook.read import read_workbook
from workbook.transpile.names import give_names, heading_joins
from workbook.transpile.program import make_program
from workbook.transpile.regions import describe
from workbook.transpile.script import Script, write_script
from workbook.transpile.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Transpiled:
    """A workbook's script, and what of the workbook is not in it: a range and the reason, a line each."""

    script: Script
    refused: tuple[str, ...]


def transpile(path: Path | str, *, target: str, sheets: tuple[str, ...] | None = None, beside: str = "") -> Transpiled:
    """The script of a workbook.

    Args:
        path: an .xlsx or .xlsm file.
        target: `numpy` or `torch`.
        sheets: the sheets wanted, with all that they read; None for all.
        beside: the name of the .npz that the script is to read its large inputs from.

    Raises:
        FileError: the file cannot be read or trusted.
    """
    book = read_workbook(path)
    program = make_program(book, heading_joins(book), sheets)
    names = give_names(book, program)
    script, emitted = write_script(
        program, names, TARGETS[target], title=Path(path).name, beside=beside or f"{Path(path).stem}.npz"
    )
    refused = [f"{describe(region)} {why}" for region, why in program.refused]
    refused += [f"{variable.where} {why}" for variable, why in emitted.refused]
    return Transpiled(script, tuple(refused))
