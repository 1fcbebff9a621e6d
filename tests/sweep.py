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

FEW = ("attention", "cross_entropy", "schedules")
"""Lessons that show what a rule of all lessons is where it costs seconds each: products of matrices, the smallest
workbook, and steps that start from the step before. `pytest.mark.sweep(but=FEW)` leaves the others."""


def some(cases: Iterable[Case], count: int, *, seed: int = 0) -> list[Case]:
    """All cases in a sweep; otherwise so many of them, drawn with the seed, in their order."""
    every = list(cases)
    if SWEEP or count >= len(every):
        return every
    return [every[k] for k in sorted(random.Random(seed).sample(range(len(every)), count))]


def is_left_to_a_sweep(item: pytest.Item) -> bool:
    """Whether a test is marked so, or is the case of a parameter that its mark names, or of none that it excepts."""
    case = getattr(item, "callspec", None)
    given = set() if case is None else {str(value) for value in case.params.values() if isinstance(value, str | int)}
    for mark in item.iter_markers("sweep"):
        excepted = mark.kwargs.get("but")
        if given.isdisjoint(excepted) if excepted is not None else not mark.args or given & set(mark.args):
            return True
    return False
