"""Patterns → the formulas that cells hold.

A bare name means the same position along the axes shared with the formula's own block; an axis that the formula
lacks is taken whole, as a range. `ALL(x)` takes all of x, `ALL(x, axis)` that axis whole, shared or not.
`ALONG(x, axis, other)` follows the formula's axis `other` where x has `axis`, so that a block can meet itself: over
(word, other), `SUMPRODUCT(vector, ALONG(vector, word, other))` is every word's product with every other.
`WINDOW(x, axis, other)` is the part of x that begins at the formula's position along `other` and slides with it, as
long as lets the last one end where x does; more pairs of axes slide too. `$` stands where filling down or right would
not move the reference.

Three more read a block through a program (`workbook.plan.views`), for arrays that are the same cells in another shape.
`VIEW(x, "p1,0")` shows x's cells by the program, one after the other, to the formula's own; `VIEW(x, "p1,0", 1)` takes
its last dimension whole, as a range. `BACK(x, "s0:2:4:1", "")` goes the other way: where the first program, over the
formula's own block, shows a cell, it is x's that the second shows there; other cells have none. `GATHER(a, b)` is the
sum of those of its terms whose BACKs are there, and where none is 0, or n by a last term OUTSIDE(n).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from workbook.errors import FormulaError
from workbook.formula.address import column_letters, in_quotes
from workbook.formula.grammar import Call, Name, Node, walk
from workbook.formula.lookups import looked_in
from workbook.lesson.lesson import Formula
from workbook.plan.patterns import Places, all_names, along_names, prev_names, resolve, tree_of, window_names
from workbook.plan.place import Integers, Place
from workbook.plan.viewed import Viewed, is_viewed

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
        texts: a formula for each cell from left to right, without `=`.
    """

    index: tuple[int, ...]
    row: int
    texts: list[str]


def quoted(title: str) -> str:
    """A sheet's title as a formula spells it.

    >>> quoted("Ratings"), quoted("Dot product"), quoted("Q1")
    ('Ratings', "'Dot product'", "'Q1'")
    """
    bare = _BARE_TITLE.fullmatch(title) and not _CELL_LIKE.fullmatch(title)
    return title if bare else in_quotes(title)


