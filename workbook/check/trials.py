"""Every drop-down at each of its options: what is tried at once, and what a program is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from workbook.check.checks import Checks
from workbook.check.recalc.session import Question, Rectangles
from workbook.check.stages import stages
from workbook.formula.rectangle import Rectangle
from workbook.plan import derive, patterns
from workbook.plan.place import Place
from workbook.plan.plan import Plan, options


@dataclass(frozen=True)
class Trial:
    """A drop-down at one of its options.

    Args:
        place: its cell.
        option: what it is set to.
        touched: it, and the blocks that depend on it.
    """

    place: Place
    option: str
    touched: frozenset[str]


def trials(checks: Checks) -> list[list[Trial]]:
    """Every drop-down at every other option, in groups to be recalculated at once: two of one touch no common block."""
    plan = checks.plan
    groups: list[list[Trial]] = []
    for place in plan.places.values():
        others = [option for option in options(plan, place) if option != plan.values[place.name].item()]
        if not others:
            continue
        touched = derive.touched(checks.units, [place.name])
        for option in others:
            trial = Trial(place, option, touched)
            for group in groups:
                if all(touched.isdisjoint(other.touched) for other in group):
                    group.append(trial)
                    break
            else:
                groups.append([trial])
    return groups


def sorted_trials(checks: Checks) -> list[list[Trial]]:
    """The groups of `trials`, those that touch most cells first."""
    return sorted(trials(checks), key=lambda group: -sum(_cells(checks.plan, trial.touched) for trial in group))


def tried(plan: Plan, group: Sequence[Trial]) -> Question:
    """What is asked of a program: its results with drop-downs at other options."""
    places = [(trial.place.title, *trial.place.origin) for trial in group]
    changed = [trial.place.name for trial in group]
    return Question(
        dict(zip(places, [trial.option for trial in group], strict=True)),
        dict(zip(places, [plan.values[trial.place.name].item() for trial in group], strict=True)),
        sorted({plan.places[name].title for trial in group for name in trial.touched}),
        partial(untouched, plan, changed),
        partial(stages, plan, changed),
        partial(formulas, plan),
    )


def _cells(plan: Plan, names: Iterable[str]) -> int:
    return sum(plan.places[name].count for name in names)


def formulas(plan: Plan) -> Rectangles:
    """Where all formulas stand."""
    return _where(plan, plan.reads)


def untouched(plan: Plan, changed: Iterable[str]) -> Rectangles:
    """Where the formulas of blocks stand that these have no part in, by what patterns read."""
    touched = patterns.touched(plan.read_by, changed)
    return _where(plan, (name for name in plan.reads if name not in touched))


def _where(plan: Plan, names: Iterable[str]) -> Rectangles:
    found: dict[str, list[Rectangle]] = {}
    for name in names:
        place = plan.places[name]
        found.setdefault(place.title, []).extend(place.rectangles)
    return found
