"""What strangers' workbooks brought to light, each in its smallest form; values by hand."""

from pathlib import Path

import pytest
from openpyxl.worksheet.formula import ArrayFormula
from small_books import computed, save


def test_a_loop_reads_a_blank_in_its_inputs_as_nothing(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "paid", "B1": "total", "B2": 10.0, "D1": "=COUNT(A2:A7)"}
    paid = {2: 1.0, 3: 4.0, 5: 2.0, 7: 8.0}
    cells |= {f"A{row}": value for row, value in paid.items()}
    cells |= {f"B{row}": f"=B{row - 1}+A{row}" for row in range(3, 8)}
    found = computed(save(tmp_path / "gaps.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!B{row}"] for row in range(3, 8)] == [14, 14, 16, 16, 24]
    assert found["S!D1"] == 4


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_criteria_across_and_down_make_a_table(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {"F1": "p", "G1": "q", "E2": "x", "E3": "y"}
    for row, (region, product, units) in enumerate(
        [("x", "p", 1.0), ("x", "q", 2.0), ("y", "p", 4.0), ("y", "p", 8.0), ("z", "q", 16.0)], start=1
    ):
        cells |= {f"A{row}": region, f"B{row}": product, f"C{row}": units}
    cells["F2"] = ArrayFormula("F2:G3", "=SUMIFS(C1:C5,A1:A5,E2:E3,B1:B5,F1:G1)")
    found = computed(save(tmp_path / "table.xlsx", {"S": cells}), tmp_path, target)
    assert found == {"S!F2": 1, "S!G2": 2, "S!F3": 12, "S!G3": 0}


def test_sortby_takes_the_second_key_where_the_first_is_equal(tmp_path: Path) -> None:
    cells: dict[str, object] = {}
    for row, (name, count) in enumerate([("b", 2.0), ("c", 7.0), ("a", 2.0), ("d", 7.0)], start=1):
        cells |= {f"A{row}": name, f"B{row}": count}
    cells["D1"] = ArrayFormula("D1:D4", "=_xlfn.SORTBY(A1:A4,B1:B4,-1,A1:A4,1)")
    found = computed(save(tmp_path / "sorted.xlsx", {"S": cells}), tmp_path)
    assert list(found.values()) == ["c", "d", "a", "b"]
