"""What a file shows around its cells' values, and what else is in it: read from the XML as untrusted input.

`xlsx.read` gives values and formulas. This module gives the rest, as far as it can make a number look like another
or reach outside the file: number formats, colours, what is hidden, validations, conditional formats, notes, links,
charts, settings of the calculation, and the parts of the archive.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS

from workbook.formula.address import MAX_COLUMN, cell_address, cell_position, column_number, is_range
from workbook.xlsx.guard import Archive, Attributes, make_parser, open_archive
from workbook.xlsx.read import SheetPart, read_structure
from workbook.xlsx.relations import Relation, inner_relations, local_name, relations
from workbook.xlsx.rows import RowCell, RowParser

_FORMULAS = ("formula", "formula1", "formula2", "f")
_MOST_STYLES = 65_490
"""Source: Excel specifications and limits (unique cell formats)."""
_MOST_CONDITIONS = 10_000
_TOO_MANY = f"has more than {_MOST_CONDITIONS:,} validations or conditional formats, of which the first were compared"
_TINY = 0.5
"""Rows of less height, in points, and columns of less width, in signs, are as good as hidden."""
_LARGEST_SIZE = 409.0
"""The highest row, in points; columns have at most 255 signs. Source: Excel specifications and limits."""
_TRUE = ("1", "true", "on")
_AUTOMATIC = {"0": "FFFFFF", "1": "000000", "2": "E7E6E6", "3": "44546A"}
"""The first colours of a theme, which are the same in nearly all: background, ink, and a second pair."""

Rectangle = tuple[int, int, int, int]
"""Top, left, bottom, right."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks: its number format, the colours of its signs and of its ground as six hexadecimal digits."""

    number_format: str
    ink: str
    ground: str
    bold: bool = False
    italic: bool = False
    align: str = ""
    wrap: bool = False


@dataclass(frozen=True)
class Condition:
    """A validation or a conditional format: what it says, and the cells that it is for."""

    kind: str
    says: tuple[str, ...]
    ranges: tuple[Rectangle, ...]
    number_format: str = ""
    ink: str = ""
    ground: str = ""

    @property
    def first(self) -> str:
        """The address of its first cell; empty where it has none."""
        return cell_address(*self.ranges[0][:2]) if self.ranges else ""


@dataclass(frozen=True, slots=True)
class Differential:
    """What a conditional format changes: a number format, the colours of signs and of the ground; empty where none."""

    number_format: str = ""
    ink: str = ""
    ground: str = ""


@dataclass(frozen=True)
class FileChart:
    """A chart: the words of its titles, and of each series name, x and y."""

    titles: tuple[str, ...]
    series: tuple[tuple[str, str, str], ...]


@dataclass
class SheetLooks:
    """One sheet.

    Args:
        styles: (row, column) → the number of its style, where it is not 0.
        hidden: rows and columns that are hidden, or have no height or width, such as `rows 3 to 9`.
        validations: what cells accept.
        rules: the conditional formats.
        notes: address → the words of the note on the cell.
        links: address → where a link leads.
        charts: its charts.
        shapes: how many pictures, text boxes and other shapes lie on it.
        settings: what of its view hides values: `formulas in place of values`.
        widths: column → its width in signs, where the file says it.
        heights: row → its height in points, where the file says it.
        frozen: how many rows and columns stay in view.
    """

    styles: dict[tuple[int, int], int] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    validations: list[Condition] = field(default_factory=list)
    rules: list[Condition] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    charts: list[FileChart] = field(default_factory=list)
    shapes: int = 0
    settings: list[str] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    frozen: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Looks:
    """A file, but for its sheets.

    Args:
        styles: what each number of a style stands for.
        calculation: the attributes of `calcPr`.
        parts: the names of all parts.
        outside: part → what it links to outside the file.
    """

    styles: tuple[Style, ...]
    calculation: Attributes
    parts: tuple[str, ...]
    outside: tuple[tuple[str, str], ...]

    def style(self, number: int) -> Style:
        """A style; the usual one where the file has none of that number."""
        return self.styles[number] if number < len(self.styles) else Style("General", "000000", "FFFFFF")


