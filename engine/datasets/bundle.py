"""The script that makes the bundled data files from the full ones.

``python -m engine.datasets.bundle movielens SOURCE_DIR`` reads ``ratings.csv.gz`` and ``movies.csv.gz`` in SOURCE_DIR
and keeps the columns that the lessons use; ``python -m engine.datasets.bundle mnist SOURCE_DIR`` reads MNIST's four IDX
files and keeps some of the images. Both write into this package. The same source gives the same bytes: no clock and no
file name is stored.
"""

import argparse
import csv
import gzip
import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.mnist import IMAGES_MAGIC, LABELS_MAGIC, Digits, load

COLUMNS = {
    "ratings.csv.gz": ("userId", "movieId", "rating"),
    "movies.csv.gz": ("movieId", "title"),
}
# The training file is mixed already, so that its beginning stands for all of it, and is the beginning of any longer
# run. The halves of the test file are not alike (5,000 by census workers, then 5,000 by pupils): every fifth has both.
TRAIN, HELD_OUT = slice(0, 8_000), slice(0, 10_000, 5)


def keep_columns(source: bytes, names: Sequence[str]) -> bytes:
    r"""Return a CSV file with only the named columns, its rows and their text as they were.

    Args:
        source: the CSV file, UTF-8, with a header line.
        names: the columns to keep, in the order in which they are to stand.

    Returns:
        The shorter CSV file, UTF-8, lines ending in a newline.

    Raises:
        ValueError: the header lacks one of the columns.

    >>> keep_columns(b"a,b,c\n1,2,3\n", ["c", "a"])
    b'c,a\n3,1\n'
    """
    rows = csv.reader(io.StringIO(source.decode("utf-8"), newline=""))
    header = next(rows)
    positions = [header.index(name) for name in names]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row[position] for position in positions] for row in rows)
    return text.getvalue().encode("utf-8")


def pack(content: bytes) -> bytes:
    r"""Return content as a gzip file whose bytes depend on nothing but the content.

    Args:
        content: any bytes.

    Returns:
        A gzip file with no name in it and with time 0.

    >>> pack(b"x")[4:8]
    b'\x00\x00\x00\x00'
    """
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(content)
    return packed.getvalue()


def bundle_ratings(source: Path, target: Path) -> list[Path]:
    """Return the paths of the files made in ``target`` from the full MovieLens files in ``source``.

    Args:
        source: a folder with ``ratings.csv.gz`` and ``movies.csv.gz`` as MovieLens has them.
        target: an existing folder; files of the same names in it are replaced.

    Returns:
        One path for each file made.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: a file lacks a column.
    """
    made = []
    for name, columns in COLUMNS.items():
        content = keep_columns(gzip.decompress((source / name).read_bytes()), columns)
        path = target / name
        path.write_bytes(pack(content))
        made.append(path)
    return made


def bundle_digits(source: Path, target: Path) -> list[Path]:
    """Return the paths of the files made in ``target`` from MNIST's four full files in ``source``.

    Kept are the first 8,000 training images and every fifth test image.

    Args:
        source: a folder with the four IDX files, gzipped or not.
        target: an existing folder; files of the same names in it are replaced.

    Returns:
        One path for each file made: IDX, gzipped.

    Raises:
        DataError: a file is missing or not in order.
        OSError: a file cannot be written.
    """
    full = load(source)
    made = []
    for part, digits, kept in (("train", full.train, TRAIN), ("t10k", full.held_out, HELD_OUT)):
        some = Digits(digits.image[kept], digits.label[kept])
        for name, magic, array in (
            (f"{part}-images-idx3-ubyte.gz", IMAGES_MAGIC, some.image),
            (f"{part}-labels-idx1-ubyte.gz", LABELS_MAGIC, some.label),
        ):
            path = target / name
            path.write_bytes(pack(idx(magic, array)))
            made.append(path)
    return made


def idx(magic: int, array: NDArray[np.uint8]) -> bytes:
    """Return an array as an IDX file: magic number, the length of each dimension, the bytes.

    >>> idx(0x0801, np.array([7, 2], np.uint8)).hex()
    '00000801000000020702'
    """
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


if __name__ == "__main__":
    makers = {"movielens": bundle_ratings, "mnist": bundle_digits}
    parser = argparse.ArgumentParser(
        prog="python -m engine.datasets.bundle", description="Make the bundled data files."
    )
    parser.add_argument("data", choices=makers)
    parser.add_argument("source", type=Path, help="folder with the full files")
    arguments = parser.parse_args()
    makers[arguments.data](arguments.source, Path(__file__).with_name(arguments.data))
