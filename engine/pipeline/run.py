"""A whole run of fine-tuning: settings in, a trained network and what it did out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from engine.datasets.digits import NEW_DIGITS
from engine.errors import DataError, DeviceError
from engine.folders import unfinished
from engine.pipeline import checkpoint, images, metrics
from engine.pipeline.archs import Arch, find
from engine.pipeline.batches import Batches
from engine.pipeline.checkpoint import Checkpoint
from engine.pipeline.devices import largest_difference
from engine.pipeline.foreign import ON_CPU, is_full
from engine.pipeline.images import Images, Progress
from engine.pipeline.interrupts import all_saved
from engine.pipeline.metrics import Curves, Shown
from engine.pipeline.network import build
from engine.pipeline.session import Session
from engine.pipeline.settings import Settings
from engine.pipeline.train import Machine, State
from engine.witness.device import deterministic

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
        SavedInterrupt: after Ctrl-C, when a checkpoint is saved; KeyboardInterrupt after a second.
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
        unfinished(out) as folder,
    ):
        built = build(arch, settings, len(data.classes), machine, pretrained=resume is None)
        if settings.scratch:
            # What can't be drawn at random is refused now, and not when all is trained.
            build(arch, settings, len(data.classes), machine, random_seed=settings.seed)
        session = Session(
            settings=settings,
            machine=machine,
            data=data,
            built=built,
            prepare=arch.preparation(where, machine.dtype),
            train=Batches(data.train, where),
            held_out=Batches(data.held_out, where),
            folder=folder,
            progress=progress,
        )
        state = State()
        if resume is not None:
            checkpoint.restore_network(resume, built.network)
            state = resume.state
        session.check()
        session.through(state, resume, out / CHECKPOINT)
        with all_saved():
            told, shown = _found(session, arch, state)
        told |= {"resumed": resume is not None, "seconds": round(perf_counter() - begun, 2)}
        return Result(told, metrics.curves(state.losses, state.history), shown, out / CHECKPOINT)


def _found(session: Session, arch: Arch, state: State) -> tuple[dict[str, Any], Shown]:
    """What the trained network says of the images held out, and others beside it; and a few of them at its head."""
    settings, data, network, where = session.settings, session.data, session.built.network, session.machine.device
    found = session.evaluation()
    scratch = {rate: session.from_scratch(arch, rate, number) for number, rate in enumerate(_scratch_rates(settings))}
    mistakes = metrics.worst_mistakes(data.held_out.label, found, metrics.SHOWN_MISTAKES)
    told = {
        **metrics.numbers(session, arch, state, found, mistakes),
        "cpu_against_cuda": (
            largest_difference(arch, settings, data, network.body, where) if where.type == "cuda" else metrics.no_cuda()
        ),
        "transfer": metrics.transfer(found, scratch),
    }
    return told, metrics.shown(network, data.held_out, lambda pixel: session.body(pixel.to(where)), mistakes)


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
    """Say what to lower where the memory runs out."""
    try:
        yield
    except RuntimeError as error:
        if not is_full(error):
            raise
        smaller = [f"--batch-size {settings.batch_size // 2}"] if settings.batch_size > 1 else []
        shorter = [] if settings.precision == "bf16" else ["--precision bf16"]
        lower = " or ".join(smaller + shorter) or "a smaller network"
        whose = "machine" if ON_CPU in str(error) else "GPU"
        raise DeviceError(
            f"the {whose}'s memory is too small for {settings.batch_size} images a step ({settings.precision}); "
            f"try {lower}"
        ) from error
