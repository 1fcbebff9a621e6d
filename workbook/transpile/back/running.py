"""Ranges that grow or shrink with the cell, as running totals: `SUM(A$2:A2)` down a column is a cumulative sum."""

import ast
from dataclasses import dataclass

from workbook.formula.grammar import Call
from workbook.transpile.back.code import ALL, Code, binary, count, is_all, item, span, word
from workbook.transpile.back.operators import Operators, filled
from workbook.transpile.back.ranges import needed
from workbook.transpile.front.tree import AffineIndex, Ref

_RUNNING = {"SUM": "sum", "SUMSQ": "sum", "AVERAGE": "sum", "SUMPRODUCT": "sum", "PRODUCT": "product"}
_RUNNING |= {"MAX": "max", "MIN": "min", "COUNT": "count"}


@dataclass(frozen=True, slots=True)
class _Growing:
    """How a range grows from cell to cell.

    Attributes:
        along: the axis of the cells, `i` or `j`.
        shrinks: whether it is its first row or column that moves, and not its last.
        first: how many rows or columns the first cell's range has.
        size: how many the largest has.
    """

    along: str
    shrinks: bool
    first: int
    size: int


class Running(Operators):
    """Totals of ranges that grow or shrink with the cell."""

    def _running_of(self, node: Call) -> Code | None:
        """One of `_RUNNING` of ranges that all grow alike; None where it is something else."""
        if self._sizes["i"] == self._sizes["j"] == 1:
            return None
        kind = _RUNNING.get(node.function)
        ranges = [argument for argument in node.arguments if isinstance(argument, Ref)]
        is_one = len(ranges) == 1 or node.function == "SUMPRODUCT"
        if kind is None or not self._in_windows or len(ranges) < len(node.arguments) or not ranges or not is_one:
            return None
        ways = {self._growth(ref) for ref in ranges}
        way = ways.pop()
        if ways or way is None:
            return None
        step = AffineIndex(way.first, *((-1, 0) if way.shrinks else (1, 0))[:: 1 if way.along == "i" else -1])
        takes_blanks = node.function in ("SUM", "SUMSQ", "SUMPRODUCT")
        arrays = [array for ref in ranges if (array := self._grown(ref, way, takes_blanks=takes_blanks)) is not None]
        if len(arrays) < len(ranges):
            return None
        if kind == "count":
            return self._counter(step)
        code = arrays[0]
        for other in arrays[1:]:
            code = self._binary("*", code, other)
        if node.function == "SUMSQ":
            code = Code(binary("^", code.tree, count(2)), axes=code.axes)
        total = Code(self._accumulated(code, way, kind), axes=code.axes)
        return self._binary("/", total, self._counter(step)) if node.function == "AVERAGE" else total

    def _growth(self, ref: Ref) -> _Growing | None:
        """How a range grows along the region's rows, or its columns; None where it does not, or in another way too."""
        for along, first, last, left, right in (
            ("i", ref.top, ref.bottom, ref.left, ref.right),
            ("j", *((ref.left, ref.right, ref.top, ref.bottom))),
        ):
            cells = self._sizes[along]
            steps = [(at.down, at.across) if along == "i" else (at.across, at.down) for at in (first, last)]
            other = self._sizes["j" if along == "i" else "i"]
            moves = [step if other > 1 else (step[0], 0) for step in steps]
            size = last.base - first.base + 1
            if left != right or cells < 2 or size < 1:
                continue
            if moves == [(0, 0), (1, 0)]:
                return _Growing(along, False, size, size + cells - 1)
            if moves == [(1, 0), (0, 0)] and size >= cells:
                return _Growing(along, True, size, size)
        return None

    def _grown(self, ref: Ref, way: _Growing, *, takes_blanks: bool) -> Code | None:
        """All of a growing range, along the axis of the cells; None where it is no array of numbers."""
        variable = self._holder(ref)
        if variable.mask is not None or not (variable.kind == "num" or (variable.kind == "gaps" and takes_blanks)):
            return None
        sides = [
            (ref.top, ref.bottom, variable.row, variable.height, "i"),
            (ref.left, ref.right, variable.column, variable.width, "j"),
        ]
        cuts: list[ast.expr] = []
        axes = ""
        for first, last, origin, size, along in sides:
            if size == 1:
                continue
            if along == way.along:
                cuts.append(span(first.base - origin, first.base - origin + way.size, size))
                axes += along
            else:
                at, axis = self._line(first, last, origin, size, "kl"["ij".index(along)])
                cuts.append(at)
                axes += axis
        if way.along not in axes or set(axes) - set("ij"):
            return None
        code = Code(item(self._around.access(variable), *needed(cuts)), variable.kind, axes)
        return filled(code) if code.kind == "gaps" else code

    def _accumulated(self, code: Code, way: _Growing, kind: str) -> ast.expr:
        """An array in which each element is what all up to it come to; where the ranges shrink, all from it on."""
        axis = code.axes.index(way.along)
        along = [count(axis)] if len(code.axes) > 1 else []
        name = " along" if along else ""
        tree = code.tree
        if way.shrinks:
            tree = word(f"flipped{name}", tree, *along)
        tree = word(f"running {kind}{name}", tree, *along)
        if way.shrinks:
            tree = word(f"flipped{name}", tree, *along)
        cells = self._sizes[way.along]
        start = 0 if way.shrinks else way.first - 1
        cut = span(start, start + cells, way.size)
        return tree if is_all(cut) else item(tree, *([ALL] * axis), cut)
