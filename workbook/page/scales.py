"""What is drawn into the cells of a stranger's sheet: colour scales, bars, icons and sparklines."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any

from workbook.formula.rectangle import cell_count
from workbook.page.looks import reference
from workbook.page.sheet_looks import hexadecimal
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.looks import Condition, SheetLooks

_ICONS = {
    "Arrows": "arrows", "ArrowsGray": "arrows", "Flags": "flags", "Rating": "ratings", "Quarters": "quarters",
    "Symbols": "symbols", "Symbols2": "symbols", "Boxes": "ratings", "Stars": "stars", "Triangles": "arrows",
}  # fmt: skip
"""Icon sets by what they draw; all others are lights."""
_MOST_POINTS = 10_000


def scales_of(looks: SheetLooks) -> list[dict[str, Any]]:
    """The colour scales, bars and icons of a sheet, where they begin at what a page knows."""
    # Excel 2010 says more of bars in a rule of its own for the same cells.
    bars = [rule for rule in looks.rules if rule.kind == "dataBar"]
    newer = {rule.ranges: rule for rule in bars if "id" in rule.options}
    older = {rule.ranges for rule in bars if "id" not in rule.options}
    found = []
    for rule in looks.rules:
        if rule.kind != "dataBar":
            found.append(_scale(rule))
        elif "id" not in rule.options or rule.ranges not in older:
            found.append(_bar(rule, newer.get(rule.ranges)))
    return [scale for scale in found if scale]


def corners(rule: Condition) -> list[list[int]]:
    """The rectangles of a rule, corners from 0."""
    return [[number - 1 for number in rectangle] for rectangle in rule.ranges]


def number(text: str) -> float | None:
    """The number that a text is; None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _parts(rule: Condition) -> tuple[list[str], list[list[Any] | None]]:
    """The colours and the points of a rule."""
    colours = [text for text in rule.says if hexadecimal(text)]
    return colours, [_point(text) for text in rule.says if text not in colours]


def _bar(rule: Condition, newer: Condition | None) -> dict[str, Any] | None:
    colours, points = _parts(rule)
    if newer is not None:
        points = _parts(newer)[1] or points
        colours = colours or [hexadecimal(newer.options.get("fillColor", "")) or "638EC6"]
    if len(points) != 2 or None in points or not colours:
        return None
    options = rule.options if newer is None else {**rule.options, **newer.options}
    found = {
        "ranges": corners(rule),
        "bar": colours[0],
        "points": points,
        "plain": options.get("gradient", "1") not in TRUE,
        "alone": options.get("showValue", "1") not in TRUE,
    }
    if newer is not None and options.get("axisPosition") != "none":
        is_same = options.get("negativeBarColorSameAsPositive") in TRUE
        found["negative"] = (not is_same and hexadecimal(options.get("negativeFillColor", ""))) or colours[0]
    return {key: value for key, value in found.items() if value}


def _scale(rule: Condition) -> dict[str, Any] | None:
    """A colour scale of two or three colours, or icons; None of what is none, or begins at what a formula says."""
    colours, points = _parts(rule)
    ranges = corners(rule)
    if not points or None in points:
        return None
    if rule.kind == "colorScale" and len(colours) == len(points) in (2, 3):
        return {"ranges": ranges, "colours": colours, "points": points}
    if rule.kind == "iconSet" and len(points) > 1:
        icons = rule.options.get("iconSet", "3TrafficLights1")
        found = {
            "ranges": ranges,
            "icons": len(points),
            "points": points,
            "drawn": _ICONS.get(icons.lstrip("345"), ""),
            "turned": rule.options.get("reverse") in TRUE,
            "alone": rule.options.get("showValue", "1") not in TRUE,
        }
        return {key: value for key, value in found.items() if value}
    return None


def _point(text: str) -> list[Any] | None:
    """Where a scale begins, turns or ends: its kind, and the number that it needs."""
    kind, _, value = text.partition(" ")
    if kind in ("min", "max", "autoMin", "autoMax"):
        return [kind]
    found = number(value) if kind in ("num", "percent", "percentile") else None
    return None if found is None else [kind, found]


def sparklines(looks: SheetLooks, titles: Sequence[str]) -> list[dict[str, Any]]:
    """The small charts of a sheet: each its cell, the cells that it shows, and how."""
    return list(_sparklines(looks, list(titles)))


def _sparklines(looks: SheetLooks, titles: list[str]) -> Iterator[dict[str, Any]]:
    for one in looks.sparklines:
        with suppress(ValueError, IndexError):
            source = reference(one.source, titles)
            _, top, left, bottom, right = source
            if cell_count((top, left, bottom, right)) > _MOST_POINTS:
                continue
            found = {
                "kind": one.kind,
                "at": [one.place[0] - 1, one.place[1] - 1],
                "source": source,
                "marks": sorted(one.marks),
                "colours": {part: shade for part, text in one.colours.items() if (shade := hexadecimal(text))},
                "low": one.low,
                "high": one.high,
                "axis": one.axis,
                "mirrored": one.mirrored,
            }
            yield {key: value for key, value in found.items() if value not in (None, False, [], {})}
