"""Marks as learning platforms take them: their own exports filled in.

What a platform exported stays as it is, letter by letter: it is read back by the platform, which finds students by it.

Sources: instructure/canvas-lms, lib/gradebook_importer.rb (columns of students, `Points Possible`, read-only columns; a
column with a new title is a new assignment); moodle/moodle, mod/assign/feedback/offline/importgradeslib.php (the three
columns that a worksheet must have, by their English headings) and mod/assign/feedback/file/importziplib.php (folders
`name_PARTICIPANT_assignfeedback_file_`); Gradescope, Autograder Specifications, "Output format" (results.json).
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbook.errors import FileError
from workbook.grade.files import Marked
from workbook.grade.results import Class
from workbook.grade.roster import read_table

_CANVAS_IDS = ("SIS Login ID", "SIS User ID", "ID")
_CANVAS_STUDENTS = (("Student", "ID"), ("LastName", "FirstName", "ID"))
_CANVAS_READ_ONLY = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
_MOODLE_COLUMNS = ("Identifier", "Grade", "Last modified (grade)")
_MOODLE_IDS = ("ID number", "Username", "Email address", "Identifier")
_PARTICIPANT = re.compile(r"(\d+)\s*$")
# Zip archives hold a time; one and the same makes equal marks equal bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def read_canvas(export: Path) -> list[list[str]]:
    """The rows of Canvas's gradebook.

    Raises:
        FileError: it is no export of Canvas's gradebook.
    """
    rows = read_table(export)
    if not any(tuple(rows[0][: len(first)]) == first for first in _CANVAS_STUDENTS):
        raise FileError(f"{export}: it is no export of Canvas's gradebook (it does not begin with Student and ID)")
    return rows


def canvas(gradebook: Sequence[Sequence[str]], marked: Class) -> tuple[str, list[str]]:
    """Canvas's gradebook with the points filled in, and the students whom it does not name.

    A column whose title has the lesson's name takes the points, unless Canvas computes it; where there is none, a
    column is added, which Canvas makes a new assignment.
    """
    rows = _filled(gradebook)
    heading = rows[0]
    ids = [heading.index(title) for title in _CANVAS_IDS if title in heading]
    possible = next((n for n, row in enumerate(rows) if "Points Possible" in row[0]), None)
    named: set[str] = set()
    for lesson in marked.lessons:
        column = next((n for n in _canvas_columns(rows, possible) if _is_of(heading[n], lesson)), None)
        if column is None:
            column = len(heading)
            for number, row in enumerate(rows):
                row.append(f"{lesson} exercises" if number == 0 else "")
            if possible is not None:
                rows[possible][column] = f"{_most(marked, lesson):g}"
            heading = rows[0]
        for number, row in enumerate(rows[1:], start=1):
            if number != possible:
                student = _known(row, ids, marked, lesson)
                if student is not None:
                    named.add(student)
                    row[column] = f"{marked.best[lesson, student].points:g}"
    return _as_it_was(rows), sorted({student for _, student in marked.best} - named)


def _canvas_columns(rows: Sequence[Sequence[str]], possible: int | None) -> list[int]:
    """The columns that Canvas takes points from."""
    heading = rows[0]
    below = [""] * len(heading) if possible is None else rows[possible]
    return [n for n, title in enumerate(heading) if not _CANVAS_READ_ONLY.search(title) and "read only" not in below[n]]


def _is_of(title: str, lesson: str) -> bool:
    """Whether a title has a lesson's name, spelled with blanks or hyphens too."""
    return lesson in re.sub(r"[\s-]+", "_", title.lower())


def read_moodle(worksheet: Path) -> list[list[str]]:
    """The rows of Moodle's grading worksheet.

    Raises:
        FileError: it is no worksheet of Moodle's.
    """
    rows = read_table(worksheet)
    if missing := [column for column in _MOODLE_COLUMNS if column not in rows[0]]:
        raise FileError(
            f"{worksheet}: it is no grading worksheet of Moodle's in English (it has no column {missing[0]!r})"
        )
    return rows


def moodle(worksheet: Sequence[Sequence[str]], marked: Class, pages: Mapping[str, str]) -> tuple[str, bytes, list[str]]:
    """Moodle's grading worksheet with grades filled in, its zip of feedback files, and the students it does not name.

    Args:
        worksheet: its rows.
        marked: the class.
        pages: student → the page of feedback.
    """
    rows = _filled(worksheet)
    heading = rows[0]
    ids = [heading.index(title) for title in _MOODLE_IDS if title in heading]
    grade, identifier = heading.index("Grade"), heading.index("Identifier")
    most = heading.index("Maximum Grade") if "Maximum Grade" in heading else None
    said = heading.index("Feedback comments") if "Feedback comments" in heading else None
    named: set[str] = set()
    files: dict[str, str] = {}
    for row in rows[1:]:
        student = next((row[n] for n in ids if row[n] in marked.students), None)
        if student is None or not any(key[1] == student for key in marked.best):
            continue
        named.add(student)
        scale = _number(row[most], marked.most) / marked.most if most is not None and marked.most else 1.0
        row[grade] = f"{marked.points(student) * scale:.2f}"
        if said is not None:
            row[said] = f"{marked.points(student):g} of {marked.most:g} points"
        participant = _PARTICIPANT.search(row[identifier])
        if participant and student in pages:
            files[f"student_{participant[1]}_assignfeedback_file_/feedback.html"] = pages[student]
    return _as_it_was(rows), zipped(files), sorted({student for _, student in marked.best} - named)


def gradescope(marked: Class) -> dict[str, str]:
    """Student → `results.json`, as an autograder of Gradescope's leaves it."""
    found = {}
    for student in marked.students:
        files = [marked.best[lesson, student] for lesson in marked.lessons if (lesson, student) in marked.best]
        if files:
            found[student] = _gradescope(files)
    return found


def _gradescope(files: Sequence[Marked]) -> str:
    tests = [
        {
            "name": f"{one.lesson} {mark.name}",
            "score": mark.points,
            "max_score": mark.of,
            "output": mark.said or mark.verdict,
            "visibility": "visible",
        }
        for one in files
        for mark in one.exercises
    ]
    notes = [note for one in files for note in one.notes]
    score = round(sum(one.points for one in files), 6)
    return json.dumps({"score": score, "output": "\n".join(notes), "tests": tests}, ensure_ascii=False, indent=1) + "\n"


def _filled(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows, each with as many cells as the heading."""
    return [[*row, *[""] * (len(rows[0]) - len(row))] for row in rows]


def _as_it_was(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive of texts; equal files give equal bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _TIME), files[name], zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _known(row: Sequence[str], ids: Sequence[int], marked: Class, lesson: str) -> str | None:
    return next((row[n] for n in ids if (lesson, row[n]) in marked.best), None)


def _most(marked: Class, lesson: str) -> float:
    return next(one.of for (name, _), one in marked.best.items() if name == lesson)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return otherwise
