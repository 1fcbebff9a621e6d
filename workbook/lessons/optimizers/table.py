"""What every optimizer's sheet shares: a row a step, from data to new parameters, and the true error by epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import (
    QUIET,
    Beside,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Series,
    Sheet,
    Unprinted,
    Words,
)

LIMIT = "1000000000000"
TWO, FOUR = "0.00", "0.0000"
PARAMETERS = ("intercept", "slope")
RUNS = ("sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw")
"""The optimizers; the place of each is its colour in every chart of the workbook."""
MOMENTS = ("at the start", "after step 1", "after epoch 1", "at the end")
ENDS = 2
REST = ("start", "eps", "dampening", "nudge")
"""Hyper-parameters that are seldom changed: they stand to the right."""


def both(
    name: str, title: str, pattern: str, scale: str = "", prefix: str = "", axis: str = "step"
) -> tuple[Formula, ...]:
    """The same column for intercept and slope; `{p}` in pattern and scale stands for either, its run's prefix before it."""
    return tuple(
        Formula(
            name=f"{prefix}{parameter}_{name}",
            axes=axis,
            title=f"{title}, {parameter}",
            number_format=FOUR,
            width=13,
            scale=scale.format(p=prefix + parameter),
            pattern=pattern.format(p=prefix + parameter),
        )
        for parameter in PARAMETERS
    )


def forward(prefix: str = "", axis: str = "step") -> tuple[Formula, ...]:
    """From the parameters to the gradients: the columns that every optimizer has; `prefix` tells runs on one sheet apart."""
    at = {
        name: f"{prefix}{name}"
        for name in ("intercept", "slope", "verdict", "prediction", "new_intercept", "new_slope")
    }
    return (
        Formula(
            name=at["intercept"],
            axes=axis,
            title="intercept",
            width=12,
            role="parameter",
            number_format=FOUR,
            pattern=f"PREV({prefix}new_intercept, data.start_intercept)",
        ),
        Formula(
            name=at["slope"],
            axes=axis,
            title="slope",
            width=12,
            role="parameter",
            number_format=FOUR,
            pattern=f"PREV({prefix}new_slope, data.start_slope)",
        ),
        Formula(
            name=at["verdict"],
            axes=axis,
            title="verdict",
            text=True,
            pattern=f'IF({_beyond(at["new_intercept"], at["new_slope"])}, "diverged", "")',
        ),
        Formula(
            name=at["prediction"],
            axes=axis,
            title="prediction",
            width=12,
            number_format=TWO,
            pattern=f"{at['intercept']}+{at['slope']}*x",
        ),
        Formula(
            name=f"{prefix}squared_error",
            axes=axis,
            title="squared error",
            width=11,
            number_format=TWO,
            scale="y",
            pattern=f"({at['prediction']}-y)^2",
        ),
        Formula(
            name=f"{prefix}intercept_gradient",
            axes=axis,
            title="gradient, intercept",
            width=12,
            number_format=TWO,
            scale="y",
            pattern=f"2*({at['prediction']}-y)",
        ),
        Formula(
            name=f"{prefix}slope_gradient",
            axes=axis,
            title="gradient, slope",
            width=11,
            number_format=TWO,
            scale="y",
            pattern=f"2*x*({at['prediction']}-y)",
        ),
    )


def update(pattern: str, prefix: str = "", axis: str = "step") -> tuple[Formula, ...]:
    """The new parameters; `{p}` stands for intercept or slope; a run that has diverged stays where it is."""
    diverged = _beyond(f"{prefix}intercept", f"{prefix}slope")
    return tuple(
        Formula(
            name=f"{prefix}new_{parameter}",
            axes=axis,
            title=f"new {parameter}",
            width=12,
            role="result",
            number_format=FOUR,
            scale=f"{prefix}{parameter}",
            pattern=f"IF({diverged}, {prefix}{parameter}, {pattern.format(p=prefix + parameter)})",
        )
        for parameter in PARAMETERS
    )


def _beyond(intercept: str, slope: str) -> str:
    """Whether a line is so far away that its run has diverged."""
    return f"ABS({intercept})+ABS({slope})>{LIMIT}"


