"""What-if tables: a formula's value for each of some values of cells that it depends on. Expected values by hand."""

from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.formula import DataTableFormula
from small_books import computed

from workbook.transpile import Running, javascript
from workbook.transpile.front.regions import cell_name

CELLS: dict[str, object] = {
    "A1": "price", "B1": 10, "A2": "count", "B2": 3, "A3": "sales", "B3": "=B1*B2",
    "B5": 1, "B6": 2, "B7": 3, "C5": "=B5*$B$2", "C6": "=B6*$B$2", "C7": "=B7*$B$2",
    "B9": "=B3-SUM(C5:C7)", "B10": "=B9/B3",
    # Two inputs: prices along the row, counts down the column.
    "D12": "=B9", "E12": 10, "F12": 20, "G12": 30, "D13": 1, "D14": 2,
    "E13": DataTableFormula(ref="E13:G14", dt2D="1", dtr="1", r1="B1", r2="B2"),
    # One input along the row, two formulas.
    "D21": "=B9", "D22": "=B10", "E20": 5, "F20": 6, "G20": 7,
    "E21": DataTableFormula(ref="E21:G22", dtr="1", r1="B1"),
    # One input down the column, two formulas; it is a part of an array.
    "E30": "=B9", "F30": "=B10", "D31": 0, "D32": 100,
    "E31": DataTableFormula(ref="E31:F32", dtr="0", r1="B6"),
    # A blank input that nothing reads, as in simulations.
    "E40": "=B9", "D41": 1, "D42": 2,
    "E41": DataTableFormula(ref="E41:E42", dtr="0", r1="Z99"),
    # A blank input that a formula reads.
    "E50": "=B1+Y99", "D51": 7,
    "E51": DataTableFormula(ref="E51", dtr="0", r1="Y99"),
    # A blank among the values is 0, also where a formula could do without Excel's operators.
    "H1": 10, "E55": "=H1*B2+1", "D57": 5,
    "E56": DataTableFormula(ref="E56:E57", dtr="0", r1="H1"),
    # Another sheet stands between the input and the formula.
    "E60": "=Summary!A2+1", "D61": 5,
    "E61": DataTableFormula(ref="E61", dtr="0", r1="B1"),
}  # fmt: skip


def _cells(area: str, values: Iterable[float]) -> dict[str, object]:
    first, last = area.split(":")
    places = [
        f"Model!{c}{r}" for r in range(int(first[1:]), int(last[1:]) + 1) for c in "EFG" if first[0] <= c <= last[0]
    ]
    return dict(zip(places, values, strict=True))


EXPECTED = {
    **_cells("E13:G14", (4, 14, 24, 8, 28, 48)),
    **_cells("E21:G22", (-3, 0, 3, -0.2, 0, 1 / 7)),
    **_cells("E31:F32", (18, 0.6, -282, -9.4)),
    **_cells("E41:E42", (12, 12)),
    "Model!E51": 17.0,
    **_cells("E56:E57", (1, 16)),
    "Model!E61": 31.0,
    "Summary!A1": 126.0,
}


def saved(path: Path) -> Path:
    """The workbook of these cells, and a summary that reads them and is read by them."""
    book = openpyxl.Workbook()
    summary, model = book.active, book.create_sheet("Model")
    assert summary is not None
    summary.title = "Summary"
    summary["A1"] = "=SUM(Model!E13:G14)"
    summary["A2"] = "=Model!B3*2"
    for address, value in CELLS.items():
        model[address] = value
    book.save(path)
    return path


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_table_is_a_function_called_over_its_inputs(target: str, tmp_path: Path) -> None:
    found = computed(saved(tmp_path / "what_if.xlsx"), tmp_path, target)
    assert {cell: found.get(cell) for cell in EXPECTED} == pytest.approx(EXPECTED, rel=1e-12)


def shown(session: Running) -> dict[str, object]:
    return {cell_name(title, *at): value for title, cells in session.values().items() for at, value in cells.items()}


def test_a_page_computes_a_table_and_leaves_all_else_as_it_was(tmp_path: Path) -> None:
    program = javascript(saved(tmp_path / "what_if.xlsx"))
    assert program.refused == ()
    with Running(program) as session:
        found = shown(session)
        assert {cell: found[cell] for cell in EXPECTED} == pytest.approx(EXPECTED, rel=1e-12)
        # Sales of 10 times 3, and what they cost: what the tables tried is gone.
        assert [found[f"Model!{cell}"] for cell in ("B1", "B3", "B6", "C6", "B9")] == [10, 30, 2, 6, 12]
        # Of what lies between a table's input and its formula the third count hangs on no input of it.
        session.set("Model", 7, 2, 13.0)
        after = shown(session)
    # Each of B9's is smaller by 10 times the count, 3, or 1 and 2 down the first table.
    expected = {
        **_cells("E13:G14", (-6, 4, 14, -12, 8, 28)),
        **_cells("E21:G21", (-33, -30, -27)),
        **_cells("E41:E42", (-18, -18)),
        "Model!B9": -18.0,
        "Summary!A1": 36.0,
    }
    assert {cell: after[cell] for cell in expected} == pytest.approx(expected, rel=1e-12)


def test_a_page_follows_no_table_whose_input_is_computed_with_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 5):
        sheet.cell(row, 1, row)
        sheet.cell(row, 2, f"=A{row}*2")
    sheet["E1"], sheet["D2"] = "=SUM(B1:B4)", 5
    sheet["E2"] = DataTableFormula(ref="E2", dtr="0", r1="B2")
    book.save(tmp_path / "inner.xlsx")
    ((cells, why),) = javascript(tmp_path / "inner.xlsx").refused
    assert (cells, why) == ("Sheet!E2", "is a what-if table whose input is part of an array of another kind")
