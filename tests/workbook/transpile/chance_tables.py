"""Tables as people make them, drawn by chance: columns from columns, totals anywhere, runs down and up.

A formula is a tuple: a number; a cell `("cell", row, column)`; `("sum", top, left, bottom, right)`; an operator with
two formulas; `("exp", formula)`, `("if", condition, formula, formula)`. `text_of` writes it as Excel does, `values`
computes it cell by cell, on demand, by recursion: nothing of `workbook.transpile` has a part in that.
"""

import math
import operator
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

Place = tuple[int, int]
Formula = Any
Cells = dict[Place, Formula]

_OPERATORS: Mapping[str, Callable[[float, float], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    ">": operator.gt,
}


def text_of(formula: Formula) -> str:
    """The formula as Excel writes it, without its `=`."""
    if isinstance(formula, float):
        return repr(int(formula)) if formula == int(formula) else repr(formula)
    match formula:
        case ("cell", row, column):
            return f"{get_column_letter(column)}{row}"
        case ("sum", top, left, bottom, right):
            return f"SUM({text_of(('cell', top, left))}:{text_of(('cell', bottom, right))})"
        case ("exp", power):
            return f"EXP({text_of(power)})"
        case ("if", condition, then, other):
            return f"IF({text_of(condition)},{text_of(then)},{text_of(other)})"
        case (sign, left, right):
            return f"({text_of(left)}{sign}{text_of(right)})"
    raise AssertionError(formula)


def values(cells: Cells) -> dict[Place, float]:
    """What each formula cell shows, each computed from the cells that it reads, these from theirs."""
    known: dict[Place, float] = {}

    def of(formula: Formula) -> Any:
        if isinstance(formula, float):
            return formula
        match formula:
            case ("cell", row, column):
                return cell((row, column))
            case ("sum", top, left, bottom, right):
                return math.fsum(cell((r, c)) for r in range(top, bottom + 1) for c in range(left, right + 1))
            case ("exp", power):
                return math.exp(of(power))
            case ("if", condition, then, other):
                return of(then) if of(condition) else of(other)
            case (sign, left, right):
                return _OPERATORS[sign](of(left), of(right))
        raise AssertionError(formula)

    def cell(place: Place) -> float:
        if place not in known:
            known[place] = of(cells.get(place, 0.0))
        return known[place]

    return {place: cell(place) for place, formula in cells.items() if not isinstance(formula, float)}


@dataclass
class Table:
    """A table that is being drawn: `rows` rows, which on the sheet run down, or across where it is `turned`.

    Attributes:
        chance: what draws.
        rows: how many rows it has.
        first: the number of its first row.
        turned: whether the sheet has its rows as columns.
        cells: what has been drawn.
        lines: the columns that are done.
        totals: the totals that are done.
    """

    chance: random.Random
    rows: int
    first: int
    turned: bool
    cells: Cells = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    totals: list[Place] = field(default_factory=list)

    def at(self, row: int, column: int) -> Place:
        """Where a row and a column of the table are on the sheet."""
        return (column, row) if self.turned else (row, column)

    def cell(self, row: int, column: int) -> Formula:
        """The formula that reads one cell."""
        return ("cell", *self.at(row, column))

    def area(self, top: int, left: int, bottom: int, right: int) -> Formula:
        """The formula that sums a rectangle."""
        return ("sum", *self.at(top, left), *self.at(bottom, right))

    @property
    def span(self) -> range:
        """The numbers of its rows."""
        return range(self.first, self.first + self.rows)


def draw_table(chance: random.Random) -> Cells:
    """One table: inputs, columns made of them, totals of columns and of rows, all in an order drawn by chance."""
    above, below, beside = chance.randint(0, 3), chance.randint(0, 3), chance.random() < 0.4
    table = Table(chance, rows=chance.randint(1, 6), first=above + chance.randint(1, 2), turned=chance.random() < 0.5)
    # Totals stand in rows of their own, where the rows above and below the table are; some with a row between.
    last = table.first + table.rows - 1
    gap = chance.randint(0, 1)
    kinds = ("sum", "short", "mean", "share", "twice")
    total_rows = [(r, chance.choice(kinds)) for r in range(table.first - above, table.first)]
    total_rows += [(last + gap + k, chance.choice(kinds)) for k in range(1, below + 1)]
    chance.shuffle(total_rows)
    columns = list(range(1, chance.randint(2, 7)))
    corner = (last + gap + below + 2, 1)
    table.cells[table.at(*corner)] = float(chance.randint(2, 9))
    order = columns if chance.random() < 0.6 else chance.sample(columns, len(columns))
    for column in order:
        _draw_column(table, column, corner)
        for row, kind in total_rows:
            if chance.random() < 0.85:
                _draw_total(table, row, column, kind, gap)
    if beside:
        width = len(columns)
        for row in table.span:
            table.cells[table.at(row, width + 1)] = table.area(row, 1, row, width)
        for row in table.span:
            total = table.cell(row, width + 1)
            table.cells[table.at(row, width + 2)] = ("/", table.cell(row, 1), ("+", 1.0, ("*", total, total)))
    return table.cells


def _draw_column(table: Table, column: int, corner: Place) -> None:
    """A column: inputs, or formulas of what is done."""
    chance, done = table.chance, table.lines
    kind = chance.choice(("input", "each", "each", "each", "each", "down", "up", "first", "last"))
    if not done or kind == "input":
        for row in table.span:
            table.cells[table.at(row, column)] = float(chance.randint(1, 9)) / chance.choice((1.0, 1.0, 4.0))
        table.lines.append(column)
        return
    make = _draw_formula(table, corner)
    start = _draw_formula(table, corner)
    step = chance.choice(("+", "-", "if"))
    order = list(table.span) if kind in ("each", "down", "first") else list(table.span)[::-1]
    for before, row in zip([None, *order], order, strict=False):
        own = make(row)
        if before is None and kind in ("down", "up", "first", "last"):
            own = start(row)
        elif before is not None and kind in ("down", "up"):
            previous = table.cell(before, column)
            own = ("if", (">", previous, own), own, ("+", previous, 1.0)) if step == "if" else (step, own, previous)
        table.cells[table.at(row, column)] = own
    table.lines.append(column)


def _draw_formula(table: Table, corner: Place) -> Callable[[int], Formula]:
    """A formula of a row, of the columns and totals that are done."""
    chance = table.chance
    one, other = chance.choice(table.lines), chance.choice(table.lines)
    fixed = ("cell", *chance.choice(table.totals)) if table.totals and chance.random() < 0.8 else table.cell(*corner)
    kind = chance.choice(("copy", "share", "share", "less", "times", "exp", "both", "shift", "if"))
    shift = chance.choice((-1, 1))

    def make(row: int) -> Formula:
        cell = table.cell(row, one)
        match kind:
            case "copy":
                return cell
            case "share":
                return ("/", cell, ("+", 1.0, ("*", fixed, fixed)))
            case "less":
                return ("-", cell, fixed)
            case "times":
                return ("*", cell, 2.0)
            case "exp":
                return ("exp", ("/", cell, ("+", 1.0, ("*", cell, cell))))
            case "both":
                return ("+", cell, ("*", 0.5, table.cell(row, other)))
            case "shift":
                return ("+", cell, table.cell(row + shift, one) if row + shift in table.span else 0.0)
        return ("if", (">", cell, fixed), table.cell(row, other), 1.0)

    return make


def _draw_total(table: Table, row: int, column: int, kind: str, gap: int) -> None:
    """A total of a column that is done, in one of the rows for totals."""
    top, bottom = table.span[0], table.span[-1]
    of_all = table.area(top, column, bottom + (gap if table.chance.random() < 0.5 else 0), column)
    before = [p for p in table.totals if p[0 if table.turned else 1] == column]
    formula: Formula = of_all
    if kind == "short":
        formula = table.cell(top, column)
        for other in table.span[1:]:
            formula = ("+", formula, table.cell(other, column))
        formula = ("*", formula, 2.0) if table.rows == 1 else formula
    elif kind == "mean":
        formula = ("/", of_all, float(table.rows))
    elif kind == "share" and before:
        formula = ("/", ("cell", *before[-1]), 2.0)
    elif kind == "twice" and before:
        formula = ("+", ("cell", *before[0]), of_all)
    place = table.at(row, column)
    table.cells[place] = formula
    table.totals.append(place)
