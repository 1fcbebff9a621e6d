"""New head: what the body hands over, two matrices with a ReLU between, softmax and loss."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import Array, Derive, Fields, Formula, Given, Grid, Item, Sheet, Unprinted, Words

Block = Given | Formula
CELL: dict[str, Any] = {"number_format": "0.000", "look": "diverging", "width": 8}
LIMITS: dict[str, Any] = {"low": -1e6, "high": 1e6}
NORM_EPS = 1e-5
NORMS = {"weight": "weight", "bias": "bias", "mean": "running_mean", "variance": "running_var"}


def weights(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The blocks of a head's weights, from torch's names."""
    blocks = {f"head.{kind}{n}": arrays[f"matrix{n}.{kind}"] for n in (1, 2) for kind in ("weight", "bias")}
    for n in (1, 2):
        if f"norm{n}.weight" in arrays:
            blocks |= {f"head.norm{n}_{what}": arrays[f"norm{n}.{name}"] for what, name in NORMS.items()}
    return {name: np.asarray(values, dtype=np.float64) for name, values in blocks.items()}


def sheet(kind: str, name_width: float) -> Sheet:
    """The new head on some images that were held out, as formulas.

    Args:
        kind: `lesson`, or `fastai` with batch norm before each matrix.
        name_width: of the columns with names of classes in them, in characters.
    """
    normed = kind == "fastai"
    rows = ("shifted", "logit", *(("normalised2",) if normed else ()), "relu", "hidden_input")
    rows += ("normalised1", "activation") if normed else ("activation",)
    enters1, enters2 = ("normalised1", "normalised2") if normed else ("activation", "relu")
    return Sheet(
        name="head",
        title="New head",
        summary="the run's own weights at work: activations, matrix, ReLU, matrix, softmax, loss",
        words=f"""
            The body hands over a row of activations for each image. {"A batch norm by its running statistics, the" if normed else "The"} first new matrix, a
            ReLU{", another batch norm" if normed else ""} and the second new matrix make logits of them, one a class; softmax makes probabilities.
            {"Dropout does nothing in evaluation. " if normed else ""}The worst mistakes stand first. Change a weight, or an activation, and see what the
            head says then.
        """,
        blocks=(
            *_results(),
            *_images(name_width),
            *_probabilities(name_width),
            Formula(
                name="logit",
                axes="image klass",
                title="logits: the second matrix",
                scale=enters2,
                pattern=f"MMULT({enters2}, weight2)+bias2",
                **CELL,
            ),
            *(_norm(2, "relu", "hidden") if normed else ()),
            Formula(
                name="relu",
                axes="image hidden",
                title="after the ReLU",
                pattern="MAX(0, hidden_input)",
                **(CELL | {"look": "sequential"}),
            ),
            Formula(
                name="hidden_input",
                axes="image hidden",
                title="the first matrix",
                scale=enters1,
                pattern=f"MMULT({enters1}, weight1)+bias1",
                **CELL,
            ),
            *(_norm(1, "activation", "feature") if normed else ()),
            Given(name="activation", axes="image feature", title="what the body hands over", **CELL, **LIMITS),
            *(label(f"{name}_image", "image", "image_name", "image", text=True) for name in rows),
            *_matrix(2, "hidden klass", "the second matrix's weights"),
            *_matrix(1, "feature hidden", "the first matrix's weights"),
        ),
        keep_labels=True,
        layout=(
            Fields("loss accuracy"),
            Words("What the head says"),
            Grid("""
                .          .           .              .       .           | class_name
                image_name target_name predicted_name correct sample_loss | probability
            """),
            Unprinted(),
            Words(
                "How it gets there, from the last to the first",
                "Each row is an image; then the weights, each row an input.",
            ),
            Grid("shifted_image target predicted | shifted | exponential"),
            *(Grid(f"{name}_image {name}") for name in rows[1:]),
            *_weights(2, normed),
            *_weights(1, normed),
        ),
        derive=(
            *(_norm_derive(1, "activation") if normed else ()),
            Derive("transfer.first_matrix", inputs={"activation": enters1}),
            *(_norm_derive(2, "relu") if normed else ()),
            Derive("transfer.second_matrix", inputs={"relu": enters2}),
            Derive("transfer.answers"),
            Derive("transfer.named", shown=False),
        ),
    )


def _results() -> tuple[Formula, ...]:
    return (
        Formula(
            name="loss",
            title="loss here",
            number_format="0.0000",
            role="result",
            scale="logit",
            pattern="SUM(sample_loss)/COUNT(sample_loss)",
            words="mean cross-entropy of the images below",
        ),
        Formula(
            name="accuracy",
            title="right here",
            number_format="0.0%",
            role="result",
            pattern="SUM(correct)/COUNT(correct)",
            words="the worst mistakes of all held out are among them, so it says little of the run",
        ),
    )


