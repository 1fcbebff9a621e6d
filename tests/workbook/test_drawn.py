"""Lessons agree with torch for any hyper-parameters; optimizers for a thousand steps, and when they run away."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook import derive
from workbook.build import make_plan
from workbook.lesson import Array, Formula, Given
from workbook.lessons import find
from workbook.plan import Plan, with_values
from workbook.read import CellError
from workbook.recalc import Engine, libreoffice
from workbook.recalc.ironcalc import IronCalc
from workbook.verify import Checks, Failure, options
from workbook.write import write


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def planned(epochs: int, **changed: float | Array) -> Plan:
    """The plan of some epochs, with inputs changed (`sheet__block`)."""
    lesson = find("optimizers")
    plan = make_plan(lesson, {"points": None, "epochs": epochs}, seed=0, progress=silent)
    values = dict(plan.values)
    for name, value in changed.items():
        values[name.replace("__", ".")] = np.asarray(value)
    fresh = derive.evaluate(derive.units(plan.layouts), plan.places, values)
    return with_values(plan, values | fresh)


@cache
def small(name: str) -> Plan:
    """The plan of a lesson, unrolled over one epoch where it unrolls any."""
    lesson = find(name)
    options = {option.name: option.default for option in lesson.options}
    return make_plan(lesson, options | ({"epochs": 1} if "epochs" in options else {}), seed=0, progress=silent)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


def in_range(block: Given) -> Callable[[float], bool]:
    assert block.low is not None
    assert block.high is not None
    low, high = block.low, block.high
    return lambda value: low <= value <= high


def drawn(plan: Plan) -> st.SearchStrategy[dict[str, Any]]:
    """A value for every scalar that a person may change: within its range, its ends (so 0 too) and its default."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for block_name, place in plan.places.items():
        block = place.block
        if not isinstance(block, Given) or place.shape or block.fixed:
            continue
        if choices := options(plan, place):
            strategies[block_name] = st.sampled_from(choices)
        elif block.low is not None and block.high is not None:
            ends = st.sampled_from([block.low, block.high, float(plan.values[block_name])])
            whole = st.integers(int(block.low), int(block.high)).map(float)
            # Nine decimals, as a person types: LN of a number below 1e-307 is another matter in every program.
            typed = st.floats(block.low, block.high).map(lambda value: round(value, 9))
            strategies[block_name] = ends | (whole if block.whole else typed.filter(in_range(block)))
    return st.fixed_dictionaries(strategies)


DRAWN = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@DRAWN
@given(chosen=st.deferred(lambda: drawn(small("optimizers"))))
def test_any_hyper_parameters_of_an_optimizer_agree_step_by_step(folder: Path, chosen: dict[str, Any]) -> None:
    assert failures_of("optimizers", folder, chosen) == []


@DRAWN
@given(chosen=st.deferred(lambda: drawn(small("schedules"))))
def test_any_hyper_parameters_of_a_schedule_agree(folder: Path, chosen: dict[str, Any]) -> None:
    assert failures_of("schedules", folder, chosen) == []


@DRAWN
@given(chosen=st.deferred(lambda: drawn(small("cross_entropy"))))
def test_any_options_of_a_loss_agree(folder: Path, chosen: dict[str, Any]) -> None:
    assert failures_of("cross_entropy", folder, chosen) == []


@DRAWN
@given(chosen=st.deferred(lambda: drawn(small("affine"))))
def test_any_options_of_a_layer_agree(folder: Path, chosen: dict[str, Any]) -> None:
    assert failures_of("affine", folder, chosen) == []


@settings(DRAWN, max_examples=10)
@given(data=st.data())
def test_any_settings_of_the_digits_models_agree(small_mnist: tuple[Path, Plan], data: st.DataObject) -> None:
    path, plan = small_mnist
    assert failures_in(path, plan, data.draw(drawn(plan))) == []


def failures_of(lesson: str, folder: Path, chosen: Mapping[str, Any]) -> list[Failure]:
    """What differs when a small workbook's scalars are set."""
    plan, path = small(lesson), folder / f"{lesson}.xlsx"
    if not path.exists():
        write(plan, path)
    return failures_in(path, plan, chosen)


def failures_in(path: Path, plan: Plan, chosen: Mapping[str, Any]) -> list[Failure]:
    """What differs when a workbook's scalars are set, recalculated, and compared with NumPy and torch."""
    values = dict(plan.values)
    checks = Checks(plan)
    with IronCalc().open(path) as session:
        for name, value in chosen.items():
            session.set(plan.places[name].title, *plan.places[name].origin, value)
            values[name] = np.asarray(value, dtype=object if isinstance(value, str) else np.float64)
        found = session.values()
    assert not [value for cells in found.values() for value in cells.values() if isinstance(value, CellError)]
    values |= derive.evaluate(checks.units, plan.places, values)
    failures = checks.compare(found, kind="value", by="ironcalc", values=values)
    return failures + checks.witness(found, "cpu", values=values)


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
    plan = planned(2, data__x=np.full(29, 14.0), data__exact_y=np.arange(29.0))
    assert (plan.values["data.best_slope"], plan.values["data.best_intercept"]) == (0.0, 14.0)
    assert np.isnan(plan.values["compare.inner_slope"]).all()
    write(plan, tmp_path / "optimizers.xlsx")
    with engine.open(tmp_path / "optimizers.xlsx") as session:
        found = session.values()
    assert not [value for cells in found.values() for value in cells.values() if isinstance(value, CellError)]
    checks = Checks(plan)
    assert checks.compare(found, kind="value", by=engine.name) == []
    assert checks.witness(found, "cpu") == []


def test_whole_runs_agree_to_1e_10_over_the_default_epochs(every: tuple[Path, Plan]) -> None:
    path, plan = every
    checks = Checks(plan)
    with IronCalc().open(path) as session:
        found = session.values()
    drift: dict[str, Array] = {}
    for name, values in checks.recurrent(found).items():
        own = plan.values[name]
        if own.dtype != object and plan.scale(name):
            drift[name] = np.nanmax(np.abs(values - own), initial=0.0) / plan.scale(name)
    assert [name for name, value in drift.items() if value > 1e-10] == []


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_a_copy_that_keeps_fifteen_digits_agrees_even_where_adam_divides_noise(beta: float, tmp_path: Path) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    plan = planned(5, adam__beta1=beta, adam__beta2=beta, adam__eps=1e-12)
    write(plan, tmp_path / "optimizers.xlsx")
    with office.open(tmp_path / "optimizers.xlsx") as session:
        found = session.values()
    assert Checks(plan).compare(found, kind="value", by=office.name) == []


def test_fifteen_digits_hide_no_fault(tmp_path: Path) -> None:
    plan = small("optimizers")
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
