"""Distributions, against the examples of Excel's documentation; what lies between them against mpmath."""

import mpmath
import pytest
from excel import near, shows, value

CASES = [
    ("NORM.DIST(42,40,1.5,TRUE)", near("0.9087888")),
    ("NORM.DIST(42,40,1.5,FALSE)", near("0.10934")),
    ("NORMDIST(42,40,1.5,TRUE)", near("0.9087888")),
    ("NORM.DIST(42,40,0,TRUE)", "#NUM!"),
    ("NORM.S.DIST(1.333333,TRUE)", near("0.908788726")),
    ("NORM.S.DIST(1.333333,FALSE)", near("0.164010148")),
    ("NORMSDIST(1.333333)", near("0.908788726")),
    ("NORM.INV(0.908789,40,1.5)", near("42.000002")),
    ("NORM.INV(0,40,1.5)", "#NUM!"),
    ("NORM.S.INV(0.9088)", near("1.3334")),
    ("NORM.S.INV(1)", "#NUM!"),
    ("STANDARDIZE(42,40,1.5)", 4 / 3),
    ("STANDARDIZE(42,40,0)", "#NUM!"),
    ("PHI(0.75)", near("0.301137432")),
    ("GAUSS(2)", near("0.47725")),
    ("FISHER(0.75)", near("0.9729551")),
    ("FISHER(1)", "#NUM!"),
    ("FISHERINV(0.972955)", near("0.75")),
    ("LOGNORM.DIST(4,3.5,1.2,TRUE)", near("0.0390836")),
    ("LOGNORM.DIST(4,3.5,1.2,FALSE)", near("0.0176176")),
    ("LOGNORMDIST(4,3.5,1.2)", near("0.0390836")),
    ("LOGNORM.INV(0.039084,3.5,1.2)", near("4.0000252")),
    ("EXPON.DIST(0.2,10,TRUE)", near("0.86466472")),
    ("EXPON.DIST(0.2,10,FALSE)", near("1.35335283")),
    ("EXPON.DIST(-1,10,TRUE)", "#NUM!"),
    ("WEIBULL.DIST(105,20,100,TRUE)", near("0.929581")),
    ("WEIBULL.DIST(105,20,100,FALSE)", near("0.035589")),
    ("GAMMA.DIST(10.00001131,9,2,FALSE)", near("0.032639")),
    ("GAMMA.DIST(10.00001131,9,2,TRUE)", near("0.068094")),
    ("GAMMA.INV(0.068094,9,2)", near("10.0000112")),
    ("BETA.DIST(2,8,10,TRUE,1,3)", near("0.6854706")),
    ("BETA.DIST(2,8,10,FALSE,1,3)", near("1.4837646")),
    ("BETADIST(2,8,10,1,3)", near("0.6854706")),
    ("BETA.INV(0.685470581,8,10,1,3)", near("2.00000000")),
    ("BINOM.DIST(6,10,0.5,FALSE)", near("0.2050781")),
    ("BINOM.DIST(6,10,0.5,TRUE)", 848 / 1024),
    ("BINOM.DIST(10,10,0.5,TRUE)", 1.0),
    ("BINOM.DIST(11,10,0.5,TRUE)", "#NUM!"),
    ("BINOM.DIST.RANGE(60,0.75,48)", near("0.083975")),
    ("BINOM.DIST.RANGE(60,0.75,45,50)", near("0.52363")),
    ("BINOM.INV(6,0.5,0.75)", 4.0),
    ("CRITBINOM(6,0.5,0.75)", 4.0),
    ("POISSON.DIST(2,5,TRUE)", near("0.124652")),
    ("POISSON.DIST(2,5,FALSE)", near("0.084224")),
    ("POISSON(0,0,FALSE)", 1.0),
    ("HYPGEOM.DIST(1,4,8,20,TRUE)", near("0.4654")),
    ("HYPGEOM.DIST(1,4,8,20,FALSE)", near("0.3633")),
    ("HYPGEOMDIST(1,4,8,20)", near("0.363261")),
    ("NEGBINOM.DIST(10,5,0.25,TRUE)", near("0.3135141")),
    ("NEGBINOM.DIST(10,5,0.25,FALSE)", near("0.0550487")),
    ("NEGBINOMDIST(10,5,0.25)", near("0.0550487")),
    ("SUM(BINOM.DIST({0,1,2,3,4},4,0.3,FALSE))", 1.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.5, 80.0])
@pytest.mark.parametrize("x", [0.01, 0.9, 4.4, 100.0])
def test_the_share_of_a_gamma_distribution_is_that_of_mpmath(shape: float, x: float) -> None:
    expected = float(mpmath.gammainc(shape, 0, x, regularized=True))
    assert value(f"GAMMA.DIST({x},{shape},1,TRUE)") == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 3.0), (8.0, 10.0), (40.0, 2.5)])
@pytest.mark.parametrize("x", [0.001, 0.2, 0.5, 0.93])
def test_the_share_of_a_beta_distribution_is_that_of_mpmath(a: float, b: float, x: float) -> None:
    expected = float(mpmath.betainc(a, b, 0, x, regularized=True))
    assert value(f"BETA.DIST({x},{a},{b},TRUE)") == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize("p", [1e-6, 0.025, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", ["NORM.S.{}({}{})", "GAMMA.{}({},3,2{})", "BETA.{}({},2,5{})", "T.{}({},7{})"])
def test_an_inverse_leads_to_its_share(name: str, p: float) -> None:
    x = value(name.format("INV", p, ""))
    assert value(name.format("DIST", repr(x), ",TRUE")) == pytest.approx(p, rel=1e-11)
