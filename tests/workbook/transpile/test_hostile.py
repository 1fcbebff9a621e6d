"""Nothing in a stranger's workbook becomes code, and none of them takes the machine with it."""

import ast
import re
from pathlib import Path

import pytest
from corpus import hostile
from corpus.cases import Shown
from corpus.compare import compare
from corpus.run import Outcome, run, transpile
from small_books import save

from workbook.transpile import transpile as transpiled
from workbook.transpile.back import check

# What a script may need: with anything else, something came from the workbook.
_IMPORTS = set(
    re.findall(
        r"\w+",
        "argparse collections dataclasses datetime functools itertools json math numpy pathlib random re statistics "
        "sys torch types",
    )
)
_LINE = 600

Cells = dict[str, tuple[Outcome, dict[str, Shown]]]
"""What became of a name's workbook, and what its cells must show."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hostile workbooks and their scripts stand, and where a canary would be."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def both(folder: Path) -> tuple[Cells, Cells]:
    """The workbooks of the hostile names, eight sheets each, and that of the defined names, transpiled and run."""
    groups = [hostile.NAMES[i : i + 8] for i in range(0, len(hostile.NAMES), 8)]
    paths = [folder / f"named{i}.xlsx" for i in range(len(groups))]
    expected = [hostile.named(names, path) for names, path in zip(groups, paths, strict=True)]
    defined = hostile.defined(hostile.DEFINED, path := folder / "defined.xlsx")
    *outcomes, last = run([*paths, path], folder).values()
    each = zip(outcomes, expected, strict=True)
    named = {name: (outcome, cells) for outcome, names in each for name, cells in names.items()}
    return named, {name: (last, cells) for name, cells in defined.items()}


@pytest.fixture(scope="module")
def refused(folder: Path) -> dict[str, Outcome]:
    """What became of each package that no reader should take, or of which some cells cannot be computed."""
    makers = hostile.REFUSED | hostile.UNCOMPUTED
    paths = {kind: folder / f"{kind}.xlsx" for kind in makers}
    for kind, path in paths.items():
        makers[kind](path)
    done = transpile(list(paths.values()), folder)
    return {kind: done[path] for kind, path in paths.items()}


def harmless(done: Outcome, folder: Path) -> None:
    """The script is Python with no import but its own, and nothing was touched."""
    assert not (folder / hostile.CANARY).exists()
    for node in ast.walk(ast.parse(done.script.read_bytes())):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= _IMPORTS
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).partition(".")[0] in _IMPORTS
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("__import__", "eval", "exec", "compile")


@pytest.mark.parametrize("name", hostile.NAMES, ids=lambda name: ascii(name)[:40])
def test_a_name_stays_a_name(name: str, both: tuple[Cells, Cells], folder: Path) -> None:
    done, expected = both[0][name]
    assert done.script.exists(), done.said
    harmless(done, folder)
    assert compare(done.dumped, expected) == [], done.said + done.complained


@pytest.mark.parametrize("name", hostile.DEFINED, ids=lambda name: ascii(name)[:40])
def test_a_defined_name_stays_a_name(name: str, both: tuple[Cells, Cells], folder: Path) -> None:
    done, expected = both[1][name]
    assert done.script.exists(), done.said
    harmless(done, folder)
    assert compare(done.dumped, expected) == [], done.said + done.complained


_SHORT = re.split(
    r"\s+",
    """INDEX() IF() OFFSET() INDIRECT() SUM() LET() LET(x,1) LAMBDA() MATCH() LOOKUP() LOOKUP(1) ROWS() ISREF() AREAS()
    SUMPRODUCT() VLOOKUP(1,B1:B3) CHOOSE() SEQUENCE() XLOOKUP(2,B1:B9)""",
)


def test_a_function_with_too_many_arguments_is_named(tmp_path: Path) -> None:
    formulas = ("TRANSPOSE(B1:B3,B1)", "SIN(1,2)", "IF(B1,1,2,3)", "PI(1)", "SUM(MMULT(B1:B3,B1,2))")
    sheets = {f"S{k}": {"A1": f"={formula}", "B1": 1.0} for k, formula in enumerate(formulas)}
    made = transpiled(save(tmp_path / "long.xlsx", sheets), target="numpy")
    assert [why.rpartition(" gives ")[2] for why in made.refused] == [
        f"{name} too many arguments" for name in ("TRANSPOSE", "SIN", "IF", "PI", "MMULT")
    ]


def test_a_function_with_too_few_arguments_is_named(tmp_path: Path) -> None:
    sheets = {f"S{k}": {"A1": f"={formula}", "B1": 1.0, "C1": "=B1+1"} for k, formula in enumerate(_SHORT)}
    made = transpiled(save(tmp_path / "short.xlsx", sheets), target="numpy")
    refused = dict(line.split(maxsplit=1) for line in made.refused)
    assert set(refused) == {f"S{k}!A1" for k in range(len(_SHORT))}
    assert [why for why in refused.values() if "too few arguments" not in why] == []
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    found = check.run(tmp_path / "script.py")
    assert [found[f"S{k}!C1"] for k in range(len(_SHORT))] == [2.0] * len(_SHORT)


@pytest.mark.parametrize("formula", ["1E999", "B1+1E999", "INDEX(B1:B9,1E999)", "SUM(B1:B9,1E999)"])
def test_a_number_that_no_float_holds_is_an_error(formula: str, tmp_path: Path) -> None:
    path = save(tmp_path / "large.xlsx", {"S": {"A1": f"={formula}", "B1": 1.0}})
    made = transpiled(path, target="numpy")
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    assert check.run(tmp_path / "script.py")["S!A1"] == {"error": "#NUM!"}


@pytest.mark.parametrize("kind", hostile.REFUSED)
def test_what_cannot_be_trusted_is_refused_in_one_line(kind: str, refused: dict[str, Outcome]) -> None:
    done = refused[kind]
    lines = [line for line in done.said.splitlines() if line.strip()]
    assert (done.code, len(lines)) == (1, 1), done.said
    assert not done.script.exists()


@pytest.mark.parametrize("kind", hostile.UNCOMPUTED)
def test_a_formula_that_nobody_can_compute_is_named(kind: str, refused: dict[str, Outcome]) -> None:
    done = refused[kind]
    assert done.code == 1, done.said
    assert "s!A1" in done.said
    assert max(map(len, done.said.splitlines())) < _LINE
