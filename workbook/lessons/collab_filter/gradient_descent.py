"""Gradient descent: every step of training unrolled on the grid, every gradient in a cell."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import (
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Repeat,
    Series,
    Sheet,
    Unprinted,
    Words,
)

START = {"user_factors": "dot_product.user_factors", "movie_factors": "dot_product.movie_factors"}
FORM: dict[str, Any] = {"number_format": "0.000"}

LAYOUT: tuple[Item, ...] = (
    Fields("learning_rate wd"),
    Charts("falling loss"),
    Grid("step_number rmse mse penalty loss | verdict"),
    Words(
        "Is the gradient right? A finite difference",
        """Move one factor up a little and down a little, and see how the loss differs: that is its slope, without any calculus.
           Done here, at the first step, for the first factor of the first user and of the first movie.""",
    ),
    Fields("nudge"),
    Fields("user_loss_up user_loss_down user_numeric_gradient user_analytic_gradient"),
    Grid(". user_error\n. user_error_up\n. user_error_down"),
    Fields("movie_loss_up movie_loss_down movie_numeric_gradient movie_analytic_gradient"),
    Grid(". movie_error movie_error_up movie_error_down"),
    Unprinted(),
    Words("The steps"),
    Grid(". user_id | rating"),
    Repeat(
        "step",
        """
        . .                | movie_factors     | movie_gradient
        . user_factors     | prediction        | error
        . user_gradient    | new_movie_factors | .
        . new_user_factors | .                 | .
        """,
    ),
)


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """Full-batch steps from the factors in use."""
    # A rate of 1 suits 15 people and ratings up to 5; the slope grows with the ratings and with each person's share of them.
    rate = round(min(1.0, sizes["user"] / 15, sizes["movie"] / 15) * 5 / float(facts["rating_high"]), 2)
    return Sheet(
        name="gradient_descent",
        title="Gradient descent",
        summary=f"{sizes['step']} steps of training unrolled: errors, gradients, new factors, step by step",
        words="""
            The gradient says how the loss changes when a factor changes: the errors times the other side's factors, added up. Each step
            moves every factor against its gradient, by the learning rate. Nothing is hidden in a macro: each step stands below the one
            before.
        """,
        tries="Raise the rate, and see when the loss no longer falls.",
        blocks=(
            *_settings(rate),
            axis_numbers("step_number", "step", "step"),
            *_losses(),
            label("user_id", "user", "ratings.user_id", "user", number_format="0"),
            Formula(
                name="rating",
                axes="user movie",
                title="ratings",
                number_format="0.0",
                look="sequential",
                pattern="ratings.rating_grid",
            ),
            Given(
                name="nudge",
                title="nudge",
                value=0.01,
                low=0.0001,
                high=0.5,
                number_format="0.0000",
                words="how far one factor is moved, up and down; the loss is a parabola in one factor, so any nudge gives its slope",
            ),
            *_difference("user", "movie"),
            *_difference("movie", "user"),
            *_steps(),
        ),
        layout=LAYOUT,
        charts=(
            Chart(
                name="falling",
                title="RMSE by step",
                series=(Series("rmse", "RMSE", "step_number"),),
                x_title="step",
                y_title="RMSE",
                alt="RMSE by step: it falls, fast at first.",
                y_low=0.0,
                columns=4,
                rows=16,
            ),
            Chart(
                name="loss",
                title="The loss that training lowers, by step",
                series=(
                    Series("loss", "loss", "step_number", colour=1),
                    Series("mse", "mean squared error", "step_number", colour=2),
                    Series("penalty", "penalty", "step_number", colour=3),
                ),
                x_title="step",
                y_title="loss",
                alt="The loss by step, and the two parts that it is the sum of: it falls, fast at first.",
                y_low=0.0,
                columns=6,
                rows=16,
            ),
        ),
        derive=(
            Derive("collab.gradient_descent", step="step"),
            Derive("collab.nudged_errors", inputs=START, shown=False),
            Derive("collab.finite_difference", inputs=START),
        ),
    )


def _settings(rate: float) -> tuple[Given, ...]:
    """What a step is made with."""
    return (
        Given(
            name="learning_rate",
            title="learning rate",
            value=rate,
            low=0.0,
            high=2.0,
            number_format="0.000",
            unit=0.1,
            words="new = old − learning rate × gradient",
        ),
        Given(
            name="wd",
            title="weight decay",
            value=0.001,
            low=0.0,
            high=0.1,
            number_format="0.0000",
            unit=0.001,
            words="loss = mean squared error + wd × (sum of all squared factors)",
        ),
    )


def _losses() -> tuple[Formula, ...]:
    """The loss of each step, and its parts."""
    return (
        Formula(
            name="mse",
            axes="step",
            title="mean squared error",
            number_format="0.0000",
            scale="prediction",
            pattern="SUMSQ(error)/COUNT(rating)",
        ),
        Formula(
            name="rmse",
            axes="step",
            title="RMSE",
            number_format="0.0000",
            scale="prediction",
            pattern="SQRT(mse)",
            role="result",
        ),
        Formula(
            name="penalty",
            axes="step",
            title="penalty",
            number_format="0.0000",
            pattern="wd*(SUMSQ(user_factors)+SUMSQ(movie_factors))",
        ),
        Formula(
            name="loss",
            axes="step",
            title="loss",
            number_format="0.0000",
            scale="prediction",
            pattern="mse+penalty",
        ),
        Formula(
            name="verdict",
            axes="step",
            title="verdict",
            text=True,
            pattern='IF(loss>1000000000000, "diverged", "")',
            note="Too large a learning rate makes the loss grow without end. Beyond 10^12 the factors are left as they are.",
        ),
    )


def _steps() -> tuple[Formula, ...]:
    """Factors, predictions, errors, gradients and the factors after them, of each step."""
    return (
        Formula(
            name="user_factors",
            axes="step user factor",
            title="user factors",
            role="parameter",
            pattern="PREV(new_user_factors, dot_product.user_factors)",
            **FORM,
        ),
        Formula(
            name="movie_factors",
            axes="step movie factor",
            across="movie",
            title="movie factors",
            role="parameter",
            pattern="PREV(new_movie_factors, dot_product.movie_factors)",
            **FORM,
        ),
        Formula(
            name="prediction",
            axes="step user movie",
            title="predictions",
            look="sequential",
            pattern="MMULT(user_factors, movie_factors)",
        ),
        Formula(
            name="error",
            axes="step user movie",
            title="errors",
            number_format='0.00;-0.00;"·"',
            look="diverging",
            scale="prediction",
            pattern='IF(rating="", 0, prediction-rating)',
        ),
        Formula(
            name="user_gradient",
            axes="step user factor",
            title="gradient, user factors",
            scale="prediction user_factors",
            pattern="2/ratings.rating_count*SUMPRODUCT(error, movie_factors)+2*wd*user_factors",
            **FORM,
        ),
        Formula(
            name="movie_gradient",
            axes="step movie factor",
            across="movie",
            title="gradient, movie factors",
            scale="prediction movie_factors",
            pattern="2/ratings.rating_count*SUMPRODUCT(error, user_factors)+2*wd*movie_factors",
            **FORM,
        ),
        Formula(
            name="new_user_factors",
            axes="step user factor",
            title="new user factors",
            pattern="IF(loss>1000000000000, user_factors, user_factors-learning_rate*user_gradient)",
            **FORM,
        ),
        Formula(
            name="new_movie_factors",
            axes="step movie factor",
            across="movie",
            title="new movie factors",
            pattern="IF(loss>1000000000000, movie_factors, movie_factors-learning_rate*movie_gradient)",
            **FORM,
        ),
    )


def _difference(side: str, other: str) -> tuple[Formula, ...]:
    """The derivative of the loss in the first factor of the first user or movie, by moving it and by calculus."""
    errors: dict[str, Any] = {
        "axes": other,
        "across": other if side == "user" else None,
        "scale": f"dot_product.prediction {side}_error",
    }
    weight = f"INDEX(dot_product.{side}_factors, 1, 1)"
    step: dict[str, Any] = {"number_format": "0.000000"}
    moved = [
        Formula(
            name=f"{side}_error_{way}",
            title=f"errors with its first factor moved {way}",
            pattern=f'IF(INDEX(rating, 1, 1)="", 0, {side}_error{sign}nudge*INDEX(dot_product.{other}_factors, 1, 1))',
            **errors,
        )
        for way, sign in (("up", "+"), ("down", "-"))
    ]
    losses = [
        Formula(
            name=f"{side}_loss_{way}",
            title=f"loss, moved {way}",
            pattern=f"""(SUMSQ(dot_product.error)-SUMSQ({side}_error)+SUMSQ({side}_error_{way}))/COUNT(rating)
                        +wd*(SUMSQ(dot_product.user_factors)+SUMSQ(dot_product.movie_factors)-{weight}^2+({weight}{sign}nudge)^2)""",
            **step,
        )
        for way, sign in (("up", "+"), ("down", "-"))
    ]
    return (
        Formula(
            name=f"{side}_error",
            title=f"errors of the first {side}",
            pattern="INDEX(dot_product.error, 1, 1)",
            **errors,
        ),
        *moved,
        *losses,
        Formula(
            name=f"{side}_numeric_gradient",
            title="slope, by moving it",
            role="check",
            pattern=f"({side}_loss_up-{side}_loss_down)/(2*nudge)",
            scale=f"{side}_loss_up",
            bound=1e-9,
            reason="dividing a difference of two losses by the nudge magnifies their rounding",
            words=f"(loss up − loss down) / (2 × nudge), for the first {side}",
            **step,
        ),
        Formula(
            name=f"{side}_analytic_gradient",
            title="slope, by calculus",
            role="check",
            pattern=f"INDEX(dot_product.{side}_gradient, 1, 1)+2*wd*{weight}",
            scale=f"dot_product.{side}_gradient {side}_loss_up",
            words="the gradient of step 1: the same number",
            **step,
        ),
    )
