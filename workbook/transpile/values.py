"""Values for formulas that were saved without them: what a recalculation by another program gives."""

from dataclasses import replace
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.read import Book, Cell, SheetCells
from workbook.recalc import Results


def with_values(book: Book, path: Path) -> Book:
    """The book, with values for its formulas where the file has none, or zeros alone, as some libraries save them.

    They tell what kinds of values a formula gives, and where OFFSET leads. What can't be recalculated stays as it was.
    """
    saved = [cell.value for sheet in book.sheets.values() for cell in sheet.cells.values() if cell.formula is not None]
    if not saved or (None not in saved and any(value != 0.0 for value in saved)):
        return book
    from workbook.recalc.ironcalc import IronCalc

    try:
        with IronCalc().open(path) as session:
            found = session.values()
    except WorkbookError:
        return book
    return replace(book, sheets={title: _filled(sheet, found) for title, sheet in book.sheets.items()})


def _filled(sheet: SheetCells, found: Results) -> SheetCells:
    values = found.get(sheet.title, {})
    cells = {
        place: replace(cell, value=values.get(place, cell.value)) if cell.formula is not None else cell
        for place, cell in sheet.cells.items()
    }
    # The rest of an array formula's cells, which a file without values leaves out.
    cells |= {place: Cell(value) for place, value in values.items() if place not in cells}
    return replace(sheet, cells=cells)
