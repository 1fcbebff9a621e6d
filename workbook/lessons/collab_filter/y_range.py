"""y_range: predictions kept in range by a sigmoid, and why the range must be wider than the ratings."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words
from workbook.lessons.collab_filter.grid import errors, gradients, labels
from workbook.lessons.collab_filter.weights import MODEL, SETS, SWITCH, biased_weights


def sheet(facts: Mapping[str, str]) -> Sheet:
    """The model with biases behind a scaled sigmoid."""
    low, high = float(facts["rating_low"]), float(facts["rating_high"])
    sets = biased_weights("bias")
    return Sheet(
        name="y_range",
        title="y_range",
        summary="a sigmoid keeps predictions between two numbers; it never reaches them, so the range is wider than the ratings",
        words=f"""
            No rating is above {high:g}, so why let the model predict 7? A sigmoid squeezes any number between 0 and 1, and a scale and a shift
            bring it between y_low and y_high. It never reaches its ends: to predict {high:g} with y_high = {high:g} it would need an infinite z.
            So the range goes a little further than the ratings.
        """,
        blocks=(
            *_ends(low, high),
            *labels(),
            *(block for weights in sets for block in weights.blocks()),
            Formula(
                name="z",
                axes="user movie",
                title="z = dot product + user bias + movie bias: any number",
                pattern="MMULT(user_factors, movie_factors)+user_bias+movie_bias",
            ),
            Formula(
                name="prediction",
                axes="user movie",
                frame=True,
                title="predictions = y_low + (y_high − y_low) · sigmoid(z)",
                look="sequential",
                pattern="y_low+(y_high-y_low)/(1+EXP(-MAX(-700, MIN(700, z))))",
                note="z is kept between -700 and 700, where the sigmoid is 0 or 1 to the last digit: EXP of a larger number would overflow.",
            ),
            *errors(),
            Formula(
                name="z_gradient",
                axes="user movie",
                title="half the gradient of the squared error in z: error × slope of the sigmoid",
                number_format='0.00;-0.00;"·"',
                scale="prediction",
                pattern="error*(prediction-y_low)*(y_high-prediction)/(y_high-y_low)",
            ),
            *gradients("z_gradient", biases=True),
            *_curves(),
        ),
        layout=(
            Fields("y_low y_high narrow_high rmse"),
            Charts("curves"),
            Words(
                f"Which z predicts a {high:g}?",
                "With the narrow range there is none: the curve comes near its end and never gets there.",
            ),
            Grid("""
                target z_wide z_narrow | point wide narrow
            """),
            Words("The model"),
            Grid(MODEL.format(prediction="prediction", slope=".  .  .  z_gradient\n    .  .  .  z"), tight=True),
            Words("Is it at its best?"),
            Fields("mse gradient_norm status"),
            Words(
                "The three sets of weights",
                """The switch on Dot product chooses among them. Yours: paste your own over them. These trained weights have no true optimum to reach: behind a sigmoid some of them would grow for ever and gain almost nothing. A little weight decay held them back, so the norm of
                   the gradient is small, not 0.""",
            ),
            Grid(SETS),
        ),
        charts=(
            Chart(
                name="curves",
                title="Prediction against z",
                series=(Series("wide", "wide range", "point"), Series("narrow", "narrow range", "point")),
                x_title="z",
                y_title="prediction",
                alt="Two S-shaped curves: the narrow one flattens out below the highest rating, the wide one passes it.",
                rows=15,
            ),
        ),
        derive=(
            Derive("collab.y_range", outputs={}),
            *(weights.derive() for weights in sets),
            Derive("collab.status", inputs={"factors_from": SWITCH}, shown=False),
            Derive("collab.sigmoid_curve"),
            Derive("collab.z_needed"),
        ),
    )


def _ends(low: float, high: float) -> tuple[Given, ...]:
    """The ends of the range; low and high are those of the ratings."""
    return (
        Given(
            name="y_low",
            title="y_low",
            value=0.0,
            low=-10,
            # Where all ratings are one number, the range still has a width.
            high=low if low < high else low - 0.1,
            number_format="0.0",
            words="the lower end",
        ),
        Given(
            name="y_high",
            title="y_high",
            value=high + 0.5,
            low=high,
            high=high + 10,
            number_format="0.0",
            words=f"the upper end; try {high:g}, the highest rating",
        ),
        Given(
            name="narrow_high",
            title="upper end to compare",
            value=high,
            low=high - 1,
            high=high + 10,
            number_format="0.0",
            words="the chart's second curve: the same range, ending at the highest rating",
        ),
    )


def _curves() -> tuple[Given | Formula, ...]:
    """The wide and the narrow range against z, and which z predicts a rating."""
    return (
        axis_numbers("point", "point", "z", number_format="0.0"),
        Formula(
            name="wide",
            axes="point",
            title="wide range",
            number_format="0.000",
            pattern="y_low+(y_high-y_low)/(1+EXP(-MAX(-700, MIN(700, point))))",
        ),
        Formula(
            name="narrow",
            axes="point",
            title="narrow range",
            number_format="0.000",
            pattern="y_low+(narrow_high-y_low)/(1+EXP(-MAX(-700, MIN(700, point))))",
        ),
        axis_numbers("target", "target", "rating wanted", number_format="0.0"),
        Formula(
            name="z_wide",
            axes="target",
            title="z, wide range",
            number_format="0.000",
            blank="never",
            pattern='IF(OR(target<=y_low, target>=y_high), "never", LN((target-y_low)/(y_high-target)))',
        ),
        Formula(
            name="z_narrow",
            axes="target",
            title="z, narrow range",
            number_format="0.000",
            blank="never",
            pattern='IF(OR(target<=y_low, target>=narrow_high), "never", LN((target-y_low)/(narrow_high-target)))',
        ),
    )
