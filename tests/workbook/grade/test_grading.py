"""Submissions made by programs that are not ours, and the marks that each is to have, written down by hand."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ironcalc
import openpyxl
import pytest
from classroom import course_of
from processes import used_s
from submissions import answers, attempt, fill, numbers
from sweep import SWEEP

from workbook.app.cli import main
from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.errors import FileError
from workbook.grade import run
from workbook.grade.copies import copies_table
from workbook.grade.course import Course
from workbook.grade.files import Marked, Submission, collect, mark_file
from workbook.grade.handout import hand_out
from workbook.grade.results import Class, known
from workbook.grade.roster import Student
from workbook.grade.verdicts import Mark
from workbook.xlsx.files import scratch

MOST = 12.0
"""The points of cross_entropy: ten exercises, two of them worth 2."""


@pytest.fixture(scope="module")
def course() -> Course:
    return course_of("cross_entropy")


@pytest.fixture(scope="module")
def blank(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The workbooks of ann and of bob as they were handed out."""
    folder = tmp_path_factory.mktemp("blank")
    students = [Student("ann"), Student("bob")]
    paths = hand_out(course, students, folder, solutions=False, progress=lambda *_: None)
    return {student.id: path for student, path in zip(students, paths, strict=True)}


@pytest.fixture(scope="module")
def right(course: Course, blank: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(blank["ann"], tmp_path_factory.mktemp("right") / "right.xlsx", answers(course))


def marked(path: Path) -> Marked:
    return mark_file(path, path.name, "half")


def told(found: Marked) -> dict[str, tuple[float, str, str]]:
    """What is not right: exercise → points, verdict, what is said."""
    return {m.name: (m.points, m.verdict, m.said) for m in found.exercises if m.verdict != "right"}


def test_right_answers_have_all_points(right: Path) -> None:
    found = marked(right)
    assert (found.points, found.of, found.student, found.notes) == (MOST, MOST, "ann", ())


L9 = "L9"
"""Of the kind predict: typed, it is right."""


@pytest.mark.parametrize(
    ("spelled", "points", "said"),
    [
        (lambda value: value, 6.5, "the right number, typed: a formula was asked for"),
        (lambda value: float(f"{value:.4g}"), 6.5, "the right number, typed: a formula was asked for"),
        (
            lambda value: f"{value:.6f}".replace(".", ","),
            6.5,
            "the right number, typed, as a text: a formula was asked for",
        ),
        (lambda value: f"={value!r}+0", 6.5, "the right number, typed, inside a formula: a formula was asked for"),
        (lambda value: value + 1.0, 0.0, "another number is right here"),
        (lambda value: "about 1", 0.0, "a text, not a number"),
    ],
    ids=["all digits", "four digits", "decimal comma", "in a formula", "wrong", "words"],
)
def test_typed_numbers_are_worth_half_where_a_formula_was_asked_for(
    course: Course, blank: dict[str, Path], tmp_path: Path, spelled: Callable[[float], Any], points: float, said: str
) -> None:
    found = marked(fill(blank["ann"], tmp_path / "x.xlsx", numbers(course, spelled=spelled)))
    assert found.points == points
    assert {words for _, _, words in told(found).values()} == {said}
    assert (L9 in told(found)) == (points == 0.0)


def test_typed_numbers_may_be_worth_all_or_nothing(course: Course, blank: dict[str, Path], tmp_path: Path) -> None:
    path = fill(blank["ann"], tmp_path / "x.xlsx", numbers(course))
    assert mark_file(path, "x", "full").points == MOST
    assert mark_file(path, "x", "none").points == 1.0


def first_rows(course: Course) -> dict[str, dict[str, Any]]:
    """The right answers, of each table the first row only."""
    found = answers(course)
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    for exercise in course.exercises.each:
        place = places[exercise.block]
        for index in [(row, column) for row, column in place.cells() if row != place.origin[0]]:
            del found[place.title][openpyxl.utils.cell.get_column_letter(index[1]) + str(index[0])]
    return found


# L1, L2: 1 of 3 rows; L3 (2 points), L4: 1 of 5; L5, L6 (2), L8: 1 of 6; L7, L9, L10: one cell each.
FIRST_ROWS = 1 / 3 + 1 / 3 + 2 / 5 + 1 / 5 + 1 / 6 + 2 / 6 + 1 / 6 + 3


def test_a_table_of_which_one_row_is_filled_has_that_rows_share(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    found = marked(fill(blank["ann"], tmp_path / "x.xlsx", first_rows(course)))
    assert found.points == pytest.approx(FIRST_ROWS, abs=1e-5)


def test_nothing_filled_is_nothing_won_and_nothing_said(blank: dict[str, Path]) -> None:
    found = marked(blank["ann"])
    assert {verdict for _, verdict, _ in told(found).values()} == {"empty"}
    assert (found.points, found.notes) == (0.0, ())


def cell(course: Course, name: str) -> tuple[str, str]:
    """Sheet and first cell of an exercise."""
    exercise = next(e for e in course.exercises.each if e.name == name)
    place = next(p for layout in course.handed_out for p in layout.places if p.name == exercise.block)
    return place.title, place.address()


def place_of(course: Course, name: str) -> str:
    """The address of a block's first cell."""
    return next(p for layout in course.handed_out for p in layout.places if p.name == name).address()


ODD = [
    # L7 is one cell and one point; so what is said about it alone decides.
    ('=WEBSERVICE("http://127.0.0.1/")', "look at this", "WEBSERVICE reaches outside the workbook"),
    ("=RAND()", "look at this", "RAND changes by itself, or leads anywhere"),
    ('=INDIRECT("B4")', "look at this", "INDIRECT changes by itself, or leads anywhere"),
    ("=cmd|'/C calc'!A0", "look at this", "a formula that is not understood"),
    ('=DDE("soffice","a.ods","A1")', "look at this", "DDE reaches outside the workbook"),
    ("={L7}+1", "look at this", "it refers to its own cell: a circle"),
    ("=[1]Other!A1", "look at this", "it refers to another workbook"),
    ("=" + "(" * 3000 + "1" + ")" * 3000, "look at this", "a formula of 6001 characters"),
    ("=" + "(" * 300 + "1" + ")" * 300, "look at this", "a formula that is not understood"),
    ("=NOSUCH(1)", "look at this", "it gives #NAME? where it was tried"),
    ("=1/0", "wrong", "it gives #DIV/0!"),
    ("=SUM(D:D)", "wrong", "it is another number"),
    ("=3*SUM({sample_loss})/SUM({sample_weight})", "wrong", "it is 3 times what it should be"),
]


@pytest.mark.parametrize(("typed", "verdict", "said"), ODD, ids=[row[0][:24] for row in ODD])
def test_a_formula_that_is_odd_is_told_and_costs_its_own_points_only(
    course: Course, blank: dict[str, Path], tmp_path: Path, typed: str, verdict: str, said: str
) -> None:
    title, address = cell(course, "L7")
    filled = answers(course)
    places = {p.block.name: p for layout in course.handed_out for p in layout.places if p.sheet == "cross_entropy"}
    ranges = {name: places[name].ranges()[0] for name in ("sample_loss", "sample_weight")}
    filled[title][address] = typed.replace("{L7}", address) if "{L7}" in typed else typed.format(**ranges)
    found = marked(fill(blank["ann"], tmp_path / "x.xlsx", filled))
    (points, *words) = told(found)["L7"]
    assert points == 0.0
    assert words[0] == verdict
    assert words[1].startswith(said)
    assert found.points == MOST - 1


def test_a_number_built_into_a_formula_is_right_here_only(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    temperature = course.numbers("ann", attempt(course, "ann")).values["softmax.temperature"].item()
    pattern = f"(logit-largest)/{temperature!r}"
    found = marked(fill(blank["ann"], tmp_path / "x.xlsx", answers(course, L1=pattern)))
    (points, verdict, said) = told(found)["L1"]
    # Of 15 cells one or two are 0 whatever the temperature is.
    assert 0.5 <= points < 0.6
    assert verdict == "wrong"
    assert said == "right for your numbers only: a number is built in that should be a cell"


def test_an_answer_may_hang_on_cells_of_the_learners_own(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    filled = answers(course)
    title, address = cell(course, "L7")
    places = {p.block.name: p for layout in course.handed_out for p in layout.places if p.sheet == "cross_entropy"}
    filled[title] |= {
        "Z5": f"=SUM({places['sample_loss'].ranges()[0]})",
        "Z6": "=Z5/Z7",
        "Z7": f"=SUM({places['sample_weight'].ranges()[0]})",
        address: "=Z6",
    }
    assert told(marked(fill(blank["ann"], tmp_path / "x.xlsx", filled))) == {}


def test_a_formula_that_another_file_had_is_worth_what_it_is_worth_in_this_one(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    filled = answers(course)
    title, address = cell(course, "L7")
    right = filled[title][address]
    worth = []
    # The same formula depends on a cell that one file fills rightly, one wrongly and one not at all.
    for own in (right, "=1+1", None, right):
        filled[title] |= {"Z6": own, address: "=Z6"}
        worth.append(told(marked(fill(blank["ann"], tmp_path / "x.xlsx", filled))).get("L7", "right"))
    assert worth[0] == worth[3] == "right"
    assert [found[1] for found in worth[1:3]] == ["wrong", "wrong"]


def test_a_formula_that_runs_on_into_other_answers_is_told_whatever_was_marked_before(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    filled = answers(course)
    title, address = cell(course, "L3")
    # The answers under it are those of files before.
    assert told(marked(fill(blank["ann"], tmp_path / "right.xlsx", filled))) == {}
    row = int(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    filled[title][address] = f"=-B{row}:B{row + 1}*LN(C{row}:C{row + 1})"
    (_, verdict, said) = told(marked(fill(blank["ann"], tmp_path / "x.xlsx", filled)))["L3"]
    assert (verdict, said) == ("look at this", "it gives #SPILL! where it was tried")


def test_verdicts_written_over_win_nothing(course: Course, blank: dict[str, Path], tmp_path: Path) -> None:
    filled: dict[str, dict[str, Any]] = {}
    for layout in course.handed_out:
        for place in layout.places:
            if place.block.name.endswith(("_says", "_points")):
                for row, column in place.cells():
                    address = openpyxl.utils.cell.get_column_letter(column) + str(row)
                    filled.setdefault(place.title, {})[address] = "✓ right" if place.block.name.endswith("_says") else 2
    assert marked(fill(blank["ann"], tmp_path / "x.xlsx", filled)).points == 0.0


def test_an_exam_is_marked_as_exercises_are(tmp_path: Path) -> None:
    exam = course_of("cross_entropy", exam=True)
    (path,) = hand_out(exam, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    found = marked(fill(path, tmp_path / "x.xlsx", answers(exam, L6="softmax*target_mass-weighted_target", L7=None)))
    assert (found.points, {name: verdict for name, (_, verdict, _) in told(found).items()}) == (
        MOST - 3,
        {"L6": "slip", "L7": "empty"},
    )


def test_a_solved_copy_and_a_lessons_workbook_are_no_submissions(course: Course, tmp_path: Path) -> None:
    hand_out(course, [Student("ann")], tmp_path, solutions=True, progress=lambda *_: None)
    assert marked(tmp_path / "cross_entropy-ann.solution.xlsx").refused == "it is a solved copy, for the teacher"
    assert main(["build", "cross_entropy", "--no-verify", "--out", str(tmp_path)]) == 0
    assert "not one of exercises" in marked(tmp_path / "cross_entropy.xlsx").refused


# ---- saved by other programs, and moved about


def by_ironcalc(source: Path, target: Path, change: Callable[[Any, int], None]) -> Path:
    """The workbook changed and saved by ironcalc."""
    model = ironcalc.load_from_xlsx(str(source), "en", "UTC", "en")
    titles = [sheet["name"] for sheet in model.get_worksheets_properties()]
    change(model, titles.index("Softmax"))
    model.evaluate()
    model.save_to_xlsx(str(target))
    return target


SHIFTED = "on Softmax rows or columns were moved"
MOVED: dict[str, tuple[Callable[[Any, int], None], str]] = {
    "saved": (lambda model, sheet: None, ""),
    "renamed": (lambda model, sheet: model.rename_sheet(sheet, "Mine"), "the sheet Softmax is called Mine"),
    "row inserted above": (lambda model, sheet: model.insert_rows(sheet, 4, 1), SHIFTED),
    "columns inserted": (lambda model, sheet: model.insert_columns(sheet, 2, 2), SHIFTED),
    "row inserted in the table": (lambda model, sheet: model.insert_rows(sheet, 34, 1), SHIFTED),
}


@pytest.mark.parametrize("how", MOVED)
def test_a_workbook_that_another_program_moved_about_keeps_its_points(right: Path, tmp_path: Path, how: str) -> None:
    change, note = MOVED[how]
    loadable = relative_comments(right, tmp_path / "in.xlsx")
    found = marked(by_ironcalc(loadable, tmp_path / "out.xlsx", change))
    assert told(found) == {}
    assert found.points == MOST
    assert " ".join(found.notes) == note


def relative_comments(path: Path, target: Path) -> Path:
    """A copy that ironcalc can open: it finds comments by relative links only."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for part in archive.namelist():
            content = archive.read(part)
            if part.startswith("xl/worksheets/_rels/"):
                content = content.replace(b'Target="/xl/comments/', b'Target="../comments/')
            copy.writestr(part, content)
    return target


def test_a_workbook_that_libreoffice_saved_keeps_its_points_and_verdicts_say_there_what_they_say_in_ironcalc(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    slips = {exercise.name: exercise.slips[0].pattern for exercise in course.exercises.each}
    source = fill(blank["ann"], tmp_path / "slips.xlsx", answers(course, **slips))
    command = [str(office.program), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = marked(tmp_path / "saved" / "slips.xlsx")
    assert told(found) == {e.name: (0.0, "slip", e.slips[0].says) for e in course.exercises.each}
    said = []
    for engine in (IronCalc(), office):
        with engine.open(source) as session:
            values = session.values()
        said.append({(title, *at): words for title in values for at, words in values[title].items() if is_said(words)})
    assert said[0] == said[1]
    assert {f"not yet: {e.slips[0].says}" for e in course.exercises.each if e.slips[0].undo or e.slips[0].seen} <= set(
        said[0].values()
    )


def is_said(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("not yet", "to do", "✓", "an error", "a text"))


def test_a_sheet_that_was_deleted_costs_its_exercises(right: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(right)
    del book["Metrics"]
    book.save(tmp_path / "x.xlsx")
    found = marked(tmp_path / "x.xlsx")
    assert told(found) == {"L10": (0.0, "sheet missing", "the sheet is not in the file")}
    assert found.notes == ("there is no sheet Metrics",)


def test_a_workbook_pasted_as_values_has_the_worth_of_typed_numbers(
    course: Course, blank: dict[str, Path], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(fill(blank["ann"], tmp_path / "x.xlsx", numbers(course)))
    for sheet in book:
        for row in sheet.iter_rows():
            for one in row:
                if isinstance(one.value, str) and one.value.startswith("="):
                    one.value = None
    book.save(tmp_path / "x.xlsx")
    assert marked(tmp_path / "x.xlsx").points == 6.5


def test_another_programs_number_formats_and_dates_do_not_matter(right: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(right)
    for sheet in book:
        sheet.conditional_formatting = openpyxl.formatting.formatting.ConditionalFormattingList()
        sheet.sheet_state = "visible"
    book.save(tmp_path / "x.xlsx")
    assert marked(tmp_path / "x.xlsx").points == MOST


BROKEN: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "cut in half": (
        lambda source, target: target.write_bytes(source.read_bytes()[: source.stat().st_size // 2]),
        "zip",
    ),
    "a CSV": (lambda source, target: target.write_text("x,y\n1,2\n"), "zip"),
    "no manifest": (lambda source, target: without_manifest(source, target), "no gradbook manifest"),
    "edited manifest": (lambda source, target: with_manifest(source, target, "student", "bob"), "was edited"),
    "empty": (lambda source, target: target.write_bytes(b""), ""),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_can_not_be_marked_says_why(right: Path, tmp_path: Path, how: str) -> None:
    break_, said = BROKEN[how]
    break_(right, tmp_path / "x.xlsx")
    found = marked(tmp_path / "x.xlsx")
    assert found.refused
    assert said in found.refused
    assert str(tmp_path) not in found.refused
    assert found.points == 0.0


def without_manifest(source: Path, target: Path) -> None:
    book = openpyxl.load_workbook(source)
    del book["manifest"]
    book.save(target)


def with_manifest(source: Path, target: Path, key: str, value: str) -> None:
    book = openpyxl.load_workbook(source)
    for row in book["manifest"].iter_rows():
        if row[0].value == key:
            row[1].value = value
    book.save(target)


# ---- a class


def test_a_class_is_graded_from_an_archive(
    course: Course, blank: dict[str, Path], right: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(blank["bob"], tmp_path / "bob.xlsx", answers(course, "bob", L3="-is_cat*LN(p_cat)"))
    fill(blank["bob"], tmp_path / "typed.xlsx", numbers(course, "ann"))
    (tmp_path / "broken.xlsx").write_text("nothing")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name, path in {
            "a/Ann_11_assignsubmission_file_/right.xlsx": right,
            "b/bob.xlsx": tmp_path / "bob.xlsx",
            "b/again.xlsx": tmp_path / "typed.xlsx",
            "broken.xlsx": tmp_path / "broken.xlsx",
        }.items():
            archive.write(path, name)
    (tmp_path / "class.csv").write_text("id,name\nann,=Ann\nbob,Bob\ncid,Cid\n", encoding="utf-8")
    (tmp_path / "canvas.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Cross entropy Current Score,Cross-entropy week (77),Final Score\n"
        "    Points Possible,,,,,(read only),12,(read only)\n"
        'Ann,1,u1,ann,s,5,,5\nBob,2,u2,bob,s,,3,\n"-Cid, C.",3,u3,cid,s,,,\n',
        encoding="utf-8",
    )
    (tmp_path / "moodle.csv").write_text(
        "Identifier,Full name,Email address,ID number,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
        "Participant 11,Ann,a@x,ann,,100.00,-,\nParticipant 12,Bob,b@x,bob,,100.00,-,\n",
        encoding="utf-8",
    )
    argv = ["grade", str(tmp_path / "in.zip"), "--roster", str(tmp_path / "class.csv"), "--jobs", "2", "--gradescope"]
    argv += ["--canvas", str(tmp_path / "canvas.csv"), "--moodle", str(tmp_path / "moodle.csv")]
    assert main([*argv, "--out", str(tmp_path / "one")]) == 0
    assert main([*argv, "--out", str(tmp_path / "two"), "--strict"]) == 1
    out = capsys.readouterr().out
    assert "look at this: broken.xlsx: " in out
    one, two = (
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    assert sorted(one) == [
        "canvas.csv",
        "class.html",
        "copies.csv",
        "feedback/ann.html",
        "feedback/bob.html",
        "grade.json",
        "gradescope/ann/results.json",
        "gradescope/bob/results.json",
        "marks.csv",
        "moodle.csv",
        "moodle_feedback.zip",
    ]
    folder = tmp_path / "one"
    rows = list(csv.DictReader((folder / "marks.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["student"], row["name"], row["file"], row["points"], row["counts"]) for row in rows] == [
        ("ann", "'=Ann", "a/Ann_11_assignsubmission_file_/right.xlsx", "12", "yes"),
        ("bob", "Bob", "b/again.xlsx", rows[1]["points"], "no"),
        ("bob", "Bob", "b/bob.xlsx", "10", "yes"),
        ("", "", "broken.xlsx", "0", "no"),
        ("cid", "Cid", "", "0", "no"),
    ]
    assert float(rows[1]["points"]) < 2
    grades = json.loads((folder / "grade.json").read_text(encoding="utf-8"))["files"]
    assert [set(file) for file in grades] == [{"file", "student", "lesson", "points", "of", "exercises", "notes"}] * 4
    assert grades[2]["exercises"][2] == {
        "name": "L3",
        "points": 0.0,
        "of": 2,
        "verdict": "slip",
        "said": "the second term is missing: dogs cost nothing",
    }
    copies = (folder / "copies.csv").read_text(encoding="utf-8")
    assert "b/again.xlsx,bob,ann," in copies
    assert "b/bob.xlsx,bob,b/again.xlsx,a file with the same student's numbers" in copies
    assert (folder / "canvas.csv").read_text(encoding="utf-8").splitlines()[2:] == [
        "Ann,1,u1,ann,s,5,12,5",
        "Bob,2,u2,bob,s,,10,",
        '"-Cid, C.",3,u3,cid,s,,,',
    ]
    assert "Participant 12,Bob,b@x,bob,83.33,100.00,-,10 of 12 points" in (folder / "moodle.csv").read_text("utf-8")
    with zipfile.ZipFile(folder / "moodle_feedback.zip") as archive:
        assert archive.namelist() == [
            "student_11_assignfeedback_file_/feedback.html",
            "student_12_assignfeedback_file_/feedback.html",
        ]
    scope = json.loads((folder / "gradescope/bob/results.json").read_text("utf-8"))
    assert scope["score"] == 10
    assert scope["tests"][2]["output"] == "the second term is missing: dogs cost nothing"
    page = (folder / "class.html").read_text(encoding="utf-8")
    assert "the second term is missing: dogs cost nothing" in page
    assert "1 on the roster handed in nothing" in page
    told = [(folder / f"feedback/{student}.html").read_text("utf-8") for student in ("ann", "bob")]
    assert "Ann" not in told[0]
    # 2/3 of a table are 0.67 points.
    assert not re.search(r"\d\.\d{3,} of ", "".join(told))


def test_no_file_that_was_handed_in_is_passed_over(right: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.zip"
    with zipfile.ZipFile(own, "w") as archive:
        archive.write(right, "Ann/right.xlsx")
        archive.writestr("__MACOSX/Ann/._right.xlsx", "resource fork")
        archive.writestr("deeper.zip", "PK")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.write(own, "Ann_11/own.zip")
        archive.writestr("Bob_12/answers.ods", "a spreadsheet")
        archive.writestr("Cid_13/onlinetext.html", "words")
        archive.writestr("Dan_14/broken.zip", "no archive")
    found = {one.name: marked(one.path) for one in collect([tmp_path / "class.zip"], tmp_path)}
    assert sorted(found) == [
        "Ann_11/own.zip/Ann/right.xlsx",
        "Ann_11/own.zip/deeper.zip",
        "Bob_12/answers.ods",
        "Dan_14/broken.zip",
    ]
    assert found.pop("Ann_11/own.zip/Ann/right.xlsx").points == MOST
    assert all("is not an Excel workbook" in one.refused for one in found.values())
    (tmp_path / "folder").mkdir()
    own.rename(tmp_path / "folder" / "own.zip")
    assert next(one.name for one in collect([tmp_path / "folder"], tmp_path)) == "own.zip/Ann/right.xlsx"


@pytest.mark.parametrize("name", ["returned", "class.zip", "answers.xlsx"])
def test_what_is_not_there_is_told_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    assert main(["grade", str(path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"gradbook: {path}: there is no such file or folder\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name is text")
def test_whatever_a_file_is_called_it_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in (b"\xff.xlsx", b"a\nb\x1b[2J.xlsx"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("nothing")
    assert main(["grade", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 1
    one, two, *_ = capsys.readouterr().out.splitlines()
    assert one.startswith("look at this: \\xff.xlsx: it is not an Excel workbook")
    assert two.startswith("look at this: a\\nb\\x1b[2J.xlsx: it is not an Excel workbook")


@pytest.mark.parametrize(("option", "words"), [("--canvas", "export of Canvas"), ("--moodle", "worksheet of Moodle")])
def test_a_file_of_no_platform_is_told_before_anything_is_marked(
    option: str, words: str, right: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class.csv").write_text("id,name\nann,Ann\n")
    argv = ["grade", str(right), option, str(tmp_path / "class.csv"), "--out", str(tmp_path / "out")]
    assert main(argv) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_interrupted_run_goes_on_where_it_was(
    right: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        shutil.copy(right, tmp_path / "in" / f"{number}.xlsx")
    counted: list[str] = []
    add = run.SoFar.add

    def interrupting(kept: run.SoFar, submission: Submission, marked: Marked) -> None:
        counted.append(submission.name)
        if len(counted) == 2:
            raise KeyboardInterrupt
        add(kept, submission, marked)

    monkeypatch.setattr(run.SoFar, "add", interrupting)
    argv = ["grade", str(tmp_path / "in"), "--jobs", "1", "--out", str(tmp_path / "out")]
    assert main(argv) == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    assert len((tmp_path / "out" / run.SO_FAR).read_text("utf-8").splitlines()) == 1
    counted += [""]
    assert main(argv) == 0
    assert len(counted) == 5
    assert not (tmp_path / "out" / run.SO_FAR).exists()
    assert len(json.loads((tmp_path / "out" / "grade.json").read_text("utf-8"))["files"]) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device stands for a full disk here")
def test_a_full_disk_is_blamed_and_not_the_temporary_files(tmp_path: Path) -> None:
    kept = run.SoFar(tmp_path / run.SO_FAR, "half")
    (tmp_path / run.SO_FAR).symlink_to("/dev/full")

    def fill() -> None:
        with scratch(), kept:
            kept.add(Submission("x.xlsx", tmp_path / "x.xlsx"), Marked("x.xlsx", ""))

    with pytest.raises(FileError, match=rf"{run.SO_FAR}: can't be written \(No space left"):
        fill()


def test_an_exercise_that_everybody_fails_stands_first() -> None:
    def of(student: str, second: float) -> Marked:
        marks = (Mark("L1", 1.0, 1.0, "right", ""), Mark("L2", second, 1.0, "wrong", "it is another number"))
        return Marked(f"{student}.xlsx", "", student, "cross_entropy", exercises=marks)

    failed = known(Class((of("ann", 0.0), of("bob", 0.0))))
    assert [(one.name, one.suspicious, one.slips) for one in failed] == [
        ("L2", True, (("it is another number", 2),)),
        ("L1", False, ()),
    ]
    assert [one.name for one in known(Class((of("ann", 0.0), of("bob", 0.5))))] == ["L1", "L2"]


def test_numbers_of_another_student_are_found_in_the_draw_that_the_other_was_handed(course: Course) -> None:
    def of(student: str, attempt: int, typed: tuple[float, ...]) -> Marked:
        mark = Mark("L1", 0.0, 1.0, "wrong", "another number is right here", typed)
        return Marked(f"{student}.xlsx", student, student, course.lesson.name, course.seed, attempt, (mark,))

    handed = course.numbers("ann", 2).values["softmax.shifted"].ravel()
    telling = tuple(float(f"{number:.6g}") for number in handed if number != round(number))
    assert len(telling) >= 4
    files = (of("ann", 2, ()), of("bob", 0, telling), of("cid", 0, telling[:2]), of("dan", 0, (0.1, 0.2, 0.3)))
    (_, *rows) = copies_table(Class(files)).splitlines()
    assert rows == [f"bob.xlsx,bob,ann,{len(telling)} numbers that are right for ann were typed"]


# Variant → patterns in place of right answers (None: left empty), and the points of a file, worked out by hand.
CLASS: dict[str, tuple[dict[str, str | None], float]] = {
    "all right": ({}, 12),
    "no temperature": ({"L1": "logit-largest"}, 11),
    "base 10": ({"L3": "-is_cat*LOG10(p_cat)-(1-is_cat)*LOG10(1-p_cat)"}, 10),
    "sum's gradient": ({"L6": "softmax*target_mass-weighted_target"}, 10),
    "minus forgotten": ({"L8": "INDEX(log_probability, 1, target)"}, 11),
    "two slips": ({"L1": "logit/temperature", "L10": "SUM(absolute)/SUM(actual)"}, 10),
    "an early slip": ({"L5": "logit-log_sum"}, 11),
    "half of it": (dict.fromkeys(("L6", "L7", "L8", "L9", "L10")), 6),
    "another spelling": ({"L3": "IF(is_cat=1, -LN(p_cat), -LN(1-p_cat))"}, 12),
    "nothing": (dict.fromkeys(f"L{n}" for n in range(1, 11)), 0),
}


COPIES = 20 if SWEEP else 4


def test_a_class_has_the_marks_of_the_table(course: Course, blank: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    expected = {}
    for variant, (patterns, points) in CLASS.items():
        path = fill(blank["ann"], tmp_path / "x.xlsx", answers(course, **patterns))
        for number in range(COPIES):
            name = f"{variant} {number}.xlsx"
            shutil.copy(path, tmp_path / "in" / name)
            expected[name] = points
    begun = used_s()
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    assert used_s() - begun < 10 + 0.2 * len(expected)
    files = json.loads((tmp_path / "out" / "grade.json").read_text(encoding="utf-8"))["files"]
    assert {file["file"]: file["points"] for file in files} == expected
    assert len(files) == len(CLASS) * COPIES
