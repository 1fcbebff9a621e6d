"""A workbook as a program: its arrays (regions of formulas, and the inputs that these read), in an order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from workbook.formula.rectangle import Rectangle
from workbook.records import record
from workbook.transpile.front.functions import VOLATILE
from workbook.transpile.front.regions import Joins, Region, cell_name
from workbook.transpile.front.tree import AffineIndex, Function
from workbook.transpile.middle.digits import Ordered, compare_at_15_digits
from workbook.transpile.middle.inputs import inputs_of
from workbook.transpile.middle.loops import changed, plan_loop
from workbook.transpile.middle.lowered import Lowered
from workbook.transpile.middle.order import in_order, order, reads_itself
from workbook.transpile.middle.rows import rows_before
from workbook.transpile.middle.triangles import Triangles, goes_down_rows, with_triangles
from workbook.transpile.middle.variables import CellMap, Variable, features, hits, hulls
from workbook.xlsx.read import Book

_MOST_UNROLLED = 400


@record(eq=False)
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
    cell_map = CellMap(triangles.formulas)
    inputs = inputs_of(book, triangles.formulas, cell_map, joins, [region for region, _ in refused])
    for variable in inputs:
        cell_map.add(variable)
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
    """The order, triangles that are part of a recurrence taken apart again: a loop runs along their columns.

    One that only reads itself, as Pascal's does, stays whole where its columns would be recurrences as well.
    """
    if not triangles.pieces:
        return ordered, cell_map
    knots = [
        v
        for group in ordered
        if len(group) > 1 or (reads_itself(group[0]) and not goes_down_rows(group[0]))
        for v in group
    ]
    apart = {id(v): triangles.pieces[id(v)] for v in knots if id(v) in triangles.pieces}
    if not apart:
        return ordered, cell_map
    cell_map = cell_map.copy()
    for variable in knots:
        if id(variable) in apart:
            cell_map.replace([variable], apart[id(variable)])
    formulas = [piece for v in triangles.formulas for piece in apart.get(id(v), [v])]
    return _in_pieces(order(formulas, cell_map), replace(triangles, formulas=formulas), cell_map)


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
        return any(not features(v).words.isdisjoint(VOLATILE) for v in group)

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
    is_knot = [len(g.variables) > 1 or reads_itself(g.variables[0]) for g in groups]
    if not any(is_knot):
        return groups, cell_map
    before = CellMap([v for group in groups for v in group.variables])
    free = {id(v) for group, knot in zip(groups, is_knot, strict=True) if not knot for v in group.variables}
    cell_map = cell_map.copy()
    made: list[Group] = []
    for group, knot in zip(groups, is_knot, strict=True):
        is_loop = knot and group.variables[0].mask is None and rows_before(group.variables, cell_map) is None
        loop = plan_loop(group.variables, cell_map, free) if is_loop else None
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
