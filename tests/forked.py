"""What runs scripts in the tests: one process that has NumPy, and torch once a script wants it, and forks for each.

A script that is started by itself spends most of its time importing, torch more than a second. Here `check.run` is as
it is, but for the process that it starts. In the processes of the commands it starts its own, and `test_command.py`
goes through them.
"""

import contextlib
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_IMPORTS_TORCH = re.compile(r"^\s*(import|from) torch\b", re.MULTILINE)


class Forks:
    """Stands for the module `subprocess` where scripts are run; it is one process, started when it is first needed."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(self, command: Sequence[str], *, cwd: Path, timeout: float, **_: Any) -> subprocess.CompletedProcess[str]:
        """What `subprocess.run` gives for a script of Python's, its output as text."""
        server = self._started()
        assert server.stdin is not None
        assert server.stdout is not None
        with TemporaryDirectory(prefix="gradbook-") as folder:
            job = [list(command[1:]), str(cwd), round(timeout), folder]
            server.stdin.write(json.dumps(job) + "\n")
            server.stdin.flush()
            code = int(server.stdout.readline())
            if code == -signal.SIGALRM:
                raise subprocess.TimeoutExpired(list(command), timeout)
            said, complained = ((Path(folder) / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess(list(command), code, said, complained)

    def _started(self) -> "subprocess.Popen[str]":
        if self._server is None or self._server.poll() is not None:
            # A process with threads is not forked: whoever computes in it has one.
            threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._server = subprocess.Popen(
                [sys.executable, "-P", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **threads},
            )
        return self._server

    def close(self) -> None:
        """End the process, if there is one."""
        if self._server is not None:
            self._server.communicate()


class InProcess:
    """What stands for a worker where a test looks at what surrounds it: the same calls, in this process."""

    def __init__(self, prepare: Callable[[], Any]) -> None:
        self.prepared = prepare

    def call(self, function: Callable[..., Any], *args: Any, bound: Any, progress: Any = None, **named: Any) -> Any:
        return function(*args, **named, **({"progress": progress} if progress else {}))

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *_: object) -> None: ...


def _forked(arguments: list[str], cwd: str, seconds: int, folder: str) -> int:
    """How a script ends in a process of its own: its exit code, or less than 0 the signal that ended it."""
    # What the script imports is there before it is forked, so that each costs what it does itself.
    if _IMPORTS_TORCH.search(Path(arguments[0]).read_text(encoding="utf-8")):
        import torch  # noqa: F401
    child = os.fork()
    if not child:
        code = 1
        with contextlib.suppress(BaseException):
            code = _script(arguments, cwd, seconds, folder)
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _script(arguments: list[str], cwd: str, seconds: int, folder: str) -> int:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(folder) / name, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(cwd)
    signal.alarm(seconds)
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).parent))
    code: object = 0
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as stop:
        code = stop.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - as Python itself ends a script
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    import numpy as np  # noqa: F401

    for line in sys.stdin:
        print(_forked(*json.loads(line)), flush=True)
