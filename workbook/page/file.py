"""A workbook's file without its cells: what the page needs to hand the workbook over with a person's edits in it."""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from workbook.plan.plan import Plan
from workbook.xlsx.guard import open_archive
from workbook.xlsx.read import read_structure

_ROWS = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_CACHE = re.compile(r"<(?:c:)?numCache>.*?</(?:c:)?numCache>", re.DOTALL)
"""The values that a chart keeps for previews: stale after an edit, and no program needs them."""
_TEXTS = re.compile(r"<si>.*</si>", re.DOTALL)
"""The texts of cells, which a page writes into the cells themselves."""


def file_parts(workbook: Path, plan: Plan) -> Mapping[str, Any]:
    """The parts of a workbook that was written from a plan.

    Returns:
        `parts`: name → text, in the file's order; `sheets`: for each sheet of the plan the name of its part, in whose
        text `rows` stands where the rows belong.
    """
    parts: dict[str, str] = {}
    sheets = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(plan.layouts) + 1)]
    with ZipFile(workbook) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name in sheets:
                data = _ROWS.sub(b"<sheetData></sheetData>", data, count=1)
            text = data.decode("utf-8")
            if name.startswith("xl/charts/"):
                text = _CACHE.sub("", text)
            parts[name] = _TEXTS.sub("", text) if name == "xl/sharedStrings.xml" else text
    return {"parts": parts, "sheets": sheets}


MOST_BYTES = 40 * 2**20
"""A file whose parts hold more is not carried in a page."""
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=["']([^"']+)["']""")


def whole_file(workbook: Path, titles: Sequence[str]) -> Mapping[str, Any]:
    """All parts of a workbook that gradbook did not make; a page puts edits into its sheets and leaves all else.

    Args:
        workbook: the file.
        titles: the sheets that the page shows, in order.

    Returns:
        `whole`: name → text, or bytes in base64; `sheets`: for each title the name of its part. Empty where the file is
        too large, or where a sheet is in an encoding that a page would not keep.

    Raises:
        FileError: a part is damaged.
    """
    whole: dict[str, Any] = {}
    size = 0
    with open_archive(workbook) as archive:
        parts = {sheet.title: archive.spelled(sheet.part) for sheet in read_structure(archive)[0]}
        for name in archive.parts:
            data = b"".join(archive.chunks(name))
            size += len(data)
            if size > MOST_BYTES:
                return {}
            whole[name] = _text(data)
    sheets = [parts[title] for title in titles]
    return {} if any(not isinstance(whole[name], str) for name in sheets) else {"whole": whole, "sheets": sheets}


def _text(data: bytes) -> str | dict[str, str]:
    """A part as text, where it is XML in UTF-8; else as bytes in base64."""
    encoding = _ENCODING.match(data)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and (not encoding or encoding[1].lower() == b"utf-8"):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return {"base64": base64.b64encode(data).decode()}
