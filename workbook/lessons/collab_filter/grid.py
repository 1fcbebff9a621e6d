"""What every model on the grid shows: ids and titles on its edges, errors, gradients, and whether recorded weights still fit."""

from typing import Any

from workbook.lesson.labels import label
from workbook.lesson.lesson import Formula
from workbook.lessons.collab_filter.weights import SWITCH


def labels() -> tuple[Formula, ...]:
    """Ids and titles on the edges, and the ratings."""
    return (
        label("movie_title", "movie", "ratings.movie_title", across="movie", text=True, wrapped=True, width=9.6),
        label("user_id", "user", "ratings.user_id", "user", number_format="0"),
        *(
            label(name, "user", "ratings.user_id", "user", number_format="0")
            for name in ("prediction_user", "error_user")
        ),
        Formula(
            name="rating",
            axes="user movie",
            title="ratings",
            number_format="0.0",
            look="sequential",
            pattern="ratings.rating_grid",
        ),
    )


def errors(words: str = "") -> tuple[Formula, ...]:
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
            words=words,
        ),
    )


def gradients(of: str, *, biases: bool) -> tuple[Formula, ...]:
    """The gradients of the mean squared error, whether it is at its least, and so whether recorded weights still fit.

    Args:
        of: the block whose sums of products the gradients are.
        biases: whether the model has biases.
    """
    form: dict[str, Any] = {"number_format": "0.0000", "scale": "prediction"}
    of_biases = (
        Formula(
            name="user_bias_gradient",
            axes="user",
            title="gradient, bias",
            pattern=f"2/ratings.rating_count*SUM({of})",
            **form,
        ),
        Formula(
            name="movie_bias_gradient",
            axes="movie",
            across="movie",
            title="gradient, movie bias",
            pattern=f"2/ratings.rating_count*SUM({of})",
            **form,
        ),
    )
    squares = "SUMSQ(user_gradient)+SUMSQ(movie_gradient)"
    if biases:
        squares += "+SUMSQ(user_bias_gradient)+SUMSQ(movie_bias_gradient)"
    return (
        Formula(
            name="user_gradient",
            axes="user factor",
            title="gradient, user factors",
            pattern=f"2/ratings.rating_count*SUMPRODUCT({of}, movie_factors)",
            **form,
        ),
        Formula(
            name="movie_gradient",
            axes="movie factor",
            across="movie",
            title="gradient, movie factors",
            pattern=f"2/ratings.rating_count*SUMPRODUCT({of}, user_factors)",
            **form,
        ),
        *(of_biases if biases else ()),
        Formula(
            name="gradient_norm",
            title="norm of the gradient",
            number_format="0.0E+00",
            scale="prediction",
            pattern=f"SQRT({squares})",
            words="0 at an optimum: no small change of any weight helps",
        ),
        Formula(
            name="status",
            title="recorded weights",
            text=True,
            role="check",
            pattern=f'IF({SWITCH}<>"trained", "not in use", IF(gradient_norm<0.001, "as trained", "stale"))',
            words="as trained: the gradient is as small as training left it; stale: the inputs changed after training",
        ),
    )
