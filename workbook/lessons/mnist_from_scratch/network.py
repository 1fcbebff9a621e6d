"""The network: two layers with a ReLU between them, batch norm and dropout as switches, forward and backward."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.by_hand import Column, Diagram
from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Beside, Derive, Fields, Formula, Given, Grid, Item, Sheet, Unprinted, Ways, Words
from workbook.lessons.mnist_from_scratch import network_layers, parts

BATCH = {"x": "batch.x", "label": "batch.label"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
REGULARISERS = ("none", "batch norm", "dropout", "both")
SQUARES = (
    "SUMSQ({0}weight1)+SUMSQ({0}bias1)+SUMSQ({0}weight2)+SUMSQ({0}bias2)+batch_norm*(SUMSQ({0}gamma)+SUMSQ({0}beta))"
)

WAYS = (
    ("weight1", "1  the first layer's weights"),
    ("affine1", "2  forward to the hidden units"),
    ("weight2", "3  the second layer's weights"),
    ("logit", "4  forward to the loss"),
    ("dropped_gradient", "5  backward to the hidden units"),
    ("weight2_gradient", "6  second layer: gradients, new weights"),
    ("weight1_gradient", "7  first layer: gradients, new weights"),
    ("new_affine1", "8  the same images after the step"),
    ("wd", "9  weight decay, batch norm, dropout"),
)


def _diagram(hidden: int) -> Diagram:
    """The network, and the way there and back."""
    return Diagram(
        columns=(
            Column(("x₁", "x₂", "⋮", "x₇₈₄"), "784 pixels", ""),
            Column(("h₁", "h₂", "⋮", f"h{str(hidden).translate(SUBSCRIPTS)}"), f"{hidden} hidden"),
            Column(("0", "1", "⋮", "9"), "10 scores"),
            Column(("loss",), "cross-entropy", box=True),
        ),
        forward="forward: 1 → 2 → 3 → 4",
        backward="backward: 5 → 6 → 7, then the step",
        alt=f"784 pixels are joined to {hidden} hidden units, these to ten scores, and the scores to one loss; gradients go the way back.",
        width=330,
        height=230,
    )


FORWARD: tuple[Item, ...] = (
    Words("1  The first layer's weights: each row is a pixel, each column a hidden unit"),
    Grid(
        """
        .            | weight1_unit | start1_unit     | end1_unit
        .            | bias1        | initial_bias1   | trained_bias1
        pixel_number | weight1      | initial_weight1 | trained_weight1
        """,
        tight=True,
    ),
    Words(
        "2  Forward to the hidden units: each row is an image, each column a hidden unit",
        "The inputs are the rows of Mini-batch. With batch norm off, its five lines are not used; with dropout off, the mask is 1.",
    ),
    Grid(
        """
        .             | hidden_number
        =image_number | affine1
        .             | mean1
        .             | variance1
        =image_number | normalised
        .             | gamma
        .             | beta
        =image_number | shaped
        =image_number | activation
        =image_number | mask
        =image_number | dropped
        """,
        tight=True,
    ),
    Words("3  The second layer's weights: each row is a hidden unit, each column a digit"),
    Grid(
        """
        .           | weight2_klass | start2_klass    | end2_klass
        .           | bias2         | initial_bias2   | trained_bias2
        unit_number | weight2       | initial_weight2 | trained_weight2
        """,
        tight=True,
    ),
    Words("4  Forward to the loss, and the first gradient: each row is an image, each column a digit"),
    parts.LOSS,
)

BACKWARD: tuple[Item, ...] = (
    Words("5  Backward to the hidden units: each row is an image, each column a hidden unit"),
    Grid(
        """
        .             | back_number
        =image_number | dropped_gradient
        =image_number | activation_gradient
        =image_number | shaped_gradient
        .             | gradient_mean
        .             | gradient_along
        .             | gamma_gradient
        .             | beta_gradient
        =image_number | affine1_gradient
        """,
        tight=True,
    ),
    Words(
        "6  The second layer's gradients, and its weights after the step",
        """
        First the gradient of the logits once more, turned over: each row is a digit, each column an image. A weight's gradient is a row of it times a
        column of the hidden units. With all of them at once, NumPy says logit_gradient.T @ dropped.
        """,
    ),
    Grid(
        """
        .            | turned2_image
        digit_number | logit_gradient_turned
        """,
        tight=True,
    ),
    Grid(
        """
        .            | gradient2_klass  | stepped2_klass
        .            | bias2_gradient   | new_bias2
        =unit_number | weight2_gradient | new_weight2
        """,
        tight=True,
    ),
    Words(
        "7  The first layer's gradients, and its weights after the step",
        "In the same way: each row is a hidden unit, each column an image. A row of it times a column of Mini-batch is a weight's gradient.",
    ),
    Grid(
        """
        .            | turned1_image
        =unit_number | affine1_gradient_turned
        """,
        tight=True,
    ),
    Grid(
        """
        .             | gradient1_unit   | stepped1_unit
        .             | .                | new_gamma
        .             | .                | new_beta
        .             | bias1_gradient   | new_bias1
        =pixel_number | weight1_gradient | new_weight1
        """,
        tight=True,
    ),
)

AFTER: tuple[Item, ...] = (
    Words("8  The same images after the step, with the same mask"),
    Grid(
        """
        .             | after_number
        =image_number | new_affine1
        .             | new_mean1
        .             | new_variance1
        =image_number | new_shaped
        =image_number | new_dropped
        """,
        tight=True,
    ),
    Grid(
        """
        .             | new_klass .             .               | new_exponential_klass
        =image_number | new_logit new_predicted new_sample_loss | new_exponential
        """,
        tight=True,
    ),
)

REGULARISED: tuple[Item, ...] = (
    Words(
        "9  Weight decay, batch norm and dropout",
        """
        Weight decay adds a penalty for large weights to the loss. Batch norm gives each hidden unit mean 0 and variance 1 over the mini-batch, then a
        scale γ and a shift β, which are learned. Dropout sets a random share of the hidden units to 0; here the random numbers are fixed.
        """,
    ),
    Fields(
        """wd cross_entropy penalty new_cross_entropy new_penalty
           drop_p dropout bn_eps bn_momentum batch_norm"""
    ),
    Words(
        "For prediction, batch norm keeps running averages",
        "They move towards each mini-batch's mean and variance by the momentum, and stand in for them when the network predicts.",
    ),
    Grid(
        """
        . | running_number
        . | running_mean
        . | running_variance
        . | new_running_mean
        . | new_running_variance
        """,
        tight=True,
    ),
    Words("The random numbers of the mask: where one is below the drop probability, the hidden unit is dropped"),
    Grid("=image_number | draw", tight=True),
)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """784 → 50 → ReLU → 10."""
    hidden = sizes["hidden"]
    count = (sizes["pixel"] + 1) * hidden + (hidden + 1) * sizes["klass"]
    return Sheet(
        name="network",
        title="Network",
        summary=f"784 → {hidden} → ReLU → 10: backpropagation through both layers, batch norm and dropout as switches",
        words=f"""
            A picture of {sizes["pixel"]} pixels goes through {hidden} hidden units to ten scores: {count:,} weights and biases. Forward, to the loss.
            Then backward: how much does the loss change with every weight? Then one small step against that. Every number on the way
            stands below.
        """,
        tries="Switch the weights to trained, or type a larger learning rate, and watch the loss after the step.",
        keep_labels=True,
        experts="""
            Batch norm stands before the ReLU, as in its paper; in fastai's head it stands behind it. The lesson's learning rate is 2e-2, its weight decay 1e-5;
            torch's weight_decay, which is added to the gradient, would be twice that. For the running variance, torch divides the squares of a mini-batch by the number of
            images minus one.
        """,
        blocks=(
            parts.switch(),
            *_settings(),
            *parts.losses(SQUARES.format("")),
            *parts.new_losses(),
            parts.result(
                "new_penalty",
                "penalty after the step",
                f"wd*({SQUARES.format('new_')})",
                number_format="0.000000",
                role=None,
            ),
            parts.result("new_loss", "loss after the step", "new_cross_entropy+new_penalty"),
            *_output(sizes),
            *network_layers.hidden(),
            *network_layers.backward(),
            *network_layers.after(),
            *network_layers.parameters(),
        ),
        layout=_layout(hidden),
        derive=(
            *(parts.chosen(name) for name in ("weight1", "bias1", "weight2", "bias2")),
            Derive("mnist.network", inputs=BATCH, outputs={"product1": "", "product2": ""}),
            Derive("mnist.network_step", inputs=BATCH),
        ),
    )


def _layout(hidden: int) -> tuple[Item, ...]:
    """The step in the order in which it is computed."""
    return (
        Beside(
            (
                (
                    Fields("weights_from regularisers learning_rate"),
                    Fields("loss accuracy new_loss new_accuracy"),
                    Ways(WAYS),
                ),
                (_diagram(hidden),),
            )
        ),
        Words("What it says of each image"),
        parts.OUTCOME,
        Unprinted(),
        *FORWARD,
        *BACKWARD,
        *AFTER,
        *REGULARISED,
    )


def _settings() -> tuple[Given | Formula, ...]:
    """What a person may set, and which regularisers are on."""
    return (
        Given(
            name="regularisers",
            title="regularisers",
            value="none",
            choices=REGULARISERS,
            words="none, batch norm, dropout, or both",
        ),
        *parts.rates(),
        Given(
            name="drop_p",
            title="drop probability",
            value=0.5,
            low=0.0,
            high=0.9,
            number_format="0.00",
            words="the share of activations dropped; what is kept is scaled by 1/(1 − p)",
        ),
        Given(
            name="bn_eps",
            title="ε of batch norm",
            value=1e-5,
            low=1e-10,
            high=1.0,
            probe=0.5,
            number_format="0.0E+00",
            words="beside the variance, so that a unit without any is not divided by 0",
        ),
        Given(
            name="bn_momentum",
            title="momentum of batch norm",
            value=0.1,
            low=0.0,
            high=1.0,
            number_format="0.00",
            words="by how much a mini-batch moves the running averages",
        ),
        Formula(
            name="batch_norm",
            title="batch norm in use: 1",
            number_format="0",
            pattern='IF(OR(regularisers="batch norm", regularisers="both"), 1, 0)',
        ),
        Formula(
            name="dropout",
            title="dropout in use: 1",
            number_format="0",
            pattern='IF(OR(regularisers="dropout", regularisers="both"), 1, 0)',
        ),
    )


def _output(sizes: Mapping[str, int]) -> tuple[Given | Formula, ...]:
    """The second layer, for each image."""
    form: dict[str, Any] = {"axes": "image klass", "number_format": "0.000", "look": "diverging"}
    headings = (
        "logit",
        "exponential",
        "one_hot",
        "slope",
        "new",
        "new_exponential",
        "gradient2",
        "stepped2",
        "start2",
        "end2",
        "weight2",
    )
    return (
        axis_numbers("klass_number", "klass", across="klass"),
        *(parts.numbered(f"{name}_klass", "klass_number", "klass") for name in headings),
        parts.numbered_rows("image_number", "batch.image_number", "image", "image"),
        parts.numbered_rows("label", "batch.label", "image", "digit"),
        Formula(
            name="logit",
            title="logits = hidden units × weights + biases",
            pattern="MMULT(dropped, weight2)+bias2",
            **form,
        ),
        *parts.after_softmax(sizes["image"]),
        Formula(
            name="new_logit",
            title="logits after the step",
            pattern="MMULT(new_dropped, new_weight2)+new_bias2",
            **form,
        ),
    )
