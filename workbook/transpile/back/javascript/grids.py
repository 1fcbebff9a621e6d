"""References in JavaScript: a sheet is a dense grid, and a cell its number and a place in it."""

from collections.abc import Callable

from workbook.transpile.back.javascript.shapes import affine, extent
from workbook.transpile.front.tree import AffineIndex, Ref

Element = tuple[str, str] | None
"""Row and column of the element that is written, within a loop over the elements of an array; None outside one."""


class Grids:
    """The grids of a program's sheets, as the formula of one region reads them.

    Args:
        sheets: of each sheet its number and its width.
        name: gives a name that nothing has yet.

    Attributes:
        rows: what is computed once a row: expressions, and the names that stand for them.
    """

    def __init__(self, sheets: dict[str, tuple[int, int]], name: Callable[[], str]) -> None:
        self._sheets = sheets
        self._name = name
        self.rows: dict[str, str] = {}

    def width(self, ref: Ref) -> int:
        """The columns of the grid that a reference leads to: how far apart the cells of a column are."""
        return self._sheets[ref.sheet][1]

    def steps(self, ref: Ref) -> tuple[int, int]:
        """How far a range moves in its grid from a row of the region to the next, and from a column to the next."""
        wide = self.width(ref)
        return ref.top.down * wide + ref.left.down, ref.top.across * wide + ref.left.across

    def at(self, ref: Ref, element: Element = None) -> str:
        """The grid of a cell and its place there; of a range the place of its first cell, or of an element."""
        number, wide = self._sheets[ref.sheet]
        down, across = self.steps(ref)
        base = (ref.top.base - 1) * wide + ref.left.base - 1
        first = AffineIndex(0 if down else base, 0, across)
        parts = [self._row(affine(AffineIndex(base, down, 0)))] if down else []
        parts += [affine(first)] if across or not down else []
        if element is not None:
            parts += [f"{element[0]}*{wide}"] if ref.top != ref.bottom else []
            parts += [element[1]] if ref.left != ref.right else []
        kept = [part for part in parts if part != "0"]
        return f"S{number},{'+'.join(kept).replace('+-', '-') or '0'}"

    def _row(self, text: str) -> str:
        """The name of a place that is the same for all cells of a row: V8 takes nothing out of a loop by itself."""
        if text not in self.rows:
            self.rows[text] = f"r{self._name()}"
        return self.rows[text]

    def view(self, ref: Ref) -> str:
        """A range as an array."""
        height, width = extent(ref)
        return f"new Area({self.at(ref)},{height},{width},{self.width(ref)},1)"

    def number(self, ref: Ref, element: Element = None) -> str:
        """The number in a cell, read where it stands if it is one: what a function returns, V8 puts on its heap."""
        return self.read(ref, element, "{0}", "N({1})")

    def read(self, ref: Ref, element: Element, number: str, other: str) -> str:
        """What a number in a cell gives, and what anything else there does; {0} is the number, {1} grid and place."""
        cell = self.at(ref, element)
        sheet, at = cell.split(",", 1)
        k = sheet.removeprefix("S")
        return f"(T{k}[{at}]===1?{number.format(f'V{k}[{at}]')}:{other.format('', cell)})"
