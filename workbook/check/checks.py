"""The values of a plan against those found elsewhere: each block within its bound of its scale, and what is not.

Found are the values saved in the file, those of a program that recalculated it, and torch's. A recurrence is compared
step by step, each step from the row found before it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from workbook.check.recalc.packed import PackedSheet
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Array, Formula
from workbook.plan import derive
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.read import Book, CellError

Cells = Mapping[tuple[int, int], Any]

FIFTEEN_DIGITS = 5e-15
"""The most that a number loses, relative to itself, when it is saved with 15 digits."""
LAST_PLACE = float(np.finfo(np.float64).eps)
"""How far apart, relative to themselves, two programs' results of one operation may be: a unit in the last place."""
SHIFTS = 4
"""How many seeded shifts of the states by their rounding show how far it can reach."""


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong.

    Args:
        cell: `Title!H4`.
        kind: formula, value, cached, missing, moved or error.
        found: what is there.
        expected: what should be there.
        by: which comparison found it.
    """

    cell: str
    kind: str
    found: str
    expected: str
    by: str


@dataclass(frozen=True)
class BlockCheck:
    """The largest errors of one block, relative to its scale."""

    name: str
    cells: int
    sheet_vs_reference: float
    reference_vs_witness: float | None
    trajectory: float | None


@dataclass(frozen=True)
class SheetCheck:
    """One sheet: how many formula cells it has, and how many of them the reference and the witness covered."""

    name: str
    formula_cells: int
    checked_cells: int
    witnessed_cells: int
    blocks: tuple[BlockCheck, ...]

    @property
    def max_error(self) -> float:
        """The largest error of its blocks."""
        return max((max(b.sheet_vs_reference, b.reference_vs_witness or 0.0) for b in self.blocks), default=0.0)


@dataclass(frozen=True)
class _Compared:
    error: float
    failures: list[Failure]


class Checks:
    """The values of one plan against those of several programs; remembers the largest errors."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.units = derive.units(plan.layouts)
        self._sheet: dict[str, float] = {}
        self._witness: dict[str, float] = {}
        self._trajectory: dict[str, float] = {}
        # What `expected` gave last: for the same values found, of the same inputs, it is asked by each comparison.
        self._expected: tuple[object, object, dict[str, Array]] | None = None
        # What `recurrent` gave last, likewise.
        self._recurrent: tuple[object, dict[str, Array]] | None = None

    def compare(
        self,
        found: Mapping[str, Cells],
        *,
        kind: str,
        by: str,
        values: Mapping[str, Array] | None = None,
        only: Iterable[str] | None = None,
    ) -> list[Failure]:
        """The cells whose values are not the reference's, in the order of computation."""
        chosen = None if only is None else set(only)
        values = self.plan.values if values is None else values
        expected = self.expected(found, values)
        reach = cache(lambda: self.reach(found, values, expected))
        failures: list[Failure] = []
        for name in self.plan.computed:
            place = self.plan.places[name]
            if not isinstance(place.block, Formula) or (chosen is not None and name not in chosen):
                continue
            cells, scale = found.get(place.title, {}), self.plan.scale(name, expected)
            compared = _compare_block(place, expected[name], cells, scale, None, kind, by)
            if compared.failures and (allowed := reach().get(name)) is not None:
                compared = _compare_block(place, expected[name], cells, scale, allowed, kind, by)
            failures += compared.failures
            self._sheet[name] = max(self._sheet.get(name, 0.0), compared.error)
        return failures

    def compare_saved(self, book: Book) -> list[Failure]:
        """The cells whose saved values are not the reference's; one failure for a file saved without any."""
        by = "the values saved in the file"
        formulas = [cell for sheet in book.sheets.values() for cell in sheet.cells.values() if cell.formula]
        if formulas and all(cell.value is None for cell in formulas):
            first = next(place for place in self.plan.places.values() if isinstance(place.block, Formula))
            cell = f"{first.title}!{first.address()}"
            return [
                Failure(
                    cell,
                    "cached",
                    "no formula has a saved value",
                    "saved values: open the file in a spreadsheet program and save it",
                    by,
                )
            ]
        saved = {title: {at: cell.value for at, cell in sheet.cells.items()} for title, sheet in book.sheets.items()}
        return self.compare(saved, kind="cached", by=by)

    def expected(self, found: Mapping[str, Cells], values: Mapping[str, Array]) -> dict[str, Array]:
        """The reference's values, recurrences stepwise from those found; neither mapping may change afterwards."""
        if self._expected is None or self._expected[0] is not found or self._expected[1] is not values:
            made = dict(values)
            if recalculated := self.recurrent(found):
                made |= derive.evaluate(self.units, self.plan.places, values, recalculated=recalculated, changed=())
            self._expected = (found, values, made)
        return self._expected[2]

    def reach(
        self, found: Mapping[str, Cells], values: Mapping[str, Array], expected: Mapping[str, Array]
    ) -> dict[str, Array]:
        """How far rounding the states and the blocks that steps start from can shift each cell of the steps.

        In a tame step that is next to nothing. But Adam divides a gradient by its own size: where mathematics makes
        the gradient 0, or near an exact fit, it is what is left of numbers that cancel, and its sign is rounding.

        Args:
            found: as of `compare`; how many digits it has says how far a state is rounded.
            values: as of `compare`.
            expected: what `expected` makes of both.

        Returns:
            `sheet.block` → a distance for each cell, of all blocks that the steps make.
        """
        recalculated = self.recurrent(found)
        if not recalculated:
            return {}
        size = FIFTEEN_DIGITS if _has_fifteen_digits(found) else LAST_PLACE
        reach: dict[str, Array] = {}
        for seed in range(SHIFTS):
            rng = np.random.default_rng(seed)
            shifted = derive.evaluate(
                self.units,
                self.plan.places,
                values,
                recalculated=recalculated,
                changed=(),
                shift=partial(_shifted, size=size, rng=rng),
            )
            for name, value in shifted.items():
                if value.dtype != object:
                    off = 2 * np.abs(value - expected[name])
                    reach[name] = np.maximum(reach.get(name, 0.0), np.where(np.isfinite(off), off, 0.0))
        return reach

    def recurrent(self, found: Mapping[str, Cells]) -> dict[str, Array]:
        """The values found that steps start from, and all others of sheets that advance step by step.

        What was found may not change afterwards.
        """
        if self._recurrent is None or self._recurrent[0] is not found:
            handed = {name for unit in self.units for name in unit.handed}
            places = [place for place in self.plan.places.values() if place.title in found]
            stepped = [place for place in places if self.plan.steps[place.sheet] or place.name in handed]
            formulas = [place for place in stepped if isinstance(place.block, Formula)]
            self._recurrent = (found, {place.name: _floats(place, found[place.title]) for place in formulas})
        return self._recurrent[1]

    def trajectory(self, found: Mapping[str, Cells]) -> None:
        """Remember how far whole runs of recurrences are from the reference's own."""
        for name, values in self.recurrent(found).items():
            own = self.plan.values[name]
            if own.dtype != object and self.plan.steps[self.plan.places[name].sheet]:
                self._trajectory[name], _ = _errors(own, values, self.plan.scale(name), 0.0)

    def witness(
        self,
        found: Mapping[str, Cells],
        device: str,
        *,
        values: Mapping[str, Array] | None = None,
        changed: Iterable[str] | None = None,
    ) -> list[Failure]:
        """The blocks where torch and the reference differ, in the order of computation."""
        values = self.plan.values if values is None else values
        expected = self.expected(found, values)
        with _one_thread():
            seen = derive.evaluate(
                self.units,
                self.plan.places,
                expected,
                side="witness",
                device=device,
                recalculated=self.recurrent(found),
                changed=changed,
            )
        reach = cache(lambda: self.reach(found, values, expected))
        failures: list[Failure] = []
        for name in filter(seen.__contains__, self.plan.computed):
            place, witnessed = self.plan.places[name], seen[name]
            block = place.block
            if not isinstance(block, Formula) or witnessed.dtype == object:
                continue
            scale = self.plan.scale(name, expected)
            error, wrong = _errors(expected[name], witnessed, scale, block.bound)
            if wrong.any() and (allowed := reach().get(name)) is not None:
                error, wrong = _errors(expected[name], witnessed, scale, block.bound, allowed)
            self._witness[name] = max(self._witness.get(name, 0.0), error)
            for index in map(tuple, np.argwhere(wrong)[:5]):
                cell = f"{place.title}!{place.address(index)}"
                failures.append(
                    Failure(
                        cell,
                        "value",
                        f"{expected[name][index]!r} (NumPy)",
                        f"{witnessed[index]!r} (torch)",
                        f"torch on {device}",
                    )
                )
        return failures

    def sheets(self, foreign: Mapping[str, int], failures: Sequence[Failure]) -> tuple[SheetCheck, ...]:
        """The counts of every sheet that the file has; `foreign` is how many formulas in each are not the lesson's."""
        absent = {failure.cell for failure in failures if failure.kind == "missing"}
        found = []
        for layout in self.plan.layouts:
            title = layout.sheet.title
            if title not in foreign:
                continue
            formulas = [place for place in layout.places if isinstance(place.block, Formula)]
            missing = sum(cell.rpartition("!")[0] == title for cell in absent)
            blocks = tuple(
                BlockCheck(
                    place.block.name,
                    place.count,
                    self._sheet[place.name],
                    self._witness.get(place.name),
                    self._trajectory.get(place.name),
                )
                for place in formulas
                if place.name in self._sheet
            )
            checked = sum(block.cells for block in blocks)
            witnessed = sum(block.cells for block in blocks if block.reference_vs_witness is not None)
            count = sum(place.count for place in formulas) - missing + foreign[title]
            found.append(SheetCheck(title, count, max(0, checked - missing), witnessed, blocks))
        return tuple(found)


