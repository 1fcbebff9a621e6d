"""The heights of rows of which a file says none: a program that opens it makes room for what stands in them."""

from math import cos, radians, sin

from workbook.formula.address import cell_address
from workbook.plan.letters import Face, lines, width
from workbook.xlsx.looks import Looks, SheetLooks, Style
from workbook.xlsx.read import SheetCells

LINE_OF_SIZE = 15 / 11
"""A row of Calibri 11 has 15 points in Excel, and one of another size as many more or less."""
_DIGIT = 5.25
"""Points, of a digit of Calibri 11."""
_STACKED = 255
_MOST_SIGNS = 4_000
"""What is beyond stands below the highest row."""
_HIGHEST = 409.0
"""Points. Source: Excel specifications and limits."""


def grown_rows(cells: SheetCells, looks: SheetLooks, book: Looks, column: float) -> dict[int, float]:
    """Row → its height in points, of the rows that the file says no height of and that need more than the usual one.

    Args:
        cells: what the sheet holds; merged cells make no row higher.
        looks: its widths, heights and the numbers of its styles.
        book: what these numbers stand for.
        column: the usual width of a column, in digits.
    """
    usual = looks.row_height or LINE_OF_SIZE * 11
    merged = {part.partition(":")[0] for part in cells.merged}
    known: dict[tuple[str, float, int], float] = {}
    found: dict[int, float] = {}
    for at, number in looks.styles.items():
        row, place = at
        if row in looks.heights or (cell := cells.cells.get(at)) is None or cell.value is None:
            continue
        style = book.style(number)
        text = cell.value if (style.wrap or style.rotation) and isinstance(cell.value, str) else ""
        room = looks.widths.get(place, column)
        key = (text, room, number)
        if key not in known:
            known[key] = _height(text, room, style)
        if known[key] > found.get(row, usual) and not (merged and cell_address(*at) in merged):
            found[row] = known[key]
    return found


def _height(text: str, room: float, style: Style) -> float:
    face = Face(style.size, style.bold)
    if style.rotation:
        return _turned(text[:_MOST_SIGNS], style, face)
    # A cell's padding takes some of its width.
    inner = room - 0.5 - 1.3 * style.indent
    count = sum(len(lines(part, inner, face)) for part in text[:_MOST_SIGNS].split("\n")) if inner > 1 else 1
    return min(_HIGHEST, round(max(count, 1) * style.size * LINE_OF_SIZE, 2))


def _turned(text: str, style: Style, face: Face) -> float:
    """The height of signs that run upwards, downwards or below each other."""
    line = style.size * LINE_OF_SIZE
    if style.rotation == _STACKED:
        return min(_HIGHEST, round(max(len(text), 1) * line, 2))
    angle = radians(style.rotation if style.rotation <= 90 else style.rotation - 90)
    longest = max((width(part, face) for part in text.split("\n")), default=0.0) * _DIGIT
    return min(_HIGHEST, round(longest * sin(angle) + line * cos(angle) + 2, 2) if text else line)
