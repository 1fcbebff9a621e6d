"""How many cells blocks read of each other, by their patterns."""

from collections.abc import Mapping
from math import prod

from workbook.formula.grammar import Call, Name, walk
from workbook.formula.lookups import looked_in
from workbook.lesson.lesson import Formula
from workbook.plan import patterns
from workbook.plan.place import Place


def reads(places: Mapping[str, Place]) -> dict[str, dict[str, int]]:
    """Block → block that it reads → about how many of its cells all formulas of the first read, one by one.

    Look-ups are left out: of what they look into they read few. What `ALL` names is counted as if it stood alone.
    """
    return {
        name: _reads(place, block, places)
        for name, place in places.items()
        if isinstance(block := place.block, Formula)
    }


def _reads(place: Place, block: Formula, places: Mapping[str, Place]) -> dict[str, int]:
    passed = {
        name.span
        for call in walk(patterns.tree_of(block.pattern))
        if isinstance(call, Call)
        for argument in looked_in(call)
        if argument is not None
        for name in walk(argument)
        if isinstance(name, Name)
    }
    found: dict[str, int] = {}
    for name in patterns.names(block):
        read = patterns.resolve(name, place, places)
        if name.span not in passed:
            whole = prod(size for axis, size in read.sizes.items() if axis not in place.sizes)
            found[read.name] = found.get(read.name, 0) + place.count * whole
    return found
