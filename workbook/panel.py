"""The code beside a sheet: the source of the functions that derive its numbers, read without importing them."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from workbook.errors import LessonError
from workbook.lesson import Derive, Sheet
from workbook.resources import render

SIDES = (("reference", "NumPy"), ("witness", "PyTorch"))


@cache
def _module(side: str, module: str) -> tuple[str, ast.Module] | None:
    try:
        spec = find_spec(f"engine.{side}.{module}")
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        return None
    source = Path(spec.origin).read_text(encoding="utf-8")
    return source, ast.parse(source)


def _definition(function: str, side: str) -> tuple[str, ast.Module, ast.FunctionDef] | None:
    module, _, name = function.rpartition(".")
    found = _module(side, module)
    if found is None:
        return None
    for node in found[1].body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return *found, node
    return None


def result_keys(function: str) -> tuple[str, ...]:
    """The keys of the dict that a reference function returns, those of helpers that it spreads with `**` among them.

    Raises:
        LessonError: there is no such function, or it does not end in `return {"key": …}`.
    """
    found = _definition(function, "reference")
    if found is None:
        raise LessonError(f"engine.reference has no function {function!r}")
    module = function.rpartition(".")[0]
    keys: list[str] = []
    last = found[2].body[-1]
    entries = last.value if isinstance(last, ast.Return) and isinstance(last.value, ast.Dict) else None
    for key, value in zip(entries.keys, entries.values, strict=True) if entries else ():
        match key, value:
            case ast.Constant(str(name)), _:
                keys.append(name)
            case None, ast.Call(func=ast.Name(helper)):
                keys += result_keys(f"{module}.{helper}")
    if not keys:
        raise LessonError(f"engine.reference.{function} does not end in a return of a dict with literal keys")
    return tuple(keys)


def sources(function: str, side: str) -> tuple[list[str], list[str]] | None:
    """The import lines and the definitions that a function needs, itself last; None where the side does not have it."""
    found = _definition(function, side)
    if found is None:
        return None
    source, tree, wanted = found
    defined = {name: node for node in tree.body for name in _bound(node)}
    needed: dict[str, ast.stmt] = {}

    def gather(node: ast.stmt) -> None:
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Name)
                and part.id in defined
                and part.id not in needed
                and defined[part.id] is not node
            ):
                needed[part.id] = defined[part.id]
                if not isinstance(defined[part.id], ast.Import | ast.ImportFrom):
                    gather(defined[part.id])

    gather(wanted)
    chosen = [node for node in tree.body if any(node is other for other in needed.values())]
    imports = [ast.unparse(node) for node in chosen if isinstance(node, ast.Import | ast.ImportFrom)]
    bodies = [_text(source, node) for node in chosen if not isinstance(node, ast.Import | ast.ImportFrom)]
    return imports, [*bodies, _text(source, wanted)]


def code(derives: tuple[Derive, ...], side: str) -> str:
    """One script with all functions of one side that derive a sheet's numbers; empty where there is none."""
    imports: list[str] = []
    bodies: list[str] = []
    for derive in derives:
        found = sources(derive.function, side) if derive.shown else None
        if found:
            imports += [line for line in found[0] if line not in imports]
            bodies += [body for body in found[1] if body not in bodies]
    return render("code_panel.py.j2", imports=imports, bodies=bodies) if bodies else ""


def panel(sheet: Sheet) -> tuple[str, ...]:
    """The lines of a sheet's code panel: NumPy, then PyTorch; none where nothing derives it."""
    lines: list[str] = []
    for side, label in SIDES:
        text = code(sheet.derive, side)
        if text:
            lines += [f"# {label}", *text.splitlines(), ""]
    return tuple(lines[:-1])


def _bound(node: ast.stmt) -> list[str]:
    match node:
        case ast.Import(names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.split(".")[0] for alias in names]
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign(targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(name)):
            return [name]
        case _:
            return []


def _text(source: str, node: ast.stmt) -> str:
    lines = source.splitlines()
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(lines[first - 1 : node.end_lineno])
