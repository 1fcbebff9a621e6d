"""The comparison of a script's cells with a workbook's can fail."""

import math

import pytest

from workbook.transpile.back.check import compare
from workbook.xlsx.read import Book, Cell, CellError, SheetCells

SAVED = {
    (1, 1): Cell(2.0, "1+1"),
    (2, 1): Cell("word", "B1"),
    (3, 1): Cell(CellError("#N/A"), "NA()"),
    (4, 1): Cell(True, "C1"),
}
RIGHT = {"S!A1": 2.0, "S!A2": "word", "S!A3": {"error": "#N/A"}, "S!A4": True}


def differing(found: dict[str, object]) -> list[str]:
    book = Book({"S": SheetCells("S", "visible", SAVED)}, {})
    compared = compare(book, found, areas=[("S", (1, 1, 1, 1))], skip=frozenset(), sheets=None)
    return [difference.cell for difference in compared.differences]


def test_what_is_right_passes() -> None:
    assert differing(RIGHT) == []


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("S!A1", 2.0 + 1e-8),
        ("S!A1", "2"),
        ("S!A1", math.nan),
        ("S!A1", True),
        ("S!A2", "Word"),
        ("S!A2", None),
        ("S!A3", {"error": "#VALUE!"}),
        ("S!A3", "#N/A"),
        ("S!A4", 1.0),
    ],
)
def test_what_is_wrong_is_found(cell: str, wrong: object) -> None:
    assert differing(RIGHT | {cell: wrong}) == [cell]


def test_what_cancelling_leaves_is_no_difference() -> None:
    cells = {
        (1, 1): Cell(1000.0, "500*2"),
        (2, 1): Cell(8.2e-13, "A1-B1*2"),
        (3, 1): Cell(8.2e-13, "A2"),
        (4, 1): Cell(8.2e-13, "EXP(A1)"),
        (5, 1): Cell(8.2e-13, "A1-SUM(B1:B2)"),
        (1, 2): Cell(500.0),
        (2, 2): Cell(500.0),
    }
    book = Book({"S": SheetCells("S", "visible", cells)}, {})
    found = {"S!A1": 1000.0, "S!A2": 8.8e-13, "S!A3": 8.8e-13, "S!A4": 8.8e-13, "S!A5": 8.8e-10}
    compared = compare(book, found, areas=[("S", (1, 1, 2, 1))], skip=frozenset(), sheets=None)
    assert [difference.cell for difference in compared.differences] == ["S!A4", "S!A5"]


@pytest.mark.parametrize(
    ("formula", "found", "is_right"),
    [
        ("--(B1>2)", 1.0, True),
        ("(B1>2)*(B2>2)", 1.0, True),
        ("--(B1>2)", 0.0, False),
        ("B1>2", 1.0, False),
        ("+(B1>2)", 1.0, False),
        ("AND(B1,B2)", 1.0, False),
    ],
)
def test_a_number_that_was_saved_as_a_condition_is_no_difference(formula: str, found: float, is_right: bool) -> None:
    book = Book({"S": SheetCells("S", "visible", {(1, 1): Cell(True, formula)})}, {})
    compared = compare(book, {"S!A1": found}, areas=[], skip=frozenset(), sheets=None)
    assert (compared.differences == ()) == is_right


def test_what_is_missing_is_found() -> None:
    assert differing({cell: value for cell, value in RIGHT.items() if cell != "S!A2"}) == ["S!A2"]
