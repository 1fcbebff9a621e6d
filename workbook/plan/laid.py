"""A sheet with everything in its place, and the measures of its layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbook.lesson.by_hand import Diagram
from workbook.lesson.lesson import (
    SIGNS,
    Chart,
    Sheet,
)
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
CODE_WIDTH = 107.0
"""In which 120 letters of Consolas 9 have room."""
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
HEADINGS_APART = 0.3
"""What a column has more than its heading, besides its margins, where another stands left of it, in digits."""
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
    ("backward", "italic, on pale orange: gradients, computed on the way back from the loss"),
    ("update", "bold, on pale green: what a step makes of the parameters, and the loss after it"),
    ("result", "bold, a line above and below: what the sheet is about"),
    ("check", "italic, dashed box: compares two routes, or says whether a run is stale"),
    ("recorded", "italic on grey, locked: what a seeded run on real data produced"),
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
