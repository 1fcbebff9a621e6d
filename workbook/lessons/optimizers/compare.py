"""Compare: all optimizers on one chart, and their paths over the level lines of the error."""

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
    Row,
    Series,
    Sheet,
    Table,
    Words,
)
from workbook.lessons.optimizers.table import FOUR, POINTS, RUNS

TITLES = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW"}
LEVELS = (10.0, 20.0, 30.0)
RADII = ("inner", "middle", "outer")


def title(run: str) -> str:
    """The optimizer's name for people."""
    return TITLES.get(run, run.capitalize())


def sheet() -> Sheet:
    """The true error of every optimizer by step, their paths, and who arrives first."""
    return Sheet(
        name="compare",
        title="Compare",
        summary="the true error of all by step, their paths over its level lines, and who gets where first",
        words="""
            All optimizers take the same points in the same order, each at the learning rate of its own sheet. The error is the true one,
            over all points.
        """,
        tries="Change a rate on the sheet of an optimizer, and see who wins here: a well-chosen rate matters more than the optimizer.",
        blocks=(
            Given(
                name="wanted",
                title="RMSE wanted",
                value=20.0,
                low=0.001,
                high=1e6,
                number_format="0.00",
                words="who gets there first?",
            ),
            *(block for run in RUNS for block in _reached(run)),
            label("step_number", "step", "data.step_number", "step", number_format="0"),
            *(_rmse(run) for run in RUNS),
            *(
                Given(
                    name=f"{name}_level",
                    title=f"RMSE on the {name} line",
                    value=level,
                    low=0.001,
                    high=1e6,
                    number_format="General",
                )
                for name, level in zip(RADII, LEVELS, strict=True)
            ),
            Formula(
                name="mean_x",
                title="mean x",
                number_format="0.0000",
                pattern="SUM(data.x)/COUNT(data.x)",
                words="with the next, the shape of the level lines",
            ),
            Formula(
                name="spread_x",
                title="standard deviation of x",
                number_format="0.0000",
                pattern="SQRT(SUMPRODUCT((data.x-mean_x)^2)/COUNT(data.x))",
            ),
            axis_numbers("angle", "angle", "angle", number_format="0.00"),
            *(block for name in RADII for block in _level(name)),
        ),
        layout=(
            Beside(
                (
                    (
                        Fields("wanted"),
                        Table(
                            ("optimizer", "at step", "", "verdict", ""),
                            tuple(Row(title(run), f"{run}_reached . {run}_verdict") for run in RUNS),
                        ),
                    ),
                    (Charts("errors"),),
                )
            ),
            Words(
                "The paths",
                "On each grey ellipse the true RMSE is the number beside it; the best line is in their middle. A path leads from the start to where the optimizer got.",
            ),
            Charts("paths0 paths1"),
            Words("The true error after each step"),
            Grid("step_number " + " ".join(f"{run}_rmse" for run in RUNS)),
            Words(
                "The level lines of the error",
                "On each of them the true RMSE is the same. They are ellipses, long and thin because x is far from 0.",
            ),
            Fields("inner_level middle_level outer_level mean_x spread_x"),
            Grid("angle " + " ".join(f"{name}_intercept {name}_slope" for name in RADII)),
        ),
        charts=_charts(),
        derive=_derive(),
    )


