"""Workbooks of exercises as files: one a student, and the teacher's solved copy beside it."""

from collections.abc import Sequence
from pathlib import Path

from workbook.grade.course import Course
from workbook.grade.roster import Student, file_parts
from workbook.lesson.lesson import Progress
from workbook.xlsx.files import prepare_folder
from workbook.xlsx.write import write


def hand_out(
    course: Course, students: Sequence[Student], folder: Path, *, solutions: bool, progress: Progress
) -> tuple[Path, ...]:
    """Write a workbook for each student; each has proved itself before it is written.

    Args:
        course: whose exercises.
        students: who gets one; of a single one without an id the file is `NAME.xlsx`.
        folder: where they go; made where there is none.
        solutions: whether the teacher's solved copies go beside them, as `….solution.xlsx`.
        progress: hears of the work.

    Returns:
        The workbooks, without the solved copies.

    Raises:
        LessonError: no numbers are found with which right answers pass and slips are told apart.
        FileError: a file can't be written.
    """
    prepare_folder(folder)
    written = []
    parts = file_parts(student.id for student in students)
    for number, student in enumerate(students):
        progress(f"exercises of {course.lesson.name}", number, len(students))
        numbers = course.proven(student.id)
        name = f"{course.lesson.name}-{parts[student.id]}" if student.id else course.lesson.name
        whose = f"The numbers are those of {student.id}" if student.id else "The numbers are drawn"
        badge = f"{whose}, from the course's seed {course.seed}. Every right answer and every slip was tried with them."
        write(course.plan(numbers), folder / f"{name}.xlsx", badge)
        if solutions:
            solved = f"Solved, for the teacher. {badge}"
            write(course.plan(numbers, solved=True), folder / f"{name}.solution.xlsx", solved)
        written.append(folder / f"{name}.xlsx")
    progress(f"exercises of {course.lesson.name}", len(students), len(students))
    return tuple(written)
