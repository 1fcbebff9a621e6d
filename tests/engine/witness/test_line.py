"""The line's functions by torch, against hand calculations and NumPy's own fit."""

import math
from functools import partial

import close
import numpy as np
import pytest
import torch

from engine.errors import DataError
from engine.witness import line

assert_close = partial(close.assert_close, rtol=1e-13)


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# Three points: the means are 1 and 3, the slope 4 / 2, and the errors -1/3, 2/3, -1/3 after a rise of y by 1 in the
# middle: y = 1, 4, 5 has mean 10/3 and slope (5 - 1) / 2 = 2, so the intercept is 4/3.
X, Y = tensor([0.0, 1.0, 2.0]), tensor([1.0, 4.0, 5.0])
BEST_RMSE = math.sqrt((1 / 9 + 4 / 9 + 1 / 9) / 3)


def test_noise_is_added_or_not() -> None:
    exact, noise = tensor([1.0, 2.0]), tensor([0.5, -0.5])
    assert line.points(exact, noise, "none")["y"].tolist() == [1.0, 2.0]
    assert line.points(exact, noise, "noisy")["y"].tolist() == [1.5, 1.5]
    with pytest.raises(DataError, match="found the noise 'some', expected none or noisy"):
        line.points(exact, noise, "some")


def test_the_spread_is_over_all_points_and_not_one_fewer() -> None:
    # 2, 4, 4, 4, 5, 5, 7, 9: the mean is 40 / 8, the squares about it sum to 32, and sqrt(32 / 8) = 2.
    found = line.spread(tensor([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]))
    assert_close(found["mean_x"], 5.0)
    assert_close(found["spread_x"], 2.0)
    assert float(line.spread(tensor([3.0]))["spread_x"]) == 0


def test_least_squares_equals_the_hand_calculation() -> None:
    found = line.least_squares(X, Y)
    assert_close(found["best_intercept"], 4 / 3)
    assert_close(found["best_slope"], 2)
    assert_close(found["best_rmse"], BEST_RMSE)


def test_least_squares_equals_numpy_s_polyfit() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 100, 29)
    y = 2 * x + 30 + rng.normal(0, 5, 29)
    found = line.least_squares(torch.from_numpy(x), torch.from_numpy(y))
    slope, intercept = np.polyfit(x, y, 1)
    assert_close(found["best_slope"], slope, rtol=1e-12)
    assert_close(found["best_intercept"], intercept, rtol=1e-12)


@pytest.mark.parametrize("x", [0.0, 0.1, -7.3])
def test_points_of_one_x_have_a_level_line(x: float) -> None:
    # The mean of 1, 4 and 7 is 4, and 9, 0 and 9 have the mean 6.
    found = line.least_squares(tensor([x, x, x]), tensor([1.0, 4.0, 7.0]))
    assert float(found["best_slope"]) == 0
    assert_close(found["best_intercept"], 4.0)
    assert_close(found["best_rmse"], math.sqrt(6))


def test_a_step_takes_the_point_of_its_number() -> None:
    found = line.row(tensor([3.0, 1.0, 1.0]), X, Y)
    assert found["x"].tolist() == [2, 0, 0]
    assert found["y"].tolist() == [5, 1, 1]


def test_the_error_over_all_points_is_that_of_the_line_after_the_step() -> None:
    # y = 1 + 2x errs by 0, -1, 0; y = 0 by -1, -4, -5; the best line by -1/3, 2/3, -1/3.
    intercept, slope = tensor([1.0, 0.0, 4 / 3]), tensor([2.0, 0.0, 2.0])
    expected = [math.sqrt(1 / 3), math.sqrt(42 / 3), BEST_RMSE]
    assert_close(line.path_rmse(X, Y, intercept, slope)["rmse"], expected)
    found = line.epoch_rmse(X, Y, tensor([1.0, 3.0]), intercept, slope)
    assert found["epoch_intercept"].tolist() == [1.0, 4 / 3]
    assert found["epoch_slope"].tolist() == [2.0, 2.0]
    assert_close(found["epoch_rmse"], [expected[0], expected[2]])


