"""What one sheet shows around its values: what is hidden, validations, conditional formats, links, settings."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from workbook.formula.address import MAX_COLUMN, column_number, is_range
from workbook.formula.rectangle import Rectangle, rectangle
from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.guard import Archive, Attributes
from workbook.xlsx.looks.colours import Theme, colour
from workbook.xlsx.looks.drawings import add_drawing, notes_of, threads_of
from workbook.xlsx.looks.rich import MOST_RUNS, Run, RunsXml
from workbook.xlsx.looks.shown import Condition, Differential, SheetLooks
from workbook.xlsx.looks.sparklines import SparklinesXml
from workbook.xlsx.looks.tables import MOST_TABLES, table_of
from workbook.xlsx.relations import Relation, local_name, relations
from workbook.xlsx.rows import RowCell, RowParser

_FORMULAS = ("formula", "formula1", "formula2", "f")
_MOST_CONDITIONS = 10_000
_TOO_MANY = f"has more than {_MOST_CONDITIONS:,} validations or conditional formats, of which the first were compared"
_TINY = 0.5
"""Rows of less height, in points, and columns of less width, in signs, are as good as hidden."""
_LARGEST_SIZE = 409.0
"""The highest row, in points; columns have at most 255 signs. Source: Excel specifications and limits."""


def rectangles(text: str) -> tuple[Rectangle, ...]:
    """The rectangles that a list of ranges names; what is no range is left out.

    >>> rectangles("B6 D46:H47")
    ((6, 2, 6, 2), (46, 4, 47, 8))
    """
    return tuple(rectangle(part) for part in text.split() if is_range(part))


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


def looks_of(
    archive: Archive,
    part: str,
    differential: tuple[Differential, ...],
    theme: Theme,
    rich: Mapping[str, tuple[Run, ...]],
) -> SheetLooks:
    """What a sheet shows around its values, what lies on it included.

    Args:
        archive: the file.
        part: the sheet's.
        differential: what its conditions change.
        theme: the colours of the file's theme.
        rich: the runs of shared strings, by their numbers.
    """
    known = relations(archive, part)
    found = _SheetXml(known, differential, theme, rich)
    found.rows.feed(archive, part)
    looks = found.looks
    for kind, target, outside in known.values():
        if outside or target not in archive:
            continue
        if kind == "drawing":
            add_drawing(archive, target, looks)
        elif kind == "comments":
            looks.notes = notes_of(archive, target) | looks.notes
        elif kind == "threadedComment":
            looks.notes |= threads_of(archive, target)
        elif kind == "table" and len(looks.tables) < MOST_TABLES and (table := table_of(archive, target)):
            looks.tables.append(table)
    return looks


class _SheetXml:
    """Collects what a sheet shows around its values."""

    def __init__(
        self,
        relations: dict[str, Relation],
        differential: tuple[Differential, ...],
        theme: Theme,
        rich: Mapping[str, tuple[Run, ...]],
    ) -> None:
        self.looks = SheetLooks()
        self.rows = RowParser(self._start, self._end, self._take_row)
        self.parser = self.rows.xml
        self._relations = relations
        self._differential = differential
        self._theme = theme
        self._rich = rich
        self._runs = RunsXml(theme)
        self._shared = self._inline = False
        self._sparklines = SparklinesXml(theme)
        self.looks.sparklines = self._sparklines.found
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
            "outlinePr": self._start_outline,
            "pane": self._start_pane,
            "sheetFormatPr": self._start_defaults,
            "hyperlink": self._start_link,
            "conditionalFormatting": self._start_format,
            "cfRule": self._start_condition,
            "dataValidation": self._start_condition,
            "colorScale": self._start_drawn,
            "dataBar": self._start_drawn,
            "iconSet": self._start_drawn,
            "cfvo": self._start_point,
            "color": self._start_colour,
            "numFmt": self._start_number_format,
            **dict.fromkeys(("fillColor", "negativeFillColor", "axisColor"), self._start_part),
        }

    def _start(self, name: str, attributes: Attributes) -> None:
        local = local_name(name)
        if local in self._starts and local.endswith("Color"):
            self._starts[local]({**attributes, "of": local})
        elif local == "sheetData":
            self.parser.StartElementHandler, self.parser.EndElementHandler = self._start_in_data, self._end_in_data
        elif local in (*_FORMULAS, "sqref"):
            self._inside += local in _FORMULAS
            # Excel 2010's own conditions hold their formulas in an <f> more.
            if self._inside < 2:
                self._text = []
            self.parser.CharacterDataHandler = self._text.append
        elif local in self._starts:
            self._starts[local](attributes)
        else:
            self._sparklines.start(local, attributes)

    def _start_in_data(self, name: str, attributes: Attributes) -> None:
        # Most elements of a file are these, values, and formulas, which `workbook.xlsx.read` reads.
        if name[-2:] == " c":
            self._start_cell(attributes)
        elif name[-4:] == " row":
            self._start_row(attributes)
            self.rows.begin_row()
        elif self._inline:
            self._runs.start(local_name(name), attributes)
            self.parser.CharacterDataHandler = self._runs.text
        elif self._shared and name[-2:] == " v":
            self._text = []
            self.parser.CharacterDataHandler = self._text.append

    def _take_row(self, cells: list[RowCell]) -> bool:
        row, columns, styles = max(self._row, 1), self._letters, self.looks.styles
        for _, letters, _, style, kind, _, value, _ in cells:
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_number(letters)
            if style and style != "0":
                styles[row, column] = int(style)
            if kind == "s" and value in self._rich:
                self.looks.rich[row, column] = self._rich[value]
            self._column = column
        return True

    def _end_in_data(self, name: str) -> None:
        if name[-10:] == " sheetData":
            self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        elif self._inline:
            self._end_inline(local_name(name))
        elif self._shared and name[-2:] == " v":
            self.parser.CharacterDataHandler = None
            self._shared = False
            if (runs := self._rich.get("".join(self._text).strip())) is not None:
                self.looks.rich[max(self._row, 1), self._column] = runs

    def _end_inline(self, local: str) -> None:
        self._runs.end(local)
        if local in ("is", "c"):
            self._inline = False
            self.parser.CharacterDataHandler = None
            if (runs := self._runs.taken()) and len(self.looks.rich) < MOST_RUNS:
                self.looks.rich[max(self._row, 1), self._column] = runs

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.rstrip("0123456789")
            if letters not in self._letters:
                self._letters[letters] = column_number(letters)
            self._column = self._letters[letters]
        self._shared = attributes.get("t") == "s" and bool(self._rich)
        self._inline = attributes.get("t") == "inlineStr"
        style = attributes.get("s", "0")
        if style != "0":
            self.looks.styles[max(self._row, 1), self._column] = whole(style)

    def _start_row(self, attributes: Attributes) -> None:
        self._row = whole(attributes.get("r")) or self._row + 1
        self._column = 0
        height = _size(attributes.get("ht"))
        if attributes.get("hidden") in TRUE or _is_tiny(attributes.get("ht")):
            self.looks.hidden.append(f"row {self._row}")
            if height:
                self.looks.hidden_heights[self._row] = height
            height = 0.0
        if height is not None:
            self.looks.heights[self._row] = height
        if attributes.get("customFormat") in TRUE and (style := whole(attributes.get("s"))):
            self.looks.row_styles[self._row] = style
        if level := whole(attributes.get("outlineLevel")):
            self.looks.row_levels[self._row] = level

    def _start_column(self, attributes: Attributes) -> None:
        width = shown = _size(attributes.get("width"))
        first, last = attributes.get("min", "?"), attributes.get("max", "?")
        if attributes.get("hidden") in TRUE or _is_tiny(attributes.get("width")):
            self.looks.hidden.append(f"column {first}" if first == last else f"columns {first} to {last}")
            width = 0.0
        numbers = range(whole(first), min(whole(last), MAX_COLUMN) + 1)
        if width is not None:
            self.looks.widths |= dict.fromkeys(numbers, width)
        if shown and not width:
            self.looks.hidden_widths |= dict.fromkeys(numbers, shown)
        if level := whole(attributes.get("outlineLevel")):
            self.looks.column_levels |= dict.fromkeys(numbers, level)
        if style := whole(attributes.get("style")):
            self.looks.column_styles |= dict.fromkeys(numbers, style)

    def _start_pane(self, attributes: Attributes) -> None:
        if attributes.get("state") in ("frozen", "frozenSplit"):
            rows, columns = (_size(attributes.get(key)) or 0.0 for key in ("ySplit", "xSplit"))
            self.looks.frozen = int(rows), int(columns)

    def _start_outline(self, attributes: Attributes) -> None:
        self.looks.summary_below = attributes.get("summaryBelow", "1") in TRUE
        self.looks.summary_right = attributes.get("summaryRight", "1") in TRUE

    def _start_view(self, attributes: Attributes) -> None:
        if attributes.get("showFormulas") in TRUE:
            self.looks.settings.append("shows formulas in place of values")
        if attributes.get("showZeros", "1") not in TRUE:
            self.looks.settings.append("shows nothing where there is a zero")
        self.looks.lined = attributes.get("showGridLines", "1") in TRUE

    def _start_defaults(self, attributes: Attributes) -> None:
        self.looks.row_height = _size(attributes.get("defaultRowHeight"))
        self.looks.column_width = _size(attributes.get("defaultColWidth"))
        if attributes.get("zeroHeight") in TRUE:
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
        number = whole(attributes["dxfId"]) if "dxfId" in attributes else len(self._differential)
        self._changes = self._differential[number] if number < len(self._differential) else Differential()
        if "sqref" in attributes:
            self._ranges = attributes["sqref"]

    def _start_drawn(self, attributes: Attributes) -> None:
        self._condition = {**attributes, **self._condition}

    def _start_point(self, attributes: Attributes) -> None:
        self._says.append(f"{attributes.get('type', '')} {attributes.get('val', '')}".strip())

    def _start_number_format(self, attributes: Attributes) -> None:
        self._changes = replace(self._changes, number_format=attributes.get("formatCode", ""))

    def _start_part(self, attributes: Attributes) -> None:
        """The colour of a part of a bar."""
        self._condition = {**self._condition, attributes["of"]: colour(attributes, "", self._theme)}

    def _start_colour(self, attributes: Attributes) -> None:
        self._says.append(colour(attributes, "", self._theme))

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
            if self._sparklines.group is not None:
                return
            # Excel 2010's conditional formats say where they hold after what they say.
            rules, ranges = self.looks.rules, rectangles(self._ranges)
            rules[self._first :] = [replace(rule, ranges=ranges) for rule in rules[self._first :]]
        elif self._sparklines.group is not None:
            self._sparklines.end(local, self._says[-1] if self._says else "", self._ranges)
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
                    changes.bold,
                    changes.italic,
                    changes.strike,
                    self._condition,
                )
            )
        elif _TOO_MANY not in self.looks.settings:
            self.looks.settings.append(_TOO_MANY)
