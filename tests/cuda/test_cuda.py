"""What holds on a GPU: torch's numbers are the reference's there too, and training keeps it busy and within its memory.

Most of the pipeline's tests run on a GPU as well where there is one: see the fixture `device`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sweep import FEW, some

from engine.datasets import mnist
from engine.errors import DeviceError
from engine.pipeline import batches, images, train
from engine.pipeline.batches import Batches
from engine.pipeline.run import finetune
from engine.pipeline.settings import Settings
from engine.pipeline.train import Trainer
from workbook.app.crosscheck import BOUND, HEADS, cross_check
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.verify import verify
from workbook.plan.plan import Plan

GPU = torch.device("cuda", 0)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def tuned(out: Path, **given: Any) -> dict[str, Any]:
    """The metrics of a short run on the GPU."""
    quick = {"epochs_frozen": 2, "epochs": 2, "scratch": 1, "batch_size": 4, **given}
    return finetune(Settings.of(**quick), device="cuda:0", out=out, progress=silent).metrics


@pytest.mark.sweep(but=FEW[:1])
def test_every_witness_agrees_on_the_gpu(every: tuple[Path, Plan]) -> None:
    found = verify(every[0], device="cuda:0", engines=[IronCalc()], progress=silent)
    assert found.ok, found.failures[:5]
    assert found.witnessed_cells > min(500, found.formula_cells - 1)


def test_fifty_steps_on_the_gpu_agree_with_the_reference() -> None:
    found = cross_check("cuda:0")
    assert found["cuda"].keys() == set(HEADS)
    assert all(0 < difference <= BOUND for difference in found["cuda"].values())


KINDS = [("digits", "fastai"), ("convnet", "lesson"), ("convnet", "fastai")]


@pytest.mark.parametrize(
    ("arch", "head", "precision"),
    some([(*kind, precision) for kind in KINDS for precision in ("fp32", "bf16", "fp64")], 2, seed=3),
)
def test_gpu_and_cpu_take_the_same_steps(arch: str, head: str, precision: str, tmp_path: Path) -> None:
    found = tuned(tmp_path, arch=arch, head=head, precision=precision)
    assert found["cpu_against_cuda"] <= BOUND
    assert 0 < found["held_out_loss"] < 10


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Between the first step of an epoch and its last whatever makes the CPU wait for the GPU is an error."""
    step, keep = Trainer.step, Trainer.keep

    def busy(self: Trainer, *arguments: Any) -> torch.Tensor:
        loss = step(self, *arguments)
        torch.cuda.set_sync_debug_mode("error")
        return loss

    def read(self: Trainer, *arguments: Any) -> None:
        torch.cuda.set_sync_debug_mode("default")
        keep(self, *arguments)

    monkeypatch.setattr(Trainer, "step", busy)
    monkeypatch.setattr(Trainer, "keep", read)
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.fixture
def digit_files(tmp_path: Path) -> Path:
    """A folder of pictures of two digits."""
    digits = mnist.load().train
    for digit in (7, 8):
        folder = tmp_path / "digits" / str(digit)
        folder.mkdir(parents=True)
        for number in np.flatnonzero(digits.label == digit)[:12].tolist():
            Image.fromarray(digits.image[number]).save(folder / f"{number}.png")
    return tmp_path / "digits"


# torch says once that this mode may overlook a wait; what it sees is an error.
PROTOTYPE = pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype feature:UserWarning")


@PROTOTYPE
@pytest.mark.parametrize(
    ("where", "freeze_bn"),
    some([(where, freeze) for where in ("on the GPU", "in memory", "in files") for freeze in (False, True)], 3),
)
@pytest.mark.usefixtures("no_waiting")
def test_no_step_waits_for_the_gpu(
    where: str, freeze_bn: bool, digit_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "in memory":
        monkeypatch.setattr(batches, "GPU_SHARE", 0.0)
    if where == "in files":
        monkeypatch.setattr(images, "MOST_KEPT_BYTES", 0)
    tuned(tmp_path, arch="convnet", head="fastai", freeze_bn=freeze_bn, data=digit_files)


@PROTOTYPE
@pytest.mark.usefixtures("no_waiting")
def test_a_step_that_waits_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = train.mixed
    monkeypatch.setattr(train, "mixed", lambda *numbers: int(torch.tensor(mixed(*numbers), device=GPU)))
    with pytest.raises(RuntimeError, match="called a synchronizing CUDA operation"):
        tuned(tmp_path)


@pytest.fixture
def little_memory() -> Iterator[Callable[[float], None]]:
    """Leaves a share of the GPU's memory to the test."""
    yield torch.cuda.set_per_process_memory_fraction
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_a_full_gpu_says_what_to_lower(little_memory: Callable[[float], None], tmp_path: Path) -> None:
    torch.cuda.empty_cache()
    little_memory(1e-7)
    with pytest.raises(DeviceError, match=r"too small for 4 images a step \(fp32\); try --batch-size 2 or --precision"):
        tuned(tmp_path)
    little_memory(1.0)
    assert tuned(tmp_path)["held_out_loss"] > 0


def test_activations_that_filled_the_gpus_share_are_used_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    # They took what was free: for another copy of them there would be no room.
    there = torch.ones(6, 4, device=GPU)
    monkeypatch.setattr(batches, "GPU_SHARE", 0.0)
    part = images.Part(there, torch.zeros(6, dtype=torch.int64), [""] * 6)
    (batch,) = Batches(part, GPU).through([torch.arange(6)])
    assert torch.equal(batch[0], there)
