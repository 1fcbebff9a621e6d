"""Where a print goes on to the next page: no heading is parted from its block, and what fits on a page is not cut."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from workbook.plan.layout import COLUMN_WIDTH, DIGIT_PIXELS, LINE_POINTS, MARGIN_PIXELS, PIXELS_PER_POINT, SheetLayout

INCH = 72.0
SIDE, TOP, BOTTOM = 0.5, 0.5, 0.7
"""The margins of a page, in inches."""

PAPER = (842.0, 595.0)
"""A4 lying on its side, in points."""

WHOLE = 30
"""The most rows of a block that stays on one page."""

_LEADING = ("title", "section", "heading", "words")
_LEAST = 0.5
"""The least share of a page that is filled where the next page would be begun early."""


def page_breaks(layout: SheetLayout) -> list[int]:
    """The rows that are the last ones of their pages; none where the sheet is printed on one."""
    if layout.sheet.one_page:
        return []
    heights = [layout.heights.get(row, LINE_POINTS) for row in range(1, layout.last_row + 1)]
    below = [0.0, *accumulate(heights)]
    page, kept = _page_points(layout), _kept_together(layout)
    parts = {label.row - 1 for label in layout.labels if label.role == "section" and label.column == 1}
    found: list[int] = []
    first = 1
    while below[-1] - below[first - 1] > page:
        full = max(first, bisect_right(below, below[first - 1] + page) - 1)
        least = below[first - 1] + _LEAST * page
        free = [row for row in range(full, first, -1) if row not in kept and below[row] >= least]
        last = next((row for row in free if row in parts), free[0] if free else full)
        found.append(last)
        first = last + 1
    return found


def repeated_rows(layout: SheetLayout) -> str:
    """The rows that each page begins with: the title, or the headings of a table that has but words after it."""
    printed = [place for place in layout.places if place.origin[0] <= layout.last_row]
    last = max((int(place.rows.max()) for place in printed), default=0)
    tall = [place for place in printed if int(place.rows.max()) >= last]
    for place in tall:
        row = place.origin[0]
        long = sum(layout.heights.get(k, LINE_POINTS) for k in range(row, layout.last_row + 1)) > _page_points(layout)
        if long and any(label.row == row - 1 and label.column == place.origin[1] for label in layout.labels):
            return f"{row - 1}:{row - 1}"
    return "1:1"


def _page_points(layout: SheetLayout) -> float:
    """How many points of rows fit on a page, once the sheet is made as wide as the page or stays as it is."""
    columns = (layout.widths.get(column, COLUMN_WIDTH) for column in range(1, layout.last_column + 1))
    wide = sum(DIGIT_PIXELS * width + MARGIN_PIXELS for width in columns) / PIXELS_PER_POINT
    smaller = min(1.0, (PAPER[0] - 2 * SIDE * INCH) / wide)
    repeated = layout.heights.get(1, LINE_POINTS)
    return (PAPER[1] - (TOP + BOTTOM) * INCH) / smaller - repeated


def _kept_together(layout: SheetLayout) -> set[int]:
    """The rows after which no page ends: the next row belongs to them."""
    return {row for first, last in _wholes(layout) for row in range(first, last)}


def _wholes(layout: SheetLayout) -> Iterator[tuple[int, int]]:
    """The first and the last row of all that stays together."""
    labels = [label for label in layout.labels if label.column <= layout.last_column]
    filled = {label.row for label in labels}
    for place in layout.places:
        for top, _, bottom, _ in place.rectangles:
            filled.update(range(top, bottom + 1))
            # A row alone is no part of a table.
            yield top, bottom if bottom - top < WHOLE else top + 1
    for placed in layout.charts:
        filled.update(range(placed.row, placed.row + placed.chart.rows))
        yield placed.row, placed.row + placed.chart.rows - 1
    for drawn in layout.diagrams:
        yield drawn.row, drawn.row + int(drawn.diagram.height / LINE_POINTS)
    heads = {place.origin[0] - 1 for place in layout.places}
    for label in labels:
        if label.role in _LEADING or (label.role == "label" and label.row in heads):
            # Past the empty row that follows words.
            yield label.row, label.row + (1 if label.row + 1 in filled else 2)
