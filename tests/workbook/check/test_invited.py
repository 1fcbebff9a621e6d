"""What a sheet's words ask a person to try is within the range of its input, and comes out as the words say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.verify import Checks
from workbook.lesson.lesson import Array, Given
from workbook.plan import derive
from workbook.plan.plan import Plan


@dataclass(frozen=True)
class Invited:
    """An experiment, and what it must show."""

    lesson: str
    changed: Mapping[str, float | str]
    holds: Callable[[Mapping[str, Array]], bool]


EXPERIMENTS = (
    # "To predict 5 with y_high = 5 it would need an infinite number."
    Invited(
        "collab_filter",
        {"y_range.y_high": 5.0, "y_range.y_low": 0.5},
        lambda seen: bool(np.isnan(seen["y_range.z_wide"][-1]) and (seen["y_range.prediction"] < 5).all()),
    ),
    # "low, the largest takes all"
    Invited(
        "cross_entropy",
        {"softmax.temperature": 0.1},
        lambda seen: bool((seen["softmax.probability"].max(axis=1) > 0.99).all()),
    ),
    # "StepLR's default is 0.1"
    Invited("schedules", {"annealing.gamma": 0.1}, lambda seen: seen["annealing.step_rate"][10] == 0.1 * 0.01),
    # "A learning rate that is too large sends the parameters away"; points near 0 need one of 0.1.
    Invited("optimizers", {"sgd.learning_rate": 0.1}, lambda seen: seen["sgd.epoch_verdict"][0] == "diverged"),
)


@pytest.mark.parametrize("invited", EXPERIMENTS, ids=lambda invited: "-".join(invited.changed))
def test_an_experiment_that_the_words_ask_for_is_allowed(
    invited: Invited, small_of: Callable[[str], tuple[Path, Plan]]
) -> None:
    path, plan = small_of(invited.lesson)
    values = dict(plan.values)
    checks = Checks(plan)
    with IronCalc().open(path) as session:
        for name, value in invited.changed.items():
            place = plan.places[name]
            assert isinstance(place.block, Given)
            values[name] = np.asarray(value)
            place.block.check(values[name], name)
            session.set(place.title, *place.origin, value)
        found = session.values()
    values |= derive.evaluate(checks.units, plan.places, values)
    assert checks.compare(found, kind="value", by="ironcalc", values=values) == []
    assert invited.holds(values)
