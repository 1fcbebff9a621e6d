"""What a reader would find cut, run together or too narrow: every text of a plan, measured against its cell or box."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, isfinite

import numpy as np
from openpyxl import Workbook

from workbook.check.shown import render
from workbook.formula.address import cell_address
from workbook.lesson.lesson import SIGNS, Given
from workbook.plan.layout import (
    COLUMN_WIDTH,
    DIGIT_PIXELS,
    LINE_POINTS,
    MARGIN_PIXELS,
    PIXELS_PER_POINT,
    PlacedChart,
    PlacedDiagram,
    SheetLayout,
)
from workbook.plan.letters import FACES, USUAL, Face, lines, longest, width
from workbook.plan.place import Place
from workbook.plan.plan import Plan, options
from workbook.xlsx.write.cells import block_style, cell_format, label_style
from workbook.xlsx.write.checked import things
from workbook.xlsx.write.plot_area import plot_size
from workbook.xlsx.write.sheets import NOTE_FACE, block_validation, note, powers_of_ten
from workbook.xlsx.write.styles import ROLES, Styles

MARGIN = MARGIN_PIXELS / DIGIT_PIXELS
"""What a column has besides its digits."""
INDENT = 9 / DIGIT_PIXELS
LEAST_LINE = 1.0
"""The least height of a row, as a share of the size: 0.9 from the top of the capitals to the bottom of a g, and air."""
LEAST_PLOT = 70.0
"""In points: in a lower one the rise and fall of curves can't be read."""
POWERS = "0.00E+00"
APART = 1.0
"""How far words of two cells stand apart at least: two blanks, in digits."""
POINTS_PER_DIGIT = 1038 / 2048 * 11
SLACK = 1.02
"""A program rounds the letters of a chart or a shape to its own pixels."""


@dataclass(frozen=True)
class Text:
    """Words or a number in a cell, as they are shown."""

    row: int
    column: int
    shown: str
    face: Face = USUAL
    align: str = ""
    indent: int = 0
    wrap: bool = False
    upright: bool = False
    boxed: bool = False
    number: bool = False

    @property
    def wide(self) -> float:
        """Its own width, in digits."""
        return width(self.shown, self.face)


def cut(plan: Plan) -> Iterator[str]:
    """A sentence for each text that a reader does not see whole."""
    for layout in plan.layouts:
        sheet = _Sheet(layout, plan)
        yield from sheet.cells()
        for placed in layout.charts:
            yield from _chart(placed, layout)
        for placed in layout.diagrams:
            yield from _diagram(placed, layout)
        for place in layout.places:
            yield from _prompt(place, plan)
            yield from _note(place)


