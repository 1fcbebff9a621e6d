"""How a table style sets its cells: Excel's own styles by their names, and those that a file brings.

Source: the built-in styles as Excel draws them (presetTableStyles.xml of ECMA-376 Part 1, annex G.3).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from workbook.formula.rectangle import Rectangle, cell_count
from workbook.xlsx.looks import Differential, Line, ShownTable, Theme, colour

_BUILT_IN = re.compile(r"TableStyle(Light|Medium|Dark)([1-9]|[12][0-9])")
_MOST_CELLS = 200_000
"""Of a table; a larger one is shown without its style."""
_INK = 1
"""The place of the theme's ink; its accents follow from the fourth on."""


@dataclass(frozen=True, slots=True)
class TableLook:
    """What a table style gives a cell that does not say it for itself: colours are empty where it gives none."""

    fill: str = ""
    ink: str = ""
    bold: bool = False
    sides: tuple[Line | None, ...] = (None, None, None, None)


class _Parts(NamedTuple):
    """The looks of a style's parts; the lines are around the table, between its rows and columns, and below it."""

    whole: TableLook = TableLook()
    head: TableLook = TableLook()
    total: TableLook = TableLook()
    band: TableLook = TableLook()
    edge: TableLook = TableLook(bold=True)
    outline: Line | None = None
    rows: Line | None = None
    columns: Line | None = None
    below: Line | None = None


def cells_of(
    table: ShownTable, theme: Theme, own: Mapping[str, Mapping[str, Differential]], hidden: Callable[[int], bool]
) -> Iterator[tuple[int, int, TableLook]]:
    """Row, column and look of each cell of a table; none where its style is not known.

    Args:
        table: the table.
        theme: the colours of the file's theme.
        own: the file's own table styles.
        hidden: whether a row is hidden: bands count the others.
    """
    top, left, bottom, right = table.area
    parts = _own(own[table.style]) if table.style in own else _built_in(table.style, theme)
    if parts is None or cell_count(table.area) > _MOST_CELLS:
        return
    shown = 0
    for row in range(top, bottom + 1):
        is_head, is_total = row < top + table.heads, row > bottom - table.totals
        odd_row = not (is_head or is_total) and shown % 2 == 0
        shown += not (is_head or is_total or hidden(row))
        for column in range(left, right + 1):
            look = parts.whole
            if not (is_head or is_total):
                is_band = ("rows" in table.bands and odd_row) or ("columns" in table.bands and (column - left) % 2 == 0)
                look = _over(look, parts.band) if is_band else look
                is_edge = ("first" in table.bands and column == left) or ("last" in table.bands and column == right)
                look = _over(look, parts.edge) if is_edge else look
            look = _over(look, parts.head) if is_head else _over(look, parts.total) if is_total else look
            yield row, column, _lined(look, parts, table.area, row, column)


def _over(under: TableLook, over: TableLook) -> TableLook:
    """A look with what another says in place of it."""
    return TableLook(
        over.fill or under.fill,
        over.ink or under.ink,
        over.bold or under.bold,
        tuple(a or b for a, b in zip(over.sides, under.sides, strict=True)),
    )


def _lined(look: TableLook, parts: _Parts, area: Rectangle, row: int, column: int) -> TableLook:
    """A look with the lines that its place in the table gives it."""
    top, left, bottom, right = area
    given = (
        parts.outline if row == top else parts.rows,
        parts.outline if column == right else parts.columns,
        (parts.outline or parts.below) if row == bottom else parts.rows,
        parts.outline if column == left else parts.columns,
    )
    return replace(look, sides=tuple(a or b for a, b in zip(look.sides, given, strict=True)))


def _own(parts: Mapping[str, Differential]) -> _Parts:
    """A style that a file brings."""

    def look(kind: str) -> TableLook:
        found = parts.get(kind)
        return TableLook(found.ground, found.ink, found.bold) if found else TableLook()

    band = look("firstRowStripe") if "firstRowStripe" in parts else look("firstColumnStripe")
    return _Parts(look("wholeTable"), look("headerRow"), look("totalRow"), band, look("firstColumn"))


def _built_in(name: str, theme: Theme) -> _Parts | None:
    match = _BUILT_IN.fullmatch(name)
    if match is None:
        return None
    number = int(match[2]) - 1
    group, accent = divmod(number, 7)

    def shade(tint: float = 0.0) -> str:
        place = _INK if accent == 0 else 3 + accent
        # Ink is made lighter as paper is made darker: to the same grey.
        if accent == 0 and tint > 0:
            return colour({"theme": "0", "tint": str({0.8: -0.15, 0.6: -0.35, 0.4: -0.5}[tint])}, "FFFFFF", theme)
        return colour({"theme": str(place), "tint": str(tint)}, "000000", theme)

    makers = {"Light": (_ruled, _headed, _gridded), "Medium": (_framed, _filled, _capped, _tinted)}
    if match[1] == "Dark":
        return _dark(group, accent, theme) if number < 11 else None
    kinds = makers[match[1]]
    return kinds[group](shade, theme) if group < len(kinds) else None


_Shade = Callable[..., str]


