"""The computations behind sheets: which functions read and make which blocks, in an order in which they can run."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from workbook.errors import LessonError
from workbook.lesson.lesson import Computed, Derive, Formula, Given, Sheet
from workbook.plan import patterns
from workbook.plan.layout import SheetLayout
from workbook.plan.panel import parameters, result_keys
from workbook.plan.place import Place

Side = Literal["reference", "witness"]


@dataclass(frozen=True)
class Unit:
    """One computation: what it reads, what it makes, and the functions that do it."""

    reads: tuple[str, ...]
    makes: tuple[str, ...]
    sheet: str
    derive: Derive | None
    state: Mapping[str, tuple[str, str]]
    handed: tuple[str, ...] = ()
    computed: Computed | None = None

    @property
    def from_sheet(self) -> tuple[str, ...]:
        """The blocks whose recalculated values a verification starts from."""
        return (*(before for before, _ in self.state.values()), *self.handed)


def units(layouts: Iterable[SheetLayout]) -> tuple[Unit, ...]:
    """The computations of all sheets, each after those that it reads from.

    Raises:
        LessonError: a formula that nothing derives, a name that is no block, or a circle.
    """
    layouts = tuple(layouts)
    places = {place.name: place for layout in layouts for place in layout.places}
    sheets = [layout.sheet for layout in layouts]
    pending = [unit for layout in layouts for unit in _sheet_units(layout, places, sheets)]
    made = {name for unit in pending for name in unit.makes}
    for place in places.values():
        if isinstance(place.block, Formula) and place.name not in made:
            raise LessonError(f"{place.name}: no function derives it; name it in a Derive, or copy another block")
    known = set(places) - made
    ordered: list[Unit] = []
    while pending:
        ready = [unit for unit in pending if known.issuperset(unit.reads)]
        if not ready:
            missing = sorted({name for unit in pending for name in unit.reads} - known)
            raise LessonError(f"these blocks wait for each other: {', '.join(missing)}")
        ordered += ready
        known |= {name for unit in ready for name in unit.makes}
        pending = [unit for unit in pending if unit not in ready]
    return tuple(ordered)


def touched(computations: Iterable[Unit], changed: Iterable[str]) -> frozenset[str]:
    """These blocks, and those that depend on any of them, by what their derivations read.

    Args:
        computations: from `units`.
        changed: `sheet.block` of each.
    """
    found = set(changed)
    for unit in computations:
        if not found.isdisjoint(unit.reads):
            found |= set(unit.makes)
    return frozenset(found)


def needed(sheets: Iterable[Sheet], names: Iterable[str]) -> frozenset[str]:
    """The names of these sheets and of all that they read: by patterns, drop-downs, charts or derivations."""
    by_name = {sheet.name: sheet for sheet in sheets}
    found = set[str]()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        sheet = by_name[name]
        read = [full for derive in sheet.derive for full in parameters_of(derive, name).values()]
        for block in sheet.blocks:
            if isinstance(block, Formula):
                read += [full_name(f"{n.sheet}.{n.name}" if n.sheet else n.name, name) for n in patterns.names(block)]
            elif isinstance(block, Given) and isinstance(block.choices, str):
                read.append(full_name(block.choices, name))
        read += [
            full_name(word, name) for chart in sheet.charts for s in chart.series for word in (s.values, s.x) if word
        ]
        waiting += [other for other in (full.partition(".")[0] for full in read) if other in by_name]
    return frozenset(found)


def _sheet_units(layout: SheetLayout, places: Mapping[str, Place], others: Iterable[Sheet]) -> list[Unit]:
    sheet = layout.sheet
    found: list[Unit] = []
    derived: set[str] = set()
    for derive in sheet.derive:
        makes = _makes(derive, sheet.name, places)
        state = _states(derive, sheet, makes)
        reads = set(parameters_of(derive, sheet.name).values()) | {start for _, start in state.values()}
        makes |= {name for name in state if name in places}
        needs = reads - set(state) - makes
        for name in needs:
            if name not in places:
                raise LessonError(f"sheet {sheet.name}: {derive.function} needs {name!r}, and there is no such block")
        _check_witness(derive, sheet.name)
        handed = tuple(full_name(derive.inputs.get(p, p), sheet.name) for p in derive.handed)
        found.append(Unit(tuple(sorted(needs)), tuple(sorted(makes)), sheet.name, derive, state, handed))
        derived |= makes
    for computed in sheet.computed:
        found.append(Unit(computed.reads, computed.makes, sheet.name, None, {}, computed.handed, computed))
        derived |= set(computed.makes)
    elsewhere = {name for other in others for computed in other.computed for name in computed.makes}
    for block in sheet.blocks:
        name = f"{sheet.name}.{block.name}"
        if isinstance(block, Formula) and name not in derived | elsewhere:
            source = patterns.copied(block)
            if source:
                found.append(
                    Unit((patterns.resolve(source, places[name], places).name,), (name,), sheet.name, None, {})
                )
    return found


def _check_witness(derive: Derive, sheet: str) -> None:
    """Refuse a witness that takes other parameters than the reference; torch is not imported for it."""
    found = parameters(derive.function, "witness")
    if found is None:
        return
    reference = parameters(derive.function, "reference") or ()
    where = f"sheet {sheet}: engine.witness.{derive.function}"
    for name in found:
        if name not in reference:
            raise LessonError(f"{where} needs {name!r}, and the reference takes only {', '.join(reference)}")
    for name in reference:
        if name not in found:
            raise LessonError(f"{where} does not take {name!r}, as the reference does")


def parameters_of(derive: Derive, sheet: str) -> dict[str, str]:
    """Parameter → block, for the reference's function and the witness's alike."""
    function = resolve(derive.function, "reference")
    assert function is not None
    named = _members(derive, _signature(function), derive.inputs)
    return {parameter: full_name(block, sheet) for parameter, block in named.items()}


@cache
def _signature(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def results_of(derive: Derive) -> dict[str, str]:
    """Result → block, of those that a sheet has."""
    named = _members(derive, result_keys(derive.function), derive.outputs)
    return {result: block for result, block in named.items() if block}


def _members(derive: Derive, names: Iterable[str], blocks: Mapping[str, str]) -> dict[str, str]:
    """Name → block, those of a family's keys as `family.key`."""
    found: dict[str, str] = {}
    for name in names:
        family = derive.families.get(name)
        if family is None:
            found[name] = blocks.get(name, name)
        else:
            found |= {f"{name}.{key}": block for key, block in family.items()}
    return found


