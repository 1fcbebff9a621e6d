"""`copies.csv`: files that hold the numbers or the answers of another student than they say."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from workbook.grade.files import Marked, course_of
from workbook.grade.results import Class, as_table
from workbook.lesson.exercise import Exercise
from workbook.lesson.lesson import Array

_FEWEST = 3
"""How many of another student's numbers make a copy: fewer may be chance."""
_LARGEST_WHOLE = 100
"""Whole numbers up to this are anybody's."""


def copies_table(marked: Class) -> str:
    """The table: who handed in a file with whose numbers."""
    rows: list[list[object]] = [["file", "student", "as", "what"]]
    return as_table([*rows, *_twins(marked), *_strangers(marked), *_others_numbers(marked)])


def _twins(marked: Class) -> Iterable[list[object]]:
    """Files that hold one student's numbers."""
    holders: dict[tuple[str, str], list[Marked]] = {}
    for one in marked.files:
        if not one.refused:
            holders.setdefault((one.lesson, one.student), []).append(one)
    for files in holders.values():
        for one in files[1:]:
            alike = "the same file" if one.digest == files[0].digest else "a file with the same student's numbers"
            yield [one.file, one.student, files[0].file, alike]


def _strangers(marked: Class) -> Iterable[list[object]]:
    known = {student.id for student in marked.roster}
    for one in marked.files:
        if known and not one.refused and one.student not in known:
            yield [one.file, one.student, "", "its numbers are of nobody in the roster"]


def _others_numbers(marked: Class) -> Iterable[list[object]]:
    """Files in which numbers were typed that are right for another student."""
    attempts = {(one.lesson, one.seed, one.student): one.attempt for one in marked.files if not one.refused}
    order = {student: number for number, student in enumerate(marked.students)}

    @cache
    def answers(lesson: str, seed: int) -> _Answers:
        drawn = {student: attempts.get((lesson, seed, student), 0) for student in marked.students}
        return _Answers(lesson, seed, drawn)

    for one in marked.files:
        typed = {mark.name: _telling(mark.typed) for mark in one.exercises}
        count = sum(len(mark.typed) for mark in one.exercises)
        if sum(len(numbers) for numbers in typed.values()) < _FEWEST:
            continue
        hits = answers(one.lesson, one.seed).hits(typed)
        for other in sorted(hits.keys() - {one.student}, key=order.__getitem__):
            if hits[other] >= max(_FEWEST, count / 2):
                yield [one.file, one.student, other, f"{hits[other]} numbers that are right for {other} were typed"]


def _telling(typed: Iterable[float]) -> list[float]:
    return [number for number in typed if number != round(number) or abs(number) > _LARGEST_WHOLE]


class _Answers:
    """Everybody's right answers in order of size: whom a number is right for is found by bisection.

    Args:
        lesson: of the exercises.
        seed: of the course.
        drawn: student → which draw of their numbers they were handed.
    """

    def __init__(self, lesson: str, seed: int, drawn: Mapping[str, int]) -> None:
        """Draw everybody's numbers again."""
        course = course_of(lesson, seed)
        self._students = tuple(drawn)
        self._tolerances = {exercise.name: exercise.tolerance for exercise in course.exercises.each}
        found: dict[str, list[Array]] = {name: [] for name in self._tolerances}
        for student, attempt in drawn.items():
            values = course.numbers(student, attempt).values
            for exercise in course.exercises.each:
                found[exercise.name].append(_numbers(exercise, values))
        self._sorted = {name: _by_size(each) for name, each in found.items()}

    def hits(self, typed: Mapping[str, Sequence[float]]) -> Counter[str]:
        """Student → how many of these numbers, by exercise, are right for them."""
        found: Counter[str] = Counter()
        for name, numbers in typed.items():
            values, owners = self._sorted[name]
            tolerance = self._tolerances[name]
            for number in numbers:
                # A little wider than what is then looked at.
                reach = 2 * tolerance * abs(number)
                low, high = np.searchsorted(values, (number - reach, number + reach))
                near = np.abs(values[low:high] - number) <= tolerance * np.abs(values[low:high])
                found.update(self._students[owner] for owner in set(owners[low:high][near].tolist()))
        return found


def _numbers(exercise: Exercise, values: Mapping[str, Array]) -> Array:
    return np.array([value for value in values[exercise.block].ravel().tolist() if isinstance(value, float)])


def _by_size(each: Sequence[Array]) -> tuple[Array, Array]:
    """All values in order of size, and which array each comes from."""
    values = np.concatenate(each)
    owners = np.repeat(np.arange(len(each)), [len(one) for one in each])
    order = np.argsort(values)
    return values[order], owners[order]
