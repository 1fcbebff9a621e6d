"""How cells look: one named style a role, each told by its colour and by a second mark that prints in black and white.

Hues are from Okabe and Ito's palette, told apart with any colour vision, darkened where words are set in them.
Source: M. Okabe, K. Ito, Color Universal Design, https://jfly.uni-koeln.de/color/
"""

from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE, BUILTIN_FORMATS_REVERSE

from workbook.plan.letters import FACES, USUAL

# openpyxl's order of the children of <font> is one that Microsoft's SDK rejects.
Font.__elements__ = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u"),
    *("vertAlign", "sz", "color", "name", "family", "charset", "scheme"),
)

BODY, CODE = "Calibri", "Consolas"
INK, GREY, FAINT = "1F2933", "56616C", "C3CAD1"
BLUE, GREEN, RUST, NAVY, LINK = "0B4F8A", "00664B", "8A3B00", "12324A", "0B5CAD"
YELLOW, CREAM = "FFF8D6", "F6F7F9"
FORWARD, BACKWARD, UPDATE = "E4F1FA", "FDEBDF", "DFF3EA"

Align = Literal["", "left", "right", "center", "inset"]
"""Where text stands in its cell; inset: left, a little apart from the edge."""

_BOX = "left right top bottom"


@dataclass(frozen=True, kw_only=True)
class CellStyle:
    """How the cells of one role look."""

    size: float = 11
    name: str = BODY
    colour: str = INK
    bold: bool = False
    italic: bool = False
    underline: Literal["single"] | None = None
    fill: str = ""
    box: str = ""
    rules: str = ""
    line: Literal["thin", "dashed", "hair", "dotted", "medium"] = "thin"
    edge: str = FAINT
    wrap: bool = False
    upright: bool = False
    vertical: Literal["bottom", "center"] | None = None
    indent: int = 0

    def named(self, role: str) -> NamedStyle:
        """The style that the workbook lists under the role's name."""
        return NamedStyle(
            name=f"gradbook {role}",
            font=Font(
                name=self.name,
                sz=self.size,
                b=self.bold,
                i=self.italic,
                color=f"FF{self.colour}",
                u=self.underline,
                family=2,
            ),
            fill=PatternFill("solid", fgColor=f"FF{self.fill}") if self.fill else PatternFill(),
            border=self.border(self.box + self.rules),
            alignment=self.alignment(),
            protection=Protection(locked=True),
            number_format="General",
        )

    def border(self, sides: str, frame: str = "") -> Border:
        """Its line on some sides; on those of a frame, the frame's."""
        line, none = Side(style=self.line, color=self.edge), Side()
        framed = Side(style="medium", color=GREEN)
        found = {side: line if side in sides else none for side in _BOX.split()}
        return Border(**(found | {side: framed for side in _BOX.split() if side in frame}))

    def alignment(self, *, align: Align = "", upright: bool = False) -> Alignment:
        """How its text stands."""
        upright = upright or self.upright
        return Alignment(
            horizontal="left" if align == "inset" else align or ("left" if self.indent else None),
            indent=0 if align == "right" else max(self.indent, int(align == "inset")),
            vertical="bottom" if upright else self.vertical,
            textRotation=90 if upright else 0,
            wrap_text=True if self.wrap else None,
        )


def _set(role: str, **worn: Any) -> CellStyle:
    face = FACES.get(role, USUAL)
    return CellStyle(size=face.size, bold=face.bold, name=CODE if face.monospaced else BODY, **worn)


ROLES: dict[str, CellStyle] = {
    "input": _set("input", colour=BLUE, fill=YELLOW, box=_BOX, edge="A88400"),
    "parameter": _set("parameter", colour=GREEN),
    "formula": _set("formula"),
    "result": _set("result", colour=NAVY, rules="top bottom", edge=NAVY),
    "check": _set("check", colour=RUST, italic=True, box=_BOX, line="dashed", edge=RUST),
    "recorded": _set("recorded", colour="37424D", italic=True, fill="E4E7EB"),
    "forward": _set("forward", fill=FORWARD, box=_BOX, line="hair", edge="8FB8D8"),
    "backward": _set("backward", fill=BACKWARD, box=_BOX, line="hair", edge="E0A888", italic=True),
    "update": _set("update", fill=UPDATE, box=_BOX, line="hair", edge="84C2A6"),
    "label": _set("label", colour=GREY),
    "title": _set("title", colour=NAVY, vertical="center"),
    "words": _set("words", colour="3D4852"),
    "section": _set("section", colour=NAVY, rules="bottom", edge="7C97AB"),
    "heading": _set("heading", colour=INK, wrap=True, vertical="bottom"),
    "spread": _set("spread", colour=INK, indent=1),
    "wrapped": _set("wrapped", colour=GREY, wrap=True, vertical="bottom"),
    "upright": _set("upright", colour=GREY, upright=True),
    "unit": _set("unit", colour=GREY, indent=1),
    "link": _set("link", colour=LINK, underline="single"),
    "sign": _set("sign", colour=GREY, vertical="center"),
    "code": _set("code", colour="27343F", fill=CREAM),
    "manifest": _set("manifest", colour=GREY),
}
"""Role → its style: the roles of the legend first, then those of words."""


class Styles:
    """The workbook's styles, and the number by which a cell names one; each number is found once, not per cell."""

    def __init__(self, book: Workbook) -> None:
        """Give the workbook one named style a role."""
        self._book: Any = book
        self._named = {role: style.named(role) for role, style in ROLES.items()}
        for style in self._named.values():
            book.add_named_style(style)
        self._numbers: dict[tuple[object, ...], int] = {}

    def asked(self) -> dict[int, tuple[Any, ...]]:
        """The number of each style → what it was asked for, in the order of `number`'s parameters."""
        return {number: key for key, number in self._numbers.items()}

    def number(
        self,
        role: str,
        number_format: str = "General",
        *,
        locked: bool = True,
        upright: bool = False,
        quoted: bool = False,
        align: Align = "",
        box: str | None = None,
        frame: str = "",
    ) -> int:
        """The number of a role's style.

        Args:
            role: a key of ROLES.
            number_format: as a spreadsheet spells it.
            locked: whether a protected sheet keeps people from changing the cell.
            upright: text turned by 90 degrees.
            quoted: text that would read as a formula and must stay text when it is edited.
            align: left or right, where it is not the program's own choice.
            box: the sides of the role's box that the cell has; None for all.
            frame: the sides on which it has the frame of a block.
        """
        key = (role, number_format, locked, upright, quoted, align, box, frame)
        if key not in self._numbers:
            self._numbers[key] = self._add(*key)
        return self._numbers[key]

    def _add(
        self,
        role: str,
        number_format: str,
        locked: bool,
        upright: bool,
        quoted: bool,
        align: Align,
        box: str | None,
        frame: str,
    ) -> int:
        book = self._book
        style: StyleArray = copy(self._named[role].as_tuple())
        builtin = BUILTIN_FORMATS_REVERSE.get(number_format)
        style.numFmtId = (
            book._number_formats.add(number_format) + BUILTIN_FORMATS_MAX_SIZE if builtin is None else builtin
        )
        style.protectionId = book._protections.add(Protection(locked=locked))
        style.alignmentId = book._alignments.add(ROLES[role].alignment(align=align, upright=upright))
        style.quotePrefix = int(quoted)
        if box is not None or frame:
            style.borderId = book._borders.add(ROLES[role].border(ROLES[role].box if box is None else box, frame))
        return int(book._cell_styles.add(style))
