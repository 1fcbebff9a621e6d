"""RMSprop: a step along the gradient over the root of the running average of its squares."""

from typing import Any

import torch

from engine.witness.optimizers.rows import Lines, Scalar, above_zero, require


class LectureRMSprop(torch.optim.Optimizer):
    """The lecture's RMSprop: divides by the root of the average *before* this gradient; a step of 0 where that is 0."""

    def __init__(self, params: Any, lr: float, alpha: float) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move each parameter by -lr * gradient / sqrt(square_avg), then take the gradient into the average."""
        for group in self.param_groups:
            for p in group["params"]:
                square = self.state[p].setdefault("square_avg", torch.zeros_like(p))
                p.sub_(torch.where(square > 0, p.grad / square.sqrt(), 0.0), alpha=group["lr"])
                square.lerp_(p.grad.square(), 1 - group["alpha"])


def step(
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_square_before: torch.Tensor,
    slope_square_before: torch.Tensor,
    intercept_mean_before: torch.Tensor,
    slope_mean_before: torch.Tensor,
    learning_rate: Scalar,
    alpha: Scalar,
    eps: Scalar,
    centred: str,
    convention: str,
) -> dict[str, torch.Tensor]:
    """One step in each row (step), from that row's averages: torch.optim.RMSprop, or the lecture's.

    The size is what the gradient is divided by. Torch keeps the mean gradient only where it is centred.
    """
    require("convention", convention, "torch", "lecture")
    require("answer to centred", centred, "no", "yes")
    lines = Lines(intercept, slope)
    fit = lines.backward(x, y)
    (p,), (gradient,) = lines.parameters, lines.gradients()
    (square,) = lines.parts(intercept_square_before, slope_square_before)
    (mean,) = lines.parts(intercept_mean_before, slope_mean_before)
    optimizer: torch.optim.Optimizer
    if convention == "torch":
        optimizer = torch.optim.RMSprop(
            [p], lr=float(learning_rate), alpha=float(alpha), eps=above_zero(eps), centered=centred == "yes"
        )
    else:
        optimizer = LectureRMSprop([p], lr=float(learning_rate), alpha=float(alpha))
    optimizer.state[p] = {"step": torch.zeros(()), "square_avg": square.clone(), "grad_avg": mean}
    optimizer.step()
    if convention == "lecture" or centred == "no":
        mean.lerp_(gradient, 1 - float(alpha))
    new_square = optimizer.state[p]["square_avg"]
    if convention == "lecture":
        size = square.sqrt()
    else:
        size = (new_square - mean.square() if centred == "yes" else new_square).sqrt() + eps
    intercept_square, slope_square = lines.joined([new_square])
    intercept_mean, slope_mean = lines.joined([mean])
    intercept_size, slope_size = lines.joined([size])
    return {
        **fit,
        "intercept_square": intercept_square,
        "slope_square": slope_square,
        "intercept_mean": intercept_mean,
        "slope_mean": slope_mean,
        "intercept_size": intercept_size,
        "slope_size": slope_size,
        **lines.moved(),
    }
