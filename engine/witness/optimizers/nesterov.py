"""Nesterov's momentum: a step along the gradient and, once more, the velocity that it has just entered."""

import torch

from engine.witness.optimizers.momentum import step_velocities
from engine.witness.optimizers.rows import Lines, Scalar


def step(
    step_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_velocity_before: torch.Tensor,
    slope_velocity_before: torch.Tensor,
    learning_rate: Scalar,
    momentum: Scalar,
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.SGD(nesterov=True) in each row (step), from that row's velocity.

    At momentum 0, which torch refuses to call Nesterov's, it is a step of plain SGD.
    """
    lines = Lines(intercept, slope, age=step_number.clamp(max=2))
    fit = lines.backward(x, y)
    optimizer = torch.optim.SGD(
        lines.parameters, lr=float(learning_rate), momentum=float(momentum), nesterov=bool(momentum)
    )
    velocities = step_velocities(optimizer, lines, intercept_velocity_before, slope_velocity_before)
    return {
        **fit,
        **velocities,
        "intercept_direction": fit["intercept_gradient"].add(velocities["intercept_velocity"], alpha=float(momentum)),
        "slope_direction": fit["slope_gradient"].add(velocities["slope_velocity"], alpha=float(momentum)),
        **lines.moved(),
    }
