"""Functions that take a function, against the examples of Excel's documentation."""

import pytest
from excel import column, shows, value

CELLS: dict[str, object] = {**column("A", (1, 2, 3)), **column("B", (4, 5, 6)), "C1": "a", "C2": "b"}
CASES = [
    # Functions by their bare names, as files hold BYROW(…,MAX).
    ("BYROW({1,2;4,3},_xleta.MAX)", [[2.0], [4.0]]),
    ("REDUCE(7,{1,5},_xleta.SUM)", 13.0),
    ("MAP({7,9},{4,5},_xleta.MOD)", [[3.0, 4.0]]),
    (
        "LET(_xlpm.t,LAMBDA(_xlpm.a,_xlop.b,IF(ISOMITTED(_xlop.b),_xlpm.a,_xlpm.a+_xlop.b)),_xlpm.t(1)+_xlpm.t(1,5))",
        7.0,
    ),
    ("LAMBDA(_xlop.b,IF(ISOMITTED(_xlop.b),1,0))()", 1.0),
    ("LAMBDA(x,x+122)(1)", 123.0),
    ("LET(x,5,SUM(x,1))", 6.0),
    ("LET(x,2,y,x*3,x+y)", 8.0),
    ("MAP({1,4;5,3},LAMBDA(a,IF(a>4,a*a,a)))", [[1.0, 4.0], [25.0, 3.0]]),
    ("MAP(A1:A3,B1:B3,LAMBDA(x,y,x*y))", [[4.0], [10.0], [18.0]]),
    ("REDUCE(0,A1:A3,LAMBDA(a,b,a+b^2))", 14.0),
    ("REDUCE(,A1:A3,LAMBDA(a,b,a*b))", 6.0),
    ('REDUCE("",C1:C2,LAMBDA(a,b,a&b))', "ab"),
    ("SCAN(1,{1,2,3;4,5,6},LAMBDA(a,b,a*b))", [[1.0, 2.0, 6.0], [24.0, 120.0, 720.0]]),
    ('SCAN("",{"a","b"},LAMBDA(a,b,a&b))', [["a", "ab"]]),
    ("SCAN(,A1:A3,LAMBDA(a,b,a+b))", [[1.0], [3.0], [6.0]]),
    ("MAKEARRAY(2,3,LAMBDA(r,c,r*c))", [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]),
    ("BYROW(A1:B3,LAMBDA(r,MAX(r)))", [[4.0], [5.0], [6.0]]),
    ("BYCOL(A1:B3,LAMBDA(c,SUM(c)))", [[6.0, 15.0]]),
    ("SUM(MAP(A1:A3,LAMBDA(x,1/x)))", 11 / 6),
    ("MAP({1,0},LAMBDA(x,IFERROR(1/x,-1)))", [[1.0, -1.0]]),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