def formula_rows(place: Place, places: Places, step: str = "") -> Iterator[FormulaRow]:
    """The formulas of a block, row by row; PREV looks back along `step`, or along the only axis of a block without it.

    Raises:
        FormulaError: a name that is no block's, or a range with gaps.
    """
    block = place.block
    assert isinstance(block, Formula)
    if is_viewed(block.pattern):
        yield from _viewed_rows(place, places)
        return
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
    lines = max(1, _CHUNK // width)
    for low in range(0, total, lines):
        high = min(total, low + lines)
        position = _unravel(low, high, down)
        texts = filler.texts(dict(zip(block.down_axes, position, strict=True)), high - low, step)
        rows = np.full(high - low, place.origin[0], dtype=np.int64)
        for numbers, axis in zip(position, block.down_axes, strict=True):
            rows += numbers * place.strides[axis][0]
        indices = zip(*(numbers.tolist() for numbers in position), strict=True) if position else iter([()])
        for at, row, line in zip(indices, rows.tolist(), texts, strict=True):
            yield FormulaRow(at, row, line)


def _viewed_rows(place: Place, places: Places) -> Iterator[FormulaRow]:
    """The formulas of a block whose pattern reads through programs."""
    block = place.block
    assert isinstance(block, Formula)
    viewed = Viewed(place, lambda name: resolve(name, place, places), lambda found: _prefix(found, place))
    texts = viewed.texts(_tight(block.pattern))
    down, across = _shape(place, block.down_axes), _shape(place, block.across_axes)
    order = [list(place.sizes).index(axis) for axis in (*block.down_axes, *block.across_axes)]
    lines = np.arange(place.count).reshape(place.shape).transpose(order).reshape(prod(down), prod(across))
    rows = place.rows.ravel()[lines[:, 0]].tolist()
    for at, row, line in zip(np.ndindex(*down), rows, lines.tolist(), strict=True):
        yield FormulaRow(at, row, [texts[cell] for cell in line])


def _prefix(found: Place, place: Place) -> str:
    """The sheet that a reference names, where it is another."""
    return "" if found.sheet == place.sheet else f"{quoted(found.title)}!"


def _unravel(low: int, high: int, shape: tuple[int, ...]) -> tuple[Integers, ...]:
    """The positions along each axis of the cells numbered low to high."""
    return tuple(np.unravel_index(np.arange(low, high), shape)) if shape else ()


def _shape(place: Place, axes: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(place.sizes[axis] for axis in axes)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A reference whose text depends on the position in the formula's own block."""

    place: Place
    prefix: str
    followed: Mapping[str, str]
    """The formula's axis → the axis of the block read that moves with it."""
    size: tuple[int, int]
    before: str = ""
    start: "_Piece | None" = None
    is_range: bool = False
    """Whether it is spelled as a range even where it is one cell: ironcalc's look-ups take no other."""

    def corners(self) -> list[tuple[str, int, int]]:
        """What its address is made of: text, direction (0 a row, 1 a column), and how far from the first cell."""
        marks = ["" if any(self.place.strides[axis][d] for axis in self.followed.values()) else "$" for d in (0, 1)]
        first = [(f"{self.prefix}{marks[1]}", 1, 0), (marks[0], 0, 0)]
        if self.size == (1, 1) and not self.is_range:
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
        for axis, source in piece.followed.items():
            stride = piece.place.strides[source][direction]
            back = axis == piece.before
            if axis in block.across_axes:
                extra += (np.maximum(self._across[axis] - 1, 0) if back else self._across[axis]) * stride
            elif stride:
                strides[axis] = stride
                base -= stride if back else 0
        return _Slot(direction == 1, base, strides, tuple(extra.tolist()))


def _lettered(numbers: Integers) -> list[str]:
    return list(map(column_letters, numbers.tolist()))


def _pieces(block: Formula, place: Place, places: Places, step: str) -> list[str | _Piece]:
    """The pattern cut at its names: text as it stands, and references."""
    references: list[tuple[tuple[int, int], _Piece]] = []
    inside: set[tuple[int, int]] = set()
    tree = tree_of(block.pattern)
    ranges = set(_ranges(tree))
    for node in walk(tree):
        match node:
            case Call("PREV"):
                before, start = prev_names(node, block.name)
                if step not in place.sizes:
                    raise FormulaError(
                        f"sheet {place.title}, block {block.name}: PREV needs an axis to look back along, "
                        f"axes are {block.axes!r}"
                    )
                piece = replace(_piece(before, place, places), before=step, start=_piece(start, place, places))
                inside |= {before.span, start.span}
            case Call("ALL"):
                name, *whole = all_names(node, block.name)
                piece = _piece_whole(name, [axis.name for axis in whole], place, places)
                inside |= {name.span, *(axis.span for axis in whole)}
            case Call("ALONG"):
                name, axis, other = along_names(node, block.name)
                piece = _piece_along(name, axis.name, other.name, place, places)
                inside |= {name.span, axis.span, other.span}
            case Call("WINDOW"):
                name, *axes = window_names(node, block.name)
                piece = _piece_window(name, [axis.name for axis in axes], place, places)
                inside |= {name.span, *(axis.span for axis in axes)}
            case Name() if node.span not in inside:
                piece = replace(_piece(node, place, places), is_range=node.span in ranges)
            case _:
                continue
        references.append((node.span, piece))
    pieces: list[str | _Piece] = []
    at = 0
    for (low, high), piece in sorted(references, key=lambda reference: reference[0]):
        pieces += [_tight(block.pattern[at:low]), piece]
        at = high
    pieces.append(_tight(block.pattern[at:]))
    return [piece for piece in pieces if piece != ""]


def _ranges(tree: Node) -> Iterator[tuple[int, int]]:
    """Where the names stand that are ranges to their function, whatever their size."""
    for node in walk(tree):
        if isinstance(node, Call):
            yield from (argument.span for argument in looked_in(node) if isinstance(argument, Name))


def _piece(name: Name, place: Place, places: Places, follow: Mapping[str, str] | None = None) -> _Piece:
    """The reference to a block: it follows the axes that both share, or those of `follow`, the formula's → its own."""
    found = resolve(name, place, places)
    followed = {axis: axis for axis in found.sizes if axis in place.sizes} if follow is None else follow
    size = found.extent(axis for axis in found.sizes if axis not in followed.values())
    if size != (1, 1) and place.block.pattern == name.name:  # type: ignore[union-attr]
        raise FormulaError(f"sheet {place.title}, block {place.block.name}: a range of {found.name} in one cell")
    return _Piece(found, _prefix(found, place), followed, size)


def _piece_whole(name: Name, whole: Sequence[str], place: Place, places: Places) -> _Piece:
    """The reference to a block that takes some axes whole that it shares with the formula; all, where none is named."""
    found = resolve(name, place, places)
    for axis in whole:
        if axis not in found.sizes:
            where = f"sheet {place.title}, block {place.block.name}"
            raise FormulaError(f"{where}: ALL names the axis {axis!r}, axes of {found.name} are {list(found.sizes)}")
    left = [axis for axis in found.sizes if axis in place.sizes and whole and axis not in whole]
    return _piece(name, place, places, follow={axis: axis for axis in left})


def _piece_along(name: Name, axis: str, other: str, place: Place, places: Places) -> _Piece:
    """The reference to a block that follows the formula's axis `other` where the block has `axis`."""
    found = resolve(name, place, places)
    where = _follows("ALONG", found, axis, place, other)
    if found.sizes[axis] != place.sizes[other]:
        sizes = f"{found.sizes[axis]} and {place.sizes[other]}"
        raise FormulaError(f"{where}: ALONG needs axes of one length, {axis} and {other} have {sizes}")
    shared = {own: own for own in found.sizes if own in place.sizes and own not in (axis, other)}
    return _piece(name, place, places, follow={**shared, other: axis})


def _piece_window(name: Name, axes: Sequence[str], place: Place, places: Places) -> _Piece:
    """The reference to a part of a block that slides: `axes` are its own, each with the formula's that moves it."""
    found = resolve(name, place, places)
    slides = dict(zip(axes[1::2], axes[::2], strict=True))
    lengths = dict(found.sizes)
    for other, axis in slides.items():
        where = _follows("WINDOW", found, axis, place, other)
        lengths[axis] = found.sizes[axis] - place.sizes[other] + 1
        if lengths[axis] < 1:
            sizes = f"{axis} has {found.sizes[axis]}, {other} {place.sizes[other]}"
            raise FormulaError(f"{where}: WINDOW slides along more steps than {found.name} has; {sizes}")
    shared = {own: own for own in found.sizes if own in place.sizes and own not in slides.values()}
    size = replace(found, sizes=lengths).extent(axis for axis in lengths if axis not in shared)
    return _Piece(found, _prefix(found, place), {**shared, **slides}, size)


def _follows(call: str, found: Place, axis: str, place: Place, other: str) -> str:
    """The place of a formula that lets a block's axis follow one of its own; both axes must exist."""
    where = f"sheet {place.title}, block {place.block.name}"
    for wanted, owner in ((axis, found), (other, place)):
        if wanted not in owner.sizes:
            known = list(owner.sizes)
            raise FormulaError(f"{where}: {call} names the axis {wanted!r}, axes of {owner.name} are {known}")
    return where


def _tight(text: str) -> str:
    """The text without blanks outside strings."""
    return "".join(
        part if i % 2 else re.sub(r"\s+", "", part) for i, part in enumerate(re.split(r'("(?:[^"]|"")*")', text))
    )
