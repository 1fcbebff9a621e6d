"""The weights of each class as a picture: before and after training, and what one mini-batch asks of them."""

from typing import Any

from workbook.lesson.lesson import Derive, Formula, Given, Grid, Pictures, Sheet, Unprinted, Words
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
            Each class of the logistic regression has a weight for every pixel: a picture. Orange weighs for the class, blue against it, white not at all.
            Drawn at random they are noise; trained, they show where ink speaks for a digit and where against it. The gradient of a single mini-batch already
            looks like the digits, in blue: the step goes against it, and so adds the images of the class and takes away those that were mistaken for it. At
            the edge, where no digit has any ink, only weight decay moves a weight, and so slowly that the noise of the start is still to be seen.
        """,
        blocks=(
            Given(
                name="digit",
                axes="tier place",
                across="",
                title="digit, picture by picture",
                number_format="0",
                fixed=True,
            ),
            *(
                Given(name=f"{name}_caption", axes="tier place", across="place", text=True, fixed=True)
                for name in ("initial", "trained", "gradient")
            ),
            *(
                Formula(
                    name=f"{name}_picture",
                    pattern=f"INDEX(logistic.{block}, {at}, digit+1)",
                    note="The numbers are hidden: select a cell to see its own. All ten share one scale of colours.",
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
            Words("After training: SGD at 2e-2"),
            Pictures("trained_picture", "trained_caption"),
            Words("Before training"),
            Pictures("initial_picture", "initial_caption"),
            Words("The gradient of the mini-batch, at the weights in use"),
            Pictures("gradient_picture", "gradient_caption"),
            Unprinted(),
            Words("Which picture is which: tier by tier"),
            Grid("digit"),
        ),
        one_page=True,
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
