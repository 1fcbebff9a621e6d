"""One LibreOffice that stays open: to start it takes longer than to recalculate most lessons.

A second start with one profile hands its files to the first, and ends when they are converted: that is LibreOffice's
own way. It ends after a conversion unless a workbook is open in it, so it has a small one. What it is handed while it
starts is never answered: the lock of that workbook says that it is there, and a conversion of it that it answers, and
whether its CSV files have all that we need.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from workbook.check.recalc import by_csv

KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30)}
"""For glibc, where it is the system's: what a program frees is not given back to the system before it ends. LibreOffice
asks for it again at once, page by page, which takes a fourth of the processor time of its start."""

_STARTS_S, _ANSWERS_S = 120.0, 20.0
_POLL_S = 0.05

_kept: "Kept | None" = None


def set_up(profile: Path, settings: str) -> None:
    """Make a profile of LibreOffice's with these settings, those of its `registrymodifications.xcu`."""
    user = profile / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(settings, encoding="utf-8")


def windowless(program: Path, profile: Path) -> list[str]:
    """What starts LibreOffice without a window, with a profile; what it is to do follows."""
    return [str(program), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]


def converting(program: Path, profile: Path, form: str, out: Path, *sources: Path) -> list[str]:
    """What has LibreOffice write files in another form into the folder `out`."""
    return [*windowless(program, profile), "--convert-to", form, "--outdir", str(out), *map(str, sources)]


def keep_open(program: Path, settings: str) -> "Kept | None":
    """Start LibreOffice, which stays until this process's group ends; elsewhere than on Linux nothing does.

    Returns what stays from then on; a second call starts nothing.

    Args:
        program: its `soffice`.
        settings: what its `registrymodifications.xcu` holds.
    """
    global _kept
    if _kept is None and sys.platform == "linux":
        _kept = Kept(program, settings)
    return _kept


def kept_open(program: Path) -> "Kept | None":
    """The LibreOffice that stays open, once it answers; None where none does."""
    return _kept if _kept is not None and _kept.program == program and _kept.answers() else None


def dismiss() -> None:
    """Hand nothing more to it: it gave no answer."""
    if _kept is not None:
        _kept.dismiss()


class Kept:
    """The program, which starts while we go on."""

    def __init__(self, program: Path, settings: str) -> None:
        """Start it: see `keep_open`."""
        self.program = program
        self._folder = TemporaryDirectory(prefix="gradbook-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self.profile, self._trial = folder / "profile", folder / "open.xlsx"
        set_up(self.profile, settings)
        by_csv.write_trial(self._trial)
        self.process = subprocess.Popen(  # noqa: S603 - no shell, and the program is the user's own soffice
            [*windowless(self.program, self.profile), "--nologo", str(self._trial)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**KEEPS_MEMORY, **os.environ},
        )
        self._answers = False
        self.knows_csv = False
        """Once it answers: whether its CSV files have all digits of a number, and tell a number from a text."""
        self._starts = Thread(target=self._start, daemon=True)
        self._starts.start()

    def _start(self) -> None:
        """Wait until it answers."""
        lock, out = self._trial.with_name(f".~lock.{self._trial.name}#"), self._trial.parent / "out"
        given_up = time.monotonic() + _STARTS_S
        while self.process.poll() is None and time.monotonic() < given_up:
            if lock.exists():
                command = converting(self.program, self.profile, by_csv.FORM, out, self._trial)
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(command, timeout=_ANSWERS_S, check=False, capture_output=True)  # noqa: S603 - as above
                if any(out.glob("*.csv")):
                    self.knows_csv = by_csv.is_passed(out, self._trial.stem)
                    self._answers = True
                    return
            time.sleep(_POLL_S)

    def answers(self) -> bool:
        """Whether it answers, once that is known."""
        self._starts.join()
        return self._answers and self.process.poll() is None

    def dismiss(self) -> None:
        """Take it for one that does not answer."""
        self._answers = False
