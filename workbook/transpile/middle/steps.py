"""The order of the cells of a recurrence: runs of cells of one formula, each reading only earlier cells."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product

from workbook.transpile.errors import UnsupportedError
from workbook.transpile.front.regions import cell_name
from workbook.transpile.front.tree import Ref, walk
from workbook.transpile.middle.variables import CellMap, Variable

Step = tuple[Variable, range, range]
"""A variable, and which rows and columns of it, from 0, in the order in which they are computed."""
_MOST_EDGES = 20_000_000
_FEW_RUNS = 2
"""So many rectangles are few enough."""
Cell = tuple[str, int, int]


class CircleError(UnsupportedError):
    """Cells that wait for each other, as far as their references tell: what a formula never reads counts as read."""


def steps(group: Sequence[Variable], cell_map: CellMap) -> list[Step]:
    """The cells of the group in an order in which each reads only what is computed already.

    Raises:
        CircleError: the cells go round in a circle.
        UnsupportedError: there are too many to put in order.
    """
    owner: dict[Cell, Variable] = {
        (v.sheet, v.row + i, v.column + j): v
        for v in group
        for i in range(v.height)
        for j in range(v.width)
        if v.mask is None or v.mask.holds(i, j)
    }
    waits: dict[Cell, int] = dict.fromkeys(owner, 0)
    feeds: dict[Cell, list[Cell]] = defaultdict(list)
    edges = 0
    for variable in group:
        refs = {node for node in walk(variable.tree) if isinstance(node, Ref)}
        for ref in refs:
            if not any(v in group for v in cell_map.within(ref.sheet, ref.hull(variable.height, variable.width))):
                continue
            for i in range(variable.height):
                for j in range(variable.width):
                    cell = (variable.sheet, variable.row + i, variable.column + j)
                    top, left, bottom, right = (
                        m.base + m.down * i + m.across * j for m in (ref.top, ref.left, ref.bottom, ref.right)
                    )
                    for r in range(top, bottom + 1):
                        for c in range(left, right + 1):
                            if (ref.sheet, r, c) in owner:
                                feeds[ref.sheet, r, c].append(cell)
                                waits[cell] += 1
                                edges += 1
                    if edges > _MOST_EDGES:
                        raise UnsupportedError("is part of a recurrence of too many cells")
    return _runs(owner, waits, feeds)


def _runs(owner: dict[Cell, Variable], waits: dict[Cell, int], feeds: dict[Cell, list[Cell]]) -> list[Step]:
    """Kahn's order, staying with one variable as long as it has cells that can be computed."""
    ready: dict[int, list[Cell]] = defaultdict(list)
    for cell, count in waits.items():
        if not count:
            ready[id(owner[cell])].append(cell)
    done: list[Step] = []
    count = 0
    while any(ready.values()):
        key = next(k for k, cells in ready.items() if cells)
        batch: list[Cell] = []
        while ready[key]:
            cells, ready[key] = sorted(ready[key]), []
            batch += cells
            for cell in cells:
                for after in feeds[cell]:
                    waits[after] -= 1
                    if not waits[after]:
                        ready[id(owner[after])].append(after)
        count += len(batch)
        done += _in_reading_order(owner[batch[0]], batch, feeds)
    if count < len(owner):
        stuck = sorted(cell for cell, left in waits.items() if left)
        circle = _circle(stuck, feeds)
        raise CircleError(f"goes round in a circle: {' → '.join(cell_name(*cell) for cell in circle)}")
    return done


def _in_reading_order(variable: Variable, batch: list[Cell], feeds: dict[Cell, list[Cell]]) -> list[Step]:
    """The cells row by row, from above or below, where that order will do and says it in fewer rectangles."""
    found = _rectangles(variable, batch)
    for down, across in product((1, -1), repeat=2):
        if len(found) <= _FEW_RUNS:
            break
        cells = sorted(batch, key=lambda cell: (down * cell[1], across * cell[2]))
        runs = _rectangles(variable, cells)
        if len(runs) < len(found):
            place = {cell: k for k, cell in enumerate(cells)}
            if all(place[cell] < place.get(after, len(cells)) for cell in cells for after in feeds[cell]):
                found = runs
    return found


def _circle(stuck: list[Cell], feeds: dict[Cell, list[Cell]]) -> list[Cell]:
    """Some cells that read each other in a circle, in the order of reading."""
    before: dict[Cell, Cell] = {}
    left = set(stuck)
    for cell in stuck:
        for after in feeds[cell]:
            if after in left:
                before[after] = cell
    seen: list[Cell] = [stuck[0]]
    while (previous := before[seen[-1]]) not in seen:
        seen.append(previous)
    circle = seen[seen.index(previous) :]
    return [*circle, circle[0]][:8]


def _rectangles(variable: Variable, cells: list[Cell]) -> list[Step]:
    """The cells, in their order, as few rectangles: whole rows, or runs along one row or column, either way."""
    found: list[tuple[range, range]] = []
    for _, row, column in cells:
        i, j = row - variable.row, column - variable.column
        last = found[-1] if found else None
        if last and len(last[0]) == 1 and last[0][0] == i and (longer := _longer(last[1], j)):
            found[-1] = last[0], longer
        elif last and len(last[1]) == 1 and last[1][0] == j and (longer := _longer(last[0], i)):
            found[-1] = longer, last[1]
        else:
            found.append((range(i, i + 1), range(j, j + 1)))
    merged: list[tuple[range, range]] = []
    for rows, columns in found:
        last = merged[-1] if merged else None
        if last and last[1] == columns and len(rows) == 1 and (longer := _longer(last[0], rows[0])):
            merged[-1] = longer, columns
        else:
            merged.append((rows, columns))
    return [(variable, rows, columns) for rows, columns in merged]


def _longer(run: range, place: int) -> range | None:
    """The run and the place after it, upwards or downwards; None where it does not go on there."""
    step = place - run[-1]
    if abs(step) != 1 or (len(run) > 1 and step != run.step):
        return None
    return range(run[0], place + step, step)
