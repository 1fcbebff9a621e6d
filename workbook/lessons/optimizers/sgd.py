"""SGD: against the gradient, by the learning rate."""

from workbook.lesson.lesson import Formula, Given, Sheet
from workbook.lessons.optimizers.table import TWO, Optimizer, learning_rate


def sheet(rate: float) -> Sheet:
    """Plain stochastic gradient descent, a finite difference beside each gradient."""
    nudge = Given(
        name="nudge",
        title="nudge",
        value=0.01,
        low=0.001,
        high=1.0,
        number_format="0.000",
        words="how far a parameter is moved, to measure a slope",
    )
    columns = tuple(
        Formula(
            name=f"{parameter}_numeric",
            axes="step",
            title=f"by finite difference, {parameter}",
            number_format=TWO,
            width=12,
            scale="y squared_error",
            bound=1e-9,
            reason="a difference of two squares is divided by the nudge",
            pattern=f"(({up}-y)^2-squared_error)/nudge",
        )
        for parameter, up in (
            ("intercept", "intercept+nudge+slope*x"),
            ("slope", "intercept+(slope+nudge)*x"),
        )
    )
    return Optimizer(
        name="sgd",
        title="SGD",
        summary="a step against the gradient of one point; a finite difference beside each gradient",
        words="""
            Take one point, see how its squared error changes with each parameter (the gradient), and move each parameter against it: new
            = old − learning rate × gradient. The old parameter is moved; it is not replaced by rate × gradient.
        """,
        tries="Triple the learning rate, and watch both charts.",
        hyper=(learning_rate(rate, high=1.0), nudge),
        columns=columns,
        step="{p}-learning_rate*{p}_gradient",
    ).sheet()
