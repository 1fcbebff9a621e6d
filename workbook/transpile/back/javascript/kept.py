"""What is computed once for many cells of a region: parts of its formula, and sums of products of a whole row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbook.formula.grammar import Call
from workbook.transpile.back.javascript import shapes
from workbook.transpile.back.javascript.grids import Grids
from workbook.transpile.front.tree import Ref

Side = tuple[Ref, int, int]
"""A range, and how far apart the cells of a column and of a row are that are multiplied in turn."""
_FEW = 6
"""The fewest products that are worth computing together."""
_TOGETHER = 4
"""From so many columns on, sums of products are computed row by row."""
_MANY = 12
"""The cells from which on it pays to keep a part that is the same for all of them, if it calls a function."""


class Kept:
    """The variables in which values are kept while a region is computed.

    Args:
        grids: the grids of the sheets.
        height: the region's rows.
        width: the region's columns.

    Attributes:
        levels: the variables: those kept for all cells, for those of a row, for one cell.
        lasting: what a region has for good: names, and the expressions that they stand for.
    """

    def __init__(self, grids: Grids, height: int, width: int) -> None:
        self._grids = grids
        self._height, self._width = height, width
        self._known: dict[Any, str] = {}
        self._fresh = 0
        self._within = 0
        self.levels: tuple[list[str], list[str], list[str]] = ([], [], [])
        self.lasting: dict[str, str] = {}

    def name(self) -> str:
        """A name that nothing has yet."""
        self._fresh += 1
        return f"m{self._fresh}"

    @contextmanager
    def within_a_function(self) -> Iterator[None]:
        """Within the body of a function nothing is kept: it depends on what the function is given."""
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1

    def text(self, node: Any, text: str, within_loop: bool) -> str:
        """The text of a costly part, its value kept while it is the same: for all cells, a row, or one cell."""
        if self._within or not shapes.is_steady(node):
            return text
        down, across = shapes.moves(node, self._height, self._width)
        level = 2 if across else 1 if down else 0
        if self._height * self._width == 1:
            level = 2
        times = (self._height * self._width, self._width, 1)[level]
        if not shapes.is_heavy(node) and (times < _MANY or not shapes.has_call(node)):
            return text
        if (level == 2 or (level == 1 and self._width == 1)) and not within_loop:
            return text
        if node not in self._known:
            name = self.name()
            self.levels[level].append(name)
            self._known[node] = name
        name = self._known[node]
        return f"({name}===undefined?{name}={text}:{name})"

    def products(self, node: Call, a: Side, b: Side, size: tuple[str, str], plain: str) -> str:
        """The sum of products of two ranges; with those of the row's other cells where one range is theirs too.

        Args:
            node: the call.
            a: one range.
            b: the other.
            size: the rows and columns of both.
            plain: the text of this sum alone.
        """
        if self._within or self._width < _TOGETHER or not all(part.isdigit() for part in size):
            return plain
        if a[0].top.across or a[0].left.across:
            a, b = b, a
        (own, *_), (other, *_) = a, b
        if own.top.across or own.left.across or other.top.down or other.left.down or int(size[0]) * int(size[1]) < _FEW:
            return plain
        step = other.top.across * self._grids.width(other) + other.left.across
        if not step:
            return plain
        row = self._known.get(("along", node))
        if row is None:
            row = self._known["along", node] = self.name()
            self.levels[1].append(row)
            self.levels[0].append(f"{row}s")
            self.lasting[f"{row}q"] = f"new Products({','.join(size)})"
        # Only whole regions are computed two rows at a time: what a row reads is there before the one above is done.
        down = own.top.down * self._grids.width(own) + own.left.down
        further = f"i+1<b?{down}:0" if down else "0"
        first = f"{self._grids.at(other)}-(j-c)*{step}".replace("-(j-c)*-", "+(j-c)*")
        products = f"{row}q.take({first},{b[1]},{b[2]},{step},d-c)"
        found = f"({row}s===undefined?{row}s={products}:{row}s).row({self._grids.at(own)},{a[1]},{a[2]},{further})"
        # For a single row, as knots ask for them, to gather the others takes as long as the sums themselves.
        return f"(b-a<2||({row}===undefined?{row}={found}:{row})===null?{plain}:{row}[j-c])"
