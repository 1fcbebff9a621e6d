"""Smoothed loss and the learning-rate finder: reading a noisy curve."""

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import (
    QUIET,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Recorded,
    Series,
    Sheet,
    Words,
)


def start() -> Given:
    """Where an average starts."""
    return Given(name="start", title="average starts at", value=0.0, low=0.0, high=0.0, fixed=True, number_format="0")


def beta(value: float) -> Given:
    """What a new value leaves of an average."""
    return Given(
        name="beta",
        title="β",
        value=value,
        low=0.0,
        high=0.999,
        unit=0.1,
        number_format="0.000",
        words="the share of the average that each step keeps; fastai's is 0.98",
    )


def smoothed(axis: str, value: str, number: str, prefix: str = "") -> tuple[Formula, ...]:
    """The average from 0, and the same corrected for that start."""
    return (
        Formula(
            name=f"{prefix}average",
            axes=axis,
            title="average",
            number_format="0.0000",
            scale=value,
            pattern=f"beta*PREV({prefix}average, start)+(1-beta)*{value}",
        ),
        Formula(
            name=f"{prefix}smoothed",
            axes=axis,
            title="smoothed",
            number_format="0.0000",
            scale=value,
            pattern=f"{prefix}average/(1-IF(beta=0, 0, EXP({number}*LN(beta))))",
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
            The loss of a mini-batch depends on which ratings are in it, so the curve is a trend with noise on it. An average shows the
            trend; because it starts at 0 it begins far too low, so it is divided by 1 − βᵗ. The curve here is of a model of the MovieLens
            ratings, recorded batch by batch.
        """,
        tries="Raise β, and watch both averages.",
        blocks=(
            beta(0.9),
            start(),
            axis_numbers("batch_number", "batch", "batch"),
            Recorded(
                name="loss",
                axes="batch",
                title="loss",
                number_format="0.0000",
                made_by="engine.runs.training.mini_batch_losses",
            ),
            *smoothed("batch", "loss", "batch_number"),
            axis_numbers("example_number", "value", "value"),
            Given(name="example_value", axes="value", title="x", number_format="0.0000", low=-1e6, high=1e6),
            *smoothed("value", "example_value", "example_number", "example_"),
        ),
        layout=(
            Fields("beta start"),
            Charts("curve"),
            Words(
                "The correction by hand",
                "At β = 0.9 the four corrected values are 0.5/0.1 = 5, 0.55/0.19 = 2.8947, 0.595/0.271 = 2.1956 and 0.6355/0.3439 = 1.8479.",
            ),
            Grid("example_number example_value example_average example_smoothed"),
            Words("Batch by batch"),
            Grid("batch_number loss average smoothed"),
        ),
        charts=(
            Chart(
                name="curve",
                title="Loss by mini-batch",
                series=(
                    Series("loss", "raw", "batch_number", colour=QUIET),
                    Series("average", "average from 0", "batch_number"),
                    Series("smoothed", "corrected", "batch_number"),
                ),
                x_title="mini-batch",
                y_title="loss",
                rows=16,
                alt="A jagged loss curve and its smooth averages; the uncorrected one starts near 0.",
            ),
        ),
        derive=(
            Derive("ewma.smooth", inputs={"value": "loss"}, outputs={"corrected": "smoothed"}),
            Derive(
                "ewma.smooth",
                inputs={"value": "example_value"},
                outputs={"average": "example_average", "corrected": "example_smoothed"},
                shown=False,
            ),
        ),
    )


def finder() -> Sheet:
    """The loss while the rate rises, and where it falls fastest."""
    return Sheet(
        name="finder",
        title="Rate finder",
        step="trial",
        summary="the loss while the rate rises: where it falls fastest is a good rate",
        words="""
            Raise the rate a little with every mini-batch and watch the loss: too low a rate does nothing, a good one brings the loss
            down, too high a one drives it up. A good rate lies where the smoothed curve falls fastest, before its lowest point. The run
            was recorded on the MovieLens ratings: one pass over them in 100 mini-batches.
        """,
        tries="Raise β, and see where the suggested rate goes.",
        blocks=(
            beta(0.9),
            start(),
            *_range(),
            *_suggestion(),
            axis_numbers("step_number", "trial", "step"),
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
                made_by="engine.runs.training.finder_losses",
            ),
            *smoothed("trial", "loss", "step_number"),
            Formula(
                name="slope",
                axes="trial",
                title="slope",
                number_format="0.0000",
                scale="smoothed",
                pattern='IF(OR(step_number<=MAX(1, skip_start), step_number>steps-skip_end), "", (smoothed-PREV(smoothed, start))*(steps-1)/LN(end_rate/start_rate))',
            ),
        ),
        layout=(
            Fields("beta skip_start skip_end suggested"),
            Charts("curve"),
            Words("More of the run and of the suggestion"),
            Fields("start_rate end_rate steps start steepest_slope steepest_rate suggested_loss"),
            Words("Step by step"),
            Grid("step_number rate loss average smoothed slope"),
        ),
        charts=(
            Chart(
                name="curve",
                title="Loss while the rate rises",
                series=(
                    Series("loss", "raw", "rate"),
                    Series("smoothed", "smoothed", "rate"),
                    Series("suggested_loss", "suggested", "suggested", kind="points", colour=6),
                ),
                y_low=0.0,
                y_high=4.0,
                rows=15,
                x_title="rate (log)",
                log_x=True,
                y_title="loss",
                alt="The loss stays level, falls, and then rises steeply as the rate becomes too high.",
            ),
        ),
        derive=(
            Derive("ewma.smooth", inputs={"value": "loss"}, outputs={"corrected": ""}, shown=False),
            Derive("schedules.finder"),
        ),
    )


def _range() -> tuple[Given, ...]:
    """The rates that are tried, and which steps are left out."""
    return (
        Given(
            name="start_rate",
            title="first rate",
            value=1e-5,
            low=1e-7,
            high=1.0,
            fixed=True,
            number_format="0.0E+00",
            words="of the recorded run",
        ),
        Given(name="end_rate", title="last rate", value=10.0, low=10.0, high=10.0, fixed=True, number_format="0.0E+00"),
        Given(name="steps", title="steps", value=100.0, low=2, high=100, fixed=True, number_format="0"),
        Given(
            name="skip_start",
            title="steps left out at the start",
            value=10.0,
            low=0,
            high=50,
            whole=True,
            number_format="0",
            words="the average has not settled yet; fastai 1 leaves out 10",
        ),
        Given(
            name="skip_end",
            title="steps left out at the end",
            value=5.0,
            low=0,
            high=40,
            whole=True,
            number_format="0",
            words="there the loss runs away; fastai 1 leaves out 5",
        ),
    )


def _suggestion() -> tuple[Formula, ...]:
    """Where the smoothed loss falls fastest, and the rate that fastai suggests."""
    return (
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
            words="where the smoothed loss falls fastest: the star in the chart",
        ),
        Formula(
            name="suggested_loss",
            title="smoothed loss there",
            number_format="0.0000",
            scale="smoothed",
            pattern="INDEX(smoothed, MATCH(steepest_slope, slope, 0), 1)",
        ),
    )