def read_looks(path: Path) -> tuple[Looks, Iterator[tuple[str, SheetLooks]]]:
    """What a file shows; its sheets one by one, because half a million cells have half a million styles.

    Raises:
        FileError: a part is damaged.
    """
    with open_archive(path) as archive:
        sheets, _, _ = read_structure(archive)
        styles, differential = _styles(archive)
        looks = Looks(styles, _calculation(archive), tuple(archive.parts), tuple(_outside(archive)))
    return looks, _each(path, sheets, differential)


def _each(
    path: Path, sheets: list[SheetPart], differential: tuple[Differential, ...]
) -> Iterator[tuple[str, SheetLooks]]:
    with open_archive(path) as archive:
        for sheet in sheets:
            yield sheet.title, _sheet(archive, sheet.part, differential)


def rectangles(text: str) -> tuple[Rectangle, ...]:
    """The rectangles that a list of ranges names; what is no range is left out.

    >>> rectangles("B6 D46:H47")
    ((6, 2, 6, 2), (46, 4, 47, 8))
    """
    found = []
    for part in text.split():
        if is_range(part):
            first, _, last = part.partition(":")
            found.append((*cell_position(first), *cell_position(last or first)))
    return tuple(found)


def _outside(archive: Archive) -> Iterator[tuple[str, str]]:
    """Every relation of the file that leads outside: the part that it is of, and where it leads."""
    for part in archive.parts:
        folder, name = posixpath.split(part)
        if posixpath.basename(folder) == "_rels" and name.endswith(".rels"):
            of = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
            yield from ((of, target) for _, target, outside in relations(archive, of).values() if outside)


def _calculation(archive: Archive) -> Attributes:
    found: Attributes = {}

    def start(name: str, attributes: Attributes) -> None:
        if local_name(name) == "calcPr":
            found.update(attributes)

    inner = inner_relations(archive, "").values()
    part = next((relation.target for relation in inner if relation.kind == "officeDocument"), "")
    archive.parse(part if part in archive else "xl/workbook.xml", make_parser(start))
    return found


class _StylesXml:
    """Collects number formats, and the colours of fonts and fills, of each cell style."""

    def __init__(self) -> None:
        self.formats: dict[int, str] = {}
        self.inks: list[str] = []
        self.grounds: list[str] = []
        self.styles: list[tuple[int, int, int]] = []
        self.marks: list[set[str]] = []
        self.alignments: list[Attributes] = []
        self.differential: list[Differential] = []
        self._path: list[str] = []
        self._solid = False

    def start(self, name: str, attributes: Attributes) -> None:
        local = local_name(name)
        self._path.append(local)
        outer = self._path[1:2]
        if local == "numFmt" and outer == ["numFmts"]:
            self.formats[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "General")
        elif local == "numFmt" and outer == ["dxfs"]:
            self._differ(number_format=attributes.get("formatCode", ""))
        elif local == "dxf" and outer == ["dxfs"]:
            self.differential.append(Differential())
        elif local == "color" and outer == ["dxfs"] and self._path[-2] == "font":
            self._differ(ink=_colour(attributes, ""))
        elif local == "bgColor" and outer == ["dxfs"]:
            self._differ(ground=_colour(attributes, ""))
        elif local == "font" and outer == ["fonts"]:
            self.inks.append("000000")
            self.marks.append(set())
        elif local in ("b", "i") and outer == ["fonts"] and attributes.get("val", "1") in _TRUE and self.marks:
            self.marks[-1].add(local)
        elif local == "fill" and outer == ["fills"]:
            self.grounds.append("FFFFFF")
        elif local == "color" and outer == ["fonts"] and self.inks:
            self.inks[-1] = _colour(attributes, "000000")
        elif local == "patternFill":
            self._solid = attributes.get("patternType") == "solid"
        elif local == "fgColor" and outer == ["fills"] and self._solid and self.grounds:
            self.grounds[-1] = _colour(attributes, "FFFFFF")
        elif local == "xf" and outer == ["cellXfs"] and len(self.styles) < _MOST_STYLES:
            number, ink, ground = (_whole(attributes.get(key)) for key in ("numFmtId", "fontId", "fillId"))
            self.styles.append((number, ink, ground))
            self.alignments.append({})
        elif local == "alignment" and outer == ["cellXfs"] and self.alignments:
            self.alignments[-1] = attributes

    def end(self, _: str) -> None:
        self._path.pop()

    def _differ(self, **changes: str) -> None:
        if self.differential:
            self.differential[-1] = replace(self.differential[-1], **changes)


