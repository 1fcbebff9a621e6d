"""The manifest that travels in a workbook, and the plan that it gives back together with the inputs in the file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from workbook import __version__
from workbook.check.checks import Failure
from workbook.errors import FileError, LessonError
from workbook.formula.address import MAX_ROW, cell_address
from workbook.lesson.lesson import Array, Formula, Given, Lesson
from workbook.lessons import find
from workbook.plan import derive, digests
from workbook.plan.layout import SheetLayout
from workbook.plan.panel import panel
from workbook.plan.place import Place
from workbook.plan.plan import MANIFEST, SIGNATURE, STUDENT, Plan, arrange, differ, is_locked, may_be_empty
from workbook.xlsx.read import Book, Cell, CellError

_DEFINING = ("lesson", "definition", "options", "seed", "data", "sizes", "facts")
_SHOWN = 60
# What a lesson may raise when its sheets are made from sizes and facts that no build gave it.
_NONSENSE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Manifest:
    """What a file says it was built from.

    Args:
        path: the file.
        rows: key → value.
        places: key → the row where it stands.
    """

    path: Path
    rows: Mapping[str, str]
    places: Mapping[str, int]

    def identity(self) -> dict[str, str]:
        """The rows that say whose numbers these are: lesson, options, seed, data, recorded runs, fixed inputs."""
        return {key: value for key, value in self.rows.items() if key in _DEFINING or key.startswith("locked ")}

    @property
    def build(self) -> str:
        """Twelve digits that two files share where they were built from the same, whatever was edited since."""
        text = json.dumps(sorted(self.identity().items()))
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]


def read_manifest(book: Book, path: Path) -> Manifest:
    """The manifest of a file.

    Raises:
        FileError: it has none, or one that was edited.
    """
    if MANIFEST not in book.sheets:
        raise FileError(
            f"{path} holds no gradbook manifest: it was not made by gradbook, or its sheet '{MANIFEST}' was deleted"
        )
    cells: dict[int, dict[int, str]] = {}
    for (row, column), cell in book.sheets[MANIFEST].cells.items():
        if cell.value not in (None, ""):
            cells.setdefault(row, {})[column] = str(cell.value)
    pairs = {
        row: (found.get(1, ""), "".join(found[column] for column in sorted(found) if column > 1))
        for row, found in sorted(cells.items())
    }
    rows = dict(pairs.values())
    manifest = Manifest(path, rows, {key: row for row, (key, _) in pairs.items()})
    if "lesson" not in rows or "gradbook" not in rows:
        raise FileError(f"{path}: its manifest names no lesson or no version; build the workbook again")
    if SIGNATURE not in rows:
        raise FileError(
            f"{path} was made by gradbook {rows['gradbook']}, whose manifests hold no digest of the lesson, this is "
            f"{__version__}: build it again, or verify it with that version"
        )
    unsigned = [pair for pair in pairs.values() if pair[0] != SIGNATURE]
    if len(rows) < len(pairs) or digests.of_rows(unsigned) != rows[SIGNATURE]:
        raise FileError(
            f"{path}: its manifest was edited, or rows of it were left out, since the workbook was built; "
            "take the file as it was handed out, or build it again"
        )
    return manifest


def rebuild(book: Book, manifest: Manifest) -> tuple[Plan, list[Failure]]:
    """The plan of a file, from the inputs and switches in it; and what kept an input from being read.

    Raises:
        FileError: the manifest is damaged, or the lesson has another definition by now.
    """
    path, rows = manifest.path, manifest.rows
    if STUDENT in rows:
        raise FileError(f"{path}: it is a workbook of exercises; 'gradbook grade' marks it")
    lesson = find(rows["lesson"])
    try:
        sizes, facts, options, seed = _settings(rows)
        layouts, defined = laid_out(lesson, rows["sizes"], rows["facts"])
        data, definition = rows["data"], rows["definition"]
        locked = {key.removeprefix("locked "): value for key, value in rows.items() if key.startswith("locked ")}
    except _NONSENSE as error:
        raise _damaged(manifest, f"{type(error).__name__}: {error}") from error
    if defined != definition:
        raise FileError(
            f"{path} was made by gradbook {rows['gradbook']} from another definition of the lesson {lesson.name} than "
            f"this gradbook {__version__} has: build it again, or verify it with that version"
        )
    values, failures = file_inputs(book, layouts)
    plan = Plan(lesson, options, seed, sizes, facts, data, layouts, values, locked)
    _require_rows(manifest, plan)
    if not failures:
        try:
            plan = replace(plan, values=values | derive.evaluate(derive.units(layouts), plan.places, values))
        except EngineError as error:
            raise FileError(f"{path}: its inputs have no answer: {error}") from error
    return plan, failures


@lru_cache(maxsize=2)
def laid_out(lesson: Lesson, sizes: str, facts: str) -> tuple[tuple[SheetLayout, ...], str]:
    """The sheets of a lesson and their digest, from sizes and facts as a manifest spells them.

    Copies of one file are verified one after the other, and to lay out its sheets takes as long as to read it.
    """
    named = json.loads(sizes), json.loads(facts)
    panels = {sheet.name: panel(sheet) for sheet in lesson.sheets(*named)}
    layouts = arrange(lesson, *named, panels)
    return layouts, digests.of_definition(layouts)


def compare_origin(found: Manifest, handed_out: Manifest) -> list[Failure]:
    """What says that one file was not built as the other, which is the one that was handed out."""
    mine, theirs = found.identity(), handed_out.identity()
    if mine["lesson"] != theirs["lesson"]:
        # Nothing else of two lessons can agree.
        mine, theirs = ({"lesson": identity["lesson"]} for identity in (mine, theirs))
    by = f"the manifest of {handed_out.path}"
    return [
        Failure(
            f"{MANIFEST}!B{found.places[key]}" if key in mine else f"{MANIFEST}!A1",
            "value",
            _said(key, mine.get(key)),
            _said(key, theirs.get(key)),
            by,
        )
        for key in dict.fromkeys([*theirs, *mine])
        if mine.get(key) != theirs.get(key)
    ]


def moved_inputs(values: Mapping[str, Array], other: Mapping[str, Array], plan: Plan) -> list[str]:
    """The yellow cells whose values are not those of another file of the build: `Title!B6 (trained, not initial)`."""
    moved = []
    for name, place in plan.places.items():
        if isinstance(place.block, Formula) or is_locked(place.block) or name not in other:
            continue
        for index in np.argwhere(np.atleast_1d(differ(values[name], other[name]))).tolist():
            at = tuple(index) if place.shape else ()
            mine, theirs = (_shown(given[name][at]) for given in (values, other))
            moved.append(f"{place.title}!{place.address(at)} ({mine}, not {theirs})")
    return moved


def _shown(value: Any) -> str:
    if value != value:
        return "empty"
    return str(value) if isinstance(value, str) else f"{value:.15g}"


def _said(key: str, value: str | None) -> str:
    text = f"no {key}" if value is None else f"{key} {value}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _damaged(manifest: Manifest, what: str) -> FileError:
    return FileError(f"{manifest.path}: its manifest is damaged ({what}); build the workbook again")


def _settings(rows: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str], dict[str, Any], int]:
    """Sizes, facts, options and seed.

    Raises:
        ValueError: a row of them is missing, or holds what no build writes.
    """
    sizes, facts, options = (json.loads(rows[key]) for key in ("sizes", "facts", "options"))
    for key, found in (("sizes", sizes), ("facts", facts), ("options", options)):
        if not isinstance(found, dict):
            raise ValueError(f"its {key} are {rows[key][:_SHOWN]!r}")
    for axis, size in sizes.items():
        if type(size) is not int or not 1 <= size <= MAX_ROW:
            raise ValueError(f"the axis {axis} has the length {size}")
    if any(not isinstance(value, str) for value in facts.values()):
        raise ValueError("its facts are no texts")
    return sizes, facts, options, int(rows["seed"])


def _require_rows(manifest: Manifest, plan: Plan) -> None:
    """Refuse a manifest without a row that the plan has, or with another.

    Raises:
        FileError: such a row; the message names it.
    """
    for name, place in plan.places.items():
        if manifest.rows.get(f"block {name}") != " ".join(place.ranges()):
            raise _damaged(manifest, f"it says that {name} stands elsewhere than the lesson has it, or says nothing")
        if is_locked(place.block) and not digests.is_of(plan.locked.get(name, ""), place.count):
            raise _damaged(manifest, f"it holds no digest of {name}")
    known = {*(f"block {name}" for name in plan.places), *(f"locked {name}" for name in plan.places)}
    for key in manifest.rows:
        if key.partition(" ")[0] in ("block", "locked") and key not in known:
            raise _damaged(manifest, f"it speaks of {key}, which the lesson does not have")


def file_inputs(book: Book, layouts: tuple[SheetLayout, ...]) -> tuple[dict[str, Array], list[Failure]]:
    """The values of the given and recorded blocks of a file, and what is wrong with them."""
    values: dict[str, Array] = {}
    failures: list[Failure] = []
    for layout in layouts:
        title = layout.sheet.title
        if title not in book.sheets:
            failures.append(Failure(f"{title}!A1", "missing", "no such sheet", f"the sheet {title}", "the lesson"))
            continue
        for place in layout.places:
            if not isinstance(place.block, Formula):
                values[place.name], unread = _input(place, book.sheets[title].cells)
                failures += unread
    return values, failures


def own_inputs(book: Book, plan: Plan) -> dict[tuple[str, int, int], float | str]:
    """The inputs in which somebody put formulas, with the saved values that count for them.

    A cell of an array formula over several cells is left out: no program changes a part of one.
    """
    found: dict[tuple[str, int, int], float | str] = {}
    for place in plan.places.values():
        if isinstance(place.block, Formula) or place.title not in book.sheets:
            continue
        cells = book.sheets[place.title].cells
        for at, value in zip(place.cells(), plan.values[place.name].ravel().tolist(), strict=True):
            cell = cells.get(at)
            if cell is not None and cell.formula is not None and cell.array in (None, cell_address(*at)):
                found[place.title, *at] = value
    return found


def _input(place: Place, cells: Mapping[tuple[int, int], Cell]) -> tuple[Array, list[Failure]]:
    """The values of a given or recorded block, and the cells that hold none."""
    text = place.block.is_text
    read: list[Any] = []
    failures = []
    for at in place.cells():
        cell = cells.get(at)
        value = cell.value if cell else None
        if type(value) is float and not text:
            read.append(value)
        elif text and not isinstance(value, CellError):
            read.append("" if value is None else _text(value))
        elif (cell is None or (value is None and cell.formula is None)) and may_be_empty(place.block):
            read.append(np.nan)
        else:
            read.append(np.nan)
            empty = "a formula without a saved value" if cell and cell.formula else "an empty cell"
            found = empty if value is None else str(value)
            where = f"{place.title}!{cell_address(*at)}"
            failures.append(Failure(where, "value", found, "words" if text else "a number", "the lesson"))
    values = np.array(read, dtype=object if text else np.float64).reshape(place.shape)
    if not failures and isinstance(place.block, Given) and _refused(place.block, values):
        for at, value in zip(place.cells(), values.ravel(), strict=True):
            if said := _refused(place.block, np.asarray(value, dtype=values.dtype)):
                failures.append(Failure(f"{place.title}!{cell_address(*at)}", "value", *said, "the lesson"))
    return values, failures


def _refused(block: Given, values: Array) -> tuple[str, str] | None:
    """What was found and what was expected, where the sheet would not accept all of these."""
    try:
        block.check(values, "")
    except LessonError as error:
        found, _, expected = str(error).partition(", expected ")
        return found.rpartition("found ")[2], expected
    return None


def _text(value: float | str | bool | CellError) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
