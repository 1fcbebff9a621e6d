"""A workbook's formulas as variables with trees, before anything is known of what reads what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbook.formula.grammar import Binary, ErrorValue
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.defined import Names
from workbook.transpile.front.formula import Evaluate
from workbook.transpile.front.lower import Ahead, Lowering
from workbook.transpile.front.pointwise import by_cells
from workbook.transpile.front.regions import Region, split, within
from workbook.transpile.front.tree import Function, Local, walk
from workbook.transpile.middle.digits import COMPARISONS
from workbook.transpile.middle.gaps import gap_word, with_sure_gaps
from workbook.transpile.middle.kinds import kind_of, texts_in
from workbook.transpile.middle.variables import Variable
from workbook.xlsx.read import Book, CellError


@dataclass(frozen=True, slots=True)
class Lowered:
    """A workbook's formulas as trees, before anything is known of what reads what.

    Attributes:
        regions: each region, the variables that it is, and the parts of it that could not be taken in, with the reason.
        lambdas: the defined names that are functions.
    """

    regions: tuple[tuple[Region, tuple[Variable, ...], tuple[tuple[Region, str], ...]], ...]
    lambdas: Mapping[str, Function]

    @property
    def formulas(self) -> list[Variable]:
        """All variables."""
        return [variable for _, variables, _ in self.regions for variable in variables]

    @property
    def refused(self) -> list[tuple[Region, str]]:
        """All that could not be taken in, and why."""
        return [why for _, _, reasons in self.regions for why in reasons]


def lowered(book: Book, regions: Sequence[Region], saved: Evaluate, ahead: Ahead | None = None) -> Lowered:
    """The formulas of a workbook as trees.

    Args:
        book: the workbook, with the values that its formulas had.
        regions: its formula cells as regions.
        saved: what a part of a region's formula was in each of its cells when the workbook was saved.
        ahead: the trees that have been made already.
    """
    names = Names.of(book)
    lowering = Lowering(names, saved, ahead={} if ahead is None else ahead.known(names))
    found: list[tuple[Region, tuple[Variable, ...], tuple[tuple[Region, str], ...]]] = []
    for region in regions:
        refused: list[tuple[Region, str]] = []
        found.append((region, tuple(_lowered(book, lowering, region, refused)), tuple(refused)))
    changed = with_sure_gaps(variable for _, variables, _ in found for variable in variables)
    called = [
        (region, tuple(_with_called([changed.get(id(v), v) for v in variables], lowering.lambdas)), reasons)
        for region, variables, reasons in found
    ]
    return Lowered(tuple(called), lowering.lambdas)


def _with_called(formulas: Sequence[Variable], lambdas: Mapping[str, Function]) -> Sequence[Variable]:
    """The formulas, each with the workbook's own functions that it calls, and those that these call."""
    if not lambdas:
        return formulas
    return [replace(v, called=called) if (called := _called(v.tree, lambdas)) else v for v in formulas]


def _called(tree: Any, lambdas: Mapping[str, Function]) -> tuple[Any, ...]:
    found: dict[str, Any] = {}
    queue = [tree]
    while queue:
        called = {n.name for n in walk(queue.pop()) if isinstance(n, Local) and n.name in lambdas}
        queue += [lambdas[name].body for name in sorted(called - found.keys())]
        found |= {name: lambdas[name].body for name in called}
    return tuple(found[name] for name in sorted(found))


def _lowered(book: Book, lowering: Lowering, region: Region, refused: list[tuple[Region, str]]) -> list[Variable]:
    cells = book.sheets[region.sheet].cells
    try:
        tree, guides = lowering.guided(region)
    except UnsupportedError as error:
        if any(cells[place].value != CellError("#NAME?") for place in within(cells, region.rectangle)):
            refused.append((region, str(error)))
            return []
        # Excel did not know the function either.
        tree, guides = ErrorValue("#NAME?"), ()
    except UnevenError:
        if region.cells == 1:
            refused.append((region, "names cells in a way that can't be read"))
            return []
        return [v for cell in split(region) for v in _lowered(book, lowering, cell, refused)]
    rows = range(region.row, region.row + region.height)
    columns = range(region.column, region.column + region.width)
    found = [cells[r, c].value if (r, c) in cells else None for r in rows for c in columns]
    if region.whole:
        of_cell = by_cells(tree, region, are_numbers=not any(isinstance(value, CellError) for value in found))
        if of_cell is not None:
            tree, region = of_cell, replace(region, whole=False, stacked=None)
        elif region.stacked is not None:
            return [v for array in split(region) for v in _lowered(book, lowering, array, refused)]
    place = (region.sheet, region.row, region.column, region.height, region.width)
    kind = kind_of(found)
    if kind == "num" and isinstance(tree, Binary) and tree.operator in COMPARISONS:
        # LibreOffice saves the booleans of an array as numbers.
        kind = "bool"
    gap = "" if "" in found else None
    if kind == "any" and (word := gap_word(tree, found)) is not None:
        kind, gap = "gaps", word
    return [Variable(*place, kind, tree, region, seen=texts_in(found), gap=gap, guides=guides)]
