"""The styles of cells: number formats, and the colours of fonts and fills."""

from collections.abc import Sequence
from dataclasses import replace

from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS

from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.looks.shown import Differential, Style
from workbook.xlsx.relations import local_name

_MOST_STYLES = 65_490
"""Source: Excel specifications and limits (unique cell formats)."""
_PLAIN, _LARGEST = 11.0, 409.0
"""Points: of Calibri in a new workbook, and the most that Excel takes."""
_AUTOMATIC = {"0": "FFFFFF", "1": "000000", "2": "E7E6E6", "3": "44546A"}
"""The first colours of a theme, which are the same in nearly all: background, ink, and a second pair."""


class _StylesXml:
    """Collects number formats, and the colours of fonts and fills, of each cell style."""

    def __init__(self) -> None:
        self.formats: dict[int, str] = {}
        self.inks: list[str] = []
        self.grounds: list[str] = []
        self.styles: list[tuple[int, int, int]] = []
        self.marks: list[set[str]] = []
        self.sizes: list[float] = []
        self.alignments: list[Attributes] = []
        self.differential: list[Differential] = []
        self._path: list[str] = []
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
            self._differ(ink=colour(attributes, ""))
        elif local == "bgColor" and outer == ["dxfs"]:
            self._differ(ground=colour(attributes, ""))
        elif outer == ["fonts"]:
            self._font(local, attributes)
        elif local == "fill" and outer == ["fills"]:
            self.grounds.append("FFFFFF")
        elif local == "patternFill":
            self._solid = attributes.get("patternType") == "solid"
        elif local == "fgColor" and outer == ["fills"] and self._solid and self.grounds:
            self.grounds[-1] = colour(attributes, "FFFFFF")
        elif local == "xf" and outer == ["cellXfs"] and len(self.styles) < _MOST_STYLES:
            number, ink, ground = (whole(attributes.get(key)) for key in ("numFmtId", "fontId", "fillId"))
            self.styles.append((number, ink, ground))
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
            self.inks[-1] = colour(attributes, "000000")
        elif local == "sz":
            self.sizes[-1] = _size(attributes.get("val", ""))
        elif (local in ("b", "i") and attributes.get("val", "1") in TRUE) or (
            local == "u" and attributes.get("val", "single") != "none"
        ):
            self.marks[-1].add(local)

    def end(self, _: str) -> None:
        self._path.pop()

    def _differ(self, **changes: str) -> None:
        if self.differential:
            self.differential[-1] = replace(self.differential[-1], **changes)


def styles_of(archive: Archive) -> tuple[tuple[Style, ...], tuple[Differential, ...]]:
    """Every cell style, and every differential one."""
    found = _StylesXml()
    if "xl/styles.xml" in archive:
        archive.parse("xl/styles.xml", make_parser(found.start, found.end))
    formats = BUILTIN_FORMATS | found.formats
    return (
        tuple(
            Style(
                formats.get(number, "General"),
                _at(found.inks, ink, "000000"),
                _at(found.grounds, ground, "FFFFFF"),
                bold=ink < len(found.marks) and "b" in found.marks[ink],
                italic=ink < len(found.marks) and "i" in found.marks[ink],
                align=alignment.get("horizontal", ""),
                wrap=alignment.get("wrapText") in TRUE,
                size=found.sizes[ink] if ink < len(found.sizes) else _PLAIN,
                underline=ink < len(found.marks) and "u" in found.marks[ink],
                middle=alignment.get("vertical") == "center",
            )
            for (number, ink, ground), alignment in zip(found.styles, found.alignments, strict=True)
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


def _at(items: Sequence[str], index: int, default: str) -> str:
    return items[index] if index < len(items) else default


def colour(attributes: Attributes, default: str) -> str:
    """Six hexadecimal digits: the colour that attributes give themselves, by its number, or as one of the theme's."""
    if "rgb" in attributes:
        return attributes["rgb"][-6:].upper()
    if "indexed" in attributes:
        return _at(COLOR_INDEX, whole(attributes["indexed"]), f"FF{default}")[-6:]
    return _AUTOMATIC.get(attributes.get("theme", ""), default)
