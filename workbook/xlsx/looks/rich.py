"""Texts whose parts look different: the runs of shared strings and of texts that stand in their cells."""

from dataclasses import dataclass, field
from typing import Any

from workbook.xlsx.attributes import TRUE
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.looks.colours import Theme, colour
from workbook.xlsx.read.escapes import decode_escapes
from workbook.xlsx.relations import inner_relations, local_name

MOST_RUNS = 100_000
"""Of all texts of a workbook together; those beyond are plain."""
_MARKS = {"b": "bold", "i": "italic", "strike": "strike"}
# fmt: off
_FAMILIES = {
    "mono": ("consolas", "courier", "lucida console", "menlo", "monaco", "cascadia", "liberation mono"),
    "serif": ("times", "cambria", "georgia", "garamond", "book antiqua", "palatino", "century", "liberation serif"),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text: its signs and how they are set; what is empty is as in the cell.

    `raised` is `super`, `sub` or empty; `size` is in points, 0 where it is the cell's; `family` is `mono`, `serif` or
    empty.
    """

    text: str
    bold: bool = False
    italic: bool = False
    underline: str = ""
    strike: bool = False
    ink: str = ""
    size: float = 0.0
    raised: str = ""
    family: str = ""
    is_own: bool = False
    """Whether the file sets it otherwise than the cell, as it does with all runs but mostly the first."""


def family_of(name: str) -> str:
    """The kind of a font: `mono`, `serif`, or empty for all others, which a page shows in one.

    >>> family_of("Courier New"), family_of("Times New Roman"), family_of("Calibri")
    ('mono', 'serif', '')
    """
    low = name.lower()
    return next((family for family, names in _FAMILIES.items() if low.startswith(names)), "")


@dataclass
class RunsXml:
    """Collects the runs of one text after another.

    Args:
        theme: the colours of the file's theme.
    """

    theme: Theme
    runs: list[Run] = field(default_factory=list)
    _own: dict[str, Any] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _in_text: bool = False
    _in_guide: bool = False
    _in_font: bool = False

    def start(self, local: str, attributes: Attributes) -> None:
        """An element starts."""
        if local == "r":
            self._own = {}
        elif local == "rPr":
            self._in_font = True
            self._own = {"is_own": True}
        elif local == "rPh":
            self._in_guide = True
        elif local == "t":
            self._in_text = not self._in_guide
        elif self._in_font:
            self._set(local, attributes)

    def _set(self, local: str, attributes: Attributes) -> None:
        value = attributes.get("val", "")
        if local in _MARKS:
            self._own[_MARKS[local]] = attributes.get("val", "1") in TRUE
        elif local == "u":
            self._own["underline"] = "" if value == "none" else "double" if value.startswith("double") else "single"
        elif local == "color":
            self._own["ink"] = colour(attributes, "", self.theme)
        elif local == "sz":
            self._own["size"] = float(value) if value.replace(".", "", 1).isdecimal() else 0.0
        elif local == "vertAlign":
            self._own["raised"] = {"superscript": "super", "subscript": "sub"}.get(value, "")
        elif local == "rFont":
            self._own["family"] = family_of(value)

    def end(self, local: str) -> None:
        """An element ends."""
        if local == "rPr":
            self._in_font = False
        elif local == "rPh":
            self._in_guide = False
        elif local == "t" and self._in_text:
            self._in_text = False
            self.runs.append(Run(decode_escapes("".join(self._text)), **self._own))
            self._text.clear()

    def text(self, data: str) -> None:
        """What stands in an element."""
        if self._in_text:
            self._text.append(data)

    def taken(self) -> tuple[Run, ...]:
        """The runs of the text that ended; none where all of it looks as its cell says."""
        found, self.runs = tuple(self.runs), []
        self._own = {}
        return found if any(run.is_own for run in found) else ()


def rich_texts(archive: Archive, theme: Theme) -> dict[str, tuple[Run, ...]]:
    """The runs of each shared string that has any: its number, as cells spell it."""
    inner = inner_relations(archive, "").values()
    book = next((relation.target for relation in inner if relation.kind == "officeDocument"), "")
    related = inner_relations(archive, book).values() if book else ()
    part = next((relation.target for relation in related if relation.kind == "sharedStrings"), "xl/sharedStrings.xml")
    found: dict[str, tuple[Run, ...]] = {}
    collector = RunsXml(theme)
    count = [0, 0]

    def start(name: str, attributes: Attributes) -> None:
        collector.start(local_name(name), attributes)

    def end(name: str) -> None:
        local = local_name(name)
        collector.end(local)
        if local == "si":
            runs = collector.taken()
            count[1] += len(runs)
            if runs and count[1] <= MOST_RUNS:
                found[str(count[0])] = runs
            count[0] += 1

    if part in archive:
        archive.parse(part, make_parser(start, end, collector.text))
    return found
