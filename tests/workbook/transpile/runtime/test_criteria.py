"""What meets a criterion, against the examples of Excel's documentation and its words on criteria."""

import pytest
from excel import column, near, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", ("apples", "oranges", "peaches", "apples")), **column("B", (32, 54, 75, 86)),
    **column("C", (100000, 200000, 300000, 400000)), **column("D", (7000, 14000, 21000, 28000)),
    **column("E", (1, None, "", "5", 5, True, "TRUE", CellError("#N/A"), "a*b", "axb")),
    **column("G", ("Apples", "Apples", "Artichokes", "Artichokes", "Bananas", "Bananas", "Carrots", "Carrots")),
    **column("H", ("Tom", "Sarah", "Tom", "Sarah", "Tom", "Sarah", "Tom", "Sarah")),
    **column("F", (5, 4, 15, 3, 22, 12, 10, 33)),
}  # fmt: skip
CASES = [
    # A range that is an error itself.
    ("COUNTIF(#REF!,1)", "#REF!"),
    ('COUNTIF({1,#N/A,#DIV/0!,"#N/A"},"#N/A")', 1.0),
    ('COUNTIF({1,#N/A,#DIV/0!,"x"},"<>#n/a")', 3.0),
    ('COUNTIF({TRUE,FALSE,1,"x"},">FALSE")', 1.0),
    ('COUNTIF({TRUE,FALSE,1,"x"},">=FALSE")', 2.0),
    ("SUMIF(#REF!,1)", "#REF!"),
    ("SUMIFS(B1:B4,#REF!,1)", "#REF!"),
    ("AVERAGEIF(A1:A4,1,#REF!)", "#REF!"),
    ("SUMXMY2(#REF!,B1:B4)", "#REF!"),
    ('COUNTIF(A1:A4,"apples")', 2.0),
    ("COUNTIF(A1:A4,A3)", 1.0),
    ('COUNTIF(B1:B4,">55")', 2.0),
    ('COUNTIF(B1:B4,"<>"&B3)', 3.0),
    ('COUNTIF(A1:A4,"*")', 4.0),
    ('COUNTIF(A1:A4,"?????es")', 2.0),
    ('COUNTIF(A1:A4,"APPLES")', 2.0),
    ("COUNTIF(E1:E10,5)", 2.0),  # the text 5 too
    ('COUNTIF(E1:E10,"=5")', 2.0),
    ('COUNTIF(E1:E10,">=5")', 1.0),
    ('COUNTIF(E1:E10,"")', 2.0),
    ('COUNTIF(E1:E10,"=")', 1.0),
    ('COUNTIF(E1:E10,"<>")', 9.0),
    ("COUNTIF(E1:E10,TRUE)", 1.0),
    ("COUNTIF(E1:E10,NA())", 1.0),
    ('COUNTIF(E1:E10,"a~*b")', 1.0),
    ('COUNTIF(E1:E10,"a*b")', 2.0),
    ('COUNTIF(E1:E10,"<>a*b")', 8.0),
    ('COUNTIF(A1:A4,">b")', 2.0),
    ('COUNTIF(A1:A4,{"apples","peaches"})', [[2.0, 1.0]]),
    ('COUNTIFS(G1:G8,"A*",H1:H8,"Tom")', 2.0),
    ('COUNTIFS(F1:F8,">4",F1:F8,"<20")', 4.0),
    ('COUNTIFS(F1:F8,">4",G1:G7,"A*")', "#VALUE!"),
    ('SUMIF(C1:C4,">160000",D1:D4)', 63000.0),
    ('SUMIF(C1:C4,">160000")', 900000.0),
    ("SUMIF(C1:C4,300000,D1:D4)", 21000.0),
    ('SUMIF(C1:C4,">"&C2,D1:D4)', 49000.0),
    ('SUMIFS(F1:F8,G1:G8,"=A*",H1:H8,"Tom")', 20.0),
    # SUMIFS function: the range of a criterion has as many rows and columns as what is summed; SUMIF has its own rule.
    ('SUMIFS(F1:F8,G1:G7,"=A*")', "#VALUE!"),
    ('AVERAGEIFS(F1:F7,G1:G8,"=A*")', "#VALUE!"),
    ('MAXIFS(F1:F8,G1:G7,"=A*")', "#VALUE!"),
    ('SUMIFS(F:F,F:F,">0")-SUM(F:F)', 0.0),
    ('SUMIFS(F1:F8,G1:G8,"<>Bananas",H1:H8,"Tom")', 30.0),
    ('AVERAGEIF(D1:D4,"<23000")', 14000.0),
    ('AVERAGEIF(C1:C4,"<95000")', "#DIV/0!"),
    ('AVERAGEIF(C1:C4,">250000",D1:D4)', 24500.0),
    ('AVERAGEIFS(F1:F8,H1:H8,"Tom",F1:F8,">5")', near("15.6666666667")),
    ('MAXIFS(F1:F8,H1:H8,"Tom")', 22.0),
    ('MINIFS(F1:F8,G1:G8,"C*")', 10.0),
    ('MAXIFS(F1:F8,H1:H8,"Ann")', 0.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
