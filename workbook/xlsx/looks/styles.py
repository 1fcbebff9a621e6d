"""The styles of cells: number formats, fonts, fills and borders, and how what a cell shows stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from openpyxl.styles.numbers import BUILTIN_FORMATS

from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.looks.colours import Theme, colour
from workbook.xlsx.looks.rich import family_of
from workbook.xlsx.looks.shown import PLAIN_SIDES, Differential, Face, Line, Style
from workbook.xlsx.looks.tables import TableStyles
from workbook.xlsx.relations import local_name

_T = TypeVar("_T")
_MOST_STYLES = 65_490
"""Source: Excel specifications and limits (unique cell formats)."""
_PLAIN, _LARGEST = 11.0, 409.0
"""Points: of Calibri in a new workbook, and the most that Excel takes."""
_MOST_INDENT = 250
"""Source: ECMA-376 Part 1, 18.8.1, as Excel bounds it."""
_BOX = "box to tick"
_RAISED = {"superscript": "super", "subscript": "sub"}
# fmt: off
_DENSITIES = {
    "solid": 1.0, "darkGray": 0.75, "mediumGray": 0.5, "lightGray": 0.25, "gray125": 0.125, "gray0625": 0.0625,
    **{f"{depth}{way}": share for depth, share in (("dark", 0.5), ("light", 0.25))
       for way in ("Horizontal", "Vertical", "Down", "Up", "Grid", "Trellis")},
}
# fmt: on
"""How much of a pattern is of its first colour."""
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
        self.faces: list[Face] = []
        self.tables = TableStyles()
        self.alignments: list[Attributes] = []
        self.differential: list[Differential] = []
        self._path: list[str] = []
        self._theme = theme
        self._density, self._hatch, self._paper = 0.0, "FFFFFF", "FFFFFF"

    def start(self, name: str, attributes: Attributes) -> None:
        local = local_name(name)
        self._path.append(local)
        outer = self._path[1:2]
        self.tables.start(local, attributes)
        if local == "numFmt" and outer == ["numFmts"]:
            self.formats[whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "General")
        elif outer == ["dxfs"]:
            self._differential(local, attributes)
        elif outer == ["fonts"]:
            self._font(local, attributes)
        elif outer == ["fills"]:
            self._fill(local, attributes)
        elif outer == ["borders"]:
            self._border(local, attributes)
        elif local == "xf" and outer == ["cellXfs"] and len(self.styles) < _MOST_STYLES:
            number, ink, ground, box = (
                whole(attributes.get(key)) for key in ("numFmtId", "fontId", "fillId", "borderId")
            )
            self.styles.append((number, ink, ground, box))
            self.alignments.append({})
        elif outer == ["cellXfs"] and self.alignments:
            self._align(local, attributes)

    def _align(self, local: str, attributes: Attributes) -> None:
        if local == "alignment":
            self.alignments[-1] = {**attributes, **self.alignments[-1]}
        elif local == "xfComplement":
            # The only control that Excel puts into cells so far.
            self.alignments[-1] = {**self.alignments[-1], _BOX: "1"}

    def _differential(self, local: str, attributes: Attributes) -> None:
        if local == "numFmt":
            self._differ(number_format=attributes.get("formatCode", ""))
        elif local == "dxf":
            self.differential.append(Differential())
        elif local == "color" and self._path[-2] == "font":
            self._differ(ink=self._colour(attributes, ""))
        elif local == "bgColor":
            self._differ(ground=self._colour(attributes, ""))
        elif local in _MARKS:
            self._differ(**{_MARKS[local]: attributes.get("val", "1") in TRUE})

    def _fill(self, local: str, attributes: Attributes) -> None:
        """The ground of a pattern: as much of the hatch's colour as the pattern has, the rest the paper's."""
        if local == "fill":
            self.grounds.append("FFFFFF")
            self._density, self._hatch, self._paper = 0.0, "000000", "FFFFFF"
        elif local == "patternFill":
            self._density = _DENSITIES.get(attributes.get("patternType", "none"), 0.0)
        elif local == "fgColor":
            self._hatch = self._colour(attributes, "FFFFFF" if self._density == 1.0 else "000000")
        elif local == "bgColor":
            self._paper = self._colour(attributes, "FFFFFF")
        if self.grounds and self._density:
            self.grounds[-1] = _mixed(self._paper, self._hatch, self._density)

    def _font(self, local: str, attributes: Attributes) -> None:
        if local == "font":
            self.inks.append("000000")
            self.marks.append(set())
            self.sizes.append(_PLAIN)
            self.faces.append(Face())
        elif not self.inks:
            return
        elif local == "color":
            self.inks[-1] = self._colour(attributes, "000000")
        elif local == "sz":
            self.sizes[-1] = _size(attributes.get("val", ""))
        elif local == "name":
            self.faces[-1] = replace(self.faces[-1], family=family_of(attributes.get("val", "")))
        elif local == "vertAlign":
            self.faces[-1] = replace(self.faces[-1], raised=_RAISED.get(attributes.get("val", ""), ""))
        elif local == "u" and attributes.get("val", "single").startswith("double"):
            self.faces[-1] = replace(self.faces[-1], double=True)
            self.marks[-1].add("u")
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


def styles_of(
    archive: Archive, theme: Theme
) -> tuple[tuple[Style, ...], tuple[Differential, ...], Mapping[str, Mapping[str, int]]]:
    """Every cell style, every differential one, and the file's own table styles, which are made of these."""
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
                face=replace(
                    _at(found.faces, ink, Face()), shrunk=alignment.get("shrinkToFit") in TRUE, box=_BOX in alignment
                ),
                indent=min(whole(alignment.get("indent")), _MOST_INDENT),
                sides=_at(sides, box, PLAIN_SIDES),
            )
            for (number, ink, ground, box), alignment in zip(found.styles, found.alignments, strict=True)
        ),
        tuple(found.differential),
        found.tables.found(),
    )


def _mixed(paper: str, hatch: str, share: float) -> str:
    """A colour between two."""
    try:
        parts = [(int(paper[k : k + 2], 16), int(hatch[k : k + 2], 16)) for k in (0, 2, 4)]
    except ValueError:
        return hatch
    return "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def _size(text: str) -> float:
    """The size of a font in points: Excel's usual one where the file has none that a font can have."""
    try:
        size = float(text)
    except ValueError:
        return _PLAIN
    return size if 1 <= size <= _LARGEST else _PLAIN


def _at(items: Sequence[_T], index: int, default: _T) -> _T:
    return items[index] if index < len(items) else default
