"""The digits network: pooled digits through two hidden layers to a class, and how it was pretrained.

A picture of 28 by 28 pixels is averaged over blocks of 4 by 4 to 49 numbers from 0 to 1. The network is
Linear(49, 64), ReLU, Linear(64, 32), ReLU, Linear(32, classes); a variant has batch norm after its first matrix.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.device import deterministic

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

PIXELS, FIRST, SECOND = 49, 64, 32


class DigitsNet(nn.Module):
    """Two hidden layers and a head.

    Args:
        classes: how many digits the head tells apart.
        batch_norm: whether batch norm stands between the first matrix and its ReLU.
    """

    def __init__(self, classes: int, *, batch_norm: bool = False) -> None:
        super().__init__()
        self.first = nn.Linear(PIXELS, FIRST)
        self.norm = nn.BatchNorm1d(FIRST) if batch_norm else nn.Identity()
        self.second = nn.Linear(FIRST, SECOND)
        self.head = nn.Linear(SECOND, classes)

    def body(self, pixel: torch.Tensor) -> torch.Tensor:
        """Return the last activations before the head: (image, 32) of pixels (image, 49)."""
        hidden = F.relu(self.norm(self.first(pixel)))
        return F.relu(self.second(hidden))

    def forward(self, pixel: torch.Tensor) -> torch.Tensor:
        """Return the logits (image, class) of pixels (image, 49)."""
        logits: torch.Tensor = self.head(self.body(pixel))
        return logits


def pretrain(
    pixel: Array,
    label: Labels,
    *,
    batch_norm: bool = False,
    epochs: int = 12,
    batch_size: int = 128,
    rate: float = 1e-2,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, npt.NDArray[np.float32]]:
    """Return the state of a digits network trained on pictures whose classes count from 0.

    torch.optim.Adam under OneCycleLR, shuffled mini-batches, cross-entropy, no weight decay; trained in float64 on one
    thread and rounded to float32 at the end.

    Args:
        pixel: (image, 49), from 0 to 1.
        label: (image), whole numbers from 0; there are as many classes as the largest says.
        batch_norm: whether the network has batch norm after its first matrix.
        epochs: how often the pictures are gone through, 1 or more.
        batch_size: pictures in a mini-batch; what is left over at the end of an epoch waits for the next.
        rate: the highest learning rate of the cycle.
        seed: of the initial weights and the shuffling.
        progress: called with (epochs done, epochs in all).

    Returns:
        The module's state dict, a float32 array a key.
    """
    pictures, classes = torch.from_numpy(pixel).double(), torch.from_numpy(label).long()
    batches = max(1, len(classes) // batch_size)
    with deterministic(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DigitsNet(int(label.max()) + 1, batch_norm=batch_norm).double()
        optimizer = torch.optim.Adam(network.parameters(), lr=rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=batches * epochs)
        for epoch in range(1, epochs + 1):
            for batch in torch.split(torch.randperm(len(classes)), batch_size)[:batches]:
                optimizer.zero_grad()
                torch.autograd.backward(F.cross_entropy(network(pictures[batch]), classes[batch]))
                optimizer.step()
                schedule.step()
            if progress is not None:
                progress(epoch, epochs)
    return {name: np.asarray(value.float().numpy()) for name, value in network.state_dict().items()}


def measured(state: Mapping[str, npt.NDArray[np.generic]], pixel: Array, label: Labels) -> dict[str, float]:
    """Return how well a network knows pictures: the share that it names (`accuracy`) and its mean `loss`.

    Args:
        state: the state dict of a digits network, with batch norm or without; computed in float64, batch norm by its
            running statistics.
        pixel: (image, 49), from 0 to 1.
        label: (image), whole numbers from 0.
    """
    network = from_state(state)
    classes = torch.from_numpy(label).long()
    with torch.no_grad():
        logits = network(torch.from_numpy(pixel).double())
    named = (logits.argmax(dim=1) == classes).double().mean()
    return {"accuracy": float(named), "loss": float(F.cross_entropy(logits, classes))}


def from_state(state: Mapping[str, npt.NDArray[np.generic]]) -> DigitsNet:
    """Return the digits network of a state dict, in float64 and in evaluation mode."""
    network = DigitsNet(len(state["head.bias"]), batch_norm="norm.weight" in state)
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})
    return network.double().eval()
