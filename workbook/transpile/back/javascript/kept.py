"""What is computed once for many cells of a region: parts of its formula, and sums of products of a whole row."""

from collections.abc import Callable, Iterator
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
        name: gives a name that nothing has yet.

    Attributes:
        levels: the variables: those kept for all cells, for those of a row, for one cell.
        slots: the names of the sums of products that are computed a row at a time, and of what computes them.
    """

    def __init__(self, grids: Grids, height: int, width: int, name: Callable[[], str]) -> None:
        self._grids = grids
        self._height, self._width = height, width
        self._name = name
        self._known: dict[Any, str] = {}
        self._within = 0
        self.levels: tuple[list[str], list[str], list[str]] = ([], [], [])
        self.slots: dict[str, str] = {}

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
        # A number waits as NaN, so that its variable never holds anything but a number.
        is_number = shapes.kind(node) == "n" and shapes.shape(node) == "one"
        if node not in self._known:
            name = self._known[node] = self._name()
            self.levels[level].append(f"{name}=NaN" if is_number else name)
        name = self._known[node]
        return f"({name}{f'!=={name}' if is_number else '===undefined'}?{name}={text}:{name})"

    def variable(self) -> str:
        """A variable of each cell, for what its formula asks for more than once; none within a function's body."""
        if self._within:
            return ""
        name = self._name()
        self.levels[2].append(name)
        return name

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
        step = self._grids.steps(other)[1]
        if not step:
            return plain
        if ("along", node) not in self._known:
            row = self._known["along", node] = self._name()
            self.levels[0].append(f"{row}s=false")
            self.levels[1].append(f"{row}=-2")
            self.slots[row] = f"Q{len(self.slots)}"
        row = self._known["along", node]
        slot = self.slots[row]
        # Only whole regions are computed two rows at a time: what a row reads is there before the one above is done.
        down = self._grids.steps(own)[0]
        further = f"i+1<b?{down}:0" if down else "0"
        first = f"{self._grids.at(other)}-(j-c)*{step}".replace("-(j-c)*-", "+(j-c)*")
        taken = f"{row}s||({row}s={slot}.take({','.join(size)},{first},{b[1]},{b[2]},{step},d-c))"
        found = f"alone?-1:({taken},{slot}.row({self._grids.at(own)},{a[1]},{a[2]},{further}))"
        return f"(({row}===-2?{row}={found}:{row})<0?{plain}:{slot}t[{row}+j-c])"
