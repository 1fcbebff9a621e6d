"""The first and the last sheets that every workbook has: what it is for and how to use it, its words, its code."""

from workbook.lesson import glossary
from workbook.lesson.lesson import Badge, Codes, Item, Legend, Links, Listing, Sheet, Terms, Unprinted, Words

HOW = """
    Excel: click Enable Editing, then change a yellow cell; every sheet recalculates. Sheets are protected without a
    password (Review, Unprotect Sheet). LibreOffice and Google Sheets open the file as it is.

    Nothing is random when it is opened, and nothing runs: there are no macros. Edit a copy, then `gradbook verify
    COPY.xlsx` checks every formula against your own inputs.
"""


BEGIN = """
    Open the next sheet. Change one yellow cell, and watch what follows from it. Then read on from left to right: each
    sheet says at its top what to look at. New technical words stand in its first row, each a link to the Glossary.
"""

PATH = (
    ("affine.xlsx", "what a layer computes: products, sums, and a bend between them"),
    ("cross_entropy.xlsx", "how wrong a prediction is, as one number"),
    ("optimizers.xlsx", "how gradients become better parameters, step by step"),
    ("schedules.xlsx", "how long a step should be, and when"),
    ("collab_filter.xlsx", "films and people as learned numbers; fit on real ratings"),
    ("mnist_from_scratch.xlsx", "a whole network, forward and backward, on handwritten digits"),
    ("fine_tuning.xlsx", "what a network has learned, used for a new task"),
    ("attention.xlsx", "how a word finds what it needs in the words before it"),
)
"""The workbooks in the order in which they build on each other, each with its idea."""


COLOURS = (
    ("orange and blue", "numbers above 0 and below it; the deepest is the largest of its quantity"),
    ("violet", "sizes, from the least of a quantity to its largest"),
)
"""What the colours of numbers say, the same on all sheets."""


def start(
    heading: str,
    words: str,
    *more: Item,
    lesson: str = "",
    how: str = HOW,
    begin: str = BEGIN,
    first: tuple[Item, ...] = (),
) -> Sheet:
    """The first sheet.

    Args:
        heading: what A1 says.
        words: what the workbook is for.
        more: what stands below the rest.
        lesson: the lesson's name, which is marked on the path through the workbooks; no path where it is not on it.
        how: how to use it in Excel, LibreOffice and Google Sheets.
        begin: what to do first.
        first: what stands before all else.
    """
    here = f"{lesson}.xlsx"
    path = (Words("The path through the workbooks"), Listing(PATH, here)) if here in dict(PATH) else ()
    return Sheet(
        name="start",
        title="Start",
        heading=heading,
        words=words,
        layout=(
            *first,
            Words("Begin here", begin),
            Words("The sheets, in order"),
            Links(),
            *path,
            Words("What the cells look like"),
            Legend(),
            Listing(COLOURS),
            Words("How to use it", how),
            *more,
            Words("What was checked"),
            Badge(),
        ),
        one_page=True,
    )


def terms() -> Sheet:
    """The last sheet but one."""
    return Sheet(
        name=glossary.NAME,
        title=glossary.TITLE,
        summary="the technical words of this workbook, and where each appears first",
        words="The technical words of this workbook, each with a link to the sheet on which it first appears.",
        layout=(Terms(),),
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

            What is printed is what ran. Only checks of the input, reports of progress, what makes a computer repeat a
            run to the last digit, and notes for other programs are left out.
        """,
        layout=(Unprinted(), Codes()),
    )
