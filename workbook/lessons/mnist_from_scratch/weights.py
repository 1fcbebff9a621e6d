"""The weights of each class as a picture: before and after training, and what one mini-batch asks of them."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Formula, Grid, Pictures, Sheet, Unprinted, Words
from workbook.lessons.mnist_from_scratch.image import SIDE


def sheet() -> Sheet:
    """Three times ten pictures."""
    at = f"(image.row_number-1)*{SIDE}+image.column_number"
    picture: dict[str, Any] = {
        "axes": "tier place row column",
        "across": "place column",
        "number_format": ";;;",
        "look": "diverging",
    }
    return Sheet(
        name="weights",
        title="Weights as pictures",
        summary="the 784 weights of each digit as a picture: before and after training, and one gradient",
        words="""
            Each digit has a weight for every pixel: a picture. Orange: ink there speaks for the digit. Blue: ink speaks against it. Before training there is only
            noise; afterwards the model looks for a hole in the 0, and for the stroke of the 1. At the edge, where no picture has ink, noise stays.
        """,
        blocks=(
            axis_numbers("digit", "tier place", "digit", across="", width=6),
            *(
                axis_names(f"{name}_caption", "tier place", across="place")
                for name in ("initial", "trained", "gradient")
            ),
            *(
                Formula(
                    name=f"{name}_picture",
                    pattern=f"INDEX(logistic.{block}, {at}, digit+1)",
                    note="Select a cell to see its number. All ten share one scale of colours.",
                    **picture,
                )
                for name, block in (
                    ("initial", "initial_weight"),
                    ("trained", "trained_weight"),
                    ("gradient", "weight_gradient"),
                )
            ),
        ),
        layout=(
            Words("After training"),
            Pictures("trained_picture", "trained_caption", points=4.5),
            Words("Before training"),
            Pictures("initial_picture", "initial_caption", points=4.5),
            Words(
                "The gradient of one mini-batch",
                "The digits appear in blue: a step goes against the gradient, so it adds the pictures of the digit and takes away those mistaken for it.",
            ),
            Pictures("gradient_picture", "gradient_caption", points=4.5),
            Unprinted(),
            Words("Which picture is which, row of pictures by row"),
            Grid("digit"),
        ),
        one_page=True,
        column_width=3,
        experts="The trained weights are those of SGD at a rate of 2e-2.",
        derive=(
            Derive(
                "mnist.pictures",
                inputs={
                    "initial_weight": "logistic.initial_weight",
                    "trained_weight": "logistic.trained_weight",
                    "weight_gradient": "logistic.weight_gradient",
                },
            ),
        ),
    )
