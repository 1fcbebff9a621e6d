"""Whole arrays at once: a formula of a region as one line of NumPy or torch, by what its axes run along.

The cells of a region lie along `i` (rows) and `j` (columns). A range that each cell reads has axes of its own, `k` (its
rows) and `l` (its columns). Operators spread their operands over the axes of both; sums take `k` and `l` away.
"""

import math
import re
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Number, Text, Unary
from workbook.transpile.back.code import AND, ATOM, CHOICE, COMPARE, OR, POWER, PRODUCT, SIGN, SUM, Code, number_text
from workbook.transpile.back.ranges import ORDER, Ranges
from workbook.transpile.back.scalar import CellWriter, Context, covering, same_case
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import AffineIndex, Choice, IndexValue, Ref
from workbook.transpile.middle.variables import Variable
from workbook.transpile.targets import Target

_FROM_ONE = " + 1.0"
_SIGNS = {
    "+": ("+", SUM), "-": ("-", SUM), "*": ("*", PRODUCT), "/": ("/", PRODUCT), "^": ("**", POWER),
    "=": ("==", COMPARE), "<>": ("!=", COMPARE), "<": ("<", COMPARE), ">": (">", COMPARE), "<=": ("<=", COMPARE),
    ">=": (">=", COMPARE),
}  # fmt: skip
_EXACT_DIGITS = 15


