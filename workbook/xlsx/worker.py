"""A process that opens files that are not ours, within bounds of time and memory: its end is a sentence about the file.

Reading, recalculating and transpiling run there as they stand, because any of them can meet a file that it does not
survive: ironcalc overflows its stack, or a formula of forty characters wants gigabytes. `build` needs none of this: its
files are its own.
"""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar, cast

from workbook.lesson.lesson import Progress
from workbook.xlsx.bounds import OUT_OF_MEMORY, Bound, EndedError
from workbook.xlsx.files import temporary_folder
from workbook.xlsx.forked import Fork
from workbook.xlsx.serving import TEMPORARY, receive, send

VARIABLE = "GRADBOOK_WORKER"
"""The environment variable that tells a program, and what it starts, that it is in such a process."""

Prepared = TypeVar("Prepared")
T = TypeVar("T")

_LAST_WORDS = 20
_MOST_CROWDED = 10.0
_PROGRAM = """import json, sys
sys.path[:] = json.loads(sys.argv[1])
from workbook.xlsx.serving import serve
serve(*sys.argv[2:])
"""
"""The path by which modules are found comes as an argument: a folder that the user stands in must not be on it."""


class Worker(Generic[Prepared]):
    """One process at a time; a new one after one that had to be ended.

    Args:
        prepare: what the first process does first, free of bounds; it is a function of a module, or a partial of one.
        first: what every process does before that, while it has no thread: `module:function`, or nothing.
        load: what the first process does before it is forked: `module:function`, or nothing.
        forks: those that are forked from the first process then; each is the first process of another worker.
        forked: such a fork of another worker's process, in place of one that is started.

    >>> with Worker(str) as worker:
    ...     worker.call(divmod, 7, 2, bound=Bound("a sum", 60.0, 2**30))
    (3, 1)
    """

    def __init__(
        self,
        prepare: Callable[[], Prepared],
        *,
        first: str = "",
        load: str = "",
        forks: Sequence[Fork] = (),
        forked: Fork | None = None,
    ) -> None:
        """Start the first process, which prepares while we go on."""
        self._first = first
        self._process: subprocess.Popen[bytes] | Fork | None = None
        self._last_words: deque[bytes] = deque(maxlen=_LAST_WORDS)
        self._hearing: threading.Thread | None = None
        self._took: float | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._prepared: list[Prepared] = []
        self._start(load, forks, forked)
        self._ask(prepare, (), {}, None, False)

    def prepared(self) -> Prepared:
        """What the process prepared.

        Raises:
            Exception: what `prepare` raised.
        """
        if not self._prepared:
            self._prepared.append(cast(Prepared, self._answer(None, None)))
        return self._prepared[0]

    def call(
        self, function: Callable[..., T], *args: object, bound: Bound, progress: Progress | None = None, **named: object
    ) -> T:
        """What the function gives, called in the process.

        Args:
            function: a function of a module, which is found there by its name.
            args: its arguments, which are copied to the process.
            bound: what it may take.
            progress: hears of the work; where it is given, the function is given such an argument too.
            named: its arguments by name.

        Raises:
            EndedError: it took too long or too much memory, or the process died of it.
            Exception: what the function raised.
        """
        self.prepared()
        if self._process is None:
            self._start()
        self._ask(function, args, named, bound, progress is not None)
        return cast(T, self._answer(bound, progress))

    def _start(self, load: str = "", forks: Sequence[Fork] = (), forked: Fork | None = None) -> None:
        self._last_words.clear()
        self._took = None
        # Its own, so that nothing is left of one that is ended.
        self._folder = forked.folder if forked else temporary_folder()
        self._process = forked or self._started(load, forks)
        self._hearing = threading.Thread(target=self._hear, args=(self._process.stderr,), daemon=True)
        self._hearing.start()

    def _started(self, load: str, forks: Sequence[Fork]) -> "subprocess.Popen[bytes]":
        assert self._folder is not None
        ends = [end for fork in forks for end in fork.ends]
        alone = {"OPENBLAS_NUM_THREADS": "1"} if forks else {}
        process = subprocess.Popen(  # noqa: S603 - the Python that runs this, and a program that stands above
            [
                *(sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path), self._first),
                *([load, json.dumps([[fork.folder.name, *fork.ends] for fork in forks])] if forks else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=ends,
            # Rust's backtrace would bury what it says; a process with threads is not forked.
            env={
                **alone,
                **os.environ,
                **dict.fromkeys(TEMPORARY, self._folder.name),
                VARIABLE: "1",
                "RUST_BACKTRACE": "0",
            },
            # Ctrl-C is for us alone, and the process is ended with all that it has started.
            start_new_session=True,
        )
        for end in ends:
            os.close(end)
        return process

    def _hear(self, stream: IO[bytes]) -> None:
        with stream:
            self._last_words.extend(stream)

    def _ask(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        named: Mapping[str, object],
        bound: Bound | None,
        hears: bool,
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        # Where it has died already, it is missed when it does not answer.
        with suppress(BrokenPipeError):
            send(self._process.stdin, (function, args, named, bound, hears))

    def _answer(self, bound: Bound | None, progress: Progress | None) -> object:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        done, watch = threading.Event(), None
        stage = ""
        try:
            while True:
                kind, content = receive(process.stdout)
                if kind == "forked" and isinstance(process, Fork):
                    process.pid = content
                elif kind == "paused" and watch is not None:
                    done.set()
                    watch.join()
                    done, watch = threading.Event(), None
                elif kind == "begun" and bound is not None and math.isfinite(bound.seconds):
                    watch = threading.Thread(target=self._watch, args=(process, bound.seconds, done), daemon=True)
                    watch.start()
                elif kind == "progress" and progress is not None:
                    stage = content[0]
                    progress(*content)
                elif kind == "result":
                    return content
                elif kind == "memory":
                    self.close()
                    raise _too_much(bound, stage)
                elif kind == "error":
                    raise content
        except EOFError:
            raise self._death(process, bound, stage) from None
        except BaseException as error:
            # What it said belongs to no later question; a known error leaves the process as good as it was.
            if not isinstance(error, Exception):
                self.close()
            raise
        finally:
            done.set()
            if watch is not None:
                watch.join()
            if self._took is not None:
                self.close()

    def _watch(self, process: "subprocess.Popen[bytes] | Fork", seconds: float, done: threading.Event) -> None:
        """End the process when its time is up."""
        begun = time.monotonic()
        while not done.wait(min(seconds, 1.0)):
            took = time.monotonic() - begun
            if took > seconds * _crowding():
                self._took = took
                stop(process)
                return

    def _death(self, process: "subprocess.Popen[bytes] | Fork", bound: Bound | None, stage: str) -> EndedError:
        """The sentence about a process that has died."""
        took = self._took
        self.close()
        if self._hearing is not None:
            self._hearing.join(1.0)
        last_words = b" ".join(self._last_words).decode(errors="replace")
        if bound is None:
            return EndedError(f"the process that opens files did not start ({last_words.strip() or 'no reason given'})")
        if took is not None:
            return EndedError(f"{bound.what}: it was given up after {took:.0f} s{_while(stage)}")
        if any(word in last_words for word in OUT_OF_MEMORY):
            return _too_much(bound, stage)
        code = process.returncode
        why = "nobody knows why" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            with suppress(ValueError):
                why = signal.Signals(-code).name
        by_it = (
            "the process that opened it was ended by it" if math.isfinite(bound.seconds) else "its process was ended"
        )
        return EndedError(f"{bound.what}: {by_it} ({why}){_while(stage)}")

    def close(self) -> None:
        """End the process, if there is one, and all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        stop(process)
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        """The worker itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()


def _crowding() -> float:
    """How many times as long everything takes as on a machine that does nothing else, as far as the system tells."""
    if sys.platform == "win32":
        return 1.0
    return min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), _MOST_CROWDED)


def _while(stage: str) -> str:
    return f", while {stage}" if stage else ""


def _too_much(bound: Bound | None, stage: str) -> EndedError:
    if bound is None:
        return EndedError("there is too little memory to start the process that opens files")
    if math.isinf(bound.size):
        return EndedError(f"{bound.what}: there is too little memory for it{_while(stage)}")
    return EndedError(f"{bound.what}: it takes more than {bound.size / 2**20:,.0f} MiB of memory{_while(stage)}")


def is_inside() -> bool:
    """Whether this is such a process, with which whatever it starts is ended."""
    return VARIABLE in os.environ


def stop(process: "subprocess.Popen[Any] | Fork") -> None:
    """End a process that was started in a session of its own, and the processes that it started."""
    if sys.platform == "win32":
        taskkill = str(Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe")
        command = [taskkill, "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, and nothing from outside
    else:
        # Its children may outlive it in its group.
        with suppress(ProcessLookupError, PermissionError):
            if process.pid is not None:
                os.killpg(process.pid, signal.SIGKILL)
