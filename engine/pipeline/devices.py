"""The same training steps on the CPU and on another device, in float64: how far apart they are."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from engine.pipeline.archs import Arch
from engine.pipeline.groups import batch_norms, make_optimizer, set_step, unfreeze
from engine.pipeline.images import Images
from engine.pipeline.network import Built, build
from engine.pipeline.settings import Settings
from engine.pipeline.train import Machine

STEPS, BATCH = 3, 4
MOMENTUM = 0.9


def largest_difference(arch: Arch, settings: Settings, data: Images, body: nn.Module, device: torch.device) -> float:
    """Return the largest difference of a loss, gradient, weight or statistic, relative to its array's size.

    Each step starts on both from the CPU's state, the first from the body's and a new head, whose gradients are not yet
    small. All layers train, batch norms too; chance is off.
    """
    settings = replace(settings, precision="fp64")
    here, there = (
        build(arch, settings, len(data.classes), Machine(where, "fp64"), pretrained=False)
        for where in (torch.device("cpu"), device)
    )
    here.network.body.load_state_dict(body.state_dict())
    optimizers = [
        make_optimizer(one.network, one.groups, settings.rates.of(len(one.groups)), settings.wd)
        for one in (here, there)
    ]
    for built in (here, there):
        _without_chance(built)
    prepare = arch.preparation(torch.device("cpu"), torch.float64)
    worst = 0.0
    for step in range(STEPS):
        chosen = [(step * BATCH + place) % len(data.train) for place in range(BATCH)]
        there.network.load_state_dict(here.network.state_dict())
        # A copy, because on one device both would remember in the same tensors.
        optimizers[1].load_state_dict(deepcopy(optimizers[0].state_dict()))
        image, label = prepare(data.train.pictures[chosen]), data.train.label[chosen]
        losses = [
            take_step(built, optimizer, image.to(where), label.to(where))
            for built, optimizer, where in zip((here, there), optimizers, (torch.device("cpu"), device), strict=True)
        ]
        worst = max(worst, *_differences(losses[:1], losses[1:]), *_between(here.network, there.network))
    return worst


def _without_chance(built: Built) -> None:
    """Let all train with nothing drawn: dropout off, batch norm on."""
    unfreeze(built.network)
    built.network.eval()
    for name in batch_norms(built.network):
        built.network.get_submodule(name).train()


def take_step(built: Built, optimizer: torch.optim.Optimizer, image: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """One update; returns the loss before it."""
    set_step(optimizer, 1.0, MOMENTUM)
    optimizer.zero_grad()
    loss = F.cross_entropy(built.network(image), label)
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach()


def _between(here: nn.Module, there: nn.Module) -> list[float]:
    """The differences of all weights and statistics, and of all gradients, which share the largest gradient's size."""
    slopes = [[p.grad for p in network.parameters() if p.grad is not None] for network in (here, there)]
    largest = max((float(slope.abs().max()) for slope in slopes[0]), default=0.0)
    values = [[v for v in network.state_dict().values() if v.is_floating_point()] for network in (here, there)]
    return [*_differences(slopes[0], slopes[1], largest), *_differences(values[0], values[1])]


def _differences(here: Iterable[torch.Tensor], there: Iterable[torch.Tensor], floor: float = 0.0) -> list[float]:
    found = []
    for one, other in zip(here, there, strict=True):
        size = max(float(one.abs().max()), floor)
        off = float((one - other.cpu()).abs().max())
        found.append(off / size if size else off)
    return found
