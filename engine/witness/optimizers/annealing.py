"""Adam at a rate that changes: on a schedule, at a row's own rate, and by the lecture's automatic annealing."""

import torch
from torch.optim import lr_scheduler

from engine.witness.optimizers.adam import step_averages
from engine.witness.optimizers.rows import Lines, Scalar, above_zero


def rates(step_number: torch.Tensor, learning_rate: Scalar, decay: Scalar) -> dict[str, torch.Tensor]:
    """The rate of each step (step), learning_rate / (1 + decay * (step - 1)): torch's LambdaLR.

    It is the rate that the optimizer holds when the step is taken, before the scheduler moves on.
    """
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=float(learning_rate))
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda taken: 1 / (1 + float(decay) * taken))
    held = []
    for _ in range(int(step_number.max())):
        held += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    table = torch.tensor(held, dtype=torch.float64, device=step_number.device)
    return {"decaying_rate": table[step_number.long() - 1]}


def constant_step(
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
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.Adam in each row (step), from that row's averages.

    The rate and beta1 are numbers, or (step): rows of one rate and one beta1 make a parameter group.
    """
    lines = Lines(intercept, slope, age=step_number, settings=(learning_rate, beta1))
    fit = lines.backward(x, y)
    optimizer = torch.optim.Adam(lines.parameters, betas=(0.0, float(beta2)), eps=above_zero(eps))
    members: dict[tuple[float, ...], list[torch.nn.Parameter]] = {}
    for p, settings in zip(lines.parameters, lines.settings, strict=True):
        members.setdefault(tuple(settings), []).append(p)
    # Set at once: add_param_group looks through all groups before it, which takes seconds for thousands of them.
    optimizer.param_groups = [
        {**optimizer.defaults, "params": group, "lr": lr, "betas": (momentum, float(beta2)), "foreach": len(group) > 1}
        for (lr, momentum), group in members.items()
    ]
    averages = step_averages(
        optimizer,
        lines,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
    )
    return {**fit, **averages, **lines.moved()}


def macro_step(
    step_number: torch.Tensor,
    point_number: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    intercept: torch.Tensor,
    slope: torch.Tensor,
    intercept_average_before: torch.Tensor,
    slope_average_before: torch.Tensor,
    intercept_square_before: torch.Tensor,
    slope_square_before: torch.Tensor,
    rate_before: torch.Tensor,
    energy_before: torch.Tensor,
    last_energy_before: torch.Tensor,
    beta1: Scalar,
    beta2: Scalar,
    eps: Scalar,
    ratio: Scalar,
    divisor: Scalar,
    least_energy: Scalar,
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.Adam in each row (step), at the rate of the lecture's macro.

    The energy of an epoch is the sum of its squared slope gradients. As an epoch begins (point_number 1), the rate is
    divided by `divisor` if the epoch just ended had more than `ratio` times the energy of the one before it, and that
    one more than least_energy; no epoch, no energy. Where it is, `divided` is 1, elsewhere 0.
    """
    begins = point_number == 1
    divided = begins & (last_energy_before > least_energy) & (energy_before > ratio * last_energy_before)
    rate = torch.where(divided, rate_before / divisor, rate_before)
    stepped = constant_step(
        step_number,
        x,
        y,
        intercept,
        slope,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
        rate,
        beta1,
        beta2,
        eps,
    )
    energy = torch.where(begins, 0.0, energy_before) + stepped["slope_gradient"].square()
    last_energy = torch.where(begins, energy_before, last_energy_before)
    return {**stepped, "rate": rate, "energy": energy, "last_energy": last_energy, "divided": divided.double()}


def times_divided(divided: torch.Tensor) -> dict[str, torch.Tensor]:
    """How many rows (step) divided the rate."""
    return {"times_divided": divided.count_nonzero().double()}
