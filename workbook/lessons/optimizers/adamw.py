"""AdamW: Adam, with the weights shrunk beside the step."""

from workbook.lesson.lesson import Given, Sheet
from workbook.lessons.optimizers.adam import BETAS, STEP, averages, correction
from workbook.lessons.optimizers.table import START, Optimizer, both, learning_rate, state


def sheet() -> Sheet:
    """AdamW, torch's rule."""
    return Optimizer(
        name="adamw",
        title="AdamW",
        summary="Adam with decoupled weight decay: the parameter is shrunk first, the gradient left alone",
        words="""
            Weight decay that is put into the gradient is divided by Adam along with it, and almost lost. AdamW shrinks the parameter by 1
            − rate × decay first, and then takes Adam's step.
        """,
        tries="Raise the decay to 0.1, and watch the line.",
        hyper=(
            learning_rate(1.0, high=10.0),
            *BETAS,
            Given(
                name="wd",
                title="weight decay",
                value=0.01,
                low=0.0,
                high=0.1,
                unit=0.01,
                number_format="0.0000",
                words="torch's default is 0.01",
            ),
            START,
        ),
        columns=(
            *averages(),
            correction("average", "beta1"),
            correction("square", "beta2"),
            *both("shrunk", "shrunk", "(1-learning_rate*wd)*{p}"),
        ),
        step=f"{{p}}_shrunk-{STEP}",
        state=state("average", "square"),
    ).sheet()
