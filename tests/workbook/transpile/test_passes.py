"""The passes of the transpiler are functions: none changes what it was given, and the same gives the same again."""

import ast
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import pytest
from openpyxl.worksheet.formula import DataTableFormula
from small_books import save

from workbook.transpile import Front
from workbook.transpile.back import passes, script
from workbook.transpile.back.script import write_script
from workbook.transpile.middle import program
from workbook.transpile.middle.program import Program, make_program
from workbook.transpile.middle.variables import CellMap
from workbook.transpile.targets import TARGETS
from workbook.xlsx.read import Book

ROWS = range(2, 12)
SHEETS: dict[str, dict[str, object]] = {
    "Steps": {
        **{f"A{row}": float(row) for row in range(1, 12)},
        "B1": 1.0, "C1": 0.0, "D1": "x", "F1": 2.0,
        # A loop; what only looks like one, because a step looks anywhere up; a triangle; comparisons that round.
        **{f"C{row}": f"=C{row - 1}*0.5+A{row}" for row in ROWS},
        **{f"B{row}": f"=VLOOKUP(A{row},A$1:B{row - 1},2)+1" for row in ROWS},
        **{f"{column}{20 + row}": f"=$A{row}*$F$1" for row in range(1, 6) for column in "GHIJK"[:row]},
        **{f"E{row}": f"=IF(C{row}=B{row}-A{row}/3,1,0)" for row in ROWS},
    },
    "Model": {
        "A1": "price", "B1": 10, "B2": 3, "B3": "=B1*B2", "B5": 1, "B6": 2, "B9": "=B3-SUM(B5:B6)*B1",
        "E20": 5, "F20": 6, "G20": 7, "D21": "=B9",
        "E21": DataTableFormula(ref="E21:G21", dtr="1", r1="B1"),
        "E50": "=B1+Y99", "D51": 7, "E51": DataTableFormula(ref="E51", dtr="0", r1="Y99"),
    },
}  # fmt: skip
PASSES: list[tuple[ModuleType, str]] = [
    (program, "with_triangles"),
    (program, "order"),
    (program, "_in_pieces"),
    (program, "compare_at_15_digits"),
    (program, "_with_loops"),
    (script, "give_names"),
    (script, "emit"),
    (script, "finished"),
    *(
        (passes, name)
        for name in (
            "made_once",
            "with_loops",
            "without_copies",
            "with_blocks",
            "with_twin_names",
            "with_twins",
            "with_shared",
        )
    ),
    (script, "text_of"),
]


def frozen(thing: object) -> object:
    """All that something holds, so that it can be compared with what it holds later; what is asked of it is no part."""
    met: dict[int, int] = {}

    def of(thing: Any) -> Any:
        if isinstance(thing, str | int | float | bool | None | Book) or callable(thing):
            return thing if isinstance(thing, str | int | float | bool | None) else id(thing)
        if id(thing) in met:
            return ("again", met[id(thing)])
        met[id(thing)] = len(met)
        if isinstance(thing, CellMap):
            return of(list(thing.every()))
        if isinstance(thing, ast.AST):
            own = [of(getattr(thing, name, None)) for name in (*thing._fields, "origin")]
            return (type(thing).__name__, own)
        if is_dataclass(thing):
            own = [of(getattr(thing, field.name)) for field in fields(thing) if field.init]
            return (type(thing).__name__, own)
        if isinstance(thing, Mapping):
            return [(of(key), of(value)) for key, value in thing.items()]
        if isinstance(thing, Set):
            return sorted(map(repr, thing))
        if isinstance(thing, Sequence):
            return [of(item) for item in thing]
        return id(thing)

    return of(thing)


@pytest.fixture(scope="module", params=SHEETS)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Front:
    sheets = {request.param: SHEETS[request.param]}
    return Front.of(save(tmp_path_factory.mktemp("passes") / "book.xlsx", sheets))


def made(front: Front) -> Program:
    return make_program(front.book, front.joins, front.trees)


def written(front: Front, found: Program, target: str) -> str:
    wanted = TARGETS[target]
    return write_script(front.book, found, wanted, title="book", beside="book.npz", rolled=True)[0].source


def test_no_pass_changes_what_it_was_given(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: set[str] = set()

    def watched(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            before = frozen((args, named))
            result = function(*args, **named)
            assert frozen((args, named)) == before, name
            tried.add(name)
            return result

        return call

    for module, name in PASSES:
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    for target in ("numpy", "torch"):
        written(front, made(front), target)
    assert tried == {name for _, name in PASSES}


def test_one_program_serves_every_target(front: Front) -> None:
    made_once = front.program(None, frozenset(), {})
    assert front.program(None, frozenset(), {}) is made_once
    place = next((v.sheet, v.rectangle) for group in made_once.groups for v in group.formulas)
    doubted = front.program(None, frozenset((place,)), {})
    assert doubted is not made_once
    assert {v.kind for group in doubted.groups for v in group.formulas if (v.sheet, v.rectangle) == place} == {"any"}


def test_a_program_is_the_same_after_its_script_is_written_and_gives_it_again(front: Front) -> None:
    found = made(front)
    before = frozen(found)
    first = [written(front, found, target) for target in ("numpy", "torch")]
    assert frozen(found) == before
    assert [written(front, found, target) for target in ("numpy", "torch")] == first
    # What these hold is in it: a recurrence that is written cell by cell, a triangle; tables.
    is_first = "Steps" in front.book.sheets
    triangles = "np.tri(", ".tril("
    for source, triangle in zip(first, triangles, strict=True):
        for part in ("grid[i + 1][1] = ", triangle) if is_first else ("def b9_2_if(", "def e50_if("):
            assert part in source
