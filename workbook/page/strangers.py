"""What a page shows of a workbook that no plan made: its cells' looks and validations, as its file has them."""

import base64
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from workbook.errors import FormulaError
from workbook.formula.address import cell_address, cell_position, is_range
from workbook.page.conditions import Conditions, conditions_of
from workbook.page.groups import groups_of
from workbook.page.heights import grown_rows
from workbook.page.inputs import inputs_of
from workbook.page.looks import StyleTable, reference
from workbook.page.scales import corners, scales_of, sparklines
from workbook.page.sheet_looks import MOST_COLUMNS, MOST_ROWS, headings, hexadecimal, inwards, rich, styled
from workbook.plan.layout import COLUMN_WIDTH, LINE_POINTS
from workbook.transpile import Region
from workbook.xlsx.drawn import PIES, Drawn, DrawnAxis, DrawnBox, DrawnChart, DrawnPicture, DrawnSeries, read_drawn
from workbook.xlsx.looks import Condition, Looks, SheetLooks, read_looks, rectangles
from workbook.xlsx.read import Book, SheetCells

_MOST_MERGED = 10_000
_HYPERLINK = re.compile(r'=?HYPERLINK\("((?:[^"]|"")*)"[,)]', re.IGNORECASE)
"""A formula that says where it leads."""
_PADDING = 0.71
_USUAL_WIDTH = 8.43
"""Digits, of a column that a file says nothing of. Source: Excel specifications and limits."""
_WEB = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+$", re.IGNORECASE)
"""What a page leads to outside of itself."""
_CHARTS = {"lineChart": "line", "stockChart": "line", "radarChart": "radar"}


@dataclass(frozen=True)
class Stranger:
    """A workbook that no plan made, as far as a page shows it.

    Args:
        path: the file.
        book: what was read of it.
        looks: its styles, and how it was left.
        sheets: how each sheet looks.
        conditions: its conditional formats; a page's program computes the sheet of them beside its own.
    """

    path: Path
    book: Book
    looks: Looks
    sheets: Mapping[str, SheetLooks]
    conditions: Conditions

    @classmethod
    def read(cls, path: Path, book: Book) -> Self:
        """A file, of which `book` was read.

        Raises:
            FileError: a part of it is damaged.
        """
        looks, each = read_looks(path)
        sheets = dict(each)
        return cls(path, book, looks, sheets, conditions_of(book, sheets))


def describe_file(stranger: Stranger, titles: Sequence[str], kept: Sequence[tuple[Region, str]] = ()) -> dict[str, Any]:
    """A workbook as a page has it: every cell without a formula may be changed.

    Args:
        stranger: the workbook.
        titles: the sheets to show, in order.
        kept: the formulas that are not computed, so that their cells show what the file was saved with, and why.

    Raises:
        FileError: a part of it is damaged.
    """
    path, book, looks = stranger.path, stranger.book, stranger.looks
    drawn = read_drawn(path)
    style_table = StyleTable()

    def sheet(title: str) -> dict[str, Any]:
        looked = stranger.sheets.get(title, SheetLooks())
        return {
            **_sheet(book.sheets[title], looked, looks, style_table),
            **_conditions(stranger.conditions, title),
            **_inputs(inputs_of(looked, book, title, titles)),
            **_links(book.sheets[title], looked, titles),
            **_drawn(drawn.get(title, Drawn()), titles),
            **_kept(kept, title),
            **_small(looked, titles),
            **groups_of(looked),
        }

    return {
        "name": path.stem.encode(errors="replace").decode(),
        "title": path.stem.encode(errors="replace").decode(),
        "column": COLUMN_WIDTH,
        "row": LINE_POINTS,
        "sheets": [sheet(title) for title in titles],
        "first": _first(book, titles, looks.active),
        "from1904": book.from_1904,
        "styles": style_table.entries,
        **({"aside": len(titles)} if stranger.conditions.aside else {}),
        **({"suffix": path.suffix.lower()} if path.suffix.lower() in (".xlsm", ".xltx", ".xltm") else {}),
    }


