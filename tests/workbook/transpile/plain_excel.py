"""A plain evaluation of formulas, cell by cell on demand, after Excel's documentation.

A formula is a tuple: `("cell", row, column)`; `("range", top, left, bottom, right)`; `("line", number)`, a whole
column, or where the sheet is turned a whole row; `("error", code)`; an operator with two formulas; or
`(name, formula, …)`, a function. Anything else stands for itself. Nothing of `workbook.transpile` has a part in this.
"""

import fnmatch
import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

Place = tuple[int, int]
Formula = Any
Value = float | str | bool | None
SIGNS = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_BLANKS: dict[type, Value] = {float: 0.0, str: "", bool: False, type(None): 0.0}
LINES = (1_048_576, 16_384)
"""How long a column is, and a row."""
CODES = {"#N/A": "NA()", "#DIV/0!": "1/0"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class FormulaError(Exception):
    """An error value."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Sheet:
    """A sheet: its cells by row and column, and whether its runs go across, so that whole lines are rows."""

    cells: dict[Place, Formula] = field(default_factory=dict)
    turned: bool = False

    def text_of(self, formula: Formula) -> str:
        """The formula as Excel writes it, without its `=`."""
        match formula:
            case bool():
                return "TRUE" if formula else "FALSE"
            case float():
                return repr(int(formula)) if formula == int(formula) else repr(formula)
            case str():
                return f'"{formula}"'
            case ("cell", row, column):
                return f"{get_column_letter(column)}{row}"
            case ("range", top, left, bottom, right):
                return f"{self.text_of(('cell', top, left))}:{self.text_of(('cell', bottom, right))}"
            case ("line", number):
                line = str(number) if self.turned else get_column_letter(number)
                return f"{line}:{line}"
            case ("error", code):
                return CODES[code]
            case (("+" | "-" | "*" | "/" | "&" | "=" | "<>" | "<" | ">" | "<=" | ">=") as sign, left, right):
                return f"({self.text_of(left)}{sign}{self.text_of(right)})"
            case (name, *arguments):
                prefix = "_xlfn." if name in ("XLOOKUP", "MAXIFS", "MINIFS") else ""
                return f"{prefix}{name}({','.join(map(self.text_of, arguments))})"
        raise AssertionError(formula)

    def values(self) -> dict[Place, Value | FormulaError]:
        """What each formula cell shows."""
        found = _Evaluation(self)
        shown: dict[Place, Value | FormulaError] = {}
        for place in (place for place, formula in self.cells.items() if isinstance(formula, tuple)):
            try:
                shown[place] = found.cell(place)
            except FormulaError as error:
                shown[place] = error
        return shown


class _Evaluation:
    """The cells of a sheet that are known so far."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._known: dict[Place, Value | FormulaError] = {}

    def cell(self, place: Place) -> Value:
        if place not in self._known:
            try:
                formula = self._sheet.cells.get(place)
                value = self.of(formula)
                # A formula that gives a blank cell shows 0.
                self._known[place] = 0.0 if value is None and formula is not None else value
            except FormulaError as error:
                self._known[place] = error
        known = self._known[place]
        if isinstance(known, FormulaError):
            raise known
        return known

    def of(self, formula: Formula) -> Value:
        """The value of a formula."""
        if not isinstance(formula, tuple):
            return formula  # type: ignore[no-any-return]
        match formula:
            case ("cell", row, column):
                return self.cell((row, column))
            case ("error", code):
                raise FormulaError(code)
            case ("IF", condition, then, other):
                return self.of(then if self.of(condition) else other)
            case ("IFERROR", value, other):
                try:
                    return self.of(value)
                except FormulaError:
                    return self.of(other)
            case ("&", left, right):
                return text(self.of(left)) + text(self.of(right))
            case (("+" | "-" | "*" | "/") as sign, left, right):
                # From left to right: what is no number ends it before the other side is looked at.
                return arithmetic(sign, number(self.of(left)), number(self.of(right)))
            case (sign, left, right) if sign in SIGNS:
                return compared(sign, self.of(left), self.of(right))
        name, *arguments = formula
        made: Callable[..., Value] = getattr(self, name.lower() + "_")
        return made(*arguments)

    def places(self, formula: Formula) -> Iterator[Place]:
        """The places of a range; of a whole line those that are filled, and those between."""
        match formula:
            case ("cell", row, column):
                yield row, column
            case ("range", top, left, bottom, right):
                yield from ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
            case ("line", line):
                last = max(place[self._sheet.turned] for place in self._sheet.cells)
                yield from ((line, k) if self._sheet.turned else (k, line) for k in range(1, last + 1))

    def tried(self, formula: Formula) -> list[Value | FormulaError]:
        """All values of a range, errors among them."""
        found: list[Value | FormulaError] = []
        for place in self.places(formula):
            try:
                found.append(self.cell(place))
            except FormulaError as error:
                found.append(error)
        return found

    def numbers(self, *ranges: Formula) -> list[float]:
        """The numbers of ranges; an error among them ends it."""
        cells = [value for formula in ranges for value in map(self.cell, self.places(formula))]
        return [value for value in cells if type(value) is float]

    def sum_(self, *ranges: Formula) -> Value:
        return math.fsum(self.numbers(*ranges))

    def max_(self, *ranges: Formula) -> Value:
        return max(self.numbers(*ranges), default=0.0)

    def min_(self, *ranges: Formula) -> Value:
        return min(self.numbers(*ranges), default=0.0)

    def average_(self, *ranges: Formula) -> Value:
        return mean(self.numbers(*ranges))

    def count_(self, formula: Formula) -> Value:
        return float(sum(type(value) is float for value in self.tried(formula)))

    def counta_(self, formula: Formula) -> Value:
        return float(sum(value is not None for value in self.tried(formula)))

    def and_(self, *conditions: Formula) -> Value:
        # All are computed: an error in any is the result.
        found = [self.of(condition) for condition in conditions]
        return all(found)

    def or_(self, *conditions: Formula) -> Value:
        found = [self.of(condition) for condition in conditions]
        return any(found)

    def len_(self, formula: Formula) -> Value:
        return float(len(text(self.of(formula))))

    def left_(self, formula: Formula, count: float) -> Value:
        return text(self.of(formula))[: int(count)]

    def mid_(self, formula: Formula, start: Formula, count: Formula) -> Value:
        whole, first, size = text(self.of(formula)), int(number(self.of(start))), int(number(self.of(count)))
        if first < 1 or size < 0:
            raise FormulaError("#VALUE!")
        return whole[first - 1 : first - 1 + size]

    def find_(self, wanted: Formula, formula: Formula) -> Value:
        part, whole = text(self.of(wanted)), text(self.of(formula))
        if part not in whole:
            raise FormulaError("#VALUE!")
        return float(whole.index(part) + 1)

    def substitute_(self, formula: Formula, old: Formula, new: Formula) -> Value:
        whole, part, other = (text(self.of(each)) for each in (formula, old, new))
        return whole.replace(part, other) if part else whole

    def round_(self, formula: Formula, digits: float) -> Value:
        value, scale = number(self.of(formula)), 10**digits
        return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value)

    def choose_(self, place: Formula, *values: Formula) -> Value:
        at = int(number(self.of(place)))
        if not 1 <= at <= len(values):
            raise FormulaError("#VALUE!")
        return self.of(values[at - 1])

    def n_(self, formula: Formula) -> Value:
        value = self.of(formula)
        return 0.0 if isinstance(value, str) else float(value or 0.0)

    def istext_(self, formula: Formula) -> Value:
        try:
            return isinstance(self.of(formula), str)
        except FormulaError:
            return False

    def isblank_(self, formula: Formula) -> Value:
        return self.tried(formula) == [None]

    def countblank_(self, formula: Formula) -> Value:
        return float(sum(value in (None, "") for value in self.tried(formula) if not isinstance(value, FormulaError)))

    def large_(self, formula: Formula, rank: Formula, *, falls: bool = True) -> Value:
        found, place = sorted(self.numbers(formula), reverse=falls), int(number(self.of(rank)))
        if not 1 <= place <= len(found):
            raise FormulaError("#NUM!")
        return found[place - 1]

    def small_(self, formula: Formula, rank: Formula) -> Value:
        return self.large_(formula, rank, falls=False)

    def sumproduct_(self, formula: Formula) -> Value:
        """A sum of products of a condition and a range, element by element; the first error ends it."""
        _, (sign, tested, wanted), factors = formula
        total = 0.0
        for one, other in zip(self.places(tested), self.places(factors), strict=True):
            condition = compared(sign, self.cell(one), self.of(wanted))
            total += condition * number(self.cell(other))
        return total

    def isnumber_(self, formula: Formula) -> Value:
        try:
            return type(self.of(formula)) is float
        except FormulaError:
            return False

    def met(self, *pairs: Formula) -> list[bool]:
        """For each place of ranges whether all criteria are met there."""
        columns = [self.tried(formula) for formula in pairs[::2]]
        tests = [self.criterion(formula) for formula in pairs[1::2]]
        return [
            all(test(value) for test, value in zip(tests, line, strict=True)) for line in zip(*columns, strict=True)
        ]

    def criterion(self, formula: Formula) -> Callable[[Value | FormulaError], bool]:
        """The test that a criterion stands for."""
        try:
            wanted = self.of(formula)
        except FormulaError as error:
            code = error.code
            return lambda value: isinstance(value, FormulaError) and value.code == code
        if isinstance(wanted, bool):
            return lambda value: value is wanted
        # A blank criterion is 0.
        sign, operand = "=", text(0.0 if wanted is None else wanted)
        if isinstance(wanted, str) and (found := re.match("(<=|>=|<>|<|>|=)(.*)", wanted)):
            sign, operand = found[1], found[2]
        if _NUMBER.fullmatch(operand):
            return _numeric_test(sign, float(operand))
        return lambda value: (isinstance(value, str) and like(value, operand)) == (sign == "=")

    def countif_(self, *pairs: Formula) -> Value:
        count = sum(self.met(*pairs))
        if pairs[0][0] == "line" and all(self.criterion(wanted)(None) for wanted in pairs[1::2]):
            # The blank cells after the last that is filled count too.
            count += LINES[self._sheet.turned] - len(list(self.places(pairs[0])))
        return float(count)

    countifs_ = countif_

    def _chosen(self, totals: Formula, *pairs: Formula) -> list[float]:
        chosen: list[float] = []
        for place, is_met in zip(self.places(totals), self.met(*pairs), strict=True):
            if is_met and type(value := self.cell(place)) is float:
                chosen.append(value)
        return chosen

    def sumif_(self, tested: Formula, wanted: Formula, totals: Formula) -> Value:
        return math.fsum(self._chosen(totals, tested, wanted))

    def sumifs_(self, totals: Formula, *pairs: Formula) -> Value:
        return math.fsum(self._chosen(totals, *pairs))

    def maxifs_(self, totals: Formula, *pairs: Formula) -> Value:
        return max(self._chosen(totals, *pairs), default=0.0)

    def minifs_(self, totals: Formula, *pairs: Formula) -> Value:
        return min(self._chosen(totals, *pairs), default=0.0)

    def averageifs_(self, totals: Formula, *pairs: Formula) -> Value:
        return mean(self._chosen(totals, *pairs))

    def averageif_(self, tested: Formula, wanted: Formula, totals: Formula) -> Value:
        return mean(self._chosen(totals, tested, wanted))

    def match_(self, wanted: Formula, line: Formula, mode: float) -> Value:
        value = self.of(wanted)
        value = 0.0 if value is None else value
        place = 0
        for k, other in enumerate(self.tried(line), 1):
            if type(other) is not type(value):
                continue
            if mode == 0 and (like(other, value) if isinstance(value, str) else other == value):
                return float(k)
            # Of a rising line, the last that is not larger.
            if mode == 1 and compared("<=", other, value):
                place = k
        if not place:
            raise FormulaError("#N/A")
        return float(place)

    def _blank_in(self, line: Formula) -> Value:
        values = self.tried(line)
        if None not in values:
            raise FormulaError("#N/A")
        return float(values.index(None) + 1)

    def index_(self, line: Formula, place: Formula) -> Value:
        places, at = list(self.places(line)), int(number(self.of(place)))
        if not 1 <= at <= len(places):
            raise FormulaError("#VALUE!" if at < 0 else "#REF!")
        return self.cell(places[at - 1])

    def vlookup_(self, wanted: Formula, area: Formula, place: float, _: bool) -> Value:
        _, top, left, bottom, _ = area
        row = self.match_(wanted, ("range", top, left, bottom, left), 0.0)
        return self.cell((top + int(number(row)) - 1, left + int(place) - 1))

    def hlookup_(self, wanted: Formula, area: Formula, place: float, _: bool) -> Value:
        _, top, left, _, right = area
        column = self.match_(wanted, ("range", top, left, top, right), 0.0)
        return self.cell((top + int(place) - 1, left + int(number(column)) - 1))

    def xlookup_(self, wanted: Formula, line: Formula, results: Formula, missing: Formula) -> Value:
        is_blank = self.of(wanted) is None
        try:
            # A blank finds a blank cell, and no 0.
            place = self._blank_in(line) if is_blank else self.match_(wanted, line, 0.0)
        except FormulaError:
            return self.of(missing)
        return self.index_(results, place)


