"""A script run, and its cells compared with those that the workbook was saved with."""

import math
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import orjson

from workbook.errors import WorkbookError
from workbook.formula.address import cell_position, column_letters
from workbook.formula.rectangle import Rectangle, rectangle
from workbook.transpile.back.forks import run_script
from workbook.transpile.back.notebook import code_of
from workbook.transpile.back.residues import ROUNDING, is_arithmetic, terms_of
from workbook.transpile.front.regions import within
from workbook.xlsx.files import scratch
from workbook.xlsx.read import Book, CellError, SheetCells, Value

TOLERANCE = 1e-9
"""Of the largest number of the array that a cell belongs to."""
ERRORS_AS_TEXT = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#ERROR!")
)
_SECONDS = 600
_SETTLED = 100
"""How many times the delta of an iteration a number may be off that it stopped at."""
# What is left where large numbers cancel.
_REST = 1e-14


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
    """How many formula cells were compared, which differ, and the largest error of a number.

    `upheld`: cells in which the program that computed the values differs, but another has what the script has.
    """

    cells: int
    differences: tuple[Difference, ...]
    max_error: float
    upheld: frozenset[str] = frozenset()

    def with_another(self, values: Mapping[str, Mapping[tuple[int, int], Value]]) -> "Comparison":
        """The comparison once another program was asked: where that has what the script has, nothing differs."""
        upheld = frozenset(d.cell for d in self.differences if _is_upheld(d, values))
        return self.without(self.upheld | upheld)

    def without(self, upheld: frozenset[str]) -> "Comparison":
        """The comparison without the cells in which another program has what the script has."""
        left = tuple(difference for difference in self.differences if difference.cell not in upheld)
        return replace(self, differences=left, upheld=upheld)


def _is_upheld(difference: Difference, values: Mapping[str, Mapping[tuple[int, int], Value]]) -> bool:
    sheet, _, address = difference.cell.rpartition("!")
    value = values.get(sheet, {}).get(cell_position(address))
    return value is not None and _error(value, difference.found, 0.0) <= TOLERANCE


