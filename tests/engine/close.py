"""Comparison by the largest magnitude of a block, and slopes by finite difference."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def assert_close(found: object, expected: object, rtol: float = 1e-14) -> None:
    """Fail unless each value is within rtol of the largest magnitude expected, and NaN stands where it should."""
    is_, should = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert is_.shape == should.shape
    blank = np.isnan(should)
    assert np.array_equal(np.isnan(is_), blank)
    scale = float(np.abs(should[~blank]).max(initial=0))
    assert float(np.abs(is_[~blank] - should[~blank]).max(initial=0)) <= rtol * scale, (is_, should)


def slope_by_nudges(loss: Callable[[Array], float], at: Array, nudge: float = 1e-5) -> Array:
    """Central differences of loss with respect to each element of at; their own error is near 1e-9."""
    slope = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = np.zeros_like(at)
        moved[place] = nudge
        slope[place] = (loss(at + moved) - loss(at - moved)) / (2 * nudge)
    return slope
