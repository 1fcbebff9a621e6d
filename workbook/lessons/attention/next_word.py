"""Next word: logits, probabilities, the loss; and a temperature for drawing a word."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lessons.attention import parts

LAYOUT: tuple[Item, ...] = (
    Fields("loss word_temperature"),
    Grid(
        """
        .          .           | .       . output_weight .
        .          .           | .       . word_name     .
        token_word target_word | context → logit         logit_max
        """,
        tight=True,
    ),
    Words("Softmax, and the loss of each word"),
    parts.PROBABILITIES,
    Words("Drawing a word", "The loss does not change; the word that would be drawn does."),
    Grid(
        """
        .           =word_name         . .          . =word_name         .
        =token_word sample_exponential = sample_sum → sample_probability likeliest
        """,
        tight=True,
    ),
)


def sheet() -> Sheet:
    """From what attention gave to the loss."""
    return Sheet(
        name="next_word",
        title="Next word",
        column_width=parts.WIDTH,
        shapes=True,
        summary="logits and probabilities of the next word, the loss; and a temperature for drawing one",
        words="""
            What a word has taken, times W_O, is a score for each word of the vocabulary: the logits. Softmax makes them probabilities, and the loss is the mean of
            −ln of the probability that the word which really comes next got: 0 where it was certain, ln 7 = 1.95 where it gave all seven words the same share.
        """,
        blocks=(
            *parts.loss_blocks("mean over the six words"),
            Given(
                name="word_temperature",
                title="temperature",
                value=1.0,
                low=0.1,
                high=10.0,
                number_format="0.00",
                words="only for the last table: how daring a program is when it draws the next word. Try 0.1 and 10",
            ),
            parts.token_word(),
            parts.target_word(),
            parts.word_name(),
            Formula(
                name="context",
                axes="token dim",
                title="attention × V",
                pattern="attention.context",
                **parts.SIGNED,
            ),
            *parts.in_use("output_weight"),
            Formula(
                name="sample_exponential",
                axes="token word",
                title="e^((logit − largest) ÷ temperature)",
                scale="logit",
                pattern="EXP((logit-logit_max)/word_temperature)",
                **parts.SHARE,
            ),
            Formula(
                name="sample_sum",
                axes="token",
                title="sum",
                number_format="0.00",
                width=parts.WIDTH,
                scale="logit",
                pattern="SUM(sample_exponential)",
            ),
            Formula(
                name="sample_probability",
                axes="token word",
                title="probability in the draw",
                scale="logit",
                pattern="sample_exponential/sample_sum",
                **parts.SHARE,
            ),
            Formula(
                name="likeliest",
                axes="token",
                title="likeliest",
                pattern="INDEX(word_name, 1, MATCH(MAX(logit), logit, 0))",
                **{**parts.NAME, "role": "result"},
            ),
        ),
        layout=LAYOUT,
        derive=(
            Derive("attention.next_word", inputs={"target": "embedding.target"}),
            Derive("attention.sampling"),
            Derive("attention.likeliest", shown=False),
            *parts.choose("output_weight"),
        ),
    )
