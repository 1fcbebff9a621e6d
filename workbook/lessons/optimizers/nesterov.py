"""Nesterov: momentum that looks one step ahead."""

from workbook.lesson.lesson import Sheet
from workbook.lessons.optimizers.momentum import MOMENTUM
from workbook.lessons.optimizers.table import START, Optimizer, both, learning_rate, state


def sheet(rate: float) -> Sheet:
    """SGD with Nesterov's momentum, torch's rule."""
    return Optimizer(
        name="nesterov",
        title="Nesterov",
        summary="momentum that looks a step ahead: the gradient once more, plus the velocity kept",
        words="""
            Look a step ahead: the step goes along the gradient plus the velocity as it will be after one more decay, as if the gradient
            had been taken there.
        """,
        tries="Raise β here and on Momentum to 0.95, and compare the two errors.",
        experts="The velocity is torch's, as on Momentum. The lecture has no Nesterov.",
        hyper=(learning_rate(rate / 10, high=1.0), MOMENTUM, START),
        columns=(
            *both(
                "velocity",
                "velocity",
                "momentum*PREV({p}_velocity, start)+{p}_gradient",
                scale="{p}_gradient",
            ),
            *both("direction", "direction", "{p}_gradient+momentum*{p}_velocity", scale="{p}_gradient"),
        ),
        step="{p}-learning_rate*{p}_direction",
        state=state("velocity"),
    ).sheet()
