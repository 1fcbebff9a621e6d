"""Sheets as people make them, drawn by chance: look-ups, criteria, texts, blanks and errors, runs in all directions.

What a formula is here, and what it shows, is told in `plain_excel`.
"""

import itertools
import random
from dataclasses import dataclass, field

from plain_excel import CODES, SIGNS, Formula, Place, Sheet


@dataclass
class Draft:
    """A sheet that is being drawn, its columns numbered from 1, or its rows where it is turned.

    Attributes:
        chance: what draws.
        rows: how long its columns are.
        sheet: what has been drawn.
        done: the columns that may be read.
        rising: those whose numbers rise.
    """

    chance: random.Random
    rows: int
    sheet: Sheet
    done: list[int] = field(default_factory=list)
    rising: list[int] = field(default_factory=list)

    def at(self, row: int, column: int) -> Place:
        """Where a row and a column are on the sheet."""
        return (column, row) if self.sheet.turned else (row, column)

    def cell(self, row: int, column: int) -> Formula:
        """The formula that reads one cell."""
        return ("cell", *self.at(row, column))

    def area(self, top: int, left: int, bottom: int, right: int) -> Formula:
        """The rectangle between two cells."""
        return ("range", *self.at(top, left), *self.at(bottom, right))

    def column(self, chance: random.Random) -> Formula:
        """A column that is done, to its last row or whole."""
        column = chance.choice(self.done)
        return ("line", column) if chance.random() < 0.2 else self.area(1, column, self.rows, column)


TEXTS = ("ab", "AB", "b", "10", "5", "x y", "abc")
NUMBERS = (0.0, 1.0, 2.0, 3.0, 5.0, -1.0, 2.5, 0.25, 10.0)


def draw_sheet(chance: random.Random) -> Sheet:
    """Inputs of some kind, and beside them columns of formulas that read what is done."""
    draft = Draft(chance, chance.randint(3, 7), Sheet(turned=chance.random() < 0.3))
    for column in range(1, chance.randint(2, 4) + 1):
        _draw_input(draft, column)
    for column in range(len(draft.done) + 1, len(draft.done) + chance.randint(3, 6)):
        (_draw_run if chance.random() < 0.4 else _draw_each)(draft, column)
        draft.done.append(column)
    return draft.sheet


def _draw_input(draft: Draft, column: int) -> None:
    chance = draft.chance
    kind = chance.choice(("mixed", "mixed", "numbers", "texts", "rising", "gaps"))
    for row in range(1, draft.rows + 1):
        value: Formula = chance.choice(NUMBERS)
        if kind == "rising":
            value = 2.0 * row - 1.0
        elif kind == "texts":
            value = chance.choice(TEXTS)
        elif kind == "gaps":
            value = chance.choice((None, None, value))
        elif kind == "mixed":
            value = chance.choice(
                (value, value, chance.choice(TEXTS), True, None, ("error", chance.choice(list(CODES))))
            )
        if value is not None:
            draft.sheet.cells[draft.at(row, column)] = value
    draft.done.append(column)
    if kind == "rising":
        draft.rising.append(column)


def _draw_each(draft: Draft, column: int) -> None:
    """One formula filled into each row, or now and then another in each."""
    seed, is_filled = draft.chance.getrandbits(32), draft.chance.random() < 0.8
    for row in range(1, draft.rows + 1):
        made = _Row(draft, random.Random(seed if is_filled else seed + row), row).formula(2)
        draft.sheet.cells[draft.at(row, column)] = made


def _draw_run(draft: Draft, column: int) -> None:
    """A column in which each cell reads the one before it, downwards or upwards."""
    chance = draft.chance
    order = list(range(1, draft.rows + 1))
    if chance.random() < 0.3:
        order.reverse()
    kind, source = chance.choice(("add", "carry", "best", "text", "caught", "half", "seen")), chance.choice(draft.done)
    start = chance.choice((None, 0.0, 10.0, "start", draft.cell(order[0], source)))
    if start is not None:
        draft.sheet.cells[draft.at(order[0], column)] = start
    for before, row in itertools.pairwise(order):
        previous, own = draft.cell(before, column), draft.cell(row, source)
        draft.sheet.cells[draft.at(row, column)] = {
            "add": ("+", previous, own),
            "carry": ("IF", ("=", own, ""), previous, own),
            "best": ("IF", (">", own, previous), own, previous),
            "text": ("&", previous, own),
            "caught": ("IFERROR", ("+", previous, own), 1.0),
            "half": ("+", ("*", previous, 0.5), own),
            "seen": ("COUNTIF", draft.area(min(order[0], row), source, max(order[0], row), source), own),
        }[kind]


