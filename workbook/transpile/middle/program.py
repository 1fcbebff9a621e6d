"""A workbook as a program: its arrays (regions of formulas, and the inputs that these read), in an order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from workbook.formula.grammar import Binary, Call, ErrorValue
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.defined import Names
from workbook.transpile.front.formula import Evaluate
from workbook.transpile.front.functions import VOLATILE
from workbook.transpile.front.lower import Lowering
from workbook.transpile.front.pointwise import by_cells
from workbook.transpile.front.regions import Joins, Rectangle, Region, cell_name, split, within
from workbook.transpile.front.tree import AffineIndex, Function, Local, walk
from workbook.transpile.middle.blocks import Blocks
from workbook.transpile.middle.digits import COMPARISONS, Ordered, compare_at_15_digits
from workbook.transpile.middle.gaps import gap_word, with_sure_gaps
from workbook.transpile.middle.loops import changed, plan_loop
from workbook.transpile.middle.order import in_order, order, reads_itself
from workbook.transpile.middle.triangles import Triangles, with_triangles
from workbook.transpile.middle.variables import CellMap, Variable, hits, hulls, overlap
from workbook.xlsx.read import Book, CellError, Value

_TALL = 3
_MOST_TEXTS = 64
_MOST_UNROLLED = 400
_SPARSEST, _SPARSEST_TEXTS = 40, 4
"""How many cells of a range there may be for one that is filled: numbers among blanks are one array."""


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Variables that are computed together: one, or those of a recurrence, which is a loop where it can be."""

    variables: list[Variable]
    loop: Any = None
    original: list[Variable] = field(default_factory=list)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The titles of its sheets."""
        return tuple(dict.fromkeys(variable.sheet for variable in self.variables))

    @property
    def formulas(self) -> list[Variable]:
        """Its formulas as they were before it was a loop, those that the loop has absorbed among them."""
        return self.variables if self.loop is None else [*self.original, *self.loop.absorbed]


@dataclass(frozen=True, slots=True)
class Program:
    """All groups in an order in which each reads only earlier ones.

    Attributes:
        groups: the formulas.
        inputs: the cells that they read and that no formula computes.
        lambdas: the defined names that are functions.
        refused: what could not be taken in, and why.
        map: which variable holds a cell.
        volatile: the cells that depend on chance or on the clock.
        from_1904: whether dates count from 1904.
        iterations: how often cells are computed that go round in a circle; 0 where they are not to.
        settling: the cells that may be part of such a circle, and what depends on them: programs stop at other values.
    """

    groups: list["Group"]
    inputs: list[Variable]
    lambdas: Mapping[str, Function]
    refused: list[tuple[Region, str]]
    map: "CellMap"
    volatile: frozenset[str] = frozenset()
    from_1904: bool = False
    iterations: int = 0
    settling: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lowered:
    """A workbook's formulas as trees, before anything is known of what reads what.

    Attributes:
        regions: each region, the variables that it is, and the parts of it that could not be taken in, with the reason.
        lambdas: the defined names that are functions.
    """

    regions: tuple[tuple[Region, tuple[Variable, ...], tuple[tuple[Region, str], ...]], ...]
    lambdas: Mapping[str, Function]

    @property
    def formulas(self) -> list[Variable]:
        """All variables."""
        return [variable for _, variables, _ in self.regions for variable in variables]

    @property
    def refused(self) -> list[tuple[Region, str]]:
        """All that could not be taken in, and why."""
        return [why for _, _, reasons in self.regions for why in reasons]


def lowered(book: Book, regions: Sequence[Region], saved: Evaluate) -> Lowered:
    """The formulas of a workbook as trees.

    Args:
        book: the workbook, with the values that its formulas had.
        regions: its formula cells as regions.
        saved: what a part of a region's formula was in each of its cells when the workbook was saved.
    """
    lowering = Lowering(Names.of(book), saved)
    found: list[tuple[Region, tuple[Variable, ...], tuple[tuple[Region, str], ...]]] = []
    for region in regions:
        refused: list[tuple[Region, str]] = []
        found.append((region, tuple(_lowered(book, lowering, region, refused)), tuple(refused)))
    changed = with_sure_gaps(variable for _, variables, _ in found for variable in variables)
    called = [
        (region, tuple(_with_called([changed.get(id(v), v) for v in variables], lowering.lambdas)), reasons)
        for region, variables, reasons in found
    ]
    return Lowered(tuple(called), lowering.lambdas)


def make_program(
    book: Book,
    joins: Joins,
    trees: Lowered,
    sheets: Sequence[str] | None = None,
    *,
    unsure: frozenset[tuple[str, Rectangle]] = frozenset(),
    refuse: Mapping[tuple[str, Rectangle], str] | None = None,
) -> Program:
    """The program of a workbook.

    Args:
        book: the workbook, with the values that its formulas had.
        joins: see `workbook.transpile.front.regions.find_regions`.
        trees: its formulas.
        sheets: the sheets whose formulas are wanted, with all that these read; None for all.
        unsure: rectangles whose saved values tell nothing of what their formulas compute.
        refuse: rectangles that keep their saved values, and why.
    """
    refused: list[tuple[Region, str]] = []
    formulas: list[Variable] = []
    reasons, doubts = _Places(refuse or {}), _Places(unsure)
    for region, variables, unsupported in trees.regions:
        kept = reasons.first(region)
        if kept is not None and refuse is not None:
            refused.append((region, refuse[kept]))
        else:
            formulas += [_doubted(variable, doubts) for variable in variables]
            refused += unsupported
    if sheets is not None:
        formulas = _needed(formulas, set(sheets))
        refused = [(region, why) for region, why in refused if region.sheet in sheets]
    triangles = with_triangles(formulas, book)
    inputs = _inputs(book, triangles.formulas, joins, [region for region, _ in refused])
    cell_map = CellMap([*triangles.formulas, *inputs])

    ordered, cell_map = _in_pieces(order(triangles.formulas, cell_map), triangles, cell_map)
    ordered, cell_map = compare_at_15_digits(ordered, cell_map)
    volatile = _volatile(ordered, cell_map)
    groups, cell_map = _with_loops([Group(variables) for variables in ordered], cell_map)
    settling = frozenset(_settling(groups, cell_map)) if book.iterations else frozenset()
    rounds = book.iterations
    return Program(groups, inputs, trees.lambdas, refused, cell_map, volatile, book.from_1904, rounds, settling)


def _doubted(variable: Variable, doubts: "_Places") -> Variable:
    """The variable, of unknown kind where its saved values tell nothing."""
    if variable.region is None or doubts.first(variable.region) is None:
        return variable
    return replace(variable, kind="any", is_sure=False, seen=None)


def _in_pieces(ordered: Ordered, triangles: Triangles, cell_map: CellMap) -> tuple[Ordered, CellMap]:
    """The order, triangles that are part of a recurrence taken apart again: a loop runs along their columns."""
    knots = [v for group in ordered if len(group) > 1 or reads_itself(group[0]) for v in group]
    apart = {id(v): triangles.pieces[id(v)] for v in knots if id(v) in triangles.pieces}
    if not apart:
        return ordered, cell_map
    cell_map = cell_map.copy()
    for variable in knots:
        if id(variable) in apart:
            cell_map.replace([variable], apart[id(variable)])
    formulas = [piece for v in triangles.formulas for piece in apart.get(id(v), [v])]
    return _in_pieces(order(formulas, cell_map), replace(triangles, formulas=formulas), cell_map)


def _with_called(formulas: Sequence[Variable], lambdas: Mapping[str, Function]) -> Sequence[Variable]:
    """The formulas, each with the workbook's own functions that it calls, and those that these call."""
    if not lambdas:
        return formulas
    return [replace(v, called=called) if (called := _called(v.tree, lambdas)) else v for v in formulas]


