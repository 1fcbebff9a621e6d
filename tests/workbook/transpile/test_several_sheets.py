"""Sheets whose cells wait for each other are computed together, and keep their own arrays."""

from itertools import pairwise
from pathlib import Path

import pytest
from small_books import body, computed, save

ROUNDS = range(3, 12)


def game() -> dict[str, dict[str, object]]:
    """Two players who answer each other row by row, each on a sheet of the same headings."""
    mine: dict[str, object] = {"A1": "round", "B1": "bid", "A2": 1.0, "B2": 10.0}
    yours: dict[str, object] = {"A1": "round", "B1": "bid", "B2": "=mine!B2-3"}
    for row in ROUNDS:
        mine |= {f"A{row}": f"=A{row - 1}+1", f"B{row}": f"=yours!B{row - 1}*0.5+A{row}"}
        yours |= {f"A{row}": f"=mine!A{row}", f"B{row}": f"=mine!B{row}-3"}
    return {"mine": mine, "yours": yours}


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_two_sheets_that_answer_each_other_are_one_loop(tmp_path: Path, target: str) -> None:
    path = save(tmp_path / "game.xlsx", game())

    lines = body(path, "mine_and_yours", target)
    found = computed(path, tmp_path, target)

    assert sum(line.startswith("for ") for line in lines) == 1
    bids = {2: 10.0}
    for row in ROUNDS:
        bids[row] = (bids[row - 1] - 3) * 0.5 + row - 1
    assert {cell: value for cell, value in found.items() if "B" in cell} == {
        **{f"mine!B{row}": bids[row] for row in ROUNDS},
        **{f"yours!B{row}": bid - 3 for row, bid in bids.items()},
    }


def test_sheets_that_run_against_each_other_are_computed_cell_by_cell(tmp_path: Path) -> None:
    # One goes down while the other goes up; and a heading is a word that the cells' own loop might use.
    down: dict[str, object] = {"A1": "left", "A2": 1.0}
    up: dict[str, object] = {"A1": "left"}
    values = {2: 1.0}
    for before, row in pairwise(range(2, 9)):
        up[f"A{10 - before}"] = f"=down!A{before}*2"
        down[f"A{row}"] = f"=up!A{10 - before}+1"
        values[row] = 2 * values[before] + 1
    found = computed(save(tmp_path / "turned.xlsx", {"down": down, "up": up}), tmp_path)
    assert found == {
        **{f"down!A{row}": value for row, value in values.items() if row > 2},
        **{f"up!A{10 - row}": 2 * value for row, value in values.items() if row < 8},
    }


def test_a_third_sheet_reads_what_two_computed_together(tmp_path: Path) -> None:
    path = save(
        tmp_path / "judge.xlsx", {**game(), "judge": {"A1": "sum", "B1": "=SUM(mine!B2:B11)-SUM(yours!B2:B11)"}}
    )
    assert computed(path, tmp_path)["judge!B1"] == pytest.approx(30.0, abs=1e-12)
