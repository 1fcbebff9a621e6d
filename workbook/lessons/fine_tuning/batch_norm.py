"""Batch norm in a frozen group: what "frozen" leaves moving."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Recorded, Sheet, Unprinted, Ways, Words
from workbook.lessons.fine_tuning.network import (
    BODY,
    CELL,
    FINE,
    FRESH,
    HEAD,
    HEAD_BACK,
    HEAD_FORWARD,
    HEAD_UPDATE,
    IMAGES,
    NEW_PIXEL,
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

MODES = ("train_bn=True", "train_bn=False", "train_bn=False, BnFreeze")
SOURCES = {layer: layer for layer in BODY} | FRESH
WEIGHTS = held_by(SOURCES)
PASS = Pass(WEIGHTS)
STATE = {
    "norm_weight": "γ",
    "norm_bias": "β",
    "running_mean": "running mean",
    "running_variance": "running variance",
}
PARTS = (
    "matrix 1, frozen",
    *("running mean", "running variance", "γ", "β"),
    "matrix 2, frozen",
    *(WORDS[layer] for layer in HEAD),
)
CHANNEL: dict[str, Any] = {"axes": "first", "across": "first"}

WAYS = (
    ("affine1", "1  forward: the body, and batch norm in it"),
    ("logit", "1  forward: the new head's scores, the loss"),
    ("logit_gradient", "2  back, to γ and β"),
    ("new_norm_weight", "3  batch norm and the new head after the step"),
    ("body1_weight", "4  the frozen body"),
)
TRAINS = f'mode="{MODES[0]}"'
EVALUATES = f'mode="{MODES[2]}"'

LAYOUT: tuple[Item, ...] = (
    Fields("mode rate loss accuracy"),
    Grid("part_name part_number moved", tight=True),
    Ways(WAYS),
    Words("More to set"),
    Fields("momentum eps"),
    Grid("mode_name"),
    Unprinted(),
    Words("1  Forward: each row is a picture, each column a unit of the body"),
    Grid(
        """
        .               first_over
        forward_number  affine1
        .               batch_mean
        .               batch_variance
        .               running_mean
        .               running_variance
        .               used_mean
        .               used_variance
        =forward_number normalised
        .               norm_weight
        .               norm_bias
        =forward_number hidden1

        .               second_over
        =forward_number hidden2
        """,
        tight=True,
    ),
    HEAD_FORWARD,
    Words("2  Back, to γ and β"),
    HEAD_BACK,
    Grid(
        """
        .            =second_over
        =back_number hidden2_gradient

        .            =first_over
        =back_number hidden1_gradient
        .            norm_weight_gradient
        .            norm_bias_gradient
        """,
        tight=True,
    ),
    Words("3  After the step: what batch norm has learned and remembered, and the new head"),
    Grid(
        """
        .             =first_over
        .             new_norm_weight
        .             new_norm_bias
        .             new_running_mean
        .             new_running_variance
        """,
        tight=True,
    ),
    HEAD_UPDATE,
    Words("4  The frozen body"),
    Grid(
        """
        .             =first_over
        pixel_beside  body1_weight
        .             body1_bias

        .             =second_over
        first_beside  body2_weight
        .             body2_bias
        """,
        tight=True,
    ),
)


def sheet() -> Sheet:
    """A frozen step of the variant with batch norm behind its first matrix, in three modes."""
    return Sheet(
        name="batch_norm",
        title="Batch norm",
        heading="Batch norm in a frozen group",
        summary="frozen layers don't change? Batch norm in them does, unless it is told not to",
        words="""
            Does a frozen body stay as it is? Not with batch norm in it. Batch norm has two weights for each unit, γ and β, and two
            averages, a running mean and a running variance, which move whenever pictures go forward in training. Here one step is taken
            with the body frozen.
        """,
        tries="Switch the mode, and see which numbers stand still.",
        experts="""
            Torch's running variance takes the batch's divided by n − 1; its momentum is no optimizer's. Fastai trains batch norm on in frozen groups (train_bn=True). With train_bn=False only γ and β stand still: the statistics move until the
            layer is put into evaluation mode, which is what the callback BnFreeze is for.
        """,
        blocks=(
            *_settings(),
            *PASS.answers()[3:],
            *_parts(),
            *_pretrained(),
            *(numbered(name) for name in ("forward_number", "back_number")),
            *columns("first", "second", "middle", "klass"),
            *rows("pixel", "first", "second", "middle"),
            *_forward(),
            *PASS.activations()[1:],
            *PASS.answers()[:3],
            *PASS.gradients(),
            *_norm_gradients(),
            *PASS.parameter_gradients(HEAD),
            *_moved(),
            *(updated(name, f"{WEIGHTS[name]}-rate*{name}_gradient", scale=WEIGHTS[name]) for name in parameters(HEAD)),
        ),
        keep_labels=True,
        layout=LAYOUT,
        derive=(Derive("fine_tuning.batch_norm_step", inputs=held_by(FRESH) | {"pixel": NEW_PIXEL, "target": TARGET}),),
    )


def _settings() -> tuple[Given, ...]:
    """The mode, and what a step is made with."""
    return (
        Given(
            name="mode",
            width=24,
            title="batch norm",
            value=MODES[0],
            choices="batch_norm.mode_name",
            words="train_bn: are γ and β trained? BnFreeze: do the averages stand still too?",
        ),
        Given(
            name="rate",
            title="learning rate",
            value=0.1,
            low=0.0,
            high=10.0,
            unit=0.1,
            number_format="0.000",
            words="of the new head, and of γ and β where they are trained",
        ),
        Given(
            name="momentum",
            title="momentum",
            value=0.1,
            low=0.0,
            high=1.0,
            unit=0.1,
            number_format="0.000",
            words="how far the running averages move towards those of the mini-batch",
        ),
        Given(
            name="eps",
            title="eps",
            value=1e-5,
            low=1e-12,
            high=1.0,
            probe=0.1,
            number_format="0.0E+00",
            words="keeps the division from failing",
        ),
    )


def _parts() -> tuple[Given | Formula, ...]:
    """How far each part of the network moved."""
    return (
        axis_names("mode_name", "mode", "modes"),
        axis_numbers("part_number", "part", "number"),
        axis_names("part_name", "part", "what"),
        Formula(
            name="moved",
            axes="part",
            title="how far it moved",
            number_format='0.000000;;"0: stands still"',
            role="result",
            width=16,
            scale="affine1",
            pattern=f"CHOOSE(part_number, {', '.join(_moves())})",
        ),
    )


def _pretrained() -> tuple[Recorded, ...]:
    """The pretrained body, with its batch norm's parameters and averages."""
    return (
        *(
            Recorded(
                name=name,
                look="diverging",
                title=heading,
                made_by="engine.runs.digits.pretrain",
                **CHANNEL,
                **CELL,
            )
            for name, heading in STATE.items()
        ),
        *(
            Recorded(
                name=name,
                axes=axes(name),
                across=across(name),
                title=title(name) if name.endswith("weight") else "its biases",
                look="diverging",
                made_by="engine.runs.digits.pretrain",
                **CELL,
            )
            for name in parameters(BODY)
        ),
    )


