"""What a script copies of the runtime: each helper with all that it uses, and nothing else."""

import builtins
import os
import subprocess
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.transpile.back.helpers import helper_source
from workbook.transpile.front.functions import FUNCTIONS
from workbook.transpile.runtime import MODULES

LONGEST = 350
"""Lines of a module: one subject."""


def globals_of(scope: symtable.SymbolTable) -> Iterator[str]:
    """The names that a piece of source takes from around it."""
    for symbol in scope.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for child in scope.get_children():
        yield from globals_of(child)


def test_no_two_modules_of_the_runtime_define_one_name() -> None:
    # A script has all in one file, where the later would take the place of the earlier.
    tables = (
        symtable.symtable(Path(str(module.__file__)).read_text(encoding="utf-8"), "", "exec") for module in MODULES
    )
    defined = [s.get_name() for t in tables for s in t.get_symbols() if s.is_assigned() and not s.is_imported()]
    assert len(defined) > 500
    assert [name for name in set(defined) if defined.count(name) > 1] == []


@pytest.mark.parametrize("helper", sorted({signature.helper for signature in FUNCTIONS.values()}))
def test_a_helper_comes_with_all_that_it_uses(helper: str) -> None:
    source, modules = helper_source([helper])
    top = symtable.symtable(source, "script", "exec")
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    missing = {name for name in globals_of(top) if not hasattr(builtins, name)} - defined - set(modules)

    assert helper in defined
    assert missing == set()


@pytest.mark.parametrize(("helper", "needless"), [("join", "power"), ("FILTER", "keep"), ("SUM", "MAX")])
def test_a_helper_comes_with_nothing_that_only_shares_a_name_with_its_variables(helper: str, needless: str) -> None:
    assert f"\ndef {needless}(" not in helper_source([helper])[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_is_short_and_uses_those_before_it_alone(module: object) -> None:
    assert hasattr(module, "__file__")
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    names = [m.__name__ for m in MODULES]
    used = [line.split()[1] for line in source.splitlines() if line.startswith("from workbook")]

    assert len(source.splitlines()) <= LONGEST
    assert all(names.index(name) < MODULES.index(module) for name in used)


def test_a_script_is_the_same_in_every_process() -> None:
    path = Path(__file__).parents[1] / "corpus/files/page_rank.openpyxl.xlsx"
    source = (
        "import pathlib, sys; from workbook.transpile import transpile;"
        "print(transpile(pathlib.Path(sys.argv[1]), target='numpy').script.source)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", source, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
