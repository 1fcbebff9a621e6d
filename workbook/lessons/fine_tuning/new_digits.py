"""New digits: the new task, three digits that the network has never seen, few pictures of each."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.network import CELL
from workbook.lessons.fine_tuning.pretrained import PICTURE, pixels


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """The pictures of all sheets that follow."""
    beside = ". " * (sizes["shot"] * sizes["wide"] + 4)  # the narrow columns of the gallery
    return Sheet(
        name="new_digits",
        title="New digits",
        summary="the new task: three digits that the network has never seen, few pictures of each",
        words=f"""
            The new task: tell 7, 8 and 9 apart, from {sizes["shot"]} pictures of each. Class 1 is a 7, class 2 an 8, class 3 a 9; each class has a row of pictures. What is learned will be measured
            on other pictures. They are prepared like the old ones, 7 by 7 pixels; otherwise the body would see something that it does not know.
        """,
        blocks=(
            Given(name="picture", axes="label high shot wide", across="shot wide", unit=0.5, **PICTURE),
            Formula(name="images", title="pictures", number_format="0", pattern="COUNT(target)"),
            Given(name="image_number", axes="image", title="picture", number_format="0", fixed=True),
            Given(
                name="target",
                axes="image",
                title="right class",
                number_format="0",
                low=1,
                high=3,
                whole=True,
                note="Classes count from 1 on these sheets, from 0 in torch.",
            ),
            Given(name="klass_number", axes="klass", across="klass", title="class", number_format="0", fixed=True),
            Given(name="klass_digit", axes="klass", across="klass", title="digit", number_format="0", fixed=True),
            Given(name="pixel_number", axes="pixel", across="pixel", number_format="0", width=7, fixed=True),
            Formula(
                name="pixel",
                axes="image pixel",
                title="the pictures as rows of 49 pixels",
                look="sequential",
                pattern=pixels("image_number", sizes["shot"], sizes["wide"]),
                **CELL,
            ),
        ),
        layout=(
            Fields("images"),
            Grid(". . | picture", tight=True),
            Unprinted(),
            Words("As the network takes them, a row of 49 numbers for each, and the right class: to the right"),
            Grid(
                f"""
                {beside} .            .      . klass_number
                {beside} .            .      . klass_digit

                {beside} .            .      . pixel_number
                {beside} image_number target | pixel
                """,
                tight=True,
            ),
        ),
        experts="The lesson's data.c is 3. The pictures are drawn by the seed; classes count from 0 in torch.",
        derive=(Derive("fine_tuning.flattened"), Derive("fine_tuning.counted", shown=False)),
    )
