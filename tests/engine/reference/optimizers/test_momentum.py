"""Momentum against hand calculations, the factor between its two conventions, and SGD."""

from functools import partial

import close
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import momentum, sgd

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


X = (
    14.0,
    86.0,
    28.0,
    51.0,
    28.0,
    29.0,
    72.0,
    62.0,
    84.0,
    15.0,
    42.0,
    62.0,
    47.0,
    35.0,
    9.0,
    38.0,
    44.0,
    99.0,
    13.0,
    21.0,
    28.0,
    20.0,
    8.0,
    64.0,
    99.0,
    70.0,
    27.0,
    17.0,
    8.0,
)


def path(
    rate: float, beta: float, convention: str, steps: int, points: tuple[float, ...] = X
) -> list[tuple[float, float]]:
    """The parameters after each step over points of y = 2 x + 30, from 1 and 1."""
    intercept, slope, velocities = 1.0, 1.0, (0.0, 0.0)
    visited = []
    for i in range(steps):
        x = points[i % len(points)]
        found = momentum.step(
            i + 1.0, x, 2 * x + 30, intercept, slope, *velocities,
            learning_rate=rate, momentum=beta, dampening=0.0, convention=convention,
        )  # fmt: skip
        intercept, slope = float(found["new_intercept"]), float(found["new_slope"])
        velocities = float(found["intercept_velocity"]), float(found["slope_velocity"])
        visited.append((intercept, slope))
    return visited


@pytest.mark.parametrize(
    ("step_number", "convention", "velocity"),
    [
        # The gradient by slope is -12, the velocity before 4, momentum 0.75, dampening 0.25.
        (1.0, "torch", -12.0),  # the first velocity is the gradient, undamped
        (2.0, "torch", -6.0),  # 0.75 * 4 + 0.75 * -12
        (1.0, "lecture", 0.0),  # 0.75 * 4 + 0.25 * -12, at any step, and dampening takes no part
        (2.0, "lecture", 0.0),
    ],
)
def test_the_velocity_is_the_convention_s(step_number: float, convention: str, velocity: float) -> None:
    found = momentum.step(
        step_number, 2.0, 10.0, 1.0, 3.0, 0.0, 4.0,
        learning_rate=0.125, momentum=0.75, dampening=0.25, convention=convention,
    )  # fmt: skip
    assert found["slope_velocity"] == velocity
    assert found["new_slope"] == 3.0 - 0.125 * velocity


@given(beta=st.floats(0, 0.95), rate=st.floats(1e-6, 1e-4))
def test_the_lecture_s_momentum_is_torch_s_at_the_rate_times_one_less_beta(beta: float, rate: float) -> None:
    lecture = path(rate, beta, "lecture", 60)
    torch = path(rate * (1 - beta), beta, "torch", 60)
    assert_close(lecture, torch, rtol=1e-12)


def test_one_rate_settles_in_the_lecture_s_convention_and_diverges_in_torch_s() -> None:
    assert all(abs(intercept) + abs(slope) < 100 for intercept, slope in path(1e-4, 0.9, "lecture", 1000))
    assert any(abs(intercept) + abs(slope) > 1e12 for intercept, slope in path(1e-4, 0.9, "torch", 1000))


def test_a_path_that_diverged_stays_where_it_is() -> None:
    assert len(set(path(1e-4, 0.9, "torch", 1000)[-200:])) == 1


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_torch_s_momentum_is_stable_up_to_two_times_one_and_beta_over_the_curvature(beta: float) -> None:
    # On one point the loss is a parabola of curvature 2 (1 + x^2); heavy-ball momentum is stable below this rate.
    limit = 2 * (1 + beta) / (2 * (1 + 3.0**2))
    below = path(0.95 * limit, beta, "torch", 2000, points=(3.0,))
    assert_close(below[-1][0] + 3 * below[-1][1], 36.0, rtol=1e-9)
    above = path(1.05 * limit, beta, "torch", 2000, points=(3.0,))
    assert abs(above[-1][0]) + abs(above[-1][1]) > 1e12


@pytest.mark.parametrize("convention", ["torch", "lecture"])
@given(gradient_of=st.floats(-50, 50), before=st.floats(-50, 50), step_number=st.integers(1, 9))
def test_no_momentum_is_sgd(convention: str, gradient_of: float, before: float, step_number: int) -> None:
    found = momentum.step(
        float(step_number), 2.0, gradient_of, 1.0, 3.0, before, before,
        learning_rate=0.125, momentum=0.0, dampening=0.0, convention=convention,
    )  # fmt: skip
    plain = sgd.step(2.0, gradient_of, 1.0, 3.0, learning_rate=0.125, nudge=0.5)
    assert (found["new_intercept"], found["new_slope"]) == (plain["new_intercept"], plain["new_slope"])
