"""What a test asks of the process that opens files: it imports this module, and nothing that only tests need."""

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import numpy as np

from workbook.errors import FileError
from workbook.lesson.lesson import Progress
from workbook.xlsx.serving import outside_bounds
from workbook.xlsx.workers import give_way


def refuse(path: Path) -> NoReturn:
    raise FileError(f"{path}: it is empty")


def divide() -> float:
    return 1 / int(len(sys.argv) > 9)


def shout(what: str) -> str:
    os.write(1, what.encode())
    os.write(2, what.encode())
    print(what)
    return what


def crash() -> None:
    ctypes.string_at(0)


def leave_a_file_and_crash() -> None:
    Path(tempfile.mkdtemp(), "large.xlsx").write_text("x")
    crash()


def take_in_python(count: int) -> int:
    return len(bytearray(count))


def take_in_numpy(count: int) -> float:
    return float(np.ones(count).sum())


def recount(progress: Progress) -> None:
    for done in range(3):
        progress("counting", done, 3)


def fall_asleep(progress: Progress) -> None:
    progress("sleeping", 0, 1)
    time.sleep(60)


def start_a_sleeper(path: Path) -> None:
    """Start a program that outlives us, as soffice would, and wait for it."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as sleeper:
        path.write_text(str(sleeper.pid))


def take_outside_and_inside(outside: int, more: int, inside: int) -> tuple[int, int]:
    """How many bytes a library could keep that is no part of the file, and the file after it."""
    with outside_bounds() as allowed:
        kept = bytearray(outside)
        allowed.append(more)
    return len(kept), len(bytearray(inside))


def sleep_outside_and_inside(outside: float, inside: float) -> str:
    with outside_bounds():
        time.sleep(outside)
    time.sleep(inside)
    return "done"


def get_ready_to_verify() -> None:
    """Import what `verified` needs: on a slow machine that alone takes seconds."""
    import workbook.check.recalc.ironcalc
    import workbook.check.verify  # noqa: F401


def verified(path: Path, progress: Progress) -> bool:
    from workbook.check.recalc.ironcalc import IronCalc
    from workbook.check.verify import verify

    return verify(path, device="cpu", engines=[IronCalc()], progress=progress).ok


def niceness_after_giving_way() -> tuple[int, str]:
    """The process's, and its session's where the system shares the cores out among sessions."""
    give_way()
    group = Path("/proc/self/autogroup")
    return os.nice(0), group.read_text().split()[-1] if group.exists() else ""


def load() -> None:
    """Remember which process loaded what it and its forks share."""
    global _loaded_by
    _loaded_by = os.getpid()


def loaded_by() -> int:
    """The number of the process that loaded it; 0 where none did."""
    return _loaded_by


_loaded_by = 0
