"""Same: the difference of both routes, and what each costs."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words

DIFFERENCE: dict[str, Any] = {"role": "check", "number_format": "0"}


def sheet(facts: Mapping[str, str]) -> Sheet:
    """The sheet that proves the point of the lesson."""
    return Sheet(
        name="same",
        title="Same",
        summary="the two routes compared cell by cell: the difference is exactly 0; and what each costs",
        words="""
            One-hot and embedding give the same numbers: not nearly, exactly. A product with 1 is the number itself, and adding zeros changes nothing,
            so no rounding can make them differ. What differs is the cost: type in how many users there are, and see.
        """,
        blocks=(
            Formula(
                name="largest_difference",
                title="largest difference",
                number_format="0",
                role="result",
                pattern="""MAX(MAX(user_difference), -MIN(user_difference), MAX(movie_difference), -MIN(movie_difference),
                           MAX(prediction_difference), -MIN(prediction_difference))""",
                words="exactly 0, with no tolerance",
            ),
            *_costs(facts),
            *_differences(),
        ),
        layout=(
            Fields("largest_difference"),
            Words("What each route costs"),
            Fields(
                "n_users n_movies n_factors n_ratings one_hot_multiplications lookup_multiplications one_hot_cells lookup_cells "
                "one_hot_bytes lookup_bytes cells_saved bytes_saved"
            ),
            Words("The difference, cell by cell"),
            Grid("""
                rated_title user_difference | movie_difference | prediction_difference
            """),
        ),
        derive=(
            Derive(
                "embedding.difference",
                inputs={
                    "one_hot_user_activation": "one_hot.user_activation",
                    "lookup_user_activation": "embedding.user_activation",
                    "one_hot_movie_activation": "one_hot.movie_activation",
                    "lookup_movie_activation": "embedding.movie_activation",
                    "one_hot_prediction": "one_hot.prediction",
                    "lookup_prediction": "embedding.prediction",
                },
            ),
            Derive("embedding.cost"),
        ),
    )


def _costs(facts: Mapping[str, str]) -> tuple[Given | Formula, ...]:
    """What each route costs, for any sizes."""
    return (
        _size("users", float(facts["all_users"]), 1e7, "type in a number, up to ten million"),
        _size("movies", float(facts["all_movies"]), 1e7, "type in a number, up to ten million"),
        _size("factors", 40, 1e4, "columns of each weight matrix"),
        _size("ratings", float(facts["all_ratings"]), 1e10, "rows of the table"),
        Formula(
            name="one_hot_multiplications",
            title="one-hot: multiplications",
            number_format="#,##0",
            width=20,
            pattern="n_ratings*(n_users+n_movies)*n_factors",
            words="a full matrix product for users and for movies",
        ),
        Formula(
            name="lookup_multiplications",
            title="look-up: multiplications",
            number_format="#,##0",
            pattern="0*n_ratings",
            words="none: a row is copied",
        ),
        Formula(
            name="one_hot_cells",
            title="one-hot: cells",
            number_format="#,##0",
            pattern="n_ratings*(n_users+n_movies)",
            words="the two one-hot matrices",
        ),
        Formula(
            name="lookup_cells",
            title="look-up: cells",
            number_format="#,##0",
            pattern="2*n_ratings",
            words="two indices for each rating",
        ),
        Formula(
            name="one_hot_bytes",
            title="one-hot: bytes",
            number_format="#,##0",
            pattern="4*one_hot_cells",
            words="4 bytes a cell (float32)",
        ),
        Formula(
            name="lookup_bytes",
            title="look-up: bytes",
            number_format="#,##0",
            pattern="8*lookup_cells",
            words="8 bytes an index (int64)",
        ),
        Formula(
            name="cells_saved",
            title="times fewer cells",
            number_format="#,##0",
            pattern="one_hot_cells/lookup_cells",
            role="result",
        ),
        Formula(
            name="bytes_saved",
            title="times fewer bytes",
            number_format="#,##0",
            pattern="one_hot_bytes/lookup_bytes",
            role="result",
        ),
    )


def _size(what: str, value: float, high: float, words: str) -> Given:
    """How many there are of something; anybody may type in another number."""
    return Given(
        name=f"n_{what}",
        title=what,
        value=value,
        low=1,
        high=high,
        whole=True,
        number_format="#,##0",
        words=words,
    )


def _differences() -> tuple[Formula, ...]:
    """The difference, cell by cell."""
    return (
        label("rated_title", "rating", "ratings.rated_title", "title", text=True),
        Formula(
            name="user_difference",
            axes="rating factor",
            title="user activations: one-hot − look-up",
            pattern="one_hot.user_activation-embedding.user_activation",
            **DIFFERENCE,
        ),
        Formula(
            name="movie_difference",
            axes="rating factor",
            title="movie activations: one-hot − look-up",
            pattern="one_hot.movie_activation-embedding.movie_activation",
            **DIFFERENCE,
        ),
        Formula(
            name="prediction_difference",
            axes="rating",
            title="dot product",
            pattern="one_hot.prediction-embedding.prediction",
            **DIFFERENCE,
        ),
    )
