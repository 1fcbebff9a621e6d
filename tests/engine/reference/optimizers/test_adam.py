"""Adam against hand calculations in both conventions, and closed forms at any beta, 0 too."""

from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference import Result
from engine.reference.optimizers import adam

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


beta = st.floats(0, 0.999)


def step(
    step_number: float = 1.0,
    averages: tuple[float, float] = (0.0, 0.0),
    squares: tuple[float, float] = (0.0, 0.0),
    beta1: float = 0.5,
    beta2: float = 0.75,
    eps: float = 0.0,
    convention: str = "torch",
    y: float = 10.0,
) -> Result:
    """A step of rate 0.5 at the row whose gradients are -6 and -12 (y = 10) or 0 and 0 (y = 7)."""
    return adam.step(step_number, 2.0, y, 1.0, 3.0, *averages, *squares, 0.5, beta1, beta2, eps, convention)


def test_torch_corrects_both_averages_for_their_start_from_zero() -> None:
    # Average 0.5 * 4 + 0.5 * -12 = -4, square 0.75 * 64 + 0.25 * 144 = 84; after two steps the corrections are
    # 1 - 0.25 = 3/4 and 1 - 9/16 = 7/16: 84 / (7/16) = 192, and the step is 0.5 * (4 / 0.75) / (sqrt(192) + 2).
    found = step(2.0, averages=(0.0, 4.0), squares=(0.0, 64.0), eps=2.0)
    assert (found["slope_average"], found["slope_square"]) == (-4.0, 84.0)
    assert (found["average_correction"], found["square_correction"]) == (0.75, 0.4375)
    assert_close(found["new_slope"], 3 + 0.5 * (4 / 0.75) / (192**0.5 + 2))


def test_the_lecture_corrects_nothing_and_has_no_eps() -> None:
    # The same averages, -4 and 84, as they are: 3 + 0.5 * 4 / sqrt(84).
    found = step(2.0, averages=(0.0, 4.0), squares=(0.0, 64.0), eps=2.0, convention="lecture")
    assert (found["average_correction"], found["square_correction"]) == (1.0, 1.0)
    assert_close(found["new_slope"], 3 + 0.5 * 4 / 84**0.5)


@given(beta1=beta, beta2=beta, eps=st.sampled_from((0.0, 1e-8, 1.0)), y=st.floats(-50, 50))
def test_the_first_step_of_torch_forgets_the_betas(beta1: float, beta2: float, eps: float, y: float) -> None:
    # Both corrections undo the first weights: rate g / (|g| + eps).
    found = step(beta1=beta1, beta2=beta2, eps=eps, y=y)
    gradients = np.array([2.0, 4.0]) * (7 - y)
    size = np.abs(gradients) + eps
    moves = 0.5 * np.divide(gradients, size, out=np.zeros(2), where=size > 0)
    # 1 - beta2 loses up to three digits at a beta of 0.999, and what the squares of gradients near 1e-160 keep of
    # them is lost altogether: y is 7 or away from it.
    if not 0 < abs(y - 7) < 1e-3:
        assert_close([found["new_intercept"], found["new_slope"]], np.array([1.0, 3.0]) - moves, rtol=1e-12)


@pytest.mark.parametrize("convention", ["torch", "lecture"])
@given(step_number=st.integers(1, 1000), before=st.floats(0, 50))
def test_with_both_betas_zero_each_step_is_the_sign_of_the_gradient(
    convention: str, step_number: int, before: float
) -> None:
    found = step(float(step_number), (before, before), (before, before), 0.0, 0.0, convention=convention)
    assert (found["new_intercept"], found["new_slope"]) == (1.5, 3.5)


@given(beta1=beta, beta2=beta, steps=st.integers(1, 40))
def test_one_gradient_over_and_over_is_corrected_to_itself(beta1: float, beta2: float, steps: int) -> None:
    averages = squares = (0.0, 0.0)
    for t in range(1, steps + 1):
        found = step(float(t), averages, squares, beta1, beta2)
        averages = float(found["intercept_average"]), float(found["slope_average"])
        squares = float(found["intercept_square"]), float(found["slope_square"])
    assert_close(np.array(averages) / found["average_correction"], [-6.0, -12.0], rtol=1e-11)
    assert_close(np.array(squares) / found["square_correction"], [36.0, 144.0], rtol=1e-11)


def test_after_many_steps_nothing_is_left_to_correct() -> None:
    found = step(100_000.0, beta1=0.9, beta2=0.99)
    assert (found["average_correction"], found["square_correction"]) == (1.0, 1.0)


@pytest.mark.parametrize("convention", ["torch", "lecture"])
def test_a_divisor_of_zero_means_no_move(convention: str) -> None:
    # At y = 7 the gradient is 0; the average is not, as it remembers, but with beta2 0 the square is.
    found = step(2.0, (4.0, 4.0), (9.0, 9.0), beta2=0.0, convention=convention, y=7.0)
    assert (found["intercept_average"], found["intercept_square"]) == (2.0, 0.0)
    assert (found["new_intercept"], found["new_slope"]) == (1.0, 3.0)
