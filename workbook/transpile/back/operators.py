"""Operators over arrays: their operands spread over the axes of both."""

import ast
import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Text
from workbook.transpile.back.code import (
    COMPARISONS,
    NONE,
    PLAIN,
    Code,
    Word,
    attribute,
    binary,
    call,
    count,
    inverse,
    literal,
    negative,
    owner_of_all,
    word,
)
from workbook.transpile.back.ranges import ORDER, Ranges, column_of_texts
from workbook.transpile.back.scalar import same_case
from workbook.transpile.back.syntax import unparse
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import DIGITS
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.kinds import texts_in

_EXACT_DIGITS = 15


class Operators(Ranges, ABC):
    """Values of formulas over whole arrays, and what operators make of them."""

    _branches = 0
    """In how many choices that cells make each for itself the node stands that is written."""

    @abstractmethod
    def write(self, node: Any) -> Code:
        """The expression of a node.

        Raises:
            UnclearError: it has no array form for sure.
        """

    def _number(self, node: Any) -> Code:
        code = self.write(node)
        if code.kind not in ("num", "bool", "gaps"):
            raise UnclearError("not a number")
        return counted(code).as_kind("num") if code.kind == "gaps" else code

    def _compared_texts(self, operator: str, left: Any, right: Any) -> Code | None:
        """Whether texts are equal, or not; None where the sides are not all texts, or none is an array.

        Texts that were the same but for capitals are compared in small letters, and so are those that may be so.
        """
        seen = [self._texts_seen(node) for node in (left, right)]
        if not all(seen):
            return None
        is_folded = not same_case(*(code for code in seen if code is not None))
        word_of = " in any case" if is_folded else ""
        sides = [self._texts(node, f"texts{word_of}") for node in (left, right)]
        if any(side is None for side in sides) or not any(side.axes for side in sides if side is not None):
            return None
        trees, axes = self._spread([_single_text(side, word_of) for side in sides if side is not None])
        return Code(binary(operator, *trees), "bool", axes)

    def _texts_seen(self, node: Any) -> Code | None:
        """A text, or a range of texts, by what it was so far; None where it is neither."""
        if isinstance(node, Text):
            return literal(node)
        if not isinstance(node, Ref):
            return None
        area = node.hull(self._variable.height, self._variable.width)
        found = self._around.variables(node.sheet, area)
        if len(found) != 1 or found[0].parts:
            return None
        if found[0].kind == "text":
            return Code(NONE, "text", seen=found[0].seen)
        texts = column_of_texts(found[0], area)
        return None if texts is None else Code(NONE, "text", seen=texts_in(texts))

    def _texts(self, node: Any, how: str) -> Code | None:
        """A text, or a range of texts as an array by the word `how`; None where it has no such form."""
        if isinstance(node, Text):
            return literal(node)
        self._of_texts = how
        try:
            found = self._range(node)
        except UnclearError:
            return None
        finally:
            self._of_texts = ""
        axes = "".join(sorted(found.axes, key=ORDER.index))
        return Code(found.tree if axes == found.axes else attribute(found.tree, "T"), found.kind, axes)

    def _with_gaps(self, operator: str, left: Code, right: Code) -> Code:
        """An operator on an array with gaps: whether there is one, or arithmetic that lets them through."""
        if (left.blank or right.blank) and not (left.is_text("") or right.is_text("")):
            return self._binary(operator, counted(left), counted(right))
        if operator in ("=", "<>"):
            array, other = (left, right) if left.kind == "gaps" else (right, left)
            if not other.is_text(array.gap):
                raise UnclearError("a comparison with gaps")
            test = word("isnan", _unrounded(array.tree))
            return Code(test if operator == "=" else inverse(test), "bool", array.axes)
        if operator not in "+-*/^":
            raise UnclearError("a comparison with gaps")
        return self._binary(operator, *(c.as_kind("num") if c.kind == "gaps" else c for c in (left, right)))

    def _as_number(self, code: Code) -> Code:
        """A condition as 1 or 0."""
        if code.kind != "bool":
            return code
        if not code.axes:
            return Code(call("float", code.tree), whose="python")
        return Code(word("float", code.tree), axes=code.axes)

    def _counter(self, value: AffineIndex) -> Code:
        moves = [
            (axis, step) for axis, step in (("i", value.down), ("j", value.across)) if self._sizes[axis] > 1 and step
        ]
        if not moves:
            return Code(count(value.base), literal=True)
        if len(moves) > 1:
            raise UnclearError("a counter of both rows and columns")
        ((axis, step),) = moves
        return Code(range_from(value.base, self._sizes[axis], step, whole=False), axes=axis)

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        if operator not in PLAIN:
            raise UnclearError("text joined")
        is_comparison = operator in COMPARISONS
        if left.kind == right.kind == "num" and not (left.axes or right.axes or (left.literal and right.literal)):
            kind, whose = ("bool" if is_comparison else "num"), owner_of_all(left, right)
            return Code(binary(operator, left.tree, right.tree), kind, whose=whose)
        kinds = {left.kind, right.kind}
        if "gaps" in kinds:
            return self._with_gaps(operator, left, right)
        empty = next((c for c in (left, right) if c.is_text("")), None)
        if kinds == {"num", "text"} and empty is not None and (left.axes or right.axes):
            # Numbers today, but a cell of them may be cleared: then it is NaN.
            return self._with_gaps(operator, *(c if c is empty else c.as_kind("gaps") for c in (left, right)))
        if kinds == {"text"}:
            if left.axes or right.axes or operator not in ("=", "<>") or not same_case(left, right):
                raise UnclearError("a comparison of texts")
            return Code(binary(operator, left.tree, right.tree), "bool", whose="python")
        if not kinds <= {"num", "bool"} or (is_comparison and len(kinds) > 1):
            raise UnclearError("values of different kinds")
        if not is_comparison:
            first, second = conditions_of(left), conditions_of(right)
            if operator == "*" and first is not None and second is not None:
                return self._both(replace(left, tree=first), replace(right, tree=second))
            left, right = self._as_operand(left, operator, right), self._as_operand(right, operator, left)
        is_literal = left.literal and right.literal
        if operator == "^" and is_literal and not _is_small_power(left.tree, right.tree):
            raise UnclearError("a power of whole numbers that no float holds")
        trees, axes = self._spread([left, right])
        tree = binary(operator, *trees)
        doubtful = {"/": [tree], "^": [tree, binary("/", count(1), trees[0])]}.get(operator, [])
        if is_literal and not all(map(is_finite, doubtful)):
            raise UnclearError("numbers alone, which make an error")
        kind = "bool" if is_comparison else "num"
        return Code(tree, kind, axes, literal=is_literal, whose=owner_of_all(left, right))

    def _as_operand(self, code: Code, operator: str, other: Code) -> Code:
        """An operand of arithmetic: a condition as 1 or 0, but where it scales or adds to what are floats."""
        is_float = other.kind == "num" and other.owner == "language" and conditions_of(other) is None
        return code if is_float and operator in "*+" else self._as_number(code)

    def _both(self, left: Code, right: Code) -> Code:
        """The product of two arrays of conditions: 1 where both hold."""
        trees, axes = self._spread([left, right])
        return Code(word("float", binary("&", *trees)), axes=axes)


