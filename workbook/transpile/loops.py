"""Recurrences as loops: columns (or rows) of formulas that feed each other step by step, as one loop over the steps.

A track is one column of the loop: its first cells may hold other formulas, or inputs, than the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from workbook.transpile.program import CellMap, Variable, hulls
from workbook.transpile.tree import Counter, Moving, Ref, rebuilt, walk

_WIDEST = 64


@dataclass(slots=True)
class Segment:
    """Steps from `start` up to `stop`, which share a formula as a function of the step."""

    start: int
    stop: int
    tree: Any


@dataclass(slots=True)
class Track:
    """One array of a loop, filled step by step.

    Attributes:
        variable: the array: from its first cell, which may come some steps after the first.
        segments: the formulas of its steps, in order; no tree: an input, or no cell at all.
        given: the input that its first cells are, if they are one.
        low: the row (or column) of the first step.
    """

    variable: Variable
    segments: list[Segment]
    given: Variable | None = None
    low: int = 0


@dataclass(slots=True)
class Loop:
    """Tracks in the order in which a step computes them; `axis` 0 runs down rows, 1 along columns."""

    axis: int
    steps: int
    tracks: list[Track]
    backward: bool = False
    absorbed: list[Variable] = field(default_factory=list)


def plan_loop(group: Sequence[Variable], cell_map: CellMap) -> Loop | None:
    """The loop that a recurrence is; None where it is none of one step after another.

    Args:
        group: the variables that read each other.
        cell_map: all variables of the program.
    """
    if any(v.region is None or v.region.whole for v in group):
        return None
    for axis in (0, 1):
        planned = _along(group, cell_map, axis)
        if planned is not None:
            return planned
    return None


def _along(group: Sequence[Variable], cell_map: CellMap, axis: int) -> Loop | None:
    if sum(_across(v, axis) for v in group) > _WIDEST or max(_length(v, axis) for v in group) < 2:
        return None
    chains = _chains([_column(v, k, axis) for v in group for k in range(_across(v, axis))], axis)
    absorbed: list[Variable] = []
    for chain in chains:
        if not _reach_back(chain, chains, group, cell_map, axis, absorbed):
            return None
    taken = {(v.sheet, _cross(v, axis), _start(v, axis)) for chain in chains for v in chain}
    lines = [(v.sheet, _cross(v, axis) + k, _start(v, axis)) for v in absorbed for k in range(_across(v, axis))]
    if any(line not in taken for line in lines):
        return None
    steps = max(sum(_length(v, axis) for v in chain) for chain in chains)
    tracks = [_track(chain, steps, axis) for chain in chains]
    for backward in (False, True):
        ordered = _ordered(tracks, axis, backward)
        if ordered is not None:
            return Loop(axis, steps, ordered, backward, absorbed)
    return None


def _chains(pieces: list[Variable], axis: int) -> list[list[Variable]]:
    """The columns (or rows) of formulas, those that continue each other together."""
    chains: list[list[Variable]] = []
    for piece in sorted(pieces, key=lambda v: (v.sheet, _cross(v, axis), _start(v, axis))):
        last = chains[-1][-1] if chains else None
        is_next = (
            last is not None
            and (last.sheet, _cross(last, axis)) == (piece.sheet, _cross(piece, axis))
            and _start(last, axis) + _length(last, axis) == _start(piece, axis)
        )
        if is_next:
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return chains


def _reach_back(
    chain: list[Variable],
    chains: list[list[Variable]],
    group: Sequence[Variable],
    cell_map: CellMap,
    axis: int,
    absorbed: list[Variable],
) -> bool:
    """Put in front of a chain what stands before it and is read as its own; False where that can't be."""
    cross = _cross(chain[0], axis)
    areas = [area for other in chains for v in other for sheet, area in hulls(v) if sheet == chain[0].sheet]
    spans = [(a[1], a[3], a[0], a[2]) if axis else (a[0], a[2], a[1], a[3]) for a in areas]
    low = min(
        (first for first, last, left, right in spans if left <= cross <= right and last >= _start(chain[0], axis)),
        default=_start(chain[0], axis),
    )
    while _start(chain[0], axis) > low:
        before = _before(chain[0], cell_map, axis)
        if before is None:
            return True
        is_wide = _across(before, axis) > 1
        if is_wide and before.tree is None:
            return True
        if any(before is v for v in group) or (not is_wide and any(before is v for v in absorbed)):
            return False
        if before.kind == "gaps":
            return False
        if before.tree is not None:
            if before.region is None or before.region.whole:
                return False
            if not any(before is v for v in absorbed):
                absorbed.append(before)
        chain.insert(0, _column(before, cross - _cross(before, axis), axis))
        if before.tree is None:
            return True
    return True


# One direction at a time: `axis` 0 steps down rows, 1 along columns.


def _start(v: Variable, axis: int) -> int:
    return v.column if axis else v.row


def _cross(v: Variable, axis: int) -> int:
    return v.row if axis else v.column


def _length(v: Variable, axis: int) -> int:
    return v.width if axis else v.height


def _across(v: Variable, axis: int) -> int:
    return v.height if axis else v.width


