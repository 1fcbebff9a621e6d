"""A user's module as a plan, and how far its numbers are from torch's."""

from collections.abc import Callable, Collection
from math import inf, isfinite
from typing import Any

import numpy as np

from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of
from workbook.lesson.lesson import Formula
from workbook.plan import derive
from workbook.plan.plan import Plan


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def plan_of(make: Callable[[], Any], **choices: Any) -> Plan:
    """The plan of a module; its gradients were compared with those of the module itself, run by torch."""
    lesson, options = lesson_of(make, Choices("zoo", **choices), progress=silent)
    return make_plan(lesson, options, seed=0, progress=silent)


def errors(plan: Plan) -> dict[str, float]:
    """Block → how far NumPy's rules are from torch's autograd and optimizers, of the block's size."""
    seen = derive.evaluate(derive.units(plan.layouts), plan.places, plan.values, side="witness")
    found = {}
    for name, values in seen.items():
        scale = plan.scale(name) or 1.0
        error = float(np.abs(values - plan.values[name]).max()) / scale
        # A maximum over errors would pass over what is no number.
        found[name] = error if isfinite(error) else inf
    return found


def witnessed(plan: Plan, found: Collection[str]) -> float:
    """The share of the formula cells whose blocks are among those found."""
    formulas = {name: place.count for name, place in plan.places.items() if isinstance(place.block, Formula)}
    return sum(formulas[name] for name in found) / sum(formulas.values())
