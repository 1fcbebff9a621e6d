"""The constants that formulas read, as arrays."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from workbook.formula.grammar import Call
from workbook.formula.rectangle import Rectangle, cell_count, overlap
from workbook.transpile.front.regions import Joins, Region, within
from workbook.transpile.front.tree import Ref, walk
from workbook.transpile.middle.blocks import Blocks
from workbook.transpile.middle.kinds import kind_of, texts_in
from workbook.transpile.middle.variables import CellMap, Variable, features, hulls
from workbook.xlsx.read import Book, Value

_TALL = 3
_SUMS = frozenset(("SUM", "SUMPRODUCT"))
_MOST_AREAS = 1000
"""Of more areas a sheet is no table of a few columns."""
_WIDEST = 64
"""How many columns of an area are looked at for headings."""
_SPARSEST, _SPARSEST_TEXTS = 40, 4
"""How many cells of a range there may be for one that is filled: numbers among blanks are one array."""


def inputs_of(
    book: Book, formulas: list[Variable], cell_map: CellMap, joins: Joins, refused: list[Region]
) -> list[Variable]:
    """The constants that formulas read, as rectangles: what one reference reads is one array where it can be.

    Args:
        book: the workbook.
        formulas: the formulas.
        cell_map: which of them holds a cell.
        joins: whether headings let two columns be one array.
        refused: formula cells that stay as they were saved.
    """
    areas: dict[str, set[Rectangle]] = defaultdict(set)
    for variable in formulas:
        for sheet, area in hulls(variable):
            areas[sheet].add(area)
    windows = _windows(formulas)
    computed: dict[str, list[Variable]] = defaultdict(list)
    for variable in formulas:
        computed[variable.sheet].append(variable)
    found: list[Variable] = []
    blocks = Blocks(book)
    for sheet in book.sheets:
        cells = book.sheets[sheet].cells
        kept = {place for region in refused if region.sheet == sheet for place in within(cells, region.rectangle)}
        found += _stacked(
            _sheet_inputs(book, sheet, areas[sheet], computed[sheet], cell_map, joins, kept, windows[sheet]), blocks
        )
    return found


def _sheet_inputs(
    book: Book,
    sheet: str,
    areas: set[Rectangle],
    computed: list[Variable],
    cell_map: CellMap,
    joins: Joins,
    kept: set[tuple[int, int]],
    windows: Collection[Rectangle],
) -> list[Variable]:
    """The inputs of one sheet.

    Args:
        book: the workbook.
        sheet: the sheet.
        areas: what references read of it.
        computed: its formulas.
        cell_map: which formula holds a cell.
        joins: whether headings let two columns be one array.
        kept: formula cells that stay as they were saved.
        windows: of the areas those that are summed up alone, a part for each cell.
    """
    cells = book.sheets[sheet].cells
    covered = {
        (r, c)
        for v in computed
        if v.typed or (v.region is not None and v.region.array)
        for r in range(v.row, v.row + v.height)
        for c in range(v.column, v.column + v.width)
    }
    free = {
        place: cell.value
        for place, cell in cells.items()
        if (cell.formula is None or place in kept) and cell.value is not None and place not in covered
    }
    found: list[Variable] = []
    late = _with_headings(areas, free)
    for area in sorted(areas, key=lambda a: (a in late, -cell_count(a), a)):
        inside = within(free, area)
        if not inside:
            continue
        rows, columns = [r for r, _ in inside], [c for _, c in inside]
        box = (min(rows), min(columns), max(rows), max(columns))
        size = cell_count(box)
        is_clear = size == len(inside) or (
            not cell_map.within(sheet, box) and not any(overlap(box, v.rectangle) for v in found)
        )
        are_numbers = all(isinstance(free[place], float) for place in inside)
        most = (_SPARSEST if are_numbers else _SPARSEST_TEXTS) * len(inside) + 64
        is_one = is_clear and size <= most and (are_numbers or not _read_by_columns(box, inside, free, areas))
        boxes = [box] if is_one else _runs(sheet, inside, joins)
        if area in windows and not are_numbers and boxes == [box]:
            boxes = _numbers_and_others(free, inside) or boxes
        for top, left, bottom, right in boxes:
            values = [[free.pop((r, c), None) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
            every = [value for line in values for value in line]
            place = (sheet, top, left, bottom - top + 1, right - left + 1)
            gap = "" if "" in every else None
            found.append(Variable(*place, kind_of(every), values=values, seen=texts_in(every), gap=gap))
    return sorted(found, key=lambda v: (v.row, v.column))


def _with_headings(areas: set[Rectangle], free: Mapping[tuple[int, int], Value | None]) -> set[Rectangle]:
    """The areas that begin with headings, as whole columns do, where others read what stands below these by itself."""
    below: dict[int, list[Rectangle]] = defaultdict(list)
    for area in areas:
        below[area[0] - 1].append(area)
    return {
        (top, left, bottom, right)
        for top, left, bottom, right in areas
        if top < bottom
        and isinstance(free.get((top, left)), str)
        and all(isinstance(free.get((top, c), ""), str) for c in range(left, min(right, left + _WIDEST) + 1))
        and any(isinstance(free.get((top + 1, c)), float) for c in range(left, min(right, left + _WIDEST) + 1))
        and any(left <= other[1] and other[3] <= right and other[2] <= bottom for other in below[top])
    }


def _read_by_columns(
    box: Rectangle,
    inside: Sequence[tuple[int, int]],
    free: Mapping[tuple[int, int], Value | None],
    areas: Collection[Rectangle],
) -> bool:
    """Whether formulas read columns of numbers by themselves of a table that has texts in other columns."""
    top, left, bottom, right = box
    if left == right or bottom - top < _TALL or len(areas) > _MOST_AREAS:
        return False
    numbers = {c for _, c in inside} - {c for r, c in inside if not isinstance(free[r, c], float)}
    return any(
        area[1] >= left
        and area[2] - area[0] >= _TALL
        and overlap(area, box)
        and numbers.issuperset(range(area[1], min(area[3], right + 1) + 1))
        for area in areas
    )


def _windows(formulas: Sequence[Variable]) -> Mapping[str, set[Rectangle]]:
    """What arrays of formulas read in sums, a range that moves with the cell, and in nothing else: sheet → areas."""
    summed: set[tuple[str, Rectangle]] = set()
    others: set[tuple[str, Rectangle]] = set()
    for variable in formulas:
        size = (variable.height, variable.width)
        if size == (1, 1) or features(variable).words.isdisjoint(_SUMS):
            others.update(hulls(variable))
            continue
        sums = [n for n in walk(variable.tree) if isinstance(n, Call) and n.function in _SUMS]
        in_sums = {id(argument) for node in sums for argument in node.arguments}
        for node in walk(variable.tree):
            if isinstance(node, Ref):
                (summed if id(node) in in_sums else others).add((node.sheet, node.hull(*size)))
    found: dict[str, set[Rectangle]] = defaultdict(set)
    for sheet, area in summed - others:
        found[sheet].add(area)
    return found


def _numbers_and_others(
    free: Mapping[tuple[int, int], Value | None], inside: Sequence[tuple[int, int]]
) -> list[Rectangle]:
    """The rectangle that the numbers of some cells fill, and what else is there cell by cell; nothing where none is."""
    numbers = [place for place in inside if isinstance(free[place], float)]
    others = [place for place in inside if not isinstance(free[place], float)]
    if not numbers:
        return []
    rows, columns = [r for r, _ in numbers], [c for _, c in numbers]
    box = (min(rows), min(columns), max(rows), max(columns))
    is_filled = cell_count(box) == len(numbers)
    return [box, *((r, c, r, c) for r, c in others)] if is_filled else []


def _stacked(inputs: list[Variable], blocks: Blocks) -> list[Variable]:
    """The inputs, a first row that a formula reads apart joined to the rows below it, if these are no other block."""
    by_place = {(v.row, v.column, v.width): v for v in inputs}
    for head in inputs[::-1]:
        body = by_place.get((head.row + head.height, head.column, head.width))
        if body is None or head.height > 2 or body.height < _TALL or head.kind != body.kind:
            continue
        if blocks.name(head.sheet, head.rectangle) != blocks.name(body.sheet, body.rectangle):
            continue
        assert head.values is not None
        assert body.values is not None
        del by_place[body.row, body.column, body.width]
        seen = head.seen | body.seen if head.seen is not None and body.seen is not None else None
        joined = replace(head, values=head.values + body.values, height=head.height + body.height, seen=seen)
        by_place[head.row, head.column, head.width] = joined
    return list(by_place.values())


def _runs(sheet: str, places: Sequence[tuple[int, int]], joins: Joins) -> list[Rectangle]:
    """The places as rectangles: runs down each column, equal ones side by side joined."""
    columns: list[list[int]] = []
    for row, column in sorted(places, key=lambda place: (place[1], place[0])):
        if columns and columns[-1][1] == column and columns[-1][2] == row - 1:
            columns[-1][2] = row
        else:
            columns.append([row, column, row, column])
    boxes: list[list[int]] = []
    for run in sorted(columns, key=lambda r: (r[0], r[2], r[1])):
        last = boxes[-1] if boxes else None
        if (
            last
            and last[0] == run[0]
            and last[2] == run[2]
            and last[3] == run[1] - 1
            and joins(sheet, run[0], last[3], run[1])
        ):
            last[3] = run[1]
        else:
            boxes.append(run)
    return [(a, b, c, d) for a, b, c, d in boxes]
