"""Step: all weights against their gradients, and the same sentence once more."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lessons.attention import parts

LAYOUT: tuple[Item, ...] = (
    Fields("learning_rate loss_before loss gradient_squares foretold_change actual_change"),
    Words("The new weights"),
    Grid(
        """
        row_name    token_weight    | query_weight | key_weight | value_weight

        =token_word position_weight | .            | .          | .
        """,
        tight=True,
    ),
    Words("The same words with the new weights"),
    Grid("token_word x → q | k | v", tight=True),
    parts.SCORES,
    parts.SHARES,
    Words("The next word"),
    Grid(
        """
        .           .           | output_weight .
        .           .           | word_name     .
        =token_word target_word | logit         logit_max
        """,
        tight=True,
    ),
    parts.PROBABILITIES,
)


def sheet() -> Sheet:
    """One step of SGD, and the loss after it."""
    gradients = {name: f"backward.{name}_gradient" for name in parts.WEIGHTS}
    return Sheet(
        name="step",
        title="Step",
        column_width=parts.WIDTH,
        shapes=True,
        summary="one step of gradient descent on every weight, and the loss after it",
        words="""
            Every weight moves a little against its gradient. Then the same sentence again: the loss is lower. For a small rate it falls by rate × the sum of all
            squared gradients, as a straight line would; for a large one the curve bends away from the line, and the loss may rise.
        """,
        blocks=(
            Given(
                name="learning_rate",
                title="learning rate",
                value=0.1,
                low=0.0,
                high=2.0,
                unit=0.01,
                number_format="0.000",
                words="new = old − learning rate × gradient. Try 0.01, and 2",
            ),
            *_change(),
            parts.token_word(),
            parts.key_word(),
            parts.word_name(),
            Formula(name="row_name", axes="word", pattern="embedding.row_name", **parts.NAME),
            parts.target_word(),
            *(
                Formula(
                    name=name,
                    axes=axes,
                    title=f"new {title}",
                    role="parameter",
                    pattern=f"{parts.home(name)}-learning_rate*backward.{name}_gradient",
                    scale=parts.home(name),
                    **parts.SIGNED,
                )
                for name, (axes, title) in parts.WEIGHTS.items()
            ),
            Formula(
                name="x",
                axes="token feature",
                title="x = E of the word + P",
                pattern="INDEX(token_weight, embedding.token, 1)+position_weight",
                **parts.SIGNED,
            ),
            *parts.head_blocks("x"),
        ),
        layout=LAYOUT,
        derive=(
            *(
                Derive(
                    "attention.sgd",
                    inputs={"parameter": parts.home(name), "gradient": f"backward.{name}_gradient"},
                    outputs={"stepped": name},
                )
                for name in parts.WEIGHTS
            ),
            Derive(
                "attention.embedding",
                inputs={"token": "embedding.token", "word_number": "embedding.word_number"},
                outputs=dict.fromkeys(("one_hot", "multiplied", "looked_up", "distance"), ""),
                shown=False,
            ),
            Derive("attention.attend", inputs=parts.SWITCHES, outputs={"d_k": ""}, shown=False),
            Derive("attention.next_word", inputs={"target": "embedding.target"}, shown=False),
            Derive("attention.change", families={"gradient": gradients}),
        ),
    )


def _change() -> tuple[Formula, ...]:
    """The loss before and after, and how far it should fall."""
    squares = "+".join(f"SUMSQ(backward.{name}_gradient)" for name in parts.WEIGHTS)
    return (
        Formula(
            name="loss_before",
            title="loss before",
            number_format="0.0000",
            width=7.0,
            pattern="next_word.loss",
            words="on Next word",
        ),
        *parts.loss_blocks("after the step"),
        Formula(
            name="gradient_squares",
            title="Σ gradient²",
            number_format="0.0000",
            width=7.0,
            pattern=squares,
            words="of all six arrays of weights",
        ),
        Formula(
            name="foretold_change",
            title="predicted change",
            number_format="0.0000",
            width=7.0,
            pattern="0-learning_rate*gradient_squares",
            words="−learning rate × Σ gradient²",
        ),
        Formula(
            name="actual_change",
            title="actual change",
            number_format="0.0000",
            width=7.0,
            role="result",
            scale="loss loss_before",
            pattern="loss-loss_before",
            words="loss after − loss before",
        ),
    )
