"""Adam: a running average of the gradients over the root of one of their squares.

    average = beta1 before + (1 - beta1) g,   square = beta2 before + (1 - beta2) g^2
    average_correction = 1 - beta1^t,   square_correction = 1 - beta2^t       (both start from 0, so they are too small)
    new = old - (learning_rate / average_correction) average / (sqrt(square) / sqrt(square_correction) + eps)

The lecture's Adam has no corrections and no eps: both corrections are 1 and eps is 0. There is no move where the
divisor is 0.

    >>> rule = {"learning_rate": 0.5, "beta1": 0.75, "beta2": 0.96, "eps": 0.0}
    >>> found = step(1.0, 2.0, 10.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, **rule, convention="torch")
    >>> found["slope_average"], round(found["slope_square"], 12), round(float(found["new_slope"]), 12)
    (-3.0, 5.76, 3.5)
    >>> found = step(1.0, 2.0, 10.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, **rule, convention="lecture")
    >>> found["average_correction"], round(float(found["new_slope"]), 12)
    (1.0, 3.625)

Source: torch.optim.Adam, whose eps is added after the correction of the root; Kingma and Ba 2015, algorithm 1.
"""

import numpy as np

from engine.reference import Result
from engine.reference.optimizers.row import Number, Numbers, forward, moved, ratio, refuse_unknown


def step(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_average_before: Number,
    slope_average_before: Number,
    intercept_square_before: Number,
    slope_square_before: Number,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    convention: str,
) -> Result:
    """One step of Adam a row, shapes (step,); the "lecture" convention is "torch" without corrections and eps."""
    refuse_unknown("convention", convention, ("torch", "lecture"))
    in_torch = 1.0 if convention == "torch" else 0.0
    fit = forward(x, y, intercept, slope)
    averages = running_averages(
        fit,
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
        beta1,
        beta2,
    )
    average_correction = 1 - in_torch * beta1**step_number
    square_correction = 1 - in_torch * beta2**step_number
    rate = learning_rate / average_correction
    intercept_change, slope_change = changes(averages, rate, square_correction, in_torch * eps)
    return {
        **fit,
        **averages,
        "average_correction": average_correction,
        "square_correction": square_correction,
        **moved(intercept, slope, intercept - intercept_change, slope - slope_change),
    }


def running_averages(
    gradients: Numbers,
    intercept_average_before: Number,
    slope_average_before: Number,
    intercept_square_before: Number,
    slope_square_before: Number,
    beta1: Number,
    beta2: float,
) -> Numbers:
    """The averages of both gradients and of their squares, with these gradients in them."""
    intercept_gradient, slope_gradient = gradients["intercept_gradient"], gradients["slope_gradient"]
    return {
        "intercept_average": smooth(intercept_gradient, intercept_average_before, beta1),
        "slope_average": smooth(slope_gradient, slope_average_before, beta1),
        "intercept_square": smooth(intercept_gradient * intercept_gradient, intercept_square_before, beta2),
        "slope_square": smooth(slope_gradient * slope_gradient, slope_square_before, beta2),
    }


def smooth(value: Number, before: Number, beta: Number) -> Number:
    """The running average with this value in it: beta before + (1 - beta) value."""
    return beta * before + (1 - beta) * value


def changes(averages: Numbers, rate: Number, square_correction: Number, eps: float) -> tuple[Number, Number]:
    """How far the step moves the intercept and the slope, against their signs."""
    return (
        rate * direction(averages["intercept_average"], averages["intercept_square"], square_correction, eps),
        rate * direction(averages["slope_average"], averages["slope_square"], square_correction, eps),
    )


def direction(average: Number, square: Number, square_correction: Number, eps: Number) -> Number:
    """The average over the size of the gradients, sqrt(square) / sqrt(square_correction) + eps."""
    return ratio(average, np.sqrt(square) / np.sqrt(square_correction) + eps)


def corrections(step_number: Number, beta1: float, beta2: float) -> Result:
    """What averages that start from 0 are divided by."""
    return {"average_correction": 1 - beta1**step_number, "square_correction": 1 - beta2**step_number}
