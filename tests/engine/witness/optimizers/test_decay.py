"""Weight decay in the gradient and beside it, against torch.optim in a loop, and where the two part."""

import pytest
import torch

from engine.witness.optimizers import adamw, decay

VELOCITY = {"momentum_buffer": "velocity"}
AVERAGES = {"exp_avg": "average", "exp_avg_sq": "square"}
ADAM = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-3, "weight_decay": 0.2}


def shrink(p: torch.nn.Parameter) -> None:
    """What AdamW does first, for a rate of 0.05 and a decay of 0.2."""
    with torch.no_grad():
        p *= 0.99


def test_sgd_with_either_decay_equals_fifty_steps_of_torch(train, same) -> None:
    for step, (before, after) in (
        (decay.sgd_l2, train(lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.2))),
        (decay.sgd_decoupled, train(lambda p: torch.optim.SGD(p, lr=0.05), before_step=shrink)),
    ):
        del before["step_number"]
        same(step(**before, learning_rate=0.05, wd=0.2), after)


def test_momentum_with_either_decay_equals_fifty_steps_of_torch(train, same) -> None:
    for step, (before, after) in (
        (
            decay.momentum_l2,
            train(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.2), VELOCITY),
        ),
        (
            decay.momentum_decoupled,
            train(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8), VELOCITY, before_step=shrink),
        ),
    ):
        same(step(**before, learning_rate=0.05, momentum=0.8, wd=0.2), after)


def test_adam_with_either_decay_equals_fifty_steps_of_torch(train, same) -> None:
    for step, optimizer in ((decay.adam_l2, torch.optim.Adam), (adamw.step, torch.optim.AdamW)):
        before, after = train(lambda p, optimizer=optimizer: optimizer(p, **ADAM), AVERAGES)
        same(step(**before, learning_rate=0.1, beta1=0.9, beta2=0.99, eps=1e-3, wd=0.2), after)


def test_the_two_decays_are_one_for_plain_sgd(hand, close) -> None:
    for step in (decay.sgd_l2, decay.sgd_decoupled):
        found = step(**hand, learning_rate=0.1, wd=0.5)
        # 1 - 0.1 * (-2 + 0.5 * 1) = 0.95 * 1 + 0.2; 0.5 - 0.1 * (-4 + 0.5 * 0.5) = 0.95 * 0.5 + 0.4
        close(found["new_intercept"], [1.15])
        close(found["new_slope"], [0.875])
        close(found["slope_gradient"], [-4.0])


def one(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float64)


def test_under_momentum_the_decay_enters_the_velocity_or_does_not(hand, close) -> None:
    state = {"intercept_velocity_before": one(1.0), "slope_velocity_before": one(1.0)}
    rates = {"learning_rate": 0.1, "momentum": 0.5, "wd": 0.5}
    l2 = decay.momentum_l2(one(2), **hand, **state, **rates)
    decoupled = decay.momentum_decoupled(one(2), **hand, **state, **rates)
    # 0.5 * 1 + (-2 + 0.5 * 1) and 0.5 * 1 - 2
    close(l2["intercept_velocity"], [-1.0])
    close(decoupled["intercept_velocity"], [-1.5])
    # One step is the same, 1 + 0.1 and 0.95 + 0.15: the velocities that it leaves behind are not.
    close(l2["new_intercept"], [1.1])
    close(decoupled["new_intercept"], [1.1])


def test_under_adam_the_two_part_in_the_first_step(hand, close) -> None:
    zeros = {f"{side}_{name}_before": one(0.0) for side in ("intercept", "slope") for name in ("average", "square")}
    rates = {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 0.5, "wd": 0.5}
    # L2: g' = -2 + 0.5 = -1.5, and the step is 0.1 * 1.5 / (1.5 + 0.5); AdamW: 0.95 + 0.1 * 2 / (2 + 0.5).
    close(decay.adam_l2(one(1), **hand, **zeros, **rates)["new_intercept"], [1.075])
    close(adamw.step(one(1), **hand, **zeros, **rates)["new_intercept"], [1.03])


@pytest.mark.parametrize("step", [decay.momentum_l2, decay.momentum_decoupled])
def test_without_momentum_the_velocity_is_what_is_stepped_along(hand, close, step) -> None:
    state = {"intercept_velocity_before": one(7.0), "slope_velocity_before": one(7.0)}
    found = step(one(2), **hand, **state, learning_rate=0.1, momentum=0.0, wd=0.5)
    close(found["intercept_velocity"], [-1.5 if step is decay.momentum_l2 else -2.0])
    close(found["new_intercept"], [1.15])


def test_the_gap_is_signed_and_its_largest_is_not() -> None:
    l2, decoupled = torch.tensor([[1.0, 2.0, 0.5], [1.0, 4.5, 0.25]], dtype=torch.float64)
    found = decay.gap(l2, decoupled)
    assert found["gap"].tolist() == [0.0, -2.5, 0.25]
    assert found["largest"].tolist() == 2.5
