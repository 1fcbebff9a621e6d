"""Training steps with nothing left to chance, each with what went in and what came out, for others to compute too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.datasets.digits import BLOCK, NEW_DIGITS
from engine.pipeline.archs import find
from engine.pipeline.batches import mixed
from engine.pipeline.groups import Network, freeze, make_optimizer, set_step, unfreeze
from engine.pipeline.heads import FIRST_DROPOUT, SECOND_DROPOUT
from engine.pipeline.images import read_digits
from engine.pipeline.network import build
from engine.pipeline.schedule import one_cycle
from engine.pipeline.settings import Head, Rates, Settings
from engine.pipeline.train import Machine

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]

STEPS, BATCH, WD = 50, 12, 1e-2
RATES = Rates(low=3e-3, high=3e-2)

# torch's name → the name by which the mathematics calls it.
PARAMETERS = {
    "body.first": ("w1", "b1"),
    "body.second": ("w2", "b2"),
    "head.matrix1": ("w3", "b3"),
    "head.matrix2": ("w4", "b4"),
    "head.norm1": ("norm1_weight", "norm1_bias"),
    "head.norm2": ("norm2_weight", "norm2_bias"),
}


class GivenDropout(nn.Module):
    """A dropout whose mask is given before each pass, in place of drawn in it."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = torch.ones(())

    def forward(self, activation: torch.Tensor) -> torch.Tensor:
        """Return the activations that the mask keeps, larger by what it leaves out."""
        return activation * self.mask


@dataclass(frozen=True, eq=False)
class Step:
    """One step, in float64: matrices (input, output), classes from 1, names as in `PARAMETERS`.

    Args:
        parameter: all parameters before the step.
        average: Adam's averages of gradients before it, of the parameters that are trained.
        square: Adam's averages of squared gradients before it.
        running: the running statistics of the head's batch norms before it.
        pixel: (image, pixel).
        target: (image).
        mask: of the head's dropouts.
        rate: of each parameter that is trained.
        momentum: of this step.
        number: of the step in its phase, from 1.
        loss: before the step.
        gradient: of the loss.
        new_parameter: all parameters after it.
        new_average: likewise.
        new_square: likewise.
        new_running: likewise.
    """

    parameter: Arrays
    average: Arrays
    square: Arrays
    running: Arrays
    pixel: Array
    target: Array
    mask: Arrays
    rate: Mapping[str, float]
    momentum: float
    number: int
    loss: float
    gradient: Arrays
    new_parameter: Arrays
    new_average: Arrays
    new_square: Arrays
    new_running: Arrays


