"""What-if tables: which groups the engine computes again for each of their values, and what a table hangs on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbook.formula.rectangle import overlap
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import Ref, walk
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.transpile.middle.what_if import Input, WhatIf, cone

Grids = Mapping[str, tuple[int, int]]
"""Title → the number of the sheet, and how many columns it has."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Formulas that are computed together."""

    variables: list[Variable]

    @property
    def formulas(self) -> list[Variable]:
        """No loops are made of them."""
        return self.variables


def check(table: WhatIf, formulas: Sequence[Variable]) -> None:
    """Refuse a table whose input is one of the cells that a formula computes together with others.

    Raises:
        UnclearError: with what the table is.
    """
    for given in table.inputs:
        cell = given.cell.hull(1, 1)
        if any(v.sheet == given.cell.sheet and v.rectangle != cell and overlap(v.rectangle, cell) for v in formulas):
            raise UnclearError("is a what-if table whose input is part of an array of another kind")


def table_data(
    k: int, table: WhatIf, groups: Sequence[list[Variable]], cell_map: CellMap, grids: Grids
) -> tuple[dict[str, Any], list[list[int]]]:
    """A table as the engine has it, and what its cells hang on beside what they name.

    Returns:
        `region`, `cone` (places of groups, in the order in which they are computed), `formulas` (sheet and corners,
        from 0), `row` and `column` (the cell and the first value of each input that the table has); and the rectangles
        that the cone's formulas read, as references that do not move.
    """
    made = [_Group(group) for group in groups]
    between = cone(table, made, cell_map)
    places = {id(group): g for g, group in enumerate(made)}
    data: dict[str, Any] = {
        "region": k,
        "cone": [places[id(group)] for group in between],
        "formulas": _corners(table.formulas, grids),
    }
    for name, given in (("row", table.row), ("column", table.column)):
        if given is not None:
            data[name] = _input(given, grids)
    read = {
        (grids[ref.sheet][0], *ref.hull(v.height, v.width)): None
        for group in between
        for v in group.variables
        for tree in (v.tree, *v.called)
        for ref in walk(tree)
        if isinstance(ref, Ref)
    }
    fixed = [[sheet, *(part for corner in corners for part in (corner - 1, 0, 0))] for sheet, *corners in read]
    return data, fixed


def _input(given: Input, grids: Grids) -> dict[str, list[int]]:
    return {"cell": _corners(given.cell, grids)[:3], "values": _corners(given.values, grids)[:3]}


def _corners(ref: Ref, grids: Grids) -> list[int]:
    return [grids[ref.sheet][0], *(corner - 1 for corner in ref.hull(1, 1))]
