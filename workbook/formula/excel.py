"""Patterns → the formulas that cells hold.

A bare name means the same position along the axes shared with the formula's own block; an axis that the formula
lacks is taken whole, as a range. `$` stands where filling down or right would not move the reference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from workbook.address import column_letters, range_address
from workbook.errors import FormulaError
from workbook.formula.grammar import Call, Name, Node, parse, walk
from workbook.lesson import Formula
from workbook.place import Integers, Place

Places = Mapping[str, Place]
_CHUNK = 1024
"""How many cells' formulas are made at a time."""

_BARE_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CELL_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[rRcC]([0-9]*[cC][0-9]*)?")


@dataclass(frozen=True, slots=True)
class FormulaRow:
    """The formulas of one block in one row of its sheet.

    Args:
        index: the position along the block's down axes.
        row: the row, from 1.
        texts: a formula for each cell from left to right, without `=`; empty inside an array formula.
        arrays: the range of the array formula that starts at the cell; empty where none does.
    """

    index: tuple[int, ...]
    row: int
    texts: list[str]
    arrays: list[str]


def quoted(title: str) -> str:
    """A sheet's title as a formula spells it.

    >>> quoted("Ratings"), quoted("Dot product"), quoted("Q1")
    ('Ratings', "'Dot product'", "'Q1'")
    """
    bare = _BARE_TITLE.fullmatch(title) and not _CELL_LIKE.fullmatch(title)
    return title if bare else "'" + title.replace("'", "''") + "'"


def resolve(name: Name, place: Place, places: Places) -> Place:
    """The place of the block that a name in a pattern of `place` means.

    Raises:
        FormulaError: there is no such block; the message lists those there are.
    """
    sheet = name.sheet or place.sheet
    found = places.get(f"{sheet}.{name.name}")
    if found is None:
        known = ", ".join(sorted(other.block.name for other in places.values() if other.sheet == sheet)) or "none"
        raise FormulaError(
            f"sheet {place.title}, block {place.block.name}: no block named '{name.name}' in {sheet}; known: {known}"
        )
    return found


def copied(block: Formula) -> Name | None:
    """The name that the block copies, where its pattern is a bare name."""
    node = parse(block.pattern)
    return node if isinstance(node, Name) else None


def state(block: Formula) -> tuple[Name, Name] | None:
    """The block whose step before it holds and the block that it starts from, where its pattern is a bare PREV."""
    node = parse(block.pattern)
    if isinstance(node, Call) and node.function == "PREV":
        before, start = _prev(node, block.name)
        return before, start
    return None


def names(block: Formula) -> list[Name]:
    """All names in the block's pattern."""
    return [node for node in walk(parse(block.pattern)) if isinstance(node, Name)]


