"""Bias: a number for every user and every movie, beside the factors."""

from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Sheet, Words
from workbook.lessons.collab_filter.grid import errors, gradients, labels
from workbook.lessons.collab_filter.weights import MODEL, SETS, SWITCH, biased_weights


def sheet() -> Sheet:
    """The dot product with biases."""
    sets = biased_weights()
    return Sheet(
        name="bias",
        title="Bias",
        summary="one more number for each user and each movie: some people are strict, some films are simply good",
        words="""
            Some people give high ratings to everything, and some films are liked by everybody, whatever their taste. A product of tastes can hardly say that; one number for each user and one for each movie can. The prediction is the dot product plus both biases.
        """,
        blocks=(
            *labels(),
            *(block for weights in sets for block in weights.blocks()),
            Formula(
                name="prediction",
                axes="user movie",
                frame=True,
                title="predictions: dot product + user bias + movie bias",
                look="sequential",
                pattern="MMULT(user_factors, movie_factors)+user_bias+movie_bias",
            ),
            *errors("how far predictions miss the ratings; the switch on Dot product sets the weights"),
            *gradients("error", biases=True),
        ),
        layout=(
            Fields("rmse"),
            Grid(MODEL.format(prediction="prediction", slope=""), tight=True),
            Words("Is it at its best?"),
            Fields("mse gradient_norm status"),
            Words(
                "The three sets of weights",
                "The switch on Dot product chooses among them. Yours: paste your own over them.",
            ),
            Grid(SETS),
        ),
        derive=(
            Derive("collab.bias"),
            *(weights.derive() for weights in sets),
            Derive("collab.status", inputs={"factors_from": SWITCH}, shown=False),
        ),
    )
