"""A program → the statements of its functions, one function for each run of a sheet's formulas."""

import ast
import itertools
from collections import Counter
from dataclasses import replace

from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.back.formulas import single
from workbook.transpile.back.grids import by_cells
from workbook.transpile.back.recurrences import as_loop
from workbook.transpile.back.rewrite import spelled
from workbook.transpile.back.rows import as_rows
from workbook.transpile.back.scope import Scope
from workbook.transpile.back.syntax import is_shallow, under, unparse
from workbook.transpile.back.tables import what_if
from workbook.transpile.errors import UnclearError, UnsupportedError
from workbook.transpile.middle.names import Named, claim
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.what_if import table_of
from workbook.transpile.targets import NUMPY, Target

_MOST_BRACKETS = 150
"""Python's own reader takes 200 brackets in each other."""
_MOST_IN_A_NAME = 3
"""The sheets that a function of several may name."""


def emit(program: Program, named: Named, target: Target) -> Emitted:
    """The functions of a program, in the order in which they are to be called.

    Args:
        program: the program.
        named: the names of its sheets and variables.
        target: the language.
    """
    scope, sheets = Scope(program, named, target), named.sheets
    functions: list[SheetFunction] = []
    names = set(sheets.values())
    met: set[str] = set()
    taking: list[int] = []
    runs = [list(groups) for _, groups in itertools.groupby(program.groups, key=lambda group: group.sheets)]
    counts: Counter[tuple[str, ...]] = Counter()
    for groups in runs:
        titles = groups[0].sheets
        counts[titles] += 1
        name = "_and_".join(sheets[title] for title in titles[:_MOST_IN_A_NAME])
        if len(titles) > 1 or counts[titles] > 1:
            name = claim(name if counts[titles] == 1 else f"{name}_part_{counts[titles]}", names)
        takes = len(titles) == 1 and titles[0] not in met
        scope.enter(name, titles, takes=takes)
        met |= set(titles)
        for group in groups:
            group_(scope, group)
        functions.append(scope.function())
        taking += [len(functions) - 1] if takes else []
    read = tuple(variable for variable in program.inputs if id(variable) in scope.read)
    for place in taking:
        function = functions[place]
        inputs = tuple(scope.called(variable) for variable in read if variable.sheet == function.sheets[0])
        functions[place] = replace(function, inputs=inputs)
    gathered = frozenset(scope.helpers), tuple(scope.refused), tuple(scope.knots)
    return Emitted(tuple(functions), *gathered, sheets, read, scope.names, tuple(scope.groups), scope.map)


def group_(scope: Scope, group: Group) -> None:
    """Write what is computed together: a loop, cells one by one, a table, or one formula."""
    variable = group.variables[0]
    before = len(scope.body)
    try:
        if group.loop is not None:
            if not as_loop(scope, group.loop):
                group = scope.take_apart(group)
                by_cells(scope, group.variables)
        elif len(group.variables) > 1 or reads_itself(variable):
            if not as_rows(scope, group.variables):
                by_cells(scope, group.variables)
        elif (table := table_of(variable.tree)) is not None:
            what_if(scope, variable, table, group_)
        else:
            single(scope, variable)
        if any(_nesting(statement) > _MOST_BRACKETS for statement in scope.body[before:]):
            raise UnsupportedError("has too many operations in each other for Python")
    except (UnclearError, UnsupportedError) as error:
        scope.refused += [(v, str(error)) for v in group.variables]
        return
    for done in group.variables:
        scope.own.add(id(done))
        scope.done.add(id(done))
        scope.computed.append(done)


def _nesting(statement: ast.stmt) -> int:
    """How many brackets are open at once in a statement, at the most; those in texts are counted too."""
    if _is_shallow(statement):
        return 0
    opened = itertools.accumulate(
        {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0) for sign in unparse(spelled(statement, NUMPY.words))
    )
    return max(opened, default=0)


def _is_shallow(statement: ast.stmt) -> bool:
    """Whether a statement has fewer nodes in each other than brackets would have to be too many."""
    if isinstance(statement, ast.Assign) and is_shallow(statement.value, _MOST_BRACKETS):
        return True
    level: list[ast.AST] = [statement]
    for _ in range(_MOST_BRACKETS):
        level = [child for node in level for child in under(node)]
        if not level:
            return True
    return False
