"""Excel's operators: its words on order and on comparison."""

import math

import numpy as np
import pytest
from excel import shows, value

from workbook.transpile.runtime.operators import (
    add,
    equal,
    last_add,
    last_subtract,
    multiply,
    subtract,
    to_15_digits,
    unequal,
)
from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {"A1": 1, "A2": "b", "A3": True, "A5": CellError("#REF!"), "B1": 0, "B2": "", "B3": False}
CASES = [
    ("-2^2", 4.0),
    ("2^3^2", 64.0),
    ("-A1^2", 1.0),
    ("50%", 0.5),
    ("2*50%^2", 0.5),
    ("A2*A5", "#VALUE!"),  # from left to right
    ("A5*A2", "#REF!"),
    ('"b"+1/0', "#VALUE!"),
    ("A2^A5", "#VALUE!"),
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
    # Microsoft's own example: 1*(.5-.4-.1) is -2.78E-17, and .5-.4-.1, where it ends the formula, is 0.
    assert last_subtract(subtract(0.5, 0.4), 0.1) == 0.0
    assert multiply(1.0, subtract(subtract(0.5, 0.4), 0.1)) == -2.7755575615628914e-17
    assert last_add(0.3, last_subtract(-0.1, 0.2)) == 0.0


def test_numbers_are_compared_at_15_digits() -> None:
    assert equal(add(0.1, 0.2), 0.3) is True
    # Microsoft: (43.1-43.2)+1 is 0.899999999999999, one in the fifteenth digit below 0.9.
    assert equal(add(subtract(43.1, 43.2), 1.0), 0.9) is False
    assert equal(add(subtract(43.1, 43.2), 1.0), 0.899999999999999) is True
    assert to_15_digits([[0.1 + 0.2, "x", None, True]]) == [[0.3, "x", None, True]]
    assert to_15_digits(np.array([[0.1 + 0.2], [math.nan]])).tolist() == [[0.3], [pytest.approx(math.nan, nan_ok=True)]]
    assert subtract(1.0, 0.99999999999999) != 0.0
    assert unequal(1.0, 1.00000000000001) is True
