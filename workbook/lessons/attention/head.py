"""Attention: queries, keys, values, scores, the mask, softmax; and the picture of who looks at whom."""

from workbook.lesson.labels import label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lessons.attention import parts

LAYOUT: tuple[Item, ...] = (
    Fields("weights_from mask temperature d_k"),
    Grid(
        """
        .           =key_word
        =token_word =attention
        """,
        tight=True,
    ),
    Words("Queries, keys and values: each row of x times each column of a matrix"),
    Grid(
        """
        .          . . query_weight | key_weight | value_weight

        token_word x → q            | k          | v
        """,
        tight=True,
    ),
    Words(
        "Scores, and what is left of them behind the mask",
        "Query times key. A later word gets −∞, because e^−∞ = 0.",
    ),
    Grid(
        """
        .           .         | key_word     . =key_word .
        .           .         | key_position . .         .
        =token_word position | score        → masked    row_max
        """,
        tight=True,
    ),
    Words("Softmax, and the values taken by their shares"),
    parts.SHARES,
)


def sheet() -> Sheet:
    """One head, forward."""
    return Sheet(
        name="attention",
        title="Attention",
        column_width=parts.WIDTH,
        shapes=True,
        summary="who looks at whom: queries, keys and values, scores, the mask, softmax; the switches of the workbook",
        words="""
            Each word asks (its query), each word answers (its key), and their dot product, the score, says how well the two match. Softmax turns a row of scores into
            shares, and a word takes that much of each value. The picture shows the shares: a row is the word that looks, a column the word it looks at.
        """,
        blocks=(
            Given(
                name="weights_from",
                title="weights",
                value="initial",
                choices=("initial", "trained"),
                words="of every sheet. Set trained, and see each word find what tells it the next word",
            ),
            Given(
                name="mask",
                title="mask",
                value="causal",
                choices=("causal", "none"),
                words="causal: no word looks ahead. With none each word may read the answer that it is to guess",
            ),
            Given(
                name="temperature",
                title="temperature",
                value=1.0,
                low=0.1,
                high=10.0,
                number_format="0.00",
                words="scores are divided by it. At 10 all words get similar shares; at 0.1 the best match takes nearly all",
            ),
            Formula(
                name="d_k",
                title="d",
                number_format="0",
                pattern="COLUMNS(query_weight)",
                words="numbers in a query; scores grow with it, so they are divided by √d",
            ),
            parts.token_word(),
            Formula(
                name="key_word",
                axes="key",
                across="key",
                pattern="ALONG(token_word, token, key)",
                **parts.NAME,
            ),
            parts.number("key_position", "key", "", across="key"),
            label("position", "token", "embedding.position", "at", number_format="0"),
            parts.vectors(),
            *parts.in_use("query_weight", "key_weight", "value_weight"),
            *parts.head_blocks("x"),
        ),
        layout=LAYOUT,
        derive=(
            Derive("attention.attend"),
            Derive("attention.along", inputs={"word": "token_word"}, outputs={"along": "key_word"}, shown=False),
            *parts.choose("query_weight", "key_weight", "value_weight"),
        ),
    )
