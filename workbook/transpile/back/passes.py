"""The passes over the functions of a script, after their statements are written and before they are shown.

Each takes the functions and gives new ones. In order:

| pass | what it does |
|---|---|
| `_listed_once` | an array is made a list of numbers once, however many statements go through it |
| `_rolled` | statements that repeat become loops; the arrays that are now elements of lists are found there by all |
| `_spelled` | words that no language has are spelled as the target has them |
"""

import ast
from collections.abc import Mapping
from dataclasses import replace

from workbook.transpile.back.code import Word, key, name_
from workbook.transpile.back.emit import Emitted, SheetFunction
from workbook.transpile.back.rewrite import Renaming, Rewriter, spelled
from workbook.transpile.back.rolled import roll
from workbook.transpile.targets import Target


def finished(emitted: Emitted, target: Target, *, rolled: bool) -> Emitted:
    """The functions as they are shown; `rolled`: what repeats in them as loops."""
    functions = _listed_once(emitted.functions)
    functions = _rolled(functions, emitted.sheets) if rolled else functions
    return replace(emitted, functions=_spelled(functions, target))


def _listed_once(functions: list[SheetFunction]) -> list[SheetFunction]:
    made: list[SheetFunction] = []
    for function in functions:
        lists: dict[str, str] = {}
        names: dict[str, ast.expr] = {}
        body: list[ast.stmt] = []
        for statement in function.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=Word(name="listed" | "unbound") as value):
                    known = lists.setdefault(key(value), name)
                    if known != name:
                        names[name] = name_(known)
                        continue
            body.append(statement)
        renaming = Renaming(names)
        made.append(replace(function, body=[renaming.statement(s) for s in body] if names else body))
    return made


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
