"""Two heads: the same weights cut in two, and so two pictures of who looks at whom."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Item, Repeat, Sheet, Words
from workbook.lessons.attention import parts

LAYOUT: tuple[Item, ...] = (
    Fields("one_head loss half_size"),
    Grid(
        """
        .           picture_word
        =token_word picture
        """,
        tight=True,
    ),
    Words("The columns, cut in two"),
    Grid(
        """
        .          column_number | =column_number | =column_number
        token_word q             | k              | v
        """,
        tight=True,
    ),
    Repeat(
        "head",
        """
        .         score_key_word . masked_key_word . .
        head_word score          → masked          . row_max

        .         power_key_word . .               . share_key_word
        .         exponential    = row_sum         → attention
        """,
        "Head {}",
        tight=True,
    ),
    Words("Side by side, and on to the next word"),
    Grid(
        """
        .           .           | .       . output_weight .
        .           .           | .       . word_name     .
        =token_word target_word | context → logit         logit_max
        """,
        tight=True,
    ),
    parts.PROBABILITIES,
)

CELLS: dict[str, Any] = {"axes": "head token key"}

ROWS: dict[str, Any] = {"axes": "head token", "across": "", "number_format": "0.00", "width": parts.WIDTH}


def sheet() -> Sheet:
    """The weights of Attention as two heads of two columns."""
    return Sheet(
        name="two_heads",
        title="Two heads",
        column_width=parts.WIDTH,
        shapes=True,
        summary="the same weights cut in two heads: each looks at other words",
        words="""
            With one head a word has one row of shares. Two heads look twice: the first has the first two columns of Q, K and V, the second the last two. Nothing is added to the model: it has as many weights as before. What the two take stands side by side and
            goes on through W_O.
        """,
        blocks=(
            Formula(
                name="one_head",
                title="loss, one head",
                number_format="0.0000",
                width=7.0,
                pattern="next_word.loss",
                words="on Next word; the weights were trained for one head",
            ),
            *parts.loss_blocks("with two heads"),
            Formula(
                name="half_size",
                title="d of a head",
                number_format="0",
                pattern="COUNT(column_number)/2",
                words="columns of a head; its scores are divided by the root of that",
            ),
            parts.number("column_number", "head half", "", across="head half", probe=1.0),
            parts.token_word(),
            parts.word_name(),
            parts.target_word(),
            *_heads(),
            Formula(
                name="context",
                axes="token head half",
                across="head half",
                title="attention × V: head 1, head 2",
                role="result",
                pattern="MMULT(attention, v)",
                **parts.SIGNED,
            ),
            *parts.copied("output_weight"),
            *_picture(),
        ),
        layout=LAYOUT,
        derive=(
            Derive(
                "attention.two_heads",
                inputs={
                    "x": "embedding.x",
                    "target": "embedding.target",
                    **{name: f"attention.{name}" for name in ("query_weight", "key_weight", "value_weight")},
                    **parts.SWITCHES,
                },
            ),
        ),
    )


def _heads() -> tuple[Formula, ...]:
    """Queries, keys and values cut in two, and the shares of each head."""
    return (
        *(
            Formula(
                name=name,
                axes=f"{axis} head half",
                across="head half",
                title=f"{name.upper()}, of Attention",
                pattern=f"INDEX(attention.{name}, 1, column_number)",
                **parts.SIGNED,
            )
            for name, axis in (("q", "token"), ("k", "key"), ("v", "key"))
        ),
        Formula(
            name="head_word",
            axes="head token",
            across="",
            title="word",
            pattern="embedding.token_word",
            **parts.NAME,
        ),
        *(
            Formula(
                name=f"{of}_key_word",
                axes="head key",
                across="key",
                pattern="attention.key_word",
                **parts.NAME,
            )
            for of in ("score", "masked", "power", "share")
        ),
        *parts.shares("SQRT(half_size)", CELLS, ROWS),
    )


def _picture() -> tuple[Formula, ...]:
    """What both heads look at, side by side."""
    return (
        Formula(
            name="picture_word",
            axes="head key",
            across="head key",
            apart="head",
            pattern="attention.key_word",
            **parts.NAME,
        ),
        Formula(
            name="picture",
            axes="token head key",
            across="head key",
            apart="head",
            title="attention: head 1, head 2",
            role="result",
            pattern="attention",
            **parts.SHARE,
        ),
    )