def formula_rows(place: Place, places: Places, step: str = "") -> Iterator[FormulaRow]:
    """The formulas of a block, row by row; PREV looks back along `step`, or along the only axis of a block without it.

    Raises:
        FormulaError: a name that is no block's, or a range with gaps.
    """
    block = place.block
    assert isinstance(block, Formula)
    if step not in place.sizes and len(place.sizes) == 1:
        (step,) = place.sizes
    down, across = _shape(place, block.down_axes), _shape(place, block.across_axes)
    total, width = prod(down), prod(across)
    filler = _Filler(
        _pieces(block, place, places, step),
        block,
        dict(zip(block.across_axes, _unravel(0, width, across), strict=True)),
        width,
    )
    height, length = place.extent(block.array_axes)
    lines = max(1, _CHUNK // width)
    arrays = [""] * width
    for low in range(0, total, lines):
        high = min(total, low + lines)
        position = _unravel(low, high, down)
        texts = filler.texts(dict(zip(block.down_axes, position, strict=True)), high - low, step)
        rows = np.full(high - low, place.origin[0], dtype=np.int64)
        for numbers, axis in zip(position, block.down_axes, strict=True):
            rows += numbers * place.strides[axis][0]
        indices = zip(*(numbers.tolist() for numbers in position), strict=True) if position else iter([()])
        for at, row, line in zip(indices, rows.tolist(), texts, strict=True):
            if block.array is not None:
                line, arrays = _spread(place, block, at, row, line, (height, length))
            yield FormulaRow(at, row, line, arrays)


def _unravel(low: int, high: int, shape: tuple[int, ...]) -> tuple[Integers, ...]:
    """The positions along each axis of the cells numbered low to high."""
    return tuple(np.unravel_index(np.arange(low, high), shape)) if shape else ()


def _spread(
    place: Place, block: Formula, at: tuple[int, ...], row: int, texts: list[str], size: tuple[int, int]
) -> tuple[list[str], list[str]]:
    """The texts and ranges of a row of array formulas: each stands in the first of the cells that it spans."""
    axes = (*block.down_axes, *block.across_axes)
    texts, arrays = list(texts), [""] * len(texts)
    for j, beside in enumerate(np.ndindex(_shape(place, block.across_axes))):
        if any(n for n, axis in zip((*at, *beside), axes, strict=True) if axis in block.array_axes):
            texts[j] = ""
        else:
            moves = (n * place.strides[axis][1] for n, axis in zip(beside, block.across_axes, strict=True))
            arrays[j] = range_address(row, place.origin[1] + sum(moves), *size)
    return texts, arrays


def _shape(place: Place, axes: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(place.sizes[axis] for axis in axes)


def _prev(node: Call, where: str) -> tuple[Name, Name]:
    match node.arguments:
        case (Name() as before, Name() as start):
            return before, start
        case _:
            raise FormulaError(f"block {where}: PREV takes two names, the block and the one it starts from")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A reference whose text depends on the position in the formula's own block."""

    place: Place
    prefix: str
    aligned: tuple[str, ...]
    size: tuple[int, int]
    before: str = ""
    start: "_Piece | None" = None

    def corners(self) -> list[tuple[str, int, int]]:
        """What its address is made of: text, direction (0 a row, 1 a column), and how far from the first cell."""
        marks = ["" if any(self.place.strides[axis][d] for axis in self.aligned) else "$" for d in (0, 1)]
        first = [(f"{self.prefix}{marks[1]}", 1, 0), (marks[0], 0, 0)]
        if self.size == (1, 1):
            return first
        return [*first, (f":{marks[1]}", 1, self.size[1] - 1), (marks[0], 0, self.size[0] - 1)]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A row or column number that changes down the block: base, axis → step, and what each column of the block adds."""

    column: bool
    base: int
    strides: Mapping[str, int]
    extra: tuple[int, ...]

    def values(self, index: Mapping[str, Integers], count: int, j: int) -> list[int] | list[str]:
        numbers = np.full(count, self.base + self.extra[j], dtype=np.int64)
        for axis, stride in self.strides.items():
            numbers += index[axis] * stride
        return _lettered(numbers) if self.column else numbers.tolist()


class _Filler:
    """What fills a block's cells: for each column a text with gaps, and what goes into the gaps row by row."""

    def __init__(
        self, pieces: list["str | _Piece"], block: Formula, across: Mapping[str, Integers], width: int
    ) -> None:
        self._across = across
        self._width = width
        self._later = self._compile(pieces, block, first=False)
        looks_back = any(isinstance(piece, _Piece) and piece.before for piece in pieces)
        self._first = self._compile(pieces, block, first=True) if looks_back else self._later

    def texts(self, down: Mapping[str, Integers], count: int, step: str) -> list[list[str]]:
        """The formulas of `count` rows whose positions along the down axes are given."""
        if self._first is self._later:
            return self._fill(self._later, down, count)
        if step in self._across:
            columns = (self._across[step] == 0).tolist()
            both = zip(self._fill(self._first, down, count), self._fill(self._later, down, count), strict=True)
            return [[x if first else y for first, x, y in zip(columns, *rows, strict=True)] for rows in both]
        begins = (down[step] == 0).tolist()
        later = self._fill(self._later, {**down, step: np.maximum(down[step], 1)}, count)
        if not any(begins):
            return later
        return [
            x if first else y for first, x, y in zip(begins, self._fill(self._first, down, count), later, strict=True)
        ]

    def _fill(
        self, compiled: tuple[list[str], list[_Slot]], index: Mapping[str, Integers], count: int
    ) -> list[list[str]]:
        templates, slots = compiled
        if not slots:
            return [[template % () for template in templates]] * count
        shared = all(not any(slot.extra) for slot in slots)
        gaps: list[tuple[int | str, ...]] = []
        columns: list[list[str]] = []
        for j, template in enumerate(templates):
            if j == 0 or not shared:
                gaps = list(zip(*(slot.values(index, count, j) for slot in slots), strict=True))
            columns.append([template % gap for gap in gaps])
        return (
            [[text] for text in columns[0]] if len(columns) == 1 else [list(row) for row in zip(*columns, strict=True)]
        )

    def _compile(self, pieces: list["str | _Piece"], block: Formula, *, first: bool) -> tuple[list[str], list[_Slot]]:
        texts: list[list[str]] = []
        slots: list[_Slot] = []
        for piece in pieces:
            if isinstance(piece, str):
                texts.append([piece.replace("%", "%%")] * self._width)
                continue
            chosen = piece.start if first and piece.start is not None else piece
            for text, direction, offset in chosen.corners():
                slot = self._slot(chosen, block, direction, offset)
                escaped = text.replace("%", "%%")
                if slot.strides:
                    slots.append(slot)
                    texts.append([f"{escaped}%s"] * self._width)
                else:
                    fixed = np.array(slot.extra) + slot.base
                    texts.append(
                        [f"{escaped}{number}" for number in (_lettered(fixed) if direction else fixed.tolist())]
                    )
        return ["".join(parts) for parts in zip(*texts, strict=True)], slots

    def _slot(self, piece: _Piece, block: Formula, direction: int, offset: int) -> _Slot:
        """Where one corner of a reference moves; a look back is one step less along the step axis."""
        base = piece.place.origin[direction] + offset
        extra = np.zeros(self._width, dtype=np.int64)
        strides: dict[str, int] = {}
        for axis in piece.aligned:
            stride = piece.place.strides[axis][direction]
            back = axis == piece.before
            if axis in block.across_axes:
                extra += (np.maximum(self._across[axis] - 1, 0) if back else self._across[axis]) * stride
            elif stride:
                strides[axis] = stride
                base -= stride if back else 0
        return _Slot(direction == 1, base, strides, tuple(extra.tolist()))


_LETTERS: dict[int, str] = {}


def _lettered(numbers: Integers) -> list[str]:
    listed: list[int] = numbers.tolist()
    for number in set(listed) - _LETTERS.keys():
        _LETTERS[number] = column_letters(number)
    return [_LETTERS[number] for number in listed]


def _pieces(block: Formula, place: Place, places: Places, step: str) -> list[str | _Piece]:
    """The pattern cut at its names: text as it stands, and references."""
    references: list[tuple[tuple[int, int], _Piece]] = []
    inside_prev: set[tuple[int, int]] = set()
    tree: Node = parse(block.pattern)
    for node in walk(tree):
        if isinstance(node, Call) and node.function == "PREV":
            before, start = _prev(node, block.name)
            if step not in place.sizes:
                raise FormulaError(
                    f"sheet {place.title}, block {block.name}: PREV needs an axis to look back along, "
                    f"axes are {block.axes!r}"
                )
            begin = _piece(start, block, place, places)
            piece = _piece(before, block, place, places)
            references.append((node.span, _Piece(piece.place, piece.prefix, piece.aligned, piece.size, step, begin)))
            inside_prev |= {before.span, start.span}
        elif isinstance(node, Name) and node.span not in inside_prev:
            references.append((node.span, _piece(node, block, place, places)))
    pieces: list[str | _Piece] = []
    at = 0
    for (low, high), piece in sorted(references, key=lambda reference: reference[0]):
        pieces += [_tight(block.pattern[at:low]), piece]
        at = high
    pieces.append(_tight(block.pattern[at:]))
    return [piece for piece in pieces if piece != ""]


def _piece(name: Name, block: Formula, place: Place, places: Places) -> _Piece:
    found = resolve(name, place, places)
    aligned = tuple(axis for axis in found.sizes if axis in place.sizes and axis not in block.array_axes)
    size = found.extent(axis for axis in found.sizes if axis not in aligned)
    if size != (1, 1) and block.pattern == name.name:
        raise FormulaError(f"sheet {place.title}, block {block.name}: a range of {found.name} in one cell")
    return _Piece(found, "" if found.sheet == place.sheet else f"{quoted(found.title)}!", aligned, size)


def _tight(text: str) -> str:
    """The text without blanks, but for those in strings."""
    return "".join(
        part if i % 2 else re.sub(r"\s+", "", part) for i, part in enumerate(re.split(r'("(?:[^"]|"")*")', text))
    )
