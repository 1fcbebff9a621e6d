"""The mini-batch as flat vectors, and one of its images as a picture."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Beside, Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words

SIDE = 28


def batch(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The images that every sheet computes with: a row an image, a column a pixel."""
    side = sizes["column"]
    middle = sizes["row"] // 2 + 1
    edge = " They begin with many zeros: the upper edge of every picture is empty." if side == SIDE else ""
    return Sheet(
        name="batch",
        title="Mini-batch",
        summary=f"{sizes['image']} images as flat vectors of {sizes['pixel']} numbers from 0 to 1",
        words=f"""
            An image is {side} rows of {side} pixels; a layer takes it as one vector of {sizes["pixel"]}, row by row. Here are {sizes["image"]} such vectors, one in each row: a
            mini-batch, the first of the recorded training. 0 is paper, 1 is ink. The coloured strip is a slice through the middle of each image, so that you
            see that there is something; right of it stand all {sizes["pixel"]} numbers.{edge}
        """,
        blocks=(
            *(
                axis_numbers(name, "pixel", title, across="pixel", width=5)
                for name, title in (("pixel_number", "pixel"), ("pixel_row", "in row"), ("pixel_column", "and column"))
            ),
            axis_numbers("image_number", "image", "image"),
            Formula(
                name="middle",
                axes="image column",
                title=f"row {middle}",
                number_format=";;;",
                width=1.4,
                look="ink",
                pattern=f"INDEX(x, 1, {(middle - 1) * side}+image.column_number)",
                note=f"Pixels {(middle - 1) * side + 1} to {middle * side}. Select a cell to see its number.",
            ),
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
            Grid(
                """
                .            .     | .      | pixel_number
                .            .     | .      | pixel_row
                .            .     | .      | pixel_column
                image_number label | middle | x
                """,
                tight=True,
            ),
        ),
        keep_labels=True,
        derive=(Derive("mnist.middle", shown=False),),
    )


def image(sizes: Mapping[str, int]) -> Sheet:
    """One image of the mini-batch, its vector laid out as 28 rows of 28."""
    side = sizes["column"]
    return Sheet(
        name="image",
        title="Image",
        summary=f"one digit as a picture of {side} × {side}, made by formula from its flat vector of {sizes['pixel']}",
        words=f"""
            A network takes an image as one long row of {sizes["pixel"]} numbers. Cut that row into {side} pieces of {side}, put them below each other, and it
            is a picture again.
        """,
        tries=f"Choose another image, or a row and a column: the place of that pixel in the long row is (row − 1) × {side} + column.",
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
            *_place(side),
            axis_numbers("row_number", "row"),
            axis_numbers("column_number", "column", across="column"),
            Formula(
                name="picture",
                axes="row column",
                title="its grey values: 0 is paper, 255 is ink",
                number_format='0;-0;""',
                look="sequential",
                width=3,
                height=13.0,
                pattern=f"INDEX(chosen, 1, (row_number-1)*{side}+column_number)",
            ),
            Formula(
                name="small_picture",
                axes="row column",
                title="the picture",
                number_format=";;;",
                look="ink",
                width=1.2,
                height=13.0,
                pattern="picture",
            ),
            axis_numbers("vector_number", "pixel", "place", across="pixel", width=3),
            Formula(
                name="chosen",
                axes="pixel",
                across="pixel",
                title="the long row: grey values",
                number_format="0",
                look="sequential",
                pattern="255*INDEX(batch.x, number, 1)",
            ),
        ),
        layout=(
            Beside(
                (
                    (Fields("number chosen_label"), Fields("at_row at_column at_pixel at_value")),
                    (Grid("small_picture"),),
                    (
                        Grid(
                            """
                            .          column_number
                            row_number picture
                            """,
                            tight=True,
                        ),
                    ),
                )
            ),
            Unprinted(),
            Words(f"The long row that it is made from: {sizes['pixel']} numbers"),
            Grid(
                f"""
                {". " * (side + 8)} vector_number
                {". " * (side + 8)} chosen
                """,
                tight=True,
            ),
        ),
        one_page=True,
        derive=(Derive("mnist.view", inputs={"x": "batch.x", "label": "batch.label"}),),
    )


def _place(side: int) -> tuple[Given | Formula, ...]:
    """A pixel's row and column, its place in the vector, and its grey value."""
    return (
        *(
            Given(
                name=f"at_{way}",
                title=way,
                value=min(15.0, side),
                low=1,
                high=side,
                whole=True,
                number_format="0",
                words=f"1 to {side}",
            )
            for way in ("row", "column")
        ),
        Formula(
            name="at_pixel",
            title="its place in the long row",
            number_format="0",
            pattern=f"(at_row-1)*{side}+at_column",
        ),
        Formula(
            name="at_value",
            title="grey value there",
            number_format="0",
            pattern="INDEX(chosen, 1, at_pixel)",
        ),
    )
