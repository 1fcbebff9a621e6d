"""What of a plan a program may compute before the rest: stages, each of which reads much of those before it."""

from collections.abc import Iterable, Mapping

from workbook.check.recalc.session import Rectangles
from workbook.formula.rectangle import Rectangle
from workbook.plan import patterns
from workbook.plan.plan import Plan

MUCH = 400_000
"""So many cells that one block reads of another are worth a stage: ironcalc reads a formula's cell in some 0.15 µs more
than a value, and a stage costs a copy of the model, in which all that comes later is emptied and this one's values are
then held: 0.15 s of 157,000 cells, where 282,000 were read."""


def stages(plan: Plan, changed: Iterable[str] | None = None) -> tuple[Rectangles, ...]:
    """Where the formulas of each stage stand; none where one stage would hold them all.

    Args:
        plan: of the workbook.
        changed: the inputs on which depends what is to be computed, by `sheet.block`; None to compute everything.
    """
    wanted = frozenset(plan.places) if changed is None else patterns.touched(plan.read_by, changed)
    found: dict[int, dict[str, list[Rectangle]]] = {}
    for name, stage in _stages(plan).items():
        if name in wanted:
            place = plan.places[name]
            found.setdefault(stage, {}).setdefault(place.title, []).extend(place.rectangles)
    return tuple(found[stage] for stage in sorted(found)) if len(found) > 1 else ()


def _stages(plan: Plan) -> Mapping[str, int]:
    """`sheet.block` → its stage, of all formulas: after those of which it reads much, no earlier than any it reads."""
    steps = {
        (read, name)
        for name, much in plan.reads.items()
        for read, count in much.items()
        # Where a step reads what an earlier step made, both are one stage.
        if count >= MUCH and read in plan.reads and read not in patterns.touched(plan.read_by, [name])
    }
    found = dict.fromkeys(plan.reads, 0)
    waiting = [read for read, _ in steps]
    while waiting:
        name = waiting.pop()
        for reader in plan.read_by.get(name, ()):
            least = found[name] + ((name, reader) in steps)
            if found[reader] < least:
                found[reader] = least
                waiting.append(reader)
    return found
