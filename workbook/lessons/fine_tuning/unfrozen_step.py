"""Unfrozen step: gradients through all four matrices, and a learning rate for each layer group."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.frozen_step import moved
from workbook.lessons.fine_tuning.network import (
    FINE,
    FRESH,
    HEAD,
    LAYERS,
    NEW_PIXEL,
    PRETRAINED,
    TARGET,
    WORDS,
    Pass,
    across,
    axes,
    held_by,
    numbered,
    parameters,
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


def group_rates(number: str = "group_number") -> str:
    """The rate of a layer group out of three; the last is the head."""
    spread = f"low_rate*EXP(({number}-1)/2*LN(high_rate/low_rate))"
    share = 'IF(kind="slice(b), b/10", 10, 3)'
    sliced = f'IF(kind="slice(a, b)", {spread}, IF({number}=3, high_rate, high_rate/{share}))'
    return f'IF(kind="one rate for all", high_rate, {sliced})'


def rate_blocks(sheet_name: str, low: float, high: float, words: str) -> tuple[Given | Formula, ...]:
    """The drop-down of kinds, its two rates, and the rate that each group and each layer gets."""
    rate: dict[str, Any] = {"low": 1e-7, "high": 10.0, "number_format": "0.000000"}
    return (
        Given(name="kind", title="rates", value="slice(a, b)", choices=f"{sheet_name}.kind_name", words=words),
        Given(name="kind_name", axes="kind", title="kinds of rates", text=True, fixed=True),
        Given(name="low_rate", title="a", value=low, words="the first group's; only slice(a, b) uses it", **rate),
        Given(name="high_rate", title="b", value=high, words="the last group's: the new head's", **rate),
        Given(name="group_number", axes="group", title="group", number_format="0", fixed=True),
        Given(name="group_name", axes="group", title="layers", text=True, fixed=True),
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
    distances = ", ".join(moved(layer, SOURCES[layer]) for layer in LAYERS)
    sizes = ", ".join(
        f"SQRT(SUMSQ({WEIGHTS[f'{layer}_weight']})+SUMSQ({WEIGHTS[f'{layer}_bias']}))" for layer in LAYERS
    )
    slopes = ", ".join(f"SQRT(SUMSQ({layer}_weight_gradient)+SUMSQ({layer}_bias_gradient))" for layer in LAYERS)
    layer: dict[str, Any] = {"axes": "layer", "number_format": "0.000000", "width": 13}
    return Sheet(
        name="unfrozen_step",
        title="Unfrozen step",
        summary="one step with everything trained: backpropagation through four matrices, a rate for each layer group",
        words="""
            Now all layers learn, but not alike. The first sees strokes, which the new digits have too: it should hardly move. The head is new and must.
            So the layers are put into groups, here the two matrices of the body and the head, and each group gets a rate of its own: discriminative
            learning rates. Choose the head: with a new one, what is handed back to the body is noise.
        """,
        blocks=(
            Given(
                name="start",
                width=21,
                title="the new head",
                value="after the frozen run",
                choices=tuple(STARTS),
                words="as drawn; as the frozen step leaves it; as 30 frozen steps leave it (recorded)",
            ),
            *rate_blocks(
                "unfrozen_step",
                0.001,
                0.1,
                "slice(a, b) spreads them geometrically; slice(b) gives all but the head b/10, up to fastai 1.0.28 b/3",
            ),
            *BEFORE.answers()[3:],
            *AFTER.answers()[2:],
            Given(name="layer_number", axes="layer", title="number", number_format="0", fixed=True),
            Given(name="layer_name", axes="layer", title="layer", text=True, fixed=True),
            Given(name="layer_group", axes="layer", title="group", number_format="0", probe=1.0, fixed=True),
            Formula(name="layer_rate", title="rate", pattern="INDEX(group_rate, layer_group, 1)", **layer),
            Formula(
                name="gradient_norm",
                title="size of gradient",
                scale="logit_gradient",
                pattern=f"CHOOSE(layer_number, {slopes})",
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
                title="of its own size",
                scale="hidden2",
                blank="none",
                pattern=f'IF(CHOOSE(layer_number, {sizes})=0, "none", distance/CHOOSE(layer_number, {sizes}))',
                **(layer | {"number_format": "0.0000%"}),
            ),
            *(_chosen(name) for name in parameters(HEAD)),
            *(numbered(name) for name in ("forward_number", "back_number", "again_number")),
            *BEFORE.activations(),
            *BEFORE.answers()[:3],
            *BEFORE.gradients(),
            *BEFORE.slopes(),
            *(
                updated(name, f"{WEIGHTS[name]}-INDEX(layer_rate, {number}, 1)*{name}_gradient", scale=WEIGHTS[name])
                for number, layer_name in enumerate(LAYERS, start=1)
                for name in parameters((layer_name,))
            ),
            *AFTER.activations(),
            *AFTER.answers()[:2],
        ),
        keep_labels=True,
        layout=(
            Fields("start kind low_rate high_rate loss accuracy new_loss new_accuracy"),
            Words("A rate for each group"),
            Grid("group_name group_number group_rate"),
            Grid("kind_name"),
            Words("The rate that each layer got, and how far it moved"),
            Grid("layer_name layer_number layer_group layer_rate gradient_norm distance relative_distance"),
            Unprinted(),
            Words("Forward", "Each row is a picture."),
            Grid(
                "forward_number logit | exponential | probability | sample_loss right | head_hidden | hidden2 | hidden1"
            ),
            Words(
                "Back",
                "From the logits to the first layer: what each layer is handed, where its ReLU let something through.",
            ),
            Grid("back_number logit_gradient | head_hidden_gradient | hidden2_gradient | hidden1_gradient"),
            *(
                item
                for name in reversed(LAYERS)
                for item in (
                    Words(
                        f"{WORDS[name][0].upper()}{WORDS[name][1:]}: gradients, and the weights after the step",
                        _before(name),
                    ),
                    Grid(_drawing(name)),
                )
            ),
            Words("Forward again"),
            Grid(
                "again_number new_logit | new_exponential | new_sample_loss new_right | new_head_hidden | new_hidden2 | new_hidden1"
            ),
        ),
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


def _chosen(name: str) -> Formula:
    """A parameter of the head that the step starts from."""
    new, stepped, trained = (held_by(sources)[name] for sources in STARTS.values())
    words = tuple(STARTS)
    return Formula(
        name=name,
        axes=axes(name),
        across=across(name),
        title=f"{title(name)}, before" if name.endswith("weight") else "its biases",
        look="diverging",
        role="parameter",
        pattern=f'IF(start="{words[0]}", {new}, IF(start="{words[1]}", {stepped}, {trained}))',
        **FINE,
    )


def _before(layer: str) -> str:
    return "" if layer in HEAD else "Before it: those of Pretrained."


def _drawing(layer: str) -> str:
    """The gradient, the weights after the step and, where they are the head's, those before it."""
    old = "| {0}" if layer in HEAD else ""
    return "\n".join(f". {name}_gradient | new_{name} {old.format(name)}" for name in parameters((layer,)))
