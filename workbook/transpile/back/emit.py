"""A program → the statements of its functions, one function for each run of a sheet's formulas."""

import ast
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.back.formulas import single
from workbook.transpile.back.grids import by_cells
from workbook.transpile.back.passes import settled
from workbook.transpile.back.recurrences import as_loop
from workbook.transpile.back.rewrite import spelled
from workbook.transpile.back.rows import as_rows
from workbook.transpile.back.scope import Scope
from workbook.transpile.back.shared import Run, Written, half, joined, packed, unpacked
from workbook.transpile.back.syntax import is_shallow, under, unparse
from workbook.transpile.back.tables import what_if
from workbook.transpile.errors import UnclearError, UnsupportedError
from workbook.transpile.middle.names import Named, claim
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.variables import Variable
from workbook.transpile.middle.what_if import table_of
from workbook.transpile.targets import NUMPY, Target
from workbook.xlsx.aside import Aside, may_fork

_MOST_BRACKETS = 150
"""Python's own reader takes 200 brackets in each other."""
_MOST_IN_A_NAME = 3
"""The sheets that a function of several may name."""


def emit(program: Program, named: Named, target: Target, *, rolled: bool) -> Emitted:
    """The functions of a program, in the order in which they are to be called.

    Args:
        program: the program.
        named: the names of its sheets and variables.
        target: the language.
        rolled: whether statements that repeat are to become loops.
    """
    scope, runs = Scope(program, named, target), _runs(program.groups, named.sheets)
    write = partial(_written, scope, rolled=rolled)
    written = _written_by_two(scope, runs, write) or write(runs)
    read = tuple(variable for variable in program.inputs if id(variable) in written.read)
    functions = [
        _with_inputs(scope, f, read) if run.takes else f for f, run in zip(written.functions, runs, strict=True)
    ]
    refused = tuple(itertools.chain.from_iterable(written.refused))
    gathered = frozenset(written.helpers), refused, tuple(scope.knots)
    return Emitted(tuple(functions), *gathered, named.sheets, read, scope.names, tuple(scope.groups), scope.map)


def _runs(groups: Iterable[Group], sheets: Mapping[str, str]) -> list[Run]:
    """What becomes a function each: groups of the same sheets that follow each other."""
    names, met = set(sheets.values()), set[str]()
    counts: Counter[tuple[str, ...]] = Counter()
    runs: list[Run] = []
    for titles, found in itertools.groupby(groups, key=lambda group: group.sheets):
        counts[titles] += 1
        name = "_and_".join(sheets[title] for title in titles[:_MOST_IN_A_NAME])
        if len(titles) > 1 or counts[titles] > 1:
            name = claim(name if counts[titles] == 1 else f"{name}_part_{counts[titles]}", names)
        runs.append(Run(name, titles, len(titles) == 1 and titles[0] not in met, list(found)))
        met |= set(titles)
    return runs


def _written(scope: Scope, runs: Iterable[Run], *, rolled: bool) -> Written:
    """The functions of some runs; those that no pass changes any more with their texts."""
    functions: list[SheetFunction] = []
    refused: list[list[tuple[Variable, str]]] = []
    for run in runs:
        before = len(scope.refused)
        scope.enter(run.name, run.titles, takes=run.takes)
        for group in run.groups:
            group_(scope, group)
        functions.append(settled(scope.function(), scope.target, scope.sheets, scope.called, rolled=rolled))
        refused.append(scope.refused[before:])
    return Written(functions, refused, scope.helpers, scope.read)


def _written_by_two(scope: Scope, runs: Sequence[Run], write: Callable[[Iterable[Run]], Written]) -> Written | None:
    """The functions of all runs, those of some by a second process; None where one is to write all of them."""
    aside = half(runs) if may_fork() else frozenset()
    if not aside:
        return None
    before = scope.groups
    with Aside(packed, partial(write, [run for k, run in enumerate(runs) if k in aside])) as others:
        own = write([run for k, run in enumerate(runs) if k not in aside])
        if scope.groups is not before:
            # What was to be a loop is cells now, which others may read.
            other = write([run for k, run in enumerate(runs) if k in aside])
        else:
            variables = (v for group in scope.groups for v in group.variables)
            other = unpacked(others.result(), variables)
    return joined(own, other, aside)


def _with_inputs(scope: Scope, function: SheetFunction, read: Iterable[Variable]) -> SheetFunction:
    """The function with those inputs of its only sheet as its own that any function reads."""
    return replace(function, inputs=tuple(scope.called(v) for v in read if v.sheet == function.sheets[0]))


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
