"""References in JavaScript: a sheet is a dense grid, and a cell its number and a place in it."""

from workbook.transpile.back.javascript.shapes import affine, extent
from workbook.transpile.front.tree import Ref

Element = tuple[str, str] | None
"""Row and column of the element that is written, within a loop over the elements of an array; None outside one."""


class Grids:
    """The grids of a program's sheets.

    Args:
        sheets: of each sheet its number and its width.
    """

    def __init__(self, sheets: dict[str, tuple[int, int]]) -> None:
        self._sheets = sheets

    def width(self, ref: Ref) -> int:
        """The columns of the grid that a reference leads to: how far apart the cells of a column are."""
        return self._sheets[ref.sheet][1]

    def at(self, ref: Ref, element: Element = None) -> str:
        """The grid of a cell and its place there; of a range the place of its first cell, or of an element."""
        number, wide = self._sheets[ref.sheet]
        parts = [affine(ref.top, 1, wide), affine(ref.left, 1)]
        if element is not None:
            parts += [f"{element[0]}*{wide}"] if ref.top != ref.bottom else []
            parts += [element[1]] if ref.left != ref.right else []
        kept = [part for part in parts if part != "0"]
        return f"S{number},{'+'.join(kept).replace('+-', '-') or '0'}"

    def view(self, ref: Ref) -> str:
        """A range as an array."""
        height, width = extent(ref)
        return f"new Area({self.at(ref)},{height},{width},{self.width(ref)},1)"

    def number(self, ref: Ref) -> str:
        """The number in a cell, read where it stands if it is one: what a function returns, V8 puts on its heap."""
        sheet, at = self.at(ref).split(",", 1)
        number = sheet.removeprefix("S")
        return f"(T{number}[{at}]===1?V{number}[{at}]:N({sheet},{at}))"
