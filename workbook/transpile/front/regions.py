"""Cells → regions: rectangles of cells that hold one formula, its references moving evenly from cell to cell.

A fill moves a reference by a row a row and a column a column, or not at all: that is equality in R1C1 form. A region
may also turn its references (along a row it reads down a column) or stride over them; three cells in a line are
needed to tell that from chance.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import add, attrgetter, sub
from typing import Protocol

from workbook.formula.address import cell_address, range_address
from workbook.formula.rectangle import Rectangle, cell_count, rectangle
from workbook.records import record
from workbook.transpile.front.scan import Below, Coordinates, Scanner
from workbook.xlsx.read import Book

_EVIDENCE = 3
MOST_ARRAY_CELLS = 4_000_000
"""What one array formula may fill: some columns, but not a whole sheet of seventeen thousand million cells."""


@record()
class Region:
    """Cells with one formula.

    Attributes:
        sheet: the title of their sheet.
        row: the first row, from 1.
        column: the first column, from 1.
        height: rows.
        width: columns.
        formula: the text of the first cell.
        array: whether one array formula fills all of it, or (for a region of several array formulas of a cell each)
            each of its cells.
        whole: whether it is the range of one array formula, or of a stack of them.
        base: the coordinates that the first cell's references name.
        down: what each coordinate gains from one row to the next.
        across: what it gains from one column to the next.
        stacked: of a stack of array formulas, each one row (0) below the last or one column (1) beside it; else None.
        origin: the cell that has `formula` as its text; None where that is not known.
        skeleton: the formula without its references; empty where that is not known.
    """

    sheet: str
    row: int
    column: int
    height: int
    width: int
    formula: str
    array: bool
    whole: bool
    base: Coordinates
    down: Coordinates
    across: Coordinates
    stacked: int | None = None
    origin: tuple[int, int] | None = None
    skeleton: str = ""

    @classmethod
    def of_one(
        cls,
        sheet: str,
        place: tuple[int, int],
        formula: str,
        base: Coordinates,
        *,
        array: bool,
        size: tuple[int, int] = (1, 1),
        whole: bool = False,
        skeleton: str = "",
    ) -> "Region":
        """One formula that is not filled to other cells: a cell's, or an array formula over all its cells."""
        zero = (0,) * len(base)
        return cls(sheet, *place, *size, formula, array, whole, base, zero, zero, None, place, skeleton)

    @property
    def address(self) -> str:
        """The range, such as `B3:D9`."""
        return range_address(self.row, self.column, self.height, self.width)

    @property
    def rectangle(self) -> Rectangle:
        """First row, first column, last row, last column."""
        return self.row, self.column, self.row + self.height - 1, self.column + self.width - 1

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return self.height * self.width

    @property
    def is_own(self) -> bool:
        """Whether it is one cell, and `formula` the text of that."""
        return self.cells == 1 and self.origin == (self.row, self.column)


@dataclass(slots=True)
class _Seen:
    """A cell with a formula.

    Attributes:
        column: its column.
        row: its row.
        base: the coordinates that it names.
        formula: its text.
        more: how many cells below it go on with its formula evenly.
    """

    column: int
    row: int
    base: Coordinates
    formula: str
    more: int = 0


@dataclass(slots=True)
class _Column:
    """The cell of a column that was scanned last, and what is known of the one below it.

    Attributes:
        skeleton: the formula of the cell without its references.
        seen: the cell.
        step: what its references gained on those of the cell above; None where that has another formula.
        below: the text of the cell below, where three cells in a line have told the step.
    """

    skeleton: str
    seen: _Seen
    step: Coordinates | None = None
    below: Below | None = None


class Joins(Protocol):
    """Whether columns `left` and `left + 1` of a sheet may be one array, whose first row is given."""

    def __call__(self, sheet: str, row: int, left: int, right: int, read: Collection[tuple[int, int]] = ()) -> bool:
        """`read`: the cells that all rows of `left` read."""


