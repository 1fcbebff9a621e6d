"""Learning rates and momenta that change from step to step, by torch.optim.lr_scheduler.

Every function returns float64 tensors on the device of its step numbers, which count from 1 and go up to `steps`: the
rate of a step is the one that the optimizer holds when that step is taken, before the scheduler moves on. fastai's
schedules, which torch does not have, are LRSchedulers here.

Source: the sources of torch.optim.lr_scheduler; fastai 1, callbacks/one_cycle.py; fastai 2, callback/schedule.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

from engine.errors import DataError
from engine.witness.ewma import smooth
from engine.witness.optimizers.rows import require

Scalar = float | torch.Tensor
MakeScheduler = Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]


def _used(
    step_number: torch.Tensor, first_rate: Scalar, make: MakeScheduler, steps: Scalar = math.inf, momentum: Scalar = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rate and the momentum (step) that an optimizer holds at each step under a scheduler; NaN after the last."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=float(first_rate), momentum=float(momentum))
    scheduler = make(optimizer)
    held = []
    for before in range(int(min(step_number.max(), steps))):
        if before:
            optimizer.step()
            scheduler.step()
        group = optimizer.param_groups[0]
        held.append((float(group["lr"]), float(group["momentum"])))
    table = torch.tensor([*held, (math.nan, math.nan)], dtype=torch.float64, device=step_number.device)
    used = table[(step_number.long() - 1).clamp(max=len(held))]
    return used[:, 0], used[:, 1]


@dataclass(frozen=True)
class Phase:
    """A part of a schedule: how many steps it takes, and from where to where rate and momentum go along which curve."""

    steps: float
    rates: tuple[float, float]
    momenta: tuple[float, float]
    curve: Literal["cosine", "linear"] = "cosine"


class Phases(lr_scheduler.LRScheduler):
    """Phases one after another, of rate and momentum at once, as fastai has them."""

    def __init__(self, optimizer: torch.optim.Optimizer, phases: list[Phase]) -> None:
        self.phases = phases
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Return the rate after `last_epoch` steps, and hand the optimizer its momentum."""
        step, (phase, *later) = float(self.last_epoch), self.phases
        while later and step >= phase.steps:
            step, (phase, *later) = step - phase.steps, later
        share = step / phase.steps
        if phase.curve == "cosine":
            share = (1 - math.cos(math.pi * share)) / 2
        for group in self.optimizer.param_groups:
            group["momentum"] = phase.momenta[0] + share * (phase.momenta[1] - phase.momenta[0])
        return [phase.rates[0] + share * (phase.rates[1] - phase.rates[0]) for _ in self.optimizer.param_groups]


