"""Collaborative filtering from real ratings: one-hot, embedding, bias, y_range, gradient descent, PCA."""

from collections.abc import Mapping

from workbook.lesson import opening
from workbook.lesson.lesson import Lesson, Option, Sheet, Words
from workbook.lessons.collab_filter import (
    bias,
    by_hand,
    dot_product,
    embedding,
    gradient_descent,
    held_out,
    latent_factors,
    movie_bias,
    one_hot,
    pca,
    ratings,
    same,
    similar,
    weight_decay,
    y_range,
)
from workbook.lessons.collab_filter.loading import load

HEADING = "Collaborative filtering: gradbook"
PURPOSE = """
    Collaborative filtering guesses how somebody would rate a film from how everybody rated everything. This workbook builds it from nothing: real
    ratings, a dot product, an embedding, gradient descent, and what a model of the whole file learned, every number in a cell.
"""
HOW = f"""
    {opening.HOW}

    The switch on Dot product sets the factors of all sheets. That sheet is not protected, so that Excel's Solver works there. LibreOffice's own Solver
    (Tools, Solver) needs the target and the cells set by hand; Google Sheets needs its Solver add-on.
"""


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            HEADING,
            PURPOSE,
            Words("The ratings", f"{facts['source']}\n\n{facts['terms']}"),
            lesson="collab_filter",
            how=HOW,
        ),
        by_hand.sheet(),
        ratings.sheet(facts),
        dot_product.sheet(sizes, facts),
        one_hot.sheet(),
        embedding.sheet(),
        same.sheet(facts),
        bias.sheet(),
        y_range.sheet(facts),
        gradient_descent.sheet(sizes, facts),
        weight_decay.sheet(),
        held_out.sheet(sizes, facts),
        latent_factors.sheet(sizes, facts),
        movie_bias.sheet(),
        pca.sheet(sizes),
        similar.sheet(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(
    name="collab_filter",
    title="Collaborative filtering",
    options=(
        Option(
            "ratings",
            str,
            None,
            "Ratings file: MovieLens ratings.csv or u.data, or columns user, item, rating",
            path=True,
        ),
        Option("movies", str, None, "Titles file: MovieLens movies.csv or u.item", path=True),
        Option("users", int, 15, "Users in the grid, the busiest", low=3, high=50),
        Option("items", int, 15, "Movies in the grid, the most rated", low=3, high=50),
        Option("factors", int, 5, "Factors of the grid's model", low=2, high=20),
        Option("latent", int, 40, "Factors of the model of the whole file", low=3, high=80),
    ),
    load=load,
    sheets=sheets,
    work=3.5,
)
