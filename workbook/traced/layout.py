"""Where blocks stand: weights above, activations in one band, gradients under them, ∂W and the new W under W."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import ceil, prod
from typing import Any

import numpy as np

from workbook.lesson.lesson import Computed, Fields, Formula, Given, Grid, Item, Role, Sheet
from workbook.plan import letters
from workbook.plan.layout import (
    DIGIT_PIXELS,
    LABEL_WIDTH,
    MARGIN_PIXELS,
    SIGN_WIDTH,
)
from workbook.traced.emit import Emitted, title_of
from workbook.traced.spec import Spec

COLUMN = 7.6
"""How wide a column of numbers is, in digits: four decimals and a sign, in any usual font."""

SCREEN = 1310
"""How many pixels of a sheet a screen of 1366 shows."""

LINE = 1200
"""How many pixels a line takes; other lines may make its columns wider."""

_SLACK = 120
"""By how many pixels a line may make a sheet wider that is wider than a screen."""

_HALF = 10
"""From so many columns on a line is long enough that what is wider than a screen begins in a new one."""

ONE_PAGE = 120
"""Up to so many rows a sheet prints on one page; on one that stands upright, beyond half of them."""

_HEADING = 0.85
"""How wide a letter of a heading is, in digits."""

_BANDS = ("parameter", "number", "value", "gradient", "part", "slope", "state", "new")
_ROLES: Mapping[str, Role] = {
    "value": "forward",
    "helper": "forward",
    "gradient": "backward",
    "part": "backward",
    "state": "update",
    "new": "update",
}
_ARITHMETIC = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "matmul": "×", "bmm": "×", "mm": "×"}
_WORDS = """
    Weights stand above, in a green frame; what they make runs from left to right in blue. Under each number stands, in
    orange, its gradient ∂: by how much the loss grows for each 1 that this number grows. Under the weights of a layer
    stand their gradient and, in green, the weights after the step. Change a yellow cell: all of it recalculates.
"""


def sheets_of(emitted: Emitted, computed: tuple[Computed, ...]) -> tuple[Sheet, ...]:
    """The sheets of a graph's blocks, in order; the first brings what computes them."""
    found = []
    for number, name in enumerate(emitted.sheets):
        specs = [spec for spec in emitted.builder.blocks.values() if spec.sheet == name]
        cells = sum(spec.count for spec in specs if spec.value is not None)
        drawing = _Drawing(specs)
        layout = drawing.items()
        found.append(
            Sheet(
                name=name,
                title=title_of(name),
                words=_WORDS + drawing.words(),
                blocks=tuple(_block(spec, drawing.named.get(spec.name, frozenset())) for spec in specs),
                layout=layout,
                computed=computed if number == 0 else (),
                summary=f"{cells:,} formulas",
                one_page=drawing.rows <= ONE_PAGE,
                portrait=drawing.rows > ONE_PAGE / 2,
                column_width=COLUMN,
            )
        )
    return tuple(found)


WIDEST_CORNER = 24
"""The characters that may stand before the names of columns; a column is as wide as they are."""


def _block(spec: Spec, named: frozenset[str]) -> Given | Formula:
    """The block of a lesson; `named` says which of its rows and columns bear their names."""
    learned = spec.leaf is not None and spec.leaf.kind == "parameter"
    common: dict[str, Any] = {
        "name": spec.name,
        "axes": " ".join(spec.axes),
        "across": " ".join(spec.across),
        "title": f"{spec.title}{_size(spec)}" if spec.axes else _FIELDS.get(spec.title, spec.title),
        "number_format": spec.number_format,
        "look": spec.look,
        "role": spec.role,
        "frame": bool(spec.axes) and (learned or spec.band == "new"),
        "apart": " ".join(spec.down[:-1]) if spec.parted else "",
        "width": spec.width,
        "rows": _names(spec, spec.down) if "rows" in named else (),
        "columns": _codes(spec, spec.across) if "columns" in named else (),
        "corner": _corner(spec.across) if {"rows", "columns"} <= named else "",
    }
    if spec.band == "field":
        common["words"] = spec.title
    if spec.value is not None:
        common["role"] = spec.role or _ROLES.get(spec.band)
        return Formula(pattern=spec.pattern, **common)
    value = None if spec.axes else float(np.ravel(spec.given)[0]) if spec.given is not None else 0.0
    whole = spec.leaf is not None and spec.leaf.dtype != "float64"
    if spec.fixed and common["role"] is None:
        common["role"] = "label"
    return Given(value=value, fixed=spec.fixed, low=spec.low, high=spec.high, whole=whole, **common)


