"""RMSprop: the gradient divided by the root of a running average of its square.

    square = alpha before + (1 - alpha) g^2,   mean = alpha before + (1 - alpha) g
    torch:    size = sqrt(square) + eps;   centred: size = sqrt(square - mean^2) + eps
    lecture:  size = sqrt(the square before this step), no eps, never centred
    new = old - learning_rate g / size, and no move where size is 0, as at the lecture's start from zero

A variance square - mean^2 that rounding makes negative counts as 0.

    >>> state = dict.fromkeys(
    ...     ("intercept_square_before", "slope_square_before", "intercept_mean_before", "slope_mean_before"), 0.0
    ... )
    >>> rule = {"learning_rate": 0.5, "alpha": 0.75, "eps": 0.0, "centred": "no"}
    >>> found = step(2.0, 10.0, 1.0, 3.0, **state, **rule, convention="torch")
    >>> found["slope_square"], float(found["slope_size"]), float(found["new_slope"])
    (36.0, 6.0, 4.0)
    >>> float(step(2.0, 10.0, 1.0, 3.0, **state, **rule, convention="lecture")["new_slope"])
    3.0

Source: torch.optim.RMSprop, whose eps is outside the root; Hinton's lecture 6e, 2012; centred: Graves 2013.
"""

import numpy as np

from engine.reference import Result
from engine.reference.optimizers.row import Number, forward, moved, ratio, refuse_unknown


def step(
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_square_before: Number,
    slope_square_before: Number,
    intercept_mean_before: Number,
    slope_mean_before: Number,
    learning_rate: float,
    alpha: float,
    eps: float,
    centred: str,
    convention: str,
) -> Result:
    """One step of RMSprop a row, shapes (step,); centred is "no" or "yes", convention "torch" or "lecture"."""
    refuse_unknown("centred", centred, ("no", "yes"))
    refuse_unknown("convention", convention, ("torch", "lecture"))
    fit = forward(x, y, intercept, slope)
    intercept_gradient, slope_gradient = fit["intercept_gradient"], fit["slope_gradient"]
    intercept_square = alpha * intercept_square_before + (1 - alpha) * intercept_gradient * intercept_gradient
    slope_square = alpha * slope_square_before + (1 - alpha) * slope_gradient * slope_gradient
    intercept_mean = alpha * intercept_mean_before + (1 - alpha) * intercept_gradient
    slope_mean = alpha * slope_mean_before + (1 - alpha) * slope_gradient
    if convention == "lecture":
        intercept_size, slope_size = root(intercept_square_before), root(slope_square_before)
    elif centred == "yes":
        intercept_size = root(intercept_square - intercept_mean * intercept_mean) + eps
        slope_size = root(slope_square - slope_mean * slope_mean) + eps
    else:
        intercept_size, slope_size = root(intercept_square) + eps, root(slope_square) + eps
    return {
        **fit,
        "intercept_square": intercept_square,
        "slope_square": slope_square,
        "intercept_mean": intercept_mean,
        "slope_mean": slope_mean,
        "intercept_size": intercept_size,
        "slope_size": slope_size,
        **moved(
            intercept,
            slope,
            intercept - learning_rate * ratio(intercept_gradient, intercept_size),
            slope - learning_rate * ratio(slope_gradient, slope_size),
        ),
    }


def root(square: Number) -> Number:
    """The square root, and 0 where rounding makes the square negative."""
    found: Number = np.sqrt(np.maximum(square, 0.0))
    return found
