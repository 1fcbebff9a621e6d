"""What-if tables: which formulas depend on their inputs, and so are computed again for each of their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from workbook.formula.grammar import Call
from workbook.formula.rectangle import Rectangle, overlap
from workbook.transpile.front.functions import WHAT_IF
from workbook.transpile.front.tree import Ref
from workbook.transpile.middle.variables import CellMap, Variable, hulls


class Group(Protocol):
    """Variables that are computed together: see `program.Group`."""

    @property
    def variables(self) -> list[Variable]:
        """The arrays that they are."""

    @property
    def formulas(self) -> list[Variable]:
        """What they were before they were a loop."""


G = TypeVar("G", bound=Group)


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a table: the cell that the values are put into, and where they stand, in a row or in a column."""

    cell: Ref
    values: Ref


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A what-if table: its formulas, a row or a column of them or one; and its inputs, that of its rows first."""

    formulas: Ref
    row: Input | None
    column: Input | None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs that it has."""
        return tuple(found for found in (self.row, self.column) if found is not None)


def table_of(tree: Any) -> WhatIf | None:
    """The table that a tree stands for; None where it is another formula."""
    if not (isinstance(tree, Call) and tree.function == WHAT_IF):
        return None
    formulas, *given = tree.arguments
    assert isinstance(formulas, Ref)
    found = [Input(c, v) if isinstance(c, Ref) and isinstance(v, Ref) else None for c, v in (given[:2], given[2:])]
    return WhatIf(formulas, *found)


def cone(table: WhatIf, groups: Sequence[G], cell_map: CellMap) -> list[G]:
    """The groups between a table's inputs and its formulas, in the order in which they are computed.

    Args:
        table: the table.
        groups: all groups in their order.
        cell_map: which variable holds a cell.
    """
    inputs = [(given.cell.sheet, given.cell.hull(1, 1)) for given in table.inputs]
    hanging: set[int] = set()
    for group in groups:
        places = [place for v in (*group.formulas, *group.variables) for place in hulls(v)]
        if any(sheet == at and overlap(area, cell) for sheet, area in places for at, cell in inputs) or any(
            id(v) in hanging for place in places for v in cell_map.within(*place)
        ):
            hanging |= {id(v) for v in group.variables}
    wanted = {id(v) for v in cell_map.within(table.formulas.sheet, table.formulas.hull(1, 1))}
    found: list[G] = []
    for group in reversed(groups):
        own = {id(v) for v in group.variables}
        if own & wanted and own & hanging and not _is_input(group, inputs):
            found.append(group)
            places = [place for v in (*group.formulas, *group.variables) for place in hulls(v)]
            wanted |= {id(v) for place in places for v in cell_map.within(*place)}
    return found[::-1]


def _is_input(group: Group, inputs: Sequence[tuple[str, Rectangle]]) -> bool:
    """Whether a group is the one cell that a table puts its values into."""
    return any((v.sheet, v.rectangle) == given for v in group.variables for given in inputs)
