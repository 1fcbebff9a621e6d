"""The network of every sheet: its layers, and the patterns of a pass forward, a pass backward and an update."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbook.lesson.labels import label
from workbook.lesson.lesson import Derive, Formula, Grid

LAYERS: dict[str, tuple[str, str]] = {
    "body1": ("pixel", "first"),
    "body2": ("first", "second"),
    "head1": ("second", "middle"),
    "head2": ("middle", "klass"),
}
"""Layer → the axes of its matrix, inputs and outputs."""

BODY, HEAD = ("body1", "body2"), ("head1", "head2")
WORDS = {
    "body1": "body, matrix 1",
    "body2": "body, matrix 2",
    "head1": "new head, matrix 1",
    "head2": "new head, matrix 2",
}
OUTPUTS = {"body1": "hidden1", "body2": "hidden2", "head1": "head_hidden", "head2": "logit"}
"""Layer → the activations that come out of it, behind its ReLU where it has one."""
INPUTS = {"body1": "pixel", "body2": "hidden1", "head1": "hidden2", "head2": "head_hidden"}
GRADIENTS = {
    "body1": "hidden1_gradient",
    "body2": "hidden2_gradient",
    "head1": "head_hidden_gradient",
    "head2": "logit_gradient",
}
"""Layer → the gradient at its affine output."""
PLAIN = {"hidden1": "hidden 1", "hidden2": "hidden 2", "head_hidden": "hidden, new head", "logit": "logits"}

NEW_PIXEL, TARGET, IMAGES = "new_digits.pixel", "new_digits.target", "new_digits.images"
PRETRAINED = {layer: f"pretrained.{layer}" for layer in BODY}
FRESH = {layer: f"surgery.{layer}" for layer in HEAD}

CELL: dict[str, Any] = {"number_format": "0.00", "width": 7}
FINE: dict[str, Any] = {"number_format": "0.0000", "width": 8}

HEAD_FORWARD = Grid(
    """
    .               middle_over | klass_over | =klass_over | =klass_over | .           .
    =forward_number head_hidden | logit      | exponential | probability | sample_loss right
    """,
    tight=True,
)
"""How the pass through the new head is drawn."""
HEAD_BACK = Grid(
    """
    .            =klass_over    | =middle_over
    back_number  logit_gradient | head_hidden_gradient
    """,
    tight=True,
)
"""How the way back through it is drawn."""

BODY_FORWARD = Grid(
    """
    .               first_over
    forward_number  hidden1

    .               second_over
    =forward_number hidden2
    """,
    tight=True,
)
"""How the pass through the body is drawn."""

HEAD_UPDATE = Grid(
    """
    .             =middle_over          | =middle_over
    second_beside head1_weight_gradient | new_head1_weight
    .             head1_bias_gradient   | new_head1_bias

    .             =klass_over           | =klass_over
    middle_beside head2_weight_gradient | new_head2_weight
    .             head2_bias_gradient   | new_head2_bias
    """,
    tight=True,
)
"""How the new head's gradients, and the new head after the step, are drawn."""

AGREEMENT = Derive("fine_tuning.agreement", inputs={"found": "loss", "recorded": "recorded_loss"}, shown=False)
"""Whether the cells' loss is the recorded run's."""


def parameters(layers: tuple[str, ...] = tuple(LAYERS)) -> tuple[str, ...]:
    """The names of the matrices and biases of some layers."""
    return tuple(f"{layer}_{part}" for layer in layers for part in ("weight", "bias"))


def held_by(sources: Mapping[str, str]) -> dict[str, str]:
    """Parameter → the block that holds it, from layer → the beginning of the names of its two blocks."""
    return {f"{layer}_{part}": f"{source}_{part}" for layer, source in sources.items() for part in ("weight", "bias")}


def axes(name: str) -> str:
    """The axes of a parameter, such as `body1_weight`."""
    layer, _, part = name.rpartition("_")
    return " ".join(LAYERS[layer]) if part == "weight" else LAYERS[layer][1]


def across(name: str) -> str | None:
    """A bias runs across, as the columns of its matrix do."""
    return None if name.endswith("weight") else axes(name)


