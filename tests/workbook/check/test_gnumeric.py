"""Gnumeric, which shares no code with the programs that proved a workbook, computes the same numbers."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from sweep import LARGE

from workbook.check.checks import Checks
from workbook.plan import derive
from workbook.plan.plan import Plan
from workbook.xlsx.read import Book, read_workbook

SSCONVERT = shutil.which("ssconvert")

pytestmark = pytest.mark.skipif(SSCONVERT is None, reason="Gnumeric is not installed")

NOT_EVALUATED = frozenset(f"Compare!B{row}" for row in range(8, 15))
"""SUMPRODUCT(MIN(range+range)): alone of all programs tried, Gnumeric does not take ranges within MIN cell by cell."""


def recalculated(path: Path, into: Path) -> Book:
    assert SSCONVERT is not None
    subprocess.run([SSCONVERT, "--recalc", path, into], check=True, capture_output=True, timeout=300)
    return read_workbook(into)


@pytest.mark.sweep(*LARGE)
def test_every_cell_is_as_the_reference_has_it(every: tuple[Path, Plan], tmp_path: Path) -> None:
    path, plan = every
    found = Checks(plan).compare_saved(recalculated(path, tmp_path / "again.xlsx"))
    others = {failure.cell for failure in found}
    assert others <= (NOT_EVALUATED if plan.lesson.name == "optimizers" else set())


def test_it_did_calculate(small_of: Callable[[str], tuple[Path, Plan]], tmp_path: Path) -> None:
    path, plan = small_of("cross_entropy")
    book = openpyxl.load_workbook(path)  # which drops all values
    place = plan.places["softmax.temperature"]
    book[place.title].cell(*place.origin).value = 0.5
    book.save(tmp_path / "edited.xlsx")
    checks = Checks(plan)
    values = dict(plan.values) | {"softmax.temperature": np.asarray(0.5)}
    values |= derive.evaluate(checks.units, plan.places, values)
    again = recalculated(tmp_path / "edited.xlsx", tmp_path / "again.xlsx")
    found = {title: {at: cell.value for at, cell in sheet.cells.items()} for title, sheet in again.sheets.items()}
    assert checks.compare(found, kind="value", by="Gnumeric", values=values) == []
    assert checks.compare(found, kind="value", by="Gnumeric") != []
