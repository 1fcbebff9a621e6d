"""Diagrams: DrawingML shapes in one group, told by colour and by dashes, with the words that a screen reader says."""

from typing import Any

from openpyxl.xml.functions import Element, SubElement

from workbook.lesson.by_hand import Flow, Shape
from workbook.plan.layout import PlacedDiagram
from workbook.xlsx.write.styles import BACKWARD, BODY, FORWARD, GREY, INK, UPDATE

LINES: dict[Flow, str] = {"": "7A858F", "forward": "0072B2", "backward": "C45000", "update": "007A5A"}
"""The colours of lines and of words: blue, vermilion and green of Okabe and Ito's palette, deep enough for words."""

FILLS: dict[Flow, str] = {"": "FFFFFF", "forward": FORWARD, "backward": BACKWARD, "update": UPDATE}

_SHEET = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_EMU = 12_700
"""English metric units in a point."""

_HAIR, _ARROW = 6_350, 19_050
_SMALL, _SHARE = 900, 55
"""The size of words, in hundredths of a point; of a node's words, for each point of its height."""


def word_size(shape: Shape) -> float:
    """The size of a shape's words, in points."""
    return (_SMALL if shape.kind == "words" else min(_SMALL, round(_SHARE * shape.height))) / 100


def anchored(placed: PlacedDiagram, number: int, first: int) -> Any:
    """The XML element of a diagram, its upper left corner in its cell.

    Args:
        placed: the diagram and its cell.
        number: of the diagram on its sheet, for its name.
        first: the number of its group; those of its shapes follow.
    """
    diagram = placed.diagram
    size = {"cx": _emu(diagram.width), "cy": _emu(diagram.height)}
    anchor = Element(f"{{{_SHEET}}}oneCellAnchor")
    corner = _sheet(anchor, "from")
    for tag, value in (("col", placed.column - 1), ("colOff", 0), ("row", placed.row - 1), ("rowOff", 0)):
        _sheet(corner, tag).text = str(value)
    _sheet(anchor, "ext", size)
    group = _sheet(anchor, "grpSp")
    about = _sheet(group, "nvGrpSpPr")
    _sheet(about, "cNvPr", {"id": str(first), "name": f"Diagram {number}", "descr": diagram.alt})
    _sheet(about, "cNvGrpSpPr")
    frame = _main(_sheet(group, "grpSpPr"), "xfrm")
    for tag in ("off", "ext", "chOff", "chExt"):
        _main(frame, tag, {"x": "0", "y": "0"} if tag.endswith("ff") else size)
    for k, shape in enumerate(diagram.shapes(), start=1):
        (_line if shape.kind in ("line", "arrow") else _node)(group, shape, first + k)
    _sheet(anchor, "clientData")
    return anchor


def _sheet(parent: Any, tag: str, attributes: dict[str, str] | None = None) -> Any:
    return SubElement(parent, f"{{{_SHEET}}}{tag}", attributes or {})


def _main(parent: Any, tag: str, attributes: dict[str, str] | None = None) -> Any:
    return SubElement(parent, f"{{{_MAIN}}}{tag}", attributes or {})


def _emu(points: float) -> str:
    return str(round(points * _EMU))


def _geometry(properties: Any, shape: Shape, preset: str) -> None:
    """Where a shape stands; a line that runs to the left or upwards is one that is turned over."""
    turned = {name: "1" for name, extent in (("flipH", shape.width), ("flipV", shape.height)) if extent < 0}
    frame = _main(properties, "xfrm", turned)
    left, top = min(shape.x, shape.x + shape.width), min(shape.y, shape.y + shape.height)
    _main(frame, "off", {"x": _emu(left), "y": _emu(top)})
    _main(frame, "ext", {"cx": _emu(abs(shape.width)), "cy": _emu(abs(shape.height))})
    _main(_main(properties, "prstGeom", {"prst": preset}), "avLst")


def _stroke(properties: Any, shape: Shape, width: int) -> Any:
    line = _main(properties, "ln", {"w": str(width)})
    _main(_main(line, "solidFill"), "srgbClr", {"val": LINES[shape.flow]})
    if shape.dashed:
        _main(line, "prstDash", {"val": "dash"})
    return line


def _line(group: Any, shape: Shape, number: int) -> None:
    line = _sheet(group, "cxnSp", {"macro": ""})
    about = _sheet(line, "nvCxnSpPr")
    _sheet(about, "cNvPr", {"id": str(number), "name": f"{shape.kind} {number}"})
    _sheet(about, "cNvCxnSpPr")
    properties = _sheet(line, "spPr")
    _geometry(properties, shape, "line")
    stroke = _stroke(properties, shape, _ARROW if shape.kind == "arrow" else _HAIR)
    if shape.kind == "arrow":
        _main(stroke, "tailEnd", {"type": "triangle"})


def _node(group: Any, shape: Shape, number: int) -> None:
    """A circle or a box with words in it, or words alone."""
    node = _sheet(group, "sp", {"macro": "", "textlink": ""})
    about = _sheet(node, "nvSpPr")
    _sheet(about, "cNvPr", {"id": str(number), "name": f"{shape.kind} {number}"})
    _sheet(about, "cNvSpPr")
    properties = _sheet(node, "spPr")
    _geometry(properties, shape, {"circle": "ellipse", "box": "roundRect", "words": "rect"}[shape.kind])
    if shape.kind == "words":
        _main(properties, "noFill")
        _main(_main(properties, "ln"), "noFill")
    else:
        _main(_main(properties, "solidFill"), "srgbClr", {"val": FILLS[shape.flow]})
        _stroke(properties, shape, 2 * _HAIR)
    body = _sheet(node, "txBody")
    edges = dict.fromkeys(("lIns", "tIns", "rIns", "bIns"), "0")
    _main(body, "bodyPr", {"wrap": "none", **edges, "anchor": "ctr"})
    _main(body, "lstStyle")
    paragraph = _main(body, "p")
    _main(paragraph, "pPr", {"algn": "ctr"})
    run = _main(paragraph, "r")
    size = str(round(100 * word_size(shape)))
    style = _main(run, "rPr", {"lang": "en-GB", "sz": size, "b": str(int(shape.kind != "words"))})
    ink = LINES[shape.flow] if shape.kind == "words" and shape.flow else GREY if shape.kind == "words" else INK
    _main(_main(style, "solidFill"), "srgbClr", {"val": ink})
    _main(style, "latin", {"typeface": BODY})
    _main(run, "t").text = shape.text
