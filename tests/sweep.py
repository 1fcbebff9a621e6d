"""What is tried by default, and what only in a sweep: GRADBOOK_SWEEP=1 tries every case of every rule.

A rule is always tried, on cases that are drawn once and for all, or on the small lessons.
"""

import os
import random
from collections.abc import Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")

SWEEP = os.environ.get("GRADBOOK_SWEEP") == "1"
LARGE = ("fine_tuning", "mnist_from_scratch")
"""The lessons of which even a small workbook takes seconds to calculate: `pytest.mark.sweep(*LARGE)`."""

A_RUN = "fine_tuning_run lesson"
"""Of the two workbooks of runs the simpler one."""


def some(cases: Iterable[Case], count: int, *, seed: int = 0) -> list[Case]:
    """All cases in a sweep; otherwise so many of them, drawn with the seed, in their order."""
    every = list(cases)
    if SWEEP or count >= len(every):
        return every
    return [every[k] for k in sorted(random.Random(seed).sample(range(len(every)), count))]


def is_left_to_a_sweep(item: pytest.Item) -> bool:
    """Whether a test is marked so, or is the case of a parameter that its mark names."""
    case = getattr(item, "callspec", None)
    given = set() if case is None else set(map(str, case.params.values()))
    return any(not mark.args or given & set(mark.args) for mark in item.iter_markers("sweep"))
