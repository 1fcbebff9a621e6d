"""Adagrad: the gradient divided by the root of the sum of all its squares so far.

    rate = learning_rate / (1 + (t - 1) lr_decay),   sum = before + g^2,   new = old - rate g / (sqrt(sum) + eps)

There is no move where the divisor is 0.

    >>> found = step(2.0, 2.0, 10.0, 1.0, 3.0, 64.0, 25.0, learning_rate=0.5, lr_decay=0.25, eps=0.0)
    >>> found["rate"], found["slope_sum"], float(found["intercept_sum"]), float(found["new_intercept"])
    (0.4, 169.0, 100.0, 1.24)

Source: torch.optim.Adagrad, whose eps (1e-10) is outside the root; Duchi et al. 2011.
"""

import numpy as np

from engine.reference import Result
from engine.reference.optimizers.row import Number, forward, moved, ratio


def step(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_sum_before: Number,
    slope_sum_before: Number,
    learning_rate: float,
    lr_decay: float,
    eps: float,
) -> Result:
    """One step of Adagrad a row, shapes (step,)."""
    fit = forward(x, y, intercept, slope)
    intercept_gradient, slope_gradient = fit["intercept_gradient"], fit["slope_gradient"]
    rate = learning_rate / (1 + (step_number - 1) * lr_decay)
    intercept_sum = intercept_sum_before + intercept_gradient * intercept_gradient
    slope_sum = slope_sum_before + slope_gradient * slope_gradient
    intercept_change = rate * ratio(intercept_gradient, np.sqrt(intercept_sum) + eps)
    slope_change = rate * ratio(slope_gradient, np.sqrt(slope_sum) + eps)
    return {
        **fit,
        "rate": rate,
        "intercept_sum": intercept_sum,
        "slope_sum": slope_sum,
        **moved(intercept, slope, intercept - intercept_change, slope - slope_change),
    }