def _called(tree: Any, lambdas: Mapping[str, Function]) -> tuple[Any, ...]:
    found: dict[str, Any] = {}
    queue = [tree]
    while queue:
        called = {n.name for n in walk(queue.pop()) if isinstance(n, Local) and n.name in lambdas}
        queue += [lambdas[name].body for name in sorted(called - found.keys())]
        found |= {name: lambdas[name].body for name in called}
    return tuple(found[name] for name in sorted(found))


def _unrolled(group: list[Variable], cell_map: CellMap) -> list[list[Variable]]:
    """A recurrence of a few steps without a circle, its columns of single cells taken apart; empty where that fails."""
    lines = [v for v in group if v.rank == 1 and v.region is not None and not v.region.whole]
    if sum(v.height * v.width for v in lines) > _MOST_UNROLLED or len(lines) == len(group):
        return []
    pieces = [piece for v in lines for piece in _apart(v)]
    kept = [v for v in group if all(v is not line for line in lines)]
    trial = CellMap([*kept, *pieces])
    ordered = order([*kept, *pieces], trial)
    if any(len(part) > 1 or reads_itself(part[0]) for part in ordered):
        return []
    cell_map.replace(lines, pieces)
    return ordered


def _apart(variable: Variable) -> list[Variable]:
    """Each cell of a variable as a variable."""
    found: list[Variable] = []
    for i in range(variable.height):
        for j in range(variable.width):
            tree = changed(variable.tree, partial(_at, i=i, j=j))
            place = (variable.row + i, variable.column + j)
            found.append(replace(variable, row=place[0], column=place[1], height=1, width=1, tree=tree))
    return found


