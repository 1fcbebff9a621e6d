"""Lessons agree with torch for any inputs; optimizers for a thousand steps, and when they run away."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from other_inputs import disagreements
from sweep import LARGE, SWEEP, some

from workbook.app.build import make_plan
from workbook.check.draws import draw
from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Engine, Results
from workbook.check.recalculated import DRAWS as MADE
from workbook.check.verify import Checks, Failure
from workbook.lesson.lesson import Array, Formula, Given
from workbook.lessons import find
from workbook.plan import derive
from workbook.plan.plan import Plan
from workbook.xlsx.read import CellError
from workbook.xlsx.write import write


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@cache
def of_defaults(epochs: int) -> Plan:
    """The plan of some epochs; nobody changes it."""
    return make_plan(find("optimizers"), {"points": None, "epochs": epochs}, seed=0, progress=silent)


def planned(epochs: int, **changed: float | Array) -> Plan:
    """The plan of some epochs, with inputs changed (`sheet__block`)."""
    plan = of_defaults(epochs)
    values = dict(plan.values)
    for name, value in changed.items():
        values[name.replace("__", ".")] = np.asarray(value)
    fresh = derive.evaluate(derive.units(plan.layouts), plan.places, values)
    return replace(plan, values=values | fresh)


# How often the inputs of a lesson are drawn; in a sweep those of a small one three times as often.
DRAWS = int(os.environ.get("GRADBOOK_DRAWS", "8" if SWEEP else "1"))
SMALL_CELLS = 25_000
IRONCALC = IronCalc()


def draws(plan: Plan) -> range:
    """The seeds of a lesson's draws, after those that a verification makes."""
    cells = sum(place.count for place in plan.places.values() if isinstance(place.block, Formula))
    return range(MADE, MADE + (3 * DRAWS if SWEEP and cells <= SMALL_CELLS else DRAWS))


def failures_of(plan: Plan, path: Path, seeds: Iterable[int], engine: Engine = IRONCALC) -> list[Failure]:
    """What differs when a workbook's inputs are drawn, recalculated, and compared with NumPy and torch."""
    checks = Checks(plan)
    failures: list[Failure] = []
    with engine.open(path) as session:
        for seed in seeds:
            drawn = draw(plan, np.random.default_rng(seed))
            failures += disagreements(checks, session, drawn, engine=engine.name, what=f"seed {seed}")
    return failures


@pytest.mark.sweep(*LARGE)
def test_any_inputs_in_their_ranges_agree_step_by_step_and_give_no_error_cell(every: tuple[Path, Plan]) -> None:
    path, plan = every
    assert failures_of(plan, path, draws(plan)) == []


@pytest.mark.sweep("fine_tuning")
@pytest.mark.parametrize(
    ("lesson", "weight", "klass_axis", "size", "others", "gradient"),
    [
        ("fine_tuning", "surgery.head2_weight", 1, 50.0, {}, "run_frozen.head2_weight_gradient"),
        (
            "mnist_from_scratch",
            "network.initial_weight2",
            0,
            8.0,
            # All hidden units in use, and no penalty: the gradient is the model's alone.
            {"network.initial_bias1": 10.0, "network.wd": 0.0},
            "last_layer.weight2_gradient",
        ),
    ],
)
def test_a_gradient_whose_square_underflows_is_no_error_in_libreoffice(
    lesson: str,
    weight: str,
    klass_axis: int,
    size: float,
    others: Mapping[str, float],
    gradient: str,
    small_of: Callable[[str], tuple[Path, Plan]],
) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    path, plan = small_of(lesson)
    # Weights of a last layer that is certain of its first class.
    klass = np.indices(plan.places[weight].shape)[klass_axis]
    drawn = {weight: np.where(klass == 0, size, -size)}
    drawn |= {name: np.full(plan.places[name].shape, value) for name, value in others.items()}
    given = {**plan.values, **drawn}
    slope = derive.evaluate(derive.units(plan.layouts), plan.places, given, changed=drawn)[gradient]
    assert ((slope != 0) & (np.abs(slope) < 1e-155)).any()
    with office.open(path) as session:
        found = disagreements(Checks(plan), session, drawn, engine=office.name, what="a certain class")
    assert [failure.cell for failure in found if failure.kind == "error"] == []


