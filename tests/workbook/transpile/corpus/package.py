"""What a workbook file holds, read with the standard library alone, and the same file with nothing that time changes."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from corpus.cases import Shown

# Any namespace: the strict variant of the format has others.
_MAIN = "{*}"
_CREATED = (1980, 1, 1, 0, 0, 0)


def cells(path: Path) -> dict[str, tuple[str, Shown | None]]:
    """Each formula cell with its formula and its saved value; a cell of an array has the formula of its first."""
    found: dict[str, tuple[str, Shown | None]] = {}
    with zipfile.ZipFile(path) as archive:
        for title, part in _sheets(archive).items():
            found |= {f"{title}!{cell}": value for cell, value in _sheet(archive, part).items()}
    return found


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    root = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    return {
        sheet.get("name", ""): posixpath.normpath(posixpath.join("/xl", targets[_relation(sheet)])).lstrip("/")
        for sheet in root.iterfind(f".//{_MAIN}sheet")
    }


def _relation(sheet: ElementTree.Element) -> str:
    return next(value for name, value in sheet.items() if name.endswith("}id"))


def _sheet(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, Shown | None]]:
    strings: list[str] = []
    if "xl/sharedStrings.xml" in archive.namelist():
        table = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        strings = ["".join(text.text or "" for text in item.iterfind(f".//{_MAIN}t")) for item in table]
    root = ElementTree.fromstring(archive.read(part))
    every = dict(_placed(root))
    found: dict[str, tuple[str, Shown | None]] = {}
    shared: dict[str | None, str] = {}
    for name, cell in every.items():
        formula = cell.find(f"{_MAIN}f")
        if formula is None:
            continue
        text = formula.text or shared.get(formula.get("si"), "")
        if formula.get("t") == "shared" and formula.text:
            shared[formula.get("si")] = text
        for place in _area(formula.get("ref") if formula.get("t") == "array" else None, name):
            found[place] = (text, _value(every[place], strings) if place in every else None)
    return found


def _placed(root: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element]]:
    # A row or a cell without an address follows the one before it.
    number = 0
    for row in root.iterfind(f".//{_MAIN}row"):
        number = int(row.get("r", number + 1))
        column = 0
        for cell in row.iterfind(f".//{_MAIN}c"):
            column = _split(cell.get("r", f"{letters(column + 1)}{number}"))[0]
            yield f"{letters(column)}{number}", cell


def _area(ref: str | None, cell: str) -> list[str]:
    if ref is None:
        return [cell]
    first, _, last = ref.partition(":")
    (column, row), (last_column, last_row) = _split(first), _split(last or first)
    return [f"{letters(j)}{i}" for i in range(row, last_row + 1) for j in range(column, last_column + 1)]


def _split(address: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", address)
    assert found, address
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - 64
    return column, int(found[2])


def letters(column: int) -> str:
    """The column's letters, from 1."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _value(cell: ElementTree.Element, strings: list[str]) -> Shown | None:
    value, kind = cell.find(f"{_MAIN}v"), cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(text.text or "" for text in cell.iterfind(f".//{_MAIN}t"))
    text = value.text if value is not None else None
    if text is None:
        return "" if kind == "str" and value is not None else None
    if kind == "e":
        return {"error": text}
    if kind == "b":
        return text == "1"
    if kind == "s":
        return strings[int(text)]
    return text if kind == "str" else float(text)


def settle(path: Path) -> None:
    """Write the file anew, so that the same content is the same bytes whenever it is made."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    if core := parts.get("docProps/core.xml"):
        dates = rb"(<dcterms:(created|modified)[^>]*>)[^<]*"
        parts["docProps/core.xml"] = re.sub(dates, rb"\g<1>2026-01-01T00:00:00Z", core)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _CREATED), content, zipfile.ZIP_DEFLATED)
