"""The reference's and the witness's values of every block, from a lesson's declared functions.

A bare-name formula is a copy: its value is its source's. A recurrence runs in one of two ways: as a *trajectory*, each
step from the state that it computed itself, or *stepwise*, each step from the state that a spreadsheet recalculated.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from workbook.errors import LessonError
from workbook.lesson.lesson import Array, Computed, Derive
from workbook.plan.place import Place
from workbook.plan.units import Side, Unit, full_name, needed, parameters_of, resolve, results_of, touched, units

__all__ = ["Side", "Unit", "align", "evaluate", "flat", "needed", "nested", "resolve", "results_of", "touched", "units"]

Values = Mapping[str, Array]
Shift = Callable[[Array], Array]


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
    setup = _Setup(places, side, device, recalculated, shift)
    known: dict[str, Array] = dict(given)
    fresh: dict[str, Array] = {}
    dirty = None if changed is None else set(changed)
    for unit in computations:
        stepwise = recalculated is not None and any(name in recalculated for name in unit.from_sheet)
        if dirty is not None and dirty.isdisjoint(unit.reads) and not stepwise:
            continue
        made = setup.run(unit, known, fresh)
        for name, value in made.items():
            known[name] = fresh[name] = value
        if dirty is not None:
            dirty |= set(unit.makes)
    return fresh


def align(values: Array, source: Place, target: Place) -> Array:
    """The values of one block in another's order of axes, repeated along the axes that it lacks."""
    order = [axis for axis in target.sizes if axis in source.sizes]
    moved = values.transpose([list(source.sizes).index(axis) for axis in order])
    shape = [target.sizes[axis] if axis in source.sizes else 1 for axis in target.sizes]
    return np.broadcast_to(moved.reshape(shape), target.shape)


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


@dataclass(frozen=True)
class _Setup:
    """What one side computes units with: see `evaluate`."""

    places: Mapping[str, Place]
    side: Side
    device: str
    recalculated: Values | None
    shift: Shift | None

    def run(self, unit: Unit, known: Values, fresh: Values) -> dict[str, Array]:
        """The values that a unit makes; none where the witness has no such function."""
        if unit.computed is not None:
            return self._computed(unit, unit.computed, known)
        if unit.derive is None:
            (source,), (target,) = unit.reads, unit.makes
            if self.side == "witness" and source not in fresh:
                return {}
            return {target: align(known[source], self.places[source], self.places[target])}
        function = resolve(unit.derive.function, self.side)
        if function is None:
            return {}
        call = _Call(unit, unit.derive, function, self)
        if self.recalculated:
            handed = {name: self.recalculated[name] for name in unit.handed if name in self.recalculated}
            known = {**known, **{name: self.shifted(value) for name, value in handed.items()}}
        return call.steps(known) if unit.derive.step else call.once(known)

    def _computed(self, unit: Unit, computed: Computed, known: Values) -> dict[str, Array]:
        """The results of a lesson's own functions; their `handed` arguments come from the sheet."""
        given = {name: known[name] for name in unit.reads}
        for name in unit.handed:
            if self.recalculated and name in self.recalculated:
                given[name] = self.shifted(self.recalculated[name])
        made = computed.reference(given) if self.side == "reference" else computed.witness(given, self.device)
        for name, value in made.items():
            if name not in unit.makes or value.shape != self.places[name].shape:
                raise LessonError(
                    f"{name}: the {self.side} gave shape {value.shape}, expected {self.places[name].shape}"
                )
        return dict(made)

    def shifted(self, values: Array) -> Array:
        """What a step starts from."""
        return values if self.shift is None or values.dtype == object else self.shift(values)


