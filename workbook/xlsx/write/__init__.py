"""Plans → workbooks: an .xlsx file with the value of every cell beside its formula."""

from pathlib import Path

from workbook.collector import without_collector
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
    with replacing(target) as stream, without_collector():
        save(plan, stream, badge)