def _line(hex_colour: str, kind: str = "thin") -> Line:
    return Line(kind, hex_colour)


def _ruled(shade: _Shade, _: Theme) -> _Parts:
    """Light 1 to 7: lines above and below, bands of a light shade."""
    line = _line(shade())
    return _Parts(
        TableLook(ink=shade(-0.25)),
        TableLook(bold=True, sides=(line, None, line, None)),
        TableLook(bold=True, sides=(line, None, line, None)),
        TableLook(fill=shade(0.8)),
        below=line,
    )


def _headed(shade: _Shade, theme: Theme) -> _Parts:
    """Light 8 to 14: headings on the accent, lines around and above bands."""
    line = _line(shade())
    return _Parts(
        head=TableLook(fill=shade(), ink=theme[0], bold=True),
        total=TableLook(bold=True, sides=(_line(shade(), "double"), None, None, None)),
        band=TableLook(sides=(line, None, line, None)),
        outline=line,
    )


def _gridded(shade: _Shade, _: Theme) -> _Parts:
    """Light 15 to 21: lines around all cells."""
    line = _line(shade())
    return _Parts(
        head=TableLook(bold=True, sides=(None, None, _line(shade(), "medium"), None)),
        total=TableLook(bold=True, sides=(_line(shade(), "double"), None, None, None)),
        band=TableLook(fill=shade(0.8)),
        outline=line,
        rows=line,
        columns=line,
    )


def _framed(shade: _Shade, theme: Theme) -> _Parts:
    """Medium 1 to 7: headings on the accent, lines between rows, light bands."""
    line = _line(shade(0.4))
    return _Parts(
        head=TableLook(fill=shade(), ink=theme[0], bold=True),
        total=TableLook(bold=True, sides=(_line(shade(), "double"), None, None, None)),
        band=TableLook(fill=shade(0.8)),
        outline=line,
        rows=line,
    )


def _filled(shade: _Shade, theme: Theme) -> _Parts:
    """Medium 8 to 14: all cells on a shade, white lines between them, headings and outer columns on the accent."""
    white, thick = _line(theme[0]), _line(theme[0], "thick")
    strong = TableLook(fill=shade(), ink=theme[0], bold=True)
    return _Parts(
        TableLook(fill=shade(0.8)),
        replace(strong, sides=(None, None, thick, None)),
        replace(strong, sides=(thick, None, None, None)),
        TableLook(fill=shade(0.6)),
        strong,
        outline=white,
        rows=white,
        columns=white,
    )


def _capped(shade: _Shade, theme: Theme) -> _Parts:
    """Medium 15 to 21: headings on the accent between lines of ink, grey bands."""
    ink = theme[_INK]
    strong = TableLook(fill=shade(), ink=theme[0], bold=True)
    return _Parts(
        head=replace(strong, sides=(_line(ink, "medium"), None, _line(ink, "medium"), None)),
        total=TableLook(bold=True, sides=(_line(ink, "double"), None, _line(ink, "medium"), None)),
        band=TableLook(fill=colour({"theme": "0", "tint": "-0.15"}, "FFFFFF", theme)),
        edge=strong,
    )


def _tinted(shade: _Shade, theme: Theme) -> _Parts:
    """Medium 22 to 28: all cells on a shade between lines of the accent."""
    line = _line(shade(0.4))
    return _Parts(
        TableLook(fill=shade(0.8), ink=theme[_INK]),
        TableLook(bold=True),
        TableLook(bold=True, sides=(_line(shade(), "medium"), None, None, None)),
        TableLook(fill=shade(0.6)),
        outline=line,
        rows=line,
        columns=line,
    )


def _dark(group: int, accent: int, theme: Theme) -> _Parts:
    """Dark 1 to 7: white signs on the accent. Dark 8 to 11: a shade of one accent below headings on the next."""
    white = theme[0]
    if group:
        names = (_INK, 4, 6, 8)[accent], (_INK, 5, 7, 9)[accent]
        under, over = (colour({"theme": str(place)}, "000000", theme) for place in names)
        tint = ("-0.15", "-0.35") if accent == 0 else ("0.8", "0.6")
        place = "0" if accent == 0 else str(names[0])
        light, band = (colour({"theme": place, "tint": share}, under, theme) for share in tint)
        return _Parts(
            TableLook(fill=light),
            TableLook(fill=over, ink=white),
            TableLook(bold=True, sides=(_line(theme[_INK], "double"), None, None, None)),
            TableLook(fill=band),
        )
    medium = _line(white, "medium")
    # Of ink, which cannot be darker, the shades are lighter.
    tints = (0.45, 0.25, 0.15) if accent == 0 else (0.0, -0.25, -0.5)
    ground = str(_INK if accent == 0 else 3 + accent)
    plain, dark, darkest = (colour({"theme": ground, "tint": str(tint)}, "000000", theme) for tint in tints)
    return _Parts(
        TableLook(fill=plain, ink=white),
        TableLook(fill=theme[_INK], ink=white, bold=True, sides=(None, None, medium, None)),
        TableLook(fill=darkest, ink=white, bold=True, sides=(medium, None, None, None)),
        TableLook(fill=dark),
        TableLook(fill=dark, bold=True),
    )
