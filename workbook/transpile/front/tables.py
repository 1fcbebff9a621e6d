"""Columns and rows of a table by name, `Sales[Amount]`, as the cells that they are."""

from workbook.formula.grammar import Structured
from workbook.formula.rectangle import rectangle
from workbook.transpile.errors import UnsupportedError
from workbook.transpile.front.defined import unescaped
from workbook.transpile.front.formula import Formula
from workbook.transpile.front.moving import fixed_range
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.xlsx.read import Table


def structured(formula: Formula, node: Structured) -> Ref:
    """The cells that a structured reference means."""
    table = _table(formula, node.table)
    top, left, bottom, right = rectangle(table.area)
    words = {part.lower() for part in node.parts if part.startswith("#")}
    columns = [unescaped(part) for part in node.parts if not part.startswith("#") and part != ":"]
    known = {name.lower(): k for k, name in enumerate(table.columns)}
    missing = [name for name in columns if name and name.lower() not in known]
    if missing:
        raise UnsupportedError(f"names the column '{missing[0]}', which the table '{table.name}' does not have")
    places = [known[name.lower()] for name in columns if name]
    if places:
        left, right = left + min(places), left + max(places)
    body = top + table.heading_rows, bottom - table.total_rows
    if "#this row" in words:
        row = AffineIndex(formula.region.row, 1)
        return Ref(table.sheet, row, AffineIndex(left), row, AffineIndex(right))
    low = top if words & {"#all", "#headers"} else bottom if words == {"#totals"} else body[0]
    high = bottom if words & {"#all", "#totals"} else top if words == {"#headers"} else body[1]
    return fixed_range(table.sheet, low, left, high, right)


def _table(formula: Formula, name: str) -> Table:
    """The table of that name; without a name the one that the region stands in."""
    if name:
        table = formula.names.tables.get(name.lower())
        if table is None:
            raise UnsupportedError(f"names a table '{name}', which is not there")
        return table
    for table in formula.names.tables.values():
        top, left, bottom, right = rectangle(table.area)
        inside = top <= formula.region.row <= bottom and left <= formula.region.column <= right
        if table.sheet == formula.region.sheet and inside:
            return table
    raise UnsupportedError("names a column of a table, and stands in none")
