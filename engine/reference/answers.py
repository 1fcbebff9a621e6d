"""What a sheet says of a number that a learner predicted.

>>> prediction(np.array([np.nan, 0.333, 0.3]), np.array(1 / 3))["verdict"].tolist()
['to do', '✓ right', 'not yet']
"""

import numpy as np

from engine.reference import Array, Result

TOLERANCE = 0.005
"""How far a prediction may be off, of 1 or of the right number, whichever is larger."""


def prediction(answer: Array, expected: Array) -> Result:
    """The verdict on each answer (any axes; NaN where the cell is empty) to a number expected (the same, or one)."""
    off = np.abs(answer - expected) / np.maximum(1.0, np.abs(expected))
    verdict = np.where(np.isnan(answer), "to do", np.where(off <= TOLERANCE, "✓ right", "not yet"))
    return {"verdict": verdict.astype(object)}


def first(answer: Array, expected: Array) -> Result:
    """The verdict on an answer to the first of some numbers."""
    return {**prediction(answer, expected.ravel()[0])}


def last(answer: Array, expected: Array) -> Result:
    """The verdict on an answer to the last of some numbers."""
    return {**prediction(answer, expected.ravel()[-1])}
