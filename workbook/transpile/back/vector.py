"""Whole arrays at once: a formula of a region as one line of NumPy or torch, by what its axes run along.

The cells of a region lie along `i` (rows) and `j` (columns). A range that each cell reads has axes of its own, `k` (its
rows) and `l` (its columns). Operators spread their operands over the axes of both; sums take `k` and `l` away.
"""

import ast
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Number, Text, Unary
from workbook.transpile.back.code import (
    Code,
    Word,
    assign,
    binary,
    choice,
    count,
    fixed,
    full,
    inverse,
    literal,
    name_,
    negative,
    owner_of_all,
    owner_of_one,
    tuple_,
    word,
)
from workbook.transpile.back.context import Context, as_language
from workbook.transpile.back.lookups import Lookups
from workbook.transpile.back.operators import counted, is_finite, tied_together
from workbook.transpile.back.products import Products
from workbook.transpile.back.scalar import every
from workbook.transpile.back.syntax import same
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import DIGITS
from workbook.transpile.front.tree import IndexValue, Ref
from workbook.transpile.middle.variables import Mask, Variable
from workbook.transpile.targets import OF_ARRAYS, OF_NUMBERS


class ArrayWriter(Products, Lookups):
    """Writes the formula of a region as one expression over arrays."""

    def __init__(self, around: Context, variable: Variable) -> None:
        super().__init__(around, variable)
        self._whole = variable.region is not None and variable.region.whole

    def result(self) -> ast.expr:
        """An array of the region's own shape.

        Raises:
            UnclearError: it has no such form for sure.
        """
        code = counted(self.write(self._variable.tree))
        if self._whole:
            return self._as_cells(code)
        if self._variable.mask is not None:
            return self._masked(code, self._variable.mask)
        wanted = "".join(axis for axis in "ij" if self._sizes[axis] > 1)
        kinds = ("num", "bool", "gaps") if self._variable.kind == "gaps" else ("num", "bool")
        if code.kind not in kinds or set(code.axes) - set(wanted):
            raise UnclearError("not an array of numbers")
        if code.axes == wanted:
            return self._as_variable(code)
        shape = tuple_(count(self._sizes[axis]) for axis in wanted)
        if not code.axes:
            return full(code, shape)
        return word("spread", self.aligned(code, wanted), shape)

    def _masked(self, code: Code, mask: Mask) -> ast.expr:
        """A triangle: NaN where its formula has no cell."""
        if code.kind != "num" or set(code.axes) - set("ij"):
            raise UnclearError("not an array of numbers")
        if code.axes == "ij" and self._keeps_gaps(self._variable.tree, mask):
            return code.tree
        offset = mask.offset - mask.upper
        shape = "diagonal" if mask.around else "triangle"
        triangle: ast.expr = word(shape, *map(count, (mask.height, mask.width, offset)))
        if mask.height == mask.width and not offset:
            triangle = word(f"square {shape}", count(mask.height))
        if mask.upper or mask.around:
            triangle = inverse(triangle)
        name = self._around.fresh("mask")
        self._around.before.append(assign(name, word("mirrored", triangle) if mask.mirrored else triangle))
        return word("where", name_(name), self.aligned(code, "ij"), name_("math.nan"))

    def _keeps_gaps(self, node: Any, mask: Mask) -> bool:
        """Whether a formula of a triangle has NaN, by arithmetic alone, where an array of the same mask has it."""
        match node:
            case Ref() if node.is_cell and self._moves_with_cell(node):
                holder = self._holder(node)
                return holder.mask == mask and (node.top.base, node.left.base) == (holder.row, holder.column)
            case Unary(_, operand) | Call("EXP" | "LN" | "SQRT" | "TANH", (operand,)):
                return self._keeps_gaps(operand, mask)
            case Binary("+" | "-" | "*" | "/", left, right):
                return self._keeps_gaps(left, mask) or self._keeps_gaps(right, mask)
        return False

    @staticmethod
    def _moves_with_cell(ref: Ref) -> bool:
        return (ref.top.down, ref.top.across, ref.left.down, ref.left.across) == (1, 0, 0, 1)

    def _as_variable(self, code: Code) -> ast.expr:
        if code.kind == "bool" and self._variable.kind == "num":
            return word("float", code.tree)
        return as_language(code) if not code.axes and code.kind == "num" else code.tree

    def _as_cells(self, code: Code) -> ast.expr:
        """One array formula over the region: its array has just the region's shape."""
        shape = {"k": self._variable.height, "l": self._variable.width}
        wanted = "".join(axis for axis in "kl" if shape[axis] > 1)
        sizes = {axis: self._sizes.get(axis) for axis in code.axes}
        if code.kind != "num" or code.axes != wanted or any(sizes[a] != shape[a] for a in wanted):
            raise UnclearError("an array formula of another shape than its cells")
        return code.tree

    def write(self, node: Any) -> Code:
        """The expression of a node.

        Raises:
            UnclearError: it has no array form for sure.
        """
        match node:
            case Number() | Text() | Boolean():
                return literal(node)
            case IndexValue(value):
                return self._counter(value)
            case Ref():
                return self._ref(node)
            case Unary("+", operand):
                return self.write(operand)
            case Unary(operator, operand):
                code = self._as_number(self._number(operand))
                if operator == "-":
                    return replace(code, tree=negative(code.tree))
                return Code(binary("/", code.tree, count(100)), axes=code.axes, whose=code.owner)
            case Binary(operator, left, right):
                texts = self._compared_texts(operator, left, right) if operator in ("=", "<>") else None
                if texts is not None:
                    return texts
                code = self._binary(operator, self.write(left), self.write(right))
                match node:
                    case Binary("/", Call("EXP", (power,)), Call("SUM", (Call("EXP", (powers,)),))):
                        return self._as_softmax(code, power, powers)
                return code
            case Call():
                return self._call(node)
        raise UnclearError(f"no array form for {type(node).__name__}")

    def _as_softmax(self, code: Code, power: Any, powers: Any) -> Code:
        """What is EXP over the sum of all EXPs of its row: a language may have a word for it."""
        if power is None or powers is None:
            return code
        one = self._number(power)
        with self._apart():
            row = self._number(powers)
            size = self._sizes.get("l")
        is_row = (one.axes, row.axes) in (("ij", "il"), ("j", "l")) and self._sizes["j"] == size
        if not is_row or not same(one.tree, row.tree):
            return code
        return replace(code, tree=word("softmax", code.tree, _without_largest(one.tree)))

    def _call(self, node: Call) -> Code:
        name = node.function
        if name in _SUMS:
            with self._apart():
                return self._sum_of(node)
        if name in _FORMS:
            code: Code = getattr(self, _FORMS[name])(node)
            return code
        if name == "PI":
            return Code(name_("math.pi"), literal=True)
        if OF_ARRAYS.get(name) != len(node.arguments) or any(a is None for a in node.arguments):
            raise UnclearError(f"no array form for {name}")
        if name == DIGITS:
            self._around.helpers.add("to_15_digits")
        values = [self._as_number(self._number(argument)) for argument in node.arguments]
        trees, axes = self._spread(values)
        is_literal = bool(values) and all(value.literal for value in values)
        if name == "POWER":
            tree = binary("^", *trees)
        elif not axes and name in OF_NUMBERS:
            tree = self._around.single(name, values)
        else:
            tree = word(name, *(trees if axes else map(as_language, values)))
        doubtful = [tree, *([binary("/", count(1), trees[0])] if name == "POWER" else [])]
        if is_literal and not all(map(is_finite, doubtful)):
            raise UnclearError("numbers alone, which make an error")
        return Code(tree, axes=axes, literal=is_literal, whose="language" if axes else owner_of_all(*values))

    def _if_of(self, node: Call) -> Code:
        if len(node.arguments) < 3 or any(a is None for a in node.arguments):
            raise UnclearError("a condition without both of its cases")
        condition = self.write(node.arguments[0])
        self._branches += bool(condition.axes)
        then, other = (counted(self.write(argument)) for argument in node.arguments[1:])
        self._branches -= bool(condition.axes)
        if self._variable.kind == "gaps":
            then, other = (self._gap_or(code) for code in (then, other))
        kinds = {then.kind, other.kind}
        if kinds == {"num", "gaps"}:
            then, other = then.as_kind("gaps"), other.as_kind("gaps")
        if condition.kind not in ("bool", "num") or then.kind != other.kind:
            raise UnclearError("cases of different kinds")
        if not condition.axes:
            trees, axes = self._filled([then, other])
            return Code(choice(condition.tree, *trees), then.kind, axes, whose=owner_of_one(then, other))
        if then.kind not in ("num", "bool", "gaps"):
            raise UnclearError("cases that are texts")
        if condition.kind == "num":
            condition = Code(binary("<>", condition.tree, count(0)), "bool", condition.axes)
        if (fixed(then.tree), fixed(other.tree)) == (1, 0):
            return Code(word("float", condition.tree), axes=condition.axes)
        trees, axes = self._spread([condition, then, other])
        return Code(word("where", *trees), kind=then.kind, axes=axes)

    def _or_else_of(self, node: Call) -> Code:
        """IFERROR of arithmetic, in which nothing but a division by 0 can fail."""
        if len(node.arguments) < 2 or any(a is None for a in node.arguments):
            raise UnclearError("a value that may be an error, without another for it")
        value = self._number(node.arguments[0])
        divisors = [self._number(divisor) for divisor in _divisors(node.arguments[0])]
        other = self.write(node.arguments[1])
        if other.is_text(self._variable.gap or ""):
            other = Code(name_("math.nan"), self._variable.kind, literal=True)
        if other.kind not in ("num", "gaps") or set("kl") & set(other.axes + value.axes):
            raise UnclearError("another value for errors that is no number")
        tests = [self._binary("=", d, Code(count(0), literal=True)) for d in divisors if fixed(d.tree) is None]
        if not tests:
            return value
        trees, axes = self._spread(tests)
        tied = tied_together("|", trees) if axes else every(trees, ast.Or)
        test = Code(tied, "bool", axes, whose=owner_of_all(*tests))
        if not axes:
            trees, axes = self._filled([other, value])
            return Code(choice(test.tree, *trees), other.kind, axes, whose=owner_of_one(other, value))
        trees, axes = self._spread([test, other, value])
        return Code(word("where", *trees), other.kind, axes)

    def _gap_or(self, code: Code) -> Code:
        """The text that stands for no number as the gap that it is in an array."""
        return Code(name_("math.nan"), kind="gaps", literal=True) if code.is_text(self._variable.gap or "") else code

    def _is_number_of(self, node: Call) -> Code:
        """ISNUMBER of an array with gaps."""
        (argument,) = node.arguments
        code = self.write(argument)
        if code.kind != "gaps" or code.blank or not code.axes:
            raise UnclearError("what is a number in every cell, or may be blank")
        return Code(inverse(word("isnan", code.tree)), "bool", code.axes)

    def _logic_of(self, node: Call) -> Code:
        values = [self.write(argument) for argument in node.arguments]
        if any(value.kind != "bool" or set("kl") & set(value.axes) for value in values):
            raise UnclearError("conditions of ranges")
        if all(not value.axes for value in values):
            tie = ast.And if node.function == "AND" else ast.Or
            return Code(every([value.tree for value in values], tie), "bool", whose=owner_of_one(*values))
        trees, axes = self._spread(values)
        return Code(tied_together("&" if node.function == "AND" else "|", trees), "bool", axes)

    def _sum_of(self, node: Call) -> Code:
        """One of `_SUMS`, its arguments one by one."""
        running = self._running_of(node)
        if running is not None:
            return running
        each = self._each_of(node)
        if each is not None:
            return each
        if len(node.arguments) < 2 or node.function in ("AVERAGE", "COUNT", "SUMXMY2"):
            found: Code = getattr(self, _FORMS[node.function])(node)
        elif node.function in _SPREADS:
            raise UnclearError("a spread of several ranges")
        else:
            parts: list[Code] = []
            for argument in node.arguments:
                with self._apart():
                    parts.append(getattr(self, _FORMS[node.function])(Call(node.function, (argument,))))
            found = parts[0]
            for part in parts[1:]:
                if node.function in ("MAX", "MIN"):
                    found = self._larger(found, part, node.function)
                else:
                    found = self._binary("*" if node.function == "PRODUCT" else "+", found, part)
        if set("kl") & set(found.axes):
            raise UnclearError("a range that is not summed up")
        return found


