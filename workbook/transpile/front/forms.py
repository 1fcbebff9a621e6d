"""Trees of formulas that are equal but for the cells that they name: made of the first of them, the others unread."""

from collections.abc import Callable, Mapping
from typing import Any

from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.formula.grammar import Binary, Boolean, Call, ErrorValue, Number, Range, Text, Unary
from workbook.transpile.front.regions import Region
from workbook.transpile.front.scan import Coordinates, slots
from workbook.transpile.front.tree import AffineIndex, Ref

_Make = Callable[[str, Coordinates], Any]
"""The tree of a formula on a sheet with these coordinates; raises `_UnlikeError`."""
_BY_PLACE = frozenset(("AGGREGATE", "AVERAGEIF", "GETPIVOTDATA", "INDEX", "SUBTOTAL", "SUMIF"))
"""Functions whose calls become other trees by what is where, or how large a range is."""


class _UnlikeError(Exception):
    """A formula's tree is not that of another with other references in it."""


class Forms:
    """What is known of the formulas of single cells, by their texts without references."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._first: dict[str, tuple[Region, Any, Any]] = {}
        self._makers: dict[str, _Make | None] = {}

    def tree(self, region: Region) -> Any | None:
        """The tree of a cell's formula; None where it must be read."""
        skeleton, base = region.skeleton, region.base
        if skeleton not in self._first or (base and (max(base[::2]) > MAX_ROW or min(base) < 1)):
            return None
        if skeleton not in self._makers:
            # Many formulas have none like them: what makes such trees is made for the second.
            self._makers[skeleton] = _proven(*self._first[skeleton])
        make = self._makers[skeleton]
        try:
            return make and make(region.sheet, base)
        except _UnlikeError:
            return None

    def learn(self, region: Region, node: Any, tree: Any) -> None:
        """What a cell's formula has become: `node` is what it says, `tree` its tree."""
        self._first.setdefault(region.skeleton, (region, node, tree))


def _proven(region: Region, node: Any, tree: Any) -> _Make | None:
    """What makes trees like that of a cell's formula; None where it does not make that one."""
    corners = slots(region.formula)
    if any(count > 1 for _, count in corners):
        # Of whole columns and rows only what is filled is read, which is another sheet's own.
        return None
    try:
        make = _maker(node, tree, {start: k for k, (start, _) in enumerate(corners)})
        return make if make(region.sheet, region.base) == tree else None
    except _UnlikeError:
        return None


def _maker(node: Any, tree: Any, places: Mapping[int, int]) -> _Make:
    """What makes a tree like one that was made of a node; `places`: which corner begins where in the formula."""
    match node, tree:
        case Range(), Ref():
            return _of_range(node, tree, places)
        case (Number() | Text() | Boolean() | ErrorValue(), _) if node == tree:
            return lambda _, __: tree
        case Unary("+" | "-" | "%" as operator, operand), Unary():
            inner = _maker(operand, tree.operand, places)
            return lambda sheet, base: Unary(operator, inner(sheet, base))
        case Binary(operator, left, right), Binary() if operator not in (":", " ", ","):
            first, second = _maker(left, tree.left, places), _maker(right, tree.right, places)
            return lambda sheet, base: Binary(operator, first(sheet, base), second(sheet, base))
        case Call(name, arguments), Call() if name not in _BY_PLACE and len(arguments) == len(tree.arguments):
            makers = [_maker(*pair, places) for pair in zip(arguments, tree.arguments, strict=True)]
            return lambda sheet, base: Call(name, tuple([make(sheet, base) for make in makers]))
        case None, None:
            return lambda _, __: None
    raise _UnlikeError


def _of_range(node: Range, ref: Ref, places: Mapping[int, int]) -> _Make:
    first, *others = (2 * k for start, k in places.items() if node.span[0] <= start < node.span[1])
    title = ref.sheet if node.sheet else ""
    if not others:

        def cell(sheet: str, base: Coordinates) -> Ref:
            row, column = AffineIndex(base[first]), AffineIndex(base[first + 1])
            return Ref(title or sheet, row, column, row, column)

        return cell

    def area(sheet: str, base: Coordinates) -> Ref:
        rows, columns = (base[first], base[first + 2]), (base[first + 1], base[first + 3])
        top, left, bottom, right = min(rows), min(columns), max(rows), max(columns)
        if (top, left) == (bottom, right) or (top, bottom) == (1, MAX_ROW) or (left, right) == (1, MAX_COLUMN):
            # One cell is a value where a range is none; whole columns and rows: see `_proven`.
            raise _UnlikeError
        return Ref(title or sheet, AffineIndex(top), AffineIndex(left), AffineIndex(bottom), AffineIndex(right))

    return area
