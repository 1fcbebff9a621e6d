"""Who may import whom, read from the source of every module; and what the quickest command must not import.

A walk of our own and not import-linter: that has no list of what alone may be imported (`engine.reference`: numpy
only), and cannot tell an import at the top of a module from one in a function, which keeps `gradbook list` instant.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    Rule("engine.reference", never=("engine.witness", "engine.pipeline"), third_party=("numpy",)),
    Rule("engine.witness", never=("engine.reference",), third_party=("torch", "numpy")),
    Rule("engine.pipeline", never=("engine.reference",)),
    Rule("engine.datasets", never=("engine.reference", "engine.witness", "engine.pipeline")),
    *(Rule(f"workbook.{part}", never=("engine",)) for part in ("formula", "plan", "write", "transpile")),
    Rule("engine", not_at_once=("torch",), apart_from=("engine.witness", "engine.pipeline")),
    Rule("workbook", not_at_once=("torch", "ironcalc", "engine.witness", "engine.pipeline")),
    Rule(
        "workbook.app.cli",
        not_at_once=(
            "numpy",
            "openpyxl",
            "rich",
            "jinja2",
            "polars",
            "workbook.lesson.lesson",
            "workbook.app.report",
            "workbook.check.verify",
        ),
    ),
)


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
    children = node.orelse if isinstance(node, ast.If) and is_checking else ast.iter_child_nodes(node)
    for child in children:
        yield from _imports(child, module, is_package, at_once and not inside)


def violations(root: Path) -> list[str]:
    """One sentence for every import that breaks a rule."""
    files = sources(root)
    graph = {module: imports(path, module) for module, path in files.items()}
    found: list[str] = []
    for rule in RULES:
        for module in graph:
            if within(module, rule.part):
                found += _direct(rule, module, graph[module])
                found += _reached(rule, module, graph)
    return sorted(set(found))


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


def _reached(rule: Rule, start: str, graph: Mapping[str, list[Import]]) -> Iterator[str]:
    """What a module must never import and reaches through others of ours."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    queue = [start]
    while queue:
        module = queue.pop(0)
        for statement in graph[module]:
            for target in _modules(statement.name, graph):
                if target in ways:
                    continue
                ways[target] = (*ways[module], target)
                if not any(within(target, name) for name in rule.never):
                    queue.append(target)
                elif module != start:
                    yield f"{' -> '.join(ways[target])}; {rule.part} never imports {target}"


def _modules(name: str, graph: Mapping[str, list[Import]]) -> list[str]:
    """The modules of ours that an import runs: what it names, and the packages around that."""
    parts = name.split(".")
    return [known for end in range(1, len(parts) + 1) if (known := ".".join(parts[:end])) in graph]


def test_every_module_keeps_to_the_import_rules() -> None:
    assert violations(ROOT) == []


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
    ("workbook/plan/plan.py", "from engine.errors import EngineError", "workbook.plan.plan never does"),
    ("workbook/xlsx/write/new.py", "def f():\n    from engine.reference import pca", "workbook.xlsx.write never does"),
    ("workbook/transpile/new.py", "import engine", "workbook.transpile never does"),
    ("workbook/new.py", "try:\n    import torch\nexcept ImportError:\n    pass", "workbook imports it when used"),
    ("workbook/check/recalc/new.py", "from ironcalc import load_from_xlsx", "workbook imports it when used"),
    ("workbook/lessons/new.py", "from engine.witness import device", "workbook imports it when used"),
    ("workbook/app/cli.py", "import rich.table", "workbook.app.cli imports it when used"),
    (
        "workbook/xlsx/write/new.py",
        "from workbook.check.verify import verify",
        "-> engine.errors; workbook.xlsx.write never imports",
    ),
]


@pytest.mark.parametrize(("file", "source", "complaint"), PLANTED)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    tree = {"engine/errors.py": "", "engine/reference/__init__.py": "", "workbook/plan/place.py": ""}
    tree |= {
        "workbook/check/verify.py": "from workbook import derive",
        "workbook/plan/derive.py": "import engine.errors",
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
        ("workbook/app/cli.py", "import click\ndef f():\n    import rich"),
    ],
)
def test_what_the_rules_allow_is_not_complained_of(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)

    assert violations(tmp_path) == []


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
