"""Marks → what a teacher works with: a table, JSON, and the files that hold another student's numbers."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbook.grade.course import Course, Numbers
from workbook.grade.files import Marked, course_of
from workbook.grade.marker import LOOK, Mark
from workbook.grade.roster import Student
from workbook.lesson.lesson import Array

_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r")
_FEWEST = 3
"""How many of another student's numbers make a copy: fewer may be chance."""


@dataclass(frozen=True)
class Class:
    """All files of a class.

    Args:
        files: what each is worth.
        roster: who is in the class; empty where nobody said.
    """

    files: tuple[Marked, ...]
    roster: tuple[Student, ...] = ()

    @cached_property
    def best(self) -> dict[tuple[str, str], Marked]:
        """Lesson and student → the file that counts: the one with the most points, of equal ones the first."""
        found: dict[tuple[str, str], Marked] = {}
        for marked in self.files:
            if marked.refused:
                continue
            key = (marked.lesson, marked.student)
            if key not in found or marked.points > found[key].points:
                found[key] = marked
        return found

    @cached_property
    def lessons(self) -> tuple[str, ...]:
        """The lessons that files are of."""
        return tuple(sorted({lesson for lesson, _ in self.best}))

    @cached_property
    def students(self) -> tuple[str, ...]:
        """Everybody: of the roster, in its order, then of other files."""
        known = [student.id for student in self.roster]
        return (*known, *sorted({student for _, student in self.best} - set(known)))

    @property
    def undecided(self) -> tuple[Marked, ...]:
        """The files that a person has to look at."""
        return tuple(m for m in self.files if m.refused or any(mark.verdict == LOOK for mark in m.exercises))

    def points(self, student: str) -> float:
        """What a student's files are worth together."""
        return round(sum(self.best[key].points for key in self.best if key[1] == student), 6)

    @cached_property
    def most(self) -> float:
        """The points that there are, over the lessons that files are of."""
        of = {lesson: marked.of for (lesson, _), marked in self.best.items()}
        return float(sum(of.values()))


def as_json(marked: Class) -> str:
    """`grade.json`: every file with every exercise."""
    files = [
        {
            "file": one.file,
            "student": one.student,
            "lesson": one.lesson,
            "points": one.points,
            "of": one.of,
            "exercises": [
                {"name": m.name, "points": m.points, "of": m.of, "verdict": m.verdict, "said": m.said}
                for m in one.exercises
            ],
            "notes": [*one.notes, *([one.refused] if one.refused else [])],
        }
        for one in marked.files
    ]
    return json.dumps({"files": files}, ensure_ascii=False, indent=1) + "\n"