def _charts() -> tuple[Chart, ...]:
    """The errors by step, and the paths over lines of equal loss."""
    return (
        Chart(
            name="errors",
            title="True RMSE by step",
            series=tuple(
                Series(f"{run}_rmse", title(run), "step_number", colour=colour) for colour, run in enumerate(RUNS)
            ),
            x_title="step",
            y_title="RMSE (log)",
            alt="The true error of each optimizer by step, on a logarithmic axis.",
            log_y=True,
            columns=7,
            rows=22,
        ),
        *(
            Chart(
                name=f"paths{number}",
                title=f"The paths of {', '.join(map(title, runs))}",
                series=(
                    *(
                        Series(
                            f"{name}_slope",
                            f"RMSE, {name}",
                            f"{name}_intercept",
                            colour=QUIET,
                            named=True,
                            named_by=f"{name}_level",
                        )
                        for name in RADII
                    ),
                    *(
                        Series(f"{run}.new_slope", title(run), f"{run}.new_intercept", colour=RUNS.index(run))
                        for run in runs
                    ),
                    Series(
                        "data.best_slope",
                        "best line",
                        "data.best_intercept",
                        kind="points",
                        colour=QUIET,
                        named=True,
                    ),
                ),
                x_title="intercept",
                y_title="slope",
                alt="The paths of some optimizers from the same start, over ellipses of equal error around the best line.",
                columns=6,
                rows=24,
            )
            for number, runs in enumerate((("sgd", "rmsprop", "adam"), ("momentum", "nesterov", "adagrad", "adamw")))
        ),
    )


def _derive() -> tuple[Derive, ...]:
    """Every run again, the levels of the loss, and where each run reached the error wanted."""
    return (
        *(
            Derive(
                "line.path_rmse",
                inputs={**POINTS, "new_intercept": f"{run}.new_intercept", "new_slope": f"{run}.new_slope"},
                outputs={"rmse": f"{run}_rmse"},
            )
            for run in RUNS
        ),
        *(
            Derive(
                "line.steps_to_reach",
                inputs={"rmse": f"{run}_rmse"},
                outputs={"reached": f"{run}_reached"},
                shown=run == RUNS[0],
            )
            for run in RUNS
        ),
        *(
            Derive(
                "line.last_verdict",
                inputs={"verdict": f"{run}.verdict"},
                outputs={"last_verdict": f"{run}_verdict"},
                shown=False,
            )
            for run in RUNS
        ),
        Derive("line.spread", inputs={"x_points": "data.x"}, shown=False),
        *(
            Derive(
                "line.level_ellipse",
                inputs={
                    **POINTS,
                    "best_intercept": "data.best_intercept",
                    "best_slope": "data.best_slope",
                    "best_rmse": "data.best_rmse",
                    "level": f"{name}_level",
                },
                outputs={"level_intercept": f"{name}_intercept", "level_slope": f"{name}_slope"},
            )
            for name in RADII
        ),
    )


def _rmse(run: str) -> Formula:
    return Formula(
        name=f"{run}_rmse",
        axes="step",
        title=title(run),
        number_format=FOUR,
        width=11,
        scale="data.y",
        pattern=f"SQRT(SUMPRODUCT((data.y-{run}.new_intercept-{run}.new_slope*data.x)^2)/COUNT(data.y))",
    )


def _reached(run: str) -> tuple[Formula, ...]:
    return (
        Formula(
            name=f"{run}_reached",
            title=title(run),
            number_format="0",
            blank="never",
            role="result",
            pattern=f'IF(MIN({run}_rmse)>wanted, "never", SUMPRODUCT(MIN(step_number+COUNT(step_number)*({run}_rmse>wanted))))',
        ),
        Formula(
            name=f"{run}_verdict",
            title=f"{title(run)}: verdict",
            text=True,
            pattern=f"INDEX({run}.verdict, COUNT({run}.new_slope), 1)",
        ),
    )


def _level(name: str) -> tuple[Formula, ...]:
    """A line of equal error: mse = best² + (a + b·mean)² + (b·spread)², a and b the distances from the best line."""
    radius = f"SQRT({name}_level^2-data.best_rmse^2)"
    slope = f"{radius}*SIN(angle)/spread_x"
    outside = f"OR({name}_level<data.best_rmse, spread_x=0)"
    return (
        Formula(
            name=f"{name}_intercept",
            axes="angle",
            title=f"{name}: intercept",
            number_format="0.00",
            scale="data.y",
            pattern=f'IF({outside}, "", data.best_intercept+{radius}*COS(angle)-mean_x*{slope})',
        ),
        Formula(
            name=f"{name}_slope",
            axes="angle",
            title="slope",
            number_format="0.0000",
            scale="data.best_slope",
            pattern=f'IF({outside}, "", data.best_slope+{slope})',
        ),
    )
