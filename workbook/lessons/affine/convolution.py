"""Convolution: a matrix product with tied weights."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


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
            A convolution slides a small kernel over an image and takes the sum of products at each place. The same is a matrix product: write the
            image as one long row, and give each place of the result a row of weights, the kernel's where it lies and 0 elsewhere. The weights are
            tied: every row holds the same few numbers.
        """,
        experts="Torch calls a convolution over pictures conv2d.",
        blocks=(
            Formula(
                name="weights_stored",
                title="weights learned",
                number_format="0",
                role="result",
                pattern="COUNT(kernel)",
                words="the kernel",
            ),
            Formula(
                name="weights_in_matrix", title="cells of the matrix", number_format="0", pattern="COUNT(tied_matrix)"
            ),
            Formula(
                name="zeros",
                title="of them always 0",
                number_format="0",
                pattern="weights_in_matrix-COUNT(product)*weights_stored",
            ),
            Formula(
                name="largest_difference",
                title="largest difference",
                number_format="0.0E+00",
                role="check",
                scale="pixel",
                pattern="SQRT(SUMPRODUCT(MAX((pixel-product_pixel)^2)))",
                words="of both routes: nothing but rounding",
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
                title="kernel: finds a left edge",
                number_format="0.0",
                low=-100,
                high=100,
                look="diverging",
            ),
            Given(name="top_number", axes="top", title="row", number_format="0", fixed=True),
            Given(name="left_number", axes="left", across="left", title="column", number_format="0", fixed=True),
            Formula(
                name="pixel",
                axes="top left",
                title="convolution",
                number_format="0.0",
                look="diverging",
                pattern=window,
            ),
            Formula(
                name="product_pixel",
                axes="top left",
                title="… by the matrix",
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
            Given(name="result_number", axes="cell", title="place", number_format="0", fixed=True),
            Formula(
                name="tied_matrix",
                axes="cell entry",
                title="the tied matrix: each row is a place of the result",
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
            Fields("weights_stored weights_in_matrix zeros largest_difference"),
            Words("The kernel over the image"),
            Grid("""
                .          .     | .      | left_number | .
                .          image | kernel | .           | .
                top_number .     | .      | pixel       | product_pixel
            """),
            Words("The same as a matrix product"),
            Grid("""
                .             .       | pixel_number
                .             .       | flat
                result_number product | tied_matrix
            """),
        ),
        derive=(
            Derive("layers.convolution"),
            Derive("layers.tied"),
            Derive("layers.convolution_difference", shown=False),
        ),
    )
