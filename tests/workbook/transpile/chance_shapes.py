"""More shapes of tables, drawn by chance: grids computed from a corner or in a spiral, subtotals, balances from below.

Formulas are those of `chance_tables`.
"""

import itertools
import random
from collections.abc import Callable

from chance_tables import Cells, Formula, Place


def draw_shape(chance: random.Random) -> Cells:
    """A table of one of the shapes, or the same with its rows as columns."""
    kinds: tuple[Callable[[random.Random], Cells], ...] = (
        *(grid, grid, subtotals, balances, spiral, shared_total, from_afar, panels),
    )
    cells = chance.choice(kinds)(chance)
    if chance.random() < 0.4:
        return {(column, row): turned(formula) for (row, column), formula in cells.items()}
    return cells


def turned(formula: Formula) -> Formula:
    """The formula with rows as columns."""
    match formula:
        case ("cell", row, column):
            return ("cell", column, row)
        case ("sum", top, left, bottom, right):
            return ("sum", left, top, right, bottom)
        case (name, *arguments):
            return (name, *map(turned, arguments))
    return formula


def _number(chance: random.Random) -> float:
    return float(chance.randint(1, 9)) / chance.choice((1.0, 1.0, 4.0))


def _step(kind: str, above: Formula, beside: Formula, across: Formula, cost: Formula) -> Formula:
    """What a cell of a grid makes of three neighbours, and of a cost."""
    return {
        "mean": ("/", ("+", above, ("+", beside, 1.0)), 2.0),
        "less": ("-", above, ("*", 0.5, beside)),
        "larger": ("if", (">", above, beside), ("+", above, 1.0), ("+", beside, 0.5)),
        "three": ("+", across, ("-", above, ("/", beside, 3.0))),
        "cheapest": ("+", cost, ("if", (">", above, beside), beside, above)),
    }[kind]


def grid(chance: random.Random) -> Cells:
    """A table whose cells read their neighbours on two sides, from any corner, as dynamic programs do."""
    height, width = chance.randint(2, 6), chance.randint(2, 6)
    rows, columns = range(2, height + 2), range(2, width + 2)
    down, across = chance.choice((-1, 1)), chance.choice((-1, 1))
    border = chance.choice(("blank", "input", "formula", "inside"))
    kind = chance.choice(("mean", "less", "larger", "three", "cheapest"))
    cells: Cells = {(1, width + 6): 3.0}
    for row in rows:
        for column in columns:
            is_edge = row + down not in rows and column + across not in columns
            cost = ("cell", row + height + 3, column)
            if kind == "cheapest":
                cells[cost[1], cost[2]] = _number(chance)
            around = (
                ("cell", row + down, column),
                ("cell", row, column + across),
                ("cell", row + down, column + across),
            )
            own = ("cell", 1, width + 6) if chance.random() < 0.1 else _number(chance)
            cells[row, column] = own if border == "inside" and is_edge else _step(kind, *around, cost)
    if border in ("input", "formula"):
        beyond = (rows[-1] + 1 if down > 0 else rows[0] - 1, columns[-1] + 1 if across > 0 else columns[0] - 1)
        for row, column in [*((beyond[0], c) for c in (*columns, beyond[1])), *((r, beyond[1]) for r in rows)]:
            of_formula = ("+", float(row), ("cell", 1, width + 6))
            cells[row, column] = _number(chance) if border == "input" else of_formula
    if chance.random() < 0.5:
        total = (2 * height + 7, 2)
        cells[total] = ("sum", 2, 2, height + 1, width + 1)
        cells[total[0], 3] = ("-", ("cell", 2, 2), ("cell", *total))
    return cells


def subtotals(chance: random.Random) -> Cells:
    """Rows with a subtotal after or before each few, shares of it and of all, a running balance through all."""
    size, groups, after = chance.randint(1, 4), chance.randint(1, 4), chance.random() < 0.7
    is_running, has_total = chance.random() < 0.5, chance.random() < 0.6
    first = chance.randint(1, 3)
    cells: Cells = {}
    total = (first + groups * (size + 1) + 1, 2)
    all_of_them: Formula = None
    for top in range(first, first + groups * (size + 1), size + 1):
        subtotal = top + size if after else top
        rows = [row for row in range(top, top + size + 1) if row != subtotal]
        for row in rows:
            cells[row, 1] = _number(chance)
            cells[row, 2] = (chance.choice("****+"), ("cell", row, 1), 2.0)
        area = (rows[0], 1, rows[-1], 1)
        cells[subtotal, 1] = ("sum", *area) if chance.random() < 0.7 else ("/", ("sum", *area), float(size))
        cells[subtotal, 2] = ("sum", rows[0], 2, rows[-1], 2)
        part = ("cell", subtotal, 2)
        all_of_them = part if all_of_them is None else ("+", all_of_them, part)
        for row in range(top, top + size + 1):
            cells[row, 3] = ("/", ("cell", row, 2), part)
            if has_total:
                cells[row, 4] = ("/", ("cell", row, 2), ("cell", *total))
            if is_running:
                own = ("cell", row, 1)
                cells[row, 5] = ("+", ("cell", row - 1, 5), own) if row > first else own
    if has_total:
        cells[total] = all_of_them
    return cells