def digits_steps(head: Head, device: torch.device, *, steps: int = STEPS, seed: int = 0) -> Iterator[Step]:
    """Yield seeded steps of the bundled digits network with a new head: the first half frozen, the second not.

    The pipeline's own parts take them: its network, layer groups, freezing, optimizer, one cycle.
    """
    arch = find("digits")
    built = build(arch, Settings.of(head=head, seed=seed), len(NEW_DIGITS), Machine(device, "fp64"))
    whole, groups = built.network, built.groups
    for name, layer in whole.head.named_children():
        if isinstance(layer, nn.Dropout):
            setattr(whole.head, name, GivenDropout())
    data = read_digits(None, keep=NEW_DIGITS).train
    prepare = arch.preparation(device, torch.float64)
    for phase, set_mode in enumerate((partial(freeze, whole, train_bn=True), partial(unfreeze, whole))):
        set_mode()
        optimizer = make_optimizer(whole, groups, RATES.of(len(groups)), WD)
        cycle = one_cycle(steps // 2)
        for number in range(steps // 2):
            generator = torch.Generator().manual_seed(mixed(seed, phase, number))
            chosen = torch.randperm(len(data), generator=generator)[:BATCH].tolist()
            masks = _give_masks(whole.head, generator, device)
            set_step(optimizer, cycle.share[number], cycle.momentum[number])
            image = prepare(data.pictures[chosen].to(device))
            yield _taken(
                whole, optimizer, image, data.label[chosen].to(device), masks, cycle.momentum[number], number + 1
            )


def _give_masks(head: nn.Sequential, generator: torch.Generator, device: torch.device) -> dict[str, Array]:
    """Draw the masks of a mini-batch, on the CPU whatever the device, and hand them to the head's dropouts."""
    drawn = {}
    layers = dict(head.named_children())
    for number, (share, units) in enumerate(_dropouts(layers), start=1):
        kept = (torch.rand(BATCH, units, generator=generator, dtype=torch.float64) >= share).double() / (1 - share)
        layer = layers[f"dropout{number}"]
        assert isinstance(layer, GivenDropout)
        layer.mask = kept.to(device)
        drawn[f"mask{number}"] = kept.numpy()
    return drawn


def _dropouts(layers: Mapping[str, nn.Module]) -> list[tuple[float, int]]:
    """The share that each dropout of a head leaves out, and the units that it sees."""
    if "dropout1" not in layers:
        return []
    matrix1 = layers["matrix1"]
    assert isinstance(matrix1, nn.Linear)
    return [(FIRST_DROPOUT, matrix1.in_features), (SECOND_DROPOUT, matrix1.out_features)]


def _taken(
    network: Network,
    optimizer: torch.optim.Optimizer,
    image: torch.Tensor,
    label: torch.Tensor,
    masks: Arrays,
    momentum: float,
    number: int,
) -> Step:
    """Take one step, and keep what was before and after it."""
    named = dict(network.named_parameters())
    names = {parameter: name for name, parameter in named.items()}
    rates = {names[p]: float(group["lr"]) for group in optimizer.param_groups for p in group["params"]}

    def remembered(what: str) -> dict[str, Array]:
        zeros = {name: torch.zeros_like(named[name]) for name in rates}
        return _arrays({name: optimizer.state.get(named[name], {}).get(what, zeros[name]) for name in rates})

    before = (_arrays(named), remembered("exp_avg"), remembered("exp_avg_sq"), _running(network))
    optimizer.zero_grad()
    loss = F.cross_entropy(network(image), label)
    torch.autograd.backward(loss)
    gradient = _arrays({name: value.grad for name, value in named.items() if value.grad is not None})
    optimizer.step()
    pooled = F.avg_pool2d(image, BLOCK).flatten(start_dim=1)
    return Step(
        *before,
        pixel=_array(pooled),
        target=_array(label.double() + 1),
        mask=masks,
        rate={_short(name): rate for name, rate in rates.items()},
        momentum=momentum,
        number=number,
        loss=float(loss.detach()),
        gradient=gradient,
        new_parameter=_arrays(named),
        new_average=remembered("exp_avg"),
        new_square=remembered("exp_avg_sq"),
        new_running=_running(network),
    )


def _short(name: str) -> str:
    """The mathematics' name of a parameter of torch."""
    layer, _, what = name.rpartition(".")
    weight, bias = PARAMETERS[layer]
    return weight if what == "weight" else bias


def _arrays(tensors: Mapping[str, torch.Tensor]) -> dict[str, Array]:
    """Matrices (input, output), as the mathematics has them; torch has (output, input)."""
    return {_short(name): _array(value.T if value.ndim == 2 else value) for name, value in tensors.items()}


def _array(value: torch.Tensor) -> Array:
    return value.detach().cpu().numpy().copy()


def _running(network: Network) -> dict[str, Array]:
    """The running statistics of the head's batch norms."""
    found = {}
    for name, layer in network.head.named_children():
        if isinstance(layer, _BatchNorm):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            found[f"{name}_mean"] = layer.running_mean.cpu().numpy().copy()
            found[f"{name}_variance"] = layer.running_var.cpu().numpy().copy()
    return found
