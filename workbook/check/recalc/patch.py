"""A copy of a workbook in which some cells hold other values: for programs that can only open a file."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from string import ascii_uppercase
from xml.etree import ElementTree as ET

from openpyxl.utils import range_boundaries

from workbook.check.recalc.session import Input, part_of_array
from workbook.errors import FileError
from workbook.formula.address import cell_address, column_number
from workbook.xlsx.guard import make_parser, open_archive
from workbook.xlsx.read import read_structure
from workbook.xlsx.shared import SharedFormula

Place = tuple[int, int]
Changes = Mapping[str, Mapping[Place, Input]]
"""New values by sheet title, then by (row, column) from 1."""

_IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# What XML cannot hold or would change, and text that would read as such an escape.
_TO_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


def write_patched(path: Path, target: Path, changes: Changes) -> None:
    """Write a copy of the workbook with the changed cells; every other part is copied byte for byte.

    A changed cell keeps its style and loses its formula. The cells that shared its formula keep theirs.

    Raises:
        FileError: the file is damaged.
        WorkbookError: a cell is part of an array formula that fills more than one.
    """
    with open_archive(path) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        sheets = {sheet.title: archive.spelled(sheet.part) for sheet in read_structure(archive)[0]}
        titles = {sheets[title]: title for title in changes}
        for part in archive.parts:
            data = archive.read(part)
            if part in titles:
                # ElementTree would let a document type pass, and its entities grow.
                archive.parse(part, make_parser(lambda *_: None))
                data = _Sheet(path, titles[part], data).patched(changes[titles[part]])
            copy.writestr(part, data)


class _Sheet:
    """The XML of one sheet, its cells found by place."""

    def __init__(self, path: Path, title: str, data: bytes) -> None:
        self._path = path
        self._title = title
        self._root = ET.fromstring(data)  # noqa: S314 - write_patched has refused a document type
        # Its prefixes do not survive ElementTree, and a list of prefixes that are not declared is an error.
        self._root.attrib.pop(_IGNORABLE, None)
        self._namespace = self._root.tag.rpartition("}")[0] + "}"
        block = self._root.find(self._tag("sheetData"))
        if block is None:
            raise FileError(f"{path}, sheet {title}: it has no cells to change")
        self._block = block
        self._rows: dict[int, ET.Element] = {}
        self._cells: dict[Place, ET.Element] = {}
        self._find_cells()

    def _tag(self, name: str) -> str:
        return self._namespace + name

    def _find_cells(self) -> None:
        """Index the cells, and write out the places that the file leaves to be counted: an insertion moves those."""
        row = 0
        for row_element in self._block.iterfind(self._tag("row")):
            row = int(row_element.get("r", 0)) or self._row_of_cells(row_element) or row + 1
            row_element.set("r", str(row))
            self._rows[row] = row_element
            column = 0
            for cell in row_element.iterfind(self._tag("c")):
                letters = cell.get("r", "").rstrip("0123456789")
                column = column_number(letters) if letters else column + 1
                cell.set("r", cell_address(row, column))
                self._cells[row, column] = cell

    def _row_of_cells(self, row: ET.Element) -> int:
        """The row that the cells name, or 0 where none does."""
        named = (cell.get("r", "").lstrip(ascii_uppercase) for cell in row.iterfind(self._tag("c")))
        return int(next(filter(None, named), 0))

    def patched(self, changes: Mapping[Place, Input]) -> bytes:
        """The XML with the new values."""
        self._refuse_arrays(changes)
        self._release_shared(changes)
        for place, value in changes.items():
            self._fill(self._cells.get(place), place, value)
        xml: bytes = ET.tostring(self._root, encoding="UTF-8", xml_declaration=True)
        return xml

    def _refuse_arrays(self, changes: Mapping[Place, Input]) -> None:
        for cell in self._cells.values():
            formula = cell.find(self._tag("f"))
            if formula is None or formula.get("t") not in ("array", "dataTable"):
                continue
            first_column, first_row, last_column, last_row = range_boundaries(formula.get("ref", ""))
            if (first_row, first_column) == (last_row, last_column):
                continue
            for row, column in changes:
                if first_row <= row <= last_row and first_column <= column <= last_column:
                    raise part_of_array(self._path, self._title, row, column)

    def _release_shared(self, changes: Mapping[Place, Input]) -> None:
        """Give the cells that share the formula of a changed cell their own copies of it."""
        shared: dict[str, SharedFormula] = {}
        for place in changes:
            formula = self._formula(place)
            if formula is not None and formula.get("t") == "shared" and formula.text:
                shared[formula.get("si", "")] = SharedFormula(formula.text, *place)
        for place in self._cells if shared else ():
            formula = self._formula(place)
            if formula is not None and formula.get("t") == "shared" and formula.get("si", "") in shared:
                formula.text = formula.text or shared[formula.get("si", "")].at(*place)
                formula.attrib.clear()

    def _formula(self, place: Place) -> ET.Element | None:
        cell = self._cells.get(place)
        return None if cell is None else cell.find(self._tag("f"))

    def _fill(self, cell: ET.Element | None, place: Place, value: Input) -> None:
        cell = self._new_cell(*place) if cell is None else cell
        kept = [(name, text) for name, text in cell.attrib.items() if name in ("r", "s")]
        cell.clear()
        cell.attrib.update(kept)
        if value is None:
            return
        if isinstance(value, str):
            cell.set("t", "inlineStr")
            text = ET.SubElement(ET.SubElement(cell, self._tag("is")), self._tag("t"))
            text.set(_SPACE, "preserve")
            text.text = _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", value)
            return
        if isinstance(value, bool):
            cell.set("t", "b")
        ET.SubElement(cell, self._tag("v")).text = repr(int(value) if isinstance(value, bool) else float(value))

    def _new_cell(self, row: int, column: int) -> ET.Element:
        """An empty cell, inserted where the order of rows and columns wants it."""
        row_element = self._rows.get(row)
        if row_element is None:
            row_element = ET.Element(self._tag("row"), {"r": str(row)})
            self._block.insert(sum(other < row for other in self._rows), row_element)
            self._rows[row] = row_element
        before = sum(column_number(other.get("r", "").rstrip("0123456789")) < column for other in row_element)
        cell = ET.Element(self._tag("c"), {"r": cell_address(row, column)})
        row_element.insert(before, cell)
        self._cells[row, column] = cell
        return cell
