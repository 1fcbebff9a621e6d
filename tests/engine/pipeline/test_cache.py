"""Activations of a frozen body: when they may be computed once, why not, and that it changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.errors import DataError
from engine.pipeline import cache
from engine.pipeline.run import Result

IMAGE = torch.randn(4, 3, 12, 12, generator=torch.Generator().manual_seed(0))


class Chance(nn.Module):
    """Draws in its forward, without a dropout layer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rand(len(x), 1, 1, 1)


class Crowd(nn.Module):
    """Takes the batch's mean off."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(dim=0)


class Rarely(nn.Module):
    """Draws, and seldom does anything with it, as stochastic depth does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 0 if torch.rand(()) < 1e-6 else x


class Twofold(nn.Module):
    """Does something else in training, with no layer that is known for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if self.training else x


@pytest.mark.parametrize(
    ("body", "training", "reason"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), True, ""),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), False, ""),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), True, "1 batch norms in the body train on"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.1)), True, "1 dropout layers in the body depend on chance"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.0)), True, ""),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.1)), False, ""),
        (Chance(), True, "differ from call to call"),
        (Crowd(), True, "depend on the others in its batch"),
        (nn.InstanceNorm2d(3), True, ""),
        (nn.InstanceNorm2d(3, track_running_stats=True), True, "changes as it runs: running_mean"),
        (nn.InstanceNorm2d(3, track_running_stats=True), False, ""),
        (Rarely(), True, "depends on chance"),
        (Twofold(), True, "in training are others than in evaluation"),
        (Twofold(), False, ""),
    ],
)
def test_activations_are_kept_only_where_nothing_depends_on_batch_or_chance(
    body: nn.Module, training: bool, reason: str
) -> None:
    found = cache.reason_not_cached(body.train(training), body, IMAGE)
    assert found.startswith(reason) if reason == "" else reason in found
    assert bool(found) == bool(reason)


def test_asking_leaves_the_body_as_it_was() -> None:
    body = nn.Sequential(nn.InstanceNorm2d(3, track_running_stats=True), nn.Flatten()).train()
    body[1].eval()
    before = {name: value.clone() for name, value in body.named_buffers()}
    cache.reason_not_cached(body, body, IMAGE)
    assert all(torch.equal(value, before[name]) for name, value in body.named_buffers())
    assert [module.training for module in body.modules()] == [True, True, False]


def test_a_disk_without_room_for_activations_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "MOST_KEPT_BYTES", 8)
    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    folder = tmp_path / "own"
    folder.mkdir()
    with pytest.raises(DataError, match=r"no room for the body's activations, 24 bytes \(No space left on device\)"):
        cache.collect(torch.sqrt, [torch.ones(2, 3)], images=2, folder=folder)


def never_cached(*arguments: Any) -> str:
    return "a test says so"


@pytest.mark.parametrize("head", ["lesson", "fastai"])
def test_a_run_with_kept_activations_equals_one_without(
    head: str, tune: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tune(head=head, precision="fp64", out=tmp_path / "kept")
    monkeypatch.setattr(cache, "reason_not_cached", never_cached)
    plain = tune(head=head, precision="fp64", out=tmp_path / "plain")
    assert kept.metrics["cache"] == {"used": True, "reason": ""}
    assert plain.metrics["cache"] == {"used": False, "reason": "a test says so"}
    # Rows of a matrix product may be rounded otherwise in another batch, and by nothing more.
    assert kept.curves.loss == pytest.approx(plain.curves.loss, rel=1e-11, abs=0)
    assert kept.metrics["held_out_loss"] == pytest.approx(plain.metrics["held_out_loss"], rel=1e-11, abs=0)
    assert kept.metrics["confusion"] == plain.metrics["confusion"]


def test_activations_too_many_for_memory_are_kept_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [torch.arange(6.0).reshape(2, 3), torch.arange(6.0, 9.0).reshape(1, 3)]
    in_memory = cache.collect(torch.sqrt, iter(batches), images=3, folder=tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(cache, "MOST_KEPT_BYTES", 8)
    in_file = cache.collect(torch.sqrt, iter(batches), images=3, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert torch.equal(in_file, in_memory)
    assert in_file[2].tolist() == [6**0.5, 7**0.5, 8**0.5] or torch.equal(in_file[2], torch.arange(6.0, 9.0).sqrt())


def test_a_run_that_keeps_activations_in_a_file_leaves_no_file(
    tune: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_KEPT_BYTES", 8)
    tune()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "checkpoint.previous.safetensors",
        "checkpoint.safetensors",
    ]
