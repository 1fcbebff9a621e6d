"""What a file keeps of other workbooks: cells, and what names refer to."""

import re

from workbook.errors import FileError
from workbook.formula.address import cell_position, is_range
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.read.book import Cell, CellError, SheetCells, Value
from workbook.xlsx.read.escapes import decode_escapes
from workbook.xlsx.read.limits import Budget
from workbook.xlsx.read.structure import RELATIONS, local_names, workbook_part
from workbook.xlsx.read.values import parse_number
from workbook.xlsx.relations import inner_relations

_REFERENCE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)", re.IGNORECASE)


def linked_books(archive: Archive, budget: Budget) -> tuple[list[SheetCells], dict[str, str]]:
    """The sheets of other workbooks whose values the file keeps, as formulas name them (`[1]Title`), and their names.

    A name's key is `[1]!name`, or `[1]Title!name` where it belongs to one sheet.
    """
    workbook = workbook_part(archive)
    parts: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name.endswith(" externalReference"):
            relation = next((attributes[f"{n} id"] for n in RELATIONS if f"{n} id" in attributes), "")
            parts.append(relations[relation].target if relation in relations else "")

    relations = inner_relations(archive, workbook)
    archive.parse(workbook, make_parser(start))
    sheets: list[SheetCells] = []
    names: dict[str, str] = {}
    for number, part in enumerate(parts, start=1):
        if part in archive:
            found = _LinkXml(f"{archive.path}: the part '{part}'", budget)
            archive.parse(part, make_parser(found.start, found.end, found.text))
            sheets += [
                SheetCells(f"[{number}]{title}", "hidden", found.cells.get(place, {}))
                for place, title in enumerate(found.titles)
            ]
            for name, place, text in found.names:
                title = found.titles[place] if 0 <= place < len(found.titles) else ""
                names[f"[{number}]{title}!{name}"] = _of_book(number, text)
    return sheets, names


def _of_book(number: int, text: str) -> str:
    """What a name of another workbook refers to, as a formula of this one would have it."""
    found = _REFERENCE.fullmatch(text)
    return f"'[{number}]{found[1] or found[2]}'!{found[3]}" if found else text.removeprefix("=")


class _LinkXml:
    """Collects what a file keeps of another workbook's cells and names."""

    _NAMES = local_names("sheetName", "definedName", "sheetData", "cell", "v")

    def __init__(self, where: str, budget: Budget) -> None:
        self.titles: list[str] = []
        self.names: list[tuple[str, int, str]] = []
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
        elif local == "definedName" and "refersTo" in attributes:
            place = attributes.get("sheetId", "")
            self.names.append(
                (attributes.get("name", ""), int(place) if place.isdecimal() else -1, attributes["refersTo"])
            )
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
        return parse_number(text)
    if kind == "b":
        return {"1": True, "0": False, "true": True, "false": False}[text]
    return CellError(text) if kind == "e" else decode_escapes(text)