def rows() -> tuple[Formula, ...]:
    """The point of each step, copied from Data."""
    return (
        label("step_number", "step", "data.step_number", "step", number_format="0"),
        Formula(name="x", axes="step", title="x", number_format="General", pattern="data.row_x"),
        Formula(name="y", axes="step", title="y", number_format="General", pattern="data.row_y"),
    )


def epochs(prefix: str = "") -> tuple[Formula, ...]:
    """The true error, over all points, with the parameters at the end of each epoch."""
    return (
        Formula(
            name=f"{prefix}epoch_intercept",
            axes="epoch",
            title="intercept",
            number_format=FOUR,
            pattern=f"INDEX({prefix}new_intercept, epoch_step, 1)",
        ),
        Formula(
            name=f"{prefix}epoch_slope",
            axes="epoch",
            title="slope",
            number_format=FOUR,
            pattern=f"INDEX({prefix}new_slope, epoch_step, 1)",
        ),
        Formula(
            name=f"{prefix}epoch_rmse",
            axes="epoch",
            title="true RMSE",
            number_format=FOUR,
            role="result",
            scale="data.y",
            pattern=f"SQRT(SUMPRODUCT((data.y-{prefix}epoch_intercept-{prefix}epoch_slope*data.x)^2)/COUNT(data.y))",
        ),
        Formula(
            name=f"{prefix}epoch_verdict",
            axes="epoch",
            title="verdict",
            text=True,
            pattern=f"INDEX({prefix}verdict, epoch_step, 1)",
        ),
    )


EPOCH = (
    label("epoch_number", "epoch", "data.epoch_number", "epoch", number_format="0"),
    label("epoch_step", "epoch", "data.epoch_step", "last step", number_format="0"),
)
MOMENT: tuple[Given | Formula, ...] = (
    axis_numbers("moment_number", "moment", "line"),
    Formula(
        name="moment_step",
        axes="moment",
        title="after step",
        number_format="0",
        pattern="IF(moment_number=1, 0, IF(moment_number=2, 1, IF(moment_number=3, COUNT(data.x), COUNT(step_number))))",
    ),
    *(
        Formula(
            name=f"moment_{parameter}",
            axes="moment",
            title=parameter,
            number_format=FOUR,
            pattern=f"IF(moment_step=0, data.start_{parameter}, INDEX(new_{parameter}, MAX(1, moment_step), 1))",
        )
        for parameter in PARAMETERS
    ),
    axis_numbers("end_number", "end", "end of the line", across="end"),
    Formula(
        name="end_x",
        axes="end",
        across="end",
        title="its x",
        number_format="General",
        pattern="IF(end_number=1, MIN(data.x), MAX(data.x))",
    ),
    Formula(
        name="end_y",
        axes="end moment",
        across="end",
        title="its y",
        number_format=TWO,
        scale="moment_intercept",
        pattern="moment_intercept+moment_slope*end_x",
    ),
)
"""The line at four moments, by its two ends: what a chart draws."""
LAST_RMSE = Formula(
    name="last_rmse",
    title="true RMSE at the end",
    number_format=FOUR,
    role="result",
    scale="data.y",
    pattern="INDEX(epoch_rmse, COUNT(epoch_rmse), 1)",
    words="how far the line misses the points",
)
POINTS = {"x_points": "data.x", "y_points": "data.y"}
CONVENTION = Given(
    name="convention",
    title="convention",
    value="torch",
    choices=("torch", "lecture"),
    words="whose rule: torch's, or the lecture's",
)
START = Given(
    name="start",
    title="start at",
    value=0.0,
    low=0.0,
    high=0.0,
    fixed=True,
    number_format="0",
    words="the averages, before the first step",
)


