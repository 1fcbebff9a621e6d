"""The passes over the functions of a script, after their statements are written and before they are shown.

Each takes the functions and gives new ones. In order:

| pass | what it does |
|---|---|
| `_listed_once` | lists of an array, masks and arrays put together are made once, however many statements read them |
| `_rolled` | statements that repeat become loops; the arrays that are now elements of lists are found there by all |
| `outlined` | blocks of a function that are equal but for names become a function within it |
| `_with_twin_names` | functions of sheets that are equal but for names get the same names |
| `twinned` | functions of sheets that are equal but for what they read become one |
| `_spelled` | words that no language has are spelled as the target has them |
"""

import ast
from collections.abc import Mapping
from dataclasses import replace

from workbook.transpile.back.code import Word, key, name_
from workbook.transpile.back.emit import Emitted, SheetFunction
from workbook.transpile.back.repeats import Texts, outlined, twin_names, twinned
from workbook.transpile.back.rewrite import Renaming, Rewriter, spelled
from workbook.transpile.back.rolled import roll
from workbook.transpile.targets import Target

_ONCE = frozenset(("listed", "unbound", "hstack", "columns", "rows", "triangle", "square triangle"))


def finished(emitted: Emitted, target: Target, *, rolled: bool) -> Emitted:
    """The functions as they are shown; `rolled`: what repeats in them as loops."""
    functions = _listed_once(emitted.functions)
    functions = _rolled(functions, emitted.sheets) if rolled else functions
    functions = _with_twin_names([outlined(function) for function in functions], emitted)
    functions = twinned(functions, {*emitted.sheets.values(), *emitted.helpers})
    return replace(emitted, functions=_spelled(functions, target))


def _listed_once(functions: list[SheetFunction]) -> list[SheetFunction]:
    made: list[SheetFunction] = []
    for function in functions:
        lists: dict[str, str] = {}
        names: dict[str, ast.expr] = {}
        body: list[ast.stmt] = []
        for statement in function.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_once(value):
                    known = lists.setdefault(key(value), name)
                    if known != name:
                        names[name] = name_(known)
                        continue
            body.append(statement)
        renaming = Renaming(names)
        made.append(replace(function, body=[renaming.statement(s) for s in body] if names else body))
    return made


def _is_once(value: ast.expr) -> bool:
    """Whether a value is a list of an array, arrays put together, or a mask: what statements make for themselves."""
    inner = value
    while isinstance(inner, ast.UnaryOp) or (isinstance(inner, Word) and inner.name == "mirrored"):
        inner = inner.operand if isinstance(inner, ast.UnaryOp) else inner.args[0]
    return isinstance(inner, Word) and inner.name in _ONCE


def _rolled(functions: list[SheetFunction], sheets: Mapping[str, str]) -> list[SheetFunction]:
    made: list[SheetFunction] = []
    elsewhere: dict[tuple[str, str], str] = {}
    for function in functions:
        found = roll(function.body, frozenset(v.name for v in function.computed))
        for variable in function.computed:
            element = found.renamed.get(variable.name)
            if element is not None:
                elsewhere[sheets[variable.sheet], variable.name] = element
                variable.name = element
        made.append(replace(function, body=found.body))
    if elsewhere:
        reading = _Reading(elsewhere)
        made = [replace(function, body=[reading.statement(s) for s in function.body]) for function in made]
    return made


def _with_twin_names(functions: list[SheetFunction], emitted: Emitted) -> list[SheetFunction]:
    renamed = twin_names(functions)
    if not renamed:
        return functions
    for variable in (*emitted.inputs, *(v for function in functions for v in function.computed)):
        name, at, index = variable.name.partition("[")
        variable.name = renamed.get((emitted.sheets[variable.sheet], name), name) + at + index
    reading = _Reading(renamed)
    made: list[SheetFunction] = []
    for function in functions:
        inputs = [renamed.get((function.own[0], name), name) for name in function.inputs]
        names = Texts({old: new for (sheet, old), new in renamed.items() if (sheet,) == function.own})
        body = [names.statement(reading.statement(statement)) for statement in function.body]
        made.append(replace(function, body=body, inputs=inputs))
    return made


class _Reading(Rewriter):
    """Arrays of other sheets that are now elements of lists."""

    def __init__(self, elements: Mapping[tuple[str, str], str]) -> None:
        self._elements = elements

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of a sheet."""
        if isinstance(node.value, ast.Name) and (node.value.id, node.attr) in self._elements:
            return name_(f"{node.value.id}.{self._elements[node.value.id, node.attr]}")
        return self.generic(node)


def _spelled(functions: list[SheetFunction], target: Target) -> list[SheetFunction]:
    return [
        replace(function, body=[spelled(statement, target.words) for statement in function.body])
        for function in functions
    ]
