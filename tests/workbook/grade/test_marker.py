"""Every exercise of every lesson: right in every accepted form, each slip named, and nothing else costs a point."""

from pathlib import Path
from typing import Any

import pytest
from submissions import answers, attempt
from sweep import LARGE

from workbook.formula.address import cell_address, cell_position
from workbook.grade.bench import Bench
from workbook.grade.course import Course
from workbook.grade.marker import mark
from workbook.grade.sheets import BUG
from workbook.lesson.lesson import Formula
from workbook.xlsx.read import Book, Cell, SheetCells, read_workbook


def filled(book: Book, cells: dict[str, dict[str, Any]]) -> Book:
    """The book with answers in it, as a reader would have read it."""
    sheets = dict(book.sheets)
    for title, found in cells.items():
        typed = {cell_position(address): _typed(value) for address, value in found.items()}
        sheets[title] = SheetCells(title, "visible", {**sheets[title].cells, **typed})
    return Book(sheets, book.names)


def _typed(value: Any) -> Cell:
    if isinstance(value, str):
        return Cell(None, value[1:]) if value.startswith("=") else Cell(value)
    return Cell(float(value))


pytestmark = pytest.mark.sweep(*LARGE)


@pytest.fixture(scope="module")
def bench(course: Course) -> Bench:
    return Bench(course)


def test_every_draw_decides_every_cell(bench: Bench) -> None:
    for exercise in bench.exercises:
        if exercise.kind == "choose":
            continue
        for i in range(bench.places[exercise.block].count):
            decided = [draw.ours[exercise.block][i] for draw in bench.draws]
            assert sum(isinstance(value, float | str) for value in decided) == len(bench.draws), (exercise.name, i)


def test_right_answers_in_every_accepted_form_have_all_points_and_slips_are_named(
    bench: Bench, course: Course, handed_out: Path
) -> None:
    book = read_workbook(handed_out)
    tried = [("", "")]
    for exercise in bench.exercises:
        tried += [(exercise.name, pattern) for pattern in exercise.accepted]
    for name, pattern in tried:
        marks, notes = mark(
            bench, filled(book, answers(course, **({name: pattern} if name else {}))), "ann", attempt(course, "ann")
        )
        assert [(one.name, one.said) for one in marks if one.verdict != "right"] == [], (name, pattern)
        assert notes == ()
    for exercise in bench.exercises:
        for slip in exercise.slips:
            marks, _ = mark(
                bench, filled(book, answers(course, **{exercise.name: slip.pattern})), "ann", attempt(course, "ann")
            )
            planted = exercise.kind == "bug" and "the bug is still there"
            said = [(one.name, one.points, one.said) for one in marks if one.verdict != "right"]
            # A bug that is named, though not mended, is half the points.
            points = exercise.points / 2 if exercise.kind == "bug" else 0.0
            expected = [(exercise.name, points, words) for words in (slip.says, planted) if words]
            assert len(said) == 1, (exercise.name, slip.pattern, said)
            assert said[0] in expected, (exercise.name, slip.pattern, said)


def test_a_planted_bug_that_was_left_wins_nothing(bench: Bench, course: Course, handed_out: Path) -> None:
    bugs = [exercise.name for exercise in bench.exercises if exercise.kind == "bug"]
    marks, _ = mark(bench, read_workbook(handed_out), "ann", attempt(course, "ann"))
    assert {one.name: one.said for one in marks if one.name in bugs} == dict.fromkeys(bugs, "the bug is still there")
    assert sum(one.points for one in marks) == 0


def test_a_bug_that_is_mended_and_not_named_rightly_is_worth_half(
    bench: Bench, course: Course, handed_out: Path
) -> None:
    book, number = read_workbook(handed_out), attempt(course, "ann")
    planted = course.numbers("ann", number).planted
    for bug in (exercise for exercise in bench.exercises if exercise.kind == "bug"):
        place = bench.places[bug.block + BUG]
        name = bug.bugs[planted[bug.name]]
        another = f"mended, but the bug was another one: {bug.slips[planted[bug.name]].says}"
        typed: list[tuple[Any, float, str]] = [
            (bug.bugs[planted[bug.name] - 1], 0.5, another),
            ("no bug", 0.5, another),
            (" ", 0.5, "mended, and not named"),
            (7, 0.5, "mended, and not named"),
            ("=B1", 0.5, "the bug is named by a formula"),
            (f" {name.upper()}", 1.0, ""),
            (name[-1].lower(), 1.0, ""),
        ]
        for value, share, said in typed:
            cells = answers(course)
            cells[place.title][place.address()] = value
            marks, _ = mark(bench, filled(book, cells), "ann", number)
            found = next(one for one in marks if one.name == bug.name)
            assert (found.points, found.said) == (share * bug.points, said), value


def test_an_answer_typed_from_the_reference_is_right_or_typed(bench: Bench, course: Course, handed_out: Path) -> None:
    values = course.numbers("ann", attempt(course, "ann")).values
    cells: dict[str, dict[str, Any]] = {}
    for exercise in bench.exercises:
        place = bench.places[exercise.block]
        for index, value in zip(place.cells(), values[exercise.block].ravel().tolist(), strict=True):
            if not isinstance(value, str):
                cells.setdefault(place.title, {})[cell_address(*index)] = value
    marks, _ = mark(bench, filled(read_workbook(handed_out), cells), "ann", attempt(course, "ann"), typed="full")
    formulas = {e.name for e in bench.exercises if isinstance(course.places[e.block].block, Formula)}
    bugs = [(e.name, "mended, and not named") for e in bench.exercises if e.kind == "bug"]
    assert [(one.name, one.said) for one in marks if one.verdict != "right" and one.name in formulas] == bugs
