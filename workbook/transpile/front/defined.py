"""What formulas may name: sheets, defined names, tables; and what a name refers to, as a formula has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbook.errors import FormulaError
from workbook.formula.parser import parse
from workbook.formula.rectangle import rectangle
from workbook.xlsx.read import Book, Cell, SheetCells, Table


@dataclass(frozen=True, slots=True)
class Names:
    """What formulas may name: sheets by title in lower case, defined names, tables, how far each sheet is filled.

    Attributes:
        hidden: the rows of each sheet that are not shown.
        filtered: those of them that a filter leaves out.
    """

    titles: Mapping[str, str]
    defined: Mapping[str, str]
    tables: Mapping[str, Table]
    used: Mapping[str, tuple[int, int]]
    spills: Mapping[tuple[str, int, int], str]
    cells: Mapping[str, Mapping[tuple[int, int], Cell]]
    dynamic: Mapping[str, frozenset[tuple[int, int]]]
    hidden: Mapping[str, frozenset[int]]
    filtered: Mapping[str, frozenset[int]]

    @classmethod
    def of(cls, book: Book) -> "Names":
        """The names of a workbook."""
        used = {
            title: (
                max(sheet.cells, default=(1, 1))[0],
                max((column for _, column in sheet.cells), default=1),
            )
            for title, sheet in book.sheets.items()
        }
        spills = {
            (title, *place): cell.array
            for title, sheet in book.sheets.items()
            for place, cell in sheet.cells.items()
            if cell.array is not None
        }
        return cls(
            {title.lower(): title for title in book.sheets},
            {name.lower(): text for name, text in book.names.items()},
            book.tables,
            used,
            spills,
            {title: sheet.cells for title, sheet in book.sheets.items()},
            {title: sheet.dynamic for title, sheet in book.sheets.items()},
            {title: sheet.hidden for title, sheet in book.sheets.items()},
            {title: _filtered(sheet, book.tables) for title, sheet in book.sheets.items()},
        )


def _filtered(sheet: SheetCells, tables: Mapping[str, Table]) -> frozenset[int]:
    """The rows of a sheet that are hidden where a filter is in use."""
    if not sheet.hidden:
        return frozenset()
    of_tables = [table.area for table in tables.values() if table.sheet == sheet.title and table.is_filtered]
    rows = [rectangle(area)[::2] for area in (*sheet.filtered, *of_tables)]
    return frozenset(row for row in sheet.hidden if any(top < row <= bottom for top, bottom in rows))


def as_operand(text: str) -> str:
    """What a name refers to, as it would stand in a formula: several areas in brackets."""
    plain = text.removeprefix("=")
    try:
        parse(plain)
    except FormulaError:
        return f"({plain})"
    return plain


def unescaped(column: str) -> str:
    """The heading of a table's column without the signs that a formula sets before others."""
    return re.sub(r"'(.)", r"\1", column)


def is_lambda(text: str) -> bool:
    """Whether a name refers to a function."""
    return bool(re.match(r"=?(_xlfn\.)?LAMBDA\(", text, re.IGNORECASE))


def python_name(name: str) -> str:
    """A variable's name as Python spells it."""
    slug = re.sub(r"\W", "_", name.lower(), flags=re.ASCII).strip("_") or "value"
    return f"_{slug}" if slug[0].isdigit() else slug