def _at(moving: AffineIndex, *, i: int, j: int) -> AffineIndex:
    return AffineIndex(moving.base + i * moving.down + j * moving.across)


def _volatile(ordered: list[list[Variable]], cell_map: CellMap) -> frozenset[str]:
    """The cells that depend on a function whose value changes at every recalculation, directly or not."""

    def changes(group: list[Variable]) -> bool:
        return any(isinstance(node, Call) and node.function in VOLATILE for v in group for node in walk(v.tree))

    return _downstream(ordered, changes, cell_map)


def _settling(groups: list[Group], cell_map: CellMap) -> frozenset[str]:
    """The cells of knots that are no loops, and those that depend on them."""
    knots = {
        id(g.variables) for g in groups if g.loop is None and (len(g.variables) > 1 or reads_itself(g.variables[0]))
    }
    return _downstream([g.variables for g in groups], lambda variables: id(variables) in knots, cell_map)


def _downstream(
    ordered: list[list[Variable]], starts: Callable[[list[Variable]], bool], cell_map: CellMap
) -> frozenset[str]:
    """The cells of the groups that something starts at, and of all that depend on them."""
    marked: set[int] = set()
    for group in ordered:
        if starts(group) or (
            marked and any(id(r) in marked for v in group for place in hulls(v) for r in cell_map.within(*place))
        ):
            marked |= {id(v) for v in group}
    return frozenset(
        cell_name(v.sheet, v.row + i, v.column + j)
        for group in ordered
        for v in group
        if id(v) in marked
        for i in range(v.height)
        for j in range(v.width)
    )


def _with_loops(groups: list[Group], cell_map: CellMap) -> tuple[list[Group], CellMap]:
    """The groups, recurrences as loops where they are such, and all variables with the loops' among them.

    What a loop has absorbed is no group any more.
    """
    before = CellMap([v for group in groups for v in group.variables])
    is_knot = [len(g.variables) > 1 or reads_itself(g.variables[0]) for g in groups]
    free = {id(v) for group, knot in zip(groups, is_knot, strict=True) if not knot for v in group.variables}
    cell_map = cell_map.copy()
    made: list[Group] = []
    for group, knot in zip(groups, is_knot, strict=True):
        loop = plan_loop(group.variables, cell_map, free) if knot else None
        if loop is None:
            made.append(group)
            continue
        free -= {id(v) for v in loop.absorbed}
        tracks = [track.variable for track in loop.tracks]
        cell_map.replace([*group.variables, *loop.absorbed], tracks)
        made.append(Group(tracks, loop, group.variables))
    knots = {id(group.formulas[0]) for group, knot in zip(groups, is_knot, strict=True) if knot}
    ordered, cell_map = _ordered(made, before, cell_map)
    unrolled = [
        _unrolled(g.variables, cell_map) if g.loop is None and id(g.variables[0]) in knots else [] for g in ordered
    ]
    pieces = [[Group(piece) for piece in found] or [group] for group, found in zip(ordered, unrolled, strict=True)]
    return [piece for found in pieces for piece in found], cell_map


