"""Writes the references of a block's pattern: cells, ranges, and products of ranges."""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Protocol

from workbook.plan import views
from workbook.traced.cells import AxisNames, Cells, Dim
from workbook.traced.graph import Shape, TracedError
from workbook.traced.spec import MOST_GROUPS, Spec

Pattern = Callable[["Writer"], str]
MOST_TERMS = 64
"""How many ranges a formula may name: more of them nobody reads."""


class Blocks(Protocol):
    """What knows of all blocks, and of where their cells stand."""

    axes: AxisNames
    blocks: dict[str, Spec]

    def is_range(self, cells: Cells, rank: int) -> bool:
        """Whether the last `rank` dimensions are one rectangle of cells."""

    def product(self, one: Cells, other: Cells, rank: int) -> str:
        """How two windows are multiplied and summed."""


MOST = 9.99999999999999e307
"""The largest number that a formula may spell."""


def number(value: float) -> str:
    """A number as a pattern spells it; one that is larger than all that may be spelled as the largest of these.

    >>> number(2.0), number(-0.5), number(1e-05), number(1.7e308)
    ('2', '(-0.5)', '1E-05', '9.99999999999999E+307')
    """
    text = repr(min(max(float(value), -MOST), MOST)).removesuffix(".0").upper()
    return f"({text})" if text.startswith("-") else text


def copied(reference: str) -> str:
    """A pattern that only copies, spelled so that no bare name is left: bare names are what lessons copy by."""
    return reference if any(sign in reference for sign in "(+-*/^") else f'VIEW({reference},"")'


def times(factor: float, text: str) -> str:
    """A text multiplied by a number.

    >>> times(2.0, "{x}"), times(1, "{x}")
    ('2*{x}', '{x}')
    """
    return text if factor == 1 else f"{number(factor)}*{text}"


