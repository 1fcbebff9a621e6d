"""One-hot: the activations as matrix products with rows of ones and zeros."""

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Sheet


def weights() -> tuple[Formula, ...]:
    """The two weight matrices in use, a row a user and a row a movie, as both routes read them."""
    return (
        Formula(
            name="user_weights",
            axes="user factor",
            title="user weights: a row for each user",
            role="parameter",
            pattern="dot_product.user_factors",
        ),
        Formula(
            name="movie_weights",
            axes="movie factor",
            title="movie weights: a row for each film",
            role="parameter",
            pattern="dot_product.movie_factors",
        ),
    )


def predictions() -> tuple[Formula, ...]:
    """What both routes do with their activations."""
    return (
        label("rated_title", "rating", "ratings.rated_title", "title", text=True),
        Formula(
            name="user_index",
            axes="rating",
            title="user index",
            width=10.5,
            number_format="0",
            pattern="ratings.user_index",
        ),
        Formula(
            name="movie_index",
            axes="rating",
            title="movie index",
            width=11,
            number_format="0",
            pattern="ratings.movie_index",
        ),
        Formula(
            name="prediction",
            axes="rating",
            title="dot product",
            pattern="SUMPRODUCT(user_activation, movie_activation)",
        ),
        Formula(name="rating", axes="rating", title="rating", number_format="0.0", pattern="ratings.rating"),
        Formula(
            name="squared_error", axes="rating", title="squared error", scale="rating", pattern="(prediction-rating)^2"
        ),
        Formula(
            name="mse",
            title="mean squared error",
            number_format="0.0000",
            scale="rating",
            pattern="SUM(squared_error)/COUNT(squared_error)",
        ),
        Formula(
            name="rmse",
            title="RMSE",
            number_format="0.0000",
            scale="rating",
            pattern="SQRT(mse)",
            role="result",
            words="the same as on Dot product",
        ),
    )


def sheet() -> Sheet:
    """The sheet of the route that multiplies."""
    return Sheet(
        name="one_hot",
        title="One-hot",
        summary="a row of ones and zeros times the weights: the activations by matrix product",
        words="""
            A neural network multiplies. So each index becomes a row of zeros with a single 1 at its place: one-hot. Each
            of these rows (left), times the weights (above), picks out one row of the weights: user 1 picks the first.
            Nearly all of the work is multiplying by 0.
        """,
        blocks=(
            *weights(),
            *predictions(),
            axis_numbers("user_number", "user", across="user", whole=True, width=3.5),
            axis_numbers("movie_number", "movie", across="movie", whole=True, width=3.5),
            Formula(
                name="user_one_hot",
                axes="rating user",
                title="users, one-hot",
                number_format='0;-0;"·"',
                look="sequential",
                pattern="IF(user_index=user_number, 1, 0)",
            ),
            Formula(
                name="movie_one_hot",
                axes="rating movie",
                title="movies, one-hot",
                number_format='0;-0;"·"',
                look="sequential",
                pattern="IF(movie_index=movie_number, 1, 0)",
            ),
            Formula(
                name="user_activation",
                axes="rating factor",
                title="user activations = one-hot × weights",
                pattern="MMULT(user_one_hot, user_weights)",
                note="A row of the one-hot matrix times a column of the weights: 14 products with 0 and one with 1.",
            ),
            Formula(
                name="movie_activation",
                axes="rating factor",
                title="movie activations = one-hot × weights",
                pattern="MMULT(movie_one_hot, movie_weights)",
            ),
        ),
        layout=(
            Fields("rmse"),
            Grid(
                """
                .           .          .           | .            . user_weights    | .             . movie_weights    | .          .      .
                .           .          .           | user_number  . .               | movie_number  . .                | .          .      .
                rated_title user_index movie_index | user_one_hot → user_activation | movie_one_hot → movie_activation | prediction rating squared_error
                """,
                tight=True,
            ),
            Fields("mse"),
        ),
        derive=(Derive("embedding.one_hot"),),
        keep_labels=True,
    )
