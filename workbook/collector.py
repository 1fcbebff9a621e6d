"""How often Python looks for circles of objects that nothing refers to."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 50_000
"""Python's own is 700, made for small programs: a workbook is a million objects, and they were looked through for a
twelfth of a build's time."""


def collect_seldom() -> None:
    """Look for circles less often, in the whole process; what is in none is freed at once, as ever."""
    _, second, third = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, second, third)


@contextmanager
def without_collector() -> Iterator[None]:
    """Without Python's search for objects in circles, for work that makes many objects and no circles.

    What it has made counts as old afterwards. As new, all of it would be searched at once: 2.6 s after 32,000 formulas.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            new, *_ = gc.get_count()
            if new > _NEW_OBJECTS:
                _count_as_old()
            gc.enable()


def _count_as_old() -> None:
    """Take whatever is new for old, and leave what is to stay for good as it is.

    To count what stays is to walk through it: a tenth of a second where a process keeps a few million objects so.
    """
    stays = gc.get_freeze_count()
    gc.freeze()
    if not stays:
        gc.unfreeze()
