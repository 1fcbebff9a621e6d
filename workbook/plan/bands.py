"""Drawings of blocks → bands of cells: where each block begins, what stands above it, and signs between."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, prod
from typing import Literal

import numpy as np

from workbook.errors import LessonError
from workbook.lesson.lesson import (
    APART,
    SIGNS,
    Block,
    Fields,
    Formula,
    Given,
    Pictures,
    Recorded,
    Repeat,
)
from workbook.plan import letters
from workbook.plan.board import Board
from workbook.plan.laid import (
    CLEAR,
    COLUMN_WIDTH,
    DIGIT_PIXELS,
    EMPTY,
    GAP_WIDTH,
    LABEL_WIDTH,
    LINE_POINTS,
    MARGIN_PIXELS,
    PICTURE_GAP,
    PIXELS_PER_POINT,
    SIGN_WIDTH,
    UPRIGHT_POINTS,
    WRAPPED_POINTS,
    WRAPPING,
    Label,
    LabelRole,
)
from workbook.plan.letters import FACES
from workbook.plan.place import Place


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


class Bands(Board):
    """A sheet on which drawings are laid out."""

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
        """Add columns for a place whose heading would run into the next one."""
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
        """Whether the heading of a block runs over the columns beside its first."""
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
        """The first block below a line of names in that place, past other lines of names; `.` where there is none."""
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
                # In the low rows of pictures, smaller letters.
                style = "unit" if 0 < block.height < LINE_POINTS else ""
                self.labels.append(Label(row, column - 1, text, "name", style=style))
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
        """How many rows, or columns, a block takes along some of its axes, gaps between their steps included."""
        taken = 1
        for axis in reversed(tuple(axes)):
            size = self._size(axis, block)
            taken = size * taken + (size - 1) * (axis in block.apart.split())
        return taken

    def _narrow_gaps(self, place: Place) -> None:
        """Narrow the columns that a block leaves free between the steps of an axis."""
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
