"""Plans → workbooks: an .xlsx file with the value of every cell beside its formula."""

import errno
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from workbook.errors import FileError
from workbook.plan import Plan
from workbook.write.lint import lint
from workbook.write.package import save

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "no permission (is it open in another program?)",
    errno.EPERM: "no permission (is it open in another program?)",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "its directory does not exist",
    errno.ENOTDIR: "its directory is a file",
    errno.EISDIR: "it is a directory",
}


def write(plan: Plan, target: Path, badge: str = "") -> None:
    """Write the workbook of a plan; equal plans give equal bytes, and an old file stays until the new one is whole.

    Args:
        plan: what to write.
        target: the file.
        badge: what the numbers were checked against, in words, for the Start sheet.

    Raises:
        WorkbookError: the plan breaks a rule of spreadsheets; no file is written.
        FileError: the file can't be written.
    """
    lint(plan)
    part = target.parent / f".gradbook-{uuid4().hex[:12]}.part"
    try:
        with part.open("xb") as stream, _no_collector():
            save(plan, stream, badge)
        part.replace(target)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
        raise FileError(f"{target}: it can't be written: {reason}") from error
    finally:
        with suppress(OSError):
            part.unlink()


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
