"""RMSprop against hand calculations in both conventions, closed forms, and divisors of zero."""

from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.reference import Result
from engine.reference.optimizers import rmsprop

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


def step(
    squares: tuple[float, float] = (0.0, 0.0),
    means: tuple[float, float] = (0.0, 0.0),
    alpha: float = 0.75,
    eps: float = 0.0,
    centred: str = "no",
    convention: str = "torch",
    y: float = 10.0,
) -> Result:
    """A step of rate 0.5 at the row whose gradients are -6 and -12 (y = 10) or 0 and 0 (y = 7)."""
    return rmsprop.step(2.0, y, 1.0, 3.0, *squares, *means, 0.5, alpha, eps, centred, convention)


def test_torch_divides_by_the_root_of_the_square_with_this_gradient_in_it() -> None:
    # Square 0.75 * 148 + 0.25 * 144 = 147 and root 12.124; with eps 0.5 the size is 12.624.
    found = step(squares=(0.0, 148.0), eps=0.5)
    assert found["slope_square"] == 147.0
    assert_close(found["slope_size"], 147**0.5 + 0.5)
    assert_close(found["new_slope"], 3 + 0.5 * 12 / (147**0.5 + 0.5))


def test_eps_is_outside_the_root() -> None:
    # Square 0.25 * 36 = 9: the size is 3 + 1, where inside it would be the root of 10.
    assert step(eps=1.0)["intercept_size"] == 4.0


def test_centred_takes_the_squared_mean_off() -> None:
    # Square 0.25 * 144 + 0.75 * 52 = 75, mean 0.25 * -12 + 0.75 * -4 = -6: the size is the root of 75 - 36, and eps.
    found = step(squares=(0.0, 52.0), means=(0.0, -4.0), eps=0.5, centred="yes")
    assert found["slope_mean"] == -6.0
    assert_close(found["slope_size"], 39**0.5 + 0.5)
    assert_close(found["new_slope"], 3 + 0.5 * 12 / (39**0.5 + 0.5))


def test_the_lecture_divides_by_the_square_before_without_eps_and_uncentred() -> None:
    # The root of 64 is 8: 3 + 0.5 * 12 / 8.
    found = step(squares=(0.0, 64.0), means=(0.0, 5.0), eps=0.5, centred="yes", convention="lecture")
    assert found["slope_size"] == 8.0
    assert found["new_slope"] == 3.75
    assert found["slope_square"] == 0.75 * 64 + 0.25 * 144


@pytest.mark.parametrize(("convention", "centred"), [("lecture", "no"), ("torch", "yes"), ("torch", "no")])
def test_a_size_of_zero_means_no_move(convention: str, centred: str) -> None:
    # The lecture starts from a square of 0; in torch's the gradient of 0 leaves it at 0.
    found = step(convention=convention, centred=centred, y=10.0 if convention == "lecture" else 7.0)
    assert (found["intercept_size"], found["slope_size"]) == (0.0, 0.0)
    assert (found["new_intercept"], found["new_slope"]) == (1.0, 3.0)


def test_one_gradient_over_and_over_has_no_variance_and_is_never_the_root_of_less_than_zero() -> None:
    squares, means = (36.0, 144.0), (-6.0, -12.0)
    for _ in range(200):
        found = step(squares, means, alpha=0.9, centred="yes")
        squares = float(found["intercept_square"]), float(found["slope_square"])
        means = float(found["intercept_mean"]), float(found["slope_mean"])
        assert 0 <= float(found["slope_size"]) < 1e-6
    # Below 0 by the rounding of as much as 4e-15, the variance counts as 0.
    assert step((36.0, 144.0 * (1 - 1e-15)), (-6.0, -12.0), alpha=0.999, centred="yes")["slope_size"] == 0.0


@given(alpha=st.floats(0, 0.999), y=st.floats(-50, 50).filter(lambda y: abs(y - 7) > 1e-3))
def test_the_first_step_of_torch_is_the_rate_over_the_root_of_one_less_alpha(alpha: float, y: float) -> None:
    # From a square of 0 it is (1 - alpha) g^2, so g / size is the sign of g over sqrt(1 - alpha), for alpha 0 too.
    found = step(alpha=alpha, y=y)
    move = 0.5 * np.sign(y - 7) / np.sqrt(1 - alpha)
    assert_close([found["new_intercept"], found["new_slope"]], [1 + move, 3 + move])


def test_centring_is_yes_or_no() -> None:
    with pytest.raises(EngineError, match="centred: found 'maybe', expected one of no, yes"):
        step(centred="maybe")
