"""What is handed out: empty answers, verdicts that are right, and no answer anywhere in the file."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classroom import SEED, course_of
from sweep import LARGE

from workbook import lessons
from workbook.app.cli import main
from workbook.app.pages import file_page
from workbook.check.recalc.ironcalc import IronCalc
from workbook.errors import FileError, LessonError
from workbook.grade.course import Course
from workbook.grade.handout import hand_out
from workbook.grade.model import texts
from workbook.grade.roster import Student, file_parts, read_roster
from workbook.lesson.answers import RIGHT, TO_DO
from workbook.lesson.exercise import Exercises
from workbook.lesson.lesson import Formula
from workbook.page.strangers import Stranger, describe_file
from workbook.plan.layout import COLUMN_WIDTH
from workbook.xlsx.looks import read_looks
from workbook.xlsx.read import CellError, read_workbook
from workbook.xlsx.write import sheets


def verdicts(course: Course) -> list[tuple[str, int, int]]:
    """Where the verdicts stand: sheet, row, column."""
    found = []
    for layout in course.handed_out:
        for place in layout.places:
            if place.block.name.endswith("_says"):
                found += [(place.title, row, column) for row, column in place.cells()]
    return found


def test_answers_are_empty_and_every_verdict_says_to_do(course: Course, handed_out: Path) -> None:
    cells = {title: sheet.cells for title, sheet in read_workbook(handed_out).sheets.items()}
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    bugs = {e.block for e in course.exercises.each if e.kind in ("bug", "choose")}
    asked = [e.block for e in course.exercises.each if e.block not in bugs]
    assert asked
    for name in asked:
        for at in places[name].cells():
            found = cells[places[name].title].get(at)
            assert found is None or (found.value is None and found.formula is None), (name, at)
    said = {cells[title][row, column].value for title, row, column in verdicts(course)}
    assert TO_DO in said
    assert RIGHT not in said


def test_a_bug_that_changes_nothing_while_other_answers_are_missing_is_not_right_yet(tmp_path: Path) -> None:
    course = course_of("mnist_from_scratch")
    # No step at all: without gradients the right formula takes none either.
    student = next(one for one in map(Student, "abcdefghijkl") if course.numbers(one.id, 0).planted["M9"] == 2)
    (path,) = hand_out(course, [student], tmp_path, solutions=False, progress=lambda *_: None)
    cells = {title: sheet.cells for title, sheet in read_workbook(path).sheets.items()}
    (says,) = (p for layout in course.handed_out for p in layout.places if p.name == "logistic.new_bias_says")
    assert cells[says.title][says.origin].value == "to do: first M3"
    (won,) = (p for layout in course.handed_out for p in layout.places if p.name == "start.won")
    assert cells[won.title][won.origin].value == 0.0


@pytest.mark.sweep(*LARGE)
def test_the_saved_values_are_what_a_program_computes(course: Course, handed_out: Path) -> None:
    with IronCalc().open(handed_out) as session:
        found = session.values()
    for title, sheet in read_workbook(handed_out).sheets.items():
        for at, cell in sheet.cells.items():
            if cell.formula is None:
                continue
            shown = found[title].get(at, "")
            if isinstance(cell.value, CellError):
                # Which error it is depends on whether a value may spill.
                assert isinstance(shown, CellError), (title, at)
            elif isinstance(cell.value, float):
                assert shown == pytest.approx(cell.value, rel=1e-12, abs=1e-12), (title, at)
            else:
                assert shown == ("" if cell.value is None else cell.value), (title, at)


@pytest.mark.sweep(*LARGE)
def test_cells_that_wait_for_an_answer_show_no_error_and_answers_do(course: Course, handed_out: Path) -> None:
    _, each = read_looks(handed_out)
    looks = dict(each)
    stranger = Stranger.read(handed_out, read_workbook(handed_out))
    page = {sheet["title"]: sheet for sheet in describe_file(stranger, list(looks))["sheets"]}
    hushed = {
        (title, row, column)
        for title, sheet in looks.items()
        for rule in sheet.rules
        if rule.kind == "containsErrors" and rule.ink == rule.ground != ""
        for top, left, bottom, right in rule.ranges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    shown = {
        (title, row + 1, column + 1)
        for title, sheet in page.items()
        for rule in sheet.get("quiet", [])
        for top, left, bottom, right in rule["ranges"]
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    errors = {
        (title, *at)
        for title, sheet in read_workbook(handed_out).sheets.items()
        for at, cell in sheet.cells.items()
        if isinstance(cell.value, CellError)
    }
    asked = {e.block for e in course.exercises.each}
    places = [place for layout in course.handed_out for place in layout.places]
    answered = {(place.title, *at) for place in places if place.name in asked for at in place.cells()}
    assert errors - answered <= hushed
    assert not hushed & answered
    assert shown == hushed


def test_an_answer_has_the_colour_of_the_verdict_in_its_row(course: Course) -> None:
    for layout in course.handed_out:
        rules = {address: rule.formula[0] for address, rule in sheets.verdicts(layout) if "AND" not in rule.formula[0]}
        places = {place.name: place for place in layout.places}
        for exercise in course.exercises.each:
            if exercise.sheet != layout.sheet.name:
                continue
            answer, says = places[exercise.block], places[f"{exercise.block}_says"]
            column = says.address().rstrip("0123456789")
            for address in answer.ranges():
                row = re.findall(r"\d+", address)[0]
                assert rules[address] == f'LEFT(${column}{row},1)="✓"'
                assert int(row) in says.rows


def test_no_answer_stands_anywhere_in_the_file(course: Course, handed_out: Path) -> None:
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    steps = {layout.sheet.name: layout.step for layout in course.handed_out}
    with zipfile.ZipFile(handed_out) as archive:
        parts = {name: plain(archive.read(name).decode("utf-8", "replace")) for name in archive.namelist()}
    for exercise in course.exercises.each:
        block = course.places[exercise.block].block
        # A planted bug is the answer but for the slip in it.
        if not isinstance(block, Formula) or exercise.kind == "bug":
            continue
        place = places[exercise.block]
        for pattern in (block.pattern, *exercise.accepted):
            for text in texts(place, places, steps[place.sheet], pattern).values():
                found = [name for name, content in parts.items() if plain(text) in content]
                assert not found, (exercise.name, text, found)


def test_a_students_workbook_is_a_page_that_shows_what_the_file_shows(tmp_path: Path) -> None:
    (path,) = hand_out(course_of("attention"), [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    name, made = file_page(path, lambda *_: None)
    assert (name, made.failures) == ("attention-ann", ())
    assert "<html" in made.html


def test_no_heading_of_an_answer_is_its_formula(course: Course) -> None:
    titles = {e.name: e.title or course.places[e.block].block.title for e in course.exercises.each}
    assert {name: title for name, title in titles.items() if re.search("[=·−×÷/^]", title)} == {}


def plain(text: str) -> str:
    """A formula, or XML, without what spells it in another way."""
    return re.sub(r"[\s$]", "", text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def test_verdicts_run_on_over_empty_cells_and_leave_columns_as_they_are(course: Course) -> None:
    for layout in course.handed_out:
        filled = {at for place in layout.places for at in zip(place.rows.ravel(), place.columns.ravel(), strict=True)}
        for place in layout.places:
            if not place.block.name.endswith("_says"):
                continue
            column = place.origin[1]
            assert layout.widths.get(column, COLUMN_WIDTH) < 25, f"{layout.sheet.title}, {place.name}"
            for row in set(place.rows.ravel()):
                after = min((c for r, c in filled if r == row and c > column), default=column + 99)
                room = sum(layout.widths.get(c, COLUMN_WIDTH) + 0.7 for c in range(column, after))
                assert room > 44, f"{layout.sheet.title}, {place.name}: {room:.0f} digits"


@pytest.mark.sweep(*LARGE)
def test_a_student_has_the_same_numbers_again_and_another_has_others(
    course: Course, handed_out: Path, tmp_path: Path
) -> None:
    again = course_of(course.lesson.name)
    (path,) = hand_out(again, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    assert path.read_bytes() == handed_out.read_bytes()
    first, other = (course.numbers(name, 0).values for name in ("ann", "bob"))
    alike = [e.name for e in course.exercises.each if np.array_equal(first[e.block], other[e.block])]
    # Shapes are everybody's, and so may be small whole numbers, or one of two curves.
    assert len(alike) < len(course.exercises.each) / 2, alike


def test_an_exam_has_no_verdicts_and_no_hints(tmp_path: Path) -> None:
    (path,) = hand_out(
        course_of("cross_entropy", exam=True), [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None
    )
    with zipfile.ZipFile(path) as archive:
        content = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    assert "L1: shifted logits" in content
    assert RIGHT not in content
    assert "hint" not in content


def test_exercises_that_a_slip_passes_are_not_handed_out(tmp_path: Path) -> None:
    exercises = lessons.exercises("cross_entropy")
    assert exercises is not None
    first = exercises.each[0]
    loose = replace(first, check="0*ANSWER = 0", slips=(replace(first.slips[0], undo=""),))
    course = Course(lessons.find("cross_entropy"), Exercises(each=(loose,), draw=exercises.draw), SEED)
    with pytest.raises(LessonError, match=r"exercise L1: the slip 'logit/temperature' is right with these numbers"):
        hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_a_check_that_refuses_the_right_answer_is_told() -> None:
    exercises = lessons.exercises("cross_entropy")
    assert exercises is not None
    strict = replace(exercises.each[0], check="ANSWER*temperature = logit")
    course = Course(lessons.find("cross_entropy"), Exercises(each=(strict,), draw=exercises.draw), SEED)
    with pytest.raises(LessonError, match=r"exercise L1: the right answer is said to be 'not yet"):
        course.proven("ann")


def test_the_command_writes_a_workbook_for_each_student(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class.csv").write_text("name,id\nAnn,ann@uni.example\nBob,b 2\n", encoding="utf-8")
    argv = ["build", "cross_entropy", "--exercises", "--roster", str(tmp_path / "class.csv"), "--out", str(tmp_path)]
    assert main([*argv, "--seed", str(SEED), "--solutions"]) == 0
    assert sorted(path.name for path in (tmp_path / "exercises").iterdir()) == [
        "cross_entropy-ann@uni.example.solution.xlsx",
        "cross_entropy-ann@uni.example.xlsx",
        "cross_entropy-b_2-37ade192.solution.xlsx",
        "cross_entropy-b_2-37ade192.xlsx",
    ]
    assert "cross_entropy  10 exercises  2 workbooks" in capsys.readouterr().out
    assert (
        main(["verify", str(tmp_path / "exercises" / "cross_entropy-b_2-37ade192.xlsx"), "--engine", "ironcalc"]) == 1
    )
    assert "it is a workbook of exercises; 'gradbook grade' marks it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nAnn\n", "no column of 'name' says who a student is"),
        ("id;name\n1;Müller\n", "its text is not in UTF-8; save it as 'CSV UTF-8'"),
        ("id\nann\nann\n", "line 3: the student 'ann' stands there twice"),
        ("id\n", "it names no student"),
    ],
)
def test_a_roster_that_is_none_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "class.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(FileError, match=said):
        read_roster(path)


def test_students_whose_names_no_file_can_have_have_files_of_their_own() -> None:
    ids = [
        "Müller",
        "Möller",
        "Muller",
        "李娜",
        "王芳",
        "a b",
        "a_b",
        "a/b",
        "😀",
        "",
        "x" * 300,
        "x" * 301,
        "Ann",
        "ann",
    ]
    parts = list(file_parts(ids).values())
    assert len({part.lower() for part in parts}) == len(ids)
    assert all(part.isascii() and "/" not in part and len(part) < 100 for part in parts)
    assert (parts[2], parts[6]) == ("Muller", "a_b")


@pytest.mark.parametrize("apart", [";", "\t"])
def test_a_roster_apart_by_semicolons_or_tabs_is_read(tmp_path: Path, apart: str) -> None:
    path = tmp_path / "class.csv"
    path.write_text(f"Name{apart}SIS Login ID\nAnn, B.{apart}ann\n", encoding="utf-8-sig")
    assert read_roster(path) == (Student("ann", "Ann, B."),)
