"""Numbers that count from 1, as people do, and the rows of an array, which count from 0."""

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array


def zero_based(number: Array, count: int, name: str) -> npt.NDArray[np.intp]:
    """The 0-based rows of 1-based numbers (row).

    Raises:
        EngineError: one is not a whole number from 1 to count.

    >>> zero_based(np.array([3.0, 1.0]), 3, "target").tolist()
    [2, 0]
    """
    unknown = ~np.isin(number, np.arange(1, count + 1))
    if unknown.any():
        row = unknown.argmax()
        raise EngineError(f"{name}, row {row + 1}: found {number[row]:.15g}, expected a whole number from 1 to {count}")
    return number.astype(np.intp) - 1
