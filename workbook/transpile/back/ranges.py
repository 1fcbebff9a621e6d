"""Ranges as arrays: what a reference reads for all cells of a region at once, and the axes that it lies along.

The cells of a region lie along `i` (rows) and `j` (columns). A range that each cell reads has axes of its own, `k` (its
rows) and `l` (its columns); one that moves with the cell is a window over a larger array.
"""

import ast
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from workbook.formula.rectangle import Rectangle, common
from workbook.records import record
from workbook.transpile.back.code import (
    ALL,
    NONE,
    Code,
    as_number,
    assign,
    attribute,
    count,
    full,
    is_all,
    item,
    items,
    last_name,
    list_,
    name_,
    span,
    tuple_,
    word,
)
from workbook.transpile.back.context import Context, are_whole, covering
from workbook.transpile.back.lists import each
from workbook.transpile.back.syntax import key
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.moving import gap
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.variables import Mask, Variable
from workbook.xlsx.read import Value

ORDER = "ijkl"
_MOST_STACKED = 12
_MOST_SINGLES = 400
"""The single cells that a range may consist of, written out in rows."""
_MOST_STRETCHES = 64
"""The arrays that a range may stride over, reading of one at a time."""
_MOST_LOOKED_AT = 100_000
"""The cells of a triangle of which each is looked at."""
LARGEST = 50_000_000
"""The most numbers of an array that a formula makes on its way, such as all comparisons of two columns."""


@record()
class Range:
    """An array that a range is, before it is put in the order of axes: the axes as they lie, what they run along."""

    tree: ast.expr
    axes: str
    kind: str
    blank: bool = False
    gap: str = ""


