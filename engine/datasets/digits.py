"""MNIST's digits made small, and networks pretrained on seven of them.

A picture of 28 by 28 pixels becomes 7 by 7: each number is the mean of a block of 4 by 4, from 0 (paper) to 1 (ink).
The weights were trained on the digits 0 to 6 of all of MNIST's 60,000 training images; 7, 8 and 9 were never seen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets import bundled

SIDE, BLOCK = 7, 4
OLD_DIGITS = (0, 1, 2, 3, 4, 5, 6)
NEW_DIGITS = (7, 8, 9)


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A digits network's weights, and how well it knows the digits that it was trained on.

    Args:
        weights: the state dict of `engine.runs.digits.DigitsNet`: `first.weight` (64, 49), `first.bias` (64),
            `second.weight` (32, 64), `second.bias` (32), `head.weight` (7, 32), `head.bias` (7); with batch norm also
            `norm.weight`, `norm.bias`, `norm.running_mean`, `norm.running_var` (64 each) and
            `norm.num_batches_tracked`. float32, the last int64.
        train_images: how many pictures it was trained on.
        test_images: how many pictures of MNIST's test set show one of its seven digits.
        test_accuracy: the share of those that it names.
        test_loss: its mean cross-entropy on them.
    """

    weights: Mapping[str, NDArray[np.generic]]
    train_images: int
    test_images: int
    test_accuracy: float
    test_loss: float


def pooled(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return pictures averaged over blocks of 4 by 4 pixels.

    Args:
        image: (image, 28, 28), 0 for paper and 255 for ink.

    Returns:
        (image, 7, 7), from 0 to 1. The sums are of whole numbers, so only the last division rounds.

    >>> pooled(np.full((1, 28, 28), 255, np.uint8))[0, 3].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    blocks = image.reshape(len(image), SIDE, BLOCK, SIDE, BLOCK).sum((2, 4), dtype=np.int64)
    shares: NDArray[np.float64] = blocks / (255 * BLOCK * BLOCK)
    return shares


def pretrained(*, batch_norm: bool = False) -> Pretrained:
    """Return the bundled digits network, or its variant with batch norm after the first matrix.

    Raises:
        DataError: the installation carries no such file.

    >>> network = pretrained()
    >>> network.weights["first.weight"].shape, network.test_images, round(network.test_accuracy, 3)
    ((64, 49), 6989, 0.985)
    """
    from safetensors import safe_open

    path = bundled(f"pretrained/{'digits_batch_norm' if batch_norm else 'digits'}.safetensors")
    with safe_open(path, framework="numpy") as file:
        measured = json.loads(file.metadata()["measured"])
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  the file is no mapping
    return Pretrained(weights, **measured)
