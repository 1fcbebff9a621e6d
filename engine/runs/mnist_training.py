"""The recorded runs on MNIST's digits: two models, each by SGD, by Adam at two rates, and by one cycle.

They run on the CPU in float64, on one thread, from an explicit `torch.Generator`: the same seed gives the same bits.
NumPy arrays go in and come out.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError
from engine.witness.device import deterministic
from engine.witness.mnist_models import Mnist_Logistic, Mnist_NN, loss_func, penalty

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
Progress = Callable[[int, int], None]

MISTAKES = 10

# What a loss that has run away is recorded as, so that it can be drawn.
_HIGHEST_LOSS = 1e6

# As float64 all of MNIST's held-out images would take 63 MB.
_JUDGED_TOGETHER = 1000


@dataclass(frozen=True)
class Run:
    """A model in training: what steps it, and the schedule of that, where it has one."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None


class Watch(Protocol):
    """One who sees all runs before each of their steps and after it; `engine.runs.mnist_watch` has one."""

    def begins(self, runs: Sequence[Run], wd: float) -> None:
        """See the runs before their next step."""

    def ends(self, runs: Sequence[Run], image: Bytes, label: Bytes, losses: Sequence[float]) -> None:
        """See the runs after a step on images (image, pixel) with these digits, and each run's loss before it."""


def initial(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Return a model in float64, its Linears as torch starts them, within 1 / sqrt(inputs) of 0: by the generator."""
    model = model.double().to_empty(device="cpu")
    for layer in model.children():
        bound = 1 / math.sqrt(float(layer.in_features))  # type: ignore[arg-type]
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return model


def four_runs(start: nn.Module, steps: int, wd: float) -> list[Run]:
    """Return the runs of a model from one start: SGD at 2e-2, Adam at 2e-2 and 1e-3, one cycle of Adam up to 1e-2.

    The slope of the penalty wd w^2 is 2 wd w, which torch's optimizers add to a gradient as weight_decay.
    """
    models = [copy.deepcopy(start) for _ in range(4)]
    sgd, fast, slow, cycled = (model.parameters() for model in models)
    decay = 2 * wd
    cycle = torch.optim.Adam(cycled, weight_decay=decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(cycle, max_lr=1e-2, total_steps=steps)
    return [
        Run(models[0], torch.optim.SGD(sgd, lr=2e-2, weight_decay=decay, fused=True)),
        Run(models[1], torch.optim.Adam(fast, lr=2e-2, weight_decay=decay, fused=True)),
        Run(models[2], torch.optim.Adam(slow, lr=1e-3, weight_decay=decay, fused=True)),
        Run(models[3], cycle, schedule),
    ]


def named(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return a model's parameters by their names on a sheet: weight and bias, with the number of their layer."""
    by_layer = {tuple(name.split(".")): parameter for name, parameter in model.named_parameters()}
    return {kind + layer.removeprefix("lin"): parameter for (layer, kind), parameter in by_layer.items()}


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


def held_out(runs: list[Run], image: Bytes, label: Bytes) -> list[tuple[float, float]]:
    """Return each run's mean cross-entropy of these images (image, pixel), and the share of them that it gets right."""
    found = judged([run.model for run in runs], image, label)
    target = torch.tensor(label).long()
    return [(capped(float(loss.mean())), float((taken == target).double().mean())) for loss, taken in found]


def step(run: Run, x: torch.Tensor, y: torch.Tensor, wd: float) -> float:
    """Return the loss of a mini-batch before the run's step on it."""
    cross_entropy = loss_func(run.model(x), y)
    with torch.no_grad():
        loss = float(cross_entropy + penalty(run.model, wd))
    run.optimizer.zero_grad()
    cross_entropy.backward()
    run.optimizer.step()
    if run.schedule:
        run.schedule.step()
    return loss


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
        `trained_bias2` of run 6, the network by Adam at 1e-3; and what that network makes of the held-out images:
        `mistake_index` (mistake), the ten of greatest loss, from 0, `mistake_loss` (mistake), `confusion` (klass,
        other), how many of each digit were taken for each.

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
        models = {"logistic": Mnist_Logistic(), "network": Mnist_NN(hidden)}
    with deterministic():
        starts = {name: initial(model, generator) for name, model in models.items()}
        results = {f"initial_{name}": copied(p) for start in starts.values() for name, p in named(start).items()}
        runs = four_runs(starts["logistic"], steps, wd) + four_runs(starts["network"], steps, wd)
        for _ in range(epochs):
            order = torch.randperm(len(train_image), generator=generator).numpy()
            for first in range(0, len(order), batch_size):
                batch = order[first : first + batch_size]
                results.setdefault("first_batch", batch.copy())
                if watch is not None:
                    watch.begins(runs, wd)
                x, y = inputs(train_image[batch]), torch.tensor(train_label[batch]).long()
                losses.append([step(run, x, y, wd) for run in runs])
                if watch is not None:
                    watch.ends(runs, train_image[batch], train_label[batch], losses[-1])
                if progress is not None and (len(losses) % -(-steps // 100) == 0 or len(losses) == steps):
                    progress(len(losses) * len(runs), steps * len(runs))
            measured.append(held_out(runs, held_out_image, held_out_label))
        results |= {f"trained_{name}": copied(p) for run in (runs[0], runs[6]) for name, p in named(run.model).items()}
        ((loss, taken_for),) = judged([runs[6].model], held_out_image, held_out_label)
        worst = torch.sort(loss, descending=True, stable=True).indices[:MISTAKES]
        counts = torch.bincount(10 * torch.tensor(held_out_label).long() + taken_for, minlength=100)
    epoch_loss, epoch_accuracy = np.moveaxis(np.asarray(measured), 2, 0)
    return {
        **results,
        "loss": np.asarray([[capped(loss) for loss in row] for row in losses]),
        "epoch_loss": epoch_loss,
        "epoch_accuracy": epoch_accuracy,
        "mistake_index": worst.numpy(),
        "mistake_loss": loss[worst].numpy(),
        "confusion": counts.double().reshape(10, 10).numpy(),
    }
