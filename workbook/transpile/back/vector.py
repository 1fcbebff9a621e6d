"""Whole arrays at once: a formula of a region as one line of NumPy or torch, by what its axes run along.

The cells of a region lie along `i` (rows) and `j` (columns). A range that each cell reads has axes of its own, `k` (its
rows) and `l` (its columns). Operators spread their operands over the axes of both; sums take `k` and `l` away.
"""

import ast
import math
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Number, Text, Unary
from workbook.transpile.back.code import (
    ALL,
    COMPARISONS,
    PLAIN,
    Code,
    Word,
    assign,
    attribute,
    binary,
    call,
    choice,
    count,
    cut,
    fixed,
    inverse,
    is_all,
    item,
    literal,
    name_,
    negative,
    owner_of_all,
    owner_of_one,
    same,
    shifted,
    summed,
    tuple_,
    unparse,
    word,
)
from workbook.transpile.back.ranges import ORDER, Range, Ranges
from workbook.transpile.back.scalar import CellWriter, Context, as_language, covering, every, same_case
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import DIGITS
from workbook.transpile.front.tree import AffineIndex, Choice, IndexValue, Ref
from workbook.transpile.middle.variables import Mask, Variable
from workbook.transpile.targets import OF_ARRAYS, OF_NUMBERS

_EXACT_DIGITS = 15


