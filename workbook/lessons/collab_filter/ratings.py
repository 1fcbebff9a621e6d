"""Ratings: the long table of real ratings, and the grid made from it."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet


def sheet(facts: Mapping[str, str]) -> Sheet:
    """The sheet that all others read their ratings from."""
    low, high = float(facts["rating_low"]), float(facts["rating_high"])
    return Sheet(
        name="ratings",
        title="Ratings",
        summary="the long table of ratings, and the grid made from it",
        words="""
            Each row of the table (left) is one rating that a person gave to a film. The grid (right) holds the same ratings: each row is a
            person, each column a film. These are the people and films with the most ratings in the whole file, so the grid is nearly full.

            MATCH finds the position of an id in the grid: that is its index.
        """,
        tries="Change a yellow rating, and every sheet recalculates.",
        blocks=(
            axis_numbers("user_id", "user", "user", whole=True),
            axis_numbers("movie_id", "movie", across="movie", whole=True),
            axis_names("movie_title", "movie", across="movie", wrapped=True, width=9.6),
            axis_numbers("rated_by", "rating", "user id", whole=True),
            axis_numbers("rated_movie", "rating", "movie id", whole=True),
            Given(
                name="rating",
                axes="rating",
                title="rating",
                number_format="0.0",
                low=low,
                high=high,
                words="one person's rating of one film",
            ),
            Formula(
                name="user_index",
                axes="rating",
                title="user index",
                width=10.5,
                number_format="0",
                pattern="MATCH(rated_by, user_id, 0)",
                note="The position of this user's id among the ids in the grid's left column: the row of the user matrix.",
            ),
            Formula(
                name="movie_index",
                axes="rating",
                title="movie index",
                width=11,
                number_format="0",
                pattern="MATCH(rated_movie, movie_id, 0)",
            ),
            Formula(
                name="rated_title",
                axes="rating",
                title="title",
                text=True,
                pattern="INDEX(movie_title, 1, movie_index)",
            ),
            Formula(
                name="rating_grid",
                axes="user movie",
                title="ratings: a row for each user, a column for each film; blank where there is none",
                number_format="0.0",
                look="sequential",
                pattern="""IF(COUNTIFS(rated_by, user_id, rated_movie, movie_id)=0, "",
                           SUMIFS(rating, rated_by, user_id, rated_movie, movie_id))""",
            ),
            Formula(name="rating_count", title="ratings", number_format="0", pattern="COUNT(rating)", role="result"),
            Formula(
                name="mean_rating",
                title="mean rating",
                number_format="0.000",
                pattern="SUM(rating)/rating_count",
                role="result",
            ),
        ),
        layout=(
            Fields("rating_count mean_rating"),
            Grid(
                """
                .           .        .          .           .           .      | .       movie_title
                .           .        .          .           .           .      | .       movie_id
                rated_title rated_by user_index rated_movie movie_index rating | user_id rating_grid
                """,
                tight=True,
            ),
        ),
        derive=(Derive("collab.rating_grid"),),
        keep_labels=True,
    )
