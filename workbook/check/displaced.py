"""Where a whole sheet stands elsewhere: a row or a column put in or taken out, a sheet renamed.

Every cell after it then differs from its plan; what a person did is one thing, and is said first.
"""

from collections.abc import Iterable

from workbook.check.checks import Failure
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Formula
from workbook.plan.plan import MANIFEST, Plan
from workbook.xlsx.read import Book

Cells = set[tuple[int, int]]
"""Places by (row, column) from 1."""

_MOST = 5
# Of the formula cells of a sheet: some may have been edited beside.
_NEARLY_ALL = 0.98


def displaced(book: Book, plan: Plan) -> list[Failure]:
    """What moved the formulas of a sheet as a whole, sheet by sheet; nothing where they stand where they should."""
    own = {layout.sheet.title for layout in plan.layouts} | {MANIFEST}
    filled = {
        title: {place for place, cell in sheet.cells.items() if cell.formula is not None}
        for title, sheet in book.sheets.items()
    }
    strangers = [title for title in filled if title not in own]
    failures: list[Failure] = []
    for layout in plan.layouts:
        title = layout.sheet.title
        expected = _formulas(plan, title)
        if title not in filled:
            renamed = _renamed(expected, strangers, filled)
            if renamed is not None:
                found = f"no such sheet; '{renamed}' holds its formulas, so it was renamed"
                failures.append(Failure(f"{title}!A1", "moved", found, f"the sheet {title}", "the lesson"))
        elif (shift := _shift(expected, filled[title])) is not None:
            cell, found = shift
            failures.append(Failure(f"{title}!{cell}", "moved", found, "the lesson's rows and columns", "the lesson"))
    return failures


def _formulas(plan: Plan, title: str) -> Cells:
    places = (place for place in plan.places.values() if place.title == title and isinstance(place.block, Formula))
    return {cell for place in places for cell in place.cells()}


def _renamed(expected: Cells, strangers: Iterable[str], filled: dict[str, Cells]) -> str | None:
    """The stranger that has nearly all formulas of a sheet where they should be."""
    best = max(strangers, key=lambda title: len(expected & filled[title]), default=None)
    return best if best is not None and expected and _nearly_all(expected & filled[best], expected) else None


def _shift(expected: Cells, found: Cells) -> tuple[str, str] | None:
    """Where rows or columns were put in or taken out, and what: the fewest that bring nearly all formulas back."""
    missing = expected - found
    if not missing:
        return None
    base = len(expected) - len(missing)
    for count in range(1, _MOST + 1):
        for axis, noun in enumerate(("row", "column")):
            first = min(cell[axis] for cell in missing)
            at = cell_address(first, 1) if axis == 0 else cell_address(1, first)
            many = f"a {noun} was" if count == 1 else f"{count} {noun}s were"
            put_in = {_moved(cell, axis, count) if cell[axis] >= first else cell for cell in expected}
            new = {cell for cell in found & expected if first <= cell[axis] < first + count}
            if not new - put_in and _fits(put_in, found, base):
                return at, f"{many} put in here or just before"
            taken = {
                _moved(cell, axis, -count) if cell[axis] >= first + count else cell
                for cell in expected
                if not first <= cell[axis] < first + count
            }
            if _fits(taken, found, base):
                return at, f"{many} taken out here or before"
    return None


def _moved(cell: tuple[int, int], axis: int, count: int) -> tuple[int, int]:
    return (cell[0] + count, cell[1]) if axis == 0 else (cell[0], cell[1] + count)


def _fits(cells: Cells, found: Cells, base: int) -> bool:
    """Whether nearly all are found, and more than stand where they should."""
    there = cells & found
    return len(there) > base and _nearly_all(there, cells)


def _nearly_all(some: Cells, of: Cells) -> bool:
    return len(some) >= _NEARLY_ALL * len(of)
