"""Adam: momentum over the root of RMSprop's average, both corrected for starting at 0."""

from workbook.lesson import Formula, Given, Sheet
from workbook.lessons.optimizers.table import CONVENTION, START, Optimizer, both, learning_rate, state

BETAS = (
    Given(
        name="beta1",
        title="β1",
        value=0.9,
        low=0.0,
        high=0.999,
        unit=0.1,
        number_format="0.0000",
        words="kept of the average gradient",
    ),
    Given(
        name="beta2",
        title="β2",
        value=0.999,
        low=0.0,
        high=0.9999,
        unit=0.1,
        number_format="0.0000",
        words="kept of the average square; fastai's is 0.99, the lecture's 0.9",
    ),
    Given(
        name="eps",
        title="eps",
        value=1e-8,
        low=1e-12,
        high=1.0,
        probe=1.0,
        number_format="0.0E+00",
        words="keeps the division from failing",
    ),
)


def averages(prefix: str = "") -> tuple[Formula, ...]:
    """The running averages of gradient and square."""
    return (
        *both("average", "average", "beta1*PREV({p}_average, start)+(1-beta1)*{p}_gradient", scale="{p}_gradient"),
        *both("square", "average square", "beta2*PREV({p}_square, start)+(1-beta2)*{p}_gradient^2"),
    )


def correction(name: str, beta: str, otherwise: str = "") -> Formula:
    """1 − βᵗ: how much of an average that starts at 0 has been filled; EXP and LN, for a power would underflow at late steps."""
    power = f"1-IF({beta}=0, 0, EXP(step_number*LN({beta})))"
    return Formula(
        name=f"{name}_correction",
        axes="step",
        title=f"1 − {'β1' if beta == 'beta1' else 'β2'}ᵗ",
        number_format="0.000000",
        pattern=otherwise.format(power) if otherwise else power,
    )


STEP = "learning_rate/average_correction*{p}_average/(SQRT({p}_square)/SQRT(square_correction)+eps)"


def sheet() -> Sheet:
    """Adam, torch's rule and the lecture's."""
    lecture = 'IF(convention="lecture", 1, {})'
    return Optimizer(
        name="adam",
        title="Adam",
        summary="momentum over the root of RMSprop's average, both corrected for starting at 0",
        words="""
            The average gradient says where to go, the root of the average square how far a gradient usually reaches. Both start at 0 and are
            too small at first; torch divides them by 1 − βᵗ. The lecture leaves that out, and eps too.
        """,
        hyper=(CONVENTION, learning_rate(1.0, high=10.0), *BETAS, START),
        columns=(*averages(), correction("average", "beta1", lecture), correction("square", "beta2", lecture)),
        step=f"""IF(convention="lecture", IF({{p}}_square=0, {{p}}, {{p}}-learning_rate*{{p}}_average/SQRT({{p}}_square)), {{p}}-{STEP})""",
        state=state("average", "square"),
    ).sheet()
