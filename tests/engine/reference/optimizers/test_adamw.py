"""AdamW against a hand calculation, and what its decay has in common with Adam."""

from functools import partial

import close
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import adam, adamw

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


STATE = (0.0, 4.0, 0.0, 64.0)
RULE = {"learning_rate": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 2.0}


def test_the_decay_shrinks_the_parameter_and_enters_no_average() -> None:
    # Shrunk (1 - 0.5 * 0.25) * 3 = 2.625. The gradient by slope is -12: average 0.5 * 4 - 0.5 * 12 = -4, square
    # 0.75 * 64 + 0.25 * 144 = 84, corrections 3/4 and 7/16, 84 / (7/16) = 192.
    found = adamw.step(2.0, 2.0, 10.0, 1.0, 3.0, *STATE, **RULE, wd=0.25)
    assert (found["intercept_shrunk"], found["slope_shrunk"]) == (0.875, 2.625)
    assert (found["slope_average"], found["slope_square"]) == (-4.0, 84.0)
    assert (found["average_correction"], found["square_correction"]) == (0.75, 0.4375)
    assert_close(found["new_slope"], 2.625 + 0.5 * (4 / 0.75) / (192**0.5 + 2))


def test_a_line_through_the_point_only_shrinks() -> None:
    # At y = 7 the gradient is 0, and from a fresh state there is no other move than the decay's.
    found = adamw.step(1.0, 2.0, 7.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, **{**RULE, "eps": 0.0}, wd=0.25)
    assert (found["new_intercept"], found["new_slope"]) == (0.875, 2.625)


@given(y=st.floats(-50, 50), beta1=st.floats(0, 0.99), beta2=st.floats(0, 0.99), t=st.integers(1, 50))
def test_no_decay_is_adam(y: float, beta1: float, beta2: float, t: int) -> None:
    rule = {"learning_rate": 0.5, "beta1": beta1, "beta2": beta2, "eps": 1e-8}
    found = adamw.step(float(t), 2.0, y, 1.0, 3.0, *STATE, **rule, wd=0.0)
    plain = adam.step(float(t), 2.0, y, 1.0, 3.0, *STATE, **rule, convention="torch")
    assert {key: found[key] for key in plain} == plain
