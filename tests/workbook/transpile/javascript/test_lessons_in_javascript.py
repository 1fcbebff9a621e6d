"""Every lesson's workbook as JavaScript, run in V8: every formula cell, in every option, and after edits."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sweep import LARGE

from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Results
from workbook.check.verify import compare_session
from workbook.lesson.lesson import Formula, Given
from workbook.plan.plan import Plan
from workbook.transpile import Front, JavaScriptProgram, Running

TOLERANCE = 1e-8
"""Of the largest number of a block: what rounding grows to along unrolled steps, at a rate that nobody chose."""


@pytest.fixture(scope="session")
def program(
    every: tuple[Path, Plan], front: Front, program_of: Callable[[Path, Front | None], JavaScriptProgram]
) -> JavaScriptProgram:
    return program_of(every[0], front)


@pytest.fixture
def running(program: JavaScriptProgram) -> Iterator[Running]:
    with Running(program) as session:
        yield session


def test_every_formula_cell_is_computed(every: tuple[Path, Plan], program: JavaScriptProgram) -> None:
    formulas = sum(place.count for place in every[1].places.values() if isinstance(place.block, Formula))
    assert program.refused == ()
    assert program.covered == formulas > 0


@pytest.mark.sweep(*LARGE)
def test_every_value_is_the_plans_in_every_option(every: tuple[Path, Plan], running: Running) -> None:
    assert compare_session(every[1], running, "JavaScript", lambda *_: None) == []


@pytest.mark.sweep(*LARGE)
def test_an_edit_of_each_input_gives_what_ironcalc_gives(every: tuple[Path, Plan], running: Running) -> None:
    path, plan = every
    with IronCalc().open(path) as other:
        for place in plan.places.values():
            value = plan.values[place.name].flat[-1]
            # A whole number may be an index, and ironcalc calls the part of one an error.
            if not isinstance(place.block, Given) or not isinstance(value, float) or not value % 1 > 0:
                continue
            at = [int(edge.flat[-1]) for edge in (place.rows, place.columns)]
            for session in (running, other):
                session.set(place.title, at[0], at[1], value * 0.75)
        assert _differences(plan, running.values(), other.values()) == []


def _differences(plan: Plan, found: Results, expected: Results) -> list[str]:
    wrong: list[str] = []
    for place in plan.places.values():
        if not isinstance(place.block, Formula):
            continue
        values = [(expected[place.title].get(at), found[place.title].get(at), at) for at in place.cells()]
        scale = max([plan.scale(place.name), *(abs(a) for a, _, _ in values if isinstance(a, float))])
        for a, b, at in values:
            if isinstance(a, float) and isinstance(b, float):
                bound = max(TOLERANCE, place.block.bound) * scale
                wrong += [f"{place.name} {at}: {b} for {a}"] if abs(a - b) > bound else []
            elif a != b:
                wrong.append(f"{place.name} {at}: {b} for {a}")
    return wrong
