"""What-if tables: what depends on their inputs as a function of them, called for each of their values."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from workbook.formula.rectangle import Rectangle, cell_count, common
from workbook.transpile.back.code import (
    arguments,
    assign,
    call,
    count,
    items,
    list_,
    name_,
    word,
)
from workbook.transpile.back.context import Context
from workbook.transpile.back.lists import each
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.back.scope import Scope
from workbook.transpile.errors import UnsupportedError
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.program import Group
from workbook.transpile.middle.variables import Variable
from workbook.transpile.middle.what_if import Input, WhatIf, cone


def what_if(scope: Scope, variable: Variable, table: WhatIf, write: Callable[[Scope, Group], None]) -> None:
    """A what-if table: what depends on its inputs as a function of them, called for each of their values."""
    groups = cone(table, scope.groups, scope.map)
    refused = len(scope.refused)
    members = [v for group in groups for v in group.variables]
    outer = scope.inner({id(v) for v in members})
    try:
        for member in members:
            if member.sheet not in scope.titles:
                scope.names[id(member)] = scope.fresh(scope.called(member))
        parameters = [_given_anew(scope, given) for given in table.inputs]
        for group in groups:
            write(scope, group)
        if len(scope.refused) > refused:
            raise UnsupportedError(f"is a what-if table of what {scope.refused.pop()[1]}")
        result = _result(scope, table)
        name = scope.fresh(f"{scope.called(members[-1] if members else variable)}_if")
        body = [*scope.body, ast.Return(result)]
    finally:
        del scope.refused[refused:]
        scope.leave(outer)
    around = scope.context(python=True)
    tree = _called_for_each(scope, variable, table, name, around)
    function = ast.FunctionDef(name, arguments(parameters), body, [], None, lineno=1)
    scope.body.append(function)
    scope.assign(variable, around, scope.as_array(variable, tree))


def _given_anew(scope: Scope, given: Input) -> str:
    """The name of the parameter that a cell is, and the statements that put it in the place of the cell."""
    cell = (given.cell.top.base, given.cell.left.base)
    area = (*cell, *cell)
    listed = given.values.hull(1, 1)
    values = scope.map.within(given.values.sheet, listed)
    # A blank among the values, which no array has, is no number yet.
    kind = "num" if {v.kind for v in values} == {"num"} and _fill(values, listed) else "any"
    found = scope.map.within(given.cell.sheet, area)
    if not found:
        blank = Variable(given.cell.sheet, *cell, 1, 1, kind)
        scope.map.add(blank)
        return _parameter(scope, blank, scope.fresh("given"))
    holder = found[0]
    if holder.rank == 0:
        anew, name = replace(holder, kind=kind), scope.called(holder)
        scope.map = scope.map.swap({id(holder): anew})
        return _parameter(scope, anew, name if holder.sheet in scope.titles else scope.fresh(name))
    if holder.tree is not None or (holder.kind not in ("any", "gaps") and holder.kind != kind):
        raise UnsupportedError("is a what-if table whose input is part of an array of another kind")
    parameter, whole = scope.fresh("given"), scope.fresh(f"{scope.called(holder)}_if")
    places = ((cell[0] - holder.row, holder.height), (cell[1] - holder.column, holder.width))
    at = [count(place) for place, size in places if size > 1]
    made = scope.help("with_cell", scope.access(holder), name_(parameter), *at)
    scope.body.append(assign(whole, made))
    scope.names[id(holder)] = whole
    scope.own.add(id(holder))
    return parameter


def _fill(variables: Sequence[Variable], area: Rectangle) -> bool:
    """Whether arrays hold all cells of a rectangle."""
    parts = (common(variable.rectangle, area) for variable in variables)
    return sum(cell_count(part) for part in parts if part is not None) == cell_count(area)


def _parameter(scope: Scope, cell: Variable, name: str) -> str:
    """The name of a parameter that is a cell."""
    scope.names[id(cell)] = name
    scope.own.add(id(cell))
    scope.done.add(id(cell))
    if cell.kind == "num" and scope.target.has_numbers:
        scope.body.append(assign(name, word("number", name_(name))))
    return name


def _result(scope: Scope, table: WhatIf) -> ast.expr:
    """What the formulas of a table show: of one its value, of several a list."""
    around = scope.context(python=True)
    ref = table.formulas
    writer = CellWriter(around, Variable(ref.sheet, 1, 1, 1, 1, "any"), "0", "0")
    found: list[ast.expr] = []
    for row in range(ref.top.base, ref.bottom.base + 1):
        for column in range(ref.left.base, ref.right.base + 1):
            corner = AffineIndex(row), AffineIndex(column)
            found.append(scope.help("shown", writer.write(Ref(ref.sheet, *corner, *corner)).tree))
    scope.body += around.before
    return found[0] if len(found) == 1 else list_(found)


def _called_for_each(scope: Scope, variable: Variable, table: WhatIf, name: str, around: Context) -> ast.expr:
    """A table's cells, in the shape of its array."""
    writer = CellWriter(around, Variable(variable.sheet, 1, 1, 1, 1, "any"), "0", "0")
    given = [scope.help("flat", writer.area(i.values, loose=True).tree) for i in table.inputs]
    of_row, of_column = (name_(word) for word in ("row_value", "column_value"))
    if len(given) == 2:
        inner = each(call(name, of_row, of_column), "row_value", given[0])
        tree = each(inner, "column_value", given[1])
        is_list = False
    else:
        tree = each(call(name, name_("value")), "value", given[0])
        is_list = table.formulas.is_cell
        if not is_list and table.row is not None:
            tree = call("zip", ast.Starred(tree))
            tree = each(call("list", name_("line")), "line", tree)
    if variable.rank == 2:
        return tree
    if variable.rank == 1:
        return tree if is_list else call("list", scope.help("flat", tree))
    return items(tree, [count(0)] * (2 - is_list))
