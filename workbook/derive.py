"""The reference's and the witness's values of every block, from a lesson's declared functions.

A bare-name formula is a copy: its value is its source's. A recurrence runs in one of two ways: as a *trajectory*, each
step from the state that it computed itself, or *stepwise*, each step from the state that a spreadsheet recalculated.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

from workbook.errors import LessonError
from workbook.formula import excel
from workbook.layout import SheetLayout
from workbook.lesson import Array, Derive, Formula
from workbook.place import Place

Side = Literal["reference", "witness"]
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Unit:
    """One computation: what it reads, what it makes, and the functions that do it."""

    reads: tuple[str, ...]
    makes: tuple[str, ...]
    sheet: str
    derive: Derive | None
    state: Mapping[str, tuple[str, str]]


def units(layouts: Iterable[SheetLayout]) -> tuple[Unit, ...]:
    """The computations of all sheets, each after those that it reads from.

    Raises:
        LessonError: a formula that nothing derives, a name that is no block, or a circle.
    """
    layouts = tuple(layouts)
    places = {place.name: place for layout in layouts for place in layout.places}
    pending = [unit for layout in layouts for unit in _sheet_units(layout, places)]
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
        changed: the givens that differ from those behind `given`; then only what depends on them is computed anew and
            returned.

    Returns:
        `sheet.block` → values, without those in `given` that nothing computed.
    """
    known: dict[str, Array] = dict(given)
    fresh: dict[str, Array] = {}
    dirty = None if changed is None else set(changed)
    for unit in computations:
        if dirty is not None and dirty.isdisjoint(unit.reads) and not (recalculated and unit.state):
            continue
        made = _run(unit, places, known, fresh, side, device, recalculated)
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


def resolve(function: str, side: Side) -> Callable[..., Mapping[str, Any]] | None:
    """The function `module.name` of a side; None where the witness has none.

    Raises:
        LessonError: the reference has none.
    """
    module, _, name = function.rpartition(".")
    found = getattr(import_module(f"engine.{side}.{module}"), name, None)
    if found is None and side == "reference":
        raise LessonError(f"engine.reference.{module} has no function {name!r}")
    return found


def _sheet_units(layout: SheetLayout, places: Mapping[str, Place]) -> list[Unit]:
    sheet = layout.sheet
    found: list[Unit] = []
    derived: set[str] = set()
    for derive in sheet.derive:
        function = resolve(derive.function, "reference")
        assert function is not None
        reads = {p: _full(derive.inputs.get(p, p), sheet.name) for p in inspect.signature(function).parameters}
        for parameter, name in reads.items():
            if name not in places:
                raise LessonError(
                    f"sheet {sheet.name}: {derive.function} needs {parameter!r}, and there is no block {name!r}"
                )
        state: dict[str, tuple[str, str]] = {}
        if derive.step:
            for block in sheet.blocks:
                previous = excel.state(block) if isinstance(block, Formula) else None
                if previous:
                    before, start = (_full(f"{n.sheet}.{n.name}" if n.sheet else n.name, sheet.name) for n in previous)
                    state[f"{sheet.name}.{block.name}"] = (before, start)
        makes = _makes(derive, sheet.name, places) | set(state)
        needs = (set(reads.values()) | {start for _, start in state.values()}) - set(state) - makes
        found.append(Unit(tuple(sorted(needs)), tuple(sorted(makes)), sheet.name, derive, state))
        derived |= makes
    for block in sheet.blocks:
        name = f"{sheet.name}.{block.name}"
        if isinstance(block, Formula) and name not in derived:
            source = excel.copied(block)
            if source:
                found.append(Unit((excel.resolve(source, places[name], places).name,), (name,), sheet.name, None, {}))
    return found


def _full(name: str, sheet: str) -> str:
    return name if "." in name else f"{sheet}.{name}"


def _makes(derive: Derive, sheet: str, places: Mapping[str, Place]) -> set[str]:
    """The blocks that a function's results fill, read from the keys of the dict that it returns."""
    from workbook.panel import result_keys

    makes = set()
    for key in result_keys(derive.function):
        target = derive.outputs.get(key, key)
        if not target:
            continue
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
) -> dict[str, Array]:
    if unit.derive is None:
        (source,), (target,) = unit.reads, unit.makes
        if side == "witness" and source not in fresh:
            return {}
        return {target: align(known[source], places[source], places[target])}
    function = resolve(unit.derive.function, side)
    if function is None:
        return {}
    call = _Call(unit, unit.derive, function, places, side, device)
    return call.steps(known, recalculated) if unit.derive.step else call.once(known)


@dataclass(frozen=True)
class _Call:
    unit: Unit
    derive: Derive
    function: Callable[..., Mapping[str, Any]]
    places: Mapping[str, Place]
    side: Side
    device: str

    def once(self, known: Values) -> dict[str, Array]:
        results = self._call({p: known[name] for p, name in self._parameters().items()})
        return {name: self._shaped(name, value, self.places[name].shape) for name, value in results.items()}

    def steps(self, known: Values, recalculated: Values | None) -> dict[str, Array]:
        axis = self.derive.step
        parameters = self._parameters()
        rows: dict[str, list[Array]] = {}
        total = next(self.places[name].sizes[axis] for name in self.unit.makes)
        for t in range(total):
            state = self._state(t, known, recalculated, rows)
            arguments = {}
            for parameter, name in parameters.items():
                if name in state:
                    arguments[parameter] = state[name]
                else:
                    arguments[parameter] = known[name][t] if axis in self.places[name].sizes else known[name]
            if self.side == "reference":
                for name, value in state.items():
                    rows.setdefault(name, []).append(value)
            for name, value in self._call(arguments).items():
                rows.setdefault(name, []).append(self._shaped(name, value, self.places[name].shape[1:]))
        return {name: np.stack(row) for name, row in rows.items()}

    def _state(
        self, t: int, known: Values, recalculated: Values | None, rows: Mapping[str, list[Array]]
    ) -> dict[str, Array]:
        """The state before step t: the start, or the step before as the sheet recalculated or this side computed it."""
        state: dict[str, Array] = {}
        for name, (before, start) in self.unit.state.items():
            if t == 0:
                place = self.places[name]
                inner = Place(
                    place.sheet,
                    place.title,
                    place.block,
                    dict(list(place.sizes.items())[1:]),
                    place.origin,
                    place.strides,
                )
                state[name] = align(known[start], self.places[start], inner)
            else:
                state[name] = recalculated[before][t - 1] if recalculated else rows[before][t - 1]
        return state

    def _parameters(self) -> dict[str, str]:
        names = inspect.signature(self.function).parameters
        return {p: _full(self.derive.inputs.get(p, p), self.unit.sheet) for p in names}

    def _call(self, arguments: Mapping[str, Array]) -> dict[str, Array]:
        """Call the function; block → values."""
        results = self.function(**{p: self._handed(value) for p, value in arguments.items()})
        made = {}
        for key, value in results.items():
            target = self.derive.outputs.get(key, key)
            if target:
                made[_full(target, self.unit.sheet)] = self._taken(value)
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

    def _shaped(self, name: str, value: Array, shape: tuple[int, ...]) -> Array:
        if value.shape != shape:
            raise LessonError(
                f"{name}: engine.{self.side}.{self.derive.function} gave shape {value.shape}, expected {shape}"
            )
        return value
