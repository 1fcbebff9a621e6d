"""A course of a lesson's exercises, for tests."""

from workbook import lessons
from workbook.grade.course import Course

SEED = 11
WITH_EXERCISES = [name for name in lessons.names() if lessons.exercises(name) is not None]


def course_of(name: str, *, exam: bool = False) -> Course:
    exercises = lessons.exercises(name)
    assert exercises is not None
    return Course(lessons.find(name), exercises, SEED, exam=exam)
