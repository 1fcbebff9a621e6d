"""A workbook as data, and the programs that write it: XlsxWriter, openpyxl, SheetJS."""

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import xlsxwriter
from corpus import package, programs
from corpus.cases import Shown
from openpyxl.formula.translate import Translator
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

_WHEN = datetime.datetime(2026, 1, 1)


@dataclass(frozen=True)
class Array:
    """A formula that fills an area: entered with Ctrl+Shift+Enter, or, when dynamic, spilled by its first cell."""

    text: str
    rows: int = 1
    columns: int = 1
    dynamic: bool = False


Content = float | str | bool | None | Array
"""A constant, a formula (text that begins with `=`), or an array formula."""


@dataclass
class Page:
    """One sheet: its cells by (row, column) from 1, merged areas, names of its own, tables (name, area)."""

    title: str
    cells: dict[tuple[int, int], Content] = field(default_factory=dict)
    merges: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    tables: list[tuple[str, str]] = field(default_factory=list)

    def put(self, address: str, *rows: object) -> "Page":
        """Set cells from an address down: each row is a tuple of contents, or one content."""
        first, column = _at(address)
        for i, row in enumerate(rows):
            for j, content in enumerate(row if isinstance(row, tuple) else (row,)):
                if content is not None:
                    self.cells[first + i, column + j] = content
        return self

    def fill(self, address: str, rows: int, columns: int, text: str) -> "Page":
        """Fill a formula down and across from its first cell, as a person drags it."""
        row, column = _at(address)
        for i in range(rows):
            for j in range(columns):
                cell = f"{package.letters(column + j)}{row + i}"
                self.cells[row + i, column + j] = Translator(text, origin=address).translate_formula(cell)
        return self