def annealing(
    step_number: torch.Tensor,
    first_rate: Scalar,
    last_rate: Scalar,
    steps: Scalar,
    gamma: Scalar,
    step_size: Scalar,
    power: Scalar,
) -> dict[str, torch.Tensor]:
    """The rate of each step (step) under five schedulers of torch, all from first_rate.

    Linear and cosine reach last_rate in the last step; the polynomial would reach 0 in the step after it.
    """
    last, n = float(last_rate), int(steps)
    top = max(float(first_rate), last)

    def linear(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.LinearLR(optimizer, float(first_rate) / top, last / top, total_iters=n - 1)

    return {
        "step_rate": _used(step_number, first_rate, lambda o: lr_scheduler.StepLR(o, int(step_size), float(gamma)))[0],
        "exponential_rate": _used(step_number, first_rate, lambda o: lr_scheduler.ExponentialLR(o, float(gamma)))[0],
        "linear_rate": _used(step_number, top, linear)[0],
        "cosine_rate": _used(step_number, first_rate, lambda o: lr_scheduler.CosineAnnealingLR(o, n - 1, last))[0],
        "polynomial_rate": _used(step_number, first_rate, lambda o: lr_scheduler.PolynomialLR(o, n, float(power)))[0],
    }


def one_cycle_torch(
    step_number: torch.Tensor,
    steps: Scalar,
    max_rate: Scalar,
    pct_start: Scalar,
    div_factor: Scalar,
    final_div_factor: Scalar,
    anneal: str,
    three_phase: str,
    base_momentum: Scalar,
    max_momentum: Scalar,
    cycle_momentum: str,
    own_momentum: Scalar,
) -> dict[str, torch.Tensor]:
    """The rate and momentum of each step (step) under torch's OneCycleLR; it ends at the first rate / final_div_factor.

    Without cycle_momentum the momentum is the optimizer's own throughout. There are none after `steps` steps.

    Raises:
        DataError: torch refuses the words or the numbers.
    """
    require("anneal", anneal, "cos", "linear")
    require("answer to three_phase", three_phase, "no", "yes")
    require("answer to cycle_momentum", cycle_momentum, "no", "yes")

    def one_cycle(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=float(max_rate),
            total_steps=int(steps),
            pct_start=float(pct_start),
            anneal_strategy="linear" if anneal == "linear" else "cos",
            cycle_momentum=cycle_momentum == "yes",
            base_momentum=float(base_momentum),
            max_momentum=float(max_momentum),
            div_factor=float(div_factor),
            final_div_factor=float(final_div_factor),
            three_phase=three_phase == "yes",
        )

    try:
        rate, momentum = _used(step_number, max_rate, one_cycle, steps, own_momentum)
    except (ValueError, ZeroDivisionError) as error:
        raise DataError(
            f"torch's OneCycleLR takes no {int(steps)} steps with pct_start {float(pct_start):g} ({error}), "
            "expected a rise of more than one step"
        ) from error
    return {"rate": rate, "momentum": momentum}


def one_cycle_fastai1(
    step_number: torch.Tensor,
    steps: Scalar,
    max_rate: Scalar,
    pct_start: Scalar,
    div_factor: Scalar,
    base_momentum: Scalar,
    max_momentum: Scalar,
    warm_up: str,
) -> dict[str, torch.Tensor]:
    """The rate and momentum of each step (step) in fastai v1: int(pct_start * steps) steps up, the others down.

    There are none after `steps` steps. The warm-up was "linear" up to 1.0.28, and is "cos" since. A phase has at
    least one step, as fastai's Scheduler has it.
    """
    require("warm-up", warm_up, "cos", "linear")
    top, low, high = float(max_rate), float(base_momentum), float(max_momentum)
    first = top / float(div_factor)
    rise = int(int(steps) * float(pct_start))
    phases = [
        Phase(max(1, rise), (first, top), (high, low), "linear" if warm_up == "linear" else "cosine"),
        Phase(max(1, int(steps) - rise), (top, first / 1e4), (low, high)),
    ]
    rate, momentum = _used(step_number, first, lambda optimizer: Phases(optimizer, phases), steps)
    return {"rate": rate, "momentum": momentum}


def one_cycle_fastai2(
    step_number: torch.Tensor,
    steps: Scalar,
    max_rate: Scalar,
    pct_start: Scalar,
    div_factor: Scalar,
    final_div_factor: Scalar,
    base_momentum: Scalar,
    max_momentum: Scalar,
) -> dict[str, torch.Tensor]:
    """The rate and momentum of each step (step) in fastai v2: the peak is at pct_start * steps, even between steps.

    There are none after `steps` steps.
    """
    top, low, high = float(max_rate), float(base_momentum), float(max_momentum)
    first, last = top / float(div_factor), top / float(final_div_factor)
    rise = float(steps) * float(pct_start)
    phases = [Phase(rise, (first, top), (high, low)), Phase(float(steps) - rise, (top, last), (low, high))]
    rate, momentum = _used(step_number, first, lambda optimizer: Phases(optimizer, phases), steps)
    return {"rate": rate, "momentum": momentum}


def layer_groups(
    group_number: torch.Tensor, groups: Scalar, rate: Scalar, low_rate: Scalar, high_rate: Scalar, divisor: Scalar
) -> dict[str, torch.Tensor]:
    """The rate of each layer group (group; the last is the head): one for all, slice(rate), slice(low, high)."""
    n = int(groups)
    body, head = [float(rate) / float(divisor)] * (n - 1), [float(rate)]
    slice_two = torch.logspace(math.log(low_rate), math.log(high_rate), n, base=math.e, dtype=torch.float64)
    if n == 1:
        slice_two = torch.tensor([float(high_rate)], dtype=torch.float64)
    group = group_number.long() - 1
    beyond = group >= n

    def each(rates: torch.Tensor) -> torch.Tensor:
        return rates.to(group_number)[group.clamp(max=n - 1)].masked_fill(beyond, torch.nan)

    return {
        "single_rate": each(torch.full((n,), float(rate), dtype=torch.float64)),
        "slice_one_rate": each(torch.tensor(body + head, dtype=torch.float64)),
        "slice_two_rate": each(slice_two),
    }


def finder(
    step_number: torch.Tensor,
    start_rate: Scalar,
    end_rate: Scalar,
    steps: Scalar,
    loss: torch.Tensor,
    beta: Scalar,
    skip_start: Scalar,
    skip_end: Scalar,
) -> dict[str, torch.Tensor]:
    """The rates (step) of a learning rate finder, its smoothed loss, and the rate where that falls most steeply.

    The first skip_start slopes and the last skip_end are NaN, and so is the suggestion where no slope is left.
    """
    smoothed = smooth(loss, beta)["corrected"]
    growth = (float(end_rate) / float(start_rate)) ** (1 / max(int(steps) - 1, 1))
    rate, _ = _used(step_number, start_rate, lambda optimizer: lr_scheduler.ExponentialLR(optimizer, growth))
    slope = F.pad(smoothed.diff() / rate.log().diff(), (1, 0), value=math.nan)
    place = torch.arange(len(slope), device=slope.device)
    slope = slope.masked_fill((place < skip_start) | (place >= len(slope) - skip_end), math.nan)
    steepest = slope.nan_to_num(nan=math.inf).argmin()
    suggested = torch.where(slope[steepest].isnan(), math.nan, rate[steepest])
    return {
        "rate": rate,
        "smoothed": smoothed,
        "slope": slope,
        "steepest_slope": slope[steepest],
        "steepest_rate": suggested,
        "suggested": suggested.clone(),
        "suggested_loss": torch.where(slope[steepest].isnan(), math.nan, smoothed[steepest]),
    }


def scaled(rate: torch.Tensor, max_rate: Scalar, highest_rate: Scalar) -> dict[str, torch.Tensor]:
    """A schedule's rates (step) with another highest rate; 0 after the schedule's end, where it has none."""
    return {"scaled_rate": torch.where(rate.isnan(), 0.0, torch.mul(rate, highest_rate) / max_rate)}


def after_end(momentum: torch.Tensor, max_momentum: Scalar) -> dict[str, torch.Tensor]:
    """A schedule's momenta (step), and the highest one after the schedule's end, where it has none."""
    return {"kept_momentum": torch.where(momentum.isnan(), max_momentum, momentum)}


def applied_summary(
    constant_rmse: torch.Tensor, cycle_rmse: torch.Tensor, epoch_step: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The mean error of each run (step) over its last epoch; epoch_step (epoch) numbers each epoch's last step."""
    first, end = (0, *epoch_step.long().tolist())[-2:]
    return {
        "constant_last_epoch": constant_rmse[first:end].mean(),
        "cycle_last_epoch": cycle_rmse[first:end].mean(),
    }
