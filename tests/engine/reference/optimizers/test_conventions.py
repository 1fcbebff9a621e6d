"""Every framework's rule for one step against a hand calculation, and what each rule does and does not look at."""

from functools import partial
from typing import Any

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference.optimizers import conventions

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


def one_step(**state: float) -> dict[str, Any]:
    """The step, its results open to the type checker."""
    return dict(conventions.one_step(**state))


GIVEN = {
    "parameter": 3.0,
    "gradient": -12.0,
    "average": 6.0,
    "square": 36.0,
    "accumulated": 81.0,
    "step_number": 2.0,
    "learning_rate": 0.5,
    "momentum": 0.5,
    "alpha": 0.5,
    "beta2": 0.75,
    "eps": 4.0,
    "wd": 0.25,
}

# Adam's average is 6/2 - 12/2 = -3, corrected by 1 - 0.5^2 = 3/4 to -4.
# Its square is 0.75 * 36 + 144/4 = 63, corrected by 1 - 0.75^2 = 7/16 to 144, whose root is 12.
# Decay leaves 3 * (1 - 0.5/4) = 2.625 of the parameter.
BY_HAND = {
    "sgd_torch": 3 + 12 / 2,
    "sgd_fastai": 2.625 + 12 / 2,
    "momentum_torch": 3 + (12 - 3) / 2,
    "momentum_lecture": 3 + (6 - 3) / 2,
    "momentum_equal": 3 + (12 - 6) / 4,  # the velocity before is 6 / (1 - 0.5) = 12, the rate 0.5 * (1 - 0.5)
    "momentum_fastai": 2.625 + (12 - 3) / 2,
    "nesterov_torch": 3 + (12 + 0.5 * 9) / 2,  # the velocity is 6/2 - 12 = -9
    "nesterov_fastai": 2.625 + (12 + 0.5 * 9) / 2,
    "rmsprop_torch": 3 + 6 / (90**0.5 + 4),  # 36/2 + 144/2 = 90
    "rmsprop_lecture": 3 + 6 / 6,  # the root of the 36 before
    "rmsprop_fastai": 2.625 + 6 / (90**0.5 + 4),
    "centered_torch": 3 + 6 / (9 + 4),  # the average is 6/2 - 12/2 = -3, and 90 - 9 = 81
    "centered_fastai": 2.625 + 6 / (9 + 4),
    "adagrad_torch": 3 + 6 / (15 + 1e-10),  # 81 + 144 = 225
    "adagrad_fastai": 2.625 + 6 / (15 + 1e-10),
    "adam_torch": 3 + 0.5 * 4 / (12 + 4),
    "adam_lecture": 3 + 0.5 * 3 / 63**0.5,
    # 0.99 * 36 + 0.01 * 144 = 37.08, corrected by 1 - 0.99^2 = 0.0199.
    "adam_fastai": 2.625 + 0.5 * 4 / ((37.08 / 0.0199) ** 0.5 + 4),
    "adamw_torch": 2.625 + 0.5 * 4 / (12 + 4),
    "adam_fresh": 3 + 0.5 * 12 / (12 + 4),  # a first step's corrections undo its weights
    "adam_fresh_rule": 3 + 0.5 * 12 / (12 + 4),
}

# Every rule looks at the parameter, the gradient and the rate, and at these.
LOOKS_AT: dict[str, set[str]] = {
    "sgd_torch": set(),
    "sgd_fastai": {"wd"},
    "momentum_torch": {"average", "momentum"},
    "momentum_lecture": {"average", "momentum"},
    "momentum_equal": {"average", "momentum"},
    "momentum_fastai": {"average", "momentum", "wd"},
    "nesterov_torch": {"average", "momentum"},
    "nesterov_fastai": {"average", "momentum", "wd"},
    "rmsprop_torch": {"square", "alpha", "eps"},
    "rmsprop_lecture": {"square"},
    "rmsprop_fastai": {"square", "alpha", "eps", "wd"},
    "centered_torch": {"average", "square", "alpha", "eps"},
    "centered_fastai": {"average", "square", "alpha", "eps", "wd"},
    "adagrad_torch": {"accumulated"},
    "adagrad_fastai": {"accumulated", "wd"},
    "adam_torch": {"average", "square", "step_number", "momentum", "beta2", "eps"},
    "adam_lecture": {"average", "square", "momentum", "beta2"},
    "adam_fastai": {"average", "square", "step_number", "momentum", "eps", "wd"},
    "adamw_torch": {"average", "square", "step_number", "momentum", "beta2", "eps", "wd"},
    "adam_fresh": {"eps"},
    "adam_fresh_rule": {"eps"},
}

DIFFERENCES = {
    "momentum_difference": ("momentum_lecture", "momentum_torch"),
    "equal_difference": ("momentum_lecture", "momentum_equal"),
    "rmsprop_difference": ("rmsprop_lecture", "rmsprop_torch"),
    "adam_difference": ("adam_lecture", "adam_torch"),
    "fastai_difference": ("adam_fastai", "adamw_torch"),
    "fresh_difference": ("adam_fresh", "adam_fresh_rule"),
    "sgd_fastai_difference": ("sgd_fastai", "sgd_torch"),
    "momentum_fastai_difference": ("momentum_fastai", "momentum_torch"),
    "nesterov_fastai_difference": ("nesterov_fastai", "nesterov_torch"),
    "rmsprop_fastai_difference": ("rmsprop_fastai", "rmsprop_torch"),
    "centered_fastai_difference": ("centered_fastai", "centered_torch"),
    "adagrad_fastai_difference": ("adagrad_fastai", "adagrad_torch"),
    "adam_fastai_difference": ("adam_fastai", "adam_torch"),
    "adamw_difference": ("adamw_torch", "adam_torch"),
}

