"""Where a block stands: an origin, and for each axis how far one step along it moves in rows and columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from workbook.errors import FormulaError
from workbook.formula.address import cell_address
from workbook.formula.rectangle import Rectangle, spelled
from workbook.lesson.lesson import Formula, Given, Recorded

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """A block on its sheet.

    Args:
        sheet: the sheet's name.
        title: the sheet's title, as formulas spell it.
        block: what stands here.
        sizes: axis → length, in the block's order of axes.
        origin: row and column of its first cell, from 1.
        strides: axis → rows and columns moved by one step along it.
    """

    sheet: str
    title: str
    block: Given | Formula | Recorded
    sizes: Mapping[str, int]
    origin: tuple[int, int]
    strides: Mapping[str, tuple[int, int]]

    @property
    def name(self) -> str:
        """`sheet.block`, unique in the workbook."""
        return f"{self.sheet}.{self.block.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return tuple(self.sizes.values())

    @property
    def count(self) -> int:
        """How many cells it has."""
        return prod(self.shape)

    @cached_property
    def rows(self) -> Integers:
        """The row of every cell, in the shape of the block."""
        return self._along(0)

    @cached_property
    def columns(self) -> Integers:
        """The column of every cell, in the shape of the block."""
        return self._along(1)

    def cells(self) -> list[tuple[int, int]]:
        """Row and column of every cell, the last axis moving first."""
        return list(zip(self.rows.ravel().tolist(), self.columns.ravel().tolist(), strict=True))

    def _along(self, direction: int) -> Integers:
        position = np.full(self.shape, self.origin[direction], dtype=np.int64)
        for dimension, axis in enumerate(self.sizes):
            steps = np.arange(self.sizes[axis]) * self.strides[axis][direction]
            position += steps.reshape([-1 if d == dimension else 1 for d in range(len(self.shape))])
        return position

    def address(self, index: tuple[int, ...] = ()) -> str:
        """The address of one cell, its first by default."""
        index = index or (0,) * len(self.shape)
        return cell_address(int(self.rows[index]), int(self.columns[index]))

    def extent(self, axes: Iterable[str]) -> tuple[int, int]:
        """Rows and columns that the block covers along some axes, taken whole.

        Raises:
            FormulaError: the cells along these axes are no rectangle without gaps.
        """
        covered = [1, 1]
        for axis in sorted(axes, key=lambda axis: max(self.strides[axis])):
            moves = self.strides[axis]
            direction = 0 if moves[0] else 1
            if self.sizes[axis] > 1 and moves[direction] != covered[direction]:
                raise FormulaError(
                    f"{self.name} can't be taken whole along {axis}: its cells there have gaps between them"
                )
            covered[direction] *= self.sizes[axis]
        return covered[0], covered[1]

    @cached_property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """Its rectangles without gaps: one, or one a step of axes with gaps."""
        covered = [1, 1]
        loose: list[str] = []
        for axis in sorted(self.sizes, key=lambda axis: max(self.strides[axis])):
            moves = self.strides[axis]
            direction = 0 if moves[0] else 1
            if self.sizes[axis] > 1 and moves[direction] != covered[direction]:
                loose.append(axis)
            else:
                covered[direction] *= self.sizes[axis]
        outer = [axis for axis in self.sizes if axis in loose]
        found = []
        for index in np.ndindex(*(self.sizes[axis] for axis in outer)):
            row, column = (
                self.origin[d] + sum(n * self.strides[axis][d] for n, axis in zip(index, outer, strict=True))
                for d in (0, 1)
            )
            found.append((row, column, row + covered[0] - 1, column + covered[1] - 1))
        return tuple(found)

    def ranges(self) -> tuple[str, ...]:
        """The addresses of its rectangles."""
        return tuple(map(spelled, self.rectangles))
