"""Applied: Adam under one cycle, beside Adam at a constant rate, on the same points."""

from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words
from workbook.lessons.optimizers.adam import BETAS, AdamRun
from workbook.lessons.optimizers.table import START, rows

CONSTANT = AdamRun("constant_", "a constant rate", "constant_rate")
CYCLE = AdamRun("cycle_", "one cycle", "cycle_rate", "cycle_beta1")
RUNS = (CONSTANT, CYCLE)
BEFORE_LAST = "INDEX(data.epoch_step, COUNT(data.epoch_step)-1, 1)"
"""The last step before the last epoch."""


def sheet() -> Sheet:
    """Two runs of Adam on the points of Data."""
    return Sheet(
        name="applied",
        title="Applied",
        summary="Adam under one cycle beside Adam at a constant rate, on the 29 points",
        words="""
            Adam fits 29 points of y = 2x + 30, once at a constant rate and once under one cycle, whose highest rate is the same. At the constant rate it keeps swinging about the best line, and how near it is at the end is luck: try 3, 4
            and 8. Under one cycle the swings die out as the
            rate falls, wherever they have brought it by then.
        """,
        blocks=(
            *_rates(),
            *BETAS,
            START,
            *(
                Formula(
                    name=f"{run.prefix}last_epoch",
                    title=f"{run.title}: last epoch",
                    number_format="0.0000",
                    role="result",
                    pattern=f"SUMPRODUCT((step_number>{BEFORE_LAST})*{run.prefix}rmse)/(MAX(data.epoch_step)-{BEFORE_LAST})",
                    words="true RMSE, the mean over its steps",
                )
                for run in RUNS
            ),
            *rows(),
            Formula(
                name="cycle_rate",
                axes="step",
                title="rate of the cycle",
                number_format="0.000000",
                pattern="IF(ISNUMBER(one_cycle.torch_rate), highest_rate*one_cycle.torch_rate/one_cycle.max_rate, 0)",
            ),
            Formula(
                name="cycle_beta1",
                axes="step",
                title="β1 of the cycle",
                number_format="0.0000",
                pattern="IF(ISNUMBER(one_cycle.torch_momentum), one_cycle.torch_momentum, one_cycle.max_momentum)",
            ),
            *(run.rmse() for run in RUNS),
            *(column for run in RUNS for column in run.columns()),
        ),
        layout=(
            Fields("constant_rate highest_rate constant_last_epoch cycle_last_epoch"),
            Charts("errors"),
            Words("More settings"),
            Fields("beta1 beta2 eps start"),
            Words("The true error after each step"),
            Grid("step_number x y cycle_rate cycle_beta1 constant_rmse cycle_rmse"),
            *(
                item
                for run in RUNS
                for item in (Words(f"Adam with {run.title}"), Grid(" ".join(column.name for column in run.columns())))
            ),
        ),
        charts=(
            Chart(
                name="errors",
                title="True RMSE by step",
                series=tuple(Series(f"{run.prefix}rmse", run.title, "step_number") for run in RUNS),
                x_title="step",
                y_title="RMSE (log)",
                alt="The true error of both runs by step, on a logarithmic axis.",
                log_y=True,
                rows=16,
            ),
        ),
        derive=(
            Derive(
                "schedules.scaled",
                inputs={"rate": "one_cycle.torch_rate", "max_rate": "one_cycle.max_rate"},
                outputs={"scaled_rate": "cycle_rate"},
                shown=False,
            ),
            Derive(
                "schedules.after_end",
                inputs={"momentum": "one_cycle.torch_momentum", "max_momentum": "one_cycle.max_momentum"},
                outputs={"kept_momentum": "cycle_beta1"},
                shown=False,
            ),
            Derive("schedules.applied_summary", inputs={"epoch_step": "data.epoch_step"}, shown=False),
            *(run.derive() for run in RUNS),
            *(run.derive_rmse() for run in RUNS),
        ),
    )


def _rates() -> tuple[Given, ...]:
    """The constant rate, and the highest of the cycle."""
    return (
        Given(
            name="constant_rate",
            title="constant rate",
            value=3.0,
            low=0.0,
            high=10.0,
            unit=0.1,
            number_format="0.000",
        ),
        Given(
            name="highest_rate",
            title="highest rate of the cycle",
            value=3.0,
            low=0.0,
            high=20.0,
            unit=0.1,
            number_format="0.000",
        ),
    )
