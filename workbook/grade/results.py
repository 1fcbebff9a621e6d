"""Marks → what a teacher works with: a table, JSON, and what the class knows."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from workbook.grade.files import Marked
from workbook.grade.roster import Student
from workbook.grade.verdicts import Mark, Verdict

_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r")


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
        return tuple(m for m in self.files if m.refused or any(mark.verdict == Verdict.LOOK for mark in m.exercises))

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
    files = ",\n".join(_file_json(one) for one in marked.files)
    return f'{{\n "files": [\n{files}\n ]\n}}\n' if files else '{\n "files": []\n}\n'


def _file_json(one: Marked) -> str:
    """One file, as `json` would write it, in a seventh of the time: of many marks there are few kinds."""
    told = {"file": one.file, "student": one.student, "lesson": one.lesson, "points": one.points, "of": one.of}
    notes = [*one.notes, *([one.refused] if one.refused else [])]
    head = _indented(told, 2).removesuffix("\n  }")
    exercises = ",\n".join(_mark_json(mark) for mark in one.exercises)
    exercises = f"[\n{exercises}\n   ]" if exercises else "[]"
    return f'{head},\n   "exercises": {exercises},\n   "notes": {_indented(notes, 3).lstrip()}\n  }}'


@lru_cache(4096)
def _mark_json(mark: Mark) -> str:
    told = {"name": mark.name, "points": mark.points, "of": mark.of, "verdict": mark.verdict, "said": mark.said}
    return _indented(told, 4)


def _indented(value: object, spaces: int) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return " " * spaces + text.replace("\n", "\n" + " " * spaces)


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
    """`marks.csv`: a line a file, and a line for everybody on the roster who handed in nothing."""
    named = {student.id: student.name for student in marked.roster}
    columns = [f"{lesson} {m.name}" for lesson in marked.lessons for m in _exercises(marked, lesson)]
    rows: list[list[object]] = [
        ["student", "name", "file", "lesson", "points", "of", "counts", "look at this", "notes", *columns]
    ]
    for one in marked.files:
        by_name = {f"{one.lesson} {mark.name}": mark.points for mark in one.exercises}
        look = [f"{mark.name}: {mark.said}" for mark in one.exercises if mark.verdict == Verdict.LOOK]
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
