"""One cycle over the steps of a phase, as fastai v1 has it."""

from dataclasses import dataclass

import torch

from engine.witness import schedules

PCT_START, DIV_FACTOR = 0.3, 25.0
LOW_MOMENTUM, HIGH_MOMENTUM = 0.85, 0.95


@dataclass(frozen=True)
class Cycle:
    """Rates and momenta of a phase's steps.

    Args:
        share: (step), of the highest rate.
        momentum: (step).
    """

    share: tuple[float, ...]
    momentum: tuple[float, ...]


def one_cycle(steps: int) -> Cycle:
    """Return the cycle of this many steps: int(0.3 · steps) of them up, the rest down.

    >>> [round(share, 3) for share in one_cycle(10).share[:4]]
    [0.04, 0.28, 0.76, 1.0]
    """
    if not steps:
        return Cycle((), ())
    made = schedules.one_cycle_fastai1(
        torch.arange(1.0, steps + 1.0, dtype=torch.float64),
        steps=steps,
        max_rate=1.0,
        pct_start=PCT_START,
        div_factor=DIV_FACTOR,
        base_momentum=LOW_MOMENTUM,
        max_momentum=HIGH_MOMENTUM,
        warm_up="cos",
    )
    return Cycle(tuple(made["rate"].tolist()), tuple(made["momentum"].tolist()))