def as_table(rows: Iterable[Sequence[object]]) -> str:
    r"""CSV in which no cell can be taken for a formula.

    >>> as_table([["=1+1", "-2", 0.5, "plain"]])
    "'=1+1,'-2,0.5,plain\n"
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[safe(cell) for cell in row] for row in rows])
    return stream.getvalue()


def safe(cell: object) -> str:
    """What a cell of a CSV file holds; a text that begins as a formula does gets an apostrophe before it."""
    if isinstance(cell, float):
        return f"{cell:.6g}"
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA_LIKE) else text


def marks_table(marked: Class) -> str:
    """`marks.csv`: a line a file, and a line for everybody of the roster who handed nothing in."""
    named = {student.id: student.name for student in marked.roster}
    columns = [f"{lesson} {m.name}" for lesson in marked.lessons for m in _exercises(marked, lesson)]
    rows: list[list[object]] = [
        ["student", "name", "file", "lesson", "points", "of", "counts", "look at this", "notes", *columns]
    ]
    for one in marked.files:
        by_name = {f"{one.lesson} {mark.name}": mark.points for mark in one.exercises}
        look = [f"{mark.name}: {mark.said}" for mark in one.exercises if mark.verdict == LOOK]
        look += [one.refused] if one.refused else []
        counts = not one.refused and marked.best[one.lesson, one.student] is one
        rows.append(
            [
                one.student,
                named.get(one.student, ""),
                one.file,
                one.lesson,
                one.points,
                one.of,
                "yes" if counts else "no",
                "; ".join(look),
                "; ".join(one.notes),
                *(by_name.get(column, "") for column in columns),
            ]
        )
    handed_in = {student for _, student in marked.best}
    rows += [
        [student.id, student.name, "", "", 0.0, marked.most, "no", "", "nothing was handed in", *[""] * len(columns)]
        for student in marked.roster
        if student.id not in handed_in
    ]
    return as_table(rows)


def _exercises(marked: Class, lesson: str) -> Sequence[Mark]:
    return next(one.exercises for (name, _), one in sorted(marked.best.items()) if name == lesson)


def copies_table(marked: Class) -> str:
    """`copies.csv`: files that are not, or not wholly, of the student who they say that they are."""
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
    students = marked.students
    numbers = _numbers()
    for one in marked.files:
        wrong = [(m.name, m.typed) for m in one.exercises if m.typed]
        if sum(len(typed) for _, typed in wrong) < _FEWEST:
            continue
        for other in students:
            if other == one.student:
                continue
            course, found = numbers(one.lesson, one.seed, other, one.attempt)
            blocks = {exercise.name: exercise for exercise in course.exercises.each}
            hits = sum(_hits(typed, found.values[blocks[name].block], blocks[name].tolerance) for name, typed in wrong)
            if hits >= _FEWEST and hits >= sum(len(typed) for _, typed in wrong) / 2:
                yield [one.file, one.student, other, f"{hits} numbers that are right for {other} were typed"]


def _hits(typed: Sequence[float], values: Array, tolerance: float) -> int:
    """How many of these numbers are among those values, small whole ones left out: they are anybody's."""
    known = np.array([value for value in values.ravel().tolist() if isinstance(value, float)])
    telling = [number for number in typed if number != round(number) or abs(number) > 100]
    return sum(bool(np.any(np.abs(known - number) <= tolerance * np.abs(known))) for number in telling)


def _numbers() -> Callable[[str, int, str, int], tuple[Course, Numbers]]:
    courses: dict[tuple[str, int], Course] = {}
    drawn: dict[tuple[str, int, str, int], Numbers] = {}

    def numbers(lesson: str, seed: int, student: str, attempt: int) -> tuple[Course, Numbers]:
        course = courses.setdefault((lesson, seed), course_of(lesson, seed))
        key = (lesson, seed, student, attempt)
        if key not in drawn:
            drawn[key] = course.numbers(student, attempt)
        return course, drawn[key]

    return numbers


@dataclass(frozen=True)
class Known:
    """What a class knows of one exercise.

    Args:
        lesson: of the exercise.
        name: of the exercise.
        right: how many have it wholly.
        partly: how many in part.
        tried: how many wrote something and won nothing.
        empty: how many wrote nothing.
        slips: what was said to how many.
    """

    lesson: str
    name: str
    right: int
    partly: int
    tried: int
    empty: int
    slips: tuple[tuple[str, int], ...]

    @property
    def suspicious(self) -> bool:
        """Whether all who tried it failed: then the check, and not the class, may be wrong."""
        return self.right + self.partly == 0 and self.tried > 1


def known(marked: Class) -> tuple[Known, ...]:
    """What the class knows, exercise by exercise; one that everybody fails stands first."""
    found: list[Known] = []
    for lesson in marked.lessons:
        files = [one for (name, _), one in sorted(marked.best.items()) if name == lesson]
        for number, first in enumerate(files[0].exercises):
            marks = [one.exercises[number] for one in files]
            said: dict[str, int] = {}
            for mark in marks:
                if mark.said:
                    said[mark.said] = said.get(mark.said, 0) + 1
            right = sum(mark.points >= mark.of for mark in marks)
            partly = sum(0 < mark.points < mark.of for mark in marks)
            empty = sum(mark.verdict in ("empty", "sheet missing") for mark in marks)
            slips = tuple(sorted(said.items(), key=lambda item: (-item[1], item[0])))
            found.append(Known(lesson, first.name, right, partly, len(marks) - right - partly - empty, empty, slips))
    return tuple(sorted(found, key=lambda one: not one.suspicious))
