"""What an exercise is: a block of a lesson that a learner fills, and what tells whether the answer is right.

The answer is the block's own pattern, so nothing is written twice. In the sheet an answer is checked by another road:
a relation that only a right answer fulfils. Patterns of checks and slips are written as those of blocks; in a check and
in `Slip.undo` the word ANSWER stands for what the learner wrote.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbook.errors import LessonError
from workbook.lesson import answers
from workbook.lesson.lesson import Data, Formula, Given

Kind = Literal["fill", "matrix", "gradient", "trace", "bug", "predict", "choose", "shape", "code"]
KINDS: dict[Kind, str] = {
    "fill": "fill in",
    "matrix": "a matrix by hand",
    "gradient": "a gradient by hand",
    "trace": "trace a step",
    "bug": "find the bug",
    "predict": "predict",
    "choose": "choose",
    "shape": "shapes",
    "code": "code as a formula",
}
"""What each kind of exercise is called in a workbook."""
ANSWER = re.compile(r"\bANSWER\b")
LETTERS = "ABCDEFGH"
"""What tells the slips apart that a planted bug may be, for a learner to name the one that stands there."""
_NAME = re.compile(r"[A-Z][0-9]+")
_FACTOR, _MODULUS = 37, 101
"""A letter is told by the rest of its code times the one, divided by the other."""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A frequent wrong answer.

    Args:
        pattern: the wrong formula; it never stands in a workbook that is handed out.
        says: what to say to it.
        undo: what makes the right answer of the wrong one, such as `2*ANSWER`: then the sheet can name the slip too.
        seen: in place of it, `left = right`, which holds of the wrong answer.
    """

    pattern: str
    says: str
    undo: str = ""
    seen: str = ""

    def __post_init__(self) -> None:
        """Check that the sheet names the slip in one way at most."""
        if (self.undo and self.seen) or (self.seen and self.seen.count(" = ") != 1):
            raise LessonError(f"slip {self.pattern!r}: expected undo, or seen as left = right")


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise.

    Args:
        name: a letter and a number, such as `L1`.
        block: `sheet.block`: the block to fill; of the kind "choose" an input.
        kind: what is asked for.
        task: one plain sentence.
        hints: the idea, and nearly the formula.
        check: `left = right`, which holds where the answer is right, by another road than the block's pattern.
        holds: in place of it, a condition: of texts, of whole numbers, or of the kind "choose".
        unit: by how much the left side less the right moves when the answer moves by one.
        tolerance: how far an answer may be off, as a share of its row's size.
        accepted: other patterns that are right; any formula that is equal is accepted anyway.
        slips: frequent wrong answers; of the kind "bug" one of them is planted.
        blocks: what the check needs, laid out beside it.
        points: what it is worth.
        title: a heading that does not give the answer away.
        hides: blocks of its sheet that would give the answer away, and are left out.
        numbers: formulas of its sheet that would give the answer away, and are numbers here.
        start: of the kind "choose", what stands there at first.
    """

    name: str
    block: str
    kind: Kind
    task: str
    hints: tuple[str, str]
    check: str = ""
    holds: str = ""
    unit: str = "1"
    tolerance: float = 2e-3
    accepted: tuple[str, ...] = ()
    slips: tuple[Slip, ...] = ()
    blocks: tuple[Given | Formula, ...] = ()
    points: float = 1.0
    title: str = ""
    hides: str = ""
    numbers: str = ""
    start: float | None = None

    def __post_init__(self) -> None:
        """Check what no type can."""
        where = f"exercise {self.name}"
        if not _NAME.fullmatch(self.name):
            raise LessonError(f"{where}: expected a capital letter and a number")
        if self.block.count(".") != 1:
            raise LessonError(f"{where}: the block is {self.block!r}, expected sheet.block")
        if bool(self.check) == bool(self.holds):
            raise LessonError(f"{where}: expected either check or holds")
        if self.check and self.check.count(" = ") != 1:
            raise LessonError(f"{where}: the check is {self.check!r}, expected left = right")
        if self.check and not ANSWER.search(self.check):
            raise LessonError(f"{where}: its check does not look at the ANSWER")
        if (self.kind == "choose") != (self.start is not None):
            raise LessonError(f"{where}: an input to choose, and nothing else, has a start")
        if self.kind == "bug" and not 2 <= len(self.slips) <= len(LETTERS):
            raise LessonError(f"{where}: it has {len(self.slips)} slips to plant, expected 2 to {len(LETTERS)}")

    @property
    def sheet(self) -> str:
        """The name of its sheet."""
        return self.block.partition(".")[0]

    @property
    def own(self) -> str:
        """The name of the block on its sheet."""
        return self.block.partition(".")[2]

    @property
    def bugs(self) -> tuple[str, ...]:
        """Of the kind "bug", what its slips are called."""
        return tuple(f"bug {letter}" for letter in LETTERS[: len(self.slips)])

    @staticmethod
    def named(block: str, bug: str) -> str:
        """The pattern of the verdict on the name of a bug in a block; the right one does not stand in it."""
        rest = ord(bug[-1]) * _FACTOR % _MODULUS
        right = f"MOD(CODE(UPPER(RIGHT({block}, 1)))*{_FACTOR}, {_MODULUS})={rest}"
        return answers.word(block, right)

    def verdict(self, *, many: bool, awaits: Iterable[tuple[str, str]] = ()) -> str:
        """The pattern of the verdict on the answer, or on a row of it.

        Args:
            many: whether the verdict is on several cells at once.
            awaits: the blocks of other answers that it can't be judged without, each with what its exercise is called.
        """
        told = []
        for slip in self.slips:
            if slip.undo:
                told.append((self._right(slip.undo, many=many), slip.says))
            elif slip.seen:
                left, _ = slip.seen.split(" = ")
                told.append((self._equal(slip.seen, left, "ANSWER", many=many), slip.says))
        return answers.verdict(self.own, self._right("ANSWER", many=many), told, awaits)

    def _right(self, answer: str, *, many: bool) -> str:
        """The condition that the answer, or an expression of it, is right."""
        if self.holds:
            return self._of(self.holds, answer)
        return self._equal(self.check, f"({self.unit})*ANSWER", answer, many=many)

    def _equal(self, relation: str, scale: str, answer: str, *, many: bool) -> str:
        """The condition that both sides are equal, within the tolerance of a size."""
        left, right = relation.split(" = ")
        off = self._of(f"(({left})-({right}))^2", answer)
        size = self._of(f"({scale})^2", answer)
        # An answer of nothing but zeros has no size; rounding leaves less than this.
        least = "1E-18"
        if many:
            off, size = f"SUMPRODUCT({off})", f"SUMPRODUCT({size})"
        return f"{off}<={self.tolerance**2!r}*{size}+{least}"

    def _of(self, pattern: str, answer: str) -> str:
        inner = ANSWER.sub(self.own, answer)
        return ANSWER.sub(inner if inner == self.own else f"({inner})", pattern)


@dataclass(frozen=True, kw_only=True)
class Exercises:
    """A lesson's exercises.

    Args:
        each: the exercises.
        draw: what chooses → a student's own data, of a few rows: sizes, values and facts as the lesson's `load` gives
            them; of sheets that no exercise needs nothing is used.
        given: `sheet.block` of formulas whose values `draw` gives: they are numbers here, and the sheets that they hang
            on are left out.
    """

    each: tuple[Exercise, ...]
    draw: Callable[[np.random.Generator], Data]
    given: str = ""

    def __post_init__(self) -> None:
        """Check that names are unique."""
        names = [exercise.name for exercise in self.each]
        for name in names:
            if names.count(name) > 1:
                raise LessonError(f"exercise {name}: declared twice")
