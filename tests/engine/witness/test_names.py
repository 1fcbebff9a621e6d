"""A witness is found by its name alone: one that is misspelt would be none, and its blocks would go unwitnessed."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]


def words(path: Path) -> Counter[str]:
    """How often each name stands in a module, in code or in a text."""
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found[name] += 1
            case ast.Constant(value=str(text)):
                found.update(text.replace(".", " ").split())
    return found


def test_every_function_of_a_witness_is_one_of_the_reference_or_is_used() -> None:
    witness, reference = ROOT / "engine" / "witness", ROOT / "engine" / "reference"
    alone: dict[str, Path] = {}
    for path in sorted(witness.rglob("*.py")):
        beside = reference / path.relative_to(witness)
        known = words(beside) if beside.exists() else Counter[str]()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if is_public and node.name not in known:
                alone[node.name] = path
    assert alone
    used, spelled = Counter[str](), re.compile(r"\w+")
    for path in [path for part in ("engine", "workbook") for path in (ROOT / part).rglob("*.py")]:
        # A module in whose text no name that is still looked for stands has none in its tree.
        wanted = {name for name in alone if used[name] < 2}
        if not wanted.isdisjoint(spelled.findall(path.read_text(encoding="utf-8"))):
            used += words(path)
    assert [f"{path.relative_to(ROOT)}: {name}" for name, path in alone.items() if used[name] < 2] == []
