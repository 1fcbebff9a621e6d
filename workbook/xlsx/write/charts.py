"""Charts: lines, clouds of points, labelled points; a series is told by its colour and by its dashes or markers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from openpyxl.chart import ScatterChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrRef
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import SeriesLabel, XYSeries
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.drawing.text import Font as TextFont

from workbook.errors import LessonError
from workbook.formula.address import anchored, in_quotes
from workbook.formula.rectangle import spelled
from workbook.lesson.lesson import QUIET, Array, Chart, Series
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.plot_area import has_legend, plot_area, plot_size
from workbook.xlsx.write.styles import BODY, GREY, NAVY

COLOURS = ("0072B2", "D55E00", "009E73", "CC79A7", "E69F00", "56B4E9", "000000")
"""Okabe and Ito's palette without its yellow, which white paper hides."""

DASHES = ("solid", "dash", "sysDot", "dashDot", "lgDash", "lgDashDot", "sysDash")
GREY_LINE = "8A949E"
"""What a series of the colour QUIET is drawn in."""

MARKERS = ("circle", "diamond", "triangle", "square", "x", "plus", "star")
CACHED_POINTS = 4096
"""The longest series whose values travel in the chart, to six digits, for previews that do not read cells."""

FEW, MANY = 15, 200
"""The longest line on which each point has a marker, and the largest cloud of points of the usual size."""

_LINE, _HAIR = 22_225, 6_350

_LABEL_LETTER, _LABEL_LINE, _DOT = 4.4, 11.0, 3.0
"""In points: a letter and a line of a label, half of a point's marker."""
_SPREAD = 0.75
"""How much of a plot points fill at least: a program's axis ends at round numbers."""


@dataclass(frozen=True)
class Pen:
    """How a series is drawn.

    Args:
        colour: of its line and its points.
        dash: the dashes of its line.
        marker: the shape of its points; none where empty.
        joined: whether a line goes through them.
        quiet: whether that line is thin.
        small: whether there are so many points that usual ones would cover each other.
    """

    colour: str
    dash: str
    marker: str
    joined: bool
    quiet: bool
    small: bool = False


def pen(spec: Chart, number: int, length: int, plan: Plan) -> Pen:
    """How the series of that number, of so many points, is drawn: alike in all charts; colours told apart by dashes."""
    series = spec.series[number]
    quiet = series.colour == QUIET
    joined = (series.kind or ("points" if spec.kind != "line" else "line")) == "line"
    colour = plan.series_colour(series) if spec.kind != "labelled" else 0
    own = 0 if quiet else colour + colour // len(COLOURS)
    dash = own if series.dash is None else series.dash
    marked = not joined or (length <= FEW and not quiet)
    return Pen(
        GREY_LINE if quiet else COLOURS[colour % len(COLOURS)],
        DASHES[dash % len(DASHES)],
        MARKERS[colour % len(MARKERS)] if marked else "",
        joined,
        quiet,
        small=not joined and length > MANY,
    )


def draw(placed: PlacedChart, layout: SheetLayout, plan: Plan) -> ScatterChart:
    """The chart, over the cells that its place covers, with what these hold.

    Raises:
        LessonError: a series of a block that does not exist or that is not one row or column of cells.
    """
    spec = placed.chart
    where = f"sheet {layout.sheet.title}, chart {spec.name}"
    chart = ScatterChart(scatterStyle="lineMarker", varyColors=False)
    chart.style = None
    chart.roundedCorners = False
    chart.display_blanks = "gap"
    chart.title = _title(spec.title, 1200, NAVY, bold=True)
    _axes(chart, spec)
    chart.x_axis.scaling.min, chart.x_axis.scaling.max = x_ends(spec, layout, plan)
    if not spec.log_x and _counts(spec, where, layout, plan):
        chart.x_axis.majorUnit = 1
    for series in spec.series:
        if spec.kind == "labelled":
            _labelled(chart, placed, series, where, layout, plan)
        else:
            _plain(chart, spec, series, where, layout, plan)
    chart.layout = plot_area(placed, layout)
    if not has_legend(spec):
        chart.legend = None
    else:
        chart.legend = Legend()
        chart.legend.position = spec.legend
        chart.legend.overlay = False
        chart.legend.txPr = _rich(900, GREY)
    chart.anchor = _anchor(placed)
    return chart


