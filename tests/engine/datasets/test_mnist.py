"""MNIST's IDX files are read whole and right, or refused in one sentence."""

import gzip
import hashlib
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import bundled
from engine.datasets.bundle import bundle_digits
from engine.datasets.mnist import load
from engine.errors import DataError

USUAL = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def images(count: int, side: int = 28, magic: int = 2051) -> bytes:
    """An IDX file of images whose pixels count up, by the rule on MNIST's own page."""
    pixels = bytes(i % 251 for i in range(count * side * side))
    return struct.pack(">IIII", magic, count, side, side) + pixels


def labels(*digits: int, magic: int = 2049) -> bytes:
    return struct.pack(">II", magic, len(digits)) + bytes(digits)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three training images and two test images."""
    for name, content in zip(USUAL, (images(3), labels(4, 0, 9), images(2), labels(1, 7)), strict=True):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_the_bundled_digits_are_those_that_the_notice_describes() -> None:
    digits = load()
    assert digits.train.image.shape == (8000, 28, 28)
    assert digits.held_out.image.shape == (2000, 28, 28)
    assert digits.train.image.dtype == digits.train.label.dtype == np.uint8
    # The first labels of MNIST's training file, as every tutorial shows them. Its test file begins with 7 2 1 0 4 1:
    # every fifth of them is 7, 1.
    assert digits.train.label[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.held_out.label[:2].tolist() == [7, 1]
    # Mean and deviation of the whole set are .1307 and .3081, by torchvision's example; a part of it is near.
    assert digits.train.image.mean() / 255 == pytest.approx(0.1307, abs=0.002)
    assert digits.train.image.std() / 255 == pytest.approx(0.3081, abs=0.002)


def test_the_bundled_digits_are_unpacked_once_and_can_not_be_written() -> None:
    digits = load()
    assert load() is digits
    for part in (digits.train, digits.held_out):
        for array in (part.image, part.label):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_the_bundled_files_are_one_to_two_megabytes() -> None:
    size = sum(bundled(f"mnist/{name}.gz").stat().st_size for name in USUAL)
    assert 1e6 < size < 2e6


def test_the_notice_names_the_digits_terms_and_authors() -> None:
    notice = bundled("NOTICE").read_text(encoding="utf-8")
    for words in ("Attribution-ShareAlike 3.0", "Yann LeCun, Corinna Cortes and Christopher J. C. Burges", "mnist"):
        assert words in notice


def test_bytes_stand_where_the_format_says(folder: Path) -> None:
    digits = load(folder)
    assert digits.train.label.tolist() == [4, 0, 9]
    assert digits.held_out.label.tolist() == [1, 7]
    # pixel 1 of row 2 of image 3, counted from 0, is byte 2 * 784 + 28 * 2 + 1 of those after the header
    assert digits.train.image[2, 2, 1] == (2 * 784 + 28 * 2 + 1) % 251
    assert digits.train.flat[2, 57] == digits.train.image[2, 2, 1]
    assert digits.train.flat.shape == (3, 784)


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize(("packed", "ending"), [(False, ""), (True, ".gz"), (True, "")])
def test_every_usual_name_and_packing_gives_the_same_digits(
    folder: Path, packed: bool, ending: str, dotted: bool
) -> None:
    expected = load(folder).train.image
    for name in USUAL:
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        spelt = name.replace("-idx", ".idx") if dotted else name
        (folder / (spelt + ending)).write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(load(folder).train.image, expected)


def test_the_digest_is_that_of_the_four_files_bytes(folder: Path) -> None:
    whole = b"".join((folder / name).read_bytes() for name in USUAL)
    assert load(folder).digest == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (0, b"", ": the file has 0 bytes, expected images under a header of 16"),
        (1, b"\0\0\x08\x01\0", ": the file has 5 bytes, expected labels under a header of 8"),
        (0, labels(*range(10)), ": the magic number is 2049, expected 2051, that of IDX images"),
        (1, images(3), ": the magic number is 2051, expected 2049, that of IDX labels"),
        (0, b"PNG and so on, far more than 16 bytes", ": the magic number is 1347307296, expected 2051, that of IDX"),
        (2, images(2, magic=0x0D03), ": the magic number is 3331, expected 2051, that of IDX images"),
        (0, images(3, side=32), ": the images are 32 by 32, expected 28 by 28"),
        (0, images(0), ": the header says 0 images, expected 1 to 300,000"),
        (
            0,
            struct.pack(">IIII", 2051, 2**32 - 1, 28, 28),
            ": the header says 4,294,967,295 images, expected 1 to 300,000",
        ),
        (0, images(3)[:-1], ": 2,351 bytes follow the header, expected 2,352 for its 3 images"),
        (0, images(3) + b"\0", ": more bytes follow the header, expected 2,352 for its 3 images"),
        (1, labels(1, 2, 3)[:-2], ": 1 bytes follow the header, expected 3 for its 3 labels"),
        (1, labels(1, 2, 3) + b"\0", ": more bytes follow the header, expected 3 for its 3 labels"),
        (1, labels(1, 2, 10), ", label 3: found 10, expected a digit from 0 to 9"),
        (3, labels(1, 2, 3), ": 3 labels found, expected 2, one for each image in "),
        (0, gzip.compress(images(3), mtime=0)[:-9], ": the gzip file is cut short or damaged, expected a whole one"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_idx_file_is_refused_in_one_sentence(
    folder: Path, name: int, content: bytes, message: str, packed: bool
) -> None:
    path = folder / USUAL[name]
    path.write_bytes(gzip.compress(content) if packed and not content.startswith(b"\x1f\x8b") else content)
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / USUAL[3]).unlink()
    with pytest.raises(DataError, match=r"there is no t10k-labels-idx1-ubyte in it, gzipped or not, expected MNIST's"):
        load(folder)


def test_what_is_no_folder_is_refused(folder: Path) -> None:
    for path in (folder / "none", folder / USUAL[0]):
        with pytest.raises(DataError, match=r"this is no folder, expected one with MNIST's four IDX files$"):
            load(path)


def test_a_folder_in_a_files_place_is_refused(folder: Path) -> None:
    (folder / USUAL[0]).unlink()
    (folder / USUAL[0]).mkdir()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte: this is not a file, expected one$"):
        load(folder)


def test_a_bundle_keeps_images_and_labels_together(folder: Path, tmp_path: Path) -> None:
    for name, content in zip(USUAL[2:], (images(7), labels(1, 7, 2, 3, 5, 8, 9)), strict=True):
        (folder / name).write_bytes(content)
    full = load(folder)
    made = tmp_path / "made"
    made.mkdir()
    once = [path.read_bytes() for path in bundle_digits(folder, made)]
    some = load(made)
    assert np.array_equal(some.train.image, full.train.image)
    # every fifth of seven: the first and the sixth
    assert some.held_out.label.tolist() == [1, 8]
    assert np.array_equal(some.held_out.image, full.held_out.image[[0, 5]])
    assert [path.read_bytes() for path in bundle_digits(folder, made)] == once


def test_reading_needs_no_library_but_numpy() -> None:
    code = "import sys, engine.datasets.mnist as m; m.load(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in run.stdout.split()
