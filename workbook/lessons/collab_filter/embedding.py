"""Embedding: the same activations by looking rows up."""

from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Sheet
from workbook.lessons.collab_filter.one_hot import predictions, weights


def sheet() -> Sheet:
    """The sheet of the route that looks up."""
    return Sheet(
        name="embedding",
        title="Embedding",
        summary="the same activations by looking a row up: no product with a zero anywhere",
        words="""
            An embedding is a look-up: INDEX takes the row of the weights that the one-hot product would have picked out. So never multiply by a one-hot matrix: look the row up. The numbers are the same to the last digit, as the sheet Same shows.
        """,
        blocks=(
            *weights(),
            *predictions(),
            Formula(
                name="user_activation",
                axes="rating factor",
                title="user activations = row of the weights",
                pattern="INDEX(user_weights, user_index, 1)",
                note="The column of the weights for this factor, at the row of this user.",
            ),
            Formula(
                name="movie_activation",
                axes="rating factor",
                title="movie activations = row of the weights",
                pattern="INDEX(movie_weights, movie_index, 1)",
            ),
        ),
        layout=(
            Fields("rmse"),
            Grid(
                """
                .           .          .           | user_weights    | movie_weights    | .          .      .
                rated_title user_index movie_index | user_activation | movie_activation | prediction rating squared_error
                """,
                tight=True,
            ),
            Fields("mse"),
        ),
        derive=(Derive("embedding.lookup"),),
        keep_labels=True,
    )
