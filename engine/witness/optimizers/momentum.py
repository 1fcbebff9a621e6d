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
    velocities = step_velocities(optimizer, lines, intercept_velocity_before, slope_velocity_before)
    return {**fit, **velocities, **lines.moved()}


def step_velocities(
    optimizer: torch.optim.Optimizer,
    lines: Lines,
    intercept_velocity_before: torch.Tensor,
    slope_velocity_before: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Take a step of an SGD with momentum of any kind from these velocities, each (step); return those after it.

    torch's own takes no velocity to its first step, and keeps none at momentum 0: there it is what the step went along,
    the gradient with the decay in it.
    """
    (group,) = optimizer.param_groups
    decay = group.get("weight_decay", 0.0)
    along = [gradient + decay * p.detach() for gradient, p in zip(lines.gradients(), lines.parameters, strict=True)]
    before = lines.parts(intercept_velocity_before, slope_velocity_before)
    for p, taken, velocity in zip(lines.parameters, lines.steps_taken(), before, strict=True):
        if taken > 0 or isinstance(optimizer, LectureMomentum):
            optimizer.state[p]["momentum_buffer"] = velocity
    optimizer.step()
    kept = [optimizer.state[p]["momentum_buffer"] for p in lines.parameters] if group["momentum"] else along
    intercept_velocity, slope_velocity = lines.joined(kept)
    return {"intercept_velocity": intercept_velocity, "slope_velocity": slope_velocity}
