"""What runs scripts: each in a process of its own, which may be forked from one that has imported NumPy and torch.

A script that is started by itself spends most of its time importing, torch more than a second. A build runs two scripts
for each lesson, so its scripts are forked from one process, where the system forks. That process is started when a
script first wants it, or forked itself from one that has imported all of it. It ends with the one that started it.
"""

import contextlib
import json
import marshal
import os
import re
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, ModuleType
from typing import IO

_LONG = 1_000_000
"""The characters of a script that two processes compile."""
_PIECE = 200_000
"""The characters of a piece, but for the rest of its last function."""
_BETWEEN = "\n\n\ndef "
"""What stands before a function at the top of a script."""
_IMPORTS_TORCH = re.compile(r"^\s*(import|from) torch\b", re.MULTILINE)
forks: "Forks | None" = None
"""What forks for the scripts of this process, once something does."""


def fork_scripts() -> None:
    """From now on, fork the scripts of this process; elsewhere than on Linux torch may not live through that."""
    global forks
    if forks is None and sys.platform == "linux":
        forks = Forks()


def begin_scripts(target: str) -> None:
    """From now on, fork the scripts of this process from one that begins now to import NumPy, or torch."""
    fork_scripts()
    if forks is not None:
        forks.begin(target)


def fork_from_here() -> None:
    """From now on, fork the scripts of this process from one that is forked now, with all that this one has imported.

    Where there is a thread already, they are forked as `fork_scripts` does: a fork takes the locks of other threads
    along, and not the threads.
    """
    global forks
    if forks is None and sys.platform == "linux" and len(list(Path("/proc/self/task").iterdir())) == 1:
        forks = Forks(_Forked())


