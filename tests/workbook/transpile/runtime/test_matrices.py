"""Matrices, against the examples of Excel's documentation."""

import pytest
from excel import column, shows, value

CELLS: dict[str, object] = {
    **column("A", (1, 7)), **column("B", (3, 2)), **column("C", (2, 0)), **column("D", (0, 2)),
    "F1": 1, "G1": 2, "F2": "x", "G2": 4, "F4": 1, "G4": 2,
}  # fmt: skip
CASES = [
    ("MMULT(A1:B2,C1:D2)", [[2.0, 6.0], [14.0, 4.0]]),
    ("MMULT(A1:B2,{1,2,3})", "#VALUE!"),
    ("MMULT(F1:G2,A1:B2)", "#VALUE!"),
    ("MMULT({1,2,3},{1;2;3})", 14.0),
    ("MMULT(F4:G5,A1:B2)", "#VALUE!"),  # an empty cell is no number
    ("TRANSPOSE({1,2,3;4,5,6})", [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
    ("MINVERSE({4,-1;2,0})", [[0.0, 0.5], [-1.0, 2.0]]),
    ("MINVERSE({1,2;2,4})", "#NUM!"),
    ("MINVERSE({1,2,3;4,5,6})", "#VALUE!"),
    ("MDETERM({1,3,8,5;1,3,6,1;1,1,1,0;7,3,10,2})", 88.0),
    ("MDETERM({3,6,1;1,1,0;3,10,2})", 1.0),
    ("MDETERM({3,6;1,1})", -3.0),
    ("MDETERM({1,3,8,5;1,3,6,1})", "#VALUE!"),
    ("MUNIT(3)", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("MUNIT(0)", "#VALUE!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
