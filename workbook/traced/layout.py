"""Where blocks stand: weights above, activations in one band, gradients under them, ∂W and the new W under W."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

import numpy as np

from workbook.lesson.lesson import Computed, Fields, Formula, Given, Grid, Item, Sheet
from workbook.traced.builder import Spec
from workbook.traced.emit import Emitted

SCREEN = 30
"""How many columns of numbers a screen shows beside each other."""

_BANDS = ("number", "parameter", "value", "gradient", "part", "slope", "state", "new")
_WORDS = """
    Weights stand above, the numbers that they make in one band from left to right, the gradient of each below it. Under
    the weights of an operation stand their gradient and, below that, the weights after the step. Change a yellow cell:
    all of it recalculates.
"""


def title_of(sheet: str) -> str:
    """What a sheet's tab says."""
    return sheet.replace("_", " ").capitalize()[:31]


def sheets_of(emitted: Emitted, computed: tuple[Computed, ...]) -> tuple[Sheet, ...]:
    """The sheets of a graph's blocks, in order; the first brings what computes them."""
    found = []
    for number, name in enumerate(emitted.sheets):
        specs = [spec for spec in emitted.builder.blocks.values() if spec.sheet == name]
        cells = sum(spec.count for spec in specs if spec.value is not None)
        found.append(
            Sheet(
                name=name,
                title=title_of(name),
                words=_WORDS,
                blocks=tuple(map(_block, specs)),
                layout=_layout(specs),
                computed=computed if number == 0 else (),
                summary=f"{cells:,} formulas",
                one_page=cells <= 600,
            )
        )
    return tuple(found)


def _block(spec: Spec) -> Given | Formula:
    """The block of a lesson."""
    common: dict[str, Any] = {
        "name": spec.name,
        "axes": " ".join(spec.axes),
        "across": " ".join(spec.across),
        "title": spec.title,
        "number_format": spec.number_format,
        "look": spec.look,
        "role": spec.role,
    }
    if spec.value is not None:
        return Formula(pattern=spec.pattern, **common)
    value = None if spec.axes else float(np.ravel(spec.given)[0]) if spec.given is not None else 0.0
    whole = spec.leaf is not None and spec.leaf.dtype != "float64"
    if spec.fixed and common["role"] is None:
        common["role"] = "label"
    return Given(value=value, fixed=spec.fixed, low=spec.low, high=spec.high, whole=whole, **common)


def _layout(specs: list[Spec]) -> tuple[Item, ...]:
    """Scalars one below the other, then columns of blocks, as many side by side as a screen shows."""
    scalars = [spec for spec in specs if not spec.axes]
    order = {"field": 0, "parameter": 1, "value": 2, "helper": 2, "gradient": 3, "part": 3, "state": 4, "new": 5}
    fields = sorted(scalars, key=lambda spec: order.get(spec.band, 9))
    items: list[Item] = [Fields(" ".join(spec.name for spec in fields))] if fields else []
    columns = _columns([spec for spec in specs if spec.axes])
    return (*items, *(Grid(_drawn(group)) for group in _wrapped(columns)))


def _columns(specs: list[Spec]) -> list[dict[str, list[Spec]]]:
    """The blocks by columns, in each by bands: a column for each number that was made, with all that belongs to it."""
    columns: list[dict[str, list[Spec]]] = []
    home: dict[str, int] = {}
    for spec in specs:
        if spec.band in ("value", "helper"):
            home[spec.name] = len(columns)
            columns.append({})
    if not columns:
        columns.append({})
    known = {spec.name: spec for spec in specs}
    for spec in specs:
        band, at = _place(spec, known, home, specs)
        columns[at].setdefault(band, []).append(spec)
    return columns


def _place(spec: Spec, known: Mapping[str, Spec], home: Mapping[str, int], specs: list[Spec]) -> tuple[str, int]:
    """The band and the column of a block."""
    if spec.name in home:
        return "value", home[spec.name]
    if spec.band == "number":
        axes = set(spec.axes)
        return "number", next((home[other.name] for other in specs if other.name in home and axes & set(other.axes)), 0)
    of, band = spec, spec.band
    for _ in range(len(known)):
        if of.name in home or of.of not in known or of.of == of.name:
            break
        of = known[of.of]
        if of.band == "parameter" and band in ("gradient", "part"):
            band = "slope"  # type: ignore[assignment]
    return band, home.get(of.name, 0)


def _wrapped(columns: Iterable[dict[str, list[Spec]]]) -> list[list[dict[str, list[Spec]]]]:
    """The columns in groups that a screen is wide enough for."""
    groups: list[list[dict[str, list[Spec]]]] = [[]]
    total = 0
    for column in columns:
        width = max((_width(spec) for bands in column.values() for spec in bands), default=0)
        if not width:
            continue
        if total + width > SCREEN and groups[-1]:
            groups.append([])
            total = 0
        groups[-1].append(column)
        total += width + 1
    return [group for group in groups if group]


def _width(spec: Spec) -> int:
    return prod(spec.lengths[axis] for axis in spec.across)


def _drawn(group: list[dict[str, list[Spec]]]) -> str:
    """The drawing of a group: a line for each row of blocks."""
    lines = []
    for band in _BANDS:
        depth = max(len(column.get(band, [])) for column in group)
        for row in range(depth):
            names = [column[band][row].name if row < len(column.get(band, [])) else "." for column in group]
            lines.append(". " + " | ".join(names))
    return "\n".join(lines)
