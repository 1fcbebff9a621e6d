"""Charts: what a sheet draws of its blocks."""

from dataclasses import dataclass
from typing import Literal

QUIET = 7
"""The colour of what only gives bearings in a chart: level lines, a best line."""


@dataclass(frozen=True)
class Series:
    """One line or one cloud of points of a chart: the block's values, against `x`'s.

    Args:
        values: the block, or `sheet.block`.
        name: what the legend says.
        x: the block of the other axis; the numbers from 1 where empty.
        at: where along its axes after the first.
        kind: a line or points, where the chart draws the other.
        colour: its number in the palette, QUIET is a thin grey line, for what only gives bearings. None: the one
            that its name has in all charts of the workbook.
        dash: the number of its dashes; as its colour's where None.
        named: its name stands right of its last point; below it where its points are not joined.
        named_by: the scalar block whose words are its name, in place of `name`.
    """

    values: str
    name: str
    x: str = ""
    at: tuple[int, ...] | None = None
    kind: Literal["", "line", "points"] = ""
    colour: int | None = None
    dash: int | None = None
    named: bool = False
    named_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart.

    `kind` "line" joins points, "points" draws them, "labelled" draws one named series a point (names from `labels`).
    Where `x_high`, `y_low` or `y_high` is None, the program chooses that end of the axis; but an axis of many steps
    ends with the last of them. The legend stands below (`b`), or there is none.
    """

    name: str
    title: str
    series: tuple[Series, ...]
    x_title: str
    y_title: str
    alt: str
    kind: Literal["line", "points", "labelled"] = "line"
    labels: str = ""
    log_x: bool = False
    log_y: bool = False
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    y_format: str = "General"
    legend: Literal["", "b"] = "b"
    columns: int = 8
    rows: int = 18
