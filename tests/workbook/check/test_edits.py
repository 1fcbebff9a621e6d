"""An edit in LibreOffice leaves nothing stale: the program calculates as it does by itself, and every cell is right."""

from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from edited import Edit, Stale, stale_cells

from workbook.check.recalc import libreoffice
from workbook.check.verify import Checks, trials
from workbook.formula.address import cell_position
from workbook.lesson.lesson import Given
from workbook.plan.place import Place
from workbook.plan.plan import Plan

office = libreoffice.find()
pytestmark = pytest.mark.skipif(office is None, reason="LibreOffice is not installed")
TIMEOUT_S = 300.0


def moved(block: Given, value: float) -> float:
    """The value moved by a tenth, or by the block's unit where it is 0, inside what the sheet accepts."""
    step = max(1.0, abs(round(value / 10))) if block.whole else abs(value) / 10 or block.unit
    up, down = value + step, value - step
    return up if block.high is None or up <= block.high else down


def edits_of(plan: Plan) -> list[list[Edit]]:
    """Each option of each drop-down, with others that touch none of its blocks; sheet by sheet every number.

    Of an array of numbers it is a cell in its middle.
    """
    numbers: dict[str, list[Edit]] = {}
    for place in plan.places.values():
        block = place.block
        if isinstance(block, Given) and not block.fixed and not block.is_text:
            numbers.setdefault(place.title, []).append(edit_of(place, block, plan))
    switched = [
        [Edit(trial.place.title, *trial.place.origin, trial.option) for trial in group]
        for group in trials(Checks(plan))
    ]
    return [*switched, *numbers.values()]


def edit_of(place: Place, block: Given, plan: Plan) -> Edit:
    index = tuple(size // 2 for size in place.shape)
    value = float(np.nan_to_num(plan.values[place.name][index]))
    return Edit(place.title, int(place.rows[index]), int(place.columns[index]), moved(block, value))


def test_an_edit_leaves_no_stale_cell(every: tuple[Path, Plan], tmp_path: Path) -> None:
    assert office is not None
    path, plan = every
    edits = edits_of(plan)
    assert edits
    assert [
        stale for stale in stale_cells(office, path, edits, tmp_path, TIMEOUT_S) if not is_rounding(stale, plan)
    ] == []


def is_rounding(stale: Stale, plan: Plan) -> bool:
    """Whether both are numbers that are apart by no more than rounding in a block of their size."""
    title, _, address = stale.cell.rpartition("!")
    row, column = cell_position(address)
    try:
        apart = abs(float(stale.shown) - float(stale.right))
    except ValueError:
        return False
    return any(
        apart <= 1e-9 * plan.scale(place.name)
        for place in plan.places.values()
        if place.title == title and ((place.rows == row) & (place.columns == column)).any()
    )


def test_a_cell_that_hangs_on_an_array_formula_is_found_stale(tmp_path: Path) -> None:
    path = tmp_path / "planted.xlsx"
    left = np.arange(1.0, 10.0).reshape(3, 3)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet")
        for row, column in np.ndindex(3, 3):
            sheet.write_number(row, column, left[row, column])
            letter, product = "ABC"[column], float(left[row] @ left[:, column])
            formula = f"{{=MMULT($A{row + 1}:$C{row + 1},{letter}$1:{letter}$3)}}"
            sheet.write_array_formula(row, 4 + column, row, 4 + column, formula, None, product)
        sheet.write_formula("I1", "=SUM(E1:G3)", None, float((left @ left).sum()))
        sheet.write_formula("I2", "=I1*2", None, 2 * float((left @ left).sum()))
    assert office is not None
    (tmp_path / "office").mkdir()
    found = stale_cells(office, path, [[Edit("Sheet", 1, 1, 5.0)]], tmp_path / "office", TIMEOUT_S)
    assert {"Sheet!I1", "Sheet!I2"} <= {stale.cell for stale in found}
