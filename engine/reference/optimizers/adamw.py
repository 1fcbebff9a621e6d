"""AdamW: Adam with weight decay beside the gradient, so that no average divides it.

    shrunk = (1 - learning_rate wd) old
    new = shrunk - (learning_rate / average_correction) average / (sqrt(square) / sqrt(square_correction) + eps)

    >>> found = step(
    ...     1.0, 2.0, 10.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, learning_rate=0.5, beta1=0.75, beta2=0.96, eps=0.0, wd=0.5
    ... )
    >>> found["slope_shrunk"], round(float(found["new_slope"]), 12)
    (2.25, 2.75)

Source: torch.optim.AdamW; Loshchilov and Hutter 2019, algorithm 2.
"""

from engine.reference import Result
from engine.reference.optimizers.adam import changes, running_averages
from engine.reference.optimizers.row import Number, forward, moved


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
    wd: float,
) -> Result:
    """One step of AdamW a row, shapes (step,); wd is torch's weight_decay."""
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
    average_correction = 1 - beta1**step_number
    square_correction = 1 - beta2**step_number
    rate = learning_rate / average_correction
    intercept_shrunk = (1 - learning_rate * wd) * intercept
    slope_shrunk = (1 - learning_rate * wd) * slope
    intercept_change, slope_change = changes(averages, rate, square_correction, eps)
    return {
        **fit,
        **averages,
        "average_correction": average_correction,
        "square_correction": square_correction,
        "intercept_shrunk": intercept_shrunk,
        "slope_shrunk": slope_shrunk,
        **moved(intercept, slope, intercept_shrunk - intercept_change, slope_shrunk - slope_change),
    }