class _Sheet:
    def __init__(self, layout: SheetLayout, plan: Plan) -> None:
        self.layout, self.plan = layout, plan
        self.styles = Styles(Workbook())
        self.rules = list(powers_of_ten(layout))
        self.edges = [0.0]
        self.filled = _filled(layout)

    def left(self, column: int) -> float:
        """Where a column begins, in digits."""
        while len(self.edges) < column:
            wide = self.layout.widths.get(len(self.edges), COLUMN_WIDTH)
            self.edges.append(self.edges[-1] + wide + MARGIN)
        return self.edges[column - 1]

    def cells(self) -> Iterator[str]:
        rows: dict[int, list[Text]] = defaultdict(list)
        for text in self._texts():
            if not text.shown:
                continue
            where = f"{self.layout.sheet.title}!{cell_address(text.row, text.column)} {text.shown!r}"
            high = self.layout.heights.get(row := text.row, LINE_POINTS)
            if not text.upright and high < (low := LEAST_LINE * text.face.size):
                yield f"{where}: letters of {low:.1f} points in row {row} of {high:.0f}"
            if text.upright or text.wrap or text.number:
                yield from self._in_its_cell(text, where)
            rows[text.row].append(text)
        for row, texts in sorted(rows.items()):
            yield from self._row(row, sorted(texts, key=lambda text: text.column))

    def _in_its_cell(self, text: Text, where: str) -> Iterator[str]:
        room = self.layout.widths.get(text.column, COLUMN_WIDTH)
        high = self.layout.heights.get(text.row, LINE_POINTS)
        if text.upright:
            needed = text.wide * POINTS_PER_DIGIT
            if needed > high:
                yield f"{where}: upright, {needed:.0f} points of {high:.0f}"
        elif text.number and text.wide > room:
            yield f"{where}: a number of {text.wide:.1f} digits in a column of {room:.1f}"
        elif text.wrap:
            found = lines(text.shown, room, text.face)
            if longest(text.shown, text.face) > room:
                yield f"{where}: a word is broken, {longest(text.shown, text.face):.1f} digits of {room:.1f}"
            needed = len(found) * LINE_POINTS * text.face.size / USUAL.size
            if needed > high + 0.5:
                yield f"{where}: {len(found)} lines of {needed:.0f} points in a row of {high:.0f}"

    def _row(self, row: int, texts: list[Text]) -> Iterator[str]:
        taken = self.filled[row]
        spans = [self._span(text) for text in texts]
        for text, (start, end) in zip(texts, spans, strict=True):
            if text.wrap or text.upright or text.number:
                continue
            where = f"{self.layout.sheet.title}!{cell_address(row, text.column)} {text.shown!r}"
            after = bisect_left(taken, text.column + 1)
            if after < len(taken) and end > self.left(taken[after]):
                yield f"{where}: cut by {cell_address(row, taken[after])}, {end - self.left(taken[after]):.1f} digits"
            before = bisect_left(taken, text.column) - 1
            if before >= 0 and start < self.left(taken[before] + 1):
                yield f"{where}: cut by {cell_address(row, taken[before])} on its left"
            elif start < 0:
                yield f"{where}: cut by the sheet's edge"
            printed = self.left(self.layout.last_column + 1)
            if end > printed >= start and row <= self.layout.last_row:
                yield f"{where}: cut in print, {end - printed:.1f} digits"
        for (one, (_, end)), (other, (start, _)) in pairwise(zip(texts, spans, strict=True)):
            if other.shown in SIGNS:
                continue
            least = APART / 2 if one.number and other.number else APART
            if end <= start + 1e-9 and start - end < least and not (one.boxed or other.boxed or one.upright):
                where = f"{self.layout.sheet.title}!{cell_address(row, one.column)}"
                yield f"{where} {one.shown!r} and {other.shown!r}: run together"

    def _span(self, text: Text) -> tuple[float, float]:
        left, right = self.left(text.column), self.left(text.column + 1)
        if text.wrap:
            wide = max(width(line, text.face) for line in lines(text.shown, right - left - MARGIN, text.face))
        else:
            wide = text.wide
        if text.upright:
            return left, right
        if text.align == "right" or (text.number and not text.align):
            return right - MARGIN / 2 - wide, right - MARGIN / 2
        if text.align == "center":
            return (left + right - wide) / 2, (left + right + wide) / 2
        start = left + MARGIN / 2 + text.indent * INDENT
        return start, start + wide

    def _texts(self) -> Iterator[Text]:
        for label in self.layout.labels:
            if not label.text.startswith("{badge"):
                style = label_style(label, label.text, self.layout, self.styles)
                yield self._text(label.row, label.column, label.text, style)
        for place in self.layout.places:
            yield from self._of_block(place)

    def _text(self, row: int, column: int, shown: str, style: int, *, number: bool = False) -> Text:
        role, _, _, upright, _, align, box, frame = self.styles.asked()[style]
        worn = ROLES[str(role)]
        return Text(
            row,
            column,
            shown,
            FACES.get(str(role), USUAL),
            str(align),
            max(worn.indent, int(align == "inset")),
            worn.wrap,
            bool(upright or worn.upright),
            bool(worn.fill or (worn.box + worn.rules if box is None else box) or frame),
            number,
        )

    def powers(self, place: Place) -> Iterator[tuple[float, float]]:
        """The numbers between which the block's cells are shown in its own format."""
        for ranges, rule in self.rules:
            if set(place.ranges()) <= set(ranges.split()):
                low, high = map(float, rule.formula)
                yield low, high

    def _of_block(self, place: Place) -> Iterator[Text]:
        block, values = place.block, self.plan.values[place.name]
        style = block_style(place, values, self.styles)
        if values.dtype.kind == "b":
            return
        if block.is_text:
            for index, value in np.ndenumerate(values):
                yield self._text(int(place.rows[index]), int(place.columns[index]), str(value), style)
            for option in options(self.plan, place):
                yield self._text(*place.origin, option, style)
            return
        code = cell_format(block, values)
        finite = [value for value in values.ravel().tolist() if isinstance(value, int | float) and isfinite(value)]
        hidden = code == ";;;" or block.look in ("ink", "photo")
        for value in {max(finite), min(finite)} if finite and not hidden else ():
            if code != "General":
                index = tuple(np.argwhere(values == value)[0])
                at = int(place.rows[index]), int(place.columns[index])
                shown = POWERS if any(low > value or value > high for low, high in self.powers(place)) else code
                yield self._text(*at, render(value, shown), style, number=True)
        if block.blank and len(finite) < values.size:
            index = tuple(np.argwhere(values != values)[0])
            yield self._text(int(place.rows[index]), int(place.columns[index]), block.blank, style)


