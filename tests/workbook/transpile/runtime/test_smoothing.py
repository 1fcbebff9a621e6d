"""Forecasts of series that are a trend and a season exactly, so that they are known; and that nothing fits better.

Excel does not publish how it searches for its parameters, so no noisy series is compared with it.
"""

import itertools
import random

import pytest
from excel import column, near, shows, value

from workbook.transpile.runtime import smoothing

SEASON = (5, -3, 1, -3)
NOISY = tuple(20 + 0.7 * k + SEASON[k % 4] + random.Random(k).gauss(0, 1) for k in range(24))
CELLS = {
    **column("A", range(1, 13)),
    **column("B", [10 + 2 * k + SEASON[k % 4] for k in range(12)]),
    **column("C", [7 + 0.5 * k for k in range(12)]),
    # The first of each month of 2023, and the last.
    **column("D", (44927, 44958, 44986, 45017, 45047, 45078, 45108, 45139, 45170, 45200, 45231, 45261)),
    **column("E", (44957, 44985, 45016, 45046, 45077, 45107, 45138, 45169, 45199, 45230, 45260, 45291)),
    # The fourth is missing, and the second is there twice.
    **column("F", (1, 2, 2, 3, 5, 6, 7, 8, 9, 10)),
    **column("G", (3, 4, 6, 7, 11, 13, 15, 17, 19, 21)),
}
CASES = [
    ("FORECAST.ETS(13,B1:B12,A1:A12)", near("39.00000000")),
    ("FORECAST.ETS(14,B1:B12,A1:A12)", near("33.00000000")),
    ("FORECAST.ETS({13;17},B1:B12,A1:A12,4)", [[near("39.000000")], [near("47.000000")]]),
    ("FORECAST.ETS(15,C1:C12,A1:A12)", near("14.00000000")),
    ("FORECAST.ETS(13.5,C1:C12,A1:A12,0)", near("13.25000000")),
    ("FORECAST.ETS(DATE(2024,1,1),B1:B12,D1:D12)", near("39.00000000")),
    ("FORECAST.ETS(DATE(2024,2,29),B1:B12,E1:E12)", near("33.00000000")),
    ("FORECAST.ETS(11,G1:G10,F1:F10,0,1,1)", near("23.00000000")),
    ("FORECAST.ETS.SEASONALITY(B1:B12,A1:A12)", 4.0),
    ("FORECAST.ETS.SEASONALITY(C1:C12,A1:A12)", 1.0),
    ("FORECAST.ETS.CONFINT(15,C1:C12,A1:A12)", near("0.0000000")),
    ("FORECAST.ETS.STAT(B1:B12,D1:D12,8)", 1.0),
    ("FORECAST.ETS.STAT(C1:C12,A1:A12,7)", near("0.0000000")),
    ("FORECAST.ETS(12,B1:B12,A1:A12)", "#NUM!"),
    ("FORECAST.ETS(13,B1:B11,A1:A12)", "#N/A"),
    ("FORECAST.ETS(13,B1:B12,A1:A12,1.5)", "#NUM!"),
    ("FORECAST.ETS(30,{1;2;3},{1;2;9})", "#NUM!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"


def test_no_other_parameters_have_smaller_errors() -> None:
    start = smoothing.beginning(NOISY, 4)
    best = smoothing.fitted_parameters(NOISY, start)

    def loss(parameters: tuple[float, ...]) -> float:
        return sum(error**2 for error in smoothing.smoothed(NOISY, start, parameters)[0])

    tenths = [k / 10 for k in range(11)]
    assert loss(best) <= min(map(loss, itertools.product(tenths, tenths, tenths)))


def test_the_errors_are_those_of_holt_and_winters_by_hand() -> None:
    # Level 10, trend 1, season +2 and -2. 14 is expected as 13: error 1, so level 11.5, trend 1.25, season 2.25;
    # then 11.5 + 1.25 - 2 = 10.75 is expected, and 10.75 comes.
    errors, (level, trend, added) = smoothing.smoothed([14.0, 10.75], (10.0, 1.0, [2.0, -2.0]), (0.5, 0.5, 0.5))
    assert errors == [1.0, 0.0]
    assert (level, trend, added) == (12.75, 1.25, [2.25, -2.0])
