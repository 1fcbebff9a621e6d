"""The program in the middle: formulas whose references move with the cell, and the arrays that they read and make.

Everything that is not a reference is a node of `workbook.formula.grammar`; a `Ref` takes the place of ranges, names and
tables, a `Local` that of a variable of LET or LAMBDA.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from workbook.formula.grammar import Binary, Call, Constants, Invoke, Leaf, Unary
from workbook.formula.rectangle import Rectangle
from workbook.records import record


class AffineIndex(NamedTuple):
    """A row or column number that moves with the cell: `base + down·i + across·j` in row i and column j of a region."""

    base: int
    down: int = 0
    across: int = 0

    def ends(self, height: int, width: int) -> tuple[int, int]:
        """The least and the greatest number over a region of that size."""
        if not (self.down or self.across):
            return self.base, self.base
        moves = (self.down * (height - 1), self.across * (width - 1))
        return self.base + sum(min(0, move) for move in moves), self.base + sum(max(0, move) for move in moves)

    def plus(self, other: "AffineIndex", times: int = 1) -> "AffineIndex":
        """The sum of this number and so many times another, which moves with the same cell."""
        return AffineIndex(
            self.base + times * other.base, self.down + times * other.down, self.across + times * other.across
        )

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same for every cell."""
        return not (self.down or self.across)


@record()
class Ref(Leaf):
    """A rectangle of cells, seen from each cell of a region; one cell where the corners are equal."""

    sheet: str
    top: AffineIndex
    left: AffineIndex
    bottom: AffineIndex
    right: AffineIndex

    @property
    def is_cell(self) -> bool:
        """Whether it is one cell."""
        return self.top == self.bottom and self.left == self.right

    def hull(self, height: int, width: int) -> Rectangle:
        """First row, first column, last row, last column of all that a region of that size reads by it."""
        if height == width == 1:
            return self.top.base, self.left.base, self.bottom.base, self.right.base
        return (
            self.top.ends(height, width)[0],
            self.left.ends(height, width)[0],
            self.bottom.ends(height, width)[1],
            self.right.ends(height, width)[1],
        )


@record()
class Local(Leaf):
    """A variable of LET or LAMBDA, by its Python name."""

    name: str


@record()
class IndexValue(Leaf):
    """A row or column number used as a value, as ROW() and COLUMN() give it."""

    value: AffineIndex


@record()
class Function(Leaf):
    """A LAMBDA: its parameters by their Python names, its body, and how many of the parameters may be left out."""

    parameters: tuple[str, ...]
    body: Any
    optional: int = 0


@record()
class Choice(Leaf):
    """One formula in the first step of a loop, another in the rest."""

    first: Any
    rest: Any


def children(node: Any) -> tuple[Any, ...]:
    """The nodes directly under a node."""
    # By the type alone: a match of patterns takes three times as long, and this is called for each node of each pass.
    kind = type(node)
    if kind is Binary:
        return node.left, node.right
    if kind is Call:
        return tuple(argument for argument in node.arguments if argument is not None)
    if kind is Unary:
        return (node.operand,)
    if kind is Invoke:
        return node.function, *(argument for argument in node.arguments if argument is not None)
    if kind is Constants:
        return tuple(value for row in node.rows for value in row)
    if kind is Function:
        return (node.body,)
    if kind is Choice:
        return node.first, node.rest
    return ()


def walk(node: Any) -> Iterator[Any]:
    """The node and all under it, outer ones first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += children(node)[::-1]


def depth(node: Any) -> int:
    """How many nodes stand in each other at the most."""
    level, count = [node], 0
    while level:
        level, count = [child for node in level for child in children(node)], count + 1
    return count


def rebuilt(node: Any, change: Any) -> Any:
    """The node with `change` applied to each node directly under it."""
    match node:
        case Unary(operator, operand):
            return Unary(operator, change(operand))
        case Binary(operator, left, right):
            return Binary(operator, change(left), change(right))
        case Call(name, arguments):
            return Call(name, tuple(None if a is None else change(a) for a in arguments))
        case Invoke(function, arguments):
            return Invoke(change(function), tuple(None if a is None else change(a) for a in arguments))
        case Constants(rows):
            return Constants(tuple(tuple(change(value) for value in row) for row in rows))
        case Function():
            return replace(node, body=change(node.body))
        case _:
            return node