def _filled(layout: SheetLayout) -> dict[int, list[int]]:
    """Row → the columns in which something stands."""
    found: dict[int, set[int]] = defaultdict(set)
    worded = [place for place in layout.places if place.block.is_text or place.block.blank]
    wanted = {label.row for label in layout.labels} | {int(row) for place in worded for row in np.unique(place.rows)}
    rectangles = [rectangle for _, rectangle in things(layout)]
    for placed in layout.diagrams:
        wide = ceil(placed.diagram.width * PIXELS_PER_POINT / (DIGIT_PIXELS * COLUMN_WIDTH + MARGIN_PIXELS))
        high = ceil(placed.diagram.height / LINE_POINTS)
        rectangles.append((placed.row, placed.column, placed.row + high - 1, placed.column + wide - 1))
    for top, left, bottom, right in rectangles:
        for row in range(top, bottom + 1):
            if row in wanted:
                found[row].update(range(left, right + 1))
    return defaultdict(list, {row: sorted(columns) for row, columns in found.items()})


def _chart(placed: PlacedChart, layout: SheetLayout) -> Iterator[str]:
    chart = placed.chart
    columns = range(placed.column, placed.column + chart.columns)
    wide = sum(layout.widths.get(column, COLUMN_WIDTH) + MARGIN for column in columns)
    high = sum(layout.heights.get(row, LINE_POINTS) for row in range(placed.row, placed.row + chart.rows))
    where = f"{layout.sheet.title}, chart {chart.name}"
    for words, face, room in (
        (chart.title, Face(12, bold=True), wide),
        (chart.x_title, Face(9), wide),
        (chart.y_title, Face(9), high / POINTS_PER_DIGIT),
    ):
        if SLACK * width(words, face) > room - 2:
            yield f"{where}: {words!r} needs {SLACK * width(words, face):.0f} digits of {room - 2:.0f}"
    plot = plot_size(placed, layout)[1]
    if plot < LEAST_PLOT:
        yield f"{where}: a plot of {plot:.0f} points, expected {LEAST_PLOT:.0f}"
    if chart.kind != "labelled" and chart.legend and len(chart.series) > 1:
        names = [width(series.name, Face(9)) + 6 for series in chart.series]
        if max(names) > wide - 2 or ceil(sum(names) / (wide - 2)) * 13 > high / 3:
            yield f"{where}: its legend does not fit"


def _diagram(placed: PlacedDiagram, layout: SheetLayout) -> Iterator[str]:
    for shape in placed.diagram.shapes():
        if not shape.text:
            continue
        size = 9.0 if shape.kind == "words" else min(9.0, 0.55 * shape.height)
        needed = SLACK * width(shape.text, Face(size, bold=shape.kind != "words")) * POINTS_PER_DIGIT
        if needed > shape.width:
            where = f"{layout.sheet.title}, diagram"
            yield f"{where}: {shape.text!r} needs {needed:.0f} points of {shape.width:.0f}"


def _prompt(place: Place, plan: Plan) -> Iterator[str]:
    validation = block_validation(place, plan) if isinstance(place.block, Given) else None
    for words in (validation.promptTitle, validation.prompt, validation.error) if validation else ():
        if words and words.endswith("…"):
            yield f"{place.title}!{place.address()}: what is said of the cell is cut: {words!r}"


def _note(place: Place) -> Iterator[str]:
    """A note is not set in a cell's font: its words are measured with room to spare, in lines of one and a quarter."""
    if not place.block.note:
        return
    box = note(place)
    room = (box.width - 8) / DIGIT_PIXELS
    where = f"{place.title}!{place.address()}, note"
    if longest(place.block.note, NOTE_FACE) > room:
        yield f"{where}: a word is broken"
    needed = sum(len(lines(text, room, NOTE_FACE)) for text in place.block.note.splitlines())
    needed *= 1.25 * NOTE_FACE.size * PIXELS_PER_POINT
    if needed > box.height:
        yield f"{where}: its lines need {needed:.0f} pixels of {box.height:.0f}"
