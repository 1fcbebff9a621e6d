"""Lesson + options → `Plan`: every block placed, with its value.

Writing, verifying and reporting are functions of it.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from workbook import __version__
from workbook.errors import LessonError
from workbook.lesson.lesson import Array, Block, Formula, Given, Lesson, Recorded, Series, Sheet
from workbook.plan import digests, patterns
from workbook.plan.layout import SheetLayout, lay_out
from workbook.plan.place import Place
from workbook.plan.quantities import quantities, sources
from workbook.plan.reads import reads

MANIFEST = "manifest"
SIGNATURE = "digest of the rows above"
"""The last row of a manifest: an edit of the others shows, unless whoever made it computed the digest again."""
STUDENT = "student"
"""The row of a manifest that says whose exercises a workbook holds; no other workbook has it."""
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Plan:
    """A lesson with everything in its place.

    Args:
        lesson: whose plan it is.
        options: what the command line chose.
        seed: of all that is random.
        sizes: axis → length.
        facts: sentences and numbers that depend on the data.
        digest: SHA-256 of the data read.
        layouts: the sheets, in order.
        values: `sheet.block` → its values, axes in the block's order; NaN where the sheet shows the block's word for
            blank.
        locked: `sheet.block` → the digest of values that nobody is to change: recorded runs, fixed inputs.
        handed: what else the manifest says of a workbook that is handed out: whose it is.
    """

    lesson: Lesson
    options: Mapping[str, Any]
    seed: int
    sizes: Mapping[str, int]
    facts: Mapping[str, str]
    digest: str
    layouts: tuple[SheetLayout, ...]
    values: Mapping[str, Array]
    locked: Mapping[str, str]
    handed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str, Place]:
        """`sheet.block` → where it stands."""
        return {place.name: place for layout in self.layouts for place in layout.places}

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """All blocks in an order of computation, so that of several faults the cause comes first."""
        return patterns.computed(self.places)

    @cached_property
    def read_by(self) -> dict[str, list[str]]:
        """`sheet.block` → the blocks whose patterns read it."""
        return patterns.read_by(self.places)

    @cached_property
    def reads(self) -> dict[str, dict[str, int]]:
        """`sheet.block` of each formula → the blocks that it reads → about how many of their cells."""
        return reads(self.places)

    @cached_property
    def quantities(self) -> dict[str, str]:
        """`sheet.block` → the first block that shows the same quantity."""
        return quantities(self.places)

    def coloured_alike(self, place: Place) -> tuple[Place, ...]:
        """The blocks of its sheet that share the ends of its colours: those of one quantity, with one scale."""
        alike = self._coloured.get((place.sheet, place.block.look, self.quantities[place.name]), ())
        return alike or (place,)

    def fixed_ends(self, place: Place) -> tuple[float, float] | None:
        """The least and the largest number of a quantity of which sheets show different parts, as the plan has them.

        None where each sheet that shows the quantity shows all of it: its colours' ends follow its cells there.
        """
        return self._fixed_ends.get((place.block.look, self.quantities[place.name]))

    @cached_property
    def _fixed_ends(self) -> dict[tuple[str, str], tuple[float, float]]:
        shown: dict[tuple[str, str], list[tuple[Place, ...]]] = defaultdict(list)
        for (_, look, quantity), places in self._coloured.items():
            if look in ("diverging", "sequential"):
                shown[look, quantity].append(places)
        origin = sources(self.places)
        found = {}
        for key, sheets in shown.items():
            if len({frozenset(origin[place.name] for place in places) for places in sheets}) > 1:
                values = np.concatenate([self.values[place.name].ravel() for places in sheets for place in places])
                finite = values[np.isfinite(values)]
                found[key] = (float(finite.min(initial=0.0)), float(finite.max(initial=0.0)))
        return found

    @cached_property
    def _coloured(self) -> dict[tuple[str, str, str], tuple[Place, ...]]:
        found: dict[tuple[str, str, str], tuple[Place, ...]] = {}
        for name, place in self.places.items():
            if place.block.look:
                key = (place.sheet, place.block.look, self.quantities[name])
                found[key] = (*found.get(key, ()), place)
        return found

    @cached_property
    def steps(self) -> dict[str, str]:
        """Sheet → the axis along which its panels repeat."""
        return {layout.sheet.name: layout.step for layout in self.layouts}

    def scale(self, name: str, values: Mapping[str, Array] | None = None) -> float:
        """What a block's errors are measured against: the largest magnitude in it and in what it subtracts."""
        values = self.values if values is None else values
        if name in (sizes := self._sizes(values)):
            return sizes[name]
        place = self.places[name]
        block = place.block
        of = [name, *block.scale.split()] if isinstance(block, Formula) else [name]
        return max(_magnitude(values[other if "." in other else f"{place.sheet}.{other}"]) for other in of)

    def _sizes(self, values: Mapping[str, Array]) -> Mapping[str, float]:
        """The sizes of sums that a lesson's own functions state, computed once for the same values."""
        if not self._last or self._last[0][0] is not values:
            found: dict[str, float] = {}
            for computed in (computed for layout in self.layouts for computed in layout.sheet.computed):
                found |= computed.sizes(values)
            self._last[:] = [(values, found)]
        return self._last[0][1]

    @cached_property
    def _last(self) -> list[tuple[Mapping[str, Array], Mapping[str, float]]]:
        return []

    def series_colour(self, series: Series) -> int:
        """The number of a series' colour and marker: its own, or the one that its name has in all charts."""
        return self._series_colours[series.name.lower()] if series.colour is None else series.colour

    @cached_property
    def _series_colours(self) -> dict[str, int]:
        """Name of a series → the least number that no series beside it in any chart has."""
        charts = [placed.chart.series for layout in self.layouts for placed in layout.charts]
        beside: dict[str, set[str]] = {}
        found: dict[str, int] = {}
        for chart in charts:
            names = {one.name.lower() for one in chart}
            for one in chart:
                beside.setdefault(one.name.lower(), set()).update(names)
                if one.colour is not None:
                    found.setdefault(one.name.lower(), one.colour)
        for name, others in beside.items():
            taken = {found[other] for other in others if other in found}
            found.setdefault(name, next(number for number in count() if number not in taken))
        return found

    def manifest(self) -> list[tuple[str, str]]:
        """What travels in the workbook, so that it can be verified later: key and value, row by row."""
        rows = [
            ("gradbook", __version__),
            ("lesson", self.lesson.name),
            ("definition", digests.of_definition(self.layouts)),
            ("looks", digests.of_looks(self.layouts)),
            ("options", json.dumps(dict(self.options), sort_keys=True, default=str)),
            ("seed", str(self.seed)),
            ("data", self.digest),
            ("sizes", json.dumps(dict(self.sizes))),
            ("facts", json.dumps(dict(self.facts))),
        ]
        rows += list(self.handed.items())
        rows += [(f"locked {name}", digest) for name, digest in self.locked.items()]
        rows += [(f"block {name}", " ".join(place.ranges())) for name, place in self.places.items()]
        return [*rows, (SIGNATURE, digests.of_rows(rows))]


