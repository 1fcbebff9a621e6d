"""Who may import whom and use whose private names, read from the source; and what the quickest command must not import.

A walk of our own and not import-linter: that has no list of what alone may be imported (`engine.reference`: numpy
only), and cannot tell an import at the top of a module from one in a function, which keeps `gradbook list` instant.
"""

import ast
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "workbook")


@dataclass(frozen=True)
class Import:
    """One import statement: what it names, where it is, and whether it runs when its module is imported."""

    name: str
    line: int
    at_once: bool


@dataclass(frozen=True)
class Rule:
    """What the modules of one part may not import.

    Args:
        part: the package or module that it binds, what lies in it included.
        never: what it must not import, nor reach through other modules of ours.
        third_party: where given, the only packages from elsewhere that it may import, the standard library apart.
        not_at_once: what it may only import inside a function.
        apart_from: parts of the part that `not_at_once` does not bind.
    """

    part: str
    never: tuple[str, ...] = ()
    third_party: tuple[str, ...] | None = None
    not_at_once: tuple[str, ...] = ()
    apart_from: tuple[str, ...] = ()


RULES = (
    Rule("engine", never=("workbook",)),
    Rule("engine.reference", never=("engine.witness", "engine.runs", "engine.pipeline"), third_party=("numpy",)),
    Rule("engine.witness", never=("engine.reference",), third_party=("torch", "numpy")),
    Rule("engine.runs", never=("engine.reference",), third_party=("torch", "numpy")),
    Rule("engine.pipeline", never=("engine.reference",)),
    Rule("engine.datasets", never=("engine.reference",)),
    *(
        Rule(f"workbook.{room}", never=("engine",))
        for room in ("formula", "lesson", "plan", "traced", "xlsx", "transpile", "page")
    ),
    Rule("engine", not_at_once=("torch",), apart_from=("engine.witness", "engine.runs", "engine.pipeline")),
    Rule("workbook", not_at_once=("torch", "ironcalc", "engine.witness", "engine.runs", "engine.pipeline")),
    Rule(
        "workbook.app.cli",
        not_at_once=(
            "numpy",
            "openpyxl",
            "rich",
            "jinja2",
            "polars",
            "workbook.lesson",
            "workbook.app.report",
            "workbook.check.verify",
        ),
    ),
)

