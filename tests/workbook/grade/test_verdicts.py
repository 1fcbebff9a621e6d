"""A sheet says the same of an answer in ironcalc, in LibreOffice and on the page, and what it is to say."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from submissions import answers, fill
from sweep import FEW

from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.kept import converting, set_up
from workbook.check.recalc.session import Results
from workbook.formula.address import cell_position
from workbook.grade.course import Course
from workbook.grade.sheets import BUG, SAYS
from workbook.lesson.answers import NOT_A_NUMBER, RIGHT, TO_DO
from workbook.lesson.exercise import Exercise
from workbook.plan.place import Place
from workbook.transpile import Running, javascript
from workbook.xlsx.read import CellError, read_workbook

Said = Mapping[str, list[Any]]
"""Exercise → the verdicts on its rows."""
STATES = ("right", "slip", "text", "empty")


def places(course: Course) -> dict[str, Place]:
    return {place.name: place for layout in course.handed_out for place in layout.places}


def told(exercise: Exercise) -> str | None:
    """The pattern of a slip that the sheet can name; None where it can name none."""
    return next((slip.pattern for slip in exercise.slips if slip.undo or slip.seen), None)


def filled(course: Course, state: str) -> dict[str, dict[str, Any]]:
    """What is typed into all answers: right ones, slips, a text, nothing."""
    slips = {exercise.name: told(exercise) for exercise in course.exercises.each if told(exercise)}
    found = answers(course, **slips) if state == "slip" else answers(course)
    if state in ("text", "empty"):
        found = {title: dict.fromkeys(cells, "about 1" if state == "text" else None) for title, cells in found.items()}
    return found


def verdicts(course: Course, values: Results) -> Said:
    found = {}
    for exercise in course.exercises.each:
        names = [exercise.block + SAYS, *([exercise.block + BUG + SAYS] if exercise.kind == "bug" else [])]
        cells = [(place.title, at) for name in names for place in [places(course)[name]] for at in place.cells()]
        found[exercise.name] = [values[title].get(at) for title, at in cells]
    return found


def by_libreoffice(office: libreoffice.LibreOffice, files: list[Path], out: Path) -> dict[str, Results]:
    """All files recalculated by one program that is started once."""
    set_up(out / "profile", libreoffice.settings(office.recalculation))
    command = converting(office.program, out / "profile", libreoffice.XLSX, out, *files)
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    found = {}
    for path in files:
        book = read_workbook(out / path.name)
        found[path.stem] = {
            title: {at: cell.value for at, cell in sheet.cells.items() if cell.value is not None}
            for title, sheet in book.sheets.items()
        }
    return found


@pytest.mark.sweep(but=FEW[:1])
def test_all_exercises_say_the_same_in_ironcalc_libreoffice_and_on_the_page(
    course: Course, handed_out: Path, tmp_path: Path
) -> None:
    files = {state: fill(handed_out, tmp_path / f"{state}.xlsx", filled(course, state)) for state in STATES[:3]}
    # As it was handed out: openpyxl writes empty cells so that ironcalc takes them for 0. A planted bug is no answer.
    files["empty"] = shutil.copy(handed_out, tmp_path / "empty.xlsx")
    values = {}
    for state, path in files.items():
        with IronCalc().open(path) as session:
            values[state] = session.values()
    said = {state: verdicts(course, found) for state, found in values.items()}
    for exercise in course.exercises.each:
        assert set(said["right"][exercise.name]) == {RIGHT}
        assert RIGHT not in said["text"][exercise.name]
        assert any(words == NOT_A_NUMBER for words in said["text"][exercise.name]), exercise.name
        assert RIGHT not in said["empty"][exercise.name]
        assert said["empty"][exercise.name][-1] == TO_DO or exercise.kind == "choose", exercise.name

    # One slip can hide another that depends on it; alone, each was tried before the file was written.
    named = {words for words_of in said["slip"].values() for words in words_of if words.startswith("not yet: ")}
    assert named

    office = libreoffice.find()
    if office is not None:
        far = by_libreoffice(office, list(files.values()), tmp_path / "office")
        for state in STATES:
            assert verdicts(course, far[state]) == said[state], state

    # On the page a planted bug is a formula, which is mended in the file; so there are none here.
    running = Running(javascript(fill(handed_out, tmp_path / "page.xlsx", filled(course, "empty"))))
    for state in STATES:
        for title, cells in filled(course, state).items():
            for address in cells:
                at = cell_position(address)
                value = values[state][title].get(at)
                if state == "empty" and isinstance(value, CellError):
                    value = None  # a planted bug
                assert not isinstance(value, CellError), (state, title, address)
                running.set(title, *at, value)
        on_page = verdicts(course, running.values())
        # A goal may depend on a bug, which an empty cell is none of.
        compared = [e.name for e in course.exercises.each if state != "empty" or e.kind not in ("bug", "choose")]
        assert {name: on_page[name] for name in compared} == {name: said[state][name] for name in compared}, state
    running.close()
