"""Start and Code: what the workbook is for, how to use it, and all of its code in one place."""

from collections.abc import Mapping

from workbook.lesson import Badge, Codes, Legend, Links, Sheet, Unprinted, Words


def start(facts: Mapping[str, str]) -> Sheet:
    """The first sheet."""
    return Sheet(
        name="start",
        title="Start",
        heading="Collaborative filtering: gradbook",
        words="""
            Collaborative filtering guesses how somebody would rate a film from how everybody rated everything. This workbook builds it from
            nothing: real ratings, a dot product, an embedding, gradient descent, and what a model of the whole file learned, every number in a cell.
        """,
        layout=(
            Badge(),
            Words("The sheets, in order"),
            Links(),
            Words("What the cells look like"),
            Legend(),
            Words(
                "How to use it",
                """Excel: click Enable Editing, then change a yellow cell; every sheet recalculates. Sheets but Dot product, where Solver
                   works, are protected without a password (Review, Unprotect Sheet). The switch on Dot product sets the factors of all sheets.

                   LibreOffice: open the file as it is. Its own Solver (Tools, Solver) needs the target and the cells set by hand.

                   Google Sheets: upload it to Drive and open it with Sheets. Solver needs the Solver add-on there.

                   Nothing is random when it is opened, and nothing runs: there are no macros. Edit a copy, then `gradbook verify COPY.xlsx` checks every
                   formula against your own inputs.""",
            ),
            Words("The ratings", f"{facts['source']}\n\n{facts['terms']}"),
        ),
    )


def code() -> Sheet:
    """The last sheet."""
    return Sheet(
        name="code",
        title="Code",
        summary="the NumPy and PyTorch of every sheet, in one place",
        words="""
            Beside each sheet, and here: the source of the two programs that every number was checked against. NumPy with gradients derived by hand, and
            PyTorch with its own modules, optimizers and automatic gradients. Neither reads the sheet's formulas.
        """,
        layout=(Unprinted(), Codes()),
    )