def _images(name_width: float) -> tuple[Block, ...]:
    """Each image's name and class, and which class the head names, at what loss."""
    return (
        axis_names("image_name", "image", "image"),
        axis_numbers(
            "target",
            "image",
            "class shown",
            low=1,
            high=1_000_000,
            whole=True,
            note="Classes count from 1, in the order of the names above the probabilities.",
        ),
        Formula(
            name="predicted",
            axes="image",
            title="class named",
            number_format="0",
            role="result",
            pattern="MATCH(MAX(logit), logit, 0)",
        ),
        *(
            Formula(
                name=f"{name}_name",
                axes="image",
                title=title,
                text=True,
                role="result" if name == "predicted" else "label",
                width=max(name_width, 12),
                pattern=f"INDEX(class_name, 1, {name})",
            )
            for name, title in (("target", "shows"), ("predicted", "taken for"))
        ),
        Formula(
            name="correct",
            axes="image",
            title="right",
            number_format='"yes";;"no"',
            pattern="IF(predicted=target, 1, 0)",
        ),
        Formula(
            name="sample_loss",
            axes="image",
            title="loss",
            number_format="0.0000",
            scale="logit",
            pattern="LN(SUM(exponential))-INDEX(shifted, 1, target)",
        ),
    )


def _probabilities(name_width: float) -> tuple[Block, ...]:
    """What makes of the logits a probability for each class."""
    return (
        axis_names("class_name", "klass", across="klass", width=name_width),
        Formula(
            name="probability",
            axes="image klass",
            title="probability of each class",
            number_format="0.0%",
            look="sequential",
            width=8,
            scale="logit",
            pattern="exponential/SUM(ALL(exponential, klass))",
        ),
        Formula(
            name="exponential",
            axes="image klass",
            title="e to the power of it",
            scale="logit",
            pattern="EXP(shifted)",
            **(CELL | {"look": "sequential"}),
        ),
        Formula(
            name="shifted",
            axes="image klass",
            title="logits less the image's largest",
            scale="logit",
            pattern="logit-MAX(ALL(logit, klass))",
            **CELL,
        ),
    )


def _matrix(number: int, axes: str, title: str) -> tuple[Given, ...]:
    outputs = axes.split()[1]
    return (
        Given(name=f"weight{number}", axes=axes, title=title, role="parameter", **CELL, **LIMITS),
        Given(
            name=f"bias{number}",
            axes=outputs,
            across=outputs,
            title="its biases",
            role="parameter",
            **CELL,
            **LIMITS,
        ),
    )


def _norm(number: int, of: str, axis: str) -> tuple[Block, ...]:
    """A batch norm by its running statistics, and what it makes of the activations."""
    name = f"norm{number}"
    cells: dict[str, Any] = {"axes": axis, "across": axis, "role": "parameter", **CELL}
    return (
        Formula(
            name=f"normalised{number}",
            axes=f"image {axis}",
            title=f"after batch norm {number}",
            scale=of,
            pattern=f"{name}_weight*({of}-{name}_mean)/SQRT({name}_variance+{name}_eps)+{name}_bias",
            **CELL,
        ),
        Given(
            name=f"{name}_eps",
            title=f"eps of batch norm {number}",
            value=NORM_EPS,
            low=1e-12,
            high=10.0,
            probe=1.0,
            number_format="0E+00",
        ),
        Given(name=f"{name}_weight", title=f"batch norm {number}: weights", **cells, **LIMITS),
        Given(name=f"{name}_bias", title="its biases", **cells, **LIMITS),
        Given(name=f"{name}_mean", title="its running means", **cells, **LIMITS),
        Given(
            name=f"{name}_variance",
            title="its running variances",
            low=0.0,
            high=1e12,
            **(cells | {"look": "sequential"}),
        ),
    )


def _norm_derive(number: int, of: str) -> tuple[Derive, ...]:
    inputs = {f"norm_{what}": f"norm{number}_{what}" for what in (*NORMS, "eps")}
    made = {"normalised": f"normalised{number}"}
    return (Derive("transfer.batch_norm", inputs={"activation": of, **inputs}, outputs=made, shown=number == 1),)


def _rows(*names: Iterable[str]) -> tuple[Item, ...]:
    """Blocks of a row an image, one below the other."""
    return tuple(Grid(f". {name}") for group in names for name in group)


def _weights(number: int, normed: bool) -> tuple[Item, ...]:
    norm = [f"norm{number}_{what}" for what in NORMS] if normed else []
    eps = (Fields(f"norm{number}_eps"),) if normed else ()
    return (*eps, *_rows(norm, (f"bias{number}", f"weight{number}")))