def run(path: Path) -> dict[str, Any]:
    """What a script, or a notebook, dumps: `Sheet!A1` → the value as JSON.

    Raises:
        CheckError: it does not run.
    """
    with scratch() as folder:
        out = folder / "cells.json"
        command = [sys.executable, str(path.resolve()), "--dump", str(out)]
        if path.suffix == ".ipynb":
            program = f"{code_of(path.read_text(encoding='utf-8'))}\n\n\ndump(book, {str(out)!r})\n"
            plain = folder / "notebook.py"
            plain.write_text(program, encoding="utf-8")
            command = [sys.executable, str(plain)]
        try:
            process = run_script(command, cwd=path.resolve().parent, timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise CheckError(f"{path}: it did not end within {_SECONDS} s") from error
        if process.returncode:
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            raise CheckError(f"{path}: it does not run ({last})", process.stderr)
        found = orjson.loads(out.read_bytes())
    assert isinstance(found, dict)
    return found


def formula_cells(sheet: SheetCells) -> dict[tuple[int, int], Value]:
    """Every formula cell of a sheet that was saved with a value, and the value; each cell of an array."""
    found: dict[tuple[int, int], Value] = {}
    for place, cell in sheet.cells.items():
        if cell.formula is None:
            continue
        if cell.array is None:
            if cell.value is not None:
                found[place] = cell.value
            continue
        of_array = ((at, sheet.cells[at].value) for at in within(sheet.cells, rectangle(cell.array)))
        found |= {at: value for at, value in of_array if value is not None}
    return found


def compare(
    book: Book,
    found: Mapping[str, Any],
    *,
    areas: Iterable[tuple[str, Rectangle]],
    skip: frozenset[str],
    sheets: tuple[str, ...] | None,
    settling: frozenset[str] = frozenset(),
) -> Comparison:
    """The script's cells against those of the workbook.

    Args:
        book: the workbook, with its saved values.
        found: what the script dumped.
        areas: the arrays that the script computes: a number's error is relative to the largest of its array.
        skip: cells that nobody can compare: what depends on RAND.
        sheets: the sheets to compare; None for all.
        settling: cells in circles, or that depend on them: a program stops where their changes are small.
    """
    differences: list[Difference] = []
    worst, count = 0.0, 0
    wanted = [sheet for title, sheet in book.sheets.items() if sheets is None or title in sheets]
    scaled: dict[str, list[Rectangle]] = {sheet.title: [] for sheet in wanted}
    for title, area in areas:
        scaled.setdefault(title, []).append(area)
    letters = cache(column_letters)
    for sheet in wanted:
        expected = formula_cells(sheet)
        scales = _scales(expected, scaled[sheet.title])
        for place, value in expected.items():
            cell = f"{sheet.title}!{letters(place[1])}{place[0]}"
            if cell in skip:
                continue
            count += 1
            shown = found.get(cell)
            if type(shown) is type(value) is float and shown == value:
                continue
            error = _error(value, shown, scales.get(place, 0.0))
            if error > TOLERANCE and cell in settling and isinstance(value, float):
                slack = _SETTLED * book.iteration_delta / max(abs(value), 1.0)
                error = 0.0 if error <= slack else error
            if error > TOLERANCE and (
                _is_residue(sheet, place, value, shown, scales) or _is_shown_otherwise(sheet, place, value, shown)
            ):
                error = 0.0
            if error > TOLERANCE:
                differences.append(Difference(cell, value, shown))
            else:
                worst = max(worst, error)
    return Comparison(count, tuple(differences), worst)


def _is_residue(
    sheet: SheetCells, place: tuple[int, int], expected: Value, found: Any, scales: Mapping[tuple[int, int], float]
) -> bool:
    """Whether two numbers are all that cancelling left of larger ones, as the balance after a loan's last payment."""
    formula = sheet.cells[place].formula
    if formula is None or type(expected) is not float or type(found) is not float:
        return False

    def size(row: int, column: int) -> float:
        value = sheet.cells[row, column].value
        return max(scales.get((row, column), 0.0), abs(value) if type(value) is float else 0.0)

    return abs(found - expected) <= ROUNDING * terms_of(formula, sheet, size)


def _is_shown_otherwise(sheet: SheetCells, place: tuple[int, int], expected: Value, found: Any) -> bool:
    """Whether a number was saved as the condition that it was made of, as LibreOffice saves some."""
    formula = sheet.cells[place].formula
    return type(expected) is bool and type(found) is float and found == expected and is_arithmetic(formula or "")


def _scales(expected: Mapping[tuple[int, int], Value], areas: Iterable[Rectangle]) -> dict[tuple[int, int], float]:
    """The largest magnitude of the array that each cell of a sheet belongs to."""
    scales: dict[tuple[int, int], float] = {}
    for top, left, bottom, right in areas:
        places = list(product(range(top, bottom + 1), range(left, right + 1)))
        values = [abs(v) for v in map(expected.get, places) if type(v) is float]
        scales |= dict.fromkeys(places, max(values, default=0.0))
    return scales


def _error(expected: Value, found: Any, scale: float) -> float:
    """How far off a value is, of its array's size; infinity where it is something else."""
    if isinstance(expected, CellError):
        return 0.0 if found == {"error": expected.code} else math.inf
    if isinstance(expected, bool) or isinstance(found, bool):
        return 0.0 if expected is found else math.inf
    if isinstance(expected, float):
        # A whole number of Python's may be larger than any float.
        if not isinstance(found, int | float) or not abs(found) <= sys.float_info.max:
            return math.inf
        gap = abs(found - expected)
        return 0.0 if gap <= _REST else gap / max(abs(expected), scale, _REST)
    if expected in ERRORS_AS_TEXT and isinstance(found, dict):
        # Google Sheets saves errors as text, and has one that Excel does not know.
        return 0.0 if expected in (found["error"], "#ERROR!") else math.inf
    return 0.0 if found == expected else math.inf
