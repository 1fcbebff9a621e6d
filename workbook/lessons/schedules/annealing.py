"""Annealing: five ways to let a rate fall."""

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words

WAYS = ("step", "exponential", "linear", "cosine", "polynomial")


def sheet() -> Sheet:
    """Step, exponential, linear, cosine and polynomial annealing, as torch has them."""
    done = "(step_number-1)"
    patterns = {
        "step": f"first_rate*gamma^INT({done}/step_size)",
        "exponential": f"first_rate*gamma^{done}",
        "linear": f"first_rate+(last_rate-first_rate)*{done}/(steps-1)",
        "cosine": f"last_rate+(first_rate-last_rate)*(1+COS(PI()*{done}/(steps-1)))/2",
        "polynomial": f"first_rate*(1-{done}/steps)^power",
    }
    names = {
        "step": "StepLR",
        "exponential": "ExponentialLR",
        "linear": "LinearLR",
        "cosine": "CosineAnnealingLR",
        "polynomial": "PolynomialLR",
    }
    return Sheet(
        name="annealing",
        title="Annealing",
        summary="five ways to let the rate fall, step by step, as torch's schedulers give them",
        words="""
            At first long steps find the valley; later they jump over its floor. So the rate falls while training goes on. Each column is
            one way to let it fall.
        """,
        tries="Change γ or the plateau, and watch the curves.",
        experts="""
            Each column is the rate that torch's scheduler uses in that step. LinearLR and CosineAnnealingLR are given one step less than there are
            (total_iters, T_max), so that the last step has the last rate; PolynomialLR is given all steps, and would reach 0 after the last.
        """,
        blocks=(
            Given(name="first_rate", title="first rate", value=0.01, low=1e-6, high=10.0, number_format="0.000000"),
            Given(
                name="last_rate",
                title="last rate",
                value=0.0001,
                low=0.0,
                high=10.0,
                unit=0.0001,
                number_format="0.000000",
                words="of linear and cosine",
            ),
            Given(
                name="gamma",
                title="γ",
                value=0.9,
                low=0.1,
                high=1.0,
                number_format="0.000",
                words="what the rate is multiplied by: at each step, or after each plateau; StepLR's default is 0.1",
            ),
            Given(
                name="step_size",
                title="plateau",
                value=10.0,
                low=1,
                high=100,
                whole=True,
                number_format="0",
                words="steps on one rate, of StepLR",
            ),
            Given(
                name="power", title="power", value=2.0, low=0.5, high=5.0, number_format="0.0", words="of PolynomialLR"
            ),
            Given(
                name="steps", title="steps", value=60.0, low=2, high=60, fixed=True, number_format="0", words="in all"
            ),
            axis_numbers("step_number", "turn", "step"),
            *(
                Formula(
                    name=f"{way}_rate",
                    axes="turn",
                    title=names[way],
                    number_format="0.000000",
                    width=17,
                    pattern=patterns[way],
                )
                for way in WAYS
            ),
        ),
        layout=(
            Fields("first_rate last_rate gamma step_size power steps"),
            Charts("rates"),
            Words("The rate used in each step"),
            Grid("step_number " + " ".join(f"{way}_rate" for way in WAYS)),
        ),
        charts=_charts(),
        derive=(Derive("schedules.annealing"),),
    )


def _charts() -> tuple[Chart, ...]:
    """The rate of each way, step by step."""
    return (
        Chart(
            name="rates",
            title="Learning rate by step",
            series=tuple(Series(f"{way}_rate", way, "step_number") for way in WAYS),
            x_title="step",
            y_title="rate",
            rows=15,
            alt="Five curves that fall from the same rate: in steps, exponentially, in a line, by a cosine, by a power.",
        ),
    )
