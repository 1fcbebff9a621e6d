"""RMSprop: each gradient divided by the running size of its own."""

from workbook.lesson.lesson import Given, Sheet
from workbook.lessons.optimizers.table import CONVENTION, START, Optimizer, both, learning_rate, state


def sheet() -> Sheet:
    """RMSprop, centred or not."""
    return Optimizer(
        name="rmsprop",
        title="RMSprop",
        summary="each gradient divided by the root of the running average of its square; centred by a switch",
        words="""
            The average of the squared gradients says how large they usually are. Divided by its root, small gradients and large ones make
            steps of the order of the learning rate. The average starts at 0 and fills slowly, so the first step is long.
        """,
        tries="Make the learning rate ten times as large, and watch the error.",
        experts="""
            Torch's first step is 1/√(1 − α) learning rates long, ten at α = 0.99. Torch uses the average of the same row and adds eps. The lecture uses
            the average of the row before, no eps, and α = 0.9; its first row would be 0 divided by 0, and does not move here.
        """,
        hyper=(
            CONVENTION,
            learning_rate(0.1, high=10.0),
            Given(
                name="alpha",
                title="α",
                value=0.99,
                low=0.1,
                high=0.9999,
                unit=0.1,
                number_format="0.0000",
                words="how much of the average is kept",
            ),
            Given(
                name="eps",
                title="eps",
                value=1e-8,
                low=1e-12,
                high=1.0,
                probe=1.0,
                number_format="0.0E+00",
                words="torch only: avoids dividing by 0",
            ),
            Given(
                name="centred",
                title="centred",
                value="no",
                choices=("no", "yes"),
                words="torch only: yes subtracts the average's square",
            ),
            START,
        ),
        columns=(
            *both("square", "average square", "alpha*PREV({p}_square, start)+(1-alpha)*{p}_gradient^2"),
            *both("mean", "average", "alpha*PREV({p}_mean, start)+(1-alpha)*{p}_gradient", scale="{p}_gradient"),
            *both(
                "size",
                "size",
                """IF(convention="lecture", SQRT(PREV({p}_square, start)),
                   SQRT(MAX(0, {p}_square-IF(centred="yes", {p}_mean^2, 0)))+eps)""",
            ),
        ),
        step="IF({p}_size=0, {p}, {p}-learning_rate*{p}_gradient/{p}_size)",
        state=state("square", "mean"),
    ).sheet()
