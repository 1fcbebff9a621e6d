"""Weight decay in the gradient (L2) and beside it (decoupled), for SGD, momentum and Adam.

    L2:         the optimizer sees g + wd w, the gradient of the loss with wd / 2 times the sum of squares added
    decoupled:  w is first multiplied by 1 - learning_rate wd, and the optimizer sees g

For plain SGD the two are one step. With momentum or Adam they part, as the state of L2 holds the decay as well.
The gradients in the results are bare. Decoupled decay with Adam is `adamw.step`.

    >>> l2 = sgd_l2(2.0, 10.0, 1.0, 3.0, learning_rate=0.125, wd=0.5)
    >>> decoupled = sgd_decoupled(2.0, 10.0, 1.0, 3.0, learning_rate=0.125, wd=0.5)
    >>> l2["new_slope"], decoupled["new_slope"]
    (4.3125, 4.3125)

Source: torch.optim.SGD and Adam (weight_decay), torch.optim.AdamW; Loshchilov and Hutter 2019, algorithms 1 and 2.
"""

import numpy as np

from engine.reference import Array, Result
from engine.reference.optimizers.adam import changes, running_averages
from engine.reference.optimizers.row import Number, Numbers, forward, moved, where


def sgd_l2(x: Number, y: Number, intercept: Number, slope: Number, learning_rate: float, wd: float) -> Result:
    """One step of SGD a row, shapes (step,), with the decay in the gradient."""
    fit = forward(x, y, intercept, slope)
    decayed = with_decay(fit, intercept, slope, wd)
    new_intercept = intercept - learning_rate * decayed["intercept_gradient"]
    new_slope = slope - learning_rate * decayed["slope_gradient"]
    return {**fit, **moved(intercept, slope, new_intercept, new_slope)}


def sgd_decoupled(x: Number, y: Number, intercept: Number, slope: Number, learning_rate: float, wd: float) -> Result:
    """One step of SGD a row, shapes (step,), with the decay beside the gradient."""
    fit = forward(x, y, intercept, slope)
    shrink = 1 - learning_rate * wd
    new_intercept = shrink * intercept - learning_rate * fit["intercept_gradient"]
    new_slope = shrink * slope - learning_rate * fit["slope_gradient"]
    return {**fit, **moved(intercept, slope, new_intercept, new_slope)}


def momentum_l2(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_velocity_before: Number,
    slope_velocity_before: Number,
    learning_rate: float,
    momentum: float,
    wd: float,
) -> Result:
    """One step of SGD with torch's momentum a row, shapes (step,), with the decay in the gradient."""
    fit = forward(x, y, intercept, slope)
    decayed = with_decay(fit, intercept, slope, wd)
    velocities = running_sums(step_number, decayed, intercept_velocity_before, slope_velocity_before, momentum)
    return {
        **fit,
        **velocities,
        **moved(
            intercept,
            slope,
            intercept - learning_rate * velocities["intercept_velocity"],
            slope - learning_rate * velocities["slope_velocity"],
        ),
    }


def momentum_decoupled(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_velocity_before: Number,
    slope_velocity_before: Number,
    learning_rate: float,
    momentum: float,
    wd: float,
) -> Result:
    """One step of SGD with torch's momentum a row, shapes (step,), with the decay beside the gradient."""
    fit = forward(x, y, intercept, slope)
    velocities = running_sums(step_number, fit, intercept_velocity_before, slope_velocity_before, momentum)
    shrink = 1 - learning_rate * wd
    return {
        **fit,
        **velocities,
        **moved(
            intercept,
            slope,
            shrink * intercept - learning_rate * velocities["intercept_velocity"],
            shrink * slope - learning_rate * velocities["slope_velocity"],
        ),
    }


def with_decay(fit: Numbers, intercept: Number, slope: Number, wd: float) -> Numbers:
    """The gradients of the loss with the penalty in it: g + wd w."""
    return {
        "intercept_gradient": fit["intercept_gradient"] + wd * intercept,
        "slope_gradient": fit["slope_gradient"] + wd * slope,
    }


def running_sums(
    step_number: Number,
    gradients: Numbers,
    intercept_velocity_before: Number,
    slope_velocity_before: Number,
    momentum: float,
) -> Numbers:
    """The velocities of torch's momentum: the gradient at the first step, then momentum before + gradient."""
    first = step_number == 1
    intercept_gradient, slope_gradient = gradients["intercept_gradient"], gradients["slope_gradient"]
    intercept_sum = momentum * intercept_velocity_before + intercept_gradient
    slope_sum = momentum * slope_velocity_before + slope_gradient
    return {
        "intercept_velocity": where(first, intercept_gradient, intercept_sum),
        "slope_velocity": where(first, slope_gradient, slope_sum),
    }


def adam_l2(
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
    wd: float,
) -> Result:
    """One step of torch's Adam a row, shapes (step,), with the decay in the gradient."""
    fit = forward(x, y, intercept, slope)
    averages = running_averages(
        with_decay(fit, intercept, slope, wd),
        intercept_average_before,
        slope_average_before,
        intercept_square_before,
        slope_square_before,
        beta1,
        beta2,
    )
    rate = learning_rate / (1 - beta1**step_number)
    intercept_change, slope_change = changes(averages, rate, 1 - beta2**step_number, eps)
    return {
        **fit,
        **averages,
        **moved(intercept, slope, intercept - intercept_change, slope - slope_change),
    }


def gap(l2: Array, decoupled: Array) -> Result:
    """How far a run with L2 is from the one with decoupled decay, row by row, and at most."""
    return {"gap": l2 - decoupled, "largest": np.abs(l2 - decoupled).max()}
