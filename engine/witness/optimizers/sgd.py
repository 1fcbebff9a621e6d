"""Stochastic gradient descent: parameter - learning_rate * gradient."""

import torch
import torch.nn.functional as F

from engine.witness.optimizers.rows import Lines, Scalar


def step(
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    learning_rate: Scalar,
    nudge: Scalar,
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.SGD in each row (step); the gradients by autograd, and again by nudging."""
    lines = Lines(intercept, slope)
    fit = lines.backward(x, y)
    torch.optim.SGD(lines.parameters, lr=float(learning_rate)).step()

    def nudged(intercept_nudge: Scalar, slope_nudge: Scalar) -> torch.Tensor:
        return F.mse_loss((intercept + intercept_nudge) + (slope + slope_nudge) * x, y, reduction="none")

    return {
        **fit,
        "intercept_numeric": (nudged(nudge, 0.0) - fit["squared_error"]) / nudge,
        "slope_numeric": (nudged(0.0, nudge) - fit["squared_error"]) / nudge,
        **lines.moved(),
    }
