"""The passes over the functions of a script, after their statements are written and before they are shown.

Each takes what a script is made of and gives it back changed; none changes what it was given. In order:

| pass | what it does |
|---|---|
| `made_once` | lists of an array, masks and arrays put together are made once, however many statements read them |
| `with_loops` | statements that repeat become loops; the arrays that are now elements of lists are found there by all |
| `without_copies` | cells that only show others of their sheet have the name of these, and no statement |
| `with_blocks` | blocks of a function that are equal but for names become a function within it |
| `with_twin_names` | functions of sheets that are equal but for names get the same names |
| `with_twins` | functions of sheets that are equal but for what they read become one |
| `with_shared` | long formulas that are equal but for the arrays and places that they read become one function |

Words that no language has are spelled as the target has them when a function becomes text: see `text_of`. What is text
already is left as it is: see `settled`.
"""

import ast
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from functools import partial, reduce

from workbook.transpile.back.anonymous import renamed_in
from workbook.transpile.back.code import Word, name_
from workbook.transpile.back.copies import copied, without_copies
from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.back.long_formulas import shared
from workbook.transpile.back.repeats import outlined
from workbook.transpile.back.rewrite import Renaming, spelled
from workbook.transpile.back.rolled import repeats, roll
from workbook.transpile.back.spell import source
from workbook.transpile.back.syntax import has_name, key
from workbook.transpile.back.twins import twin_names, twinned
from workbook.transpile.middle.variables import Variable
from workbook.transpile.targets import Target

_ONCE = frozenset((
    "listed", "unbound", "hstack", "singles", "table", "padded", "padded evenly", "padded line", "columns", "rows",
    "triangle", "square triangle", "diagonal", "square diagonal", "stack", "texts", "texts in any case",
))  # fmt: skip
_ONCE_BY_HELPERS = frozenset(("assemble", "column", "row", "with_gaps", "Searched"))


def finished(emitted: Emitted, *, rolled: bool) -> Emitted:
    """What a script is made of as it is shown, but for words; `rolled`: what repeats in it as loops."""
    passes: list[Callable[[Emitted], Emitted]] = [
        made_once,
        *([with_loops] if rolled else []),
        without_copies,
        with_blocks,
        with_twin_names,
        with_twins,
        with_shared,
    ]
    return reduce(lambda found, change: change(found), passes, emitted)


def settled(
    function: SheetFunction, target: Target, sheets: Mapping[str, str], name: Callable[[Variable], str], *, rolled: bool
) -> SheetFunction:
    """A long function with its text, where making values once is all that passes do to it by itself; else as it is.

    Most of a large script is such functions, so that who writes one can finish it.

    Args:
        function: the function.
        target: the language.
        sheets: the names of the sheets, by title.
        name: what a variable is called.
        rolled: whether what repeats in it is to become loops.
    """
    if not function.is_long:
        return function
    made = _made_once(function)
    is_open = any(copied(statement, sheets, name) for statement in made.body)
    if is_open or not made.is_long or (rolled and repeats(made.body, frozenset(map(name, made.computed)))):
        return function
    return replace(made, text=text_of(made, target))


def text_of(function: SheetFunction, target: Target) -> str:
    """A function's statements as text in the words of a language, not laid out."""
    return function.text or source(function.body, target.words, partial(spelled, words=target.words))


def _each(emitted: Emitted, change: Callable[[SheetFunction], SheetFunction]) -> Emitted:
    return replace(emitted, functions=tuple(f if f.text else change(f) for f in emitted.functions))


def made_once(emitted: Emitted) -> Emitted:
    """Values that statements make for themselves, made by the first of them alone."""
    return _each(emitted, _made_once)


def _made_once(function: SheetFunction) -> SheetFunction:
    makers: dict[str, str] = {}
    names: dict[str, ast.expr] = {}
    body: list[ast.stmt] = []
    for statement in function.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_once(value):
                known = makers.setdefault(key(Renaming(names).expression(value) if names else value), name)
                if known != name:
                    names[name] = name_(known)
                    continue
        body.append(statement)
    renaming = Renaming(names)
    return function.with_body(renaming.statement(s) if _names_any(s, names) else s for s in body)


def _names_any(statement: ast.stmt, names: Container[str]) -> bool:
    """Whether a statement may have one of some names; of an assignment its value is looked at."""
    return bool(names) and not (isinstance(statement, ast.Assign) and not has_name(statement.value, names))


def _is_once(value: ast.expr) -> bool:
    """Whether a value is a list of an array, arrays put together, or a mask: what statements make for themselves."""
    inner = value
    while isinstance(inner, ast.UnaryOp) or (isinstance(inner, Word) and inner.name == "mirrored"):
        inner = inner.operand if isinstance(inner, ast.UnaryOp) else inner.args[0]
    if isinstance(inner, ast.Call):
        return isinstance(inner.func, ast.Name) and inner.func.id in _ONCE_BY_HELPERS
    return isinstance(inner, Word) and inner.name in _ONCE


def with_loops(emitted: Emitted) -> Emitted:
    """Statements that repeat as loops."""
    made: list[SheetFunction] = []
    elements: dict[tuple[str, str], str] = {}
    renamed = dict(emitted.names)
    for function in emitted.functions:
        if function.text:
            made.append(function)
            continue
        found = roll(function.body, frozenset(emitted.name(v) for v in function.computed))
        for variable in function.computed:
            element = found.renamed.get(emitted.name(variable))
            if element is not None:
                elements[emitted.sheets[variable.sheet], emitted.name(variable)] = element
                renamed[id(variable)] = element
        made.append(function.with_body(found.body))
    return replace(emitted, functions=_reading(made, elements), names=renamed)


def _reading(functions: list[SheetFunction], names: Mapping[tuple[str, str], str]) -> tuple[SheetFunction, ...]:
    """The functions, arrays of other sheets under the names that they have now."""
    if not names:
        return tuple(functions)
    texts = {f"{sheet}.{old}": f"{sheet}.{new}" for (sheet, old), new in names.items()}
    return tuple(renamed_in(f, texts) for f in functions)


def with_blocks(emitted: Emitted) -> Emitted:
    """Blocks that are equal but for names as functions."""
    return _each(emitted, partial(outlined, name=emitted.name))


def with_twin_names(emitted: Emitted) -> Emitted:
    """Functions that are equal but for names, with the same names."""
    names = twin_names(emitted.functions)
    if not names:
        return emitted
    renamed = dict(emitted.names)
    for variable in (*emitted.inputs, *(v for function in emitted.functions for v in function.computed)):
        name, at, index = emitted.name(variable).partition("[")
        found = names.get((emitted.sheets[variable.sheet], name))
        if found is not None:
            renamed[id(variable)] = found + at + index
    made: list[SheetFunction] = []
    for function in emitted.functions:
        own = {old: new for (sheet, old), new in names.items() if (sheet,) == function.own}
        inputs = tuple(own.get(name, name) for name in function.inputs)
        made.append(replace(renamed_in(function, own) if own else function, inputs=inputs))
    return replace(emitted, functions=_reading(made, names), names=renamed)


def with_twins(emitted: Emitted) -> Emitted:
    """Functions that are equal but for what they read as one."""
    return replace(emitted, functions=twinned(emitted.functions, {*emitted.sheets.values(), *emitted.helpers}))


def with_shared(emitted: Emitted) -> Emitted:
    """Long formulas that are equal but for what they read as functions."""
    return _each(emitted, shared)
