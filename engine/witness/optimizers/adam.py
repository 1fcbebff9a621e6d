"""Adam: a step along the running average of the gradients, over the root of the running average of their squares."""

from typing import Any

import torch

from engine.witness.optimizers.rows import Lines, Scalar, above_zero, require


class LectureAdam(torch.optim.Optimizer):
    """The lecture's Adam: no bias correction, no eps; a step of 0 where the divisor is 0."""

    def __init__(self, params: Any, lr: float, betas: tuple[float, float]) -> None:
        super().__init__(params, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move each parameter by -lr * exp_avg / sqrt(exp_avg_sq)."""
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                average = state.setdefault("exp_avg", torch.zeros_like(p)).lerp_(p.grad, 1 - beta1)
                square = state.setdefault("exp_avg_sq", torch.zeros_like(p)).lerp_(p.grad.square(), 1 - beta2)
                p.sub_(torch.where(square > 0, average / square.sqrt(), 0.0), alpha=group["lr"])


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
    convention: str,
) -> dict[str, torch.Tensor]:
    """One step in each row (step), from that row's averages: torch.optim.Adam, or the lecture's Adam.

    Rows of other step numbers are parameters of their own, because torch counts the steps of each parameter.
    """
    require("convention", convention, "torch", "lecture")
    lines = Lines(intercept, slope, age=step_number if convention == "torch" else None)
    fit = lines.backward(x, y)
    betas = (float(beta1), float(beta2))
    optimizer: torch.optim.Optimizer
    if convention == "torch":
        optimizer = torch.optim.Adam(
            lines.parameters, lr=float(learning_rate), betas=betas, eps=above_zero(eps), foreach=True
        )
    else:
        optimizer = LectureAdam(lines.parameters, lr=float(learning_rate), betas=betas)
    averages = step_averages(
        optimizer,
        lines,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
    )
    return {**fit, **averages, **lines.moved()}


def step_averages(
    optimizer: torch.optim.Optimizer,
    lines: Lines,
    intercept_average_before: torch.Tensor,
    slope_average_before: torch.Tensor,
    intercept_square_before: torch.Tensor,
    slope_square_before: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Take a step of an Adam of any kind from these averages, each (step); return those after it."""
    average_before = lines.parts(intercept_average_before, slope_average_before)
    square_before = lines.parts(intercept_square_before, slope_square_before)
    before = zip(lines.steps_taken(), average_before, square_before, strict=True)
    for p, (taken, average, square) in zip(lines.parameters, before, strict=True):
        optimizer.state[p] = {"step": taken, "exp_avg": average, "exp_avg_sq": square}
    optimizer.step()
    intercept_average, slope_average = lines.joined(optimizer.state[p]["exp_avg"] for p in lines.parameters)
    intercept_square, slope_square = lines.joined(optimizer.state[p]["exp_avg_sq"] for p in lines.parameters)
    return {
        "intercept_average": intercept_average,
        "slope_average": slope_average,
        "intercept_square": intercept_square,
        "slope_square": slope_square,
    }
