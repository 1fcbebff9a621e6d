"""Bias: a number for every user and every movie, beside the factors."""

from typing import Any

from workbook.lesson import Derive, Fields, Formula, Grid, Sheet, Words
from workbook.lessons.collab_filter.weights import Weights

MADE_BY = "engine.witness.training.fit_grid"


def biased_weights(made_by: str, start: str = "") -> tuple[Weights, ...]:
    """The four arrays of parameters of a model with biases; `start` is the sheet whose biases it starts from, its own where empty."""
    users = Weights("user_factors", "user factor", None, "user factors", made_by, "dot_product.initial_user_factors")
    movies = Weights(
        "movie_factors", "movie factor", "movie", "movie factors", made_by, "dot_product.initial_movie_factors"
    )
    user_bias = Weights("user_bias", "user", None, "bias", made_by, f"{start}.initial_user_bias" if start else "")
    movie_bias = Weights(
        "movie_bias", "movie", "movie", "movie bias", made_by, f"{start}.initial_movie_bias" if start else ""
    )
    return users, movies, user_bias, movie_bias


def labels() -> tuple[Formula, ...]:
    """Ids and titles on the edges, and the ratings."""
    return (
        Formula(
            name="movie_title",
            axes="movie",
            across="movie",
            text=True,
            upright=True,
            role="label",
            pattern="ratings.movie_title",
        ),
        Formula(name="user_id", axes="user", title="user", number_format="0", role="label", pattern="ratings.user_id"),
        Formula(name="prediction_user", axes="user", number_format="0", role="label", pattern="ratings.user_id"),
        Formula(name="error_user", axes="user", number_format="0", role="label", pattern="ratings.user_id"),
        Formula(
            name="rating",
            axes="user movie",
            title="ratings",
            number_format="0.0",
            look="sequential",
            pattern="ratings.rating_grid",
        ),
    )


def errors() -> tuple[Formula, ...]:
    """Error, mean and root, as every model of a grid has them."""
    return (
        Formula(
            name="error",
            axes="user movie",
            title="errors: prediction − rating; 0 where there is no rating",
            number_format='0.00;-0.00;"·"',
            look="diverging",
            scale="prediction",
            pattern='IF(rating="", 0, prediction-rating)',
        ),
        Formula(
            name="mse",
            title="mean squared error",
            number_format="0.0000",
            scale="prediction",
            pattern="SUMSQ(error)/COUNT(rating)",
        ),
        Formula(
            name="rmse",
            title="RMSE",
            number_format="0.0000",
            scale="prediction",
            pattern="SQRT(mse)",
            role="result",
        ),
    )


def gradients(slope: str) -> tuple[Formula, ...]:
    """The gradients of the mean squared error; `slope` is the block whose sums of products they are."""
    form: dict[str, Any] = {"number_format": "0.0000", "scale": "prediction"}
    norm = "SQRT(SUMSQ(user_gradient)+SUMSQ(movie_gradient)+SUMSQ(user_bias_gradient)+SUMSQ(movie_bias_gradient))"
    return (
        Formula(
            name="user_gradient",
            axes="user factor",
            title="gradient, user factors",
            pattern=f"2/ratings.rating_count*SUMPRODUCT({slope}, movie_factors)",
            **form,
        ),
        Formula(
            name="movie_gradient",
            axes="movie factor",
            across="movie",
            title="gradient, movie factors",
            pattern=f"2/ratings.rating_count*SUMPRODUCT({slope}, user_factors)",
            **form,
        ),
        Formula(
            name="user_bias_gradient",
            axes="user",
            title="gradient, bias",
            pattern=f"2/ratings.rating_count*SUM({slope})",
            **form,
        ),
        Formula(
            name="movie_bias_gradient",
            axes="movie",
            across="movie",
            title="gradient, movie bias",
            pattern=f"2/ratings.rating_count*SUM({slope})",
            **form,
        ),
        Formula(
            name="gradient_norm",
            title="norm of the gradient",
            number_format="0.0E+00",
            scale="prediction",
            pattern=norm,
            words="0 at an optimum",
        ),
        Formula(
            name="status",
            title="recorded weights",
            text=True,
            role="check",
            pattern="""IF(dot_product.factors_from<>"trained", "not in use", IF(gradient_norm<0.001, "at their optimum",
                       "stale: the inputs changed after training"))""",
        ),
    )


SETS = """
    . .                    . initial_movie_bias
    . .                    . initial_movie_factors
    . initial_user_factors initial_user_bias .
    . .                    . trained_movie_bias
    . .                    . trained_movie_factors
    . trained_user_factors trained_user_bias .
    . .                    . your_movie_bias
    . .                    . your_movie_factors
    . your_user_factors    your_user_bias .
"""


def sheet() -> Sheet:
    """The dot product with biases."""
    sets = biased_weights(MADE_BY)
    return Sheet(
        name="bias",
        title="Bias",
        summary="one more number for every user and every movie: some people are strict, some films are simply good",
        words="""
            Some people give high ratings to everything, and some films are liked by everybody, whatever their taste. No product of tastes says that
            well; one number for each user and one for each movie does. The prediction is the dot product plus both biases.
        """,
        blocks=(
            *labels(),
            *(block for weights in sets for block in weights.blocks()),
            Formula(
                name="prediction",
                axes="user movie",
                title="predictions: dot product + user bias + movie bias",
                look="sequential",
                array="scalar",
                pattern="MMULT(user_factors, movie_factors)+user_bias+movie_bias",
            ),
            *errors(),
            *gradients("error"),
        ),
        layout=(
            Fields("rmse mse gradient_norm status"),
            Grid("""
                .               .             .                  movie_title
                .               .             .                  movie_bias
                .               .             .                  movie_factors
                user_id         user_factors  user_bias          rating
                prediction_user .             .                  prediction
                error_user      user_gradient user_bias_gradient error
                .               .             .                  movie_gradient
                .               .             .                  movie_bias_gradient
            """),
            Words(
                "The three sets of weights",
                "The switch on Dot product chooses among them. Yours: paste your own over them.",
            ),
            Grid(SETS),
        ),
        derive=(
            Derive("collab.bias"),
            *(weights.derive() for weights in sets),
            Derive("collab.status", inputs={"factors_from": "dot_product.factors_from"}, shown=False),
        ),
    )
