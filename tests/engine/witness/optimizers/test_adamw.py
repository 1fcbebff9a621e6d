"""AdamW against torch.optim in a loop, and by hand."""

import torch

from engine.witness.optimizers import adamw

STATES = {"exp_avg": "average", "exp_avg_sq": "square"}


def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same, close) -> None:
    before, after = train(lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.9, 0.99), eps=1e-3, weight_decay=0.2), STATES)
    found = adamw.step(**before, learning_rate=0.1, beta1=0.9, beta2=0.99, eps=1e-3, wd=0.2)
    same(found, after)
    close(found["slope_shrunk"], 0.98 * before["slope"])


def test_a_row_equals_the_hand_calculation(hand, close) -> None:
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    found = adamw.step(
        one,
        **hand,
        intercept_average_before=zero,
        slope_average_before=zero,
        intercept_square_before=zero,
        slope_square_before=zero,
        learning_rate=0.1,
        beta1=0.5,
        beta2=0.75,
        eps=0.5,
        wd=0.5,
    )
    # The first step is rate * g / (|g| + eps), from the parameter shrunk by 1 - 0.1 * 0.5.
    for name, value in (
        ("intercept_average", -1.0),
        ("slope_average", -2.0),
        ("intercept_square", 1.0),
        ("slope_square", 4.0),
        ("intercept_shrunk", 0.95),
        ("slope_shrunk", 0.475),
        ("new_intercept", 0.95 + 0.2 / 2.5),
        ("new_slope", 0.475 + 0.4 / 4.5),
    ):
        close(found[name], [value])
