"""Softmax: from any numbers to probabilities that add up to 1."""

from typing import Any

from workbook.lesson.labels import axis_names
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Words

LAYOUT: tuple[Item, ...] = (
    Fields("temperature"),
    Grid(
        """
        .           class_name  | .
        image_name  logit       | largest
        =image_name shifted     | .
        =image_name exponential | exponential_sum
        =image_name probability | probability_sum
        """,
        tight=True,
    ),
    Words(
        "Why the largest is subtracted first",
        """
        Adding one number to all logits of a row changes no share: it cancels above and below. So the largest is subtracted, and no exponential
        is above 1. Here it is not: the third image's exponential is larger than any number that a computer holds.

        A sigmoid looks at each logit alone. It notices what was added to the second image, and its numbers do not add up to 1: it is for questions that
        may all be answered yes, such as "is there a cat?" and "is there a dog?". Softmax is for choosing one.
        """,
    ),
    Grid(
        """
        .           .     =class_name     | .
        =image_name shift raw_logit       | .
        =image_name .     raw_exponential | raw_sum
        =image_name .     raw_probability | .
        =image_name .     sigmoid         | sigmoid_sum
        """,
        tight=True,
    ),
)

CELLS: dict[str, Any] = {"axes": "image klass", "number_format": "0.0000"}


def sheet() -> Sheet:
    """Softmax with and without the shift, beside the sigmoid."""
    return Sheet(
        name="softmax",
        title="Softmax",
        summary="logits to probabilities; the shift that keeps EXP from overflowing; softmax beside sigmoid",
        words="""
            A network ends in numbers of any size, one for each class: its logits. Softmax turns them into shares. Take the exponential of
            each, and divide it by the sum of them all: every share is above 0, and together they are 1.
        """,
        tries="Change a logit, and watch the shares of its row, at the bottom.",
        blocks=(
            Given(
                name="temperature",
                title="temperature",
                value=1.0,
                low=0.1,
                high=10.0,
                number_format="0.00",
                words="logits are divided by it; when it is high all classes get similar shares, when it is low the largest takes all",
            ),
            axis_names("class_name", "klass", across="klass"),
            axis_names("image_name", "image"),
            Given(name="logit", title="logits", low=-50, high=800, number_format="0.00", axes="image klass"),
            Given(
                name="shift",
                axes="image",
                title="added to each logit",
                # With the least logit and temperature EXP is still above 0, and the sum divides.
                low=-10,
                high=100,
                number_format="0.00",
            ),
            *_shifted(),
            *_unshifted(),
        ),
        layout=LAYOUT,
        derive=(Derive("losses.softmax"),),
    )


def _shifted() -> tuple[Formula, ...]:
    """Softmax with the largest logit subtracted first."""
    return (
        Formula(name="largest", axes="image", title="largest", number_format="0.00", pattern="MAX(logit)"),
        Formula(
            name="shifted",
            title="logit − the largest of its row",
            scale="logit",
            pattern="(logit-largest)/temperature",
            **CELLS,
        ),
        Formula(name="exponential", title="EXP of that", pattern="EXP(shifted)", **CELLS),
        Formula(name="exponential_sum", axes="image", title="sum", number_format="0.0000", pattern="SUM(exponential)"),
        Formula(
            name="probability",
            title="softmax: EXP / sum",
            look="sequential",
            role="result",
            pattern="exponential/exponential_sum",
            **CELLS,
        ),
        Formula(
            name="probability_sum",
            axes="image",
            title="sum",
            number_format="0.0000",
            role="check",
            pattern="SUM(probability)",
        ),
    )


def _unshifted() -> tuple[Formula, ...]:
    """Softmax without taking the largest off, where an exponential may overflow; and the sigmoid."""
    return (
        Formula(
            name="raw_logit",
            title="logit + what is added",
            scale="logit",
            pattern="(logit+shift)/temperature",
            **CELLS,
        ),
        Formula(
            name="raw_exponential",
            title="its exponential",
            blank="overflow",
            pattern='IF(raw_logit>690, "overflow", EXP(raw_logit))',
            axes="image klass",
            number_format="0.00E+00",
        ),
        Formula(
            name="raw_sum",
            axes="image",
            title="sum",
            blank="overflow",
            number_format="0.00E+00",
            pattern='IF(COUNT(raw_exponential)<COUNT(raw_logit), "overflow", SUM(raw_exponential))',
        ),
        Formula(
            name="raw_probability",
            title="softmax, by this route",
            blank="overflow",
            look="sequential",
            pattern='IF(ISNUMBER(raw_sum), raw_exponential/raw_sum, "overflow")',
            **CELLS,
        ),
        Formula(
            name="sigmoid",
            title="sigmoid of each",
            look="sequential",
            pattern="1/(1+EXP(-MAX(-700, MIN(700, raw_logit))))",
            **CELLS,
        ),
        Formula(
            name="sigmoid_sum",
            axes="image",
            title="sum: not 1",
            number_format="0.0000",
            role="check",
            pattern="SUM(sigmoid)",
        ),
    )