FROM_THE_GROUND = (
    # Excel's functions lie below what transpiles: they are Python of their own, and checks show numbers by them.
    (
        "workbook.collector",
        "workbook.errors",
        "workbook.records",
        "workbook.resources",
        "workbook.formula",
        "workbook.lesson",
        "workbook.lessons",
        "workbook.plan",
        "workbook.traced",
        "workbook.xlsx",
        "workbook.transpile.runtime",
        "workbook.check",
        "workbook.grade",
        "workbook.transpile",
        "workbook.page",
        "workbook.app",
        "workbook.__main__",
    ),
    (
        "workbook.transpile.errors",
        "workbook.transpile.targets",
        "workbook.transpile.runtime",
        "workbook.transpile.front",
        "workbook.transpile.middle",
        "workbook.transpile.back",
    ),
    ("engine.errors", "engine.datasets", "engine.witness", "engine.runs", "engine.pipeline"),
)
"""Rooms that import only themselves and those before them."""


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def sources(root: Path) -> dict[str, Path]:
    """Module → file, for all that lies in the packages."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(path: Path, module: str) -> list[Import]:
    """The imports of one module, those for the type checker alone left out."""
    return list(_imports(ast.parse(path.read_text(encoding="utf-8")), module, path.name == "__init__.py", True))


def _imports(node: ast.AST, module: str, is_package: bool, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, at_once) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = module.split(".")[: len(module.split(".")) - node.level + is_package]
            base = ".".join([*above, base] if base else above)
        yield from (Import(f"{base}.{alias.name}", node.lineno, at_once) for alias in node.names)
    is_checking = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    if isinstance(node, ast.expr):
        return
    children = node.orelse if isinstance(node, ast.If) and is_checking else ast.iter_child_nodes(node)
    for child in children:
        yield from _imports(child, module, is_package, at_once and not inside)


def violations(root: Path) -> list[str]:
    """One sentence for every import that breaks a rule."""
    files = sources(root)
    graph = {module: imports(path, module) for module, path in files.items()}
    runs = {
        module: tuple(dict.fromkeys(target for one in statements for target in _modules(one.name, graph)))
        for module, statements in graph.items()
    }
    found: list[str] = []
    for rule in RULES:
        for module in graph:
            if within(module, rule.part):
                found += _direct(rule, module, graph[module])
                found += _reached(rule, module, runs) if rule.never else ()
    for module, statements in graph.items():
        found += [*_upward(module, statements), *_past_the_door(module, statements, files)]
    return sorted({*found, *_circle(graph)})


def _upward(module: str, statements: list[Import]) -> Iterator[str]:
    """What a room imports of one that stands above it."""
    for rooms in FROM_THE_GROUND:
        here = _room(module, rooms)
        for statement in statements if here is not None else ():
            there = _room(statement.name, rooms)
            if there is not None and rooms.index(there) > rooms.index(here):
                yield f"{module}, line {statement.line}, imports {statement.name}; {there} stands above {here}"


def _room(module: str, rooms: tuple[str, ...]) -> str | None:
    """The room of a module, the innermost where one lies in another."""
    return max((room for room in rooms if within(module, room)), key=len, default=None)


def _past_the_door(module: str, statements: list[Import], files: Mapping[str, Path]) -> Iterator[str]:
    """What a module imports of another room that its door does not name."""
    for statement in statements:
        room = ".".join(statement.name.split(".")[:2])
        if room == statement.name or within(module, room) or not _is_room(room, files):
            continue
        if not set(_wanted(statement.name, files)) & door(files[room]):
            yield f"{module}, line {statement.line}, imports {statement.name}; the door of {room} does not name it"


def _is_room(name: str, files: Mapping[str, Path]) -> bool:
    return name.startswith("workbook.") and name in files and files[name].name == "__init__.py"


def _wanted(name: str, files: Mapping[str, Path]) -> tuple[str, str]:
    """What an import wants of a room: the name, and the module that it stands in, both as a door names them."""
    return name.split(".", 2)[2], _modules(name, files)[-1].partition(".")[2].partition(".")[2]


def door(path: Path) -> set[str]:
    """The names that a room's docstring lists for other rooms."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return set(re.findall(r"^- `([\w.]+)`: ", text, re.MULTILINE))


def _circle(graph: Mapping[str, list[Import]]) -> Iterator[str]:
    """The first circle of modules that import each other, imports in functions counted."""
    reads = {
        module: {_modules(statement.name, graph)[-1] for statement in statements if _modules(statement.name, graph)}
        for module, statements in graph.items()
    }
    try:
        TopologicalSorter({module: found - {module} for module, found in reads.items()}).prepare()
    except CycleError as error:
        circle = error.args[1][:0:-1]
        start = circle.index(min(circle))
        yield f"{' -> '.join([*circle[start:], *circle[: start + 1]])}; that is a circle"


def _direct(rule: Rule, module: str, statements: list[Import]) -> Iterator[str]:
    for statement in statements:
        top = statement.name.split(".")[0]
        where = f"{module}, line {statement.line}, imports {statement.name}"
        if any(within(statement.name, name) for name in rule.never):
            yield f"{where}; {rule.part} never does"
        is_foreign = top not in PACKAGES and top not in sys.stdlib_module_names
        if rule.third_party is not None and is_foreign and top not in rule.third_party:
            yield f"{where}; {rule.part} has {', '.join(rule.third_party)} alone"
        is_bound = not any(within(module, part) for part in rule.apart_from)
        if is_bound and statement.at_once and any(within(statement.name, name) for name in rule.not_at_once):
            yield f"{where} at once; {rule.part} imports it when used"


