"""Attention by hand: three words, whole numbers, shares that are halves and quarters."""

from typing import Any

from workbook.lesson import answers
from workbook.lesson.by_hand import Column, Diagram, Predict, Predictions, Tries, Try
from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Beside, Derive, Fields, Formula, Given, Grid, Item, Sheet

DIAGRAM = Diagram(
    columns=(
        Column(("value 1", "value 2", "value 3"), "of V", joined="each", box=True),
        Column(("×",) * 3, "its shares"),
        Column(("sum",), "it takes", box=True),
    ),
    forward="forward: what a word takes from each",
    backward="",
    alt="Each of the three words has a value of two numbers. A word takes its share of each value; their sum is what it takes.",
    width=186,
    height=88,
)
TABLE: dict[str, Any] = {"number_format": "General", "role": "forward"}
WEIGHT: dict[str, Any] = {"low": -2, "high": 2, "whole": True, "number_format": "0", "frame": True}
NAME: dict[str, Any] = {"text": True, "role": "label"}
ANSWER: dict[str, Any] = {"optional": True, "number_format": "General", "low": -100, "high": 100}

LAYOUT: tuple[Item, ...] = (
    Fields("base mask"),
    Grid(
        """
        .         .     . .           . .         .     . .  . .         . query_weight | key_weight | value_weight
        .         .     . item_number . .         .     . .  . .         . .            | .          | .
        spot_word token → one_hot     × item_name table = x  = looked_up → q            | k          | v
        """,
        tight=True,
    ),
    Beside(
        (
            (
                Grid(
                    """
                    .          .           seen_word  . seen_number . . . =seen_word . .
                    =spot_word spot_number score       → power       = power_sum → share × context
                    """,
                    tight=True,
                ),
            ),
            (DIAGRAM,),
        )
    ),
    Beside(
        (
            (
                Predictions(
                    (
                        Predict("What is the score of the third word with itself?", "guess_score", "verdict_score"),
                        Predict("How much of itself does the first word take?", "guess_share", "verdict_share"),
                        Predict(
                            "What is the second number that the third word takes?",
                            "guess_taken",
                            "verdict_taken",
                        ),
                    ),
                    columns=11,
                ),
            ),
            (
                Tries(
                    (
                        Try("mask", (), "none", "which row stays as it is, and why?"),
                        Try("token", (0,), "2", "the words are like, like, tea. Which rows are alike?"),
                        Try("base", (), "2.718", "now it is softmax, as on the other sheets."),
                    )
                ),
            ),
        )
    ),
)


def sheet() -> Sheet:
    """One-hot and look-up, queries, keys, values, scores, shares, and what each word takes."""
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="Attention by hand",
        summary="start here: three words in whole numbers, from a vocabulary to what each word takes from the others",
        words="""
            Query times key is a score. Raise the base to each score and divide by the sum: these shares say how much of each value to take.
        """,
        column_width=4.1,
        shapes=True,
        one_page=True,
        blocks=(
            *_inputs(),
            *_rows(),
            *_shares(),
            *_answers(),
        ),
        layout=LAYOUT,
        derive=(
            Derive("attention.by_hand"),
            Derive(
                "attention.spelled",
                inputs={"name": "item_name", "number": "token"},
                outputs={"spelled": "spot_word"},
                shown=False,
            ),
            Derive("attention.along", inputs={"word": "spot_word"}, outputs={"along": "seen_word"}, shown=False),
            *(
                Derive(
                    f"answers.{which}",
                    inputs={"answer": f"guess_{name}", "expected": expected},
                    outputs={"verdict": f"verdict_{name}"},
                    shown=False,
                )
                for which, name, expected in (
                    ("last", "score", "score"),
                    ("first", "share", "share"),
                    ("last", "taken", "context"),
                )
            ),
        ),
    )