def _magnitude(values: Array) -> float:
    if values.dtype.kind not in "fiu":
        return 0.0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def arrange(
    lesson: Lesson,
    sizes: Mapping[str, int],
    facts: Mapping[str, str],
    panels: Mapping[str, tuple[str, ...]],
) -> tuple[SheetLayout, ...]:
    """The sheets of a lesson, everything in its place.

    Raises:
        LessonError: the sheets don't fit together.
    """
    return arranged(lesson.sheets(sizes, facts), sizes, panels, f"lesson {lesson.name}")


def arranged(
    sheets: tuple[Sheet, ...], sizes: Mapping[str, int], panels: Mapping[str, tuple[str, ...]], where: str
) -> tuple[SheetLayout, ...]:
    """Sheets with everything in its place.

    Raises:
        LessonError: they don't fit together; the message says where.
    """
    names = [sheet.title.lower() for sheet in sheets]
    for name in names:
        if names.count(name) > 1:
            raise LessonError(f"{where}: two sheets are titled {name!r}")
    return tuple(lay_out(sheet, sheets, sizes, panels) for sheet in sheets)


def inputs(layouts: tuple[SheetLayout, ...], loaded: Mapping[str, Array]) -> dict[str, Array]:
    """The values of every given and recorded block: defaults of scalars, the rest as loaded.

    Those that nobody is to change are rounded to 15 significant digits, so that every program saves them as they are.

    Raises:
        LessonError: a block without values, values without a block, a wrong shape, or a value that the sheet does not
            accept.
    """
    values: dict[str, Array] = {}
    known = {place.name: place for layout in layouts for place in layout.places}
    for name in loaded:
        if name not in known or isinstance(known[name].block, Formula):
            raise LessonError(f"values were loaded for {name!r}, which is no given or recorded block")
    for name, place in known.items():
        block = place.block
        if isinstance(block, Formula):
            continue
        if name in loaded:
            value = loaded[name]
        elif isinstance(block, Given) and block.value is not None:
            value = np.asarray(block.value, dtype=object if block.is_text else np.float64)
        elif isinstance(block, Given) and block.optional:
            value = np.full(place.shape, np.nan)
        else:
            raise LessonError(f"{name} has neither a default nor loaded values")
        if value.shape != place.shape:
            raise LessonError(f"{name}: found values of shape {value.shape}, expected {place.shape} ({block.axes})")
        if isinstance(block, Given):
            block.check(value, f"{place.title}, {block.name}")
        values[name] = digests.rounded(value) if is_locked(block) else value
    return values


def is_locked(block: Block) -> bool:
    """Whether nobody is to change the block's values: a run recorded them, or they belong to the layout."""
    return isinstance(block, Recorded) or (isinstance(block, Given) and block.fixed)


def locked_digests(layouts: tuple[SheetLayout, ...], values: Mapping[str, Array]) -> dict[str, str]:
    """The digest of every block that nobody is to change."""
    locked = (place.name for layout in layouts for place in layout.places if is_locked(place.block))
    return {name: digests.of_values(values[name]) for name in locked}


def may_be_empty(block: Block) -> bool:
    """Whether the block's cells wait for a learner's answer."""
    return isinstance(block, Given) and block.optional


def differ(values: Array, other: Array) -> npt.NDArray[np.bool_]:
    """Where two blocks of values are not the same; two empty cells are."""
    empty = (values != values) & (other != other)
    return np.asarray((values != other) & ~empty)


def options(plan: Plan, place: Place) -> tuple[str, ...]:
    """The options of a drop-down; none for any other block."""
    block = place.block
    if not isinstance(block, Given) or not block.choices or place.count != 1:
        return ()
    if isinstance(block.choices, tuple):
        return block.choices
    listed = block.choices if "." in block.choices else f"{place.sheet}.{block.choices}"
    return tuple(str(option) for option in plan.values[listed].ravel())
