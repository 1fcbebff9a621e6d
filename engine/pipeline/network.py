"""The network of a run: a pretrained body with a new head, in layer groups; or the same one from random weights."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from engine.errors import NetworkError
from engine.pipeline import weights
from engine.pipeline.archs import Arch
from engine.pipeline.groups import Group, Network, layer_groups
from engine.pipeline.heads import draw, make_head
from engine.pipeline.settings import Settings
from engine.pipeline.surgery import Cut, cut
from engine.pipeline.train import Machine


@dataclass(frozen=True, eq=False)
class Built:
    """A network ready to be trained.

    Args:
        network: the body and its new head.
        cut: what was taken out, and where.
        groups: its layer groups, the head last.
    """

    network: Network
    cut: Cut
    groups: tuple[Group, ...]


def build(
    arch: Arch,
    settings: Settings,
    classes: int,
    machine: Machine,
    *,
    random_seed: int | None = None,
    pretrained: bool = True,
) -> Built:
    """Return the arch with its pretrained weights and a new head, on the device.

    Args:
        arch: what network.
        settings: of the run.
        classes: columns of the new head.
        machine: where it is to run.
        random_seed: draw the body's weights too, from this seed, in place of the pretrained ones.
        pretrained: read the pretrained weights; not where a checkpoint's take their place.

    Raises:
        NetworkError: there are no weights, or those of another network; or the network can't be cut.
    """
    network = arch.make().float()
    try:
        parts = cut(network, arch.example(), concat_pool=settings.head == "fastai")
        if random_seed is not None:
            randomise(parts.body, random_seed)
    except NetworkError as error:
        raise NetworkError(f"the arch {arch.name}: {error}") from error
    if pretrained and random_seed is None:
        path = settings.weights or (arch.pretrained and arch.pretrained())
        if path is not None:
            weights.load(parts.body, weights.read(path), str(path), head=parts.removed)
    head = make_head(settings.head, parts.features, arch.hidden, classes)
    draw(head, settings.seed if random_seed is None else random_seed)
    whole = Network(parts.body, head)
    groups = layer_groups(whole, parts.order, arch.second_half)
    return Built(whole.to(machine.device, machine.dtype), parts, groups)


def randomise(network: nn.Module, seed: int) -> None:
    """Draw every layer's weights again, each as torch does when it makes the layer.

    Raises:
        NetworkError: no module draws one of its parameters, which would stay as it was pretrained.
    """
    modules = list(network.modules())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        # What is still no number afterwards was not drawn.
        for parameter in network.parameters():
            parameter.fill_(math.nan)
        for module in modules:
            _call(module, "reset_parameters")
        # Attention's own is private; torch calls it when the layers within are made.
        for module in reversed(modules):
            _call(module, "_reset_parameters")
    kept = [name for name, parameter in network.named_parameters() if parameter.isnan().any()]
    if kept:
        more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
        raise NetworkError(
            f"the network's {kept[0]}{more} can't be drawn at random, expected reset_parameters() in the module that "
            "holds it, or no --scratch"
        )


def _call(module: nn.Module, name: str) -> None:
    reset = getattr(module, name, None)
    if callable(reset):
        reset()
