"""Inputs at which a spreadsheet's arithmetic breaks: each gives the reference's number or word in both programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbook.app.build import make_plan
from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Engine
from workbook.check.verify import Checks
from workbook.lesson.lesson import Given
from workbook.lessons import find
from workbook.plan import derive
from workbook.plan.plan import Plan
from workbook.xlsx.read import CellError
from workbook.xlsx.write import write

ENGINES = [IronCalc(), libreoffice.find()]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def losses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The whole cross_entropy.xlsx: it is small."""
    plan = make_plan(find("cross_entropy"), {}, seed=0, progress=silent)
    path = tmp_path_factory.mktemp("traps") / "cross_entropy.xlsx"
    write(plan, path)
    return path, plan


def recalculated(path: Path, plan: Plan, engine: Engine | None, changed: Mapping[str, Any]) -> dict[str, Any]:
    """A block's values in a program, inputs changed; they have agreed with NumPy and torch, and none is an error."""
    if engine is None:
        pytest.skip("LibreOffice is not installed")
    values = dict(plan.values)
    with engine.open(path) as session:
        for name, wanted in changed.items():
            place = plan.places[name]
            assert isinstance(place.block, Given)
            values[name] = np.broadcast_to(np.asarray(wanted, dtype=np.float64), place.shape)
            place.block.check(values[name], name)
            for index in np.ndindex(place.shape):
                at = int(place.rows[index]), int(place.columns[index])
                session.set(place.title, *at, float(values[name][index]))
        found = session.values()
    assert not [value for cells in found.values() for value in cells.values() if isinstance(value, CellError)]
    checks = Checks(plan)
    values |= derive.evaluate(checks.units, plan.places, values)
    assert checks.compare(found, kind="value", by=engine.name, values=values) == []
    assert checks.witness(found, "cpu", values=values) == []
    return {
        name: [
            found[place.title].get(at, "")
            for at in zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True)
        ]
        for name, place in plan.places.items()
    }


@pytest.mark.parametrize("engine", ENGINES, ids=["ironcalc", "LibreOffice"])
class TestLosses:
    def test_equal_logits_take_the_first_class(self, losses: tuple[Path, Plan], engine: Engine | None) -> None:
        found = recalculated(*losses, engine, {"cross_entropy.logit": 0.5})
        assert found["metrics.predicted"] == [1.0] * 6

    def test_a_logit_of_800_overflows_in_words_only_where_it_is_not_shifted(
        self, losses: tuple[Path, Plan], engine: Engine | None
    ) -> None:
        found = recalculated(*losses, engine, {"softmax.logit": 800.0})
        assert found["softmax.raw_probability"] == ["overflow"] * 15
        assert found["softmax.probability"] == [pytest.approx(0.2)] * 15

    @pytest.mark.parametrize("z", [-1000.0, 0.0, 1000.0])
    def test_a_logit_of_1000_has_a_finite_binary_loss(
        self, losses: tuple[Path, Plan], engine: Engine | None, z: float
    ) -> None:
        found = recalculated(*losses, engine, {"binary.z_cat": z})
        # ln(1 + e^0) at 0; elsewhere 1000 where the sign is wrong and nothing where it is right
        expected = [np.log(2) if z == 0 else 1000.0 * (cat != (z > 0)) for cat in (1, 1, 0, 0, 1)]
        assert found["binary.loss_from_logit"] == [pytest.approx(value, rel=1e-13, abs=1e-300) for value in expected]

    def test_nearly_certain_probabilities_have_logarithms(
        self, losses: tuple[Path, Plan], engine: Engine | None
    ) -> None:
        found = recalculated(*losses, engine, {"binary.p_cat": 0.000001})
        assert max(found["binary.natural"]) == pytest.approx(-np.log(0.000001))

    def test_nothing_but_ignored_samples_has_no_mean(self, losses: tuple[Path, Plan], engine: Engine | None) -> None:
        found = recalculated(*losses, engine, {"cross_entropy.target": -100.0})
        assert found["cross_entropy.loss"] == ["none"]
        assert found["metrics.accuracy"] == ["none"]


class TestDigits:
    @pytest.mark.parametrize("engine", ENGINES, ids=["ironcalc", "LibreOffice"])
    def test_weights_of_0_give_equal_logits_the_digit_0_a_loss_of_ln_10_and_no_division_by_a_variance_of_0(
        self, small_mnist: tuple[Path, Plan], engine: Engine | None
    ) -> None:
        parts = ("logistic.initial_weight", "logistic.initial_bias", "network.initial_weight1", "network.initial_bias1")
        found = recalculated(*small_mnist, engine, dict.fromkeys(parts, 0.0))
        assert found["logistic.predicted"] == [0.0] * 8
        assert found["logistic.cross_entropy"] == [pytest.approx(np.log(10))]
        assert set(found["network.variance1"]) == {0.0}
        assert set(found["network.normalised"]) == {0.0}

    # LibreOffice takes seconds for it; what it makes of such numbers, the losses above show.
    @pytest.mark.parametrize(
        "engine", [ENGINES[0], pytest.param(ENGINES[1], marks=pytest.mark.sweep)], ids=["ironcalc", "LibreOffice"]
    )
    def test_the_largest_weights_give_logits_of_thousands_and_a_finite_loss(
        self, small_mnist: tuple[Path, Plan], engine: Engine | None
    ) -> None:
        plan = small_mnist[1]
        weight = np.where(plan.values["logistic.initial_weight"] > 0, 100.0, -100.0)
        found = recalculated(*small_mnist, engine, {"logistic.initial_weight": weight})
        logit = np.array(found["logistic.logit"])
        assert np.ptp(logit) > 1000
        assert np.isfinite(found["logistic.loss"][0])
