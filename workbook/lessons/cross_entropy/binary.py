"""Binary cross-entropy: the lesson's cats and dogs."""

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import (
    Beside,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Series,
    Sheet,
    Unprinted,
    Words,
)


def sheet() -> Sheet:
    """The loss of each prediction by the full formula, by IF, and in base 10."""
    return Sheet(
        name="binary",
        title="Binary cross-entropy",
        summary="cats and dogs: the loss of each prediction, by the full formula and by IF, natural and base 10",
        words="""
            A model says how sure it is that a picture shows a cat. The loss, cross-entropy, is minus the logarithm of the probability
            that it gave to what is true: 0 if it was sure and right, without limit if it was sure and wrong.

            In one formula, with y = 1 for a cat and 0 for a dog: loss = −y·ln(p) − (1 − y)·ln(1 − p). One of its two halves is always 0.
        """,
        tries="Change p(cat), and watch its loss, and its point on the curve.",
        experts="Torch takes the natural logarithm; from the logit, BCEWithLogitsLoss does what stands above. The lecture's sheet had Excel's LOG, base 10, so its losses are 2.3 times smaller.",
        blocks=(
            *_results(),
            *_pictures(),
            *_from_logits(),
            *_curve(),
        ),
        column_width=7.6,
        layout=(
            Fields("mean_natural"),
            Beside(
                (
                    (
                        Grid("picture_name is_cat p_cat p_dog right_probability natural comment"),
                        Words("The same loss by other ways"),
                        Grid("=picture_name by_if base_ten"),
                        Fields("mean_base_ten"),
                    ),
                    (Charts("confidence"),),
                )
            ),
            Words(
                "From the logit",
                """
                A network gives a logit z, not a probability; the sigmoid makes one of it. To go on from z to the loss without the probability between them is
                safer: ln(1 + e^z) written so that it can't overflow. The same five pictures, with logits of their own.
                """,
            ),
            Grid("=picture_name z_cat p_from_logit loss_from_logit"),
            Unprinted(),
            Words("The curves, point by point"),
            Grid("point loss_if_right loss_if_wrong"),
        ),
        charts=(
            Chart(
                name="confidence",
                title="The loss of an answer",
                series=(
                    Series("loss_if_right", "if it is a cat", "point"),
                    Series("loss_if_wrong", "if it is a dog", "point"),
                    Series("natural", "the five pictures", "p_cat", kind="points"),
                ),
                x_title="p(cat)",
                y_title="loss",
                x_high=1.0,
                columns=5,
                rows=16,
                alt="If it is a cat, the loss falls to 0 as p(cat) goes to 1; if it is a dog, it rises without end. The five pictures lie on the two curves.",
            ),
        ),
        derive=(Derive("losses.binary"), Derive("losses.binary_logits"), Derive("losses.confidence")),
    )


def _results() -> tuple[Formula, ...]:
    """The mean loss."""
    return (
        Formula(
            name="mean_natural",
            title="mean loss",
            number_format="0.00000",
            role="result",
            pattern="SUM(natural)/COUNT(natural)",
            words="over the five pictures",
        ),
        Formula(
            name="mean_base_ten",
            title="mean in base 10",
            number_format="0.00000",
            pattern="SUM(base_ten)/COUNT(base_ten)",
        ),
    )


def _pictures() -> tuple[Given | Formula, ...]:
    """Each picture, its loss by every way."""
    return (
        axis_names("picture_name", "row", width=15),
        Given(
            name="is_cat",
            axes="row",
            title="y: cat 1, dog 0",
            width=13,
            number_format="0",
            low=0,
            high=1,
            whole=True,
        ),
        Given(name="p_cat", axes="row", title="p(cat)", number_format="0.00", low=0.000001, high=0.999999),
        Formula(name="p_dog", axes="row", title="p(dog)", number_format="0.00", pattern="1-p_cat"),
        Formula(
            name="natural",
            axes="row",
            title="loss",
            number_format="0.00000",
            role="result",
            pattern="-is_cat*LN(p_cat)-(1-is_cat)*LN(1-p_cat)",
        ),
        Formula(
            name="by_if",
            axes="row",
            title="chosen by IF",
            number_format="0.00000",
            pattern="IF(is_cat=1, -LN(p_cat), -LN(p_dog))",
        ),
        Formula(
            name="base_ten",
            axes="row",
            title="in base 10",
            number_format="0.00000",
            pattern="-is_cat*LOG10(p_cat)-(1-is_cat)*LOG10(1-p_cat)",
        ),
        Formula(
            name="right_probability",
            axes="row",
            title="p(truth)",
            number_format="0.00",
            pattern="IF(is_cat=1, p_cat, p_dog)",
        ),
        Formula(
            name="comment",
            axes="row",
            title="comment",
            text=True,
            width=15,
            pattern='IF(right_probability>=0.75, "confident, right", IF(right_probability<=0.25, "confident, wrong", "unsure"))',
        ),
    )


def _from_logits() -> tuple[Given | Formula, ...]:
    """The same from the logit."""
    return (
        Given(name="z_cat", axes="row", title="logit z", number_format="0.00", low=-1000, high=1000),
        Formula(
            name="p_from_logit",
            axes="row",
            title="sigmoid(z)",
            number_format="0.00000",
            pattern="IF(z_cat<0, EXP(z_cat), 1)/(1+EXP(-ABS(z_cat)))",
            note="1/(1 + e^−z) without ever overflowing: below 0 both sides are multiplied by e^z.",
        ),
        Formula(
            name="loss_from_logit",
            axes="row",
            title="loss from z",
            number_format="0.00000",
            role="result",
            scale="z_cat",
            pattern="MAX(z_cat, 0)-z_cat*is_cat+LN(1+EXP(-ABS(z_cat)))",
        ),
    )


def _curve() -> tuple[Given | Formula, ...]:
    """The loss at every probability."""
    return (
        axis_numbers("point", "point", "p", number_format="0.00", low=0.000001, high=0.999999),
        Formula(
            name="loss_if_right",
            axes="point",
            title="loss if it is a cat",
            number_format="0.0000",
            pattern="-LN(point)",
        ),
        Formula(
            name="loss_if_wrong",
            axes="point",
            title="loss if it is a dog",
            number_format="0.0000",
            pattern="-LN(1-point)",
        ),
    )