def title(name: str) -> str:
    """What a parameter is called: `body, matrix 1`, `body, biases 1`."""
    layer, _, part = name.rpartition("_")
    return WORDS[layer] if part == "weight" else WORDS[layer].replace("matrix", "biases")


@dataclass(frozen=True)
class Pass:
    """A pass of images through the network on one sheet.

    Args:
        weights: parameter → what patterns call it: a block, or `PREV(new_…, start)`.
        pixel: the block of the images, where the body is computed here.
        target: the block of the right classes.
        layers: those computed here.
        inputs: activations that another sheet has, where they are not computed here.
        lead: the axis of steps in front of all others, with a blank behind it; empty where there is none.
        prefix: what the names of its blocks begin with.
        plus: what follows each title.
    """

    weights: Mapping[str, str]
    pixel: str = NEW_PIXEL
    target: str = TARGET
    layers: tuple[str, ...] = tuple(LAYERS)
    inputs: Mapping[str, str] | None = None
    lead: str = ""
    prefix: str = ""
    plus: str = ""

    def named(self, name: str) -> str:
        """What patterns of this sheet call an activation."""
        if self.inputs and name in self.inputs:
            return self.inputs[name]
        return self.pixel if name == "pixel" else f"{self.prefix}{name}"

    def activations(self) -> tuple[Formula, ...]:
        """What comes out of each layer."""
        return tuple(self._activation(layer) for layer in self.layers)

    def _activation(self, layer: str) -> Formula:
        affine = (
            f"MMULT({self.named(INPUTS[layer])}, {self.weights[f'{layer}_weight']})+{self.weights[f'{layer}_bias']}"
        )
        name = OUTPUTS[layer]
        return Formula(
            name=f"{self.prefix}{name}",
            axes=f"{self.lead}image {LAYERS[layer][1]}",
            title=f"{PLAIN[name]}{self.plus}",
            look="diverging" if name == "logit" else "sequential",
            scale=self.named(INPUTS[layer]),
            pattern=affine if name == "logit" else f"MAX(0, {affine})",
            **CELL,
        )

    def answers(self) -> tuple[Formula, ...]:
        """From logits to probabilities, loss and accuracy."""
        p, logit = self.prefix, f"{self.prefix}logit"
        image: dict[str, Any] = {"axes": f"{self.lead}image", "across": ""}
        step: dict[str, Any] = {"axes": self.lead.strip()}
        found = (
            self.probability(),
            self.exponential(),
            Formula(
                name=f"{p}sample_loss",
                title="loss",
                number_format="0.000",
                scale=logit,
                pattern=f"LN(SUM({p}exponential))+MAX({logit})-INDEX({logit}, 1, {self.target})",
                **image,
            ),
            Formula(
                name=f"{p}right",
                title="right",
                number_format='"right";;"wrong"',
                pattern=f"IF(MATCH(MAX({logit}), {logit}, 0)={self.target}, 1, 0)",
                **image,
            ),
            Formula(
                name=f"{p}loss",
                title=f"loss{self.plus}",
                number_format="0.0000",
                role="result",
                scale=logit,
                pattern=f"SUM({p}sample_loss)/COUNT({p}sample_loss)",
                **step,
            ),
            Formula(
                name=f"{p}accuracy",
                title=f"accuracy{self.plus}",
                number_format="0.0%",
                role="result",
                pattern=f"SUM({p}right)/COUNT({p}right)",
                **step,
            ),
        )
        # What follows a step has no probabilities: its loss and accuracy are all that is asked of it.
        return found[1:] if p else found

    def probability(self) -> Formula:
        """The softmax of each image's logits."""
        return Formula(
            name="probability",
            axes=f"{self.lead}image klass",
            title="probabilities",
            number_format="0.0%",
            look="sequential",
            width=7,
            pattern="exponential/SUM(ALL(exponential, klass))",
        )

    def exponential(self) -> Formula:
        """What the softmax is made of: no exponent above 0, so that nothing overflows."""
        logit = f"{self.prefix}logit"
        return Formula(
            name=f"{self.prefix}exponential",
            axes=f"{self.lead}image klass",
            title=f"e^(logit − largest){self.plus}",
            look="sequential",
            scale=logit,
            pattern=f"EXP({logit}-MAX(ALL({logit}, klass)))",
            **CELL,
        )

    def gradients(self, layers: tuple[str, ...] = ()) -> tuple[Formula, ...]:
        """The gradients at the affine outputs of some layers, from the last one back."""
        found = [
            Formula(
                name="logit_gradient",
                axes=f"{self.lead}image klass",
                title="gradient at the logits",
                note="(softmax − one-hot) / pictures: no gradient is simpler.",
                look="diverging",
                scale="probability",
                pattern=f"(probability-IF({self.target}=new_digits.klass_number, 1, 0))/{IMAGES}",
                **FINE,
            )
        ]
        order = tuple(LAYERS)
        for layer in reversed(layers or self.layers):
            if layer != "head2":
                after = order[order.index(layer) + 1]
                found.append(self._handed_back(layer, after))
        return tuple(found)

    def _handed_back(self, layer: str, after: str) -> Formula:
        """What the next layer hands back, where the ReLU let something through."""
        back = f"SUMPRODUCT({GRADIENTS[after]}, {self.weights[f'{after}_weight']})"
        return Formula(
            name=GRADIENTS[layer],
            axes=f"{self.lead}image {LAYERS[layer][1]}",
            title=f"gradient at {PLAIN[OUTPUTS[layer]]}, 0 where its ReLU gave 0",
            look="diverging",
            scale=GRADIENTS[after],
            pattern=f"IF({self.named(OUTPUTS[layer])}>0, {back}, 0)",
            **FINE,
        )

    def parameter_gradients(self, layers: tuple[str, ...] = ()) -> tuple[Formula, ...]:
        """The gradients of matrices and biases."""
        return tuple(
            Formula(
                name=f"{name}_gradient",
                axes=f"{self.lead}{axes(name)}",
                across=across(name),
                title=f"gradient: {title(name)}" if name.endswith("weight") else "gradient: biases",
                look="diverging",
                scale=GRADIENTS[layer],
                pattern=(
                    f"SUMPRODUCT({self.named(INPUTS[layer])}, {GRADIENTS[layer]})"
                    if name.endswith("weight")
                    else f"SUM({GRADIENTS[layer]})"
                ),
                **FINE,
            )
            for layer in layers or self.layers
            for name in parameters((layer,))
        )


