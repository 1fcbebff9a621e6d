"""Lessons with exercises, and their workbooks."""

from pathlib import Path

import pytest
from classroom import WITH_EXERCISES, course_of

from workbook.grade.course import Course
from workbook.grade.handout import hand_out
from workbook.grade.roster import Student


@pytest.fixture(scope="session", params=WITH_EXERCISES)
def course(request: pytest.FixtureRequest) -> Course:
    return course_of(request.param)


@pytest.fixture(scope="session")
def handed_out(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the student `ann`, the solved copy beside it."""
    folder = tmp_path_factory.mktemp("exercises")
    (path,) = hand_out(course, [Student("ann")], folder, solutions=True, progress=lambda *_: None)
    return path
