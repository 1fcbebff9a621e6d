"""Patterns → the formulas that cells hold.

A bare name means the same position along the axes shared with the formula's own block; an axis that the formula lacks is taken
whole, as a range. `$` stands where filling down or right would not move the reference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from workbook.errors import FormulaError
from workbook.address import column_letters, range_address
from workbook.formula.grammar import Call, Name, Node, parse, walk
from workbook.lesson import Formula
from workbook.place import Integers, Place

Places = Mapping[str, Place]
_CHUNK = 8192
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
        raise FormulaError(f"sheet {place.title}, block {place.block.name}: no block named '{name.name}' in {sheet}; known: {known}")
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
    """The formulas of a block, row by row; `step` is the axis along which PREV looks back.

    Raises:
        FormulaError: a name that is no block's, or a range with gaps.
    """
    block = place.block
    assert isinstance(block, Formula)
    pieces = _pieces(block, place, places, step)
    down, across = _shape(place, block.down_axes), _shape(place, block.across_axes)
    total, width = int(np.prod(down, dtype=np.int64)), int(np.prod(across, dtype=np.int64))
    spanned = [axis in block.array_axes for axis in (*block.down_axes, *block.across_axes)]
    height, length = place.extent(block.array_axes)
    across_index = np.unravel_index(np.arange(width), across) if across else ()
    for low in range(0, total, max(1, _CHUNK // width)):
        numbers = np.arange(low, min(total, low + max(1, _CHUNK // width)))
        down_index = np.unravel_index(numbers, down) if down else ()
        index = {axis: np.asarray(i)[:, None] for axis, i in zip(block.down_axes, down_index, strict=True)}
        index |= {axis: np.asarray(i)[None, :] for axis, i in zip(block.across_axes, across_index, strict=True)}
        tables = [piece.texts(index) if isinstance(piece, _Piece) else [[piece]] for piece in pieces]
        for i in range(len(numbers)):
            at = tuple(int(position[i]) for position in down_index)
            row = place.origin[0] + sum(n * place.strides[axis][0] for n, axis in zip(at, block.down_axes, strict=True))
            columns = [_cycle(table[i if len(table) > 1 else 0], width) for table in tables]
            texts = ["".join(parts) for parts in zip(*columns, strict=True)]
            arrays = [""] * width
            if block.array is not None:
                for j in range(width):
                    whole = (*at, *(int(position[j]) for position in across_index))
                    if any(n for n, inside in zip(whole, spanned, strict=True) if inside):
                        texts[j] = ""
                    else:
                        column = place.origin[1] + sum(
                            n * place.strides[axis][1] for n, axis in zip(whole[len(at) :], block.across_axes, strict=True)
                        )
                        arrays[j] = range_address(row, column, height, length)
            yield FormulaRow(at, row, texts, arrays)


def _shape(place: Place, axes: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(place.sizes[axis] for axis in axes)


def _cycle(texts: list[str], width: int) -> list[str]:
    return texts if len(texts) == width else texts * width


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
    step: str = ""
    start: "_Piece | None" = None

    def texts(self, index: Mapping[str, Integers]) -> list[list[str]]:
        """The reference's text for every position; one row or one column where it does not depend on the other direction."""
        if self.start is None:
            return self._texts(index)
        first = index[self.step] == 0
        before = self._texts({**index, self.step: np.maximum(index[self.step] - 1, 0)})
        begin = self.start._texts(index)
        rows, width = max(len(first), len(before), len(begin)), max(len(before[0]), len(begin[0]))
        return [
            _cycle((begin if first[i % len(first), 0] else before)[i % (len(begin) if first[i % len(first), 0] else len(before))], width)
            for i in range(rows)
        ]

    def _texts(self, index: Mapping[str, Integers]) -> list[list[str]]:
        row = np.full((1, 1), self.place.origin[0], dtype=np.int64)
        column = np.full((1, 1), self.place.origin[1], dtype=np.int64)
        for axis in self.aligned:
            rows, columns = self.place.strides[axis]
            row = row + index[axis] * rows if rows else row
            column = column + index[axis] * columns if columns else column
        moves_down = any(self.place.strides[axis][0] for axis in self.aligned)
        moves_across = any(self.place.strides[axis][1] for axis in self.aligned)
        row_mark, column_mark = "" if moves_down else "$", "" if moves_across else "$"
        first_rows, last_rows = _marked(row, row_mark), _marked(row + self.size[0] - 1, row_mark)
        first_columns, last_columns = _lettered(column, column_mark), _lettered(column + self.size[1] - 1, column_mark)
        height, width = np.broadcast_shapes(row.shape, column.shape)
        single = self.size == (1, 1)
        prefix = self.prefix
        table: list[list[str]] = []
        for i in range(height):
            k, m = i if len(first_rows) > 1 else 0, i if len(first_columns) > 1 else 0
            first = zip(_cycle(first_columns[m], width), _cycle(first_rows[k], width), strict=True)
            if single:
                table.append([f"{prefix}{c}{r}" for c, r in first])
            else:
                last = zip(_cycle(last_columns[m], width), _cycle(last_rows[k], width), strict=True)
                table.append([f"{prefix}{c}{r}:{d}{s}" for (c, r), (d, s) in zip(first, last, strict=True)])
        return table


def _marked(numbers: Integers, mark: str) -> list[list[str]]:
    return [[f"{mark}{number}" for number in line] for line in numbers.tolist()]


def _lettered(numbers: Integers, mark: str) -> list[list[str]]:
    return [[f"{mark}{column_letters(number)}" for number in line] for line in numbers.tolist()]


def _pieces(block: Formula, place: Place, places: Places, step: str) -> list[str | _Piece]:
    """The pattern cut at its names: text as it stands, and references."""
    references: list[tuple[tuple[int, int], _Piece]] = []
    inside_prev: set[tuple[int, int]] = set()
    tree: Node = parse(block.pattern)
    for node in walk(tree):
        if isinstance(node, Call) and node.function == "PREV":
            before, start = _prev(node, block.name)
            if step not in place.sizes:
                raise FormulaError(f"sheet {place.title}, block {block.name}: PREV needs an axis to look back along, axes are {block.axes!r}")
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
    return "".join(part if i % 2 else re.sub(r"\s+", "", part) for i, part in enumerate(re.split(r'("(?:[^"]|"")*")', text)))
