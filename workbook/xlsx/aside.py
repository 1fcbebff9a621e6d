"""Work that is done aside, by a fork of this process, while this one goes on: what a fork needs is there already.

Where it may not be done so, it is done when it is asked for: what comes out is the same, whatever the number of cores.
"""

import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Generic, Self, TypeVar, cast

from workbook.errors import WorkbookError
from workbook.xlsx.worker import is_inside
from workbook.xlsx.workers import cores

T = TypeVar("T")

_is_fork = False
_SECOND = 5
"""The niceness of what lets others go first: they get three times as much of a core, and it is not starved by them."""


class Aside(Generic[T]):
    """What a function gives, computed by a fork of this process, or here when it is asked for.

    The fork ends with its answer, or when it is closed; with the process that opens files it is ended in any case. Its
    answer is a copy. Where it has none, because it was ended or failed, the work is done here, and what is wrong with
    it shows here.

    Args:
        function: what computes it.
        args: what it is given.
        at_once: whether to begin now, if it may be done aside: a fork takes some milliseconds.
        gives_way: whether others go first, because perhaps nobody will ask for it.

    >>> with Aside(divmod, 7, 2) as halved:
    ...     halved.result()
    (3, 1)
    """

    def __init__(
        self, function: Callable[..., T], *args: object, at_once: bool = True, gives_way: bool = False
    ) -> None:
        """Begin, where there is a core for it."""
        self._work = partial(function, *args)
        self._pid = 0
        self._found: list[T] = []
        if at_once and may_fork():
            self._begin(_SECOND if gives_way else 0)

    def _begin(self, niceness: int) -> None:
        # A file, and no pipe: the fork ends with its answer, and what it holds of our memory is free.
        self._answer = TemporaryFile()  # noqa: SIM115 - until it is closed
        with warnings.catch_warnings():
            # Our other thread only waits for what is asked next.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if not self._pid:
            with suppress(BaseException):
                os.nice(niceness)
                _live(self._work, self._answer)
            os._exit(0)

    def result(self) -> T:
        """What the function gives; waits for it.

        Raises:
            Exception: what the function raises.
        """
        if not self._found:
            self._found.append(self._received() if self._pid else self._work())
        return self._found[0]

    def _received(self) -> T:
        os.waitpid(self._pid, 0)
        self._pid = 0
        with self._answer as stream:
            stream.seek(0)
            data = stream.read()
        try:
            is_error, found = pickle.loads(data)  # noqa: S301 - from a fork of ours
        except (EOFError, pickle.UnpicklingError):
            return self._work()
        if is_error:
            raise found
        return cast(T, found)

    def close(self) -> None:
        """End the fork, if there is one."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
            self._answer.close()

    def __enter__(self) -> Self:
        """The work itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the fork, if there is one."""
        self.close()


def may_fork() -> bool:
    """Whether work may be done aside: in a process that opens files, on Linux, where there is a second core.

    What is left of such a process is ended with it. A fork takes the locks of other threads along, and not the threads:
    so there is none where torch is loaded, and none of a fork.
    """
    return sys.platform == "linux" and is_inside() and not _is_fork and "torch" not in sys.modules and cores() > 1


def _live(work: Callable[[], object], answer: IO[bytes]) -> None:
    """Do the work and write what it gives: the life of a fork."""
    global _is_fork
    _is_fork = True
    try:
        found = pickle.dumps((False, work()), protocol=pickle.HIGHEST_PROTOCOL)
    except WorkbookError as error:
        found = pickle.dumps((True, error))
    answer.write(found)
    answer.flush()
