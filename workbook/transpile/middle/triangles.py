"""Formulas that fill a triangle, or all but a diagonal, as those of a causal mask or of distances do, as one array."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbook.formula.grammar import Binary, Call, Number
from workbook.formula.rectangle import overlap
from workbook.transpile.front.scan import Scanner
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref, depth, walk
from workbook.transpile.middle.loops import changed
from workbook.transpile.middle.order import order, reads_itself
from workbook.transpile.middle.variables import CellMap, Mask, Variable
from workbook.xlsx.read import Book
from workbook.xlsx.read import Cell as SheetCell

_LEAST = 3
"""The rows and the columns that a triangle has at the least."""
_AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
"""The steps from a cell to those that touch it."""
_FEW = 64
"""So many variables are compared in pairs, whatever their size."""
_DEEPEST = 60
"""How deep a formula of a triangle may nest: Python compares trees by recursion."""
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Triangles:
    """Formulas, some of them triangles; and what each triangle, by its id, was made of."""

    formulas: list[Variable]
    pieces: dict[int, list[Variable]]


def with_triangles(formulas: Sequence[Variable], book: Book) -> Triangles:
    """The formulas, those that fill a triangle together as one array, where its other cells are blank, or typed zeros.

    With blanks it is an array with a mask; with zeros a condition, unless it is part of a recurrence.
    """
    alike: dict[tuple[str, str, Any], list[Variable]] = {}
    scanner = Scanner()
    regions = ((v, v.region) for v in formulas if v.region is not None)
    skeletons = [(v, (v.sheet, region.skeleton or scanner.scan(region.formula)[0])) for v, region in regions]
    counts = Counter(skeleton for _, skeleton in skeletons)
    enough = [(v, skeleton) for v, skeleton in skeletons if counts[skeleton] >= _LEAST]
    beside = _beside_another(enough)
    for variable, _ in enough:
        # Trees are compared where that may tell something: most formulas of an irregular sheet are single.
        if id(variable) in beside and _may_join(variable):
            tree = changed(variable.tree, lambda _: AffineIndex(0))
            alike.setdefault((variable.sheet, variable.kind, tree), []).append(variable)
    made: dict[int, Variable] = {}
    pieces: dict[int, list[Variable]] = {}
    for (sheet, *_), found in alike.items():
        for triangle, together in _triangles(found, book.sheets[sheet].cells) if len(found) >= _LEAST else ():
            pieces[id(triangle)] = together
            made |= {id(piece): triangle for piece in together}
    kept = dict.fromkeys(id(made.get(id(v), v)) for v in formulas)
    by_id = {id(v): v for v in (*formulas, *made.values())}
    return _without_knots(Triangles([by_id[key] for key in kept], pieces))


def _beside_another(variables: Sequence[tuple[Variable, tuple[str, str]]]) -> set[int]:
    """The ids of the variables, but for cells that touch no cell of their sheet and skeleton; blanks in it don't count.

    Where not all of that skeleton are single cells, all of them are among these.
    """
    together: dict[tuple[str, str], list[Variable]] = {}
    for variable, (sheet, skeleton) in variables:
        together.setdefault((sheet, skeleton.replace(" ", "")), []).append(variable)
    found: set[int] = set()
    for members in together.values():
        cells = {(v.row, v.column) for v in members if v.rank == 0}
        is_any = len(cells) < len(members)
        found |= {id(v) for v in members if is_any or any((v.row + i, v.column + j) in cells for i, j in _AROUND)}
    return found


def _triangles(
    found: Sequence[Variable], filled: Mapping[Cell, SheetCell]
) -> Iterator[tuple[Variable, list[Variable]]]:
    """The triangles that some formulas of one skeleton fill, and what each is made of."""
    for loose in _connected(found, by_corners=True):
        whole = _triangle(loose, filled)
        if whole is not None:
            yield whole, loose
            continue
        # The two sides of a diagonal touch at its corners alone.
        for together in _connected(loose):
            triangle = _triangle(together, filled) if len(together) < len(loose) else None
            if triangle is not None:
                yield triangle, together


def _without_knots(triangles: Triangles) -> Triangles:
    """The same, what is part of a recurrence and has typed zeros taken apart: its zeros are inputs there."""
    if not any(v.typed for v in triangles.formulas):
        return triangles
    ordered = order(triangles.formulas, CellMap(triangles.formulas))
    knots = {id(v) for group in ordered if len(group) > 1 or reads_itself(group[0]) for v in group if v.typed}
    apart = [piece for v in triangles.formulas for piece in (triangles.pieces[id(v)] if id(v) in knots else [v])]
    return Triangles(apart, {key: pieces for key, pieces in triangles.pieces.items() if key not in knots})


def goes_down_rows(triangle: Variable) -> bool:
    """Whether a triangle can be computed row by row from the left, and each of its columns reads itself."""
    mask = triangle.mask
    if mask is None or mask.mirrored or mask.around or (not mask.upper and mask.offset + mask.height > mask.width):
        return False
    refs = [node for node in walk(triangle.tree) if isinstance(node, Ref) and node.sheet == triangle.sheet]
    own = [ref for ref in refs if overlap(ref.hull(mask.height, mask.width), triangle.rectangle)]
    fills = all(
        ref.is_cell and (ref.top.down, ref.top.across, ref.left.down, ref.left.across) == (1, 0, 0, 1) for ref in own
    )
    moves = [(ref.top.base - triangle.row, ref.left.base - triangle.column) for ref in own]
    return fills and all(move < (0, 0) for move in moves) and any(across == 0 for _, across in moves)


def _may_join(variable: Variable) -> bool:
    region = variable.region
    if variable.kind not in ("num", "text") or not variable.is_sure or region is None or region.whole or region.array:
        return False
    return depth(variable.tree) <= _DEEPEST


def _cells(variable: Variable) -> Iterator[Cell]:
    for row in range(variable.row, variable.row + variable.height):
        for column in range(variable.column, variable.column + variable.width):
            yield row, column


def _connected(variables: Sequence[Variable], *, by_corners: bool = False) -> list[list[Variable]]:
    """The variables that touch each other, directly or through others, together; `by_corners`: or whose corners do."""
    find = _beside_by_rectangles if len(variables) <= _FEW else _beside_by_cells
    beside = find(variables, by_corners)
    seen: set[int] = set()
    found: list[list[Variable]] = []
    for start in variables:
        if id(start) in seen:
            continue
        seen.add(id(start))
        queue, together = [start], list[Variable]()
        while queue:
            variable = queue.pop()
            together.append(variable)
            for other in beside(variable):
                if id(other) not in seen:
                    seen.add(id(other))
                    queue.append(other)
        found.append(together)
    return found


def _beside_by_rectangles(variables: Sequence[Variable], by_corners: bool) -> Callable[[Variable], Iterable[Variable]]:
    """What of a few variables, of any size, touches one of them."""
    return lambda variable: (other for other in variables if _touch(variable, other, by_corners))


def _beside_by_cells(variables: Sequence[Variable], by_corners: bool) -> Callable[[Variable], Iterable[Variable]]:
    """What of many variables, most of them small, touches one of them."""
    owner = {cell: variable for variable in variables for cell in _cells(variable)}
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if abs(i) + abs(j) == 1 or (by_corners and i and j)]

    def beside(variable: Variable) -> Iterator[Variable]:
        for row, column in _cells(variable):
            for down, across in steps:
                if (row + down, column + across) in owner:
                    yield owner[row + down, column + across]

    return beside


def _touch(one: Variable, other: Variable, by_corners: bool) -> bool:
    """Whether two rectangles share an edge, or a part of one; or a corner, where that is enough."""
    (a, b, c, d), (e, f, g, h) = one.rectangle, other.rectangle
    down, across = min(c, g) - max(a, e), min(d, h) - max(b, f)
    return (by_corners or (down, across) != (-1, -1)) and min(down, across) >= -1


def _triangle(pieces: list[Variable], filled: Mapping[Cell, SheetCell]) -> Variable | None:
    """The pieces as one array with a mask; None where they are no triangle of one formula, or other cells stand there.

    Args:
        pieces: formulas of one skeleton.
        filled: all cells of their sheet that hold something.
    """
    cells = {cell for piece in pieces for cell in _cells(piece)}
    top, left = min(r for r, _ in cells), min(c for _, c in cells)
    height, width = max(r for r, _ in cells) - top + 1, max(c for _, c in cells) - left + 1
    if min(height, width) < _LEAST or len(cells) == height * width:
        return None
    inside = {(row - top, column - left) for row, column in cells}
    mask = next((m for m in _masks(inside, height, width) if set(m.cells()) == inside), None)
    box = ((top + i, left + j) for i in range(height) for j in range(width))
    others = [filled[cell] for cell in box if cell in filled and cell not in cells]
    are_zeros = all(type(other.value) is float and other.value == 0 and other.formula is None for other in others)
    is_text = pieces[0].kind == "text"
    if mask is None or (others and (is_text or not (are_zeros and len(others) == height * width - len(cells)))):
        return None
    tree = _common(pieces, top, left)
    first = pieces[0]
    if tree is None or first.region is None:
        return None
    region = replace(first.region, row=top, column=left, height=height, width=width)
    place = (first.sheet, top, left, height, width)
    if others:
        return Variable(*place, "num", Call("IF", (_holds(mask), tree, Number(0.0))), region, typed=True)
    return Variable(*place, "any" if is_text else "gaps", tree, region, mask=mask)


def _holds(mask: Mask) -> Binary:
    """The condition that a cell is one of a triangle."""
    column = AffineIndex(mask.width - 1, 0, -1) if mask.mirrored else AffineIndex(0, 0, 1)
    operator = "<>" if mask.around else ">=" if mask.upper else "<="
    return Binary(operator, IndexValue(column), IndexValue(AffineIndex(mask.offset, 1)))


def _masks(inside: set[Cell], height: int, width: int) -> Iterator[Mask]:
    """The triangles that some cells of a rectangle may be, by what of its first row is among them."""
    across = sum(i == 0 for i, _ in inside)
    yield Mask(height, width, across - 1)
    yield Mask(height, width, across - 1, mirrored=True)
    yield Mask(height, width, width - across, upper=True)
    yield Mask(height, width, width - across, upper=True, mirrored=True)
    for mirrored in (False, True):
        first = [width - 1 - j if mirrored else j for j in range(width) if (0, j) not in inside]
        if len(first) == 1:
            yield Mask(height, width, first[0], mirrored=mirrored, around=True)


def _common(pieces: Sequence[Variable], top: int, left: int) -> Any | None:
    """The formula of all pieces, seen from the upper left corner of their rectangle; None where they have none."""
    tall = max(pieces, key=lambda v: v.height)
    wide = max(pieces, key=lambda v: v.width)
    downs = [m.down for m in _indices(tall.tree)]
    if wide.width > 1:
        acrosses = [m.across for m in _indices(wide.tree)]
    else:
        other = min((v for v in pieces if v.column != tall.column), key=lambda v: abs(v.column - tall.column))
        gap, rows = other.column - tall.column, other.row - tall.row
        gains = [
            m.base - (n.base + down * rows)
            for m, n, down in zip(_indices(other.tree), _indices(tall.tree), downs, strict=True)
        ]
        if any(gain % gap for gain in gains):
            return None
        acrosses = [gain // gap for gain in gains]
    bases = [
        m.base + down * (top - tall.row) + across * (left - tall.column)
        for m, down, across in zip(_indices(tall.tree), downs, acrosses, strict=True)
    ]
    common = [AffineIndex(*three) for three in zip(bases, downs, acrosses, strict=True)]
    if not all(_is_part(piece, common, top, left) for piece in pieces):
        return None
    left_over = iter(common)
    return changed(tall.tree, lambda _: next(left_over))


def _is_part(piece: Variable, common: Sequence[AffineIndex], top: int, left: int) -> bool:
    """Whether a piece has the formula of all."""
    i, j = piece.row - top, piece.column - left
    return all(
        own.base == whole.base + whole.down * i + whole.across * j
        and (piece.height == 1 or own.down == whole.down)
        and (piece.width == 1 or own.across == whole.across)
        for own, whole in zip(_indices(piece.tree), common, strict=True)
    )


def _indices(tree: Any) -> list[AffineIndex]:
    """All rows and columns of a formula's references, in order."""
    found: list[AffineIndex] = []

    def gathered(index: AffineIndex) -> AffineIndex:
        found.append(index)
        return index

    changed(tree, gathered)
    return found
