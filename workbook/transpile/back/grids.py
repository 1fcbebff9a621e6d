"""Recurrences that are no loops: cell by cell over a grid of each sheet."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.code import (
    assign,
    call,
    count,
    cut,
    define,
    item,
    items,
    list_,
    loop,
    marked,
    name_,
    parsed,
    shifted,
    stored,
    tuple_,
    word,
)
from workbook.transpile.back.context import Context
from workbook.transpile.back.emitted import Knot
from workbook.transpile.back.lists import each, several
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.back.scope import Scope
from workbook.transpile.errors import UnsupportedError
from workbook.transpile.middle.steps import CircleError, steps
from workbook.transpile.middle.variables import CellMap, Variable, hulls
from workbook.transpile.middle.what_if import table_of


def by_cells(scope: Scope, group: list[Variable]) -> None:
    """Cell by cell, over one grid for each sheet: in the order of their dependence, or as they read each other."""
    if any(table_of(v.tree) is not None for v in group):
        raise UnsupportedError("is a what-if table that reads what depends on itself")
    if group[0].mask is not None or _is_in_reading_order(group, scope.map):
        _in_loops(scope, group[0])
        return
    around = scope.context(python=True)
    circle = ""
    try:
        order = steps(group, scope.map)
    except CircleError as error:
        # Perhaps none: INDEX, VLOOKUP, IF read less than their references reach.
        circle = str(error)
        order = [(v, range(v.height), range(v.width)) for v in sorted(group, key=lambda v: v.sheet.lower())]
    functions: dict[int, str] = {}
    grids: dict[str, Variable] = {}
    for sheet in dict.fromkeys(v.sheet for v in group):
        members = [v for v in group if v.sheet == sheet]
        grids[sheet] = _grid(scope, sheet, members, group, around)
    functions_of_cells: list[ast.stmt] = []
    inner = replace(around, variables=lambda sheet, area: _seen_by(scope, grids, group, sheet, area))
    for variable in group:
        name = scope.fresh(f"{scope.called(variable)}_cell")
        functions[id(variable)] = name
        stand_in = Variable(variable.sheet, variable.row, variable.column, variable.height, variable.width, "any")
        code = CellWriter(inner, stand_in, "i", "j").write(variable.tree)
        tree = scope.as_shown(code)
        if variable.region is not None and variable.region.whole:
            tree = scope.help("fitted", code.tree, count(variable.height), count(variable.width))
            tree = items(tree, (name_("i"), name_("j")))
        functions_of_cells.append(marked(define(name, ["i", "j"], tree), variable))
    table = [
        tuple_(
            (
                name_(functions[id(v)]),
                name_((grid := grids[v.sheet]).name),
                count(v.row - grid.row),
                count(v.column - grid.column),
                _range(rows),
                _range(columns),
            )
        )
        for v, rows, columns in order
    ]
    if circle:
        scope.knots.append(Knot(group, functions[id(group[0])], circle))
        rounds = scope.program.iterations
        helper, given = ("iterate_cells", [count(rounds)]) if rounds else ("compute_cells", [])
        computing: ast.stmt = ast.Expr(scope.help(helper, *given, *table))
    else:
        computing = _in_order(scope, table)
    scope.body += [*around.before, *functions_of_cells, computing]
    for variable in group:
        scope.body.append(assign(scope.called(variable), _cut(scope, grids[variable.sheet], variable)))


def _is_in_reading_order(group: list[Variable], cell_map: CellMap) -> bool:
    """Whether it is one formula whose cells can be computed row by row, from the left."""
    if len(group) > 1 or (group[0].region is not None and group[0].region.whole):
        return False
    try:
        order = steps(group, cell_map)
    except CircleError:
        return False
    return [*map(tuple, order)] == [(group[0], range(group[0].height), range(group[0].width))]


def _in_loops(scope: Scope, variable: Variable) -> None:
    """One formula, or a triangle of it, row by row from the left."""
    around = scope.context(python=True)
    grids = {variable.sheet: _grid(scope, variable.sheet, [variable], [variable], around)}
    grid, mask = grids[variable.sheet], variable.mask
    inner = replace(around, variables=lambda sheet, area: _seen_by(scope, grids, [variable], sheet, area))
    i, j = ("i" if variable.height > 1 else "0"), ("j" if variable.width > 1 else "0")
    code = CellWriter(inner, replace(variable, kind="any", mask=None), i, j).write(variable.tree)
    place = shifted(_index(i), variable.row - grid.row), shifted(_index(j), variable.column - grid.column)
    statement: ast.stmt = assign(items(name_(grid.name), place), scope.as_shown(code))
    if variable.width > 1:
        ends: list[ast.expr] = [count(variable.width)]
        if mask is not None:
            end = shifted(name_("i"), mask.offset + (not mask.upper))
            ends = [end, *ends] if mask.upper else [end]
        statement = loop(stored("j"), call("range", *ends), [statement])
    if variable.height > 1:
        statement = loop(stored("i"), call("range", count(variable.height)), [statement])
    scope.body += [*around.before, marked(statement, variable)]
    scope.body.append(assign(scope.called(variable), _cut(scope, grid, variable)))


def _index(name: str) -> ast.expr:
    """The index of a row or a column: a name, or 0."""
    return count(0) if name == "0" else name_(name)


def _in_order(scope: Scope, table: Sequence[ast.expr]) -> ast.stmt:
    """The loop that computes the cells of grids one after another."""
    cell, into, top, left, rows, columns = names = [
        scope.fresh(name) for name in ("cell", "into", "top", "left", "rows", "columns")
    ]
    inner = parsed(f"for i in {rows}:\n    for j in {columns}:\n        {into}[{top} + i][{left} + j] = {cell}(i, j)")
    return loop(several(names), list_(table), [inner])


def _grid(scope: Scope, sheet: str, members: list[Variable], group: list[Variable], around: Context) -> Variable:
    areas = [v.rectangle for v in members]
    for variable in group:
        areas += [
            area
            for title, area in hulls(variable)
            if title == sheet and any(v in members for v in scope.map.within(sheet, area))
        ]
    top, left = min(a[0] for a in areas), min(a[1] for a in areas)
    bottom, right = max(a[2] for a in areas), max(a[3] for a in areas)
    done = [v for v in scope.map.within(sheet, (top, left, bottom, right)) if _is_done(scope, v)]
    size, parts = (bottom - top + 1, right - left + 1), tuple(done or members)
    grid = Variable(sheet, top, left, *size, "any", name=scope.fresh("grid"), parts=parts)
    writer = CellWriter(around, grid, "0", "0")
    made = writer.assembled(done, (top, left, bottom, right), (grid.height, grid.width))
    around.before.append(assign(grid.name, made))
    return grid


def _is_done(scope: Scope, variable: Variable) -> bool:
    return variable.tree is None or id(variable) in scope.done


def _seen_by(
    scope: Scope, grids: dict[str, Variable], group: list[Variable], sheet: str, area: Rectangle
) -> list[Variable]:
    found = scope.map.within(sheet, area)
    return [grids[sheet]] if any(v in group for v in found) else found


def _cut(scope: Scope, grid: Variable, variable: Variable) -> ast.expr:
    """A variable's cells out of the grid that they were computed in."""
    top, left = variable.row - grid.row, variable.column - grid.column
    bottom, right = top + variable.height, left + variable.width
    tree = name_(grid.name)
    if variable.rank == 0:
        one = items(tree, (count(top), count(left)))
        return word("number", one) if variable.kind == "num" else one
    if variable.height == 1:
        tree = items(tree, (count(top), cut(count(left), count(right))))
    elif variable.width == 1:
        tree = each(item(name_("line"), count(left)), "line", item(tree, cut(count(top), count(bottom))))
    else:
        tree = scope.help("part", tree, *map(count, (top, bottom, left, right)))
    return scope.as_array(variable, tree)


def _range(steps: range) -> ast.expr:
    """A range that is written out."""
    ends = [steps.start, steps.stop, *([steps.step] if steps.step != 1 else [])]
    return call("range", *map(count, ends))
