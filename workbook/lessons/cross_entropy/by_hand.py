"""Cross-entropy by hand: two photos, three animals, powers of two."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_names
from workbook.lesson.lesson import Array, Beside, Derive, Fields, Formula, Given, Grid, Item, Sheet
from workbook.lesson.questions import Question, asked, derived, predictions

ANIMALS = ("cat", "dog", "fish")
SIZES = {"photo": 2, "animal": len(ANIMALS)}

QUESTIONS = (
    Question("What share of the powers has the fish in photo 2?", "share", "last"),
    Question("What is the loss of photo 2?", "loss", "last"),
    Question("What is the gradient of the cat's logit in photo 1?", "gradient", "first"),
)
TRIES = Tries(
    (
        Try("logit", (0, 0), "9", "the loss of photo 1 nears 0, and so does its gradient."),
        Try("rate", (), "4", "does a step four times as long help both photos?"),
        Try("base", (), "2.718", "the numbers that torch gives."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(ANIMALS, "logits z", "", joined="each"),
        Column(("bᶻ",) * 3, "powers"),
        Column(("p",) * 3, "shares", joined="each"),
        Column(("−log",) * 3, "× truth"),
        Column(("loss",), "", box=True),
    ),
    forward="forward: from scores to the loss",
    backward="backward: each logit gets p − y",
    alt="Three logits become three powers of the base, each power over their sum a share, each share its logarithm, and the true one the loss. "
    "The way back is one subtraction: share minus truth.",
    width=270,
    height=120,
)


def values() -> dict[str, Array]:
    """Logits whose powers of two add up to powers of two."""
    return {
        "by_hand.animal": np.array(ANIMALS, dtype=object),
        "by_hand.right": np.array(ANIMALS[:2], dtype=object),
        "by_hand.logit": np.array([[3.0, 2.0, 2.0], [3.0, 3.0, 4.0]]),
    }


LAYOUT: tuple[Item, ...] = (
    Fields("base rate"),
    Grid(
        """
        .     animal . =animal . .     . =animal . =animal  . =animal . .
        right logit  → power   = total → share   → surprise × truth   = loss
        """,
        tight=True,
    ),
    Beside(
        (
            (
                Grid(
                    """
                    . .         . .         . .         ← gradient  . .

                    . new_logit → new_power = new_total → new_share → new_loss
                    """,
                    tight=True,
                ),
            ),
            (DIAGRAM,),
        )
    ),
    Beside(((predictions(QUESTIONS, columns=11),), (TRIES,))),
)


def sheet() -> Sheet:
    """Logits to shares to a loss, the gradient, and one step."""
    table: dict[str, Any] = {"axes": "photo animal", "number_format": "General"}
    column: dict[str, Any] = {"axes": "photo", "number_format": "General"}
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="Cross-entropy by hand",
        summary="start here: two photos, three animals, every number in your head",
        words="""
            A network gives each animal a score, called logit. Raise 2 to each score and divide by the sum: these are shares. The loss asks one thing: how much did the true animal get? A half costs 1, a quarter 2, an eighth 3: minus the
            logarithm, here to base 2.
        """,
        column_width=4.8,
        shapes=True,
        one_page=True,
        blocks=(
            Given(
                name="base",
                title="base b",
                value=2.0,
                low=1.2,
                high=10,
                number_format="General",
                words="of the powers and of the logarithm; torch takes e = 2.718",
            ),
            Given(
                name="rate",
                title="rate",
                value=1.0,
                low=0,
                high=4,
                number_format="General",
                words="how far one step moves the logits",
            ),
            Given(name="right", axes="photo", title="photo", choices=ANIMALS, width=9),
            axis_names("animal", "animal", across="animal"),
            Given(name="logit", title="logits z", low=-9, high=9, frame=True, **table),
            Formula(name="power", title="powers bᶻ", role="forward", pattern="base^logit", **table),
            Formula(name="total", title="sum", role="forward", pattern="SUM(power)", **column),
            Formula(name="share", title="shares p", role="forward", pattern="power/total", **table),
            Formula(name="surprise", title="−log p", role="forward", pattern="-LOG(share, base)", **table),
            Formula(name="truth", title="truth y", role="forward", pattern="IF(right=animal, 1, 0)", **table),
            Formula(name="loss", title="loss", role="result", pattern="SUMPRODUCT(surprise, truth)", **column),
            Formula(
                name="gradient",
                title="gradient = p − y",
                role="backward",
                pattern="share-truth",
                scale="truth",
                **table,
            ),
            Formula(
                name="new_logit",
                title="z after a step",
                role="update",
                frame=True,
                pattern="logit-rate*gradient",
                scale="logit",
                **table,
            ),
            Formula(name="new_power", title="powers", role="update", pattern="base^new_logit", **table),
            Formula(name="new_total", title="sum", role="update", pattern="SUM(new_power)", **column),
            Formula(name="new_share", title="new shares", role="update", pattern="new_power/new_total", **table),
            Formula(
                name="new_loss",
                title="new loss",
                role="result",
                pattern="LOG(new_total, base)-SUMPRODUCT(truth, new_logit)",
                scale="new_logit",
                **column,
            ),
            *asked(QUESTIONS),
        ),
        layout=LAYOUT,
        derive=(Derive("by_hand.cross_entropy"), *derived(QUESTIONS)),
    )
