"""Affine layers by hand: two inputs, three units, one output; and a kernel of nine numbers over a picture of 25."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.lesson import Array, Beside, Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lesson.questions import Question, asked, derived, predictions
from workbook.lessons.affine.digit import meaning

PICTURE, WINDOW = 5, 3
PLACES = PICTURE - WINDOW + 1
SIZES = {
    "sample": 2,
    "feature": 2,
    "neuron": 3,
    "answer": 1,
    "picture_row": PICTURE,
    "picture_column": PICTURE,
    "kernel_row": WINDOW,
    "kernel_column": WINDOW,
    "place_row": PLACES,
    "place_column": PLACES,
}

QUESTIONS = (
    Question("Row 2, unit 3: x times W₁, plus b₁. What is z?", "z", "last"),
    Question("And what does the ReLU make of it?", "h", "last"),
    Question("One layer in place of two: what is its first weight?", "one_weight", "first"),
)
DIAGRAM = Diagram(
    columns=(
        Column(("x₁", "x₂"), "inputs", ""),
        Column(("h₁", "h₂", "h₃"), "max(0, z)"),
        Column(("y",), "output"),
    ),
    forward="forward",
    backward="",
    alt="Two inputs are joined to three hidden units, each of which is joined to one output.",
    width=290,
    height=150,
)

KERNEL_QUESTIONS = (
    Question("What do the nine products at the upper left make?", "response", "first"),
    Question("And those at the lower right?", "response", "last", name="last_response"),
)
KERNEL_DIAGRAM = Diagram(
    columns=(
        Column(("9 pixels",), "a window", "", box=True),
        Column(("× 9 weights",), "the kernel", box=True),
        Column(("sum",), "one number", box=True),
    ),
    forward="the same nine weights at every place",
    backward="",
    alt="Nine pixels of a window are multiplied by the nine weights of the kernel and added up to one number of the result.",
    width=290,
    height=75,
)


def values() -> dict[str, Array]:
    """Small whole numbers; a picture of a bar."""
    picture = np.zeros((PICTURE, PICTURE))
    picture[1:, 2:4] = 1.0
    return {
        "by_hand.x": np.array([[1.0, 2.0], [0.0, 1.0]]),
        "by_hand.w1": np.array([[1.0, -1.0, 2.0], [2.0, 1.0, -1.0]]),
        "by_hand.b1": np.array([0.0, 1.0, -1.0]),
        "by_hand.w2": np.array([[1.0], [-1.0], [2.0]]),
        "by_hand.b2": np.array([1.0]),
        "by_hand_kernel.picture": picture,
        "by_hand_kernel.kernel": np.array([[-1.0, 0.0, 1.0]] * WINDOW),
        "by_hand_kernel.kernel_row": np.arange(1.0, WINDOW + 1),
        "by_hand_kernel.kernel_column": np.arange(1.0, WINDOW + 1),
        "by_hand_kernel.place_row": np.arange(1.0, PLACES + 1),
        "by_hand_kernel.place_column": np.arange(1.0, PLACES + 1),
    }


LAYERS_LAYOUT: tuple[Item, ...] = (
    Beside(
        (
            (
                Grid(
                    """
                    . . w1 . . . w2
                    . + b1 . . + b2
                    x → z  → h → y

                    . . one_weight . .   . .
                    . + one_bias   . .   . .
                    . → one        = two . difference
                    """,
                    tight=True,
                ),
            ),
            (DIAGRAM,),
        )
    ),
    Beside(
        (
            (predictions(QUESTIONS, columns=9),),
            (
                Tries(
                    (
                        Try(
                            "b1",
                            (0,),
                            "9",
                            "the same in all biases leaves no z below 0: the ReLU changes nothing.",
                        ),
                        Try("w2", (1, 0), "9", "y goes up where h₂ is above 0, and only there."),
                    )
                ),
            ),
        )
    ),
)


def layers() -> Sheet:
    """Two layers with a ReLU between them, and the one layer that two without it are."""
    number: dict[str, Any] = {"number_format": "General"}
    given: dict[str, Any] = {**number, "low": -9, "high": 9}
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="Two layers by hand",
        summary="start here: two inputs, three units, one output, whole numbers",
        words="""
            Each cell is one row against one column. The ReLU turns what is below 0 into 0; without it, two layers are no more than one.
        """,
        column_width=5.2,
        shapes=True,
        one_page=True,
        blocks=(
            Given(name="x", axes="sample feature", title="x", **given),
            Given(name="w1", axes="feature neuron", title="W₁", frame=True, **given),
            Given(name="b1", axes="neuron", across="neuron", frame=True, **given),
            Formula(
                name="z",
                axes="sample neuron",
                title="z = x W₁ + b₁",
                role="forward",
                pattern="MMULT(x, w1)+b1",
                **number,
            ),
            Formula(
                name="h", axes="sample neuron", title="h = max(0, z)", role="forward", pattern="MAX(0, z)", **number
            ),
            Given(name="w2", axes="neuron answer", title="W₂", frame=True, **given),
            Given(name="b2", axes="answer", across="answer", frame=True, **given),
            Formula(name="y", axes="sample answer", title="y", role="result", pattern="MMULT(h, w2)+b2", **number),
            Formula(
                name="one_weight",
                axes="feature answer",
                title="W₁W₂",
                role="forward",
                frame=True,
                pattern="MMULT(w1, w2)",
                **number,
            ),
            Formula(
                name="one_bias",
                axes="answer",
                across="answer",
                role="forward",
                frame=True,
                pattern="MMULT(b1, w2)+b2",
                **number,
            ),
            Formula(
                name="one",
                axes="sample answer",
                title="one layer",
                role="forward",
                pattern="MMULT(x, one_weight)+one_bias",
                **number,
            ),
            Formula(
                name="two",
                axes="sample answer",
                title="two layers",
                role="forward",
                pattern="MMULT(z, w2)+b2",
                **number,
            ),
            Formula(
                name="difference",
                axes="sample answer",
                title="what the ReLU changed",
                role="check",
                scale="y one",
                pattern="y-one",
                **number,
            ),
            *asked(QUESTIONS),
        ),
        layout=LAYERS_LAYOUT,
        derive=(Derive("by_hand.relu_between"), *derived(QUESTIONS)),
    )


KERNEL_LAYOUT: tuple[Item, ...] = (
    Beside(
        (
            (
                Fields("line column"),
                Grid(
                    """
                    .       . .          kernel_column . .         place_column . .
                    picture × kernel_row kernel        = place_row response     . .

                    window  × .          =kernel       = .         product      → total
                    """,
                    tight=True,
                ),
            ),
            (
                KERNEL_DIAGRAM,
                Words("What this kernel finds in the result"),
                Grid("finds", tight=True),
                Grid("rightwards . . . downwards", tight=True),
            ),
        )
    ),
    Beside(
        (
            (predictions(KERNEL_QUESTIONS, columns=9),),
            (
                Tries(
                    (
                        Try(
                            "line",
                            (),
                            "3",
                            "the window moves down onto more of the bar.",
                        ),
                        Try(
                            "kernel",
                            (0, 0),
                            "0",
                            "the same in its whole left column: now it counts what is bright.",
                        ),
                        Try("picture", (2, 2), "9", "one bright pixel changes nine places of the result."),
                    )
                ),
            ),
        )
    ),
)


def kernel() -> Sheet:
    """A kernel over a picture, and one of its windows product by product."""
    number: dict[str, Any] = {"number_format": "0"}
    places = [(i, j) for i in range(WINDOW) for j in range(WINDOW)]
    response = "+".join(
        f"INDEX(kernel, {i + 1}, {j + 1})*INDEX(picture, place_row+{i}, place_column+{j})" for i, j in places
    )
    label: dict[str, Any] = {**number, "fixed": True}
    chosen: dict[str, Any] = {**number, "value": 1, "probe": 3, "low": 1, "high": PLACES, "whole": True}
    return Sheet(
        name="by_hand_kernel",
        title="Kernel by hand",
        heading="A kernel by hand",
        summary="nine weights slide over a picture of 25 pixels",
        words="""
            Lay the kernel over nine pixels, multiply each pixel by the weight that lies on it, add up: that is one number of the result. Then move
            on by one. Under the diagram stands what this kernel finds, in words that follow its weights.
        """,
        column_width=4.4,
        shapes=True,
        one_page=True,
        blocks=(
            Given(
                name="picture",
                axes="picture_row picture_column",
                title="picture: paint, 0 to 9",
                look="sequential",
                low=0,
                high=9,
                **number,
            ),
            Given(name="kernel_row", axes="kernel_row", **label),
            Given(name="kernel_column", axes="kernel_column", across="kernel_column", **label),
            Given(name="kernel", axes="kernel_row kernel_column", title="kernel", frame=True, low=-9, high=9, **number),
            Given(name="place_row", axes="place_row", **label),
            Given(name="place_column", axes="place_column", across="place_column", **label),
            Formula(
                name="response",
                axes="place_row place_column",
                title="result",
                look="diverging",
                pattern=response,
                **number,
            ),
            Given(name="line", title="row", words="the window's first", **chosen),
            Given(name="column", title="col.", words="the window's first", **chosen),
            Formula(
                name="window",
                axes="kernel_row kernel_column",
                title="its window",
                role="forward",
                pattern="INDEX(picture, line+kernel_row-1, column+kernel_column-1)",
                **number,
            ),
            Formula(
                name="product",
                axes="kernel_row kernel_column",
                title="products",
                role="forward",
                pattern="window*kernel",
                **number,
            ),
            Formula(name="total", title="sum", role="result", pattern="SUM(product)", **number),
            *meaning("kernel", words=False),
            *asked(KERNEL_QUESTIONS),
        ),
        layout=KERNEL_LAYOUT,
        derive=(Derive("by_hand.kernel"), Derive("layers.found", shown=False), *derived(KERNEL_QUESTIONS)),
    )