def balances(chance: random.Random) -> Cells:
    """A balance that is carried upwards, what flows in and out of it, and what is known only below."""
    last = chance.randint(3, 9)
    cells: Cells = {(last, 4): chance.choice((50.0, ("sum", 1, 1, last - 1, 1)))}
    has_share, has_rest = chance.random() < 0.5, chance.random() < 0.5
    for row in range(1, last):
        below = ("cell", row + 1, 4)
        cells[row, 1] = _number(chance)
        cells[row, 2] = ("*", below, 0.1)
        cells[row, 3] = ("-", ("cell", row, 1), ("cell", row, 2))
        cells[row, 4] = ("-", below, ("cell", row, 3)) if chance.random() < 0.95 else below
        if has_share:
            cells[row, 5] = ("/", ("cell", row, 3), ("+", 1.0, ("*", ("cell", 1, 4), ("cell", 1, 4))))
        if has_rest:
            cells[row, 6] = ("sum", row, 3, last - 1, 3)
    return cells


def _winding(height: int, width: int) -> list[Place]:
    """The places of a rectangle on a way that winds from a corner to the middle."""
    left, way = {(row, column) for row in range(height) for column in range(width)}, list[Place]()
    at, step = (0, 0), (0, 1)
    while at in left:
        way.append(at)
        left.discard(at)
        if (at[0] + step[0], at[1] + step[1]) not in left:
            step = (step[1], -step[0])
        at = (at[0] + step[0], at[1] + step[1])
    return way


def spiral(chance: random.Random) -> Cells:
    """Each cell reads the one before it on a way that winds, inwards or outwards."""
    height, width = chance.randint(2, 5), chance.randint(2, 5)
    way = [(row + 2, column + 2) for row, column in _winding(height, width)]
    if chance.random() < 0.5:
        way.reverse()
    cells: Cells = {way[0]: _number(chance), (height + 4, 1): ("sum", 2, 2, height + 1, width + 1)}
    for before, place in itertools.pairwise(way):
        cells[place] = ("+", ("cell", *before), 1.0) if chance.random() < 0.8 else ("*", ("cell", *before), 0.5)
    return cells


def shared_total(chance: random.Random) -> Cells:
    """Two or three tables, each with shares of a total that they have in common, which stands anywhere."""
    size, count = chance.randint(1, 5), chance.randint(2, 3)
    tops = [3 + table * (size + 2) for table in range(count)]
    total = (chance.choice((1, tops[1] - 1, tops[-1] + size + 2)), 1)
    cells: Cells = {}
    of_all: Formula = None
    for table, top in enumerate(tops):
        follows = table > 0 and chance.random() < 0.5
        for row in range(top, top + size):
            cells[row, 2] = _number(chance)
            cells[row, 3] = ("*", ("cell", row, 2), table + 1.0)
            cells[row, 4] = ("/", ("cell", row, 3), ("cell", *total))
            share = ("cell", row, 4)
            cells[row, 5] = ("if", (">", share, 0.2), share, ("sum", top, 4, top + size - 1, 4))
            if follows:
                cells[row, 6] = ("+", ("cell", row - size - 2, 5), ("cell", row, 5))
        part = ("sum", top, 3, top + size - 1, 3)
        of_all = part if of_all is None else ("+", of_all, part)
    return cells | {total: of_all}


def from_afar(chance: random.Random) -> Cells:
    """A run that starts from a cell far below, and a column that reads the run from its end."""
    size = chance.randint(2, 6)
    away = chance.choice((size + 4, size + 9, 40))
    cells: Cells = {(away, 1): ("sum", 1, 1, size, 1), (away, 2): ("/", ("cell", away, 1), 7.0)}
    for row in range(1, size + 1):
        before = ("cell", row - 1, 2) if row > 1 else ("cell", away, 2)
        cells[row, 1] = _number(chance)
        cells[row, 2] = ("+", before, ("cell", row, 1)) if chance.random() < 0.9 else ("cell", away, 1)
        cells[row, 3] = ("-", ("cell", size + 1 - row, 2), ("cell", row, 1))
        cells[row, 4] = ("if", (">", ("cell", row, 3), ("cell", away, 1)), ("cell", row, 3), ("cell", away, 2))
    return cells | {(away + 1, 3): ("sum", 1, 3, size, 3)}


def panels(chance: random.Random) -> Cells:
    """Panels below each other, each from the one before, with cells that are their own."""
    height, width, count, gap = chance.randint(1, 3), chance.randint(1, 4), chance.randint(2, 4), chance.randint(0, 2)
    cells: Cells = {(1, 1): 0.5}
    pitch = height + gap + 1
    for panel in range(count):
        top = 3 + panel * pitch
        for column in range(2, width + 2):
            for row in range(top, top + height):
                before = ("cell", row - pitch, column)
                step = ("-", before, ("*", ("cell", 1, 1), ("cell", top - gap - 1, column)))
                cells[row, column] = (step if chance.random() < 0.93 else before) if panel else _number(chance)
            mean = ("/", ("sum", top, column, top + height - 1, column), float(height))
            cells[top + height, column] = mean if chance.random() < 0.9 else ("cell", top, column)
    return cells
