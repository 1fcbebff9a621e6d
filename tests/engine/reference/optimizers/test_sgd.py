"""SGD against a hand calculation, the slope of a parabola, and the line that the points lie on."""

from functools import partial

import close
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import sgd

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


number = st.floats(-100, 100)


def test_a_step_goes_against_the_gradient() -> None:
    # Prediction 1 + 3 * 2 = 7, error 7 - 10 = -3: gradients 2 * -3 and 2 * 2 * -3.
    found = sgd.step(2.0, 10.0, 1.0, 3.0, learning_rate=0.125, nudge=0.5)
    assert found["intercept_gradient"] == -6.0
    assert found["slope_gradient"] == -12.0
    # 1 + 6 / 8 and 3 + 12 / 8.
    assert found["new_intercept"] == 1.75
    assert found["new_slope"] == 4.5


def test_the_nudges_are_taken_one_parameter_at_a_time() -> None:
    # The error is -3; moved up by 1 it is -2 for the intercept, 4 - 9, and -1 for the slope, 1 - 9.
    found = sgd.step(2.0, 10.0, 1.0, 3.0, learning_rate=0.125, nudge=1.0)
    assert found["intercept_numeric"] == -5.0
    assert found["slope_numeric"] == -8.0


@given(x=number, y=number, intercept=number, slope=number)
def test_a_nudge_gives_the_gradient_and_the_bend_of_a_parabola(
    x: float, y: float, intercept: float, slope: float
) -> None:
    found = sgd.step(x, y, intercept, slope, learning_rate=0.1, nudge=0.5)
    # (e + h)^2 - e^2 = 2 e h + h^2: off by the nudge times the bend, but for the rounding of losses below 1e9.
    assert abs(float(found["intercept_numeric"]) - float(found["intercept_gradient"]) - 0.5) <= 1e-6
    assert abs(float(found["slope_numeric"]) - float(found["slope_gradient"]) - 0.5 * x**2) <= 1e-6


def test_steps_over_points_of_a_line_end_at_that_line() -> None:
    intercept, slope = 0.0, 0.0
    for i in range(4000):
        x = float(i % 5)
        found = sgd.step(x, 2 * x + 30, intercept, slope, learning_rate=0.02, nudge=1e-3)
        intercept, slope = float(found["new_intercept"]), float(found["new_slope"])
    assert_close([intercept, slope], [30.0, 2.0], rtol=1e-12)
