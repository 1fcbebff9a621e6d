"""What ironcalc can load of a file, and what it would misread."""

import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.formula.address import MAX_ROW
from workbook.xlsx.files import scratch
from workbook.xlsx.read import decode_escapes, read_workbook

if TYPE_CHECKING:
    import ironcalc

_COMMENTS = re.compile(rb'Target="/xl/comments/')
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_LOOKS = re.compile(rb"<conditionalFormatting\b.*?</conditionalFormatting>", re.DOTALL)
_OF_RANGES = (b"AVERAGEIF", b"COUNTIF", b"INDEX", b"LARGE", b"SMALL", b"SUMIF")
_OF_ONE_CELL = re.compile(
    rb"(?<![\w.])((?:%b)S?\((?:(?:\w+|'[^'<>]+')!)?)(\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6})(?=[,)])" % b"|".join(_OF_RANGES)
)
# With a literal first, so that files without whole columns are passed over fast.
_ANY_COLUMN = re.compile(rb":(?<=[A-Z]:)\$?[A-Z]{1,3}(?![\w(.:!])")
_COLUMNS = re.compile(rb"(?<![\w.$:'])(\$?[A-Z]{1,3}):(\$?[A-Z]{1,3})(?![\w(.:!])")
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
# What tells a column of a million cells from one that ends with its last value: functions, criteria, comparisons.
_COUNTS_BLANKS = re.compile(
    rb"\b(?:ROWS?|COUNTBLANK|OFFSET|INDIRECT|FREQUENCY|TRANSPOSE)\("
    rb"|COUNTIFS?\([^<]*(?:\"|&quot;)(?:&lt;&gt;|=|\"|&quot;)"
    rb"|:\$?[A-Z]{1,3}(?:&lt;(?!&gt;)|=(?:0|\"\"|&quot;&quot;))"
)
# A text or the title of a sheet; its last quote is missing where the formula is cut within it.
_QUOTED = re.compile(rb"\"[^\"]*(\"|$)|'[^']*('|$)")


@contextmanager
def loadable(path: Path) -> Iterator[tuple[Path, bool]]:
    """A copy of the file for ironcalc to load: all its cells, without conditional formats, with relative comments.

    And whether a sheet may escape characters of texts in its own cells: `_x0007_`.

    For the sake of conditional formats ironcalc computes every formula while it loads, which takes as long as all the
    rest; no number depends on them. Links to comments it finds relative ones only, and openpyxl's are absolute. Where a
    function takes a range, ironcalc takes one cell for a value, and gives an error: it is spelled as a range. A look-up
    in a whole column takes it a quarter of a second: A:A is spelled A$1:A$99, one row more than any sheet has.
    """
    escapes = False
    with scratch() as folder:
        copy = folder / "book.xlsx"
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as target:
            sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
            last: bytes | None = None
            for part in archive.namelist():
                content = archive.read(part)
                if part.startswith("xl/worksheets/_rels/"):
                    content = _COMMENTS.sub(b'Target="../comments/', content)
                elif part.startswith("xl/worksheets/"):
                    content = _LOOKS.sub(b"", content)
                    if any(name in content for name in _OF_RANGES):
                        content = _OF_ONE_CELL.sub(_of_a_range, content)
                    if _ANY_COLUMN.search(content):
                        last = last or _row_after(archive.read(sheet) for sheet in sheets)
                        content = _COLUMNS.sub(partial(_ended, last=last), content)
                    escapes = escapes or (b'"inlineStr"' in content and _ESCAPE.search(content) is not None)
                target.writestr(part, content)
        yield copy, escapes


def _row_after(sheets: Iterable[bytes]) -> bytes:
    """The row after the last of all sheets."""
    return b"%d" % min(1 + max((_last_row(content) for content in sheets), default=0), MAX_ROW)


def _last_row(content: bytes) -> int:
    """The number of the last row; where rows have none, as many as there are."""
    found = _ROW.match(content, content.rfind(b"<row "))
    return int(found[1]) if found else content.count(b"<row>") + content.count(b"<row ")


def _ended(match: re.Match[bytes], last: bytes) -> bytes:
    """In a formula `A$1:A$99` in place of `A:A`, unless it may count the blank cells below."""
    part = match.string
    formula = _formula_around(match)
    if formula is None or _COUNTS_BLANKS.search(part, *formula):
        return match[0]
    return b"%b$1:%b$%b" % (match[1], match[2], last)


def _of_a_range(match: re.Match[bytes]) -> bytes:
    """In a formula, and in no text or title of a sheet in it, `INDEX(A1:A1,` in place of `INDEX(A1,`."""
    return match[0] if _formula_around(match) is None else b"%b%b:%b" % (match[1], match[2], match[2])


def _formula_around(match: re.Match[bytes]) -> tuple[int, int] | None:
    """Where the formula begins and ends in which a reference was found; None where it is none, or part of a text."""
    part = match.string
    start = part.rfind(b">", 0, match.start()) + 1
    tag = part[part.rfind(b"<", 0, start) : start]
    if not tag.startswith((b"<f>", b"<f ")) or _is_in_quotes(part[start : match.start()]):
        return None
    return start, part.find(b"<", match.end())


def _is_in_quotes(before: bytes) -> bool:
    before = before.replace(b"&quot;", b'"').replace(b"&apos;", b"'").replace(b"&#39;", b"'")
    return any(not (quoted[1] or quoted[2]) for quoted in _QUOTED.finditer(before))


def spell_out(model: "ironcalc.Model", path: Path) -> None:
    """Give the model the texts whose characters the file escapes within a cell: there ironcalc keeps the escapes."""
    sheets = read_workbook(path).sheets
    for index, properties in enumerate(model.get_worksheets_properties()):
        for (row, column), cell in sheets[properties["name"]].cells.items():
            if isinstance(cell.value, str) and cell.formula is None:
                kept = model.get_cell_value(index, row, column)
                if isinstance(kept, str) and kept != cell.value and decode_escapes(kept) == cell.value:
                    model.update_cell_with_text(index, row, column, cell.value)
