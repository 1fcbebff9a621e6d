"""MNIST's handwritten digits, the bundled ones or a person's own IDX files.

IDX is the format of MNIST's own page: a magic number (two zero bytes, the type 8 for unsigned bytes, the number of
dimensions), then the length of each dimension as a big-endian 32-bit number, then the bytes, the last dimension
fastest. A file that holds anything else, or a byte less or more than its header says, is refused.
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets import bundled
from engine.datasets.textfile import open_bytes, reading
from engine.errors import DataError

BUNDLED_SOURCE = "MNIST: the first 8,000 of its training images, every fifth of its test images"

SIDE, PIXELS, CLASSES = 28, 28 * 28, 10

IMAGES_MAGIC, LABELS_MAGIC = 0x0803, 0x0801

# All digits of EMNIST, the largest relative in this format, fit; a damaged header can't ask for gigabytes.
MOST_IMAGES = 300_000


@dataclass(frozen=True, eq=False)
class Digits:
    """Images and what they show, in the order of their file.

    Args:
        image: (image, row, column), uint8, 28 by 28, 0 for paper and 255 for ink.
        label: (image,), uint8, the digit, 0 to 9.
    """

    image: NDArray[np.uint8]
    label: NDArray[np.uint8]

    @property
    def flat(self) -> NDArray[np.uint8]:
        """The images as vectors: (image, pixel), row by row."""
        return self.image.reshape(len(self.image), PIXELS)


@dataclass(frozen=True, eq=False)
class Mnist:
    """Digits to train on, digits that no training may see, and where they come from.

    Args:
        train: from the training files.
        held_out: from the test files.
        source: where they come from, in words.
        digest: the SHA-256 of the four files' bytes, one after the other, in hexadecimal.
    """

    train: Digits
    held_out: Digits
    source: str
    digest: str


def load(folder: Path | None = None) -> Mnist:
    """Return the digits in a folder's four IDX files, or the bundled ones.

    Args:
        folder: holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
            `t10k-labels-idx1-ubyte`, gzipped or not, with `.gz` at the end of their names or without, and with `.idx`
            for `-idx` as some copies have it; None for the bundled ones: the first 8,000 of MNIST's training images and
            every fifth of its test images, 2,000.

    Returns:
        At least one image on either side.

    Raises:
        DataError: a file is missing, is not of this form, or its labels and images don't match.

    >>> digits = load()
    >>> digits.train.image.shape, digits.held_out.flat.shape
    ((8000, 28, 28), (2000, 784))
    >>> digits.train.label[:5].tolist()
    [5, 0, 4, 1, 9]
    """
    return _bundled() if folder is None else _loaded(folder, str(folder.name))


@cache
def _bundled() -> Mnist:
    """Return the bundled digits, unpacked once: to mark a class asks for them for each file. Nobody can change them."""
    return _loaded(bundled("mnist/train-images-idx3-ubyte.gz").parent, BUNDLED_SOURCE)


def _loaded(where: Path, source: str) -> Mnist:
    if not where.is_dir():
        raise DataError(f"{where}: this is no folder, expected one with MNIST's four IDX files")
    paths = {part: (_file(where, f"{part}-images", 3), _file(where, f"{part}-labels", 1)) for part in ("train", "t10k")}
    digest = hashlib.sha256()
    for path in (path for pair in paths.values() for path in pair):
        with reading(path):
            digest.update(path.read_bytes())
    train, held_out = (_digits(*pair) for pair in paths.values())
    return Mnist(train, held_out, source, digest.hexdigest())


def _file(folder: Path, stem: str, dimensions: int) -> Path:
    """Return a file of the folder under one of the names that it goes by."""
    usual = f"{stem}-idx{dimensions}-ubyte"
    for name in (usual, f"{stem}.idx{dimensions}-ubyte"):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
    raise DataError(f"{folder}: there is no {usual} in it, gzipped or not, expected MNIST's four IDX files")


def _digits(images: Path, labels: Path) -> Digits:
    image = _read(images, "images", IMAGES_MAGIC, (SIDE, SIDE))
    label = _read(labels, "labels", LABELS_MAGIC, ())
    if len(label) != len(image):
        raise DataError(
            f"{labels}: {len(label):,} labels found, expected {len(image):,}, one for each image in {images}"
        )
    if (label >= CLASSES).any():
        first = int(np.argmax(label >= CLASSES))
        raise DataError(f"{labels}, label {first + 1:,}: found {label[first]}, expected a digit from 0 to 9")
    return Digits(image, label)


def _read(path: Path, what: str, magic: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the bytes of an IDX file: (item, *shape)."""
    fields = 2 + len(shape)
    with reading(path), open_bytes(path) as stream:
        header = stream.read(4 * fields)
        if len(header) < 4 * fields:
            raise DataError(f"{path}: the file has {len(header)} bytes, expected {what} under a header of {4 * fields}")
        found, count, *lengths = struct.unpack(f">{fields}I", header)
        if found != magic:
            raise DataError(f"{path}: the magic number is {found}, expected {magic}, that of IDX {what}")
        if tuple(lengths) != shape:
            sides = " by ".join(map(str, lengths))
            raise DataError(f"{path}: the {what} are {sides}, expected {' by '.join(map(str, shape))}")
        if not 1 <= count <= MOST_IMAGES:
            raise DataError(f"{path}: the header says {count:,} {what}, expected 1 to {MOST_IMAGES:,}")
        expected = count * prod(shape)
        # one byte more than there should be tells a file that is too long from one that is right
        content = stream.read(expected + 1)
    if len(content) != expected:
        size = "more" if len(content) > expected else f"{len(content):,}"
        raise DataError(f"{path}: {size} bytes follow the header, expected {expected:,} for its {count:,} {what}")
    return np.frombuffer(content, np.uint8).reshape(count, *shape)
