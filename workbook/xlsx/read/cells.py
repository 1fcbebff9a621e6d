"""The cells of a sheet: values as saved, and formulas, shared ones written out."""

from pathlib import Path

from workbook.errors import FileError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, cell_address, cell_position, column_number, is_range
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.read.book import Cell, CellError, SheetCells, Value
from workbook.xlsx.read.escapes import decode_escapes
from workbook.xlsx.read.limits import MAX_CELLS, MAX_SHARED_CHARACTERS, Budget
from workbook.xlsx.read.structure import SheetPart, local_names
from workbook.xlsx.read.values import parse_moment, parse_number
from workbook.xlsx.rows import RowCell, RowParser, unescape
from workbook.xlsx.shared import SharedFormula

_SHEET_ROOTS = ("worksheet", "chartsheet", "dialogsheet", "macrosheet")


def read_sheet(
    archive: Archive, part: SheetPart, strings: list[str], budget: Budget, *, from_1904: bool = False
) -> SheetCells:
    """The cells of one sheet."""
    found = _SheetXml(f"{archive.path}, sheet {part.title}", strings, budget, from_1904=from_1904)
    found.rows.feed(archive, part.part)
    found.finish()
    return SheetCells(
        part.title,
        part.state,
        found.cells,
        tuple(found.merged),
        frozenset(found.dynamic),
        frozenset(found.hidden),
        tuple(found.filtered),
        frozenset(found.linked),
    )