class ArrayWriter(Ranges):
    """Writes the formula of a region as one expression over arrays."""

    def __init__(self, around: Context, variable: Variable, target: Target) -> None:
        super().__init__(around, variable, target)
        self._branches = 0
        self._whole = variable.region is not None and variable.region.whole

    def result(self) -> str:
        """The text of an array of the region's own shape.

        Raises:
            UnclearError: it has no such form for sure.
        """
        code = self.write(self._variable.tree)
        if self._whole:
            return self._filled(code)
        wanted = "".join(axis for axis in "ij" if self._sizes[axis] > 1)
        kinds = ("num", "bool", "gaps") if self._variable.kind == "gaps" else ("num", "bool")
        if code.kind not in kinds or set(code.axes) - set(wanted):
            raise UnclearError("not an array of numbers")
        if code.axes == wanted and not (self._is_ragged and wanted):
            return self._as_variable(code)
        shape = ", ".join(str(self._sizes[axis]) for axis in wanted)
        if not code.axes:
            return self._word("full", f"({shape}{',' if len(wanted) == 1 else ''})", code.text)
        return self._word("spread", self.aligned(code, wanted), f"({shape}{',' if len(wanted) == 1 else ''})")

    def _as_variable(self, code: Code) -> str:
        if code.kind == "bool" and self._variable.kind == "num":
            return self._word("float", code.at(ATOM))
        if not code.axes and code.kind == "num" and (code.literal or code.level == CHOICE):
            return self._target.number.format(code.text)
        return code.text

    def _filled(self, code: Code) -> str:
        """One array formula over the region: its array has just the region's shape."""
        shape = {"k": self._variable.height, "l": self._variable.width}
        wanted = "".join(axis for axis in "kl" if shape[axis] > 1)
        sizes = {axis: self._sizes.get(axis) for axis in code.axes}
        if code.kind != "num" or code.axes != wanted or any(sizes[a] != shape[a] for a in wanted):
            raise UnclearError("an array formula of another shape than its cells")
        return code.text

    # Nodes

    def write(self, node: Any) -> Code:
        """The expression of a node.

        Raises:
            UnclearError: it has no array form for sure.
        """
        match node:
            case Number(value):
                return Code(number_text(value), SIGN if value < 0 else ATOM, literal=True)
            case Text(value):
                return Code(repr(value), kind="text", literal=True, seen=frozenset((value,)))
            case Boolean(value):
                return Code(repr(value), kind="bool", literal=True)
            case IndexValue(value):
                return self._counter(value)
            case Ref():
                return self._ref(node)
            case Unary("+", operand):
                return self.write(operand)
            case Unary(operator, operand):
                code = self._as_number(self._number(operand))
                if operator == "-":
                    return Code(f"-{code.at(SIGN)}", SIGN, axes=code.axes, literal=code.literal)
                return Code(f"{code.at(PRODUCT)} / 100", PRODUCT, axes=code.axes)
            case Binary("/", Call("EXP", (power,)), Call("SUM", (Call("EXP", (powers,)),))) if (
                softmax := self._softmax_of(power, powers)
            ):
                return softmax
            case Binary(operator, left, right):
                return self._binary(operator, self.write(left), self.write(right))
            case Call():
                return self._call(node)
        raise UnclearError(f"no array form for {type(node).__name__}")

    def _softmax_of(self, power: Any, powers: Any) -> Code | None:
        """What is EXP over the sum of all EXPs of its row: torch has a word for it."""
        if self._target.name != "torch" or power is None or powers is None:
            return None
        one = self._number(power)
        with self._apart():
            row = self._number(powers)
            size = self._sizes.get("l")
        is_row = (one.axes, row.axes) in (("ij", "il"), ("j", "l")) and self._sizes["j"] == size
        if not is_row or one.text != row.text:
            return None
        # The largest is taken away for the computer's sake: torch does so itself.
        logits = re.sub(r"^(\w+(?:\.\w+)?) - \1\.amax\((?:dim=-1)?\)(?:\[:, None\])?$", r"\1", one.text)
        return Code(f"torch.softmax({logits}, dim=-1)", axes=one.axes)

    def _number(self, node: Any) -> Code:
        code = self.write(node)
        if code.kind not in ("num", "bool", "gaps"):
            raise UnclearError("not a number")
        return code.as_kind("num") if code.kind == "gaps" else code

    def _with_gaps(self, operator: str, left: Code, right: Code) -> Code:
        """An operator on an array with gaps: whether there is one, or arithmetic that lets them through."""
        if operator in ("=", "<>"):
            array, other = (left, right) if left.kind == "gaps" else (right, left)
            if other.text != "''":
                raise UnclearError("a comparison with gaps")
            test = self._word("isnan", array.text)
            return Code(test if operator == "=" else f"~{test}", SIGN, "bool", array.axes)
        if operator not in "+-*/^":
            raise UnclearError("a comparison with gaps")
        return self._binary(operator, *(c.as_kind("num") if c.kind == "gaps" else c for c in (left, right)))

    def _as_number(self, code: Code) -> Code:
        """A condition as 1 or 0."""
        if code.kind != "bool":
            return code
        if not code.axes:
            return Code(f"float({code.text})")
        return Code(self._word("float", code.at(ATOM)), axes=code.axes)

    def _counter(self, value: AffineIndex) -> Code:
        moves = [
            (axis, step) for axis, step in (("i", value.down), ("j", value.across)) if self._sizes[axis] > 1 and step
        ]
        if not moves:
            return Code(str(value.base), SIGN if value.base < 0 else ATOM, literal=True)
        if len(moves) > 1:
            raise UnclearError("a counter of both rows and columns")
        ((axis, step),) = moves
        return Code(self._word("range", _count_text(value.base, self._sizes[axis], step, whole=False)), axes=axis)

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        if operator not in _SIGNS:
            raise UnclearError("text joined")
        sign, level = _SIGNS[operator]
        kinds = {left.kind, right.kind}
        if "gaps" in kinds:
            return self._with_gaps(operator, left, right)
        empty = next((c for c in (left, right) if c.text == "''"), None)
        if kinds == {"num", "text"} and empty is not None and (left.axes or right.axes):
            # Numbers today, but a cell of them may be cleared: then it is NaN.
            return self._with_gaps(operator, *(c if c is empty else c.as_kind("gaps") for c in (left, right)))
        if kinds == {"text"}:
            if left.axes or right.axes or operator not in ("=", "<>") or not same_case(left, right):
                raise UnclearError("a comparison of texts")
            return Code(f"{left.at(SUM)} {sign} {right.at(SUM)}", level, "bool")
        if not kinds <= {"num", "bool"} or (level == COMPARE and len(kinds) > 1):
            raise UnclearError("values of different kinds")
        if kinds == {"bool"} and level != COMPARE and not (left.axes and right.axes and operator == "*"):
            left = self._as_number(left)
        is_computed = level == COMPARE and operator in ("=", "<>") and not (left.axes or right.axes)
        if is_computed and not all(_is_name(c) for c in (left, right)):
            raise UnclearError("numbers alone")
        if operator == "^" and left.literal and right.literal and not _is_small_power(left.text, right.text):
            raise UnclearError("a power of whole numbers that no float holds")
        levels = [ATOM, SIGN] if operator == "^" else [level + (level == COMPARE), level + 1]
        texts, axes = self._spread([left, right], levels)
        kind = "bool" if level == COMPARE else "num"
        text = f"{texts[0]} {sign} {texts[1]}"
        is_literal = left.literal and right.literal
        doubtful = {"/": [text], "^": [text, f"1 / {texts[0]}"]}.get(operator, [])
        if is_literal and not all(map(_is_finite, doubtful)):
            raise UnclearError("numbers alone, which make an error")
        return Code(text, level, kind, axes, literal=is_literal)

    # Calls

    def _call(self, node: Call) -> Code:
        name = node.function
        if name in _SUMS:
            with self._apart():
                return self._sum_of(node)
        if name in _FORMS:
            code: Code = getattr(self, _FORMS[name])(node)
            return code
        form = self._target.arrays.get(name)
        if form is None or form.count("{") != len(node.arguments) or any(a is None for a in node.arguments):
            if name == "PI":
                return Code("math.pi", literal=True)
            raise UnclearError(f"no array form for {name}")
        values = [self._number(argument) for argument in node.arguments]
        if all(not value.axes for value in values):
            plain = self._around.literal if all(v.literal for v in values) else self._around.plain
            if name in plain and plain[name].count("{") == len(values):
                form = plain[name]
        levels = [ATOM, SIGN] if "**" in form else [SIGN if " " in form else CHOICE] * len(values)
        texts, axes = self._spread(values, levels)
        is_literal = bool(values) and all(value.literal for value in values)
        text = form.format(*texts)
        if is_literal and not (_is_finite(text) and ("**" not in form or _is_finite(f"1 / {texts[0]}"))):
            raise UnclearError("numbers alone, which make an error")
        level = POWER if "**" in form else PRODUCT if " % " in form else ATOM
        return Code(text, level, axes=axes, literal=is_literal)

    def _if_of(self, node: Call) -> Code:
        if len(node.arguments) < 3 or any(a is None for a in node.arguments):
            raise UnclearError("a condition without both of its cases")
        condition = self.write(node.arguments[0])
        self._branches += bool(condition.axes)
        then, other = (self.write(argument) for argument in node.arguments[1:])
        self._branches -= bool(condition.axes)
        if self._variable.kind == "gaps":
            then, other = (self._gap_or(code) for code in (then, other))
        kinds = {then.kind, other.kind}
        if kinds == {"num", "gaps"}:
            then, other = then.as_kind("gaps"), other.as_kind("gaps")
        if condition.kind not in ("bool", "num") or then.kind != other.kind:
            raise UnclearError("cases of different kinds")
        if not condition.axes:
            texts, axes = self._spread([then, other], [OR, CHOICE])
            self._is_ragged |= then.axes != other.axes
            return Code(f"{texts[0]} if {condition.at(OR)} else {texts[1]}", CHOICE, then.kind, axes)
        if then.kind not in ("num", "bool", "gaps"):
            raise UnclearError("cases that are texts")
        if condition.kind == "num":
            condition = Code(f"{condition.at(SUM)} != 0", COMPARE, "bool", condition.axes)
        if (then.text, other.text) == ("1", "0"):
            return Code(self._word("float", f"({condition.text})"), axes=condition.axes)
        texts, axes = self._spread([condition, then, other], [CHOICE] * 3)
        return Code(self._word("where", *texts), kind=then.kind, axes=axes)

    def _gap_or(self, code: Code) -> Code:
        """The empty text as the gap that it is in an array."""
        return Code("math.nan", kind="gaps", literal=True) if code.text == "''" else code

    def _logic_of(self, node: Call) -> Code:
        values = [self.write(argument) for argument in node.arguments]
        if any(value.kind != "bool" or set("kl") & set(value.axes) for value in values):
            raise UnclearError("conditions of ranges")
        if all(not value.axes for value in values):
            word, level = (" and ", AND) if node.function == "AND" else (" or ", OR)
            return Code(word.join(value.at(level + 1) for value in values), level, "bool")
        sign = "&" if node.function == "AND" else "|"
        texts, axes = self._spread(values, [ATOM] * len(values))
        return Code(f" {sign} ".join(texts), COMPARE, "bool", axes)

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
                    word, method = ("maximum", "max") if node.function == "MAX" else ("minimum", "min")
                    found = self._larger(found, part, word, method)
                else:
                    found = self._binary("+", found, part)
        if set("kl") & set(found.axes):
            raise UnclearError("a range that is not summed up")
        return found

    def _extreme_of(self, node: Call) -> Code:
        """MAX and MIN: of ranges, and of single values."""
        word, method = ("maximum", "max") if node.function == "MAX" else ("minimum", "min")
        found: Code | None = None
        for argument in node.arguments:
            written = self.write(argument)
            code = self._number(argument)
            inner = "".join(axis for axis in code.axes if axis in "kl")
            if inner:
                code = self._reduced(written, inner, method)
            found = code if found is None else self._larger(found, code, word, method)
        assert found is not None
        return found

    def _larger(self, a: Code, b: Code, word: str, method: str) -> Code:
        if not a.axes and not b.axes:
            return Code(f"{method}({a.text}, {b.text})")
        if self._target.name == "torch" and (a.literal or b.literal):
            value, bound = (b, a) if a.literal else (a, b)
            return Code(f"{value.at(ATOM)}.clamp({'min' if method == 'max' else 'max'}={bound.text})", axes=value.axes)
        texts, axes = self._spread([a, b], [CHOICE, CHOICE])
        return Code(self._word(word, *texts), axes=axes)

    def _reduced(self, code: Code, inner: str, method: str) -> Code:
        """An array with its inner axes taken away by a method: `sum`, `max`."""
        outer = "".join(axis for axis in code.axes if axis not in inner)
        if self._is_ragged:
            raise UnclearError("a sum of a number or an array")
        if code.kind == "gaps":
            return self._reduced_gaps(code, inner, method, outer)
        if any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        if method in ("max", "min") and self._target.name == "torch":
            method = f"a{method}"
        if not outer and code.kind == "bool":
            return Code(self._word("count", code.text))
        if not outer:
            return Code(f"{code.at(ATOM)}.{method}()")
        axis = "-1" if len(inner) == 1 else "(-2, -1)"
        text = code.at(ATOM)
        if text.endswith(".T") and len(code.axes) == 2 and inner == code.axes[1]:
            text, axis = text.removesuffix(".T"), "0"
        return Code(f"{text}.{method}({self._target.words['axis']}={axis})", axes=outer)

    def _reduced_gaps(self, code: Code, inner: str, method: str, outer: str) -> Code:
        if f"nan{method}" not in self._target.words:
            raise UnclearError("no such sum over gaps")
        axis = "" if not outer else f", {self._target.words['axis']}={'-1' if len(inner) == 1 else '(-2, -1)'}"
        return Code(self._word(f"nan{method}", code.text + axis), axes=outer)

    def _total_of(self, node: Call) -> Code:
        """SUM, SUMSQ and AVERAGE of one range or more."""
        found: list[Code] = []
        for argument in node.arguments:
            code = self.write(argument)
            if code.kind not in ("num", "gaps"):
                raise UnclearError("a sum of other values than numbers")
            if node.function == "SUMSQ":
                code = Code(f"{code.at(ATOM)} ** 2", POWER, code.kind, code.axes)
            inner = "".join(axis for axis in code.axes if axis in "kl")
            method = "mean" if node.function == "AVERAGE" else "sum"
            found.append(self._reduced(code, inner, method) if inner else code)
        if node.function == "AVERAGE" and (len(found) > 1):
            raise UnclearError("a mean of several ranges")
        texts, axes = self._spread(found, [SUM] * len(found))
        return Code(" + ".join(texts), SUM if len(found) > 1 else found[0].level, axes=axes)

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
        squares = Code(f"{difference.at(ATOM)} ** 2", POWER, kind, difference.axes)
        return self._reduced(squares, "".join(axis for axis in squares.axes if axis in "kl"), "sum")

    def _spread_of(self, node: Call) -> Code:
        """VAR, STDEV and their kin, of one range."""
        (argument,) = node.arguments
        code = self.write(argument)
        inner = "".join(axis for axis in code.axes if axis in "kl")
        if code.kind != "num" or not inner or any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("a spread of other values than one range of numbers")
        name = node.function.replace(".", "")
        of_sample = not name.endswith("P")
        outer = "".join(axis for axis in code.axes if axis not in inner)
        words = [] if not outer else [f"{self._target.words['axis']}={'-1' if len(inner) == 1 else '(-2, -1)'}"]
        if of_sample != (self._target.name == "torch"):
            words.append("ddof=1" if of_sample else "correction=0")
        return Code(f"{code.at(ATOM)}.{name[:3].lower()}({', '.join(words)})", axes=outer)

    def _count_of(self, node: Call) -> Code:
        texts: list[str] = []
        is_literal = True
        for argument in node.arguments:
            if not isinstance(argument, Ref):
                raise UnclearError("a count of computed values")
            found = self._range(argument)
            if found.kind == "gaps" and not set("ij") & set(found.axes):
                texts.append(self._word("count", f"~{self._word('isnan', found.text)}"))
                is_literal = False
                continue
            inner = [place for place, axis in enumerate(found.axes) if axis in "kl"]
            if found.kind != "num" or (len(inner) < len(found.axes) and len(inner) != 1):
                raise UnclearError("a count of values that are not all numbers")
            if len(inner) < len(found.axes):
                texts.append(f"{found.text}.shape[{inner[0]}]")
                continue
            size = f"{found.text}.numel()" if self._target.name == "torch" else f"{found.text}.size"
            texts.append(size if found.axes else "1")
        return Code(" + ".join(texts), SUM if len(texts) > 1 else ATOM, literal=is_literal)

    def _product_sum_of(self, node: Call) -> Code:
        """SUMPRODUCT: of one array its sum; of two that share one axis a matrix product; else a sum of products."""
        values = [self._number(argument) for argument in node.arguments]
        if any(value.kind == "bool" for value in values):
            raise UnclearError("a product of conditions, which count as 0")
        if len(values) == 2 and all(isinstance(argument, Ref) for argument in node.arguments):
            product = self._contracted(values[0], values[1])
            if product is not None:
                return product
        code = values[0]
        for value in values[1:]:
            code = self._binary("*", code, value)
        if code.kind == "bool":
            code = Code(self._word("float", code.at(ATOM)), axes=code.axes)
        inner = "".join(axis for axis in code.axes if axis in "kl")
        return self._reduced(code, inner, "sum") if inner else code

    def _contracted(self, a: Code, b: Code) -> Code | None:
        """The sum over the inner axis of the products of two arrays, as `@`; None where it is none."""
        inner_a, inner_b = ("".join(x for x in c.axes if x in "kl") for c in (a, b))
        outer_a, outer_b = ("".join(x for x in c.axes if x in "ij") for c in (a, b))
        if inner_a != inner_b or len(inner_a) != 1 or self._sizes.get(inner_a) == -1:
            return None
        if (outer_a, outer_b) == ("", ""):
            return Code(f"{a.at(PRODUCT)} @ {b.at(SIGN)}", PRODUCT)
        if set(outer_a) & set(outer_b) or len(outer_a + outer_b) > 2:
            return None
        if outer_a > outer_b and outer_a and outer_b:
            a, b, outer_a, outer_b = b, a, outer_b, outer_a
        # The arrays' own axes come first, the shared one last: turn the right one.
        if not outer_a:
            a, b, outer_a, outer_b = b, a, outer_b, outer_a
        right = _turned(b) if outer_b else b.at(SIGN)
        return Code(f"{a.at(PRODUCT)} @ {right}", PRODUCT, axes=outer_a + outer_b)

    def _matrix_product_of(self, node: Call) -> Code:
        (a, a_shape), (b, b_shape) = (self._matrix(argument) for argument in node.arguments)
        if a_shape[1] != b_shape[0]:
            raise UnclearError("a matrix product of shapes that do not fit")
        self._sizes["k"], self._sizes["l"] = a_shape[0], b_shape[1]
        if (a.axes, b.axes) == ("k", "l"):
            return Code(self._word("outer", a.text, b.text), axes="kl")
        if "l" not in a.axes or "k" not in b.axes:
            raise UnclearError("a matrix product of a single row or column")
        axes = a.axes.replace("l", "") + b.axes.replace("k", "")
        if axes and list(axes) != sorted(axes, key=ORDER.index):
            raise UnclearError("a matrix product in another order")
        return Code(f"{a.at(PRODUCT)} @ {b.at(SIGN)}", PRODUCT, axes=axes)

    def _matrix(self, node: Any) -> tuple[Code, tuple[int, int]]:
        """A factor of a matrix product, its own axes last and first, and its shape."""
        if isinstance(node, Ref):
            found = self._range(node)
            if found.kind != "num":
                raise UnclearError("a matrix product of other values than numbers")
            turned = len(found.axes) == 2 and (found.axes[1] == "k" or found.axes[0] == "l")
            axes = found.axes[::-1] if turned else found.axes
            return Code(f"{found.text}.T" if turned else found.text, axes=axes), self._shape(node)
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
        found = self._range(argument)
        height, width = self._shape(argument)
        if found.kind != "num" or set("ij") & set(found.axes):
            raise UnclearError("a moving range turned")
        self._sizes["k"], self._sizes["l"] = width, height
        if len(found.axes) == 2:
            return Code(f"{found.text}.T", axes="kl")
        return Code(found.text, axes={"k": "l", "l": "k", "": ""}[found.axes])

    def _index_of(self, node: Call) -> Code:
        """INDEX of one array by whole numbers: indexing, from 0."""
        array, *places = node.arguments
        if self._branches:
            raise UnclearError("a lookup that some cells do not make")
        if not isinstance(array, Ref) or any(place is None for place in places):
            raise UnclearError("a lookup in computed values")
        found = self._range(array)
        height, width = self._shape(array)
        if found.kind != "num":
            raise UnclearError("a lookup among what is not all numbers")
        if len(places) == 1:
            places = [Number(1.0), places[0]] if height == 1 else [places[0], Number(1.0)]
        texts: dict[str, Code] = {}
        for axis, place, size in (("k", places[0], height), ("l", places[1], width)):
            if axis in found.axes:
                texts[axis] = self._place(place)
            elif not (isinstance(place, Number) and place.value == 1) and size == 1:
                raise UnclearError("a lookup beyond a row or column")
        outer = [axis for axis in found.axes if axis in "ij"]
        looked = [axis for axis in found.axes if axis in "kl"]
        chosen = "".join(axis for axis in "ij" if any(axis in texts[x].axes for x in looked))
        if found.axes == "il" and chosen == "i" and looked == ["l"]:
            # Of each row its own column, as the probability of each record's class is looked up.
            rows = self._word("arange", str(self._sizes["i"]))
            return Code(f"{found.text}[{rows}, {texts['l'].text}]", axes="i")
        if not looked or set(outer) & set(chosen) or (outer and len(looked) > 1):
            raise UnclearError("a lookup that moves with its array")
        if outer and chosen and not ((outer, chosen) == (["j"], "i") and found.axes == "kj"):
            raise UnclearError("a lookup that turns its array")
        if self._target.name == "torch" and (found.axes, chosen) == ("kj", "i") and texts["k"].axes == "i":
            return Code(f"F.embedding({texts['k'].text}, {found.text})", axes="ij")
        parts = [":" if axis in "ij" else self.aligned(texts[axis], chosen) for axis in found.axes]
        while parts[-1] == ":":
            parts.pop()
        return Code(f"{found.text}[{', '.join(parts)}]", axes=chosen + "".join(outer))

    def _place(self, node: Any) -> Code:
        """A place from 1 as an index from 0."""
        if isinstance(node, Number):
            return Code(str(int(node.value) - 1), literal=True)
        code = self._number(node)
        if set("kl") & set(code.axes):
            raise UnclearError("a lookup by a range")
        if isinstance(node, Call) and node.function == "MATCH" and code.text.endswith(_FROM_ONE):
            return Code(code.text.removesuffix(_FROM_ONE), ATOM, axes=code.axes)
        if isinstance(node, IndexValue) and code.axes:
            step = node.value.down if code.axes == "i" else node.value.across
            count = _count_text(node.value.base - 1, self._sizes[code.axes], step, whole=True)
            return Code(self._word("range", count), axes=code.axes)
        if not code.axes:
            return Code(f"int({code.text}) - 1", SUM)
        return Code(f"{self._word('index', code.at(ATOM))} - 1", SUM, axes=code.axes)

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
            found = self._word("search", values.text, wanted.text)
            return Code(self._word("float", found), axes=wanted.axes)
        same = self._binary("=", wanted, values)
        if self._target.name == "torch":
            text = f"({same.text}).double().argmax(dim=-1){_FROM_ONE}"
        else:
            text = f"({same.text}).argmax(axis=-1){_FROM_ONE}"
        return Code(text, SUM, axes="".join(axis for axis in same.axes if axis not in inner))

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
        texts, axes = self._spread(tests, [ATOM] * len(tests))
        code = tests[0] if len(tests) == 1 else Code(" & ".join(texts), COMPARE, "bool", axes)
        inner = "".join(axis for axis in axes if axis in "kl")
        if any(self._sizes.get(axis) == -1 for axis in inner):
            raise UnclearError("ranges of different sizes")
        if totals is None:
            return self._reduced(code, inner, "sum")
        if len(inner) == 1 and totals.axes == inner:
            if self._target.name == "torch":
                code = self._as_number(code)
            return Code(f"{code.at(ATOM)} @ {totals.at(SIGN)}", PRODUCT, axes=axes.replace(inner, ""))
        return self._reduced(self._binary("*", code, totals), inner, "sum")


