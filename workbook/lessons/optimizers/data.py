"""Data: the points, the row that each step takes, and the best line there is."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words


def sheet(facts: Mapping[str, str]) -> Sheet:
    """The sheet that all others read their points from."""
    return Sheet(
        name="data",
        title="Data",
        summary="the points, a switch that adds noise, and where every optimizer starts",
        words=f"""
            {facts["points"]} The model is a line: prediction = intercept + slope · x. Each step of an optimizer takes one point, in
            order, over and over; once through all of them is an epoch.
        """,
        tries="Choose noisy, and see how far even the best line misses the points.",
        blocks=(
            *_start(),
            *_best(),
            axis_numbers("point_label", "point", "point"),
            Given(name="x", axes="point", title="x", number_format="General", low=-1e6, high=1e6),
            Given(name="exact_y", axes="point", title="y, exact", number_format="General", low=-1e6, high=1e6),
            Given(name="noise", axes="point", title="noise", number_format="0.00", low=-1e6, high=1e6),
            Formula(
                name="y",
                axes="point",
                title="y",
                number_format="0.00",
                pattern='exact_y+IF(noise_switch="noisy", noise, 0)',
            ),
            axis_numbers("epoch_number", "epoch", "epoch"),
            axis_numbers("epoch_step", "epoch", "last step"),
            axis_numbers("step_number", "step", "step"),
            axis_numbers("point_number", "step", "point"),
            Formula(name="row_x", axes="step", title="x", number_format="General", pattern="INDEX(x, point_number, 1)"),
            Formula(name="row_y", axes="step", title="y", number_format="0.00", pattern="INDEX(y, point_number, 1)"),
        ),
        layout=(
            Fields("noise_switch start_intercept start_slope best_intercept best_slope best_rmse"),
            Charts("points"),
            Words("The points, the epochs, and the point of each step"),
            Grid("point_label x exact_y noise y | epoch_number epoch_step | step_number point_number row_x row_y"),
        ),
        charts=(
            Chart(
                name="points",
                title="The points",
                kind="points",
                series=(Series("y", "y", "x"),),
                x_title="x",
                y_title="y",
                alt="The points lie on or near a rising line.",
                rows=16,
            ),
        ),
        derive=(
            Derive("line.points", shown=False),
            Derive("line.least_squares"),
            Derive(
                "line.row", inputs={"x_points": "x", "y_points": "y"}, outputs={"x": "row_x", "y": "row_y"}, shown=False
            ),
        ),
    )


def _start() -> tuple[Given, ...]:
    """The noise, and the line that every optimizer starts from."""
    return (
        Given(
            name="noise_switch",
            title="noise",
            value="none",
            choices=("none", "noisy"),
            words="noisy: adds the fixed noise to every y",
        ),
        Given(
            name="start_intercept",
            title="intercept at the start",
            value=1.0,
            low=-1000,
            high=1000,
            words="for every optimizer",
        ),
        Given(
            name="start_slope",
            title="slope at the start",
            value=1.0,
            low=-1000,
            high=1000,
            words="for every optimizer",
        ),
    )


def _best() -> tuple[Formula, ...]:
    """The line of least squares."""
    return (
        Formula(
            name="best_intercept",
            title="best intercept",
            number_format="0.0000",
            scale="y",
            pattern="IF(MAX(x)=MIN(x), AVERAGE(y), INTERCEPT(y, x))",
            words="least squares",
        ),
        Formula(
            name="best_slope",
            title="best slope",
            number_format="0.0000",
            scale="y",
            pattern="IF(MAX(x)=MIN(x), 0, SLOPE(y, x))",
            words="0 where all x are equal: many lines are best then, and this is the level one",
        ),
        Formula(
            name="best_rmse",
            title="best RMSE",
            number_format="0.0000",
            scale="y",
            role="result",
            pattern="SQRT(SUMPRODUCT((y-best_intercept-best_slope*x)^2)/COUNT(y))",
            words="no line does better",
        ),
    )