class ArrayWriter(Ranges):
    """Writes the formula of a region as one expression over arrays."""

    def __init__(self, around: Context, variable: Variable) -> None:
        super().__init__(around, variable)
        self._branches = 0
        self._whole = variable.region is not None and variable.region.whole

    def result(self) -> ast.expr:
        """An array of the region's own shape.

        Raises:
            UnclearError: it has no such form for sure.
        """
        code = _counted(self.write(self._variable.tree))
        if self._whole:
            return self._filled(code)
        if self._variable.mask is not None:
            return self._masked(code, self._variable.mask)
        wanted = "".join(axis for axis in "ij" if self._sizes[axis] > 1)
        kinds = ("num", "bool", "gaps") if self._variable.kind == "gaps" else ("num", "bool")
        if code.kind not in kinds or set(code.axes) - set(wanted):
            raise UnclearError("not an array of numbers")
        if code.axes == wanted and not (self._is_ragged and wanted):
            return self._as_variable(code)
        shape = tuple_(count(self._sizes[axis]) for axis in wanted)
        if not code.axes:
            return word("full", shape, code.tree)
        return word("spread", self.aligned(code, wanted), shape)

    def _masked(self, code: Code, mask: Mask) -> ast.expr:
        """A triangle: NaN where its formula has no cell."""
        if code.kind != "num" or set(code.axes) - set("ij"):
            raise UnclearError("not an array of numbers")
        if code.axes == "ij" and self._keeps_gaps(self._variable.tree, mask):
            return code.tree
        offset = mask.offset - mask.upper
        triangle: ast.expr = word("triangle", *map(count, (mask.height, mask.width, offset)))
        if mask.height == mask.width and not offset:
            triangle = word("square triangle", count(mask.height))
        if mask.upper:
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

    def _filled(self, code: Code) -> ast.expr:
        """One array formula over the region: its array has just the region's shape."""
        shape = {"k": self._variable.height, "l": self._variable.width}
        wanted = "".join(axis for axis in "kl" if shape[axis] > 1)
        sizes = {axis: self._sizes.get(axis) for axis in code.axes}
        if code.kind != "num" or code.axes != wanted or any(sizes[a] != shape[a] for a in wanted):
            raise UnclearError("an array formula of another shape than its cells")
        return code.tree

    # Nodes

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

    def _number(self, node: Any) -> Code:
        code = self.write(node)
        if code.kind not in ("num", "bool", "gaps"):
            raise UnclearError("not a number")
        return _counted(code).as_kind("num") if code.kind == "gaps" else code

    def _with_gaps(self, operator: str, left: Code, right: Code) -> Code:
        """An operator on an array with gaps: whether there is one, or arithmetic that lets them through."""
        if (left.blank or right.blank) and not (left.is_empty_text or right.is_empty_text):
            return self._binary(operator, _counted(left), _counted(right))
        if operator in ("=", "<>"):
            array, other = (left, right) if left.kind == "gaps" else (right, left)
            if not other.is_empty_text:
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
        return Code(_range_from(value.base, self._sizes[axis], step, whole=False), axes=axis)

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        if operator not in PLAIN:
            raise UnclearError("text joined")
        is_comparison = operator in COMPARISONS
        kinds = {left.kind, right.kind}
        if "gaps" in kinds:
            return self._with_gaps(operator, left, right)
        empty = next((c for c in (left, right) if c.is_empty_text), None)
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
            first, second = _condition(left), _condition(right)
            if operator == "*" and first is not None and second is not None:
                return self._both(replace(left, tree=first), replace(right, tree=second))
            left, right = self._as_operand(left, operator, right), self._as_operand(right, operator, left)
        is_literal = left.literal and right.literal
        if operator == "^" and is_literal and not _is_small_power(left.tree, right.tree):
            raise UnclearError("a power of whole numbers that no float holds")
        trees, axes = self._spread([left, right])
        tree = binary(operator, *trees)
        doubtful = {"/": [tree], "^": [tree, binary("/", count(1), trees[0])]}.get(operator, [])
        if is_literal and not all(map(_is_finite, doubtful)):
            raise UnclearError("numbers alone, which make an error")
        kind = "bool" if is_comparison else "num"
        return Code(tree, kind, axes, literal=is_literal, whose=owner_of_all(left, right))

    def _as_operand(self, code: Code, operator: str, other: Code) -> Code:
        """An operand of arithmetic: a condition as 1 or 0, but where it scales or adds to what are floats."""
        is_float = other.kind == "num" and other.owner == "language" and _condition(other) is None
        return code if is_float and operator in "*+" else self._as_number(code)

    def _both(self, left: Code, right: Code) -> Code:
        """The product of two arrays of conditions: 1 where both hold."""
        trees, axes = self._spread([left, right])
        return Code(word("float", binary("&", *trees)), axes=axes)

    # Calls

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
        if is_literal and not all(map(_is_finite, doubtful)):
            raise UnclearError("numbers alone, which make an error")
        return Code(tree, axes=axes, literal=is_literal, whose="language" if axes else owner_of_all(*values))

    def _if_of(self, node: Call) -> Code:
        if len(node.arguments) < 3 or any(a is None for a in node.arguments):
            raise UnclearError("a condition without both of its cases")
        condition = self.write(node.arguments[0])
        self._branches += bool(condition.axes)
        then, other = (_counted(self.write(argument)) for argument in node.arguments[1:])
        self._branches -= bool(condition.axes)
        if self._variable.kind == "gaps":
            then, other = (self._gap_or(code) for code in (then, other))
        kinds = {then.kind, other.kind}
        if kinds == {"num", "gaps"}:
            then, other = then.as_kind("gaps"), other.as_kind("gaps")
        if condition.kind not in ("bool", "num") or then.kind != other.kind:
            raise UnclearError("cases of different kinds")
        if not condition.axes:
            trees, axes = self._spread([then, other])
            self._is_ragged |= then.axes != other.axes
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
        if other.is_empty_text:
            other = Code(name_("math.nan"), self._variable.kind, literal=True)
        if other.kind not in ("num", "gaps") or set("kl") & set(other.axes + value.axes):
            raise UnclearError("another value for errors that is no number")
        tests = [self._binary("=", d, Code(count(0), literal=True)) for d in divisors if fixed(d.tree) is None]
        if not tests:
            return value
        trees, axes = self._spread(tests)
        tied = _tied("|", trees) if axes else every(trees, ast.Or)
        test = Code(tied, "bool", axes, whose=owner_of_all(*tests))
        if not axes:
            trees, axes = self._spread([other, value])
            self._is_ragged |= other.axes != value.axes
            return Code(choice(test.tree, *trees), other.kind, axes, whose=owner_of_one(other, value))
        trees, axes = self._spread([test, other, value])
        return Code(word("where", *trees), other.kind, axes)

    def _gap_or(self, code: Code) -> Code:
        """The empty text as the gap that it is in an array."""
        return Code(name_("math.nan"), kind="gaps", literal=True) if code.is_empty_text else code

    def _logic_of(self, node: Call) -> Code:
        values = [self.write(argument) for argument in node.arguments]
        if any(value.kind != "bool" or set("kl") & set(value.axes) for value in values):
            raise UnclearError("conditions of ranges")
        if all(not value.axes for value in values):
            tie = ast.And if node.function == "AND" else ast.Or
            return Code(every([value.tree for value in values], tie), "bool", whose=owner_of_one(*values))
        trees, axes = self._spread(values)
        return Code(_tied("&" if node.function == "AND" else "|", trees), "bool", axes)

    def _sum_of(self, node: Call) -> Code:
        """One of `_SUMS`, its arguments one by one."""
        if len(node.arguments) < 2 or node.function in ("AVERAGE", "COUNT", "SUMXMY2"):
            found: Code = getattr(self, _FORMS[node.function])(node)
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
                    found = self._binary("+", found, part)
        if set("kl") & set(found.axes):
            raise UnclearError("a range that is not summed up")
        return found

    def _extreme_of(self, node: Call) -> Code:
        """MAX and MIN: of ranges, and of single values."""
        found: Code | None = None
        for argument in node.arguments:
            written = self.write(argument)
            if written.kind == "bool":
                raise UnclearError("conditions, of which those in cells do not count")
            code = self._number(argument)
            inner = "".join(axis for axis in code.axes if axis in "kl")
            if inner:
                code = self._reduced(written, inner, node.function.lower())
            elif written.blank:
                raise UnclearError("an extreme of cells that may be blank, which are then passed over")
            found = code if found is None else self._larger(found, code, node.function)
        assert found is not None
        return found

    def _larger(self, a: Code, b: Code, function: str) -> Code:
        """The larger of two values, or the smaller: MAX or MIN."""
        if not a.axes and not b.axes:
            several = [tree for code in (a, b) for tree in _several(code.tree, function.lower())]
            return Code(call(function.lower(), *several), whose=owner_of_one(a, b))
        name = "maximum" if function == "MAX" else "minimum"
        if "python" in (a.owner, b.owner):
            form = f"{name} from" if a.owner == "python" else f"{name} of"
            return Code(word(form, a.tree, b.tree), axes=a.axes or b.axes)
        a, b = (replace(code, tree=as_language(code)) for code in (a, b))
        trees, axes = self._spread([a, b])
        return Code(word(name, *trees), axes=axes)

    def _reduced(self, code: Code, inner: str, method: str) -> Code:
        """An array with its inner axes taken away by a method: `sum`, `max`."""
        outer = "".join(axis for axis in code.axes if axis not in inner)
        if self._is_ragged:
            raise UnclearError("a sum of a number or an array")
        if code.kind == "gaps":
            method = f"nan{method}"
        elif any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        condition = _condition(code)
        if not outer and condition is not None and method == "sum":
            return Code(word("count", condition))
        if not outer:
            return Code(word(method, code.tree))
        tree, axis = code.tree, _last(inner)
        if isinstance(tree, ast.Attribute) and tree.attr == "T" and len(code.axes) == 2 and inner == code.axes[1]:
            tree, axis = tree.value, count(0)
        return Code(word(f"{method} along", tree, axis), axes=outer)

    def _total_of(self, node: Call) -> Code:
        """SUM, SUMSQ and AVERAGE of one range or more."""
        found: list[Code] = []
        for argument in node.arguments:
            code = self.write(argument)
            if code.kind not in ("num", "gaps"):
                raise UnclearError("a sum of other values than numbers")
            if node.function == "SUMSQ":
                code = Code(binary("^", code.tree, count(2)), code.kind, code.axes)
            inner = "".join(axis for axis in code.axes if axis in "kl")
            method = "mean" if node.function == "AVERAGE" else "sum"
            if code.blank and not inner and method == "mean":
                raise UnclearError("a mean of cells that may be blank, which are then passed over")
            found.append(self._reduced(code, inner, method) if inner else _counted(code))
        if node.function == "AVERAGE" and (len(found) > 1):
            raise UnclearError("a mean of several ranges")
        trees, axes = self._spread(found)
        return Code(summed(trees), axes=axes, whose=owner_of_all(*found))

    def _squares_of(self, node: Call) -> Code:
        """SUMXMY2: the sum of squared differences; where one of a pair is missing, of the other pairs."""
        left, right = node.arguments
        if not (isinstance(left, Ref) and isinstance(right, Ref) and self._shape(left) == self._shape(right)):
            raise UnclearError("differences of computed values")
        a, b = self.write(left), self.write(right)
        if a.axes != b.axes or not {a.kind, b.kind} <= {"num", "gaps"} or not set("kl") & set(a.axes):
            raise UnclearError("differences of arrays of other shapes, or of other values than numbers")
        kind = "gaps" if "gaps" in (a.kind, b.kind) else "num"
        difference = self._binary("-", a.as_kind("num"), b.as_kind("num"))
        squares = Code(binary("^", difference.tree, count(2)), kind, difference.axes)
        return self._reduced(squares, "".join(axis for axis in squares.axes if axis in "kl"), "sum")

    def _spread_of(self, node: Call) -> Code:
        """VAR, STDEV and their kin, of one range."""
        (argument,) = node.arguments
        code = self.write(argument)
        inner = "".join(axis for axis in code.axes if axis in "kl")
        if code.kind != "num" or not inner or any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("a spread of other values than one range of numbers")
        name = node.function.replace(".", "")
        word_ = name[:3].lower() + (" of all" if name.endswith("P") else "")
        outer = "".join(axis for axis in code.axes if axis not in inner)
        if outer:
            return Code(word(f"{word_} along", code.tree, _last(inner)), axes=outer)
        return Code(word(word_, code.tree))

    def _count_of(self, node: Call) -> Code:
        counts: list[ast.expr] = []
        is_literal = True
        for argument in node.arguments:
            if not isinstance(argument, Ref):
                raise UnclearError("a count of computed values")
            found = self._range(argument)
            if found.kind == "gaps" and not set("ij") & set(found.axes):
                counts.append(word("count", inverse(word("isnan", found.tree))))
                is_literal = False
                continue
            inner = [at for at, axis in enumerate(found.axes) if axis in "kl"]
            if found.kind != "num" or (len(inner) < len(found.axes) and len(inner) != 1):
                raise UnclearError("a count of values that are not all numbers")
            if len(inner) < len(found.axes):
                counts.append(item(attribute(found.tree, "shape"), count(inner[0])))
                continue
            counts.append(word("size", found.tree) if found.axes else count(1))
        return Code(summed(counts), literal=is_literal)

    def _product_sum_of(self, node: Call) -> Code:
        """SUMPRODUCT: of one array its sum; of two that share one axis a matrix product; else a sum of products."""
        values = [self._factor(argument) for argument in node.arguments]
        if any(value.kind == "bool" for value in values):
            raise UnclearError("a product of conditions, which count as 0")
        if len(values) == 2 and all(_is_read(argument) for argument in node.arguments):
            product = self._contracted(values[0], values[1])
            if product is not None:
                return product
        code = values[0]
        for value in values[1:]:
            code = self._binary("*", code, value)
        if code.kind == "bool":
            code = Code(word("float", code.tree), axes=code.axes)
        inner = "".join(axis for axis in code.axes if axis in "kl")
        return self._reduced(code, inner, "sum") if inner else code

    def _factor(self, node: Any) -> Code:
        """What SUMPRODUCT takes: of a range only the numbers, whatever the other cells hold."""
        code = self.write(node)
        return _filled(code) if code.kind == "gaps" and isinstance(node, Ref) else self._number(node)

    def _contracted(self, a: Code, b: Code) -> Code | None:
        """The sum over the inner axis of the products of two arrays, as `@`; None where it is none."""
        inner_a, inner_b = ("".join(x for x in c.axes if x in "kl") for c in (a, b))
        outer_a, outer_b = ("".join(x for x in c.axes if x in "ij") for c in (a, b))
        if inner_a != inner_b or len(inner_a) != 1 or self._sizes.get(inner_a) == -1:
            return None
        if (outer_a, outer_b) == ("", ""):
            return Code(binary("@", a.tree, b.tree))
        if set(outer_a) & set(outer_b) or len(outer_a + outer_b) > 2:
            return None
        if outer_a > outer_b and outer_a and outer_b:
            a, b, outer_a, outer_b = b, a, outer_b, outer_a
        # The arrays' own axes come first, the shared one last: turn the right one.
        if not outer_a:
            a, b, outer_a, outer_b = b, a, outer_b, outer_a
        right = _turned(b.tree) if outer_b else b.tree
        return Code(binary("@", a.tree, right), axes=outer_a + outer_b)

    def _matrix_product_of(self, node: Call) -> Code:
        (a, a_shape), (b, b_shape) = (self._matrix(argument) for argument in node.arguments)
        if a_shape[1] != b_shape[0]:
            raise UnclearError("a matrix product of shapes that do not fit")
        self._sizes["k"], self._sizes["l"] = a_shape[0], b_shape[1]
        if (a.axes, b.axes) == ("k", "l"):
            return Code(word("outer", a.tree, b.tree), axes="kl")
        if "l" not in a.axes or "k" not in b.axes:
            raise UnclearError("a matrix product of a single row or column")
        axes = a.axes.replace("l", "") + b.axes.replace("k", "")
        if axes and list(axes) != sorted(axes, key=ORDER.index):
            raise UnclearError("a matrix product in another order")
        return Code(binary("@", a.tree, b.tree), axes=axes)

    def _matrix(self, node: Any) -> tuple[Code, tuple[int, int]]:
        """A factor of a matrix product, its own axes last and first, and its shape."""
        if isinstance(node, Ref):
            found = self._range(node)
            if found.kind != "num":
                raise UnclearError("a matrix product of other values than numbers")
            turned = len(found.axes) == 2 and (found.axes[1] == "k" or found.axes[0] == "l")
            axes = found.axes[::-1] if turned else found.axes
            return Code(attribute(found.tree, "T") if turned else found.tree, axes=axes), self._shape(node)
        with self._apart():
            code = self._as_number(self._number(node))
            shape = (self._sizes.get("k", 1), self._sizes.get("l", 1))
        if set("ij") & set(code.axes) or -1 in shape or not code.axes:
            raise UnclearError("a matrix product of what is no matrix")
        return code, tuple(size if axis in code.axes else 1 for axis, size in zip("kl", shape, strict=True))  # type: ignore[return-value]

    def _transposed_of(self, node: Call) -> Code:
        (argument,) = node.arguments
        if not isinstance(argument, Ref):
            raise UnclearError("computed values turned")
        with self._apart():
            found = self._range(argument)
            height, width = (self._sizes.get(axis, 1) for axis in "kl")
        if not (found.kind == "num" or found.blank) or -1 in (height, width):
            raise UnclearError("values turned that are not all numbers")
        axes = "".join({"k": "l", "l": "k"}.get(axis, axis) for axis in found.axes)
        for axis, size in (("k", width), ("l", height)):
            if axis in axes:
                self._size(axis, size)
        ordered = "".join(sorted(axes, key=ORDER.index))
        if ordered != axes and len(axes) != 2:
            raise UnclearError("axes in another order")
        tree = found.tree if ordered == axes else attribute(found.tree, "T")
        return _counted(Code(tree, found.kind, ordered, blank=found.blank))

    def _index_of(self, node: Call) -> Code:
        """INDEX of one array by whole numbers: indexing, from 0."""
        array, *places = node.arguments
        if self._branches:
            raise UnclearError("a lookup that some cells do not make")
        if not isinstance(array, Ref) or any(place is None for place in places):
            raise UnclearError("a lookup in computed values")
        with self._apart():
            found = self._range(array)
        height, width = self._shape(array)
        if len(places) == 1:
            places = [Number(1.0), places[0]] if height == 1 else [places[0], Number(1.0)]
        if Number(0.0) in places and (height, width) != (1, 1):
            return self._lines_of(found, places, (height, width))
        if found.kind != "num":
            raise UnclearError("a lookup among what is not all numbers")
        indices: dict[str, Code] = {}
        for axis, place, size in (("k", places[0], height), ("l", places[1], width)):
            if axis in found.axes:
                indices[axis] = self._place(place)
            elif not (isinstance(place, Number) and place.value == 1) and size == 1:
                raise UnclearError("a lookup beyond a row or column")
        outer = [axis for axis in found.axes if axis in "ij"]
        looked = [axis for axis in found.axes if axis in "kl"]
        chosen = "".join(axis for axis in "ij" if any(axis in indices[x].axes for x in looked))
        if found.axes == "il" and chosen == "i" and looked == ["l"]:
            # Of each row its own column, as the probability of each record's class is looked up.
            rows = word("arange", count(self._sizes["i"]))
            return Code(item(found.tree, rows, indices["l"].tree), axes="i")
        if not looked or set(outer) & set(chosen) or (outer and len(looked) > 1):
            raise UnclearError("a lookup that moves with its array")
        if outer and chosen and not ((outer, chosen) == (["j"], "i") and found.axes == "kj"):
            raise UnclearError("a lookup that turns its array")
        if (found.axes, chosen) == ("kj", "i") and indices["k"].axes == "i":
            return Code(word("rows of", found.tree, indices["k"].tree), axes="ij")
        parts = [ALL if axis in "ij" else self.aligned(indices[axis], chosen) for axis in found.axes]
        while is_all(parts[-1]):
            parts.pop()
        return Code(item(found.tree, *parts), axes=chosen + "".join(outer))

    def _lines_of(self, found: Range, places: list[Any], shape: tuple[int, int]) -> Code:
        """INDEX with 0 for a row or a column: whole columns or rows of a fixed array."""
        if set("ij") & set(found.axes) or not (found.kind == "num" or found.blank):
            raise UnclearError("lines of an array that moves, or of what is not all numbers")
        parts: list[ast.expr] = []
        axes = ""
        for axis, place, size in zip("kl", places, shape, strict=True):
            if axis not in found.axes:
                if place not in (Number(0.0), Number(1.0)):
                    raise UnclearError("a lookup beyond a row or column")
            elif place == Number(0.0):
                parts.append(ALL)
                axes += axis
                self._size(axis, size)
            else:
                at = self._place(place)
                if len(at.axes) > 1:
                    raise UnclearError("a lookup of lines by an array of both rows and columns")
                parts.append(at.tree)
                axes += at.axes
        while parts and is_all(parts[-1]):
            parts.pop()
        tree = item(found.tree, *parts)
        ordered = "".join(sorted(axes, key=ORDER.index))
        return Code(tree if ordered == axes else attribute(tree, "T"), found.kind, ordered, blank=found.blank)

    def _place(self, node: Any) -> Code:
        """A place from 1 as an index from 0."""
        if isinstance(node, Number):
            return Code(count(int(node.value) - 1), literal=True)
        code = self._number(node)
        if set("kl") & set(code.axes):
            raise UnclearError("a lookup by a range")
        match code.tree:
            case ast.BinOp(left=found, op=ast.Add(), right=ast.Constant(value=1.0)) if _is_match(node):
                return Code(found, axes=code.axes)
        if isinstance(node, IndexValue) and code.axes:
            step = node.value.down if code.axes == "i" else node.value.across
            return Code(_range_from(node.value.base - 1, self._sizes[code.axes], step, whole=True), axes=code.axes)
        if not code.axes:
            return Code(shifted(call("int", code.tree), -1))
        return Code(shifted(word("index", code.tree), -1), axes=code.axes)

    def _match_of(self, node: Call) -> Code:
        is_exact = len(node.arguments) == 3 and node.arguments[2] in (Number(0.0), Boolean(False), None)
        if len(node.arguments) == 3 and not is_exact and node.arguments[2] not in (Number(1.0), Boolean(True)):
            raise UnclearError("a search among falling values")
        wanted, values = self._number(node.arguments[0]), self._number(node.arguments[1])
        inner = "".join(axis for axis in values.axes if axis in "kl")
        if len(inner) != 1 or set(wanted.axes) & set("kl") or self._sizes.get(inner) == -1:
            raise UnclearError("a search in more than a row or column")
        if not is_exact:
            if values.axes != inner or not wanted.axes:
                raise UnclearError("a search of one value among sorted values")
            if not self._may_rise(node.arguments[1]):
                raise UnclearError("a search among values in no order")
            return Code(word("float", word("search", values.tree, wanted.tree)), axes=wanted.axes)
        found = self._binary("=", wanted, values)
        tree = binary("+", word("first true", found.tree), ast.Constant(1.0))
        return Code(tree, axes="".join(axis for axis in found.axes if axis not in inner))

    def _may_rise(self, values: Any) -> bool:
        """Whether nothing shows that a range is unsorted; in one that is, Excel finds what a sorted search does not."""
        if not isinstance(values, Ref):
            return True
        area = values.hull(self._variable.height, self._variable.width)
        holders = self._around.variables(values.sheet, area)
        given = [
            [value for line in holder.values for value in line if isinstance(value, float)]
            for holder in holders
            if holder.values is not None
        ]
        return all(found == sorted(found) for found in given)

    def _criteria_of(self, node: Call) -> Code:
        """COUNTIF, SUMIF and their plurals, of numbers: each criterion is a comparison."""
        arguments = list(node.arguments)
        if node.function == "SUMIF":
            values, summed = arguments[0], arguments[2 if len(arguments) == 3 else 0]
            if not (isinstance(values, Ref) and isinstance(summed, Ref) and self._shape(values) == self._shape(summed)):
                raise UnclearError("a sum over another range than the criterion's")
            arguments = [summed, *arguments[:2]]
        totals = self._number(arguments.pop(0)) if node.function in ("SUMIF", "SUMIFS") else None
        tests: list[Code] = []
        for values, wanted in zip(arguments[::2], arguments[1::2], strict=True):
            a, b = self.write(values), self.write(wanted)
            if a.kind != "num" or b.kind != "num" or not set("kl") & set(a.axes) or set("kl") & set(b.axes):
                raise UnclearError("a criterion that is not a number")
            tests.append(self._binary("=", a, b))
        trees, axes = self._spread(tests)
        code = tests[0] if len(tests) == 1 else Code(_tied("&", trees), "bool", axes)
        inner = "".join(axis for axis in axes if axis in "kl")
        if any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        if totals is None:
            return self._reduced(code, inner, "sum")
        if len(inner) == 1 and totals.axes == inner:
            tree = binary("@", word("factor", code.tree), totals.tree)
            return Code(tree, axes=axes.replace(inner, ""))
        return self._reduced(self._binary("*", code, totals), inner, "sum")


