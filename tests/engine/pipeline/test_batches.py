"""Mini-batches: the same whether images are on the device, in memory, or decoded by workers."""

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.pipeline import batches, images
from engine.pipeline.batches import Batches, in_order, mixed, shuffled
from engine.pipeline.images import read_folder


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.mark.parametrize("kept", ["on the device", "in memory", "decoded by workers"])
def test_batches_are_the_images_and_labels_of_their_numbers(
    kept: str, photos: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"channels": 3, "size": (12, 12), "seed": 0, "skip_bad": False, "progress": silent}
    expected = read_folder(photos, **given).train
    if kept == "decoded by workers":
        monkeypatch.setattr(images, "MOST_KEPT_BYTES", 100)
    if kept == "in memory":
        # As where a GPU has no room for them.
        monkeypatch.setattr(batches, "fits", lambda values, device: False)
    own = Batches(read_folder(photos, **given).train, torch.device(device))
    order = shuffled(len(expected), 5, seed=0, epoch=3, whole=False)
    # Twice, because workers stay for the next epoch.
    for _ in range(2):
        found = list(own.through(order))
        assert len(found) == len(order) == 4
        for numbers, (pixel, label) in zip(order, found, strict=True):
            assert pixel.device.type == label.device.type == device
            assert torch.equal(pixel.cpu(), expected.pictures[numbers.tolist()])
            assert torch.equal(label.cpu(), expected.label[numbers])
    assert list(own.through([])) == []


def test_all_images_are_gone_through_in_their_order() -> None:
    assert [batch.tolist() for batch in in_order(5, 2)] == [[0, 1], [2, 3], [4]]


def test_seeds_of_neighbours_share_nothing() -> None:
    seeds = {mixed(seed, phase, step) for seed in range(10) for phase in range(2) for step in range(500)}
    assert len(seeds) == 10_000
    assert all(0 <= seed < 2**63 for seed in seeds)
    bits = [bin(mixed(0, 0, step) ^ mixed(0, 0, step + 1)).count("1") for step in range(200)]
    assert 25 < sum(bits) / len(bits) < 38
