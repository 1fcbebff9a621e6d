"""Momentum against torch.optim in a loop; the lecture's against torch's, from which it is a factor apart."""

import pytest
import torch

from engine.errors import DataError
from engine.witness.optimizers import momentum

VELOCITY = {"momentum_buffer": "velocity"}


@pytest.mark.parametrize("dampening", [0.0, 0.3])
def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same, dampening: float) -> None:
    before, after = train(lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, dampening=dampening), VELOCITY)
    same(
        momentum.step(**before, learning_rate=0.02, momentum=0.9, dampening=dampening, convention="torch"),
        after,
    )


def test_a_first_step_anywhere_among_the_rows_starts_without_velocity(train, same) -> None:
    before, after = train(lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, dampening=0.3), VELOCITY)
    rows = torch.tensor([7, 8, 0, 9, 0, 0, 3])
    found = momentum.step(
        **{name: values[rows] for name, values in before.items()},
        learning_rate=0.02,
        momentum=0.9,
        dampening=0.3,
        convention="torch",
    )
    same(found, {name: values[rows] for name, values in after.items()})


def test_the_lecture_s_rate_of_1e_4_is_torch_s_of_1e_5(train, close) -> None:
    # lesson 5: S = 0.9 S + 0.1 g with lr 1e-4 equals SGD(lr=1e-5, momentum=0.9); the velocity is a tenth of torch's.
    before, after = train(lambda p: torch.optim.SGD(p, lr=1e-5, momentum=0.9), VELOCITY)
    tenth = {name: values / 10 if "velocity" in name else values for name, values in before.items()}
    found = momentum.step(**tenth, learning_rate=1e-4, momentum=0.9, dampening=0.0, convention="lecture")
    for side in ("intercept", "slope"):
        close(found[f"{side}_velocity"], after[f"{side}_velocity"] / 10)
        close(found[f"new_{side}"], after[f"new_{side}"])


def test_the_lecture_s_optimizer_runs_as_any_other_of_torch(train, close) -> None:
    _, torch_s = train(lambda p: torch.optim.SGD(p, lr=1e-5, momentum=0.9), VELOCITY)
    _, lecture = train(lambda p: momentum.LectureMomentum(p, lr=1e-4, momentum=0.9), VELOCITY)
    close(lecture["new_slope"], torch_s["new_slope"])


@pytest.mark.parametrize(
    ("convention", "number", "velocity", "moved"),
    # gradient -2, velocity before 1: -2 at torch's first step; 0.5 * 1 - 0.75 * 2 = -1; 0.5 * 1 - 0.5 * 2 = -0.5
    [("torch", 1.0, -2.0, 1.2), ("torch", 2.0, -1.0, 1.1), ("lecture", 1.0, -0.5, 1.05), ("lecture", 2.0, -0.5, 1.05)],
)
def test_a_row_equals_the_hand_calculation(
    hand, close, convention: str, number: float, velocity: float, moved: float
) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = momentum.step(number * one, **hand, **before(one), **RATES, dampening=0.25, convention=convention)
    close(found["intercept_velocity"], [velocity])
    close(found["new_intercept"], [moved])


RATES = {"learning_rate": 0.1, "momentum": 0.5}


def before(one: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"intercept_velocity_before": one, "slope_velocity_before": one}


@pytest.mark.parametrize("convention", ["torch", "lecture"])
def test_without_momentum_the_velocity_is_the_gradient(hand, convention: str) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = momentum.step(
        2 * one, **hand, **before(one), learning_rate=0.1, momentum=0.0, dampening=0.0, convention=convention
    )
    assert found["intercept_velocity"].tolist() == [-2.0]
    assert found["new_slope"].tolist() == [0.9]


def test_an_unknown_convention_is_refused(hand) -> None:
    one = torch.ones(1, dtype=torch.float64)
    with pytest.raises(DataError, match="found the convention 'nag', expected torch or lecture"):
        momentum.step(one, **hand, **before(one), **RATES, dampening=0.0, convention="nag")
