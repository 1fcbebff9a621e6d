"""Nesterov's momentum against torch.optim in a loop, and by hand."""

import torch

from engine.witness.optimizers import nesterov


def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same) -> None:
    before, after = train(
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True), {"momentum_buffer": "velocity"}
    )
    found = nesterov.step(**before, learning_rate=0.02, momentum=0.9)
    same(found, after)
    # What torch stepped along, from the outside: (old - new) / lr. The difference of two near numbers loses digits.
    for side in ("intercept", "slope"):
        moved = (before[side] - after[f"new_{side}"]) / 0.02
        assert bool(((found[f"{side}_direction"] - moved).abs() <= 1e-11 * moved.abs().max()).all())


def test_a_row_equals_the_hand_calculation(hand, close) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = nesterov.step(2 * one, **hand, intercept_velocity_before=one, slope_velocity_before=-one, **RATES)
    # velocities 0.5 * 1 - 2 and 0.5 * -1 - 4; directions -2 + 0.5 * -1.5 and -4 + 0.5 * -4.5
    close(found["intercept_velocity"], [-1.5])
    close(found["slope_velocity"], [-4.5])
    close(found["intercept_direction"], [-2.75])
    close(found["slope_direction"], [-6.25])
    close(found["new_intercept"], [1.275])
    close(found["new_slope"], [1.125])


RATES = {"learning_rate": 0.1, "momentum": 0.5}


def test_a_first_step_starts_without_velocity(hand, close) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = nesterov.step(one, **hand, intercept_velocity_before=7 * one, slope_velocity_before=7 * one, **RATES)
    close(found["intercept_velocity"], [-2.0])
    close(found["intercept_direction"], [-3.0])


def test_without_momentum_it_is_plain_sgd(hand) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = nesterov.step(
        2 * one, **hand, intercept_velocity_before=one, slope_velocity_before=one, learning_rate=0.1, momentum=0.0
    )
    assert found["intercept_direction"].tolist() == found["intercept_velocity"].tolist() == [-2.0]
    assert found["new_slope"].tolist() == [0.9]
