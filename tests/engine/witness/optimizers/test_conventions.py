"""One step by each framework's rule, against figures worked out by hand."""

import pytest
import torch

from engine.witness.optimizers import conventions

GIVEN = {
    "parameter": 1.0,
    "gradient": -2.0,
    "average": 3.0,
    "square": 16.0,
    "accumulated": 12.0,
    "step_number": 2,
    "learning_rate": 0.1,
    "momentum": 0.5,
    "alpha": 0.75,
    "beta2": 0.25,
    "eps": 0.5,
    "wd": 0.2,
}

# average 0.5 * 3 - 0.5 * 2 = 0.5; its correction at step 2 is 1 - 0.5^2 = 0.75
# beta2 0.25: square 4 + 3 = 7, corrected by 1 - 0.25^2 = 0.9375; beta2 0.99: 15.84 + 0.04 = 15.88, by 0.0199
STEP = 0.1 / 0.75 * 0.5
HAND = {
    "sgd_torch": 1 + 0.1 * 2,
    "momentum_torch": 1 - 0.1 * (1.5 - 2),
    "momentum_lecture": 1 - 0.1 * 0.5,
    "momentum_equal": 1 - 0.05 * (0.5 * 6 - 2),
    "rmsprop_torch": 1 + 0.2 / (13**0.5 + 0.5),  # 0.75 * 16 + 0.25 * 4 = 13
    "rmsprop_lecture": 1 + 0.2 / 4,
    "adam_torch": 1 - STEP / ((7 / 0.9375) ** 0.5 + 0.5),
    "adam_lecture": 1 - 0.05 / 7**0.5,
    "adam_fastai": 0.98 - STEP / ((15.88 / 0.0199) ** 0.5 + 0.5),
    "adamw_torch": 0.98 - STEP / ((7 / 0.9375) ** 0.5 + 0.5),
    "adam_fresh": 1 + 0.1 * 2 / 2.5,
    "adam_fresh_rule": 1 + 0.1 * 2 / 2.5,
    # fastai first shrinks the parameter by 1 - 0.1 * 0.2
    "sgd_fastai": 0.98 + 0.1 * 2,
    "momentum_fastai": 0.98 - 0.1 * (1.5 - 2),
    "nesterov_torch": 1 - 0.1 * (-2 + 0.5 * -0.5),
    "nesterov_fastai": 0.98 - 0.1 * (-2 + 0.5 * -0.5),
    "rmsprop_fastai": 0.98 + 0.2 / (13**0.5 + 0.5),
    "centered_torch": 1 + 0.2 / ((13 - 1.75**2) ** 0.5 + 0.5),  # the mean is 0.75 * 3 - 0.25 * 2 = 1.75
    "centered_fastai": 0.98 + 0.2 / ((13 - 1.75**2) ** 0.5 + 0.5),
    "adagrad_torch": 1 + 0.2 / (4 + 1e-10),  # the sum is 12 + 4
    "adagrad_fastai": 0.98 + 0.2 / (4 + 1e-10),
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


@pytest.mark.parametrize("as_tensors", [False, True])
@pytest.mark.parametrize("name", HAND)
def test_a_step_equals_the_hand_calculation(close, name: str, as_tensors: bool) -> None:
    given = {key: torch.tensor(value, dtype=torch.float64) for key, value in GIVEN.items()} if as_tensors else GIVEN
    close(conventions.one_step(**given)[name], HAND[name])


def test_what_comes_back_is_each_step_and_each_difference() -> None:
    found = conventions.one_step(**GIVEN)
    assert found.keys() == HAND.keys() | DIFFERENCES.keys()
    for name, (one, other) in DIFFERENCES.items():
        assert abs(float(found[name]) - (HAND[one] - HAND[other])) < 1e-14


def test_the_inputs_stay_as_they_are() -> None:
    given = {key: torch.tensor(value, dtype=torch.float64) for key, value in GIVEN.items()}
    for value in conventions.one_step(**given).values():
        assert value.shape == ()
        assert not value.requires_grad
        value.fill_(9.0)
    assert {key: float(value) for key, value in given.items()} == GIVEN


def test_the_lecture_s_momentum_is_torch_s_at_a_tenth_of_the_rate() -> None:
    # lesson 5: beta 0.9 and lr 1e-4 equal SGD(lr=1e-5, momentum=0.9)
    found = conventions.one_step(**{**GIVEN, "momentum": 0.9, "learning_rate": 1e-4})
    assert abs(float(found["equal_difference"])) < 1e-15
    assert abs(float(found["momentum_difference"])) > 1e-6


@pytest.mark.parametrize(("gradient", "sign"), [(-2.0, -1), (30.0, 1), (1e-3, 1)])
def test_an_adam_made_anew_each_step_steps_by_the_sign_of_the_gradient(gradient: float, sign: int) -> None:
    found = conventions.one_step(**{**GIVEN, "gradient": gradient, "eps": 1e-8})
    # |g| is at least 1e5 times eps: the step is the rate but for 1e-5 of it.
    assert abs(float(found["adam_fresh"]) - (1 - 0.1 * sign)) < 1.1e-6
    assert abs(float(found["fresh_difference"])) < 1e-15


def test_without_gradient_eps_or_momentum_nothing_divides_by_0() -> None:
    found = conventions.one_step(
        **{**GIVEN, "gradient": 0.0, "average": 0.0, "square": 1.0, "eps": 0.0, "momentum": 0.0, "wd": 0.0},
    )
    assert all(float(found[name]) == 1 for name in HAND)
    assert all(float(found[name]) == 0 for name in DIFFERENCES)


@pytest.mark.parametrize(
    ("average", "gradient", "square"),
    [
        (3.0, 3.0, 9.0),  # all gradients were alike: no variance
        (3.0, 3.0, 8.0),  # no gradients leave this
        (3.0, 3.0, 9.0 + 1e-9),  # that much is rounding
        (0.0, 0.0, 0.0),
    ],
)
def test_a_variance_that_is_not_above_0_gives_the_centred_rmsprop_no_step(
    average: float, gradient: float, square: float
) -> None:
    found = conventions.one_step(**{**GIVEN, "average": average, "gradient": gradient, "square": square})
    blank = {name for name, value in found.items() if value.isnan()}
    assert blank == {"centered_torch", "centered_fastai", "centered_fastai_difference"}


def test_without_momentum_nesterov_s_is_plain_sgd() -> None:
    found = conventions.one_step(**{**GIVEN, "momentum": 0.0})
    assert float(found["nesterov_torch"]) == float(found["sgd_torch"]) == 1.2
    assert float(found["nesterov_fastai"]) == float(found["sgd_fastai"])
