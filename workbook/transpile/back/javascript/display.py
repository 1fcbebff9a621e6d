"""A region's formula in pieces, so that the text of each of its cells can be put together: texts and references."""

import re
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.grammar import Range, walk
from workbook.formula.parser import parse
from workbook.transpile.front.regions import Region
from workbook.transpile.front.scan import slots

_SPELLED = re.compile(r"_xl(?:fn|ws|pm|udf)\.", re.IGNORECASE)
_CORNER = re.compile(r"(\$?)([A-Z]{1,3})?(\$?)([1-9][0-9]{0,6})?")


def pieces(region: Region, sheets: dict[str, int]) -> list[Any]:
    """The formula as texts and references: an object each, with its title's text, its shape and its corners.

    Args:
        region: the region.
        sheets: the number of each sheet, by its title in lower case.
    """
    text = region.formula
    try:
        ranges = sorted((node for node in walk(parse(text)) if isinstance(node, Range)), key=lambda node: node.span)
    except FormulaError:
        return [_shown(text)]
    places: list[tuple[int, int]] = []
    for start, count in slots(text):
        places += [(start, k) for k in range(count)]
    found: list[Any] = []
    end = 0
    for node in ranges:
        corners = [slot for slot, (start, _) in enumerate(places) if node.span[0] <= start < node.span[1]]
        if not corners or node.span[0] < end:
            continue
        first = places[corners[0]][0]
        found += [
            _shown(text[end : node.span[0]]),
            _reference(region, node, corners, text[first : node.span[1]], sheets),
        ]
        found[-1]["prefix"] = text[node.span[0] : first]
        end = node.span[1]
    return [piece for piece in [*found, _shown(text[end:])] if piece]


def _reference(region: Region, node: Range, corners: list[int], spelled: str, sheets: dict[str, int]) -> dict[str, Any]:
    ends = [_CORNER.fullmatch(part.strip()) for part in spelled.split(":")]
    shape = "cell" if len(ends) == 1 else "range"
    if ends[0] is not None and ends[0][4] is None:
        shape = "columns"
    elif ends[0] is not None and ends[0][2] is None:
        shape = "rows"
    title = node.sheet or region.sheet
    return {
        "prefix": "",
        "sheet": sheets.get(title.lower(), -1),
        "shape": shape,
        "corners": [_corner(region, slot, end) for slot, end in zip(corners, ends, strict=True)],
    }


def _corner(region: Region, slot: int, end: re.Match[str] | None) -> list[int]:
    """Whether row and column are fixed, then both as numbers that move: first, down, across."""
    assert end is not None
    row, column = 2 * slot, 2 * slot + 1
    row_fixed, column_fixed = (bool(end[3]), bool(end[1])) if end[2] else (bool(end[1] or end[3]), True)
    return [
        int(row_fixed),
        int(column_fixed),
        *(region.base[row] - 1, region.down[row], region.across[row]),
        *(region.base[column] - 1, region.down[column], region.across[column]),
    ]


def _shown(text: str) -> str:
    return _SPELLED.sub("", text)
