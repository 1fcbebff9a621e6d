"""Workbooks whose formulas were saved without values, or with zeros alone."""

from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from workbook.transpile import transpile
from workbook.transpile.back import check


def saved_without_values(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["C1"] = "x", "y", "word"
    for row in range(2, 8):
        sheet[f"A{row}"] = row
        sheet[f"B{row}"] = f"=A{row}^2"
        sheet[f"C{row}"] = f'=IF(B{row}>20,"big","small")'
    book.save(path)


def saved_with_zeros(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Sheet")
    for column, heading in enumerate(("x", "y", "word")):
        sheet.write(0, column, heading)
    for row in range(2, 8):
        sheet.write(row - 1, 0, row)
        sheet.write_formula(row - 1, 1, f"=A{row}^2")
        sheet.write_formula(row - 1, 2, f'=IF(B{row}>20,"big","small")')
    book.close()


@pytest.mark.parametrize("save", [saved_without_values, saved_with_zeros])
def test_the_script_is_as_plain_as_with_values(tmp_path: Path, save: object) -> None:
    path = tmp_path / "book.xlsx"
    assert callable(save)
    save(path)

    made = transpile(path, target="numpy")
    script = tmp_path / "script.py"
    script.write_text(made.script.source, encoding="utf-8")

    assert "y = x**2" in made.script.source
    assert check.run(script) == {f"Sheet!B{row}": row**2 for row in range(2, 8)} | {
        f"Sheet!C{row}": "big" if row > 4 else "small" for row in range(2, 8)
    }


def test_an_array_saved_with_zeros_is_as_plain_as_with_values(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(path := tmp_path / "product.xlsx")) as book:
        sheet = book.add_worksheet("S")
        for row in range(2):
            sheet.write_row(row, 0, (row + 1, row + 3))
        sheet.write_array_formula("D1:E2", "{=MMULT(A1:B2,A1:B2)}")

    made = transpile(path, target="numpy")
    script = tmp_path / "script.py"
    script.write_text(made.script.source, encoding="utf-8")

    assert " @ " in made.script.source
    assert check.run(script) == {"S!D1": 7.0, "S!E1": 15.0, "S!D2": 10.0, "S!E2": 22.0}
