"""What students hand in, made with openpyxl: a handed-out workbook with cells filled."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl

from workbook.formula.address import cell_address
from workbook.grade.course import Course
from workbook.grade.model import texts
from workbook.lesson.lesson import Formula


def attempt(course: Course, student: str) -> int:
    """Which draw of numbers a student has."""
    return course.proven(student).attempt


Filled = Mapping[str, Mapping[str, Any]]
"""Sheet title → address → what is typed there; a formula begins with =."""


def answers(course: Course, student: str = "ann", **patterns: str | None) -> dict[str, dict[str, Any]]:
    """The right answers, or other patterns of some exercises; None leaves one empty."""
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    steps = {layout.sheet.name: layout.step for layout in course.handed_out}
    drawn = course.numbers(student, attempt(course, student))
    values = drawn.values
    found: dict[str, dict[str, Any]] = {}
    for name, bug in course.bugs(drawn).items():
        found.setdefault(places[name].title, {})[places[name].address()] = bug.item()
    for exercise in course.exercises.each:
        place, block = places[exercise.block], course.places[exercise.block].block
        cells = found.setdefault(place.title, {})
        if not isinstance(block, Formula):
            cells[place.address()] = patterns.get(exercise.name, values[exercise.block].item())
            continue
        pattern = patterns.get(exercise.name, block.pattern)
        if pattern is not None:
            formulas = texts(place, places, steps[place.sheet], pattern)
            cells |= {cell_address(*at): f"={text}" for at, text in formulas.items()}
    return found


def numbers(
    course: Course, student: str = "ann", spelled: Callable[[float], Any] = lambda value: value
) -> dict[str, dict[str, Any]]:
    """The right numbers of a student, typed."""
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    values = course.numbers(student, attempt(course, student)).values
    found: dict[str, dict[str, Any]] = {}
    for exercise in course.exercises.each:
        place = places[exercise.block]
        for (row, column), value in zip(place.cells(), values[exercise.block].ravel().tolist(), strict=True):
            found.setdefault(place.title, {})[cell_address(row, column)] = spelled(value)
    return found


@lru_cache(maxsize=8)
def _opened(path: Path, written_at: int) -> openpyxl.Workbook:
    """The workbook as openpyxl has it, which takes longer to read it than to write it."""
    return openpyxl.load_workbook(path)


def fill(path: Path, target: Path, filled: Filled) -> Path:
    """A copy of the workbook with cells filled, saved by openpyxl: without any saved value."""
    book = _opened(path, path.stat().st_mtime_ns)
    cells = {book[title][address]: value for title, found in filled.items() for address, value in found.items()}
    before = [(cell, cell.value) for cell in cells]
    try:
        for cell, value in cells.items():
            cell.value = value
        book.save(target)
    finally:
        for cell, value in before:
            cell.value = value
    return target
