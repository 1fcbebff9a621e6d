"""Any .xlsx or .xlsm file as cells: values as saved, and formulas, read from the sheet XML as untrusted input."""

import math
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from workbook.errors import FileError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, cell_address, cell_position, column_number, is_range
from workbook.xlsx.guard import Archive, Attributes, make_parser, open_archive
from workbook.xlsx.shared import SharedFormula

MAX_CELLS = 4_000_000
"""The most filled cells, and the most shared strings, of one file: about 1 GiB of memory."""
MAX_SHARED_CHARACTERS = 512 * 2**20
"""The most characters that shared formulas may expand to: a dependent of 30 bytes can stand for 8,192 characters."""

_MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_SHEET_ROOTS = ("worksheet", "chartsheet", "dialogsheet", "macrosheet")
_STATES = ("visible", "hidden", "veryHidden")
_TABLE_ROWS = (("headerRowCount", "1"), ("totalsRowCount", "0"))
_ITERATION_DIGITS = 5
"""Excel takes up to 32,767 iterations."""
_LARGEST = 1.7976931348623157e308
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value such as ``#NUM!``: never equal to the text that reads the same."""

    code: str

    def __str__(self) -> str:
        """The error as a sheet shows it."""
        return self.code


Value = float | str | bool | CellError


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its value as saved, its formula without the `=`, and the range where it is an array formula.

    `value` is None for a formula that was saved without one. Of an array formula, the first cell carries formula and
    range; the others have values alone. A what-if data table reads as the array formula `TABLE(row, column)`.
    """

    value: Value | None
    formula: str | None = None
    array: str | None = None

    def __reduce__(self) -> "tuple[type[Cell], tuple[Value | None, str | None, str | None]]":
        """How it is copied to another process: a dataclass's own way takes six times as long, for half a million."""
        return Cell, (self.value, self.formula, self.array)