def arithmetic(sign: str, one: float, other: float) -> float:
    """What a sign makes of two numbers."""
    if sign == "/" and other == 0:
        raise FormulaError("#DIV/0!")
    return {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign](one, other)  # type: ignore[no-any-return]


def number(value: Value) -> float:
    """The value as a number: a blank is 0, TRUE 1, a text what it reads as."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise FormulaError("#VALUE!")
        return float(value)
    return float(value or 0.0)


def text(value: Value) -> str:
    """The value as text, numbers to 15 digits."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else value if isinstance(value, str) else f"{value:.15g}"


def compared(sign: str, one: Value, other: Value) -> bool:
    """Numbers come before texts, texts before booleans; numbers are compared at 15 digits, texts in any case."""
    one = _BLANKS[type(other)] if one is None else one
    other = _BLANKS[type(one)] if other is None else other
    keys = [
        (2, value)
        if isinstance(value, bool)
        else (1, value.lower())
        if isinstance(value, str)
        else (0, float(text(value)))
        for value in (one, other)
    ]
    return bool(SIGNS[sign](*keys))


def like(value: object, pattern: str) -> bool:
    """Whether a text matches a pattern with `*`, whatever the case."""
    return isinstance(value, str) and fnmatch.fnmatchcase(value.lower(), pattern.lower())


def mean(found: list[float]) -> float:
    """The mean; of no numbers there is none."""
    if not found:
        raise FormulaError("#DIV/0!")
    return math.fsum(found) / len(found)


def _numeric_test(sign: str, wanted: float) -> Callable[[Value | FormulaError], bool]:
    def same(value: Value | FormulaError) -> bool:
        read = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
        return type(read) is float and compared("=", read, wanted)

    if sign in ("=", "<>"):
        return lambda value: same(value) == (sign == "=")
    return lambda value: type(value) is float and compared(sign, value, wanted)
