"""Tests on samples, against the examples of Excel's documentation."""

import mpmath
import numpy as np
import pytest
from excel import near, shows, value

CASES = [
    ("T.DIST(60,1,TRUE)", near("0.99469533")),
    ("T.DIST(8,3,FALSE)", near("0.00073691")),
    ("T.DIST.RT(1.959999998,60)", near("0.027322")),
    ("T.DIST.2T(1.959999998,60)", near("0.054645")),
    ("T.DIST.2T(-1,60)", "#NUM!"),
    ("T.DIST(0,5,TRUE)", 0.5),
    ("TDIST(1.959999998,60,2)", near("0.05464493")),
    ("TDIST(1.959999998,60,1)", near("0.027322465")),
    ("T.INV(0.75,2)", near("0.8164966")),
    ("T.INV(0.25,2)", near("-0.8164966")),
    ("T.INV.2T(0.546449,60)", near("0.606533")),
    ("TINV(0.054645,60)", near("1.96000")),
    ("CHISQ.DIST(0.5,1,TRUE)", near("0.52049988")),
    ("CHISQ.DIST(2,3,FALSE)", near("0.20755375")),
    ("CHISQ.DIST.RT(18.307,10)", near("0.0500006")),
    ("CHIDIST(18.307,10)", near("0.0500006")),
    ("CHISQ.INV(0.93,1)", near("3.28302029")),
    ("CHISQ.INV(0.6,2)", near("1.832581464")),
    ("CHISQ.INV.RT(0.050001,10)", near("18.306973")),
    ("CHISQ.TEST({58,35;11,25;10,23},{45.35,47.65;17.56,18.44;16.09,16.91})", near("0.000308")),
    ("CHISQ.TEST({1,2,3},{1,2})", "#N/A"),
    ("F.DIST(15.20686486,6,4,TRUE)", near("0.99000000")),
    ("F.DIST(15.20686486,6,4,FALSE)", near("0.0012238")),
    ("F.DIST.RT(15.20686486,6,4)", near("0.01000000")),
    ("F.INV(0.01,6,4)", near("0.10930991")),
    ("F.INV.RT(0.01,6,4)", near("15.20686486")),
    ("F.TEST({6,7,9,15,21},{20,28,31,38,40})", near("0.64831785")),
    ("T.TEST({3,4,5,8,9,1,2,4,5},{6,19,3,2,14,4,5,17,1},2,1)", near("0.196016")),
    ("T.TEST({3,4,5},{6,19},2,1)", "#N/A"),
    ("T.TEST({1,2},{3,4},3,1)", "#NUM!"),
    ("Z.TEST({3,6,7,8,6,5,4,2,1,9},4)", near("0.090574")),
    ("Z.TEST({3,6,7,8,6,5,4,2,1,9},6)", near("0.863043")),
    ("2*MIN(Z.TEST({3,6,7,8,6,5,4,2,1,9},4),1-Z.TEST({3,6,7,8,6,5,4,2,1,9},4))", near("0.181148")),
    ("CONFIDENCE.NORM(0.05,2.5,50)", near("0.692952")),
    ("CONFIDENCE.T(0.05,1,50)", near("0.284196855")),
    ("CONFIDENCE.T(0.05,1,1)", "#DIV/0!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"


@pytest.mark.parametrize(("tails", "kind"), [(1, 2), (2, 2), (1, 3), (2, 3)])
def test_two_samples_are_compared_as_student_and_welch_do(tails: int, kind: int) -> None:
    a, b = [3.0, 4, 5, 8, 9, 1], [6.0, 19, 3, 2]
    (m, u), (n, v) = ((np.mean(x), np.var(x, ddof=1)) for x in (a, b))
    if kind == 2:
        freedom = len(a) + len(b) - 2
        t = (m - n) / np.sqrt(((len(a) - 1) * u + (len(b) - 1) * v) / freedom * (1 / len(a) + 1 / len(b)))
    else:
        p, q = u / len(a), v / len(b)
        freedom, t = (p + q) ** 2 / (p**2 / (len(a) - 1) + q**2 / (len(b) - 1)), (m - n) / np.sqrt(p + q)
    expected = tails / 2 * float(mpmath.betainc(freedom / 2, 0.5, 0, freedom / (freedom + t**2), regularized=True))

    assert value(f"T.TEST({{3,4,5,8,9,1}},{{6,19,3,2}},{tails},{kind})") == pytest.approx(expected, rel=1e-11)