def find_regions(book: Book, joins: Joins) -> list[Region]:
    """The regions of all formula cells, by sheet, then in reading order.

    Args:
        book: the workbook.
        joins: asked before two columns of formulas become one region: headings may tell them apart.
    """
    scanner = Scanner()
    regions: list[Region] = []
    for title, sheet in book.sheets.items():
        groups: dict[tuple[str, bool], list[_Seen]] = defaultdict(list)
        arrays: dict[str, list[Region]] = defaultdict(list)
        found: list[Region] = []
        columns: dict[int, _Column] = {}
        for (row, column), cell in sheet.cells.items():
            formula = cell.formula
            if formula is None:
                continue
            over = columns.get(column)
            if (
                over is not None
                and (below := over.below) is not None
                and below.row == row < below.end
                and below.pattern % below.spelled == formula
                and cell.array is None
            ):
                below.go_on()
                over.seen.more += 1
                continue
            skeleton, base = scanner.scan(formula)
            if cell.array is not None and (size := extent(cell.array)) != (1, 1):
                whole = Region.of_one(title, (row, column), formula, base, array=True, size=size, whole=True)
                arrays[skeleton].append(whole)
                columns.pop(column, None)
            else:
                seen = _Seen(column, row, base, formula)
                groups[skeleton, cell.array is not None].append(seen)
                if cell.array is None:
                    columns[column] = _after(over, skeleton, seen)
        for wholes in arrays.values():
            found += _stacks(wholes, joins)
        for (skeleton, is_array), group in groups.items():
            found += _merge(_columns(title, skeleton, is_array, group), joins)
        regions += sorted(found, key=lambda r: (r.row, r.column))
    return regions


def _after(over: _Column | None, skeleton: str, seen: _Seen) -> _Column:
    """What a column comes to with one more cell that was scanned; `over` is what it was."""
    if over is None or over.skeleton != skeleton or over.seen.row + over.seen.more + 1 != seen.row or over.seen.more:
        return _Column(skeleton, seen)
    step = tuple(map(sub, seen.base, over.seen.base))
    return _Column(skeleton, seen, step, Below.of(seen.formula, seen.row, step) if step == over.step else None)


def _columns(sheet: str, skeleton: str, is_array: bool, seen: list[_Seen]) -> list[Region]:
    """Cells of one skeleton as runs down their columns; a million cells pass here, so it is spelled out."""
    seen.sort(key=attrgetter("column", "row"))
    found: list[Region] = []
    run: list[_Seen] = []
    last = 0
    step: Coordinates = ()
    expected: Coordinates = ()

    def close() -> None:
        height = last - run[0].row + 1
        is_run = height >= _EVIDENCE or (height > 1 and _is_fill(step, 0))
        for cell in run[:1] if is_run else run:
            zero = (0,) * len(cell.base)
            size, down = (height, step) if is_run else (1, zero)
            own = (cell.row, cell.column)
            place = (sheet, *own, size, 1)
            found.append(
                Region(*place, cell.formula, is_array, False, cell.base, down, zero, origin=own, skeleton=skeleton)
            )

    for cell in seen:
        if run and cell.column == run[-1].column and cell.row == last + 1:
            if len(run) > 1 and cell.base == expected:
                run.append(cell)
                last = cell.row + cell.more
                expected = _ahead(cell, step)
                continue
            gap = tuple(map(sub, cell.base, run[-1].base))
            if last == run[0].row + 1 and not _is_fill(step, 0):
                # Two alike by chance: the second may be the first of what follows.
                alone, *run = run
                place = (alone.row, alone.column)
                found.append(Region.of_one(sheet, place, alone.formula, alone.base, array=is_array, skeleton=skeleton))
            if len(run) == 1:
                run.append(cell)
                last = cell.row + cell.more
                step, expected = gap, _ahead(cell, gap)
                continue
        if run:
            close()
        run = [cell]
        last = cell.row
    if run:
        close()
    return found


def _ahead(cell: _Seen, step: Coordinates) -> Coordinates:
    """What the cell below a cell, and below those that go on with it, names if it goes on too."""
    if not cell.more:
        return tuple(map(add, cell.base, step))
    return tuple(base + (cell.more + 1) * gain for base, gain in zip(cell.base, step, strict=True))


def extent(area: str) -> tuple[int, int]:
    """The rows and columns of a range such as `B3:D9`."""
    top, left, bottom, right = rectangle(area)
    return bottom - top + 1, right - left + 1


def _merge(columns: list[Region], joins: Joins) -> list[Region]:
    """Runs down columns, joined across, then down again."""
    rows = _join_across(columns, joins)
    return _join_down(rows) if len(rows) < len(columns) else rows


def _join_down(regions: Iterable[Region]) -> list[Region]:
    def follows(last: Region, region: Region) -> bool:
        return (
            (region.column, region.width, region.row) == (last.column, last.width, last.row + last.height)
            and region.height == last.height == 1
            and region.across == last.across
        )

    ordered = sorted(regions, key=lambda r: (r.column, r.width, r.row))
    return _join(ordered, follows, 0, lambda run, step: replace(run[0], height=len(run), down=step))


