"""Stochastic gradient descent: w - learning_rate g, with the gradients checked by finite differences.

    >>> found = step(x=2.0, y=10.0, intercept=1.0, slope=3.0, learning_rate=0.1, nudge=0.5)
    >>> found["intercept_gradient"], found["slope_gradient"]
    (-6.0, -12.0)
    >>> found["intercept_numeric"], found["slope_numeric"]
    (-5.5, -10.0)
    >>> found["new_intercept"], found["new_slope"]
    (1.6, 4.2)

Source: torch.optim.SGD without momentum.
"""

from engine.reference import Result
from engine.reference.optimizers.row import Number, forward, moved, squared_error


def step(x: Number, y: Number, intercept: Number, slope: Number, learning_rate: float, nudge: float) -> Result:
    """One step of SGD a row, shapes (step,), and the gradients once more as differences, by a nudge upwards."""
    fit = forward(x, y, intercept, slope)
    return {
        **fit,
        "intercept_numeric": (squared_error(x, y, intercept + nudge, slope) - fit["squared_error"]) / nudge,
        "slope_numeric": (squared_error(x, y, intercept, slope + nudge) - fit["squared_error"]) / nudge,
        **moved(
            intercept,
            slope,
            intercept - learning_rate * fit["intercept_gradient"],
            slope - learning_rate * fit["slope_gradient"],
        ),
    }
