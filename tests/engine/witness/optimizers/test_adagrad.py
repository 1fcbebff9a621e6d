"""Adagrad against torch.optim in a loop, and by hand."""

import torch

from engine.witness.optimizers import adagrad


def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same) -> None:
    before, after = train(lambda p: torch.optim.Adagrad(p, lr=0.3, lr_decay=0.1, eps=1e-3), {"sum": "sum"})
    same(adagrad.step(**before, learning_rate=0.3, lr_decay=0.1, eps=1e-3), after)


def test_a_row_equals_the_hand_calculation(hand, close) -> None:
    one = torch.ones(1, dtype=torch.float64)
    found = adagrad.step(
        3 * one,
        **hand,
        intercept_sum_before=12 * one,
        slope_sum_before=9 * one,
        learning_rate=0.2,
        lr_decay=0.5,
        eps=1.0,
    )
    # rate 0.2 / (1 + 2 * 0.5); sums 12 + 4 and 9 + 16; steps 0.1 * 2 / (4 + 1) and 0.1 * 4 / (5 + 1)
    for name, value in (
        ("rate", 0.1),
        ("intercept_sum", 16.0),
        ("slope_sum", 25.0),
        ("new_intercept", 1.04),
        ("new_slope", 0.5 + 0.4 / 6),
    ):
        close(found[name], [value])


def test_a_gradient_of_0_at_the_start_is_a_step_of_0_without_eps(hand) -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    hand["y"] = hand["y"] - 1
    found = adagrad.step(zero + 1, **hand, intercept_sum_before=zero, slope_sum_before=zero, **RATES)
    assert (found["new_intercept"].tolist(), found["new_slope"].tolist()) == ([1.0], [0.5])


RATES = {"learning_rate": 0.1, "lr_decay": 0.0, "eps": 0.0}
