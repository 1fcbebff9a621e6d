"""The recorded runs on MNIST's digits: two models, each by SGD, by Adam at two rates, and by one cycle.

They run on the CPU in float64, on one thread, from an explicit `torch.Generator`: the same seed gives the same bits.
NumPy arrays go in and come out.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError
from engine.witness.device import deterministic
from engine.witness.mnist_models import Mnist_Logistic, Mnist_NN

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
Progress = Callable[[int, int], None]

RULES, MISTAKES = 4, 10

# What a loss that has run away is recorded as, so that it can be drawn.
_HIGHEST_LOSS = 1e6

# As float64 all of MNIST's held-out images would take 63 MB.
_JUDGED_TOGETHER = 1000


@dataclass(frozen=True)
class Runs:
    """The runs of one model, which all take the same mini-batch in a step.

    Args:
        models: the model of each run.
        parameters: of all runs together, named as a model names them: (run, *shape of the model's own).
        rows: each run's own, which its optimizer steps: rows of those of all runs, in the same memory.
    """

    models: list[nn.Module]
    parameters: dict[str, torch.Tensor]
    rows: dict[str, list[nn.Parameter]]


@dataclass(frozen=True)
class Rule:
    """What steps one run of each model: an optimizer, and its schedule, where it has one."""

    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None


class Watch(Protocol):
    """One who sees all runs before each of their steps and after it; `engine.runs.mnist_watch` has one."""

    def begins(self, models: Mapping[str, Runs], rules: Sequence[Rule], wd: float) -> None:
        """See the runs before their next step."""

    def ends(
        self, models: Mapping[str, Runs], rules: Sequence[Rule], image: Bytes, label: Bytes, losses: Sequence[float]
    ) -> None:
        """See the runs after a step on images (image, pixel) with these digits, and each run's loss before it."""


def initial(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Return a model in float64, its Linears as torch starts them, within 1 / sqrt(inputs) of 0: by the generator."""
    model = model.double().to_empty(device="cpu")
    for layer in model.children():
        bound = 1 / math.sqrt(float(layer.in_features))  # type: ignore[arg-type]
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return model


def side_by_side(start: nn.Module, count: int) -> Runs:
    """Return so many runs of a model from one start, the parameters of all of them in one tensor each."""
    models = [copy.deepcopy(start) for _ in range(count)]
    parameters, rows = {}, {}
    for name, parameter in start.named_parameters():
        parameters[name] = torch.stack([parameter.detach()] * count).requires_grad_()
        rows[name] = [nn.Parameter(row) for row in parameters[name].detach()]
        layer, kind = name.split(".")
        for model, row in zip(models, rows[name], strict=True):
            setattr(model.get_submodule(layer), kind, row)
    return Runs(models, parameters, rows)


def four_rules(of_runs: Sequence[Sequence[nn.Parameter]], steps: int, wd: float) -> list[Rule]:
    """Return what steps the parameters of each run: SGD at 2e-2, Adam at 2e-2 and 1e-3, one cycle of Adam up to 1e-2.

    The slope of the penalty wd w^2 is 2 wd w, which torch's optimizers add to a gradient as weight_decay.
    """
    sgd, fast, slow, cycled = of_runs
    decay = 2 * wd
    cycle = torch.optim.Adam(cycled, weight_decay=decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(cycle, max_lr=1e-2, total_steps=steps)
    return [
        Rule(torch.optim.SGD(sgd, lr=2e-2, weight_decay=decay, fused=True)),
        Rule(torch.optim.Adam(fast, lr=2e-2, weight_decay=decay, fused=True)),
        Rule(torch.optim.Adam(slow, lr=1e-3, weight_decay=decay, fused=True)),
        Rule(cycle, schedule),
    ]


def on_sheets(name: str) -> str:
    """Return the name of a model's parameter on a sheet: weight or bias, with the number of its layer."""
    layer, kind = name.split(".")
    return kind + layer.removeprefix("lin")


def copied(tensor: torch.Tensor) -> Array:
    """Return a tensor's values as an array of its own."""
    return tensor.detach().numpy().copy()


def inputs(image: Bytes) -> torch.Tensor:
    """Return grey values (image, pixel), 0 to 255, as float64 from 0 to 1."""
    return torch.tensor(image).double() / 255


def judged(models: Sequence[nn.Module], image: Bytes, label: Bytes) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return for each model the loss of each of the images (image, pixel), and the digit that it names: (image)."""
    losses: list[list[torch.Tensor]] = [[] for _ in models]
    taken_for: list[list[torch.Tensor]] = [[] for _ in models]
    target = torch.tensor(label).long()
    with torch.no_grad():
        for first in range(0, len(image), _JUDGED_TOGETHER):
            part = slice(first, first + _JUDGED_TOGETHER)
            x = inputs(image[part])
            for number, model in enumerate(models):
                logit = model(x)
                losses[number].append(F.cross_entropy(logit, target[part], reduction="none"))
                taken_for[number].append(logit.argmax(dim=1))
    return [(torch.cat(loss), torch.cat(taken)) for loss, taken in zip(losses, taken_for, strict=True)]


def capped(loss: float) -> float:
    """Return a loss as it is recorded: 1e6 at most."""
    return loss if loss <= _HIGHEST_LOSS else _HIGHEST_LOSS


def held_out(models: Sequence[nn.Module], image: Bytes, label: Bytes) -> list[tuple[float, float]]:
    """Return each model's mean cross-entropy of these images (image, pixel), and the share that it gets right."""
    target = torch.tensor(label).long()
    return [
        (capped(float(loss.mean())), float((taken == target).double().mean()))
        for loss, taken in judged(models, image, label)
    ]


def logits(runs: Runs, x: torch.Tensor) -> torch.Tensor:
    """Return what each run's model makes of a mini-batch (image, pixel): (run, image, klass).

    The first matrices of all runs, one below the other, are one matrix, for they read the same images.
    """
    both = list(runs.parameters.values())
    (weight, bias), *others = zip(both[::2], both[1::2], strict=True)
    first = F.linear(x, weight.flatten(0, 1), bias.flatten())
    activation: torch.Tensor = first.reshape(len(x), len(weight), -1).transpose(0, 1)
    for weight, bias in others:
        activation = torch.baddbmm(bias[:, None], F.relu(activation), weight.mT)
    return activation


def gradients(runs: Runs, x: torch.Tensor, y: torch.Tensor, wd: float) -> list[float]:
    """Return each run's loss of a mini-batch, and leave the gradients of its cross-entropy in its parameters."""
    logit = logits(runs, x)
    each = F.cross_entropy(logit.transpose(1, 2), y.expand(len(logit), -1), reduction="none").mean(dim=1)
    of_all = torch.autograd.grad(each.sum(), list(runs.parameters.values()))
    for rows, gradient in zip(runs.rows.values(), of_all, strict=True):
        # A fused optimizer takes a gradient's numbers in the order in which they lie in memory.
        for row, row_gradient in zip(rows, gradient.contiguous(), strict=True):
            row.grad = row_gradient
    with torch.no_grad():
        squares = [parameter.square().flatten(1).sum(dim=1) for parameter in runs.parameters.values()]
        losses: list[float] = (each + wd * torch.stack(squares).sum(dim=0)).tolist()
    return losses


def step(models: Mapping[str, Runs], rules: Sequence[Rule], image: Bytes, label: Bytes, wd: float) -> list[float]:
    """Take a step of all runs on images (image, pixel) with these digits; return each run's loss before it."""
    x, y = inputs(image), torch.tensor(label).long()
    losses = [loss for runs in models.values() for loss in gradients(runs, x, y, wd)]
    for rule in rules:
        rule.optimizer.step()
        if rule.schedule:
            rule.schedule.step()
    return losses


def mistakes(model: nn.Module, image: Bytes, label: Bytes) -> dict[str, Array]:
    """Return what a model makes of images (image, pixel) with these digits: its ten worst mistakes, and the confusion.

    Returns:
        `mistake_index` (mistake), from 0, of the ten images of greatest loss, `mistake_loss` (mistake), and `confusion`
        (klass, other), how many of each digit were taken for each.
    """
    ((loss, taken_for),) = judged([model], image, label)
    worst = torch.sort(loss, descending=True, stable=True).indices[:MISTAKES]
    counts = torch.bincount(10 * torch.tensor(label).long() + taken_for, minlength=100)
    return {
        "mistake_index": worst.numpy(),
        "mistake_loss": loss[worst].numpy(),
        "confusion": counts.double().reshape(10, 10).numpy(),
    }


def record(
    train_image: Bytes,
    train_label: Bytes,
    held_out_image: Bytes,
    held_out_label: Bytes,
    *,
    hidden: int = 50,
    batch_size: int = 64,
    epochs: int = 1,
    wd: float = 1e-5,
    seed: int = 0,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> dict[str, Array]:
    """Return what eight runs on the same mini-batches leave behind.

    Runs, in this order: Mnist_Logistic by torch.optim.SGD at 2e-2, torch.optim.Adam at 2e-2 and at 1e-3, and Adam under
    OneCycleLR up to 1e-2; Mnist_NN by the same four. All runs of a model start from the same weights. Each epoch goes
    through the training images in a new order. The loss of a mini-batch is its mean cross-entropy and wd times the sum
    of squares of all parameters. A loss is recorded as 1e6 where it is above, infinite or NaN.

    Args:
        train_image: (image, pixel), 0 to 255.
        train_label: (image), the digits.
        held_out_image: (image, pixel), never trained on.
        held_out_label: (image), the digits.
        hidden: units of the network's hidden layer.
        batch_size: images in a mini-batch; the last of an epoch may hold fewer.
        epochs: how often the training images are gone through, 1 or more.
        wd: the factor before the sum of squares.
        seed: of the initial weights and the shuffling.
        progress: called with (steps done, steps in all runs), a hundred times at most.
        watch: sees the runs before and after each step.

    Returns:
        `initial_weight` (klass, pixel), `initial_bias` (klass), `initial_weight1` (hidden, pixel), `initial_bias1`
        (hidden), `initial_weight2` (klass, hidden), `initial_bias2` (klass); `first_batch` (image), the training images
        of the first mini-batch, from 0; `loss` (step, run), of a mini-batch before the step that it leads to;
        `epoch_loss` and `epoch_accuracy` (epoch, run), mean cross-entropy and share right of the held-out images;
        `trained_weight` and `trained_bias` of run 0, `trained_weight1`, `trained_bias1`, `trained_weight2` and
        `trained_bias2` of run 6, the network by Adam at 1e-3; and that network's `mistakes` on the held-out images.

    Raises:
        DataError: fewer training images than a mini-batch holds, or fewer held-out ones than ten.
    """
    if len(train_image) < batch_size:
        raise DataError(f"found {len(train_image)} images to train on, expected at least a mini-batch of {batch_size}")
    if len(held_out_image) < MISTAKES:
        raise DataError(f"found {len(held_out_image)} held-out images, expected at least {MISTAKES}")
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * math.ceil(len(train_image) / batch_size)
    losses, measured = [], []
    with torch.device("meta"):
        untrained = {"logistic": Mnist_Logistic(), "network": Mnist_NN(hidden)}
    with deterministic():
        starts = {name: initial(model, generator) for name, model in untrained.items()}
        results = {
            f"initial_{on_sheets(name)}": copied(p) for start in starts.values() for name, p in start.named_parameters()
        }
        models = {name: side_by_side(start, RULES) for name, start in starts.items()}
        trained = [model for runs in models.values() for model in runs.models]
        rows = [row for runs in models.values() for row in runs.rows.values()]
        rules = four_rules(list(zip(*rows, strict=True)), steps, wd)
        for _ in range(epochs):
            order = torch.randperm(len(train_image), generator=generator).numpy()
            for first in range(0, len(order), batch_size):
                batch = order[first : first + batch_size]
                results.setdefault("first_batch", batch.copy())
                if watch is not None:
                    watch.begins(models, rules, wd)
                image, label = train_image[batch], train_label[batch]
                losses.append(step(models, rules, image, label, wd))
                if watch is not None:
                    watch.ends(models, rules, image, label, losses[-1])
                if progress is not None and (len(losses) % -(-steps // 100) == 0 or len(losses) == steps):
                    progress(len(losses) * len(trained), steps * len(trained))
            measured.append(held_out(trained, held_out_image, held_out_label))
        results |= {
            f"trained_{on_sheets(name)}": copied(p) for run in (0, 6) for name, p in trained[run].named_parameters()
        }
        results |= mistakes(trained[6], held_out_image, held_out_label)
    epoch_loss, epoch_accuracy = np.moveaxis(np.asarray(measured), 2, 0)
    return {
        **results,
        "loss": np.asarray([[capped(loss) for loss in row] for row in losses]),
        "epoch_loss": epoch_loss,
        "epoch_accuracy": epoch_accuracy,
    }