@dataclass(frozen=True, slots=True)
class SheetCells:
    """One sheet: its title, its state (visible, hidden or veryHidden), its filled cells by (row, column) from 1.

    `dynamic`: the cells whose array formulas spill, and want room for that.
    """

    title: str
    state: str
    cells: dict[tuple[int, int], Cell]
    merged: tuple[str, ...] = ()
    dynamic: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its sheet, its range with headings and totals, its columns in order."""

    name: str
    sheet: str
    area: str
    columns: tuple[str, ...]
    heading_rows: int = 1
    total_rows: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """One workbook: its sheets by title, in order, its defined names, and its tables by name in lower case.

    `from_1904`: its dates count from 1904, as on old Macs.
    `linked`: what the file keeps of cells of other workbooks that its formulas read, as `[1]Title`.
    `iterations`: how often cells that go round in a circle are computed; 0 where that is switched off.
    `iteration_delta`: the change of a number below which they are left as they are.
    `names` maps a name to what it refers to, as text; a name that belongs to one sheet has the key `Title!name`.
    """

    sheets: dict[str, SheetCells]
    names: dict[str, str]
    tables: dict[str, Table] = field(default_factory=dict)
    from_1904: bool = False
    linked: dict[str, SheetCells] = field(default_factory=dict)
    iterations: int = 0
    iteration_delta: float = 0.001


@dataclass(frozen=True, slots=True)
class SheetPart:
    """Where one sheet lies in the archive."""

    title: str
    state: str
    part: str


@dataclass(slots=True)
class _Budget:
    """What one file may still cost, counted down over all its sheets."""

    cells: int = MAX_CELLS
    characters: int = MAX_SHARED_CHARACTERS


def read_workbook(path: Path | str) -> Book:
    """The cells of every sheet of an .xlsx or .xlsm file, with the values as they were saved.

    Nothing is recalculated and the file is only read. Numbers are floats; dates are the numbers that Excel keeps,
    or text where a file stores text. Chart sheets are listed without cells.

    Args:
        path: the file, of any origin.

    Returns:
        The book; empty cells are absent.

    Raises:
        FileError: the file cannot be a workbook, is damaged, or breaks a limit of `workbook.xlsx.guard`.
    """
    with open_archive(path) as archive:
        parts, names, strings_part = read_structure(archive)
        from_1904, iterations, delta = _calculation(archive)
        budget = _Budget()
        # Some programs name a part of shared strings that they leave out, where no cell needs any.
        strings = _shared_strings(archive, strings_part) if strings_part and strings_part in archive else []
        sheets = {part.title: _read_sheet(archive, part, strings, budget) for part in parts}
        tables = {table.name.lower(): table for part in parts for table in _tables(archive, part)}
        linked = {sheet.title: sheet for sheet in _linked_sheets(archive, budget)}
    return Book(sheets, names, tables, from_1904, linked, iterations, delta)


def _calculation(archive: Archive) -> tuple[bool, int, float]:
    """Whether dates count from 1904; how often circles are computed, 0 where iteration is off; the delta of that."""
    found: dict[str, Attributes] = {}

    def start(name: str, attributes: Attributes) -> None:
        found.setdefault(name.rpartition(" ")[2], attributes)

    archive.parse(_workbook_part(archive), make_parser(start))
    dates, settings = found.get("workbookPr", {}), found.get("calcPr", {})
    rounds = settings.get("iterateCount", "100") if settings.get("iterate") in ("1", "true") else "0"
    is_count = rounds.isdecimal() and rounds.isascii() and len(rounds) <= _ITERATION_DIGITS
    try:
        delta = _number(settings.get("iterateDelta", "0.001"))
    except ValueError:
        delta = 0.001
    return dates.get("date1904") in ("1", "true"), int(rounds) if is_count else 0, delta


def read_structure(archive: Archive) -> tuple[list[SheetPart], dict[str, str], str | None]:
    """The sheets in order, the defined names, and the part that holds the shared strings, if there is one."""
    workbook = _workbook_part(archive)
    relations = _relations(archive, workbook)
    found = _WorkbookXml(archive.path, workbook)
    archive.parse(workbook, make_parser(found.start, found.end, found.text))
    if not found.is_workbook:
        raise FileError(f"{archive.path}: it is not an Excel workbook (its main part '{workbook}' is something else)")
    parts: list[SheetPart] = []
    titles: set[str] = set()
    for title, state, relation in found.sheets:
        if title.lower() in titles:
            raise FileError(f"{archive.path}: two sheets are named '{title}'")
        titles.add(title.lower())
        if relation not in relations:
            raise FileError(f"{archive.path}: the sheet '{title}' has no part in the archive")
        parts.append(SheetPart(title, state, relations[relation][1]))
    names: dict[str, str] = {}
    for name, scope, refers_to in found.names:
        if scope is not None and not (scope.isdecimal() and int(scope) < len(parts)):
            raise FileError(f"{archive.path}: the defined name '{name}' belongs to sheet {scope}, which is not there")
        names[name if scope is None else f"{parts[int(scope)].title}!{name}"] = refers_to
    strings = [target for kind, target in relations.values() if kind == "sharedStrings"]
    return parts, names, strings[0] if strings else None


def _workbook_part(archive: Archive) -> str:
    main = [target for kind, target in _relations(archive, "").values() if kind == "officeDocument"]
    part = main[0] if main else "xl/workbook.xml"
    if part in archive and not part.endswith(".bin"):
        return part
    if part.endswith(".bin"):
        raise FileError(f"{archive.path}: it is a binary workbook (.xlsb); save it as .xlsx first")
    if "mimetype" in archive and b"opendocument" in archive.read("mimetype"):
        raise FileError(f"{archive.path}: it is an OpenDocument file (.ods); save it as .xlsx first")
    raise FileError(f"{archive.path}: it is a zip archive but not an Excel workbook (it has no 'xl/workbook.xml')")


def _relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, part), of one part or, named '', of the whole package."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if where not in archive:
        return found

    def start(name: str, attributes: Attributes) -> None:
        if name.endswith(" Relationship") and attributes.get("TargetMode") != "External":
            target = unquote(attributes.get("Target", "")).replace("\\", "/")
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            resolved = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[attributes.get("Id", "")] = (kind, resolved)

    archive.parse(where, make_parser(start))
    return found


def _local_names(*names: str) -> dict[str, str]:
    """`namespace local` -> local, in the transitional and the strict namespace."""
    return {f"{namespace} {name}": name for namespace in _MAIN for name in names}


class _WorkbookXml:
    """Collects the sheets and names of `xl/workbook.xml`."""

    _NAMES = _local_names("workbook", "sheet", "definedName")

    def __init__(self, path: Path, part: str) -> None:
        self._where = f"{path}: the part '{part}'"
        self.is_workbook = False
        self.sheets: list[tuple[str, str, str]] = []
        self.names: list[tuple[str, str | None, str]] = []
        self._name: tuple[str, str | None] | None = None
        self._text: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "workbook":
            self.is_workbook = True
        elif local == "sheet":
            relation = next((attributes[f"{n} id"] for n in _RELATIONS if f"{n} id" in attributes), "")
            state = attributes.get("state", "visible")
            if "name" not in attributes or state not in _STATES:
                raise FileError(f"{self._where} declares a sheet without a name or in an unknown state '{state}'")
            self.sheets.append((decode_escapes(attributes["name"]), state, relation))
        elif local == "definedName":
            self._name = (attributes.get("name", ""), attributes.get("localSheetId"))

    def end(self, name: str) -> None:
        if self._NAMES.get(name) == "definedName" and self._name is not None:
            self.names.append((*self._name, "".join(self._text)))
            self._name = None
            self._text.clear()

    def text(self, data: str) -> None:
        if self._name is not None:
            self._text.append(data)


def encode_escapes(text: str) -> str:
    """Text in which what looks like an escape is one, so that it is read back as it was.

    >>> encode_escapes("_x0041_")
    '_x005F_x0041_'
    """
    return _ESCAPE.sub(r"_x005F_x\1_", text)


def decode_escapes(text: str) -> str:
    """Text with its `_x000D_` escapes replaced by the characters that they stand for."""
    if "_x" not in text:
        return text
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATE.search(decoded):
        decoded = decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return decoded


def _shared_strings(archive: Archive, part: str) -> list[str]:
    found = _StringsXml(archive.path)
    archive.parse(part, make_parser(found.start, found.end, found.text))
    return found.strings


class _StringsXml:
    """Collects the shared strings: the runs of a rich text joined, its phonetic guides left out."""

    _NAMES = _local_names("si", "t", "rPh")

    def __init__(self, path: Path) -> None:
        self._path = path
        self.strings: list[str] = []
        self._runs: list[str] = []
        self._in_text = self._in_guide = False

    def start(self, name: str, _: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "t":
            self._in_text = not self._in_guide
        elif local == "rPh":
            self._in_guide = True

    def end(self, name: str) -> None:
        local = self._NAMES.get(name)
        if local == "t":
            self._in_text = False
        elif local == "rPh":
            self._in_guide = False
        elif local == "si":
            if len(self.strings) == MAX_CELLS:
                raise FileError(f"{self._path}: it has more than {MAX_CELLS:,} shared strings")
            self.strings.append(decode_escapes("".join(self._runs)))
            self._runs.clear()

    def text(self, data: str) -> None:
        if self._in_text:
            self._runs.append(data)


def _read_sheet(archive: Archive, part: SheetPart, strings: list[str], budget: _Budget) -> SheetCells:
    found = _SheetXml(f"{archive.path}, sheet {part.title}", strings, budget)
    archive.parse(part.part, found.parser)
    found.finish()
    return SheetCells(part.title, part.state, found.cells, tuple(found.merged), frozenset(found.dynamic))


def _tables(archive: Archive, part: SheetPart) -> list[Table]:
    """The tables of a sheet; one that lacks a name or a range is no table."""
    tables: list[Table] = []
    for kind, target in _relations(archive, part.part).values():
        if kind != "table" or target not in archive:
            continue
        found: list[Attributes] = []
        columns: list[str] = []

        def start(
            name: str, attributes: Attributes, found: list[Attributes] = found, columns: list[str] = columns
        ) -> None:
            if name.endswith(" table"):
                found.append(attributes)
            elif name.endswith(" tableColumn"):
                columns.append(decode_escapes(attributes.get("name", "")))

        archive.parse(target, make_parser(start))
        for table in found[:1]:
            area, name = table.get("ref", ""), table.get("displayName") or table.get("name", "")
            if is_range(area) and name:
                headings, totals = (table.get(key, default) for key, default in _TABLE_ROWS)
                tables.append(
                    Table(name, part.title, area, tuple(columns), int(headings != "0"), int(totals not in ("0", "")))
                )
    return tables


def _linked_sheets(archive: Archive, budget: _Budget) -> list[SheetCells]:
    """The sheets of other workbooks whose values the file keeps, as formulas name them: `[1]Title`."""
    workbook = _workbook_part(archive)
    parts: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name.endswith(" externalReference"):
            relation = next((attributes[f"{n} id"] for n in _RELATIONS if f"{n} id" in attributes), "")
            parts.append(relations[relation][1] if relation in relations else "")

    relations = _relations(archive, workbook)
    archive.parse(workbook, make_parser(start))
    sheets: list[SheetCells] = []
    for number, part in enumerate(parts, start=1):
        if part in archive:
            found = _LinkXml(f"{archive.path}: the part '{part}'", budget)
            archive.parse(part, make_parser(found.start, found.end, found.text))
            sheets += [
                SheetCells(f"[{number}]{title}", "hidden", found.cells.get(place, {}))
                for place, title in enumerate(found.titles)
            ]
    return sheets


class _LinkXml:
    """Collects what a file keeps of another workbook's cells."""

    _NAMES = _local_names("sheetName", "sheetData", "cell", "v")

    def __init__(self, where: str, budget: _Budget) -> None:
        self.titles: list[str] = []
        self.cells: dict[int, dict[tuple[int, int], Cell]] = {}
        self._where = where
        self._budget = budget
        self._sheet: dict[tuple[int, int], Cell] = {}
        self._cell: Attributes = {}
        self._text: list[str] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "sheetName":
            self.titles.append(decode_escapes(attributes.get("val", "")))
        elif local == "sheetData" and attributes.get("sheetId", "").isdecimal():
            self._sheet = self.cells.setdefault(int(attributes["sheetId"]), {})
        elif local == "cell":
            self._cell = attributes
        elif local == "v":
            self._text = []

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, name: str) -> None:
        if self._NAMES.get(name) != "v" or self._text is None:
            return
        text, self._text = "".join(self._text), None
        reference = self._cell.get("r", "")
        self._budget.cells -= 1
        if not is_range(reference) or ":" in reference or self._budget.cells < 0:
            raise FileError(f"{self._where} holds what is no cell of a sheet, or too many cells ('{reference}')")
        try:
            self._sheet[cell_position(reference)] = Cell(_linked_value(self._cell.get("t", "n"), text))
        except (ValueError, LookupError) as error:
            raise FileError(f"{self._where}: the cell {reference} holds the value '{text}'") from error