def learning_rate(value: float, high: float = 10.0, words: str = "") -> Given:
    """The rate, within the range that the sheet accepts."""
    return Given(
        name="learning_rate",
        title="learning rate",
        value=value,
        low=0.0,
        high=high,
        unit=value,
        number_format="General",
        words=words or "how far a step goes",
    )


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """One optimizer's sheet.

    Args:
        name: of the sheet, and of the module `engine.*.optimizers.NAME` whose `step` derives it.
        title: of the sheet.
        summary: beside its link.
        words: under its heading.
        tries: what to change, and what to watch.
        experts: what torch and the lecture do, at the end of the sheet.
        hyper: its hyper-parameters.
        columns: what stands between the gradients and the new parameters.
        step: the new parameter's pattern, `{p}` for intercept or slope.
        state: parameter of the function → result, for what PREV reads in place.
    """

    name: str
    title: str
    summary: str
    words: str
    tries: str
    experts: str = ""
    hyper: tuple[Given, ...]
    columns: tuple[Formula, ...] = ()
    step: str
    state: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def sheet(self) -> Sheet:
        """The sheet: hyper-parameters, the line and its error as charts, a row a step; below, what the charts draw."""
        table = (*rows(), *forward(), *self.columns, *update(self.step))
        steps = [*(block.name for block in table if block.name != "verdict"), "|", "verdict"]
        rest = [given.name for given in self.hyper if given.name in REST]
        return Sheet(
            name=self.name,
            title=self.title,
            summary=self.summary,
            words=self.words,
            tries=self.tries,
            experts=self.experts,
            blocks=(*self.hyper, LAST_RMSE, *EPOCH, *epochs(), *MOMENT, *table),
            layout=(
                Beside(
                    (
                        (
                            Fields(
                                " ".join([*(given.name for given in self.hyper if given.name not in REST), "last_rmse"])
                            ),
                        ),
                        *(((Words("More settings"), Fields(" ".join(rest))),) if rest else ()),
                    )
                ),
                Charts("line error"),
                Beside(((Words("Each row is a step: one point, one update"), Grid(" ".join(steps))),)),
                Unprinted(),
                Words("The true error, over all points, at the end of each epoch"),
                Grid("epoch_number epoch_step epoch_intercept epoch_slope epoch_rmse | epoch_verdict"),
                Words("The lines of the chart"),
                Grid(
                    """
                    .             .           .                .            end_number
                    .             .           .                .            end_x
                    moment_number moment_step moment_intercept moment_slope end_y
                    """
                ),
            ),
            charts=self._charts(),
            derive=(
                Derive(f"optimizers.{self.name}.step", step="step", state=self.state, elementwise=True),
                Derive("line.epoch_rmse", inputs=POINTS, shown=False),
                Derive("line.epoch_verdict", shown=False),
                Derive(
                    "line.moments",
                    inputs={
                        "x_points": "data.x",
                        **{f"start_{parameter}": f"data.start_{parameter}" for parameter in PARAMETERS},
                    },
                    shown=False,
                ),
            ),
        )

    def _charts(self) -> tuple[Chart, Chart]:
        colour = RUNS.index(self.name)
        start, *later = MOMENTS
        lines = (
            Series("end_y", start, "end_x", (0,), kind="line", colour=QUIET, dash=1),
            *(
                Series("end_y", when, "end_x", (k,), kind="line", colour=colour, dash=3 - k)
                for k, when in enumerate(later, start=1)
            ),
        )
        return (
            Chart(
                name="line",
                title=f"The line that {self.title} fits",
                kind="points",
                series=(Series("data.y", "points", "data.x", colour=QUIET), *lines),
                x_title="x",
                y_title="y",
                alt="The points, and the line at the start, after one step, after one epoch and at the end.",
                columns=5,
                rows=12,
            ),
            Chart(
                name="error",
                title="True RMSE by epoch",
                series=(Series("epoch_rmse", "true RMSE", "epoch_number", colour=colour),),
                x_title="epoch",
                y_title="RMSE",
                alt=f"The true error of {self.title} at the end of each epoch, on an axis that begins at 0.",
                y_low=0.0,
                columns=4,
                rows=12,
            ),
        )


def state(*names: str) -> dict[str, tuple[str, str]]:
    """The state that PREV reads in place: for each name, intercept's and slope's, from `start`."""
    return {f"{p}_{name}_before": (f"{p}_{name}", "start") for name in names for p in PARAMETERS}
