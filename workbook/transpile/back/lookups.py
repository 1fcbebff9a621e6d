"""Look-ups in arrays: INDEX by whole numbers as indexing, MATCH as a search."""

import ast
from typing import Any

from workbook.formula.grammar import Boolean, Call, Number
from workbook.transpile.back.code import (
    ALL,
    Code,
    attribute,
    binary,
    call,
    count,
    is_all,
    item,
    shifted,
    word,
)
from workbook.transpile.back.operators import Operators, range_from
from workbook.transpile.back.ranges import ORDER, Range
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import IndexValue, Ref


class Lookups(Operators):
    """Functions that choose elements of arrays."""

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
            return Code(range_from(node.value.base - 1, self._sizes[code.axes], step, whole=True), axes=code.axes)
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


def _is_match(node: Any) -> bool:
    return isinstance(node, Call) and node.function == "MATCH"
