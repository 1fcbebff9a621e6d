"""A sheet's charts and diagrams as data: what they are called, where they lie, the cells of each series."""

from typing import Any

from workbook.lesson.by_hand import Shape
from workbook.lesson.lesson import Chart, Series
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.plan import Plan
from workbook.xlsx.write.charts import pen, series_cells, series_place, x_ends
from workbook.xlsx.write.diagrams import FILLS, LINES, word_size


def charts(layout: SheetLayout, plan: Plan, titles: list[str]) -> list[dict[str, Any]]:
    """The charts of a sheet."""
    return [_chart(placed, layout, plan, titles) for placed in layout.charts]


def diagrams(layout: SheetLayout) -> list[dict[str, Any]]:
    """The diagrams of a sheet: where they lie, their size in points, and their shapes."""
    return [
        {
            "at": [placed.row - 1, placed.column - 1],
            "size": [placed.diagram.width, placed.diagram.height],
            "alt": placed.diagram.alt,
            "shapes": [_shape(shape) for shape in placed.diagram.shapes()],
        }
        for placed in layout.diagrams
    ]


def _shape(shape: Shape) -> dict[str, Any]:
    found = {
        "kind": shape.kind,
        "box": [round(number, 2) for number in (shape.x, shape.y, shape.width, shape.height)],
        "line": LINES[shape.flow],
        "fill": FILLS[shape.flow],
        "text": shape.text,
        "size": word_size(shape) if shape.text else 0,
        "dashed": shape.dashed,
    }
    return {key: value for key, value in found.items() if value}


def _chart(placed: PlacedChart, layout: SheetLayout, plan: Plan, titles: list[str]) -> dict[str, Any]:
    spec = placed.chart
    top, left = placed.row - 1, placed.column - 1
    first, last = x_ends(spec, layout, plan)
    found: dict[str, Any] = {
        "title": spec.title,
        "alt": spec.alt,
        "at": [top, left, top + spec.rows - 1, left + spec.columns - 1],
        "kind": spec.kind,
        "x": {"title": spec.x_title, "log": spec.log_x, "low": first, "high": last, "format": "General"},
        "y": {
            "title": spec.y_title,
            "log": spec.log_y,
            "low": spec.y_low,
            "high": spec.y_high,
            "format": spec.y_format,
        },
        "series": [_series(series, number, spec, layout, plan, titles) for number, series in enumerate(spec.series)],
    }
    if not spec.legend:
        found["legend"] = False
    if spec.kind == "labelled":
        found["labels"] = _cells(spec.labels, None, spec, layout, plan, titles)
    return found


def _series(
    series: Series, number: int, spec: Chart, layout: SheetLayout, plan: Plan, titles: list[str]
) -> dict[str, Any]:
    values = _cells(series.values, series.at, spec, layout, plan, titles)
    length = max(values[3] - values[1], values[4] - values[2]) + 1
    drawn = pen(spec, number, length, plan)
    found: dict[str, Any] = {
        "name": series.name,
        "colour": drawn.colour,
        "dash": drawn.dash,
        "marker": drawn.marker,
        "joined": drawn.joined,
        "x": _cells(series.x, series.at, spec, layout, plan, titles) if series.x else None,
        "y": values,
    }
    if drawn.quiet:
        found["quiet"] = True
    if series.named:
        found["named"] = True
    if series.named_by:
        found["namedBy"] = _cells(series.named_by, None, spec, layout, plan, titles)[:3]
    return found


def _cells(
    name: str, at: tuple[int, ...] | None, spec: Chart, layout: SheetLayout, plan: Plan, titles: list[str]
) -> list[int]:
    """The sheet and the corners, from 0, of a series' cells."""
    where = f"sheet {layout.sheet.title}, chart {spec.name}"
    place = series_place(name, where, layout, plan)
    cells, _ = series_cells(place, at if len(place.shape) > 1 else None, where)
    (top, left), (bottom, right) = cells[0], cells[-1]
    return [titles.index(place.title), top - 1, left - 1, bottom - 1, right - 1]
