"""Layer groups, and what trains in them: the body in two halves, the head; frozen or not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

# fastai's Adam. The eps is that of its second version: at 1e-8 a bias before a batch norm, whose gradient is nothing
# but rounding, would be moved by that rounding divided by itself.
BETA2, EPS = 0.99, 1e-5


class Network(nn.Module):
    """A body and its new head."""

    def __init__(self, body: nn.Module, head: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits (image, class) of images (image, channel, row, column)."""
        logits: torch.Tensor = self.head(self.body(image))
        return logits


@dataclass(frozen=True)
class Group:
    """Layers that share a learning rate: what they are called, and the names of their parameters in the network."""

    name: str
    parameters: tuple[str, ...]


def layer_groups(network: Network, order: Sequence[str], second_half: str) -> tuple[Group, ...]:
    """Return the layer groups from the image on: the body in two halves (one where it has one layer), and the head.

    Args:
        network: the network.
        order: the body's modules that hold parameters, in the order in which they run.
        second_half: the module with which the second half begins; empty to halve the list.
    """
    starts = [place for place, name in enumerate(order) if f"{name}.".startswith(f"{second_half}.")]
    middle = starts[0] if second_half and starts else (len(order) + 1) // 2
    halves = [names for names in (order[:middle], order[middle:]) if names]
    titles = ["body"] if len(halves) == 1 else ["body, first half", "body, second half"]
    body = [Group(title, _parameters(network, names)) for title, names in zip(titles, halves, strict=True)]
    return (*body, Group("head", tuple(f"head.{name}" for name, _ in network.head.named_parameters())))


def _parameters(network: Network, modules: Sequence[str]) -> tuple[str, ...]:
    """The names of the parameters of some of the body's modules; one that modules share goes by one name, its first."""
    own = {name for name, _ in network.named_parameters()}
    names = (
        f"body.{module}{'.' if module else ''}{name}"
        for module in modules
        for name, _ in network.body.get_submodule(module).named_parameters(recurse=False)
    )
    return tuple(name for name in names if name in own)


def batch_norms(module: nn.Module) -> list[str]:
    """Return the names of a module's batch norms."""
    return [name for name, part in module.named_modules() if isinstance(part, _BatchNorm)]


@contextmanager
def as_it_was(module: nn.Module) -> Iterator[Callable[[], list[str]]]:
    """Return a context after which a module's modes and buffers are as they were before.

    It hands over a function that returns the names of the buffers that have changed so far.
    """
    modes = [(part, part.training) for part in module.modules()]
    before = {name: value.clone() for name, value in module.named_buffers()}

    def changed() -> list[str]:
        return [name for name, value in module.named_buffers() if not torch.equal(value, before[name])]

    try:
        yield changed
    finally:
        own = dict(module.named_buffers())
        for name in changed():
            own[name].copy_(before[name])
        for part, training in modes:
            part.training = training


def freeze(network: Network, *, train_bn: bool) -> None:
    """Let the head train alone; with train_bn, as in fastai, the body's batch norms too.

    Without it the body runs as in evaluation: batch norms keep their statistics, and dropout is off.
    """
    network.train()
    network.requires_grad_(True)
    network.body.requires_grad_(False)
    if train_bn:
        for name in batch_norms(network.body):
            network.body.get_submodule(name).requires_grad_(True)
    else:
        network.body.eval()


def unfreeze(network: Network) -> None:
    """Let all of the network train."""
    network.train()
    network.requires_grad_(True)


def make_optimizer(network: Network, groups: Sequence[Group], rates: Sequence[float], wd: float) -> torch.optim.AdamW:
    """Return fastai's optimizer, Adam with decay beside it, over what trains, by groups with their highest rates."""
    own = dict(network.named_parameters())
    chosen = [
        {"params": trained, "lr": rate, "highest": rate}
        for group, rate in zip(groups, rates, strict=True)
        if (trained := [own[name] for name in group.parameters if own[name].requires_grad])
    ]
    on_gpu = next(network.parameters()).is_cuda
    return torch.optim.AdamW(chosen, betas=(0.9, BETA2), eps=EPS, weight_decay=wd, fused=on_gpu)


def set_step(optimizer: torch.optim.Optimizer, share: float, momentum: float) -> None:
    """Give every group its rate, a share of its highest, and the momentum."""
    for group in optimizer.param_groups:
        group["lr"] = share * group["highest"]
        group["betas"] = (momentum, BETA2)
