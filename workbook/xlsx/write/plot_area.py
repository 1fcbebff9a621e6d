"""How much of a chart its plot has: all that its title, its axes and its legend leave.

A program that is not told keeps wide margins, so that the plot of a low chart is a strip.
"""

from math import ceil

from openpyxl.chart.layout import Layout, ManualLayout

from workbook.lesson.lesson import Chart
from workbook.plan.laid import COLUMN_WIDTH, DIGIT_PIXELS, LINE_POINTS, MARGIN_PIXELS, PIXELS_PER_POINT
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.letters import Face, width

TITLE, WORDS = Face(12, bold=True), Face(9)
"""The faces of a chart's title, and of the words and numbers of its axes and its legend."""

_TITLE_LINE, _LINE, _EDGE = 16.0, 13.0, 8.0
_NUMBER, _KEY = 48.0, 56.0
"""In points: what a number beside an axis takes, -0.000009, and what a legend draws before a name, with its gap."""
_SHARE = 1 / 5
"""Of a narrow chart's width, which such a number does not exceed there: the numbers of small charts are short."""


def plot_area(placed: PlacedChart, layout: SheetLayout) -> Layout:
    """Where the plot stands in its chart, without the numbers of its axes: shares of the chart's width and height."""
    (wide, high), (left, above, across, down) = _size(placed, layout), _box(placed, layout)
    x, y, w, h = (round(share, 3) for share in (left / wide, above / high, across / wide, down / high))
    return Layout(manualLayout=ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=x, y=y, w=w, h=h))


def plot_size(placed: PlacedChart, layout: SheetLayout) -> tuple[float, float]:
    """The width and the height of a plot, in points."""
    return _box(placed, layout)[2:]


def has_legend(spec: Chart) -> bool:
    """Whether a chart's series are told apart by a legend."""
    return spec.kind != "labelled" and len(spec.series) > 1 and bool(spec.legend)


def _box(placed: PlacedChart, layout: SheetLayout) -> tuple[float, float, float, float]:
    """The left and upper edge of a plot in its chart, its width and its height, in points."""
    spec = placed.chart
    wide, high = _size(placed, layout)
    above = _EDGE + _TITLE_LINE * ceil(_points(spec.title, TITLE) / (0.9 * wide)) + _EDGE
    below = _LINE + _EDGE / 2 + _LINE * bool(spec.x_title) + _legend(spec, wide) + _EDGE
    left, right = min(_NUMBER, _SHARE * wide) + (_LINE + _EDGE / 2) * bool(spec.y_title), 2 * _EDGE
    return left, above, wide - left - right, high - above - below


def _size(placed: PlacedChart, layout: SheetLayout) -> tuple[float, float]:
    """The width and the height of the cells that a chart covers, in points."""
    columns = range(placed.column, placed.column + placed.chart.columns)
    rows = range(placed.row, placed.row + placed.chart.rows)
    narrow = layout.sheet.column_width or COLUMN_WIDTH
    pixels = sum(DIGIT_PIXELS * layout.widths.get(column, narrow) + MARGIN_PIXELS for column in columns)
    return pixels / PIXELS_PER_POINT, sum(layout.heights.get(row, LINE_POINTS) for row in rows)


def _points(text: str, face: Face) -> float:
    """How wide words are in a chart, where nothing stands in columns."""
    return width(text, face) * DIGIT_PIXELS / PIXELS_PER_POINT


def _legend(spec: Chart, wide: float) -> float:
    """The height of a legend below the plot, its names in columns of one width."""
    if not has_legend(spec):
        return 0.0
    entry = _KEY + max(_points(series.name, WORDS) for series in spec.series)
    in_a_row = max(1, int(0.9 * wide / entry))
    return _LINE * ceil(len(spec.series) / in_a_row) + _EDGE
