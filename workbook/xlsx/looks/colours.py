"""The colours of a file: those that it says, those that it counts, and those of its theme, lighter or darker."""

import re
from collections.abc import Sequence
from colorsys import hls_to_rgb, rgb_to_hls

from openpyxl.styles.colors import COLOR_INDEX

from workbook.xlsx.attributes import whole
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.relations import local_name

Theme = tuple[str, ...]
"""The colours of a theme as cells count them: paper, ink, a second pair, six accents, two of links."""
# fmt: off
OFFICE: Theme = (
    "FFFFFF", "000000", "E7E6E6", "44546A", "4472C4", "ED7D31",
    "A5A5A5", "FFC000", "5B9BD5", "70AD47", "0563C1", "954F72",
)
# fmt: on
"""Office's own theme from 2013 on."""
_NAMES = ("lt1", "dk1", "lt2", "dk2", *(f"accent{k}" for k in range(1, 7)), "hlink", "folHlink")
_HEX = re.compile("[0-9A-F]{6}")


def theme_of(archive: Archive) -> Theme:
    """The theme of a file; of what it does not say, Office's own."""
    found: dict[str, str] = {}
    path: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        path.append(local_name(name))
        if path[-3:-2] == ["clrScheme"] and path[-2] in _NAMES:
            colour = attributes.get("val" if path[-1] == "srgbClr" else "lastClr", "").upper()
            if _HEX.fullmatch(colour):
                found.setdefault(path[-2], colour)

    def end(_: str) -> None:
        path.pop()

    if "xl/theme/theme1.xml" in archive:
        archive.parse("xl/theme/theme1.xml", make_parser(start, end))
    return tuple(found.get(name, usual) for name, usual in zip(_NAMES, OFFICE, strict=True))


def colour(attributes: Attributes, default: str, theme: Theme = OFFICE) -> str:
    """Six hexadecimal digits: the colour that attributes give themselves, by its number, or as one of the theme's.

    >>> colour({"theme": "4", "tint": "0.8"}, "000000")
    'DAE3F3'
    """
    if "rgb" in attributes:
        found = attributes["rgb"][-6:].upper()
    elif "indexed" in attributes:
        found = _at(COLOR_INDEX, attributes["indexed"], default)[-6:]
    else:
        found = _at(theme, attributes.get("theme", ""), default)
    return _tinted(found, attributes.get("tint", ""))


def _at(colours: Sequence[str], number: str, default: str) -> str:
    at = whole(number) if number.isdecimal() else len(colours)
    return colours[at] if at < len(colours) else default


def _tinted(colour: str, tint: str) -> str:
    """A colour made lighter by a share of what is left to white, or darker. Source: ECMA-376 Part 1, 18.8.19."""
    try:
        share = float(tint)
    except ValueError:
        return colour
    if not -1 <= share <= 1 or not _HEX.fullmatch(colour):
        return colour
    hue, light, saturation = rgb_to_hls(*(int(colour[k : k + 2], 16) / 255 for k in (0, 2, 4)))
    light = light * (1 + share) if share < 0 else light + (1 - light) * share
    return "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(hue, light, saturation))
