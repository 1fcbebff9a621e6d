"""A formula of one step of a loop, in which ranges are arrays."""

import ast
from dataclasses import replace
from typing import Any

from workbook.transpile.back.code import Code, cut
from workbook.transpile.back.context import Context, covering
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.back.vector import ArrayWriter
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import AffineIndex, Choice, IndexValue, Ref
from workbook.transpile.middle.variables import Variable


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
