"""Dot product: the lecture's grid. Ratings above, predictions below, factors on the edges."""

from collections.abc import Mapping

from workbook.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Solver, Words
from workbook.lessons.collab_filter.weights import Weights

SOLVER_CELLS = 200


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The model with nothing but factors, and the switch of the whole workbook."""
    changing = (sizes["user"] + sizes["movie"]) * sizes["factor"]
    solver = (
        f"""Excel's Solver (Data, Solver) opens filled in: it makes the RMSE least by changing the {changing} cells of *your* factors;
        set the switch to yours first. It takes a few minutes, and stops a little above the optimum."""
        if changing <= SOLVER_CELLS
        else f"Excel's Solver changes at most {SOLVER_CELLS} cells; this model has {changing}, so Solver is not set up here."
    )
    users = Weights("user_factors", "user factor", None, "user factors", "engine.witness.training.fit_grid")
    movies = Weights("movie_factors", "movie factor", "movie", "movie factors", "engine.witness.training.fit_grid")
    return Sheet(
        name="dot_product",
        title="Dot product",
        summary="ratings above, predictions below, factors on the edges; the switch of the workbook",
        words=f"""
            A prediction is the dot product of a user's factors (left) and a movie's factors (above): {sizes["factor"]} products, added up. The factors
            are nothing but numbers that make the errors small; nobody says what they mean. The switch sets the factors of every sheet:
            the seeded start, the trained optimum, or your own.
        """,
        blocks=(
            Given(
                name="factors_from",
                title="factors in use",
                value="initial",
                choices=("initial", "trained", "yours"),
                words="initial: random; trained: the optimum, recorded; yours: the last two arrays below",
            ),
            Formula(
                name="movie_title",
                axes="movie",
                across="movie",
                text=True,
                upright=True,
                role="label",
                pattern="ratings.movie_title",
            ),
            Formula(
                name="user_id", axes="user", title="user", number_format="0", role="label", pattern="ratings.user_id"
            ),
            *users.blocks(),
            *movies.blocks(),
            Formula(
                name="rating",
                axes="user movie",
                title="ratings",
                number_format="0.0",
                look="sequential",
                pattern="ratings.rating_grid",
            ),
            Formula(
                name="prediction",
                axes="user movie",
                title="predictions: MMULT of the user's row and the movie's column",
                look="sequential",
                array="scalar",
                pattern="MMULT(user_factors, movie_factors)",
                note="One row against one column: the sum of the products, which is the dot product. Rated or not, every pair gets a prediction.",
            ),
            Formula(
                name="error",
                axes="user movie",
                title="errors: prediction − rating; 0 where there is no rating, so that nothing is learned from it",
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
                words=f"root of the mean squared error, over the rated cells; the trained {facts['optimum']} is a training error: see Held out",
            ),
            Formula(
                name="user_gradient",
                axes="user factor",
                title="gradient for the user factors",
                number_format="0.0000",
                scale="prediction",
                pattern="2/ratings.rating_count*SUMPRODUCT(error, movie_factors)",
            ),
            Formula(
                name="movie_gradient",
                axes="movie factor",
                across="movie",
                title="gradient for the movie factors: errors × factors",
                number_format="0.0000",
                scale="prediction",
                pattern="2/ratings.rating_count*SUMPRODUCT(error, user_factors)",
            ),
            Formula(
                name="gradient_norm",
                title="norm of the gradient",
                number_format="0.0E+00",
                scale="prediction",
                pattern="SQRT(SUMSQ(user_gradient)+SUMSQ(movie_gradient))",
                words="0 at an optimum: no small change of any factor helps",
            ),
            Formula(
                name="status",
                title="recorded factors",
                text=True,
                role="check",
                pattern="""IF(factors_from<>"trained", "not in use", IF(gradient_norm<0.001, "at their optimum",
                           "stale: the inputs changed after training"))""",
            ),
            Formula(name="prediction_user", axes="user", number_format="0", role="label", pattern="ratings.user_id"),
            Formula(name="error_user", axes="user", number_format="0", role="label", pattern="ratings.user_id"),
        ),
        layout=(
            Fields("factors_from rmse mse gradient_norm status"),
            Grid("""
                .               .             movie_title
                .               .             movie_factors
                user_id         user_factors  rating
                prediction_user .             prediction
                error_user      user_gradient error
                .               .             movie_gradient
            """),
            Words(
                "The three sets of factors",
                f"The switch above chooses among them. Yours: paste your own over them, or let Solver find them. {solver}",
            ),
            Grid("""
                . .                    initial_movie_factors
                . initial_user_factors .
                . .                    trained_movie_factors
                . trained_user_factors .
                . .                    your_movie_factors
                . your_user_factors    .
            """),
        ),
        derive=(
            Derive("collab.dot_product"),
            users.derive(),
            movies.derive(),
            Derive("collab.status", outputs={"status": "status"}, shown=False),
        ),
        freeze="",
        solver=Solver("rmse", "your_user_factors your_movie_factors") if changing <= SOLVER_CELLS else None,
    )
