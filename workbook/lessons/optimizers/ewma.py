"""EWMA: the average behind momentum, and what it weighs."""

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import QUIET, Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words
from workbook.lessons.optimizers.table import TWO


def sheet() -> Sheet:
    """The weights of an exponentially weighted moving average, and its correction at the start."""
    return Sheet(
        name="ewma",
        title="EWMA",
        step="step",
        summary="the exponentially weighted moving average behind momentum: its weights, half-life, and correction",
        words="""
            Momentum averages past gradients: average = β · average before + (1 − β) · new. Unrolled, the gradient of k steps ago has the
            weight (1 − β) · βᵏ. It starts at 0, so at first it is too small; divided by 1 − βᵗ it is right from the first step.
        """,
        tries="Raise β to 0.99, and watch both charts.",
        blocks=(
            Given(
                name="beta",
                title="β",
                value=0.9,
                low=0.0,
                high=0.999,
                unit=0.1,
                number_format="0.000",
                words="0.9 averages about the last ten",
            ),
            Formula(
                name="half_life",
                title="half-life",
                number_format="0.0",
                role="result",
                pattern="IF(beta=0, 0, LN(0.5)/LN(beta))",
                words="steps until a weight has halved",
            ),
            Given(name="start", title="average starts at", value=0.0, low=0.0, high=0.0, fixed=True, number_format="0"),
            axis_numbers("lag", "lag", "steps ago"),
            Formula(
                name="weight",
                axes="lag",
                title="weight",
                number_format="0.0000",
                pattern="IF(beta=0, IF(lag=0, 1, 0), (1-beta)*EXP(lag*LN(beta)))",
            ),
            Formula(
                name="weight_so_far",
                axes="lag",
                title="all so far",
                number_format="0.0000",
                pattern="IF(beta=0, 1, 1-EXP((lag+1)*LN(beta)))",
            ),
            *_averages(),
        ),
        layout=(
            Fields("beta half_life start"),
            Charts("weights averages"),
            Words("The weights, and an average of real gradients"),
            Grid("lag weight weight_so_far | step_number value average corrected"),
        ),
        charts=(
            Chart(
                name="weights",
                title="Weight of a gradient by age",
                series=(Series("weight", "weight", "lag"),),
                x_title="steps ago",
                y_title="weight",
                alt="The weights fall by the same factor each step.",
                columns=5,
                rows=15,
            ),
            Chart(
                name="averages",
                title="A gradient and its averages",
                series=(
                    Series("value", "gradient", "step_number", colour=QUIET),
                    Series("average", "average", "step_number"),
                    Series("corrected", "corrected", "step_number"),
                ),
                x_title="step",
                y_title="slope gradient",
                alt="The average follows the gradient smoothly; the corrected one is right from the first step.",
                columns=5,
                rows=15,
            ),
        ),
        derive=(Derive("ewma.weights"), Derive("ewma.smooth")),
    )


def _averages() -> tuple[Formula, ...]:
    """The average of SGD's gradients, and what it is once corrected."""
    return (
        label("step_number", "step", "data.step_number", "step", number_format="0"),
        Formula(
            name="value",
            axes="step",
            title="SGD's slope gradient",
            number_format=TWO,
            width=12,
            pattern="sgd.slope_gradient",
        ),
        Formula(
            name="average",
            axes="step",
            title="average",
            number_format=TWO,
            width=12,
            scale="value",
            pattern="beta*PREV(average, start)+(1-beta)*value",
        ),
        Formula(
            name="corrected",
            axes="step",
            title="corrected",
            number_format=TWO,
            width=12,
            scale="value",
            pattern="average/(1-IF(beta=0, 0, EXP(step_number*LN(beta))))",
        ),
    )