def x_ends(spec: Chart, layout: SheetLayout, plan: Plan) -> tuple[float | None, float | None]:
    """Where a chart's x begins and ends: as its lesson says, or with many steps; None where the program chooses.

    A program chooses round numbers, and the curves of 145 steps end before the edge of their chart. A name beside a
    line's end needs that room.
    """
    if spec.x_high is not None or spec.log_x or any(series.named for series in spec.series):
        return None, spec.x_high
    where = f"sheet {layout.sheet.title}, chart {spec.name}"
    places = [series_place(series.x, where, layout, plan) for series in spec.series if series.x]
    values = [plan.values[place.name] for place in places]
    if not values or not all(x.ndim == 1 and len(x) > FEW and _is_even(x) for x in values):
        return None, None
    first = float(min(x[0] for x in values))
    return 0.0 if first == 1 else first, float(max(x[-1] for x in values))


def _is_even(numbers: Array) -> bool:
    """Whether whole numbers rise by one step, as those of steps and of checkpoints do."""
    if numbers.dtype.kind not in "fiu":
        return False
    step = numbers[1] - numbers[0]
    return bool(
        step >= 1 and step.is_integer() and np.array_equal(numbers, numbers[0] + step * np.arange(len(numbers)))
    )


def _counts(spec: Chart, where: str, layout: SheetLayout, plan: Plan) -> bool:
    """Whether a chart's x counts a few things, such as epochs: there is nothing halfway between two of them."""
    places = [series_place(series.x, where, layout, plan) for series in spec.series if series.x]
    values = [plan.values[place.name] for place in places]
    return bool(values) and all(x.ndim == 1 and x.dtype.kind in "fiu" and _is_count(x) for x in values)


def _is_count(numbers: Array) -> bool:
    return 1 < len(numbers) <= FEW and np.array_equal(numbers, numbers[0] + np.arange(len(numbers)))


def series_place(name: str, where: str, layout: SheetLayout, plan: Plan) -> Place:
    """The place of a chart's block: the sheet's own, or `sheet.block`.

    Raises:
        LessonError: there is none.
    """
    place = plan.places.get(name if "." in name else f"{layout.sheet.name}.{name}")
    if place is None:
        known = ", ".join(place.block.name for place in layout.places)
        raise LessonError(f"{where}: no block named {name!r}; known: {known}")
    return place


def series_cells(place: Place, at: tuple[int, ...] | None, where: str) -> tuple[list[tuple[int, int]], Array]:
    """The cells of a series, first to last along the block's first axis, and where they are in its values.

    Raises:
        LessonError: `at` does not fit the block, or the cells are not one row or column without gaps.
    """
    others = place.shape[1:]
    at = at or ()
    if len(at) != len(others) or any(not 0 <= i < size for i, size in zip(at, others, strict=False)):
        raise LessonError(
            f"{where}: the series of {place.name} is taken at {at}, expected an entry along each of its axes {others}"
        )
    if not place.shape:
        return [place.origin], np.zeros((1, 0), dtype=np.int64)
    length = place.shape[0]
    rows, columns = (np.moveaxis(numbers, 0, -1)[at] for numbers in (place.rows, place.columns))
    steps = {(int(r), int(c)) for r, c in zip(np.diff(rows), np.diff(columns), strict=True)}
    if not steps <= {(1, 0)} and not steps <= {(0, 1)}:
        raise LessonError(f"{where}: the cells of {place.name} are not one row or column without gaps")
    index = np.array([(i, *at) for i in range(length)], dtype=np.int64)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True)], index


def _reference(place: Place, cells: list[tuple[int, int]]) -> str:
    (top, left), (bottom, right) = cells[0], cells[-1]
    return f"{in_quotes(place.title)}!{anchored(spelled((top, left, bottom, right)))}"