def on_the_edge(plan: Plan, seed: int) -> dict[str, Array]:
    """Weights of the head at their ends: many gradients are 0 by mathematics, and eps is too small to hide it."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, Array] = {
        f"surgery.head{layer}_weight": rng.choice([-100.0, 100.0], plan.places[f"surgery.head{layer}_weight"].shape)
        for layer in (1, 2)
    }
    return drawn | {"run_frozen.eps": np.asarray(1e-12), "run_unfrozen.eps": np.asarray(1e-12)}


@pytest.mark.parametrize(
    "engine",
    [IronCalc(), pytest.param(libreoffice.find(), marks=pytest.mark.sweep)],
    ids=["ironcalc", "LibreOffice"],
)
def test_a_right_copy_agrees_where_adam_divides_what_rounding_left_of_a_gradient_of_nothing(
    engine: Engine | None, small_of: Callable[[str], tuple[Path, Plan]]
) -> None:
    if engine is None:
        pytest.skip("LibreOffice is not installed")
    path, plan = small_of("fine_tuning")
    with engine.open(path) as session:
        for seed in some(range(4 if isinstance(engine, IronCalc) else 1), 1):
            drawn = on_the_edge(plan, seed)
            found = disagreements(Checks(plan), session, drawn, engine=engine.name, what="the edge")
            assert found == []


def test_a_fault_is_found_even_there(small_of: Callable[[str], tuple[Path, Plan]]) -> None:
    path, plan = small_of("fine_tuning")
    given = {**plan.values, **on_the_edge(plan, 0)}
    checks = Checks(plan)
    values = {**given, **derive.evaluate(checks.units, plan.places, given)}
    with IronCalc().open(path) as session:
        for name, drawn in on_the_edge(plan, 0).items():
            place = plan.places[name]
            for index in np.ndindex(place.shape):
                session.set(place.title, int(place.rows[index]), int(place.columns[index]), float(drawn[index]))
        found = {title: dict(cells) for title, cells in session.values().items()}
    for name in (f"run_frozen.new_head{layer}_{kind}" for layer in (1, 2) for kind in ("weight", "bias")):
        place = plan.places[name]
        largest = np.unravel_index(np.abs(values[name]).argmax(), place.shape)
        at = int(place.rows[largest]), int(place.columns[largest])
        right = found[place.title][at]
        assert isinstance(right, float)
        found[place.title][at] = right * 1.001
        failures = checks.compare(found, kind="value", by="ironcalc", values=values, only=[name])
        found[place.title][at] = right
        # The step after a wrong weight starts from it, and may be named too.
        assert f"{place.title}!{place.address(largest)}" in [failure.cell for failure in failures], name


@pytest.mark.sweep(*LARGE)
def test_rounding_reaches_next_to_nothing_in_steps_at_the_defaults(
    every: tuple[Path, Plan], recalculated: Results
) -> None:
    plan = every[1]
    checks = Checks(plan)
    reach = checks.reach(recalculated, plan.values, checks.expected(recalculated, plan.values))
    far = {name: cells.max() for name, cells in reach.items() if cells.max() > 1e-12 * plan.scale(name)}
    assert far == {}
    assert bool(reach) == any(unit.from_sheet for unit in checks.units)


def test_every_input_that_is_a_number_has_a_range_to_draw_from(every: tuple[Path, Plan]) -> None:
    blocks = [place.block for place in every[1].places.values() if isinstance(place.block, Given)]
    numbers = [block for block in blocks if not block.fixed and not block.is_text]
    assert [block.name for block in numbers if block.low is None or block.high is None] == []


THOUSAND: Mapping[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-5),
    "momentum": lambda p: torch.optim.SGD(p, lr=1e-6, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=1e-6, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-3),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=1e-2),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3),
}


@pytest.fixture(scope="module")
def thousand() -> Plan:
    """1,015 steps at rates so small that rounding is not amplified: the fit never comes near exact."""
    rates = {
        "sgd": 1e-5,
        "momentum": 1e-6,
        "nesterov": 1e-6,
        "rmsprop": 1e-3,
        "adagrad": 1e-2,
        "adam": 1e-3,
        "adamw": 1e-3,
    }
    return planned(35, **{f"{name}__learning_rate": rate for name, rate in rates.items()})


@pytest.mark.parametrize("name", THOUSAND)
def test_a_thousand_steps_end_where_torch_ends(name: str, thousand: Plan) -> None:
    intercept, slope = torch.ones(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    parameters = [intercept.requires_grad_(), slope.requires_grad_()]
    optimizer = THOUSAND[name](parameters)
    path = []
    for x, y in zip(thousand.values["data.row_x"], thousand.values["data.row_y"], strict=True):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(intercept + slope * x, torch.tensor([y])).backward()
        optimizer.step()
        path.append((intercept.item(), slope.item()))
    assert len(path) == 1015
    for column, expected in zip(("new_intercept", "new_slope"), np.array(path).T, strict=True):
        found = thousand.values[f"{name}.{column}"]
        assert np.abs(found - expected).max() <= 1e-10 * np.abs(expected).max()


@pytest.mark.parametrize("name", THOUSAND)
def test_each_of_a_thousand_steps_is_torchs(name: str, thousand: Plan) -> None:
    units = [unit for unit in derive.units(thousand.layouts) if unit.sheet == name and unit.state]
    recalculated = {block: value for block, value in thousand.values.items() if block.startswith(f"{name}.")}
    seen = derive.evaluate(units, thousand.places, thousand.values, side="witness", recalculated=recalculated)
    assert len(seen) > 5
    for block, value in seen.items():
        assert isinstance(thousand.places[block].block, Formula)
        assert np.abs(value - thousand.values[block]).max() <= 1e-10 * thousand.scale(block), block


def test_a_run_that_diverges_says_so_from_there_on_and_stays() -> None:
    plan = planned(2, sgd__learning_rate=0.01)
    verdict, new_slope = plan.values["sgd.verdict"], plan.values["sgd.new_slope"]
    first = verdict.tolist().index("diverged")
    assert set(verdict[first:]) == {"diverged"}
    assert set(verdict[:first]) == {""}
    assert len(set(new_slope[first:].tolist())) == 1
    size = np.abs(new_slope) + np.abs(plan.values["sgd.new_intercept"])
    assert size[first - 1] <= 1e12 < size[first]
    assert not any(np.isinf(value).any() for value in plan.values.values() if value.dtype != object)


def test_an_epoch_that_ends_far_away_is_called_diverged() -> None:
    """At a rate of 0.001 SGD's slope passes 1e12 in the last step of the first epoch."""
    plan = planned(2, sgd__learning_rate=0.001)
    assert plan.values["sgd.epoch_rmse"][0] > 1e14
    assert plan.values["sgd.epoch_verdict"].tolist() == ["diverged", "diverged"]
    assert plan.values["sgd.verdict"].tolist().index("diverged") == 28
    assert plan.values["compare.sgd_verdict"].item() == "diverged"


