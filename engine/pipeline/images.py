"""The images to learn from: MNIST's files, or a folder with a sub-folder for each class; split by a seed."""

import hashlib
import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine.datasets import mnist
from engine.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

Progress = Callable[[str, int, int], None]

HELD_OUT_SHARE = 0.2
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
# Decoded images are kept up to here; beyond, they are decoded again in every epoch, and memory no longer grows.
MOST_KEPT_BYTES = 1 << 30
_SHOWN = 3


def tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
    del what, done, total


class Pictures(Protocol):
    """Images by number: pixels (image, channel, row, column), uint8, 0 to 255."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, numbers: list[int]) -> torch.Tensor:
        """Return some of them."""


@dataclass(frozen=True, eq=False)
class Part:
    """One side of the split.

    Args:
        pictures: its images: a tensor, or files that are decoded when asked for.
        label: (image,), int64, the class, from 0.
        names: what each image is called.
    """

    pictures: Pictures
    label: torch.Tensor
    names: Sequence[str]

    def __len__(self) -> int:
        """Return how many images it has."""
        return len(self.label)


@dataclass(frozen=True, eq=False)
class Images:
    """Images to train on and images that no training sees.

    Args:
        classes: the names of the classes.
        train: to train on.
        held_out: to measure by.
        source: where they come from, in words.
        digest: SHA-256 of what was read: a resumed run must find the same.
        skipped: the unreadable files that were left out.
    """

    classes: tuple[str, ...]
    train: Part
    held_out: Part
    source: str
    digest: str
    skipped: tuple[str, ...] = ()


def read_digits(
    folder: Path | None, *, seed: int = 0, keep: Sequence[int] | None = None, a_class: int | None = None
) -> Images:
    """Return MNIST's digits, those to train on and those held out as its files part them.

    Args:
        folder: of the four IDX files; None for the bundled ones.
        seed: of the choice of few.
        keep: the digits wanted, None for all that there are.
        a_class: how many of each to train on; None for all.

    Raises:
        DataError: a file is missing or damaged, or there is one digit only.
    """
    digits = mnist.load(folder)
    wanted = np.unique(digits.train.label) if keep is None else np.array(keep)
    if len(wanted) < 2:
        raise DataError(f"{folder}: there are images of {wanted.tolist()} only, expected two digits or more")

    generator = np.random.default_rng(seed)

    def part(side: mnist.Digits, most: int | None) -> Part:
        by_class = [np.flatnonzero(side.label == digit) for digit in wanted]
        chosen = by_class if most is None else [generator.permutation(numbers)[:most] for numbers in by_class]
        numbers = np.sort(np.concatenate(chosen))
        pixel = torch.from_numpy(side.image[numbers].copy())[:, None]
        label = torch.from_numpy(np.searchsorted(wanted, side.label[numbers]).astype(np.int64))
        return Part(pixel, label, [f"image {number + 1}" for number in numbers.tolist()])

    held_out = part(digits.held_out, None)
    if not len(held_out):
        raise DataError(f"{folder}: its test files hold none of the digits {wanted.tolist()}")
    return Images(
        classes=tuple(str(digit) for digit in wanted.tolist()),
        train=part(digits.train, a_class),
        held_out=held_out,
        source=digits.source,
        digest=digits.digest,
    )


def is_mnist(folder: Path) -> bool:
    """Return whether a folder holds IDX files."""
    return folder.is_dir() and any("idx3-ubyte" in path.name for path in _entries(folder))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _refused(error)


class UnreadableError(DataError):
    """An image that could be read when the run began, and can't any more.

    Args:
        message: one sentence; or what torch makes of it on its way from a worker, a traceback that ends in it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.rpartition(f"{type(self).__name__}: ")[2].strip())


