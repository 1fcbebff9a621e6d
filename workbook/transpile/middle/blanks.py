"""Recurrences that start from a blank cell: a formula whose first step reads nothing there has a 0 in its place."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from workbook.formula.grammar import Binary, Call, Number, Unary
from workbook.formula.rectangle import Rectangle
from workbook.transpile.front.functions import DIGITS
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref, rebuilt, walk
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.transpile.targets import OF_NUMBERS

_ARITHMETIC = frozenset("+-*/^")
_COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))
_OF_NUMBERS = frozenset(OF_NUMBERS) - {"MAX", "MIN"}
"""Functions of single numbers, to which a blank is a 0."""


def from_blank(column: Variable, cell_map: CellMap, axis: int) -> list[Variable]:
    """A column (or row) of formulas in two pieces where its first or its last step, and no other, reads a blank.

    Args:
        column: one cell wide.
        cell_map: all variables of the program.
        axis: 0 where it runs down rows, 1 along columns.

    Returns:
        The pieces in order: the step that reads the blank has a formula of its own, with 0 for the blank where it is
        that. The column alone where no step reads one.
    """
    length = column.width if axis else column.height
    if length < 2:
        return [column]
    for step, inner in ((0, 1), (length - 1, length - 2)):
        blanks = {ref for ref in _moving(column.tree, axis) if _is_blank(_at(ref, step, axis), cell_map)}
        blanks = {ref for ref in blanks if not _is_blank(_at(ref, inner, axis), cell_map)}
        if blanks:
            tree = _with_zeros(column.tree, frozenset(blanks), is_number=True)
            end = _cut(column, step, step + 1, axis, column.tree if tree is None else tree)
            rest = _cut(column, 1 if step == 0 else 0, length if step == 0 else step, axis, column.tree)
            return [end, rest] if step == 0 else [rest, end]
    return [column]


def _moving(tree: Any, axis: int) -> Iterator[Ref]:
    """The cells and ranges that a formula reads, others in each step."""
    for node in walk(tree):
        if isinstance(node, Ref) and (node.left.across if axis else node.top.down):
            yield node


def _at(ref: Ref, step: int, axis: int) -> tuple[str, Rectangle]:
    top, left, bottom, right = (
        m.base + step * (m.across if axis else m.down) for m in (ref.top, ref.left, ref.bottom, ref.right)
    )
    return ref.sheet, (top, left, bottom, right)


def _is_blank(place: tuple[str, Rectangle], cell_map: CellMap) -> bool:
    return not cell_map.within(*place)


def _cut(column: Variable, start: int, stop: int, axis: int, tree: Any) -> Variable:
    """Some steps of a column as a variable of its own."""
    moved = _shifted(tree, start, axis)
    if axis:
        return replace(column, column=column.column + start, width=stop - start, tree=moved)
    return replace(column, row=column.row + start, height=stop - start, tree=moved)


def _shifted(tree: Any, start: int, axis: int) -> Any:
    """A formula as a function of the steps from `start` on."""

    def moved(place: AffineIndex) -> AffineIndex:
        return place._replace(base=place.base + start * (place.across if axis else place.down))

    if isinstance(tree, Ref):
        return Ref(tree.sheet, *(moved(m) for m in (tree.top, tree.left, tree.bottom, tree.right)))
    if isinstance(tree, IndexValue):
        return IndexValue(moved(tree.value))
    return rebuilt(tree, partial(_shifted, start=start, axis=axis))


def _with_zeros(node: Any, blanks: frozenset[Ref], *, is_number: bool) -> Any | None:
    """The formula with 0 for each of the blanks; None where one stands where a blank is no 0.

    `is_number`: whether the node stands where a blank counts as 0.
    """
    if isinstance(node, Ref):
        if node not in blanks:
            return node
        return Number(0.0) if is_number and node.is_cell else None
    match node:
        case Unary(operator, operand):
            inner = _with_zeros(operand, blanks, is_number=True)
            return None if inner is None else Unary(operator, inner)
        case Binary(operator, left, right):
            is_test = operator in _COMPARISONS and any(isinstance(side, Number) for side in (left, right))
            counts = operator in _ARITHMETIC or is_test
            first, second = (_with_zeros(side, blanks, is_number=counts) for side in (left, right))
            return None if first is None or second is None else Binary(operator, first, second)
        case Call("IF", (condition, *results)):
            parts = [_with_zeros(condition, blanks, is_number=True)]
            parts += [None if r is None else _with_zeros(r, blanks, is_number=is_number) for r in results]
        case Call(name, arguments):
            # A blank that is compared is still a blank.
            counts = is_number if name == DIGITS else name in _OF_NUMBERS
            parts = [None if a is None else _with_zeros(a, blanks, is_number=counts) for a in arguments]
        case _:
            return None if any(inner in blanks for inner in walk(node) if isinstance(inner, Ref)) else node
    given = node.arguments
    if any(part is None and argument is not None for part, argument in zip(parts, given, strict=True)):
        return None
    return replace(node, arguments=tuple(parts))
