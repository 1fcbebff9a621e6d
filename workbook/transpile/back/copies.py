"""Cells that only show others of their sheet: their array is that of the others, and they need no statement."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from workbook.transpile.back.anonymous import renamed_in
from workbook.transpile.back.code import origin_of
from workbook.transpile.back.emitted import Emitted, SheetFunction
from workbook.transpile.middle.variables import Variable


@dataclass(frozen=True, slots=True)
class Copy:
    """A statement that gives an array a second name.

    Attributes:
        sheet: the name of their sheet.
        name: the second name.
        source: what the array is called, within the sheet.
        text: the same, as the statement has it.
    """

    sheet: str
    name: str
    source: str
    text: str


def without_copies(emitted: Emitted) -> Emitted:
    """The functions without the statements that give an array of their own sheet a second name."""
    known = {(emitted.sheets[v.sheet], emitted.name(v)) for v in emitted.inputs}
    known |= {(emitted.sheets[v.sheet], emitted.name(v)) for function in emitted.functions for v in function.computed}
    sources: dict[tuple[str, str], str] = {}
    made: list[tuple[SheetFunction, dict[str, str]]] = []
    for function in emitted.functions:
        if function.text:
            made.append((function, {}))
            continue
        names: dict[str, str] = {}
        body: list[ast.stmt] = []
        for statement in function.body:
            copy = copied(statement, emitted.sheets, emitted.name)
            if copy is None or (copy.sheet, copy.source) not in known:
                body.append(statement)
            else:
                sources[copy.sheet, copy.name] = sources.get((copy.sheet, copy.source), copy.source)
                names[copy.name] = names.get(copy.text, copy.text)
        made.append((function.with_body(body), names))
    if not sources:
        return emitted
    elsewhere = {f"{sheet}.{name}": f"{sheet}.{source}" for (sheet, name), source in sources.items()}
    functions = tuple(renamed_in(f, elsewhere | names) for f, names in made)
    renamed = {
        id(v): sources[emitted.sheets[v.sheet], emitted.name(v)]
        for function in functions
        for v in function.computed
        if (emitted.sheets[v.sheet], emitted.name(v)) in sources
    }
    return replace(emitted, functions=functions, names={**emitted.names, **renamed})


def copied(statement: ast.stmt, sheets: Mapping[str, str], name: Callable[[Variable], str]) -> Copy | None:
    """What a statement gives a second name; None where it does anything else.

    Args:
        statement: the statement.
        sheets: the names of the sheets, by title.
        name: what a variable is called.
    """
    match statement, origin_of(statement):
        case ast.Assign(targets=[ast.Name(id=own)], value=value), (variable,) if name(variable) == own:
            sheet = sheets[variable.sheet]
            match value:
                case ast.Name(id=source):
                    return Copy(sheet, own, source, source)
                case ast.Attribute(value=ast.Name(id=space), attr=source) if space == sheet:
                    return Copy(sheet, own, source, f"{space}.{source}")
    return None
