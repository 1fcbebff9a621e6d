"""Results as LibreOffice writes them to CSV files, one for each sheet: in half of the time that a workbook takes it.

It writes what a person would see in the line of input. Of most number formats that has at most 20 decimals, and so too
few digits of a small number; of `;;;`, which shows nothing, it has 15. So the copy that it opens has this one in all
cells. No result depends on a number format.
"""

import csv
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from workbook.check.recalc.packed import PackedSheet
from workbook.check.recalc.session import Result
from workbook.errors import FileError
from workbook.xlsx.guard import open_archive
from workbook.xlsx.read import CellError

FORM = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"
"""What LibreOffice calls it: with commas, in UTF-8, texts between quotes, numbers bare and not as shown, all sheets.

Source: LibreOffice's help, "Filter Options for CSV Filter"; before 7.2 it writes the first sheet alone."""

_FORMAT = ";;;"
_NUMBER = 999
_STYLES = "xl/styles.xml"
_FORMATS = re.compile(rb"<numFmts[^>]*>")
_ROOT = re.compile(rb"<styleSheet[^>]*>")
_USED = re.compile(rb'(<xf\b[^>]*?\bnumFmtId=")[0-9]+')
_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:[0-9]+")
_SMALL = 1.23456789012345e-07


def write_plain(path: Path, target: Path) -> None:
    """Write a copy of a workbook of ours with the number format `;;;` in all cells; all else stays as it is.

    Raises:
        FileError: it has no styles, or spells them otherwise than we do.
    """
    with open_archive(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for part in archive.parts:
            data = archive.read(part)
            copy.writestr(part, _plain(path, data) if part == _STYLES else data)


def _plain(path: Path, styles: bytes) -> bytes:
    one = b'<numFmt numFmtId="%d" formatCode="%s"/>' % (_NUMBER, _FORMAT.encode())
    found = _FORMATS.search(styles)
    root = _ROOT.search(styles)
    if root is None:
        raise FileError(f"{path}: its styles are not spelled as ours")
    at, new = (found.end(), one) if found else (root.end(), b"<numFmts>" + one + b"</numFmts>")
    return _USED.sub(rb"\g<1>%d" % _NUMBER, styles[:at] + new + styles[at:])


def read(folder: Path, name: str, titles: Sequence[str]) -> dict[str, PackedSheet] | None:
    """The results in the files of a workbook's sheets; None where one is missing, or not spelled as expected.

    A truth value is its number, and a text that names an error is that error.

    Args:
        folder: where the files are.
        name: the workbook's, without `.xlsx`.
        titles: of its sheets.
    """
    try:
        return {title: _sheet(folder / f"{name}-{title}.csv") for title in titles}
    except (FileNotFoundError, ValueError):
        return None


def _sheet(path: Path) -> PackedSheet:
    with path.open(encoding="utf-8", newline="") as lines:
        # It makes numbers of what stands bare.
        rows: Sequence[Sequence[str | float]] = list(csv.reader(lines, quoting=csv.QUOTE_NONNUMERIC))
    numbers = np.full((len(rows) + 1, max(map(len, rows), default=0) + 1), np.nan)
    others: dict[tuple[int, int], Result] = {}
    for row, cells in enumerate(rows, 1):
        numbers[row, 1 : len(cells) + 1] = [cell if type(cell) is float else np.nan for cell in cells]
        for column, cell in enumerate(cells, 1):
            if cell and isinstance(cell, str):
                others[row, column] = CellError(cell) if _ERROR.fullmatch(cell) else cell
    return PackedSheet(numbers, others)


def write_trial(path: Path) -> None:
    """Write a workbook that shows whether a LibreOffice does as we expect."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([_SMALL, "1"])
    sheet["A1"].number_format = _FORMAT
    workbook.save(path)


def is_passed(folder: Path, name: str) -> bool:
    """Whether the files of such a workbook have all of its digits, and its text as a text."""
    found = read(folder, name, ["Sheet"])
    return found is not None and found["Sheet"] == {(1, 1): _SMALL, (1, 2): "1"}