def run_script(command: Sequence[str], *, cwd: Path, timeout: float) -> "subprocess.CompletedProcess[str]":
    """What a script of Python's says, and how it ends.

    Args:
        command: the Python that is to run it, the script, its arguments.
        cwd: the folder that it stands in.
        timeout: the most seconds that it may take.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    if forks is not None:
        return forks.run(command, cwd=cwd, timeout=timeout)
    return subprocess.run(  # noqa: S603 - our own script, with the Python that runs this
        command, cwd=cwd, timeout=timeout, capture_output=True, text=True, check=False
    )


class Forks:
    """One process with NumPy, and torch once a script wants it, which forks for each script; started when needed.

    Args:
        server: such a process, if there is one; one is started in its place when it has ended.
    """

    def __init__(self, server: "_Forked | None" = None) -> None:
        """Start nothing yet."""
        self._server: subprocess.Popen[str] | _Forked | None = server

    def begin(self, target: str) -> None:
        """Start the process, and let it import what scripts for a target do."""
        self._started("torch" if target == "torch" else "numpy")

    def run(self, command: Sequence[str], *, cwd: Path, timeout: float) -> "subprocess.CompletedProcess[str]":
        """What a script says, and how it ends: see `run_script`."""
        server = self._started()
        assert server.stdin is not None
        assert server.stdout is not None
        with TemporaryDirectory(prefix="gradbook-") as folder:
            job = [list(command[1:]), str(cwd), max(round(timeout), 1), folder]
            try:
                server.stdin.write(json.dumps(job) + "\n")
                server.stdin.flush()
                answer = server.stdout.readline()
            except BaseException:
                # Interrupted between a question and its answer, which the next question would take for its own.
                self._end()
                raise
            if not answer:
                # The process itself was ended, for want of memory.
                self._end()
            code = int(answer) if answer else -signal.SIGKILL
            if code == -signal.SIGALRM:
                raise subprocess.TimeoutExpired(list(command), timeout)
            said, complained = (_text(Path(folder) / name) for name in ("out", "err"))
        return subprocess.CompletedProcess(list(command), code, said, complained)

    def _started(self, module: str = "numpy") -> "subprocess.Popen[str] | _Forked":
        if self._server is not None and self._server.poll() is not None:
            self.close()
        if self._server is None:
            # A process with threads is not forked: whoever computes in it has one.
            threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._server = subprocess.Popen(  # noqa: S603 - this very file
                [sys.executable, "-P", __file__, module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **threads},
            )
        return self._server

    def _end(self) -> None:
        if self._server is not None:
            self._server.kill()
            self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._server is not None:
            self._server.communicate()
            self._server = None


class _Forked:
    """A fork of this process that forks for each script, with as much of a `Popen` as its owner asks for."""

    def __init__(self) -> None:
        (jobs, ours), (theirs, answers) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            with contextlib.suppress(BaseException):
                os.dup2(jobs, 0)
                os.dup2(answers, 1)
                for end in (jobs, ours, theirs, answers):
                    os.close(end)
                _one_thread()
                _serve(os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8"))
            os._exit(0)
        os.close(jobs)
        os.close(answers)
        self.stdin = os.fdopen(ours, "w", encoding="utf-8")
        self.stdout = os.fdopen(theirs, encoding="utf-8")

    def poll(self) -> int | None:
        """Its exit code once it has ended."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def communicate(self) -> None:
        """Ask nothing more, and wait until it has ended."""
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
        self.stdout.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _one_thread() -> None:
    """Compute with one thread: whoever has several is not forked."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


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
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.alarm(seconds)
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).parent))
    code: object = 0
    try:
        _run(arguments[0])
    except SystemExit as stop:
        code = stop.code
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
    except BaseException:  # noqa: BLE001 - as Python itself ends a script
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _run(path: str) -> None:
    """Run a script as Python does; of a long one two processes compile half each, where there are two cores."""
    source = Path(path).read_text(encoding="utf-8")
    if len(source) < _LONG or len(os.sched_getaffinity(0)) < 2:
        runpy.run_path(path, run_name="__main__")
        return
    pieces = list(pieces_of(source))
    middle = sum(len(piece.lstrip()) for piece in pieces) / 2
    ends = accumulate(len(piece.lstrip()) for piece in pieces)
    own = max(sum(end <= middle for end in ends), 1)
    sys.modules["__main__"] = module = ModuleType("__main__")
    vars(module)["__file__"] = path
    with _compiling(pieces[own:], path) as others:
        for piece in pieces[:own]:
            exec(compile(piece, path, "exec"), vars(module))  # noqa: S102 - our own script
    for code in others:
        exec(code, vars(module))  # noqa: S102 - our own script


def pieces_of(source: str) -> Iterator[str]:
    """The functions of a script, some at a time, after as many blank lines as there are lines before them.

    Who compiles or formats takes a hundred bytes for each that it is given, and frees them after each piece.
    """
    start, line = 0, 0
    while start < len(source):
        end = source.find(_BETWEEN, start + _PIECE)
        end = len(source) if end < 0 else end
        yield "\n" * line + source[start:end]
        line += source.count("\n", start, end)
        start = end


@contextlib.contextmanager
def _compiling(pieces: Sequence[str], path: str) -> Iterator[list[CodeType]]:
    """Compile sources by a fork meanwhile; what they compile to is in the list afterwards."""
    found: list[CodeType] = []
    taken, given = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            codes = [marshal.dumps(compile(piece, path, "exec")) for piece in pieces]
            with os.fdopen(given, "wb") as stream:
                marshal.dump(codes, stream)
        os._exit(0)
    os.close(given)
    try:
        yield found
        with os.fdopen(taken, "rb", closefd=False) as stream:
            data = stream.read()
        # What can't be compiled says so here.
        codes = marshal.loads(data) if data else []  # noqa: S302 - of our fork
        found += map(marshal.loads, codes) if data else [compile(piece, path, "exec") for piece in pieces]
    finally:
        os.close(taken)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(jobs: IO[str], answers: IO[str]) -> None:
    """Run the scripts that are asked for, one after the other, until nobody asks."""
    # Ctrl-C is heard by whoever waits for an answer, and this process ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in jobs:
        answers.write(f"{_forked(*json.loads(line))}\n")
        answers.flush()


if __name__ == "__main__":
    import_module(sys.argv[1])
    _serve(sys.stdin, sys.stdout)
