"""Adagrad against hand calculations and the closed form of a constant gradient."""

from functools import partial

import close
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import adagrad

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


def test_the_gradient_is_divided_by_the_root_of_the_sum_of_squares() -> None:
    # Sums 64 + 36 = 100 and 25 + 144 = 169, roots 10 and 13; the rate is 0.5 / (1 + 1 * 0.25) = 0.4.
    found = adagrad.step(2.0, 2.0, 10.0, 1.0, 3.0, 64.0, 25.0, learning_rate=0.5, lr_decay=0.25, eps=0.0)
    assert (found["rate"], found["intercept_sum"], found["slope_sum"]) == (0.4, 100.0, 169.0)
    assert_close([found["new_intercept"], found["new_slope"]], [1 + 0.4 * 6 / 10, 3 + 0.4 * 12 / 13])


def test_eps_is_outside_the_root() -> None:
    # 1 + 0.5 * 6 / (10 + 2), where inside it would be the root of 102.
    found = adagrad.step(1.0, 2.0, 10.0, 1.0, 3.0, 64.0, 25.0, learning_rate=0.5, lr_decay=0.25, eps=2.0)
    assert found["new_intercept"] == 1.25


def test_the_first_rate_is_not_decayed() -> None:
    found = adagrad.step(1.0, 2.0, 10.0, 1.0, 3.0, 0.0, 0.0, learning_rate=0.5, lr_decay=0.25, eps=0.0)
    assert found["rate"] == 0.5


def test_a_sum_of_zero_means_no_move() -> None:
    # At y = 7 the line goes through the point, so the gradient is 0.
    found = adagrad.step(1.0, 2.0, 7.0, 1.0, 3.0, 0.0, 0.0, learning_rate=0.5, lr_decay=0.0, eps=0.0)
    assert (found["new_intercept"], found["new_slope"]) == (1.0, 3.0)


@given(steps=st.integers(1, 30))
def test_one_gradient_over_and_over_moves_by_the_rate_over_the_root_of_the_steps(steps: int) -> None:
    # The sum is t g^2, so the step is rate sign(g) / sqrt(t).
    sums = (36.0 * (steps - 1), 144.0 * (steps - 1))
    found = adagrad.step(float(steps), 2.0, 10.0, 1.0, 3.0, *sums, learning_rate=0.5, lr_decay=0.0, eps=0.0)
    assert_close([found["new_intercept"], found["new_slope"]], [1 + 0.5 / steps**0.5, 3 + 0.5 / steps**0.5])
