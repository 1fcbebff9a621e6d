"""A person's own points: a text file with the columns x and y."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.textfile import delimiter_of, encoding_of, first_text, reading, rows, spelled, split
from engine.errors import DataError

# A step's row holds one point: 200 epochs of more would pass what a sheet can show.
MOST_POINTS = 1000
LARGEST = 1e6


@dataclass(frozen=True, eq=False)
class Points:
    """Points in the order of their file.

    Args:
        x: (point,), float64.
        y: (point,), float64.
        digest: the SHA-256 of the file's bytes, in hexadecimal.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    digest: str


def read_points(path: Path) -> Points:
    """Return the points in a text file with a header line or without.

    The columns are x and y in that order, or are named so in the header; further columns and empty lines are passed
    over.

    Args:
        path: the file; split by comma, tab or semicolon, gzipped or not.

    Returns:
        2 to 1,000 points, in the order of the file, with at least two different x.

    Raises:
        DataError: the file cannot be read, or a row is not a point; with the row, from 1.
    """
    with reading(path):
        encoding = encoding_of(path, "points")
        line, text = first_text(path, encoding, "points")
        delimiter = delimiter_of(text, 2)
        if delimiter is None:
            raise DataError(f"{path}, row {line + 1}: 1 column found, expected x and y")
        first = split(text, delimiter)
        header = all(_number(field) is None for field in first[:2])
        columns = _columns(path, line + 1, first) if header else (0, 1)
        points = [_point(path, row, fields, columns) for row, fields in rows(path, encoding, delimiter, line + header)]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not 2 <= len(points) <= MOST_POINTS:
        raise DataError(f"{path}: found {len(points)} points, expected 2 to {MOST_POINTS:,}")
    x, y = np.array(points).T
    if (x == x[0]).all():
        raise DataError(f"{path}: every x is {x[0]:g}, expected at least two different ones")
    return Points(x, y, digest)


def _columns(path: Path, row: int, header: list[str]) -> tuple[int, int]:
    """Return where a header has x and y: by name where it names both, else the first two."""
    plain = [name.casefold() for name in header]
    if plain.count("x") == plain.count("y") == 1:
        return plain.index("x"), plain.index("y")
    if "x" in plain[1:] or "y" in [*plain[:1], *plain[2:]]:
        raise DataError(f"{path}, row {row}: the columns are {spelled(', '.join(header))!r}, expected one x and one y")
    return 0, 1


def _point(path: Path, row: int, fields: list[str], columns: tuple[int, int]) -> tuple[float, float]:
    if len(fields) <= max(columns):
        found = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
        raise DataError(f"{path}, row {row}: {found} found, expected x and y")
    at_x, at_y = columns
    x, y = _number(fields[at_x]), _number(fields[at_y])
    if x is None or y is None:
        name, found = ("x", fields[at_x]) if x is None else ("y", fields[at_y])
        raise DataError(
            f"{path}, row {row}: {name} is {spelled(found)!r}, expected a number from {-LARGEST:g} to {LARGEST:g}"
        )
    return x, y


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= LARGEST else None
