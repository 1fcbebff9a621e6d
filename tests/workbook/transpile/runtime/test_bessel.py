"""Bessel functions: mpmath, and the examples of Excel's documentation to the digits that are right in them.

Excel's own are approximations: the documentation has 0.329925829 for what is 0.329925728.
"""

import math

import mpmath
import pytest
from excel import near, shows, value

from workbook.transpile.runtime import HELPERS

CASES = [
    ("BESSELI(1.5,1)", near("0.9816664")),
    ("BESSELJ(1.9,2)", near("0.329926")),
    ("BESSELK(1.5,1)", near("0.2773878")),
    ("BESSELY(2.5,1)", near("0.145918138")),
    ("BESSELJ(1.9,2.9)", near("0.329926")),
    ("BESSELJ(1,-1)", "#NUM!"),
    ("BESSELK(0,1)", "#NUM!"),
    ("BESSELY(-1,1)", "#NUM!"),
    ("BESSELJ(0,0)", 1.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"


@pytest.mark.parametrize("name", ["BESSELI", "BESSELJ", "BESSELK", "BESSELY"])
def test_they_are_those_of_mpmath(name: str) -> None:
    exact = getattr(mpmath, name.lower())
    for x in (0.1, 0.5, 2.0, 7.3, 20.0, 45.0):
        for n in (0, 1, 2, 5, 12):
            found, expected = HELPERS[name](x, float(n)), float(exact(n, x))
            size = max(abs(expected), 1e-3 if name == "BESSELJ" else 0.0, math.ulp(1.0))
            assert abs(found - expected) <= 1e-10 * size, (name, x, n, found, expected)
