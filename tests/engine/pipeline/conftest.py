"""Small networks, small folders of images, and a run that takes a moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from engine.pipeline.run import Result, finetune
from engine.pipeline.settings import Settings


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


class SmallNet(nn.Module):
    """Two convolutions with batch norm, an average pool, a dropout and a matrix of ten columns; 12 by 12, colour."""

    default_cfg: ClassVar = {"input_size": (3, 12, 12), "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2, self.norm2 = nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.pool, self.dropout, self.fc = nn.AdaptiveAvgPool2d(1), nn.Dropout(0.2), nn.Linear(6, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        hidden = self.norm1(self.conv1(image)).relu()
        hidden = self.norm2(self.conv2(hidden)).relu()
        logits: torch.Tensor = self.fc(self.dropout(self.pool(hidden).flatten(1)))
        return logits


@pytest.fixture
def small_net() -> Callable[[], SmallNet]:
    """Makes a SmallNet of seed 0."""

    def make() -> SmallNet:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return SmallNet()

    return make


@pytest.fixture
def own_arch(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], str]:
    """Makes a function one that `--arch` can name."""

    def named(function: Callable[[], Any]) -> str:
        import sys
        from types import ModuleType

        module = ModuleType("own_networks")
        module.make = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "own_networks", module)
        return "own_networks:make"

    return named


@pytest.fixture
def draw_folder(tmp_path: Path) -> Callable[..., Path]:
    """Draws images of noise, each class brighter than the one before: `draw_folder(cat=10, dog=10)`."""

    def draw(side: int = 12, **counts: int) -> Path:
        folder, generator = tmp_path / "photos", np.random.default_rng(0)
        for number, (name, count) in enumerate(counts.items()):
            (folder / name).mkdir(parents=True)
            for image in range(count):
                pixel = generator.integers(0, 60, (side, side, 3)) + 90 * number
                Image.fromarray(pixel.astype(np.uint8)).save(folder / name / f"{image:02}.png")
        return folder

    return draw


@pytest.fixture
def photos(draw_folder: Callable[..., Path]) -> Path:
    """Two classes of ten images."""
    return draw_folder(cat=10, dog=10)


@pytest.fixture
def tune(tmp_path: Path, device: str) -> Callable[..., Result]:
    """Runs a fine-tuning of a moment on the device: `tune(head="lesson", out=...)`."""

    def run(*, out: Path | None = None, progress: Any = silent, resume: Any = None, **given: Any) -> Result:
        folder = out or tmp_path / "out"
        folder.mkdir(exist_ok=True)
        quick = {"epochs_frozen": 2, "epochs": 2, "scratch": 0, **given}
        settings = resume.settings if resume is not None else Settings.of(**quick)
        return finetune(settings, device=device, out=folder, resume=resume, progress=progress)

    return run
