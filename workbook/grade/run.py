"""Many files → their marks: each in a bounded process, here or on a cluster, going on after an interrupt."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import local
from typing import Any

from workbook import __version__
from workbook.errors import FileError, WorkbookError
from workbook.grade.files import Marked, Submission, mark_file
from workbook.grade.marker import Mark, Typed
from workbook.lesson.lesson import Progress
from workbook.xlsx.files import scratch
from workbook.xlsx.worker import Bound, EndedError, Worker

_REACHED = "10s"
SO_FAR = "marks_so_far.jsonl"
"""The marks so far, a line a file: what an interrupted run leaves, and the next one goes on from."""


def mark_all(
    submissions: Sequence[Submission],
    out: Path,
    *,
    typed: Typed,
    jobs: int,
    scheduler: str | None,
    progress: Progress,
) -> tuple[Marked, ...]:
    """The marks of all files, in their order.

    A file that ends the process, or takes too much, is told as such and the next one follows. After an interrupt what
    is done stands in `marks_so_far.jsonl`, and is not done again.

    Args:
        submissions: the files.
        out: where the marks so far are kept.
        typed: what a typed number is worth where a formula was asked for.
        jobs: how many files at once, on this machine.
        scheduler: the address of a Dask scheduler, in place of this machine.
        progress: hears of the work.

    Raises:
        WorkbookError: Dask is not installed, or its scheduler can't be reached.
        FileError: the marks so far can't be written.
    """
    kept = _SoFar(out / SO_FAR, typed)
    done: dict[int, Marked] = {}
    waiting: list[int] = []
    for number, submission in enumerate(submissions):
        known = kept.of(submission)
        if known is None:
            waiting.append(number)
        else:
            done[number] = known
    total = len(submissions)
    progress("marking", len(done), total)
    if waiting:
        with kept, _cluster(scheduler) if scheduler else _here(min(jobs, len(waiting))) as (pool, function):
            futures: dict[Future[Marked], int] = {
                pool.submit(function, _handed(submissions[n], far=bool(scheduler)), submissions[n].name, typed): n
                for n in waiting
            }
            try:
                for future in as_completed(futures):
                    number = futures[future]
                    done[number] = _result(future, submissions[number])
                    kept.add(submissions[number], done[number])
                    progress("marking", len(done), total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return tuple(done[number] for number in range(total))


def forget(out: Path) -> None:
    """Take the marks so far away: the run is whole."""
    with suppress(FileNotFoundError):
        (out / SO_FAR).unlink()


def _handed(submission: Submission, *, far: bool) -> Path | bytes:
    """A file as it is handed on: its place, or what is in it where another machine can't read that place."""
    return submission.path.read_bytes() if far else submission.path


def _result(future: "Future[Marked]", submission: Submission) -> Marked:
    try:
        return future.result()
    except EndedError as error:
        return Marked(submission.name, "", refused=str(error).partition(": ")[2] or str(error))
    except Exception as error:  # noqa: BLE001 - one file of ten thousand must not end the others
        return Marked(submission.name, "", refused=f"{type(error).__name__}: {error}")


class _SoFar:
    """The marks so far, in a file."""

    def __init__(self, path: Path, typed: Typed) -> None:
        self._path = path
        self._typed = typed
        self._known: dict[str, Marked] = {}
        with suppress(OSError, ValueError):
            for line in path.read_text(encoding="utf-8").splitlines():
                # The last line may be cut off.
                with suppress(ValueError, TypeError, KeyError):
                    found = json.loads(line)
                    self._known[found["key"]] = _read(found["marked"])

    def of(self, submission: Submission) -> Marked | None:
        if not self._known:
            return None
        digest = ""
        with suppress(OSError):
            digest = hashlib.sha256(submission.path.read_bytes()).hexdigest()
        return self._known.get(self._key(submission.name, digest))

    def add(self, submission: Submission, marked: Marked) -> None:
        line = json.dumps({"key": self._key(submission.name, marked.digest), "marked": _written(marked)})
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as error:
            raise FileError(f"{self._path}: can't be written ({error.strerror})") from error

    def _key(self, name: str, digest: str) -> str:
        return f"{__version__} {self._typed} {digest} {name}"

    def __enter__(self) -> "_SoFar":
        try:
            self._stream = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise FileError(f"{self._path}: can't be written ({error.strerror})") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def _written(marked: Marked) -> dict[str, Any]:
    return {**vars(marked), "exercises": [vars(mark) for mark in marked.exercises]}


def _read(found: dict[str, Any]) -> Marked:
    exercises = tuple(Mark(**{**one, "typed": tuple(one["typed"])}) for one in found["exercises"])
    return Marked(**{**found, "exercises": exercises, "notes": tuple(found["notes"])})


@contextmanager
def _here(jobs: int) -> Iterator[tuple[Executor, Any]]:
    """Threads, each with a process of its own for the files that it is given."""
    with ExitStack() as workers:
        own = local()

        def bounded(path: Path, name: str, typed: Typed) -> Marked:
            if not hasattr(own, "worker"):
                own.worker = workers.enter_context(Worker(_ready))
            worker: Worker[None] = own.worker
            return worker.call(mark_file, path, name, typed, bound=Bound.of(path))

        # The threads end before their processes do: else one would start another process.
        with ThreadPoolExecutor(jobs) as pool:
            yield pool, bounded


def _ready() -> None:
    """Import what marking needs."""
    import ironcalc  # noqa: F401


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, Any]]:
    """The workers of a Dask cluster, each with a bounded process for the files that it is given."""
    try:
        # It has types in part only, and need not be there at all.
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise WorkbookError("Dask is not installed; pip install 'gradbook[cluster]' installs it") from error
    try:
        client = distributed.Client(address, timeout=_REACHED)
    except (OSError, ValueError) as error:
        raise WorkbookError(f"the Dask scheduler {address} can't be reached ({error})") from error
    with client:
        yield client.get_executor(), mark_bytes


def mark_bytes(content: bytes, name: str, typed: Typed) -> Marked:
    """The marks of a file that came over the network, in a bounded process beside this one."""
    with scratch() as folder:
        path = folder / "book.xlsx"
        path.write_bytes(content)
        return _bounded(os.getpid()).call(mark_file, path, name, typed, bound=Bound.of(path))


@lru_cache(1)
def _bounded(_process: int) -> Worker[None]:
    """This process's own bounded process."""
    return Worker(_ready)
