"""Which lines of a script compute which cells: each array's statements, and each input's entry."""

import ast
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter
from small_books import save

from workbook.transpile import Transpiled, transpile

CELLS: dict[str, object] = {
    "A1": "price", "B1": "count", "C1": "cost", "D1": "balance", "F1": "rate", "F2": 0.5,
    **{f"A{row}": row / 2 for row in range(2, 8)},
    **{f"B{row}": float(row) for row in range(2, 8)},
    **{f"C{row}": f"=A{row}*B{row}" for row in range(2, 8)},
    "D2": "=C2", **{f"D{row}": f"=D{row - 1}*$F$2+C{row}" for row in range(3, 8)},
    "C9": "=SUM(C2:C7)",
}  # fmt: skip


@pytest.fixture(scope="module", params=["numpy", "torch"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Transpiled:
    path = save(tmp_path_factory.mktemp("origins") / "orders.xlsx", {"Orders": CELLS, "Empty": {"A1": "nothing"}})
    return transpile(path, target=request.param)


@pytest.mark.parametrize(
    ("row", "column", "found"),
    [
        (2, 3, ["cost = price * count"]),
        (7, 3, ["cost = price * count"]),
        (9, 3, ["total = cost.sum()", "c9 = cost.sum()"]),
        (5, 4, ["balance[t] = balance[t - 1] * rate + cost_t"]),
        (2, 6, ['"rate": 0.5,  # F2', '"rate": tensor(0.5),  # F2']),
    ],
)
def test_a_cell_leads_to_the_statement_that_computes_it(
    made: Transpiled, row: int, column: int, found: list[str]
) -> None:
    source = made.script.source.splitlines()
    lines = made.lines.lines_of("Orders", row, column)
    shown = [" ".join(line.strip() for line in source[first - 1 : last]) for first, last in lines]
    assert set(shown) & set(found), shown
    for first, _ in lines:
        ((sheet, (top, left, bottom, right)),) = made.lines.cells_of(first)
        assert sheet == "Orders"
        assert top <= row <= bottom
        assert left <= column <= right


def test_a_cell_without_a_statement_and_a_line_without_a_cell_lead_nowhere(made: Transpiled) -> None:
    assert made.lines.lines_of("Orders", 1, 1) == ()
    assert made.lines.lines_of("Empty", 2, 3) == ()
    assert made.lines.cells_of(1) == ()


def test_every_computed_cell_has_a_line(made: Transpiled) -> None:
    formulas = [(int(at[1:]), "ABCDEF".index(at[0]) + 1) for at, value in CELLS.items() if str(value)[0] == "="]
    assert all(made.lines.lines_of("Orders", *place) for place in formulas)


def test_a_notebook_has_no_map(tmp_path: Path) -> None:
    path = save(tmp_path / "book.xlsx", {"S": {"A1": 1.0, "A2": "=A1+1"}})
    assert transpile(path, target="notebook").lines.origins == ()


def test_lines_are_found_in_functions_with_long_heads_and_statements(tmp_path: Path) -> None:
    # Sixty inputs with names of their own make a head of several lines, and a formula over many cells a long statement.
    cells: dict[str, object] = {}
    for column in range(1, 61):
        letters = get_column_letter(column)
        cells |= {
            f"{letters}1": f"input number {column}",
            f"{letters}2": column / 2,
            f"{letters}3": f"={letters}2*{column}",
        }
    cells["A5"] = "=" + "+".join(f"{get_column_letter(column)}2*{column}" for column in range(1, 61))
    found = transpile(save(tmp_path / "wide.xlsx", {"Wide": cells}), target="numpy")
    source = found.script.source.splitlines()
    for address, place in (("A5", (5, 1)), ("BH3", (3, 60))):
        ((first, last),) = found.lines.lines_of("Wide", *place)
        shown = " ".join(line.strip() for line in source[first - 1 : last])
        assert "=" in shown.split(" ")[1], address
        assert "input_number_60" in shown, address
    assert ast.parse(found.script.source)
