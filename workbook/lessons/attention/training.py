"""Training: the recorded run, the weights that it started from, and those that it ended with."""

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import (
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Recorded,
    Series,
    Sheet,
    Unprinted,
    Words,
)
from workbook.lessons.attention import parts

MADE_BY = "engine.runs.attention_training.record"
STEPS, RATE = 50, 0.05
ROWS = {"token_weight": "row_name", "position_weight": "token_word"}
"""What the rows of a weight are called."""


def sheet() -> Sheet:
    """The loss by step, and both sets of weights."""
    return Sheet(
        name="training",
        title="Training",
        shapes=True,
        summary="fifty steps of Adam on the sentence, recorded; the weights before and after",
        words=f"""
            {STEPS} steps of Adam on the one sentence. On Attention, set the weights to trained: all sheets then show the end of this run. The word “the” stands there twice, with one vector and two different next words; its positions, and what it
            looks at, tell the two apart.
        """,
        blocks=(
            Formula(
                name="last_loss",
                title="loss at the end",
                number_format="0.0000",
                role="result",
                pattern=f"INDEX(run_loss, {STEPS + 1}, 1)",
                words="recorded",
            ),
            Formula(
                name="status",
                title="the run",
                role="check",
                text=True,
                pattern='IF(attention.weights_from="initial", "not in use: the weights are initial", '
                'IF(ABS(next_word.loss-last_loss)<0.000000001, "in use, as recorded", '
                '"in use with other inputs than it was trained with"))',
            ),
            Recorded(name="run_loss", axes="step", title="loss", number_format="0.0000", made_by=MADE_BY),
            axis_numbers("step_number", "step", "step"),
            Formula(name="row_name", axes="word", pattern="embedding.row_name", **parts.NAME),
            parts.token_word(),
            *(
                Given(
                    name=f"initial_{name}",
                    axes=axes,
                    title=f"{title}: before",
                    low=-parts.LARGEST,
                    high=parts.LARGEST,
                    unit=0.1,
                    **parts.SIGNED,
                )
                for name, (axes, title) in parts.WEIGHTS.items()
            ),
            *(
                Recorded(name=f"trained_{name}", axes=axes, title="after", made_by=MADE_BY, **parts.SIGNED)
                for name, (axes, _) in parts.WEIGHTS.items()
            ),
        ),
        layout=(
            Fields("last_loss status"),
            Charts("loss"),
            Words(
                "The weights", "Yellow: what the run started from, and what you may change. In italics: where it ended."
            ),
            *(Grid(f"{ROWS.get(name, '.')} | initial_{name} | trained_{name}") for name in parts.WEIGHTS),
            Unprinted(),
            Words("The run"),
            Grid("step_number run_loss"),
        ),
        charts=(
            Chart(
                name="loss",
                title="Loss by step of the recorded run",
                series=(Series("run_loss", "loss", "step_number"),),
                x_title="step",
                y_title="loss",
                y_low=0.0,
                alt="The loss falls from above 2 to nearly 0 within fifty steps.",
                columns=8,
                rows=14,
            ),
        ),
        derive=(
            Derive(
                "attention.status",
                inputs={"weights_from": "attention.weights_from", "loss": "next_word.loss"},
                shown=False,
            ),
        ),
    )
