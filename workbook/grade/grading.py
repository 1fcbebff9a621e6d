"""`gradbook grade` from files to what it leaves: marks, pages, and what learning platforms take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.grade import lms, pages, results
from workbook.grade.copies import copies_table
from workbook.grade.files import collect
from workbook.grade.results import Class
from workbook.grade.roster import Student, file_parts
from workbook.grade.run import forget, mark_all
from workbook.grade.verdicts import Typed
from workbook.lesson.lesson import Progress
from workbook.xlsx.files import prepare_folder, replace_file, scratch


@dataclass(frozen=True)
class Graded:
    """What a grading gave.

    Args:
        marked: every file.
        written: what it left, in order.
        unnamed: the students whom the platform's export does not name.
    """

    marked: Class
    written: tuple[Path, ...]
    unnamed: tuple[str, ...] = ()


def grade(
    given: Sequence[Path],
    out: Path,
    *,
    roster: Sequence[Student] = (),
    canvas: Path | None = None,
    moodle: Path | None = None,
    gradescope: bool = False,
    typed: Typed = "half",
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Progress,
) -> Graded:
    """Mark files, and leave what a teacher needs in a folder.

    Args:
        given: files, folders and archives.
        out: the folder; made where there is none.
        roster: who is in the class.
        canvas: an export of Canvas's gradebook, to be filled in.
        moodle: a grading worksheet of Moodle's, to be filled in.
        gradescope: whether to leave a results.json for each student.
        typed: what a typed number is worth where a formula was asked for.
        jobs: how many files at once, on this machine.
        scheduler: the address of a Dask scheduler.
        progress: hears of the work.

    Raises:
        FileError: something can't be read or written.
        WorkbookError: the cluster can't be reached.
    """
    # A wrong file is told before anything is marked.
    gradebook = None if canvas is None else lms.read_canvas(canvas)
    worksheet = None if moodle is None else lms.read_moodle(moodle)
    prepare_folder(out)
    with scratch() as folder:
        submissions = collect(given, folder)
        files = mark_all(submissions, out, typed=typed, jobs=jobs, scheduler=scheduler, progress=progress)
    marked = Class(files, tuple(roster))
    told = pages.feedback(marked)
    platforms, unnamed = _for_platforms(marked, told, gradebook, worksheet, gradescope=gradescope)
    written = _written(out, _reports(marked, told) | platforms)
    forget(out)
    return Graded(marked, written, tuple(sorted(unnamed)))


def _reports(marked: Class, told: Mapping[str, str]) -> dict[str, bytes]:
    """Marks, pages and copies, by the name of the file."""
    parts = file_parts(told)
    texts = {
        "marks.csv": results.marks_table(marked),
        "grade.json": results.as_json(marked),
        "copies.csv": copies_table(marked),
        "class.html": pages.class_page(marked),
        **{f"feedback/{parts[student]}.html": page for student, page in told.items()},
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


def _for_platforms(
    marked: Class,
    told: Mapping[str, str],
    gradebook: Sequence[Sequence[str]] | None,
    worksheet: Sequence[Sequence[str]] | None,
    *,
    gradescope: bool,
) -> tuple[dict[str, bytes], set[str]]:
    """What learning platforms take, by the name of the file; the students whom their own files do not name."""
    contents: dict[str, bytes] = {}
    unnamed: set[str] = set()
    if gradebook is not None:
        text, missed = lms.canvas(gradebook, marked)
        contents["canvas.csv"] = text.encode("utf-8")
        unnamed |= set(missed)
    if worksheet is not None:
        text, contents["moodle_feedback.zip"], missed = lms.moodle(worksheet, marked, told)
        contents["moodle.csv"] = text.encode("utf-8")
        unnamed |= set(missed)
    if gradescope:
        found = lms.gradescope(marked)
        parts = file_parts(found)
        contents |= {f"gradescope/{parts[s]}/results.json": text.encode("utf-8") for s, text in found.items()}
    return contents, unnamed


def _written(out: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """The files of a folder, each written whole."""
    for name, content in contents.items():
        path = out / name
        if not path.parent.is_dir():
            prepare_folder(path.parent)
        replace_file(path, content)
    return tuple(out / name for name in contents)
