"""Cells → regions: rectangles of cells that hold one formula, its references moving evenly from cell to cell.

A fill moves a reference by a row a row and a column a column, or not at all: that is equality in R1C1 form. A region
may also turn its references (along a row it reads down a column) or stride over them; three cells in a line are
needed to tell that from chance.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import add, sub

from workbook.formula.address import cell_address, cell_position, range_address
from workbook.transpile.front.scan import Coordinates, Scanner
from workbook.xlsx.read import Book

_FILL_STEPS = ((0, 1), (0,))
_EVIDENCE = 3
MOST_ARRAY_CELLS = 4_000_000
"""What one array formula may fill: some columns, but not a whole sheet of seventeen thousand million cells."""


Rectangle = tuple[int, int, int, int]
"""First row, first column, last row, last column."""


@dataclass(frozen=True, slots=True)
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


_Seen = tuple[int, int, Coordinates, str]
"""A cell with a formula: its column, its row, the coordinates that it names, its text."""
Joins = Callable[[str, int, int, int], bool]
"""Whether columns `left` and `left + 1` of a sheet may be one region, whose first row is given."""


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
        for (row, column), cell in sheet.cells.items():
            if cell.formula is None:
                continue
            skeleton, base = scanner.scan(cell.formula)
            if cell.array is not None and (size := extent(cell.array)) != (1, 1):
                zero = (0,) * len(base)
                whole = Region(title, row, column, *size, cell.formula, True, True, base, zero, zero)
                arrays[skeleton].append(whole)
            else:
                groups[skeleton, cell.array is not None].append((column, row, base, cell.formula))
        for wholes in arrays.values():
            found += _stacks(wholes, joins)
        for (_, is_array), seen in groups.items():
            found += _merge(_columns(title, is_array, seen), joins)
        regions += sorted(found, key=lambda r: (r.row, r.column))
    return regions


def _columns(sheet: str, is_array: bool, seen: list[_Seen]) -> list[Region]:
    """Cells of one skeleton as runs down their columns; a million cells pass here, so it is spelled out."""
    seen.sort()
    found: list[Region] = []
    run: list[_Seen] = []
    step: Coordinates = ()
    expected: Coordinates = ()

    def close() -> None:
        is_run = len(run) >= _EVIDENCE or (len(run) > 1 and _is_fill(step, 0))
        for column, row, base, formula in run[:1] if is_run else run:
            zero = (0,) * len(base)
            height, down = (len(run), step) if is_run else (1, zero)
            found.append(Region(sheet, row, column, height, 1, formula, is_array, False, base, down, zero))

    for cell in seen:
        if run and cell[0] == run[-1][0] and cell[1] == run[-1][1] + 1:
            if len(run) > 1 and cell[2] == expected:
                run.append(cell)
                expected = tuple(map(add, expected, step))
                continue
            gap = tuple(map(sub, cell[2], run[-1][2]))
            if len(run) == 2 and not _is_fill(step, 0):
                # Two alike by chance: the second may be the first of what follows.
                first, run = run, run[1:]
                found.append(_alone(sheet, is_array, first[0]))
            if len(run) == 1:
                run.append(cell)
                step, expected = gap, tuple(map(add, cell[2], gap))
                continue
        if run:
            close()
        run = [cell]
    if run:
        close()
    return found


def _alone(sheet: str, is_array: bool, seen: _Seen) -> Region:
    column, row, base, formula = seen
    zero = (0,) * len(base)
    return Region(sheet, row, column, 1, 1, formula, is_array, False, base, zero, zero)


def rectangle(area: str) -> Rectangle:
    """The first and last row and column of a range such as `B3:D9`, in the order of `Rectangle`."""
    corners = [cell_position(corner) for corner in area.split(":")]
    return (*corners[0], *corners[-1])


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
            and (region.height == 1 or joins(region.sheet, region.row, last.column, region.column))
        )

    ordered = sorted(regions, key=lambda r: (r.row, r.height, r.column))
    return _join(ordered, follows, 1, lambda run, step: replace(run[0], width=len(run), across=step))


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


def split(region: Region) -> list[Region]:
    """The region as regions of one cell each; a stack of array formulas as these."""
    if region.stacked is not None:
        return _unstacked(region)
    found: list[Region] = []
    zero = (0,) * len(region.base)
    for i in range(region.height):
        for j in range(region.width):
            base = tuple(b + i * d + j * a for b, d, a in zip(region.base, region.down, region.across, strict=True))
            found.append(
                replace(
                    region,
                    row=region.row + i,
                    column=region.column + j,
                    height=1,
                    width=1,
                    base=base,
                    down=zero,
                    across=zero,
                )
            )
    return found


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
    if (bottom - top + 1) * (right - left + 1) < len(cells):
        return [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1) if (r, c) in cells]
    return [(r, c) for r, c in cells if top <= r <= bottom and left <= c <= right]


def describe(region: Region) -> str:
    """The region as people name it: `Adam!H4:H32`."""
    return f"{region.sheet}!{region.address}"


def cell_name(sheet: str, row: int, column: int) -> str:
    """The cell as people name it: `Adam!H4`."""
    return f"{sheet}!{cell_address(row, column)}"