class StepWriter(ArrayWriter):
    """Writes a formula of a loop as one expression in which ranges are arrays: of one step, so it gives one number."""

    _in_windows = False

    def __init__(self, around: Context, variable: Variable, cells: CellWriter) -> None:
        """Write what `cells` writes of single cells otherwise."""
        super().__init__(around, replace(variable, height=1, width=1))
        self._cells = cells

    def number(self, tree: Any) -> Code:
        """The number that a step gives.

        Raises:
            UnclearError: it has no such form for sure.
        """
        code = self.write(tree)
        if code.axes or code.kind != "num":
            raise UnclearError("not one number")
        return code

    def write(self, node: Any) -> Code:
        """The expression of a node."""
        if isinstance(node, Choice | IndexValue) or (isinstance(node, Ref) and node.is_cell):
            code = self._cells.write(node)
            if code.kind not in ("num", "bool"):
                raise UnclearError("a cell that is no number")
            return code
        return super().write(node)

    def _holder(self, ref: Ref) -> Variable:
        area = self._cells.hull(ref)
        holder = covering(self._around.variables(ref.sheet, area), area)
        if holder is None or holder.parts or id(holder) in self._cells.elements:
            raise UnclearError("a range of several arrays, or of what is being computed")
        return holder

    def _shape(self, ref: Ref) -> tuple[int, int]:
        sides = ((ref.top, ref.bottom), (ref.left, ref.right))
        if any((first.down, first.across) != (last.down, last.across) for first, last in sides):
            raise UnclearError("a range that grows")
        return super()._shape(ref)

    def _line(self, first: AffineIndex, last: AffineIndex, origin: int, size: int, own: str) -> tuple[ast.expr, str]:
        if first.is_fixed and last.is_fixed:
            return super()._line(first, last, origin, size, own)
        if (first.down, first.across) != (last.down, last.across):
            raise UnclearError("a range that grows")
        start = self._cells.place(first, origin)
        if first == last:
            return start, ""
        self._size(own, last.base - first.base + 1)
        return cut(start, self._cells.place(last._replace(base=last.base + 1), origin)), own


