"""A formula that is being made into a tree: the cells that have it, what it may name, what its parts were."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, ErrorValue, Number, Text, Unary
from workbook.transpile.errors import UnclearError, UnevenError, UnsupportedError
from workbook.transpile.front.defined import Names
from workbook.transpile.front.regions import Region, within
from workbook.transpile.front.scan import slots
from workbook.transpile.front.tree import Function, IndexValue, Ref, walk
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import CellError, Value

_MOST_REFERENCES = 4096
"""The ranges that one array of them may hold."""

_TOTALS = frozenset(("AVERAGE", "COUNT", "COUNTA", "MAX", "MIN", "SUM"))
"""Functions that give one value, whatever they are given."""
_OF_ONE = frozenset(
    ("ABS", "CEILING", "FLOOR", "IF", "INT", "LEN", "MOD", "QUOTIENT", "ROUND", "ROUNDDOWN", "ROUNDUP", "SIGN", "TRUNC")
)
"""Functions that give one value where they are given single ones."""

Evaluate = Callable[[Any, Region, Mapping[str, Function]], list[Any]]
"""What a part of a region's formula was in each of its cells when the workbook was saved; it may call the functions."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a reference that moves was seen to reach: so many places, of which the first is that row or column."""

    size: int
    start: int


@dataclass(slots=True)
class Formula:
    """One formula, while it is made into a tree.

    Attributes:
        region: the cells that have it.
        names: what it may name.
        evaluate: what its parts were.
        lambdas: gathers the defined names that are functions.
        lower: makes the tree of one of its nodes; see `tree`.
        text: of a defined name whose references move with the cell, what it refers to.
        names_deep: how many names lead to it: none to a region's own formula.
        caught: how many functions that turn errors into something else stand around the node in hand.
        scope: the variables of LET and LAMBDA that the node in hand may read, with their Python names.
        guides: what decided, when the workbook was saved, which cells the formula reads: parts, and what they were or
            how far they may reach.
    """

    region: Region
    names: Names
    evaluate: Evaluate
    lambdas: dict[str, Function]
    lower: Callable[["Formula", Any, str], Any]
    text: str = ""
    names_deep: int = 0
    caught: int = 0
    scope: dict[str, str] = field(default_factory=dict)
    guides: list[tuple[Any, Any]] = field(default_factory=list)
    _references: dict[int, int] | None = field(init=False, default=None)

    @property
    def references(self) -> dict[int, int]:
        """Where a reference of the region's formula starts, and which it is of those that `Region` counts."""
        if self._references is None:
            self._references = {}
            at = 0
            for start, count in slots(self.region.formula):
                self._references[start] = at
                at += count
        return self._references

    def tree(self, node: Any, want: str) -> Any:
        """The tree of a node, taken as `want` says: `s` one value, `r` a range, `a` element by element."""
        return self.lower(self, node, want)

    def inner(self, text: str = "") -> "Formula":
        """What is named in it, for the same cells: `text`, where references move with the cell."""
        return replace(self, text=text, names_deep=self.names_deep + 1, caught=0, scope={})

    def saved(self, part: Any) -> list[Any]:
        """What a part was in each cell of the region when the workbook was saved."""
        if part is None:
            return [0.0] * self.region.cells
        try:
            return self.evaluate(part, self.region, self.lambdas)
        except UnclearError as error:
            raise UnsupportedError(f"uses OFFSET or INDIRECT in a way that can't be followed ({error})") from error

    def led(self, part: Any) -> Any:
        """What a part was, in one cell, that decides which cells the formula reads."""
        value = self.saved(part)[0]
        if any(isinstance(node, Ref) for node in walk(part)):
            self.guides.append((part, value))
        return value

    def is_array(self, part: Any) -> bool:
        """Whether a part was more than one value when the workbook was saved."""
        return not is_single(part) and (len(rows := self.elements(part)) > 1 or len(rows[0]) > 1)

    def elements(self, part: Any) -> list[list[Any]]:
        """All that a part of one cell's formula was when the workbook was saved, row by row."""
        if self.region.cells > 1 and not self.region.whole:
            raise UnevenError
        height, width = (self.saved(Call(name, (part,)))[0] for name in ("ROWS", "COLUMNS"))
        if not (isinstance(height, float) and isinstance(width, float) and height * width <= _MOST_REFERENCES):
            raise UnsupportedError("uses OFFSET or INDIRECT in a way that can't be followed")
        return [
            [self.saved(Call("INDEX", (part, Number(i + 1.0), Number(j + 1.0))))[0] for j in range(int(width))]
            for i in range(int(height))
        ]

    def has_no_room(self, tree: Any) -> bool:
        """Whether what a dynamic array gives is more than its cell, and the cells beside it are taken."""
        cells = self.names.cells[self.region.sheet]
        place = (self.region.row, self.region.column)
        if (cell := cells.get(place)) is not None and cell.value == CellError("#SPILL!"):
            return True
        try:
            height, width = (self.saved(Call(name, (tree,)))[0] for name in ("ROWS", "COLUMNS"))
        except UnsupportedError:
            return False
        if not (isinstance(height, float) and isinstance(width, float)):
            return False
        area = (*place, place[0] + int(height) - 1, place[1] + int(width) - 1)
        return any(taken != place for taken in within(cells, area))


def is_single(part: Any) -> bool:
    """Whether a part is sure to be one value in each cell: arithmetic with single numbers, and totals."""
    match part:
        case None | Number() | IndexValue():
            return True
        case Ref():
            return part.is_cell
        case Unary(_, operand):
            return is_single(operand)
        case Binary(_, left, right):
            return is_single(left) and is_single(right)
        case Call(name, arguments):
            return name in _TOTALS or (name in _OF_ONE and all(map(is_single, arguments)))
    return False


def literal(value: Value | None) -> Any:
    """A saved value as it would stand in a formula; None of a blank cell."""
    match value:
        case CellError(code):
            return ErrorValue(code)
        case bool():
            return Boolean(value)
        case str():
            return Text(value)
        case float():
            return Number(value)
    return None


def number_of(value: Any) -> float | ErrorValue:
    """The number that a value is taken for: of a blank 0, of a text what it reads as; the error where it is none."""
    try:
        return float(HELPERS["number"](value))
    except HELPERS["Error"] as error:
        return ErrorValue(error.code)
