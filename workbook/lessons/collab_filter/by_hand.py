"""Collaborative filtering by hand: three people, three films, two factors."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_names
from workbook.lesson.lesson import Array, Beside, Derive, Formula, Given, Grid, Sheet
from workbook.lesson.questions import Question, asked, derived, predictions

PEOPLE, FILMS = ("Ann", "Ben", "Cid"), ("Alien", "Brave", "Cars")
SIZES = {"person": len(PEOPLE), "show": len(FILMS), "trait": 2}

QUESTIONS = (
    Question("What is predicted for Cid and Cars?", "predicted", "last"),
    Question("How far off is the prediction for Ann and Alien?", "error", "first"),
    Question("What is Ann's first gradient, twice error × factor?", "person_gradient", "first"),
)
TRIES = Tries(
    (
        Try("rate", (), "0.1", "the step is too long, and the loss rises."),
        Try("person_factor", (2, 1), "2", "Cid's taste changes, and so does his row alone."),
        Try("person", (), "Ben", "another one-hot, another look-up."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(("person", "film"), "", "", joined="each", box=True),
        Column(("2 factors", "2 factors"), "", "update", box=True),
        Column(("× and +",), box=True),
        Column(("error²",), box=True),
    ),
    forward="forward: two look-ups and one product",
    backward="backward: the error changes these four factors",
    alt="A person and a film each look up two factors; the products of these add up to a prediction, whose squared error is the loss. "
    "The error flows back to the four factors and to no others.",
    width=330,
    height=75,
)
NUMBER: dict[str, Any] = {"number_format": "General"}
TABLE: dict[str, Any] = {**NUMBER, "axes": "person show"}
ROW: dict[str, Any] = {**NUMBER, "axes": "trait", "across": "trait"}


def values() -> dict[str, Array]:
    """Small whole factors, and ratings that they nearly give."""
    return {
        "by_hand.person_name": np.array(PEOPLE, dtype=object),
        "by_hand.film_name": np.array(FILMS, dtype=object),
        "by_hand.person_factor": np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 0.0]]),
        "by_hand.film_factor": np.array([[2.0, 0.0, 1.0], [1.0, 2.0, 1.0]]),
        "by_hand.rating": np.array([[5.0, 4.0, 2.0], [4.0, 2.0, 3.0], [2.0, 1.0, 1.0]]),
    }


def sheet() -> Sheet:
    """Predictions, one error, one gradient, one step; and the same rows by one-hot and by look-up."""
    at_person, at_film = "MATCH(person, person_name, 0)", "MATCH(film, film_name, 0)"
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="Ratings by hand",
        summary="start here: three people, three films, two factors, whole numbers",
        words="""
            Multiply a person's two numbers by a film's two and add: the predicted rating. Its error says how to move these four numbers.
        """,
        column_width=4.9,
        shapes=True,
        one_page=True,
        blocks=(
            Given(
                name="rate",
                title="rate",
                value=0.05,
                low=0,
                high=0.2,
                **NUMBER,
                words="of one step, for the factors of one person and one film",
            ),
            *_grid(),
            *_pair(at_person, at_film),
            *_step(),
            *_losses(at_person, at_film),
            *asked(QUESTIONS),
        ),
        layout=(
            Beside(
                (
                    (
                        Grid(
                            """
                            . . . film_name
                            . . . film_factor
                            """,
                            tight=True,
                        ),
                    ),
                    (DIAGRAM,),
                )
            ),
            Grid(
                """
                person_name person_factor → predicted  − rating         = error      → rmse            . .          . .

                person      .             . person_hot → person_product = person_row . person_gradient → new_person . .
                film        .             . film_hot   → film_product   = film_row   . film_gradient   → new_film   . .

                .           rate          . one_predicted − one_rating     = one_error  → one_loss   . new_predicted → new_loss
                """,
                tight=True,
            ),
            Beside(((predictions(QUESTIONS, columns=10),), (TRIES,))),
        ),
        derive=(Derive("by_hand.factors"), *derived(QUESTIONS)),
    )


def _grid() -> tuple[Given | Formula, ...]:
    """Factors, predictions and errors of all."""
    return (
        axis_names("person_name", "person"),
        axis_names("film_name", "show", across="show"),
        Given(name="person_factor", axes="person trait", title="people", frame=True, low=-3, high=3, **NUMBER),
        Given(name="film_factor", axes="trait show", title="films", frame=True, low=-3, high=3, **NUMBER),
        Formula(
            name="predicted",
            title="predicted",
            role="forward",
            pattern="MMULT(person_factor, film_factor)",
            **TABLE,
        ),
        Given(name="rating", title="ratings", low=0, high=5, **TABLE),
        Formula(
            name="error",
            title="error",
            role="backward",
            pattern="predicted-rating",
            scale="predicted rating",
            **TABLE,
        ),
        Formula(
            name="rmse",
            title="RMSE",
            role="result",
            pattern="SQRT(SUMPRODUCT(error, error)/COUNT(error))",
            scale="rating",
            **NUMBER,
        ),
    )


def _pair(at_person: str, at_film: str) -> tuple[Given | Formula, ...]:
    """One person and one film, by one-hot and by look-up."""
    return (
        Given(name="person", title="who", value=PEOPLE[0], choices=PEOPLE),
        Given(name="film", value=FILMS[0], choices=FILMS),
        Formula(
            name="person_hot",
            axes="person",
            across="person",
            title="one-hot",
            role="forward",
            pattern="IF(person=person_name, 1, 0)",
            **NUMBER,
        ),
        Formula(
            name="film_hot",
            axes="show",
            across="show",
            role="forward",
            pattern="IF(film=film_name, 1, 0)",
            **NUMBER,
        ),
        Formula(
            name="person_product",
            title="× factors",
            role="forward",
            pattern="MMULT(person_hot, person_factor)",
            **ROW,
        ),
        Formula(name="film_product", role="forward", pattern="SUMPRODUCT(film_hot, film_factor)", **ROW),
        Formula(
            name="person_row",
            title="look-up",
            role="forward",
            pattern=f"INDEX(person_factor, {at_person}, 1)",
            **ROW,
        ),
        Formula(name="film_row", role="forward", pattern=f"INDEX(film_factor, 1, {at_film})", **ROW),
    )


def _step() -> tuple[Formula, ...]:
    """Their gradients, and their factors after a step."""
    return (
        Formula(
            name="person_gradient",
            title="gradient",
            role="backward",
            pattern="2*one_error*film_row",
            scale="film_row",
            **ROW,
        ),
        Formula(name="film_gradient", role="backward", pattern="2*one_error*person_row", scale="person_row", **ROW),
        Formula(
            name="new_person",
            title="after a step",
            role="update",
            frame=True,
            pattern="person_row-rate*person_gradient",
            scale="person_row",
            **ROW,
        ),
        Formula(
            name="new_film",
            role="update",
            frame=True,
            pattern="film_row-rate*film_gradient",
            scale="film_row",
            **ROW,
        ),
    )


def _losses(at_person: str, at_film: str) -> tuple[Formula, ...]:
    """Their error before the step and after it."""
    return (
        Formula(
            name="one_predicted",
            title="predicted",
            role="forward",
            pattern="SUMPRODUCT(person_row, film_row)",
            **NUMBER,
        ),
        Formula(
            name="one_rating",
            title="rating",
            pattern=f"INDEX(rating, {at_person}, {at_film})",
            **NUMBER,
        ),
        Formula(
            name="one_error",
            title="error",
            role="backward",
            pattern="one_predicted-one_rating",
            scale="one_predicted one_rating",
            **NUMBER,
        ),
        Formula(name="one_loss", title="loss", role="result", pattern="one_error^2", scale="one_rating", **NUMBER),
        Formula(
            name="new_predicted",
            title="predicted",
            role="update",
            pattern="SUMPRODUCT(new_person, new_film)",
            **NUMBER,
        ),
        Formula(
            name="new_loss",
            title="new loss",
            role="result",
            pattern="(new_predicted-one_rating)^2",
            scale="one_rating",
            **NUMBER,
        ),
    )
