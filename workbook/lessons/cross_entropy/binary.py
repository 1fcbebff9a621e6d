"""Binary cross-entropy: the lesson's cats and dogs."""

from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Unprinted, Words


def sheet() -> Sheet:
    """The loss of each prediction by the full formula, by IF, and in base 10."""
    return Sheet(
        name="binary",
        title="Binary cross-entropy",
        summary="cats and dogs: the loss of each prediction, by the full formula and by IF, natural and base 10",
        words="""
            With y = 1 for a cat, the loss is −y·ln(p) − (1 − y)·ln(1 − p): minus the logarithm of the probability given to the right class. The
            sum alone would be negative: the minus sign belongs to it.
        """,
        experts="Torch takes the natural logarithm. The lecture's sheet had Excel's LOG, base 10, so its losses are 2.3 times smaller.",
        blocks=(
            Formula(
                name="mean_natural",
                title="mean loss",
                number_format="0.00000",
                role="result",
                pattern="SUM(natural)/COUNT(natural)",
                words="as torch gives it",
            ),
            Formula(
                name="mean_base_ten",
                title="mean loss, base 10",
                number_format="0.00000",
                pattern="SUM(base_ten)/COUNT(base_ten)",
            ),
            Given(name="is_cat", axes="row", title="cat: 1, dog: 0", number_format="0", low=0, high=1, whole=True),
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
                title="by IF",
                number_format="0.00000",
                pattern="IF(is_cat=1, -LN(p_cat), -LN(p_dog))",
            ),
            Formula(
                name="base_ten",
                axes="row",
                title="base 10",
                number_format="0.00000",
                pattern="-is_cat*LOG10(p_cat)-(1-is_cat)*LOG10(1-p_cat)",
            ),
            Formula(
                name="right_probability",
                axes="row",
                title="p of the right class",
                number_format="0.00",
                pattern="IF(is_cat=1, p_cat, p_dog)",
            ),
            Formula(
                name="comment",
                axes="row",
                title="comment",
                text=True,
                width=18,
                pattern='IF(right_probability>=0.75, "confident, right", IF(right_probability<=0.25, "confident, wrong", "unsure"))',
            ),
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
            Given(name="point", axes="point", title="p", number_format="0.00", low=0.000001, high=0.999999, fixed=True),
            Formula(
                name="loss_if_right",
                axes="point",
                title="loss if it is so",
                number_format="0.0000",
                pattern="-LN(point)",
            ),
            Formula(
                name="loss_if_wrong", axes="point", title="loss if not", number_format="0.0000", pattern="-LN(1-point)"
            ),
        ),
        layout=(
            Fields("mean_natural mean_base_ten"),
            Words("Each row is a prediction"),
            Grid("is_cat p_cat p_dog natural by_if base_ten right_probability comment"),
            Words("Confidence"),
            Charts("confidence"),
            Words(
                "From the logit",
                "ln(1 + e^z) without ever overflowing: what torch's BCEWithLogitsLoss does. The same rows, with logits of their own.",
            ),
            Grid("z_cat p_from_logit loss_from_logit"),
            Unprinted(),
            Words("The curves, point by point"),
            Grid("point loss_if_right loss_if_wrong"),
        ),
        charts=(
            Chart(
                name="confidence",
                title="Loss by confidence",
                series=(
                    Series("loss_if_right", "if it is so", "point"),
                    Series("loss_if_wrong", "if it is not", "point"),
                ),
                x_title="probability given",
                y_title="loss",
                alt="The loss falls to 0 as a right answer grows confident, and rises without end as a wrong one does.",
            ),
        ),
        derive=(Derive("losses.binary"), Derive("losses.binary_logits"), Derive("losses.confidence")),
    )
