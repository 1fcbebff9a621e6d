"""Affine layers: parameters and activations, and why two layers need a ReLU between them."""

from typing import Any

from workbook.lesson.labels import axis_names, label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet


def affine() -> Sheet:
    """One affine layer."""
    return Sheet(
        name="affine",
        title="Affine layer",
        summary="one forward pass: what is a parameter, what an activation, and their shapes",
        words="""
            There are two kinds of numbers in a network. Parameters are learned: weights and biases. Activations are computed from them
            and from the input. In an affine layer each output is a row of inputs times a column of weights, added up, plus a bias.
        """,
        tries="Change a weight: only its column of outputs moves.",
        blocks=(
            Formula(
                name="parameters",
                title="parameters",
                number_format="0",
                role="result",
                pattern="COUNT(weight)+COUNT(bias)",
                words="a weight from each input to each output, and a bias for each output",
            ),
            Formula(
                name="activations",
                title="activations",
                number_format="0",
                role="result",
                pattern="COUNT(output)",
                words="an output of each unit for each example",
            ),
            axis_names("example_name", "example", width=18),
            axis_names("input_name", "inp", across="inp"),
            label("input_row", "inp", "input_name", text=True, width=4),
            axis_names("unit_name", "hidden", across="hidden"),
            Given(
                name="activation",
                axes="example inp",
                title="input",
                number_format="0.00",
                low=-1000,
                high=1000,
            ),
            Given(
                name="weight",
                axes="inp hidden",
                title="weights",
                number_format="0.00",
                low=-100,
                high=100,
                look="diverging",
            ),
            Given(
                name="bias",
                axes="hidden",
                across="hidden",
                title="biases",
                number_format="0.00",
                low=-100,
                high=100,
            ),
            Formula(
                name="output",
                axes="example hidden",
                title="output = input × weights + biases",
                number_format="0.00",
                look="diverging",
                pattern="MMULT(activation, weight)+bias",
            ),
        ),
        layout=(
            Fields("parameters activations"),
            Grid(
                """
                .            .           . .         unit_name
                .            .           . input_row weight
                .            .           + .         bias
                .            input_name  . .         =unit_name
                example_name activation  → .         output
                """,
                tight=True,
            ),
        ),
        column_width=9,
        shapes=True,
        derive=(Derive("layers.affine"),),
    )


CELLS: dict[str, Any] = {"number_format": "0.00", "look": "diverging"}


def two() -> Sheet:
    """Two affine layers, merged into one; and with a ReLU between them, not."""
    return Sheet(
        name="two_layers",
        title="Two layers",
        summary="two affine layers are one: the product of their matrices; with a ReLU between them they are not",
        words="""
            Two affine layers, one after the other, do what one does: its weights are the product of both matrices. A hundred of them
            would learn no more than one. With a ReLU between them, which only turns what is below 0 into 0, they do what no single layer
            can.
        """,
        tries="Change one of the second weights: both layers and the single one still agree.",
        blocks=(
            Formula(
                name="largest_difference",
                title="two − one",
                number_format="0.0E+00",
                role="check",
                scale="two",
                pattern="MAX(MAX(difference), 0-MIN(difference))",
                words="the largest difference between the two layers and the single one: nothing but rounding",
            ),
            Formula(
                name="largest_relu_difference",
                title="what a ReLU changes",
                number_format="0.00",
                role="result",
                scale="with_relu one",
                pattern="MAX(MAX(relu_difference), 0-MIN(relu_difference))",
                words="the largest difference once a ReLU stands between the two",
            ),
            *_parameters(),
            *_both_ways(),
            *_with_relu(),
        ),
        layout=(
            Fields("largest_difference largest_relu_difference"),
            Grid(
                """
                .             .          . unit_name  . output_name . =output_name   . .
                .             .          . weight1    . weight2     . merged_weight  . .
                .             .          + bias1      + bias2       . merged_bias    . .
                .             input_name . =unit_name . =output_name . =output_name  . =output_name
                example_name  activation → hidden     → two         = one            → difference

                .             .          . =unit_name . =output_name . .             . =output_name
                =example_name .          → relu       → with_relu   . .              → relu_difference
                """,
                tight=True,
            ),
        ),
        column_width=6,
        derive=(Derive("layers.two_layers"),),
    )


def _parameters() -> tuple[Given | Formula, ...]:
    """The input and the first layer of the sheet Affine layer, and a second layer."""
    return (
        label("example_name", "example", "affine.example_name", text=True, width=18),
        label("input_name", "inp", "affine.input_name", across="inp", text=True),
        label("unit_name", "hidden", "affine.unit_name", across="hidden", text=True),
        axis_names("output_name", "out", across="out"),
        Formula(
            name="activation", axes="example inp", title="input", pattern="affine.activation", number_format="0.00"
        ),
        Formula(
            name="weight1",
            axes="inp hidden",
            title="first weights",
            role="parameter",
            pattern="affine.weight",
            **CELLS,
        ),
        Formula(
            name="bias1",
            axes="hidden",
            across="hidden",
            title="first biases",
            role="parameter",
            pattern="affine.bias",
            number_format="0.00",
        ),
        Given(name="weight2", axes="hidden out", title="second weights", low=-100, high=100, **CELLS),
        Given(name="bias2", axes="out", across="out", title="second biases", number_format="0.00", low=-100, high=100),
    )


def _both_ways() -> tuple[Formula, ...]:
    """The two layers one after the other, and the single one that does the same."""
    return (
        Formula(
            name="hidden",
            axes="example hidden",
            title="first layer",
            pattern="MMULT(activation, weight1)+bias1",
            **CELLS,
        ),
        Formula(
            name="two",
            axes="example out",
            title="second layer",
            pattern="MMULT(hidden, weight2)+bias2",
            **CELLS,
        ),
        Formula(
            name="merged_weight",
            axes="inp out",
            title="both multiplied",
            pattern="MMULT(weight1, weight2)",
            **CELLS,
        ),
        Formula(
            name="merged_bias",
            axes="out",
            across="out",
            title="biases",
            number_format="0.00",
            pattern="MMULT(bias1, weight2)+bias2",
        ),
        Formula(
            name="one",
            axes="example out",
            title="one layer",
            pattern="MMULT(activation, merged_weight)+merged_bias",
            **CELLS,
        ),
        Formula(
            name="difference",
            axes="example out",
            title="two − one",
            number_format="0E+00",
            role="check",
            scale="two",
            pattern="two-one",
        ),
    )


def _with_relu() -> tuple[Formula, ...]:
    """The second layer with a ReLU before it, and how far that is from the single layer."""
    return (
        Formula(
            name="relu",
            axes="example hidden",
            title="max(0, first layer)",
            pattern="MAX(0, hidden)",
            **{**CELLS, "look": "sequential"},
        ),
        Formula(
            name="with_relu",
            axes="example out",
            title="second layer",
            pattern="MMULT(relu, weight2)+bias2",
            **CELLS,
        ),
        Formula(
            name="relu_difference",
            axes="example out",
            title="with a ReLU − one",
            number_format="0.00",
            role="check",
            scale="with_relu one",
            pattern="with_relu-one",
        ),
    )
