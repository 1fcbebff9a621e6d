"""The mini-batch as flat vectors, and one of its images as a picture."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words

SIDE = 28


def batch(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The images that every sheet computes with: a row an image, a column a pixel."""
    return Sheet(
        name="batch",
        title="Mini-batch",
        summary=f"{sizes['image']} images as flat vectors of 784 numbers from 0 to 1",
        words=f"""
            An image is 28 rows of 28 pixels; a layer takes it as one vector of 784, row by row. Here is a mini-batch of {sizes["image"]} such vectors,
            one in each row: the first mini-batch of the recorded training. The files hold whole numbers from 0 (paper) to 255 (ink). Divided by 255
            they are the inputs of both models. Above each column stand its pixel's number, row and column.

            {facts["source"]}
        """,
        blocks=(
            *(
                Given(name=name, axes="pixel", across="pixel", title=title, number_format="0", fixed=True, width=5)
                for name, title in (("pixel_number", "pixel"), ("pixel_row", "its row"), ("pixel_column", "its column"))
            ),
            Given(name="image_number", axes="image", title="image", number_format="0", fixed=True),
            Given(name="label", axes="image", title="digit", number_format="0", low=0, high=9, whole=True),
            Given(
                name="x",
                axes="image pixel",
                title="inputs = grey value / 255",
                number_format='0.00;-0.00;"·"',
                low=0,
                high=1,
                look="sequential",
                unit=0.1,
            ),
        ),
        layout=(
            Unprinted(),
            Grid("""
                .            .     | pixel_number
                .            .     | pixel_row
                .            .     | pixel_column
                image_number label | x
            """),
        ),
        keep_labels=True,
    )


def image(sizes: Mapping[str, int]) -> Sheet:
    """One image of the mini-batch, its vector laid out as 28 rows of 28."""
    side = sizes["column"]
    return Sheet(
        name="image",
        title="Image",
        summary="one digit as a picture of 28 × 28, made by formula from its flat vector of 784",
        words="""
            Choose an image: its row of Mini-batch is one vector of 784 numbers, and the vector becomes a picture, 28 numbers a line. Pixel (row, column)
            stands at place (row − 1) × 28 + column of the vector. Nothing is lost on the way and nothing is gained: a network that sees the vector sees
            the picture, but for who is whose neighbour.
        """,
        blocks=(
            Given(
                name="number",
                title="image",
                value=1.0,
                low=1,
                high=sizes["image"],
                whole=True,
                probe=2.0,
                number_format="0",
                words=f"1 to {sizes['image']}",
            ),
            Formula(
                name="chosen_label",
                title="digit that it shows",
                number_format="0",
                role="result",
                pattern="INDEX(batch.label, number, 1)",
            ),
            Given(
                name="at_row",
                title="row",
                value=min(15.0, side),
                low=1,
                high=side,
                whole=True,
                number_format="0",
                words=f"1 to {side}",
            ),
            Given(
                name="at_column",
                title="column",
                value=min(15.0, side),
                low=1,
                high=side,
                whole=True,
                number_format="0",
                words=f"1 to {side}",
            ),
            Formula(
                name="at_pixel",
                title="its place in the vector",
                number_format="0",
                pattern=f"(at_row-1)*{side}+at_column",
                words="(row − 1) × 28 + column",
            ),
            Formula(
                name="at_value",
                title="grey value there",
                number_format="0",
                pattern="INDEX(chosen, 1, at_pixel)",
                words="looked up in the vector; the picture has the same",
            ),
            Given(name="row_number", axes="row", number_format="0", fixed=True),
            Given(name="column_number", axes="column", across="column", number_format="0", fixed=True),
            Formula(
                name="picture",
                axes="row column",
                number_format='0;-0;""',
                look="sequential",
                width=3,
                height=19.5,
                pattern=f"INDEX(chosen, 1, (row_number-1)*{side}+column_number)",
            ),
            Given(
                name="vector_number",
                axes="pixel",
                across="pixel",
                title="place",
                number_format="0",
                fixed=True,
                width=3,
            ),
            Formula(
                name="chosen",
                axes="pixel",
                across="pixel",
                title="the vector × 255: grey values",
                number_format="0",
                look="sequential",
                pattern="255*INDEX(batch.x, number, 1)",
            ),
        ),
        layout=(
            Fields("number chosen_label at_row at_column at_pixel at_value"),
            Words("The picture"),
            Grid("""
                . . .          column_number
                . . row_number picture
            """),
            Unprinted(),
            Words("The vector that it is made from: one row of 784"),
            Grid("""
                . . . vector_number
                . . . chosen
            """),
        ),
        one_page=True,
        derive=(Derive("mnist.view", inputs={"x": "batch.x", "label": "batch.label"}),),
    )