class Ranges:
    """The arrays of one region's formula, and the sizes of the axes that they lie along."""

    _in_windows = True
    """Whether a range that moves with the cell is all that it goes through, and not one place of it."""
    _fills_up = False
    """Whether blanks and texts count as 0, as they do in a range that is summed up."""
    _of_texts = ""
    """The word for an array of texts, while ranges may be such."""

    def __init__(self, around: Context, variable: Variable) -> None:
        self._around = around
        self._variable = variable
        self._sizes = {"i": variable.height, "j": variable.width}

    # Axes

    def aligned(self, code: Code, axes: str) -> ast.expr:
        """An array with new axes where it lacks some that are not in front of all of its own."""
        if not code.axes or axes.endswith(code.axes):
            return code.tree
        first = axes.index(code.axes[0])
        return item(code.tree, *(ALL if axis in code.axes else NONE for axis in axes[first:]))

    def _spread(self, codes: list[Code]) -> tuple[list[ast.expr], str]:
        """Several values over the axes of all; and these axes."""
        if not any(code.axes for code in codes):
            return [code.tree for code in codes], ""
        axes = "".join(axis for axis in ORDER if any(axis in code.axes for code in codes))
        if math.prod(max(self._sizes.get(axis, 1), 1) for axis in axes) > LARGEST:
            raise UnclearError("an array on the way that memory may not hold")
        trees = [self.aligned(code, axes) for code in codes]
        if any(code.axes == axes and not isinstance(code.tree, ast.IfExp) for code in codes):
            # Beside an array of that shape, one number need not be an array of equal ones.
            trees = [as_number(tree) if isinstance(tree, ast.IfExp) else tree for tree in trees]
        return trees, axes

    def _filled(self, codes: list[Code]) -> tuple[list[ast.expr], str]:
        """Several values as arrays of one shape, of which one is chosen; and its axes."""
        trees, axes = self._spread(codes)
        sizes = [self._sizes[axis] for axis in axes]
        if any(code.axes != axes for code in codes) and min(sizes) < 0:
            raise UnclearError("a number or an array of another size")
        shape = count(sizes[0]) if len(sizes) == 1 else tuple_(map(count, sizes))
        return [
            tree
            if code.axes == axes
            else word("spread", tree, tuple_(map(count, sizes)))
            if code.axes
            else full(code, shape)
            for code, tree in zip(codes, trees, strict=True)
        ], axes

    # References

    def _ref(self, ref: Ref) -> Code:
        found = self._range(ref)
        axes = "".join(sorted(found.axes, key=ORDER.index))
        tree = found.tree
        seen: frozenset[str] | None = None
        if axes != found.axes:
            if len(axes) != 2:
                raise UnclearError("axes in another order")
            tree = attribute(tree, "T")
        if found.kind == "text":
            if axes:
                raise UnclearError("an array of texts")
            holder = self._holder(ref)
            seen = holder.seen
        elif found.kind not in ("num", "bool", "gaps"):
            raise UnclearError("values that are not all numbers")
        return Code(tree, found.kind, axes, seen=seen, blank=found.blank, gap=found.gap)

    def _holder(self, ref: Ref) -> Variable:
        area = ref.hull(self._variable.height, self._variable.width)
        found = self._around.variables(ref.sheet, area)
        holder = covering(found, area)
        if holder is not None and not holder.parts:
            return holder
        return self._put_together(ref.sheet, area, found)

    def _put_together(self, sheet: str, area: Rectangle, found: list[Variable]) -> Variable:
        """A range of several arrays, or of one with blanks around it, as one array that has a name."""
        known = ("together", sheet, area, self._fills_up)
        made = self._around.known.get(known)
        if not isinstance(made, Variable):
            padded = self._padded(found, area) if self._fills_up else None
            tree = padded or self._stacked(found, area)
            size = (area[2] - area[0] + 1, area[3] - area[1] + 1)
            name = self._around.fresh("area")
            kind = "num" if padded or all(v.kind == "num" for v in found) else "gaps"
            made = Variable(sheet, area[0], area[1], *size, kind, name=name, parts=tuple(found))
            self._around.before.append(assign(name, tree))
            self._around.known[known] = made
        return made

    def _stacked(self, found: list[Variable], area: Rectangle) -> ast.expr:
        """A rectangle that arrays of numbers fill, side by side, or on top of each other."""
        top, left, bottom, right = area
        height, width = bottom - top + 1, right - left + 1
        met = ((common(v.own or v.rectangle, area), k) for k, v in enumerate(found))
        pieces = sorted((*piece, k) for piece, k in met if piece is not None)
        cells = sum((c - a + 1) * (d - b + 1) for a, b, c, d, _ in pieces)
        are_singles = all(v.rank == 0 for v in found)
        most = _MOST_SINGLES if are_singles else _MOST_STACKED
        if not 1 < len(found) <= most or cells != height * width or any(map(_is_no_number, found)):
            raise UnclearError("a range of several arrays")
        if are_singles and 1 not in (height, width):
            singles = iter([self._around.access(found[k]) for *_, k in pieces])
            return word("table", list_(list_(islice(singles, width)) for _ in range(height)))
        return self._tiled(found, pieces, area)

    def _padded(self, found: list[Variable], area: Rectangle) -> ast.expr | None:
        """A rectangle as the array of numbers in it, 0 around it for blanks and texts; None where there is no such."""
        arrays = [variable for variable in found if variable.kind in ("num", "gaps") and variable.mask is None]
        others = [variable for variable in found if variable.kind not in ("num", "gaps") or variable.mask is not None]
        top, left, bottom, right = area
        rank = (bottom > top) + (right > left)
        if len(arrays) != 1 or arrays[0].rank != rank or any(v.kind != "text" or v.tree is not None for v in others):
            return None
        piece = common(arrays[0].own or arrays[0].rectangle, area)
        if piece is None or piece == area:
            return None
        around = [piece[0] - top, bottom - piece[2], piece[1] - left, right - piece[3]]
        tree = self._part(arrays[0], piece)
        tree = word("filled", tree) if arrays[0].kind == "gaps" else tree
        if rank == 1:
            return word("padded line", tree, *map(count, around[:2] if bottom > top else around[2:]))
        if len(set(around)) == 1:
            return word("padded evenly", tree, count(around[0]))
        return word("padded", tree, *map(count, around))

    @contextmanager
    def _filling_up(self) -> Iterator[None]:
        """For a range in which blanks and texts count as 0."""
        outer, self._fills_up = self._fills_up, self._sizes["i"] * self._sizes["j"] > 1
        yield
        self._fills_up = outer

    def _tiled(self, found: list[Variable], pieces: list[tuple[int, int, int, int, int]], area: Rectangle) -> ast.expr:
        """A rectangle as the arrays that fill it, in rows of columns or columns of rows.

        Args:
            found: the arrays.
            pieces: the rectangles of their parts, each with the number of the array, in reading order.
            area: the rectangle.
        """
        if len(pieces) == 1:
            *piece, k = pieces[0]
            return self._part(found[k], (piece[0], piece[1], piece[2], piece[3]))
        top, left, bottom, right = area
        for axis in (1, 0):
            ends = (top, bottom) if axis == 0 else (left, right)
            starts = [
                at
                for at in sorted({piece[axis] for piece in pieces})
                if not any(piece[axis] < at <= piece[2 + axis] for piece in pieces)
            ]
            if len(starts) < 2:
                continue
            parts: list[ast.expr] = []
            for first, last in zip(starts, [*(start - 1 for start in starts[1:]), ends[1]], strict=True):
                inner = [piece for piece in pieces if first <= piece[axis] <= last]
                side = (top, first, bottom, last) if axis else (first, left, last, right)
                parts.append(self._tiled(found, inner, side))
            how = "hstack" if 1 in (bottom - top + 1, right - left + 1) else "columns" if axis else "rows"
            return word("singles" if are_whole([found[piece[-1]] for piece in pieces]) else how, list_(parts))
        raise UnclearError("a range of several arrays in a pattern")

    def _part(self, variable: Variable, area: Rectangle) -> ast.expr:
        """What of an array lies in a rectangle: a number, a row or a column, or a part with both."""
        tree = self._around.access(variable)
        if variable.rank == 0:
            return tree
        top, left, bottom, right = area
        sides = ((top, bottom, variable.row, variable.height), (left, right, variable.column, variable.width))
        cuts: list[ast.expr] = [
            count(first - origin) if first == last else span(first - origin, last - origin + 1, size)
            for first, last, origin, size in sides
            if size > 1
        ]
        return item(tree, *needed(cuts))

    def _stretches(self, ref: Ref) -> Range | None:
        """A range that strides over several arrays and reads of one at a time, as these stacked; None for others.

        So a table of results reads a panel for each step of an algorithm that a sheet has unrolled.
        """
        if self._sizes["i"] == self._sizes["j"] == 1:
            return None
        height, width = gap(ref.bottom, ref.top), gap(ref.right, ref.left)
        moves = {"i": (ref.top.down, ref.left.down), "j": (ref.top.across, ref.left.across)}
        along = [axis for axis in "ij" if self._sizes[axis] > 1 and moves[axis] != (0, 0)]
        if not (height.is_fixed and width.is_fixed and len(along) == 1):
            return None
        down, across = moves[along[0]]
        steps = self._sizes[along[0]]
        strides = (across == 0 and down > 1 and down >= height.base) or (
            down == 0 and across > 1 and across >= width.base
        )
        if not strides or steps > _MOST_STRETCHES:
            return None
        parts: list[tuple[Variable, ast.expr]] = []
        for step in range(steps):
            top, left = ref.top.base + step * down, ref.left.base + step * across
            area = (top, left, top + height.base - 1, left + width.base - 1)
            holder = covering(self._around.variables(ref.sheet, area), area)
            if holder is None or holder.parts or holder.kind != "num" or holder.mask is not None:
                return None
            parts.append((holder, self._part(holder, area)))
        if len({id(holder) for holder, _ in parts}) < 2:
            return None
        for axis, size in (("k", height.base), ("l", width.base)):
            if size > 1:
                self._size(axis, size)
        tree = self._once(
            ("stretches", ref, steps), f"each_{last_name(parts[0][1])}", word("stack", list_(part for _, part in parts))
        )
        return Range(tree, along[0] + "k" * (height.base > 1) + "l" * (width.base > 1), "num")

    def _once(self, known: tuple[object, ...], name: str, tree: ast.expr) -> ast.expr:
        """The name of an array that is made before the statement, once."""
        if known not in self._around.known:
            self._around.known[known] = self._around.fresh(name)
            self._around.before.append(assign(self._around.known[known], tree))
        return name_(self._around.known[known])

    def _range(self, ref: Ref) -> Range:
        """The array that a reference reads, its axes as the variable has them."""
        stretches = self._stretches(ref)
        if stretches is not None:
            return stretches
        variable = self._holder(ref)
        listed: ast.expr | None = None
        if self._of_texts and column_of_texts(variable, ref.hull(self._sizes["i"], self._sizes["j"])) is not None:
            k = ref.left.base - variable.column
            listed = each(item(name_("line"), count(k)), "line", self._around.access(variable))
            variable = replace(variable, column=ref.left.base, width=1, kind="text", values=None)
        if variable.kind not in ("num", "bool", "text", "gaps"):
            raise UnclearError("values that are not all numbers")
        tree = self._around.access(variable) if listed is None else listed
        if variable.rank == 0:
            return Range(tree, "", variable.kind)
        is_window = (ref.top != ref.bottom and not ref.top.is_fixed) or (
            ref.left != ref.right and not ref.left.is_fixed
        )
        if is_window and self._in_windows:
            return self._windows(ref, variable, tree)
        rows = self._line(ref.top, ref.bottom, variable.row, variable.height, "k")
        columns = self._line(ref.left, ref.right, variable.column, variable.width, "l")
        lines = [line for line, size in ((rows, variable.height), (columns, variable.width)) if size > 1]
        axes = "".join(axis for _, axis in lines)
        if len(set(axes)) < len(axes):
            raise UnclearError("a diagonal")
        if variable.kind == "text" and axes:
            if not self._of_texts or variable.parts:
                raise UnclearError("an array of texts")
            name = "column" if listed is not None else last_name(tree)
            tree = self._once((self._of_texts, key(tree)), f"{name}_texts", word(self._of_texts, tree))
        cuts = needed([at for at, _ in lines])
        found = items(tree, cuts) if variable.kind == "text" and not axes else item(tree, *cuts)
        if variable.mask is not None and self._is_within(ref, variable, variable.mask):
            return Range(found, axes, "num")
        return Range(found, axes, variable.kind, variable.has_blanks, variable.gap or "")

    def _is_within(self, ref: Ref, variable: Variable, mask: Mask) -> bool:
        """Whether all cells that the formula reads of a triangle are filled."""
        own = self._variable.mask
        sizes = [self._sizes[axis] for axis in "ij"]
        if not ref.is_cell or sizes[0] * sizes[1] > _MOST_LOOKED_AT:
            return False
        return all(
            0 <= (row := ref.top.base + ref.top.down * i + ref.top.across * j - variable.row) < mask.height
            and 0 <= (column := ref.left.base + ref.left.down * i + ref.left.across * j - variable.column) < mask.width
            and mask.holds(row, column)
            for i in range(sizes[0])
            for j in range(sizes[1])
            if own is None or own.holds(i, j)
        )

    def _windows(self, ref: Ref, variable: Variable, tree: ast.expr) -> Range:
        """The array of all the parts of an array that a range of fixed size, moving with the cell, goes through."""
        sides = [
            (ref.top, ref.bottom, variable.row, variable.height, "i", "k"),
            (ref.left, ref.right, variable.column, variable.width, "j", "l"),
        ]
        sides = [side for side in sides if side[3] > 1]
        cuts: list[ast.expr] = []
        inner: list[tuple[int, int, str]] = []
        axes = ""
        for first, last, origin, size, along, own in sides:
            if first == last or (first.is_fixed and last.is_fixed):
                at, axis = self._line(first, last, origin, size, own)
                cuts.append(at)
                axes += axis
                continue
            step, other = (first.down, first.across) if along == "i" else (first.across, first.down)
            width = last.base - first.base + 1
            moves_alike = (first.down, first.across) == (last.down, last.across)
            if not moves_alike or step < 1 or (other and self._sizes["j" if along == "i" else "i"] > 1):
                raise UnclearError("a range that moves along itself")
            cells = self._sizes[along]
            if cells < 2:
                raise UnclearError("a window that stands still")
            start = first.base - origin
            cuts.append(span(start, start + (cells - 1) * step + 1, size - width + 1, step))
            axes += along
            self._size(own, width)
            inner.append((len(axes) - 1, width, own))
        if variable.kind != "num" or len(set(axes)) < len(axes) or "kl" in axes:
            raise UnclearError("windows over what is no array of numbers")
        found = _windowed(tree, [(axis, width) for axis, width, _ in inner], len(sides))
        return Range(item(found, *needed(cuts)), axes + "".join(own for *_, own in inner), "num")

    def _line(self, first: AffineIndex, last: AffineIndex, origin: int, size: int, own: str) -> tuple[ast.expr, str]:
        """The index along one dimension of a variable, and the axis that it makes (empty where it is one place)."""
        start, stop = first.base - origin, last.base - origin
        if first.is_fixed and last.is_fixed:
            if start == stop:
                return count(start), ""
            self._size(own, stop - start + 1)
            return span(start, stop + 1, size), own
        if first != last:
            raise UnclearError("a range that moves along itself")
        down = first.down if self._sizes["i"] > 1 else 0
        across = first.across if self._sizes["j"] > 1 else 0
        if bool(down) == bool(across):
            if not down:
                return count(start), ""
            raise UnclearError("a diagonal")
        axis, step = ("i", down) if down else ("j", across)
        if step < 0:
            raise UnclearError("a range that runs backwards")
        return span(start, start + (self._sizes[axis] - 1) * step + 1, size, step), axis

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """For ranges that are summed up within: their sizes need not fit those of ranges elsewhere in the formula."""
        kept = {axis: self._sizes.pop(axis) for axis in "kl" if axis in self._sizes}
        yield
        for axis in "kl":
            self._sizes.pop(axis, None)
        self._sizes |= kept

    def _size(self, axis: str, size: int) -> None:
        if self._sizes.setdefault(axis, size) != size:
            # Two ranges of different sizes in one formula: each keeps its own only while they do not meet.
            self._sizes[axis] = -1

    def _shape(self, ref: Ref) -> tuple[int, int]:
        return ref.bottom.base - ref.top.base + 1, ref.right.base - ref.left.base + 1


def _is_no_number(variable: Variable) -> bool:
    """Whether some of an array's cells hold something else than numbers, or blanks."""
    return variable.kind != "num" and not (variable.has_blanks and variable.mask is None)


def column_of_texts(table: Variable, area: Rectangle) -> list[Value | None] | None:
    """A column of an input of all kinds, in which a rectangle lies, where all of the column is text; else None."""
    if table.kind != "any" or table.values is None or table.rank < 2 or area[1] != area[3]:
        return None
    column = [line[area[1] - table.column] for line in table.values]
    return column if all(isinstance(value, str) for value in column) else None


def needed(cuts: list[ast.expr]) -> list[ast.expr]:
    """Indices without those at the end that take all of an axis."""
    kept = list(cuts)
    while kept and is_all(kept[-1]):
        kept.pop()
    return kept


def _windowed(tree: ast.expr, widths: list[tuple[int, int]], rank: int) -> ast.expr:
    """An array with an axis more for each one that windows move along, in the order of these."""
    if len(widths) == rank:
        return word("windows of both" if rank > 1 else "windows", tree, *(count(width) for _, width in widths))
    ((axis, width),) = widths
    return word("windows along", tree, count(width), count(axis))