number = st.floats(-20, 20)
beta = st.floats(0, 0.99)


@pytest.mark.parametrize("name", BY_HAND)
def test_each_rule_is_by_hand(name: str) -> None:
    assert_close(one_step(**GIVEN)[name], BY_HAND[name])


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_is_the_first_rule_less_the_second(name: str) -> None:
    first, second = DIFFERENCES[name]
    found = one_step(**GIVEN)[name]
    assert abs(found - (BY_HAND[first] - BY_HAND[second])) <= 1e-13 * abs(BY_HAND[first])


def test_the_results_are_the_rules_and_their_differences_and_all_are_floats() -> None:
    found = one_step(**GIVEN)
    assert sorted(found) == sorted([*BY_HAND, *DIFFERENCES])
    assert all(isinstance(value, float) for value in found.values())


@pytest.mark.parametrize("moved", GIVEN)
def test_a_rule_moves_with_what_it_looks_at_and_with_nothing_else(moved: str) -> None:
    before = one_step(**GIVEN)
    after = one_step(**{**GIVEN, moved: GIVEN[moved] * 1.1})
    for name, looks_at in LOOKS_AT.items():
        change = abs(after[name] - before[name])
        if moved in looks_at | {"parameter", "gradient", "learning_rate"}:
            # The least is 3e-5: fastai's beta2 of 0.99 makes little of a step number of 2.2.
            assert change > 1e-5, name
        else:
            assert change <= 1e-14, name


@given(parameter=number, gradient=number, average=number, momentum=beta, rate=st.floats(1e-4, 1))
def test_the_lecture_s_momentum_is_torch_s_at_a_smaller_rate(
    parameter: float, gradient: float, average: float, momentum: float, rate: float
) -> None:
    moved = {"parameter": parameter, "gradient": gradient, "average": average, "momentum": momentum}
    found = one_step(**{**GIVEN, **moved, "learning_rate": rate})
    scale = abs(parameter) + abs(average) + abs(gradient)
    assert abs(found["equal_difference"]) <= 1e-14 * scale


@given(gradient=st.floats(0.01, 20), sign=st.sampled_from((-1, 1)), momentum=beta, beta2=beta)
def test_an_adam_made_anew_in_each_step_follows_the_sign_of_the_gradient(
    gradient: float, sign: int, momentum: float, beta2: float
) -> None:
    moved = {"gradient": sign * gradient, "momentum": momentum, "beta2": beta2, "eps": 0.0}
    found = one_step(**{**GIVEN, **moved})
    assert_close([found["adam_fresh"], found["adam_fresh_rule"]], [3 - 0.5 * sign, 3 - 0.5 * sign], rtol=1e-12)


def test_at_momentum_zero_the_momentum_rules_are_sgd() -> None:
    found = one_step(**{**GIVEN, "momentum": 0.0})
    assert {found[name] for name in ("momentum_torch", "momentum_lecture", "momentum_equal")} == {9.0}


def test_fastai_s_adam_is_adamw_at_a_beta2_of_0_99() -> None:
    assert one_step(**{**GIVEN, "beta2": 0.99})["fastai_difference"] == 0.0
    assert one_step(**GIVEN)["fastai_difference"] != 0.0


def test_without_decay_fastai_s_rules_are_torch_s_and_adamw_is_adam() -> None:
    found = one_step(**{**GIVEN, "wd": 0.0, "beta2": 0.99})
    gaps = [name for name in DIFFERENCES if name.endswith("_fastai_difference")]
    assert len(gaps) == 7
    assert [found[name] for name in (*gaps, "adamw_difference")] == [0.0] * 8


@given(gradient=number, average=number, momentum=beta, wd=st.floats(0, 1))
def test_fastai_s_decay_is_one_share_of_the_parameter_whatever_the_optimizer(
    gradient: float, average: float, momentum: float, wd: float
) -> None:
    moved = {"gradient": gradient, "average": average, "square": 401.0, "momentum": momentum, "wd": wd}
    found = one_step(**{**GIVEN, **moved})
    for name in ("sgd", "momentum", "nesterov", "rmsprop", "centered", "adagrad"):
        # Their difference is -0.5 wd 3, to the rounding of parameters below 50.
        assert abs(found[f"{name}_fastai_difference"] + 1.5 * wd) <= 1e-13, name


@pytest.mark.parametrize(
    ("square", "average"),
    # With a gradient of -12 the average stays -12; the average of squares is 144, its own square, or 28 + 72 = 100.
    # What differs by a billionth differs by rounding for the most part.
    [(144.0, -12.0), (56.0, -12.0), (144.0 + 1e-7, -12.0)],
)
def test_a_state_without_variance_has_no_centred_step(square: float, average: float) -> None:
    found = one_step(**{**GIVEN, "square": square, "average": average})
    blank = {name for name, value in found.items() if np.isnan(value)}
    assert blank == {"centered_torch", "centered_fastai", "centered_fastai_difference"}


def test_a_divisor_of_zero_means_no_move() -> None:
    # No gradient, no square before and no eps: only what the averages remember and the decay still move.
    found = one_step(**{**GIVEN, "gradient": 0.0, "square": 0.0, "eps": 0.0})
    still = ("sgd_torch", "rmsprop_torch", "rmsprop_lecture", "adam_torch", "adam_lecture", "adam_fresh")
    assert [found[name] for name in still] == [3.0] * 6
    assert found["adam_fresh_rule"] == 3.0
    assert [found[name] for name in ("adamw_torch", "adam_fastai", "rmsprop_fastai")] == [2.625] * 3


def test_an_adagrad_that_has_seen_no_gradient_stays() -> None:
    assert one_step(**{**GIVEN, "gradient": 0.0, "accumulated": 0.0})["adagrad_torch"] == 3.0
