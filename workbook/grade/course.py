"""A lesson's exercises with a student's own numbers: made from lesson, course seed and student alone, so made again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from workbook.errors import LessonError
from workbook.grade.model import Model, texts
from workbook.grade.sheets import BUG, SAYS, ExerciseSheets, exercise_sheets
from workbook.lesson.answers import RIGHT
from workbook.lesson.exercise import Exercise, Exercises
from workbook.lesson.lesson import Array, Data, Formula, Given, Lesson
from workbook.plan import derive, digests
from workbook.plan.layout import SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import STUDENT, Plan, arranged, inputs
from workbook.xlsx.read import CellError

MOST_DRAWS = 40
"""How often numbers are drawn for one student before the exercises, and not chance, are to blame."""
_PROBE = (0.7, -0.4, 0.9, 0.3, -0.6)
_DIGITS = 5
"""The significant digits of a typed answer that must be right."""


@dataclass(frozen=True)
class Numbers:
    """One student's numbers, and everything that depends on them.

    Args:
        student: whose they are.
        attempt: which draw they are.
        data: as the lesson's exercises drew them.
        planted: exercise of the kind "bug" → which of its slips stands there.
        values: `sheet.block` → values of the lesson's own sheets, every answer among them.
    """

    student: str
    attempt: int
    data: Data
    planted: Mapping[str, int]
    values: Mapping[str, Array]


class Course:
    """The exercises of one lesson, with one course seed.

    Args:
        lesson: whose exercises.
        exercises: the exercises.
        seed: of the course.
        exam: whether verdicts, hints and points are left out.
    """

    def __init__(self, lesson: Lesson, exercises: Exercises, seed: int, *, exam: bool = False) -> None:
        """Lay out the sheets, with the first numbers that come; their sizes are those of every student."""
        self.lesson, self.exercises, self.seed, self.exam = lesson, exercises, seed, exam
        self._data = exercises.draw(np.random.default_rng(0))
        self._attempts: dict[str, int] = {}

    @cached_property
    def layouts(self) -> tuple[SheetLayout, ...]:
        """The lesson's sheets that exercises need, with all their formulas."""
        return arranged(self._sheets({}).lesson, self._data.sizes, {}, self._where)

    @cached_property
    def places(self) -> dict[str, Place]:
        """`sheet.block` → where it stands on the lesson's sheets; on those handed out it may stand elsewhere."""
        return {place.name: place for layout in self.layouts for place in layout.places}

    @cached_property
    def handed_out(self) -> tuple[SheetLayout, ...]:
        """The sheets as they are handed out, without planted bugs of any student."""
        return self._handed_out({})

    @cached_property
    def _units(self) -> tuple[derive.Unit, ...]:
        return derive.units(self.layouts)

    @property
    def _where(self) -> str:
        return f"exercises of {self.lesson.name}"

    def _sheets(self, planted: Mapping[str, int], *, solved: bool = False) -> ExerciseSheets:
        firsts = {exercise.name: 0 for exercise in self.exercises.each if exercise.kind == "bug"}
        return exercise_sheets(
            self.lesson,
            self.exercises,
            self._data.sizes,
            self._data.facts,
            planted={**firsts, **planted},
            exam=self.exam,
            solved=solved,
        )

    def _handed_out(self, planted: Mapping[str, int], *, solved: bool = False) -> tuple[SheetLayout, ...]:
        return arranged(self._sheets(planted, solved=solved).handed_out, self._data.sizes, {}, self._where)

    @cached_property
    def digest(self) -> str:
        """What the exercises are, and where they stand: files of another version can't be held beside these."""
        text = f"{digests.of_definition(self.handed_out)} {self.exercises.each!r}"
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def frozen(self) -> frozenset[str]:
        """The blocks that are numbers where the lesson has formulas."""
        return self._sheets({}).frozen

    def numbers(self, student: str, attempt: int) -> Numbers:
        """A student's numbers, of one draw; nothing else than the arguments and the course seed decides them.

        Raises:
            LessonError: the numbers don't fit the lesson's sheets.
        """
        text = f"{self.lesson.name}\n{self.seed}\n{student}\n{attempt}"
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()))
        planted = {e.name: int(rng.integers(len(e.slips))) for e in self.exercises.each if e.kind == "bug"}
        data = self.exercises.draw(rng)
        if data.sizes != self._data.sizes:
            raise LessonError(f"{self._where}: two draws have different sizes")
        known = {name: value for name, value in data.values.items() if name in self.places}
        values = inputs(self.layouts, known)
        values |= derive.evaluate(self._units, self.places, values)
        return Numbers(student, attempt, data, planted, values)

    def givens(self, numbers: Numbers, layouts: Iterable[SheetLayout]) -> dict[str, Array]:
        """The values of all blocks of the sheets handed out that are no formulas: answers empty."""
        starts = {e.block: e.start for e in self.exercises.each if e.start is not None}
        found: dict[str, Array] = {}
        for place in (place for layout in layouts for place in layout.places):
            block, name = place.block, place.name
            if isinstance(block, Formula):
                continue
            if name in starts:
                found[name] = np.asarray(starts[name])
            elif isinstance(block, Given) and block.optional:
                found[name] = np.full(place.shape, np.nan)
            elif name in numbers.values:
                found[name] = numbers.values[name]
            elif block.axes:
                # A direction that a check looks along; any will do that is parallel to nothing.
                found[name] = np.resize(_PROBE, place.shape)
            else:
                assert isinstance(block, Given)
                found[name] = np.asarray(block.value)
        return found

    def bugs(self, numbers: Numbers) -> dict[str, Array]:
        """The blocks for the names of planted bugs → the right one."""
        return {
            e.block + BUG: np.array(e.bugs[numbers.planted[e.name]], dtype=object)
            for e in self.exercises.each
            if e.kind == "bug"
        }

    def plan(self, numbers: Numbers, *, solved: bool = False) -> Plan:
        """The workbook that a student is handed, or the teacher's with the answers in it.

        Args:
            numbers: the student's.
            solved: with the answers.
        """
        layouts = self._handed_out(numbers.planted, solved=solved)
        values = self.givens(numbers, layouts)
        if solved:
            values |= {e.block: numbers.values[e.block] for e in self.exercises.each if e.start is not None}
            values |= self.bugs(numbers)
        values |= self._computed(numbers, layouts, solved=solved)
        handed = {STUDENT: numbers.student, "draw": str(numbers.attempt), "exam": "yes" if self.exam else "no"}
        handed["exercises"] = self.digest
        if solved:
            handed["solved"] = "yes"
        return Plan(
            replace(self.lesson, title=f"{self.lesson.title}: exercises"),
            {},
            self.seed,
            self._data.sizes,
            numbers.data.facts,
            numbers.data.digest,
            layouts,
            values,
            # Nobody verifies it: what is locked is made again from the student's numbers.
            {},
            handed,
        )

    def _computed(self, numbers: Numbers, layouts: Iterable[SheetLayout], *, solved: bool) -> dict[str, Array]:
        """What a program computes while the answers are empty, or there."""
        trial = Trial(self, numbers)
        trial.answer() if solved else trial.leave_empty()
        trial.model.evaluate()
        return {
            place.name: trial.model.values(trial.places[place.name])
            for layout in layouts
            for place in layout.places
            if isinstance(place.block, Formula)
        }

    def proven(self, student: str) -> Numbers:
        """The first numbers of a student with which every right answer passes and every slip is told apart.

        Raises:
            LessonError: none of many draws is such; the message says what the last one failed in.
        """
        if student in self._attempts:
            return self.numbers(student, self._attempts[student])
        fault = ""
        for attempt in range(MOST_DRAWS):
            numbers = self.numbers(student, attempt)
            fault = Trial(self, numbers).fault()
            if not fault:
                self._attempts[student] = attempt
                return numbers
        raise LessonError(f"{self._where}, student {student}: {fault}, in each of {MOST_DRAWS} draws")

    @cached_property
    def proof_model(self) -> Model:
        """The sheets with verdicts, in memory, to try answers in."""
        layouts = self.with_verdicts.handed_out
        return Model.of(layouts, self.givens(self.numbers("", 0), layouts))

    @cached_property
    def with_verdicts(self) -> "Course":
        """The same exercises as they are handed out when it is no exam."""
        return Course(self.lesson, self.exercises, self.seed) if self.exam else self


