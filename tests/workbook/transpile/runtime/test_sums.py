"""Sums, counts and means: what of a range counts, and what of a value written into the formula."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", (10, "text", True, None, "7", 4, "")),
    **column("B", (3, 4, 8, 6)), **column("C", (2, 7, 6, 7)), **column("D", (9, 1, "x", True)),
    **column("E", (1, CellError("#NUM!"))),
    **column("G", (2, 3, 9, 1, 8, 7, 5)), **column("H", (6, 5, 11, 7, 5, 4, 4)),
}  # fmt: skip
CASES = [
    ("SUM(A1:A7)", 14.0),
    ('SUM("5",15,TRUE)', 21.0),
    ('SUM("x",1)', "#VALUE!"),
    ("SUM(A3)", 0.0),
    ("SUM(E1:E2)", "#NUM!"),
    ("SUM(F1:F3)", 0.0),
    ("SUM(A1:A7*1)", "#VALUE!"),
    ("SUMSQ(3,4)", 25.0),
    ("SUMSQ(A1:A7)", 116.0),
    ("PRODUCT(A1:A7)", 40.0),
    ("PRODUCT(F1:F3)", 0.0),
    ("PRODUCT(B1:B4,2)", 1152.0),
    ("COUNT(A1:A7)", 2.0),
    ('COUNT(A1:A7,"5",TRUE,"x")', 4.0),
    ("COUNT(E1:E2)", 1.0),
    ("COUNTA(A1:A7)", 6.0),
    ("COUNTA(E1:E2)", 2.0),
    ("COUNTBLANK(A1:A7)", 2.0),
    ("AVERAGE(A1:A7)", 7.0),
    ("AVERAGE(F1:F3)", "#DIV/0!"),
    ('AVERAGE(1,TRUE,"4")', 2.0),
    ("AVERAGEA(A1:A6)", 3.0),
    ("AVERAGEA(D1:D4)", 2.75),
    ("MIN(A1:A7)", 4.0),
    ("MAX(A1:A7)", 10.0),
    ("MAX(F1:F3)", 0.0),
    ("MIN(5,TRUE)", 1.0),
    ("MINA(A1:A7)", 0.0),
    ("MAXA(D3:D4)", 1.0),
    ("MAX(-1,-5)", -1.0),
    ("SUMPRODUCT(B1:B4,C1:C4)", 124.0),
    ("SUMPRODUCT(B1:B4,D1:D4)", 31.0),  # text and booleans of a range count as 0
    ("SUMPRODUCT(--(B1:B4>3),C1:C4)", 20.0),
    ("SUMPRODUCT((B1:B4>3)*(C1:C4>6))", 2.0),
    ("SUMPRODUCT(B1:B4>3)", 0.0),
    ("SUMPRODUCT(B1:B4,C1:C3)", "#VALUE!"),
    ("SUMPRODUCT(E1:E2)", "#NUM!"),
    ("SUMXMY2(G1:G7,H1:H7)", 79.0),
    ("SUMX2MY2(G1:G7,H1:H7)", -55.0),
    ("SUMX2PY2(G1:G7,H1:H7)", 521.0),
    ("SUMXMY2(G1:G7,H1:H6)", "#N/A"),
    ("PERCENTOF({1,2},{1,2,5})", 0.375),
    ("PERCENTOF(1,0)", "#DIV/0!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
