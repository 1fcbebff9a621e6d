"""Functions of twin sheets, as the layers of a network give them, as one that is called with what differs."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import replace

from workbook.transpile.back.anonymous import Anonymous, Texts, assigned
from workbook.transpile.back.code import marked, origin_of
from workbook.transpile.back.emitted import SheetFunction
from workbook.transpile.back.syntax import key
from workbook.transpile.middle import alike
from workbook.transpile.middle.names import RESERVED, claim

_SHORTEST = 3
"""How many statements twins have at the least."""


def twin_names(functions: Sequence[SheetFunction]) -> dict[tuple[str, str], str]:
    """What arrays of sheets, by the sheet's name and their own, are to be called so that twins have the same names."""
    renamed: dict[tuple[str, str], str] = {}
    for (first, *others), (names, *other_names) in _families(functions):
        for function, own in zip(others, other_names, strict=True):
            new = {old: to for old, to in zip(own, names, strict=True) if "." not in old and old != to}
            unread = {name for name in function.inputs if name not in own}
            if unread == {name for name in first.inputs if name not in names} and unread.isdisjoint(names):
                renamed |= {(function.own[0], old): to for old, to in new.items()}
    return renamed


def twinned(functions: Sequence[SheetFunction], names: Collection[str]) -> tuple[SheetFunction, ...]:
    """The functions, those of sheets that are equal but for what they read of other sheets as one.

    Args:
        functions: all of a script, twins with the same names.
        names: the names that functions may not have.
    """
    made = {id(function): function for function in functions}
    taken = {*names, *(function.name for function in functions), *RESERVED}
    for twins, columns in _families(functions):
        if all(set(f.inputs) == set(twins[0].inputs) for f in twins) and not any(
            "." not in column[0] and len(set(column)) > 1 for column in zip(*columns, strict=True)
        ):
            merged = _as_twins(twins, list(zip(*columns, strict=True)), taken)
            made |= {id(old): new for old, new in zip(twins, merged, strict=True)}
    return tuple(made[id(function)] for function in functions)


def _families(functions: Sequence[SheetFunction]) -> Iterator[tuple[list[SheetFunction], list[list[str]]]]:
    """Functions that are equal but for names, each the only one of its sheet; and the names in them, in order."""
    times = Counter(sheet for function in functions for sheet in function.own)
    able = [f for f in functions if len(f.own) == 1 and times[f.own[0]] == 1 and len(f.body) >= _SHORTEST]
    sizes = Counter((len(f.body), len(f.inputs)) for f in able)
    alike_: dict[object, list[tuple[SheetFunction, list[str]]]] = {}
    for function in able:
        if sizes[len(function.body), len(function.inputs)] > 1:
            form, names = _form(function)
            alike_.setdefault((form, len(function.inputs)), []).append((function, names))
    for found in alike_.values():
        if len(found) > 1:
            yield [function for function, _ in found], [names for _, names in found]


def _form(function: SheetFunction) -> tuple[str, list[str]]:
    """What is equal for functions that are equal but for names; and the names, in order."""
    own = assigned(function.body) | set(function.inputs)
    naming = Anonymous(own.__contains__, function.others)
    text = "\n".join(key(naming.visit(statement)) for statement in function.body)
    return text, list(naming.found)


def _as_twins(
    functions: list[SheetFunction], columns: Sequence[tuple[str, ...]], taken: set[str]
) -> list[SheetFunction]:
    """Functions of one form as one, each with what it is called with.

    Args:
        functions: the functions.
        columns: the names in them, in order: what each of the functions has in the same place.
        taken: the names that functions have.
    """
    first = functions[0]
    name = claim(alike.common_name([function.name for function in functions]) or f"{first.name}_and_its_like", taken)
    outer = [column for column in columns if "." in column[0]]
    kept = {column[0].partition(".")[0] for column in outer if len(set(column)) == 1}
    words = {*(column[0] for column in columns if "." not in column[0]), *first.inputs, *kept, name}
    given: dict[tuple[str, ...], str] = {}
    texts: dict[str, str] = {}
    for sheets, found in _by_sheets([column for column in outer if len(set(column)) > 1]).items():
        if len(found) > 1 and all(len({text.partition(".")[2] for text in column}) == 1 for column in found):
            # Several arrays of one sheet, which is another one in each call: the sheet itself.
            wanted = alike.common_name(sheets)
            wanted = wanted if wanted and wanted not in words else "before"
            given[sheets] = claim(wanted, words, reserved=RESERVED)
            texts |= {column[0]: f"{given[sheets]}.{column[0].partition('.')[2]}" for column in found}
        else:
            given |= {column: claim(_parameter(column, words), words, reserved=RESERVED) for column in found}
            texts |= {column[0]: given[column] for column in found}
    renaming = Texts(texts)
    body = [renaming.statement(statement) for statement in first.body]
    return [
        replace(
            function,
            name=name,
            twins=tuple(f.sheets[0] for f in functions) if k == 0 else (),
            others=tuple(other for other in function.others if other in kept),
            parameters=tuple(given.values()),
            arguments=tuple(column[k] for column in given),
            inputs=first.inputs,
            text="",
            body=tuple(_as_of(statement, other) for statement, other in zip(body, function.body, strict=True)),
        )
        for k, function in enumerate(functions)
    ]


def _by_sheets(columns: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Arrays of other sheets, by the sheets that they are of in each of the functions."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for column in columns:
        found.setdefault(tuple(text.partition(".")[0] for text in column), []).append(column)
    return found


def _parameter(column: Sequence[str], own: Collection[str]) -> str:
    """What a function calls an array of another sheet, which is another one in each call."""
    name = Counter(text.partition(".")[2].partition("[")[0] for text in reversed(column)).most_common(1)[0][0]
    return f"{name}_before" if name in own else name


def _as_of(statement: ast.stmt, other: ast.stmt) -> ast.stmt:
    """A statement that computes what another does which is equal but for names."""
    made = copy(statement)
    if isinstance(made, ast.For | ast.FunctionDef) and isinstance(other, ast.For | ast.FunctionDef):
        made.body = [_as_of(inner, like) for inner, like in zip(made.body, other.body, strict=True)]
    return marked(made, *origin_of(other))
