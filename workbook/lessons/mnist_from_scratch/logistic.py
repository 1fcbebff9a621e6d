"""Logistic regression: one layer, forward, backward, one step, on one mini-batch."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.by_hand import Column, Diagram
from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import (
    Beside,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Recorded,
    Sheet,
    Unprinted,
    Ways,
    Words,
)
from workbook.lessons.mnist_from_scratch import parts

BATCH = {"x": "batch.x", "label": "batch.label"}
NOTES = """
    The code beside this sheet runs as it stands. Copied notes of the lesson often do not, for four small reasons. Without super().__init__() in the
    constructor, assigning a layer raises an AttributeError. Without loss.backward(), every p.grad is None, and p.sub_(lr * p.grad) fails. Without zero_grad()
    (or with the gradients left as they are) each mini-batch's gradient is added to all those before. And it is the instance that is called, model(x), which
    runs forward; Mnist_Logistic(...) only constructs.

    One optimizer serves a whole run. An Adam made anew inside update() forgets its averages at every mini-batch, and each of its steps becomes
    −lr × g / (|g| + ε): nearly the sign of the gradient (sheet Adam and SGD shows just such a first step).
"""

WAYS = (
    ("weight", "1  the weights"),
    ("logit", "2  forward to the loss"),
    ("weight_gradient", "3  gradients, and new weights"),
    ("new_logit", "4  the same images after the step"),
    ("wd", "5  weight decay"),
)
DIAGRAM = Diagram(
    columns=(
        Column(("x₁", "x₂", "⋮", "x₇₈₄"), "784 pixels", ""),
        Column(("0", "1", "⋮", "9"), "10 scores"),
        Column(("loss",), "cross-entropy", box=True),
    ),
    forward="forward: 1 → 2",
    backward="backward: 2 → 3, then the step",
    alt="784 pixels are joined to ten scores, and these to one loss; gradients go the way back.",
    width=330,
    height=210,
)

LAYOUT: tuple[Item, ...] = (
    Beside(
        (
            (
                Fields("weights_from learning_rate"),
                Fields("loss accuracy new_loss new_accuracy"),
                Ways(WAYS),
            ),
            (DIAGRAM,),
        )
    ),
    Words("What it says of each image"),
    parts.OUTCOME,
    Words(
        "Is the gradient right?",
        """
        Move one weight a little up and a little down, and see by how much the loss changes: a finite difference. It must be the gradient of that weight.
        """,
    ),
    Fields("at_klass at_pixel nudge at_weight loss_up loss_down numeric analytic"),
    Unprinted(),
    Words("1  The weights: each row is a pixel, each column a digit"),
    Grid(
        """
        .            | weight_klass | start_klass    | end_klass
        .            | bias         | initial_bias   | trained_bias
        pixel_number | weight       | initial_weight | trained_weight
        """,
        tight=True,
    ),
    Words("2  Forward to the loss, and the first gradient: each row is an image, each column a digit"),
    parts.LOSS,
    Words(
        "3  The gradients of the weights, and the weights after the step",
        """
        First the gradient of the logits once more, turned over: each row is a digit, each column an image. A weight's gradient is a row of it times a
        column of Mini-batch. With all of them at once, NumPy says logit_gradient.T @ x.
        """,
    ),
    Grid(
        """
        .            | turned_image
        digit_number | logit_gradient_turned
        """,
        tight=True,
    ),
    Grid(
        """
        .             | gradient_klass  | stepped_klass
        .             | bias_gradient   | new_bias
        =pixel_number | weight_gradient | new_weight
        """,
        tight=True,
    ),
    Words("4  The same images after the step, and with the moved weight"),
    Grid(
        """
        .             | new_klass .             .               | new_exponential_klass | .           .              .
        =image_number | new_logit new_predicted new_sample_loss | new_exponential       | pixel_value up_sample_loss down_sample_loss
        """,
        tight=True,
    ),
    Words("5  Weight decay", "A penalty for large weights, which is added to the loss."),
    Fields("wd cross_entropy penalty new_cross_entropy new_penalty"),
)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """784 → 10: logits by one matrix product, softmax, loss, gradients, a step, and the loss after it."""
    cells: dict[str, Any] = {"axes": "image klass", "number_format": "0.000", "look": "diverging"}
    return Sheet(
        name="logistic",
        title="Logistic regression",
        summary="784 → 10: logits, softmax, loss, every gradient in a cell, one step of SGD and the loss after it",
        words=f"""
            The simplest model: ten scores for an image, each a weighted sum of its {sizes["pixel"]} pixels. {(sizes["pixel"] + 1) * sizes["klass"]:,} weights and biases,
            {sizes["image"]} images. Forward, to the loss. Backward: how much does the loss change with each weight? Then one small step
            against that, and the same images again.
        """,
        tries="Switch the weights to trained, or type a larger learning rate, and watch the loss after the step.",
        blocks=(
            parts.switch(),
            *parts.rates(),
            *parts.losses("SUMSQ(weight)+SUMSQ(bias)"),
            *parts.new_losses(),
            parts.result(
                "new_penalty",
                "penalty after the step",
                "wd*(SUMSQ(new_weight)+SUMSQ(new_bias))",
                number_format="0.000000",
                role=None,
            ),
            parts.result("new_loss", "loss after the step", "new_cross_entropy+new_penalty"),
            axis_numbers("klass_number", "klass", across="klass"),
            *(
                parts.numbered(f"{name}_klass", "klass_number", "klass")
                for name in (
                    "logit",
                    "exponential",
                    "one_hot",
                    "slope",
                    "new",
                    "new_exponential",
                    "gradient",
                    "stepped",
                    "start",
                    "end",
                    "weight",
                )
            ),
            parts.numbered_rows("image_number", "batch.image_number", "image", "image"),
            parts.numbered_rows("label", "batch.label", "image", "digit"),
            Formula(
                name="logit",
                title="logits = inputs × weights + biases",
                pattern="MMULT(batch.x, weight)+bias",
                note="The row of the image's 784 inputs times the column of the digit's 784 weights, plus the digit's bias.",
                **cells,
            ),
            *parts.after_softmax(sizes["image"]),
            Formula(
                name="new_logit",
                title="logits after the step",
                pattern="MMULT(batch.x, new_weight)+new_bias",
                **cells,
            ),
            *_backward(),
            *_difference(),
        ),
        keep_labels=True,
        experts=NOTES,
        layout=LAYOUT,
        derive=(
            parts.chosen("weight"),
            parts.chosen("bias"),
            Derive("mnist.logistic", inputs=BATCH, outputs={"product": ""}),
            Derive("mnist.logistic_step", inputs=BATCH),
            Derive("mnist.finite_difference", inputs=BATCH, shown=False),
        ),
    )


def _backward() -> tuple[Given | Formula | Recorded, ...]:
    """The weights, their gradients, and the weights after the step."""
    weights: dict[str, Any] = {"axes": "klass pixel", "across": "klass", "number_format": "0.0000", "look": "diverging"}
    biases: dict[str, Any] = {"axes": "klass", "across": "klass", "number_format": "0.0000"}
    return (
        axis_numbers("pixel_number", "pixel", "pixel"),
        *parts.parameter("weight", "klass pixel", "weights"),
        *parts.parameter("bias", "klass", "biases"),
        parts.numbered("turned_image", "image_number", "image"),
        parts.numbered_rows("digit_number", "klass_number", "klass", "digit"),
        parts.turned(
            "logit_gradient",
            "klass image",
            "the gradient of each logit, turned over",
            number_format="0.0000",
            look="diverging",
        ),
        Formula(
            name="weight_gradient",
            title="gradient of each weight",
            pattern="MMULT(logit_gradient_turned, batch.x)+2*wd*weight",
            note="The digit's gradients in all images, a row above, times the pixel's inputs in all images, a column of Mini-batch; plus 2 · weight decay · weight. A pixel that is 0 in every image has no gradient but the weight decay's.",
            **weights,
        ),
        Formula(
            name="bias_gradient",
            title="gradient, biases",
            pattern="SUM(logit_gradient)+2*wd*bias",
            scale="logit_gradient",
            **biases,
        ),
        Formula(name="new_weight", title="new weights", pattern="weight-learning_rate*weight_gradient", **weights),
        Formula(name="new_bias", title="new biases", pattern="bias-learning_rate*bias_gradient", **biases),
    )


def _difference() -> tuple[Given | Formula, ...]:
    """The derivative of the loss in one weight, by moving it and by calculus."""
    row: dict[str, Any] = {"axes": "image", "number_format": "0.000000", "scale": "logit"}
    scalar: dict[str, Any] = {"number_format": "0.000000"}
    moved = [
        Formula(
            name=f"{way}_sample_loss",
            title=f"cross-entropy, moved {way}",
            pattern=f"""row_max+LN(exponential_sum+INDEX(exponential, 1, at_klass+1)*(EXP({sign}nudge*pixel_value)-1))
                        -INDEX(logit, 1, label+1)-IF(label=at_klass, {sign}nudge*pixel_value, 0)""",
            **row,
        )
        for way, sign in (("up", ""), ("down", "-"))
    ]
    sums = [
        Formula(
            name=f"loss_{way}",
            title=f"loss, moved {way}",
            scale="loss",
            pattern=f"SUM({way}_sample_loss)/COUNT({way}_sample_loss)+penalty+wd*((at_weight{sign}nudge)^2-at_weight^2)",
            **scalar,
        )
        for way, sign in (("up", "+"), ("down", "-"))
    ]
    return (
        Given(
            name="at_klass",
            title="the weight of digit",
            value=3.0,
            probe=5.0,
            low=0,
            high=9,
            whole=True,
            number_format="0",
        ),
        Given(
            name="at_pixel",
            title="and the pixel",
            value=407.0,
            low=1,
            high=784,
            whole=True,
            number_format="0",
            words="1 to 784; 407 is row 15, column 15",
        ),
        Given(name="nudge", title="moved by", value=0.001, low=0.00001, high=0.1, number_format="0.0000", unit=0.001),
        Formula(
            name="at_weight",
            title="the weight",
            number_format="0.000000",
            pattern="INDEX(weight, at_pixel, at_klass+1)",
        ),
        Formula(
            name="pixel_value",
            axes="image",
            title="that pixel's input",
            number_format="0.000",
            pattern="INDEX(batch.x, 1, at_pixel)",
        ),
        *moved,
        *sums,
        Formula(
            name="numeric",
            title="slope, by moving it",
            role="check",
            scale="loss_up",
            bound=1e-9,
            reason="a difference of two losses is divided by the nudge",
            pattern="(loss_up-loss_down)/(2*nudge)",
            **scalar,
        ),
        Formula(
            name="analytic",
            title="slope, by calculus",
            role="check",
            pattern="INDEX(weight_gradient, at_pixel, at_klass+1)",
            scale="weight_gradient",
            words="the cell of the gradient: nearly the same, as the loss is not quite a parabola",
            **scalar,
        ),
    )
