"""Convolution: a matrix product with tied weights."""

from collections.abc import Mapping

import numpy as np

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Array, Derive, Fields, Formula, Given, Grid, Item, Sheet, Words
from workbook.lessons.affine.digit import meaning


def positions(sizes: Mapping[str, int]) -> dict[str, Array]:
    """In which row and column of the kernel its weights stand."""
    return {
        "convolution.kernel_row": np.arange(1.0, sizes["down"] + 1),
        "convolution.kernel_column": np.arange(1.0, sizes["along"] + 1),
    }


LAYOUT: tuple[Item, ...] = (
    Fields("finds"),
    Grid(
        """
        . .     . .          kernel_column . .          .           . .
        . .     . .          .             . .          left_number . =left_number
        . image × kernel_row kernel        = top_number pixel       = product_pixel
        """,
        tight=True,
    ),
    Fields("rightwards downwards weights_stored weights_in_matrix zeros distance"),
    Words("The same as a matrix product: the image in one row, the weights in a matrix"),
    Grid(
        """
        .             .         .            .       . pixel_number
        .             .         .            .       . pixel_row
        .             .         .            .       . pixel_column
        .             .         .            .       . flat
        result_number place_row place_column product = tied_matrix
        """,
        tight=True,
    ),
)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """A kernel slid over an image, and the sparse matrix that does the same."""
    return Sheet(
        name="convolution",
        title="Convolution",
        one_page=True,
        summary="a kernel over an image is a matrix product: a sparse matrix whose weights are tied",
        words="""
            A convolution slides a small kernel over an image and takes the sum of products at each place. That is a matrix product too: write the image as
            one long row, and give each place of the result a row of weights, the kernel's where it lies and 0 elsewhere. These weights are tied: every row
            holds the same nine numbers.
        """,
        tries="Change the kernel, and all of its copies follow.",
        experts="Torch calls a convolution over pictures conv2d.",
        blocks=(
            Formula(
                name="weights_stored",
                title="weights learned",
                number_format="0",
                role="result",
                pattern="COUNT(kernel)",
                words="the nine of the kernel",
            ),
            Formula(name="weights_in_matrix", title="in the matrix", number_format="0", pattern="COUNT(tied_matrix)"),
            Formula(
                name="zeros",
                title="always 0",
                number_format="0",
                pattern="weights_in_matrix-COUNT(product)*weights_stored",
            ),
            Formula(
                name="distance",
                title="distance",
                number_format="0.0",
                role="check",
                scale="pixel",
                pattern="SQRT(SUMPRODUCT((pixel-product_pixel)^2))",
                words="between both ways, all pixels together: nothing but rounding",
            ),
            *_by_kernel(sizes),
            *_by_matrix(sizes),
        ),
        layout=LAYOUT,
        column_width=4.6,
        derive=(
            Derive("layers.convolution"),
            Derive("layers.found", shown=False),
            Derive("layers.tied"),
            Derive("layers.convolution_difference", shown=False),
        ),
    )


def _by_kernel(sizes: Mapping[str, int]) -> tuple[Given | Formula, ...]:
    """The kernel at each place of the image."""
    return (
        Given(
            name="image",
            axes="high wide",
            title="image",
            number_format="0.0",
            low=-1000,
            high=1000,
            look="sequential",
        ),
        Given(
            name="kernel",
            axes="down along",
            title="kernel",
            number_format="0.0",
            low=-100,
            high=100,
            look="diverging",
        ),
        axis_numbers("kernel_row", "down", "row"),
        axis_numbers("kernel_column", "along", "column", across="along"),
        *meaning("kernel"),
        axis_numbers("top_number", "top"),
        axis_numbers("left_number", "left", across="left"),
        Formula(
            name="pixel",
            axes="top left",
            title="result",
            number_format="0.0",
            look="diverging",
            pattern="SUMPRODUCT(kernel, WINDOW(image, high, top, wide, left))",
        ),
        Formula(
            name="product_pixel",
            axes="top left",
            title="the same by the matrix",
            number_format="0.0",
            look="diverging",
            pattern=f"INDEX(product, (top_number-1)*{sizes['left']}+left_number, 1)",
        ),
    )


def _by_matrix(sizes: Mapping[str, int]) -> tuple[Given | Formula, ...]:
    """The image in one row, and the kernel's weights tied in a matrix."""
    return (
        axis_numbers("pixel_number", "entry", "pixel", across="entry"),
        *_row_and_column("pixel", "pixel_number", sizes["wide"], "in row", axes="entry", across="entry"),
        Formula(
            name="flat",
            axes="entry",
            across="entry",
            title="the image in one row",
            number_format="0.0",
            pattern="INDEX(image, pixel_row, pixel_column)",
        ),
        axis_numbers("result_number", "cell", "place", width=15),
        *_row_and_column("place", "result_number", sizes["left"], "begins in row", axes="cell"),
        Formula(
            name="tied_matrix",
            axes="cell entry",
            title="the tied weights: each row is a place of the result, each column a pixel",
            number_format='0.0;-0.0;"·"',
            look="diverging",
            pattern="""SUMPRODUCT(kernel*(kernel_row=pixel_row-place_row+1)
                       *(kernel_column=pixel_column-place_column+1))""",
        ),
        Formula(
            name="product",
            axes="cell",
            title="product",
            number_format="0.0",
            role="result",
            pattern="SUMPRODUCT(tied_matrix, flat)",
        ),
    )


def _row_and_column(
    of: str, number: str, width: int, title: str, *, axes: str, across: str = ""
) -> tuple[Formula, Formula]:
    """In which row and column, of so many columns, the cell of a number stands."""
    row, column = (
        Formula(name=f"{of}_{where}", axes=axes, across=across, title=heading, number_format="0", pattern=pattern)
        for where, heading, pattern in (
            ("row", title, f"INT(({number}-1)/{width})+1"),
            ("column", "and column", f"MOD({number}-1, {width})+1"),
        )
    )
    return row, column