def _styles(archive: Archive) -> tuple[tuple[Style, ...], tuple[Differential, ...]]:
    """Every cell style, and every differential one."""
    found = _StylesXml()
    if "xl/styles.xml" in archive:
        archive.parse("xl/styles.xml", make_parser(found.start, found.end))
    formats = BUILTIN_FORMATS | found.formats
    return (
        tuple(
            Style(
                formats.get(number, "General"),
                _at(found.inks, ink, "000000"),
                _at(found.grounds, ground, "FFFFFF"),
                bold=ink < len(found.marks) and "b" in found.marks[ink],
                italic=ink < len(found.marks) and "i" in found.marks[ink],
                align=alignment.get("horizontal", ""),
                wrap=alignment.get("wrapText") in _TRUE,
            )
            for (number, ink, ground), alignment in zip(found.styles, found.alignments, strict=True)
        ),
        tuple(found.differential),
    )


def _at(items: Sequence[str], index: int, default: str) -> str:
    return items[index] if index < len(items) else default


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _is_tiny(text: str | None) -> bool:
    try:
        return text is not None and float(text) < _TINY
    except ValueError:
        return False


def _size(text: str | None) -> float | None:
    """A width or a height; None where there is none that makes sense."""
    try:
        value = float(text) if text else -1.0
    except ValueError:
        return None
    return value if 0.0 <= value <= _LARGEST_SIZE else None


def _colour(attributes: Attributes, default: str) -> str:
    if "rgb" in attributes:
        return attributes["rgb"][-6:].upper()
    if "indexed" in attributes:
        return _at(COLOR_INDEX, _whole(attributes["indexed"]), f"FF{default}")[-6:]
    return _AUTOMATIC.get(attributes.get("theme", ""), default)


def _sheet(archive: Archive, part: str, differential: tuple[Differential, ...]) -> SheetLooks:
    known = relations(archive, part)
    found = _SheetXml(known, differential)
    found.rows.feed(archive, part)
    looks = found.looks
    for kind, target, outside in known.values():
        if outside or target not in archive:
            continue
        if kind == "drawing":
            _drawing(archive, target, looks)
        elif kind == "comments":
            looks.notes |= _notes(archive, target)
    return looks