def _inputs() -> tuple[Given | Formula, ...]:
    """Base and mask, the vocabulary, the weights and the sentence."""
    return (
        Given(
            name="base",
            title="base",
            value=2.0,
            low=1.5,
            high=4.0,
            number_format="0.0##",
            words="of the powers; with e = 2.718 the shares are the softmax of the other sheets",
        ),
        Given(
            name="mask",
            title="mask",
            value="causal",
            choices=("causal", "none"),
            words="causal: no word looks at a later one",
        ),
        Given(name="item_name", axes="item", width=5, fixed=True, **NAME),
        axis_numbers("item_number", "item", across="item"),
        Given(
            name="table",
            axes="item trait",
            title="E",
            low=0,
            high=2,
            whole=True,
            number_format="0",
            frame=True,
        ),
        Given(name="query_weight", axes="trait ask", title="W_Q", **WEIGHT),
        Given(name="key_weight", axes="trait ask", title="W_K", **WEIGHT),
        Given(
            name="value_weight",
            axes="trait give",
            title="W_V",
            low=-9,
            high=9,
            whole=True,
            number_format="0",
            frame=True,
        ),
        Given(name="token", axes="spot", title="no.", width=6, low=1, high=3, whole=True, number_format="0"),
        Formula(name="spot_word", axes="spot", title="word", width=9, pattern="INDEX(item_name, token, 1)", **NAME),
        Formula(name="seen_word", axes="seen", across="seen", pattern="ALONG(spot_word, spot, seen)", **NAME),
    )


def _rows() -> tuple[Formula, ...]:
    """Each word by one-hot and by look-up, its query, key and value."""
    return (
        Formula(
            name="one_hot",
            axes="spot item",
            title="one-hot",
            pattern="IF(token=item_number, 1, 0)",
            **{**TABLE, "number_format": "0"},
        ),
        Formula(name="x", axes="spot trait", title="x", pattern="MMULT(one_hot, table)", **TABLE),
        Formula(
            name="looked_up",
            axes="spot trait",
            title="look-up",
            pattern="INDEX(table, token, 1)",
            **TABLE,
        ),
        Formula(name="q", axes="spot ask", title="Q", pattern="MMULT(x, query_weight)", **TABLE),
        Formula(
            name="k",
            axes="seen ask",
            title="K",
            pattern="MMULT(ALONG(x, spot, seen), key_weight)",
            **TABLE,
        ),
        Formula(
            name="v",
            axes="seen give",
            title="V",
            pattern="MMULT(ALONG(x, spot, seen), value_weight)",
            **TABLE,
        ),
    )


def _shares() -> tuple[Given | Formula, ...]:
    """Scores, their powers, shares, and what each word takes."""
    return (
        Formula(name="score", axes="spot seen", title="scores Q·K", pattern="SUMPRODUCT(q, k)", **TABLE),
        axis_numbers("spot_number", "spot", "at"),
        axis_numbers("seen_number", "seen", across="seen"),
        Formula(
            name="power",
            axes="spot seen",
            title="powers, 0: later",
            pattern='IF(AND(mask="causal", seen_number>spot_number), 0, base^score)',
            **TABLE,
        ),
        Formula(name="power_sum", axes="spot", title="sum", pattern="SUM(power)", **TABLE),
        Formula(name="share", axes="spot seen", title="shares", pattern="power/power_sum", **TABLE),
        Formula(
            name="context",
            axes="spot give",
            title="takes",
            role="result",
            number_format="General",
            pattern="MMULT(share, v)",
        ),
    )


def _answers() -> tuple[Given | Formula, ...]:
    """The questions: what is typed, and its verdict."""
    return (
        Given(name="guess_score", title="the score of word 3 with itself", **ANSWER),
        Formula(
            name="verdict_score",
            text=True,
            role="check",
            pattern=answers.prediction("guess_score", "INDEX(score, 3, 3)"),
        ),
        Given(name="guess_share", title="share of the first word", **ANSWER),
        Formula(
            name="verdict_share",
            text=True,
            role="check",
            pattern=answers.prediction("guess_share", "INDEX(share, 1, 1)"),
        ),
        Given(name="guess_taken", title="the second number of word 3", **ANSWER),
        Formula(
            name="verdict_taken",
            text=True,
            role="check",
            pattern=answers.prediction("guess_taken", "INDEX(context, 3, 2)"),
        ),
    )
