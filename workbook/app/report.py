"""What the checks found, as a JSON document for programs and as an HTML page for people."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from workbook import __version__
from workbook.check.verify import BlockCheck, DerivedCode, Failure, SheetCheck, WorkbookCheck
from workbook.resources import render
from workbook.xlsx.files import replace_file

SHOWN_FAILURES = 500
"""How many failures of a workbook the page lists; the JSON document has those that the check kept."""


@dataclass(frozen=True)
class Run:
    """What the checks ran on.

    Args:
        torch: its version.
        device: where the witness computed: `cpu`, or `cuda:0 NVIDIA ...`.
        recalculated_by: the programs that recalculated, with their versions.
    """

    torch: str
    device: str
    recalculated_by: tuple[str, ...]


def write(path: Path, checks: Sequence[WorkbookCheck], run: Run) -> None:
    """Write the document to `path` and the page beside it; each appears whole or not at all.

    Raises:
        FileError: one of them cannot be written.
    """
    replace_file(path, to_json(checks, run))
    replace_file(page(path), to_html(checks, run))


def page(path: Path) -> Path:
    """Where the HTML page of a JSON report stands.

    >>> page(Path("output/report.json")).as_posix()
    'output/report.html'
    """
    return path.with_suffix(".html")


def passed(checks: Sequence[WorkbookCheck]) -> bool:
    """Whether every workbook passed, and there was one."""
    return bool(checks) and all(check.ok for check in checks)


def refused(path: Path, error: Exception) -> WorkbookCheck:
    """The check of a file that could not be verified at all: one failure, in no cell, that says why."""
    expected = "a workbook that gradbook can verify"
    failure = Failure(cell="", kind="error", found=str(error), expected=expected, by="gradbook")
    return WorkbookCheck(
        file=str(path),
        lesson="",
        options={},
        ok=False,
        formula_cells=0,
        checked_cells=0,
        witnessed_cells=0,
        max_error=0.0,
        sheets=(),
        failures=(failure,),
        notes=(),
    )


def failures_of(check: WorkbookCheck, sheet: str) -> int:
    """How many of a workbook's failures lie in one sheet."""
    return sum(_sheet_of(failure.cell) == sheet for failure in check.failures)


def _sheet_of(cell: str) -> str:
    """The sheet of `Adam!H4` or `'Dot product'!B3`."""
    sheet = cell.rpartition("!")[0]
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") and sheet.endswith("'") else sheet


def error_text(error: float | None) -> str:
    """An error relative to its scale, in two digits; empty where there is none to state.

    >>> error_text(0.0), error_text(2.5e-16), error_text(float("inf")), error_text(None)
    ('0', '2.5e-16', 'no bound', '')
    """
    if error is None:
        return ""
    if not isfinite(error):
        return "no bound"
    return f"{error:.1e}" if error else "0"


def to_json(checks: Sequence[WorkbookCheck], run: Run) -> bytes:
    """The document: UTF-8, strict JSON.

    JSON has no infinity. An error that is infinite or no number at all, beside a cell that holds a word where a number
    belongs, stands as the largest double: larger than any bound, as it should be.
    """
    document = {
        "ok": passed(checks),
        "version": __version__,
        "torch": run.torch,
        "device": run.device,
        "recalculated_by": list(run.recalculated_by),
        "workbooks": [_workbook(check) for check in checks],
    }
    # A lone surrogate, which a hostile file can hold, has no UTF-8; JSON's escapes have no such limit.
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def to_html(checks: Sequence[WorkbookCheck], run: Run) -> bytes:
    """The page: self-contained UTF-8 HTML without scripts."""
    text = render(
        "report.html.j2",
        version=__version__,
        run=run,
        ok=passed(checks),
        checks=checks,
        shown=SHOWN_FAILURES,
        error_text=error_text,
        failures_of=failures_of,
    )
    return text.encode("utf-8", errors="backslashreplace")


def _workbook(check: WorkbookCheck) -> dict[str, Any]:
    return {
        "file": check.file,
        "lesson": check.lesson,
        "options": {name: _plain(value) for name, value in check.options.items()},
        "build": check.build,
        "ok": check.ok,
        "formula_cells": check.formula_cells,
        "checked_cells": check.checked_cells,
        "witnessed_cells": check.witnessed_cells,
        "max_error": _number(check.max_error),
        "derived": check.derived and {name: _derived(code) for name, code in check.derived.items()},
        "sheets": [_sheet(sheet) for sheet in check.sheets],
        "failures": [_failure(failure) for failure in check.failures],
        "notes": list(check.notes),
        **({"quantities": check.quantities} if check.quantities is not None else {}),
    }


def _derived(code: DerivedCode) -> dict[str, Any]:
    return {"file": code.file, "cells": code.cells, "equal": code.equal, "max_error": _number(code.max_error)}


def _sheet(sheet: SheetCheck) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "formula_cells": sheet.formula_cells,
        "checked_cells": sheet.checked_cells,
        "witnessed_cells": sheet.witnessed_cells,
        "blocks": [_block(block) for block in sheet.blocks],
    }


def _block(block: BlockCheck) -> dict[str, Any]:
    return {
        "name": block.name,
        "cells": block.cells,
        "sheet_vs_reference": _number(block.sheet_vs_reference),
        "reference_vs_witness": _number(block.reference_vs_witness),
        "trajectory": _number(block.trajectory),
    }


def _failure(failure: Failure) -> dict[str, str]:
    return {
        "cell": failure.cell,
        "kind": failure.kind,
        "found": failure.found,
        "expected": failure.expected,
        "by": failure.by,
    }


def _plain(option: object) -> object:
    return option if option is None or isinstance(option, bool | int | float | str) else str(option)


def _number(error: float | None) -> float | None:
    if error is None:
        return None
    return float(error) if isfinite(error) else sys.float_info.max
