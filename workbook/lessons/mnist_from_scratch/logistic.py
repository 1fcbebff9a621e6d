"""Logistic regression: one layer, forward, backward, one step, on one mini-batch."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words
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


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """784 → 10: logits by one matrix product, softmax, loss, gradients, a step, and the loss after it."""
    cells: dict[str, Any] = {"axes": "image klass", "number_format": "0.000", "look": "diverging"}
    weights: dict[str, Any] = {"axes": "klass pixel", "across": "klass", "number_format": "0.0000", "look": "diverging"}
    biases: dict[str, Any] = {"axes": "klass", "across": "klass", "number_format": "0.0000"}
    return Sheet(
        name="logistic",
        title="Logistic regression",
        summary="784 → 10: logits, softmax, loss, every gradient in a cell, one step of SGD and the loss after it",
        words=f"""
            One layer of 784 × 10 weights and 10 biases, {784 * 10 + 10:,} parameters, on a mini-batch of {sizes["image"]} images. Forward: one matrix product
            gives ten logits an image. Backward: the gradient of the logits is softmax − one-hot; the transposed product carries it to every weight. Then one
            step against it, and the same images again.
        """,
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
            Given(name="klass_number", axes="klass", across="klass", title="digit", number_format="0", fixed=True),
            *(
                parts.numbered(f"{name}_klass", "klass_number", "klass", "digit")
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
            Formula(
                name="image_number",
                axes="image",
                title="image",
                number_format="0",
                role="label",
                pattern="batch.image_number",
            ),
            Formula(name="label", axes="image", title="digit", number_format="0", role="label", pattern="batch.label"),
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
            Given(name="pixel_number", axes="pixel", title="pixel", number_format="0", fixed=True),
            *parts.parameter("weight", "klass pixel", "weights"),
            *parts.parameter("bias", "klass", "biases"),
            Formula(
                name="weight_gradient",
                title="gradient = inputs × gradient of the logits + 2·wd·weights",
                pattern="SUMPRODUCT(batch.x, logit_gradient)+2*wd*weight",
                note="The pixel in all images times the digit's gradient in all images: two columns of Mini-batch and of this sheet. A pixel that is 0 in every image has no gradient but the weight decay's.",
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
            *_difference(),
        ),
        layout=(
            Fields(
                "weights_from learning_rate wd cross_entropy penalty loss accuracy new_cross_entropy new_penalty new_loss new_accuracy"
            ),
            Words("Is the gradient right? One weight moved a little up and a little down"),
            Fields("at_klass at_pixel nudge at_weight loss_up loss_down numeric analytic"),
            Words("The lesson's code, as it must be written to run", NOTES),
            Words("What it says of each image"),
            Grid("""
                .            .     .         .       .           | klass_number
                image_number label predicted correct sample_loss | probability
            """),
            Unprinted(),
            Words("How it gets there, and back: each row is an image"),
            Grid("""
                . | logit_klass .       .               | exponential_klass | one_hot_klass | slope_klass
                . | logit       row_max exponential_sum | exponential       | one_hot       | logit_gradient
            """),
            Words("The same images after the step, and the nudged weight"),
            Grid("""
                .             .               | new_klass | new_exponential_klass | .           .              .
                new_predicted new_sample_loss | new_logit | new_exponential       | pixel_value up_sample_loss down_sample_loss
            """),
            Words("The parameters: each row is a pixel, each column a digit"),
            Grid("""
                .            | weight_klass | gradient_klass  | stepped_klass | start_klass    | end_klass
                .            | bias         | bias_gradient   | new_bias      | initial_bias   | trained_bias
                pixel_number | weight       | weight_gradient | new_weight    | initial_weight | trained_weight
            """),
        ),
        derive=(
            parts.chosen("weight"),
            parts.chosen("bias"),
            Derive("mnist.logistic", inputs=BATCH, outputs={"product": ""}),
            Derive("mnist.logistic_step", inputs=BATCH),
            Derive("mnist.logistic_slope", inputs=BATCH, shown=False),
        ),
    )


def _difference() -> tuple[Given | Formula, ...]:
    """The slope of the loss in one weight, by moving it and by calculus."""
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
            name="at_klass", title="of the digit", value=3.0, probe=5.0, low=0, high=9, whole=True, number_format="0"
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
        Given(name="nudge", title="nudge", value=0.001, low=0.00001, high=0.1, number_format="0.0000", unit=0.001),
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
