"""The phases of a run: the head alone, then all; and the same network from random weights, to compare with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from engine.errors import DataError
from engine.pipeline import cache, checkpoint
from engine.pipeline.archs import Arch, Prepare
from engine.pipeline.batches import Batches, in_order, mixed
from engine.pipeline.checkpoint import Checkpoint
from engine.pipeline.foreign import foreign
from engine.pipeline.groups import batch_norms, freeze, make_optimizer, unfreeze
from engine.pipeline.images import Images, Part, Progress
from engine.pipeline.interrupts import Interrupts
from engine.pipeline.network import Built, build
from engine.pipeline.settings import Settings
from engine.pipeline.train import (
    DivergedError,
    Evaluation,
    Machine,
    Phase,
    State,
    Trainer,
    evaluate,
    evaluation_batch,
    keep_nothing,
)


@dataclass(frozen=True, eq=False)
class Session:
    """A network, its images, and the phases in which it is trained.

    Args:
        settings: of the run.
        machine: where, and in what precision.
        data: the images.
        built: the network, cut and with its new head.
        prepare: pixels → what the network takes.
        train: the images to train on, on the device.
        held_out: the images to measure by.
        folder: where activations too many for memory go; whoever made it removes it.
        progress: hears of the work.
    """

    settings: Settings
    machine: Machine
    data: Images
    built: Built
    prepare: Prepare
    train: Batches
    held_out: Batches
    folder: Path
    progress: Progress

    def check(self) -> None:
        """Refuse a network and images with which no step could be taken."""
        if self.settings.batch_size == 1 and batch_norms(self.built.network):
            raise DataError("--batch-size 1: batch norm has no variance of one image, expected 2 or more")

    def through(self, state: State, resume: Checkpoint | None, path: Path) -> None:
        """Train what is left of both phases, with a checkpoint after every epoch."""
        begin, losses = state.phase, len(state.losses)
        with Interrupts() as interrupts:
            trainer = self._trainer(interrupts, partial(self._save, path))
            for number, epochs in enumerate((self.settings.epochs_frozen, self.settings.epochs)):
                if number < begin or not epochs:
                    continue
                state.phase = number
                phase = self._frozen() if number == 0 else self._unfrozen()
                if resume is not None and number == begin:
                    checkpoint.restore_optimizer(resume, phase.optimizer)
                if number == 0:
                    phase = self._cached(phase, state, trainer)
                trainer.run(phase, state)
                if len(state.losses) == losses:
                    # Of a run that was done already, which may have been elsewhere.
                    self._save(path, state, phase.optimizer)
                state.phase, state.epoch = number + 1, 0

    def from_scratch(self, arch: Arch, rate: float, number: int) -> Evaluation | None:
        """What the same network says from random weights, after as many epochs with all layers at one rate.

        None where that rate is too high for it.
        """
        seed = mixed(self.settings.seed, number)
        built = build(arch, self.settings, len(self.data.classes), self.machine, random_seed=seed)
        other = replace(self, built=built)
        set_mode = partial(unfreeze, built.network)
        set_mode()
        optimizer = make_optimizer(built.network, built.groups, (rate,) * len(built.groups), self.settings.wd)
        epochs = self.settings.epochs_frozen + self.settings.epochs
        phase = other._phase(f"from scratch at {rate:.2g}", 1, epochs, 0, optimizer, set_mode)
        try:
            with Interrupts() as interrupts:
                other._trainer(interrupts, keep_nothing).run(phase, State())
            return other.evaluation()
        except DivergedError:
            return None

    def evaluation(self) -> Evaluation:
        """What the held-out images say of the network."""
        return evaluate(self.built.network, self._forward, self.held_out, self.machine, self.settings.batch_size)

    def _trainer(self, interrupts: Interrupts, save: Callable[[State, torch.optim.Optimizer], None]) -> Trainer:
        """What all phases share."""
        return Trainer(
            network=self.built.network,
            machine=self.machine,
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            whole=bool(batch_norms(self.built.network)),
            save=save,
            interrupts=interrupts,
            progress=self.progress,
        )

    def _frozen(self) -> Phase:
        """The phase in which the head trains alone."""
        set_mode = partial(freeze, self.built.network, train_bn=not self.settings.freeze_bn)
        set_mode()
        return self._phase("frozen", 0, self.settings.epochs_frozen, 0, self._optimizer(), set_mode)

    def _cached(self, phase: Phase, state: State, trainer: Trainer) -> Phase:
        """The frozen phase on activations computed once, where that changes nothing."""
        few = self.data.train.pictures[[0, 1]].to(self.machine.device)
        state.uncached = cache.reason_not_cached(self.built.network.body, self.body, few)
        if state.uncached:
            return phase
        check_interrupt = partial(trainer.check_interrupt, phase, state)
        sides = ((self.data.train, self.train), (self.data.held_out, self.held_out))
        train, held_out = (self._activations(part, batches, check_interrupt) for part, batches in sides)
        return replace(phase, forward=self.built.network.head, train=train, held_out=held_out)

    def _unfrozen(self) -> Phase:
        """The phase in which all trains."""
        set_mode = partial(unfreeze, self.built.network)
        set_mode()
        before = self.settings.epochs_frozen
        return self._phase("unfrozen", 1, self.settings.epochs, before, self._optimizer(), set_mode)

    def _phase(
        self,
        name: str,
        number: int,
        epochs: int,
        before: int,
        optimizer: torch.optim.Optimizer,
        set_mode: Callable[[], None],
    ) -> Phase:
        return Phase(
            name=name,
            number=number,
            epochs=epochs,
            epochs_before=before,
            forward=self._forward,
            train=self.train,
            held_out=self.held_out,
            set_mode=set_mode,
            optimizer=optimizer,
        )

    def _optimizer(self) -> torch.optim.Optimizer:
        rates = self.settings.rates.of(len(self.built.groups))
        return make_optimizer(self.built.network, self.built.groups, rates, self.settings.wd)

    def _forward(self, pixel: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.built.network(self.prepare(pixel))
        return logits

    def body(self, pixel: torch.Tensor) -> torch.Tensor:
        """What the body hands to the head, (image, feature), of pixels on the device, in the run's precision."""
        with foreign("the network's body can't run"), self.machine.autocast():
            activation: torch.Tensor = self.built.network.body(self.prepare(pixel))
        return activation

    def _activations(self, part: Part, batches: Batches, check_interrupt: Callable[[], None]) -> Batches:
        """The body's activations in place of a side's images."""

        def counted() -> Iterator[torch.Tensor]:
            order = in_order(len(batches), evaluation_batch(self.settings.batch_size))
            for done, (pixel, _) in enumerate(batches.through(order), start=1):
                check_interrupt()
                self.progress("activations of the frozen body", done, len(order))
                yield pixel

        activation = cache.collect(self.body, counted(), images=len(batches), folder=self.folder)
        return Batches(replace(part, pictures=activation), self.machine.device)

    def _save(self, path: Path, state: State, optimizer: torch.optim.Optimizer) -> None:
        checkpoint.write(
            path,
            settings=self.settings,
            digest=self.data.digest,
            classes=self.data.classes,
            state=state,
            network=self.built.network,
            optimizer=optimizer,
        )
