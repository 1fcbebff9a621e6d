"""The script that makes the bundled MovieLens files from the full ones.

``python -m engine.datasets.bundle SOURCE_DIR`` reads ``ratings.csv.gz`` and ``movies.csv.gz`` in SOURCE_DIR, keeps the
columns that the lessons use, and writes both into this package. The same source gives the same bytes: no clock and no
file name is stored.
"""

import argparse
import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

COLUMNS = {
    "ratings.csv.gz": ("userId", "movieId", "rating"),
    "movies.csv.gz": ("movieId", "title"),
}


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


def bundle(source: Path, target: Path) -> list[Path]:
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m engine.datasets.bundle", description=bundle.__doc__)
    parser.add_argument("source", type=Path, help="folder with the full ratings.csv.gz and movies.csv.gz")
    bundle(parser.parse_args().source, Path(__file__).with_name("movielens"))
