"""A sheet's drawing → where everything stands. The one place where addresses come from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil, prod
from textwrap import wrap
from typing import Literal

import numpy as np

from workbook.errors import LessonError
from workbook.formula.address import column_letters
from workbook.lesson import glossary
from workbook.lesson.by_hand import Diagram, Predictions, Tries
from workbook.lesson.lesson import (
    APART,
    SIGNS,
    Badge,
    Beside,
    Block,
    Chart,
    Charts,
    Codes,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Legend,
    Links,
    Listing,
    Pictures,
    Recorded,
    Repeat,
    Sheet,
    Table,
    Terms,
    Unprinted,
    Ways,
    Words,
)
from workbook.plan import letters
from workbook.plan.letters import FACES
from workbook.plan.place import Place

LabelRole = Literal[
    "title", "words", "section", "heading", "upright", "label", "name", "unit", "link", "code", "sample", "sign"
]

LABEL_WIDTH = 26.0
COLUMN_WIDTH = 9.0
GAP_WIDTH = 2.5
SIGN_WIDTH = 2.3
WRAPPING = 7.0
"""In columns at least as wide as this, headings of columns take several lines; in narrower ones they run over."""
CODE_WIDTH = 100.0
LINE = 130
LEAST_PRINTED = 125.0
LINE_POINTS = 15.0
LEAST_POINTS = 12.0
"""In lower rows, such as those of pictures, a line of code can't be read."""
UPRIGHT_POINTS = 225.0
WRAPPED_POINTS = 38.0
INSIDE = 0.5
CLEAR = 1.5
"""How far links of the first row, and headings side by side, stand apart at least, in digits."""
PICTURE_GAP = 2
PIXELS_PER_POINT, DIGIT_PIXELS, MARGIN_PIXELS = 4 / 3, 7, 5
"""A column of w digits of Calibri 11 is 7 w + 5 pixels wide. Source: ECMA-376 Part 1, 18.3.1.13."""
EXPERTS = "For those who know torch, fastai or the lecture"
EMPTY = (".", "|", *SIGNS)
"""The words of a drawing that are no blocks."""
CODE_LINK = "code →"
BADGE = ("{badge 1}", "{badge 2}")
"""The labels that the writer fills with the badge's lines."""

LEGEND: tuple[tuple[str, str], ...] = (
    ("input", "boxed, blue on yellow: change it, and everything recalculates"),
    ("parameter", "bold green: weights of the model, chosen by the switch or learned"),
    ("formula", "plain: computed from other cells"),
    ("forward", "on pale blue, in sheets by hand: computed on the way from the inputs to the loss"),
    ("backward", "slanted, on pale orange: gradients, computed on the way back from the loss"),
    ("update", "bold, on pale green: what a step makes of the parameters, and the loss after it"),
    ("result", "bold between two rules: what the sheet is about"),
    ("check", "slanted, dashed box: compares two routes, or says whether a run is stale"),
    ("recorded", "slanted on grey, locked: what a seeded run on real data produced"),
    ("label", "grey, locked: a name or a number that only says what stands beside it"),
)


@dataclass(frozen=True, slots=True)
class Label:
    """Words in a cell that is no block's; a link goes to a place in the workbook, written `'Title'!A1`.

    `until` is the last column that the rule under a section's words reaches; 0 for the sheet's last.
    """

    row: int
    column: int
    text: str
    role: LabelRole
    link: str = ""
    style: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True)
class PlacedChart:
    """A chart and the cells that it covers."""

    chart: Chart
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class PlacedDiagram:
    """A diagram and the cell that holds its upper left corner."""

    diagram: Diagram
    row: int
    column: int


@dataclass(frozen=True)
class SheetLayout:
    """A sheet with everything in its place; rows and columns from 1.

    Args:
        sheet: the sheet.
        places: its blocks.
        labels: its words.
        charts: its charts.
        diagrams: its diagrams.
        widths: column → characters, where it is not COLUMN_WIDTH.
        heights: row → points, where it is not the program's own.
        last_row: the last row that a print shows.
        last_column: the last column that a print shows; the code panel stands right of it.
        step: the axis along which its recurrences run.
    """

    sheet: Sheet
    places: tuple[Place, ...]
    labels: tuple[Label, ...]
    charts: tuple[PlacedChart, ...]
    diagrams: tuple[PlacedDiagram, ...]
    widths: Mapping[int, float]
    heights: Mapping[int, float]
    last_row: int
    last_column: int
    step: str