class StepWriter(ArrayWriter):
    """Writes a formula of a loop as one expression in which ranges are arrays: of one step, so it gives one number."""

    _in_windows = False

    def __init__(self, around: Context, variable: Variable, target: Target, cells: CellWriter) -> None:
        """Write what `cells` writes of single cells otherwise."""
        super().__init__(around, replace(variable, height=1, width=1), target)
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

    def _line(self, first: AffineIndex, last: AffineIndex, origin: int, size: int, own: str) -> tuple[str, str]:
        if first.is_fixed and last.is_fixed:
            return super()._line(first, last, origin, size, own)
        if (first.down, first.across) != (last.down, last.across):
            raise UnclearError("a range that grows")
        start = self._cells.place(first, origin)
        if first == last:
            return start, ""
        self._size(own, last.base - first.base + 1)
        return f"{start}:{self._cells.place(replace(last, base=last.base + 1), origin)}", own


def _count_text(base: int, count: int, step: int, *, whole: bool) -> str:
    """What `arange` takes for so many numbers from a base: whole ones as indices, else floats."""
    dot = "" if whole else ".0"
    ends = f"{base + step * count}{dot}"
    return ends if (base, step) == (0, 1) else f"{base}{dot}, {ends}" + (f", {step}{dot}" if step != 1 else "")


