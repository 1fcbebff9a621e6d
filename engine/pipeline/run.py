"""A whole run of fine-tuning: settings in, a trained network and what it did out."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch

from engine.datasets.digits import NEW_DIGITS
from engine.errors import DataError, DeviceError
from engine.pipeline import cache, checkpoint, images, metrics
from engine.pipeline.archs import Arch, find
from engine.pipeline.batches import Batches, in_order, mixed
from engine.pipeline.checkpoint import Checkpoint
from engine.pipeline.devices import largest_difference
from engine.pipeline.groups import batch_norms, freeze, make_optimizer, unfreeze
from engine.pipeline.images import Images, Part, Progress
from engine.pipeline.interrupts import Interrupts
from engine.pipeline.metrics import Curves, Shown
from engine.pipeline.network import Built, build
from engine.pipeline.settings import Settings
from engine.pipeline.train import Evaluation, Machine, Phase, State, Trainer, evaluate, keep_nothing
from engine.witness.device import describe, deterministic

CHECKPOINT = "checkpoint.safetensors"
# The bundled digits are many; transfer shows its worth where a class has few images.
FEW_A_CLASS = 3


@dataclass(frozen=True, eq=False)
class Result:
    """What a run left.

    Args:
        metrics: what `metrics.json` holds.
        curves: what happened step by step.
        shown: a few held-out images at the new head.
        checkpoint: where the trained network is.
    """

    metrics: dict[str, Any]
    curves: Curves
    shown: Shown
    checkpoint: Path


def finetune(
    settings: Settings, *, device: str, out: Path, resume: Checkpoint | None = None, progress: Progress
) -> Result:
    """Train a new head on a pretrained body, then both, and return what that gave.

    Args:
        settings: what to do.
        device: where, as torch spells it.
        out: an existing folder for the checkpoint.
        resume: a checkpoint of the same settings to go on from.
        progress: hears of the work.

    Raises:
        EngineError: an input of no use; one sentence says which.
        KeyboardInterrupt: after Ctrl-C, when a checkpoint is saved.
    """
    begun = perf_counter()
    where = torch.device(device)
    machine = Machine(where, settings.precision)
    arch = find(settings.arch)
    data = read_images(settings, arch, progress)
    if resume is not None and resume.digest != data.digest:
        raise DataError(f"the images of {data.source} are not those that the checkpoint was trained on")
    with (
        _repeatable(where, arch.threads),
        _within_memory(settings),
        TemporaryDirectory(prefix=".gradbook-", dir=out) as folder,
    ):
        built = build(arch, settings, len(data.classes), machine)
        run = _Run(
            settings=settings,
            machine=machine,
            data=data,
            built=built,
            prepare=partial(arch.prepare, dtype=machine.dtype),
            train=Batches(data.train, where),
            held_out=Batches(data.held_out, where),
            folder=Path(folder),
            progress=progress,
        )
        state = State()
        if resume is not None:
            checkpoint.restore_network(resume, built.network)
            state = resume.state
        run.check()
        run.through(state, resume, out / CHECKPOINT)
        found = run.evaluation()
        scratch = {rate: run.from_scratch(arch, rate, number) for number, rate in enumerate(_scratch_rates(settings))}
        mistakes = metrics.worst_mistakes(data.held_out.label, found, metrics.SHOWN_MISTAKES)
        told = {
            **run.told(arch, state, found, mistakes),
            "cpu_against_cuda": (
                largest_difference(arch, settings, data, where) if where.type == "cuda" else metrics.no_cuda()
            ),
            "transfer": metrics.transfer(found, scratch),
            "resumed": resume is not None,
            "seconds": round(perf_counter() - begun, 2),
        }
        shown = metrics.shown(built.network, data.held_out, lambda pixel: run.prepare(pixel.to(where)), mistakes)
        return Result(told, metrics.curves(state.losses, state.history), shown, out / CHECKPOINT)


def read_images(settings: Settings, arch: Arch, progress: Progress) -> Images:
    """Return the images that the settings name, as the arch takes them."""
    if settings.data is None:
        return images.read_digits(None, seed=settings.seed, keep=NEW_DIGITS, a_class=FEW_A_CLASS)
    if images.is_mnist(settings.data):
        return images.read_digits(settings.data)
    return images.read_folder(
        settings.data,
        channels=arch.channels,
        size=arch.size,
        seed=settings.seed,
        skip_bad=settings.skip_bad,
        progress=progress,
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """One run, and what its parts share."""

    settings: Settings
    machine: Machine
    data: Images
    built: Built
    prepare: Callable[[torch.Tensor], torch.Tensor]
    train: Batches
    held_out: Batches
    folder: Path
    progress: Progress

    def check(self) -> None:
        """Refuse what no step could be taken with."""
        if self.settings.batch_size == 1 and batch_norms(self.built.network):
            raise DataError("--batch-size 1: batch norm has no variance of one image, expected 2 or more")

    def through(self, state: State, resume: Checkpoint | None, path: Path) -> None:
        """Train what is left of both phases, with a checkpoint after every epoch."""
        begin = state.phase
        with Interrupts() as interrupts:
            trainer = self.trainer(interrupts, partial(self._save, path))
            for number, epochs in enumerate((self.settings.epochs_frozen, self.settings.epochs)):
                if number < begin or not epochs:
                    continue
                phase = self._frozen(state) if number == 0 else self._unfrozen()
                if resume is not None and number == begin:
                    checkpoint.restore_optimizer(resume, phase.optimizer)
                state.phase = number
                trainer.run(phase, state)
                state.phase, state.epoch = number + 1, 0

    def from_scratch(self, arch: Arch, rate: float, number: int) -> Evaluation:
        """What the same network says from random weights, after as many epochs with all layers at one rate."""
        seed = mixed(self.settings.seed, number)
        built = build(arch, self.settings, len(self.data.classes), self.machine, random_seed=seed)
        other = replace(self, built=built)
        set_mode = partial(unfreeze, built.network)
        set_mode()
        optimizer = make_optimizer(built.network, built.groups, (rate,) * len(built.groups), self.settings.wd)
        epochs = self.settings.epochs_frozen + self.settings.epochs
        phase = other._phase(f"from scratch at {rate:.2g}", 1, epochs, 0, optimizer, set_mode)
        with Interrupts() as interrupts:
            other.trainer(interrupts, keep_nothing).run(phase, State())
        return other.evaluation()

    def told(self, arch: Arch, state: State, found: Evaluation, mistakes: Sequence[int]) -> dict[str, Any]:
        """What `metrics.json` says of the run."""
        data, built, device = self.data, self.built, self.machine.device
        label, classes = data.held_out.label, len(data.classes)
        groups = metrics.group_table(built.network, built.groups, self.settings.rates.of(len(built.groups)))
        return {
            "torch": str(torch.__version__),
            "device": describe(device),
            "cuda": describe(device) if device.type == "cuda" else metrics.no_cuda(),
            "threads": torch.get_num_threads(),
            "digest": data.digest,
            "settings": self.settings.to_json(),
            "data": {
                "source": data.source,
                "classes": list(data.classes),
                "train_images": len(data.train),
                "held_out_images": len(data.held_out),
                "skipped": list(data.skipped),
            },
            "network": {
                "arch": arch.name,
                "removed": {"name": built.cut.removed, "shape": list(built.cut.removed_shape)},
                "features": built.cut.features,
                "concat_pool": built.cut.pooled,
                "head": [type(layer).__name__ for layer in built.network.head],
                "groups": groups,
            },
            "cache": {"used": state.uncached == "", "why_not": state.uncached or ""},
            "history": state.history,
            "held_out_loss": found.loss,
            "accuracy": found.accuracy,
            "confusion": metrics.confusion(label, found.predicted, classes),
            "worst": [
                {
                    "name": data.held_out.names[number],
                    "class": data.classes[int(label[number])],
                    "taken_for": data.classes[int(found.predicted[number])],
                    "loss": float(found.sample_loss[number]),
                }
                for number in mistakes
            ],
        }

    def evaluation(self) -> Evaluation:
        """What the held-out images say of the network."""
        return evaluate(self.built.network, self._forward, self.held_out, self.machine)

    def trainer(self, interrupts: Interrupts, save: Callable[[State, torch.optim.Optimizer], None]) -> Trainer:
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

    def _frozen(self, state: State) -> Phase:
        """The phase in which the head trains alone, on activations computed once where that changes nothing."""
        network = self.built.network
        set_mode = partial(freeze, network, train_bn=not self.settings.freeze_bn)
        set_mode()
        few = self.data.train.pictures[[0, 1]].to(self.machine.device)
        state.uncached = cache.why_not(network.body, self._body, few)
        phase = self._phase("frozen", 0, self.settings.epochs_frozen, 0, self._optimizer(), set_mode)
        if state.uncached:
            return phase
        train, held_out = (self._cached(part, batches) for part, batches in self._sides())
        return replace(phase, forward=network.head, train=train, held_out=held_out)

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

    def _body(self, pixel: torch.Tensor) -> torch.Tensor:
        with self.machine.autocast():
            activation: torch.Tensor = self.built.network.body(self.prepare(pixel))
        return activation

    def _sides(self) -> tuple[tuple[Part, Batches], tuple[Part, Batches]]:
        return (self.data.train, self.train), (self.data.held_out, self.held_out)

    def _cached(self, part: Part, batches: Batches) -> Batches:
        """The body's activations in place of a side's images."""

        def counted() -> Iterator[torch.Tensor]:
            order = in_order(len(batches))
            for done, (pixel, _) in enumerate(batches.through(order), start=1):
                self.progress("activations of the frozen body", done, len(order))
                yield pixel

        activation = cache.collect(self._body, counted(), images=len(batches), folder=self.folder)
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


def _scratch_rates(settings: Settings) -> tuple[float, ...]:
    """The rates at which networks are trained from random weights: about the head's own, a factor of 3 apart."""
    middle = (settings.scratch - 1) / 2
    return tuple(settings.rates.high * 3.0 ** (number - middle) for number in range(settings.scratch))


@contextmanager
def _repeatable(device: torch.device, threads: int) -> Iterator[None]:
    """Compute the same again, given the same: deterministic algorithms, a fixed number of threads.

    On a GPU an operation of a network of the user's that has no such algorithm is a warning, not an error.
    """
    on_gpu = device.type == "cuda"
    # cuBLAS reads it when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    checks: Any = torch.utils.deterministic
    fill = checks.fill_uninitialized_memory
    with (
        deterministic(threads, warn_only=on_gpu),
        torch.random.fork_rng(devices=[device] if on_gpu else []),
    ):
        # It only helps to find errors in a program, and costs a pass over every tensor that is made.
        checks.fill_uninitialized_memory = False
        try:
            yield
        finally:
            checks.fill_uninitialized_memory = fill


@contextmanager
def _within_memory(settings: Settings) -> Iterator[None]:
    """Say what to lower where a GPU's memory runs out."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        half = max(1, settings.batch_size // 2)
        lower = f"--batch-size {half}" + ("" if settings.precision == "bf16" else " or --precision bf16")
        raise DeviceError(
            f"the GPU's memory is too small for {settings.batch_size} images a step ({settings.precision}); try {lower}"
        ) from error
