"""Several lessons built at once, each in one of as many processes as there are cores."""

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from engine.folders import remove_abandoned
from workbook.check.recalc.session import Engine
from workbook.check.verify import WorkbookCheck
from workbook.lesson.lesson import Progress
from workbook.xlsx.bounds import Bound
from workbook.xlsx.forked import Fork
from workbook.xlsx.worker import Worker
from workbook.xlsx.workers import cores, share_cores

Prepared = TypeVar("Prepared")
_WAIT_S = 0.5
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""As malloc.h has them."""
_LARGEST_BLOCK = 2**30
"""Of memory that is kept, in bytes."""
LOAD = "workbook.app.several:load_torch"
"""What the first of the processes that build does before the others are forked from it."""
FIRST = "workbook.app.several:fork_early"
"""What each of them does first."""


def processes(lessons: int) -> int:
    """How many processes to build so many lessons in: one a core that we may use, and no more than lessons."""
    return min(lessons, cores())


def prepare_sharing(prepare: Callable[[], Prepared], count: int) -> Prepared:
    """What `prepare` gives, in a process that shares the cores with others.

    Args:
        prepare: what the process does first.
        count: how many processes there are; each computes with an even share of the cores.
    """
    import torch

    share_cores(count)
    torch.set_num_threads(cores())
    return prepare()


def load_torch() -> None:
    """Load torch, and what torch.optim loads with its first optimizer: both take a second."""
    _keep_memory()
    import torch
    import torch._dynamo  # noqa: F401


def _keep_memory() -> None:
    """Keep memory that is freed for what is made next; glibc hands large blocks back, and clears each that it gets.

    Other libraries of C have no such setting.
    """
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            mallopt(parameter, _LARGEST_BLOCK)


def fork_early() -> None:
    """Load torch, and fork what is to run the lessons' scripts: it need not load torch once more."""
    import torch  # noqa: F401

    from workbook.transpile import fork_from_here

    fork_from_here()


def build_named(
    name: str, options: Mapping[str, Any], *, device: str, engines: Sequence[Engine], progress: Progress, **rest: Any
) -> WorkbookCheck | None:
    """Build a lesson, found by its name in the process that builds it: see `workbook.app.build.build`."""
    from workbook.app.build import build
    from workbook.lessons import find

    if rest["check"]:
        for engine in engines:
            # They start while the lesson is made, and serve those after it too.
            engine.stay_open()
    return build(find(name), options, prepare=lambda _: (device, engines), progress=progress, **rest)


class Builders(Generic[Prepared]):
    """Processes that build lessons; when they are left, whatever still runs is ended.

    Args:
        prepare: what each process does first; a function of a module, or a partial of one.
        count: how many processes.
        out: the folder of the workbooks, in which nothing half-built is left.
    """

    def __init__(self, prepare: Callable[[], Prepared], count: int, out: Path) -> None:
        """Start the processes."""
        self._out = out
        self._left = False
        self._threads: list[Thread] = []
        with ExitStack() as stack:
            sharing = partial(prepare_sharing, prepare, count)
            # Elsewhere than on Linux torch may not live through a fork.
            forks = [Fork() for _ in range(count - 1)] if sys.platform == "linux" else []
            workers = [Worker(sharing, first=FIRST, load=LOAD, forks=forks)]
            workers += [Worker(sharing, first=FIRST, forked=fork) for fork in forks]
            workers += [Worker(sharing, first=FIRST) for _ in range(count - len(workers))]
            self._workers = [stack.enter_context(worker) for worker in workers]
            self._stack = stack.pop_all()

    def prepared(self) -> Prepared:
        """What the first process prepared.

        Raises:
            Exception: what `prepare` raised.
        """
        return self._workers[0].prepared()

    def results(
        self,
        wanted: Sequence[tuple[str, Mapping[str, Any]]],
        watch: Callable[[str], Progress],
        work: Mapping[str, float] | None = None,
        **rest: Any,
    ) -> Iterator[tuple[str, WorkbookCheck | None]]:
        """The name of each lesson with what its verification found, as it is there.

        Args:
            wanted: names, with the options of each.
            watch: name → what hears of the work on it, in a thread of its own.
            work: name → how long it takes beside the others; the longest is begun first, so that none ends alone.
            rest: what `workbook.app.build.build` takes beside.

        Raises:
            Exception: what building a lesson raised: of several, the first one's in the order of `wanted`, once all
                lessons before it are done. Lessons after it are not begun.
        """
        work = work or {}
        # The next one last.
        waiting = sorted(range(len(wanted)), key=lambda number: (work.get(wanted[number][0], 0.0), -number))
        answers: SimpleQueue[tuple[int, WorkbookCheck | BaseException | None]] = SimpleQueue()

        def build(worker: Worker[Prepared]) -> None:
            with suppress(IndexError):
                while not self._left:
                    number = waiting.pop()
                    name, options = wanted[number]
                    bound = Bound.none(name)
                    try:
                        answer: WorkbookCheck | BaseException | None = worker.call(
                            build_named, name, options, bound=bound, progress=watch(name), **rest
                        )
                    except BaseException as error:  # noqa: BLE001 - it is raised where the results are taken
                        answer = error
                    answers.put((number, answer))

        self._threads = [Thread(target=build, args=(worker,), daemon=True) for worker in self._workers]
        for thread in self._threads:
            thread.start()
        left = set(range(len(wanted)))
        failed: dict[int, BaseException] = {}
        while left and not (failed and min(failed) < min(left)):
            try:
                # Windows hears no Ctrl-C while it waits without an end.
                number, answer = answers.get(timeout=_WAIT_S)
            except Empty:
                continue
            left.discard(number)
            if isinstance(answer, BaseException):
                failed[number] = answer
                for later in [later for later in waiting if later > number]:
                    # Whoever has taken it meanwhile gives an answer that nobody waits for.
                    with suppress(ValueError):
                        waiting.remove(later)
                    left.discard(later)
            else:
                yield wanted[number][0], answer
        if failed:
            raise failed[min(failed)]

    def __enter__(self) -> Self:
        """The processes themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, and remove what was half-built."""
        self._left = True
        self._stack.close()
        for worker, thread in zip(self._workers, self._threads, strict=False):
            while thread.is_alive():
                # It may have begun another lesson, in a new process, while we ended the first.
                worker.close()
                thread.join(0.1)
        remove_abandoned(self._out)
