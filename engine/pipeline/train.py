"""The training loop: mini-batches, one cycle, evaluation, and a checkpoint after every epoch and at every interrupt."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import NetworkError
from engine.pipeline.batches import EVALUATION_BATCH, Batches, in_order, mixed, shuffled
from engine.pipeline.foreign import foreign
from engine.pipeline.groups import set_step
from engine.pipeline.images import Progress
from engine.pipeline.interrupts import Interrupts, SavedInterrupt
from engine.pipeline.schedule import one_cycle
from engine.pipeline.settings import Precision

Forward = Callable[[torch.Tensor], torch.Tensor]

DTYPES = {"fp32": torch.float32, "bf16": torch.float32, "fp64": torch.float64}
# fastai's smoothed loss.
SMOOTHING = 0.98


class DivergedError(NetworkError):
    """A run whose loss is no longer a number."""


def never_interrupted() -> None:
    """Go on, whatever happens."""


@dataclass(frozen=True)
class Machine:
    """What a run computes on and how.

    Args:
        device: the CPU or a GPU.
        precision: bf16 keeps weights in float32 and multiplies in bfloat16.
    """

    device: torch.device
    precision: Precision

    @property
    def dtype(self) -> torch.dtype:
        """The type of weights and images."""
        return DTYPES[self.precision]

    def autocast(self) -> torch.autocast:
        """Return the context in which a network runs."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")


