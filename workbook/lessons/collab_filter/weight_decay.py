"""Weight decay: the penalty, its gradient, and two ways to apply it that agree here and part later."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Row, Sheet, Table, Ways, Words
from workbook.lessons.collab_filter.grid import labels

FACTORS = {
    "user_factors": "dot_product.user_factors",
    "movie_factors": "dot_product.movie_factors",
    "user_gradient": "dot_product.user_gradient",
    "movie_gradient": "dot_product.movie_gradient",
}

WAYS = {
    "user": "dot_product.user_factors",
    "l2": "l2_user_factors",
    "decoupled": "decoupled_user_factors",
    "adam_l2": "adam_l2_user_factors",
    "adamw": "adamw_user_factors",
}
"""What the users' factors are before a step, and after it by each way."""

USER: dict[str, Any] = {"axes": "user factor", "number_format": "0.0000", "look": "diverging"}
MOVIE: dict[str, Any] = {"axes": "movie factor", "across": "movie", "number_format": "0.0000", "look": "diverging"}
PART: dict[str, Any] = {"role": "check", "number_format": "0.0E+00"}


def sheet() -> Sheet:
    """One step with the penalty in the loss, and one with the weights shrunk beside it."""
    return Sheet(
        name="weight_decay",
        title="Weight decay",
        summary="the penalty wd·Σw², its gradient 2·wd·w, and decoupled decay beside it: equal for plain SGD, not for Adam",
        words="""
            Weight decay keeps every weight small. One way adds wd × (the sum of all squared weights) to the loss: L2. The other shrinks
            every weight a little at each step: decoupled decay. For plain SGD both are the same step. Adam divides the penalty's gradient
            by its size, so there they differ.
        """,
        tries="Raise the weight decay, and watch both differences.",
        experts="Torch's weight_decay is twice the wd of this formula.",
        blocks=(
            *_penalty(),
            *_sgd(),
            *_adam(),
        ),
        layout=(
            Fields("learning_rate wd sum_of_squares penalty"),
            Table(
                headings=("one step of the users' factors", "their Σw² after it", "L2 − decoupled", ""),
                rows=(
                    Row("none yet", "user_squares ."),
                    Row("SGD, L2", "l2_squares ."),
                    Row(
                        "SGD, decoupled", "decoupled_squares largest_difference", "nothing but rounding: the same step"
                    ),
                    Row("Adam, L2", "adam_l2_squares ."),
                    Row(
                        "AdamW, decoupled",
                        "adamw_squares largest_adam_difference",
                        "not rounding: Adam's two ways differ",
                    ),
                ),
            ),
            Ways(
                heading="Where each weight stands",
                rows=(
                    ("user_penalty_gradient", "SGD, users: one row each"),
                    ("movie_penalty_gradient", "SGD, films: one column each"),
                    ("adam_l2_user_factors", "Adam and AdamW, users"),
                ),
            ),
            Words(
                "One step of SGD, both ways",
                "From the factors in use and their gradients on Dot product: the columns are the factors.",
            ),
            Grid("user_id user_penalty_gradient | l2_user_factors | decoupled_user_factors | user_difference"),
            Words("The same for the movies: the rows are the factors"),
            Grid(
                """
                . movie_title
                . movie_penalty_gradient
                . l2_movie_factors
                . decoupled_movie_factors
                . movie_difference
                """
            ),
            Words(
                "Where they differ: Adam's first step",
                "Adam's first step divides each gradient by its own size. With L2 the penalty is divided along with the gradient and almost lost; AdamW shrinks the weight separately.",
            ),
            Fields("adam_rate adam_eps"),
            Grid("=user_id adam_l2_user_factors | adamw_user_factors | adam_difference"),
        ),
        derive=(
            Derive("collab.weight_decay", inputs=FACTORS),
            Derive("collab.adam_first_step", inputs=FACTORS, handed=("user_gradient",)),
        ),
    )


