"""CrossEntropyLoss: from logits to loss and gradient as torch does it, with all its options."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words
from workbook.lessons.cross_entropy.parts import class_names

CELLS: dict[str, Any] = {"axes": "sample klass", "number_format": "0.0000"}
SCALAR: dict[str, Any] = {"number_format": "0.000000"}


def sheet() -> Sheet:
    """Log-softmax, weights, smoothing, ignored samples, reduction; the gradient and its finite difference."""
    return Sheet(
        name="cross_entropy",
        title="CrossEntropyLoss",
        summary="logits to loss as torch does it: weights, smoothing, ignored samples, reduction, and the gradient",
        words="""
            The whole way in one place: from logits to shares, to a loss for each sample, to one loss for all; and back, to the gradient
            of every logit. That gradient is as simple as can be: the share that the model gave, minus the share that is right.
        """,
        tries="Change a logit or a right class, and follow its row.",
        blocks=(
            *_settings(),
            *_samples(),
            *_shares(),
            *_losses(),
            *_finite_difference(),
            *_double_softmax(),
        ),
        layout=(
            Fields("reduction smoothing divisor loss"),
            Grid(
                """
                .            .       klass_name    | .           .
                .            .       klass_number  | =klass_name .
                sample_name  target  logit         | softmax     sample_loss

                .            .       =klass_name   | =klass_name .
                =sample_name .       smooth_target | gradient    .

                .            .       =klass_name   | =klass_name .
                =sample_name row_max exponential   | log_softmax log_sum

                .            .       =klass_name     | .             .
                .            .       weight          | .             .
                =sample_name .       weighted_target | sample_weight target_mass
                """,
                tight=True,
            ),
            Words(
                "Is the gradient right?",
                """
                Move the first logit of the first sample a little up and a little down, and see by how much the loss changes: a finite difference. It must be the
                gradient in that logit.
                """,
            ),
            Fields("nudge up_loss down_loss loss_up loss_down numeric analytic"),
            Grid(
                """
                . . =klass_name  | . =klass_name
                . . up_logit     | . up_exponential
                . . down_logit   | . down_exponential
                . . first_target | . .
                """,
                tight=True,
            ),
            Words(
                "A mistake that no program reports: softmax twice",
                """
                The loss takes logits and turns them into shares itself. If it is handed shares, it takes the softmax of a softmax, and returns a number that only looks like a loss.
                """,
            ),
            Fields("single_target right_loss wrong_loss"),
            Grid("single_logit once_exponential once twice_exponential twice"),
        ),
        column_width=6.8,
        experts="""
            Torch's CrossEntropyLoss takes logits: log-softmax and the look-up in one. Its reduction "none" is the column of losses itself. Its ignore_index is
            −100. With class weights its mean divides by the sum of the weights of the right classes.
        """,
        derive=(
            Derive("losses.cross_entropy"),
            Derive("losses.nudged", shown=False),
            Derive("losses.numeric_gradient"),
            Derive("losses.double_softmax", inputs={"logit": "single_logit", "target": "single_target"}),
        ),
    )


def _settings() -> tuple[Given | Formula, ...]:
    """What a loss is made with, and the loss of all samples."""
    return (
        Given(
            name="reduction",
            title="reduction",
            value="mean",
            choices=("mean", "sum"),
            words="how one loss is made of all: their sum, or their mean, each counted with the weight of its class",
        ),
        Given(
            name="smoothing",
            title="label smoothing",
            value=0.0,
            low=0.0,
            high=0.9,
            unit=0.1,
            number_format="0.00",
            words="what is right need not be one class alone: this share of it is spread over all classes",
        ),
        Formula(
            name="divisor",
            title="divided by",
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
    )


def _samples() -> tuple[Given | Formula, ...]:
    """Samples, classes and logits."""
    return (
        axis_names("sample_name", "sample", width=17),
        class_names(),
        axis_numbers("klass_number", "klass", across="klass"),
        Given(
            name="weight",
            axes="klass",
            across="klass",
            title="weight of each class",
            number_format="0.00",
            low=0.1,
            high=10,
        ),
        Given(
            name="target",
            axes="sample",
            title="right class",
            width=10.5,
            number_format="0",
            low=-100,
            high=5,
            whole=True,
            note="A class from 1 to 5. A sample with a number below 1 is ignored.",
        ),
        Given(name="logit", axes="sample klass", title="logits", number_format="0.00", low=-50, high=50),
    )


def _shares() -> tuple[Formula, ...]:
    """From logits to the shares that the model gave, and beside them those that are right."""
    return (
        Formula(name="row_max", axes="sample", title="largest", number_format="0.00", pattern="MAX(logit)"),
        Formula(
            name="exponential",
            title="e^(logit − the largest of its row)",
            look="sequential",
            pattern="EXP(logit-row_max)",
            **CELLS,
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
            title="ln of softmax: logit − largest − ln of the sum",
            scale="logit",
            pattern="logit-row_max-log_sum",
            **CELLS,
        ),
        Formula(
            name="softmax",
            title="softmax: the share that the model gave",
            look="sequential",
            pattern="EXP(log_softmax)",
            **CELLS,
        ),
        Formula(
            name="smooth_target",
            title="the share that is right",
            pattern="IF(target<1, 0, (1-smoothing)*IF(target=klass_number, 1, 0)+smoothing/5)",
            look="sequential",
            **CELLS,
        ),
    )


def _losses() -> tuple[Formula, ...]:
    """Each sample's loss, and the gradient of each logit."""
    return (
        Formula(
            name="target_mass",
            axes="sample",
            title="sum × weight",
            width=11,
            number_format="0.0000",
            pattern="SUMPRODUCT(smooth_target, weight)",
        ),
        Formula(
            name="sample_weight",
            axes="sample",
            title="class weight",
            number_format="0.00",
            pattern="IF(target<1, 0, INDEX(weight, 1, target))",
        ),
        Formula(
            name="weighted_target",
            title="the share that is right × class weight",
            pattern="smooth_target*weight",
            **CELLS,
        ),
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
            title="gradient of each logit",
            look="diverging",
            scale="weighted_target",
            note="(softmax × the sum of its right shares − right share × weight) / what is divided by.",
            pattern="IF(ISNUMBER(divisor), (softmax*target_mass-weighted_target)/divisor, 0)",
            **CELLS,
        ),
    )


def _finite_difference() -> tuple[Given | Formula, ...]:
    """The first logit moved up and down, and what the loss does."""
    return (
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
            title="first sample, first logit moved up",
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
            title="its right share × weight",
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
                **SCALAR,
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
                **SCALAR,
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
            **SCALAR,
        ),
        Formula(
            name="analytic",
            title="slope, by calculus",
            role="check",
            scale="weighted_target",
            pattern="INDEX(gradient, 1, 1)",
            words="nearly the same: the loss is not quite a parabola",
            **SCALAR,
        ),
    )


def _double_softmax() -> tuple[Given | Formula, ...]:
    """A sample whose loss takes the softmax of a softmax."""
    return (
        Given(name="single_logit", axes="trio", title="logits", number_format="0.00", low=-50, high=50),
        Given(
            name="single_target",
            title="right class",
            width=10.5,
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
            words="a double softmax: no program complains, but the number is wrong",
        ),
    )