class _SheetXml:
    """Collects what a sheet shows around its values."""

    def __init__(self, relations: dict[str, Relation], differential: tuple[Differential, ...]) -> None:
        self.looks = SheetLooks()
        self.rows = RowParser(self._start, self._end, self._take_row)
        self.parser = self.rows.xml
        self._relations = relations
        self._differential = differential
        self._row = self._column = 0
        self._letters: dict[str, int] = {}
        self._text: list[str] = []
        self._condition: Attributes = {}
        self._says: list[str] = []
        self._ranges = ""
        self._changes = Differential()
        self._inside = self._first = 0
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "col": self._start_column,
            "sheetView": self._start_view,
            "pane": self._start_pane,
            "sheetFormatPr": self._start_defaults,
            "hyperlink": self._start_link,
            "conditionalFormatting": self._start_format,
            "cfRule": self._start_condition,
            "dataValidation": self._start_condition,
            "cfvo": self._start_point,
            "color": self._start_colour,
            "numFmt": self._start_number_format,
        }

    def _start(self, name: str, attributes: Attributes) -> None:
        local = local_name(name)
        if local == "sheetData":
            self.parser.StartElementHandler, self.parser.EndElementHandler = self._start_in_data, self._end_in_data
        elif local in (*_FORMULAS, "sqref"):
            self._inside += local in _FORMULAS
            # Excel 2010's own conditions hold their formulas in an <f> more.
            if self._inside < 2:
                self._text = []
            self.parser.CharacterDataHandler = self._text.append
        elif local in self._starts:
            self._starts[local](attributes)

    def _start_in_data(self, name: str, attributes: Attributes) -> None:
        # Most elements of a file are these, values, and formulas, which `workbook.xlsx.read` reads.
        if name[-2:] == " c":
            self._start_cell(attributes)
        elif name[-4:] == " row":
            self._start_row(attributes)
            self.rows.begin_row()

    def _take_row(self, cells: list[RowCell]) -> bool:
        row, columns, styles = max(self._row, 1), self._letters, self.looks.styles
        for _, letters, _, style, *_ in cells:
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_number(letters)
            if style and style != "0":
                styles[row, column] = int(style)
            self._column = column
        return True

    def _end_in_data(self, name: str) -> None:
        if name[-10:] == " sheetData":
            self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.rstrip("0123456789")
            if letters not in self._letters:
                self._letters[letters] = column_number(letters)
            self._column = self._letters[letters]
        style = attributes.get("s", "0")
        if style != "0":
            self.looks.styles[max(self._row, 1), self._column] = _whole(style)

    def _start_row(self, attributes: Attributes) -> None:
        self._row = _whole(attributes.get("r")) or self._row + 1
        self._column = 0
        height = _size(attributes.get("ht"))
        if attributes.get("hidden") in _TRUE or _is_tiny(attributes.get("ht")):
            self.looks.hidden.append(f"row {self._row}")
            height = 0.0
        if height is not None:
            self.looks.heights[self._row] = height

    def _start_column(self, attributes: Attributes) -> None:
        width = _size(attributes.get("width"))
        first, last = attributes.get("min", "?"), attributes.get("max", "?")
        if attributes.get("hidden") in _TRUE or _is_tiny(attributes.get("width")):
            self.looks.hidden.append(f"column {first}" if first == last else f"columns {first} to {last}")
            width = 0.0
        if width is not None:
            numbers = range(_whole(first), min(_whole(last), MAX_COLUMN) + 1)
            self.looks.widths |= dict.fromkeys(numbers, width)

    def _start_pane(self, attributes: Attributes) -> None:
        if attributes.get("state") in ("frozen", "frozenSplit"):
            rows, columns = (_size(attributes.get(key)) or 0.0 for key in ("ySplit", "xSplit"))
            self.looks.frozen = int(rows), int(columns)

    def _start_view(self, attributes: Attributes) -> None:
        if attributes.get("showFormulas") in _TRUE:
            self.looks.settings.append("shows formulas in place of values")
        if attributes.get("showZeros", "1") not in _TRUE:
            self.looks.settings.append("shows nothing where there is a zero")

    def _start_defaults(self, attributes: Attributes) -> None:
        if attributes.get("zeroHeight") in _TRUE:
            self.looks.settings.append("hides all rows that it does not speak of")

    def _start_link(self, attributes: Attributes) -> None:
        relation = next((value for key, value in attributes.items() if local_name(key) == "id"), None)
        target = self._relations[relation][1] if relation in self._relations else ""
        self.looks.links[attributes.get("ref", "")] = target or attributes.get("location", "")

    def _start_format(self, attributes: Attributes) -> None:
        self._ranges = attributes.get("sqref", "")
        self._first = len(self.looks.rules)

    def _start_condition(self, attributes: Attributes) -> None:
        self._condition, self._says = attributes, []
        number = _whole(attributes["dxfId"]) if "dxfId" in attributes else len(self._differential)
        self._changes = self._differential[number] if number < len(self._differential) else Differential()
        if "sqref" in attributes:
            self._ranges = attributes["sqref"]

    def _start_point(self, attributes: Attributes) -> None:
        self._says.append(f"{attributes.get('type', '')} {attributes.get('val', '')}".strip())

    def _start_number_format(self, attributes: Attributes) -> None:
        self._changes = replace(self._changes, number_format=attributes.get("formatCode", ""))

    def _start_colour(self, attributes: Attributes) -> None:
        self._says.append(_colour(attributes, ""))

    def _end(self, name: str) -> None:
        local = local_name(name)
        if local in _FORMULAS:
            self.parser.CharacterDataHandler = None
            self._inside -= 1
            if self._inside == 0:
                self._says.append("".join(self._text))
        elif local == "sqref":
            self.parser.CharacterDataHandler = None
            self._ranges = "".join(self._text)
            # Excel 2010's conditional formats say where they hold after what they say.
            rules, ranges = self.looks.rules, rectangles(self._ranges)
            rules[self._first :] = [replace(rule, ranges=ranges) for rule in rules[self._first :]]
        elif local == "cfRule":
            self._keep(self.looks.rules, " ".join(filter(None, map(self._condition.get, ("type", "operator")))))
        elif local == "dataValidation":
            self._first = len(self.looks.rules)
            operator = self._condition.get("operator", "between")
            kind = self._condition.get("type", "none")
            self._keep(self.looks.validations, kind if kind == "list" else f"{kind} {operator}")

    def _keep(self, conditions: list[Condition], kind: str) -> None:
        if len(conditions) < _MOST_CONDITIONS:
            changes = self._changes
            conditions.append(
                Condition(
                    kind,
                    tuple(self._says),
                    rectangles(self._ranges),
                    changes.number_format,
                    changes.ink,
                    changes.ground,
                )
            )
        elif _TOO_MANY not in self.looks.settings:
            self.looks.settings.append(_TOO_MANY)


