"""The reference's and the witness's values of every block, from a lesson's declared functions.

A bare-name formula is a copy: its value is its source's. A recurrence runs in one of two ways: as a *trajectory*, each
step from the state that it computed itself, or *stepwise*, each step from the state that a spreadsheet recalculated.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from workbook.errors import LessonError
from workbook.lesson.lesson import Array, Computed, Derive, Formula, Given, Sheet
from workbook.plan import patterns
from workbook.plan.layout import SheetLayout
from workbook.plan.panel import parameters, result_keys
from workbook.plan.place import Place

Side = Literal["reference", "witness"]
Values = Mapping[str, Array]
Shift = Callable[[Array], Array]


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


def evaluate(
    computations: Iterable[Unit],
    places: Mapping[str, Place],
    given: Values,
    *,
    side: Side = "reference",
    device: str = "cpu",
    recalculated: Values | None = None,
    changed: Iterable[str] | None = None,
    shift: Shift | None = None,
) -> dict[str, Array]:
    """The values of the blocks that one side derives.

    Args:
        computations: from `units`.
        places: `sheet.block` → place.
        given: the values known: givens and recorded blocks, and for the witness the reference's, where torch has no
            such quantity.
        side: which functions compute.
        device: where the witness computes, as torch spells it.
        recalculated: a spreadsheet's values; then recurrences run stepwise from them.
        changed: the givens that differ from those behind `given`; then only what depends on them is computed again and
            returned.
        shift: changes what each step starts from, recalculated or given.

    Returns:
        `sheet.block` → values, without those in `given` that nothing computed.
    """
    known: dict[str, Array] = dict(given)
    fresh: dict[str, Array] = {}
    dirty = None if changed is None else set(changed)
    for unit in computations:
        stepwise = recalculated is not None and any(name in recalculated for name in unit.from_sheet)
        if dirty is not None and dirty.isdisjoint(unit.reads) and not stepwise:
            continue
        made = _run(unit, places, known, fresh, side, device, recalculated, shift)
        for name, value in made.items():
            known[name] = fresh[name] = value
        if dirty is not None:
            dirty |= set(unit.makes)
    return fresh


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
        read = [full for derive in sheet.derive for full in _parameters(derive, name).values()]
        for block in sheet.blocks:
            if isinstance(block, Formula):
                read += [_full(f"{n.sheet}.{n.name}" if n.sheet else n.name, name) for n in patterns.names(block)]
            elif isinstance(block, Given) and isinstance(block.choices, str):
                read.append(_full(block.choices, name))
        read += [_full(word, name) for chart in sheet.charts for s in chart.series for word in (s.values, s.x) if word]
        waiting += [other for other in (full.partition(".")[0] for full in read) if other in by_name]
    return frozenset(found)


def align(values: Array, source: Place, target: Place) -> Array:
    """The values of one block in another's order of axes, repeated along the axes that it lacks."""
    order = [axis for axis in target.sizes if axis in source.sizes]
    moved = values.transpose([list(source.sizes).index(axis) for axis in order])
    shape = [target.sizes[axis] if axis in source.sizes else 1 for axis in target.sizes]
    return np.broadcast_to(moved.reshape(shape), target.shape)


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


def _sheet_units(layout: SheetLayout, places: Mapping[str, Place], others: Iterable[Sheet]) -> list[Unit]:
    sheet = layout.sheet
    found: list[Unit] = []
    derived: set[str] = set()
    for derive in sheet.derive:
        makes = _makes(derive, sheet.name, places)
        state = _states(derive, sheet, makes)
        reads = set(_parameters(derive, sheet.name).values()) | {start for _, start in state.values()}
        makes |= {name for name in state if name in places}
        needs = reads - set(state) - makes
        for name in needs:
            if name not in places:
                raise LessonError(f"sheet {sheet.name}: {derive.function} needs {name!r}, and there is no such block")
        _check_witness(derive, sheet.name)
        handed = tuple(_full(derive.inputs.get(p, p), sheet.name) for p in derive.handed)
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


def _parameters(derive: Derive, sheet: str) -> dict[str, str]:
    """Parameter → block, for the reference's function and the witness's alike."""
    function = resolve(derive.function, "reference")
    assert function is not None
    named = _members(derive, _signature(function), derive.inputs)
    return {parameter: _full(block, sheet) for parameter, block in named.items()}


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


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as a function takes them, the keys of a family in a mapping of their own."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        family, _, key = name.partition(".")
        if key:
            found.setdefault(family, {})[key] = value
        else:
            found[name] = value
    return found


