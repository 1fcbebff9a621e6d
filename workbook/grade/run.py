"""Many files → their marks: each in a bounded process, here or on a cluster, going on after an interrupt."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from threading import local
from typing import Any, Generic, TypeVar

from workbook import __version__
from workbook.errors import FileError, WorkbookError
from workbook.grade.files import Marked, Submission, mark_file
from workbook.grade.verdicts import Mark, Typed, Verdict
from workbook.lesson.lesson import Progress
from workbook.xlsx.bounds import Bound, EndedError
from workbook.xlsx.files import scratch
from workbook.xlsx.worker import Worker

Handed = TypeVar("Handed")

REACHED_WITHIN = "10s"
"""How long a Dask scheduler may take to answer."""
_AHEAD, _ROUNDS = 3, 8
"""How many pieces of work a worker has waiting, and into how many at least its share of the files is cut."""
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
    kept = SoFar(out / SO_FAR, typed)
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
        with kept, _cluster(scheduler, typed) if scheduler else _here(jobs, typed) as workers:
            for number, marked in workers.marked(submissions, waiting):
                done[number] = marked
                kept.add(submissions[number], marked)
                progress("marking", len(done), total)
    return tuple(done[number] for number in range(total))


def forget(out: Path) -> None:
    """Take the marks so far away: the run is whole."""
    with suppress(FileNotFoundError):
        (out / SO_FAR).unlink()


class SoFar:
    """The marks so far, in a file."""

    def __init__(self, path: Path, typed: Typed) -> None:
        """Read what an earlier run left, whole lines alone."""
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
        """The marks of a file, if it has any and is still the same."""
        if not self._known:
            return None
        digest = ""
        with suppress(OSError):
            digest = hashlib.sha256(submission.path.read_bytes()).hexdigest()
        return self._known.get(self._key(submission.name, digest))

    def add(self, submission: Submission, marked: Marked) -> None:
        """Keep the marks of a file.

        Raises:
            FileError: they can't be written.
        """
        line = json.dumps({"key": self._key(submission.name, marked.digest), "marked": _written(marked)})
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> FileError:
        return FileError(f"{self._path}: can't be written ({error.strerror})")

    def _key(self, name: str, digest: str) -> str:
        return f"{__version__} {self._typed} {digest} {name}"

    def __enter__(self) -> "SoFar":
        """Begin to write."""
        try:
            self._stream = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise self._unwritten(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        try:
            self._stream.close()
        except OSError as error:
            # What could not be written is tried once more, and has no more room now.
            raise self._unwritten(error) from error


def _written(marked: Marked) -> dict[str, Any]:
    return {**vars(marked), "exercises": [vars(mark) for mark in marked.exercises]}


def _read(found: dict[str, Any]) -> Marked:
    exercises = tuple(
        Mark(**{**one, "verdict": Verdict(one["verdict"]), "typed": tuple(one["typed"])}) for one in found["exercises"]
    )
    return Marked(**{**found, "exercises": exercises, "notes": tuple(found["notes"])})


@dataclass(frozen=True)
class Markers(Generic[Handed]):
    """Who marks files: here or far away.

    Args:
        pool: takes work.
        at_once: how many of them there are.
        hand: a file → what of it is handed on.
        mark: what was handed on of some files, and their names → their marks.
        most: how many files are handed on together, at most.
    """

    pool: Executor
    at_once: int
    hand: Callable[[Submission], Handed]
    mark: Callable[[Sequence[tuple[Handed, str]]], Sequence[Marked]]
    most: int

    def marked(self, submissions: Sequence[Submission], waiting: Sequence[int]) -> Iterator[tuple[int, Marked]]:
        """The marks of the files that wait, as they come; few files are on their way at any time, to bound memory."""
        together = min(self.most, max(1, len(waiting) // (_ROUNDS * self.at_once)))
        bundles = iter([waiting[i : i + together] for i in range(0, len(waiting), together)])
        on_their_way: dict[Future[Sequence[Marked]], Sequence[int]] = {}
        try:
            while True:
                for numbers in islice(bundles, _AHEAD * self.at_once - len(on_their_way)):
                    files = [(self.hand(submissions[number]), submissions[number].name) for number in numbers]
                    on_their_way[self.pool.submit(self.mark, files)] = numbers
                if not on_their_way:
                    return
                ended, _ = wait(on_their_way, return_when=FIRST_COMPLETED)
                for future in ended:
                    numbers = on_their_way.pop(future)
                    yield from zip(numbers, _result(future, [submissions[n].name for n in numbers]), strict=True)
        except BaseException:
            self.pool.shutdown(wait=False, cancel_futures=True)
            raise


def _result(future: "Future[Sequence[Marked]]", names: Sequence[str]) -> Sequence[Marked]:
    """The marks of a bundle; for one whose machine was lost, a note that says so."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - one file of ten thousand must not end the others
        return [Marked(name, "", refused=f"{type(error).__name__}: {error}") for name in names]


def _marked(worker: Worker[None], path: Path, name: str, typed: Typed) -> Marked:
    """The marks of a file, or why its process ended."""
    try:
        return worker.call(mark_file, path, name, typed, bound=Bound.of(path))
    except EndedError as error:
        return Marked(name, "", refused=str(error).partition(": ")[2] or str(error))


@contextmanager
def _here(jobs: int, typed: Typed) -> Iterator[Markers[Path]]:
    """Threads, each with a process of its own for the files that it is given."""
    with ExitStack() as workers:
        own = local()

        def mark(files: Sequence[tuple[Path, str]]) -> list[Marked]:
            if not hasattr(own, "worker"):
                own.worker = workers.enter_context(Worker(prepare))
            return [_marked(own.worker, path, name, typed) for path, name in files]

        # The threads end before their processes do: else one would start another process.
        with ThreadPoolExecutor(jobs) as pool:
            yield Markers(pool, jobs, lambda submission: submission.path, mark, most=1)


def prepare() -> None:
    """Import what marking needs."""
    import ironcalc  # noqa: F401


@contextmanager
def _cluster(address: str, typed: Typed) -> Iterator[Markers[bytes]]:
    """The workers of a Dask cluster, each with a bounded process for the files that it is given."""
    try:
        # It has types in part only, and need not be there at all.
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise WorkbookError("Dask is not installed; pip install 'gradbook[cluster]' installs it") from error
    try:
        client = distributed.Client(address, timeout=REACHED_WITHIN)
    except (OSError, ValueError) as error:
        raise WorkbookError(f"the Dask scheduler {address} can't be reached ({error})") from error
    with client:
        threads = max(1, sum(client.nthreads().values()))
        # Dask takes about 4 ms for a piece of work, a quarter of what marking a file takes.
        yield Markers(client.get_executor(pure=False), threads, _content, partial(mark_contents, typed=typed), most=16)


def _content(submission: Submission) -> bytes:
    return submission.path.read_bytes()


def mark_contents(files: Sequence[tuple[bytes, str]], typed: Typed) -> list[Marked]:
    """The marks of files that came over the network, one after the other in a bounded process beside this one."""
    found = []
    with scratch() as folder:
        for content, name in files:
            path = folder / "book.xlsx"
            path.write_bytes(content)
            found.append(_marked(_bounded(os.getpid()), path, name, typed))
    return found


@lru_cache(1)
def _bounded(_process: int) -> Worker[None]:
    """This process's own bounded process."""
    return Worker(prepare)
