"""New digits: the new task, three digits that the network has never seen, few pictures of each."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.network import CELL
from workbook.lessons.fine_tuning.pretrained import PICTURE, SQUARE, pixels


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """The pictures of all sheets that follow."""
    # Where the gallery is wider than a row of pixels, the numbers begin right of it all the same.
    wider = ". " * max(sizes["shot"] * sizes["wide"] - sizes["pixel"], 0)
    names = tuple(f"class {klass}: {digit}" for klass, digit in enumerate(("a 7", "an 8", "a 9"), 1))
    return Sheet(
        name="new_digits",
        title="New digits",
        summary="the new task: three digits that the network has never seen, few pictures of each",
        words=f"""
            The new task: tell 7, 8 and 9 apart, from {sizes["shot"]} picture{"s" * (sizes["shot"] > 1)} of each. What is learned will be
            measured on other pictures. All are prepared like the old ones, {sizes["high"]} by {sizes["wide"]} pixels; otherwise the body
            would see something that it does not know.
        """,
        tries="Paint on one, by typing 1 for ink or 0 for paper into its cells: its row below changes too.",
        blocks=(
            Given(
                name="picture",
                axes="label high shot wide",
                across="shot wide",
                unit=0.5,
                rows=tuple(name if k == sizes["high"] // 2 else "" for name in names for k in range(sizes["high"])),
                **PICTURE,
            ),
            Formula(name="images", title="pictures", number_format="0", pattern="COUNT(target)"),
            axis_numbers("image_number", "image", "picture"),
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
            axis_numbers("klass_number", "klass", "class", across="klass", width=4),
            axis_numbers("klass_digit", "klass", "digit", across="klass", width=4),
            axis_numbers("pixel_number", "pixel", across="pixel", width=7),
            Formula(
                name="pixel",
                axes="image pixel",
                title="the same pixels as numbers",
                look="sequential",
                pattern=pixels("image_number", sizes["shot"], sizes["wide"]),
                **CELL,
            ),
            Formula(
                name="shade",
                axes="image pixel",
                title="its pixels",
                number_format=";;;",
                look="ink",
                width=SQUARE,
                pattern="pixel",
            ),
        ),
        layout=(
            Fields("images"),
            Grid(". | picture", tight=True),
            Unprinted(),
            Words(
                f"As the network takes them: each picture is one row of {sizes['pixel']} pixels",
                """
                The rows of a picture are put one behind the other. The right class stands before them; to the right stand the same pixels as numbers.
                """,
            ),
            Grid(
                f"""
                .            .      .     {wider} | .            | .           | pixel_number
                image_number target shade {wider} | klass_number | klass_digit | pixel
                """,
                tight=True,
            ),
        ),
        experts="The lesson's data.c is 3. The pictures are drawn by the seed; classes count from 0 in torch.",
        derive=(Derive("fine_tuning.flattened"), Derive("fine_tuning.counted", shown=False)),
    )
