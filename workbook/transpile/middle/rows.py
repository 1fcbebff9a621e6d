"""Recurrences of whole rows: each row of a table from the rows above it, as the steps of a grid or of a chain are."""

from collections.abc import Sequence

from workbook.formula.rectangle import cell_count, common, overlap
from workbook.transpile.front.tree import IndexValue, Ref, walk
from workbook.transpile.middle.variables import CellMap, Variable

_LEAST = 3
"""The columns that a table has at the least: fewer are arrays of their own, under their own headings."""


def rows_before(group: Sequence[Variable], cell_map: CellMap) -> int | None:
    """How many rows above a table its first row reads; None where a recurrence is no table of whole rows.

    Args:
        group: the variables that read each other.
        cell_map: all variables of the program.
    """
    if len(group) != 1 or not _may_be(group[0]):
        return None
    (table,) = group
    gaps = {_gap(table, node) for node in walk(table.tree)} - {0}
    before = max((gap for gap in gaps if gap is not None), default=0)
    if None in gaps or not before:
        return None
    above = (table.row - before, table.column, table.row - 1, table.column + table.width - 1)
    found = cell_map.within(table.sheet, above)
    held = sum(cell_count(met) for v in found if (met := common(v.rectangle, above)) is not None)
    return before if held == before * table.width and all(v.kind == "num" for v in found) else None


def _may_be(table: Variable) -> bool:
    region = table.region
    is_plain = table.kind == "num" and table.is_sure and table.mask is None and not table.typed
    return is_plain and region is not None and not region.whole and table.width >= _LEAST and table.height > 1


def _gap(table: Variable, node: object) -> int | None:
    """How many rows above its own a node reads of a table; 0 where it reads nothing of it, None where that varies."""
    if isinstance(node, IndexValue):
        return None if node.value.down else 0
    if not isinstance(node, Ref) or node.sheet != table.sheet:
        return 0
    if not overlap(node.hull(table.height, table.width), table.rectangle):
        return 0
    gap = table.row - node.top.base
    is_row = node.top == node.bottom and (node.top.down, node.top.across) == (1, 0)
    return gap if is_row and gap > 0 else None


__all__ = ["rows_before"]