def _numbers(
    name: str,
    at: tuple[int, ...] | None,
    where: str,
    layout: SheetLayout,
    plan: Plan,
    only: int | None = None,
) -> NumRef:
    """A series' cells, or one of them, with their values."""
    place = series_place(name, where, layout, plan)
    cells, index = series_cells(place, at if len(place.shape) > 1 else None, where)
    if only is not None:
        cells, index = cells[only : only + 1], index[only : only + 1]
    reference = NumRef(f=_reference(place, cells))
    values = plan.values[place.name]
    if len(cells) <= CACHED_POINTS and values.dtype.kind in "fiu":
        shown = [(i, float(values[tuple(position)])) for i, position in enumerate(index)]
        points = [NumVal(idx=i, v=f"{value:.6g}") for i, value in shown if np.isfinite(value)]
        reference.numCache = NumData(formatCode="General", ptCount=len(cells), pt=points)
    return reference


def _plain(chart: ScatterChart, spec: Chart, series: Series, where: str, layout: SheetLayout, plan: Plan) -> None:
    number = len(chart.series)
    values = _numbers(series.values, series.at, where, layout, plan)
    name = SeriesLabel(v=series.name)
    if series.named_by:
        by = series_place(series.named_by, where, layout, plan)
        name = SeriesLabel(strRef=StrRef(f=_reference(by, [by.origin])))
    item = XYSeries(idx=number, order=number, tx=name, yVal=NumDataSource(numRef=values))
    if series.x:
        item.xVal = AxDataSource(numRef=_numbers(series.x, series.at, where, layout, plan))
    place = series_place(series.values, where, layout, plan)
    length = place.shape[0] if place.shape else 1
    drawn = pen(spec, number, length, plan)
    _style_series(item, drawn)
    if series.named:
        item.dLbls = DataLabelList(dLbl=[DataLabel(idx=length - 1, **_named("r" if drawn.joined else "b"))], **_UNNAMED)
    chart.series.append(item)


def _labelled(
    chart: ScatterChart,
    placed: PlacedChart,
    series: Series,
    where: str,
    layout: SheetLayout,
    plan: Plan,
) -> None:
    """One series a point, as a chart's labels can't be read from cells otherwise."""
    spec = placed.chart
    names = series_place(spec.labels, where, layout, plan)
    named, _ = series_cells(names, None, where)
    sides = label_sides(placed, series, names, layout, plan)
    for i, cell in enumerate(named):
        values = _numbers(series.values, series.at, where, layout, plan, only=i)
        name = SeriesLabel(strRef=StrRef(f=_reference(names, [cell])))
        item = XYSeries(idx=len(chart.series), order=len(chart.series), tx=name, yVal=NumDataSource(numRef=values))
        if series.x:
            item.xVal = AxDataSource(numRef=_numbers(series.x, series.at, where, layout, plan, only=i))
        _style_series(item, pen(spec, 0, 1, plan))
        if sides[i]:
            item.dLbls = DataLabelList(**_named(sides[i]))
        chart.series.append(item)


def label_sides(placed: PlacedChart, series: Series, names: Place, layout: SheetLayout, plan: Plan) -> list[str]:
    """For each point the side on which its label meets no other and no point; empty where every side is taken."""
    spec = placed.chart
    words = [str(word) for word in plan.values[names.name].ravel()]
    where = f"sheet {layout.sheet.title}, chart {spec.name}"
    wide, tall = (_SPREAD * length for length in plot_size(placed, layout))
    x, y = (
        _shares(plan.values[series_place(name, where, layout, plan).name]) * size
        for name, size in ((series.x, wide), (series.values, tall))
    )
    taken = [(a - _DOT, b - _DOT, a + _DOT, b + _DOT) for a, b in zip(x, y, strict=True)]
    found = []
    for a, b, word in zip(x, y, words, strict=True):
        half, width = _LABEL_LETTER * len(word) / 2, _LABEL_LETTER * len(word)
        boxes = {
            "t": (a - half, b + _DOT, a + half, b + _DOT + _LABEL_LINE),
            "b": (a - half, b - _DOT - _LABEL_LINE, a + half, b - _DOT),
            "r": (a + _DOT, b - _LABEL_LINE / 2, a + _DOT + width, b + _LABEL_LINE / 2),
            "l": (a - _DOT - width, b - _LABEL_LINE / 2, a - _DOT, b + _LABEL_LINE / 2),
        }
        free = (side for side, box in boxes.items() if box[0] > -_DOT and not any(_overlap(box, t) for t in taken))
        side = next(free, "")
        found.append(side)
        if side:
            taken.append(boxes[side])
    return found


