"""The program of a workbook run in an embedded engine, without a browser: inputs set, values read."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbook.check.recalc.packed import Integers, Numbers, PackedSheet
from workbook.check.recalc.session import (
    Answer,
    Input,
    Result,
    Results,
    Session,
    require_input,
    require_sheets,
)
from workbook.errors import WorkbookError
from workbook.formula.rectangle import overlap
from workbook.transpile.back.check import Comparison, compare
from workbook.transpile.back.javascript.program import JavaScriptProgram
from workbook.transpile.front.regions import Region, cell_name
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.xlsx.read import Book, CellError

NAME = "JavaScript"
_NUMBER, _TRUTH = 1, 2
"""Kinds of cells, as `runtime/values.js` numbers them: 0 is an empty one, what comes after are texts and errors."""


class Running(Session):
    """A workbook that runs as JavaScript in V8: what programs that recalculate offer, without a file."""

    def __init__(self, program: JavaScriptProgram) -> None:
        """Start the program, which computes every cell.

        Raises:
            WorkbookError: it does not run.
        """
        # When first needed: it brings V8, some 80 MB.
        from py_mini_racer import JSEvalException, MiniRacer

        self._failure = JSEvalException
        self._engine = MiniRacer()
        self._titles = [sheet["title"] for sheet in program.data["sheets"]]
        self._sizes = [(sheet["rows"], sheet["columns"]) for sheet in program.data["sheets"]]
        self._edits: list[tuple[int, int, int, Input]] = []
        self._known: dict[str, PackedSheet] = {}
        text = json.dumps(json.dumps(program.data, separators=(",", ":"), allow_nan=False))
        self._run(f"let found = null; const engine = {program.code}(JSON.parse({text})); 0")

    def set(self, sheet: str, row: int, column: int, value: Input) -> None:
        """Put a value into a cell that holds no formula; rows and columns count from 1.

        Raises:
            WorkbookError: no such sheet or cell, or a number that is not finite.
        """
        require_sheets(Path(NAME), self._titles, [sheet])
        require_input(Path(NAME), sheet, row, column, value)
        self._edits.append((self._titles.index(sheet), row - 1, column - 1, value))

    def values(self, sheets: Sequence[str] | None = None) -> Results:
        """The values of all cells that are not empty, of all sheets or of those named.

        Raises:
            WorkbookError: no such sheet, or a cell that cannot be set.
        """
        return {title: found.one_by_one() for title, found in self._found(sheets).items()}

    def answer(self, sheets: Sequence[str] | None) -> Answer:
        """The results of sheets as arrays: see `Session`."""
        known = self._found(sheets)
        return {title: PackedSheet(each.numbers.copy(), dict(each.others)) for title, each in known.items()}

    def _found(self, sheets: Sequence[str] | None) -> dict[str, PackedSheet]:
        """The results of sheets, which later edits change."""
        wanted = self._titles if sheets is None else list(sheets)
        require_sheets(Path(NAME), self._titles, wanted)
        ranges = [each for each in self._changed() if self._titles[each[0]] in self._known]
        for title in wanted:
            if title not in self._known:
                rows, columns = self._sizes[self._titles.index(title)]
                self._known[title] = PackedSheet(np.full((rows + 1, columns + 1), np.nan), {})
                ranges.append([self._titles.index(title), 0, 0, rows - 1, columns - 1])
        self._read(ranges)
        return {title: self._known[title] for title in wanted}

    def circling(self) -> frozenset[int]:
        """The regions whose cells go round in a circle and are computed again and again."""
        return frozenset(json.loads(self._run("engine.advance(Infinity), JSON.stringify(engine.inCircles())")))

    def close(self) -> None:
        """Free what V8 holds."""
        self._engine.close()

    def _changed(self) -> list[list[int]]:
        """Set what is to be set; the rectangles that changed, counted from 0."""
        if not self._edits:
            return []
        edits, self._edits = json.dumps(self._edits), []
        flat = json.loads(self._run(f"JSON.stringify([...engine.set({edits}).ranges])"))
        return [flat[k : k + 5] for k in range(0, len(flat), 5)]

    def _read(self, ranges: list[list[int]]) -> None:
        """Read rectangles, all at once: V8 runs in a thread of its own, and each call waits for it."""
        if not ranges:
            return
        numbers, places, others = self._packed(ranges)
        first = 0
        for sheet, top, left, bottom, right in ranges:
            known = self._known[self._titles[sheet]]
            rows, columns = range(top + 1, bottom + 2), range(left + 1, right + 2)
            last = first + len(rows) * len(columns)
            for at in [at for at in known.others if at[0] in rows and at[1] in columns]:
                del known.others[at]
            inside = numbers[first:last].reshape(len(rows), len(columns))
            known.numbers[rows.start : rows.stop, columns.start : columns.stop] = inside
            begin, end = np.searchsorted(places, (first, last)).tolist()
            for k, value in zip(places[begin:end].tolist(), others[begin:end], strict=True):
                row, column = divmod(k - first, len(columns))
                known.others[rows[row], columns[column]] = value
            first = last

    def _packed(self, ranges: list[list[int]]) -> tuple[Numbers, Integers, list[Result]]:
        """The numbers of rectangles, cell after cell, NaN where there is none; where other results stand, and these."""
        flat = json.dumps([number for each in ranges for number in each])
        values = np.frombuffer(self._run(f"found = engine.packed({flat}), found.V.buffer"), np.float64)
        kinds = np.frombuffer(self._run("found.T.buffer"), np.uint8)
        words = map(_result, json.loads(self._run("JSON.stringify(found.X)")))
        # These are V8's own bytes, for as long as it knows `found`: `where` copies them.
        numbers = np.where(kinds == _NUMBER, values, np.nan)
        places = np.flatnonzero(kinds >= _TRUTH)
        others: list[Result] = [
            value == 1 if kind == _TRUTH else next(words)
            for kind, value in zip(kinds[places].tolist(), values[places].tolist(), strict=True)
        ]
        self._run("found = null")
        return numbers, places, others

    def _run(self, code: str) -> Any:
        try:
            return self._engine.eval(code)
        except self._failure as error:
            said = [line for line in str(error).splitlines() if re.match(r"\w*Error: ", line)]
            raise WorkbookError(f"{NAME}: the program ends with {(said or ['no message'])[0]}") from error


def compare_saved(
    program: JavaScriptProgram,
    running: Running,
    book: Book,
    regions: Sequence[Region],
    upheld: Callable[[Comparison, Mapping[str, Any]], Comparison] = lambda compared, _: compared,
) -> Comparison:
    """The cells that a program computes against those that the workbook was saved with.

    Args:
        program: the program.
        running: it, as it runs, nothing set.
        book: the workbook, its formulas with values.
        regions: its formula cells as regions: a number's error is relative to the largest of its region.
        upheld: the comparison without the cells in which another program has what was found.
    """
    found = {
        cell_name(title, *at): {"error": value.code} if isinstance(value, CellError) else value
        for title, cells in running.values().items()
        for at, value in cells.items()
    }
    sheets = tuple(sheet["title"] for sheet in program.data["sheets"])
    areas = [(region.sheet, region.rectangle) for region in regions]
    # Nobody can compare what depends on chance or on the clock; in a circle a program stops where changes are small.
    volatile = _downstream(program, program.data["volatile"])
    settling = _downstream(program, running.circling()) if book.iterations else frozenset()
    return upheld(compare(book, found, areas=areas, skip=volatile, sheets=sheets, settling=settling), found)


def _downstream(program: JavaScriptProgram, starts: Iterable[int]) -> frozenset[str]:
    """The cells of some regions, and of all that depend on them, by regions."""
    regions, reads = program.data["regions"], program.data["reads"]
    marked = set(starts)
    # Groups come after all that they read; within one, what is marked may come last.
    for group in program.data["groups"]:
        if any(_reads_any(regions, reads[k], regions[k], marked) for k in group):
            marked |= set(group)
    titles = [sheet["title"] for sheet in program.data["sheets"]]
    return frozenset(
        cell_name(titles[sheet], row + i + 1, column + j + 1)
        for sheet, row, column, height, width in (regions[k] for k in marked)
        for i in range(height)
        for j in range(width)
    )


def _reads_any(regions: list[list[int]], refs: list[list[int]], region: list[int], marked: set[int]) -> bool:
    """Whether a region's references reach any of the regions that are marked."""
    for sheet, *places in refs:
        corners = [AffineIndex(*places[k : k + 3]) for k in range(0, 12, 3)]
        top, left, bottom, right = corners
        hull = Ref("", top, left, bottom, right).hull(region[3], region[4])
        for k in marked:
            other, row, column, height, width = regions[k]
            if other == sheet and overlap(hull, (row, column, row + height - 1, column + width - 1)):
                return True
    return False


def _result(value: str | dict[str, str]) -> Result:
    return CellError(value["error"]) if isinstance(value, dict) else value
