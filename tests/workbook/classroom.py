"""A course of a lesson's exercises, for tests."""

from functools import cache

from workbook import lessons
from workbook.grade.course import Course

SEED = 11
WITH_EXERCISES = [name for name in lessons.names() if lessons.exercises(name) is not None]


@cache
def course_of(name: str, *, exam: bool = False) -> Course:
    """The course of a lesson, made once; nobody changes it."""
    exercises = lessons.exercises(name)
    assert exercises is not None
    return Course(lessons.find(name), exercises, SEED, exam=exam)