def _divisors(node: Any) -> list[Any]:
    """What a formula divides by, where nothing else of it can fail.

    Raises:
        UnclearError: something else can.
    """
    match node:
        case Number() | IndexValue():
            return []
        case Ref() if node.is_cell:
            return []
        case Unary(_, operand):
            return _divisors(operand)
        case Binary("+" | "-" | "*" | "/" as operator, left, right):
            return [*_divisors(left), *_divisors(right), *([right] if operator == "/" else [])]
        case Call("SUM" | "MAX" | "MIN" | "ABS" | "SUMPRODUCT", arguments):
            return [divisor for a in arguments if not isinstance(a, Ref) for divisor in _divisors(a)]
    raise UnclearError("what fails in another way than by a division by 0")


def _without_largest(logits: ast.expr) -> ast.expr:
    """Logits without their largest taken away, which is for the computer's sake: softmax does so itself."""
    match logits:
        case ast.BinOp(left=found, op=ast.Sub(), right=largest):
            if isinstance(largest, ast.Subscript):
                largest = largest.value
            if isinstance(largest, Word) and largest.name in ("max", "max along") and same(largest.args[0], found):
                return found
    return logits


_SPREADS = ("STDEV", "STDEV.P", "STDEV.S", "STDEVP", "VAR", "VAR.P", "VAR.S", "VARP")
_SUMS = frozenset(("AVERAGE", "COUNT", "MAX", "MIN", "PRODUCT", "SUM", "SUMSQ", "SUMXMY2", *_SPREADS))
"""Functions that take each of their ranges together, whatever its size."""
_FORMS: dict[str, str] = {
    "IF": "_if_of",
    "IFERROR": "_or_else_of",
    "ISNUMBER": "_is_number_of",
    "AND": "_logic_of",
    "OR": "_logic_of",
    "MAX": "_extreme_of",
    "MIN": "_extreme_of",
    "SUM": "_total_of",
    "SUMSQ": "_total_of",
    "PRODUCT": "_factors_of",
    "AVERAGE": "_total_of",
    "COUNT": "_count_of",
    "SUMXMY2": "_squares_of",
    **dict.fromkeys(_SPREADS, "_spread_of"),
    "SUMPRODUCT": "_product_sum_of",
    "MMULT": "_matrix_product_of",
    "TRANSPOSE": "_transposed_of",
    "INDEX": "_index_of",
    "MATCH": "_match_of",
    **dict.fromkeys(("COUNTIF", "COUNTIFS", "SUMIF", "SUMIFS"), "_criteria_of"),
}