_FIELDS = {"learning rate": "lr", "weight decay": "decay"}
"""What stands before a setting, where its name is long; the name stands after it."""


def _size(spec: Spec) -> str:
    """How many rows and columns a block has, or how long each of its axes is, as it stands on the sheet."""
    lengths = [spec.lengths[axis] for axis in (*spec.down, *spec.across)]
    return "  " + " × ".join(map(str, lengths)) if len(lengths) > 1 else ""


def _spelled(axes: Iterable[str]) -> str:
    return " · ".join(re.sub(r"_\d+$", "", axis).replace("_", " ") for axis in axes)


def _corner(axes: Iterable[str]) -> str:
    """The words before the names of columns; of several long axes, the last word of each."""
    axes = tuple(axes)
    whole = _spelled(axes)
    words = [_spelled([axis]).split()[-1] for axis in axes]
    return " · ".join(words) if len(whole) > WIDEST_CORNER and len(set(words)) == len(words) > 1 else whole


def _code(axis: str, others: Iterable[str]) -> str:
    """The short form of an axis beside others: the first letters of its last word, as few as tell it from these."""
    word = axis.split("_")[-1] if not axis.split("_")[-1].isdigit() else axis.split("_")[0]
    words = [other.split("_")[-1] for other in others if other != axis]
    length = next((n for n in range(1, len(word)) if not any(w.startswith(word[:n]) for w in words)), len(word))
    return word[:length]


def _codes(spec: Spec, axes: tuple[str, ...]) -> tuple[str, ...]:
    """The short name of each position along some axes: `t0`, `h1 t0`."""
    letters = [_code(axis, axes) for axis in axes]
    places = product(*(range(spec.lengths[axis]) for axis in axes))
    return tuple(" ".join(f"{a}{n}" for a, n in zip(letters, place, strict=True)) for place in places)


def _names(spec: Spec, axes: tuple[str, ...]) -> tuple[str, ...]:
    """The name of each row: `token 3`; short where several axes run down."""
    if len(axes) != 1:
        return _codes(spec, axes)
    return tuple(f"{_spelled(axes)} {n}" for n in range(spec.lengths[axes[0]]))


@dataclass
class _Column:
    """A number that was made, with all that belongs to it: band → its blocks, one below the other."""

    bands: dict[str, list[Spec]] = field(default_factory=dict)
    lead: float = SIGN_WIDTH
    fillers: int = 0

    @property
    def main(self) -> Spec | None:
        """The block of the band of activations."""
        return next(iter(self.bands.get("value", ())), None)

    def specs(self) -> Iterator[Spec]:
        """All of its blocks."""
        for specs in self.bands.values():
            yield from specs

    @property
    def columns(self) -> int:
        """How many columns of numbers it takes."""
        return max((_wide(spec) for spec in self.specs()), default=0)

    @property
    def widths(self) -> list[float]:
        """The widths of its columns, from its lead on."""
        wide = max((spec.width for spec in self.specs()), default=0.0)
        return [self.lead, *[max(COLUMN, wide)] * self.columns, *[COLUMN] * self.fillers]

    @property
    def rows(self) -> dict[str, int]:
        """Band → how many rows it takes."""
        return {band: sum(_high(spec) + 3 for spec in specs) for band, specs in self.bands.items()}


def _pixels(width: float) -> float:
    return DIGIT_PIXELS * width + MARGIN_PIXELS


def _wide(spec: Spec) -> int:
    return prod(spec.lengths[axis] for axis in spec.across)


def _high(spec: Spec) -> int:
    groups = prod(spec.lengths[axis] for axis in spec.down[:-1])
    return prod(spec.lengths[axis] for axis in spec.down) + (groups - 1 if spec.parted else 0)


def _widened(widths: Mapping[int, float], line: list[_Column]) -> dict[int, float]:
    """Column of the sheet → its width, with those of a line."""
    found = dict(widths)
    for number, width in enumerate(width for column in line for width in column.widths):
        found[number] = max(found.get(number, 0.0), width)
    return found


def _reach(line: list[_Column]) -> int:
    """How many columns of the sheet a line takes."""
    return sum(len(column.widths) for column in line)


