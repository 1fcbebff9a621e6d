"""A digit's edges: a kernel over a real handwritten digit, and what it answers to."""

from typing import Any

import numpy as np

from workbook.lesson.lesson import Array, Beside, Derive, Fields, Formula, Given, Grid, Sheet

KERNELS: dict[str, tuple[tuple[float, ...], ...]] = {
    "left edges": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    "upper edges": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "outlines": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
}
OWN = "your own"
DIGIT, EDGE = 7, 4
"""The digit, and how many rows and columns of paper around it are cut off."""

SIDE, WINDOW = 28 - 2 * EDGE, 3
PLACES = SIDE - WINDOW + 1
SIZES = {"ink_row": SIDE, "ink_column": SIDE, "edge_row": PLACES, "edge_column": PLACES}
PIXEL: dict[str, Any] = {"number_format": ";;;", "height": 13.0}


def values(image: Array, label: Array) -> dict[str, Array]:
    """The first picture of the digit, the kernels, and numbers of rows and columns."""
    first = int(np.flatnonzero(label == DIGIT)[0])
    found: dict[str, Array] = {
        "picture": image[first, EDGE:-EDGE, EDGE:-EDGE].astype(np.float64),
        "own_kernel": np.array([[0.0, -1.0, 1.0]] * 3),
        **{_held(name): np.array(kernel, dtype=np.float64) for name, kernel in KERNELS.items()},
    }
    return {f"digit.{name}": value for name, value in found.items()}


def _held(name: str) -> str:
    return f"{name.replace(' ', '_')}_kernel"


def answers_to(kernel: str, right: str, below: str) -> str:
    """The pattern of what a kernel answers to, from what it adds right and takes left, adds below and takes above."""
    across = (
        f'IF({right}>0, "orange: left edges of ink, blue: right edges", "orange: right edges of ink, blue: left edges")'
    )
    down = f'IF({below}>0, "orange: upper edges of ink, blue: lower edges", "orange: lower edges of ink, blue: upper edges")'
    flat = f'IF(ABS({right})>0.000000001, "slanting edges", "spots and thin lines")'
    weighs = f"AND(ABS(SUM({kernel}))>0.000000001, ABS(SUM({kernel}))>=MAX(ABS({right}), ABS({below})))"
    edges = f"IF(ABS({right})>ABS({below}), {across}, IF(ABS({below})>ABS({right}), {down}, {flat}))"
    return f'IF(SUMSQ({kernel})=0, "nothing: all weights are 0", IF({weighs}, "how much ink lies under it", {edges}))'


def meaning(kernel: str, *, words: bool = True) -> tuple[Formula, ...]:
    """What a kernel of three by three answers to, in words that follow its weights."""
    form: dict[str, Any] = {"number_format": "0.0"}
    return (
        Formula(
            name="rightwards",
            title="right − left",
            scale=kernel,
            pattern=f"SUM(INDEX({kernel}, 1, 3), INDEX({kernel}, 2, 3), INDEX({kernel}, 3, 3))"
            f"-SUM(INDEX({kernel}, 1, 1), INDEX({kernel}, 2, 1), INDEX({kernel}, 3, 1))",
            words="the weights of its right column minus those of its left" if words else "",
            **form,
        ),
        Formula(
            name="downwards",
            title="below − above",
            scale=kernel,
            pattern=f"SUM(INDEX({kernel}, 3, 1), INDEX({kernel}, 3, 2), INDEX({kernel}, 3, 3))"
            f"-SUM(INDEX({kernel}, 1, 1), INDEX({kernel}, 1, 2), INDEX({kernel}, 1, 3))",
            words="the weights of its last row minus those of its first" if words else "",
            **form,
        ),
        Formula(
            name="finds",
            title="it finds" if words else "",
            text=True,
            role="result" if words else "formula",
            pattern=answers_to(kernel, "rightwards", "downwards"),
        ),
    )


def sheet() -> Sheet:
    """A digit, a kernel by choice or of one's own, and the result beside it."""
    weights: dict[str, Any] = {"axes": "down along", "number_format": "0", "look": "diverging", "width": 3.8}
    chosen = "".join(f'IF(chosen="{name}", {_held(name)}, ' for name in KERNELS)
    return Sheet(
        name="digit",
        title="Edges of a digit",
        summary="a kernel over a real handwritten digit: where the ink begins, and where it ends",
        words="""
            Nine weights slide over a handwritten digit. Where ink begins, the sum of products is large; where ink ends, it is negative;
            on even ground it is 0.
        """,
        tries='Choose another filter; or choose "your own" and change the yellow weights: the sentence above the result says what they find.',
        column_width=1.3,
        blocks=(
            Given(name="chosen", title="filter", value="left edges", choices=(*KERNELS, OWN), width=11),
            Formula(
                name="kernel",
                title="kernel in use",
                frame=True,
                role="parameter",
                pattern=f"{chosen}own_kernel{')' * len(KERNELS)}",
                **weights,
            ),
            Given(name="own_kernel", title=OWN, low=-9, high=9, **weights),
            *(Given(name=_held(name), title=name, fixed=True, **weights) for name in KERNELS),
            *meaning("kernel", words=False),
            Given(
                name="picture",
                axes="ink_row ink_column",
                title="the digit: dark is ink",
                look="ink",
                low=0,
                high=255,
                whole=True,
                note="Select a cell to see its number, from 0 for paper to 255 for ink. Type one to paint.",
                **PIXEL,
            ),
            Formula(
                name="answer",
                axes="edge_row edge_column",
                title="the result",
                look="diverging",
                pattern="SUMPRODUCT(kernel, WINDOW(picture, ink_row, edge_row, ink_column, edge_column))",
                note="Select a cell to see its number.",
                **PIXEL,
            ),
            Formula(name="largest", title="largest", number_format="0.00", role="result", pattern="MAX(answer)"),
            Formula(name="least", title="least", number_format="0.00", role="result", pattern="MIN(answer)"),
        ),
        layout=(
            Beside(
                (
                    (Fields("chosen"), Fields("largest least"), Fields("rightwards downwards")),
                    (Grid("picture"),),
                    (Grid("kernel"), Grid("own_kernel"), *(Grid(_held(name)) for name in KERNELS)),
                    (Grid("finds\nanswer", tight=True),),
                )
            ),
        ),
        experts="Torch calls a convolution over pictures conv2d; like this one it does not turn the kernel round.",
        derive=(
            Derive("layers.convolution", inputs={"image": "picture"}, outputs={"pixel": "answer"}),
            Derive("layers.filtered", inputs={name: _held(name.replace("_", " ")) for name in _sides()}),
            Derive("layers.ends", inputs={"pixel": "answer"}, shown=False),
            Derive("layers.found", shown=False),
        ),
    )


def _sides() -> tuple[str, ...]:
    return tuple(name.replace(" ", "_") for name in KERNELS)