def _reached(rule: Rule, start: str, runs: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What a module must never import and reaches through others of ours."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    queue = deque([start])
    while queue:
        module = queue.popleft()
        for target in runs[module]:
            if target in ways:
                continue
            ways[target] = (*ways[module], target)
            if not any(within(target, name) for name in rule.never):
                queue.append(target)
            elif module != start:
                yield f"{' -> '.join(ways[target])}; {rule.part} never imports {target}"


def _modules(name: str, graph: Mapping[str, object]) -> list[str]:
    """The modules of ours that an import runs: what it names, and the packages around that."""
    parts = name.split(".")
    return [known for end in range(1, len(parts) + 1) if (known := ".".join(parts[:end])) in graph]


def test_every_module_keeps_to_the_import_rules() -> None:
    assert violations(ROOT) == []


def test_every_room_has_a_door_and_all_that_it_names_is_used() -> None:
    files = sources(ROOT)
    rooms = [name for name in files if name.count(".") == 1 and _is_room(name, files)]
    unused = {f"{room}: {name}" for room in rooms for name in door(files[room]) or {"no door"}}
    for module, path in files.items():
        for statement in imports(path, module):
            room = ".".join(statement.name.split(".")[:2])
            if room == statement.name:
                # `from workbook import lessons` is followed by `lessons.names()`.
                source = path.read_text(encoding="utf-8")
                unused -= {f"{room}: {name}" for name in re.findall(rf"\b{room.split('.')[-1]}\.(\w+)", source)}
            elif room in rooms and not within(module, room):
                unused -= {f"{room}: {name}" for name in _wanted(statement.name, files)}
    assert unused == set()


PLANTED = [
    ("engine/new.py", "import workbook.plan.place", "engine never does"),
    ("engine/reference/new.py", "from numpy import ndarray\nimport polars", "engine.reference has numpy alone"),
    ("engine/reference/new.py", "from engine.witness.device import resolve", "engine.reference never does"),
    ("engine/reference/new.py", "def f():\n    import scipy.optimize", "engine.reference has numpy alone"),
    ("engine/witness/new.py", "from engine import reference", "engine.witness never does"),
    ("engine/witness/new.py", "from ..reference import collab", "engine.witness never does"),
    ("engine/witness/new.py", "import openpyxl", "engine.witness has torch, numpy alone"),
    ("engine/pipeline/new.py", "import engine.reference.pca", "engine.pipeline never does"),
    ("engine/datasets/new.py", "import torch", "engine imports it when used"),
    ("workbook/formula/new.py", "import engine.errors", "workbook.formula never does"),
    ("workbook/plan/plan.py", "from engine.errors import EngineError", "workbook.plan never does"),
    ("workbook/lesson/new.py", "import engine.errors", "workbook.lesson never does"),
    ("workbook/xlsx/write/new.py", "def f():\n    from engine.reference import pca", "workbook.xlsx never does"),
    ("workbook/transpile/new.py", "import engine", "workbook.transpile never does"),
    ("workbook/new.py", "try:\n    import torch\nexcept ImportError:\n    pass", "workbook imports it when used"),
    ("workbook/check/recalc/new.py", "from ironcalc import load_from_xlsx", "workbook imports it when used"),
    ("workbook/lessons/new.py", "from engine.witness import device", "workbook imports it when used"),
    ("workbook/app/cli/new.py", "import rich.table", "workbook.app.cli imports it when used"),
    ("workbook/xlsx/new.py", "from workbook.outside import f", "-> engine.errors; workbook.xlsx never imports"),
    ("engine/reference/new.py", "def f():\n    import engine.runs.training", "engine.reference never does"),
    ("engine/runs/new.py", "from engine.reference import pca", "engine.runs never does"),
    ("engine/witness/new.py", "from engine.runs import training", "engine.runs stands above engine.witness"),
    ("workbook/formula/new.py", "def f():\n    import workbook.plan.place", "workbook.plan stands above"),
    ("workbook/errors.py", "import workbook.plan.place", "workbook.plan stands above workbook.errors"),
    ("workbook/transpile/front/new.py", "import workbook.transpile.back", "back stands above"),
    ("workbook/check/new.py", "from workbook.plan.hidden import f", "the door of workbook.plan does not name it"),
    ("workbook/check/new.py", "from workbook.plan import hidden", "the door of workbook.plan does not name it"),
    (
        "workbook/plan/new.py",
        "def f():\n    from workbook.plan import other",
        "new -> workbook.plan.other -> workbook.plan.new; that is a circle",
    ),
]


@pytest.mark.parametrize(("file", "source", "complaint"), PLANTED)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    tree = {
        "engine/errors.py": "",
        "engine/reference/__init__.py": "",
        "workbook/outside.py": "import engine.errors",
        "workbook/plan/__init__.py": '"""Plans.\n\nOther rooms use:\n\n- `place`: where\n"""',
        "workbook/plan/place.py": "",
        "workbook/plan/hidden.py": "",
        "workbook/plan/other.py": "def f():\n    import workbook.plan.new",
        file: source,
    }
    for name, text in tree.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    (found,) = violations(tmp_path)

    assert found.startswith(file.removesuffix(".py").replace("/", "."))
    assert complaint in found


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("engine/witness/new.py", "import torch\nimport numpy\nimport math\nfrom engine.errors import EngineError"),
        ("engine/reference/new.py", "import numpy as np\nfrom engine.reference import pca"),
        ("workbook/new.py", "def f():\n    import torch\n    from engine.witness import device"),
        ("workbook/new.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("workbook/app/cli/new.py", "import click\ndef f():\n    import rich"),
        ("workbook/plan/new.py", "import workbook.formula\ndef f():\n    import workbook.lesson.lesson"),
        ("workbook/transpile/back/new.py", "import workbook.transpile.front, workbook.check.recalc"),
    ],
)
def test_what_the_rules_allow_is_not_complained_of(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)

    assert violations(tmp_path) == []