UNITS = {
    "pixel": "pretrained.pixel_number",
    "first": "pretrained.first_number",
    "second": "pretrained.second_number",
    "middle": "surgery.middle_number",
    "klass": "new_digits.klass_digit",
}
"""Axis → the numbers that its rows and columns are called by."""


def columns(*names: str, lead: str = "") -> tuple[Formula, ...]:
    """What columns are called, above a table: `first_over` the numbers of the first hidden units."""
    return tuple(_named(name, "over", name, lead) for name in names)


def rows(*names: str, lead: str = "") -> tuple[Formula, ...]:
    """What rows are called, beside a table: `first_beside` the numbers of the first hidden units."""
    return tuple(_named(name, "beside", "", lead) for name in names)


def _named(axis: str, where: str, across: str, lead: str) -> Formula:
    return label(f"{axis}_{where}", f"{lead}{axis}", UNITS[axis], across=across, number_format="0")


def numbered(name: str, lead: str = "") -> Formula:
    """The numbers of the pictures beside a table with a row a picture."""
    return label(name, f"{lead}image", "new_digits.image_number", "picture", across="", number_format="0")


def updated(name: str, pattern: str, *, lead: str = "", scale: str = "") -> Formula:
    """A parameter after a step."""
    return Formula(
        name=f"new_{name}",
        axes=f"{lead}{axes(name)}",
        across=across(name),
        title=f"after: {title(name)}" if name.endswith("weight") else "after: biases",
        look="diverging",
        role="parameter",
        scale=scale,
        pattern=pattern,
        **FINE,
    )
