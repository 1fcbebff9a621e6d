"""Exponentially weighted moving averages: the weights of the past, and the average with its start from 0 corrected.

    average_t = beta average_(t-1) + (1 - beta) value_t, from average_0 = 0: the sum over lag of weight value_(t-lag)
    weight = (1 - beta) beta^lag,   corrected_t = average_t / (1 - beta^t), as t weights add up to 1 - beta^t

    >>> smooth(np.array([8.0, 0.0, 4.0]), 0.5)["average"].tolist()
    [4.0, 2.0, 3.0]
    >>> weights(np.array([0.0, 1.0, 2.0]), 0.5)["weight_so_far"].tolist()
    [0.5, 0.75, 0.875]

Source: Kingma and Ba 2015, section 3; fastai smooths its loss curve so, with beta 0.98.
"""

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result


def weights(lag: Array, beta: float) -> Result:
    """The weight (lag) of the value lag steps back, the sum of the weights down to it, and the lag that halves one."""
    _refuse_outside(beta)
    weight = (1 - beta) * beta**lag
    return {
        "weight": weight,
        "weight_so_far": np.cumsum(weight),
        "half_life": np.log(0.5) / np.log(beta) if beta > 0 else 0.0,
    }


def smooth(value: Array, beta: float) -> Result:
    """The running average (step) of the values (step) from 0, and the same divided by the sum of its weights."""
    _refuse_outside(beta)
    average = np.zeros(len(value))
    before = 0.0
    for t, now in enumerate(value):
        before = average[t] = beta * before + (1 - beta) * now
    return {
        "average": average,
        "corrected": average / (1 - beta ** np.arange(1, len(value) + 1)),
    }


def _refuse_outside(beta: float) -> None:
    """Raise unless beta is a share of the past that lets a new value in."""
    if not 0 <= beta < 1:
        raise EngineError(f"beta: found {beta:.15g}, expected at least 0 and below 1")