def _is_finite(text: str) -> bool:
    """Whether an expression of numbers alone, which is ours, has a value; sizes of arrays, which it may hold, have."""
    if ".size" in text or ".numel" in text:
        return True
    try:
        return math.isfinite(eval(text, {"math": math}))  # noqa: S307 - written by `number_text` and the tables
    except (ArithmeticError, NameError, TypeError, ValueError):
        return False


def _is_name(code: Code) -> bool:
    return code.literal or code.level == ATOM


def _turned(code: Code) -> str:
    return code.text[:-2] if code.text.endswith(".T") else f"{code.at(ATOM)}.T"


_SPREADS = ("STDEV", "STDEV.P", "STDEV.S", "STDEVP", "VAR", "VAR.P", "VAR.S", "VARP")
_SUMS = frozenset(("AVERAGE", "COUNT", "MAX", "MIN", "SUM", "SUMSQ", "SUMXMY2", *_SPREADS))
"""Functions that take each of their ranges together, whatever its size."""
_FORMS: dict[str, str] = {
    "IF": "_if_of",
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


def _is_small_power(base: str, exponent: str) -> bool:
    """Whether a power of two numbers that are written out is exact in Python as in a float."""
    try:
        return abs(float(exponent)) * math.log10(max(abs(float(base)), 1.0)) < _EXACT_DIGITS
    except ValueError:
        return False
