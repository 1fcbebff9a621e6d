"""The styles of cells: number formats, fonts, fills and borders, and how what a cell shows stands in it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from openpyxl.styles.numbers import BUILTIN_FORMATS

from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.looks.colours import Theme, colour
from workbook.xlsx.looks.shown import PLAIN_SIDES, Differential, Line, Style
from workbook.xlsx.relations import local_name

_T = TypeVar("_T")
_MOST_STYLES = 65_490
"""Source: Excel specifications and limits (unique cell formats)."""
_PLAIN, _LARGEST = 11.0, 409.0
"""Points: of Calibri in a new workbook, and the most that Excel takes."""
_MOST_INDENT = 250
"""Source: ECMA-376 Part 1, 18.8.1, as Excel bounds it."""
_MARKS = {"b": "bold", "i": "italic", "strike": "strike"}
_SIDES = {"top": 0, "right": 1, "end": 1, "bottom": 2, "left": 3, "start": 3}


class _StylesXml:
    """Collects number formats, fonts, fills and borders, and what of them each cell style has."""

    def __init__(self, theme: Theme) -> None:
        self.formats: dict[int, str] = {}
        self.inks: list[str] = []
        self.grounds: list[str] = []
        self.borders: list[list[Line | None]] = []
        self.styles: list[tuple[int, int, int, int]] = []
        self.marks: list[set[str]] = []
        self.sizes: list[float] = []
        self.alignments: list[Attributes] = []
        self.differential: list[Differential] = []
        self._path: list[str] = []
        self._theme = theme
        self._solid = False

    def start(self, name: str, attributes: Attributes) -> None:
        local = local_name(name)
        self._path.append(local)
        outer = self._path[1:2]
        if local == "numFmt" and outer == ["numFmts"]:
            self.formats[whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "General")
        elif local == "numFmt" and outer == ["dxfs"]:
            self._differ(number_format=attributes.get("formatCode", ""))
        elif local == "dxf" and outer == ["dxfs"]:
            self.differential.append(Differential())
        elif local == "color" and outer == ["dxfs"] and self._path[-2] == "font":
            self._differ(ink=self._colour(attributes, ""))
        elif local == "bgColor" and outer == ["dxfs"]:
            self._differ(ground=self._colour(attributes, ""))
        elif outer == ["dxfs"] and local in _MARKS:
            self._differ(**{_MARKS[local]: attributes.get("val", "1") in TRUE})
        elif outer == ["fonts"]:
            self._font(local, attributes)
        elif local == "fill" and outer == ["fills"]:
            self.grounds.append("FFFFFF")
        elif local == "patternFill":
            self._solid = attributes.get("patternType") == "solid"
        elif local == "fgColor" and outer == ["fills"] and self._solid and self.grounds:
            self.grounds[-1] = self._colour(attributes, "FFFFFF")
        elif outer == ["borders"]:
            self._border(local, attributes)
        elif local == "xf" and outer == ["cellXfs"] and len(self.styles) < _MOST_STYLES:
            number, ink, ground, box = (
                whole(attributes.get(key)) for key in ("numFmtId", "fontId", "fillId", "borderId")
            )
            self.styles.append((number, ink, ground, box))
            self.alignments.append({})
        elif local == "alignment" and outer == ["cellXfs"] and self.alignments:
            self.alignments[-1] = attributes

    def _font(self, local: str, attributes: Attributes) -> None:
        if local == "font":
            self.inks.append("000000")
            self.marks.append(set())
            self.sizes.append(_PLAIN)
        elif not self.inks:
            return
        elif local == "color":
            self.inks[-1] = self._colour(attributes, "000000")
        elif local == "sz":
            self.sizes[-1] = _size(attributes.get("val", ""))
        elif (local in ("b", "i", "strike") and attributes.get("val", "1") in TRUE) or (
            local == "u" and attributes.get("val", "single") != "none"
        ):
            self.marks[-1].add(local)

    def _border(self, local: str, attributes: Attributes) -> None:
        if local == "border":
            self.borders.append([None] * len(PLAIN_SIDES))
        elif not self.borders:
            return
        elif local in _SIDES and attributes.get("style", "none") != "none":
            self.borders[-1][_SIDES[local]] = Line(attributes["style"])
        elif local == "color" and self._path[-2] in _SIDES:
            side = _SIDES[self._path[-2]]
            line = self.borders[-1][side]
            self.borders[-1][side] = line and replace(line, colour=self._colour(attributes, line.colour))

    def _colour(self, attributes: Attributes, default: str) -> str:
        return colour(attributes, default, self._theme)

    def end(self, _: str) -> None:
        self._path.pop()

    def _differ(self, **changes: Any) -> None:
        if self.differential:
            self.differential[-1] = replace(self.differential[-1], **changes)


def styles_of(archive: Archive, theme: Theme) -> tuple[tuple[Style, ...], tuple[Differential, ...]]:
    """Every cell style, and every differential one."""
    found = _StylesXml(theme)
    if "xl/styles.xml" in archive:
        archive.parse("xl/styles.xml", make_parser(found.start, found.end))
    formats = BUILTIN_FORMATS | found.formats
    sides = [tuple(border) for border in found.borders]
    return (
        tuple(
            Style(
                formats.get(number, "General"),
                _at(found.inks, ink, "000000"),
                _at(found.grounds, ground, "FFFFFF"),
                bold="b" in (marks := _at(found.marks, ink, set())),
                italic="i" in marks,
                align=alignment.get("horizontal", ""),
                wrap=alignment.get("wrapText") in TRUE,
                size=_at(found.sizes, ink, _PLAIN),
                underline="u" in marks,
                strike="strike" in marks,
                vertical=alignment.get("vertical", ""),
                rotation=whole(alignment.get("textRotation")),
                indent=min(whole(alignment.get("indent")), _MOST_INDENT),
                sides=_at(sides, box, PLAIN_SIDES),
            )
            for (number, ink, ground, box), alignment in zip(found.styles, found.alignments, strict=True)
        ),
        tuple(found.differential),
    )


def _size(text: str) -> float:
    """The size of a font in points: Excel's usual one where the file has none that a font can have."""
    try:
        size = float(text)
    except ValueError:
        return _PLAIN
    return size if 1 <= size <= _LARGEST else _PLAIN


def _at(items: Sequence[_T], index: int, default: _T) -> _T:
    return items[index] if index < len(items) else default
