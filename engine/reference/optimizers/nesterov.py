"""Nesterov's momentum: the step looks one velocity ahead.

    velocity = g at the first step, then momentum before + g
    direction = g + momentum velocity,   new = old - learning_rate direction

    >>> found = step(1.0, 2.0, 10.0, 1.0, 3.0, 0.0, 0.0, learning_rate=0.1, momentum=0.5)
    >>> found["slope_velocity"], found["slope_direction"], found["new_slope"]
    (-12.0, -18.0, 4.8)

Source: torch.optim.SGD(nesterov=True); Sutskever et al. 2013.
"""

from engine.reference import Result
from engine.reference.optimizers.row import Number, forward, moved, where


def step(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_velocity_before: Number,
    slope_velocity_before: Number,
    learning_rate: float,
    momentum: float,
) -> Result:
    """One step of SGD with Nesterov's momentum a row, shapes (step,)."""
    fit = forward(x, y, intercept, slope)
    intercept_gradient, slope_gradient = fit["intercept_gradient"], fit["slope_gradient"]
    first = step_number == 1
    intercept_sum = momentum * intercept_velocity_before + intercept_gradient
    slope_sum = momentum * slope_velocity_before + slope_gradient
    intercept_velocity = where(first, intercept_gradient, intercept_sum)
    slope_velocity = where(first, slope_gradient, slope_sum)
    intercept_direction = intercept_gradient + momentum * intercept_velocity
    slope_direction = slope_gradient + momentum * slope_velocity
    return {
        **fit,
        "intercept_velocity": intercept_velocity,
        "slope_velocity": slope_velocity,
        "intercept_direction": intercept_direction,
        "slope_direction": slope_direction,
        **moved(
            intercept, slope, intercept - learning_rate * intercept_direction, slope - learning_rate * slope_direction
        ),
    }
