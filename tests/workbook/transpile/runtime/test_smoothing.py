"""Forecasts of series that are a trend and a season exactly, so that they are known; and that nothing fits better.

Excel does not publish how it searches for its parameters, so no noisy series is compared with it: on a dozen noisy
ones the errors are not larger than those of a search by brute force, and smaller than those that LibreOffice leaves.
"""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from excel import column, near, shows, value
from small_books import save

from workbook.transpile import Running, javascript
from workbook.transpile.runtime import smoothing

SEASON = (5, -3, 1, -3)
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


def test_pages_show_the_same(tmp_path: Path) -> None:
    # A cell shows the first of several values.
    single = [(formula, expected[0][0] if isinstance(expected, list) else expected) for formula, expected in CASES]
    formulas = {f"J{row}": f"=_xlfn.{formula}" for row, (formula, _) in enumerate(single, start=1)}
    program = javascript(save(tmp_path / "book.xlsx", {"S": {**CELLS, **formulas}}))
    assert program.refused == ()
    with Running(program) as session:
        cells = session.values()["S"]
    for row, (formula, expected) in enumerate(single, start=1):
        assert shows(cells[row, 10], expected), f"{formula} is {cells[row, 10]!r}"


def drawn(number: int, count: int, season: int, noise: float) -> list[float]:
    """A trend, a wave and noise, to two digits."""
    chance = random.Random(number)
    wave = [5 * math.sin(2 * math.pi * t / season) if season > 1 else 0.0 for t in range(count)]
    return [round(20 + 0.5 * t * (number % 3) + wave[t] + chance.gauss(0, noise), 2) for t in range(count)]


# The number of a series, its length, its season, its noise; the root of LibreOffice 7.4's mean squared error on it.
NOISY = [
    (0, 12, 1, 0.5, None),
    (1, 16, 4, 0.5, 0.499240),
    (2, 20, 4, 1.0, 1.208344),
    (3, 24, 6, 2.0, 1.843082),
    (4, 24, 12, 1.0, 0.891520),
    (5, 30, 1, 3.0, None),
    (6, 36, 12, 2.0, 2.282141),
    (7, 36, 7, 1.0, 0.645826),
    (8, 40, 4, 4.0, 4.628241),
    (9, 24, 1, 8.0, None),
    (10, 24, 12, 0.3, 0.240097),
    (11, 48, 12, 5.0, 5.390106),
]


def least_by_brute_force(values: list[float], start: tuple[float, float, tuple[float, ...]]) -> float:
    """The least sum of squared errors over a grid of alpha, beta and gamma, and five finer ones around its best."""
    middle, reach = np.full(3, 0.5), 0.5
    for points in (21, *[11] * 5):
        axes = [np.clip(np.linspace(m - reach, m + reach, points), 0, 1) for m in middle]
        alpha, beta, gamma = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
        level, trend = np.full(alpha.size, start[0]), np.full(alpha.size, start[1])
        season, total = [np.full(alpha.size, part) for part in start[2]], np.zeros(alpha.size)
        for t, observed in enumerate(values):
            last, ahead = season[t % len(season)], level + trend
            new = alpha * (observed - last) + (1 - alpha) * ahead
            # Hyndman and Athanasopoulos, 8.5: the smoothing equations, and not their errors.
            if len(season) > 1:
                season[t % len(season)] = (
                    gamma * (observed - ahead) + (1 - gamma) * last - gamma * alpha * (observed - ahead - last)
                )
            total += (observed - ahead - last) ** 2
            level, trend = new, beta * (new - level) + (1 - beta) * trend
        best = int(total.argmin())
        middle, reach = np.array([alpha[best], beta[best], gamma[best]]), reach / 5
    return float(total[best])


@pytest.mark.parametrize(("number", "count", "season", "noise", "of_libreoffice"), NOISY)
def test_no_other_parameters_have_smaller_errors(
    number: int, count: int, season: int, noise: float, of_libreoffice: float | None
) -> None:
    values = drawn(number, count, season, noise)
    start = smoothing.beginning(values, season)
    best = smoothing.fitted_parameters(tuple(values), start)
    squared = sum(error**2 for error in smoothing.smoothed(values, start, best)[0])
    assert squared <= least_by_brute_force(values, start) * (1 + 1e-9)
    if of_libreoffice is not None:
        assert math.sqrt(squared / count) < of_libreoffice


def test_the_errors_are_those_of_holt_and_winters_by_hand() -> None:
    # Level 10, trend 1, season +2 and -2. 14 is expected as 13: error 1, so level 11.5, trend 1.25, season 2.25;
    # then 11.5 + 1.25 - 2 = 10.75 is expected, and 10.75 comes.
    errors, (level, trend, added) = smoothing.smoothed([14.0, 10.75], (10.0, 1.0, [2.0, -2.0]), (0.5, 0.5, 0.5))
    assert errors == [1.0, 0.0]
    assert (level, trend, added) == (12.75, 1.25, [2.25, -2.0])
