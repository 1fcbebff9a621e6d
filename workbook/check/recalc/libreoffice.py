"""LibreOffice: a real spreadsheet program, which confirms the results where it is installed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbook.check.recalc import by_csv
from workbook.check.recalc.kept import KEEPS_MEMORY, Kept, converting, dismiss, keep_open, kept_open, set_up
from workbook.check.recalc.packed import PackedSheet
from workbook.check.recalc.patch import write_patched
from workbook.check.recalc.session import Answer, Input, Results, Session, require_input, require_sheets
from workbook.errors import FileError, WorkbookError
from workbook.xlsx import guard
from workbook.xlsx.files import DISK_IS_FULL, require_temporary_room, temporary_folder, temporary_room
from workbook.xlsx.read import read_structure, read_workbook
from workbook.xlsx.worker import is_inside, stop

VARIABLE = "GRADBOOK_SOFFICE"
"""The environment variable that names the program `soffice`, before any other place is searched."""

ALWAYS = 0
"""Recalculate whatever the file has saved. Left to itself, LibreOffice shows a wrong saved result as it stands."""
NEVER = 1
"""Trust the file; only a test wants this."""
XLSX = "xlsx:Calc MS Excel 2007 XML"
"""What LibreOffice calls the form of an .xlsx file."""

_TIMEOUT_S = 300.0
_VERSION_TIMEOUT_S = 60.0
# For its profile, beside the copies of the workbook. Where there is no room, it waits for ever.
_ROOM = 8 * 2**20
# How many times its size a workbook takes as a copy that is not compressed and as CSV files.
_UNPACKED = 8
# The file LibreOffice reads its settings from. Macros stay off, and the language does not depend on the machine.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">\
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>{mode}</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N">\
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop></item>
</oor:items>
"""


def find() -> "LibreOffice | None":
    """LibreOffice, or None where it is not installed.

    Raises:
        WorkbookError: the environment variable `GRADBOOK_SOFFICE` names no program.
    """
    named = os.environ.get(VARIABLE)
    if named:
        program = shutil.which(named)
        if program is None:
            raise WorkbookError(f"the environment variable {VARIABLE} names '{named}', which is no program")
        return LibreOffice(Path(program))
    for candidate in ("soffice", "libreoffice", *_usual_places()):
        program = shutil.which(candidate)
        if program is not None:
            return LibreOffice(Path(program))
    return None


def require() -> "LibreOffice":
    """LibreOffice.

    Raises:
        WorkbookError: it is not installed.
    """
    office = find()
    if office is None:
        raise WorkbookError(
            f"LibreOffice is not found; install it, or name its program soffice in the environment variable {VARIABLE}"
        )
    return office


def _usual_places() -> list[str]:
    if sys.platform == "darwin":
        return ["/Applications/LibreOffice.app/Contents/MacOS/soffice"]
    if sys.platform == "win32":
        # soffice.com waits for its work to be done and writes to the console; soffice.exe does neither.
        folders = [os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)")]
        return [f"{folder}\\LibreOffice\\program\\soffice.com" for folder in folders if folder]
    newest_first = sorted(map(str, Path("/opt").glob("libreoffice*/program/soffice")), reverse=True)
    return ["/usr/lib/libreoffice/program/soffice", *newest_first]


def settings(recalculation: int) -> str:
    """What `registrymodifications.xcu` holds in a profile: see `workbook.check.recalc.kept.set_up`."""
    return _SETTINGS.format(mode=recalculation)


@dataclass(frozen=True)
class LibreOffice:
    """The program `soffice`, run without a window, with a profile of its own for each session.

    It writes 15 digits, so its results are good to some 1e-15 of their size.
    """

    program: Path
    timeout_s: float = _TIMEOUT_S
    recalculation: int = ALWAYS

    @cached_property
    def name(self) -> str:
        """`LibreOffice` with its version."""
        output = _run([str(self.program), "--version"], _VERSION_TIMEOUT_S)
        found = re.search(r"LibreOffice [\w.]+", output)
        if found is None:
            raise WorkbookError(f"{self.program} does not say which LibreOffice it is (it said '{output.strip()}')")
        return found[0]

    def open(self, path: Path | str) -> "LibreOfficeSession":
        """A session on the file; the program runs when values are asked for.

        Raises:
            FileError: the file cannot be read or trusted.
        """
        return LibreOfficeSession(self, Path(path))

    def stay_open(self) -> None:
        """Start now, and stay open for the files of this process: see `Engine`."""
        keep_open(self.program, settings(ALWAYS))


