"""Backward: from the loss to every weight, a block of cells at a time."""

from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Item, Sheet, Words
from workbook.lessons.attention import parts


def gradient(of: str, axes: str, title: str, pattern: str, *, scale: str = "", result: bool = False) -> Formula:
    """The gradient of the loss by a block."""
    return Formula(
        name=f"{of}_gradient",
        axes=axes,
        title=title,
        pattern=pattern,
        scale=scale,
        role="result" if result else None,
        **parts.SLOPE,
    )


LAYOUT: tuple[Item, ...] = (
    Fields("loss"),
    Words(
        "From the loss to W_O",
        "A word that is too likely pushes its logit down, the right one pulls its logit up.",
    ),
    Grid(
        """
        .          word_name      . =word_name
        token_word target_one_hot → logit_gradient
        """,
        tight=True,
    ),
    Grid(
        """
        =token_word context_gradient | output_weight_gradient
        """,
        tight=True,
    ),
    Words(
        "Through the softmax to the scores",
        "If one share grows, the others of its row shrink: so what counts is how far a gradient is from the row's mean, weighted by the shares. A masked word has no gradient.",
    ),
    Grid(
        """
        .           key_word           .        . =key_word
        =token_word attention_gradient row_mean → score_gradient
        """,
        tight=True,
    ),
    Words("To queries, keys and values, and their weights"),
    Grid(
        """
        =token_word q_gradient            | k_gradient          | v_gradient

        .           query_weight_gradient | key_weight_gradient | value_weight_gradient
        """,
        tight=True,
    ),
    Words(
        "To the word vectors",
        "A word that is not in the sentence gets no gradient, and a word that stands in it twice gets the sum of both.",
    ),
    Grid(
        """
        =token_word x_gradient            | position_weight_gradient

        row_name    token_weight_gradient | .
        """,
        tight=True,
    ),
)


def sheet() -> Sheet:
    """The way back."""
    return Sheet(
        name="backward",
        title="Backward",
        column_width=parts.WIDTH,
        shapes=True,
        summary="every gradient by hand, from the loss through the softmax back to the word vectors",
        words="""
            How much would the loss change if this number were a little larger? That is its gradient, and it has the shape of what it is the gradient of. Start at
            the logits, where it is easy: probability − one-hot. From there each matrix product A × B passes it on: A gets the gradient times Bᵀ, B gets Aᵀ times the gradient.
        """,
        blocks=(
            Formula(
                name="loss",
                title="loss",
                number_format="0.0000",
                width=7.0,
                pattern="next_word.loss",
                words="on Next word",
            ),
            parts.token_word(),
            parts.key_word(),
            parts.word_name(),
            Formula(name="row_name", axes="word", pattern="embedding.row_name", **parts.NAME),
            *_from_logits(),
            *_through_softmax(),
            *_to_weights(),
        ),
        layout=LAYOUT,
        derive=(
            Derive(
                "attention.backward",
                inputs={
                    "token": "embedding.token",
                    "word_number": "embedding.word_number",
                    "target": "embedding.target",
                    **{name: parts.home(name) for name in parts.WEIGHTS},
                    **parts.SWITCHES,
                },
            ),
        ),
    )


def _from_logits() -> tuple[Formula, ...]:
    """From the loss to what the words took."""
    return (
        Formula(
            name="target_one_hot",
            axes="token word",
            title="next word, one-hot",
            number_format='0;-0;"·"',
            look="sequential",
            width=parts.WIDTH,
            pattern="IF(embedding.target=embedding.word_number, 1, 0)",
        ),
        gradient(
            "logit",
            "token word",
            "logits: (probability − one-hot) ÷ 6",
            "(next_word.probability-target_one_hot)/COUNT(ALL(embedding.target))",
            scale="target_one_hot",
        ),
        gradient(
            "output_weight",
            "dim word",
            "W_O: (attention × V)ᵀ × logits'",
            "SUMPRODUCT(attention.context, logit_gradient)",
            result=True,
        ),
        gradient(
            "context",
            "token dim",
            "attention × V: logits' × W_Oᵀ",
            "SUMPRODUCT(logit_gradient, next_word.output_weight)",
        ),
    )


def _through_softmax() -> tuple[Formula, ...]:
    """Through the softmax to the scores, and to queries, keys and values."""
    return (
        gradient("attention", "token key", "attention: × Vᵀ", "SUMPRODUCT(context_gradient, attention.v)"),
        Formula(
            name="row_mean",
            axes="token",
            title="mean by shares",
            number_format="0.000",
            width=parts.WIDTH,
            scale="attention_gradient",
            pattern="SUMPRODUCT(attention.attention, attention_gradient)",
        ),
        gradient(
            "score",
            "token key",
            "scores: share × (gradient − mean) ÷ √d",
            "attention.attention*(attention_gradient-row_mean)/(SQRT(attention.d_k)*attention.temperature)",
            scale="attention_gradient",
        ),
        gradient("q", "token dim", "Q: scores' × K", "MMULT(score_gradient, attention.k)"),
        gradient("k", "key dim", "K: scores'ᵀ × Q", "SUMPRODUCT(score_gradient, attention.q)"),
        gradient("v", "key dim", "V: attentionᵀ × context'", "SUMPRODUCT(attention.attention, context_gradient)"),
    )


def _to_weights() -> tuple[Formula, ...]:
    """To the weights, and to the vectors of the words."""
    return (
        gradient("query_weight", "feature dim", "W_Q: xᵀ × Q'", "SUMPRODUCT(embedding.x, q_gradient)", result=True),
        gradient("key_weight", "feature dim", "W_K: xᵀ × K'", "SUMPRODUCT(embedding.x, k_gradient)", result=True),
        gradient("value_weight", "feature dim", "W_V: xᵀ × V'", "SUMPRODUCT(embedding.x, v_gradient)", result=True),
        gradient(
            "x",
            "token feature",
            "x: from Q, K and V",
            "SUMPRODUCT(q_gradient, attention.query_weight)"
            "+SUMPRODUCT(ALONG(k_gradient, key, token), attention.key_weight)"
            "+SUMPRODUCT(ALONG(v_gradient, key, token), attention.value_weight)",
        ),
        gradient(
            "token_weight",
            "word feature",
            "E: one-hotᵀ × x'",
            "SUMPRODUCT(embedding.one_hot, x_gradient)",
            result=True,
        ),
        gradient("position_weight", "token feature", "P: as x", "x_gradient", result=True),
    )
