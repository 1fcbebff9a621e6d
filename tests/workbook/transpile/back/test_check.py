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


def test_what_is_missing_is_found() -> None:
    assert differing({cell: value for cell, value in RIGHT.items() if cell != "S!A2"}) == ["S!A2"]
