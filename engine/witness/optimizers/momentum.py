"""Momentum: a step along a running sum (torch) or a running average (the lecture) of the gradients."""

from typing import Any

import torch

from engine.witness.optimizers.rows import Lines, Scalar, require


class LectureMomentum(torch.optim.Optimizer):
    """The lecture's momentum: velocity = momentum * velocity + (1 - momentum) * gradient, from 0."""

    def __init__(self, params: Any, lr: float, momentum: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move each parameter by -lr * velocity."""
        for group in self.param_groups:
            for p in group["params"]:
                velocity = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                p.sub_(velocity, alpha=group["lr"])


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
    dampening: Scalar,
    convention: str,
) -> dict[str, torch.Tensor]:
    """One step in each row (step), from that row's velocity: torch's momentum, or the lecture's.

    At momentum 0 torch keeps no velocity and steps along the gradient itself, whatever the dampening.
    """
    require("convention", convention, "torch", "lecture")
    lines = Lines(intercept, slope, age=step_number.clamp(max=2))
    fit = lines.backward(x, y)
    optimizer: torch.optim.Optimizer
    if convention == "torch":
        optimizer = torch.optim.SGD(
            lines.parameters, lr=float(learning_rate), momentum=float(momentum), dampening=float(dampening)
        )
    else:
        optimizer = LectureMomentum(lines.parameters, lr=float(learning_rate), momentum=float(momentum))
    before = lines.parts(intercept_velocity_before, slope_velocity_before)
    for p, taken, velocity in zip(lines.parameters, lines.steps_taken(), before, strict=True):
        if convention == "lecture" or taken > 0:
            optimizer.state[p]["momentum_buffer"] = velocity
    optimizer.step()
    velocities = [optimizer.state[p]["momentum_buffer"] for p in lines.parameters] if momentum else lines.gradients()
    intercept_velocity, slope_velocity = lines.joined(velocities)
    return {**fit, "intercept_velocity": intercept_velocity, "slope_velocity": slope_velocity, **lines.moved()}
