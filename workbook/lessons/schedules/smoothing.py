"""Smoothed loss and the learning-rate finder: reading a noisy curve."""

from workbook.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Recorded, Series, Sheet, Words


def _start() -> Given:
    return Given(name="start", title="average starts at", value=0.0, low=0.0, high=0.0, fixed=True, number_format="0")


def _beta(value: float) -> Given:
    return Given(
        name="beta",
        title="β",
        value=value,
        low=0.0,
        high=0.999,
        unit=0.1,
        number_format="0.000",
        words="kept of the average; fastai's is 0.98",
    )


def smoothed(axis: str, value: str, number: str) -> tuple[Formula, ...]:
    """The average from 0, and the same corrected for that start."""
    return (
        Formula(
            name="average",
            axes=axis,
            title="average",
            number_format="0.0000",
            scale=value,
            pattern=f"beta*PREV(average, start)+(1-beta)*{value}",
        ),
        Formula(
            name="smoothed",
            axes=axis,
            title="smoothed",
            number_format="0.0000",
            scale=value,
            pattern=f"average/(1-IF(beta=0, 0, EXP({number}*LN(beta))))",
        ),
    )


def loss() -> Sheet:
    """A real loss curve, raw and smoothed."""
    return Sheet(
        name="smoothed_loss",
        title="Smoothed loss",
        step="batch",
        summary="a real noisy loss curve, raw and averaged; the correction at the start",
        words="""
            The loss of a mini-batch depends on which ratings are in it, so the curve is noise on a trend. An average shows the trend; started at 0 it
            would begin far too low, so it is divided by 1 − βᵗ. The curve here is of a model of the MovieLens ratings, recorded batch by batch.
        """,
        blocks=(
            _beta(0.9),
            _start(),
            Given(name="batch_number", axes="batch", title="batch", number_format="0", fixed=True),
            Recorded(
                name="loss",
                axes="batch",
                title="loss",
                number_format="0.0000",
                made_by="engine.witness.training.mini_batch_losses",
            ),
            *smoothed("batch", "loss", "batch_number"),
        ),
        layout=(
            Fields("beta start"),
            Charts("curve"),
            Words("Batch by batch"),
            Grid("batch_number loss average smoothed"),
        ),
        charts=(
            Chart(
                name="curve",
                title="Loss by mini-batch",
                series=(
                    Series("loss", "raw", "batch_number"),
                    Series("average", "average from 0", "batch_number"),
                    Series("smoothed", "corrected", "batch_number"),
                ),
                x_title="mini-batch",
                y_title="loss",
                alt="A jagged loss curve and its smooth averages; the uncorrected one starts near 0.",
            ),
        ),
        derive=(Derive("ewma.smooth", inputs={"value": "loss"}, outputs={"corrected": "smoothed"}),),
    )


def finder() -> Sheet:
    """The loss while the rate rises, and where it falls fastest."""
    return Sheet(
        name="finder",
        title="Rate finder",
        step="trial",
        summary="the loss while the rate rises: where it falls fastest is a good rate",
        words="""
            Raise the rate a little with every mini-batch and watch the loss: too low a rate does nothing, a good one brings the loss down, too high a
            one drives it up. A good one lies where the smoothed curve falls fastest, before its lowest point; on so noisy a curve look
            at the chart as well as at the number. Recorded on the MovieLens ratings.
        """,
        blocks=(
            _beta(0.9),
            _start(),
            Given(
                name="start_rate",
                title="first rate",
                value=1e-5,
                low=1e-5,
                high=1e-5,
                fixed=True,
                number_format="0.0E+00",
                words="of the recorded run",
            ),
            Given(
                name="end_rate", title="last rate", value=10.0, low=10.0, high=10.0, fixed=True, number_format="0.0E+00"
            ),
            Given(name="steps", title="steps", value=100.0, low=100, high=100, fixed=True, number_format="0"),
            Formula(
                name="steepest_slope",
                title="steepest slope",
                number_format="0.0000",
                scale="slope",
                pattern="MIN(slope)",
                words="of the smoothed loss against ln(rate)",
            ),
            Formula(
                name="steepest_rate",
                title="rate there",
                number_format="0.0E+00",
                pattern="INDEX(rate, MATCH(steepest_slope, slope, 0), 1)",
            ),
            Formula(
                name="suggested",
                title="suggested rate",
                number_format="0.0E+00",
                role="result",
                pattern="steepest_rate",
            ),
            Given(name="step_number", axes="trial", title="step", number_format="0", fixed=True),
            Formula(
                name="rate",
                axes="trial",
                title="rate",
                number_format="0.0E+00",
                pattern="start_rate*EXP((step_number-1)/(steps-1)*LN(end_rate/start_rate))",
            ),
            Recorded(
                name="loss",
                axes="trial",
                title="loss",
                number_format="0.0000",
                made_by="engine.witness.training.finder_losses",
            ),
            *smoothed("trial", "loss", "step_number"),
            Formula(
                name="slope",
                axes="trial",
                title="slope",
                number_format="0.0000",
                scale="smoothed",
                blank="none",
                pattern='IF(step_number=1, "none", (smoothed-PREV(smoothed, start))*(steps-1)/LN(end_rate/start_rate))',
            ),
        ),
        layout=(
            Fields("beta start start_rate end_rate steps steepest_slope steepest_rate suggested"),
            Charts("curve"),
            Words("Step by step"),
            Grid("step_number rate loss average smoothed slope"),
        ),
        charts=(
            Chart(
                name="curve",
                title="Loss while the rate rises (one step is 15 % more)",
                series=(Series("loss", "raw", "step_number"), Series("smoothed", "smoothed", "step_number")),
                x_title="step",
                y_title="loss",
                alt="The loss stays level, falls, and then rises steeply as the rate becomes too high.",
            ),
        ),
        derive=(
            Derive("ewma.smooth", inputs={"value": "loss"}, outputs={"corrected": ""}, shown=False),
            Derive("schedules.finder"),
        ),
    )