def private_names(source: str) -> list[str]:
    """The private names of other modules that one takes: imported, by a dot, or put in their place by `setattr`.

    A module's own are allowed, and what a standard library or torch spells with a `_`.
    """
    tree = ast.parse(source)
    own = {
        name
        for node in ast.walk(tree)
        for name in (
            node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else None,
            node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None,
            node.attr if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) else None,
        )
        if name
    }
    return sorted({name for node in ast.walk(tree) for name in _taken(node)} - own)


ALLOWED = {"_asdict", "_exit", "_fields", "_make", "_replace"}
"""What named tuples, syntax trees and `os` have: a `_` that hides nothing."""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in ALLOWED


def _taken(node: ast.AST) -> Iterator[str]:
    """The private names that a node takes of something else."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
        yield from (alias.name for alias in node.names if _is_private(alias.name))
    if isinstance(node, ast.Attribute) and _is_private(node.attr) and not ast.unparse(node).startswith("torch."):
        yield node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
        texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield from (name for text in texts if _is_private(name := text.split(".")[-1]))


def test_tests_use_no_private_names() -> None:
    """A refactoring may change them at will."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))}
    found = {
        str(path.relative_to(ROOT)): private_names(source)
        for path, source in sources.items()
        # Half of them need not be parsed.
        if re.search(r"""[."' ]_[A-Za-z]""", source)
    }
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from workbook.plan.place import _hidden", ["_hidden"]),
        ("from workbook.plan import place\nplace._hidden()", ["_hidden"]),
        ("patch.setattr(Trainer, '_step', f)", ["_step"]),
        ("patch.setattr('workbook.plan.place._MOST', 3)", ["_MOST"]),
        ("class A:\n    def _own(self):\n        return self._own", []),
        ("def f(a):\n    return a._replace(x=1), torch.cuda._lazy_init", []),
    ],
)
def test_a_private_name_that_a_test_takes_is_found(source: str, names: list[str]) -> None:
    assert private_names(source) == names


HEAVY = ("numpy", "torch", "openpyxl", "rich", "jinja2", "polars", "ironcalc")


def loaded_by(*arguments: str) -> set[str]:
    """The heavy packages that a process has loaded after one command."""
    script = (
        "import sys\n"
        "from workbook.app.cli import main\n"
        f"main({list(arguments)!r})\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)\n"
    )
    process = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(process.stderr.split())


@pytest.mark.parametrize(
    "arguments", [("list",), ("--help",), ("--version",), ("verify", "--help"), ("finetune", "--help")]
)
def test_what_should_answer_at_once_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) == set()


def test_the_count_of_what_is_loaded_sees_numpy() -> None:
    # The help of build knows the lessons' options, and so imports the lessons, which hold arrays.
    assert "numpy" in loaded_by("build", "--help")