def _range_from(base: int, cells: int, step: int, *, whole: bool) -> ast.expr:
    """So many numbers from a base: whole ones as indices, else floats."""
    ends = [count(end) if whole else _float(end) for end in (base, base + step * cells, step)]
    if (base, step) == (0, 1):
        return word("range", ends[1])
    return word("range from", *ends[:2]) if step == 1 else word("range by", *ends)


def _float(value: int) -> ast.expr:
    return negative(ast.Constant(float(-value))) if value < 0 else ast.Constant(float(value))


def _counted(code: Code) -> Code:
    """A value whose blanks are 0, as all but sums and their like take them."""
    return _filled(code) if code.blank else code


def _filled(code: Code) -> Code:
    """An array with 0 in its gaps."""
    return replace(code, tree=word("filled", code.tree), kind="num", blank=False)


def _is_read(node: Any) -> bool:
    """Whether a formula only reads an array, and computes nothing of it."""
    return isinstance(node, Ref) or (isinstance(node, Call) and node.function in ("INDEX", "TRANSPOSE"))


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


def _is_match(node: Any) -> bool:
    return isinstance(node, Call) and node.function == "MATCH"


def _is_finite(tree: ast.expr) -> bool:
    """Whether an expression of numbers alone, which is ours, has a value; sizes of arrays, which it may hold, have."""
    if any(
        isinstance(node, Word) or (isinstance(node, ast.Attribute) and node.attr == "shape") for node in ast.walk(tree)
    ):
        return True
    try:
        return math.isfinite(eval(unparse(tree), {"math": math}))  # noqa: S307 - of numbers and the tables' words
    except (ArithmeticError, NameError, TypeError, ValueError):
        return False


