"""`gradbook code` on files, each in a process that is forked from this one, without threads, and bounded."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

Ended = tuple[int, float, float]
"""An exit code (a signal's number, below 0, of one that was ended), seconds of CPU, and peak bytes."""


def ended(files: Sequence[tuple[Path, str]], seconds: int, most: int) -> list[Ended]:
    """How `gradbook code` ends on each file, written in that language.

    A process that has run a browser or V8 has threads, and what is forked from it may wait for them for ever. So all
    is done from a new one.
    """
    job = json.dumps([[str(path), target] for path, target in files])
    command = [sys.executable, __file__, job, str(seconds), str(most)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return [(int(code), float(cpu), float(size)) for code, cpu, size in json.loads(found.stdout)]


def forked(work: Callable[[], int], seconds: int, most: int) -> Ended:
    """How some work ends in a process of its own."""
    child = os.fork()
    if not child:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        resource.setrlimit(resource.RLIMIT_AS, (8 * most, 8 * most))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(20 * seconds)
        os._exit(work())
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def hungry() -> int:
    """Take 192 MiB, and all the time that there is."""
    held = b"x" * (3 * 2**26)
    while held:
        pass
    return 0


def code(path: str, target: str) -> int:
    """`gradbook code`, its script beside the file."""
    from workbook.app.cli import main

    return main(["code", path, "--to", target, "--out", str(Path(path).with_suffix(".out"))])


if __name__ == "__main__":
    files, bound, memory = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if any(target != "hungry" for _, target in files):
        import workbook.app.cli
        import workbook.transpile  # noqa: F401  # once, in front of all forks
    run = [hungry if target == "hungry" else (lambda p=path, t=target: code(p, t)) for path, target in files]
    print(json.dumps([forked(work, bound, memory) for work in run]))
