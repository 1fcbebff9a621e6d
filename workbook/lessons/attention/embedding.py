"""Embedding: from words to vectors, by one-hot and by look-up, and where in the sentence they stand."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet
from workbook.lessons.attention import parts


def sheet() -> Sheet:
    """The sentence as numbers, as rows of ones and zeros, as vectors."""
    return Sheet(
        name="embedding",
        title="Embedding",
        column_width=parts.WIDTH,
        shapes=True,
        summary="six words become vectors: a row of ones and zeros times a matrix, or a look-up; then their positions",
        words="""
            A network computes with numbers, so each word of the vocabulary gets a vector: a row of E. A one-hot row times E picks one row of it, and a look-up
            gets the same row without the products. Attention by itself does not see the order of words, so each position has a vector too, which is added.
        """,
        blocks=(
            Given(
                name="last_target",
                title="after the last word",
                value=7.0,
                low=1,
                high=7,
                whole=True,
                number_format="0",
                words="the number of the word that follows the sentence; change it, or any yellow number",
            ),
            Formula(
                name="distance",
                title="product − look-up",
                number_format="0.0E+00",
                width=7.4,
                role="check",
                scale="looked_up",
                pattern="SQRT(SUMPRODUCT((multiplied-looked_up)^2))",
                words="the distance between the two routes, all cells together: none",
            ),
            *_sentence(),
            *parts.in_use("token_weight", "position_weight"),
            Formula(
                name="multiplied",
                axes="token feature",
                title="one-hot × E",
                pattern="MMULT(one_hot, token_weight)",
                **parts.SIGNED,
            ),
            Formula(
                name="looked_up",
                axes="token feature",
                title="looked up",
                pattern="INDEX(token_weight, token, 1)",
                **parts.SIGNED,
            ),
            Formula(
                name="x",
                axes="token feature",
                title="x",
                role="result",
                pattern="looked_up+position_weight",
                **parts.SIGNED,
            ),
        ),
        layout=(
            Fields("last_target distance"),
            Grid(
                """
                .          .     . word_name   . .        .            . .
                .          .     . word_number . .        .            . .
                token_word token → one_hot     × row_name token_weight = multiplied
                """,
                tight=True,
            ),
            Grid(
                """
                =token_word position looked_up + position_weight = x target target_word
                """,
                tight=True,
            ),
        ),
        derive=(
            Derive("attention.embedding"),
            Derive("attention.following"),
            *(
                Derive(
                    "attention.spelled",
                    inputs={"name": "word_name", "number": number},
                    outputs={"spelled": f"{number}_word"},
                    shown=False,
                )
                for number in ("token", "target")
            ),
            Derive("attention.along", inputs={"word": "word_name"}, outputs={"along": "row_name"}, shown=False),
            *parts.choose("token_weight", "position_weight"),
        ),
    )


def _sentence() -> tuple[Given | Formula, ...]:
    """The words of the sentence, the next word of each, and the one-hot rows."""
    return (
        parts.number("position", "token", "at"),
        Given(
            name="token",
            axes="token",
            title="no.",
            low=1,
            high=7,
            whole=True,
            number_format="0",
            width=parts.WIDTH,
        ),
        Formula(
            name="token_word",
            axes="token",
            title="word",
            pattern="INDEX(word_name, 1, token)",
            **{**parts.NAME, "width": parts.NAMES},
        ),
        Formula(
            name="target",
            axes="token",
            title="next",
            number_format="0",
            width=parts.WIDTH,
            pattern="IF(position=COUNT(ALL(token)), last_target, INDEX(ALL(token), MIN(position+1, COUNT(ALL(token))), 1))",
        ),
        Formula(
            name="target_word", axes="token", title="next word", pattern="INDEX(word_name, 1, target)", **parts.NAME
        ),
        Given(name="word_name", axes="word", across="word", fixed=True, **parts.NAME),
        parts.number("word_number", "word", "", across="word"),
        Formula(name="row_name", axes="word", pattern="word_name", **parts.NAME),
        Formula(
            name="one_hot",
            axes="token word",
            title="one-hot",
            number_format='0;-0;"·"',
            look="sequential",
            width=parts.WIDTH,
            pattern="IF(token=word_number, 1, 0)",
        ),
    )
