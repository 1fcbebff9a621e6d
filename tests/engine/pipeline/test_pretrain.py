"""The script of the bundled weights, on the bundled digits in place of all of MNIST."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import bundled, digits
from engine.pipeline.pretrain import pretrain, pretrain_convnet, save


def test_the_script_trains_measures_and_writes_what_the_loader_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pretrain(bundled("mnist/train-images-idx3-ubyte.gz").parent, batch_norm=False, seed=1)
    assert made.test_accuracy > 0.95
    # The digits 0 to 6 among the first 8,000 of MNIST's training images and every fifth of its test images.
    assert 5_500 < made.train_images < 5_700
    assert 1_350 < made.test_images < 1_450
    for name in ("a", "b"):
        save(made, tmp_path / f"{name}.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    monkeypatch.setattr(digits, "bundled", lambda name: tmp_path / "a.safetensors")
    read = digits.pretrained()
    assert (read.train_images, read.test_accuracy, read.test_loss) == (
        made.train_images,
        made.test_accuracy,
        made.test_loss,
    )
    assert all(np.array_equal(read.weights[name], made.weights[name]) for name in made.weights)


@pytest.mark.parametrize(
    ("images", "accuracy"), [(2_500, 0.9), pytest.param(8_000, 0.95, marks=pytest.mark.sweep)], ids=str
)
def test_the_convolutional_network_learns_from_the_bundled_digits_too(
    images: int, accuracy: float, digits_of: Callable[[int, int], Path]
) -> None:
    found = pretrain_convnet(digits_of(images, images // 4))
    assert found.test_accuracy > accuracy
    assert found.weights["14.weight"].shape == (7, 64)