def _states(derive: Derive, sheet: Sheet, makes: set[str]) -> dict[str, tuple[str, str]]:
    """State → the block that it is the step before of, and the block that it starts from."""
    if not derive.step:
        return {}
    state = {
        full_name(parameter, sheet.name): (full_name(before, sheet.name), full_name(start, sheet.name))
        for parameter, (before, start) in derive.state.items()
    }
    for block in sheet.blocks:
        previous = patterns.state(block) if isinstance(block, Formula) else None
        if previous:
            before, start = (full_name(f"{n.sheet}.{n.name}" if n.sheet else n.name, sheet.name) for n in previous)
            if before in makes:
                state[f"{sheet.name}.{block.name}"] = (before, start)
    return state


def full_name(name: str, sheet: str) -> str:
    """`sheet.block` of a name that a sheet uses, which may be of another sheet already."""
    return name if "." in name else f"{sheet}.{name}"


def _makes(derive: Derive, sheet: str, places: Mapping[str, Place]) -> set[str]:
    """The blocks that a function's results fill, read from the keys of the dict that it returns."""
    makes = set()
    for key, target in results_of(derive).items():
        name = full_name(target, sheet)
        if name not in places or not isinstance(places[name].block, Formula):
            raise LessonError(
                f"sheet {sheet}: {derive.function} returns {key!r}, and there is no formula block {name!r}"
            )
        makes.add(name)
    return makes


def resolve(function: str, side: Side) -> Callable[..., Mapping[str, Any]] | None:
    """The function `module.name` of a side; None where the witness has none.

    Raises:
        LessonError: the reference has none.
    """
    module, _, name = function.rpartition(".")
    path = f"engine.{side}.{module}"
    found = getattr(import_module(path), name, None) if side == "reference" or find_spec(path) else None
    if found is None and side == "reference":
        raise LessonError(f"engine.reference.{module} has no function {name!r}")
    return found
