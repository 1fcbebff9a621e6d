"""How often Python looks for circles of objects that nothing refers to."""

import gc

_NEW_OBJECTS = 50_000
"""Python's own is 700, made for small programs: a workbook is a million objects, and they were looked through for a
twelfth of a build's time."""


def collect_seldom() -> None:
    """Look for circles less often, in the whole process; what is in none is freed at once, as ever."""
    _, second, third = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, second, third)
