"""Arrays made, joined, sorted and cut, against the examples of Excel's documentation."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", (3, 1, 2, 3)), **column("B", ("c", "a", "B", "c")),
    **column("D", (5, None, "x", True, CellError("#N/A"), 2)),
}  # fmt: skip
CASES = [
    ("SEQUENCE(2,3)", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ("SEQUENCE(3)", [[1.0], [2.0], [3.0]]),
    ("SEQUENCE(1,3,10,-5)", [[10.0, 5.0, 0.0]]),
    ("SEQUENCE(,3)", [[1.0, 2.0, 3.0]]),
    ("SEQUENCE(0)", "#CALC!"),
    ("HSTACK({1;2},{3})", [[1.0, 3.0], [2.0, "#N/A"]]),
    ("VSTACK({1,2},{3})", [[1.0, 2.0], [3.0, "#N/A"]]),
    ("VSTACK(A1:A2,A3)", [[3.0], [1.0], [2.0]]),
    ("SORT(A1:A4)", [[1.0], [2.0], [3.0], [3.0]]),
    ("SORT(A1:A4,,-1)", [[3.0], [3.0], [2.0], [1.0]]),
    ("SORT({3,1,2},1,1,TRUE)", [[1.0, 2.0, 3.0]]),
    ("SORT({1,9;2,8;1,7},{1,2},{1,1})", [[1.0, 7.0], [1.0, 9.0], [2.0, 8.0]]),
    ("SORT(B1:B4)", [["a"], ["B"], ["c"], ["c"]]),
    ("SORT(D1:D6)", [[2.0], [5.0], ["x"], [True], ["#N/A"], [0.0]]),  # a blank comes last, and shows as 0
    ("SORTBY(B1:B4,A1:A4)", [["a"], ["B"], ["c"], ["c"]]),
    ("SORTBY({1;2;3},{1;1;0},-1,{5;4;9},1)", [[2.0], [1.0], [3.0]]),
    ("FILTER(A1:B4,A1:A4>2)", [[3.0, "c"], [3.0, "c"]]),
    ('FILTER(A1:A4,A1:A4>9,"none")', "none"),
    ("ROWS(UNIQUE(FILTER(A1:A4,A1:A4>9)))", "#CALC!"),
    ("COLUMNS(TAKE(SORT(1/0),1))", "#DIV/0!"),
    ("FILTER(A1:A4,A1:A4>9)", "#CALC!"),
    ("COUNT(FILTER(A1:A4,A1:A4>9))", 0.0),  # an error is no number
    ("COUNTA(FILTER(A1:A4,A1:A4>9))", 1.0),  # but it is something
    ("FILTER({1,2,3},{1,0,1})", [[1.0, 3.0]]),
    ("UNIQUE(A1:A4)", [[3.0], [1.0], [2.0]]),
    ("UNIQUE(A1:A4,,TRUE)", [[1.0], [2.0]]),
    ("UNIQUE({1;1},,TRUE)", "#CALC!"),
    ("UNIQUE(A1:B4)", [[3.0, "c"], [1.0, "a"], [2.0, "B"]]),
    ("UNIQUE({1,1,2},TRUE)", [[1.0, 2.0]]),
    ('UNIQUE({"a";"A"})', "a"),
    ("TAKE({1,2,3;4,5,6;7,8,9},2)", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ("TAKE({1,2,3;4,5,6;7,8,9},,2)", [[1.0, 2.0], [4.0, 5.0], [7.0, 8.0]]),
    ("TAKE({1,2,3;4,5,6;7,8,9},-2)", [[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
    ("TAKE({1,2,3;4,5,6;7,8,9},2,-1)", [[3.0], [6.0]]),
    ("TAKE({1,2,3},9)", [[1.0, 2.0, 3.0]]),
    ("TAKE({1,2,3},0)", "#CALC!"),
    ("DROP({1,2,3;4,5,6;7,8,9},2)", [[7.0, 8.0, 9.0]]),
    ("DROP({1,2,3;4,5,6;7,8,9},,2)", [[3.0], [6.0], [9.0]]),
    ("DROP({1,2,3;4,5,6;7,8,9},-2)", [[1.0, 2.0, 3.0]]),
    ("DROP({1,2,3;4,5,6;7,8,9},2,2)", 9.0),
    ("DROP({1,2;3,4},0)", [[1.0, 2.0], [3.0, 4.0]]),
    ("DROP({1,2},1)", "#CALC!"),
    ("CHOOSEROWS({1,2;3,4;5,6},1,3,1)", [[1.0, 2.0], [5.0, 6.0], [1.0, 2.0]]),
    ("CHOOSEROWS({1,2;3,4;5,6},-1)", [[5.0, 6.0]]),
    ("CHOOSEROWS({1,2;3,4},3)", "#VALUE!"),
    ("CHOOSEROWS({1,2;3,4},0)", "#VALUE!"),
    ("CHOOSECOLS({1,2,3;4,5,6},3,1)", [[3.0, 1.0], [6.0, 4.0]]),
    ("CHOOSECOLS({1,2,3;4,5,6},-1,-2)", [[3.0, 2.0], [6.0, 5.0]]),
    ("TOCOL({1,2;3,4})", [[1.0], [2.0], [3.0], [4.0]]),
    ("TOCOL({1,2;3,4},,TRUE)", [[1.0], [3.0], [2.0], [4.0]]),
    ("TOCOL(D1:D6,1)", [[5.0], ["x"], [True], ["#N/A"], [2.0]]),
    ("TOCOL(D1:D6,3)", [[5.0], ["x"], [True], [2.0]]),
    ("TOROW({1,2;3,4})", [[1.0, 2.0, 3.0, 4.0]]),
    ("WRAPROWS({1,2,3,4,5},2)", [[1.0, 2.0], [3.0, 4.0], [5.0, "#N/A"]]),
    ('WRAPROWS({1,2,3,4,5},2,"x")', [[1.0, 2.0], [3.0, 4.0], [5.0, "x"]]),
    ("WRAPCOLS({1,2,3,4,5},3)", [[1.0, 4.0], [2.0, 5.0], [3.0, "#N/A"]]),
    ("WRAPROWS({1,2},0)", "#NUM!"),
    ("EXPAND({1,2;3,4},3,3)", [[1.0, 2.0, "#N/A"], [3.0, 4.0, "#N/A"], ["#N/A", "#N/A", "#N/A"]]),
    ('EXPAND({1},1,2,"-")', [[1.0, "-"]]),
    ("EXPAND({1,2;3,4},1)", "#VALUE!"),
    # Blanks around what is filled are cut off.
    ("TRIMRANGE(Y1:AB900)", "#REF!"),
    ("TRIMRANGE(C1:E9)", [[5.0], [0.0], ["x"], [True], ["#N/A"], [2.0]]),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
