"""What the linter's rules look at: the titles, formulas, names, charts and rectangles of a plan."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from openpyxl.workbook.defined_name import DefinedName

from workbook.errors import FormulaError, WorkbookError
from workbook.formula.address import cell_address
from workbook.formula.grammar import Node
from workbook.formula.parser import parse
from workbook.formula.rectangle import Rectangle
from workbook.lesson.lesson import Formula
from workbook.plan.excel import formula_rows
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import MANIFEST, Plan
from workbook.xlsx.write.sheets import solver_names, workbook_names

_GATHERS, _ADDRESS = "GATHER(", re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+")
_MOST_ROWS, _MOST_SHAPES = 256, 16
"""In how many rows of such a block shapes are looked for, and how many of them are parsed."""

TOO_MANY = "too many operations, one inside the other"


@dataclass(frozen=True, slots=True)
class Sample:
    """A formula that stands for others of its block: the first, the one of the next step, or the first of its shape."""

    place: Place
    address: str
    text: str

    @property
    def where(self) -> str:
        """Sheet, cell and block, for a message."""
        return f"sheet {self.place.title}, cell {self.address} ({self.place.block.name})"

    @property
    def node(self) -> Node:
        """What its text means."""
        try:
            return parse(self.text)
        except FormulaError as error:
            raise WorkbookError(f"{self.where}: {error}") from error


@dataclass(frozen=True)
class Checked:
    """What the rules look at."""

    plan: Plan

    @cached_property
    def titles(self) -> list[str]:
        """The titles of all sheets, the hidden one too."""
        return [*(layout.sheet.title for layout in self.plan.layouts), MANIFEST]

    @cached_property
    def samples(self) -> list[Sample]:
        """The formulas that the rules parse: as every cell of a block is filled from one, the first stands for all."""
        return [
            sample
            for layout in self.plan.layouts
            for place in layout.places
            if isinstance(place.block, Formula)
            for sample in _samples(place, self.plan, layout.step)
        ]

    @cached_property
    def parsed(self) -> list[tuple[Sample, Node]]:
        """The formulas with what they mean."""
        return [(sample, sample.node) for sample in self.samples]

    @cached_property
    def names(self) -> list[tuple[str, DefinedName]]:
        """Where each defined name belongs, and the name; Solver's hidden constants are left out."""
        found = [("the workbook", name) for name in workbook_names(self.plan)]
        for layout in self.plan.layouts:
            found += [(f"sheet {layout.sheet.title}", name) for name in solver_names(layout) if "!" in name.attr_text]
        return found

    def charts(self) -> Iterator[tuple[str, SheetLayout, PlacedChart]]:
        """Every chart, with its sheet and how a message names it."""
        for layout in self.plan.layouts:
            for placed in layout.charts:
                yield f"sheet {layout.sheet.title}, chart {placed.chart.name}", layout, placed


def _samples(place: Place, plan: Plan, step: str) -> Iterator[Sample]:
    """The first formula of a block; and the first of the next step, where PREV stops meaning the start."""
    wanted = 1
    if step in place.sizes and place.sizes[step] > 1 and place.block.axis_names[0] == step:
        wanted = 2
    inner = [place.sizes[axis] for axis in place.block.down_axes if axis != step]
    skip = int(np.prod(inner, dtype=np.int64))
    try:
        if isinstance(place.block, Formula) and _GATHERS in place.block.pattern:
            yield from _shapes(place, plan, step)
            return
        for row in islice(formula_rows(place, plan.places, step), 0, skip * wanted, skip):
            yield Sample(place, cell_address(row.row, place.origin[1]), row.texts[0])
    except RecursionError:
        raise WorkbookError(f"{whereabouts(place)}: {TOO_MANY}") from None
    except FormulaError as error:
        known = str(error).startswith("sheet ")
        where = "" if known else f"{whereabouts(place)}: "
        raise WorkbookError(f"{where}{error}") from error


def _shapes(place: Place, plan: Plan, step: str) -> Iterator[Sample]:
    """One formula of each shape, where cells of one block gather different terms."""
    seen: set[str] = set()
    for row in islice(formula_rows(place, plan.places, step), _MOST_ROWS):
        for k, text in enumerate(row.texts):
            shape = _ADDRESS.sub("", text)
            if shape not in seen and len(seen) < _MOST_SHAPES:
                seen.add(shape)
                yield Sample(place, cell_address(row.row, place.origin[1] + k), text)


def things(layout: SheetLayout) -> Iterator[tuple[str, Rectangle]]:
    """Everything on a sheet: what it is, and its top, left, bottom and right."""
    for place in layout.places:
        for area in place.rectangles:
            yield f"block {place.block.name}", area
    for label in layout.labels:
        yield f"the label {label.text[:40]!r}", (label.row, label.column, label.row, label.column)
    for placed in layout.charts:
        rows, columns = placed.chart.rows, placed.chart.columns
        yield (
            f"chart {placed.chart.name}",
            (placed.row, placed.column, placed.row + rows - 1, placed.column + columns - 1),
        )


def whereabouts(place: Place, index: tuple[int, ...] = ()) -> str:
    """Sheet, cell and block, for a message; the block's first cell by default."""
    return f"sheet {place.title}, cell {place.address(index)} ({place.block.name})"