def _ordered(groups: list[Group], before: CellMap, cell_map: CellMap) -> tuple[list[Group], CellMap]:
    """The groups without what loops have absorbed, in an order; a loop that waits for what waits for it is none.

    Args:
        groups: the groups, some of them loops.
        before: the formulas as they were without loops.
        cell_map: the variables as they are.

    Returns:
        The groups, and the variables as they are then.
    """
    cell_map = cell_map.copy()
    while True:
        absorbed = {id(v) for group in groups if group.loop is not None for v in group.loop.absorbed}
        if not absorbed:
            return groups, cell_map
        left = [group for group in groups if group.loop is not None or id(group.variables[0]) not in absorbed]
        parts = [group.formulas for group in left]
        of_part = {id(part): group for part, group in zip(parts, left, strict=True)}
        ordered, waiting = in_order(parts, before)
        if not waiting:
            return [of_part[id(part)] for part in ordered], cell_map
        apart = [group for group in (of_part[id(part)] for part in waiting) if group.loop and group.loop.absorbed]
        for group in apart:
            cell_map.replace(group.variables, group.formulas)
        groups = [Group(group.original) if group in apart else group for group in groups]


class _Places:
    """Rectangles of sheets, among which those are found that a region meets."""

    def __init__(self, places: Iterable[tuple[str, Rectangle]]) -> None:
        self._by_sheet: dict[str, list[tuple[str, Rectangle]]] = defaultdict(list)
        for place in places:
            self._by_sheet[place[0]].append(place)
        self._edges = {
            sheet: np.array([area for _, area in found], dtype=np.int64) for sheet, found in self._by_sheet.items()
        }

    def first(self, region: Region) -> tuple[str, Rectangle] | None:
        """The first that a region meets; None where it meets none."""
        if region.sheet not in self._by_sheet:
            return None
        found = np.flatnonzero(hits(self._edges[region.sheet], region.rectangle))
        return self._by_sheet[region.sheet][int(found[0])] if len(found) else None


def _lowered(book: Book, lowering: Lowering, region: Region, refused: list[tuple[Region, str]]) -> list[Variable]:
    cells = book.sheets[region.sheet].cells
    try:
        tree = lowering.lower(region)
    except UnsupportedError as error:
        if any(cells[place].value != CellError("#NAME?") for place in within(cells, region.rectangle)):
            refused.append((region, str(error)))
            return []
        # Excel did not know the function either.
        tree = ErrorValue("#NAME?")
    except UnevenError:
        if region.cells == 1:
            refused.append((region, "names cells in a way that can't be read"))
            return []
        return [v for cell in split(region) for v in _lowered(book, lowering, cell, refused)]
    rows = range(region.row, region.row + region.height)
    columns = range(region.column, region.column + region.width)
    found = [cells[r, c].value if (r, c) in cells else None for r in rows for c in columns]
    if region.whole:
        of_cell = by_cells(tree, region, are_numbers=not any(isinstance(value, CellError) for value in found))
        if of_cell is not None:
            tree, region = of_cell, replace(region, whole=False, stacked=None)
        elif region.stacked is not None:
            return [v for array in split(region) for v in _lowered(book, lowering, array, refused)]
    place = (region.sheet, region.row, region.column, region.height, region.width)
    kind = kind_of(found)
    if kind == "num" and isinstance(tree, Binary) and tree.operator in COMPARISONS:
        # LibreOffice saves the booleans of an array as numbers.
        kind = "bool"
    gap = "" if "" in found else None
    if kind == "any" and (word := gap_word(tree, found)) is not None:
        kind, gap = "gaps", word
    return [Variable(*place, kind, tree, region, seen=_seen(found), gap=gap)]


