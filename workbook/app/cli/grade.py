"""The command `grade`: exercises that came back, marked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, print_error, print_line
from workbook.app.cli.options import FILE
from workbook.app.interrupts import interruptible

if TYPE_CHECKING:
    from workbook.grade.verdicts import Typed

_GRADED = Path("output/grades")


@click.command(
    short_help="Mark workbooks of exercises.",
    epilog="\b\nExamples:\n  gradbook grade submissions.zip --roster class.csv\n"
    "  gradbook grade returned/ --canvas gradebook.csv --out marks",
)
@click.argument("files", metavar="FILE|FOLDER|ZIP...", nargs=-1, required=True, type=FILE)
@click.option("--roster", type=FILE, metavar="CLASS.csv", help="Who is in the class, by the column id.")
@click.option("--canvas", type=FILE, metavar="GRADEBOOK.csv", help="Canvas's own export, to be filled in.")
@click.option("--moodle", type=FILE, metavar="WORKSHEET.csv", help="Moodle's grading worksheet, to be filled in.")
@click.option("--gradescope", is_flag=True, help="Leave a results.json for each student.")
@click.option("--strict", is_flag=True, help="Exit with 1 where a person has to look at a file.")
@click.option(
    "--typed",
    type=click.Choice(["full", "half", "none"]),
    default="half",
    show_default=True,
    help="What a typed number is worth where a formula was asked for.",
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="How many files at once.  [default: one a core]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, in place of this machine.")
@click.option(
    "--out", type=FILE, metavar="DIR", default=_GRADED, show_default=True, help="The folder for marks and pages."
)
def grade(
    files: tuple[Path, ...],
    roster: Path | None,
    canvas: Path | None,
    moodle: Path | None,
    gradescope: bool,
    strict: bool,
    typed: "Typed",
    jobs: int | None,
    scheduler: str | None,
    out: Path,
) -> int:
    """Mark workbooks of exercises that came back: files, folders, or the archive that a learning platform gives."""
    from workbook.grade.grading import grade as grade_files
    from workbook.grade.roster import read_roster

    students = read_roster(roster) if roster else ()
    try:
        with interruptible(), terminal.progress("grade") as progress:
            graded = grade_files(
                files,
                out,
                roster=students,
                canvas=canvas,
                moodle=moodle,
                gradescope=gradescope,
                typed=typed,
                jobs=jobs or os.cpu_count() or 1,
                scheduler=scheduler,
                progress=progress,
            )
    except KeyboardInterrupt:
        print_error(f"interrupted; the marks so far are in {out}, and the same command goes on from there")
        return INTERRUPTED
    marked = graded.marked
    for one in marked.undecided:
        print_line(f"look at this: {one.file}{f': {one.refused}' if one.refused else ''}")
    if graded.unnamed:
        print_line(f"the platform's file does not name: {', '.join(graded.unnamed)}")
    students_marked = len({student for _, student in marked.best})
    read, by = _counted(len(marked.files), "file"), _counted(students_marked, "student")
    print_line(f"{read} of {by}; {len(marked.undecided)} to look at")
    print_line(f"marks: {out / 'marks.csv'}; the class: {out / 'class.html'}")
    if not marked.best:
        return FAILED
    return FAILED if strict and marked.undecided else GOOD


def _counted(number: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
