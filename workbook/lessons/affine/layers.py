"""Affine layers: parameters and activations, and why two layers need a ReLU between them."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def affine(sizes: Mapping[str, int]) -> Sheet:
    """One affine layer."""
    n_examples, n_inputs, n_outputs = (sizes[axis] for axis in ("example", "inp", "hidden"))
    return Sheet(
        name="affine",
        title="Affine layer",
        summary="one forward pass: what is a parameter, what an activation, and their shapes",
        words="""
            There are two kinds of numbers in a network. Parameters are learned: weights and biases. Activations are computed: the input is given,
            all others come out of a layer. An affine layer is a matrix product plus a bias: each output is one row against one column, plus a number.
        """,
        blocks=(
            Formula(
                name="parameters",
                title="parameters",
                number_format="0",
                role="result",
                pattern="COUNT(weight)+COUNT(bias)",
                words="learned: inputs × outputs weights, and one bias for each output",
            ),
            Formula(
                name="activations",
                title="activations",
                number_format="0",
                role="result",
                pattern="COUNT(output)",
                words="computed: examples × outputs; each row is an example, each column an output",
            ),
            Given(
                name="activation",
                axes="example inp",
                title=f"input activations, {n_examples} × {n_inputs}",
                number_format="0.00",
                low=-1000,
                high=1000,
            ),
            Given(
                name="weight",
                axes="inp hidden",
                title=f"weights, {n_inputs} × {n_outputs}: each row is an input, each column an output",
                number_format="0.00",
                low=-100,
                high=100,
                look="diverging",
            ),
            Given(
                name="bias",
                axes="hidden",
                across="hidden",
                title=f"biases, {n_outputs}",
                number_format="0.00",
                low=-100,
                high=100,
            ),
            Formula(
                name="output",
                axes="example hidden",
                title=f"output activations, {n_examples} × {n_outputs} = input × weights + bias",
                number_format="0.00",
                look="diverging",
                pattern="MMULT(activation, weight)+bias",
            ),
        ),
        layout=(
            Fields("parameters activations"),
            Words("The layer"),
            Grid("""
                . .          | weight
                . .          | bias
                . activation | output
            """),
        ),
        derive=(Derive("layers.affine"),),
    )


def two() -> Sheet:
    """Two affine layers, merged into one; and with a ReLU between them, not."""
    cells: dict[str, Any] = {"number_format": "0.00", "look": "diverging"}
    difference: dict[str, Any] = {"axes": "example out", "number_format": "0.0E+00", "role": "check"}
    return Sheet(
        name="two_layers",
        title="Two layers",
        summary="two affine layers are one: the product of their matrices; with a ReLU between them they are not",
        words="""
            An affine layer on an affine layer is an affine layer: its weights are the product of both matrices. A hundred of them would learn no
            more than one. A ReLU between them, nothing but max(0, x), breaks that, and lets a network bend.
        """,
        blocks=(
            Formula(
                name="largest_difference",
                title="two layers − one layer",
                number_format="0.0E+00",
                role="check",
                scale="two",
                pattern="MAX(MAX(difference), 0-MIN(difference))",
                words="nothing but rounding",
            ),
            Formula(
                name="largest_relu_difference",
                title="with a ReLU − one layer",
                number_format="0.00",
                role="result",
                scale="with_relu one",
                pattern="MAX(MAX(relu_difference), 0-MIN(relu_difference))",
                words="no single layer does this",
            ),
            Formula(
                name="activation", axes="example inp", title="input", pattern="affine.activation", number_format="0.00"
            ),
            Formula(
                name="weight1",
                axes="inp hidden",
                title="first weights",
                role="parameter",
                pattern="affine.weight",
                **cells,
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
            Given(name="weight2", axes="hidden out", title="second weights", low=-100, high=100, **cells),
            Given(
                name="bias2", axes="out", across="out", title="second biases", number_format="0.00", low=-100, high=100
            ),
            Formula(
                name="hidden",
                axes="example hidden",
                title="after the first layer",
                pattern="MMULT(activation, weight1)+bias1",
                **cells,
            ),
            Formula(
                name="two",
                axes="example out",
                title="after the second",
                pattern="MMULT(hidden, weight2)+bias2",
                **cells,
            ),
            Formula(
                name="merged_weight",
                axes="inp out",
                title="one layer: the product of both",
                pattern="MMULT(weight1, weight2)",
                **cells,
            ),
            Formula(
                name="merged_bias",
                axes="out",
                across="out",
                title="its biases",
                number_format="0.00",
                pattern="MMULT(bias1, weight2)+bias2",
            ),
            Formula(
                name="one",
                axes="example out",
                title="after that one layer",
                pattern="MMULT(activation, merged_weight)+merged_bias",
                **cells,
            ),
            Formula(name="difference", title="two layers − one layer", scale="two", pattern="two-one", **difference),
            Formula(
                name="relu",
                axes="example hidden",
                title="max(0, x) of the first layer",
                pattern="MAX(0, hidden)",
                **cells,
            ),
            Formula(
                name="with_relu",
                axes="example out",
                title="after the second",
                pattern="MMULT(relu, weight2)+bias2",
                **cells,
            ),
            Formula(
                name="relu_difference",
                axes="example out",
                title="minus the one layer",
                number_format="0.00",
                role="check",
                scale="with_relu one",
                pattern="with_relu-one",
            ),
        ),
        layout=(
            Fields("largest_difference largest_relu_difference"),
            Words("Two layers"),
            Grid("""
                . .          | weight1 | weight2
                . .          | bias1   | bias2
                . activation | hidden  | two
            """),
            Words("One layer that does the same"),
            Grid("""
                . .          | merged_weight
                . .          | merged_bias
                . difference | one
            """),
            Words("A ReLU between them"),
            Grid(". relu | with_relu | relu_difference"),
        ),
        derive=(Derive("layers.two_layers"),),
    )