@dataclass
class State:
    """How far a run has come, and what it has seen; saved with the network.

    Args:
        phase: phases done.
        epoch: epochs done of the phase.
        batch: mini-batches done of the epoch.
        losses: of every mini-batch so far.
        history: of every epoch so far: what `metrics.json` says of it.
        uncached: why the frozen body's activations were not computed once; empty where they were, None before.
    """

    phase: int = 0
    epoch: int = 0
    batch: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    uncached: str | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the held-out images say.

    Args:
        loss: mean cross-entropy.
        accuracy: share that is right.
        sample_loss: (image).
        predicted: (image), the class, from 0.
    """

    loss: float
    accuracy: float
    sample_loss: torch.Tensor
    predicted: torch.Tensor


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of the run.

    Args:
        name: what reports call it.
        number: from 0.
        epochs: how many.
        epochs_before: those of the phases before it.
        forward: what a mini-batch goes through: pixels → logits, or cached activations → logits.
        train: what is trained on.
        held_out: what is measured by.
        set_mode: puts the network in the mode in which it trains in this phase.
        optimizer: over what trains.
    """

    name: str
    number: int
    epochs: int
    epochs_before: int
    forward: Forward
    train: Batches
    held_out: Batches
    set_mode: Callable[[], None]
    optimizer: torch.optim.Optimizer


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """What all phases share."""

    network: nn.Module
    machine: Machine
    batch_size: int
    seed: int
    whole: bool
    save: Callable[[State, torch.optim.Optimizer], None]
    interrupts: Interrupts
    progress: Progress

    def run(self, phase: Phase, state: State) -> None:
        """Train through what is left of a phase.

        Raises:
            DivergedError: the loss is no longer a number.
            SavedInterrupt: after Ctrl-C, when the state is saved.
        """
        steps = len(self._order(phase, 0))
        cycle = one_cycle(phase.epochs * steps)
        for epoch in range(state.epoch, phase.epochs):
            begun = perf_counter()
            phase.set_mode()
            order = self._order(phase, epoch)[state.batch :]
            losses: list[torch.Tensor] = []
            for pixel, label in phase.train.through(order):
                step = epoch * steps + state.batch
                set_step(phase.optimizer, cycle.share[step], cycle.momentum[step])
                self._seed(mixed(self.seed, phase.number, step))
                losses.append(self.step(phase, pixel, label))
                state.batch += 1
                self.progress(f"{phase.name}, epoch {epoch + 1} of {phase.epochs}", step + 1, len(cycle.share))
                if self.interrupts.requested:
                    break
            self.keep(losses, state)
            self.check_interrupt(phase, state)
            check_interrupt = partial(self.check_interrupt, phase, state)
            found = evaluate(
                self.network, phase.forward, phase.held_out, self.machine, self.batch_size, check_interrupt
            )
            state.history.append(self._told(phase, epoch, state, steps, found, perf_counter() - begun))
            state.epoch, state.batch = epoch + 1, 0
            self.save(state, phase.optimizer)
            self.check_interrupt(phase, state)

    def _order(self, phase: Phase, epoch: int) -> list[torch.Tensor]:
        images, before = len(phase.train), phase.epochs_before
        return shuffled(images, self.batch_size, seed=self.seed, epoch=before + epoch, whole=self.whole)

    def _seed(self, seed: int) -> None:
        """Make a step's chance its own, so that a resumed run has the same; torch.manual_seed takes 80 µs for it."""
        torch.default_generator.manual_seed(seed)
        if self.machine.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def step(self, phase: Phase, pixel: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """One update; the loss stays on the device, so that nothing waits for it."""
        phase.optimizer.zero_grad(set_to_none=True)
        with foreign("the network can't be trained"):
            with self.machine.autocast():
                logits = phase.forward(pixel)
            loss = F.cross_entropy(logits.to(self.machine.dtype), label)
            torch.autograd.backward(loss)
        phase.optimizer.step()
        return loss.detach()

    def keep(self, losses: Sequence[torch.Tensor], state: State) -> None:
        """Fetch the losses of an epoch's steps from the device.

        Raises:
            NetworkError: the very first is no number.
            DivergedError: another is none.
        """
        fresh = torch.stack(list(losses)).tolist() if losses else []
        for step, loss in enumerate(fresh, start=len(state.losses) + 1):
            if not math.isfinite(loss) and step == 1:
                raise NetworkError(f"the loss is {loss} before the first update, expected weights that give a number")
            if not math.isfinite(loss):
                raise DivergedError(f"the loss of step {step} is {loss}: the run diverged; try a lower --lr")
        state.losses += fresh

    def check_interrupt(self, phase: Phase, state: State) -> None:
        """Save the state and stop, after Ctrl-C.

        Raises:
            SavedInterrupt: when it is saved.
        """
        if self.interrupts.requested:
            self.save(state, phase.optimizer)
            raise SavedInterrupt

    @staticmethod
    def _told(phase: Phase, epoch: int, state: State, steps: int, found: Evaluation, seconds: float) -> dict[str, Any]:
        return {
            "phase": phase.name,
            "epoch": epoch + 1,
            "steps": len(state.losses),
            "train_loss": sum(state.losses[-steps:]) / steps,
            "held_out_loss": found.loss,
            "accuracy": found.accuracy,
            "seconds": round(seconds, 3),
        }


def evaluation_batch(batch_size: int) -> int:
    """Return how many images are looked at together where no gradient is wanted.

    An image takes about a fifth of the memory then, so evaluation takes no more than training; a lower batch size
    lowers both.

    >>> evaluation_batch(16), evaluation_batch(1000)
    (64, 256)
    """
    return min(EVALUATION_BATCH, 4 * batch_size)


def evaluate(
    network: nn.Module,
    forward: Forward,
    batches: Batches,
    machine: Machine,
    batch_size: int,
    check_interrupt: Callable[[], None] = never_interrupted,
) -> Evaluation:
    """Return what the held-out images say of the network, all of it in evaluation.

    Args:
        network: all of it, the head too.
        forward: images, or cached activations → logits.
        batches: the images held out.
        machine: what it runs on.
        batch_size: images a step of training.
        check_interrupt: is called before each mini-batch, and may stop it all.

    Raises:
        DivergedError: a loss is no number.
    """
    network.eval()
    losses, predicted = [], []
    with torch.inference_mode():
        for pixel, label in batches.through(in_order(len(batches), evaluation_batch(batch_size))):
            check_interrupt()
            with foreign("the network can't be evaluated"), machine.autocast():
                logits = forward(pixel)
            losses.append(F.cross_entropy(logits.to(machine.dtype), label, reduction="none"))
            predicted.append(logits.argmax(dim=1))
    loss, klass = torch.cat(losses).cpu(), torch.cat(predicted).cpu()
    if not torch.isfinite(loss).all():
        raise DivergedError("the loss on the held-out images is no number: the run diverged; try a lower --lr")
    right = (klass == batches.label.cpu()).double()
    return Evaluation(float(loss.double().mean()), float(right.mean()), loss, klass)


def keep_nothing(state: State, optimizer: torch.optim.Optimizer) -> None:
    """Save no checkpoint: of a network that is only compared with, or kept otherwise."""
    del state, optimizer


def smoothed(losses: Sequence[float]) -> list[float]:
    """Return the moving average of the losses so far, corrected for its start at 0.

    >>> [round(loss, 12) for loss in smoothed([2.0, 2.0])]
    [2.0, 2.0]
    """
    average, result = 0.0, []
    for step, loss in enumerate(losses, start=1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        result.append(average / (1 - SMOOTHING**step))
    return result
