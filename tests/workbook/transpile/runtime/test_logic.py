"""Conditions, against the examples of Excel's documentation and its words on errors and blanks."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", (50, 100, None, "text", True, CellError("#N/A"))),
    **column("B", (1, 2, 3)), **column("C", ("a", "b", "c")),
}  # fmt: skip
CASES = [
    ("IF(,1,2)", 2.0),
    ("AND(,TRUE)", False),
    ("IF(A1>A2,1,2)", 2.0),
    ("IF(A1>A2,1)", False),
    ("IF(TRUE,A3,1)", 0.0),
    ("IF(A1>0,,1)", 0.0),
    ("IF(TRUE,1,1/0)", 1.0),
    ("IF({1,0},A1:A2,C1)", [[50.0, "a"], [100.0, "a"]]),
    ("IF({TRUE,FALSE;FALSE,TRUE},1,0)", [[1.0, 0.0], [0.0, 1.0]]),
    ("AND(A1>1,A1<100)", True),
    ("AND(A1:A2,TRUE)", True),
    ("AND(A3:A4)", "#VALUE!"),  # neither a blank nor text is a condition
    ("AND(A4:A5)", True),
    ('AND("text")', "#VALUE!"),
    ("AND(A6,TRUE)", "#N/A"),
    ("AND(1,0)", False),
    ("OR(A1>1,1/0)", "#DIV/0!"),
    ("OR(A1<1,A2>1)", True),
    ("OR(FALSE,0)", False),
    ("XOR(3>0,2<9)", False),
    ("XOR(3>12,4<6)", True),
    ("XOR(TRUE,TRUE,TRUE)", True),
    ("NOT(A1>100)", True),
    ('NOT("false")', True),
    ("NOT(A3)", True),
    ('IFERROR(A1/0,"none")', "none"),
    ("IFERROR(A3,1)", 0.0),
    ("IFERROR(A6,7)", 7.0),
    ('IFERROR({1,2}/{0,2},"x")', [["x", 1.0]]),
    ('IFNA(A6,"missing")', "missing"),
    ('IFNA(1/0,"missing")', "#DIV/0!"),
    ('IFS(A1>89,"A",A1>79,"B",TRUE,"F")', "F"),
    ('IFS(A2>89,"A",1/0,"B")', "A"),
    ('IFS(A1>89,"A")', "#N/A"),
    ('IFS(B1:B3>2,"high",B1:B3>1,"middle",TRUE,"low")', [["low"], ["middle"], ["high"]]),
    ('SWITCH(B2,1,"one",2,"two","?")', "two"),
    ('SWITCH(9,1,"one",2,"two","?")', "?"),
    ('SWITCH(9,1,"one",2,"two")', "#N/A"),
    ('SWITCH("B","a",1,"b",2)', 2.0),
    ('SWITCH(B1:B3,1,"one",2,"two","?")', [["one"], ["two"], ["?"]]),
    ("SWITCH(A6,1,2,3)", "#N/A"),
    ('CHOOSE(2,"1st","2nd","3rd")', "2nd"),
    ("CHOOSE(2.9,5,6,7)", 6.0),
    ("CHOOSE(0,5)", "#VALUE!"),
    ("CHOOSE(4,5,6)", "#VALUE!"),
    ("CHOOSE(1,5,1/0)", 5.0),
    ("SUM(CHOOSE(2,A1:A2,B1:B3))", 6.0),
    ("CHOOSE({1,2},B1:B3,C1:C3)", [[1.0, "a"], [2.0, "b"], [3.0, "c"]]),
    ('VLOOKUP("b",CHOOSE({1,2},C1:C3,B1:B3),2,FALSE)', 2.0),
    ("TRUE()", True),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