@dataclass
class _Row:
    """A row for which a formula is drawn, over the columns that are done."""

    draft: Draft
    chance: random.Random
    row: int

    def formula(self, deep: int) -> Formula:
        """A formula with so many levels of formulas in it."""
        kinds = (
            self._choice, self._joined, self._cut, self._counted, self._summed, self._ranked, self._looked_up,
            self._found, self._total,
        )  # fmt: skip
        return self.chance.choice(kinds)(deep)

    def _cell(self) -> Formula:
        row = self.row if self.chance.random() < 0.7 else self.chance.randint(1, self.draft.rows)
        return self.draft.cell(row, self.chance.choice(self.draft.done))

    def _any(self, deep: int) -> Formula:
        if deep and self.chance.random() < 0.4:
            return self.formula(deep - 1)
        return self._cell() if self.chance.random() < 0.75 else self.chance.choice((*NUMBERS, *TEXTS))

    def _wanted(self) -> Formula:
        return self.chance.choice((">1", "<>2", "ab", "a*", "<=2.5", "<>ab", 5.0, True, self._cell(), ("&", ">", 2.0)))

    def _lines(self) -> tuple[Formula, Formula]:
        """Two columns that are done, both to the last row, or both whole."""
        one, other = self.chance.choice(self.draft.done), self.chance.choice(self.draft.done)
        if self.chance.random() < 0.2:
            return ("line", one), ("line", other)
        rows = self.draft.rows
        return self.draft.area(1, one, rows, one), self.draft.area(1, other, rows, other)

    def _choice(self, deep: int) -> Formula:
        condition = (self.chance.choice(list(SIGNS)), self._any(deep), self._any(deep))
        kind = self.chance.choice(("IF", "IF", "IFERROR", "AND", "OR", "alone"))
        if kind == "IF":
            return ("IF", condition, self._any(deep), self._any(deep))
        if kind == "IFERROR":
            return ("IFERROR", ("+", self._any(deep), self._any(deep)), self._any(deep))
        return condition if kind == "alone" else (kind, condition, ("ISNUMBER", self._any(deep)))

    def _joined(self, deep: int) -> Formula:
        kind = self.chance.choice(("+", "-", "*", "/", "&", "LEN", "LEFT"))
        if kind in ("+", "-", "*", "/", "&"):
            return (kind, self._any(deep), self._any(deep))
        return ("LEN", self._any(deep)) if kind == "LEN" else ("LEFT", self._any(deep), 1.0)

    def _cut(self, deep: int) -> Formula:
        one, other, kind = self._any(deep), self._any(deep), self.chance.randrange(8)
        return (
            ("MID", one, self.chance.choice((1.0, 2.0, other)), 1.0),
            ("FIND", self.chance.choice(("b", "a", other)), one),
            ("SUBSTITUTE", one, self.chance.choice(("b", "x y", "5")), other),
            ("ROUND", one, self.chance.choice((0.0, 1.0))),
            ("CHOOSE", one, other, self._any(deep)),
            ("N", self._cell()),
            ("IF", ("ISTEXT", one), other, one),
            ("IF", ("ISBLANK", self._cell()), one, other),
        )[kind]

    def _ranked(self, deep: int) -> Formula:
        one, other = (self._column() for _ in range(2))
        return self.chance.choice(
            (
                ("LARGE", one, self.chance.choice((1.0, 2.0, float(self.row), self._any(deep)))),
                ("SMALL", one, self.chance.choice((1.0, 2.0, float(self.row)))),
                ("COUNTBLANK", one),
                ("SUMPRODUCT", ("*", (self.chance.choice(("=", ">", "<=", "<>")), one, self._cell()), other)),
                (self.chance.choice(("MAXIFS", "MINIFS", "AVERAGEIFS")), one, other, self._wanted()),
            )
        )

    def _column(self) -> Formula:
        column = self.chance.choice(self.draft.done)
        return self.draft.area(1, column, self.draft.rows, column)

    def _counted(self, _: int) -> Formula:
        one, other = self._lines()
        return self.chance.choice((("COUNTIF", one, self._wanted()), ("COUNTIFS", one, self._wanted(), other, ">0")))

    def _summed(self, _: int) -> Formula:
        one, other = self._lines()
        kind = self.chance.choice(("SUMIF", "AVERAGEIF", "SUMIFS"))
        return (kind, other, one, self._wanted()) if kind == "SUMIFS" else (kind, one, self._wanted(), other)

    def _looked_up(self, deep: int) -> Formula:
        left, rows = self.chance.choice(self.draft.done), self.draft.rows
        place = self.chance.choice((1, 2)) if left + 1 in self.draft.done else 1
        name = "HLOOKUP" if self.draft.sheet.turned else "VLOOKUP"
        return (name, self._any(deep), self.draft.area(1, left, rows, left + place - 1), float(place), False)

    def _found(self, deep: int) -> Formula:
        one, other = self._lines()
        if self.draft.rising and self.chance.random() < 0.3:
            column = self.chance.choice(self.draft.rising)
            wanted = self.chance.choice((0.5, 3.0, 4.0, 100.0))
            return ("MATCH", wanted, self.draft.area(1, column, self.draft.rows, column), 1.0)
        return self.chance.choice(
            (
                ("IFERROR", ("MATCH", self._any(deep), one, 0.0), self._any(deep)),
                ("INDEX", other, ("MATCH", self._any(deep), one, 0.0)),
                ("XLOOKUP", self._any(deep), one, other, "none"),
            )
        )

    def _total(self, _: int) -> Formula:
        line, _other = self._lines()
        column = self.chance.choice(self.draft.done)
        so_far = self.draft.area(1, column, self.row, column)
        name = self.chance.choice(("SUM", "MAX", "MIN", "AVERAGE", "COUNT", "COUNTA"))
        return (name, self.chance.choice((line, so_far)))
