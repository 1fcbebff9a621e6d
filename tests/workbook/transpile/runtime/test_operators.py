"""Excel's operators: its words on order and on comparison."""

import pytest
from excel import shows, value

from workbook.transpile.runtime.operators import add, equal, subtract, unequal
from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {"A1": 1, "A2": "b", "A3": True, "A5": CellError("#REF!"), "B1": 0, "B2": "", "B3": False}
CASES = [
    ("-2^2", 4.0),
    ("2^3^2", 64.0),
    ("-A1^2", 1.0),
    ("50%", 0.5),
    ("2*50%^2", 0.5),
    ('"a"="A"', True),
    ('"a"<"B"', True),
    ('5<"1"', True),  # numbers come before text, text before booleans
    ('"zz"<TRUE', True),
    ("FALSE<TRUE", True),
    ("TRUE>99", True),
    ("A4=0", True),  # a blank is like what it is compared with
    ('A4=""', True),
    ("A4=FALSE", True),
    ("A4<A1", True),
    ("B1=B2", False),
    ("B2=B3", False),
    ("A1=A3", False),
    ('"10"=10', False),
    ("A5=A5", "#REF!"),
    ("A1<>A2", True),
    ("A1>=1", True),
    ("A1<=0", False),
    ("0^0", "#NUM!"),
    ("0^-1", "#DIV/0!"),
    ("(-8)^(1/3)", "#NUM!"),
    ("4^0.5", 2.0),
    ("+A2", "b"),
    ("-A2", "#VALUE!"),
    ("-A3", -1.0),
    ("A3%", 0.01),
    ("{1,2;3,4}*{10;100}", [[10.0, 20.0], [300.0, 400.0]]),
    ("{1,2,3}+{1;2}", [[2.0, 3.0, 4.0], [3.0, 4.0, 5.0]]),
    ("{1,2,3}+{1,2}", [[2.0, 4.0, "#N/A"]]),
    ("{1,0}/{0,1}", [["#DIV/0!", 0.0]]),
    ('{"a","b"}&{"x"}', [["ax", "bx"]]),
    ("A1:A3=A1:A3", [[True], [True], [True]]),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"


def test_what_is_rounding_alone_is_nothing() -> None:
    # As Excel has it: a difference beyond the fifteenth digit is 0, and two such numbers are equal.
    assert subtract(add(0.1, 0.2), 0.3) == 0.0
    assert equal(add(0.1, 0.2), 0.3) is True
    assert add(0.3, subtract(-0.1, 0.2)) == 0.0
    assert subtract(1.0, 0.99999999999999) != 0.0
    assert unequal(1.0, 1.00000000000001) is True
