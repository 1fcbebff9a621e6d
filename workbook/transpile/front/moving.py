"""Whole numbers that move with a cell: what arithmetic makes of them, and the ends of ranges."""

from typing import Any

from workbook.formula.address import MAX_ROW
from workbook.formula.grammar import Binary, Number, Unary
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref


def linear(node: Any) -> AffineIndex | None:
    """The whole number that the place of a formula's cell alone makes of a node; None where other things decide it."""
    match node:
        case Number(value) if value == int(value) and abs(value) <= MAX_ROW:
            return AffineIndex(int(value))
        case IndexValue(value):
            return value
        case Unary("+", operand):
            return linear(operand)
        case Unary("-", operand):
            found = linear(operand)
            return None if found is None else AffineIndex(0).plus(found, -1)
        case Binary("+" | "-" | "*" as operator, left, right):
            first, second = linear(left), linear(right)
            if first is None or second is None:
                return None
            if operator != "*":
                return first.plus(second, 1 if operator == "+" else -1)
            if not first.is_fixed:
                first, second = second, first
            return AffineIndex(0).plus(second, first.base) if first.is_fixed else None
    return None


def counted(node: Binary) -> Any:
    """Arithmetic with ROW() and the like, such as `ROW()-ROW($A$1)`, as one number that moves with the cell."""
    if not any(isinstance(part, IndexValue) for part in (node.left, node.right)):
        return node
    found = linear(node)
    return node if found is None else IndexValue(found)


def end_of(first: AffineIndex, size: AffineIndex) -> AffineIndex:
    """The last of so many rows or columns."""
    return first.plus(size).plus(AffineIndex(-1))


def fixed_range(sheet: str, top: int, left: int, bottom: int, right: int) -> Ref:
    """A range that is the same for every cell."""
    return Ref(sheet, AffineIndex(top), AffineIndex(left), AffineIndex(bottom), AffineIndex(right))


def beyond(start: AffineIndex, first: AffineIndex, last: AffineIndex) -> AffineIndex:
    """As far beyond the start as the last is beyond the first."""
    base, down, across = (getattr(start, x) + getattr(last, x) - getattr(first, x) for x in ("base", "down", "across"))
    return AffineIndex(base, down, across)


def gap(last: AffineIndex, first: AffineIndex, more: int = 1) -> AffineIndex:
    """How many there are from the first to the last; with `more` 0 how far they are apart."""
    return AffineIndex(last.base - first.base + more, last.down - first.down, last.across - first.across)


def added(node: Any, place: AffineIndex) -> Any:
    """The node and a number that moves with the cell, together."""
    if node is None or node == Number(0.0):
        return Number(float(place.base)) if place.is_fixed else IndexValue(place)
    if place == AffineIndex(0):
        return node
    return Binary("+", node, Number(float(place.base)) if place.is_fixed else IndexValue(place))
