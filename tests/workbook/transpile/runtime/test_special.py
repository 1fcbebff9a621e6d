"""The error function and the gamma function, against the examples of Excel's documentation."""

import pytest
from excel import near, shows, value

CASES = [
    ("ERF(0.745)", near("0.70792892")),
    ("ERF(1)", near("0.84270079")),
    ("ERF(0,1)", near("0.84270079")),
    ("ERF(1,0)", near("-0.84270079")),
    ("ERF.PRECISE(0.745)", near("0.70792892")),
    ("ERFC(1)", near("0.15729921")),
    ("ERFC(10)", near("2.08848758376254e-45")),
    ("GAMMA(2.5)", near("1.329340388")),
    ("GAMMA(-3.75)", near("0.267866129")),
    ("GAMMA(0)", "#NUM!"),
    ("GAMMA(-2)", "#NUM!"),
    ("GAMMALN(4)", near("1.7917595")),
    ("GAMMALN(0)", "#NUM!"),
    ("GAMMALN.PRECISE(4.5)", near("2.453736571")),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"