class LibreOfficeSession(Session):
    """One file; every recalculation converts a copy of it, in about a second."""

    def __init__(self, office: LibreOffice, path: Path) -> None:
        """Check the file, and make a folder for the profile and the copies."""
        guard.check(path)
        with guard.open_archive(path) as archive:
            self._titles = [sheet.title for sheet in read_structure(archive)[0]]
        self._office = office
        self._path = path
        self._changes: dict[str, dict[tuple[int, int], Input]] = {}
        self._results: Results | None = None
        # A profile that soffice has not quite let go of must not fail the run.
        self._folder = temporary_folder()

    def set(self, sheet: str, row: int, column: int, value: Input) -> None:
        """Put a value into a cell: see `workbook.check.recalc.session.Session`."""
        require_sheets(self._path, self._titles, [sheet])
        require_input(self._path, sheet, row, column, value)
        self._changes.setdefault(sheet, {})[row, column] = value
        self._results = None

    def values(self, sheets: Sequence[str] | None = None) -> Results:
        """The recalculated values: see `workbook.check.recalc.session.Session`."""
        wanted = self._titles if sheets is None else list(sheets)
        require_sheets(self._path, self._titles, wanted)
        if self._results is None:
            with temporary_room():
                self._results = self._recalculated()
        results = self._results
        return {title: dict(results.get(title, {})) for title in wanted}

    def answer(self, sheets: Sequence[str] | None) -> Answer:
        """The recalculated values: see `workbook.check.recalc.session.Session`.

        The program that stays open writes those of a file as it is as CSV, where it can: there a truth value is its
        number.
        """
        kept = self._kept()
        if kept is None or not kept.knows_csv or self._changes or self._results is not None:
            return self.values(sheets)
        wanted = self._titles if sheets is None else list(sheets)
        require_sheets(self._path, self._titles, wanted)
        with temporary_room():
            found = self._as_csv(kept)
        return self.values(sheets) if found is None else {title: found[title] for title in wanted}

    def _kept(self) -> Kept | None:
        """The program that stays open, where it recalculates as this session is to."""
        return kept_open(self._office.program) if self._office.recalculation == ALWAYS else None

    def _as_csv(self, kept: Kept) -> Mapping[str, PackedSheet] | None:
        """The recalculated values as CSV files have them; None where they have not all of them."""
        folder = Path(self._folder.name)
        source, out = folder / "plain" / "book.xlsx", folder / "csv"
        require_temporary_room(_ROOM + _UNPACKED * self._path.stat().st_size)
        source.parent.mkdir(exist_ok=True)
        by_csv.write_plain(self._path, source)
        found = None
        try:
            self._converted(folder, source, out, by_csv.FORM, kept.profile)
            found = by_csv.read(out, source.stem, self._titles)
        finally:
            if found is None:
                dismiss()
        return found

    def _recalculated(self) -> Results:
        folder = Path(self._folder.name)
        # A plain name and a copy: no option-like name, no lock file beside the original.
        source, target = folder / "in" / f"book{self._path.suffix}", folder / "out" / "book.xlsx"
        require_temporary_room(_ROOM + 4 * self._path.stat().st_size)
        source.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        if self._changes:
            write_patched(self._path, source, self._changes)
        else:
            _copy(self._path, source)
        kept = self._kept()
        if kept is not None:
            try:
                self._converted(folder, source, target.parent, XLSX, kept.profile)
            finally:
                if not target.is_file():
                    dismiss()
        if not target.is_file():
            output = self._converted(folder, source, target.parent, XLSX)
            if not target.is_file():
                lines = [line for line in output.splitlines() if "javaldx" not in line]
                said = " ".join(lines).strip() or "no reason given"
                raise WorkbookError(f"{self._path}: LibreOffice could not recalculate it ({said})")
        book = read_workbook(target)
        return {
            title: {place: cell.value for place, cell in sheet.cells.items() if cell.value is not None}
            for title, sheet in book.sheets.items()
        }

    def _converted(self, folder: Path, source: Path, out: Path, form: str, profile: Path | None = None) -> str:
        """Convert a file to a form, into a folder; returns what the program prints.

        Without a profile it has one of its own in the session's folder.
        """
        if profile is None:
            profile = folder / "profile"
            if not profile.exists():
                set_up(profile, settings(self._office.recalculation))
        return _run(converting(self._office.program, profile, form, out, source), self._office.timeout_s)

    def close(self) -> None:
        """Remove the profile and the copies."""
        self._folder.cleanup()


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            raise
        raise FileError(f"{source}: it cannot be read ({error.strerror or error})") from error


def _run(command: list[str], timeout_s: float) -> str:
    """What the program prints; it is stopped, with the programs it started, when the time is up or we are."""
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and the program is the user's own soffice
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**KEEPS_MEMORY, **os.environ},
            # In a worker it is ended with that.
            start_new_session=not is_inside(),
        )
    except OSError as error:
        raise WorkbookError(f"LibreOffice cannot be started ({error})") from error
    with process:
        try:
            return process.communicate(timeout=timeout_s)[0]
        except subprocess.TimeoutExpired as error:
            raise WorkbookError(f"LibreOffice did not finish within {timeout_s:g} seconds ({command[0]})") from error
        finally:
            if process.poll() is None:
                process.kill() if is_inside() else stop(process)