def _at(address: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", address)
    assert found, address
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - 64
    return int(found[2]), column


@dataclass
class Book:
    """A workbook: its pages and its names."""

    pages: list[Page] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    date1904: bool = False

    def page(self, title: str) -> Page:
        """A new page."""
        self.pages.append(Page(title))
        return self.pages[-1]


def by_xlsxwriter(book: Book, path: Path, values: Mapping[str, Shown] | None = None) -> None:
    """The book as XlsxWriter writes it, with the values given as saved results."""
    saved = values or {}
    options = {"date_1904": book.date1904}
    with xlsxwriter.Workbook(str(path), options) as target:
        target.set_properties({"created": _WHEN})
        pages = [(page, target.add_worksheet(page.title)) for page in book.pages]
        for name, text in book.names.items():
            target.define_name(name, f"={text}")
        for page, sheet in pages:
            for name, text in page.names.items():
                target.define_name(f"{_quoted(page.title)}!{name}", f"={text}")
            for area in page.merges:
                first = page.cells.get(_at(area.partition(":")[0]), "")
                sheet.merge_range(area, first)
            for name, area in page.tables:
                sheet.add_table(area, {"name": name, "columns": [{"header": head} for head in _heads(page, area)]})
            for (row, column), content in page.cells.items():
                _xlsxwriter_cell(sheet, page.title, row - 1, column - 1, content, saved)
    package.settle(path)


def _xlsxwriter_cell(
    sheet: xlsxwriter.workbook.Worksheet,
    title: str,
    row: int,
    column: int,
    content: Content,
    saved: Mapping[str, Shown],
) -> None:
    def result(i: int = 0, j: int = 0) -> float | str | bool:
        value = saved.get(f"{title}!{package.letters(column + j + 1)}{row + i + 1}", 0)
        return value["error"] if isinstance(value, dict) else value

    if isinstance(content, Array):
        area = row, column, row + content.rows - 1, column + content.columns - 1
        write = sheet.write_dynamic_array_formula if content.dynamic else sheet.write_array_formula
        # Without braces of its own around it, a formula that ends with an array constant would lose its last brace.
        write(*area, f"{{{content.text}}}", None, int(first) if isinstance(first := result(), bool) else first)
        for i in range(content.rows):
            for j in range(content.columns):
                if i or j:
                    sheet.write(row + i, column + j, result(i, j))
    elif isinstance(content, str) and content.startswith("="):
        sheet.write_formula(row, column, content, None, result())
    elif isinstance(content, str):
        sheet.write_string(row, column, content)
    else:
        sheet.write(row, column, content)


def by_openpyxl(book: Book, path: Path) -> None:
    """The book as openpyxl writes it: without results."""
    target = openpyxl.Workbook()
    target.remove(target.worksheets[0])
    if book.date1904:
        target.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, text in book.names.items():
        target.defined_names[name] = DefinedName(name, attr_text=text)
    for page in book.pages:
        sheet = target.create_sheet(page.title)
        for (row, column), content in page.cells.items():
            if isinstance(content, Array):
                last = f"{package.letters(column + content.columns - 1)}{row + content.rows - 1}"
                area = f"{package.letters(column)}{row}:{last}"
                sheet[f"{package.letters(column)}{row}"] = ArrayFormula(area, content.text)
            else:
                sheet.cell(row, column, content)
        for area in page.merges:
            sheet.merge_cells(area)
        for name, text in page.names.items():
            sheet.defined_names[name] = DefinedName(name, attr_text=text)
        for name, area in page.tables:
            sheet.add_table(Table(displayName=name, ref=area))
    target.properties.created = target.properties.modified = _WHEN
    target.save(path)
    package.settle(path)


_SHEETJS = """
const XLSX = require("xlsx");
const book = XLSX.utils.book_new();
for (const page of BOOK.pages) {
  const sheet = {"!ref": page.area, "!merges": page.merges.map(XLSX.utils.decode_range)};
  for (const [cell, content] of Object.entries(page.cells)) sheet[cell] = content;
  XLSX.utils.book_append_sheet(book, sheet, page.title);
}
book.Workbook = {Names: BOOK.names, WBProps: {date1904: BOOK.date1904}};
book.Props = {CreatedDate: new Date("2026-01-01T00:00:00Z")};
XLSX.writeFile(book, process.argv[2], {bookSST: true, compression: true});
"""


def by_sheetjs(book: Book, path: Path, values: Mapping[str, Shown]) -> None:
    """The book as SheetJS writes it, with the values given as saved results."""
    pages = []
    for page in book.pages:
        cells: dict[str, object] = {}
        last_row = last_column = 1
        for (row, column), content in page.cells.items():
            height, width = (content.rows, content.columns) if isinstance(content, Array) else (1, 1)
            last_row, last_column = max(last_row, row + height - 1), max(last_column, column + width - 1)
            cells |= _sheetjs_cells(page.title, row, column, content, values)
        pages.append(
            {
                "title": page.title,
                "cells": cells,
                "merges": page.merges,
                "area": f"A1:{package.letters(last_column)}{last_row}",
            }
        )
    names = [{"Name": name, "Ref": text} for name, text in book.names.items()]
    names += [
        {"Name": name, "Ref": text, "Sheet": i}
        for i, page in enumerate(book.pages)
        for name, text in page.names.items()
    ]
    data = json.dumps({"pages": pages, "names": names, "date1904": book.date1904})
    programs.sheetjs(f"const BOOK = {data};\n{_SHEETJS}", path)
    package.settle(path)


def _sheetjs_cells(
    title: str, row: int, column: int, content: Content, values: Mapping[str, Shown]
) -> dict[str, dict[str, object]]:
    area = Array("") if not isinstance(content, Array) else content
    last = f"{package.letters(column + area.columns - 1)}{row + area.rows - 1}"
    found: dict[str, dict[str, object]] = {}
    for i in range(area.rows):
        for j in range(area.columns):
            cell = f"{package.letters(column + j)}{row + i}"
            formula = isinstance(content, Array) or (isinstance(content, str) and content.startswith("="))
            found[cell] = _sheetjs_value(values.get(f"{title}!{cell}", 0.0) if formula else content)
            if isinstance(content, Array):
                found[cell] |= {"F": f"{package.letters(column)}{row}:{last}"} | (
                    {} if i or j else {"f": content.text[1:]}
                )
                if content.dynamic:
                    found[cell]["D"] = True
            elif formula:
                found[cell]["f"] = str(content)[1:]
    return found


_CODES = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


def _sheetjs_value(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return {"t": "e", "v": _CODES[value["error"]], "w": value["error"]}
    if isinstance(value, bool):
        return {"t": "b", "v": value}
    return {"t": "s" if isinstance(value, str) else "n", "v": value}


def _heads(page: Page, area: str) -> list[str]:
    first, _, last = area.partition(":")
    (row, column), (_, last_column) = _at(first), _at(last)
    return [str(page.cells[row, j]) for j in range(column, last_column + 1)]


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"
