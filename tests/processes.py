"""Processes that tests start: which run, and waiting for what they do, however busy the machine is."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PATIENCE_S = 300.0
"""How long a machine may take that is many times slower than ours; a test that passes waits for none of it."""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
    """Whether the condition came true; it is waited for."""
    end = time.monotonic() + patience_s
    while not (true := bool(condition())) and time.monotonic() < end:
        time.sleep(0.02)
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


def cpu_s(pid: int) -> float:
    """The seconds of processor time that the process has taken."""
    fields = _fields(pid)
    return sum(map(int, fields[11:13])) / TICKS_A_SECOND if fields else 0.0


def used_s() -> float:
    """The seconds of processor time that this process has taken, and those that it started and that have ended."""
    return sum(os.times()[:4])


def started_by(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    every = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [other for other in every if runs(other) and _fields(other)[1:2] == [str(pid)]]
