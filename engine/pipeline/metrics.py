"""What a run left behind: numbers for `metrics.json`, curves, and what the workbook of the run shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.pipeline.archs import Arch
from engine.pipeline.groups import Group, Network
from engine.pipeline.images import Part
from engine.pipeline.schedule import one_cycle
from engine.pipeline.session import Session
from engine.pipeline.train import Evaluation, Forward, State, smoothed
from engine.witness.device import describe

Array = NDArray[np.float64]

NO_CUDA = "not run: no device"
PHASES = ("frozen", "unfrozen")
SHOWN_IMAGES, SHOWN_MISTAKES = 12, 6
PICTURE = 28


def numbers(session: Session, arch: Arch, state: State, found: Evaluation, mistakes: Sequence[int]) -> dict[str, Any]:
    """Return what `metrics.json` says of a run: settings, data, network, epochs, and what the held-out images say."""
    data, built, device = session.data, session.built, session.machine.device
    label, classes = data.held_out.label, len(data.classes)
    groups = group_table(built.network, built.groups, session.settings.rates.of(len(built.groups)))
    return {
        "torch": str(torch.__version__),
        "device": describe(device),
        "cuda": describe(device) if device.type == "cuda" else no_cuda(),
        "threads": torch.get_num_threads(),
        "digest": data.digest,
        "settings": session.settings.to_json(),
        "data": {
            "source": data.source,
            "classes": list(data.classes),
            "train_images": len(data.train),
            "held_out_images": len(data.held_out),
            "skipped": list(data.skipped),
        },
        "network": {
            "arch": arch.name,
            "removed": {"name": built.cut.removed, "shape": list(built.cut.removed_shape)},
            "features": built.cut.features,
            "concat_pool": built.cut.pooled,
            "head": [type(layer).__name__ for layer in built.network.head],
            "groups": groups,
        },
        "cache": {"used": state.uncached == "", "reason": state.uncached or ""},
        "history": state.history,
        "held_out_loss": found.loss,
        "accuracy": found.accuracy,
        "confusion": confusion(label, found.predicted, classes),
        "worst": [
            {
                "name": data.held_out.names[number],
                "class": data.classes[int(label[number])],
                "taken_for": data.classes[int(found.predicted[number])],
                "loss": float(found.sample_loss[number]),
            }
            for number in mistakes
        ],
    }


def confusion(label: torch.Tensor, predicted: torch.Tensor, classes: int) -> list[list[int]]:
    """Return how many images of each class (row) were taken for each class (column).

    >>> confusion(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), 2)
    [[1, 0], [1, 1]]
    """
    counts = torch.bincount(label.cpu() * classes + predicted.cpu(), minlength=classes**2)
    table: list[list[int]] = counts.reshape(classes, classes).tolist()
    return table


def worst_mistakes(label: torch.Tensor, found: Evaluation, most: int) -> list[int]:
    """Return the images taken for another class at the highest loss, the worst first."""
    wrong = (found.predicted != label.cpu()).nonzero().flatten()
    order = found.sample_loss[wrong].argsort(descending=True, stable=True)[:most]
    numbers: list[int] = wrong[order].tolist()
    return numbers


def group_table(network: nn.Module, groups: Sequence[Group], rates: Sequence[float]) -> list[dict[str, Any]]:
    """Return each layer group's name, its number of parameters, and its highest rate."""
    own = dict(network.named_parameters())
    return [
        {"name": group.name, "parameters": sum(own[name].numel() for name in group.parameters), "rate": rate}
        for group, rate in zip(groups, rates, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class Curves:
    """What happened step by step.

    Args:
        step: (step), from 1.
        phase_step: (step), from 1 in each phase.
        frozen: (step), 1 while the body was frozen, 0 after.
        loss: (step), of the mini-batch.
        smoothed: (step), its moving average.
        share: (step), the rate's share of the highest.
        momentum: (step).
    """

    step: Array
    phase_step: Array
    frozen: Array
    loss: Array
    smoothed: Array
    share: Array
    momentum: Array


def curves(losses: Sequence[float], history: Sequence[Mapping[str, Any]]) -> Curves:
    """Return the curves of a run: its losses, and the schedule of each of its phases."""
    steps = {name: max((epoch["steps"] for epoch in history if epoch["phase"] == name), default=0) for name in PHASES}
    frozen, unfrozen = steps["frozen"], max(0, steps["unfrozen"] - steps["frozen"])
    cycles = [one_cycle(frozen), one_cycle(unfrozen)]
    return Curves(
        step=np.arange(1.0, len(losses) + 1),
        phase_step=np.concatenate([np.arange(1.0, frozen + 1), np.arange(1.0, unfrozen + 1)]),
        frozen=np.repeat([1.0, 0.0], [frozen, unfrozen]),
        loss=np.array(losses),
        smoothed=np.array(smoothed(losses)),
        share=np.array([share for cycle in cycles for share in cycle.share]),
        momentum=np.array([momentum for cycle in cycles for momentum in cycle.momentum]),
    )


def transfer(found: Evaluation, scratch: Mapping[float, Evaluation | None]) -> dict[str, Any] | None:
    """Return what pretraining gave: the run beside the best of those from random weights; None where there are none.

    One that diverged has no accuracy, and is not the best.

    The best is chosen on the held-out images themselves, which favours it.
    """
    whole = {rate: other for rate, other in scratch.items() if other is not None}
    if not whole:
        return None
    best = max(whole, key=lambda rate: (whole[rate].accuracy, -whole[rate].loss))
    return {
        "accuracy": found.accuracy,
        "held_out_loss": found.loss,
        "scratch": [
            {"rate": rate, "accuracy": other and other.accuracy, "held_out_loss": other and other.loss}
            for rate, other in scratch.items()
        ],
        "best_scratch_rate": best,
        "best_scratch_accuracy": whole[best].accuracy,
        "accuracy_gained": found.accuracy - whole[best].accuracy,
    }


def no_cuda() -> str:
    """Return why a run on the CPU says nothing of CUDA."""
    return "not run: the run was on the CPU" if torch.cuda.is_available() else NO_CUDA


@dataclass(frozen=True, eq=False)
class Shown:
    """A few held-out images at the new head, in float64, for cells: the worst mistakes first.

    Args:
        names: (image), what each is called.
        label: (image), its class, from 0.
        activation: (image, feature), what the body hands to the head.
        picture: (image, row, column), grey, 0 to 255, 28 by 28.
        head: name → the head's weights and statistics, matrices (input, output).
        mistakes: how many of the images are mistakes.
    """

    names: tuple[str, ...]
    label: NDArray[np.int64]
    activation: Array
    picture: Array
    head: Mapping[str, Array]
    mistakes: int


def shown(network: Network, part: Part, body: Forward, mistakes: Sequence[int]) -> Shown:
    """Return the worst mistakes and the first of the other held-out images, at the head.

    Args:
        network: the trained one.
        part: the images held out.
        body: pixels → what the body hands over, as the run computed it.
        mistakes: the worst, by their numbers.
    """
    others = [number for number in range(len(part)) if number not in mistakes]
    numbers = [*mistakes, *others][:SHOWN_IMAGES]
    pixel = part.pictures[numbers]
    network.eval()
    with torch.inference_mode():
        activation = body(pixel).double().cpu().numpy()
    grey = pixel.to(torch.float64).mean(dim=1, keepdim=True)
    small = nn.functional.interpolate(grey, (PICTURE, PICTURE), mode="bilinear", antialias=True)[:, 0]
    return Shown(
        names=tuple(part.names[number] for number in numbers),
        label=part.label[numbers].numpy(),
        activation=activation,
        picture=small.round().numpy(),
        head=head_arrays(network.head),
        mistakes=len(mistakes),
    )


def head_arrays(head: nn.Module) -> dict[str, Array]:
    """Return a head's weights and statistics in float64: `matrix1.weight` is (input, output), unlike torch's."""
    arrays: dict[str, Array] = {}
    for name, value in head.state_dict().items():
        array = value.detach().double().cpu().numpy()
        arrays[name] = array.T if array.ndim == 2 else array
    return arrays
