"""The results of a sheet with its numbers in one array: half a million cells travel, and are compared, as one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from workbook.check.recalc.session import Result
from workbook.formula.rectangle import Rectangle

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PackedSheet(Mapping[tuple[int, int], Result]):
    """Results by (row, column) from 1; empty cells are absent.

    Args:
        numbers: by row and column; NaN where a cell has none.
        others: results that are no numbers.

    >>> sheet = PackedSheet(np.array([[np.nan] * 3, [np.nan, np.nan, 0.5]]), {(3, 1): "yes"})
    >>> sheet[1, 2], sheet.get((9, 2)), list(sheet), sheet == {(3, 1): "yes", (1, 2): 0.5}
    (0.5, None, [(1, 2), (3, 1)], True)
    """

    numbers: Numbers
    others: dict[tuple[int, int], Result]

    def numbers_at(self, rows: Integers, columns: Integers) -> Numbers:
        """The numbers in these rows and columns, in the shape of both; NaN where a cell has none."""
        height, width = self.numbers.shape
        inside = (rows < height) & (columns < width)
        if inside.all():
            return self.numbers[rows, columns]
        found = np.full(rows.shape, np.nan)
        found[inside] = self.numbers[rows[inside], columns[inside]]
        return found

    def within(self, rectangle: Rectangle) -> Iterator[tuple[int, int, Result]]:
        """Rows, columns and results of the cells of a rectangle that are not empty, numbers first.

        >>> list(PackedSheet(np.array([[np.nan] * 3, [np.nan, np.nan, 0.5]]), {(3, 1): "yes"}).within((1, 1, 3, 2)))
        [(1, 2, 0.5), (3, 1, 'yes')]
        """
        top, left, bottom, right = rectangle
        rows, columns = np.mgrid[top : bottom + 1, left : right + 1].reshape(2, -1)
        numbers = self.numbers_at(rows, columns)
        filled = ~np.isnan(numbers)
        yield from zip(rows[filled].tolist(), columns[filled].tolist(), numbers[filled].tolist(), strict=True)
        for row, column in zip(rows[~filled].tolist(), columns[~filled].tolist(), strict=True):
            if (row, column) in self.others:
                yield row, column, self.others[row, column]

    def one_by_one(self) -> dict[tuple[int, int], Result]:
        """The same results, each number an object of its own."""
        rows, columns = np.nonzero(~np.isnan(self.numbers))
        places = zip(rows.tolist(), columns.tolist(), strict=True)
        return {**dict(zip(places, self.numbers[rows, columns].tolist(), strict=True)), **self.others}

    def __getitem__(self, at: tuple[int, int]) -> Result:
        """The result in a cell."""
        if at in self.others:
            return self.others[at]
        (number,) = self.numbers_at(np.array([at[0]]), np.array([at[1]])).tolist()
        if number != number:
            raise KeyError(at)
        return float(number)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The cells: numbers row by row, then the others."""
        rows, columns = np.nonzero(~np.isnan(self.numbers))
        return chain(zip(rows.tolist(), columns.tolist(), strict=True), self.others)

    def __len__(self) -> int:
        """How many cells are not empty."""
        return int(np.count_nonzero(~np.isnan(self.numbers))) + len(self.others)
