"""Weight decay in the gradient (L2) and beside it (decoupled): one step for plain SGD, two for the others.

L2 adds wd * parameter to the gradient before the optimizer sees it; decoupled decay multiplies the parameter by
1 - learning_rate * wd first. The gradients returned are those of the squared error alone. Adam's is `adamw.step`.
"""

import torch

from engine.witness.optimizers.adam import step_averages
from engine.witness.optimizers.momentum import step_velocities
from engine.witness.optimizers.rows import Lines, Scalar, above_zero

Result = dict[str, torch.Tensor]


def _shrink(lines: Lines, learning_rate: Scalar, wd: Scalar) -> None:
    """The decay that AdamW has built in, for an optimizer that has none."""
    for p in lines.parameters:
        p.data.mul_(1 - learning_rate * wd)


def sgd_l2(
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    learning_rate: Scalar,
    wd: Scalar,
) -> Result:
    """One step of torch.optim.SGD(weight_decay=wd) in each row (step)."""
    lines = Lines(intercept, slope)
    fit = lines.backward(x, y)
    torch.optim.SGD(lines.parameters, lr=float(learning_rate), weight_decay=float(wd)).step()
    return {**fit, **lines.moved()}


def sgd_decoupled(
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    learning_rate: Scalar,
    wd: Scalar,
) -> Result:
    """One step of torch.optim.SGD in each row (step), each parameter shrunk first."""
    lines = Lines(intercept, slope)
    fit = lines.backward(x, y)
    _shrink(lines, learning_rate, wd)
    torch.optim.SGD(lines.parameters, lr=float(learning_rate)).step()
    return {**fit, **lines.moved()}


def momentum_l2(
    step_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_velocity_before: torch.Tensor,
    slope_velocity_before: torch.Tensor,
    learning_rate: Scalar,
    momentum: Scalar,
    wd: Scalar,
) -> Result:
    """One step of torch.optim.SGD(momentum=momentum, weight_decay=wd) in each row (step)."""
    lines = Lines(intercept, slope, age=step_number.clamp(max=2))
    fit = lines.backward(x, y)
    optimizer = torch.optim.SGD(
        lines.parameters, lr=float(learning_rate), momentum=float(momentum), weight_decay=float(wd)
    )
    velocities = step_velocities(optimizer, lines, intercept_velocity_before, slope_velocity_before)
    return {**fit, **velocities, **lines.moved()}


def momentum_decoupled(
    step_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_velocity_before: torch.Tensor,
    slope_velocity_before: torch.Tensor,
    learning_rate: Scalar,
    momentum: Scalar,
    wd: Scalar,
) -> Result:
    """One step of torch.optim.SGD(momentum=momentum) in each row (step), each parameter shrunk first."""
    lines = Lines(intercept, slope, age=step_number.clamp(max=2))
    fit = lines.backward(x, y)
    _shrink(lines, learning_rate, wd)
    optimizer = torch.optim.SGD(lines.parameters, lr=float(learning_rate), momentum=float(momentum))
    velocities = step_velocities(optimizer, lines, intercept_velocity_before, slope_velocity_before)
    return {**fit, **velocities, **lines.moved()}


def adam_l2(
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
) -> Result:
    """One step of torch.optim.Adam(weight_decay=wd) in each row (step): the decay goes through both averages."""
    lines = Lines(intercept, slope, age=step_number)
    fit = lines.backward(x, y)
    betas, eps = (float(beta1), float(beta2)), above_zero(eps)
    optimizer = torch.optim.Adam(
        lines.parameters, lr=float(learning_rate), betas=betas, eps=eps, weight_decay=float(wd), foreach=True
    )
    averages = step_averages(
        optimizer,
        lines,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
    )
    return {**fit, **averages, **lines.moved()}


def gap(l2: torch.Tensor, decoupled: torch.Tensor) -> Result:
    """How far a run with L2 is from one with decoupled decay, at each step (step), and at most."""
    apart = l2 - decoupled
    return {"gap": apart, "largest": torch.linalg.vector_norm(apart, ord=torch.inf)}
