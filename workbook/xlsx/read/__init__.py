"""Any .xlsx or .xlsm file as cells: values as saved, and formulas, read from the sheet XML as untrusted input."""

from pathlib import Path

from workbook.xlsx.guard import open_archive
from workbook.xlsx.read.book import Book, Cell, CellError, SheetCells, Table, Value
from workbook.xlsx.read.cells import read_sheet, shared_strings
from workbook.xlsx.read.escapes import decode_escapes
from workbook.xlsx.read.limits import Budget
from workbook.xlsx.read.links import linked_books
from workbook.xlsx.read.structure import SheetPart, calculation, read_structure, tables_of

__all__ = [
    "Book",
    "Cell",
    "CellError",
    "SheetCells",
    "SheetPart",
    "Table",
    "Value",
    "decode_escapes",
    "read_structure",
    "read_workbook",
]


def read_workbook(path: Path | str) -> Book:
    """The cells of every sheet of an .xlsx or .xlsm file, with the values as they were saved.

    Nothing is recalculated and the file is only read. Numbers are floats; dates are the numbers that Excel keeps.
    Chart sheets are listed without cells.

    Args:
        path: the file, of any origin.

    Returns:
        The book; empty cells are absent.

    Raises:
        FileError: the file cannot be a workbook, is damaged, or breaks a limit of `workbook.xlsx.guard`.
    """
    with open_archive(path) as archive:
        parts, names, strings_part = read_structure(archive)
        from_1904, iterations, delta = calculation(archive)
        budget = Budget()
        # Some programs name a part of shared strings that they leave out, where no cell needs any.
        strings = shared_strings(archive, strings_part) if strings_part and strings_part in archive else []
        sheets = {part.title: read_sheet(archive, part, strings, budget, from_1904=from_1904) for part in parts}
        tables = {table.name.lower(): table for part in parts for table in tables_of(archive, part)}
        linked, of_linked = linked_books(archive, budget)
    by_title = {sheet.title: sheet for sheet in linked}
    return Book(sheets, names | of_linked, tables, from_1904, by_title, iterations, delta)
