"""What a program may compute before the rest: a stage reads itself and those before it, and gives the same numbers."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from workbook.check import stages as module
from workbook.check.draws import asked, draw
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Question, Rectangles
from workbook.check.stages import stages
from workbook.check.verify import verify
from workbook.lesson.lesson import Formula
from workbook.plan import patterns
from workbook.plan.plan import Plan

Small = Callable[[str], tuple[Path, Plan]]


@pytest.fixture(autouse=True)
def _small_blocks_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small workbooks have no block of which another reads much."""
    monkeypatch.setattr(module, "MUCH", 30)


def cells_of(found: Rectangles) -> set[tuple[str, int, int]]:
    return {
        (title, row, column)
        for title, rectangles in found.items()
        for top, left, bottom, right in rectangles
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }


def stage_of(plan: Plan, found: tuple[Rectangles, ...]) -> dict[str, int]:
    """Each block's stage, where its first cell stands."""
    of_cell = {cell: number for number, each in enumerate(found) for cell in cells_of(each)}
    places = {name: place for name, place in plan.places.items() if isinstance(place.block, Formula)}
    return {name: of_cell[place.title, *place.origin] for name, place in places.items()}


@pytest.mark.parametrize("name", ["mnist_from_scratch", "attention", "optimizers"])
def test_a_stage_holds_every_formula_once_and_reads_nothing_that_comes_later(small_of: Small, name: str) -> None:
    _, plan = small_of(name)
    found = stages(plan)
    formulas = [place for place in plan.places.values() if isinstance(place.block, Formula)]
    each = [cells_of(stage) for stage in found]
    assert len(found) > 1
    assert sum(map(len, each)) == len(set().union(*each)) == sum(place.count for place in formulas)
    stage = stage_of(plan, found)
    for place in formulas:
        for read in patterns.names(place.block):
            source = patterns.resolve(read, place, plan.places).name
            assert stage.get(source, 0) <= stage[place.name], f"{place.name} reads {source}"


def test_weights_are_a_stage_before_the_product_that_reads_all_of_them(small_of: Small) -> None:
    _, plan = small_of("mnist_from_scratch")
    stage = stage_of(plan, stages(plan))
    along = ["weight1", "affine1", "weight1_gradient", "new_affine1"]
    assert [stage[f"network.{name}"] for name in along] == sorted({stage[f"network.{name}"] for name in along})


def test_only_what_depends_on_an_input_is_to_be_computed(small_of: Small) -> None:
    _, plan = small_of("mnist_from_scratch")
    cells = set().union(*map(cells_of, stages(plan, ["logistic.learning_rate"])))
    first = {name: ("Logistic regression", *plan.places[f"logistic.{name}"].origin) for name in ("logit", "new_logit")}
    assert first["new_logit"] in cells
    assert first["logit"] not in cells


def test_a_plan_whose_blocks_read_little_of_each_other_has_no_stages(
    small_of: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MUCH", 10**9)
    assert stages(small_of("mnist_from_scratch")[1]) == ()


@pytest.mark.sweep("mnist_from_scratch")
@pytest.mark.parametrize("name", ["mnist_from_scratch", "attention", "cross_entropy"])
def test_ironcalc_gives_the_same_numbers_in_stages_as_at_once(small_of: Small, name: str) -> None:
    path, plan = small_of(name)
    drawn = asked(plan, draw(plan, np.random.default_rng(3)))
    questions = [Question({}, {}, stages=lambda: stages(plan)), drawn]
    assert all(len(question.stages()) > 1 for question in questions)
    with IronCalc().open(path) as session:
        at_once = list(session.answers([replace(question, stages=tuple) for question in questions]))
    with IronCalc().open(path) as session:
        assert list(session.answers(questions)) == at_once


def test_a_formula_that_reads_what_comes_later_is_one_failure_and_no_wrong_number(
    small_of: Small, tmp_path: Path
) -> None:
    """The lesson's order holds for the lesson's formulas; a file with another one is computed at once."""
    path, plan = small_of("cross_entropy")
    place, later = plan.places["metrics.mse"], plan.places["softmax.raw_sum"]
    stage = stage_of(plan, stages(plan))
    assert stage[later.name] > stage[place.name]
    target = tmp_path / "mine.xlsx"
    book = openpyxl.load_workbook(path)
    cell = book[place.title][place.address()]
    assert isinstance(cell.value, str)
    cell.value = f"{cell.value}+IF({later.title}!{later.address()}=0,1,0)"
    book.save(target)
    found = verify(target, device="cpu", engines=[IronCalc()], progress=lambda *_: None)
    here = [failure for failure in found.failures if failure.cell.startswith(f"{place.title}!")]
    # openpyxl saves no values of formulas.
    assert [(failure.kind, failure.cell) for failure in here if failure.kind != "cached"] == [
        ("formula", f"{place.title}!{place.address()}")
    ]


def test_an_input_may_have_a_formula_that_reads_what_comes_later(small_of: Small, tmp_path: Path) -> None:
    path, plan = small_of("cross_entropy")
    nudge, later = plan.places["cross_entropy.nudge"], plan.places["routes.probability"]
    stage = stage_of(plan, stages(plan))
    assert stage["cross_entropy.loss_up"] < stage[later.name]
    (part,) = [f"xl/worksheets/sheet{n}.xml" for n, one in enumerate(plan.layouts, 1) if one.sheet.title == nudge.title]
    own = f"<f>0.01+IF('{later.title}'!{later.address()}=0,1,0)</f><v>0.01</v>"
    target = tmp_path / "mine.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == part:
                cell = rf'(<c r="{nudge.address()}"[^>]*>)<v>0.01</v>'.encode()
                content, count = re.subn(cell, rb"\g<1>" + own.encode(), content)
                assert count == 1
            copy.writestr(name, content)
    found = verify(target, device="cpu", engines=[IronCalc()], progress=lambda *_: None)
    assert not found.failures
