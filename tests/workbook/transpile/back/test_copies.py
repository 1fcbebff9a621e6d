"""Cells that only show other cells of their sheet have the name of these, and no line of their own."""

from pathlib import Path

import pytest
from small_books import body, computed, save

from workbook.transpile import transpile

SHEETS: dict[str, dict[str, object]] = {
    "Data": {
        "A1": "price", "B1": "count", "C1": "cost", "E1": "shown", "F1": "shown again", "G1": "price here",
        **{f"A{row}": row / 2 for row in range(2, 8)},
        **{f"B{row}": float(row) for row in range(2, 8)},
        **{f"C{row}": f"=A{row}*B{row}" for row in range(2, 8)},
        **{f"E{row}": f"=C{row}" for row in range(2, 8)},
        **{f"F{row}": f"=E{row}" for row in range(2, 8)},
        **{f"G{row}": f"=A{row}" for row in range(2, 8)},
        "I1": "total", "I2": "=SUM(F2:F7)", "I3": "=I2",
    },
    "Other": {
        **{f"A{row}": f"=Data!F{row}" for row in range(2, 8)},
        **{f"B{row}": f"=A{row}+Data!G{row}" for row in range(2, 8)},
        "D2": "=SUM(A2:A7)/Data!I3",
    },
    "Back": {"A1": "=Other!D2", "A2": "=A1"},
}  # fmt: skip
FORMULAS = sum(str(value).startswith("=") for cells in SHEETS.values() for value in cells.values())


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_copy_has_no_line_and_every_cell_its_value(tmp_path: Path, target: str) -> None:
    path = save(tmp_path / "copies.xlsx", SHEETS)
    assert body(path, "data", target) == ["cost = price * count", "total = cost.sum()"]
    found = computed(path, tmp_path, target)
    assert len(found) == FORMULAS
    for row in range(2, 8):
        assert found[f"Data!E{row}"] == found[f"Data!F{row}"] == row * row / 2
        assert found[f"Data!G{row}"] == row / 2
        assert found[f"Other!B{row}"] == row * row / 2 + row / 2
    assert found["Data!I3"] == found["Data!I2"] == 69.5
    assert found["Back!A1"] == found["Back!A2"] == found["Other!D2"] == 1.0


def test_an_array_of_another_sheet_is_still_said(tmp_path: Path) -> None:
    path = save(tmp_path / "copies.xlsx", SHEETS)
    assert body(path, "other")[0].endswith(" = data.cost")


def test_a_copy_leads_to_the_line_of_what_it_shows_and_that_line_to_both(tmp_path: Path) -> None:
    made = transpile(save(tmp_path / "copies.xlsx", SHEETS), target="numpy")
    lines = made.lines.lines_of("Data", 4, 6)
    assert lines == made.lines.lines_of("Data", 4, 3) != ()
    assert made.script.source.splitlines()[lines[0][0] - 1].strip() == "cost = price * count"
    assert [area[1] for _, area in made.lines.cells_of(lines[0][0])] == [3, 5, 6]
    shown = made.lines.lines_of("Data", 4, 7)
    assert shown == made.lines.lines_of("Data", 4, 1) != ()
