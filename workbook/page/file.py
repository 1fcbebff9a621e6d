"""A workbook's file without its cells: what the page needs to hand the workbook over with a person's edits in it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from workbook.plan.plan import Plan

_ROWS = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_CACHE = re.compile(r"<(?:c:)?numCache>.*?</(?:c:)?numCache>", re.DOTALL)
"""The values that a chart keeps for previews: stale after an edit, and no program needs them."""


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
            parts[name] = _CACHE.sub("", text) if name.startswith("xl/charts/") else text
    return {"parts": parts, "sheets": sheets}
