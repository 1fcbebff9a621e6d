"""Block: what a transformer stacks: norm, attention, shortcut; norm, a small network, shortcut."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lessons.attention import parts


def norm(number: int, of: str) -> tuple[Given | Formula, ...]:
    """The cells of a layer norm of a block (token, feature)."""
    across: dict[str, Any] = {"axes": "feature", "across": "feature", "number_format": "0.00", "width": parts.WIDTH}
    rows: dict[str, Any] = {"axes": "token", "number_format": "0.00", "width": parts.WIDTH}
    return (
        Given(name=f"gain{number}", title="gain", low=-parts.LARGEST, high=parts.LARGEST, **across),
        Given(name=f"bias{number}", title="bias", low=-parts.LARGEST, high=parts.LARGEST, **across),
        Formula(name=f"mean{number}", title="mean", pattern=f"AVERAGE({of})", scale=of, **rows),
        Formula(
            name=f"variance{number}",
            title="variance",
            pattern=f"SUMPRODUCT(({of}-mean{number})^2)/COUNT({of})",
            **rows,
        ),
        Formula(
            name=f"normed{number}",
            axes="token feature",
            title="(− mean) ÷ √variance, × gain + bias",
            pattern=f"({of}-mean{number})/SQRT(variance{number}+eps)*gain{number}+bias{number}",
            **parts.SIGNED,
        ),
    )


LAYOUT: tuple[Item, ...] = (
    Fields("eps"),
    Words("1. Layer norm"),
    Grid(
        """
        .          . | .     .         . gain1

        .          . | .     .         . bias1

        token_word x | mean1 variance1 → normed1
        """,
        tight=True,
    ),
    Words("2. Attention, with the weights of the sheet Attention"),
    Grid(
        """
        .           query_weight | key_weight | value_weight

        =token_word q            | k          | v
        """,
        tight=True,
    ),
    parts.SCORES,
    Grid(
        """
        .           =key_word   . .       . =key_word
        =token_word exponential = row_sum → attention
        """,
        tight=True,
    ),
    Words("3. Mixed, and added to x: the first shortcut"),
    Grid(
        """
        .           .       . mix_weight . .

        =token_word context → mixed      → middle
        """,
        tight=True,
    ),
    Words("4. Layer norm again"),
    Grid(
        """
        .           .     .         . gain2

        .           .     .         . bias2

        =token_word mean2 variance2 → normed2
        """,
        tight=True,
    ),
    Words("5. The small network, word by word, and the second shortcut"),
    Grid(
        """
        .           hidden_weight . .

        .           hidden_bias   . .

        =token_word hidden        → active
        """,
        tight=True,
    ),
    Grid(
        """
        .           out_weight . .

        .           out_bias   . .

        =token_word added      → output
        """,
        tight=True,
    ),
)


def sheet() -> Sheet:
    """One block, the norm first."""
    weight: dict[str, Any] = {"low": -parts.LARGEST, "high": parts.LARGEST, **parts.SIGNED}
    return Sheet(
        name="block",
        title="Block",
        column_width=parts.WIDTH,
        shapes=True,
        summary="a block of a transformer: layer norm, attention, shortcut; layer norm, a small network, shortcut",
        words="""
            A large language model repeats this block dozens of times. Attention lets words take from each other; the small network (MLP) then works on each word alone.
            Both add to what was there, by a shortcut, so that nothing is lost. The layer norm before each keeps numbers of one size: mean 0, variance 1.
        """,
        blocks=(
            Given(
                name="eps",
                title="eps",
                value=1e-5,
                low=1e-6,
                high=0.1,
                unit=1e-5,
                probe=0.1,
                number_format="0.0E+00",
                width=7.4,
                words="keeps the root above 0 where all numbers of a word are equal",
            ),
            parts.token_word(),
            parts.key_word(),
            parts.vectors(),
            *norm(1, "x"),
            *parts.copied("query_weight", "key_weight", "value_weight"),
            *parts.head_blocks("normed1"),
            Given(name="mix_weight", axes="dim feature", title="W_M", **weight),
            Formula(
                name="mixed",
                axes="token feature",
                title="(attention × V) × W_M",
                pattern="MMULT(context, mix_weight)",
                **parts.SIGNED,
            ),
            Formula(
                name="middle", axes="token feature", title="x + that", role="result", pattern="x+mixed", **parts.SIGNED
            ),
            *norm(2, "middle"),
            *_mlp(weight),
        ),
        layout=LAYOUT,
        derive=(Derive("attention.block", inputs=parts.SWITCHES, outputs={"d_k": ""}),),
    )


def _mlp(weight: Mapping[str, Any]) -> tuple[Given | Formula, ...]:
    """The small network, and what it adds."""
    return (
        Given(name="hidden_weight", axes="feature hidden", title="W_1", **weight),
        Given(
            name="hidden_bias",
            axes="hidden",
            across="hidden",
            title="b_1",
            low=-parts.LARGEST,
            high=parts.LARGEST,
            number_format="0.00",
            width=parts.WIDTH,
        ),
        Formula(
            name="hidden",
            axes="token hidden",
            title="normed × W_1 + b_1",
            pattern="MMULT(normed2, hidden_weight)+hidden_bias",
            **parts.SIGNED,
        ),
        Formula(name="active", axes="token hidden", title="ReLU: max(0, ·)", pattern="MAX(0, hidden)", **parts.SHARE),
        Given(name="out_weight", axes="hidden feature", title="W_2", **weight),
        Given(
            name="out_bias",
            axes="feature",
            across="feature",
            title="b_2",
            low=-parts.LARGEST,
            high=parts.LARGEST,
            number_format="0.00",
            width=parts.WIDTH,
        ),
        Formula(
            name="added",
            axes="token feature",
            title="ReLU × W_2 + b_2",
            pattern="MMULT(active, out_weight)+out_bias",
            **parts.SIGNED,
        ),
        Formula(
            name="output",
            axes="token feature",
            title="middle + that: the output",
            role="result",
            pattern="middle+added",
            **parts.SIGNED,
        ),
    )
