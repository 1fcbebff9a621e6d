"""Small workbooks for tests, saved with the values that a recalculation gives."""

import os
from collections.abc import Mapping
from pathlib import Path

import openpyxl

from workbook.transpile import transpile
from workbook.transpile.back import check

GOLDEN = Path(__file__).parents[2] / "golden"


def kept(name: str, made: str) -> str:
    """The source that was read by eye and is kept under a name; with GOLDEN=write this one is kept from now on."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(made, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def save(path: Path, sheets: Mapping[str, Mapping[str, object]], rounds: int = 0) -> Path:
    """A workbook of sheets of cells, without values for its formulas; `rounds`: so often circles are computed."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for address, value in cells.items():
            sheet[address] = value
    book.calculation.iterate, book.calculation.iterateCount = bool(rounds), rounds or 100
    book.save(path)
    return path


def body(path: Path, function: str, target: str = "numpy") -> list[str]:
    """The lines of one function of a workbook's script, its docstring and its return left out."""
    source = transpile(path, target=target).script.source
    lines = source[source.index(f"\ndef {function}(") :].split("\n\n\n")[0].splitlines()
    start = next(k for k, line in enumerate(lines) if '"""' in line) + 1
    return [line.strip() for line in lines[start:] if not line.strip().startswith(("return SimpleNamespace", ")"))]


def computed(path: Path, folder: Path, target: str = "numpy") -> dict[str, object]:
    """What a workbook's script computes."""
    made = transpile(path, target=target)
    script = folder / "script.py"
    script.write_text(made.script.source, encoding="utf-8")
    return check.run(script)
