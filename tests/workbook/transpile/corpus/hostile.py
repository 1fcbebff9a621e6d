"""Workbooks that mean harm: names and texts that would be code, and packages that would eat the machine."""

import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from corpus import by_hand
from corpus.cases import Shown

CANARY = "canary"
"""The file whose presence shows that something from a workbook was run."""
_CALL = f"__import__('pathlib').Path('{CANARY}').touch()"

DEFINED = ("import", "exec", "_", "__builtins__", "np", "π", "x.y", "\\back", "Main", "für", "True_", "a" * 255)
"""Names that a workbook may define, and Python would read otherwise."""
# Each is a title, a heading, and the text of a cell and of a formula.
NAMES: tuple[str, ...] = (
    "import",
    "class",
    "None",
    "lambda",
    "print",
    "np",
    "torch",
    "main",
    "self",
    "__builtins__",
    "__import__",
    "math",
    "sys",
    "float",
    "inputs",
    "1abc",
    "a-b",
    "a b",
    "x.y",
    "É",
    "ﬁ",
    "π",
    "Лист",
    "数",
    "🦉",
    "\u202etxet",
    "a\u2028b",
    '"""',
    "'''",
    "\\",
    "\\n",
    "{{7*7}}",
    "{% raw %}",
    "${HOME}",
    "%s%n",
    f'");{_CALL}#',
    f'"""\n{_CALL}\n"""',
    f"'''\n{_CALL}\n'''",
    f'\\"""\n{_CALL}\n"""',
    f"{{{{ {_CALL} }}}}",
    f"{{{_CALL}}}",
    f"x\n{_CALL}\ny",
    f"x\r{_CALL}",
    f"x\f{_CALL}",
    f"# -*- coding=utf7 -*-\n{_CALL}",
    "a" * 300,
)


def named(names: Sequence[str], path: Path) -> dict[str, dict[str, Shown]]:
    """Write a workbook with a sheet for each name, which stands wherever a name can; returns what its cells show, by name.

    The characters that XML has no spelling for are left out, as a program that writes XML would.
    """
    sheets: dict[str, str] = {}
    expected: dict[str, dict[str, Shown]] = {}
    sums = ""
    for number, name in enumerate(names, start=1):
        title = "".join(letter for letter in name if letter in "\t\n\r" or letter >= " ")
        sheets[_spelled(title)] = by_hand.sheet(_rows(title))
        quoted = _spelled("'" + title.replace("'", "''") + "'")
        sums += f'<row r="{number}"><c r="A{number}"><f>SUM({quoted}!B2:B5)</f></c></row>'
        expected[name] = {f"{title}!B{i}": 2.0 * i for i in range(2, 6)}
        expected[name] |= {f"{title}!C{i}": float(sum(2 * j for j in range(2, i + 1))) for i in range(2, 6)}
        expected[name] |= {f"{title}!A7": title, f"other!A{number}": 28.0}
    by_hand.write(path, sheets | {"other": by_hand.sheet(sums)})
    return expected


def _rows(title: str) -> str:
    heading = f't="inlineStr"><is><t xml:space="preserve">{_spelled(title)}</t></is></c>'
    rows = f'<row r="1"><c r="A1" {heading}<c r="B1" {heading}<c r="C1" {heading}</row>'
    for i in range(2, 6):
        before = f"C{i - 1}" if i > 2 else "0"
        rows += (
            f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><f>A{i}*2</f></c>'
            f'<c r="C{i}"><f>B{i}+{before}</f></c></row>'
        )
    rows += '<row r="7"><c r="A7"><f>A1&amp;""</f></c><c r="B7"><f>LEN(B1)</f></c></row>'
    # A text in a formula may have 255 characters.
    said = _spelled(title.replace('"', '""'))
    return rows + (f'<row r="8"><c r="A8"><f>"{said}"</f></c></row>' if len(title) < 255 else "")


