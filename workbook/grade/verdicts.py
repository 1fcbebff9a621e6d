"""What is said of a cell, and of an exercise."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Typed = Literal["full", "half", "none"]
"""How much of its points a right number is worth that was typed where a formula was asked for."""


class Verdict(StrEnum):
    """What an answer is."""

    RIGHT = "right"
    LOOK = "look at this"
    TYPED = "typed"
    SLIP = "slip"
    WRONG = "wrong"
    EMPTY = "empty"
    MISSING = "sheet missing"
    TEXT = "text"


@dataclass(frozen=True)
class CellMark:
    """One cell: its share of its points, a verdict, what to say to the learner, and a wrong number typed there."""

    share: float
    verdict: Verdict
    said: str = ""
    typed: float | None = None


@dataclass(frozen=True)
class Mark:
    """One exercise of one file.

    Args:
        name: of the exercise.
        points: won.
        of: that there are.
        verdict: of its cells that are not right, the commonest.
        said: what to say to the learner.
        typed: the wrong numbers typed there.
    """

    name: str
    points: float
    of: float
    verdict: Verdict
    said: str
    typed: tuple[float, ...] = ()
