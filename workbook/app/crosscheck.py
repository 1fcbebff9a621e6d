"""The pipeline's training steps, computed again by the NumPy reference: this is where both may be seen."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.reference import transfer

if TYPE_CHECKING:
    from engine.pipeline.settings import Head
    from engine.pipeline.steps import Step

BOUND = 1e-10
HEADS: "tuple[Head, ...]" = ("lesson", "fastai")


def cross_check(device: str) -> dict[str, Any]:
    """How far NumPy and torch are apart in 50 seeded steps of the digits network, with each head.

    Args:
        device: of the run, as torch spells it; the steps are taken on the CPU, and on it too where it is a GPU.

    Returns:
        `bound`, `steps`, `ok`; `cpu` and `cuda`: head → the largest difference of any array in any step, relative to
        the array's largest magnitude; or why there is none.
    """
    import torch

    from engine.pipeline.metrics import no_cuda
    from engine.pipeline.steps import STEPS, digits_steps
    from engine.witness.device import deterministic

    def both(where: torch.device) -> dict[str, float]:
        with deterministic():
            return {head: largest_difference(head, digits_steps(head, where)) for head in HEADS}

    on_cpu = both(torch.device("cpu"))
    on_gpu = both(torch.device(device)) if device.startswith("cuda") else no_cuda()
    worst = max([*on_cpu.values(), *(on_gpu.values() if isinstance(on_gpu, dict) else ())])
    return {"bound": BOUND, "steps": STEPS, "ok": worst <= BOUND, "cpu": on_cpu, "cuda": on_gpu}


def largest_difference(head: str, steps: "Iterable[Step]") -> float:
    """The largest difference between torch's steps and NumPy's from the same state, relative to each array's size."""
    from engine.pipeline.groups import BETA2, EPS
    from engine.pipeline.steps import WD

    worst = 0.0
    for step in steps:
        found = transfer.train_step(
            head,
            step.parameter,
            step.average,
            step.square,
            step.running,
            step.pixel,
            step.target,
            step.mask,
            step.rate,
            step.momentum,
            BETA2,
            EPS,
            WD,
            step.number,
            norm_eps=1e-5,
            norm_momentum=0.1,
        )
        worst = max(worst, abs(found["loss"] - step.loss) / step.loss)
        # A gradient that is nothing by mathematics, of a bias before a batch norm, is rounding: its size says nothing.
        slope = max((_size(value) for value in step.gradient.values()), default=0.0)
        worst = max(worst, *_differences(found["gradient"], step.gradient, floor=slope))
        for what in ("parameter", "average", "square", "running"):
            before = max((_size(value) for value in getattr(step, f"new_{what}").values()), default=0.0)
            floor = before if what in ("average", "square") else 0.0
            worst = max(worst, *_differences(found[what], getattr(step, f"new_{what}"), floor=floor), 0.0)
    return worst


def _differences(found: Mapping[str, Any], expected: Mapping[str, Any], floor: float) -> list[float]:
    """Each array's largest difference over its largest magnitude, or over the floor where that is larger."""
    if found.keys() != expected.keys():
        return [float("inf")]
    sizes = {name: max(_size(value), floor) for name, value in expected.items()}
    return [
        _size(found[name] - value) / sizes[name] if sizes[name] else _size(found[name] - value)
        for name, value in expected.items()
    ]


def _size(values: Any) -> float:
    return float(np.abs(values).max())
