"""Frozen step: one step of training that moves the new head and nothing else."""

from typing import Any

from workbook.lesson.by_hand import Column, Diagram
from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Beside, Derive, Fields, Formula, Given, Grid, Item, Sheet, Unprinted, Ways, Words
from workbook.lessons.fine_tuning.network import (
    BODY,
    BODY_FORWARD,
    FRESH,
    HEAD,
    HEAD_BACK,
    HEAD_FORWARD,
    HEAD_UPDATE,
    IMAGES,
    LAYERS,
    NEW_PIXEL,
    PRETRAINED,
    TARGET,
    Pass,
    columns,
    held_by,
    numbered,
    parameters,
    rows,
    updated,
)

WEIGHTS = held_by(PRETRAINED | FRESH)
BEFORE = Pass(WEIGHTS)
AFTER = Pass(
    held_by(PRETRAINED | {layer: f"new_{layer}" for layer in HEAD}),
    layers=HEAD,
    inputs={"hidden2": "hidden2"},
    prefix="new_",
    plus=", after the step",
)
LAYER: dict[str, Any] = {"axes": "layer", "number_format": "#,##0", "width": 13}

WAYS = (
    ("hidden1", "1  forward: the body's units"),
    ("logit", "1  forward: the new head's scores, the loss"),
    ("logit_gradient", "2  back through the new head"),
    ("head1_weight_gradient", "3  gradients, and the new head after the step"),
    ("new_logit", "4  forward again"),
    ("new_body1_weight", "5  the body after the step"),
)
DIAGRAM = Diagram(
    columns=(
        Column(("1", "⋮", "49"), "pixels", ""),
        Column(("1", "⋮", "64"), "body: frozen", ""),
        Column(("1", "⋮", "32"), "body: frozen", ""),
        Column(("1", "⋮", "16"), "new head", "update"),
        Column(("7", "8", "9"), "new head", "update"),
    ),
    forward="forward through all of it",
    backward="back through the new head only",
    alt="49 pixels, 64 and 32 units of the frozen body, 16 units of the new head, three classes. Only the new head changes.",
    width=290,
    height=150,
)


def moved(layer: str, old: str) -> str:
    """The 2-norm of what a step did to a layer, matrix and bias."""
    parts = (f"SUMPRODUCT((new_{layer}_{part}-{old}_{part})^2)" for part in ("weight", "bias"))
    return f"SQRT({'+'.join(parts)})"


LAYOUT: tuple[Item, ...] = (
    Beside(
        (
            (
                Fields("rate"),
                Fields("loss accuracy new_loss new_accuracy"),
                Grid("layer_name layer_number distance", tight=True),
            ),
            (DIAGRAM, Ways(WAYS)),
        )
    ),
    Words(
        "What freezing saves",
        """
        For each parameter that it trains, a step keeps a gradient and what the optimizer remembers. A frozen body
        needs none of that, and no gradient has to be carried back through it.
        """,
    ),
    Fields("optimizer saved_gradients saved_bytes backward_saved_share"),
    Grid("=layer_name parameters kept_numbers frozen_numbers backward frozen_backward"),
    Fields("number_bytes kept_bytes frozen_bytes saved_share resnet_saved_bytes"),
    Unprinted(),
    Words("1  Forward: each row is a picture, each column a unit"),
    BODY_FORWARD,
    HEAD_FORWARD,
    Words("2  Back, as far as the new head goes"),
    HEAD_BACK,
    Words(
        "3  The new head's gradients, and the new head after the step: new = old − rate × gradient",
        "Each row is an input of the layer, each column an output; the line under a matrix holds its biases.",
    ),
    HEAD_UPDATE,
    Words("4  Forward again"),
    Grid(
        """
        .            =middle_over    | =klass_over | =klass_over     | .               .
        again_number new_head_hidden | new_logit   | new_exponential | new_sample_loss new_right
        """,
        tight=True,
    ),
    Words("5  The body after the step: no gradient was computed, so there was nothing to subtract"),
    Grid(
        """
        .             =first_over
        pixel_beside  new_body1_weight
        .             new_body1_bias

        .             =second_over
        first_beside  new_body2_weight
        .             new_body2_bias
        """,
        tight=True,
    ),
)