def _shares(values: Array) -> Array:
    """Where numbers lie between the least and the largest of them, from 0 to 1."""
    numbers = values.astype(np.float64).ravel()
    shares: Array = (numbers - numbers.min()) / (np.ptp(numbers) or 1.0)
    return shares


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


_UNNAMED: dict[str, Any] = {
    "showSerName": False,
    "showVal": False,
    "showLegendKey": False,
    "showCatName": False,
    "showPercent": False,
    "showBubbleSize": False,
}


def _named(position: str) -> dict[str, Any]:
    """A label that says what the series is called, on one side of its point."""
    return {**_UNNAMED, "showSerName": True, "dLblPos": position, "txPr": _rich(800, GREY)}


def _style_series(item: XYSeries, drawn: Pen) -> None:
    item.smooth = False
    width = _HAIR * 2 if drawn.quiet else _LINE
    line = (
        LineProperties(solidFill=drawn.colour, w=width, prstDash=drawn.dash)
        if drawn.joined
        else LineProperties(noFill=True)
    )
    item.spPr = GraphicalProperties(ln=line)
    if drawn.marker:
        item.marker = Marker(symbol=drawn.marker, size=3 if drawn.small else 4 if drawn.joined or drawn.quiet else 6)
        item.marker.spPr = GraphicalProperties(
            solidFill=drawn.colour, ln=LineProperties(solidFill=drawn.colour, w=_HAIR)
        )
    else:
        item.marker = Marker(symbol="none")


def _axes(chart: ScatterChart, spec: Chart) -> None:
    faint = GraphicalProperties(ln=LineProperties(solidFill="E3E7EB", w=_HAIR))
    for axis, words in ((chart.x_axis, spec.x_title), (chart.y_axis, spec.y_title)):
        axis.delete = False
        axis.title = _title(words, 900, GREY) if words else None
        axis.majorGridlines = ChartLines(spPr=faint)
        axis.number_format = "General"
        axis.majorTickMark = "out"
        axis.minorTickMark = None
        axis.tickLblPos = "low"
        axis.crosses = "min"
        axis.spPr = GraphicalProperties(ln=LineProperties(solidFill="9AA5AF", w=_HAIR))
        axis.txPr = _rich(900, GREY)
    if spec.kind == "line":
        chart.x_axis.majorGridlines = None
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = spec.y_low, spec.y_high
    chart.y_axis.number_format = spec.y_format
    for axis, logarithmic in ((chart.x_axis, spec.log_x), (chart.y_axis, spec.log_y)):
        if logarithmic:
            axis.scaling.logBase = 10


def _properties(size: int, colour: str, *, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=colour, latin=TextFont(typeface=BODY))


def _rich(size: int, colour: str) -> RichText:
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=_properties(size, colour)), endParaRPr=CharacterProperties())
    return RichText(bodyPr=RichTextProperties(), p=[paragraph])


def _title(words: str, size: int, colour: str, *, bold: bool = False) -> Title:
    run: Any = RegularTextRun(rPr=_properties(size, colour, bold=bold), t=words)
    paragraph = Paragraph(r=[run])
    return Title(tx=Text(rich=RichText(bodyPr=RichTextProperties(), p=[paragraph])), overlay=False)


def _anchor(placed: PlacedChart) -> TwoCellAnchor:
    """Over the very cells that the layout keeps free, whatever their widths are in this or that program."""
    row, column, spec = placed.row - 1, placed.column - 1, placed.chart
    return TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=column, row=row),
        to=AnchorMarker(col=column + spec.columns, row=row + spec.rows),
    )
