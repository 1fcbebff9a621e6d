"""A process that opens files that are not ours, within bounds of time and memory: its end is a sentence about the file.

Reading, recalculating and transpiling run there as they stand, because any of them can meet a file that it does not
survive: ironcalc overflows its stack, or a formula of forty characters wants gigabytes. `build` needs none of this: its
files are its own.
"""

import errno
import json
import math
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar, cast

from workbook.collector import collect_seldom
from workbook.errors import WorkbookError
from workbook.lesson.lesson import Progress
from workbook.xlsx.files import SCRATCH, temporary_room

SECONDS, SECONDS_PER_MIB = 25.0, 20.0
"""What a file may take, and what it may take more for each MiB that it has on the disk."""
BYTES, BYTES_PER_BYTE = 2**30, 100
"""The memory that a file may take beyond what the process had before, and more for each byte of the file."""
BYTES_OF_A_GPU = 16 * 2**30
"""What CUDA's libraries may map; with a GPU memory is bounded by this and no closer."""
LARGEST = 64 * 2**20
"""A file beyond this size is allowed no more than one of this size."""
VARIABLE = "GRADBOOK_WORKER"
"""The environment variable that tells a program, and what it starts, that it is in such a process."""

Prepared = TypeVar("Prepared")
T = TypeVar("T")

_LENGTH = struct.Struct(">Q")
_LAST_WORDS = 20
_MOST_CROWDED = 10.0
# Of a thread; libraries that compute start one for each core when they first do.
_STACK = 8 * 2**20
# The path by which modules are found comes as an argument: a folder that the user stands in must not be on it.
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from workbook.xlsx.worker import serve; serve()"
# What Rust, C++ and the system say where memory ends.
_OUT_OF_MEMORY = ("memory allocation of", "bad_alloc", "not enough memory", "allocate memory", "can't start new thread")


class EndedError(WorkbookError):
    """A file that the process did not survive, or that it took too much for."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one piece of work may take.

    Args:
        what: the file that it is about, for the sentence that says so.
        seconds: by the clock, longer where the machine has more to do than it has cores; infinite for no bound.
        size: bytes of memory beyond what the process has before, where the system can bound it (Linux); infinite for
            no bound.
    """

    what: str
    seconds: float
    size: float

    @classmethod
    def none(cls, what: str) -> Self:
        """No bound: for work of our own, which is to end as an error of its own does where the process dies."""
        return cls(what, math.inf, math.inf)

    @classmethod
    def of(cls, path: Path, device: str = "cpu") -> Self:
        """The bound for a file: a constant, more for a large one, and more where a GPU's libraries are to be loaded."""
        size = 0
        with suppress(OSError, ValueError):
            size = min(path.stat().st_size, LARGEST)
        libraries = 0 if device == "cpu" else BYTES_OF_A_GPU
        return cls(str(path), SECONDS + SECONDS_PER_MIB * size / 2**20, BYTES + BYTES_PER_BYTE * size + libraries)


class Worker(Generic[Prepared]):
    """One process at a time; a new one after one that had to be ended.

    Args:
        prepare: what the first process does first, free of bounds; it is a function of a module, or a partial of one.

    >>> with Worker(str) as worker:
    ...     worker.call(divmod, 7, 2, bound=Bound("a sum", 60.0, 2**30))
    (3, 1)
    """

    def __init__(self, prepare: Callable[[], Prepared]) -> None:
        """Start the first process, which prepares while we go on."""
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words: deque[bytes] = deque(maxlen=_LAST_WORDS)
        self._hearing: threading.Thread | None = None
        self._took: float | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._prepared: list[Prepared] = []
        self._start()
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

    def _start(self) -> None:
        self._last_words.clear()
        self._took = None
        with temporary_room():
            # Its own, so that nothing is left of one that is ended.
            self._folder = tempfile.TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True)
        self._process = subprocess.Popen(  # noqa: S603 - the Python that runs this, and a program that stands above
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Rust's backtrace would bury what it says.
            env={
                **os.environ,
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder.name),
                VARIABLE: "1",
                "RUST_BACKTRACE": "0",
            },
            # Ctrl-C is for us alone, and the process is ended with all that it has started.
            start_new_session=True,
        )
        self._hearing = threading.Thread(target=self._hear, args=(self._process.stderr,), daemon=True)
        self._hearing.start()

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
            _send(self._process.stdin, (function, args, named, bound, hears))

    def _answer(self, bound: Bound | None, progress: Progress | None) -> object:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        done, watch = threading.Event(), None
        stage = ""
        try:
            while True:
                kind, content = _receive(process.stdout)
                if kind == "begun" and bound is not None and math.isfinite(bound.seconds):
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

    def _watch(self, process: subprocess.Popen[bytes], seconds: float, done: threading.Event) -> None:
        """End the process when its time is up."""
        begun = time.monotonic()
        while not done.wait(min(seconds, 1.0)):
            took = time.monotonic() - begun
            if took > seconds * _crowding():
                self._took = took
                stop(process)
                return

    def _death(self, process: subprocess.Popen[bytes], bound: Bound | None, stage: str) -> EndedError:
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
        if any(word in last_words for word in _OUT_OF_MEMORY):
            return _too_much(bound, stage)
        code = process.returncode
        why = f"exit code {code}"
        if code < 0:
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


