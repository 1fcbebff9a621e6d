"""Blocks in ironcalc's memory: numbers and formulas put in, values read; no file is read or written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbook.formula.grammar import Range, walk
from workbook.formula.parser import parse
from workbook.lesson.lesson import Array, Formula
from workbook.plan.excel import formula_rows, quoted
from workbook.plan.layout import SheetLayout
from workbook.plan.place import Place
from workbook.xlsx.read import CellError

Cell = tuple[int, int]
"""Row and column, from 1."""


def texts(place: Place, places: Mapping[str, Place], step: str, pattern: str | None = None) -> dict[Cell, str]:
    """The formulas of a block's cells, without `=`: of its own pattern, or of another in its place."""
    block = place.block
    if pattern is not None:
        block = Formula(name=block.name, axes=block.axes, across=" ".join(block.across_axes), pattern=pattern)
    filled = replace(place, block=block)
    found: dict[Cell, str] = {}
    for line in formula_rows(filled, places, step):
        columns = sorted({column for row, column in place.cells() if row == line.row})
        found |= {(line.row, column): text for column, text in zip(columns, line.texts, strict=True)}
    return found


def qualified(text: str, title: str) -> str:
    """The formula of a cell on the sheet of that title, as another sheet may have it.

    >>> qualified("SUM(A1:B2)+Other!C3", "Dot product")
    "SUM('Dot product'!A1:B2)+Other!C3"
    """
    spans = sorted(node.span for node in walk(parse(text)) if isinstance(node, Range) and not node.sheet)
    for low, high in reversed(spans):
        text = f"{text[:low]}{quoted(title)}!{text[low:high]}{text[high:]}"
    return text


class Model:
    """Sheets in memory.

    Args:
        titles: of the sheets, in order.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        """Make empty sheets."""
        import ironcalc

        self._error = ironcalc.CellType.ErrorValue
        self._model: Any = ironcalc.create("gradbook", "en", "UTC", "en")
        first, *others = titles
        self._model.rename_sheet(0, first)
        for title in others:
            self._model.add_sheet(title)
        self._index = {title: index for index, title in enumerate(titles)}

    @classmethod
    def of(cls, layouts: Iterable[SheetLayout], values: Mapping[str, Array], more: Sequence[str] = ()) -> "Model":
        """The sheets of some layouts, all blocks in them.

        Args:
            layouts: of the sheets.
            values: `sheet.block` → values, of all blocks that are no formulas.
            more: the titles of empty sheets after them.
        """
        layouts = tuple(layouts)
        model = cls([*(layout.sheet.title for layout in layouts), *more])
        places = {place.name: place for layout in layouts for place in layout.places}
        for layout in layouts:
            for place in layout.places:
                if isinstance(place.block, Formula):
                    model.fill(place, texts(place, places, layout.step))
                else:
                    model.put(place, values[place.name])
        return model

    def put(self, place: Place, values: Array) -> None:
        """Put values into a block's cells; NaN and None empty them."""
        for (row, column), value in zip(place.cells(), np.asarray(values).ravel().tolist(), strict=True):
            self.set(place.title, row, column, value)

    def set(self, title: str, row: int, column: int, value: float | str | bool | None) -> None:
        """Put a value into a cell; NaN and None empty it."""
        index = self._index[title]
        if value is None or value != value:
            self._model.clear_cell_contents(index, row, column)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(index, row, column, value)
        elif isinstance(value, str):
            self._model.update_cell_with_text(index, row, column, value)
        else:
            self._model.update_cell_with_number(index, row, column, float(value))

    def fill(self, place: Place, formulas: Mapping[Cell, str], title: str = "") -> None:
        """Put formulas into a block's cells, or into the same cells of another sheet."""
        for (row, column), text in formulas.items():
            self.set_formula(title or place.title, row, column, text)

    def set_formula(self, title: str, row: int, column: int, text: str, size: tuple[int, int] | None = None) -> None:
        """Put a formula into a cell, or an array formula over so many rows and columns from there."""
        index = self._index[title]
        if size is None:
            self._model.update_cell_with_formula(index, row, column, f"={text}")
        else:
            self._model.set_user_array_formula(index, row, column, size[1], size[0], f"={text}")

    def clear(self, title: str, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Empty the cells from one row and column to others."""
        self._model.range_clear_contents(self._index[title], rows[0], columns[0], rows[1], columns[1])

    def evaluate(self) -> None:
        """Compute all formulas."""
        self._model.evaluate()

    def get(self, title: str, row: int, column: int) -> float | str | bool | CellError | None:
        """What a cell shows."""
        index = self._index[title]
        value = self._model.get_cell_value(index, row, column)
        if isinstance(value, str) and value[:1] == "#" and self._model.get_cell_type(index, row, column) == self._error:
            return CellError(value)
        found: float | str | bool | None = value
        return found

    def values(self, place: Place, title: str = "") -> Array:
        """What a block's cells show, or the same cells of another sheet: floats where all are numbers, else objects."""
        found = [self.get(title or place.title, row, column) for row, column in place.cells()]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in found):
            return np.array(found, dtype=np.float64).reshape(place.shape)
        made = np.empty(place.count, dtype=object)
        made[:] = found
        return made.reshape(place.shape)

    def numbers(self, place: Place, title: str = "") -> Array:
        """The same as floats, NaN where no number stands."""
        found = self.values(place, title).ravel().tolist()
        return np.array([as_number(value) for value in found], dtype=np.float64).reshape(place.shape)


def as_number(value: Any) -> float:
    """A cell's value as a number, NaN where it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
