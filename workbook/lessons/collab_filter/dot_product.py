"""Dot product: the lecture's grid. Factors frame the predictions; ratings and errors below."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Solver, Words
from workbook.lessons.collab_filter.grid import errors, gradients, labels
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
    users = Weights("user_factors", "user factor", None, "user factors")
    movies = Weights("movie_factors", "movie factor", "movie", "movie factors")
    return Sheet(
        name="dot_product",
        title="Dot product",
        summary="factors frame the predictions; ratings and errors below; the switch of the workbook",
        words=f"""
            A prediction is the dot product of a user's factors (left) and a movie's factors (above): {sizes["factor"]} products, added
            up.
        """,
        tries="Set the switch to trained, and compare the predictions with the ratings below: the factors are simply the numbers that make the errors small.",
        blocks=(
            Given(
                name="factors_from",
                title="factors in use",
                value="initial",
                choices=("initial", "trained", "yours"),
                words="of every sheet. initial: random; trained: the best that training found; yours: at the bottom",
            ),
            *labels(),
            *users.blocks(),
            *movies.blocks(),
            Formula(
                name="prediction",
                axes="user movie",
                frame=True,
                title="predictions: the user's row times the movie's column",
                look="sequential",
                pattern="MMULT(user_factors, movie_factors)",
                note="One row against one column: the sum of the products, which is the dot product. Rated or not, every pair gets a prediction. Excel 365 may show an @ before MMULT: it asks for one number, and a row times a column is one number.",
            ),
            *errors(
                f"how far predictions miss the ratings; {facts['optimum']} when trained, on ratings it has seen: see Held out"
            ),
            *gradients("error", biases=False),
        ),
        layout=(
            Fields("factors_from rmse"),
            Grid(
                """
                .               .             movie_title
                .               .             movie_factors
                prediction_user user_factors  prediction

                .               .             =movie_title
                user_id         .             rating

                .               .             =movie_title
                error_user      user_gradient error
                .               .             movie_gradient
                """,
                tight=True,
            ),
            Words("Is it at its best?"),
            Fields("mse gradient_norm status"),
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
        solver=Solver("rmse", "your_user_factors your_movie_factors") if changing <= SOLVER_CELLS else None,
    )