def test_the_first_step_at_or_below_the_wanted_error_counts() -> None:
    step, rmse = tensor([1.0, 2.0, 3.0, 4.0]), tensor([3.0, 1.0, 2.0, 0.5])
    assert float(line.steps_to_reach(step, rmse, 1.0)["reached"]) == 2
    assert float(line.steps_to_reach(step, rmse, tensor(0.7))["reached"]) == 4
    assert math.isnan(float(line.steps_to_reach(step, rmse, 0.1)["reached"]))


def ellipse(level: float) -> dict[str, torch.Tensor]:
    angle = torch.linspace(0, 2 * math.pi, 41, dtype=torch.float64)
    return line.level_ellipse(X, Y, tensor(4 / 3), tensor(2.0), tensor(BEST_RMSE), tensor(level), angle)


def test_every_line_on_the_ellipse_has_the_error_of_its_level() -> None:
    found = ellipse(3.0)
    rmse = line.path_rmse(X, Y, found["level_intercept"], found["level_slope"])["rmse"]
    assert_close(rmse, [3.0] * 41, rtol=1e-14)


def test_the_ellipse_starts_where_the_slope_is_the_best_line_s() -> None:
    # H = [[1, 1], [1, 5/3]] = L L' with L = [[1, 0], [1, sqrt(2/3)]]; the inverse of L' sends (1, 0) to (1, 0), and
    # (0, 1) to sqrt(3/2) * (-1, 1).
    found = ellipse(3.0)
    radius = math.sqrt(9 - BEST_RMSE**2)
    assert_close(found["level_intercept"][0], 4 / 3 + radius)
    assert_close(found["level_slope"][0], 2)
    assert_close(found["level_intercept"][10], 4 / 3 - math.sqrt(1.5) * radius)
    assert_close(found["level_slope"][10], 2 + math.sqrt(1.5) * radius)


def test_there_is_no_ellipse_below_the_best_error_nor_about_points_of_one_x() -> None:
    assert bool(ellipse(0.1)["level_slope"].isnan().all())
    found = line.level_ellipse(tensor([2.0, 2.0]), tensor([0.0, 1.0]), 0.0, 0.0, 0.5, 1.0, tensor([0.0, 1.0]))
    assert bool(found["level_intercept"].isnan().all())
    assert bool(found["level_slope"].isnan().all())


def test_points_that_lie_close_together_far_out_have_an_ellipse() -> None:
    # Mean 2^20 and deviation 2^-10, both exact; in squares of the points the deviation is lost: 2^-20 beside 2^40.
    x = tensor([2.0**20 - 2.0**-10, 2.0**20 + 2.0**-10])
    found = line.level_ellipse(x, tensor([0.0, 0.0]), 0.0, 0.0, 0.0, 1.0, tensor([0.0, math.pi / 2]))
    assert_close(found["level_slope"], [0.0, 2.0**10])
    assert_close(found["level_intercept"], [1.0, -(2.0**30)])


def test_at_the_best_error_the_ellipse_is_a_point() -> None:
    found = ellipse(BEST_RMSE)
    assert_close(found["level_intercept"], [4 / 3] * 41)
    assert_close(found["level_slope"], [2.0] * 41)


def test_four_lines_of_a_run_by_their_ends() -> None:
    # The same run as the reference's test: start 1 + 2x, then 1 + 1x, 2 + 1x, 3 + 0x, 4 + 0x; points at x = 1 and 5.
    path = tensor([1.0, 2.0, 3.0, 4.0]), tensor([1.0, 1.0, 0.0, 0.0])
    found = line.moments(tensor([5.0, 1.0]), tensor([1.0, 2.0, 3.0, 4.0]), tensor([1.0, 2.0]), 1.0, 2.0, *path)
    assert_close(found["end_x"], [1.0, 5.0])
    assert_close(found["end_y"], [[3.0, 2.0, 3.0, 4.0], [11.0, 6.0, 7.0, 4.0]])
