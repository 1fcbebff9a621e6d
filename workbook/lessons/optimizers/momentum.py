"""Momentum: a running sum of the gradients, in torch's rule and in the lecture's."""

from workbook.lesson.lesson import Given, Sheet
from workbook.lessons.optimizers.table import CONVENTION, START, Optimizer, both, learning_rate, state

MOMENTUM = Given(
    name="momentum",
    title="momentum β",
    value=0.9,
    low=0.0,
    high=0.999,
    unit=0.1,
    number_format="0.000",
    words="how much of the last velocity is kept",
)


def sheet(rate: float) -> Sheet:
    """SGD with momentum."""
    return Optimizer(
        name="momentum",
        title="Momentum",
        summary="a running sum of the gradients; torch's rule and the lecture's, a factor 1 − β apart",
        words="""
            The velocity keeps most of what it was and adds the new gradient, so steps that agree add up and steps that disagree cancel.
        """,
        tries="Raise β to 0.99, and watch both charts.",
        experts="""
            Torch adds the whole gradient (from the second step on, without the share called dampening); the lecture adds (1 − β) of it, an average.
            The lecture's rule at rate r is torch's at rate r·(1 − β).
        """,
        hyper=(
            CONVENTION,
            learning_rate(rate / 10, high=1.0),
            MOMENTUM,
            Given(
                name="dampening",
                title="dampening",
                value=0.0,
                low=0.0,
                high=1.0,
                unit=0.1,
                number_format="0.000",
                words="torch only: the share by which each later gradient is reduced",
            ),
            START,
        ),
        columns=both(
            "velocity",
            "velocity",
            """IF(convention="lecture", momentum*PREV({p}_velocity, start)+(1-momentum)*{p}_gradient,
               IF(OR(step_number=1, momentum=0), {p}_gradient, momentum*PREV({p}_velocity, start)+(1-dampening)*{p}_gradient))""",
            scale="{p}_gradient",
        ),
        step="{p}-learning_rate*{p}_velocity",
        state=state("velocity"),
    ).sheet()
