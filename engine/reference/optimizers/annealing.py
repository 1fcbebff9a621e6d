"""Annealing: Adam at a rate that falls, by a schedule or by the lecture's rule for when to lower it.

    schedule:  decaying_rate = learning_rate / (1 + decay (step_number - 1))
    the rule:  the energy of an epoch is the sum of its slope_gradient^2; where the epoch just ended has more than
               ratio times the energy of the one before it, and that one is above least_energy, the rate is divided
               by divisor; the lecture's ratio is 2 and its divisor 4

The step is torch's Adam (see `adam`) in both.

    >>> import numpy as np
    >>> rates(np.array([1.0, 2.0, 5.0]), learning_rate=1.0, decay=0.25)["decaying_rate"].tolist()
    [1.0, 0.8, 0.5]
    >>> times_divided(np.array([0.0, 1.0, 0.0, 1.0]))["times_divided"]
    2.0

Source: the lecture's annealing macro, unrolled into rows; torch.optim.Adam.
"""

import numpy as np

from engine.reference import Array, Result
from engine.reference.optimizers.adam import changes, running_averages
from engine.reference.optimizers.row import Number, forward, moved, where


def rates(step_number: Array, learning_rate: float, decay: float) -> Result:
    """The rate of each step, shape (step,): learning_rate at the first, half of it 1 / decay steps later."""
    return {"decaying_rate": learning_rate / (1 + decay * (step_number - 1))}


def constant_step(
    step_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_average_before: Number,
    slope_average_before: Number,
    intercept_square_before: Number,
    slope_square_before: Number,
    learning_rate: Number,
    beta1: Number,
    beta2: float,
    eps: float,
) -> Result:
    """One step of torch's Adam a row, shapes (step,); learning_rate and beta1 may be one for all or one a row.

    The correction of the average, 1 - beta1^t, takes the row's own beta1, as torch's does when a schedule moves it.

        >>> start, rule = (0.0, 0.0, 0.0, 0.0), {"beta1": 0.75, "beta2": 0.96, "eps": 0.0}
        >>> found = constant_step(1.0, 2.0, 10.0, 1.0, 3.0, *start, learning_rate=0.5, **rule)
        >>> found["slope_average"], round(float(found["new_slope"]), 12)
        (-3.0, 3.5)
    """
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
    rate = learning_rate / (1 - beta1**step_number)
    intercept_change, slope_change = changes(averages, rate, 1 - beta2**step_number, eps)
    return {
        **fit,
        **averages,
        **moved(intercept, slope, intercept - intercept_change, slope - slope_change),
    }


def macro_step(
    step_number: Number,
    point_number: Number,
    x: Number,
    y: Number,
    intercept: Number,
    slope: Number,
    intercept_average_before: Number,
    slope_average_before: Number,
    intercept_square_before: Number,
    slope_square_before: Number,
    rate_before: Number,
    energy_before: Number,
    last_energy_before: Number,
    beta1: float,
    beta2: float,
    eps: float,
    ratio: float,
    divisor: float,
    least_energy: float,
) -> Result:
    """One step of torch's Adam a row, shapes (step,), at the rate that the lecture's rule leaves.

    Args:
        step_number: the step, from 1.
        point_number: the row's place in its epoch, from 1.
        x: the row's input.
        y: the row's target.
        intercept: the parameter before the step.
        slope: the parameter before the step.
        intercept_average_before: the running average of the gradients.
        slope_average_before: the same, for the slope.
        intercept_square_before: the running average of the squares of the gradients.
        slope_square_before: the same, for the slope.
        rate_before: the rate of the step before.
        energy_before: the energy of the epoch up to here; at an epoch's first row, of the whole epoch just ended.
        last_energy_before: the energy of the epoch before that one, 0 where there was none.
        beta1: what an average keeps of itself.
        beta2: what an average of squares keeps of itself.
        eps: added to the size of the gradients.
        ratio: the growth of the energy from one epoch to the next beyond which the rate is divided.
        divisor: what the rate is then divided by.
        least_energy: an epoch whose energy is not above it is not compared with the next.

    Returns:
        What `constant_step` returns, the rate, energy and last_energy to go on with, and divided: 1 in a row that
        divides the rate, else 0.
    """
    first = point_number == 1
    divides = first & (last_energy_before > least_energy) & (energy_before > ratio * last_energy_before)
    rate = where(divides, rate_before / divisor, rate_before)
    slope_gradient = forward(x, y, intercept, slope)["slope_gradient"]
    return {
        **constant_step(
            step_number,
            x,
            y,
            intercept,
            slope,
            intercept_average_before,
            slope_average_before,
            intercept_square_before,
            slope_square_before,
            rate,
            beta1,
            beta2,
            eps,
        ),
        "rate": rate,
        "energy": where(first, 0.0, energy_before) + slope_gradient * slope_gradient,
        "last_energy": where(first, energy_before, last_energy_before),
        "divided": where(divides, 1.0, 0.0),
    }


def times_divided(divided: Array) -> Result:
    """How many of the rows (step) divided the rate."""
    return {"times_divided": float(np.count_nonzero(divided))}
