"""An edit in LibreOffice leaves nothing stale: the program calculates as it does by itself, and every cell is right."""

from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from edited import Edit, Editor, edits_of, is_rounding
from sweep import FEW, some

from workbook.plan.plan import Plan


@pytest.mark.sweep("fine_tuning_run lesson")
def test_an_edit_leaves_no_stale_cell(every: tuple[Path, Plan], editor: Editor) -> None:
    path, plan = every
    edits = edits_of(plan)
    assert edits
    # Each group of edits is made in the workbook opened anew.
    some_edits = some(edits, 3 if plan.lesson.name in FEW else 1)
    assert [stale for stale in editor.stale_cells(path, some_edits) if not is_rounding(stale, plan)] == []


def test_a_cell_that_depends_on_an_array_formula_is_found_stale(editor: Editor, tmp_path: Path) -> None:
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
    found = editor.stale_cells(path, [[Edit("Sheet", 1, 1, 5.0)]])
    assert {"Sheet!I1", "Sheet!I2"} <= {stale.cell for stale in found}