def _single_text(side: Code, word_of: str) -> Code:
    """One text that is compared with an array of texts; the array as it is."""
    match side.tree:
        case _ if side.axes:
            return side
        case ast.Constant(value=str(text)):
            return replace(side, tree=word("text", ast.Constant(text.lower() if word_of else text)))
    return replace(side, tree=word(f"text{word_of}", side.tree))


def conditions_of(code: Code) -> ast.expr | None:
    """The conditions that an array is, or is made of as numbers 1 and 0; None where it is of other numbers."""
    if code.axes and code.kind == "bool":
        return code.tree
    match code.tree:
        case Word(name="float", args=[ast.BinOp(op=ast.BitAnd()) as both]):
            return both
    return None


def is_finite(tree: ast.expr) -> bool:
    """Whether an expression of numbers alone, which is ours, has a value; sizes of arrays, which it may hold, have."""
    match tree:
        case ast.BinOp(ast.Constant(float() | int() as value), ast.Div(), ast.Constant(float() | int() as divisor)):
            # The common kind: to write it and to read it back takes a hundred times as long.
            return divisor != 0 and math.isfinite(float(value) / divisor)
    if any(
        isinstance(node, Word) or (isinstance(node, ast.Attribute) and node.attr == "shape") for node in ast.walk(tree)
    ):
        return True
    try:
        return math.isfinite(eval(unparse(tree), {"math": math}))  # noqa: S307 - of numbers and the tables' words
    except (ArithmeticError, NameError, TypeError, ValueError):
        return False


def _unrounded(tree: ast.expr) -> ast.expr:
    """An array as it is before it is rounded to 15 digits: where it has gaps is the same."""
    return tree.args[0] if isinstance(tree, Word) and tree.name == DIGITS else tree


def tied_together(sign: str, trees: list[ast.expr]) -> ast.expr:
    """Arrays of conditions, tied one after another."""
    tied = trees[0]
    for tree in trees[1:]:
        tied = binary(sign, tied, tree)
    return tied


def _is_small_power(base: ast.expr, exponent: ast.expr) -> bool:
    """Whether a power of two numbers that are written out is exact in Python as in a float."""
    try:
        found = [float(ast.literal_eval(unparse(tree))) for tree in (base, exponent)]
    except (SyntaxError, TypeError, ValueError):
        return False
    return abs(found[1]) * math.log10(max(abs(found[0]), 1.0)) < _EXACT_DIGITS


def range_from(base: int, cells: int, step: int, *, whole: bool) -> ast.expr:
    """So many numbers from a base: whole ones as indices, else floats."""
    ends = [count(end) if whole else _float(end) for end in (base, base + step * cells, step)]
    if (base, step) == (0, 1):
        return word("range", ends[1])
    return word("range from", *ends[:2]) if step == 1 else word("range by", *ends)


def _float(value: int) -> ast.expr:
    return negative(ast.Constant(float(-value))) if value < 0 else ast.Constant(float(value))


def counted(code: Code) -> Code:
    """A value whose blanks are 0, as all but sums and their like take them."""
    return filled(code) if code.blank else code


def filled(code: Code) -> Code:
    """An array with 0 in its gaps."""
    return replace(code, tree=word("filled", code.tree), kind="num", blank=False)
