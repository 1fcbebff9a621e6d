"""CrossEntropyLoss: from logits to loss and gradient as torch does it, with all its options."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def sheet() -> Sheet:
    """Log-softmax, weights, smoothing, ignored samples, reduction; the gradient and its finite difference."""
    cells: dict[str, Any] = {"axes": "sample klass", "number_format": "0.0000"}
    scalar: dict[str, Any] = {"number_format": "0.000000"}
    return Sheet(
        name="cross_entropy",
        title="CrossEntropyLoss",
        summary="logits to loss as torch does it: weights, smoothing, ignored samples, reduction, and the gradient",
        words="""
            CrossEntropyLoss takes logits: log-softmax and the look-up in one. Give it probabilities and it takes the softmax of a softmax, which is
            wrong and says nothing (below). Its gradient is as simple as can be: softmax − one-hot, for every logit.
        """,
        blocks=(
            Given(
                name="reduction",
                title="reduction",
                value="mean",
                choices=("mean", "sum"),
                words="of the samples' losses; mean divides by the weights of their classes; torch's none is the column of losses itself",
            ),
            Given(
                name="smoothing",
                title="label smoothing",
                value=0.0,
                low=0.0,
                high=0.9,
                unit=0.1,
                number_format="0.00",
                words="this share of the target is spread over all classes",
            ),
            Formula(
                name="divisor",
                title="divisor",
                number_format="0.0000",
                blank="none",
                pattern='IF(reduction="sum", 1, IF(SUM(sample_weight)=0, "none", SUM(sample_weight)))',
            ),
            Formula(
                name="loss",
                title="loss",
                number_format="0.0000",
                role="result",
                blank="none",
                pattern='IF(ISNUMBER(divisor), SUM(sample_loss)/divisor, "none")',
            ),
            Given(name="klass_number", axes="klass", across="klass", title="class", number_format="0", fixed=True),
            Given(
                name="weight",
                axes="klass",
                across="klass",
                title="class weights",
                number_format="0.00",
                low=0.1,
                high=10,
            ),
            Given(
                name="target",
                axes="sample",
                title="right class; below 1: ignored",
                number_format="0",
                low=-100,
                high=5,
                whole=True,
            ),
            Given(name="logit", axes="sample klass", title="logits", number_format="0.00", low=-50, high=50),
            Formula(name="row_max", axes="sample", title="largest", number_format="0.00", pattern="MAX(logit)"),
            Formula(
                name="exponential",
                title="e^(logit − largest)",
                look="sequential",
                pattern="EXP(logit-row_max)",
                **cells,
            ),
            Formula(
                name="log_sum",
                axes="sample",
                title="ln of the sum",
                number_format="0.0000",
                pattern="LN(SUM(exponential))",
            ),
            Formula(
                name="log_softmax",
                title="log-softmax = logit − largest − ln of the sum",
                scale="logit",
                pattern="logit-row_max-log_sum",
                **cells,
            ),
            Formula(name="softmax", title="softmax", look="sequential", pattern="EXP(log_softmax)", **cells),
            Formula(
                name="smooth_target",
                title="target, smoothed",
                pattern="IF(target<1, 0, (1-smoothing)*IF(target=klass_number, 1, 0)+smoothing/5)",
                look="sequential",
                **cells,
            ),
            Formula(
                name="target_mass",
                axes="sample",
                title="target × weight",
                number_format="0.0000",
                pattern="SUMPRODUCT(smooth_target, weight)",
            ),
            Formula(
                name="sample_weight",
                axes="sample",
                title="weight",
                number_format="0.00",
                pattern="IF(target<1, 0, INDEX(weight, 1, target))",
            ),
            Formula(name="weighted_target", title="target × weight", pattern="smooth_target*weight", **cells),
            Formula(
                name="sample_loss",
                axes="sample",
                title="loss",
                number_format="0.0000",
                role="result",
                pattern="-SUMPRODUCT(weighted_target, log_softmax)",
            ),
            Formula(
                name="gradient",
                title="gradient = (softmax × target mass − target) / divisor: softmax − one-hot",
                look="diverging",
                scale="weighted_target",
                pattern="IF(ISNUMBER(divisor), (softmax*target_mass-weighted_target)/divisor, 0)",
                **cells,
            ),
            Given(
                name="nudge",
                title="nudge",
                value=0.01,
                low=0.001,
                high=0.5,
                number_format="0.000",
                words="the first logit, moved up and down",
            ),
            Formula(
                name="up_logit",
                axes="klass",
                across="klass",
                title="first sample, moved up",
                number_format="0.00",
                pattern="INDEX(logit, 1, 1)+IF(klass_number=1, nudge, 0)",
            ),
            Formula(
                name="down_logit",
                axes="klass",
                across="klass",
                title="moved down",
                number_format="0.00",
                pattern="INDEX(logit, 1, 1)-IF(klass_number=1, nudge, 0)",
            ),
            Formula(
                name="first_target",
                axes="klass",
                across="klass",
                title="its target × weight",
                number_format="0.00",
                pattern="INDEX(weighted_target, 1, 1)",
            ),
            *(
                Formula(
                    name=f"{way}_exponential",
                    axes="klass",
                    across="klass",
                    title=f"e^logit, {way}",
                    number_format="0.0000",
                    pattern=f"EXP({way}_logit)",
                )
                for way in ("up", "down")
            ),
            *(
                Formula(
                    name=f"{way}_loss",
                    title=f"its loss, {way}",
                    pattern=f"SUM(first_target)*LN(SUM({way}_exponential))-SUMPRODUCT(first_target, {way}_logit)",
                    scale="logit",
                    **scalar,
                )
                for way in ("up", "down")
            ),
            *(
                Formula(
                    name=f"loss_{way}",
                    title=f"loss, {way}",
                    blank="none",
                    scale="logit",
                    pattern=f'IF(ISNUMBER(divisor), (SUM(sample_loss)-INDEX(sample_loss, 1, 1)+{way}_loss)/divisor, "none")',
                    **scalar,
                )
                for way in ("up", "down")
            ),
            Formula(
                name="numeric",
                title="slope, by moving it",
                role="check",
                blank="none",
                scale="loss_up logit",
                bound=1e-9,
                reason="a difference of two losses is divided by the nudge",
                pattern='IF(ISNUMBER(divisor), (loss_up-loss_down)/(2*nudge), "none")',
                **scalar,
            ),
            Formula(
                name="analytic",
                title="slope, by calculus",
                role="check",
                scale="weighted_target",
                pattern="INDEX(gradient, 1, 1)",
                words="nearly the same: the loss is not quite a parabola",
                **scalar,
            ),
            Given(name="single_logit", axes="trio", title="logits", number_format="0.00", low=-50, high=50),
            Given(
                name="single_target",
                title="right class",
                probe=2.0,
                value=1.0,
                low=1,
                high=3,
                whole=True,
                number_format="0",
            ),
            *(
                Formula(name=name, axes="trio", title=title, number_format="0.0000", pattern=pattern)
                for name, title, pattern in (
                    ("once_exponential", "e^(logit − largest)", "EXP(single_logit-MAX(ALL(single_logit)))"),
                    ("once", "softmax", "once_exponential/SUM(ALL(once_exponential))"),
                    ("twice_exponential", "e^softmax", "EXP(once)"),
                    ("twice", "softmax of softmax", "twice_exponential/SUM(ALL(twice_exponential))"),
                )
            ),
            Formula(
                name="right_loss",
                title="loss from logits",
                number_format="0.0000",
                role="result",
                scale="single_logit",
                pattern="-LN(INDEX(once, single_target, 1))",
            ),
            Formula(
                name="wrong_loss",
                title="loss from probabilities",
                number_format="0.0000",
                role="result",
                pattern="-LN(INDEX(twice, single_target, 1))",
                words="a double softmax: no error, only a wrong number",
            ),
        ),
        layout=(
            Fields("reduction smoothing divisor loss"),
            Words("From logits to the loss"),
            Grid("""
                .      klass_number  | . .
                .      weight        | . .
                target logit         | row_max .
                .      exponential   | log_sum .
                .      log_softmax   | . .
                .      softmax       | . .
                .      smooth_target | target_mass .
                .      weighted_target | sample_weight sample_loss
                .      gradient      | . .
            """),
            Words("Is the gradient right? A finite difference in the first logit"),
            Fields("nudge up_loss down_loss loss_up loss_down numeric analytic"),
            Grid("""
                . up_logit     | up_exponential
                . down_logit   | down_exponential
                . first_target | .
            """),
            Words("The double softmax"),
            Fields("single_target right_loss wrong_loss"),
            Grid("single_logit once_exponential once twice_exponential twice"),
        ),
        derive=(
            Derive("losses.cross_entropy"),
            Derive("losses.nudged", shown=False),
            Derive("losses.numeric_gradient"),
            Derive("losses.double_softmax", inputs={"logit": "single_logit", "target": "single_target"}),
        ),
    )
