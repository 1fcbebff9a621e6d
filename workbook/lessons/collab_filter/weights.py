"""The three sets of weights that every model of the lesson switches between: initial, trained, yours."""

from dataclasses import dataclass
from typing import Any

from workbook.lesson.lesson import Derive, Formula, Given, Recorded

SWITCH = "dot_product.factors_from"
MADE_BY = "engine.runs.training.fit_grid"
LARGEST = 100.0

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
"""The drawing of the three sets of a model with biases."""

MODEL = """
    .               .             .                  movie_title
    .               .             .                  movie_factors
    .               .             .                  movie_bias
    prediction_user user_factors  user_bias          {prediction}

    .               .             .                  =movie_title
    user_id         .             .                  rating

    .               .             .                  =movie_title
    error_user      user_gradient user_bias_gradient error
    {slope}
    .               .             .                  movie_gradient
    .               .             .                  movie_bias_gradient
"""
"""The drawing of a model with biases: `prediction` is the block that weights frame, `slope` further lines below the errors."""


@dataclass(frozen=True)
class Weights:
    """One array of parameters in four blocks: the three sets, and the one in use."""

    name: str
    axes: str
    across: str | None
    title: str
    initial: str = ""

    def blocks(self) -> tuple[Given | Formula | Recorded, ...]:
        """The blocks `initial_…`, `trained_…`, `your_…`, and the one in use, chosen by the switch."""
        shape: dict[str, Any] = {"axes": self.axes, "across": self.across}
        name, title = self.name, self.title
        initial: Given | Formula
        if self.initial:
            initial = Formula(name=f"initial_{name}", title=f"{title}, initial", pattern=self.initial, **shape)
        else:
            initial = Given(
                name=f"initial_{name}", title=f"{title}, initial", unit=0.01, low=-LARGEST, high=LARGEST, **shape
            )
        return (
            initial,
            Recorded(name=f"trained_{name}", title=f"{title}, trained", made_by=MADE_BY, **shape),
            Given(
                name=f"your_{name}",
                title=f"{title}, yours",
                unit=0.01,
                low=-LARGEST,
                high=LARGEST,
                **shape,
            ),
            Formula(
                name=name,
                title=f"{title} in use",
                role="parameter",
                look="diverging",
                pattern=f'IF({SWITCH}="initial", initial_{name}, IF({SWITCH}="trained", trained_{name}, your_{name}))',
                **shape,
            ),
        )

    def derive(self) -> Derive:
        """The functions that choose."""
        sets = {
            "factors_from": SWITCH,
            "initial": f"initial_{self.name}",
            "trained": f"trained_{self.name}",
            "yours": f"your_{self.name}",
        }
        return Derive("collab.choose", inputs=sets, outputs={"chosen": self.name}, shown=False)


def biased_weights(start: str = "") -> tuple[Weights, ...]:
    """The four arrays of a model with biases; `start` is the sheet whose biases it starts from, its own where empty."""
    users = Weights("user_factors", "user factor", None, "user factors", "dot_product.initial_user_factors")
    movies = Weights("movie_factors", "movie factor", "movie", "movie factors", "dot_product.initial_movie_factors")
    user_bias = Weights("user_bias", "user", None, "bias", f"{start}.initial_user_bias" if start else "")
    movie_bias = Weights("movie_bias", "movie", "movie", "movie bias", f"{start}.initial_movie_bias" if start else "")
    return users, movies, user_bias, movie_bias