def flat(derive: Derive, results: Mapping[str, Any]) -> dict[str, Any]:
    """Results by the names of their blocks, members of a family one by one; what no block shows is left out."""
    found: dict[str, Any] = {}
    for name, value in results.items():
        family = derive.families.get(name)
        if family is not None:
            found |= {family.get(key, f"{name}.{key}"): member for key, member in value.items()}
        elif target := derive.outputs.get(name, name):
            found[target] = value
    return found


def _states(derive: Derive, sheet: Sheet, makes: set[str]) -> dict[str, tuple[str, str]]:
    """State → the block that it is the step before of, and the block that it starts from."""
    if not derive.step:
        return {}
    state = {
        _full(parameter, sheet.name): (_full(before, sheet.name), _full(start, sheet.name))
        for parameter, (before, start) in derive.state.items()
    }
    for block in sheet.blocks:
        previous = patterns.state(block) if isinstance(block, Formula) else None
        if previous:
            before, start = (_full(f"{n.sheet}.{n.name}" if n.sheet else n.name, sheet.name) for n in previous)
            if before in makes:
                state[f"{sheet.name}.{block.name}"] = (before, start)
    return state


def _full(name: str, sheet: str) -> str:
    return name if "." in name else f"{sheet}.{name}"


def _makes(derive: Derive, sheet: str, places: Mapping[str, Place]) -> set[str]:
    """The blocks that a function's results fill, read from the keys of the dict that it returns."""
    makes = set()
    for key, target in results_of(derive).items():
        name = _full(target, sheet)
        if name not in places or not isinstance(places[name].block, Formula):
            raise LessonError(
                f"sheet {sheet}: {derive.function} returns {key!r}, and there is no formula block {name!r}"
            )
        makes.add(name)
    return makes


def _run(
    unit: Unit,
    places: Mapping[str, Place],
    known: Values,
    fresh: Values,
    side: Side,
    device: str,
    recalculated: Values | None,
    shift: Shift | None,
) -> dict[str, Array]:
    if unit.computed is not None:
        return _run_computed(unit, unit.computed, places, known, side, device, recalculated, shift)
    if unit.derive is None:
        (source,), (target,) = unit.reads, unit.makes
        if side == "witness" and source not in fresh:
            return {}
        return {target: align(known[source], places[source], places[target])}
    function = resolve(unit.derive.function, side)
    if function is None:
        return {}
    call = _Call(unit, unit.derive, function, places, side, device, shift)
    if recalculated:
        known = {**known, **{name: call.shifted(recalculated[name]) for name in unit.handed if name in recalculated}}
    return call.steps(known, recalculated) if unit.derive.step else call.once(known)


def _run_computed(
    unit: Unit,
    computed: Computed,
    places: Mapping[str, Place],
    known: Values,
    side: Side,
    device: str,
    recalculated: Values | None,
    shift: Shift | None,
) -> dict[str, Array]:
    """The results of a lesson's own functions; their `handed` arguments come from the sheet."""
    given = {name: known[name] for name in unit.reads}
    for name in unit.handed if recalculated else ():
        if recalculated and name in recalculated:
            given[name] = recalculated[name] if shift is None else shift(recalculated[name])
    made = computed.reference(given) if side == "reference" else computed.witness(given, device)
    for name, value in made.items():
        if name not in unit.makes or value.shape != places[name].shape:
            raise LessonError(f"{name}: the {side} gave shape {value.shape}, expected {places[name].shape}")
    return dict(made)


