"""The life of a process that opens files: pieces of work come in, each within its bound, and results go out."""

import errno
import json
import math
import os
import pickle
import signal
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Self

from workbook.collector import collect_seldom
from workbook.errors import WorkbookError
from workbook.xlsx.bounds import OUT_OF_MEMORY, Bound

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The environment variables that name the folder for temporary files."""

_LENGTH = struct.Struct(">Q")
_STACK = 8 * 2**20
"""Of a thread; libraries that compute start one for each core when they first do."""


def send(stream: IO[bytes], message: object) -> None:
    """Write a message, its length before it."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[str, Any]:
    """The next message of the process: its kind, and what it says.

    Raises:
        EOFError: there is none, or not all of it: the process has ended.
    """
    kind, content = pickle.loads(_frame(stream))  # noqa: S301 - from the process that we started
    return kind, content


def _frame(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    data = stream.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
    if not data:
        raise EOFError
    return data


def serve(first: str = "", load: str = "", forks: str = "[]") -> None:
    """Do what comes in on stdin, piece by piece, until it ends: the process's whole life.

    What anything prints goes nowhere: stdout is the channel of the answers alone.

    Args:
        first: `module:function`, called at once, while the process has no thread and may be forked.
        load: `module:function`, called before the process is forked.
        forks: of each process to fork from this one its folder for temporary files, its stdin, stdout and stderr, and
            where its end is told.
    """
    collect_seldom()
    forked: dict[int, int] = {}
    if load:
        _call(load)
        forked = _fork(json.loads(forks))
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    if sys.platform != "win32":
        # A fork that kept the channel open would hide that this process has ended.
        channels = [incoming.fileno(), outgoing.fileno(), *forked.values()]
        os.register_at_fork(after_in_child=partial(_close, channels))
    if first:
        _call(first)
    for pid, told in forked.items():
        threading.Thread(target=_tell_end, args=(pid, told), daemon=True).start()
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, requests), daemon=True).start()
    while True:
        _answer(requests.get(), outgoing)


def _call(function: str) -> None:
    module, _, name = function.partition(":")
    getattr(import_module(module), name)()


def _fork(processes: list[tuple[str, int, int, int, int]]) -> dict[int, int]:
    """Fork these processes, each with its own channels; in the one that forks, returns where to tell the end of each.

    A channel that stayed open in another process would hide its end.
    """
    forked: dict[int, int] = {}
    own: tuple[str, int, int, int, int] | None = None
    for process in processes:
        pid = os.fork()
        if not pid:
            own = process
            break
        forked[pid] = process[-1]
    for folder, *channels, told in processes:
        if own is not None and folder == own[0]:
            os.setsid()
            for number, channel in enumerate(channels):
                os.dup2(channel, number)
            os.environ.update(dict.fromkeys(TEMPORARY, folder))
            tempfile.tempdir = None
        _close(channels if own is None else [*channels, told])
    if own is None:
        return forked
    with os.fdopen(os.dup(1), "wb") as outgoing:
        send(outgoing, ("forked", os.getpid()))
    return {}


def _tell_end(pid: int, told: int) -> None:
    """Tell the exit code of a process that was forked from this one, or less than 0 the signal that ended it."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):
        os.write(told, str(code).encode())
    os.close(told)


def _close(descriptors: list[int]) -> None:
    """Close them once: a fork of a fork may have their numbers for files of its own."""
    while descriptors:
        os.close(descriptors.pop())


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
            named["progress"] = lambda *step: send(outgoing, ("progress", step))
        send(outgoing, ("begun", None))
        # What is too large to be sent is caught here too, while the bound holds.
        with _Limited(bound) as limited, _at_hand(limited, outgoing):
            result = pickle.dumps(("result", function(*args, **named)), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised again where the question came from
        send(outgoing, ("memory", None) if _is_memory(error) else ("error", _portable(error)))
    else:
        outgoing.write(_LENGTH.pack(len(result)) + result)
        outgoing.flush()


_works: list[tuple["_Limited", IO[bytes]]] = []
"""The piece of work at hand, and where its answer goes; none in a process that does not serve."""


@contextmanager
def _at_hand(limited: "_Limited", outgoing: IO[bytes]) -> Iterator[None]:
    _works.append((limited, outgoing))
    try:
        yield
    finally:
        _works.pop()


@contextmanager
def outside_bounds() -> Iterator[list[int]]:
    """A context in which work is none of the file's: time and memory that it takes do not count, nor what it keeps.

    Yields a list; the bytes that are put into it are what the file may take more from then on.
    """
    more: list[int] = []
    if not _works:
        yield more
        return
    limited, outgoing = _works[-1]
    send(outgoing, ("paused", None))
    used = limited.lift()
    yield more
    limited.lower_again(used, sum(more))
    send(outgoing, ("begun", None))


def _is_memory(error: BaseException | None) -> bool:
    """Whether memory that ended is behind the error."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        if isinstance(error, RuntimeError) and any(word in str(error) for word in OUT_OF_MEMORY):
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
        self._before: dict[int, tuple[int, int]] = {}
        self._lowered: dict[int, int] = {}

    def __enter__(self) -> Self:
        if self._bound is None or math.isinf(self._bound.size) or sys.platform == "win32":
            return self
        import resource

        cores = os.cpu_count() or 1
        seconds, own = _used()
        # A crash leaves no file of what was in memory.
        self._lower(resource.RLIMIT_CORE, 0)
        self._lower(resource.RLIMIT_CPU, int(seconds + (self._bound.seconds + 5) * cores))
        if own is not None:
            self._lower(resource.RLIMIT_DATA, int(own + self._bound.size + cores * _STACK))
        return self

    def _lower(self, kind: int, most: int) -> None:
        import resource

        before = self._before.setdefault(kind, resource.getrlimit(kind))
        with suppress(OSError, ValueError):
            soft = most if before[0] == resource.RLIM_INFINITY else min(most, before[0])
            resource.setrlimit(kind, (soft, before[1]))
            self._lowered[kind] = most

    def lift(self) -> tuple[float, int | None]:
        """Lift the bounds for a while; returns what was used until then."""
        self.__exit__()
        return _used()

    def lower_again(self, used: tuple[float, int | None], more: int) -> None:
        """Set the bounds again, with what was used meanwhile on top, and so many bytes more."""
        if not self._lowered:
            return
        import resource

        seconds, own = _used()
        add = {resource.RLIMIT_CPU: math.ceil(seconds - used[0]), resource.RLIMIT_DATA: more}
        if own is not None and used[1] is not None:
            add[resource.RLIMIT_DATA] += own - used[1]
        for kind, most in self._lowered.items():
            self._lower(kind, most + add.get(kind, 0))

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            return
        import resource

        for kind, before in self._before.items():
            resource.setrlimit(kind, before)


def _used() -> tuple[float, int | None]:
    """Seconds of the processor that this process has had, and the writable memory that is its own.

    In bytes; only Linux tells, and only Linux bounds it.
    """
    own = None
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError, IndexError):
            own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    return time.process_time(), own
