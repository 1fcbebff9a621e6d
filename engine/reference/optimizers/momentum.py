"""Gradient descent with momentum: the step goes along a velocity, a running sum or average of the gradients.

    torch:    velocity = g at the first step (at all where momentum is 0), then momentum before + (1 - dampening) g
    lecture:  velocity = momentum before + (1 - momentum) g, from 0, at every step
    new = old - learning_rate velocity

The lecture's rule is torch's without dampening at learning_rate (1 - momentum).

    >>> state = {"intercept_velocity_before": 0.0, "slope_velocity_before": 0.0}
    >>> rule = {"learning_rate": 0.1, "momentum": 0.75, "dampening": 0.0}
    >>> step(1.0, 2.0, 10.0, 1.0, 3.0, **state, **rule, convention="torch")["slope_velocity"]
    -12.0
    >>> step(1.0, 2.0, 10.0, 1.0, 3.0, **state, **rule, convention="lecture")["slope_velocity"]
    -3.0

Source: torch.optim.SGD(momentum, dampening); Polyak 1964. The lecture's is an exponentially weighted average.
"""

from engine.reference import Result
from engine.reference.optimizers.row import Number, forward, moved, refuse_unknown, where


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
    dampening: float,
    convention: str,
) -> Result:
    """One step of SGD with momentum a row, shapes (step,); convention is "torch" or "lecture"."""
    refuse_unknown("convention", convention, ("torch", "lecture"))
    fit = forward(x, y, intercept, slope)
    intercept_gradient, slope_gradient = fit["intercept_gradient"], fit["slope_gradient"]
    share = 1 - dampening if convention == "torch" else 1 - momentum
    intercept_velocity = momentum * intercept_velocity_before + share * intercept_gradient
    slope_velocity = momentum * slope_velocity_before + share * slope_gradient
    if convention == "torch":
        fresh = (step_number == 1) | (momentum == 0)
        intercept_velocity = where(fresh, intercept_gradient, intercept_velocity)
        slope_velocity = where(fresh, slope_gradient, slope_velocity)
    return {
        **fit,
        "intercept_velocity": intercept_velocity,
        "slope_velocity": slope_velocity,
        **moved(
            intercept, slope, intercept - learning_rate * intercept_velocity, slope - learning_rate * slope_velocity
        ),
    }
