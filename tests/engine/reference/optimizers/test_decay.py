"""Weight decay against hand calculations, finite differences of the penalised loss, and where the two kinds part."""

from functools import partial

import close
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import adamw, decay

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


number = st.floats(-20, 20)
# The row worked by hand: gradients -6 and -12 at intercept 1 and slope 3; with wd 0.5 in them -5.5 and -10.5.
ROW = (2.0, 10.0, 1.0, 3.0)


def test_sgd_s_two_decays_are_by_hand() -> None:
    # L2: 1 + 5.5 / 8 and 3 + 10.5 / 8. Decoupled: 15/16 of 1 and 3, and 6 / 8 and 12 / 8. They are the same.
    for step in (decay.sgd_l2, decay.sgd_decoupled):
        found = step(*ROW, learning_rate=0.125, wd=0.5)
        assert (found["new_intercept"], found["new_slope"]) == (1.6875, 4.3125)


@given(x=number, y=number, intercept=number, slope=number, wd=st.floats(0, 1), rate=st.floats(1e-4, 0.5))
def test_for_sgd_the_two_decays_are_one(
    x: float, y: float, intercept: float, slope: float, wd: float, rate: float
) -> None:
    l2 = decay.sgd_l2(x, y, intercept, slope, rate, wd)
    decoupled = decay.sgd_decoupled(x, y, intercept, slope, rate, wd)
    for name in ("intercept", "slope"):
        scale = abs(intercept) + abs(slope) + abs(rate * float(l2[f"{name}_gradient"])) + 1e-300
        assert abs(float(l2[f"new_{name}"]) - float(decoupled[f"new_{name}"])) <= 1e-14 * scale


@given(x=number, y=number, intercept=number, slope=number, wd=st.floats(0, 1))
def test_l2_descends_the_loss_with_half_wd_times_the_squares(
    x: float, y: float, intercept: float, slope: float, wd: float
) -> None:
    def loss(intercept: float, slope: float) -> float:
        return (intercept + slope * x - y) ** 2 + wd / 2 * (intercept**2 + slope**2)

    found = decay.sgd_l2(x, y, intercept, slope, learning_rate=1.0, wd=wd)
    by_intercept = (loss(intercept + 0.5, slope) - loss(intercept - 0.5, slope)) / 1.0
    by_slope = (loss(intercept, slope + 0.5) - loss(intercept, slope - 0.5)) / 1.0
    # Exact on a parabola, but for the rounding of losses below 3e5.
    assert abs(intercept - float(found["new_intercept"]) - by_intercept) <= 1e-9
    assert abs(slope - float(found["new_slope"]) - by_slope) <= 1e-9


def test_momentum_s_velocity_holds_the_decay_in_l2_only() -> None:
    # Later steps: 0.5 * 4 - 10.5 = -8.5, and 0.5 * 4 - 12 = -10 beside a slope shrunk to 15/16.
    l2 = decay.momentum_l2(2.0, *ROW, 0.0, 4.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert (l2["slope_velocity"], l2["new_slope"]) == (-8.5, 3 + 8.5 / 8)
    decoupled = decay.momentum_decoupled(2.0, *ROW, 0.0, 4.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert (decoupled["slope_velocity"], decoupled["new_slope"]) == (-10.0, 2.8125 + 10 / 8)


def test_momentum_s_first_velocity_is_the_gradient_it_sees() -> None:
    l2 = decay.momentum_l2(1.0, *ROW, 7.0, 7.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert (l2["intercept_velocity"], l2["slope_velocity"]) == (-5.5, -10.5)
    decoupled = decay.momentum_decoupled(1.0, *ROW, 7.0, 7.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert (decoupled["intercept_velocity"], decoupled["slope_velocity"]) == (-6.0, -12.0)


def test_with_momentum_the_two_decays_are_one_at_the_first_step_and_part_at_the_second() -> None:
    l2 = decay.momentum_l2(1.0, *ROW, 0.0, 0.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    decoupled = decay.momentum_decoupled(1.0, *ROW, 0.0, 0.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert l2["new_slope"] == decoupled["new_slope"] == 4.3125
    # Both are at 1.6875 and 4.3125 now: error 0.3125, gradient by slope 1.25, with the decay 3.40625.
    # L2: 0.5 * -10.5 + 3.40625 = -1.84375. Decoupled: 0.5 * -12 + 1.25 = -4.75 from 15/16 of 4.3125.
    again = (2.0, 2.0, 10.0, 1.6875, 4.3125)
    l2 = decay.momentum_l2(*again, -5.5, -10.5, learning_rate=0.125, momentum=0.5, wd=0.5)
    decoupled = decay.momentum_decoupled(*again, -6.0, -12.0, learning_rate=0.125, momentum=0.5, wd=0.5)
    assert l2["new_slope"] == 4.3125 + 1.84375 / 8
    assert decoupled["new_slope"] == 4.3125 * 15 / 16 + 4.75 / 8


@given(beta1=st.floats(0, 0.99), beta2=st.floats(0, 0.99))
def test_adam_s_first_step_follows_the_sign_of_the_decayed_gradient_in_l2(beta1: float, beta2: float) -> None:
    # The slope moves by rate g' / (|g'| + eps), g' = -10.5; decoupled it is 15/16 of itself, and g = -12.
    rule = {"learning_rate": 0.125, "beta1": beta1, "beta2": beta2, "eps": 0.5, "wd": 0.5}
    l2 = decay.adam_l2(1.0, *ROW, 0.0, 0.0, 0.0, 0.0, **rule)
    assert_close([l2["new_intercept"], l2["new_slope"]], [1 + 0.125 * 5.5 / 6, 3 + 0.125 * 10.5 / 11])
    decoupled = adamw.step(1.0, *ROW, 0.0, 0.0, 0.0, 0.0, **rule)
    assert_close(
        [decoupled["new_intercept"], decoupled["new_slope"]], [0.9375 + 0.125 * 6 / 6.5, 2.8125 + 0.125 * 12 / 12.5]
    )


def test_adam_s_averages_hold_the_decay_in_l2_only() -> None:
    # Averages 0.5 * 4 + 0.5 g' with g' = -10.5 or -12; squares 0.75 * 64 + 0.25 g'^2.
    rule = {"learning_rate": 0.125, "beta1": 0.5, "beta2": 0.75, "eps": 2.0, "wd": 0.5}
    l2 = decay.adam_l2(2.0, *ROW, 0.0, 4.0, 0.0, 64.0, **rule)
    assert (l2["slope_average"], l2["slope_square"]) == (-3.25, 48 + 0.25 * 110.25)
    decoupled = adamw.step(2.0, *ROW, 0.0, 4.0, 0.0, 64.0, **rule)
    assert (decoupled["slope_average"], decoupled["slope_square"]) == (-4.0, 84.0)
    # L2's corrections are 3/4 and 7/16; decoupled, 84 / (7/16) = 192.
    size = ((48 + 0.25 * 110.25) / 0.4375) ** 0.5 + 2
    assert_close(l2["new_slope"], 3 + 0.125 * (3.25 / 0.75) / size)
    assert_close(decoupled["new_slope"], 2.8125 + 0.125 * (4 / 0.75) / (192**0.5 + 2))