class Files:
    """Images that are decoded when they are asked for."""

    def __init__(self, paths: Sequence[Path], channels: int, size: tuple[int, int]) -> None:
        self.paths, self.channels, self.size = paths, channels, size

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.paths)

    def __getitem__(self, numbers: list[int]) -> torch.Tensor:
        """Return the pixels of some.

        Raises:
            UnreadableError: one has been removed or changed since.
        """
        with _quiet():
            return torch.from_numpy(np.stack([self._decoded(self.paths[number]) for number in numbers]))

    def _decoded(self, path: Path) -> NDArray[np.uint8]:
        try:
            return decode(path, self.channels, self.size)
        except OSError as error:
            raise UnreadableError(f"{path}: the image can't be read any more ({_plain(error)})") from error


def decode(path: Path, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image file's pixels (channel, row, column): its middle, as large as fits, resized to `size`.

    Of several frames the first; transparency is left out, as fastai does.

    Raises:
        OSError: it can't be read; whatever else Pillow raises on damaged files is turned into it.
    """
    return _decoded_bytes(path.read_bytes(), channels, size)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Pillow say nothing of odd files, neither of readable ones nor of those that are named anyway."""
    log = logging.getLogger("PIL")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _decoded_bytes(data: bytes, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    rows, columns = size
    colours = "L" if channels == 1 else "RGB"
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft(colours, (columns, rows))
            plain = _of_eight_bits(ImageOps.exif_transpose(image), image.format).convert(colours)
            fitted = ImageOps.fit(plain, (columns, rows), Image.Resampling.BILINEAR)
    except OSError:
        raise
    except Exception as error:
        # Pillow's readers raise much else on damaged files.
        raise OSError(str(error) or type(error).__name__) from error
    pixel = np.asarray(fitted, dtype=np.uint8).reshape(rows, columns, channels)
    # A copy, because Pillow's own memory can't be written to.
    return pixel.transpose(2, 0, 1).copy()


def _of_eight_bits(image: "Image.Image", kind: str | None) -> "Image.Image":
    """The image in a mode whose numbers go from 0 to 255: Pillow would cut larger ones off."""
    if image.mode == "P":
        return image.convert("RGBA")
    if image.mode.startswith("I;16") or (image.mode == "I" and kind in ("PNG", "PPM")):
        from PIL import Image

        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise OSError(f"its numbers (mode {image.mode}) have no known range, expected 8 or 16 bits a channel")
    return image


def read_folder(
    folder: Path, *, channels: int, size: tuple[int, int], seed: int, skip_bad: bool, progress: Progress
) -> Images:
    """Return the images of a folder that has a sub-folder for each class; a fifth of each class is held out.

    Every image is decoded once, so that an unreadable one is known before any time is spent on training.

    Args:
        folder: of the sub-folders.
        channels: 1 for grey, 3 for colour.
        size: rows and columns to which each image is brought.
        seed: of the split.
        skip_bad: leave unreadable images out.
        progress: hears of the reading.

    Raises:
        DataError: no folder, fewer than two classes, a class without two images, or unreadable images.
    """
    found = _listed(folder)
    paths = [path for files in found.values() for path in files]
    kept, bad, digests = _decoded(paths, channels, size, progress)
    if bad and not skip_bad:
        some = "; ".join(f"{path} ({why})" for path, why in list(bad.items())[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise DataError(f"{len(bad)} of {len(paths)} images can't be read: {some}{more}; --skip-bad leaves them out")
    numbers = {path: number for number, path in enumerate(paths)}
    generator = torch.Generator().manual_seed(seed)
    sides: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for klass, (name, files) in enumerate(found.items()):
        good = [numbers[path] for path in files if path not in bad]
        if len(good) < 2:
            raise DataError(
                f"{folder / name}: readable images: {len(good)}, expected 2 or more: one to train on, one to hold out"
            )
        shuffled = [good[place] for place in torch.randperm(len(good), generator=generator).tolist()]
        held = max(1, round(HELD_OUT_SHARE * len(good)))
        sides[0].extend((number, klass) for number in sorted(shuffled[held:]))
        sides[1].extend((number, klass) for number in sorted(shuffled[:held]))

    def part(side: list[tuple[int, int]]) -> Part:
        own = [number for number, _ in side]
        files = [paths[number] for number in own]
        pictures: Pictures = Files(files, channels, size) if kept is None else kept[own]
        label = torch.tensor([klass for _, klass in side], dtype=torch.int64)
        return Part(pictures, label, [str(path.relative_to(folder)) for path in files])

    return Images(
        classes=tuple(found),
        train=part(sides[0]),
        held_out=part(sides[1]),
        source=folder.resolve().name,
        digest=_digest(folder, paths, digests),
        skipped=tuple(str(path.relative_to(folder)) for path in bad),
    )


def _listed(folder: Path) -> dict[str, list[Path]]:
    """Class → its image files; hidden files and folders, such as file managers leave, are none."""
    if not folder.is_dir():
        raise DataError(f"{folder}: this is no folder, expected MNIST's files or a sub-folder of images for each class")
    classes = [path for path in _entries(folder) if path.is_dir() and not path.name.startswith(".")]
    if len(classes) < 2:
        found = f"one class only, {classes[0].name}" if classes else "no sub-folder"
        raise DataError(f"{folder}: {found}, expected a sub-folder of images for each of two classes or more")
    listed: dict[str, list[Path]] = {}
    for path in classes:
        twins = [name for name in listed if name.casefold() == path.name.casefold()]
        if twins:
            raise DataError(
                f"{folder}: the classes {twins[0]} and {path.name} differ in capitals alone, expected names that "
                "spreadsheets tell apart"
            )
        files = sorted(_within(path))
        if not files:
            raise DataError(f"{path}: the class folder holds no image ({', '.join(SUFFIXES)}), expected two or more")
        listed[path.name] = files
    return listed


def _within(folder: Path) -> Iterator[Path]:
    """The image files in a folder and the folders in it, those that links lead to as well, each once."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=_refused, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if os.path.realpath(place) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        files = (Path(place, name) for name in names if not name.startswith("."))
        yield from (file for file in files if file.suffix.lower() in SUFFIXES)


def _refused(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename}: the folder can't be read ({error.strerror})") from error


def _decoded(
    paths: Sequence[Path], channels: int, size: tuple[int, int], progress: Progress
) -> tuple[torch.Tensor | None, dict[Path, str], list[bytes]]:
    """All pixels (image, channel, row, column), None where too many to keep; what is bad; the SHA-256 of each file."""
    shape = (len(paths), channels, *size)
    kept = torch.zeros(shape, dtype=torch.uint8) if np.prod(shape) <= MOST_KEPT_BYTES else None
    bad: dict[Path, str] = {}
    digests = [b""] * len(paths)

    def one(number: int) -> None:
        try:
            if not paths[number].is_file():
                raise OSError("it leads to no file")
            data = paths[number].read_bytes()
            digests[number] = hashlib.sha256(data).digest()
            pixel = _decoded_bytes(data, channels, size)
        except OSError as error:
            bad[paths[number]] = _plain(error)
        else:
            if kept is not None:
                kept[number] = torch.from_numpy(pixel)

    with _quiet(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(one, range(len(paths)), chunksize=64), start=1):
            progress("reading images", done, len(paths))
    return kept, {path: bad[path] for path in paths if path in bad}, digests


def _plain(error: OSError) -> str:
    """Why an image can't be read, without its path."""
    text = error.strerror or str(error)
    return "not an image" if text.startswith("cannot identify") else text.split("\n")[0]


def _digest(folder: Path, paths: Sequence[Path], digests: Sequence[bytes]) -> str:
    """The SHA-256 of the names of all files and of what they hold."""
    digest = hashlib.sha256()
    for path, own in zip(paths, digests, strict=True):
        digest.update(os.fsencode(path.relative_to(folder).as_posix()) + b"\n" + own)
    return digest.hexdigest()
