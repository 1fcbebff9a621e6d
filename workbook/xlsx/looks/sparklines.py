"""Small charts in cells, which Excel calls sparklines."""

from dataclasses import dataclass, field, replace

from workbook.formula.address import cell_position, is_range
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.guard import Attributes
from workbook.xlsx.looks.colours import Theme, colour

MOST = 10_000
"""Of one sheet; those beyond are not shown."""
_MARKS = ("markers", "high", "low", "first", "last", "negative")
_PARTS = {
    "colorSeries": "series", "colorNegative": "negative", "colorAxis": "axis", "colorMarkers": "markers",
    "colorFirst": "first", "colorLast": "last", "colorHigh": "high", "colorLow": "low",
}  # fmt: skip


@dataclass(frozen=True)
class Sparkline:
    """A small chart in a cell.

    Args:
        kind: `line`, `column`, or `stacked`: up or down for each number.
        place: its row and column.
        source: the cells that it shows, as its formula says.
        marks: which points it marks: `markers` for all, `high`, `low`, `first`, `last`, `negative`.
        colours: of `series` and of each kind of mark, and of the `axis`.
        low: where its axis begins; None where its least number says it.
        high: where its axis ends; None where its largest number says it.
        axis: whether a line is drawn at 0.
        mirrored: whether it begins at the right.
    """

    kind: str
    place: tuple[int, int] = (0, 0)
    source: str = ""
    marks: frozenset[str] = frozenset()
    colours: dict[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    axis: bool = False
    mirrored: bool = False


class SparklinesXml:
    """Collects the sparklines of a sheet.

    Args:
        theme: the colours of the file's theme.
    """

    def __init__(self, theme: Theme) -> None:
        """Begin with none."""
        self.found: list[Sparkline] = []
        self.group: Sparkline | None = None
        self._theme = theme

    def start(self, local: str, attributes: Attributes) -> None:
        """An element starts: a group, or what is in one."""
        if local == "sparklineGroup":
            self.group = Sparkline(
                attributes.get("type", "line"),
                marks=frozenset(name for name in _MARKS if attributes.get(name) in TRUE),
                colours={},
                low=_number(attributes, "minAxisType", "manualMin"),
                high=_number(attributes, "maxAxisType", "manualMax"),
                axis=attributes.get("displayXAxis") in TRUE,
                mirrored=attributes.get("rightToLeft") in TRUE,
            )
        elif local in _PARTS and self.group is not None:
            self.group.colours[_PARTS[local]] = colour(attributes, "", self._theme)

    def end(self, local: str, source: str, cell: str) -> None:
        """An element ends; `source` and `cell` are what its formula and its place said last."""
        if local == "sparklineGroup":
            self.group = None
        elif local == "sparkline" and self.group is not None and is_range(cell) and len(self.found) < MOST:
            place = cell_position(cell.partition(":")[0])
            self.found.append(replace(self.group, place=place, source=source))


def _number(attributes: Attributes, kind: str, key: str) -> float | None:
    """A bound that the file gives itself."""
    try:
        return float(attributes[key]) if attributes.get(kind) == "custom" else None
    except (KeyError, ValueError):
        return None