@dataclass(frozen=True)
class _Call:
    """One function of one side, called for one unit."""

    unit: Unit
    derive: Derive
    function: Callable[..., Mapping[str, Any]]
    places: Mapping[str, Place]
    side: Side
    device: str
    shift: Shift | None

    def shifted(self, values: Array) -> Array:
        """The blocks that a step starts from."""
        return values if self.shift is None or values.dtype == object else self.shift(values)

    def once(self, known: Values) -> dict[str, Array]:
        return self._shaped(self._call({p: known[name] for p, name in self._names.items()}))

    def steps(self, known: Values, recalculated: Values | None) -> dict[str, Array]:
        if self.derive.elementwise:
            return self._all_steps(known, recalculated) if recalculated else self._trajectory(known)
        rows: dict[str, list[Any]] = {}
        for t in range(self._total):
            state = {
                name: self.shifted(self._start(name, known) if t == 0 else (recalculated or rows)[before][t - 1])
                for name, (before, _) in self.unit.state.items()
            }
            made = self._call({p: self._at(t, name, state, known) for p, name in self._names.items()})
            for name, value in {**self._shown(state), **made}.items():
                rows.setdefault(name, []).append(value)
        return self._shaped({name: np.stack(row) for name, row in rows.items()})

    def _all_steps(self, known: Values, recalculated: Values) -> dict[str, Array]:
        """One call for all steps, each from the state that the sheet recalculated."""
        state = {
            name: self.shifted(np.concatenate([np.asarray(self._start(name, known))[None], recalculated[before][:-1]]))
            for name, (before, _) in self.unit.state.items()
        }
        made = self._call({p: state[name] if name in state else known[name] for p, name in self._names.items()})
        return self._shaped({**self._shown(state), **made})

    def _trajectory(self, known: Values) -> dict[str, Array]:
        """One call a step on plain numbers, each from the state before."""
        columns, constants = {}, {}
        for parameter, name in self._names.items():
            if name in self.unit.state:
                continue
            if self.derive.step in self.places[name].sizes:
                columns[parameter] = known[name].tolist()
            else:
                constants[parameter] = self._handed(known[name]) if known[name].ndim else known[name].item()
        states = {p: name for p, name in self._names.items() if name in self.unit.state}
        made = {_full(target, self.unit.sheet): target for target in results_of(self.derive).values()}
        state = {name: self._start(name, known).item() for name in self.unit.state}
        rows: dict[str, list[Any]] = {name: [] for name in (*made, *self._shown(state))}
        for t in range(self._total):
            at_step = {p: column[t] for p, column in columns.items()} | {p: state[name] for p, name in states.items()}
            results = flat(self.derive, self.function(**nested(at_step | constants)))
            for name, value in self._shown(state).items():
                rows[name].append(value)
            for name, target in made.items():
                rows[name].append(results[target])
            state = {name: results[made[before]] for name, (before, _) in self.unit.state.items()}
        return self._shaped({name: self._taken(row) for name, row in rows.items()})

    @cached_property
    def _names(self) -> dict[str, str]:
        return _parameters(self.derive, self.unit.sheet)

    @cached_property
    def _total(self) -> int:
        return next(self.places[name].sizes[self.derive.step] for name in self.unit.makes)

    def _at(self, t: int, name: str, state: Mapping[str, Any], known: Values) -> Any:
        if name in state:
            return state[name]
        return known[name][t] if self.derive.step in self.places[name].sizes else known[name]

    def _start(self, name: str, known: Values) -> Array:
        """What a state is before the first step."""
        before, start = self.unit.state[name]
        place = self.places[name if name in self.places else before]
        sizes = {axis: size for axis, size in place.sizes.items() if axis != self.derive.step}
        return align(known[start], self.places[start], replace(place, sizes=sizes))

    def _shown(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The state that has blocks of its own, which the reference computes."""
        return {name: state[name] for name in state if name in self.places} if self.side == "reference" else {}

    def _call(self, arguments: Mapping[str, Array]) -> dict[str, Array]:
        """Call the function; block → values."""
        handed = nested({p: self._handed(value) for p, value in arguments.items()})
        made = {}
        for target, value in flat(self.derive, self.function(**handed)).items():
            name = _full(target, self.unit.sheet)
            if name not in self.unit.makes:
                where = f"sheet {self.unit.sheet}: engine.{self.side}.{self.derive.function}"
                raise LessonError(f"{where} returns {target!r}, and the reference returns nothing of that name")
            made[name] = self._taken(value)
        return made

    def _handed(self, value: Array) -> Any:
        if value.dtype == object:
            return value if value.ndim else value.item()
        if self.side == "reference":
            return np.asarray(value, dtype=np.float64)
        import torch

        return torch.tensor(np.asarray(value, dtype=np.float64), dtype=torch.float64, device=self.device)

    def _taken(self, value: Any) -> Array:
        if self.side == "witness" and hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        array = np.asarray(value)
        return array.astype(object) if array.dtype.kind in "UO" else array.astype(np.float64)

    def _shaped(self, made: Mapping[str, Array]) -> dict[str, Array]:
        for name, value in made.items():
            if value.shape != self.places[name].shape:
                what = f"engine.{self.side}.{self.derive.function} gave shape {value.shape}"
                raise LessonError(f"{name}: {what}, expected {self.places[name].shape}")
        return dict(made)