def _penalty() -> tuple[Given | Formula, ...]:
    """What a step is made with, the penalty, and the squares after each way."""
    return (
        Given(
            name="learning_rate",
            title="learning rate",
            value=1.0,
            low=0.0,
            high=2.0,
            unit=0.1,
            number_format="0.000",
            words="of plain SGD",
        ),
        Given(
            name="wd",
            title="weight decay",
            value=0.01,
            low=0.0,
            high=0.2,
            unit=0.01,
            number_format="0.0000",
            words="the lesson's usual value is 0.1",
        ),
        *(block for block in labels() if block.name in ("user_id", "movie_title")),
        Formula(
            name="sum_of_squares",
            title="Σw²",
            number_format="0.00",
            pattern="SUMSQ(dot_product.user_factors)+SUMSQ(dot_product.movie_factors)",
            words="over all factors",
        ),
        Formula(
            name="penalty",
            title="penalty",
            number_format="0.0000",
            role="result",
            pattern="wd*sum_of_squares",
            words="what L2 adds to the loss",
        ),
        *(
            Formula(name=f"{way}_squares", number_format="0.0000", pattern=f"SUMSQ({factors})")
            for way, factors in WAYS.items()
        ),
        Formula(
            name="largest_difference",
            title="SGD: largest difference",
            pattern="MAX(MAX(user_difference), -MIN(user_difference), MAX(movie_difference), -MIN(movie_difference))",
            scale="dot_product.user_factors dot_product.movie_factors",
            **PART,
        ),
    )


def _sgd() -> tuple[Formula, ...]:
    """A step of plain SGD, both ways."""
    return (
        Formula(
            name="user_penalty_gradient",
            title="penalty's gradient, 2·wd·w: users",
            pattern="2*wd*dot_product.user_factors",
            **USER,
        ),
        Formula(
            name="movie_penalty_gradient",
            title="penalty's gradient, 2·wd·w: movies",
            pattern="2*wd*dot_product.movie_factors",
            **MOVIE,
        ),
        Formula(
            name="l2_user_factors",
            title="L2: w − lr·(g + 2·wd·w), users",
            pattern="dot_product.user_factors-learning_rate*(dot_product.user_gradient+user_penalty_gradient)",
            **USER,
        ),
        Formula(
            name="l2_movie_factors",
            title="L2: w − lr·(g + 2·wd·w), movies",
            pattern="dot_product.movie_factors-learning_rate*(dot_product.movie_gradient+movie_penalty_gradient)",
            **MOVIE,
        ),
        Formula(
            name="decoupled_user_factors",
            title="decoupled: (1 − lr·2·wd)·w − lr·g, users",
            pattern="(1-learning_rate*2*wd)*dot_product.user_factors-learning_rate*dot_product.user_gradient",
            **USER,
        ),
        Formula(
            name="decoupled_movie_factors",
            title="decoupled: (1 − lr·2·wd)·w − lr·g, movies",
            pattern="(1-learning_rate*2*wd)*dot_product.movie_factors-learning_rate*dot_product.movie_gradient",
            **MOVIE,
        ),
        Formula(
            name="user_difference",
            axes="user factor",
            title="L2 − decoupled, users",
            pattern="l2_user_factors-decoupled_user_factors",
            scale="l2_user_factors",
            **PART,
        ),
        Formula(
            name="movie_difference",
            axes="movie factor",
            across="movie",
            title="L2 − decoupled, movies",
            pattern="l2_movie_factors-decoupled_movie_factors",
            scale="l2_movie_factors",
            **PART,
        ),
    )


def _adam() -> tuple[Given | Formula, ...]:
    """A step of Adam, both ways."""
    return (
        Given(
            name="adam_rate",
            title="Adam's learning rate",
            value=0.1,
            low=0.0,
            high=1.0,
            unit=0.1,
            number_format="0.000",
            words="its first step goes about this far",
        ),
        Given(
            name="adam_eps",
            title="Adam's eps",
            value=1e-8,
            low=1e-12,
            high=1.0,
            number_format="0.0E+00",
            probe=0.1,
            words="keeps the division from failing where a gradient is 0",
        ),
        Formula(
            name="largest_adam_difference",
            title="Adam: largest difference",
            pattern="MAX(MAX(adam_difference), -MIN(adam_difference))",
            scale="adam_l2_user_factors",
            role="result",
            number_format="0.0000",
        ),
        Formula(
            name="adam_l2_user_factors",
            title="Adam, L2: w − lr·g′/(|g′| + eps), g′ = g + 2·wd·w",
            pattern="""dot_product.user_factors-adam_rate*(dot_product.user_gradient+user_penalty_gradient)
                       /(ABS(dot_product.user_gradient+user_penalty_gradient)+adam_eps)""",
            **USER,
        ),
        Formula(
            name="adamw_user_factors",
            title="AdamW: (1 − lr·2·wd)·w − lr·g/(|g| + eps)",
            pattern="(1-adam_rate*2*wd)*dot_product.user_factors-adam_rate*dot_product.user_gradient/(ABS(dot_product.user_gradient)+adam_eps)",
            **USER,
        ),
        Formula(
            name="adam_difference",
            axes="user factor",
            title="Adam − AdamW",
            pattern="adam_l2_user_factors-adamw_user_factors",
            scale="adam_l2_user_factors",
            number_format="0.0000",
            look="diverging",
            role="check",
        ),
    )