class Trial:
    """A student's workbook in memory, in which answers are tried: the course's one model with that student's numbers.

    Args:
        course: the course.
        numbers: the student's.
    """

    def __init__(self, course: Course, numbers: Numbers) -> None:
        """Put the student's numbers in."""
        self._course, self._numbers = course, numbers
        shown = course.with_verdicts
        self.model = course.proof_model
        self.places = {place.name: place for layout in shown.handed_out for place in layout.places}
        self._steps = {layout.sheet.name: layout.step for layout in shown.handed_out}
        self._patterns = {
            e.block: block.pattern
            for e in course.exercises.each
            if isinstance(block := course.places[e.block].block, Formula)
        }
        for name, values in course.givens(numbers, shown.handed_out).items():
            self.model.put(self.places[name], values)
        for name, bug in course.bugs(numbers).items():
            place = self.places[name + SAYS]
            pattern = Exercise.named(self.places[name].block.name, bug.item())
            self.model.fill(place, texts(place, self.places, self._steps[place.sheet], pattern))

    def fault(self) -> str:
        """One sentence on the first thing that is wrong when answers are typed in; empty where everything is right."""
        return self._right() or self._accepted() or self._typed() or self._slips()

    def leave_empty(self) -> None:
        """Leave the answers as they are handed out: empty, or with the bug that is planted there."""
        empty = self._course.givens(self._numbers, self._course.handed_out)
        for exercise in self._course.exercises.each:
            if exercise.kind == "bug":
                self._fill(exercise, exercise.slips[self._numbers.planted[exercise.name]].pattern)
            else:
                self.model.put(self.places[exercise.block], empty[exercise.block])
        for name in self._course.bugs(self._numbers):
            self.model.put(self.places[name], empty[name])

    def answer(self) -> None:
        """Put the right answers in."""
        for exercise in self._course.exercises.each:
            if exercise.block in self._patterns:
                self._fill(exercise, self._patterns[exercise.block])
            else:
                self.model.put(self.places[exercise.block], self._numbers.values[exercise.block])
        for name, bug in self._course.bugs(self._numbers).items():
            self.model.put(self.places[name], bug)

    def _fill(self, exercise: Exercise, pattern: str) -> None:
        place = self.places[exercise.block]
        self.model.fill(place, texts(place, self.places, self._steps[place.sheet], pattern))

    def _says(self, exercise: Exercise, more: str = "") -> list[object]:
        found: list[object] = self.model.values(self.places[exercise.block + more + SAYS]).ravel().tolist()
        return found

    def _wrong(self, what: str) -> str:
        for exercise in self._course.exercises.each:
            said = self._says(exercise) + (self._says(exercise, BUG) if exercise.kind == "bug" else [])
            if wrong := [one for one in said if one != RIGHT]:
                return f"exercise {exercise.name}: {what} is said to be {wrong[0]!r}"
        return ""

    def _right(self) -> str:
        self.answer()
        self.model.evaluate()
        for exercise in self._course.exercises.each:
            if exercise.block in self._patterns:
                found = self.model.values(self.places[exercise.block])
                expected = self._numbers.values[exercise.block]
                if any(isinstance(value, CellError) for value in found.ravel().tolist()):
                    return f"exercise {exercise.name}: the right answer is an error"
                size = np.max(np.abs(np.nan_to_num(expected.astype(float))), initial=1e-12)
                off = np.abs(self.model.numbers(self.places[exercise.block]) - expected.astype(float))
                if np.nanmax(off, initial=0.0) > 1e-7 * size:
                    return f"exercise {exercise.name}: the right answer is not the reference's"
        return self._wrong("the right answer")

    def _accepted(self) -> str:
        for exercise in self._course.exercises.each:
            for pattern in exercise.accepted:
                self._fill(exercise, pattern)
                self.model.evaluate()
                if fault := self._wrong(f"the accepted form {pattern!r}"):
                    return fault
            if exercise.accepted:
                self._fill(exercise, self._patterns[exercise.block])
        return ""

    def _typed(self) -> str:
        """Whether numbers worked out elsewhere, rounded, are right as well."""
        for exercise in self._course.exercises.each:
            if exercise.block in self._patterns:
                expected = self._numbers.values[exercise.block].astype(float)
                spelled = [float(f"{value:.{_DIGITS}g}") for value in expected.ravel().tolist()]
                self.model.put(self.places[exercise.block], np.array(spelled))
        self.model.evaluate()
        fault = self._wrong("the right number, typed,")
        self.answer()
        return fault

    def _slips(self) -> str:
        for exercise in self._course.exercises.each:
            for slip in exercise.slips:
                self._fill(exercise, slip.pattern)
                self.model.evaluate()
                said = self._says(exercise)
                if set(said) == {RIGHT}:
                    return f"exercise {exercise.name}: the slip {slip.pattern!r} is right with these numbers"
                if (slip.undo or slip.seen) and not any(slip.says in str(one) for one in said):
                    wrong = next(one for one in said if one != RIGHT)
                    return f"exercise {exercise.name}: the slip {slip.pattern!r} is said to be {wrong!r}"
            if exercise.block in self._patterns:
                self._fill(exercise, self._patterns[exercise.block])
            else:
                self.model.put(self.places[exercise.block], self._numbers.values[exercise.block])
        return ""