def _spelled(text: str) -> str:
    return escape(text, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;"})


def defined(names: Sequence[str], path: Path) -> dict[str, dict[str, Shown]]:
    """Write a workbook with defined names and two formulas that use each; returns what they show, by name."""
    rows = '<row r="1"><c r="A1"><v>3</v></c></row>'
    listed = ""
    expected: dict[str, dict[str, Shown]] = {}
    for row, name in enumerate(names, start=2):
        listed += f'<definedName name="{_spelled(name)}">s!$A$1</definedName>'
        rows += f'<row r="{row}"><c r="A{row}"><f>{_spelled(name)}*2</f></c><c r="C{row}"><f>3+{_spelled(name)}</f></c></row>'
        expected[name] = {f"s!A{row}": 6.0, f"s!C{row}": 6.0}
    by_hand.write(path, {"s": by_hand.sheet(rows)}, names=listed)
    return expected


def _sheet_only(rows: str) -> Callable[[Path], None]:
    return lambda path: by_hand.write(path, {"s": by_hand.sheet(rows)})


def _formulas(*texts: str) -> Callable[[Path], None]:
    cells = "".join(
        f'<row r="{i}"><c r="A{i}"><f>{escape(text)}</f></c></row>' for i, text in enumerate(texts, start=1)
    )
    return _sheet_only(cells)


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _truncated(path: Path) -> None:
    _sheet_only('<row r="1"><c r="A1"><v>1</v></c></row>')(path)
    path.write_bytes(path.read_bytes()[:-200])


def _part(name: str, content: bytes | str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        by_hand.write(path, {"s": by_hand.sheet("")}, parts={name: content})

    return write


def _bomb(path: Path) -> None:
    by_hand.write(path, {"s": by_hand.sheet("")})
    packed = zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as archive, archive.open("xl/theme/theme1.xml", "w") as part:
        for _ in range(700):
            part.write(bytes(2**20))


_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {"abcdefghijkl"[i]} "{("&" + "abcdefghijkl"[i - 1] + ";") * 10}">' for i in range(1, 11))
    + f']><worksheet xmlns="{by_hand.MAIN}"><sheetData><row r="1"><c r="A1" t="str"><v>&k;</v></c></row></sheetData></worksheet>'
)
_OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<worksheet xmlns="{by_hand.MAIN}"><sheetData><row r="1"><c r="A1" t="str"><v>&a;</v></c></row></sheetData></worksheet>'
)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1") + struct.pack("<500H", *range(500))

REFUSED: dict[str, Callable[[Path], object]] = {
    "empty": _bytes(b""),
    "text": _bytes(b"a,b\n1,2\n"),
    "html": _bytes(b"<html><table><tr><td>1</td></tr></table></html>"),
    "old_format": _bytes(_OLE),
    "truncated": _truncated,
    "zip_of_nothing": _bytes(b"PK\x05\x06" + bytes(18)),
    "bomb": _bomb,
    "entities": _part("xl/worksheets/sheet1.xml", _ENTITIES),
    "entity_of_a_file": _part("xl/worksheets/sheet1.xml", _OUTSIDE),
    "broken_xml": _part("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row></sheetData>"),
    "no_sheets_part": _part("xl/_rels/workbook.xml.rels", "<Relationships/>"),
    "row_too_far": _sheet_only('<row r="2000000"><c r="A2000000"><f>1+1</f></c></row>'),
    "column_too_far": _sheet_only('<row r="1"><c r="XFE1"><f>1+1</f></c></row>'),
    "row_of_letters": _sheet_only('<row r="x"><c r="A1"><f>1+1</f></c></row>'),
}
"""What must be refused in one line, with no script."""

UNCOMPUTED: dict[str, Callable[[Path], object]] = {
    "circle": _formulas("A2+1", "A3+1", "A1+1"),
    "own_circle": _formulas("A1+1"),
    "brackets": _formulas("(" * 20_000 + "1" + ")" * 20_000),
    "signs": _formulas("-" * 50_000 + "1"),
    "sum_of_thousands": _formulas("+".join(["B1"] * 3_000)),
    "whole_sheet": _sheet_only('<row r="1"><c r="A1"><f t="array" ref="A1:XFD1048576">1</f></c></row>'),
}
"""What the command must name, cell by cell, while the rest is still a script."""
