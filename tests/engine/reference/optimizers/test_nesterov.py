"""Nesterov's momentum against a hand calculation and the textbook's look-ahead."""

from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import nesterov, sgd

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("step_number", "velocity", "direction"),
    [
        # The gradient by slope is -12, the velocity before 8, momentum 0.5.
        (1.0, -12.0, -18.0),  # -12 and -12 + 0.5 * -12
        (2.0, -8.0, -16.0),  # 0.5 * 8 - 12 and -12 + 0.5 * -8
    ],
)
def test_the_step_goes_along_gradient_and_velocity(step_number: float, velocity: float, direction: float) -> None:
    found = nesterov.step(step_number, 2.0, 10.0, 1.0, 3.0, 0.0, 8.0, learning_rate=0.125, momentum=0.5)
    assert found["slope_velocity"] == velocity
    assert found["slope_direction"] == direction
    assert found["new_slope"] == 3.0 - 0.125 * direction


@given(beta=st.floats(0, 0.95), rate=st.floats(1e-3, 1e-2))
def test_the_parameters_are_those_ahead_of_the_textbook_s(beta: float, rate: float) -> None:
    # Nesterov: v = beta v + gradient at (p - rate beta v), p = p - rate v; torch holds the point ahead of p.
    here, speed = np.array([1.0, 1.0]), np.zeros(2)
    intercept, slope, velocity = 1.0, 1.0, (0.0, 0.0)
    for i, x in enumerate((1.0, 3.0, 2.0, 5.0, 4.0, 1.0, 2.0)):
        found = nesterov.step(i + 1.0, x, 2 * x + 30, intercept, slope, *velocity, learning_rate=rate, momentum=beta)
        intercept, slope = float(found["new_intercept"]), float(found["new_slope"])
        velocity = float(found["intercept_velocity"]), float(found["slope_velocity"])

        ahead = here - rate * beta * speed
        error = ahead[0] + ahead[1] * x - (2 * x + 30)
        speed = beta * speed + np.array([2 * error, 2 * error * x])
        here = here - rate * speed
        assert_close([intercept, slope], here - rate * beta * speed, rtol=1e-12)


@given(y=st.floats(-50, 50), before=st.floats(-50, 50), step_number=st.integers(1, 9))
def test_no_momentum_is_sgd(y: float, before: float, step_number: int) -> None:
    found = nesterov.step(float(step_number), 2.0, y, 1.0, 3.0, before, before, learning_rate=0.125, momentum=0.0)
    plain = sgd.step(2.0, y, 1.0, 3.0, learning_rate=0.125, nudge=0.5)
    assert (found["new_intercept"], found["new_slope"]) == (plain["new_intercept"], plain["new_slope"])
