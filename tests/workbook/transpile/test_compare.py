"""What counts as a difference between a script's cells and those of a workbook."""

import pytest

from workbook.transpile.back.check import Comparison, compare
from workbook.xlsx.read import Book, Cell, CellError, SheetCells, Value


def _compared(value: Value, found: object, book: Book | None = None, settling: bool = False) -> Comparison:
    sheet = SheetCells("S", "visible", {(1, 1): Cell(value, "B1")})
    return compare(
        book or Book({"S": sheet}, {}),
        {"S!A1": found},
        areas=[],
        skip=frozenset(),
        sheets=None,
        settling=frozenset(["S!A1"]) if settling else frozenset(),
    )


@pytest.mark.parametrize(
    ("value", "found", "differs"),
    [
        (CellError("#N/A"), {"error": "#N/A"}, False),
        ("#N/A", {"error": "#N/A"}, False),  # as Google Sheets saves an error
        ("#ERROR!", {"error": "#NAME?"}, False),
        ("#N/A", {"error": "#REF!"}, True),
        ("#N/A", 1.0, True),
        ("text", {"error": "#N/A"}, True),
    ],
)
def test_an_error_saved_as_text_is_the_error(value: Value, found: object, differs: bool) -> None:
    assert bool(_compared(value, found).differences) == differs


def test_a_circle_may_stop_within_its_delta() -> None:
    assert _compared(100.0, 100.0001).differences
    assert not _compared(100.0, 100.0001, settling=True).differences
    assert _compared(100.0, 101.0, settling=True).differences


def test_where_two_programs_disagree_the_one_that_has_what_the_script_has_is_believed() -> None:
    compared = _compared(40.0, 70.0)
    assert compared.with_another({"S": {(1, 1): 70.0}}).differences == ()
    assert compared.with_another({"S": {(1, 1): 70.0}}).upheld == {"S!A1"}
    assert compared.with_another({"S": {(1, 1): 40.0}}) == compared
    assert compared.with_another({"S": {(1, 1): 50.0}}) == compared
    assert compared.with_another({}) == compared
