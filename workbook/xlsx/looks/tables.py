"""Excel's tables: the cells of each, its style, and what the file's own table styles are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbook.formula.address import is_range
from workbook.formula.rectangle import Rectangle, rectangle
from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.relations import local_name

MOST_TABLES = 1_000
"""Of one sheet; those beyond are shown without their style."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table on a sheet.

    Args:
        area: top, left, bottom and right, headings and totals included.
        style: the name of its style, as `TableStyleMedium2`; empty where it has none.
        heads: how many of its first rows are headings.
        totals: how many of its last rows are totals.
        bands: which it shows: `rows`, `columns`, `first` and `last` for its outer columns.
    """

    area: Rectangle
    style: str
    heads: int = 1
    totals: int = 0
    bands: frozenset[str] = frozenset()


_BANDS = {
    "showRowStripes": "rows", "showColumnStripes": "columns", "showFirstColumn": "first", "showLastColumn": "last",
}  # fmt: skip


def table_of(archive: Archive, part: str) -> ShownTable | None:
    """The table of a part; None where it says no range."""
    found: list[Attributes] = []
    style: list[Attributes] = []

    def start(name: str, attributes: Attributes) -> None:
        local = local_name(name)
        if local == "table" and not found:
            found.append(attributes)
        elif local == "tableStyleInfo":
            style.append(attributes)

    archive.parse(part, make_parser(start))
    reference = found[0].get("ref", "") if found else ""
    if not is_range(reference):
        return None
    shown = style[0] if style else {}
    return ShownTable(
        rectangle(reference),
        shown.get("name", ""),
        whole(found[0].get("headerRowCount", "1")),
        whole(found[0].get("totalsRowCount")),
        frozenset(name for key, name in _BANDS.items() if shown.get(key) in TRUE),
    )


@dataclass
class TableStyles:
    """The table styles that a file has of its own: name → kind of part (`headerRow`) → the number of its look."""

    elements: dict[str, dict[str, int]] = field(default_factory=dict)

    def start(self, local: str, attributes: Attributes) -> None:
        """An element of the styles' part starts."""
        if local == "tableStyle":
            self.elements.setdefault(attributes.get("name", ""), {})
        elif local == "tableStyleElement" and self.elements and "dxfId" in attributes:
            name = list(self.elements)[-1]
            self.elements[name][attributes.get("type", "")] = whole(attributes["dxfId"])

    def found(self) -> Mapping[str, Mapping[str, int]]:
        """All of them."""
        return self.elements
