"""What is edited where pages are tried or measured: inputs by their names, so that no address grows old."""

from typing import NamedTuple

import numpy as np

from workbook.check.checks import Checks
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Given
from workbook.plan import derive
from workbook.plan.place import Place
from workbook.plan.plan import Plan

NAMED: dict[str, tuple[str, float | str]] = {
    "affine": ("convolution.kernel", 0.001),
    "attention": ("training.initial_token_weight", 0.0919),
    "collab_filter": ("dot_product.factors_from", "trained"),
    "cross_entropy": ("cross_entropy.logit", -1.4),
    "fine_tuning": ("the_run.high_rate", 0.02),
    "mnist_from_scratch": ("batch.x", 0.5),
    "optimizers": ("adam.learning_rate", 0.9),
    "schedules": ("one_cycle.max_rate", 0.02),
}
"""What a learner does first in a lesson: an input, of whose cells the first is edited, and what is entered there."""


class Edit(NamedTuple):
    """A cell of an input, a value to enter, and the value that the workbook has there."""

    title: str
    address: str
    entered: float | str
    kept: float | str


def named_edit(plan: Plan) -> Edit:
    """What a learner does first in a lesson; where nobody has said that, the edit that most cells depend on."""
    if plan.lesson.name not in NAMED:
        return widest_edit(plan)
    name, entered = NAMED[plan.lesson.name]
    return _edit(plan, plan.places[name], entered)


def widest_edit(plan: Plan) -> Edit:
    """The edit of the number on which most cells hang."""
    place = most_read(plan)
    block = place.block
    assert isinstance(block, Given)
    value = float(plan.values[place.name].flat[0])
    low, high = (end if isinstance(end, int | float) else None for end in (block.low, block.high))
    end = value + 1 if high is None else high
    if end - value < (0 if low is None else value - low):
        end = value - 1 if low is None else low
    entered = value + (end - value) / 8
    return _edit(plan, place, float(np.ceil(entered) if block.whole else entered))


def saved_edits(plan: Plan) -> list[list[float | str]]:
    """Sheet, cell and value of the edits with which cross_entropy is saved: a number and an option."""
    entered: dict[str, float | str] = {"cross_entropy.smoothing": 0.2, "cross_entropy.reduction": "sum"}
    return [list(_edit(plan, plan.places[name], value)[:3]) for name, value in entered.items()]


def most_read(plan: Plan) -> Place:
    """The input of numbers that a person may change on which most cells hang."""
    units = Checks(plan).units
    free = [
        place
        for place in plan.places.values()
        if isinstance(place.block, Given)
        and not place.block.fixed
        and isinstance(plan.values[place.name].flat[0], float)
        and np.isfinite(plan.values[place.name].flat[0])
    ]
    return max(free, key=lambda place: sum(plan.places[name].count for name in derive.touched(units, [place.name])))


def _edit(plan: Plan, place: Place, entered: float | str) -> Edit:
    kept = plan.values[place.name].flat[0]
    return Edit(place.title, cell_address(*place.cells()[0]), entered, kept if isinstance(kept, str) else float(kept))
