"""Unfrozen step: gradients through all four matrices, and a learning rate for each layer group."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Unprinted, Ways, Words
from workbook.lessons.fine_tuning.frozen_step import moved
from workbook.lessons.fine_tuning.network import (
    BODY_FORWARD,
    FINE,
    FRESH,
    HEAD,
    HEAD_BACK,
    HEAD_FORWARD,
    LAYERS,
    NEW_PIXEL,
    PRETRAINED,
    TARGET,
    WORDS,
    Pass,
    across,
    axes,
    columns,
    held_by,
    numbered,
    parameters,
    rows,
    title,
    updated,
)

SOURCES = PRETRAINED | {layer: layer for layer in HEAD}
WEIGHTS = held_by(SOURCES)
BEFORE = Pass(WEIGHTS)
AFTER = Pass(held_by({layer: f"new_{layer}" for layer in LAYERS}), prefix="new_", plus=", after the step")

STARTS = {
    "new": FRESH,
    "after one frozen step": {layer: f"frozen_step.new_{layer}" for layer in HEAD},
    "after the frozen run": {layer: f"run_unfrozen.start_{layer}" for layer in HEAD},
}
KINDS = ("slice(a, b)", "slice(b), b/10", "slice(b), b/3", "one rate for all")
GROUPS = {"body1": 1, "body2": 2, "head1": 3, "head2": 3}

WAYS = (
    ("hidden1", "1  forward: the body's units"),
    ("logit", "1  forward: the head's scores, the loss"),
    ("logit_gradient", "2  back through the head"),
    ("hidden1_gradient", "2  back to the first layer"),
    ("body1_weight_gradient", "3  gradients and weights of every layer"),
    ("new_logit", "4  forward again"),
)


def group_rates() -> str:
    """The rate of a layer group out of three; the last is the head."""
    spread = "low_rate*EXP((group_number-1)/2*LN(high_rate/low_rate))"
    share = 'IF(kind="slice(b), b/10", 10, 3)'
    sliced = f'IF(kind="slice(a, b)", {spread}, IF(group_number=3, high_rate, high_rate/{share}))'
    return f'IF(kind="one rate for all", high_rate, {sliced})'


def rate_blocks(sheet_name: str, low: float, high: float, words: str) -> tuple[Given | Formula, ...]:
    """The drop-down of kinds, its two rates, and the rate that each group and each layer gets."""
    rate: dict[str, Any] = {"low": 1e-7, "high": 10.0, "number_format": "0.000000"}
    return (
        Given(name="kind", title="rates", value="slice(a, b)", choices=f"{sheet_name}.kind_name", words=words),
        axis_names("kind_name", "kind", "kinds of rates"),
        Given(name="low_rate", title="a", value=low, words="of the first group; only slice(a, b) uses it", **rate),
        Given(name="high_rate", title="b", value=high, words="of the last group: the head", **rate),
        axis_numbers("group_number", "group", "group"),
        axis_names("group_name", "group", "layers"),
        Formula(
            name="group_rate",
            axes="group",
            title="rate",
            number_format="0.000000",
            role="result",
            width=12,
            pattern=group_rates(),
        ),
    )


def sheet() -> Sheet:
    """Forward, back through everything, update by groups, and how far each layer went."""
    return Sheet(
        name="unfrozen_step",
        title="Unfrozen step",
        summary="one step with everything trained: backpropagation through four matrices, a rate for each layer group",
        words="""
            Now all layers learn, but not alike. The first sees strokes, which the new digits have too, so it should hardly move. The head
            is new and must move. So each group of layers gets a learning rate of its own.
        """,
        tries="Choose other rates, and see how far each layer moves; choose an untrained head, and see what reaches the body then: noise.",
        blocks=(
            Given(
                name="start",
                width=21,
                title="the new head",
                value="after the frozen run",
                choices=tuple(STARTS),
                words="untrained, after one step, or after 30 steps (recorded)",
            ),
            *rate_blocks(
                "unfrozen_step",
                0.001,
                0.1,
                "how they are spread over the groups of layers",
            ),
            *BEFORE.answers()[3:],
            *AFTER.answers()[2:],
            *_layers(),
            *(_chosen(name) for name in parameters(HEAD)),
            *(numbered(name) for name in ("forward_number", "back_number", "again_number")),
            *columns("first", "second", "middle", "klass"),
            *rows("pixel", "first", "second", "middle"),
            *BEFORE.activations(),
            *BEFORE.answers()[:3],
            *BEFORE.gradients(),
            *BEFORE.parameter_gradients(),
            *(
                updated(name, f"{WEIGHTS[name]}-INDEX(layer_rate, {number}, 1)*{name}_gradient", scale=WEIGHTS[name])
                for number, layer_name in enumerate(LAYERS, start=1)
                for name in parameters((layer_name,))
            ),
            *AFTER.activations(),
            *AFTER.answers()[:2],
        ),
        keep_labels=True,
        experts="""
            slice(a, b) spreads the rates geometrically from a to b; slice(b) gives all groups but the head b/10, up to fastai 1.0.28 b/3.
        """,
        layout=_layout(),
        derive=(
            Derive("fine_tuning.layer_rates"),
            Derive(
                "fine_tuning.chosen_head",
                inputs={
                    f"{word}_{name}": block
                    for word, sources in zip(("fresh", "stepped", "trained"), STARTS.values(), strict=True)
                    for name, block in held_by(sources).items()
                },
                shown=False,
            ),
            Derive("fine_tuning.unfrozen_step", inputs=WEIGHTS | {"pixel": NEW_PIXEL, "target": TARGET}),
        ),
    )


def _layout() -> tuple[Item, ...]:
    """The step in the order in which it is computed."""
    return (
        Fields("start kind low_rate high_rate loss accuracy new_loss new_accuracy"),
        Grid("layer_name layer_number layer_group layer_rate gradient_norm distance relative_distance", tight=True),
        Ways(WAYS),
        Words("The rate of each group, and the ways to spread rates over groups"),
        Grid("group_name group_number group_rate"),
        Grid("kind_name"),
        Unprinted(),
        Words("1  Forward: each row is a picture, each column a unit"),
        BODY_FORWARD,
        HEAD_FORWARD,
        Words("2  Back, from the scores to the first layer"),
        HEAD_BACK,
        Grid(
            """
            .            =second_over
            =back_number hidden2_gradient

            .            =first_over
            =back_number hidden1_gradient
            """,
            tight=True,
        ),
        Words(
            "3  Gradients and weights, from the first layer to the last: new = old − rate × gradient",
            """
            Each row is an input of the layer, each column an output; the line under a matrix holds its biases. The body's weights before the step are
            those of sheet Pretrained.
            """,
        ),
        *(
            item
            for name in LAYERS
            for item in (Words(f"{WORDS[name][0].upper()}{WORDS[name][1:]}"), Grid(_drawing(name), tight=True))
        ),
        Words("4  Forward again"),
        Grid(
            """
            .             =first_over
            again_number  new_hidden1

            .             =second_over
            =again_number new_hidden2
            """,
            tight=True,
        ),
        Grid(
            """
            .             =middle_over    | =klass_over | =klass_over     | .               .
            =again_number new_head_hidden | new_logit   | new_exponential | new_sample_loss new_right
            """,
            tight=True,
        ),
    )


def _layers() -> tuple[Given | Formula, ...]:
    """The rate of each layer, the size of its gradient, and how far the step moves it."""
    distances = ", ".join(moved(layer, SOURCES[layer]) for layer in LAYERS)
    sizes = ", ".join(
        f"SQRT(SUMSQ({WEIGHTS[f'{layer}_weight']})+SUMSQ({WEIGHTS[f'{layer}_bias']}))" for layer in LAYERS
    )
    norms = ", ".join(f"SQRT(SUMSQ({layer}_weight_gradient)+SUMSQ({layer}_bias_gradient))" for layer in LAYERS)
    layer: dict[str, Any] = {"axes": "layer", "number_format": "0.000000", "width": 13}
    return (
        axis_numbers("layer_number", "layer", "number"),
        axis_names("layer_name", "layer", "layer"),
        axis_numbers("layer_group", "layer", "group", probe=1.0),
        Formula(name="layer_rate", title="rate", pattern="INDEX(group_rate, layer_group, 1)", **layer),
        Formula(
            name="gradient_norm",
            title="size of gradient",
            scale="logit_gradient",
            pattern=f"CHOOSE(layer_number, {norms})",
            note="The root of the sum of all squares, of the matrix and its biases.",
            **layer,
        ),
        Formula(
            name="distance",
            title="how far it moved",
            role="result",
            scale="hidden2",
            pattern=f"CHOOSE(layer_number, {distances})",
            **layer,
        ),
        Formula(
            name="relative_distance",
            title="relative to its size",
            scale="hidden2",
            blank="none",
            pattern=f'IF(CHOOSE(layer_number, {sizes})=0, "none", distance/CHOOSE(layer_number, {sizes}))',
            **(layer | {"number_format": "0.0000%"}),
        ),
    )


def _chosen(name: str) -> Formula:
    """A parameter of the head that the step starts from."""
    new, stepped, trained = (held_by(sources)[name] for sources in STARTS.values())
    words = tuple(STARTS)
    return Formula(
        name=name,
        axes=axes(name),
        across=across(name),
        title=f"before: {title(name)}" if name.endswith("weight") else "its biases",
        look="diverging",
        role="parameter",
        pattern=f'IF(start="{words[0]}", {new}, IF(start="{words[1]}", {stepped}, {trained}))',
        **FINE,
    )


def _drawing(layer: str) -> str:
    """The weights before the step where they are the head's, the gradients, and the weights after the step."""
    inputs, outputs = LAYERS[layer]
    places = [*([""] if layer in HEAD else []), "_gradient", "new_"]

    def line(name: str) -> str:
        return " | ".join(f"new_{name}" if place == "new_" else f"{name}{place}" for place in places)

    return "\n".join(
        (
            f". {' | '.join([f'={outputs}_over'] * len(places))}",
            f"{inputs}_beside {line(f'{layer}_weight')}",
            f". {line(f'{layer}_bias')}",
        )
    )