def _small(looks: SheetLooks, titles: Sequence[str]) -> dict[str, Any]:
    """The sparklines of a sheet, where it has any."""
    return {"sparklines": found} if (found := sparklines(looks, titles)) else {}


def _kept(kept: Sequence[tuple[Region, str]], title: str) -> dict[str, Any]:
    """The cells of a sheet that show saved values, where it has any: their ranges, and why."""
    found = [{"ranges": [inwards(region.rectangle)], "why": why} for region, why in kept if region.sheet == title]
    return {"saved": found} if found else {}


def _drawn(drawn: Drawn, titles: Sequence[str]) -> dict[str, Any]:
    """The charts, the pictures and the boxes with words of a sheet, where it has any."""
    found = {
        "charts": [_chart(chart, titles) for chart in drawn.charts],
        "pictures": [_picture(picture) for picture in drawn.pictures],
        "boxes": [{**_lying(box), "words": box.words, "fill": hexadecimal(box.ground)} for box in drawn.boxes],
    }
    return {key: value for key, value in found.items() if value}


def _lying(one: DrawnPicture | DrawnBox) -> dict[str, Any]:
    """Where something lies: its cell, pixels from there, its size in pixels."""
    return {"at": [one.row - 1, one.column - 1], "offset": list(one.offset), "size": list(one.size)}


def _picture(picture: DrawnPicture) -> dict[str, Any]:
    content = base64.b64encode(picture.content).decode()
    return {
        **_lying(picture),
        "alt": picture.alt,
        "source": f"data:{picture.kind};base64,{content}",
    }


def _chart(chart: DrawnChart, titles: Sequence[str]) -> dict[str, Any]:
    """A chart as the page draws it; one that it can't draw says so in its place."""
    top, left, bottom, right = chart.place
    found: dict[str, Any] = {
        "title": chart.title,
        "alt": chart.alt,
        "at": [top - 1, left - 1, bottom - 1, right - 1],
        "kind": "pie" if chart.kind in PIES else _CHARTS.get(chart.kind, "cloud"),
        "x": _axis(chart.x),
        "y": _axis(chart.y),
        "series": [],
    }
    categories = None
    for series in chart.series if chart.is_drawn else ():
        values = _cells(series.y, titles)
        if values is None:
            continue
        across = _cells(series.x, titles) if series.x else None
        if chart.kind not in ("scatterChart", "bubbleChart"):
            categories, across = categories or across, None
        found["series"].append(
            {
                "name": series.name,
                "colour": series.colour,
                "dash": series.dash,
                "marker": series.marker,
                "joined": series.joined,
                "bar": series.bar,
                "area": series.area,
                "stacked": series.stacked,
                "second": series.second and chart.second is not None,
                **_beside_points(series, titles),
                "x": across,
                "y": values,
            }
        )
    if any(series.stacked == "percentStacked" for series in chart.series) and chart.y.number_format == "General":
        found["y"]["format"] = "0%"
    if chart.second is not None:
        found["second"] = _axis(chart.second)
    if categories:
        found["categories"] = categories
    if chart.lies:
        found["lies"] = True
    if chart.ranges:
        found["ranges"] = True
    if chart.kind in PIES:
        found |= {"slices": list(chart.accents), "hole": chart.kind == "doughnutChart"}
    if not found["series"]:
        found["words"] = "The workbook has a chart here that a page does not draw."
    return found


def _beside_points(series: DrawnSeries, titles: Sequence[str]) -> dict[str, Any]:
    """What is drawn with the points of a series: their sizes, lines through them, how far they may be wrong, labels."""
    found: dict[str, Any] = {
        "sizes": _cells(series.sizes, titles) if series.sizes else None,
        "trends": [
            {key: value for key, value in asdict(trend).items() if value not in (None, False, "", 0.0)}
            for trend in series.trends
        ],
        "errors": asdict(series.errors) if series.errors else None,
        "labels": asdict(series.labels) if series.labels else None,
        "smooth": series.smooth,
    }
    return {key: value for key, value in found.items() if value}