def _linked_value(kind: str, text: str) -> Value:
    if kind == "n":
        return _number(text)
    if kind == "b":
        return {"1": True, "0": False, "true": True, "false": False}[text]
    return CellError(text) if kind == "e" else decode_escapes(text)


class _SheetXml:
    """Collects the cells of one sheet."""

    _NAMES = _local_names("sheetData", "row", "c", "f", "v", "is", "t", "rPh", "mergeCell", *_SHEET_ROOTS)

    def __init__(self, where: str, strings: list[str], budget: _Budget) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.merged: list[str] = []
        self.dynamic: set[tuple[int, int]] = set()
        self.parser = make_parser(self._start_outside)
        self._where = where
        self._strings = strings
        self._budget = budget
        self._has_data = self._in_guide = False
        self._is_rooted = self._has_row_number = False
        self._row = self._column = 0
        self._columns: dict[str, int] = {}
        self._shared: dict[str, SharedFormula] = {}
        self._early: list[tuple[int, int, str]] = []
        self._buffer: list[str] = []
        self._cell: Attributes = {}
        self._formula: Attributes | None = None
        self._formula_text = ""
        self._value: str | None = None
        self._inline: list[str] | None = None

    def _start_outside(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if not self._is_rooted:
            if (local or name.rsplit(" ", 1)[-1]) not in _SHEET_ROOTS or (local is None and name.endswith("worksheet")):
                raise FileError(f"{self._where}: its part is not a sheet (its root element is '{name}')")
            self._is_rooted = True
        elif local == "mergeCell" and is_range(attributes.get("ref", "")) and len(self.merged) < MAX_CELLS:
            self.merged.append(attributes["ref"])
        elif local == "sheetData":
            if self._has_data:
                raise FileError(f"{self._where}: its part has two blocks of cells (sheetData)")
            self._has_data = True
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "c":
            self._cell = attributes
            self._formula = self._value = self._inline = None
        elif local == "v" or local == "t":
            if not self._in_guide:
                self.parser.CharacterDataHandler = self._buffer.append
        elif local == "f":
            self._formula = attributes
            self.parser.CharacterDataHandler = self._buffer.append
        elif local == "row":
            self._has_row_number = "r" in attributes
            self._row = self._row_number(attributes["r"]) if self._has_row_number else self._row + 1
            self._column = 0
        elif local == "is":
            self._inline = []
        elif local == "rPh":
            self._in_guide = True

    def _end(self, name: str) -> None:
        local = self._NAMES.get(name)
        if local == "c":
            self._add_cell()
        elif local == "v":
            self._value = self._take_text()
        elif local == "f":
            self._formula_text = self._take_text()
        elif local == "t":
            if self._inline is not None:
                self._inline.append(self._take_text())
        elif local == "rPh":
            self._in_guide = False
        elif local == "sheetData":
            self.parser.StartElementHandler = self._start_outside
            self.parser.EndElementHandler = None

    def _take_text(self) -> str:
        self.parser.CharacterDataHandler = None
        text = "".join(self._buffer)
        self._buffer.clear()
        return text

    def _add_cell(self) -> None:
        row, column = self._place(self._cell.get("r"))
        self._row, self._column = row, column
        if self._formula is None and self._value is None and self._inline is None:
            return
        try:
            value = self._typed(self._cell.get("t", "n"))
        except (ValueError, LookupError) as error:
            raise self._damaged(f"holds the value '{self._value}', which its type does not allow") from error
        formula = array = None
        if self._formula is not None:
            formula, array = self._read_formula(self._formula, row, column)
        if value is None and formula is None:
            return
        if (row, column) in self.cells:
            raise self._damaged("is given twice")
        self._budget.cells -= 1
        if self._budget.cells < 0:
            raise FileError(f"{self._where}: the workbook has more than {MAX_CELLS:,} filled cells")
        self.cells[row, column] = Cell(value, formula, array)
        if array is not None and self._cell.get("cm", "0") != "0":
            self.dynamic.add((row, column))

    def _damaged(self, what: str) -> FileError:
        return FileError(f"{self._where}: the cell {cell_address(self._row, self._column)} {what}")

    def _row_number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 7 and 1 <= int(text) <= MAX_ROW):
            raise FileError(f"{self._where}: there is no row '{text}' in a sheet (they end at {MAX_ROW})")
        return int(text)

    def _place(self, reference: str | None) -> tuple[int, int]:
        """Row and column of a cell; without a reference it follows the last one, as the standard says."""
        if reference is None:
            row, column = max(self._row, 1), self._column + 1
        else:
            letters = reference.rstrip("0123456789")
            column = self._columns.get(letters) or self._new_column(letters)
            digits = reference[len(letters) :]
            row = int(digits) if 0 < len(digits) <= 7 else 0
        if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
            shown = reference or f"at row {row}, column {column}"
            raise FileError(f"{self._where}: there is no cell '{shown}' in a sheet (the last is XFD1048576)")
        if self._has_row_number and row != self._row:
            raise FileError(f"{self._where}: the cell '{reference}' stands in row {self._row}")
        return row, column

    def _new_column(self, letters: str) -> int:
        number = column_number(letters) if letters.isupper() else 0
        self._columns[letters] = number
        return number

    def _typed(self, kind: str) -> Value | None:
        """The saved value in the type that the cell declares."""
        if kind == "inlineStr" and self._inline is not None:
            return decode_escapes("".join(self._inline))
        text = self._value
        if text is None:
            return None
        if kind == "n":
            return _number(text) if text else None
        if kind == "str":
            return decode_escapes(text)
        if kind == "s":
            if not text.isdecimal():
                raise ValueError(text)
            return self._strings[int(text)]
        if kind == "b":
            return {"1": True, "0": False, "true": True, "false": False}[text] if text else None
        if kind == "e":
            return CellError(text)
        if kind in ("d", "inlineStr"):
            return text
        raise ValueError(kind)

    def _read_formula(self, attributes: Attributes, row: int, column: int) -> tuple[str | None, str | None]:
        """The formula of the cell and, where it is an array formula, its range."""
        text = self._formula_text.removeprefix("=")
        kind = attributes.get("t", "normal")
        area = attributes.get("ref")
        if area is not None and not is_range(area):
            raise self._damaged(f"has a formula over '{area}', which is no range of a sheet")
        if kind == "shared":
            return self._read_shared(attributes.get("si", ""), text, area, row, column), None
        if kind == "array" and area is None:
            raise self._damaged("has an array formula without a range")
        if kind == "array":
            return text or None, area
        if kind == "dataTable":
            return _data_table(attributes), area
        return text or None, None

    def _read_shared(self, index: str, text: str, area: str | None, row: int, column: int) -> str | None:
        if text:
            if area is not None or index not in self._shared:
                try:
                    self._shared[index] = SharedFormula(text, row, column)
                except ValueError as error:
                    raise self._damaged(f"has a shared formula that cannot be read ({error})") from error
            return text
        if index not in self._shared:
            self._early.append((row, column, index))
            return ""
        return self._expand(index, row, column)

    def _expand(self, index: str, row: int, column: int) -> str:
        formula = self._shared[index].at(row, column)
        self._budget.characters -= len(formula)
        if self._budget.characters < 0:
            raise FileError(
                f"{self._where}: its shared formulas expand to more than {MAX_SHARED_CHARACTERS:,} characters"
            )
        return formula

    def finish(self) -> None:
        """Fill in the shared formulas whose first cell came after them."""
        for row, column, index in self._early:
            self._row, self._column = row, column
            if index not in self._shared:
                raise self._damaged(f"uses the shared formula {index}, which no cell declares")
            self.cells[row, column] = Cell(self.cells[row, column].value, self._expand(index, row, column))


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number) and text.lstrip("+-")[:1].isdigit():
        # Gnumeric saves numbers that no double holds.
        return math.copysign(_LARGEST, number)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(text)
    return number


def _data_table(attributes: Attributes) -> str:
    """The formula bar's text of a what-if data table: `TABLE(row input, column input)`."""
    first, second = attributes.get("r1", ""), attributes.get("r2", "")
    if attributes.get("dt2D") in ("1", "true"):
        return f"TABLE({first},{second})"
    return f"TABLE({first},)" if attributes.get("dtr") in ("1", "true") else f"TABLE(,{first})"
