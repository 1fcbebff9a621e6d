"""The line's data and losses against NumPy's own least squares, hand calculations and the definition of a level."""

import math
from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.reference import Array
from engine.reference.line import (
    epoch_rmse,
    epoch_verdict,
    last_verdict,
    least_squares,
    level_ellipse,
    moments,
    path_rmse,
    points,
    row,
    spread,
    steps_to_reach,
)

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")

# By hand: means 2 and 4; sum of x y 28, of x^2 14, so the slope is (3 * 28 - 6 * 12) / (3 * 14 - 36) = 2 and the
# intercept 4 - 2 * 2 = 0; the errors of 2, 4 and 6 are -1, 2 and -1, and the mean of their squares is 2.
X, Y = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 7.0])


def cloud(seed: int, n: int) -> tuple[Array, Array]:
    """Points near y = 2 x + 30."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 100, n)
    return x, 2 * x + 30 + rng.normal(size=n)


def test_the_switch_adds_the_noise() -> None:
    exact, noise = np.array([30.0, 32.0]), np.array([0.5, -1.0])
    np.testing.assert_array_equal(points(exact, noise, "none")["y"], [30.0, 32.0])
    np.testing.assert_array_equal(points(exact, noise, "noisy")["y"], [30.5, 31.0])


def test_an_unknown_switch_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EngineError, match="noise_switch: found 'loud', expected one of none, noisy"):
        points(np.zeros(1), np.zeros(1), "loud")


def test_the_best_line_by_hand() -> None:
    found = least_squares(X, Y)
    assert (found["best_intercept"], found["best_slope"]) == (0.0, 2.0)
    assert found["best_rmse"] == math.sqrt(2)


@given(seed=st.integers(0, 1000), n=st.integers(2, 60))
def test_the_best_line_is_numpy_s(seed: int, n: int) -> None:
    x, y = cloud(seed, n)
    (intercept, slope), *_ = np.linalg.lstsq(np.column_stack([np.ones(n), x]), y, rcond=None)
    # Both lose digits, of a y near 200, when the points are close together.
    bound = 200 * 1e-14 * np.sqrt(np.mean(x * x) / np.var(x))
    found = least_squares(x, y)
    assert abs(float(found["best_intercept"]) - intercept) <= bound
    assert abs(float(found["best_slope"]) - slope) * np.abs(x).max() <= bound
    # Two points leave no error but rounding.
    rmse = np.sqrt(np.mean((intercept + slope * x - y) ** 2))
    assert abs(float(found["best_rmse"]) - rmse) <= bound


def test_points_far_from_zero_keep_their_digits() -> None:
    # The points of the hand calculation moved by a million: the line moves with them, and its error stays.
    found = least_squares(X + 1e6, Y)
    assert_close([found["best_slope"], found["best_intercept"], found["best_rmse"]], [2.0, -2e6, math.sqrt(2)])
    assert_close(found["best_slope"], 2.0)
    assert_close(found["best_rmse"], math.sqrt(2), rtol=1e-9)


@pytest.mark.parametrize("x", [0.1, 0.0, -7.0])
def test_of_the_best_lines_through_points_of_one_x_the_level_one_is_taken(x: float) -> None:
    # The mean of 3, 2 and 7 is 4; the squares of -1, -2 and 3 have the mean 14/3. (0.1 three times has another mean.)
    found = least_squares(np.full(3, x), Y)
    assert (found["best_slope"], found["best_intercept"]) == (0.0, 4.0)
    assert_close(found["best_rmse"], math.sqrt(14 / 3))


def test_the_spread_of_x_is_its_standard_deviation() -> None:
    # The mean of 1, 2 and 3 is 2, that of their squared distances 2/3.
    assert_close(list(spread(X).values()), [2.0, math.sqrt(2 / 3)])
    assert spread(np.full(3, 0.1))["spread_x"] == 0.0


def test_each_step_takes_the_point_with_its_number() -> None:
    found = row(np.array([1.0, 3.0, 1.0]), X, Y)
    np.testing.assert_array_equal(found["x"], [1.0, 3.0, 1.0])
    np.testing.assert_array_equal(found["y"], [3.0, 7.0, 3.0])


@pytest.mark.parametrize("outside", [0.0, 4.0])
def test_a_point_that_is_not_there_is_refused(outside: float) -> None:
    with pytest.raises(EngineError, match=f"point_number: found {outside:g}, expected a whole number from 1 to 3"):
        row(np.array([1.0, outside]), X, Y)


def test_the_rmse_of_each_step_is_over_all_points() -> None:
    # Intercept 0 and slope 2: errors -1, 2, -1. Intercept 1 and slope 1: errors -1, 1, -3, whose squares add up to 11.
    found = path_rmse(X, Y, np.array([0.0, 1.0]), np.array([2.0, 1.0]))["rmse"]
    assert_close(found, [math.sqrt(2), math.sqrt(11 / 3)])


def test_an_epoch_s_rmse_is_that_of_its_last_step() -> None:
    intercepts, slopes = np.array([9.0, 0.0, 9.0, 1.0]), np.array([9.0, 2.0, 9.0, 1.0])
    found = epoch_rmse(X, Y, np.array([2.0, 4.0]), intercepts, slopes)
    np.testing.assert_array_equal(found["epoch_intercept"], [0.0, 1.0])
    np.testing.assert_array_equal(found["epoch_slope"], [2.0, 1.0])
    assert_close(found["epoch_rmse"], [math.sqrt(2), math.sqrt(11 / 3)])


def test_an_epoch_that_ends_after_the_last_step_is_refused() -> None:
    with pytest.raises(EngineError, match="epoch_step: found 3, expected a whole number from 1 to 2"):
        epoch_rmse(X, Y, np.array([3.0]), np.zeros(2), np.zeros(2))


@pytest.mark.parametrize(("wanted", "reached"), [(5.0, 10.0), (2.0, 20.0), (1.0, 40.0)])
def test_the_first_step_at_or_below_the_wanted_rmse_is_named(wanted: float, reached: float) -> None:
    steps, rmse = np.array([10.0, 20.0, 30.0, 40.0]), np.array([5.0, 2.0, 3.0, 1.0])
    assert steps_to_reach(steps, rmse, wanted)["reached"] == reached


def test_a_wanted_rmse_that_no_step_has_is_never_reached() -> None:
    assert math.isnan(float(steps_to_reach(np.array([1.0]), np.array([5.0]), 4.9)["reached"]))


ANGLE = np.linspace(0, 2 * np.pi, 25)


@given(seed=st.integers(0, 1000), n=st.integers(3, 40), above=st.floats(0.01, 50))
def test_every_point_of_a_level_has_that_rmse(seed: int, n: int, above: float) -> None:
    x, y = cloud(seed, n)
    best = {name: float(value) for name, value in least_squares(x, y).items()}
    level = best["best_rmse"] + above
    found = level_ellipse(x, y, **best, level=level, angle=ANGLE)
    intercept, slope = np.asarray(found["level_intercept"]), np.asarray(found["level_slope"])
    error = intercept[:, np.newaxis] + slope[:, np.newaxis] * x - y
    # The best line's own digits, lost where the points are close together.
    assert_close(np.sqrt(np.mean(error**2, axis=1)), np.full(25, level), rtol=1e-10)


def test_a_level_is_drawn_through_its_cholesky_factor() -> None:
    # H = [[1, 2], [2, 14/3]] = L L' with L = [[1, 0], [2, s]], s^2 = 2/3; L' d = r (cos, sin) with r^2 = 6 - 2 = 4.
    factor = np.linalg.cholesky(np.array([[1.0, 2.0], [2.0, 14 / 3]]))
    expected = np.linalg.solve(factor.T, 2.0 * np.array([np.cos(ANGLE), np.sin(ANGLE)]))
    found = level_ellipse(X, Y, 0.0, 2.0, math.sqrt(2), math.sqrt(6), ANGLE)
    assert_close(found["level_intercept"], expected[0])
    assert_close(found["level_slope"], 2.0 + expected[1])
    # At angle 0 only the intercept moves, by r.
    assert_close([np.asarray(found["level_intercept"])[0], np.asarray(found["level_slope"])[0]], [2.0, 2.0])


def test_a_level_below_the_best_is_blank_and_the_best_is_a_point() -> None:
    below = level_ellipse(X, Y, 0.0, 2.0, 1.5, 1.4, ANGLE)
    assert np.isnan(below["level_intercept"]).all()
    assert np.isnan(below["level_slope"]).all()
    at_best = level_ellipse(X, Y, 0.0, 2.0, 1.5, 1.5, ANGLE)
    np.testing.assert_array_equal(at_best["level_intercept"], np.zeros(25))
    np.testing.assert_array_equal(at_best["level_slope"], np.full(25, 2.0))


def test_points_of_one_x_have_no_level_ellipse() -> None:
    found = level_ellipse(np.full(3, 0.1), Y, 4.0, 0.0, math.sqrt(14 / 3), 5.0, ANGLE)
    assert np.isnan([found["level_intercept"], found["level_slope"]]).all()
    assert np.shape(found["level_slope"]) == ANGLE.shape


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(EngineError, match="y_points: found 2 points, expected 3 as in x_points"):
        level_ellipse(X, Y[:2], 0.0, 2.0, 1.0, 2.0, ANGLE)


def test_an_epoch_has_the_verdict_of_its_last_step() -> None:
    verdict = np.array(["", "", "", "diverged"], dtype=object)
    found = epoch_verdict(verdict, np.array([2.0, 4.0]))
    assert np.asarray(found["epoch_verdict"]).tolist() == ["", "diverged"]


@pytest.mark.parametrize("last", ["", "diverged"])
def test_a_run_has_the_verdict_of_its_last_step(last: str) -> None:
    assert last_verdict(np.array(["", "diverged", last], dtype=object))["last_verdict"] == last


def test_four_lines_of_a_run_by_their_ends() -> None:
    # Two points at x = 1 and 5; start 1 + 2x; steps give 1 + 1x, 2 + 1x, 3 + 0x, 4 + 0x.
    x, moment, end = np.array([5.0, 1.0]), np.arange(1.0, 5.0), np.array([1.0, 2.0])
    found = moments(x, moment, end, 1.0, 2.0, np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 0.0, 0.0]))
    assert np.asarray(found["moment_step"]).tolist() == [0.0, 1.0, 2.0, 4.0]
    assert np.asarray(found["end_x"]).tolist() == [1.0, 5.0]
    assert np.asarray(found["end_y"]).tolist() == [[3.0, 2.0, 3.0, 4.0], [11.0, 6.0, 7.0, 4.0]]
