"""Any workbook → a program: cells → regions of one formula → order → NumPy or PyTorch source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.errors import FileError
from workbook.read import Book, read_workbook
from workbook.transpile.names import give_names, heading_joins
from workbook.transpile.program import make_program
from workbook.transpile.regions import describe
from workbook.transpile.script import Script, write_script
from workbook.transpile.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Transpiled:
    """A workbook's script.

    Attributes:
        script: the source, and the arrays that it reads.
        book: the workbook.
        refused: what of the workbook is not in it: a range and the reason, a line each.
        volatile: the cells that hang on chance or on the clock: nobody can compare them.
    """

    script: Script
    book: Book
    refused: tuple[str, ...]
    volatile: frozenset[str]


def transpile(path: Path | str, *, target: str, sheets: tuple[str, ...] | None = None, beside: str = "") -> Transpiled:
    """The script of a workbook.

    Args:
        path: an .xlsx or .xlsm file.
        target: `numpy` or `torch`.
        sheets: the sheets wanted, with all that they read; None for all.
        beside: the name of the .npz that the script is to read its large inputs from.

    Raises:
        FileError: the file cannot be read or trusted, or has no such sheet.
    """
    book = read_workbook(path)
    for title in sheets or ():
        if title not in book.sheets:
            raise FileError(f"{path}: there is no sheet '{title}'; its sheets are {', '.join(book.sheets)}")
    program = make_program(book, heading_joins(book), sheets)
    names = give_names(book, program)
    script, emitted = write_script(
        program, names, TARGETS[target], title=Path(path).name, beside=beside or f"{Path(path).stem}.npz"
    )
    refused = [f"{describe(region)} {why}" for region, why in program.refused]
    refused += [f"{variable.where} {why}" for variable, why in emitted.refused]
    return Transpiled(script, book, tuple(refused), program.volatile)


def npz(script: Script) -> bytes:
    """The bytes of the .npz that a script reads; the same for the same arrays."""
    import io

    import numpy as np

    stream = io.BytesIO()
    arrays: dict[str, Any] = dict(script.arrays)
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()