def _condition(code: Code) -> ast.expr | None:
    """The conditions that an array is, or is made of as numbers 1 and 0; None where it is of other numbers."""
    if code.axes and code.kind == "bool":
        return code.tree
    match code.tree:
        case Word(name="float", args=[ast.BinOp(op=ast.BitAnd()) as both]):
            return both
    return None


def _unrounded(tree: ast.expr) -> ast.expr:
    """An array as it is before it is rounded to 15 digits: where it has gaps is the same."""
    return tree.args[0] if isinstance(tree, Word) and tree.name == DIGITS else tree


def _several(tree: ast.expr, function: str) -> list[ast.expr]:
    """What a call of `max` or `min` takes; any other tree alone."""
    match tree:
        case ast.Call(func=ast.Name(id=name), args=args) if name == function and len(args) > 1:
            return args
    return [tree]


def _turned(tree: ast.expr) -> ast.expr:
    """A matrix with its axes turned, which may be so already."""
    return tree.value if isinstance(tree, ast.Attribute) and tree.attr == "T" else attribute(tree, "T")


def _last(inner: str) -> ast.expr:
    """The last axis of an array, or its last two."""
    return count(-1) if len(inner) == 1 else tuple_((count(-2), count(-1)))


def _tied(sign: str, trees: list[ast.expr]) -> ast.expr:
    """Arrays of conditions, tied one after another."""
    tied = trees[0]
    for tree in trees[1:]:
        tied = binary(sign, tied, tree)
    return tied


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
_SUMS = frozenset(("AVERAGE", "COUNT", "MAX", "MIN", "SUM", "SUMSQ", "SUMXMY2", *_SPREADS))
"""Functions that take each of their ranges together, whatever its size."""
_FORMS: dict[str, str] = {
    "IF": "_if_of",
    "IFERROR": "_or_else_of",
    "AND": "_logic_of",
    "OR": "_logic_of",
    "MAX": "_extreme_of",
    "MIN": "_extreme_of",
    "SUM": "_total_of",
    "SUMSQ": "_total_of",
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


def _is_small_power(base: ast.expr, exponent: ast.expr) -> bool:
    """Whether a power of two numbers that are written out is exact in Python as in a float."""
    try:
        found = [float(ast.literal_eval(unparse(tree))) for tree in (base, exponent)]
    except (SyntaxError, TypeError, ValueError):
        return False
    return abs(found[1]) * math.log10(max(abs(found[0]), 1.0)) < _EXACT_DIGITS
