"""Array formulas that work cell by cell, as a formula of each cell: then they are regions like any other.

`{=EXP(B2:D2-MAX(B2:D2))}` over three cells is `=EXP(B2-MAX($B2:$D2))` in each of them, and rows of such arrays below
each other, their references moving evenly, are one region of all these rows.
"""

from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, ErrorValue, Number, Text, Unary
from workbook.transpile.front.functions import FUNCTIONS
from workbook.transpile.front.regions import Region
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref

# Functions that make one value of all that they are given. Of single values alone most functions do.
# fmt: off
_ONE_VALUE = frozenset((
    "AND", "AVERAGE", "COLUMNS", "COUNT", "COUNTA", "COUNTBLANK", "COUNTIF", "COUNTIFS", "DEVSQ", "LARGE",
    "MATCH", "MAX", "MEDIAN", "MIN", "OR", "PRODUCT", "RANK", "ROWS", "SMALL", "STDEV", "STDEVP", "SUM", "SUMIF",
    "SUMIFS", "SUMPRODUCT", "SUMSQ", "SUMX2MY2", "SUMX2PY2", "SUMXMY2", "VAR", "VARP", "XOR",
))
# fmt: on
_OF_EACH_RANGE = frozenset(("COUNTIF", "COUNTIFS", "SUMIF", "SUMIFS"))
"""Those that give a value for each of an array of ranges."""
_NOT_ALONE = frozenset(("MUNIT", "SEQUENCE", "RANDARRAY", "RANDBETWEEN"))


def by_cells(tree: Any, region: Region, *, are_numbers: bool) -> Any | None:
    """The tree of an array formula as each cell of its region sees it; None where a cell is more than its own place.

    Args:
        tree: the tree of the array formula, as an array.
        region: its cells: those of one array formula, or of several in rows (or columns) side by side.
        are_numbers: whether none of them was an error: one blank makes all of a matrix product one.
    """
    try:
        return _Cell(region, are_numbers).of(tree)
    except _MoreThanItsPlaceError:
        return None


class _MoreThanItsPlaceError(Exception):
    """A part of an array formula that is not taken element by element."""


class _Cell:
    """The formula of one cell of a region."""

    def __init__(self, region: Region, are_numbers: bool) -> None:
        self._are_numbers = are_numbers
        # Along a stack of array formulas the references move by themselves.
        self._sizes = (1 if region.stacked == 0 else region.height, 1 if region.stacked == 1 else region.width)

    def of(self, node: Any) -> Any:
        match node:
            case Number() | Text() | Boolean() | ErrorValue() | IndexValue():
                return node
            case Ref():
                return self._place(node)
            case Unary(operator, operand):
                return Unary(operator, self.of(operand))
            case Binary(operator, left, right) if operator not in (":", ",", " "):
                return Binary(operator, self.of(left), self.of(right))
            case Call("MMULT", (Ref() as left, Ref() as right)) if self._are_numbers:
                row, column = self._along(left.top, left.bottom, 0), self._along(right.left, right.right, 1)
                return Call("MMULT", (replace(left, top=row, bottom=row), replace(right, left=column, right=column)))
            case Call():
                return self._call(node)
        raise _MoreThanItsPlaceError

    def _call(self, node: Call) -> Call:
        signature = FUNCTIONS.get(node.function)
        if signature is None or signature.helper in _NOT_ALONE:
            raise _MoreThanItsPlaceError
        takes = [signature.at(place).lower() for place in range(len(node.arguments))]
        if signature.helper not in _ONE_VALUE and not set(takes) <= {"s", "i"}:
            raise _MoreThanItsPlaceError
        if signature.helper in _OF_EACH_RANGE and any(
            t == "r" and not isinstance(a, Ref) for a, t in zip(node.arguments, takes, strict=True)
        ):
            raise _MoreThanItsPlaceError
        each = zip(node.arguments, takes, strict=True)
        return Call(node.function, tuple(a if a is None or t not in "si" else self.of(a) for a, t in each))

    def _place(self, ref: Ref) -> Ref:
        """The one cell of a range that stands where the cell itself stands in its region."""
        return Ref(ref.sheet, *self._corner(ref), *self._corner(ref))

    def _corner(self, ref: Ref) -> tuple[AffineIndex, AffineIndex]:
        return self._along(ref.top, ref.bottom, 0), self._along(ref.left, ref.right, 1)

    def _along(self, first: AffineIndex, last: AffineIndex, axis: int) -> AffineIndex:
        """The row (or column) of a range that is the cell's own; the only one where there is one."""
        if first == last:
            return first
        length = last.base - first.base + 1
        if (first.down, first.across) != (last.down, last.across) or length != self._sizes[axis]:
            raise _MoreThanItsPlaceError
        return first._replace(across=first.across + 1) if axis else first._replace(down=first.down + 1)
