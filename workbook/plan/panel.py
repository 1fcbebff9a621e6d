"""The code beside a sheet: the source of the functions that derive its numbers, read without importing them.

It is shown as a textbook prints it (`textbook`); what it computes is what the functions computed.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from symtable import SymbolTable, symtable
from sys import stdlib_module_names

from workbook.errors import LessonError
from workbook.lesson.lesson import Recorded, Sheet
from workbook.plan import textbook
from workbook.resources import render

SIDES = (("reference", "NumPy"), ("witness", "PyTorch"))
RUN = "PyTorch: the run that was recorded"
_PURE = "engine.reference"
"""Where functions change nothing that they are given."""


@cache
def _parsed(path: str) -> tuple[str, ast.Module]:
    """The text of a module and its syntax tree, without importing it."""
    spec = find_spec(path)
    if spec is None or spec.origin is None:
        raise LessonError(f"there is no module {path}")
    source = Path(spec.origin).read_text(encoding="utf-8")
    return source, ast.parse(source)


@cache
def _defined(path: str) -> dict[str, ast.stmt]:
    """Name at the top of a module → the statement that binds it."""
    return {bound: node for node in _parsed(path)[1].body for bound in _bound(node)}


def _exists(path: str) -> bool:
    try:
        return find_spec(path) is not None
    except ModuleNotFoundError:
        return False


def _home(function: str, side: str) -> str:
    """`module.name` of a function, followed through imports from its side to the module that defines it."""
    module, _, name = function.rpartition(".")
    path = f"engine.{side}.{module}"
    for node in _parsed(path)[1].body if _exists(path) else ():
        if isinstance(node, ast.ImportFrom) and name in _bound(node) and str(node.module).startswith(f"engine.{side}."):
            original = next(alias.name for alias in node.names if name in (alias.asname, alias.name))
            return _home(f"{str(node.module).removeprefix(f'engine.{side}.')}.{original}", side)
    return function


def _definition(function: str, side: str) -> ast.FunctionDef | None:
    module, _, name = _home(function, side).rpartition(".")
    path = f"engine.{side}.{module}"
    if not _exists(path):
        return None
    for node in _parsed(path)[1].body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None


def parameters(function: str, side: str) -> tuple[str, ...] | None:
    """The parameters of a side's function; None where it has none of that name, or one that takes any number."""
    found = _definition(function, side)
    if found is None or found.args.vararg or found.args.kwarg:
        return None
    return tuple(argument.arg for argument in (*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs))


def result_keys(function: str) -> tuple[str, ...]:
    """The keys of the dict that a reference function returns, those of helpers that it spreads with `**` among them.

    A helper stands in the same module or is imported from another of the reference; `**` takes its call, or a name that
    the call was given before.

    Raises:
        LessonError: there is no such function, or it does not end in `return {"key": …}`.
    """
    found = _definition(function, "reference")
    if found is None:
        raise LessonError(f"engine.reference has no function {function!r}")
    module = _home(function, "reference").rpartition(".")[0]
    keys: list[str] = []
    last = found.body[-1]
    entries = last.value if isinstance(last, ast.Return) and isinstance(last.value, ast.Dict) else None
    given = {name: node.value for node in found.body if isinstance(node, ast.Assign) for name in _bound(node)}
    for key, value in zip(entries.keys, entries.values, strict=True) if entries else ():
        spread = given.get(value.id) if isinstance(value, ast.Name) else value
        match key, spread:
            case ast.Constant(str(name)), _:
                keys.append(name)
            case None, ast.Call(func=ast.Name(helper)):
                keys += result_keys(f"{module}.{helper}")
    if not keys:
        raise LessonError(f"engine.reference.{function} does not end in a return of a dict with literal keys")
    return tuple(keys)


@dataclass(frozen=True)
class Definition:
    """A statement at the top of a module, as a textbook prints it.

    Args:
        text: as it is printed.
        asked: the names that it asks its module for, in the order in which they stand in it.
        bound: the names that it binds.
        constant: whether it is an assignment.
    """

    text: str
    asked: tuple[str, ...]
    bound: tuple[str, ...]
    constant: bool

    @classmethod
    def of(cls, text: str) -> "Definition":
        """That of a text, parsed once."""
        tree = ast.parse(text)
        (node,) = tree.body
        return cls(text, _asked_of_the_module(text, tree), tuple(_bound(node)), isinstance(node, ast.Assign))


@dataclass(frozen=True)
class Source:
    """What a function needs to run by itself: import lines, and definitions in an order in which they work."""

    imports: tuple[str, ...]
    definitions: tuple[Definition, ...]


def sources(function: str, side: str) -> Source | None:
    """The source of a function and of all that it uses of the package; None where the side has no such function."""
    found = _definition(function, side)
    if found is None:
        return None
    imports: list[str] = []
    definitions: list[Definition] = []
    _gather(f"engine.{side}.{function.rpartition('.')[0]}", function.rpartition(".")[2], imports, definitions, set())
    return Source(tuple(imports), tuple(definitions))


