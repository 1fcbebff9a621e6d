"""What several sheets of the lesson share: looks, headings, weights, and the cells of one head of attention."""

from typing import Any

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Derive, Formula, Given, Grid

LARGEST = 3.0
"""Weights beyond it make scores so large that softmax leaves one word alone, and rounding decides which."""

WIDTH = 5.2
NAMES = 16.0
SIGNED: dict[str, Any] = {"number_format": "0.00", "look": "diverging", "width": WIDTH}
SHARE: dict[str, Any] = {"number_format": "0.00", "look": "sequential", "width": WIDTH}
SLOPE: dict[str, Any] = {"number_format": "0.000", "look": "diverging", "width": 5.8}
NAME: dict[str, Any] = {"text": True, "role": "label", "width": WIDTH}

WEIGHTS: dict[str, tuple[str, str]] = {
    "token_weight": ("word feature", "E"),
    "position_weight": ("token feature", "P"),
    "query_weight": ("feature dim", "W_Q"),
    "key_weight": ("feature dim", "W_K"),
    "value_weight": ("feature dim", "W_V"),
    "output_weight": ("dim word", "W_O"),
}
"""Every weight of the model: its axes, and what it is called."""

HOMES = {name: "embedding" if name in ("token_weight", "position_weight") else "attention" for name in WEIGHTS} | {
    "output_weight": "next_word"
}
"""The sheet on which each weight is first used."""

SWITCHES = {"mask": "attention.mask", "temperature": "attention.temperature"}

PROBABILITIES = Grid(
    """
    .           =word_name       . .         . =word_name  .
    =token_word word_exponential = logit_sum → probability token_loss
    """,
    tight=True,
)
"""How the softmax of the next word, and the loss, are drawn."""

SHARES = Grid(
    """
    .           =key_word   . .       . =key_word . .
    =token_word exponential = row_sum → attention × context
    """,
    tight=True,
)
"""How the softmax of the scores, and what is taken by it, are drawn."""

SCORES = Grid(
    """
    .           key_word . =key_word .
    =token_word score    → masked    row_max
    """,
    tight=True,
)
"""How the scores are drawn."""


def home(name: str) -> str:
    """`sheet.block` of a weight in use."""
    return f"{HOMES[name]}.{name}"


def in_use(*names: str) -> tuple[Formula, ...]:
    """Weights as the switch has them: those that the training started from, or ended with."""
    return tuple(
        Formula(
            name=name,
            axes=WEIGHTS[name][0],
            title=WEIGHTS[name][1],
            role="parameter",
            pattern=f'IF(attention.weights_from="initial", training.initial_{name}, training.trained_{name})',
            **SIGNED,
        )
        for name in names
    )


def choose(*names: str) -> tuple[Derive, ...]:
    """The functions that choose them."""
    return tuple(
        Derive(
            "mnist.choose",
            inputs={
                "weights_from": "attention.weights_from",
                "initial": f"training.initial_{name}",
                "trained": f"training.trained_{name}",
            },
            outputs={"chosen": name},
            shown=False,
        )
        for name in names
    )


def copied(*names: str) -> tuple[Formula, ...]:
    """Weights that stand on another sheet, once more."""
    return tuple(
        Formula(
            name=name, axes=WEIGHTS[name][0], title=WEIGHTS[name][1], role="parameter", pattern=home(name), **SIGNED
        )
        for name in names
    )


def vectors() -> Formula:
    """The words' vectors."""
    return Formula(name="x", axes="token feature", title="x", pattern="embedding.x", **SIGNED)


def token_word() -> Formula:
    """The sentence, a word below the other."""
    return Formula(
        name="token_word", axes="token", title="word", pattern="embedding.token_word", **{**NAME, "width": NAMES}
    )


def target_word() -> Formula:
    """The next word of each."""
    return Formula(name="target_word", axes="token", title="next word", pattern="embedding.target_word", **NAME)


def key_word() -> Formula:
    """The sentence, a word beside the other: those that are looked at."""
    return Formula(name="key_word", axes="key", across="key", pattern="attention.key_word", **NAME)


