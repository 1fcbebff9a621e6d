"""Characters that XML can't hold are one sign each, wherever a file keeps them; texts that look so stay as they are."""

from pathlib import Path

import pytest
import xlsxwriter

from workbook.check.recalc.ironcalc import IronCalc


@pytest.mark.parametrize("in_cells", [False, True])
def test_a_text_is_counted_by_its_signs_wherever_the_file_keeps_it(tmp_path: Path, in_cells: bool) -> None:
    path = tmp_path / "texts.xlsx"
    # XlsxWriter keeps texts in the cells themselves where it may not keep them in memory.
    with xlsxwriter.Workbook(str(path), {"constant_memory": in_cells}) as book:
        sheet = book.add_worksheet("S")
        for row, text in enumerate(("<b>&_x0041_*~", "bell\a")):
            sheet.write_string(row, 0, text)
            sheet.write_formula(row, 1, f"=LEN(A{row + 1})")
            sheet.write_formula(row, 2, f"=LEFT(A{row + 1},6)")
    with IronCalc().open(path) as session:
        found = session.values()["S"]
        session.set("S", 2, 1, "_x0007_ bell\a")
        again = session.values()["S"]
    assert [found[1, column] for column in (1, 2, 3)] == ["<b>&_x0041_*~", 13.0, "<b>&_x"]
    assert [found[2, column] for column in (1, 2, 3)] == ["bell\a", 5.0, "bell\a"]
    assert [again[2, column] for column in (1, 2)] == ["_x0007_ bell\a", 13.0]
