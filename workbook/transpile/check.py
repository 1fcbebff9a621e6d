"""A script run, and its cells compared with those that the workbook was saved with."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbook.address import cell_position
from workbook.errors import WorkbookError
from workbook.read import Book, CellError, Value
from workbook.transpile.regions import cell_name

TOLERANCE = 1e-9
"""Of a number's own size, or of a thousandth where it is smaller."""
_SECONDS = 600
_SMALL = 1e-3


class CheckError(WorkbookError):
    """A script that does not run; `trace` is what Python said."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose value differs: what the workbook holds and what the script found (None: nothing)."""

    cell: str
    expected: Value
    found: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many formula cells were compared, which differ, and the largest error of a number."""

    cells: int
    differences: tuple[Difference, ...]
    max_error: float


def run(path: Path) -> dict[str, Any]:
    """What a script, or a notebook, dumps: `Sheet!A1` → the value as JSON.

    Raises:
        CheckError: it does not run.
    """
    with TemporaryDirectory(prefix="gradbook-") as folder:
        out = Path(folder) / "cells.json"
        try:
            process = subprocess.run(  # noqa: S603 - our own script, with the Python that runs this
                [sys.executable, str(path), "--dump", str(out)],
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CheckError(f"{path}: it did not end within {_SECONDS} s") from error
        if process.returncode:
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            raise CheckError(f"{path}: it does not run ({last})", process.stderr)
        found = json.loads(out.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def formula_cells(book: Book) -> Iterator[tuple[str, tuple[int, int], Value]]:
    """Every formula cell that was saved with a value: its sheet, its place, the value; each cell of an array."""
    for title, sheet in book.sheets.items():
        for place, cell in sheet.cells.items():
            if cell.formula is None:
                continue
            for row, column in _places(place, cell.array):
                value = sheet.cells[row, column].value if (row, column) in sheet.cells else None
                if value is not None:
                    yield title, (row, column), value


def _places(place: tuple[int, int], area: str | None) -> list[tuple[int, int]]:
    if area is None:
        return [place]
    corners = [cell_position(corner) for corner in area.split(":")]
    (top, left), (bottom, right) = corners[0], corners[-1]
    return [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]


def compare(
    book: Book, found: Mapping[str, Any], *, skip: frozenset[str], sheets: tuple[str, ...] | None
) -> Comparison:
    """The script's cells against those of the workbook.

    Args:
        book: the workbook, with its saved values.
        found: what the script dumped.
        skip: cells that nobody can compare: what hangs on RAND.
        sheets: the sheets to compare; None for all.
    """
    expected = {
        cell_name(title, *place): value
        for title, place, value in formula_cells(book)
        if sheets is None or title in sheets
    }
    differences: list[Difference] = []
    worst = 0.0
    for cell, value in expected.items():
        if cell in skip:
            continue
        error = _error(value, found.get(cell))
        if error > TOLERANCE:
            differences.append(Difference(cell, value, found.get(cell)))
        elif math.isfinite(error):
            worst = max(worst, error)
    return Comparison(sum(cell not in skip for cell in expected), tuple(differences), worst)


def _error(expected: Value, found: Any) -> float:
    """How far off a value is, of its own size; infinity where it is something else."""
    if isinstance(expected, CellError):
        return 0.0 if found == {"error": expected.code} else math.inf
    if isinstance(expected, bool) or isinstance(found, bool):
        return 0.0 if expected is found else math.inf
    if isinstance(expected, float):
        if not isinstance(found, int | float):
            return math.inf
        return abs(found - expected) / max(abs(expected), _SMALL)
    return 0.0 if found == expected else math.inf