def _join_across(regions: Iterable[Region], joins: Joins) -> list[Region]:
    def follows(last: Region, region: Region) -> bool:
        return (
            (region.row, region.height, region.column) == (last.row, last.height, last.column + last.width)
            and region.down == last.down
            and (region.height == 1 or joins(region.sheet, region.row, last.column, region.column, _read_by_all(last)))
        )

    ordered = sorted(regions, key=lambda r: (r.row, r.height, r.column))
    return _join(ordered, follows, 1, lambda run, step: replace(run[0], width=len(run), across=step))


def _read_by_all(region: Region) -> Collection[tuple[int, int]]:
    """The cells that a column's formula names by a row that does not move."""
    places = zip(region.base[::2], region.base[1::2], region.down[::2], strict=True)
    return {(row, column) for row, column, step in places if not step}


def _join(
    ordered: list[Region],
    follows: Callable[[Region, Region], bool],
    axis: int,
    joined: Callable[[list[Region], Coordinates], Region],
) -> list[Region]:
    """Runs of regions in a line, with one step from each to the next, as one region each."""
    found: list[Region] = []
    run: list[Region] = []
    step: Coordinates = ()

    def close() -> None:
        found.append(joined(run, step) if len(run) > 1 else run[0])

    for region in ordered:
        if run and follows(run[-1], region):
            gap = _difference(run[-1].base, region.base)
            if len(run) == 1 or gap == step:
                step = gap
                run.append(region)
                continue
            if len(run) < _EVIDENCE and not _is_fill(step, axis):
                # Two alike by chance: the second may be the first of what follows.
                found.append(run[0])
                run, step = [run[1], region], gap
                continue
        if run and len(run) < _EVIDENCE and len(run) > 1 and not _is_fill(step, axis):
            found += run
        elif run:
            close()
        run = [region]
    if run and 1 < len(run) < _EVIDENCE and not _is_fill(step, axis):
        found += run
    elif run:
        close()
    return found


def _difference(first: Coordinates, second: Coordinates) -> Coordinates:
    return tuple(b - a for a, b in zip(first, second, strict=True))


def _is_fill(step: Coordinates, axis: int) -> bool:
    along, other = step[axis::2], step[1 - axis :: 2]
    return all(value in (0, 1) for value in along) and not any(other)


def _stacks(wholes: list[Region], joins: Joins) -> list[Region]:
    """Array formulas of a row each that are one formula, row below row, as one region; the same of columns."""
    rows = _join_down(r for r in wholes if r.height == 1)
    columns = _join_across((r for r in wholes if r.width == 1), joins)
    return [
        *(r for r in wholes if r.height > 1 and r.width > 1),
        *(replace(r, stacked=0) if r.height > 1 else r for r in rows),
        *(replace(r, stacked=1) if r.width > 1 else r for r in columns),
    ]


def part(region: Region, area: Rectangle) -> Region:
    """The cells of a region in a part of its rectangle."""
    top, left, bottom, right = area
    i, j = top - region.row, left - region.column
    height, width = bottom - top + 1, right - left + 1
    base = tuple(b + i * d + j * a for b, d, a in zip(region.base, region.down, region.across, strict=True))
    zero = (0,) * len(region.base)
    down, across = region.down if height > 1 else zero, region.across if width > 1 else zero
    return replace(region, row=top, column=left, height=height, width=width, base=base, down=down, across=across)


def split(region: Region) -> list[Region]:
    """The region as regions of one cell each; a stack of array formulas as these."""
    if region.stacked is not None:
        return _unstacked(region)
    top, left, bottom, right = region.rectangle
    return [part(region, (i, j, i, j)) for i in range(top, bottom + 1) for j in range(left, right + 1)]


def _unstacked(region: Region) -> list[Region]:
    zero = (0,) * len(region.base)
    step, count = (region.across, region.width) if region.stacked else (region.down, region.height)
    found: list[Region] = []
    for k in range(count):
        base = tuple(b + k * s for b, s in zip(region.base, step, strict=True))
        one = replace(region, base=base, down=zero, across=zero, stacked=None)
        if region.stacked:
            found.append(replace(one, column=region.column + k, width=1))
        else:
            found.append(replace(one, row=region.row + k, height=1))
    return found


def within(cells: Mapping[tuple[int, int], object], area: Rectangle) -> list[tuple[int, int]]:
    """The filled cells, by row and column, that lie in a rectangle, which may be far larger."""
    top, left, bottom, right = area
    if cell_count(area) < len(cells):
        return [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1) if (r, c) in cells]
    return [(r, c) for r, c in cells if top <= r <= bottom and left <= c <= right]


def describe(region: Region) -> str:
    """The region as people name it: `Adam!H4:H32`."""
    return f"{region.sheet}!{region.address}"


def cell_name(sheet: str, row: int, column: int) -> str:
    """The cell as people name it: `Adam!H4`."""
    return f"{sheet}!{cell_address(row, column)}"
