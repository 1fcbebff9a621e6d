"""What is tried by default, and what only in a sweep: GRADBOOK_SWEEP=1 tries every case of every rule.

A rule is always tried, on cases that are drawn once and for all, or on the small lessons.
"""

import os
import random
from collections.abc import Iterable
from typing import TypeVar

Case = TypeVar("Case")

SWEEP = os.environ.get("GRADBOOK_SWEEP") == "1"
LARGE = ("fine_tuning", "mnist_from_scratch")
"""The lessons of which even a small workbook takes seconds to calculate: `pytest.mark.sweep(*LARGE)`."""


def some(cases: Iterable[Case], count: int, *, seed: int = 0) -> list[Case]:
    """All cases in a sweep; otherwise so many of them, drawn with the seed, in their order."""
    every = list(cases)
    if SWEEP or count >= len(every):
        return every
    return [every[k] for k in sorted(random.Random(seed).sample(range(len(every)), count))]
