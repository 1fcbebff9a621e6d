"""Adagrad: a step along the gradient over the root of the sum of all squared gradients so far."""

import torch

from engine.witness.optimizers.rows import Lines, Scalar, above_zero


def step(
    step_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_sum_before: torch.Tensor,
    slope_sum_before: torch.Tensor,
    learning_rate: Scalar,
    lr_decay: Scalar,
    eps: Scalar,
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.Adagrad in each row (step), from that row's sums and its number of steps."""
    lines = Lines(intercept, slope, age=step_number)
    fit = lines.backward(x, y)
    optimizer = torch.optim.Adagrad(
        lines.parameters, lr=float(learning_rate), lr_decay=float(lr_decay), eps=above_zero(eps), foreach=True
    )
    before = zip(lines.steps_taken(), lines.parts(intercept_sum_before, slope_sum_before), strict=True)
    for p, (taken, square_sum) in zip(lines.parameters, before, strict=True):
        optimizer.state[p] = {"step": taken, "sum": square_sum}
    optimizer.step()
    intercept_sum, slope_sum = lines.joined(optimizer.state[p]["sum"] for p in lines.parameters)
    return {
        **fit,
        "rate": learning_rate / (1 + (step_number - 1) * lr_decay),
        "intercept_sum": intercept_sum,
        "slope_sum": slope_sum,
        **lines.moved(),
    }