def word_name() -> Formula:
    """The vocabulary, a word beside the other."""
    return Formula(name="word_name", axes="word", across="word", pattern="embedding.word_name", **NAME)


def head_blocks(x: str) -> tuple[Formula, ...]:
    """The cells of a head, from queries to context; x is the block of vectors that it takes."""
    cells: dict[str, Any] = {"axes": "token key"}
    rows: dict[str, Any] = {"axes": "token", "number_format": "0.00", "width": WIDTH}
    return (
        Formula(name="q", axes="token dim", title="Q = x × W_Q", pattern=f"MMULT({x}, query_weight)", **SIGNED),
        Formula(
            name="k",
            axes="key dim",
            title="K = x × W_K",
            pattern=f"MMULT(ALONG({x}, token, key), key_weight)",
            **SIGNED,
        ),
        Formula(
            name="v",
            axes="key dim",
            title="V = x × W_V",
            pattern=f"MMULT(ALONG({x}, token, key), value_weight)",
            **SIGNED,
        ),
        *shares("SQRT(attention.d_k)", cells, rows),
        Formula(
            name="context",
            axes="token dim",
            title="attention × V",
            role="result",
            pattern="MMULT(attention, v)",
            **SIGNED,
        ),
    )


def shares(root: str, cells: dict[str, Any], rows: dict[str, Any]) -> tuple[Formula, ...]:
    """From queries and keys to shares.

    Args:
        root: the square root of a head's width, as a pattern.
        cells: the axes of a matrix of scores.
        rows: the axes and looks of a column of its rows.
    """
    return (
        Formula(name="score", title="scores = Q · K", pattern="SUMPRODUCT(q, k)", **cells, **SIGNED),
        Formula(
            name="masked",
            title="scores ÷ √d, later words masked",
            blank="−∞",
            pattern=f'IF(AND(attention.mask="causal", attention.key_position>embedding.position), "−∞", '
            f"score/({root}*attention.temperature))",
            **cells,
            **SIGNED,
        ),
        Formula(name="row_max", title="largest", pattern="MAX(masked)", **rows),
        Formula(
            name="exponential",
            title="e^(score − largest)",
            scale="masked",
            pattern="IF(ISNUMBER(masked), EXP(masked-row_max), 0)",
            **cells,
            **SHARE,
        ),
        Formula(name="row_sum", title="sum", pattern="SUM(exponential)", scale="masked", **rows),
        Formula(
            name="attention",
            title="attention = each ÷ the sum",
            role="result",
            scale="masked",
            pattern="exponential/row_sum",
            **cells,
            **SHARE,
        ),
    )


def loss_blocks(words: str) -> tuple[Formula, ...]:
    """The cells from context to the loss."""
    rows: dict[str, Any] = {"axes": "token", "number_format": "0.00", "width": WIDTH}
    return (
        Formula(
            name="logit",
            axes="token word",
            title="logits = (attention × V) × W_O",
            pattern="MMULT(context, output_weight)",
            **SIGNED,
        ),
        Formula(name="logit_max", title="largest", pattern="MAX(logit)", **rows),
        Formula(
            name="word_exponential",
            axes="token word",
            title="e^(logit − largest)",
            scale="logit",
            pattern="EXP(logit-logit_max)",
            **SHARE,
        ),
        Formula(name="logit_sum", title="sum", scale="logit", pattern="SUM(word_exponential)", **rows),
        Formula(
            name="probability",
            axes="token word",
            title="probability of each next word",
            scale="logit",
            role="result",
            pattern="word_exponential/logit_sum",
            **SHARE,
        ),
        Formula(
            name="token_loss",
            title="−ln of the right one",
            scale="logit",
            role="result",
            pattern="LN(logit_sum)+logit_max-INDEX(logit, 1, embedding.target)",
            **rows,
        ),
        Formula(
            name="loss",
            title="loss",
            number_format="0.0000",
            width=7.0,
            role="result",
            scale="token_loss",
            pattern="SUM(token_loss)/COUNT(token_loss)",
            words=words,
        ),
    )


def number(name: str, axis: str, title: str, **more: Any) -> Given:
    """A numbering from 1, which nobody changes."""
    return axis_numbers(name, axis, title, width=WIDTH, **more)
