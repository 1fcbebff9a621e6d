"""Several processes for pieces of our own work, and how many cores there are for them."""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from workbook.xlsx.bounds import Bound
from workbook.xlsx.worker import Worker

T = TypeVar("T")


_WAY = 5


def give_way() -> None:
    """Let others go first: for a process whose work several share out, beside a program whose work nobody can share.

    Linux shares the cores out among sessions where it groups processes by them, and each worker has one of its own.
    """
    with suppress(AttributeError, OSError):
        os.nice(_WAY)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_WAY), encoding="ascii")


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
        return _results([self._pool.submit(self._done, piece, what) for piece in pieces])

    def begin(self, function: Callable[..., T], *args: object, what: str) -> Future[T]:
        """What a function of a module gives, called in the first process that is free.

        Args:
            function: the function.
            args: its arguments.
            what: the file that it is about, as for `results`.
        """
        return self._pool.submit(self._done, lambda: (function, args), what)

    def _done(self, piece: Callable[[], tuple[Callable[..., T], tuple[object, ...]]], what: str) -> T:
        worker = self._free.get()
        try:
            function, args = piece()
            return worker.call(function, *args, bound=Bound.none(what))
        finally:
            self._free.put(worker)

    def __enter__(self) -> Self:
        """The workers themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes; what they have not done is never done."""
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
