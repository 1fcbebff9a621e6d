"""What the optimizers share: a row's forward pass and gradients, and choices that work on floats and arrays alike.

>>> forward(x=2.0, y=10.0, intercept=1.0, slope=3.0)
{'prediction': 7.0, 'squared_error': 9.0, 'intercept_gradient': -6.0, 'slope_gradient': -12.0}
>>> forward(np.array([2.0, 0.0]), np.array([10.0, 1.0]), np.ones(2), np.array([3.0, 3.0]))["prediction"].tolist()
[7.0, 1.0]
>>> verdict(has_diverged(1e12, -1.0)), verdict(has_diverged(1.0, -1.0))
('diverged', '')
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result, Text

Number: TypeAlias = float | Array
"""One row's float, or an array (step,)."""

Numbers: TypeAlias = dict[str, Number]
"""Some of a step's results, by name."""

Condition: TypeAlias = bool | npt.NDArray[np.bool_]
"""Whether, for one row or for each step."""


def forward(x: Number, y: Number, intercept: Number, slope: Number) -> Numbers:
    """The prediction, its squared error, and the gradients of that by intercept and by slope."""
    prediction = intercept + slope * x
    error = prediction - y
    return {
        "prediction": prediction,
        "squared_error": error * error,
        "intercept_gradient": 2 * error,
        "slope_gradient": 2 * x * error,
    }


def squared_error(x: Number, y: Number, intercept: Number, slope: Number) -> Number:
    """(intercept + slope x - y)^2."""
    error = intercept + slope * x - y
    return error * error


def has_diverged(intercept: Number, slope: Number) -> Condition:
    """Whether the parameters are beyond 1e12 together, where the next squares would soon overflow."""
    size: Number = np.abs(intercept) + np.abs(slope)
    return size > 1e12


def moved(intercept: Number, slope: Number, stepped_intercept: Number, stepped_slope: Number) -> Result:
    """The parameters that a step leaves, and its verdict.

    Parameters that had diverged before the step stay as they are. The verdict says "diverged" in the step that leaves
    such parameters, the one that takes them there included.

    >>> moved(1.0, 2.0, 5.0, -2e12)
    {'new_intercept': 5.0, 'new_slope': -2000000000000.0, 'verdict': 'diverged'}
    >>> moved(5.0, -2e12, 7.0, 3.0)
    {'new_intercept': 5.0, 'new_slope': -2000000000000.0, 'verdict': 'diverged'}
    """
    stays = has_diverged(intercept, slope)
    new_intercept, new_slope = where(stays, intercept, stepped_intercept), where(stays, slope, stepped_slope)
    return {
        "new_intercept": new_intercept,
        "new_slope": new_slope,
        "verdict": verdict(has_diverged(new_intercept, new_slope)),
    }


def verdict(diverged: Condition) -> str | Text:
    """The word "diverged" where it is so, else no word."""
    if isinstance(diverged, np.ndarray):
        return np.where(diverged, "diverged", "").astype(object)
    return "diverged" if diverged else ""


def where(condition: Condition, then: Number, otherwise: Number) -> Number:
    """`then` where the condition holds, else `otherwise`: np.where, and fast on floats."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, then, otherwise)
    return then if condition else otherwise


def ratio(numerator: Number, denominator: Number) -> Number:
    """The numerator by the denominator, and 0 where that is 0: a size of 0 means that nothing moves."""
    nothing = denominator == 0
    if isinstance(nothing, np.ndarray) and not nothing.any():
        return numerator / denominator
    return where(nothing, 0.0, numerator / where(nothing, 1.0, denominator))


def refuse_unknown(name: str, found: str, known: tuple[str, ...]) -> None:
    """Raise unless the word found is a known one."""
    if found not in known:
        raise EngineError(f"{name}: found {found!r}, expected one of {', '.join(known)}")