class _Drawing:
    """Where the blocks of one sheet stand."""

    def __init__(self, specs: list[Spec]) -> None:
        """Of these blocks."""
        self.specs = specs
        self.named: dict[str, frozenset[str]] = {}
        self.rows = 0
        self._known = {spec.name: spec for spec in specs}
        self._makers = {
            spec.node.name: spec.name for spec in specs if spec.node is not None and spec.band in ("value", "helper")
        }

    def items(self) -> tuple[Item, ...]:
        """Settings one below the other, then columns of blocks, as many side by side as a screen shows."""
        fields = [spec for spec in self.specs if spec.band == "field"]
        columns = self._columns([spec for spec in self.specs if spec.band != "field"])
        items: list[Item] = [Fields(" ".join(spec.name for spec in fields))] if fields else []
        self.rows = len(fields)
        for line in self._wrapped(columns):
            self._name(line)
            self.rows += sum(max(column.rows.get(band, 0) for column in line) for band in _BANDS)
            items.append(Grid(_drawn(line, self.named)))
        return tuple(items)

    def words(self) -> str:
        """What rows of several axes are called, where there are such."""
        several = max((spec.down for spec in self.specs if len(spec.down) > 1), key=len, default=())
        if not several:
            return ""
        letters = [_code(axis, several) for axis in several]
        short = " ".join(f"{letter}0" for letter in letters)
        long = ", ".join(f"{_spelled([axis])} 0" for axis in several)
        return f"\n\nRows are called in short: {short} is {long}. Numbers count from 0, as in PyTorch."

    def _columns(self, specs: list[Spec]) -> list[_Column]:
        """A column for each number that was made, with all that belongs to it."""
        columns: list[_Column] = []
        home: dict[str, int] = {}
        for spec in specs:
            if spec.band in ("value", "helper") or (spec.band == "number" and not spec.across):
                home[spec.name] = len(columns)
                columns.append(_Column())
        columns = columns or [_Column()]
        for spec in specs:
            band, at = self._place(spec, home)
            columns[at].bands.setdefault(band, []).append(spec)
        return columns

    def _place(self, spec: Spec, home: Mapping[str, int]) -> tuple[str, int]:
        """The band and the column of a block."""
        if spec.name in home:
            return "value", home[spec.name]
        if spec.band == "number":
            axes = set(spec.axes)
            return "number", next((home[o.name] for o in self.specs if o.name in home and axes & set(o.across)), 0)
        of, band = spec, str(spec.band)
        if band == "part" and spec.node is not None and spec.node.name in self._makers:
            # What an operation adds to a gradient stands under that operation.
            known = self._known.get(spec.of)
            return "slope" if known and known.band == "parameter" else band, home[self._makers[spec.node.name]]
        for _ in range(len(self._known)):
            if of.name in home or of.of not in self._known or of.of == of.name:
                break
            of = self._known[of.of]
            if of.band == "parameter" and band in ("gradient", "part"):
                band = "slope"
        return band, home.get(of.name, 0)

    def _wrapped(self, columns: list[_Column]) -> list[list[_Column]]:
        """The columns in lines that a screen is wide enough for; what one operation makes stays together."""
        lines: list[list[_Column]] = [[]]
        widths: dict[int, float] = {}
        for unit in _units(columns):
            fits, together = self._fitting(lines[-1], unit, widths), self._fitting([], unit, widths)
            if not fits and lines[-1] and (together or _reach(lines[-1]) > _HALF):
                lines.append([])
            for column in unit:
                if lines[-1] and not self._fitting(lines[-1], [column], widths):
                    lines.append([])
                self._measure(lines[-1], [column])
                lines[-1].append(column)
                widths = _widened(widths, lines[-1])
        return [line for line in lines if line]

    def _fitting(self, line: list[_Column], unit: list[_Column], widths: Mapping[int, float]) -> bool:
        """Whether some columns still fit on the screen right of a line, given the columns that other lines have widened."""
        self._measure(line, unit)
        found = _widened(widths, [*line, *unit])
        own = sum(_pixels(found[number]) for number in range(_reach([*line, *unit])))
        before, after = (sum(map(_pixels, each.values())) for each in (widths, found))
        # A block that is wider than a screen has made the sheet wider than one already.
        return own <= LINE and (after <= SCREEN or after <= before + _SLACK)

    def _measure(self, line: list[_Column], unit: list[_Column]) -> None:
        """Set the widths of the places left and right of some columns at the end of a line."""
        for left, column in pairwise([line[-1] if line else None, *unit]):
            assert column is not None
            column.lead = self._lead(column, left)
            column.fillers = max(0, _letters(column) - column.columns)

    def _lead(self, column: _Column, before: _Column | None) -> float:
        """How wide the place left of a column is: for the names of rows, or a sign."""
        wanted = [
            max(letters.width(_names(spec, spec.down)[-1]), letters.width(_corner(spec.across)))
            for band, specs in column.bands.items()
            for spec in specs
            if spec.down and spec.count > 1 and not (before and _alike(before, band, spec))
        ]
        return min(ceil(max(wanted)) + 1.0, LABEL_WIDTH) if wanted else SIGN_WIDTH

    def _name(self, line: list[_Column]) -> None:
        """Mark which blocks bear names: of rows where the block to the left has other rows, of columns where there are several."""
        for before, column in pairwise([None, *line]):
            assert column is not None
            for band, specs in column.bands.items():
                for above, spec in pairwise([None, *specs]):
                    assert spec is not None
                    found = set()
                    if spec.down and spec.count > 1 and not (before and _alike(before, band, spec)):
                        found.add("rows")
                    if _wide(spec) > 1 and not (above and above.across == spec.across and not spec.down):
                        found.add("columns")
                    self.named[spec.name] = frozenset(found)


