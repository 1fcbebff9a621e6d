"""How long marking takes: a file, a class, and a file in the naive way (read, recalculate whole, compare)."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from classroom import course_of
from submissions import answers, fill

from workbook.check.recalc.ironcalc import IronCalc
from workbook.grade.files import mark_file
from workbook.grade.grading import grade
from workbook.grade.handout import hand_out
from workbook.grade.roster import Student
from workbook.xlsx.read import read_workbook

LESSONS = ("cross_entropy", "optimizers", "collab_filter", "mnist_from_scratch")


def seconds(function: Callable[[], object], times: int = 5) -> float:
    """The least processor time of some calls."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        function()
        found.append(time.process_time() - begun)
    return min(found)


def naive(path: Path) -> None:
    read_workbook(path)
    with IronCalc().open(path) as session:
        session.values()


@pytest.mark.parametrize("lesson", LESSONS)
def test_marking_a_file(lesson: str, tmp_path: Path) -> None:
    course = course_of(lesson)
    (path,) = hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    filled = fill(path, tmp_path / "ann.xlsx", answers(course))
    found = mark_file(filled, "ann", "half")
    assert found.points == found.of
    marking = seconds(lambda: mark_file(filled, "ann", "half"))
    print(f"\n{lesson}: {1000 * marking:.1f} ms of CPU a file; naive {1000 * seconds(lambda: naive(filled)):.1f} ms")


def test_marking_a_class_of_200(tmp_path: Path) -> None:
    course = course_of("cross_entropy")
    (path,) = hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    content = fill(path, tmp_path / "ann.xlsx", answers(course)).read_bytes()
    (tmp_path / "in").mkdir()
    for number in range(200):
        (tmp_path / "in" / f"{number:03d}.xlsx").write_bytes(content)
    for jobs in (1, 2):
        begun = time.monotonic()
        graded = grade([tmp_path / "in"], tmp_path / f"out{jobs}", jobs=jobs, progress=lambda *_: None)
        assert len(graded.marked.files) == 200
        print(f"\n200 files, {jobs} at once: {time.monotonic() - begun:.1f} s by the clock")
