"""LibreOffice after an edit: the program itself, driven through its own objects by a macro, in one process."""

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from workbook.check.recalc.libreoffice import LibreOffice
from workbook.formula.address import cell_address

MACRO = Path(__file__).with_name("edits.bas")
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value>\
</prop></item>
<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value>\
</prop></item>
</oor:items>
"""
"""Its second line keeps the program from laying its own empty library over this one at its first start."""
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">
 <library:library library:name="Standard" library:link="false"/>
</library:libraries>
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" \
library:passwordprotected="false">
 <library:element library:name="Edits"/>
</library:library>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Edits" script:language="StarBasic">\
{code}</script:module>
"""


@dataclass(frozen=True)
class Edit:
    """A cell of a sheet, row and column from 1, and what a person puts into it."""

    sheet: str
    row: int
    column: int
    value: str | float


@dataclass(frozen=True)
class Stale:
    """A cell that is not what it should be after some edits."""

    edits: Sequence[Edit]
    cell: str
    shown: str
    right: str


def stale_cells(
    office: LibreOffice, path: Path, groups: Sequence[Sequence[Edit]], folder: Path, timeout_s: float
) -> list[Stale]:
    """The cells that differ, after any group of edits, from what a recalculation of everything gives.

    Args:
        office: the program.
        path: the workbook, which is only read.
        groups: the edits of each are made one after the other in the workbook as it was, and then looked at.
        folder: an empty one, for the program's profile.
        timeout_s: how long all of them may take.
    """
    basic = folder / "profile" / "user" / "basic"
    (basic / "Standard").mkdir(parents=True)
    (basic.parent / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
    (basic / "script.xlc").write_text(_LIBRARIES, encoding="utf-8")
    (basic / "Standard" / "script.xlb").write_text(_LIBRARY, encoding="utf-8")
    code = escape(MACRO.read_text(encoding="utf-8"))
    (basic / "Standard" / "Edits.xba").write_text(_MODULE.format(code=code), encoding="utf-8")
    job, result = folder / "job.txt", folder / "result.txt"
    lines = [path.resolve().as_uri(), result.as_uri()]
    lines += ["\t".join(field for edit in group for field in fields(edit)) for group in groups]
    job.write_text("\n".join(lines), encoding="utf-8")
    command = [
        str(office.program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        f'macro:///Standard.Edits.Edits("{job.as_uri()}")',
    ]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(timeout=timeout_s)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    *found, end = result.read_text(encoding="utf-8").splitlines()
    assert end == "done", found
    stale = []
    for line in found:
        number, sheet, row, column, shown, right = line.split("\t")
        stale.append(Stale(groups[int(number)], f"{sheet}!{cell_address(int(row) + 1, int(column) + 1)}", shown, right))
    return stale


def fields(edit: Edit) -> tuple[str, ...]:
    """An edit as the macro reads it, rows and columns from 0."""
    kind, value = ("text", edit.value) if isinstance(edit.value, str) else ("number", repr(edit.value))
    return edit.sheet, str(edit.column - 1), str(edit.row - 1), kind, value
