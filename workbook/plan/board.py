"""What is put on a sheet while it is laid out: words and blocks, each in its cell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from textwrap import wrap

import numpy as np

from workbook.errors import LessonError
from workbook.lesson.lesson import (
    Block,
    Formula,
    Given,
    Recorded,
    Sheet,
)
from workbook.plan import letters
from workbook.plan.laid import COLUMN_WIDTH, LINE, Label, LabelRole, PlacedChart, PlacedDiagram
from workbook.plan.letters import FACES
from workbook.plan.place import Place


@dataclass
class Board:
    """A sheet, the cell that comes next, and what stands on it so far."""

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

    def _section(self, heading: str) -> None:
        self._label(self.left, heading, "section")
        self.heights[self.row] = 20.0
        self.row += 1

    def _label(self, column: int, text: str, role: LabelRole, link: str = "", style: str = "") -> None:
        if text:
            self.labels.append(Label(self.row, column, text, role, link, style))

    def _sentences(self, text: str) -> None:
        for lines in paragraphs(text):
            for line in lines:
                self._label(self.left, line, "words")
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

    def _holds(self, kind: type) -> bool:
        return any(isinstance(item, kind) for item in self.sheet.items())

    def _size(self, axis: str, block: Block) -> int:
        if axis not in self.sizes:
            known = ", ".join(self.sizes)
            raise LessonError(
                f"sheet {self.sheet.name}, block {block.name}: axis {axis!r} has no length; known: {known}"
            )
        return self.sizes[axis]

    def _spill(self, column: int, words: str) -> None:
        """Keep the columns that words run over free of what stands beside."""
        if self.inside and words:
            covered = ceil(letters.width(words, FACES["unit"]) / (self.sheet.column_width or COLUMN_WIDTH))
            self.right = max(self.right, column + covered - 1)


def paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph."""
    return [wrap(" ".join(paragraph.split()), LINE) for paragraph in text.strip().split("\n\n")]