@pytest.mark.parametrize("engine", [IronCalc(), libreoffice.find()], ids=["ironcalc", "LibreOffice"])
def test_points_of_one_x_have_a_level_line_and_no_error_cell(engine: Engine | None, tmp_path: Path) -> None:
    if engine is None:
        pytest.skip("LibreOffice is not installed")
    plan = planned(1, data__x=np.full(29, 14.0), data__exact_y=np.arange(29.0))
    assert (plan.values["data.best_slope"], plan.values["data.best_intercept"]) == (0.0, 14.0)
    assert np.isnan(plan.values["compare.inner_slope"]).all()
    write(plan, tmp_path / "optimizers.xlsx", linted=True)
    with engine.open(tmp_path / "optimizers.xlsx") as session:
        found = session.values()
    assert not [value for cells in found.values() for value in cells.values() if isinstance(value, CellError)]
    checks = Checks(plan)
    assert checks.compare(found, kind="value", by=engine.name) == []
    assert checks.witness(found, "cpu") == []


@pytest.mark.sweep("fine_tuning")
def test_whole_runs_agree_to_1e_10_over_the_default_epochs(every: tuple[Path, Plan], recalculated: Results) -> None:
    plan = every[1]
    checks = Checks(plan)
    drift: dict[str, Array] = {}
    for name, values in checks.recurrent(recalculated).items():
        own = plan.values[name]
        if own.dtype != object and plan.scale(name):
            drift[name] = np.nanmax(np.abs(values - own), initial=0.0) / plan.scale(name)
    assert [name for name, value in drift.items() if value > 1e-10] == []


@pytest.mark.parametrize("beta", [0.0, pytest.param(0.5, marks=pytest.mark.sweep)])
def test_a_copy_that_keeps_fifteen_digits_agrees_even_where_adam_divides_noise(beta: float, tmp_path: Path) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    plan = planned(2, adam__beta1=beta, adam__beta2=beta, adam__eps=1e-12)
    write(plan, tmp_path / "optimizers.xlsx", linted=True)
    with office.open(tmp_path / "optimizers.xlsx") as session:
        found = session.values()
    assert Checks(plan).compare(found, kind="value", by=office.name) == []


def test_fifteen_digits_hide_no_fault(tmp_path: Path) -> None:
    plan = planned(1)
    places = {name: place for name, place in plan.places.items() if isinstance(place.block, Formula)}
    shown: dict[str, dict[tuple[int, int], Any]] = {}
    for place in places.values():
        for index in np.ndindex(place.shape):
            value = plan.values[place.name][index] if place.shape else plan.values[place.name].item()
            at = int(place.rows[index]), int(place.columns[index])
            kept = value if isinstance(value, str) else float(f"{value:.15g}")
            shown.setdefault(place.title, {})[at] = kept
    checks = Checks(plan)
    assert checks.compare(shown, kind="value", by="fifteen digits", only=["adam.new_slope"]) == []
    place = places["adam.new_slope"]
    at = int(place.rows[-1]), int(place.columns[-1])
    shown["Adam"][at] = float(f"{shown['Adam'][at] * 1.001:.15g}")
    assert len(checks.compare(shown, kind="value", by="fifteen digits", only=["adam.new_slope"])) == 1