def _alike(before: _Column, band: str, spec: Spec) -> bool:
    """Whether the block to the left, whose names are read across, has the same rows."""
    others = before.bands.get(band, [])
    return len(others) == 1 and others[0].down == spec.down and others[0].parted == spec.parted


def _letters(column: _Column) -> int:
    """The number of columns that its longest heading takes."""
    longest = max((len(f"{spec.title}{_size(spec)}") for spec in column.specs()), default=0)
    return int(np.ceil(_HEADING * longest / COLUMN))


def _units(columns: list[_Column]) -> Iterator[list[_Column]]:
    """The columns of one operation, and of what it alone is given, together."""
    unit: list[_Column] = []
    node: object = None
    for column in columns:
        main = column.main
        own = main.node.name if main is not None and main.node is not None else None
        if unit and own is not None and own != node:
            yield unit
            unit = []
        node = own if own is not None else node
        unit.append(column)
    if unit:
        yield unit


def _sign(line: list[_Column], at: int) -> str:
    """The sign before the activation of a column: how it follows from the one before."""
    if not at:
        return "."
    before, main = line[at - 1].main, line[at].main
    following = line[at + 1].main if at + 1 < len(line) else None
    if before is None or main is None:
        return "|"
    if before.name in main.reads:
        two = line[at - 2].main if at > 1 else None
        joined = two is not None and two.name in main.reads and _arithmetic(main)
        return "=" if joined else "→"
    if following is not None and {before.name, main.name} <= following.reads:
        return _arithmetic(following) or "|"
    return "|"


def _arithmetic(spec: Spec) -> str:
    """The sign of an operation of two tensors."""
    name = spec.node.op if spec.node is not None else ""
    return _ARITHMETIC.get(name, "")


def _returned(line: list[_Column], at: int, row: int) -> str:
    """The sign before the gradient of a column: an arrow where the gradient to its left follows from it."""
    if not at or row:
        return "|"
    left, right = (line[k].bands.get("gradient", []) for k in (at - 1, at))
    return "←" if left and right and right[0].name in left[0].reads else "|"


def _drawn(line: list[_Column], named: Mapping[str, frozenset[str]]) -> str:
    """The drawing of a line of columns: a line of text for each row of blocks."""
    found = []
    for band in _BANDS:
        depth = max(len(column.bands.get(band, [])) for column in line)
        for row in range(depth):
            words = []
            for at, column in enumerate(line):
                specs = column.bands.get(band, [])
                sign = _sign(line, at) if (band, row) == ("value", 0) else "|" if at else "."
                sign = _returned(line, at, row) if band == "gradient" else sign
                if row < len(specs) and "rows" in named[specs[row].name]:
                    sign = "."
                words += [sign, specs[row].name if row < len(specs) else ".", *["."] * column.fillers]
            found.append(" ".join(words))
    return "\n".join(found)
