"""Formula cells computed apart: each by a program that is not ours, from what a script has for the cells that it reads.

A program that is wrong about one cell is wrong about all that depend on it, and two programs that are wrong about
different cells agree on little. Apart, each cell is judged by its own formula alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from workbook.check.recalc.session import Engine, Results
from workbook.errors import FormulaError, WorkbookError
from workbook.formula.address import cell_address, cell_position, in_quotes
from workbook.formula.grammar import Call, Invoke, Name, Range, Structured, Unary
from workbook.formula.parser import parse
from workbook.transpile.front.regions import within
from workbook.transpile.front.tree import walk
from workbook.xlsx.files import scratch
from workbook.xlsx.read import Book, CellError, Value

_OF_A_PLACE = frozenset(
    ("AGGREGATE", "CELL", "COLUMN", "FORMULATEXT", "GETPIVOTDATA", "INDIRECT", "INFO", "ISFORMULA", "OFFSET", "ROW")
)
_OF_A_PLACE |= frozenset(("SHEET", "SHEETS", "SUBTOTAL", "TABLE"))
"""Functions that ask where a formula stands, what a cell is beside its value, or which cells to read."""
_MOST_CELLS = 500_000
_Place = tuple[str, int, int]


class _Asked(NamedTuple):
    """A formula that is computed apart, and whether it is an array formula of one cell."""

    text: str
    is_array: bool


def computed_apart(book: Book, found: Mapping[str, Any], cells: Iterable[str], engine: Engine) -> Results:
    """What a program computes for some cells, each from what a script has for the cells that it reads.

    Args:
        book: the workbook.
        found: what the script dumped: `Sheet!A1` → the value as JSON.
        cells: the cells, as `Sheet!A1`; those are left out whose formulas depend on where they stand, or on names.
        engine: the program.

    Returns:
        Sheet → row and column → value; nothing where the program can't tell.
    """
    asked: dict[_Place, _Asked] = {}
    read: set[_Place] = set()
    for cell in cells:
        title, _, address = cell.rpartition("!")
        place = cell_position(address)
        text, ranges = _placeless(book, title, place)
        if text and len(read) < _MOST_CELLS:
            asked[title, *place] = _Asked(text, book.sheets[title].cells[place].array is not None)
            areas = {(r.sheet, (*r.first, *r.last)) for r in ranges}
            read |= {(sheet, *at) for sheet, area in areas for at in within(book.sheets[sheet].cells, area)}
    if not asked:
        return {}
    values = {place: _value(book, found, place) for place in sorted(read)}
    own = next(title for k in range(len(book.sheets) + 1) if (title := f"asked {k}") not in book.sheets)
    results: dict[str, dict[tuple[int, int], Any]] = {}
    try:
        with scratch() as folder:
            _write(folder / "apart.xlsx", values, own, asked.values(), from_1904=book.from_1904)
            with engine.open(folder / "apart.xlsx") as session:
                answers = session.values([own]).get(own, {})
    except (WorkbookError, ValueError):
        return {}
    for row, (title, *at) in enumerate(asked, 1):
        if (row, 1) in answers:
            results.setdefault(title, {})[at[0], at[1]] = answers[row, 1]
    return results


def _placeless(book: Book, title: str, place: tuple[int, int]) -> tuple[str, list[Range]]:
    """A formula that means the same wherever it stands, and what it reads, sheets named; no text where it can't be."""
    cell = book.sheets[title].cells[place]
    # Of an array of several cells each has a part.
    if cell.formula is None or cell.array not in (None, cell_address(*place)):
        return "", []
    try:
        nodes = list(walk(parse(cell.formula)))
    except FormulaError:
        return "", []
    ranges = [node for node in nodes if isinstance(node, Range)]
    if any(map(_is_bound, nodes)) or any((r.sheet or title) not in book.sheets for r in ranges):
        return "", []
    text, named = cell.formula, f"{in_quotes(title)}!"
    for start in sorted((r.span[0] for r in ranges if not r.sheet), reverse=True):
        text = f"{text[:start]}{named}{text[start:]}"
    return text, [replace(r, sheet=r.sheet or title) for r in ranges]


def _is_bound(node: Any) -> bool:
    """Whether a formula with such a node depends on where it stands, or on what the workbook names."""
    match node:
        case Name() | Structured() | Invoke() | Unary("#" | "@"):
            return True
        case Call(name):
            return name in _OF_A_PLACE
    return False


def _value(book: Book, found: Mapping[str, Any], place: _Place) -> Value | None:
    """What a cell holds: what the script has, of a cell that no formula computes what the file has."""
    title, row, column = place
    cell = book.sheets[title].cells[row, column]
    value = found.get(f"{title}!{cell_address(row, column)}", cell.value)
    return CellError(value["error"]) if isinstance(value, dict) else value


def _write(
    path: Path, values: Mapping[_Place, Value | None], own: str, formulas: Iterable[_Asked], *, from_1904: bool
) -> None:
    """Write a workbook of values, and of formulas down the first column of a sheet of its own."""
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.worksheet.formula import ArrayFormula

    book = openpyxl.Workbook()
    if from_1904:
        book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].title = own
    for row, (text, is_array) in enumerate(formulas, 1):
        book[own].cell(row, 1, ArrayFormula(f"A{row}", f"={text}") if is_array else f"={text}")
    for title in dict.fromkeys(title for title, _, _ in values):
        book.create_sheet(title)
    for (title, row, column), value in values.items():
        if value is not None:
            written = book[title].cell(row, column, value.code if isinstance(value, CellError) else value)
            # A text may look like a formula, or like an error.
            written.data_type = "s" if isinstance(value, str) else written.data_type
    book.save(path)
