"""Processes that tests start: which run, and waiting for what they do, however busy the machine is."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PATIENCE_S = 300.0
"""How long a machine may take that is many times slower than ours; a test that passes waits for none of it."""


def until(condition: Callable[[], object], patience_s: float = PATIENCE_S, pause_s: float = 0.02) -> bool:
    """Whether the condition came true; it is waited for, with longer pauses where to ask takes long itself."""
    end = time.monotonic() + patience_s
    while not (true := bool(condition())) and time.monotonic() < end:
        time.sleep(pause_s)
    return true


def _fields(pid: int) -> list[str]:
    """What Linux tells of a process from its state on; nothing of one that is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def runs(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be asked for its exit code does not."""
    return _fields(pid)[:1] not in ([], ["Z"])


def all_end(pids: Iterable[int]) -> bool:
    """Whether the processes end; one that is killed, or sees its pipe closed, has a moment left to live."""
    watched = list(pids)
    return until(lambda: not any(map(runs, watched)), 60.0)


def has_loaded(pid: int, library: str) -> bool:
    """Whether the process has loaded a library whose path holds this name."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def used_s() -> float:
    """The seconds of processor time that this process has taken, and those that it started and that have ended."""
    return sum(os.times()[:4])


def started_by(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    every = {int(path.name): _fields(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    return [other for other, fields in every.items() if fields[1:2] == [str(pid)] and fields[0] != "Z"]