def _gather(path: str, name: str, imports: list[str], found: list[Definition], seen: set[tuple[str, str]]) -> None:
    """Add a definition after those that it uses, following imports from the package's own modules."""
    if (path, name) in seen:
        return
    seen.add((path, name))
    defined = _defined(path)
    node = defined[name]
    match node:
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "engine":
            original = next(alias.name for alias in node.names if name in (alias.asname, alias.name))
            _gather(module, original, imports, found, seen)
        case ast.Import() | ast.ImportFrom():
            alias = next(a for a in node.names if name in (a.asname, a.name, a.name.split(".")[0]))
            single = (
                ast.Import([alias])
                if isinstance(node, ast.Import)
                else ast.ImportFrom(node.module, [alias], node.level)
            )
            line = ast.unparse(single)
            if line not in imports:
                imports.append(line)
        case _:
            definition = _shown(path, name)
            for used in definition.asked:
                if used in defined and defined[used] is not node:
                    _gather(path, used, imports, found, seen)
            if definition not in found:
                found.append(definition)


@cache
def _shown(path: str, name: str) -> Definition:
    """A definition of a module as a textbook prints it."""
    source = _text(_parsed(path)[0], _defined(path)[name])
    return Definition.of(textbook.plain(source, lambda called: _is_refusal(path, called)))


def _asked_of_the_module(text: str, tree: ast.Module) -> tuple[str, ...]:
    """The names that a definition reads from its module, in the order in which they stand in it."""

    def free(table: SymbolTable) -> Iterator[str]:
        at_the_top = table.get_type() == "module"
        yield from (s.get_name() for s in table.get_symbols() if s.is_referenced() and (at_the_top or s.is_global()))
        for inside in table.get_children():
            yield from free(inside)

    names = set(free(symtable(text, "definition", "exec")))
    found = [part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and part.id in names]
    return tuple(dict.fromkeys(found))


@cache
def _is_refusal(path: str, name: str) -> bool:
    """Whether a bare call of a name that a module defines or imports does nothing but refuse.

    A function of the reference changes nothing that it is given: where nobody reads its value, it was called to refuse.
    """
    node = next((node for node in _parsed(path)[1].body if name in _bound(node)), None)
    match node:
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "engine":
            original = next(alias.name for alias in node.names if name in (alias.asname, alias.name))
            return _is_refusal(module, original)
        case ast.FunctionDef():
            return path.startswith(_PURE) or textbook.only_refuses(
                node, lambda called: called != name and _is_refusal(path, called)
            )
        case _:
            return False


@cache
def code(functions: tuple[str, ...], side: str) -> str:
    """One script with all functions of one side that are named; empty where there is none."""
    imports: list[str] = []
    definitions: list[Definition] = []
    for function in functions:
        found = sources(function, side)
        if found:
            imports += [line for line in found.imports if line not in imports]
            definitions += [one for one in found.definitions if one not in definitions]
    if not definitions:
        return ""
    first, then = _parted(definitions)
    text = render("code_panel.py.j2", imports=sorted(imports, key=_rank), constants=first, bodies=then)
    return textbook.without_idle_parameters(text, [_home(one, side).rpartition(".")[2] for one in functions])


def _rank(line: str) -> tuple[bool, bool, str]:
    """Where an import line stands: Python's own modules first, whole modules before names out of one."""
    return line.split()[1].partition(".")[0] not in stdlib_module_names, line.startswith("from"), line


def _parted(definitions: list[Definition]) -> tuple[list[str], list[str]]:
    """The constants, and all else in its order: functions, classes, and what they make."""
    made = {name for one in definitions if not one.constant for name in one.bound}
    first = [one for one in definitions if one.constant and made.isdisjoint(one.asked)]
    return [one.text for one in first], [one.text for one in definitions if one not in first]


def panel(sheet: Sheet) -> tuple[str, ...]:
    """The lines of a sheet's code panel: NumPy, PyTorch, and the recorded runs; none where there is no code."""
    shown = tuple(derive.function for derive in sheet.derive if derive.shown)
    runs = {block.made_by.removeprefix("engine.runs.") for block in sheet.blocks if isinstance(block, Recorded)}
    texts = [(label, code(shown, side)) for side, label in SIDES]
    texts.append((RUN, code(tuple(sorted(runs)), "runs")))
    lines: list[str] = []
    for label, text in texts:
        if text:
            lines += [f"# {label}", *text.splitlines(), ""]
    return tuple(lines[:-1])


def printed_once(panels: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[tuple[str, list[str]]]:
    """The title and the lines of each sheet's panel; a part that stands under a title before is named and left out.

    Args:
        panels: title of a sheet, lines of its panel, in the order of printing.
    """
    heads = {f"# {label}" for _, label in SIDES} | {f"# {RUN}"}
    first: dict[tuple[str, ...], str] = {}
    for title, lines in panels:
        starts = [k for k, line in enumerate(lines) if line in heads]
        shown: list[str] = []
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            part = lines[start:end]
            code = tuple(line for line in part if line)
            where = first.setdefault(code, title)
            shown += part if where == title else [f"{part[0]}, as under {where}"]
        yield title, shown


def _bound(node: ast.stmt) -> list[str]:
    match node:
        case ast.Import(names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.split(".")[0] for alias in names]
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign(targets):
            return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        case ast.AnnAssign(target=ast.Name(name)):
            return [name]
        case _:
            return []


def _text(source: str, node: ast.stmt) -> str:
    lines = source.splitlines()
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(lines[first - 1 : node.end_lineno])