def sheet() -> Sheet:
    """Forward, loss, gradients of the head, its update; what was saved."""
    sources = PRETRAINED | FRESH
    distance = f"CHOOSE(layer_number, {', '.join(moved(layer, sources[layer]) for layer in LAYERS)})"
    return Sheet(
        name="frozen_step",
        title="Frozen step",
        summary="one step with the body frozen: gradients and update of the new head alone, and what that saves",
        words="""
            The body knows strokes and loops, the new head knows nothing: its first gradients would only harm the body. So freeze the
            body: pictures go forward through all four matrices, gradients go back through the new head and stop there.
        """,
        tries="Raise the rate, and see what moves and what the loss does.",
        blocks=(
            Given(
                name="rate",
                title="learning rate",
                value=0.1,
                low=0.0,
                high=10.0,
                unit=0.1,
                number_format="0.000",
                words="of the new head",
            ),
            *BEFORE.answers()[3:],
            *AFTER.answers()[2:],
            axis_numbers("layer_number", "layer", "number"),
            axis_names("layer_name", "layer", "layer"),
            Formula(
                name="distance",
                axes="layer",
                title="how far it moved",
                number_format='0.000000;;"0: frozen"',
                role="result",
                width=14,
                scale="hidden2",
                pattern=distance,
                note="The root of the sum of all squared changes, of the matrix and its biases.",
            ),
            *_costs(),
            *(numbered(name) for name in ("forward_number", "back_number", "again_number")),
            *columns("first", "second", "middle", "klass"),
            *rows("pixel", "first", "second", "middle"),
            *BEFORE.activations(),
            *BEFORE.answers()[:3],
            *BEFORE.gradients(HEAD),
            *BEFORE.parameter_gradients(HEAD),
            *(updated(name, f"{WEIGHTS[name]}-rate*{name}_gradient", scale=WEIGHTS[name]) for name in parameters(HEAD)),
            *(updated(name, WEIGHTS[name]) for name in parameters(BODY)),
            *AFTER.activations(),
            *AFTER.answers()[:2],
        ),
        keep_labels=True,
        layout=LAYOUT,
        derive=(
            Derive("fine_tuning.frozen_step", inputs=WEIGHTS | {"pixel": NEW_PIXEL, "target": TARGET}),
            Derive(
                "fine_tuning.costs",
                inputs=WEIGHTS
                | {"pixel": NEW_PIXEL, "first_half": "surgery.first_half", "second_half": "surgery.second_half"},
            ),
        ),
    )


def _costs() -> tuple[Given | Formula, ...]:
    """Numbers kept and multiplications made by a step, with the body trained and with it frozen."""
    states = '(1+IF(optimizer="SGD", 0, IF(optimizer="momentum", 1, 2)))'
    counts = ", ".join(f"COUNT({WEIGHTS[f'{layer}_weight']})+COUNT({WEIGHTS[f'{layer}_bias']})" for layer in LAYERS)
    matrices = ", ".join(f"COUNT({WEIGHTS[f'{layer}_weight']})" for layer in LAYERS)
    columns = (
        ("parameters", "parameters", f"CHOOSE(layer_number, {counts})"),
        ("kept_numbers", "numbers kept, all trained", f"parameters*{states}"),
        ("frozen_numbers", "numbers kept, body frozen", "IF(layer_number>2, kept_numbers, 0)"),
        (
            "backward",
            "multiplications back, all trained",
            f"{IMAGES}*CHOOSE(layer_number, {matrices})*IF(layer_number=1, 1, 2)",
        ),
        (
            "frozen_backward",
            "multiplications back, body frozen",
            "IF(layer_number<3, 0, IF(layer_number=3, backward/2, backward))",
        ),
    )
    whole: dict[str, Any] = {"number_format": "#,##0"}
    return (
        *(Formula(name=name, title=title, pattern=pattern, **LAYER) for name, title, pattern in columns),
        Given(
            name="optimizer",
            title="optimizer",
            value="Adam",
            choices=("SGD", "momentum", "Adam"),
            words="beside each gradient SGD keeps nothing, momentum one number, Adam two",
        ),
        Given(
            name="number_bytes",
            title="bytes a number",
            value=4.0,
            low=1,
            high=8,
            whole=True,
            words="how much memory a number takes: 4 is usual, 2 is enough for some",
            **whole,
        ),
        Formula(
            name="saved_gradients",
            title="gradients saved",
            role="result",
            pattern="SUMPRODUCT((layer_number<3)*parameters)",
            words="a number for each parameter of the body, never computed",
            **whole,
        ),
        Formula(
            name="kept_bytes", title="bytes a step, all trained", pattern="number_bytes*SUM(kept_numbers)", **whole
        ),
        Formula(
            name="frozen_bytes", title="bytes a step, body frozen", pattern="number_bytes*SUM(frozen_numbers)", **whole
        ),
        Formula(
            name="saved_bytes",
            title="bytes saved",
            role="result",
            scale="kept_bytes",
            pattern="kept_bytes-frozen_bytes",
            **whole,
        ),
        Formula(name="saved_share", title="as a share", number_format="0.0%", pattern="saved_bytes/kept_bytes"),
        Formula(
            name="backward_saved_share",
            title="multiplications saved",
            number_format="0.0%",
            role="result",
            pattern="1-SUM(frozen_backward)/SUM(backward)",
            words="of the way back",
        ),
        Formula(
            name="resnet_saved_bytes",
            width=13,
            title="bytes saved in ResNet-34",
            words="a large network, whose body is counted on sheet Surgery",
            pattern=f"(surgery.first_half+surgery.second_half)*{states}*number_bytes",
            **whole,
        ),
    )
