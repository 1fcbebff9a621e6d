"""The corpus as the tests take it: each file with the formulas in it and the values that its cells must show."""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from corpus import package
from corpus.cases import Shown

FILES = Path(__file__).parent / "files"
SIZE = 1_500_000
"""The most bytes that the corpus may have."""


@dataclass(frozen=True)
class Entry:
    """One file of the corpus.

    Attributes:
        path: the file.
        name: of the workbook.
        writer: the program that wrote this file of it.
        expected: `sheet!A1` to what Excel shows; cells that the writer lost, and random ones, are not in it.
    """

    path: Path
    name: str
    writer: str
    expected: dict[str, Shown]

    @cached_property
    def formulas(self) -> dict[str, str]:
        """The formulas of the same cells, read when they are first asked for."""
        return {cell: text for cell, (text, _) in package.cells(self.path).items() if cell in self.expected}


def files() -> list[Path]:
    """The workbooks' files."""
    return sorted(path for path in FILES.iterdir() if path.suffix in (".xlsx", ".xlsm"))


@cache
def entry(path: Path) -> Entry:
    """A file with what is expected of it."""
    name, writer, _ = path.name.split(".")
    known = json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
    left_out = set(known["left_out"].get(writer, ()))
    expected = {cell: value for cell, value in known["cells"].items() if cell not in left_out}
    return Entry(path, name, writer, expected)
