"""Convolution: a matrix product with tied weights."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words
from workbook.lessons.affine.digit import meaning


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """A kernel slid over an image, and the sparse matrix that does the same."""
    wide, left = sizes["wide"], sizes["left"]
    kernel = [(i, j) for i in range(sizes["down"]) for j in range(sizes["along"])]
    window = "+".join(
        f"INDEX(kernel, {i + 1}, {j + 1})*INDEX(image, top_number+{i}, left_number+{j})" for i, j in kernel
    )
    down = f"INT((pixel_number-1)/{wide})-INT((result_number-1)/{left})"
    along = f"MOD(pixel_number-1, {wide})-MOD(result_number-1, {left})"
    inside = f"AND({down}>=0, {down}<{sizes['down']}, {along}>=0, {along}<{sizes['along']})"
    return Sheet(
        name="convolution",
        title="Convolution",
        summary="a kernel over an image is a matrix product: a sparse matrix whose weights are tied",
        words="""
            A convolution slides a small kernel over an image and takes the sum of products at each place. That is a matrix product too: write the image as
            one long row, and give each place of the result a row of weights, the kernel's where it lies and 0 elsewhere. These weights are tied: every row
            holds the same nine numbers. Change the kernel, and all of its copies follow.
        """,
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
                name="largest_difference",
                title="difference",
                number_format="0.0",
                role="check",
                scale="pixel",
                pattern="SQRT(SUMPRODUCT(MAX((pixel-product_pixel)^2)))",
                words="the largest between both ways: nothing but rounding",
            ),
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
            *meaning("kernel"),
            Given(name="top_number", axes="top", number_format="0", fixed=True),
            Given(name="left_number", axes="left", across="left", number_format="0", fixed=True),
            Formula(
                name="pixel",
                axes="top left",
                title="result",
                number_format="0.0",
                look="diverging",
                pattern=window,
            ),
            Formula(
                name="product_pixel",
                axes="top left",
                title="the same by the matrix",
                number_format="0.0",
                look="diverging",
                pattern=f"INDEX(product, (top_number-1)*{left}+left_number, 1)",
            ),
            Given(
                name="pixel_number", axes="entry", across="entry", title="pixel", number_format="0", fixed=True, width=5
            ),
            Formula(
                name="flat",
                axes="entry",
                across="entry",
                title="the image in one row",
                number_format="0.0",
                pattern=f"INDEX(image, INT((pixel_number-1)/{wide})+1, MOD(pixel_number-1, {wide})+1)",
            ),
            Given(name="result_number", axes="cell", title="place", number_format="0", fixed=True, width=15),
            Formula(
                name="tied_matrix",
                axes="cell entry",
                title="the tied weights: each row is a place of the result, each column a pixel",
                number_format='0.0;-0.0;"·"',
                look="diverging",
                pattern=f"IF({inside}, INDEX(kernel, {down}+1, {along}+1), 0)",
            ),
            Formula(
                name="product",
                axes="cell",
                title="product",
                number_format="0.0",
                role="result",
                pattern="SUMPRODUCT(tied_matrix, flat)",
            ),
        ),
        layout=(
            Fields("finds"),
            Grid(
                """
                . .     . .      . .          left_number . =left_number
                . image × kernel = top_number pixel       = product_pixel
                """,
                tight=True,
            ),
            Fields("rightwards downwards weights_stored weights_in_matrix zeros largest_difference"),
            Words("The same as a matrix product: the image in one row, the weights in a matrix"),
            Grid(
                """
                .             .         . pixel_number
                .             .         . flat
                result_number product   = tied_matrix
                """,
                tight=True,
            ),
        ),
        column_width=4.6,
        derive=(
            Derive("layers.convolution"),
            Derive("layers.found", shown=False),
            Derive("layers.tied"),
            Derive("layers.convolution_difference", shown=False),
        ),
    )
