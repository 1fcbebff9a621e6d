"""Ctrl-C that waits for the step in hand, so that what is saved is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self


class SavedInterrupt(KeyboardInterrupt):
    """Ctrl-C, interruptible when all was saved."""


@contextmanager
def all_saved() -> Iterator[None]:
    """Return a context in which Ctrl-C loses nothing, because the training before it is saved.

    Raises:
        SavedInterrupt: after Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise SavedInterrupt from interrupt


class Interrupts:
    """A context in which the first Ctrl-C is only noted; the second interrupts at once."""

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Self:
        """Take over Ctrl-C, where this is the thread that hears of it."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hand Ctrl-C back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
