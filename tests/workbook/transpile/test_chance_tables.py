"""Tables drawn by chance: what their scripts compute is what the cells show, by ironcalc and by a plain evaluation.

By default a few; GRADBOOK_TABLES=5000 draws so many for each language.
"""

import os
import random
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from chance_shapes import draw_shape
from chance_tables import Cells, draw_table, text_of, values
from small_books import save

from workbook.check.recalc.ironcalc import IronCalc
from workbook.formula.address import cell_address
from workbook.transpile import transpile
from workbook.transpile.back import check

TABLES = int(os.environ.get("GRADBOOK_TABLES", "40"))
_A_WORKBOOK = 40
_SEEDS = range(0, TABLES, _A_WORKBOOK)
_LARGEST_ERROR = 1e-9
_OTHER = 3
"""Of four tables, the place of the one of another shape."""
_TRIES = 100


def tables(first: int) -> dict[str, Cells]:
    """The tables of a workbook, each on a sheet of its own: the sheet's title is the table's seed."""
    numbers = range(first, min(first + _A_WORKBOOK, TABLES))
    return {f"T{number}": _drawn(random.Random(number), number % 4) for number in numbers}


def _drawn(chance: random.Random, turn: int) -> Cells:
    """Three tables in four are of columns and totals, the fourth is of another shape, that divides by no zero."""
    for _ in range(_TRIES):
        cells = draw_shape(chance) if turn == _OTHER else draw_table(chance)
        with suppress(ZeroDivisionError):
            values(cells)
            return cells
    raise AssertionError


def saved(drawn: dict[str, Cells], path: Path) -> Path:
    """The tables as a workbook without values."""
    sheets = {
        title: {
            cell_address(*place): formula if isinstance(formula, float) else f"={text_of(formula)}"
            for place, formula in cells.items()
        }
        for title, cells in drawn.items()
    }
    return save(path, sheets)


def wrong(found: dict[str, object], drawn: dict[str, Cells]) -> list[tuple[str, float, object]]:
    """The cells that are not as the plain evaluation has them."""
    expected = {
        f"{title}!{cell_address(*place)}": value
        for title, cells in drawn.items()
        for place, value in values(cells).items()
    }
    return [(cell, value, found.get(cell)) for cell, value in expected.items() if not near(found.get(cell), value)]


def near(found: object, expected: float) -> bool:
    """Whether a number is the one expected, but for rounding."""
    if not isinstance(found, float | int) or isinstance(found, bool):
        return False
    return abs(found - expected) <= _LARGEST_ERROR * max(abs(expected), 1e-4)


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("first", _SEEDS)
def test_no_cell_of_a_table_differs_from_a_plain_evaluation(first: int, target: str, tmp_path: Path) -> None:
    drawn = tables(first)
    made = transpile(saved(drawn, tmp_path / "tables.xlsx"), target=target)
    assert made.refused == ()
    # What is mended after a run is right too, but it is the writing that is tested here.
    assert len(made.unsure) <= len(drawn) // 20, made.unsure
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    assert wrong(check.run(tmp_path / "script.py"), drawn) == []


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_tables_on_which_a_script_once_failed_are_right_at_once(target: str, tmp_path: Path) -> None:
    # Cells of a loop that are Python's numbers beside tensors; whole numbers in an array, whose sum was no number.
    drawn = {f"T{number}": draw_table(random.Random(number)) for number in (103315, 104544)}
    made = transpile(saved(drawn, tmp_path / "tables.xlsx"), target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    assert wrong(check.run(tmp_path / "script.py"), drawn) == []


@pytest.mark.parametrize("first", _SEEDS)
def test_ironcalc_finds_what_the_plain_evaluation_finds(first: int, tmp_path: Path) -> None:
    drawn = tables(first)
    with IronCalc().open(saved(drawn, tmp_path / "tables.xlsx")) as session:
        results = session.values()
    found = {f"{title}!{cell_address(*place)}": value for title in results for place, value in results[title].items()}
    assert wrong(found, drawn) == []


def test_a_table_is_written_as_its_formulas_say(tmp_path: Path) -> None:
    cells: Cells = {(1, 1): 2.0, (2, 1): ("*", ("cell", 1, 1), 4.0), (3, 1): ("sum", 1, 1, 2, 1)}
    book = openpyxl.load_workbook(saved({"T": cells}, tmp_path / "table.xlsx"))
    assert [cell.value for cell in book["T"]["A"]] == [2, "=(A1*4)", "=SUM(A1:A2)"]
    assert values(cells) == {(2, 1): 8.0, (3, 1): 10.0}
    assert wrong({"T!A2": 8.0, "T!A3": 10.1}, {"T": cells}) == [("T!A3", 10.0, 10.1)]
