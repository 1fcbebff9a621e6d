"""Pooled digits by hand arithmetic, and the bundled weights on digits that they never saw."""

import numpy as np
import pytest

from engine.datasets import mnist
from engine.datasets.digits import OLD_DIGITS, pooled, pretrained

BODY = {"first.weight": (64, 49), "first.bias": (64,), "second.weight": (32, 64), "second.bias": (32,)}
HEAD = {"head.weight": (7, 32), "head.bias": (7,)}
NORM = {f"norm.{name}": (64,) for name in ("weight", "bias", "running_mean", "running_var")}


def test_a_block_of_four_by_four_pixels_is_averaged() -> None:
    image = np.zeros((2, 28, 28), np.uint8)
    image[0, :4, :4] = 255  # the first block, all ink
    image[0, 4:8, 0:4] = np.arange(16).reshape(4, 4)  # 0 + 1 + ... + 15 = 120
    image[1, 27, 27] = 51  # a fifth of the ink in one of 16 pixels
    found = pooled(image)
    assert found.shape == (2, 7, 7)
    assert found[0, 0, 0] == 1.0
    assert found[0, 1, 0] == 120 / 16 / 255
    assert found[1, 6, 6] == pytest.approx(0.2 / 16, rel=1e-15)
    assert np.count_nonzero(found) == 3


@pytest.mark.parametrize(("batch_norm", "shapes"), [(False, BODY | HEAD), (True, BODY | HEAD | NORM)])
def test_the_bundled_weights_have_the_shapes_of_the_network(batch_norm: bool, shapes: dict[str, tuple[int]]) -> None:
    weights = dict(pretrained(batch_norm=batch_norm).weights)
    counter = weights.pop("norm.num_batches_tracked", None)
    assert (counter is not None) == batch_norm
    assert {name: array.shape for name, array in weights.items()} == shapes
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_bundled_weights_name_the_digits_of_the_test_set(batch_norm: bool) -> None:
    """By NumPy here; the bundled test images are a fifth of those that were measured."""
    network = pretrained(batch_norm=batch_norm)
    held_out = mnist.load().held_out
    kept = np.isin(held_out.label, OLD_DIGITS)
    w = {name: np.asarray(array, np.float64) for name, array in network.weights.items()}
    z = pooled(held_out.image[kept]).reshape(-1, 49) @ w["first.weight"].T + w["first.bias"]
    if batch_norm:
        spread = np.sqrt(w["norm.running_var"] + 1e-5)
        z = (z - w["norm.running_mean"]) / spread * w["norm.weight"] + w["norm.bias"]
    hidden = np.maximum(0, np.maximum(0, z) @ w["second.weight"].T + w["second.bias"])
    logits = hidden @ w["head.weight"].T + w["head.bias"]
    right = (logits.argmax(axis=1) == held_out.label[kept]).mean()
    assert right == pytest.approx(network.test_accuracy, abs=0.01)
    assert network.test_accuracy > 0.98
    # MNIST's counts of the digits 0 to 6, training and test.
    assert (network.train_images, network.test_images) == (41_935, 6_989)
