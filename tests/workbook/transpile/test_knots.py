"""Cells that are in a circle as far as their references tell: what a formula never reads is not waited for."""

from pathlib import Path

import pytest
from small_books import computed, save

from workbook.transpile import transpile
from workbook.transpile.runtime.knots import compute_cells, iterate_cells

KNOTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    # C1 chooses which of both reads the other.
    "CHOOSE": (
        {"C1": 2.0, "A1": "=CHOOSE(C1,B1,5)", "B1": "=CHOOSE(C1,7,A1*3)", "D1": "=A1+B1"},
        {"A1": 5.0, "B1": 15.0, "D1": 20.0},
    ),
    # Each reads the cell at the place that column A names, in a column of which it is a part.
    "INDEX": (
        {
            "A1": 3.0,
            "A2": 1.0,
            "A3": 9.0,
            **{f"B{row}": f"=IF(A{row}>5,A{row},INDEX(B:B,A{row})+1)" for row in (1, 2, 3)},
        },
        {"B1": 10.0, "B2": 11.0, "B3": 9.0},
    ),
    # A look-up in a table whose third column looks back.
    "HLOOKUP": (
        {"A1": "x", "B1": "y", "A2": 4.0, "B2": 6.0, "A3": "=D1*2", "B3": "=D1*3", "D1": '=HLOOKUP("y",A1:B3,2,FALSE)'},
        {"D1": 6.0, "A3": 12.0, "B3": 18.0},
    ),
    "IFERROR": (
        {"A1": 4.0, "B1": "=IFERROR(A1/2,C1)", "C1": "=IFERROR(A1/0,B1)+1"},
        {"B1": 2.0, "C1": 3.0},
    ),
}
"""Cells, and what they show, by hand."""


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("knot", KNOTS)
def test_what_is_never_read_is_not_waited_for(knot: str, target: str, tmp_path: Path) -> None:
    cells, expected = KNOTS[knot]
    found = computed(save(tmp_path / "knot.xlsx", {"S": cells}), tmp_path, target)
    assert found == {f"S!{cell}": value for cell, value in expected.items()}


def test_a_true_circle_is_named_and_a_false_one_beside_it_is_computed(tmp_path: Path) -> None:
    cells: dict[str, object] = {
        "A1": 1.0,
        "B1": "=IF(A1=1,7,C1)",
        "C1": "=IF(A1=1,B1*2,5)",
        "F1": "=G1+1",
        "G1": "=F1*2",
    }
    made = transpile(save(tmp_path / "both.xlsx", {"S": cells}), target="numpy")
    assert len(made.refused) == 2
    assert all("circle" in line and "S!F1" in line and "S!G1" in line for line in made.refused)
    found = computed(tmp_path / "both.xlsx", tmp_path)
    assert (found["S!B1"], found["S!C1"]) == (7.0, 14.0)


def test_a_chain_in_a_knot_may_be_longer_than_python_recurses() -> None:
    # Cell n reads cell n + 1, the last nothing: 20,000 of them, asked for from the far end.
    grid: list[list[object]] = [[None] for _ in range(20_000)]

    def cell(i: int, j: int) -> int:
        return 1 if i == 19_999 else 1 + grid[i + 1][j]  # type: ignore[operator]

    compute_cells((cell, grid, 0, 0, range(20_000), range(1)))
    assert grid[0] == [20_000]
    assert all(type(line) is list for line in grid)


def test_cells_that_ask_for_each_other_are_a_circle() -> None:
    grid: list[list[object]] = [[None, None]]

    def cell(i: int, j: int) -> object:
        return grid[i][1 - j]

    with pytest.raises(RecursionError, match="round in a circle"):
        compute_cells((cell, grid, 0, 0, range(1), range(2)))


def test_a_circle_is_computed_row_by_row_as_often_as_is_said() -> None:
    # x = y + 1 stands before y = x / 2, so the first round sees y as 0: x 1, y 0.5; then 1.5, 0.75; 1.75, 0.875.
    def cell(i: int, j: int) -> object:
        return grid[0][1] + 1 if j == 0 else grid[0][0] / 2  # type: ignore[operator]

    for rounds, shown in ((1, [1, 0.5]), (2, [1.5, 0.75]), (3, [1.75, 0.875]), (100, [2, 1])):
        grid: list[list[object]] = [[None, None]]
        iterate_cells(rounds, (cell, grid, 0, 0, range(1), range(2)))
        assert grid == [pytest.approx(shown)]


def test_what_is_no_circle_is_not_computed_again() -> None:
    asked: list[int] = []
    grid: list[list[object]] = [[None, None]]

    def cell(i: int, j: int) -> object:
        asked.append(j)
        return grid[0][1] + 1 if j == 0 else 5.0  # type: ignore[operator]

    iterate_cells(100, (cell, grid, 0, 0, range(1), range(2)))
    assert grid == [[6.0, 5.0]]
    assert asked == [0, 1, 0]