@dataclass(frozen=True)
class _Call:
    """One function of one side, called for one unit."""

    unit: Unit
    derive: Derive
    function: Callable[..., Mapping[str, Any]]
    setup: _Setup

    def once(self, known: Values) -> dict[str, Array]:
        return self._shaped(self._call({p: known[name] for p, name in self._names.items()}))

    def steps(self, known: Values) -> dict[str, Array]:
        recalculated = self.setup.recalculated
        if self.derive.elementwise:
            return self._all_steps(known, recalculated) if recalculated else self._trajectory(known)
        rows: dict[str, list[Any]] = {}
        for t in range(self._total):
            state = {
                name: self.setup.shifted(self._start(name, known) if t == 0 else (recalculated or rows)[before][t - 1])
                for name, (before, _) in self.unit.state.items()
            }
            made = self._call({p: self._at(t, name, state, known) for p, name in self._names.items()})
            for name, value in {**self._shown(state), **made}.items():
                rows.setdefault(name, []).append(value)
        return self._shaped({name: np.stack(row) for name, row in rows.items()})

    def _all_steps(self, known: Values, recalculated: Values) -> dict[str, Array]:
        """One call for all steps, each from the state that the sheet recalculated."""
        state = {
            name: self.setup.shifted(
                np.concatenate([np.asarray(self._start(name, known))[None], recalculated[before][:-1]])
            )
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
            if self.derive.step in self.setup.places[name].sizes:
                columns[parameter] = known[name].tolist()
            else:
                constants[parameter] = self._handed(known[name]) if known[name].ndim else known[name].item()
        states = {p: name for p, name in self._names.items() if name in self.unit.state}
        made = {full_name(target, self.unit.sheet): target for target in results_of(self.derive).values()}
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
        return parameters_of(self.derive, self.unit.sheet)

    @cached_property
    def _total(self) -> int:
        return next(self.setup.places[name].sizes[self.derive.step] for name in self.unit.makes)

    def _at(self, t: int, name: str, state: Mapping[str, Any], known: Values) -> Any:
        if name in state:
            return state[name]
        return known[name][t] if self.derive.step in self.setup.places[name].sizes else known[name]

    def _start(self, name: str, known: Values) -> Array:
        """What a state is before the first step."""
        before, start = self.unit.state[name]
        place = self.setup.places[name if name in self.setup.places else before]
        sizes = {axis: size for axis, size in place.sizes.items() if axis != self.derive.step}
        return align(known[start], self.setup.places[start], replace(place, sizes=sizes))

    def _shown(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The state that has blocks of its own, which the reference computes."""
        return (
            {name: state[name] for name in state if name in self.setup.places} if self.setup.side == "reference" else {}
        )

    def _call(self, arguments: Mapping[str, Array]) -> dict[str, Array]:
        """Call the function; block → values."""
        handed = nested({p: self._handed(value) for p, value in arguments.items()})
        made = {}
        for target, value in flat(self.derive, self.function(**handed)).items():
            name = full_name(target, self.unit.sheet)
            if name not in self.unit.makes:
                where = f"sheet {self.unit.sheet}: engine.{self.setup.side}.{self.derive.function}"
                raise LessonError(f"{where} returns {target!r}, and the reference returns nothing of that name")
            made[name] = self._taken(value)
        return made

    def _handed(self, value: Array) -> Any:
        if value.dtype == object:
            return value if value.ndim else value.item()
        if self.setup.side == "reference":
            return np.asarray(value, dtype=np.float64)
        import torch

        return torch.tensor(np.asarray(value, dtype=np.float64), dtype=torch.float64, device=self.setup.device)

    def _taken(self, value: Any) -> Array:
        if self.setup.side == "witness" and hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        array = np.asarray(value)
        return array.astype(object) if array.dtype.kind in "UO" else array.astype(np.float64)

    def _shaped(self, made: Mapping[str, Array]) -> dict[str, Array]:
        for name, value in made.items():
            if value.shape != self.setup.places[name].shape:
                what = f"engine.{self.setup.side}.{self.derive.function} gave shape {value.shape}"
                raise LessonError(f"{name}: {what}, expected {self.setup.places[name].shape}")
        return dict(made)
