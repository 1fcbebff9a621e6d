"""AdamW: Adam, with every parameter shrunk by a share of its own beside the step."""

import torch

from engine.witness.optimizers.adam import step_averages
from engine.witness.optimizers.rows import Lines, Scalar, above_zero


def step(
    step_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_average_before: torch.Tensor,
    slope_average_before: torch.Tensor,
    intercept_square_before: torch.Tensor,
    slope_square_before: torch.Tensor,
    learning_rate: Scalar,
    beta1: Scalar,
    beta2: Scalar,
    eps: Scalar,
    wd: Scalar,
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.AdamW(weight_decay=wd) in each row (step), from that row's averages."""
    lines = Lines(intercept, slope, age=step_number)
    fit = lines.backward(x, y)
    betas = (float(beta1), float(beta2))
    optimizer = torch.optim.AdamW(
        lines.parameters,
        lr=float(learning_rate),
        betas=betas,
        eps=above_zero(eps),
        weight_decay=float(wd),
        foreach=True,
    )
    averages = step_averages(
        optimizer,
        lines,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
    )
    shrink = 1 - learning_rate * wd
    return {
        **fit,
        **averages,
        "intercept_shrunk": shrink * intercept,
        "slope_shrunk": shrink * slope,
        **lines.moved(),
    }