def _axis(axis: DrawnAxis) -> dict[str, Any]:
    return {"title": axis.title, "log": axis.log, "low": axis.low, "high": axis.high, "format": axis.number_format}


def _cells(text: str, titles: Sequence[str]) -> list[int] | None:
    """Sheet and corners, from 0, of a row or column that a chart's formula names; None where it names other cells."""
    try:
        found = reference(text, list(titles))
    except (ValueError, IndexError):
        return None
    rows, columns = found[3] - found[1], found[4] - found[2]
    return found if min(rows, columns) == 0 and max(rows, columns) < MOST_ROWS else None


def _inputs(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the cells of a sheet accept, where it says it."""
    return {"inputs": found} if found else {}


def _conditions(conditions: Conditions, title: str) -> dict[str, Any]:
    """The rules of a sheet, where it has any."""
    return {"conditions": rules} if (rules := conditions.rules.get(title)) else {}


def _first(book: Book, titles: Sequence[str], active: int) -> int:
    """The sheet that the file was left at; where that is hidden, the first that is not."""
    shown = [k for k, title in enumerate(titles) if book.sheets[title].state == "visible"]
    return active if active in shown else next(iter(shown), 0)


def _sheet(cells: SheetCells, looks: SheetLooks, book: Looks, style_table: StyleTable) -> dict[str, Any]:
    column = looks.column_width - _PADDING if looks.column_width else _USUAL_WIDTH
    heights = looks.heights | grown_rows(cells, looks, book, column)
    found: dict[str, Any] = {
        "title": cells.title,
        "open": True,
        "hidden": cells.state != "visible",
        "lined": looks.lined,
        "column": column,
        "row": looks.row_height,
        "widths": {
            column - 1: max(0.0, width - _PADDING) for column, width in looks.widths.items() if column <= MOST_COLUMNS
        },
        "heights": {row - 1: height for row, height in heights.items() if row <= MOST_ROWS},
        "freeze": list(looks.frozen) if any(looks.frozen) else None,
        "looks": styled(cells, looks, book, style_table),
        "rich": rich(cells, looks),
        "headings": headings(looks),
        "merged": [inwards(one) for one in rectangles(" ".join(cells.merged[:_MOST_MERGED])) if one[:2] != one[2:]],
        "scales": scales_of(looks),
        "quiet": [hidden for rule in looks.rules if (hidden := _quiet(rule))],
        "notes": [[*_from_zero(address), text] for address, text in looks.notes.items() if is_range(address)],
    }
    return {key: value for key, value in found.items() if value not in ({}, [], "", None, False)}


def _links(sheet: SheetCells, looks: SheetLooks, titles: Sequence[str]) -> dict[str, Any]:
    """Where cells lead: to other cells, and to addresses of the web and of mail; a link elsewhere is not passed on."""
    inner, outer = [], []
    written = {
        cell_address(*at): found[1].replace('""', '"')
        for at, cell in sheet.cells.items()
        if cell.formula and (found := _HYPERLINK.match(cell.formula))
    }
    for cells, target in (looks.links | written).items():
        if not is_range(cells):
            continue
        if _WEB.match(target):
            outer.append([*_from_zero(cells), target])
            continue
        with suppress(ValueError, IndexError, FormulaError):
            inner.append([*_from_zero(cells), *reference(target.removeprefix("#"), list(titles))[:3]])
    return {key: found for key, found in (("links", inner), ("web", outer)) if found}


def _from_zero(address: str) -> tuple[int, int]:
    row, column = cell_position(address.partition(":")[0])
    return row - 1, column - 1


def _quiet(rule: Condition) -> dict[str, Any] | None:
    """Cells whose errors the file shows in the colour of their ground."""
    if rule.kind != "containsErrors" or not rule.ink or rule.ink != rule.ground:
        return None
    return {"ranges": corners(rule), "fill": rule.ground}