def kind_of(values: Iterable[Value | None]) -> str:
    """What all the values are: `num`, `bool`, `text`, `gaps` (numbers and empty texts, or and blanks), or `any`."""
    found = list(values)
    kinds = {type(value) for value in found}
    if (
        len(found) > 1
        and kinds in ({float, str}, {float, type(None)})
        and all(not v for v in found if type(v) is not float)
    ):
        return "gaps"
    if len(kinds) != 1:
        return "any"
    return {float: "num", int: "num", bool: "bool", str: "text"}.get(kinds.pop(), "any")


def _seen(values: Sequence[Value | None]) -> frozenset[str] | None:
    texts = {value for value in values if isinstance(value, str)}
    return frozenset(texts) if len(texts) <= _MOST_TEXTS and all(isinstance(v, str) for v in values) else None


def _needed(formulas: list[Variable], wanted: set[str]) -> list[Variable]:
    """The formulas of the sheets wanted, and those that they read, in their order."""
    cell_map = CellMap(formulas)
    queue = [variable for variable in formulas if variable.sheet in wanted]
    kept = {id(variable) for variable in queue}
    while queue:
        variable = queue.pop()
        for sheet, area in hulls(variable):
            for read in cell_map.within(sheet, area):
                if id(read) not in kept:
                    kept.add(id(read))
                    queue.append(read)
    return [variable for variable in formulas if id(variable) in kept]


# Inputs


def _inputs(book: Book, formulas: list[Variable], joins: Joins, refused: list[Region]) -> list[Variable]:
    """The constants that formulas read, as rectangles: what one reference reads is one array where it can be."""
    areas: dict[str, set[Rectangle]] = defaultdict(set)
    for variable in formulas:
        for sheet, area in hulls(variable):
            areas[sheet].add(area)
    computed: dict[str, list[Variable]] = defaultdict(list)
    for variable in formulas:
        computed[variable.sheet].append(variable)
    found: list[Variable] = []
    blocks = Blocks(book)
    for sheet in book.sheets:
        cells = book.sheets[sheet].cells
        kept = {place for region in refused if region.sheet == sheet for place in within(cells, region.rectangle)}
        found += _stacked(_sheet_inputs(book, sheet, areas[sheet], computed[sheet], joins, kept), blocks)
    return found


def _sheet_inputs(
    book: Book,
    sheet: str,
    areas: set[Rectangle],
    computed: list[Variable],
    joins: Joins,
    kept: set[tuple[int, int]],
) -> list[Variable]:
    """The inputs of one sheet; `kept`: formula cells that stay as they were saved."""
    cells = book.sheets[sheet].cells
    covered = {
        (r, c)
        for v in computed
        if v.region is not None and v.region.array
        for r in range(v.row, v.row + v.height)
        for c in range(v.column, v.column + v.width)
    }
    free = {
        place: cell.value
        for place, cell in cells.items()
        if (cell.formula is None or place in kept) and cell.value is not None and place not in covered
    }
    formula_places = CellMap(computed)
    found: list[Variable] = []
    for area in sorted(areas, key=lambda a: (-(a[2] - a[0] + 1) * (a[3] - a[1] + 1), a)):
        inside = within(free, area)
        if not inside:
            continue
        rows, columns = [r for r, _ in inside], [c for _, c in inside]
        box = (min(rows), min(columns), max(rows), max(columns))
        size = (box[2] - box[0] + 1) * (box[3] - box[1] + 1)
        is_clear = size == len(inside) or (
            not formula_places.within(sheet, box) and not any(overlap(box, v.rectangle) for v in found)
        )
        are_numbers = all(isinstance(free[place], float) for place in inside)
        most = (_SPARSEST if are_numbers else _SPARSEST_TEXTS) * len(inside) + 64
        boxes = [box] if is_clear and size <= most else _runs(sheet, inside, joins)
        for top, left, bottom, right in boxes:
            values = [[free.pop((r, c), None) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
            every = [value for line in values for value in line]
            place = (sheet, top, left, bottom - top + 1, right - left + 1)
            gap = "" if "" in every else None
            found.append(Variable(*place, kind_of(every), values=values, seen=_seen(every), gap=gap))
    return sorted(found, key=lambda v: (v.row, v.column))


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


def is_error(value: Any) -> bool:
    """Whether a saved value is an error."""
    return isinstance(value, CellError)
