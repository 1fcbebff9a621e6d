"""Cells of one formula are one region, and chance makes none."""

import random

import pytest

from workbook.formula.address import MAX_COLUMN, cell_position, column_letters
from workbook.transpile.front.regions import find_regions
from workbook.transpile.front.scan import Below
from workbook.xlsx.read import Book, Cell, SheetCells


def regions(cells: dict[str, str], *, joins: bool = True) -> list[tuple[str, str]]:
    sheet = SheetCells("S", "visible", {cell_position(place): Cell(1.0, formula) for place, formula in cells.items()})
    return [(r.address, r.formula) for r in find_regions(Book({"S": sheet}, {}), lambda *_: joins)]


def test_a_fill_down_is_one_region() -> None:
    assert regions({"B1": "A1*$D$1", "B2": "A2*$D$1", "B3": "A3*$D$1"}) == [("B1:B3", "A1*$D$1")]


def test_dollars_do_not_count() -> None:
    assert regions({"B1": "$A1", "B2": "A2"}) == [("B1:B2", "$A1")]


def test_a_matrix_is_one_region() -> None:
    cells = {f"{c}{r}": f"IF($A{r}={c}$9,1,0)" for c in "BCD" for r in (1, 2, 3)}
    assert regions(cells) == [("B1:D3", "IF($A1=B$9,1,0)")]


def test_a_region_may_turn_its_references() -> None:
    cells = {f"{column}{row}": f"{'GHI'[row - 1]}{place}" for row in (1, 2, 3) for place, column in enumerate("BCD", 1)}
    assert regions(cells) == [("B1:D3", "G1")]


def test_two_cells_that_read_anything_are_not_one_region() -> None:
    assert regions({"B1": "F3*2", "C1": "F4*2"}) == [("B1", "F3*2"), ("C1", "F4*2")]


def test_a_first_row_of_its_own_leaves_the_rest_whole() -> None:
    cells = {"B1": "$D$1*A9"} | {f"B{row}": f"B{row - 1}*A{row}" for row in range(2, 6)}
    assert regions(cells) == [("B1", "$D$1*A9"), ("B2:B5", "B1*A2")]


def test_headings_keep_columns_apart() -> None:
    cells = {f"{c}{r}": f"A{r}" for c in "B" for r in (1, 2)} | {f"C{r}": f"B{r}" for r in (1, 2)}
    assert regions(cells) == [("B1:C2", "A1")]
    assert regions(cells, joins=False) == [("B1:B2", "A1"), ("C1:C2", "B1")]


FORMULAS = (
    "A{0}*$D$1", "$A{0}*$D$1", "A{0}%*100%d", "A{1}*$D$1", "IF(A{0}=\"A{0}\",'A{0}'!B{0},1%)", "SUM(A{0}:B{2})", "1+1",
    "A{3}", "A{0}:A{0}", "SUM(A:A)+A{0}", "LOG{0}(A{0})", "SUM({4}$2:{4}$9)*A{0}", "{4}{0}",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_cells_told_by_their_text_alone_are_those_that_a_scan_tells(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    cells: dict[str, str] = {}
    for column in "FGH":
        row = 1
        while row < 60:
            spelled, length = draw.choice(FORMULAS), draw.randint(1, 9)
            for at in range(row, row + length):
                cells[f"{column}{at}"] = spelled.format(at, at + 3, 2 * at, max(100 - at, 1), column_letters(at + 20))
            row += length + draw.randint(0, 1)
    told = regions(cells)

    monkeypatch.setattr(Below, "of", lambda *_: None)

    assert told == regions(cells)


def test_a_fill_ends_where_its_rows_have_more_digits_than_a_row() -> None:
    # A10000000 is no cell, so the last formula reads nothing that moves.
    cells = {f"B{row}": f"A{9_999_995 + row}" for row in range(1, 6)}
    assert regions(cells) == [("B1:B4", "A9999996"), ("B5", "A10000000")]


def test_a_fill_ends_at_the_last_column() -> None:
    last = [column_letters(MAX_COLUMN - k) for k in (3, 2, 1, 0)]
    cells = {f"B{row}": f"{letters}$1" for row, letters in enumerate([*last, "XFE"], 1)}
    assert regions(cells) == [("B1:B4", "XFA$1"), ("B5", "XFE$1")]
