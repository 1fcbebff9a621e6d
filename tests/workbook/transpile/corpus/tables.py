"""The case tables as workbooks: sheet "data" with the inputs, sheet "cases" with one case after the other."""

from corpus import cases
from corpus.book import Array, Book
from corpus.cases import Case, Shown


def book(table: str, *, named: bool = False) -> tuple[Book, dict[str, Case], dict[str, Shown]]:
    """The workbook of a table, the case that each cell comes from, and the values that are known beforehand.

    Args:
        table: its name.
        named: leave the inputs' names in the formulas, and define them.
    """
    made = Book(names=dict(cases.NAMES) if named else {})
    data_page(made)
    page = made.page("cases").put("A1", ("function", "formula", "result"))
    origin: dict[str, Case] = {}
    known: dict[str, Shown] = {}
    row = 2
    for case in cases.read(table):
        page.put(f"A{row}", (case.function, case.text))
        text = f"={case.text if named else case.formula}"
        page.cells[row, 3] = Array(text, case.rows, case.columns, case.kind == "dynamic") if case.kind else text
        for i in range(case.rows):
            for j in range(case.columns):
                cell = f"cases!{chr(67 + j)}{row + i}"
                origin[cell] = case
                if case.expected is not None:
                    known[cell] = case.expected[i][j]
        row += case.rows + (case.rows > 1)
    return made, origin, known


def data_page(made: Book) -> None:
    """Add the sheet "data"."""
    page = made.page("data")
    for column, (heading, contents) in enumerate(cases.COLUMNS.items(), start=1):
        page.cells[1, column] = heading
        page.cells |= {(2 + i, column): content for i, content in enumerate(contents) if content is not None}
