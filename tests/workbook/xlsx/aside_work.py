"""What a test asks of the process that opens files, which does some of it aside."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from workbook.errors import FileError
from workbook.xlsx.aside import Aside

T = TypeVar("T")


def pids(own_cores: int) -> tuple[int, int, int]:
    """This process, the one that did something aside, and what did it for that one."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:own_cores])
    try:
        return os.getpid(), *aside(_pids)
    finally:
        os.sched_setaffinity(0, every)


def _pids() -> tuple[int, int]:
    return os.getpid(), aside(os.getpid)


def aside(function: Callable[..., T], *args: object) -> T:
    with Aside(function, *args) as work:
        return work.result()


def ways() -> tuple[int, int, int]:
    """How nice this process is, what is done aside by the way, and what is waited for."""
    with Aside(os.nice, 0, gives_way=True) as late, Aside(os.nice, 0) as soon:
        return os.nice(0), late.result(), soon.result()


def refused() -> None:
    aside(_refuse)


def _refuse() -> None:
    raise FileError(f"b.xlsx: refused by {os.getpid()}")


def divided() -> None:
    aside(divmod, 1, 0)


def killed(own: int) -> int:
    return aside(_killed, own)


def _killed(own: int) -> int:
    if os.getpid() != own:
        os.kill(os.getpid(), signal.SIGKILL)
    return own


def meanwhile(path: Path) -> float:
    """How long two things take that each wait for the other to begin."""
    begun = time.monotonic()
    with Aside(_meet, path / "a", path / "b") as work:
        _meet(path / "b", path / "a")
        work.result()
    return time.monotonic() - begun


def _meet(mine: Path, other: Path) -> None:
    mine.touch()
    while not other.exists():
        time.sleep(0.01)


def given_up(path: Path) -> int:
    """The process that did something without end, which nobody waited for."""
    with Aside(_without_end, path):
        while not path.exists() or not path.read_text():
            time.sleep(0.01)
    return int(path.read_text())


def begun(path: Path) -> None:
    """Leave something without end to be done, and this process at work."""
    Aside(_without_end, path)
    _without_end(path.with_suffix(".own"))


def _without_end(path: Path) -> None:
    path.write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)
