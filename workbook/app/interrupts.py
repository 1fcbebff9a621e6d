"""Ctrl-C where something may make another error of it: CPython's own imports do."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[None]:
    """Return a context that raises KeyboardInterrupt where Ctrl-C was turned into another error.

    A KeyboardInterrupt that breaks an import within the parser comes out as a SyntaxError ("can't load unicodedata
    module"), and a library may turn it into an error of its own. The process's handler of SIGINT is called as ever
    and is in its place again afterwards; outside the main thread, or where SIGINT is ignored, nothing changes.

    Raises:
        KeyboardInterrupt: the interrupt, or an error after it, which is then its cause.

    >>> with interruptible():
    ...     print("no interrupt, no difference")
    no interrupt, no difference
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    heard = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        try:
            handler(number, frame)
        except KeyboardInterrupt:
            heard = True
            raise

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception as error:
        if heard:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, handler)
