"""Marks as pages: what a learner is told, without a name, and what the class knows."""

from collections.abc import Mapping

from workbook import lessons
from workbook.grade.files import Marked
from workbook.grade.results import Class, Known, known
from workbook.grade.verdicts import Verdict
from workbook.lesson.exercise import Exercise
from workbook.resources import render


def feedback(marked: Class) -> dict[str, str]:
    """Student → the page that says what each exercise is worth, and why."""
    pages = {}
    for student in marked.students:
        files = [marked.best[lesson, student] for lesson in marked.lessons if (lesson, student) in marked.best]
        if files:
            pages[student] = render(
                "feedback.html.j2",
                points=marked.points(student),
                most=sum(one.of for one in files),
                files=[_told(one) for one in files],
            )
    return pages


def _told(one: Marked) -> Mapping[str, object]:
    exercises = _exercises(one.lesson)
    return {
        "title": lessons.find(one.lesson).title,
        "notes": one.notes,
        "points": one.points,
        "of": one.of,
        "exercises": [
            {
                "name": mark.name,
                "task": exercises[mark.name].task,
                "points": mark.points,
                "of": mark.of,
                "right": mark.verdict == Verdict.RIGHT,
                "said": mark.said if mark.verdict != Verdict.LOOK else f"your teacher will look at this: {mark.said}",
                "empty": mark.verdict == Verdict.EMPTY and not mark.said,
            }
            for mark in one.exercises
        ],
    }


def class_page(marked: Class) -> str:
    """What the class knows: a bar an exercise, how often each slip; what everybody fails stands first."""
    return render(
        "class.html.j2",
        rows=[_row(one) for one in known(marked)],
        students=len({student for _, student in marked.best}),
        files=len(marked.files),
        undecided=[{"file": one.file, "why": one.refused or _why(one)} for one in marked.undecided],
        missing=len([student for student in marked.roster if not any(key[1] == student.id for key in marked.best)]),
        shares=_shares(marked),
    )


def _row(one: Known) -> Mapping[str, object]:
    total = max(one.right + one.partly + one.tried + one.empty, 1)
    parts = (("right", one.right), ("partly", one.partly), ("wrong", one.tried), ("empty", one.empty))
    exercise = _exercises(one.lesson)[one.name]
    return {
        "title": f"{lessons.find(one.lesson).title}, {one.name}",
        "task": exercise.task,
        "suspicious": one.suspicious,
        "parts": [{"what": what, "count": count, "share": 100 * count / total} for what, count in parts if count],
        "slips": [{"said": said, "count": count} for said, count in one.slips[:6]],
    }


def _shares(marked: Class) -> list[Mapping[str, float]]:
    """How many students won which tenth of the points."""
    counts = [0] * 10
    students = sorted({student for _, student in marked.best})
    for student in students:
        share = marked.points(student) / marked.most if marked.most else 0.0
        counts[min(int(share * 10), 9)] += 1
    highest = max([1, *counts])
    return [{"low": 10 * n, "count": count, "share": 100 * count / highest} for n, count in enumerate(counts)]


def _why(one: Marked) -> str:
    return "; ".join(f"{mark.name}: {mark.said}" for mark in one.exercises if mark.verdict == Verdict.LOOK)


def _exercises(lesson: str) -> Mapping[str, Exercise]:
    found = lessons.exercises(lesson)
    return {exercise.name: exercise for exercise in found.each} if found else {}
