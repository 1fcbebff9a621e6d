"""How the cells of a sheet look that no plan made: the styles of its file, those of its tables, texts with runs."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from workbook.formula.rectangle import Rectangle
from workbook.page.conditions import reach_of
from workbook.page.looks import StyleTable, joined
from workbook.page.table_styles import TableLook, cells_of
from workbook.xlsx.looks import Line, Looks, Run, SheetLooks, Style
from workbook.xlsx.read import SheetCells

MOST_ROWS, MOST_COLUMNS = 100_000, 1_000
"""What a page draws of a sheet."""
_ACROSS = {
    "left": "left", "right": "right", "center": "center", "centerContinuous": "center", "justify": "left",
    "distributed": "center",
}  # fmt: skip
_VERTICAL = {"top": "top", "center": "center", "justify": "top", "distributed": "center"}
_RIGHT_ANGLE, _STACKED = 90, 255


def styled(cells: SheetCells, looks: SheetLooks, book: Looks, style_table: StyleTable) -> list[list[int]]:
    """The rectangles of cells that wear a style, corners from 0, each with the place of its style; later ones count."""

    def looked(rectangle: Rectangle, number: int) -> list[int]:
        return [*inwards(rectangle), style_table.place(number, entry(book.style(number)))]

    places = sorted(at for at in looks.styles if at[0] <= MOST_ROWS and at[1] <= MOST_COLUMNS)
    own = (looked((*at, *at), looks.styles[at]) for at in places)
    tables = joined(_beside(_of_tables(looks, book, style_table)))
    return [*(looked(*band) for band in _bands(cells, looks)), *joined(_beside(own)), *tables]


def _of_tables(looks: SheetLooks, book: Looks, style_table: StyleTable) -> Iterator[list[int]]:
    """The cells of tables, each with the place of a style that has both looks: what the cell says of itself counts."""
    for table in looks.tables:
        hidden = [row for row in range(table.area[0], table.area[2] + 1) if looks.heights.get(row) == 0.0]
        of_cells = cells_of(table, book.theme, book.table_styles, frozenset(hidden).__contains__)
        for row, column, look in of_cells:
            if row > MOST_ROWS or column > MOST_COLUMNS:
                continue
            number = looks.styles.get((row, column), looks.row_styles.get(row, looks.column_styles.get(column, 0)))
            place = style_table.place((number, look), _in_table(book.style(number), look), number)
            yield [row - 1, column - 1, row - 1, column - 1, place]


def headings(looks: SheetLooks) -> list[list[int]]:
    """The rectangles of the headings of tables: formulas name columns by them, and so does the table itself."""
    return [
        inwards((top, left, top + table.heads - 1, right))
        for table in looks.tables
        for top, left, _, right in [table.area]
        if table.heads
    ]


def _in_table(style: Style, look: TableLook) -> dict[str, Any]:
    """What a cell of a table looks like."""
    own = entry(style)
    sides = [mine or _side(line) for mine, line in zip(own.get("sides") or [None] * 4, look.sides, strict=True)]
    found = {
        "fill": own.get("fill") or hexadecimal(look.fill),
        "ink": own.get("ink") or hexadecimal(look.ink),
        "bold": own.get("bold") or look.bold,
        "sides": sides if any(sides) else [],
    }
    return own | {key: value for key, value in found.items() if value}


def rich(cells: SheetCells, looks: SheetLooks) -> list[list[Any]]:
    """The texts of a sheet whose parts look different: row and column from 0, and the runs."""
    return [
        [row - 1, column - 1, [_run(run) for run in runs]]
        for (row, column), runs in sorted(looks.rich.items())
        if row <= MOST_ROWS
        and column <= MOST_COLUMNS
        and (cell := cells.cells.get((row, column))) is not None
        and cell.value == "".join(run.text for run in runs)
    ]


def _run(run: Run) -> dict[str, Any]:
    """A run: its text alone where it looks as its cell does."""
    if not run.is_own:
        return {"text": run.text}
    found = {
        "bold": run.bold,
        "italic": run.italic,
        "underline": run.underline,
        "strike": run.strike,
        "ink": hexadecimal(run.ink),
        "size": run.size,
        "raised": run.raised,
        "family": run.family,
    }
    return {"text": run.text, "own": True, **{key: value for key, value in found.items() if value}}


def _bands(cells: SheetCells, looks: SheetLooks) -> Iterator[tuple[Rectangle, int]]:
    """The styles that whole columns and rows have, as far as the sheet is filled."""
    if not looks.column_styles and not looks.row_styles:
        return
    rows, columns = reach_of(cells, looks)
    last_row, last_column = min(rows, MOST_ROWS), min(columns, MOST_COLUMNS)
    for column, number in looks.column_styles.items():
        if column <= last_column:
            yield (1, column, last_row, column), number
    for row, number in looks.row_styles.items():
        if row <= last_row:
            yield (row, 1, row, last_column), number


def entry(style: Style) -> dict[str, Any]:
    """What a style looks like: only what differs from plain cells."""
    found = {
        "format": style.number_format,
        "ink": hexadecimal(style.ink) if style.ink != "000000" else "",
        "fill": hexadecimal(style.ground) if style.ground != "FFFFFF" else "",
        "bold": style.bold,
        "italic": style.italic,
        "underline": style.underline,
        "wrap": style.wrap or style.align in ("justify", "distributed") or style.vertical in ("justify", "distributed"),
        "size": style.size if style.size != 11 else 0,
        "strike": style.strike,
        "align": _ACROSS.get(style.align, ""),
        "vertical": _VERTICAL.get(style.vertical, ""),
        "upright": _upright(style.rotation),
        "slant": _slant(style.rotation),
        "spread": style.align in ("justify", "distributed"),
        "family": style.face.family,
        "raised": style.face.raised,
        "double": style.face.double,
        "shrunk": style.face.shrunk,
        "box": style.face.box,
        "indent": style.indent,
        "sides": _sides(style),
    }
    return {key: value for key, value in found.items() if value}


def _sides(style: Style) -> list[list[str] | None]:
    """Kind and colour of the lines above, after, below and before a cell; empty where it has none."""
    sides = [_side(line) for line in style.sides]
    return sides if any(sides) else []


def _side(line: Line | None) -> list[str] | None:
    return [line.kind, hexadecimal(line.colour) or "000000"] if line else None


def _slant(rotation: int) -> int:
    """By how many degrees signs run upwards, or downwards below 0, where that is neither level nor upright."""
    degrees = _RIGHT_ANGLE - rotation if rotation > _RIGHT_ANGLE else rotation
    return degrees if rotation != _STACKED and 0 < abs(degrees) < _RIGHT_ANGLE else 0


def _upright(rotation: int) -> str:
    """Which way signs run that are turned by a right angle, or stand below each other."""
    return {_RIGHT_ANGLE: "up", 2 * _RIGHT_ANGLE: "down", _STACKED: "stacked"}.get(rotation, "")


def hexadecimal(colour: str) -> str:
    """A colour, where it is one: what a file calls so becomes a part of the page's style."""
    return colour if re.fullmatch("[0-9A-F]{6}", colour) else ""


def _beside(looks: Iterable[list[int]]) -> list[list[int]]:
    """Cells of a row side by side in one style, as one rectangle."""
    out: list[list[int]] = []
    for top, left, bottom, right, style in looks:
        if out and out[-1][0] == top and out[-1][3] == left - 1 and out[-1][4] == style:
            out[-1][3] = right
        else:
            out.append([top, left, bottom, right, style])
    return out


def inwards(rectangle: Rectangle) -> list[int]:
    """The corners of a rectangle from 0, no further than a page draws."""
    top, left, bottom, right = rectangle
    return [top - 1, left - 1, min(bottom, MOST_ROWS) - 1, min(right, MOST_COLUMNS) - 1]
