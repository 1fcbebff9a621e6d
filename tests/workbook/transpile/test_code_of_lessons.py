"""`gradbook code` on every lesson's workbook: the script runs alone and computes every cell."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest
from small_books import kept
from sweep import FEW

from workbook.lesson.lesson import Formula
from workbook.plan.plan import Plan
from workbook.transpile import Front, npz, transpile
from workbook.transpile.back import check

FUNCTIONS = {
    "attention": "attention",
    "collab_filter": "one_hot",
    "fine_tuning": "frozen_step",
    "mnist_from_scratch": "network",
    "schedules": "one_cycle",
}
"""Of lessons whose inputs are trained, or many, a function that was read by eye: no digit of theirs stands in it."""


class Written(NamedTuple):
    """A script on the disk, its source, and how its cells compare."""

    path: Path
    source: str
    comparison: check.Comparison
    refused: tuple[str, ...]


@pytest.fixture(scope="session")
def written(every: tuple[Path, Plan], front: Front, tmp_path_factory: pytest.TempPathFactory) -> Written:
    made = transpile(every[0], target="numpy", beside="arrays.npz", front=front)
    path = tmp_path_factory.mktemp("code") / "script.py"
    path.write_text(made.script.source, encoding="utf-8")
    if made.script.arrays:
        (path.parent / "arrays.npz").write_bytes(npz(made.script))
    found = check.compare(front.book, check.run(path), areas=made.areas, skip=made.volatile, sheets=None)
    return Written(path, made.script.source, found, made.refused)


def test_the_script_computes_every_formula_cell(every: tuple[Path, Plan], written: Written) -> None:
    assert written.refused == ()
    formulas = [place.count for place in every[1].places.values() if isinstance(place.block, Formula)]
    assert written.comparison.cells == sum(formulas) > 0
    assert written.comparison.differences == ()


def test_the_script_needs_numpy_alone(written: Written) -> None:
    import sys

    imported = {
        (node.names[0].name if isinstance(node, ast.Import) else str(node.module)).split(".")[0]
        for node in ast.walk(ast.parse(written.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name for name in imported if name not in sys.stdlib_module_names} == {"numpy"}


@pytest.mark.sweep(but=FEW)
def test_the_script_is_the_same_when_made_again(every: tuple[Path, Plan], written: Written) -> None:
    assert transpile(every[0], target="numpy", beside="arrays.npz").script.source == written.source


def test_a_function_is_the_one_that_was_read(every: tuple[Path, Plan], written: Written) -> None:
    lesson = every[0].stem
    if lesson not in FUNCTIONS:
        pytest.skip("test_golden.py keeps whole scripts of this lesson, or it is no lesson")
    start = written.source.index(f"def {FUNCTIONS[lesson]}(")
    made = written.source[start : written.source.index("\n\n\n", start)] + "\n"
    assert made == kept(f"{lesson}_{FUNCTIONS[lesson]}.py", made)
