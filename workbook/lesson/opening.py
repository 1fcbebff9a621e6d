"""The first and the last sheet that every workbook has: what it is for and how to use it, and all of its code."""

from workbook.lesson.lesson import Badge, Codes, Item, Legend, Links, Sheet, Unprinted, Words

HOW = """
    Excel: click Enable Editing, then change a yellow cell; every sheet recalculates. Sheets are protected without a
    password (Review, Unprotect Sheet). LibreOffice and Google Sheets open the file as it is.

    Nothing is random when it is opened, and nothing runs: there are no macros. Edit a copy, then `gradbook verify
    COPY.xlsx` checks every formula against your own inputs.
"""


def start(heading: str, words: str, *more: Item, how: str = HOW) -> Sheet:
    """The first sheet.

    Args:
        heading: what A1 says.
        words: what the workbook is for.
        more: what stands below the rest.
        how: how to use it in Excel, LibreOffice and Google Sheets.
    """
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
            Words("How to use it", how),
            *more,
        ),
        one_page=True,
    )


def code() -> Sheet:
    """The last sheet."""
    return Sheet(
        name="code",
        title="Code",
        summary="the NumPy and PyTorch of every sheet, in one place",
        words="""
            Beside each sheet, and here, the shortest first: the two programs that every number was checked against.
            One is NumPy, with gradients derived by hand; the other is PyTorch, with its own modules, optimizers and
            automatic gradients. Neither reads the sheet's formulas.

            What is printed is what ran. Only checks of the input and notes for other programs are left out.
        """,
        layout=(Unprinted(), Codes()),
    )
