"""LibreOffice after an edit: the program itself, driven through its own objects by a macro that waits for work."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from processes import until

from workbook.check.checks import Checks
from workbook.check.recalc.libreoffice import LibreOffice
from workbook.check.trials import trials
from workbook.formula.address import cell_address, cell_position
from workbook.lesson.lesson import Given
from workbook.plan.place import Place
from workbook.plan.plan import Plan

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


def moved(block: Given, value: float) -> float:
    """The value moved by a tenth, or by the block's unit where it is 0, inside what the sheet accepts."""
    step = max(1.0, abs(round(value / 10))) if block.whole else abs(value) / 10 or block.unit
    up, down = value + step, value - step
    return up if block.high is None or up <= block.high else down


def edits_of(plan: Plan) -> list[list[Edit]]:
    """Each option of each drop-down, with others that touch none of its blocks; sheet by sheet every number.

    Of an array of numbers it is a cell in its middle.
    """
    numbers: dict[str, list[Edit]] = {}
    for place in plan.places.values():
        block = place.block
        if isinstance(block, Given) and not block.fixed and not block.is_text:
            numbers.setdefault(place.title, []).append(edit_of(place, block, plan))
    switched = [
        [Edit(trial.place.title, *trial.place.origin, trial.option) for trial in group]
        for group in trials(Checks(plan))
    ]
    return [*switched, *numbers.values()]


def edit_of(place: Place, block: Given, plan: Plan) -> Edit:
    index = tuple(size // 2 for size in place.shape)
    value = float(np.nan_to_num(plan.values[place.name][index]))
    return Edit(place.title, int(place.rows[index]), int(place.columns[index]), moved(block, value))


def is_rounding(stale: Stale, plan: Plan) -> bool:
    """Whether both are numbers that are apart by no more than rounding in a block of their size."""
    title, _, address = stale.cell.rpartition("!")
    row, column = cell_position(address)
    try:
        apart = abs(float(stale.shown) - float(stale.right))
    except ValueError:
        return False
    return any(
        apart <= 1e-9 * plan.scale(place.name)
        for place in plan.places.values()
        if place.title == title and ((place.rows == row) & (place.columns == column)).any()
    )


class Editor:
    """The program with the macro; it stays open for one workbook after the other, and ends with the tests."""

    def __init__(self, office: LibreOffice, folder: Path) -> None:
        """Lay out the program's profile in the folder, which is empty."""
        self._folder = folder
        basic = folder / "profile" / "user" / "basic"
        (basic / "Standard").mkdir(parents=True)
        (basic.parent / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        (basic / "script.xlc").write_text(_LIBRARIES, encoding="utf-8")
        (basic / "Standard" / "script.xlb").write_text(_LIBRARY, encoding="utf-8")
        code = escape(MACRO.read_text(encoding="utf-8"))
        (basic / "Standard" / "Edits.xba").write_text(_MODULE.format(code=code), encoding="utf-8")
        # Where a system shows no processes so, the program ends with `close` alone.
        tests = Path(f"/proc/{os.getpid()}")
        self._command = [
            str(office.program),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            f'macro:///Standard.Edits.Edits("{folder.as_uri()}", "{(tests if tests.exists() else folder).as_uri()}")',
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the program."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answer(self, job: str) -> list[str]:
        """The lines that the macro answers."""
        asked, answered = self._folder / "job.txt", self._folder / "result.txt"
        writing = self._folder / "asking.txt"
        writing.write_text(job, encoding="utf-8")
        writing.replace(asked)
        if self._process is None:
            nothing = subprocess.DEVNULL
            self._process = subprocess.Popen(
                self._command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
            )
        process = self._process
        until(lambda: answered.exists() or process.poll() is not None)
        if not answered.exists():
            self.close()
            raise AssertionError(f"LibreOffice gave no answer to {job.splitlines()[0]}")
        lines = answered.read_text(encoding="utf-8").splitlines()
        answered.unlink()
        return lines

    def stale_cells(self, path: Path, groups: Sequence[Sequence[Edit]]) -> list[Stale]:
        """The cells that differ, after any group of edits, from what a recalculation of everything gives.

        Args:
            path: the workbook, which is only read.
            groups: the edits of each are made one after the other in the workbook as it was, and then looked at.
        """
        lines = ["\t".join(field for edit in group for field in fields(edit)) for group in groups]
        *found, end = self._answer("\n".join([path.resolve().as_uri(), *lines]))
        assert end == "done", found
        stale = []
        for line in found:
            number, sheet, row, column, shown, right = line.split("\t")
            cell = f"{sheet}!{cell_address(int(row) + 1, int(column) + 1)}"
            stale.append(Stale(groups[int(number)], cell, shown, right))
        return stale


def fields(edit: Edit) -> tuple[str, ...]:
    """An edit as the macro reads it, rows and columns from 0."""
    kind, value = ("text", edit.value) if isinstance(edit.value, str) else ("number", repr(edit.value))
    return edit.sheet, str(edit.column - 1), str(edit.row - 1), kind, value
