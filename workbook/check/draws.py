"""Inputs drawn at random from all that a sheet allows: what the defaults hide, behind a decay of 0, shows there."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from workbook.check.checks import Checks, Failure
from workbook.check.recalc.session import Answer, Question
from workbook.check.stages import stages
from workbook.check.trials import formulas, untouched
from workbook.lesson.lesson import Array, Given
from workbook.plan import derive
from workbook.plan.plan import Plan, differ, options

FEW_CELLS = 4
"""How many cells of an array a draw changes: with all weights of a layer at one end, gradients are what is left of sums
that cancel, and Adam divides such rounding noise by its own size: no two programs agree on that."""
DECADES = 6
"""How far below its larger end a range that reaches to 0 is drawn from."""


def draw(plan: Plan, rng: np.random.Generator) -> dict[str, Array]:
    """The inputs that get other values, by `sheet.block`: any scalar, some cells of half of the arrays, any drop-down.

    One draw in four goes to extremes: most of its numbers are ends of their ranges.

    Args:
        plan: whose inputs are drawn; its own values are among those that a draw can give.
        rng: what chooses.
    """
    ends = 0.75 if rng.random() < 0.25 else 0.15
    drawn: dict[str, Array] = {}
    for name, place in plan.places.items():
        block, present = place.block, plan.values[name]
        if not isinstance(block, Given) or block.fixed:
            continue
        if choices := options(plan, place):
            drawn[name] = np.asarray(choices[rng.integers(len(choices))], dtype=object)
        elif not block.is_text and (not place.shape or rng.random() < 0.5):
            cells = present.copy().ravel()
            for cell in rng.integers(place.count, size=min(place.count, FEW_CELLS)):
                cells[cell] = _number(block, float(cells[cell]), ends, rng)
            drawn[name] = cells.reshape(place.shape)
    return {name: values for name, values in drawn.items() if np.any(differ(values, plan.values[name]))}


def asked(plan: Plan, drawn: Mapping[str, Array]) -> Question:
    """What is asked of a program: all its results with these inputs.

    Args:
        plan: of the workbook.
        drawn: `sheet.block` → its values.
    """
    return Question(
        {at: value for name, values in drawn.items() for at, value in _cells(plan, name, values, plan.values[name])},
        {at: value for name, values in drawn.items() for at, value in _cells(plan, name, plan.values[name], values)},
        untouched=partial(untouched, plan, drawn),
        stages=partial(stages, plan, drawn),
        cells=partial(formulas, plan),
    )


def judged(
    checks: Checks, found: Answer, drawn: Mapping[str, Array], *, engine: str, device: str, what: str
) -> list[Failure]:
    """What is wrong in a program's results for other inputs.

    Args:
        checks: of the plan.
        found: the program's results with these inputs.
        drawn: `sheet.block` → its values.
        engine: the program's name.
        device: where the witness computes, as torch spells it.
        what: how failures call these inputs.
    """
    plan = checks.plan
    given = {**plan.values, **drawn}
    expected = {**given, **derive.evaluate(checks.units, plan.places, given, changed=drawn)}
    failures = checks.compare(found, kind="value", by=f"{engine} with {what}", values=expected)
    return failures + checks.witness(found, device, values=expected)


def _number(block: Given, present: float, ends: float, rng: np.random.Generator) -> float:
    """The present number, an end of the block's range, or one from within, evenly or over its decades.

    It has nine digits, as a person types.
    """
    if block.low is None or block.high is None or rng.random() < 0.2:
        return present
    low, high = float(block.low), float(block.high)
    if rng.random() < ends:
        return low if rng.random() < 0.5 else high
    value = rng.uniform(low, high) if rng.random() < 0.5 else _over_decades(low, high, rng)
    return min(max(float(round(value)) if block.whole else float(f"{value:.9g}"), low), high)


def _over_decades(low: float, high: float, rng: np.random.Generator) -> float:
    """A number whose magnitude is as likely in one decade as in another; of either sign where both are allowed."""
    if high <= 0 or (low < 0 and rng.random() < 0.5):
        return -_over_decades(max(0.0, -high), -low, rng)
    least = low if low > 0 else high / 10**DECADES
    return float(np.exp(rng.uniform(np.log(least), np.log(high))))


def _cells(
    plan: Plan, name: str, values: Array, instead_of: Array
) -> Iterator[tuple[tuple[str, int, int], float | str | None]]:
    """The cells of a block whose values are others than those that stand there, and what is put into them."""
    place = plan.places[name]
    for index in map(tuple, np.argwhere(differ(values, instead_of))):
        value = values[index]
        yield (place.title, int(place.rows[index]), int(place.columns[index])), None if value != value else value