@contextmanager
def _one_thread() -> Iterator[None]:
    """A context in which torch computes in one thread; afterwards it has as many as before.

    Its arrays are small, and the programs that recalculate have the other cores: threads that wait for each other spin.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _shifted(values: Array, size: float, rng: np.random.Generator) -> Array:
    """Each value larger or smaller by that share of itself."""
    return values * (1 + size * rng.choice([-1.0, 1.0], np.shape(values)))


def _floats(place: Place, cells: Cells) -> Array:
    """The numbers of a block; NaN where a cell holds none."""
    if isinstance(cells, PackedSheet):
        return cells.numbers_at(place.rows, place.columns)
    found = [cells.get(at) for at in place.cells()]
    return np.array([value if type(value) is float else np.nan for value in found]).reshape(place.shape)


def _has_fifteen_digits(found: Mapping[str, Cells]) -> bool:
    """Whether every number has at most 15 digits, as LibreOffice saves them; results have 16 or 17."""
    return all(float(f"{value:.15g}") == value for cells in found.values() for value in _numbers(cells))


def _numbers(cells: Cells) -> Iterable[float]:
    """All numbers of a sheet."""
    if isinstance(cells, PackedSheet):
        return map(float, cells.numbers[~np.isnan(cells.numbers)])
    return (value for value in cells.values() if type(value) is float)


def _errors(
    expected: Array, found: Array, scale: float, bound: float, slack: Array | None = None
) -> tuple[float, Array]:
    """The largest error relative to the scale, and where it is beyond the bound; NaN agrees with NaN only."""
    blank = np.isnan(expected)
    off = np.abs(np.where(blank, 0.0, found - np.where(blank, 0.0, expected)))
    if slack is not None:
        off = np.maximum(0.0, off - slack)
    wrong = (blank != np.isnan(found)) | ~(off <= bound * scale)
    wrong &= ~(blank & np.isnan(found))
    finite = off[np.isfinite(off) & ~blank]
    largest = float(finite.max()) if finite.size else 0.0
    return (largest / scale if scale else largest), wrong


def _compare_block(
    place: Place, expected: Array, cells: Cells, scale: float, slack: Array | None, kind: str, by: str
) -> _Compared:
    """One block's values against the reference's: numbers within the bound, words equal, and never an error cell."""
    block = place.block
    assert isinstance(block, Formula)
    wanted = expected.ravel()
    failures: list[Failure] = []
    error = 0.0
    if block.text:
        found = [cells.get(at) for at in place.cells()]
        wrong = [("" if value is None else value) != want for value, want in zip(found, wanted.tolist(), strict=True)]
    else:
        slack = None if slack is None else slack.ravel()
        error, off = _errors(wanted, _floats(place, cells).ravel(), scale, block.bound, slack)
        blank = np.isnan(wanted)
        if not (off | blank).any():
            return _Compared(error, [])
        found = [cells.get(at) for at in place.cells()]
        off |= blank & [("" if value is None else value) != block.blank for value in found]
        if not off.any():
            return _Compared(error, [])
        wrong = off.tolist()
    for bad, (row, column), value, want in zip(wrong, place.cells(), found, wanted.tolist(), strict=True):
        if bad:
            is_error = isinstance(value, CellError)
            shown = (
                "an empty cell"
                if value is None
                else repr(str(value))
                if is_error or isinstance(value, str)
                else repr(value)
            )
            hoped = repr(block.blank) if want != want else repr(want)
            cell = f"{place.title}!{cell_address(row, column)}"
            failures.append(Failure(cell, "error" if is_error else kind, shown, hoped, by))
    return _Compared(error, failures)
