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
from engine.reference.optimizers.adam import direction, smooth
from engine.reference.optimizers.row import Number, forward, moved, where


def sgd_l2(x: Number, y: Number, intercept: Number, slope: Number, learning_rate: float, wd: float) -> Result:
    """One step of SGD a row, shapes (step,), with the decay in the gradient."""
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    new_intercept = intercept - learning_rate * (intercept_gradient + wd * intercept)
    new_slope = slope - learning_rate * (slope_gradient + wd * slope)
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        **moved(intercept, slope, new_intercept, new_slope),
    }


def sgd_decoupled(x: Number, y: Number, intercept: Number, slope: Number, learning_rate: float, wd: float) -> Result:
    """One step of SGD a row, shapes (step,), with the decay beside the gradient."""
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    shrink = 1 - learning_rate * wd
    new_intercept = shrink * intercept - learning_rate * intercept_gradient
    new_slope = shrink * slope - learning_rate * slope_gradient
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        **moved(intercept, slope, new_intercept, new_slope),
    }


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
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    decayed_intercept = intercept_gradient + wd * intercept
    decayed_slope = slope_gradient + wd * slope
    intercept_velocity = velocity(step_number, decayed_intercept, intercept_velocity_before, momentum)
    slope_velocity = velocity(step_number, decayed_slope, slope_velocity_before, momentum)
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        "intercept_velocity": intercept_velocity,
        "slope_velocity": slope_velocity,
        **moved(
            intercept, slope, intercept - learning_rate * intercept_velocity, slope - learning_rate * slope_velocity
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
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    intercept_velocity = velocity(step_number, intercept_gradient, intercept_velocity_before, momentum)
    slope_velocity = velocity(step_number, slope_gradient, slope_velocity_before, momentum)
    shrink = 1 - learning_rate * wd
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        "intercept_velocity": intercept_velocity,
        "slope_velocity": slope_velocity,
        **moved(
            intercept,
            slope,
            shrink * intercept - learning_rate * intercept_velocity,
            shrink * slope - learning_rate * slope_velocity,
        ),
    }


def velocity(step_number: Number, gradient: Number, before: Number, momentum: float) -> Number:
    """The gradient at the first step, then momentum before + gradient."""
    return where(step_number == 1, gradient, momentum * before + gradient)


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
    prediction, loss, intercept_gradient, slope_gradient = forward(x, y, intercept, slope)
    decayed_intercept = intercept_gradient + wd * intercept
    decayed_slope = slope_gradient + wd * slope
    intercept_average = smooth(decayed_intercept, intercept_average_before, beta1)
    slope_average = smooth(decayed_slope, slope_average_before, beta1)
    intercept_square = smooth(decayed_intercept * decayed_intercept, intercept_square_before, beta2)
    slope_square = smooth(decayed_slope * decayed_slope, slope_square_before, beta2)
    rate = learning_rate / (1 - beta1**step_number)
    square_correction = 1 - beta2**step_number
    new_intercept = intercept - rate * direction(intercept_average, intercept_square, square_correction, eps)
    new_slope = slope - rate * direction(slope_average, slope_square, square_correction, eps)
    return {
        "prediction": prediction,
        "squared_error": loss,
        "intercept_gradient": intercept_gradient,
        "slope_gradient": slope_gradient,
        "intercept_average": intercept_average,
        "slope_average": slope_average,
        "intercept_square": intercept_square,
        "slope_square": slope_square,
        **moved(intercept, slope, new_intercept, new_slope),
    }


def gap(l2: Array, decoupled: Array) -> Result:
    """How far a run with L2 is from the one with decoupled decay, row by row, and at most."""
    return {"gap": l2 - decoupled, "largest": np.abs(l2 - decoupled).max()}
