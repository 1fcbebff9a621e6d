"""How cells look, as data: one entry a style, rectangles of cells that have it, colour scales, rules of formats."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook

from workbook.plan.layout import SheetLayout
from workbook.plan.plan import Plan
from workbook.xlsx.looks import rectangles
from workbook.xlsx.write.cell_styles import cell_styles
from workbook.xlsx.write.sheets import colour_scale, powers_of_ten
from workbook.xlsx.write.styles import CODE, GREEN, ROLES, Styles

SIDES = ("top", "right", "bottom", "left")


@dataclass
class StyleTable:
    """The styles of a workbook's page, each listed once.

    Args:
        entries: what each style looks like; the page names it by its place in this list.
        numbers: what tells a style from others → its place in the list.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[Hashable, int] = field(default_factory=dict)

    def place(self, key: Hashable, entry: Mapping[str, Any], number: int | None = None) -> int:
        """The place of a style in the list; it is added where it is new.

        Args:
            key: what tells it from others: its number in the file, with what else makes it look otherwise.
            entry: what it looks like.
            number: its number in the file, where that is not the key.
        """
        if key not in self.numbers:
            self.numbers[key] = len(self.entries)
            self.entries.append({**entry, "file": key if number is None else number})
        return self.numbers[key]


def entry(
    role: str, number_format: str, locked: bool, upright: bool, quoted: bool, align: str, box: str | None, frame: str
) -> dict[str, Any]:
    """What a style looks like, from what the writer asks for: only what differs from plain cells."""
    style = ROLES[role]
    boxed = style.box + style.rules if box is None else box
    edge, framed = [style.line, style.edge], ["medium", GREEN]
    found = {
        "role": role,
        "format": number_format,
        "size": style.size,
        "ink": style.colour,
        "fill": style.fill,
        "bold": style.bold,
        "italic": style.italic,
        "underline": bool(style.underline),
        "mono": style.name == CODE,
        "wrap": style.wrap,
        "upright": "up" if upright or style.upright else "",
        "vertical": "center" if style.vertical == "center" and not upright else "",
        "align": "left" if align == "inset" or (style.indent and not align) else align,
        "indent": 0 if align == "right" else max(style.indent, int(align == "inset")),
        "sides": [framed if side in frame else edge if side in boxed else None for side in SIDES]
        if boxed or frame
        else [],
        "free": not locked,
        "quoted": quoted,
    }
    return {key: value for key, value in found.items() if value}


class PlanStyles:
    """Asks for the styles of a plan's sheets, in the writer's order, so that the numbers are those of its file."""

    def __init__(self, plan: Plan, style_table: StyleTable, badge: str) -> None:
        """Begin with no style but those that every workbook has."""
        self._plan, self._table, self._badge = plan, style_table, badge
        self._styles = Styles(Workbook())

    def looks(self, layout: SheetLayout) -> list[list[int]]:
        """The rectangles of a sheet, corners from 0, each with the place of its style."""
        found = list(cell_styles(self._plan, layout, self._styles, self._badge))
        asked = self._styles.asked()
        return joined(
            [
                [top - 1, left - 1, bottom - 1, right - 1, self._table.place(number, entry(*asked[number]))]
                for (top, left, bottom, right), number in found
            ]
        )


def joined(looks: Iterable[list[int]]) -> list[list[int]]:
    """The rectangles, those that go on below the one before as one."""
    out: list[list[int]] = []
    for top, left, bottom, right, style in looks:
        if out and out[-1][1] == left and out[-1][2] == top - 1 and out[-1][3:] == [right, style]:
            out[-1][2] = bottom
        else:
            out.append([top, left, bottom, right, style])
    return out


def scales(layout: SheetLayout, plan: Plan) -> list[dict[str, Any]]:
    """The colour scales of a sheet.

    Each has cells, colours, the cells that its ends are taken from where these are others too, and its ends where they
    do not follow the cells.
    """
    found = []
    for place in layout.places:
        if not place.block.look:
            continue
        rule: Any = colour_scale(place, plan).colorScale
        scale: dict[str, Any] = {
            "ranges": corners(place.ranges()),
            "colours": [colour.rgb[2:] for colour in rule.color],
        }
        alike = plan.coloured_alike(place)
        if len(alike) > 1 and rule.cfvo[-1].type == "formula":
            scale["over"] = corners(address for other in alike for address in other.ranges())
        if rule.cfvo[-1].type == "num":
            scale["ends"] = [float(rule.cfvo[0].val), float(rule.cfvo[-1].val)]
        found.append(scale)
    return found


def rules(layout: SheetLayout) -> list[dict[str, Any]]:
    """The cells whose number format changes beyond a range, with the range and the other format."""
    found = []
    for ranges, rule in powers_of_ten(layout):
        low, high = (float(text) for text in rule.formula)
        found.append(
            {"ranges": corners(ranges.split()), "low": low, "high": high, "format": rule.dxf.numFmt.formatCode}
        )
    return found


def corners(addresses: Iterable[str]) -> list[list[int]]:
    """The corners of some ranges, from 0: top, left, bottom, right."""
    return [[number - 1 for number in rectangle] for rectangle in rectangles(" ".join(addresses))]


def reference(text: str, titles: list[str]) -> list[int]:
    """Sheet and corners, from 0, of a range that is written `'Title'!$A$1:$B$2`.

    >>> reference("'A''s'!$B$2:$B$9", ["Start", "A's"])
    [1, 1, 1, 8, 1]
    """
    sheet, _, area = text.rpartition("!")
    title = re.sub(r"''", "'", sheet.removeprefix("'").removesuffix("'"))
    return [titles.index(title), *corners([area.replace("$", "")])[0]]
