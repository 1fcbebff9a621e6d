"""Products of arrays: SUMPRODUCT, MMULT, and TRANSPOSE."""

import ast
from typing import Any

from workbook.formula.grammar import Call
from workbook.transpile.back.code import Code, attribute, binary, word
from workbook.transpile.back.operators import counted
from workbook.transpile.back.ranges import ORDER
from workbook.transpile.back.totals import Totals
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import Ref


class Products(Totals):
    """Functions that multiply arrays along an axis, or turn them."""

    def _product_sum_of(self, node: Call) -> Code:
        """SUMPRODUCT: of one array its sum; of two that share one axis a matrix product; else a sum of products."""
        running = self._running_of(node)
        if running is not None:
            return running
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
        if axes == "ji":
            # A column of cells has a row of the first matrix.
            return Code(binary("@", _turned(b.tree), _turned(a.tree)), axes="ij")
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
        return counted(Code(tree, found.kind, ordered, blank=found.blank))


def _is_read(node: Any) -> bool:
    """Whether a formula only reads an array, and computes nothing of it."""
    return isinstance(node, Ref) or (isinstance(node, Call) and node.function in ("INDEX", "TRANSPOSE"))


def _turned(tree: ast.expr) -> ast.expr:
    """A matrix with its axes turned, which may be so already."""
    return tree.value if isinstance(tree, ast.Attribute) and tree.attr == "T" else attribute(tree, "T")
