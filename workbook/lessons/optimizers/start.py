"""Start and Code: what the workbook is for, and all of its code in one place."""

from workbook.lesson import Badge, Codes, Legend, Links, Sheet, Unprinted, Words


def start(heading: str, words: str) -> Sheet:
    """The first sheet of a lesson on optimizers or schedules."""
    return Sheet(
        name="start",
        title="Start",
        heading=heading,
        words=words,
        layout=(
            Badge(),
            Words("The sheets, in order"),
            Links(),
            Words("What the cells look like"),
            Legend(),
            Words(
                "How to use it",
                """Excel: click Enable Editing, then change a yellow cell; every sheet recalculates. LibreOffice and Google Sheets open the file as it
                   is. There are no macros, and nothing is random when it is opened.

                   A learning rate that is too large sends the parameters away without end: then the verdict says diverged, and they are left there.""",
            ),
        ),
    )


def code() -> Sheet:
    """The last sheet."""
    return Sheet(
        name="code",
        title="Code",
        summary="the NumPy and PyTorch of every sheet, in one place",
        words="The source of the two programs that every number was checked against. Neither reads the sheet's formulas.",
        layout=(Unprinted(), Codes()),
    )