class Writer:
    """Writes the references of one block's pattern."""

    def __init__(self, builder: "Blocks", shape: Shape, axes: Dim, sheet: str, reads: set[str] | None = None) -> None:
        """For a block of that shape and those axes on that sheet; `reads` hears of the blocks that it names."""
        self._builder, self._shape, self._axes, self._sheet = builder, shape, axes, sheet
        self._reads = set() if reads is None else reads
        self._shown: Cells | None = None

    def __call__(self, cells: "Cells | float") -> str:
        """The reference to the cell at the same position, as arithmetic repeats shapes; or a number."""
        if not isinstance(cells, Cells):
            return number(cells)
        spec = self._builder.blocks[cells.block]
        if (
            self._shown is None
            and prod(cells.shape) == spec.count
            and cells.whole
            and prod(self._shape) == spec.count
            and spec.axes == self._axes
        ):
            return self._name(spec)
        if spec.count == 1:
            return self._name(spec)
        return self._view(spec, cells.expand(self._shape), 0)

    def range(self, cells: Cells, rank: int) -> str:
        """The range that the last `rank` dimensions are; the others fall on the block's."""
        spec = self._builder.blocks[cells.block]
        shape = (*self._shape, *cells.shape[len(cells.shape) - rank :])
        return self._view(spec, cells.expand(shape), rank)

    def ranges(self, cells: Cells, rank: int) -> list[str]:
        """The ranges that the last `rank` dimensions are together, as few as they are."""
        if not self._builder.is_range(cells, rank):
            (cells,), rank = self._cut((cells,), rank)
        for outer in range(rank + 1):
            parts = list(_parts(cells, rank, outer))
            if self._builder.is_range(parts[0], rank - outer):
                _check_terms(len(parts))
                return [self.range(part, rank - outer) for part in parts]
        raise AssertionError("a cell is always a range")

    def dot(self, one: Cells, other: Cells, rank: int) -> str:
        """The sum of the products over the last `rank` dimensions, which both have."""
        if not self._builder.product(one, other, rank):
            (one, other), rank = self._cut((one, other), rank)
        for outer in range(rank + 1):
            pairs = list(zip(_parts(one, rank, outer), _parts(other, rank, outer), strict=True))
            kind = self._builder.product(*pairs[0], rank - outer)
            if kind:
                _check_terms(len(pairs))
                return "+".join(self._product(kind, *pair, rank - outer) for pair in pairs)
        raise AssertionError("two cells always have a product")

    def pairs(self, one: Cells, other: Cells, rank: int) -> list[tuple[str, str]]:
        """The ranges of two windows that stand alike, part by part; none where there are none, or too many."""
        if self._builder.product(one, other, rank) != "alike":
            (one, other), rank = self._cut((one, other), rank)
        for outer in range(rank):
            parts = list(zip(_parts(one, rank, outer), _parts(other, rank, outer), strict=True))
            if len(parts) <= MOST_GROUPS and self._builder.product(*parts[0], rank - outer) in ("alike", "cells"):
                return [(self.range(a, rank - outer), self.range(b, rank - outer)) for a, b in parts]
        return []

    def _cut(self, views_: tuple[Cells, ...], rank: int) -> tuple[tuple[Cells, ...], int]:
        """The views with a dimension for each axis that their last `rank` dimensions are made of."""
        sizes = self._builder.axes.sizes
        lengths: list[int] = []
        for at in range(-rank, 0):
            size = views_[0].shape[at]
            dims = (view.dims[at] for view in views_ if len(view.dims) == len(view.shape))
            cut = next((d for d in dims if len(d) > 1 and prod(sizes[axis] for axis in d) == size), ())
            lengths += [sizes[axis] for axis in cut] or [size]
        if len(lengths) == rank:
            return views_, rank
        found = []
        for view in views_:
            shape = (*view.shape[: len(view.shape) - rank], *lengths)
            found.append(view.then("r" + ",".join(map(str, shape)), shape, ((),) * len(shape)))
        return tuple(found), len(lengths)

    def back(self, cells: Cells, shown: Cells) -> str:
        """The reference, for the cells that `shown` shows of this block, to the cell at that position."""
        spec = self._builder.blocks[cells.block]
        return f'BACK({self._name(spec)},"{shown.program}","{cells.expand(shown.shape).program}")'

    def own(self, dims: tuple[Dim, ...]) -> Cells:
        """This block's own cells, in the shape that its pattern is written for."""
        if self._shown is not None:
            return Cells("", self._shown.program, self._shape, dims)
        lengths = tuple(self._builder.axes.sizes[axis] for axis in self._axes)
        start = "" if lengths == self._shape else "r" + ",".join(map(str, self._shape))
        return Cells("", start, self._shape, dims)

    def _product(self, kind: str, one: Cells, other: Cells, rank: int) -> str:
        if kind == "cells":
            inner = (0,) * rank
            return f"{self(_at(one, rank, inner))}*{self(_at(other, rank, inner))}"
        if kind == "turned":
            one, other = other, one
        return f"{'SUMPRODUCT' if kind == 'alike' else 'MMULT'}({self.range(one, rank)},{self.range(other, rank)})"

    def _view(self, spec: Spec, cells: Cells, rank: int) -> str:
        rest = f",{rank}" if rank else ""
        program = cells.program
        if self._shown is not None:
            lengths = tuple(self._builder.axes.sizes[axis] for axis in self._axes)
            window = cells.shape[len(cells.shape) - rank :]
            program = " ".join((program, *views.undone(self._shown.program, lengths, window))).strip()
        return f'VIEW({self._name(spec)},"{program}"{rest})'

    def seen(self, shown: Cells) -> "Writer":
        """The same for a pattern that is written for what a program shows of the block: each of its cells once."""
        made = Writer(self._builder, shown.shape, self._axes, self._sheet, self._reads)
        made._shown = None if shown.whole else shown
        return made

    def _name(self, spec: Spec) -> str:
        self._reads.add(spec.name)
        return spec.name if spec.sheet == self._sheet else f"{spec.sheet}.{spec.name}"


def _check_terms(count: int) -> None:
    if count > MOST_TERMS:
        raise TracedError(
            f"a sum of {count} ranges in one cell, more than {MOST_TERMS}: use fewer channels or examples"
        )


def _parts(cells: Cells, rank: int, outer: int) -> Iterator[Cells]:
    """The cells at each position of the first `outer` of the last `rank` dimensions."""
    at = len(cells.shape) - rank
    for position in product(*map(range, cells.shape[at : at + outer])):
        part = cells
        for number_ in position:
            part = part.select(at, number_)
        yield part


def _at(cells: Cells, rank: int, position: tuple[int, ...]) -> Cells:
    at = len(cells.shape) - rank
    for number_ in position:
        cells = cells.select(at, number_)
    return cells
