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
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        "intercept_numeric": (squared_error(x, y, intercept + nudge, slope) - loss) / nudge,
        "slope_numeric": (squared_error(x, y, intercept, slope + nudge) - loss) / nudge,
        **moved(
            intercept, slope, intercept - learning_rate * intercept_gradient, slope - learning_rate * slope_gradient
        ),
    }