def _notes(archive: Archive, part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at: list[str] = []
    text: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if local_name(name) == "comment":
            at.append(attributes.get("ref", ""))
            text.clear()
        parser.CharacterDataHandler = text.append if local_name(name) == "t" else None

    def end(name: str) -> None:
        parser.CharacterDataHandler = None
        if local_name(name) == "comment":
            found[at[-1]] = "".join(text)

    parser = make_parser(start, end)
    archive.parse(part, parser)
    return found


def _drawing(archive: Archive, part: str, looks: SheetLooks) -> None:
    """Add the charts of a drawing, and count its shapes."""

    def start(name: str, _: Attributes) -> None:
        if local_name(name) in ("sp", "pic", "cxnSp"):
            looks.shapes += 1

    archive.parse(part, make_parser(start))
    for kind, target, _ in inner_relations(archive, part).values():
        if kind == "chart" and target in archive:
            looks.charts.append(_chart(archive, target))


def _chart(archive: Archive, part: str) -> FileChart:
    found = _ChartXml()
    archive.parse(part, found.parser)
    return FileChart(tuple(found.titles), tuple((name, x, y) for name, x, y in found.series))


class _ChartXml:
    """Collects the titles and series of a chart."""

    def __init__(self) -> None:
        self.parser = make_parser(self._start, self._end)
        self.titles: list[str] = []
        self.series: list[list[str]] = []
        self._path: list[str] = []
        self._text: list[str] = []

    def _start(self, name: str, _: Attributes) -> None:
        local = local_name(name)
        self._path.append(local)
        if local == "ser":
            self.series.append(["", "", ""])
        elif local == "title":
            self.titles.append("")
        elif local in ("t", "f", "v"):
            self._text = []
            self.parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        local = self._path.pop()
        del name
        if local not in ("t", "f", "v"):
            return
        self.parser.CharacterDataHandler = None
        text = "".join(self._text)
        if local == "t" and "title" in self._path:
            self.titles[-1] += text
        elif self.series and "ser" in self._path:
            self._of_series(local, text)

    def _of_series(self, local: str, text: str) -> None:
        inside = self._path[self._path.index("ser") + 1 :][:1]
        if local == "f" and inside in (["xVal"], ["cat"]):
            self.series[-1][1] = text
        elif local == "f" and inside in (["yVal"], ["val"]):
            self.series[-1][2] = text
        elif local == "v" and inside == ["tx"]:
            self.series[-1][0] = text