class _SheetXml:
    """Collects the cells of one sheet."""

    _NAMES = local_names(
        *("sheetData", "row", "c", "f", "v", "is", "t", "rPh", "mergeCell", "autoFilter", "filterColumn"),
        "hyperlink",
        *("customSheetViews", *_SHEET_ROOTS),
    )

    def __init__(self, where: str, strings: list[str], budget: Budget, *, from_1904: bool) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.merged: list[str] = []
        self.dynamic: set[tuple[int, int]] = set()
        self.hidden: set[int] = set()
        self.filtered: list[str] = []
        self.linked: set[tuple[int, int]] = set()
        self._filter: str | None = None
        self.rows = RowParser(self._start_outside, None, self._take_row)
        self.parser = self.rows.xml
        self._where = where
        self._strings = strings
        self._budget = budget
        self._from_1904 = from_1904
        self._has_data = self._in_guide = self._in_cell = False
        self._is_rooted = self._has_row_number = False
        self._row = self._column = self._lowest = 0
        self._digits = ""
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
        elif local == "hyperlink" and ":" not in (cell := attributes.get("ref", "")) and is_range(cell):
            self.linked.add(cell_position(cell))
        elif local == "autoFilter":
            self._filter = attributes.get("ref", "")
        elif local == "filterColumn" and self._filter is not None and is_range(self._filter):
            self.filtered.append(self._filter)
            self._filter = None
        elif local == "customSheetViews":
            # Somebody's own views have filters too, and are not what the sheet shows.
            self.parser.StartElementHandler = None
        elif local == "sheetData":
            if self._has_data:
                raise FileError(f"{self._where}: its part has two blocks of cells (sheetData)")
            self._has_data = True
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "c":
            self._in_cell = True
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
            self._digits = str(self._row) if self._has_row_number else ""
            self._column = 0
            if attributes.get("hidden") in TRUE:
                self.hidden.add(self._row)
            if not (self._in_cell or self._in_guide or self.parser.CharacterDataHandler):
                self.rows.begin_row()
        elif local == "is":
            self._inline = []
        elif local == "rPh":
            self._in_guide = True

    def _end(self, name: str) -> None:
        local = self._NAMES.get(name)
        if local == "c":
            self._in_cell = False
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

    def _take_row(self, cells: list[RowCell]) -> bool:
        """Add the cells of a row that is spelled as usual; False, and nothing added, where one of them is not."""
        row, digits, columns = self._row, self._digits, self._columns
        column = self._column
        found: dict[tuple[int, int], Cell] = {}
        filled = 0
        try:
            for whole, letters, own, _, kind, formula, spelled, inline in cells:
                column = columns.get(letters) or self._new_column(letters)
                if own != digits or not 1 <= column <= MAX_COLUMN:
                    return False
                if spelled and not kind:
                    number = float(spelled)
                    # An infinity, a NaN, and digits in groups.
                    plain = number - number == 0.0 and "_" not in spelled
                    value: Value | None = number if plain else parse_number(spelled)
                else:
                    value = self._usual(whole, kind, spelled, inline)
                    if value is None and not formula:
                        continue
                if "&" in formula:
                    formula = unescape(formula)
                found[row, column] = Cell(value, formula.removeprefix("=") or None)
                filled += 1
        except ValueError:
            return False
        if len(found) < filled or filled > self._budget.cells:
            return False
        if row <= self._lowest and not self.cells.keys().isdisjoint(found):
            return False
        self._lowest = max(row, self._lowest)
        self._budget.cells -= filled
        self.cells.update(found)
        self._column = column
        return True

    def _usual(self, whole: str, kind: str, spelled: str, inline: str) -> Value | None:
        """The saved value of a cell that is spelled as usual.

        Raises:
            ValueError: it is for the parser.
        """
        if kind == "str" and (spelled or "<v>" in whole):
            return decode_escapes(unescape(spelled))
        if kind == "inlineStr" and (inline or "<is>" in whole):
            return decode_escapes(unescape(inline))
        if spelled and kind == "n":
            return parse_number(spelled)
        if kind == "s" and len(spelled) < 10 and spelled.isdecimal() and int(spelled) < len(self._strings):
            return self._strings[int(spelled)]
        if spelled or inline:
            raise ValueError(whole)
        return None

    def _take_text(self) -> str:
        self.parser.CharacterDataHandler = None
        text = "".join(self._buffer)
        self._buffer.clear()
        return text

    def _add_cell(self) -> None:
        self._row, self._column = row, column = self._place(self._cell.get("r"))
        if self._formula is None and self._value is None and self._inline is None:
            return
        try:
            value = self._typed(self._cell.get("t", "n"))
        except (ValueError, LookupError) as error:
            # ExcelJS saves an error in a cell of dates so: the formula has no value.
            value = None
            if self._formula is None or self._value != "NaN":
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
        self._lowest = max(row, self._lowest)
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
        elif (
            self._has_row_number
            and reference.endswith(self._digits)
            and (known := self._columns.get(reference[: -len(self._digits)]))
        ):
            # Nearly every cell: of a column that was met before, and of the row that it stands in.
            return self._row, known
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
            return parse_number(text) if text else None
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
        if kind == "d":
            return parse_moment(text, from_1904=self._from_1904) if text else None
        if kind == "inlineStr":
            return text
        raise ValueError(kind)

    def _read_formula(self, attributes: Attributes, row: int, column: int) -> tuple[str | None, str | None]:
        """The formula of the cell and, where it is an array formula, its range."""
        text = self._formula_text.removeprefix("=")
        if not attributes:
            return text or None, None
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


def _data_table(attributes: Attributes) -> str:
    """The formula bar's text of a what-if data table: `TABLE(row input, column input)`."""
    first, second = attributes.get("r1", ""), attributes.get("r2", "")
    if attributes.get("dt2D") in TRUE:
        return f"TABLE({first},{second})"
    return f"TABLE({first},)" if attributes.get("dtr") in TRUE else f"TABLE(,{first})"


def shared_strings(archive: Archive, part: str) -> list[str]:
    """The texts that cells share, by their number."""
    found = _StringsXml(archive.path)
    archive.parse(part, make_parser(found.start, found.end, found.text))
    return found.strings


class _StringsXml:
    """Collects the shared strings: the runs of a rich text joined, its phonetic guides left out."""

    _NAMES = local_names("si", "t", "rPh")

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
