"""What ranges come to: sums, means, extremes, counts, spreads, and sums of what meets criteria."""

import ast
import math
import re
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Call
from workbook.transpile.back.code import (
    Code,
    attribute,
    binary,
    call,
    count,
    inverse,
    item,
    last_name,
    list_,
    owner_of_all,
    owner_of_one,
    summed,
    tuple_,
    word,
)
from workbook.transpile.back.context import as_language
from workbook.transpile.back.operators import conditions_of, counted, filled, tied_together
from workbook.transpile.back.running import Running
from workbook.transpile.back.syntax import key
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import Ref
from workbook.transpile.runtime import HELPERS

_MOST_TESTED = 200_000
"""From so many comparisons on, what meets a criterion is looked up in a range that is in order."""


_METHODS = {"SUM": "sum", "AVERAGE": "mean", "MAX": "max", "MIN": "min"}
_MANY = 4
"""From so many cells on they are stacked; fewer are added, or the larger taken of, two at a time."""


class Totals(Running):
    """Functions that take the inner axes of arrays away."""

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
        if code.kind == "gaps":
            method = f"nan{method}"
        elif any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        condition = conditions_of(code)
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
            code = self._summed(argument) if node.function == "SUM" else self.write(argument)
            if code.kind not in ("num", "gaps"):
                raise UnclearError("a sum of other values than numbers")
            if node.function == "SUMSQ":
                code = Code(binary("^", code.tree, count(2)), code.kind, code.axes)
            inner = "".join(axis for axis in code.axes if axis in "kl")
            method = "mean" if node.function == "AVERAGE" else "sum"
            if code.blank and not inner and method == "mean":
                raise UnclearError("a mean of cells that may be blank, which are then passed over")
            found.append(self._reduced(code, inner, method) if inner else counted(code))
        if node.function == "AVERAGE" and len(found) > 1:
            raise UnclearError("a mean of several ranges")
        trees, axes = self._spread(found)
        return Code(summed(trees), axes=axes, whose=owner_of_all(*found))

    def _each_of(self, node: Call) -> Code | None:
        """SUM, AVERAGE, MAX or MIN of cells of many arrays, as a reference through sheets has them; else None."""
        method = _METHODS.get(node.function, "")
        are_cells = all(isinstance(argument, Ref) and argument.is_cell for argument in node.arguments)
        if not method or len(node.arguments) < _MANY or not are_cells:
            return None
        found = [self.write(argument) for argument in node.arguments]
        axes = found[0].axes
        has_gaps = any(code.blank or code.kind == "gaps" for code in found)
        if any(c.axes != axes or c.kind not in ("num", "gaps") for c in found):
            return None
        if not axes:
            is_mean = method == "mean" and not has_gaps
            return Code(word(method, word("stack", list_(code.tree for code in found)))) if is_mean else None
        if has_gaps:
            method = f"nan{method}"
        trees = [code.tree for code in found]
        each = self._once(("each", *map(key, trees)), f"each_{last_name(trees[0])}", word("stack", list_(trees)))
        return Code(word(f"{method} along", each, count(0)), axes=axes)

    def _summed(self, node: Any) -> Code:
        """What SUM takes: of a range only the numbers, whatever the other cells hold."""
        if not isinstance(node, Ref):
            return self.write(node)
        with self._filling_up():
            return self.write(node)

    def _factor(self, node: Any) -> Code:
        """What SUMPRODUCT and SUMIF add up: of a range only the numbers, whatever the other cells hold."""
        if not isinstance(node, Ref):
            return self._number(node)
        with self._filling_up():
            code = self.write(node)
            return filled(code) if code.kind == "gaps" else self._number(node)

    def _factors_of(self, node: Call) -> Code:
        """PRODUCT of one range of numbers, or of a number."""
        (argument,) = node.arguments
        code = self.write(argument)
        inner = "".join(axis for axis in code.axes if axis in "kl")
        if code.kind != "num" or (code.blank and not inner):
            raise UnclearError("a product of other values than numbers")
        if not inner:
            return code
        if len(inner) > 1 and len(inner) < len(code.axes):
            raise UnclearError("products over two axes of several, which torch has no function for")
        return self._reduced(code, inner, "prod")

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
        """VAR, STDEV and the like, of one range."""
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
            if found.kind == "gaps" and not found.blank and len(node.arguments) == 1:
                code = Code(inverse(word("isnan", found.tree)), "bool", found.axes)
                return self._reduced(code, "".join(axis for axis in found.axes if axis in "kl"), "sum")
            inner = [at for at, axis in enumerate(found.axes) if axis in "kl"]
            if found.kind != "num" or (len(inner) < len(found.axes) and len(inner) != 1):
                raise UnclearError("a count of values that are not all numbers")
            if len(inner) < len(found.axes):
                counts.append(item(attribute(found.tree, "shape"), count(inner[0])))
                continue
            counts.append(word("size", found.tree) if found.axes else count(1))
        return Code(summed(counts), literal=is_literal)

    def _criteria_of(self, node: Call) -> Code:
        """COUNTIF, SUMIF and their plurals, of numbers and plain texts: each criterion is a comparison."""
        arguments = list(node.arguments)
        if node.function == "SUMIF":
            values, summed = arguments[0], arguments[2 if len(arguments) == 3 else 0]
            if not (isinstance(values, Ref) and isinstance(summed, Ref) and self._shape(values) == self._shape(summed)):
                raise UnclearError("a sum over another range than the criterion's")
            arguments = [summed, *arguments[:2]]
        totals = self._factor(arguments.pop(0)) if node.function in ("SUMIF", "SUMIFS") else None
        tests: list[Code] = []
        for values, wanted in zip(arguments[::2], arguments[1::2], strict=True):
            texts = self._met_by_texts(values, wanted)
            if texts is not None:
                tests.append(texts)
                continue
            a, b = self.write(values), self.write(wanted)
            if a.kind not in ("num", "gaps") or b.kind != "num":
                raise UnclearError("a criterion that is not a number")
            if not set("kl") & set(a.axes) or set("kl") & set(b.axes):
                raise UnclearError("a criterion that is a range, or of a single cell")
            # What is no number equals none, and neither does NaN.
            tests.append(self._binary("=", a.as_kind("num"), b))
        trees, axes = self._spread(tests)
        code = tests[0] if len(tests) == 1 else Code(tied_together("&", trees), "bool", axes)
        inner = "".join(axis for axis in axes if axis in "kl")
        if any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        if totals is None:
            return self._reduced(code, inner, "sum")
        if len(inner) == 1 and totals.axes == inner:
            tree = binary("@", word("factor", code.tree), totals.tree)
            return Code(tree, axes=axes.replace(inner, ""))
        return self._reduced(self._binary("*", code, totals), inner, "sum")

    def _met_by_texts(self, values: Any, wanted: Any) -> Code | None:
        """Which of a range of texts are the one wanted; None where that is none, or a pattern, or reads as a number."""
        seen = self._texts_seen(wanted)
        if seen is None or seen.seen is None or not all(map(_is_plain, seen.seen)):
            return None
        code = self._compared_texts("=", values, wanted)
        if code is None or not set("kl") & set(code.axes) or not self._texts_seen(values):
            return None
        if math.prod(self._sizes[axis] for axis in code.axes) > _MOST_TESTED:
            raise UnclearError("so many comparisons that looking up in order takes less")
        return code


def _is_plain(text: str) -> bool:
    """Whether a criterion is met by what is equal to it and by nothing else."""
    is_number = not isinstance(HELPERS["checked"](HELPERS["parse_number"], text), HELPERS["Error"])
    return not (is_number or re.search(r"^[<=>#]|[*?~]|^$|^(true|false)$", text, re.IGNORECASE))


def _several(tree: ast.expr, function: str) -> list[ast.expr]:
    """What a call of `max` or `min` takes; any other tree alone."""
    match tree:
        case ast.Call(func=ast.Name(id=name), args=args) if name == function and len(args) > 1:
            return args
    return [tree]


def _last(inner: str) -> ast.expr:
    """The last axis of an array, or its last two."""
    return count(-1) if len(inner) == 1 else tuple_((count(-2), count(-1)))