def _forward() -> tuple[Formula, ...]:
    """The first layer, normalised."""
    return (
        Formula(
            name="affine1",
            axes="image first",
            title="pixels × matrix 1 + biases",
            look="diverging",
            scale="body1_weight",
            pattern=f"MMULT({NEW_PIXEL}, body1_weight)+body1_bias",
            **CELL,
        ),
        *_statistics(),
        Formula(
            name="normalised",
            axes="image first",
            title="normalised = (x − mean) / √(variance + eps)",
            look="diverging",
            pattern="(affine1-used_mean)/SQRT(used_variance+eps)",
            **CELL,
        ),
        Formula(
            name="hidden1",
            axes="image first",
            title="hidden 1 = max(0, γ · normalised + β)",
            look="sequential",
            scale="norm_weight",
            pattern="MAX(0, norm_weight*normalised+norm_bias)",
            **CELL,
        ),
    )


def _norm_gradients() -> tuple[Formula, ...]:
    """The gradients of the batch norm's two parameters."""
    return (
        Formula(
            name="norm_weight_gradient",
            title="gradient of γ: Σ gradient · normalised",
            look="diverging",
            scale="hidden1_gradient",
            pattern="SUMPRODUCT(hidden1_gradient, normalised)",
            **CHANNEL,
            **FINE,
        ),
        Formula(
            name="norm_bias_gradient",
            title="gradient of β: Σ gradient",
            look="diverging",
            scale="hidden1_gradient",
            pattern="SUM(hidden1_gradient)",
            **CHANNEL,
            **FINE,
        ),
    )


def _moved() -> tuple[Formula, ...]:
    """The batch norm's parameters and averages after the step."""
    return (
        *(
            Formula(
                name=f"new_{name}",
                title=f"{STATE[name]}, after the step",
                role="parameter",
                look="diverging",
                scale=name,
                pattern=f"IF({TRAINS}, {name}-rate*{name}_gradient, {name})",
                **CHANNEL,
                **FINE,
            )
            for name in ("norm_weight", "norm_bias")
        ),
        Formula(
            name="new_running_mean",
            title="running mean, after the step",
            role="parameter",
            look="diverging",
            scale="running_mean",
            pattern=f"IF({EVALUATES}, running_mean, (1-momentum)*running_mean+momentum*batch_mean)",
            **CHANNEL,
            **FINE,
        ),
        Formula(
            name="new_running_variance",
            title="running variance, after the step",
            role="parameter",
            scale="running_variance",
            pattern=f"""IF({EVALUATES}, running_variance,
                        (1-momentum)*running_variance+momentum*batch_variance*{IMAGES}/({IMAGES}-1))""",
            **CHANNEL,
            **FINE,
        ),
    )


def _statistics() -> tuple[Formula, ...]:
    """Mean and variance of the batch, and those that normalise."""
    columns = (
        ("batch_mean", "mean of this batch", f"SUM(affine1)/{IMAGES}", "affine1"),
        ("batch_variance", "its variance", f"SUMPRODUCT((affine1-batch_mean)^2)/{IMAGES}", ""),
        ("used_mean", "mean used", f"IF({EVALUATES}, running_mean, batch_mean)", "affine1"),
        ("used_variance", "variance used", f"IF({EVALUATES}, running_variance, batch_variance)", ""),
    )
    return tuple(
        Formula(name=name, title=heading, look="diverging", scale=scale, pattern=pattern, **CHANNEL, **CELL)
        for name, heading, pattern, scale in columns
    )


def _moves() -> tuple[str, ...]:
    """The 2-norm of what the step did to each part."""
    state = {name: f"SQRT(SUMPRODUCT((new_{name}-{name})^2))" for name in STATE}
    head = {
        layer: "SQRT(" + "+".join(f"SUMPRODUCT((new_{name}-{WEIGHTS[name]})^2)" for name in parameters((layer,))) + ")"
        for layer in HEAD
    }
    # No formula writes to the body: what it moves is nothing, and there are no cells of it after the step.
    return (
        "0",
        state["running_mean"],
        state["running_variance"],
        state["norm_weight"],
        state["norm_bias"],
        "0",
        *head.values(),
    )
