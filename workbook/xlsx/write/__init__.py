"""Plans → workbooks: an .xlsx file with the value of every cell beside its formula."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbook.plan.plan import Plan
from workbook.xlsx.files import replacing
from workbook.xlsx.write.lint import lint
from workbook.xlsx.write.package import save


def write(plan: Plan, target: Path, badge: str = "", *, linted: bool = False) -> None:
    """Write the workbook of a plan; equal plans give equal bytes, and an old file stays until the new one is whole.

    Args:
        plan: what to write.
        target: the file.
        badge: what the numbers were checked against, in words, for the Start sheet.
        linted: whether `lint` has been through the plan.

    Raises:
        WorkbookError: the plan breaks a rule of spreadsheets; no file is written.
        FileError: the file can't be written.
    """
    if not linted:
        lint(plan)
    with replacing(target) as stream, _no_collector():
        save(plan, stream, badge)


@contextmanager
def _no_collector() -> Iterator[None]:
    # Rows make many tuples and no circles; looking for circles among them costs time and finds none.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