def lay_out(
    sheet: Sheet, sheets: Iterable[Sheet], sizes: Mapping[str, int], panels: Mapping[str, tuple[str, ...]]
) -> SheetLayout:
    """The sheet with everything in its place.

    Args:
        sheet: the sheet to lay out.
        sheets: all sheets of the lesson, for links.
        sizes: axis → length.
        panels: sheet → the lines of its code panel.
    """
    return _Layout(sheet, tuple(sheets), sizes, panels).finish()


@dataclass(frozen=True)
class _Band:
    """A line of a drawing.

    Args:
        words: as they are drawn.
        blocks: place → block.
        headings: place → what stands above the block.
        headed: a row of headings stands above it; otherwise they stand in free places of the row above.
        named: a row of names of columns stands above it.
        gap: how many empty rows follow.
    """

    words: list[str]
    blocks: Mapping[int, Given | Formula | Recorded]
    headings: Mapping[int, str]
    headed: bool
    named: bool
    gap: int


@dataclass
class _Layout:
    sheet: Sheet
    sheets: tuple[Sheet, ...]
    sizes: Mapping[str, int]
    panels: Mapping[str, tuple[str, ...]]
    row: int = 1
    left: int = 1
    inside: bool = False
    places: list[Place] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    charts: list[PlacedChart] = field(default_factory=list)
    diagrams: list[PlacedDiagram] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    gaps: dict[int, float] = field(default_factory=dict)
    small: dict[int, float] = field(default_factory=dict)
    named: dict[int, float] = field(default_factory=dict)
    right: int = 12
    step: str = ""
    printed: tuple[int, int] | None = None
    ways: list[tuple[int, int, str, str]] = field(default_factory=list)

    def finish(self) -> SheetLayout:
        self._label(1, self.sheet.heading or self.sheet.title, "title")
        self.heights[1] = 24.0
        self.row = 2
        self._sentences(self.sheet.words)
        self.row += 1
        for item in self.sheet.layout:
            self._item(item)
        if self.sheet.experts:
            self._words(EXPERTS, self.sheet.experts)
        last_row = max(self.row - 1, 1)
        self._lead()
        widths = self._widths()
        for label in self.labels:
            if label.role == "heading":
                shown = letters.lines(label.text, widths.get(label.column, COLUMN_WIDTH), FACES["heading"])
                self.heights[label.row] = max(self.heights.get(label.row, 0.0), LINE_POINTS * len(shown))
        panel = self.panels.get(self.sheet.name, ())
        self._first_row(widths, beside=bool(panel))
        if panel:
            self._code_beside(panel, widths)
        return SheetLayout(
            self.sheet,
            tuple(self.places),
            tuple(self.labels),
            tuple(self.charts),
            tuple(self.diagrams),
            widths,
            self.heights,
            last_row if self.printed is None else self.printed[0],
            self._wide_enough(self.right if self.printed is None else self.printed[1], widths, beside=bool(panel)),
            self.step or self.sheet.step or next((derive.step for derive in self.sheet.derive if derive.step), ""),
        )

    def _item(self, item: Item) -> None:
        match item:
            case Grid(text, tight):
                self._grid(text, None, tight=tight)
            case Repeat():
                self._grid(item.text, item, tight=item.tight)
            case Fields(names):
                self._fields(names.split())
            case Table():
                self._table(item)
            case Pictures():
                self._pictures(item)
            case Charts(names):
                self._charts(names.split())
            case Words(heading, text):
                self._words(heading, text)
            case Beside(parts):
                self._beside(parts)
            case Diagram():
                self._diagram(item)
            case Predictions():
                self._predictions(item)
            case Tries():
                self._tries(item)
            case Ways():
                self._ways(item)
            case Unprinted():
                self.printed = (max(self.row - 1, 1), self.right)
            case _:
                self._list_of(item)

    def _list_of(self, item: Links | Legend | Badge | Codes | Terms | Listing) -> None:
        """What the first and the last sheet hold."""
        match item:
            case Links():
                self._links()
            case Legend():
                self._legend()
            case Badge():
                self._badge()
            case Codes():
                self._codes()
            case Terms():
                self._terms()
            case Listing(rows, marked):
                for name, what in rows:
                    self._label(1, f"▶ {name}" if name == marked else name, "heading" if name == marked else "label")
                    self._label(2, what, "unit")
                    self.row += 1
                self.row += 1

    def _words(self, heading: str, text: str) -> None:
        if heading:
            self._section(heading)
        if text:
            self._sentences(text)
        self.row += bool(text) or not self.inside

    def _section(self, heading: str) -> None:
        self._label(self.left, heading, "section")
        self.heights[self.row] = 20.0
        self.row += 1

    def _badge(self) -> None:
        for token in BADGE:
            self._label(1, token, "words")
            self.row += 1
        self.row += 1

    def _codes(self) -> None:
        for other in sorted(self.sheets, key=lambda sheet: len(self.panels.get(sheet.name, ()))):
            if self.panels.get(other.name) and other is not self.sheet:
                self._label(1, other.title, "section", link=f"'{other.title}'!A1")
                self.row += 1
                for line in self.panels[other.name]:
                    self._label(1, line, "code")
                    self.row += 1
                self.row += 1

    def _label(self, column: int, text: str, role: LabelRole, link: str = "", style: str = "") -> None:
        if text:
            self.labels.append(Label(self.row, column, text, role, link, style))

    def _sentences(self, text: str) -> None:
        for lines in _paragraphs(text):
            for line in lines:
                self._label(self.left, line, "words")
                self.row += 1

    def _fields(self, names: list[str]) -> None:
        for block in map(self._scalar, names):
            self._label(self.left, block.title or block.name, "label")
            self._label(self.left + 2, block.words, "unit")
            self._spill(self.left + 2, block.words)
            self._place(block, (self.row, self.left + 1), {})
            self.row += 1
        self.row += 1

    def _table(self, table: Table) -> None:
        self.row -= table.tight
        for column, heading in enumerate(table.headings, start=self.left):
            self._label(column, heading, "heading")
        self.row += any(table.headings)
        for row in table.rows:
            names = row.names.split()
            if len(names) != len(table.headings) - 2:
                raise LessonError(
                    f"sheet {self.sheet.name}: the table's row {row.label!r} has {len(names)} places, "
                    f"its headings leave {len(table.headings) - 2}"
                )
            self._label(self.left, row.label, "label")
            for column, name in enumerate(names, start=self.left + 1):
                if name != ".":
                    self._place(self._scalar(name), (self.row, column), {})
            self._label(self.left + len(names) + 1, row.words, "unit")
            self.row += 1
        self.row += 1

    def _scalar(self, name: str) -> Given | Formula | Recorded:
        block = self.sheet.block(name)
        if block.axis_names:
            raise LessonError(
                f"sheet {self.sheet.name}: {name} has axes {block.axes!r}; Fields and Table show scalars only"
            )
        return block

    def _place(
        self, block: Given | Formula | Recorded, origin: tuple[int, int], strides: Mapping[str, tuple[int, int]]
    ) -> None:
        sizes = {axis: self._size(axis, block) for axis in block.axis_names}
        place = Place(self.sheet.name, self.sheet.title, block, sizes, origin, strides)
        self.places.append(place)
        self.right = max(self.right, int(place.columns.max()))
        if block.height:
            self.heights |= dict.fromkeys(map(int, np.unique(place.rows)), block.height)

    def _widths(self) -> dict[int, float]:
        """Column → characters: labels in the first, gaps where nothing else stands, else the widest asked for."""
        filled: set[int] = set()
        asked: dict[int, float] = {1: CODE_WIDTH if self._holds(Codes) else LABEL_WIDTH}
        narrow = self.sheet.column_width
        if narrow:
            asked = dict.fromkeys(set(range(1, self.right + 1)) - set(self.gaps), narrow)
        for place in self.places:
            columns = {int(column) for column in place.columns.ravel()}
            filled |= columns
            if place.block.width:
                asked |= {column: max(asked.get(column, 0.0), place.block.width) for column in columns}
        for column, wide in self._needed():
            if wide > asked.get(column, narrow or COLUMN_WIDTH):
                asked[column] = ceil(10 * wide) / 10
        gaps = {column: narrow if column in filled and narrow else width for column, width in self.gaps.items()}
        found = {column: width for column, width in gaps.items() if narrow or column not in filled} | asked | self.small
        return found | {column: max(width, found.get(column, 0.0)) for column, width in self.named.items()}

    def _needed(self) -> Iterator[tuple[int, float]]:
        """Columns, and how wide they must be.

        For the words of a drop-down, for powers of ten, for what no break parts in a heading, for the name of the cell
        that stands beside it.
        """
        for place in self.places:
            block = place.block
            if isinstance(block, Given) and isinstance(block.choices, tuple) and block.choices:
                yield place.origin[1], max(map(letters.width, block.choices))
            elif "E" in block.number_format:
                for column in set(map(int, place.columns.ravel())):
                    yield column, letters.width(f"-{block.number_format.replace('+', '-')}")
        filled = {place.origin for place in self.places}
        for label in self.labels:
            if label.role == "heading":
                yield label.column, letters.longest(label.text, FACES["heading"])
            elif label.role == "label" and (label.row, label.column + 1) in filled:
                yield label.column, letters.width(label.text) + INSIDE

    def _holds(self, kind: type) -> bool:
        return any(isinstance(item, kind) for item in self.sheet.items())

    def _wide_enough(self, last: int, widths: Mapping[int, float], *, beside: bool) -> int:
        """The last column of a print in which no sentence is cut off, though its columns are narrow.

        Where a code panel stands beside the blocks, it ends with them.
        """
        width = sum(widths.get(column, COLUMN_WIDTH) for column in range(1, last + 1))
        while width < LEAST_PRINTED and (last < self.right or not beside):
            last += 1
            width += widths.get(last, COLUMN_WIDTH)
        return last

    def _size(self, axis: str, block: Block) -> int:
        if axis not in self.sizes:
            known = ", ".join(self.sizes)
            raise LessonError(
                f"sheet {self.sheet.name}, block {block.name}: axis {axis!r} has no length; known: {known}"
            )
        return self.sizes[axis]

    def _grid(self, text: str, repeat: Repeat | None, *, tight: bool = False) -> None:
        inner = repeat.axis if repeat else ""
        parts = [self._bands(part, inner, tight=tight) for part in re.split(rf"\n\s*{APART}\s*\n", text)]
        bands = [(band, starts) for part in parts for starts in [self._starts(part, inner)] for band in part]
        top = self.row
        panel_rows = (1 if repeat else 0) + sum(self._band_rows(band, inner) for band, _ in bands)
        copies = self.sizes[inner] if inner else 1
        for copy in range(copies):
            self.row = top + copy * panel_rows
            if repeat:
                self._label(self.left, repeat.label.format(copy + 1), "section")
                self.row += 1
            for band, starts in bands:
                self._band(band, starts, inner, panel_rows, first=copy == 0)
        if repeat:
            if self.step and self.step != repeat.axis:
                raise LessonError(f"sheet {self.sheet.name}: panels repeat along {self.step} and along {repeat.axis}")
            self.step = repeat.axis
        self.row = top + copies * panel_rows

    def _starts(self, bands: list[_Band], inner: str) -> list[int]:
        """The column in which each place of a drawing begins; between them gaps, and room for signs."""
        count = len(bands[0].words)
        slots = [max(self._span(band.words[j], "across", inner) for band in bands) for j in range(count)]
        self._make_room(bands, slots)
        self.right = max(self.right, self.left + sum(slots) - 1)
        starts = [self.left + sum(slots[:j]) for j in range(count)]
        for j in range(count):
            if any(band.words[j] in SIGNS for band in bands):
                self.gaps[starts[j]] = SIGN_WIDTH
            elif any(band.words[j] == "|" for band in bands):
                self.gaps.setdefault(starts[j], GAP_WIDTH)
        return starts

    def _make_room(self, bands: list[_Band], slots: list[int]) -> None:
        """Columns more for a place whose heading would run into the next one."""
        usual = self.sheet.column_width or COLUMN_WIDTH
        starts = [self.left + sum(slots[:j]) for j in range(len(slots))]
        wide = [
            slots[j] * max([usual, *(band.blocks[j].width for band in bands if j in band.blocks)])
            for j in range(len(slots))
        ]
        if starts[0] == 1 and not self.sheet.column_width:
            wide[0] += LABEL_WIDTH - COLUMN_WIDTH
        for above, band in zip([None, *bands], bands, strict=False):
            headed = {j for j, heading in band.headings.items() if heading}
            beside = headed | (set(above.blocks) if above and not band.headed else set())
            for j, after in pairwise([*sorted(beside), len(slots)]):
                if j not in headed or not self._is_spread(band.blocks[j]):
                    continue
                more = letters.width(band.headings[j], FACES["spread"]) + CLEAR - sum(wide[j:after])
                if more > 0:
                    columns = ceil(more / usual)
                    slots[j] += columns
                    wide[j] += columns * usual

    def _is_spread(self, block: Block) -> bool:
        """Whether the heading of a block goes on over the columns beside its first."""
        return bool(block.across_axes) or 0 < self.sheet.column_width < WRAPPING

    def _bands(self, text: str, inner: str, *, tight: bool) -> list[_Band]:
        """The bands of a drawing; in a tight one, what a block is called stands above the names of its columns."""
        lines = [line.split() for line in text.strip().splitlines()]
        if not tight:
            lines = [line for line in lines if line]
        for line in lines:
            if line and len(line) != len(lines[0]):
                raise LessonError(
                    f"sheet {self.sheet.name}: the drawing's line {' '.join(line)!r} has {len(line)} places, "
                    f"its first {len(lines[0])}"
                )
        found = []
        for i, (above, line) in enumerate(zip([[], *lines], lines, strict=False)):
            below = lines[i + 1] if i + 1 < len(lines) else []
            blocks = {j: self.sheet.block(word) for j, word in enumerate(line) if word not in EMPTY}
            headings = {j: self._heading(block, inner) for j, block in blocks.items()}
            if tight:
                headings |= {
                    j: self._heading(self.sheet.block(word), inner)
                    for j in self._names(line, inner)
                    if (word := self._named(lines[i + 1 :], j, inner)) not in EMPTY
                }
                headings |= dict.fromkeys(self._names(above, inner) & headings.keys(), "")
            if line:
                free = {j for j, word in enumerate(above) if word in EMPTY} if tight else set()
                headed = any(heading for j, heading in headings.items() if j not in free)
                named = any(block.columns for block in blocks.values())
                found.append(_Band(line, blocks, headings, headed=headed, named=named, gap=0 if tight and below else 1))
        return found

    def _named(self, lines: list[list[str]], place: int, inner: str) -> str:
        """The first block below a line of names in that place, past other lines of names that it has; or `.`."""
        for line in lines:
            if not line or line[place] in EMPTY:
                return "."
            if place not in self._names(line, inner):
                return line[place]
        return "."

    def _names(self, line: list[str], inner: str) -> set[int]:
        """The places of a drawing's line that hold names of columns, without a heading of their own."""

        def across_alone(block: Block) -> bool:
            return all(axis == inner or axis in block.across_axes for axis in block.axis_names)

        blocks = ((j, self.sheet.block(word)) for j, word in enumerate(line) if word not in EMPTY)
        return {
            j
            for j, block in blocks
            if not block.title and block.across_axes and across_alone(block) and not isinstance(block, Recorded)
            if (isinstance(block, Given) and block.fixed)
            or (isinstance(block, Formula) and (block.text or block.role == "label"))
        }

    def _band(self, band: _Band, starts: list[int], inner: str, panel_rows: int, *, first: bool) -> None:
        rows = max(self._span(word, "down", inner) for word in band.words)
        self.row += band.headed + band.named
        for j, block in band.blocks.items():
            if band.headings[j]:
                role: LabelRole = "label" if self._is_spread(block) else "heading"
                above, style = (self.row - 2, "spread") if block.columns else (self.row - 1, "")
                self.labels.append(Label(above, starts[j], band.headings[j], role, style=style))
            if block.rows or block.columns:
                self._names_beside(block, starts[j])
            if self.named and band.headings[j]:
                # A heading that reaches further than its block is printed too.
                covered = ceil(
                    letters.width(band.headings[j], FACES["spread"]) / (self.sheet.column_width or COLUMN_WIDTH)
                )
                self.right = max(self.right, starts[j] + covered - 1)
        for j, word in enumerate(band.words):
            if word in SIGNS:
                self.labels.append(Label(self.row + (rows - 1) // 2, starts[j], word, "sign"))
        for j, block in band.blocks.items():
            if block.upright:
                self.heights[self.row] = UPRIGHT_POINTS
            elif block.wrapped:
                self.heights[self.row] = WRAPPED_POINTS
            if first:
                self._place(block, (self.row, starts[j]), self._strides(block, inner, panel_rows))
                self._narrow_gaps(self.places[-1])
        self.row += rows + band.gap

    def _names_beside(self, block: Block, column: int) -> None:
        """What the rows and columns of a block in this row are called."""
        for k, text in enumerate(block.columns):
            self.labels.append(Label(self.row - 1, column + k, text, "name"))
        group = self._size(block.down_axes[-1], block) if block.apart else max(len(block.rows), 1)
        found = [(self.row + k + k // group, text) for k, text in enumerate(block.rows)]
        for row, text in [(self.row - 1, block.corner), *found]:
            if text:
                self.labels.append(Label(row, column - 1, text, "name"))
                self.named[column - 1] = max(self.named.get(column - 1, 0.0), ceil(letters.width(text)) + 1.0)

    def _band_rows(self, band: _Band, inner: str) -> int:
        return band.headed + band.named + max(self._span(word, "down", inner) for word in band.words) + band.gap

    def _heading(self, block: Block, inner: str) -> str:
        """What stands above a block of a drawing, with how many rows and columns it has where the sheet says that."""
        if not (self.sheet.shapes and block.title and block.across_axes):
            return block.title
        down, across = (
            prod(self._size(axis, block) for axis in axes if axis != inner)
            for axes in (block.down_axes, block.across_axes)
        )
        return f"{block.title}  {down} × {across}"

    def _span(self, word: str, direction: Literal["down", "across"], inner: str) -> int:
        if word in EMPTY:
            return 1
        block = self.sheet.block(word)
        axes = block.down_axes if direction == "down" else block.across_axes
        return self._extent(block, (axis for axis in axes if axis != inner))

    def _extent(self, block: Block, axes: Iterable[str]) -> int:
        """How many rows, or columns, a block takes along some of its axes, gaps between their steps among them."""
        taken = 1
        for axis in reversed(tuple(axes)):
            size = self._size(axis, block)
            taken = size * taken + (size - 1) * (axis in block.apart.split())
        return taken

    def _narrow_gaps(self, place: Place) -> None:
        """Make the columns narrow that a block leaves free between the steps of an axis."""
        columns = set(map(int, place.columns.ravel()))
        for column in set(range(min(columns), max(columns))) - columns:
            self.gaps.setdefault(column, GAP_WIDTH)

    def _strides(self, block: Block, inner: str, panel_rows: int) -> dict[str, tuple[int, int]]:
        strides: dict[str, tuple[int, int]] = {}
        rows = columns = 1
        for axis in reversed(block.axis_names):
            gap = int(axis in block.apart.split())
            if axis == inner and inner:
                if axis != block.axis_names[0]:
                    raise LessonError(
                        f"sheet {self.sheet.name}, block {block.name}: {axis} repeats, so it must be the first axis"
                    )
                strides[axis] = (panel_rows, 0)
            elif axis in block.across_axes:
                strides[axis] = (0, columns + gap)
                columns = (columns + gap) * self.sizes[axis] - gap
            else:
                strides[axis] = (rows + gap, 0)
                rows = (rows + gap) * self.sizes[axis] - gap
        return strides

    def _pictures(self, item: Pictures) -> None:
        picture = self.sheet.block(item.picture)
        if len(picture.axis_names) not in (2, 4):
            raise LessonError(
                f"sheet {self.sheet.name}: {picture.name} has axes {picture.axes!r}; Pictures shows (row, column) or "
                "(tier, place, row, column)"
            )
        *outer, row, column = picture.axis_names
        height, width = self._size(row, picture), self._size(column, picture)
        # Beside the columns that Fields takes, which must keep their width.
        left = self.left + (3 if self._holds(Fields) else 1)
        above = 1 if item.caption else 0
        tall = height + above + 1
        strides = {row: (1, 0), column: (0, 1)}
        if outer:
            strides |= {outer[0]: (tall, 0), outer[1]: (0, width + PICTURE_GAP)}
        if item.caption:
            caption = self.sheet.block(item.caption)
            self._place(caption, (self.row, left), {axis: strides[axis] for axis in caption.axis_names})
        self._place(picture, (self.row + above, left), strides)
        place = self.places[-1]
        self.heights |= dict.fromkeys(map(int, np.unique(place.rows)), item.points)
        across = range(left, int(place.columns.max()) + 1)
        self.small |= dict.fromkeys(across, (item.points * PIXELS_PER_POINT - MARGIN_PIXELS) / DIGIT_PIXELS)
        self.row += tall * (self._size(outer[0], picture) if outer else 1) + 1

    def _charts(self, names: list[str]) -> None:
        charts = [next(chart for chart in self.sheet.charts if chart.name == name) for name in names]
        column = self.left
        for chart in charts:
            self.charts.append(PlacedChart(chart, self.row, column))
            column += chart.columns + 1
        self.right = max(self.right, column - 2)
        self.row += max(chart.rows for chart in charts) + 1

    def _beside(self, parts: tuple[tuple[Item, ...], ...]) -> None:
        top, left, right, bottom = self.row, self.left, self.right, self.row
        self.inside = True
        for part in parts:
            self.row, self.right = top, self.left
            before = len(self.labels)
            for item in part:
                self._item(item)
            self.labels[before:] = [replace(label, until=label.until or self.right) for label in self.labels[before:]]
            bottom, right = max(bottom, self.row), max(right, self.right)
            self.gaps.setdefault(self.right + 1, GAP_WIDTH)
            self.left = self.right + 2
            while self.left in self.gaps:
                self.left += 1
        self.row, self.left, self.right, self.inside = bottom, left, right, False

    def _diagram(self, diagram: Diagram) -> None:
        self.diagrams.append(PlacedDiagram(diagram, self.row, self.left))
        column = DIGIT_PIXELS * (self.sheet.column_width or COLUMN_WIDTH) + MARGIN_PIXELS
        self.right = max(self.right, self.left + ceil(diagram.width * PIXELS_PER_POINT / column) - 1)
        self.row += ceil(diagram.height / LINE_POINTS)

    def _spill(self, column: int, words: str) -> None:
        """Keep the columns that words run over free of what stands beside."""
        if self.inside and words:
            covered = ceil(letters.width(words, FACES["unit"]) / (self.sheet.column_width or COLUMN_WIDTH))
            self.right = max(self.right, column + covered - 1)

    def _predictions(self, item: Predictions) -> None:
        self._section(item.heading)
        for asked in item.rows:
            self._label(self.left, asked.question, "words")
            self._place(self._scalar(asked.answer), (self.row, self.left + item.columns), {})
            self._place(self._scalar(asked.verdict), (self.row, self.left + item.columns + 1), {})
            self.row += 1
        self.right += 1  # a verdict is wider than its column
        self.row += 1

    def _tries(self, item: Tries) -> None:
        self._section(item.heading)
        places = {place.block.name: place for place in self.places}
        for row in item.rows:
            if row.block not in places:
                raise LessonError(f"sheet {self.sheet.name}: {row.block!r} is to be tried and does not stand above")
            address = places[row.block].address(row.at)
            self._label(self.left, address, "link", link=f"'{self.sheet.title}'!{address}")
            words = f"type {row.value}: {row.watch}"
            self._label(self.left + 1, words, "unit")
            self._spill(self.left + 1, words)
            self.row += 1
        self.row += 1

    def _ways(self, item: Ways) -> None:
        """Room for links to what stands further down; `_lead` writes them when all places are known."""
        self._section(item.heading)
        for block, words in item.rows:
            self.ways.append((self.row, self.left, block, words))
            self._spill(self.left, words)
            self.row += 1
        self.row += 1

    def _lead(self) -> None:
        places = {place.block.name: place for place in self.places}
        for row, column, block, words in self.ways:
            if block not in places:
                raise LessonError(f"sheet {self.sheet.name}: a link leads to {block!r}, which the layout does not draw")
            link = f"'{self.sheet.title}'!{places[block].address()}"
            self.labels.append(Label(row, column, words, "link", link))

    def _links(self) -> None:
        for other in self.sheets:
            if other is not self.sheet:
                self._label(1, other.title, "link", link=f"'{other.title}'!A1")
                self._label(2, other.summary, "unit")
                self.row += 1
        self.row += 1

    def _terms(self) -> None:
        for term, sheet in glossary.listed(self.sheets):
            self._label(1, term.name, "section")
            self._label(2, term.meaning, "unit")
            self.row += 1
            self._label(2, f"first on {sheet.title}", "link", link=f"'{sheet.title}'!A1")
            self.row += 1

    def _first_row(self, widths: Mapping[int, float], *, beside: bool) -> None:
        """What stands right of the title: a link to the code, links to the glossary from the words that are new."""
        links = [(CODE_LINK, "")] if beside else []
        home = next((sheet for sheet in self.sheets if sheet.name == glossary.NAME), None)
        if home is not None:
            rows = {term: k for k, (term, _) in enumerate(glossary.listed(self.sheets))}
            top = 2 + sum(len(lines) for lines in _paragraphs(home.words)) + 1
            terms = glossary.first_on(self.sheets)[self.sheet.name]
            links += [(term.name, f"'{home.title}'!A{top + 2 * rows[term]}") for term in terms]
        self.row = 1
        column = self._column_after(1, letters.width(self.sheet.heading or self.sheet.title, FACES["title"]), widths)
        column = max(column, min(self.right, 8))
        for text, link in links:
            self.labels.append(Label(1, column, text, "link", link))
            column = self._column_after(column, letters.width(text), widths)
        if links:
            self.right = max(self.right, column - 1)
            self.printed = self.printed and (self.printed[0], max(self.printed[1], column - 1))

    def _column_after(self, column: int, wide: float, widths: Mapping[int, float]) -> int:
        """The first column that begins right of a text of that width."""
        room = 0.0
        while room < wide + CLEAR:
            room += widths.get(column, COLUMN_WIDTH)
            column += 1
        return column

    def _legend(self) -> None:
        for role, meaning in LEGEND:
            self._label(1, role, "sample", style=role)
            self._label(2, meaning, "unit")
            self.row += 1
        self.row += 1

    def _code_beside(self, lines: tuple[str, ...], widths: dict[int, float]) -> None:
        column = self.right + 2
        widths |= {column - 1: GAP_WIDTH, column: CODE_WIDTH}
        low = max((row for row, points in self.heights.items() if points < LEAST_POINTS), default=-1)
        top = low + 2
        self.row = top
        self._label(column, "The code that does the same", "section")
        for row, line in enumerate(lines, start=top + 2):
            self.row = row
            self._label(column, line, "code")
        here = f"'{self.sheet.title}'!{column_letters(column)}{top}"
        self.labels = [replace(label, link=here) if label.text == CODE_LINK else label for label in self.labels]


def _paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph."""
    return [wrap(" ".join(paragraph.split()), LINE) for paragraph in text.strip().split("\n\n")]
