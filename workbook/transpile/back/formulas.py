"""A formula → its statements: whole arrays at once, else cell by cell."""

import ast
from functools import partial

from workbook.formula.rectangle import cell_count
from workbook.transpile.back.code import (
    NONE,
    Code,
    assign,
    binary,
    call,
    choice,
    count,
    lambda_,
    last_name,
    marked,
    method,
    name_,
    shifted,
    word,
)
from workbook.transpile.back.context import Context
from workbook.transpile.back.lists import each
from workbook.transpile.back.scalar import CRITERIA, CellWriter
from workbook.transpile.back.scope import Scope
from workbook.transpile.back.stepwise import StepWriter
from workbook.transpile.back.vector import ArrayWriter
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.moving import fixed_range, gap
from workbook.transpile.front.tree import Ref
from workbook.transpile.middle.variables import Mask, Variable

_LONG = 200_000
"""From so many comparisons on a range that is searched again and again is put in order."""


def single(scope: Scope, variable: Variable) -> None:
    """Write one formula: of arrays where that is certain."""
    try:
        _array(scope, variable)
    except UnclearError:
        _general(scope, variable)


def _copied(scope: Scope, variable: Variable) -> ast.expr | None:
    """The array that a variable is a copy of; None where it is none of texts."""
    ref = variable.tree
    if not isinstance(ref, Ref) or variable.kind != "text" or not ref.is_cell or variable.rank != 1:
        return None
    found = scope.map.within(ref.sheet, ref.hull(variable.height, variable.width))
    size = (variable.height, variable.width)
    steps = (ref.top.down, ref.top.across, ref.left.down, ref.left.across)
    is_fill = steps == ((1, 0, 0, 0) if variable.width == 1 else (0, 0, 0, 1)) or steps == (1, 0, 0, 1)
    if len(found) != 1 or found[0].kind != "text" or (found[0].height, found[0].width) != size or not is_fill:
        return None
    return scope.access(found[0]) if (ref.top.base, ref.left.base) == (found[0].row, found[0].column) else None


def _array(scope: Scope, variable: Variable) -> None:
    """Whole arrays at once."""
    if variable.kind not in ("num", "bool", "gaps"):
        raise UnclearError("not an array of numbers")
    around = scope.context(python=False)
    others = list(scope.others)
    try:
        tree = ArrayWriter(around, variable).result()
    except UnclearError:
        scope.others = others
        raise
    scope.assign(variable, around, tree)


def _general(scope: Scope, variable: Variable) -> None:
    copied = _copied(scope, variable)
    if copied is not None:
        scope.body.append(marked(assign(scope.called(variable), copied), variable))
    elif variable.region is not None and variable.region.whole:
        _whole(scope, variable)
    elif variable.rank == 0:
        around = scope.context(python=False)
        code = _writer(around, variable, "0", "0").write(variable.tree)
        scope.assign(variable, around, _shown(scope, code, variable))
    else:
        _cells(scope, variable)


def _writer(around: Context, variable: Variable, i: str, j: str) -> CellWriter:
    """What writes a formula cell by cell, in it totals of ranges as those of arrays where that is certain."""
    writer = CellWriter(around, variable, i, j)
    writer.total = lambda node: StepWriter(around, variable, writer).number(node)
    return writer


def _shown(scope: Scope, code: Code, variable: Variable) -> ast.expr:
    """A formula's result as its cell has it."""
    if code.kind in ("num", "bool", "text") and variable.is_sure:
        is_python = code.kind == "num" and code.owner != "language"
        if code.kind == "num" and variable.kind == "any":
            # Nobody knows what the cell held: it is one of Excel's values to all that read it.
            one = word("number", code.tree) if is_python else code.tree
            return code.tree if code.literal else word("item", one)
        return word("number", code.tree) if is_python else code.tree
    tree = scope.in_cell(code, variable)
    return word("number", tree) if variable.kind == "num" else tree


def _cells(scope: Scope, variable: Variable) -> None:
    """Cell by cell: a list, or where all are numbers an array of it."""
    around = scope.context(python=True)
    i, j = ("i" if variable.height > 1 else "0"), ("j" if variable.width > 1 else "0")
    writer = _writer(around, variable, i, j)
    writer.searched = partial(_searched, around, variable, writer)
    code = writer.write(variable.tree)
    tree = code.tree
    if code.kind not in ("num", "bool", "text") or not variable.is_sure:
        tree = scope.in_cell(code, variable)
    if variable.mask is not None:
        tree = choice(_in_triangle(variable.mask), tree, NONE)
    for along, size in ((j, variable.width), (i, variable.height)):
        if size > 1:
            tree = each(tree, along, call("range", count(size)))
    scope.assign(variable, around, scope.as_array(variable, tree))


def _searched(
    around: Context, variable: Variable, writer: CellWriter, helper: str, ref: Ref, tree: ast.expr
) -> ast.expr:
    """A range in which each cell looks for something, put in order before, where looking through it takes long."""
    area = ref.hull(variable.height, variable.width)
    cells = variable.height * variable.width * cell_count(area)
    is_fixed = all(corner.is_fixed for corner in (ref.top, ref.left, ref.bottom, ref.right))
    grows = helper in CRITERIA and area[1] == area[3] and variable.width == 1
    grows = grows and ref.top.is_fixed and (ref.bottom.down, ref.bottom.across) == (1, 0)
    if cells < _LONG or not (is_fixed or grows):
        return tree
    whole = fixed_range(ref.sheet, *area)
    if ("searched", whole) not in around.known:
        # As a grid, whatever the helper takes: so one serves them all.
        held = tree = writer.area(whole).tree
        while isinstance(held, ast.Call):
            held = held.args[0]
        name = around.fresh(f"ordered_{last_name(held)}")
        around.helpers.add("Searched")
        around.before.append(assign(name, call("Searched", tree)))
        around.known["searched", whole] = name
    ordered = name_(str(around.known["searched", whole]))
    return ordered if is_fixed else method(ordered, "up_to", writer.place(gap(ref.bottom, ref.top), 0))


def _whole(scope: Scope, variable: Variable) -> None:
    """One array formula over all cells."""
    around = scope.context(python=True)
    tree = CellWriter(around, variable, "0", "0").write(variable.tree).tree
    if not variable.is_sure:
        tree = scope.help("attempted", lambda_([], tree))
    tree = scope.help("fitted", tree, count(variable.height), count(variable.width))
    if variable.rank == 1:
        tree = call("list", scope.help("flat", tree))
    scope.assign(variable, around, scope.as_array(variable, tree))


def _in_triangle(mask: Mask) -> ast.expr:
    """Whether row `i` and column `j` of a rectangle are a cell of a triangle of it."""
    column = name_("j")
    if mask.mirrored:
        column = binary("-", count(mask.width - 1), column)
    operator = "<>" if mask.around else ">=" if mask.upper else "<="
    return binary(operator, column, shifted(name_("i"), mask.offset))