def _column(variable: Variable, k: int, axis: int) -> Variable:
    """The k-th column (or row) of a variable as a variable of its own."""
    if _across(variable, axis) == 1:
        return variable

    def fixed(moving: Moving) -> Moving:
        if axis == 0:
            return Moving(moving.base + k * moving.across, moving.down)
        return Moving(moving.base + k * moving.down, 0, moving.across)

    tree = changed(variable.tree, fixed)
    if axis == 0:
        return replace(variable, column=variable.column + k, width=1, tree=tree)
    return replace(variable, row=variable.row + k, height=1, tree=tree)


def changed(tree: Any, change: Callable[[Moving], Moving]) -> Any:
    """The tree with every moving row and column changed."""
    if isinstance(tree, Ref):
        return Ref(tree.sheet, *(change(m) for m in (tree.top, tree.left, tree.bottom, tree.right)))
    if isinstance(tree, Counter):
        return Counter(change(tree.value))
    return rebuilt(tree, lambda node: changed(node, change))


def _track(chain: list[Variable], steps: int, axis: int) -> Track:
    """A chain as a track of so many steps, the last at its end; its formulas as functions of the step."""
    high = _start(chain[-1], axis) + _length(chain[-1], axis)
    low = high - steps
    given = chain[0] if chain[0].tree is None else None
    segments: list[Segment] = []
    if _start(chain[0], axis) > low:
        segments.append(Segment(0, _start(chain[0], axis) - low, None))
    for piece in chain:
        shift = _start(piece, axis) - low
        tree = None if piece is given else changed(piece.tree, partial(_rebased, shift=shift, axis=axis))
        segments.append(Segment(shift, shift + _length(piece, axis), tree))
    kinds = {piece.kind for piece in chain}
    every: frozenset[str] | None = frozenset()
    for piece in chain:
        every = None if every is None or piece.seen is None else every | piece.seen
    cross, main = _cross(chain[0], axis), chain[-1]
    start = _start(chain[0], axis)
    place = (start, cross, high - start, 1) if axis == 0 else (cross, start, 1, high - start)
    kind = kinds.pop() if len(kinds) == 1 and kinds != {"gaps"} else "any"
    return Track(Variable(main.sheet, *place, kind, main.tree, main.region, seen=every), segments, given, low)


def _rebased(moving: Moving, shift: int, axis: int) -> Moving:
    if axis == 0:
        return replace(moving, base=moving.base - shift * moving.down)
    return replace(moving, base=moving.base - shift * moving.across)


def _before(variable: Variable, cell_map: CellMap, axis: int) -> Variable | None:
    """The variable that ends right above (or left of) one; it may be wider."""
    row, column = (variable.row - 1, variable.column) if axis == 0 else (variable.row, variable.column - 1)
    found = cell_map.within(variable.sheet, (row, column, row, column))
    return found[0] if len(found) == 1 else None


def _ordered(tracks: list[Track], axis: int, backward: bool) -> list[Track] | None:
    """The tracks in the order in which a step can compute them; None where a step reads a later one."""
    needs: dict[int, set[int]] = {k: set() for k in range(len(tracks))}
    for k, track in enumerate(tracks):
        for segment in track.segments:
            for ref in {node for node in walk(segment.tree) if isinstance(node, Ref)}:
                for other, target in enumerate(tracks):
                    read = _reads(ref, axis, segment, target)
                    if read is None:
                        continue
                    latest = _latest(read, segment, backward)
                    if latest > 0 or (latest == 0 and other == k):
                        return None
                    if latest == 0:
                        needs[k].add(other)
    try:
        return [tracks[k] for k in TopologicalSorter(needs).static_order()]
    except CycleError:
        return None


def _latest(read: tuple[Moving, Moving], segment: Segment, backward: bool) -> int:
    """How many steps ahead of itself (0: in the same step) a step reads at the most, in the direction of the loop."""
    first, last = read
    gaps = []
    for end in (first, last):
        for step in (segment.start, segment.stop - 1):
            at = end.base + end.down * step
            gaps.append((step - at) if backward else (at - step))
    return max(gaps)


def _reads(ref: Ref, axis: int, segment: Segment, track: Track) -> tuple[Moving, Moving] | None:
    """The first and last step of a track that a reference reads, moving with the step; None where it reads none."""
    if ref.sheet != track.variable.sheet:
        return None
    top, bottom, left, right = ref.top, ref.bottom, ref.left, ref.right
    if axis:
        turned = [Moving(m.base, m.across) for m in (left, right, top, bottom)]
        top, bottom, left, right = turned
    cross = _cross(track.variable, axis)
    steps = (segment.start, segment.stop - 1)
    if not min(left.base + left.down * k for k in steps) <= cross <= max(right.base + right.down * k for k in steps):
        return None
    start = _start(track.variable, axis)
    stop = start + _length(track.variable, axis)
    if max(bottom.base + bottom.down * k for k in steps) < start or min(top.base + top.down * k for k in steps) >= stop:
        return None
    return Moving(top.base - track.low, top.down), Moving(bottom.base - track.low, bottom.down)


__all__ = ["Loop", "Segment", "Track", "changed", "hulls", "plan_loop"]
