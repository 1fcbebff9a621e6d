"""Adam: momentum over the root of RMSprop's average, both corrected for starting at 0."""

from dataclasses import dataclass

from workbook.lesson.labels import label
from workbook.lesson.lesson import Derive, Formula, Given, Sheet
from workbook.lessons.optimizers.table import (
    CONVENTION,
    FOUR,
    PARAMETERS,
    POINTS,
    START,
    Optimizer,
    both,
    forward,
    learning_rate,
    state,
    update,
)

BETAS = (
    Given(
        name="beta1",
        title="β1",
        value=0.9,
        low=0.0,
        high=0.999,
        unit=0.1,
        number_format="0.0000",
        words="how much of the average gradient is kept",
    ),
    Given(
        name="beta2",
        title="β2",
        value=0.999,
        low=0.0,
        high=0.9999,
        unit=0.1,
        number_format="0.0000",
        words="how much of the average square is kept",
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


def averages() -> tuple[Formula, ...]:
    """The running averages of gradient and square."""
    return (
        *both("average", "average", "beta1*PREV({p}_average, start)+(1-beta1)*{p}_gradient", scale="{p}_gradient"),
        *both("square", "average square", "beta2*PREV({p}_square, start)+(1-beta2)*{p}_gradient^2"),
    )


def filled(beta: str) -> str:
    """1 - beta^t: how much of an average that starts at 0 is filled; EXP and LN, for a power would underflow at late steps."""
    return f"1-IF({beta}=0, 0, EXP(step_number*LN({beta})))"


def correction(name: str, beta: str, otherwise: str = "") -> Formula:
    """The column of 1 - beta^t."""
    return Formula(
        name=f"{name}_correction",
        axes="step",
        title=f"1 − {'β1' if beta == 'beta1' else 'β2'}ᵗ",
        number_format="0.000000",
        pattern=otherwise.format(filled(beta)) if otherwise else filled(beta),
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
            The average gradient says where to go, the root of the average square how far a gradient usually reaches. Both start at 0 and
            are too small at first, so they are divided by 1 − βᵗ, which nears 1.
        """,
        tries="Lower β2 to 0.99, and watch both charts.",
        experts="Torch divides by 1 − βᵗ. The lecture leaves that out, and eps too: the switch shows both. Fastai's β2 is 0.99, the lecture's 0.9.",
        hyper=(CONVENTION, learning_rate(1.0, high=10.0), *BETAS, START),
        columns=(*averages(), correction("average", "beta1", lecture), correction("square", "beta2", lecture)),
        step=f"""IF(convention="lecture", IF({{p}}_square=0, {{p}}, {{p}}-learning_rate*{{p}}_average/SQRT({{p}}_square)), {{p}}-{STEP})""",
        state=state("average", "square"),
    ).sheet()


@dataclass(frozen=True)
class AdamRun:
    """A run of torch's Adam beside others on one sheet, its rate and β1 from any block.

    Args:
        prefix: what its blocks' names begin with.
        title: its name for people.
        rate: the block that holds its learning rate, a scalar or one a step.
        beta1: the block that holds β1.
    """

    prefix: str
    title: str
    rate: str
    beta1: str = "beta1"

    def columns(self) -> tuple[Formula, ...]:
        """From parameters to new parameters."""
        b = self.beta1
        average = f"{b}*PREV({{p}}_average, start)+(1-{b})*{{p}}_gradient"
        square = "beta2*PREV({p}_square, start)+(1-beta2)*{p}_gradient^2"
        step = f"{self.rate}/({filled(b)})*{{p}}_average/(SQRT({{p}}_square)/SQRT({filled('beta2')})+eps)"
        return (
            label(f"{self.prefix}step", "step", "step_number", "step", number_format="0"),
            *forward(self.prefix),
            *both("average", "average", average, "{p}_gradient", self.prefix),
            *both("square", "average square", square, prefix=self.prefix),
            *update(f"{{p}}-{step}", self.prefix),
        )

    def derive(self, function: str = "optimizers.annealing.constant_step", extra: tuple[str, ...] = ()) -> Derive:
        """The pair of functions that derive it; `extra` names further state of the run, each a column."""
        states = [f"{p}_{name}" for name in ("average", "square") for p in PARAMETERS]
        results = (
            "verdict",
            "prediction",
            "squared_error",
            "intercept_gradient",
            "slope_gradient",
            "new_intercept",
            "new_slope",
        )
        inputs = {p: f"{self.prefix}{p}" for p in PARAMETERS} | {"learning_rate": self.rate, "beta1": self.beta1}
        return Derive(
            function,
            inputs=inputs | {f"{name}_before": f"{self.prefix}{name}_before" for name in (*states, *extra)},
            outputs={key: f"{self.prefix}{key}" for key in (*results, *states, *extra)},
            step="step",
            state={f"{self.prefix}{name}_before": (f"{self.prefix}{name}", "start") for name in (*states, *extra)},
            elementwise=True,
            shown=not self.prefix.startswith("constant"),
        )

    def rmse(self) -> Formula:
        """The true error after each step."""
        squares = f"(data.y-{self.prefix}new_intercept-{self.prefix}new_slope*data.x)^2"
        return Formula(
            name=f"{self.prefix}rmse",
            axes="step",
            title=f"true RMSE, {self.title}",
            number_format=FOUR,
            role="result",
            scale="data.y",
            pattern=f"SQRT(SUMPRODUCT({squares})/COUNT(data.y))",
        )

    def derive_rmse(self) -> Derive:
        """The pair of functions that derive the true error."""
        path = {name: f"{self.prefix}{name}" for name in ("new_intercept", "new_slope")}
        return Derive("line.path_rmse", inputs={**POINTS, **path}, outputs={"rmse": f"{self.prefix}rmse"}, shown=False)
