"""The network of a run: a pretrained body with a new head, in layer groups; or the same one from random weights."""

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
    if random_seed is not None:
        randomise(network, random_seed)
    elif pretrained:
        path = settings.weights or (arch.pretrained and arch.pretrained())
        if path is not None:
            weights.load(network, weights.read(path), str(path))
    try:
        parts = cut(network, arch.example(), concat_pool=settings.head == "fastai")
    except NetworkError as error:
        raise NetworkError(f"the arch {arch.name}: {error}") from error
    head = make_head(settings.head, parts.features, arch.hidden, classes)
    draw(head, settings.seed if random_seed is None else random_seed)
    whole = Network(parts.body, head)
    groups = layer_groups(whole, parts.order, arch.second_half)
    return Built(whole.to(machine.device, machine.dtype), parts, groups)


def randomise(network: nn.Module, seed: int) -> None:
    """Draw every layer's weights anew, each as torch does when it makes the layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in network.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
