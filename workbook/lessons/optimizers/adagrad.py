"""Adagrad: each gradient divided by the root of the sum of all its squares."""

from workbook.lesson.lesson import Formula, Given, Sheet
from workbook.lessons.optimizers.table import START, Optimizer, both, learning_rate, state


def sheet() -> Sheet:
    """Adagrad, torch's rule."""
    return Optimizer(
        name="adagrad",
        title="Adagrad",
        summary="each gradient divided by the root of the sum of all its squares: the rate only shrinks",
        words="""
            Like RMSprop with a sum in place of an average: the divisor only grows, so what a gradient is multiplied by only shrinks. A
            step can still be longer than the one before: where the gradient has grown by more than the divisor.
        """,
        tries="Double the learning rate, and watch how much the error changes.",
        hyper=(
            learning_rate(5.0, high=100.0),
            Given(
                name="lr_decay",
                title="rate decay",
                value=0.0,
                low=0.0,
                high=1.0,
                unit=0.01,
                number_format="0.000",
                words="rate in step t = learning rate / (1 + (t − 1) · decay)",
            ),
            Given(
                name="eps",
                title="eps",
                value=1e-10,
                low=1e-12,
                high=1.0,
                probe=1.0,
                number_format="0.0E+00",
                words="keeps the division from failing",
            ),
            START,
        ),
        columns=(
            Formula(
                name="rate",
                axes="step",
                title="rate",
                number_format="0.0000",
                pattern="learning_rate/(1+(step_number-1)*lr_decay)",
            ),
            *both("sum", "sum of squares", "PREV({p}_sum, start)+{p}_gradient^2"),
        ),
        step="{p}-rate*{p}_gradient/(SQRT({p}_sum)+eps)",
        state=state("sum"),
    ).sheet()