class Workers:
    """Several workers that share out pieces of our own work; where they are left, whatever still runs is ended.

    Args:
        prepare: what each process does first: see `Worker`.
        count: how many processes.
    """

    def __init__(self, prepare: Callable[[], object], count: int) -> None:
        """Start the processes."""
        self._free: SimpleQueue[Worker[object]] = SimpleQueue()
        self._workers: list[Worker[object]] = []
        self._pool = ThreadPoolExecutor(count)
        for _ in range(count):
            self._workers.append(Worker(prepare))
            self._free.put(self._workers[-1])

    def results(
        self, pieces: Sequence[Callable[[], tuple[Callable[..., T], tuple[object, ...]]]], what: str
    ) -> Generator[T, None, None]:
        """What the pieces give, in their order; all are begun at once, and those left over given up with the iterator.

        Args:
            pieces: each gives, when a process is free for it, a function of a module and its arguments.
            what: the file that they are about, for the sentence that says that a process died.

        Raises:
            Exception: what the first of them raised that raised anything.
        """

        def done(piece: Callable[[], tuple[Callable[..., T], tuple[object, ...]]]) -> T:
            worker = self._free.get()
            try:
                function, args = piece()
                return worker.call(function, *args, bound=Bound.none(what))
            finally:
                self._free.put(worker)

        return _results([self._pool.submit(done, piece) for piece in pieces])

    def __enter__(self) -> Self:
        """The workers themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for _ in range(2):
            # One that was about to be asked starts another process.
            for worker in self._workers:
                worker.close()
            self._pool.shutdown()


def _results(futures: Sequence[Future[T]]) -> Generator[T, None, None]:
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


_sharing = 1


def share_cores(processes: int) -> None:
    """Leave the cores to so many processes like this one: `cores` is this one's part of them."""
    global _sharing
    _sharing = processes


def cores() -> int:
    """How many cores this process may use."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, found // _sharing)


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


def stop(process: "subprocess.Popen[Any]") -> None:
    """End a process that was started in a session of its own, and the processes that it started."""
    if sys.platform == "win32":
        taskkill = str(Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe")
        command = [taskkill, "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, and nothing from outside
    else:
        # Its children may outlive it in its group.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _send(stream: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[str, Any]:
    kind, content = pickle.loads(_frame(stream))  # noqa: S301 - from the process that we started
    return kind, content


def _frame(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not data:
        raise EOFError
    return data


def serve() -> None:
    """Do what comes in on stdin, piece by piece, until it ends: the process's whole life.

    What anything prints goes nowhere: stdout is the channel of the answers alone.
    """
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    collect_seldom()
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, requests), daemon=True).start()
    while True:
        _answer(requests.get(), outgoing)


def _listen(incoming: IO[bytes], requests: "SimpleQueue[bytes]") -> None:
    """Hand on what is asked; leave, with all that was started, when nobody is there to ask, whatever is being done."""
    try:
        while True:
            requests.put(_frame(incoming))
    finally:
        if sys.platform != "win32":
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _answer(request: bytes, outgoing: IO[bytes]) -> None:
    try:
        function, args, named, bound, hears = pickle.loads(request)  # noqa: S301 - from the process that started us
        if hears:
            named["progress"] = lambda *step: _send(outgoing, ("progress", step))
        _send(outgoing, ("begun", None))
        # What is too large to be sent is caught here too, while the bound holds.
        with _Limited(bound):
            result = pickle.dumps(("result", function(*args, **named)), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised again where the question came from
        _send(outgoing, ("memory", None) if _is_memory(error) else ("error", _portable(error)))
    else:
        outgoing.write(_LENGTH.pack(len(result)) + result)
        outgoing.flush()


def _is_memory(error: BaseException | None) -> bool:
    """Whether memory that ended is behind the error."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        if isinstance(error, RuntimeError) and any(word in str(error) for word in _OUT_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, for it is lost on the way; as plain words where it can't travel."""
    if not isinstance(error, WorkbookError):
        error.add_note("in the process that opens files:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, to see whether it survives
    except Exception:  # noqa: BLE001 - whatever a library's error raises here
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class _Limited:
    """The bound on memory, and one on processor time that ends what nobody waits for, where the system has such."""

    def __init__(self, bound: Bound | None) -> None:
        self._bound = bound
        self._before: list[tuple[int, tuple[int, int]]] = []

    def __enter__(self) -> None:
        if self._bound is None or math.isinf(self._bound.size) or sys.platform == "win32":
            return
        import resource

        cores = os.cpu_count() or 1
        # A crash leaves no file of what was in memory.
        self._lower(resource.RLIMIT_CORE, 0)
        self._lower(resource.RLIMIT_CPU, int(time.process_time() + (self._bound.seconds + 5) * cores))
        with suppress(OSError, ValueError, IndexError):
            # Writable memory that is its own, in pages; only Linux tells, and only Linux bounds it.
            own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
            self._lower(resource.RLIMIT_DATA, int(own + self._bound.size + cores * _STACK))

    def _lower(self, kind: int, most: int) -> None:
        import resource

        before = resource.getrlimit(kind)
        with suppress(OSError, ValueError):
            soft = most if before[0] == resource.RLIM_INFINITY else min(most, before[0])
            resource.setrlimit(kind, (soft, before[1]))
            self._before.append((kind, before))

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            return
        import resource

        for kind, before in self._before:
            resource.setrlimit(kind, before)
