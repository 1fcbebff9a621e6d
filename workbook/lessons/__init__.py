"""The lessons: each module or package in this folder holds one, as `LESSON`; its docstring's first line is its summary.

Other rooms use:

- `names`: of all lessons
- `summary`: of one
- `find`: a lesson by its name
- `exercises`: of one, where it has some
- `schedules.smoothing`: the smoothed loss, which the workbook of a run shows too
"""

import ast
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from workbook.errors import LessonError, WorkbookError

if TYPE_CHECKING:
    from workbook.lesson.exercise import Exercises
    from workbook.lesson.lesson import Lesson


# What other commands make, and `verify` checks: not lessons to build by name.
_OF_RUNS = {"fine_tuning_run": "workbook.app.fine_tuning_run", "traced": "workbook.traced.lesson"}


def names() -> tuple[str, ...]:
    """The names of all lessons, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def summary(name: str) -> str:
    """One sentence on a lesson, read from its docstring without importing it.

    Raises:
        WorkbookError: there is no such lesson.
    """
    _known(name)
    spec = find_spec(f"{__name__}.{name}")
    source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]


def find(name: str) -> "Lesson":
    """The lesson of that name, or the workbook of a run.

    Raises:
        LessonError: its module holds no lesson, or one of another name.
        WorkbookError: there is no such lesson; the message lists those there are.
    """
    if name not in _OF_RUNS:
        _known(name)
    module = _OF_RUNS.get(name, f"workbook.lessons.{name}")
    lesson: Lesson | None = getattr(import_module(module), "LESSON", None)
    if lesson is None:
        raise LessonError(f"{module}: found no LESSON, expected LESSON = Lesson(name={name!r}, ...)")
    if lesson.name != name:
        raise LessonError(f"{module}: found a lesson named {lesson.name!r}, expected the module's name, {name!r}")
    return lesson


def exercises(name: str) -> "Exercises | None":
    """The exercises of a lesson: `EXERCISES` of its module `exercises`, or of itself; None where it has none.

    Raises:
        WorkbookError: there is no such lesson.
    """
    _known(name)
    module = f"{__name__}.{name}"
    spec = find_spec(module)
    if spec is not None and spec.submodule_search_locations and find_spec(f"{module}.exercises"):
        module = f"{module}.exercises"
    found: Exercises | None = getattr(import_module(module), "EXERCISES", None)
    return found


def _known(name: str) -> None:
    if name not in names():
        meant = get_close_matches(name.lower(), names(), n=1)
        hint = f" (did you mean {meant[0]}?)" if meant else ""
        raise WorkbookError(f"no lesson named {name!r}{hint}; known: {', '.join(names())}")
