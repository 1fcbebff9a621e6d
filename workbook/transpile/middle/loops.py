"""Recurrences as loops: columns (or rows) of formulas that feed each other step by step, as one loop over the steps.

A track is one column of the loop: its first cells may hold other formulas, or inputs, than the rest.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from workbook.formula.rectangle import Rectangle
from workbook.transpile.front.tree import AffineIndex, Choice, IndexValue, Ref, rebuilt, walk
from workbook.transpile.middle.blanks import from_blank
from workbook.transpile.middle.variables import CellMap, Variable, hulls

_WIDEST = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """Steps from `start` up to `stop`: of one formula, as a function of the step, or given; else no cell at all.

    Attributes:
        start: the first step.
        stop: the step after the last.
        tree: the formula; None where there is none.
        given: the input that the steps are.
        line: which column (or row) of the input, from 0.
    """

    start: int
    stop: int
    tree: Any
    given: Variable | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """One array of a loop, filled step by step.

    Attributes:
        variable: the array: from its first cell, which may come some steps after the first.
        segments: what its steps are, in order.
        low: the row (or column) of the first step.
    """

    variable: Variable
    segments: list[Segment]
    low: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """Tracks in the order in which a step computes them; `axis` 0 runs down rows, 1 along columns."""

    axis: int
    steps: int
    tracks: list[Track]
    backward: bool = False
    absorbed: list[Variable] = field(default_factory=list)


def plan_loop(group: Sequence[Variable], cell_map: CellMap, free: Set[int]) -> Loop | None:
    """The loop that a recurrence is; None where it is none of one step after another.

    Args:
        group: the variables that read each other.
        cell_map: all variables of the program.
        free: the ids of the formulas that are in no recurrence: a loop may compute them as steps of its own.
    """
    if any(v.region is None or v.region.whole for v in group):
        return None
    for axis in (0, 1):
        planned = _along(group, cell_map, axis, free)
        if planned is not None:
            return planned
    return None


def _along(group: Sequence[Variable], cell_map: CellMap, axis: int, free: Set[int]) -> Loop | None:
    if sum(_across(v, axis) for v in group) > _WIDEST or max(_length(v, axis) for v in group) < 2:
        return None
    columns = [_column(v, k, axis) for v in group for k in range(_across(v, axis))]
    chains = _chains([piece for column in columns for piece in from_blank(column, cell_map, axis)], axis)
    absorbed: list[Variable] = []
    lines = _Lines(cell_map, axis, [place for v in group for place in hulls(v)], free, absorbed)
    sizes: list[int] = []
    while sizes != [len(chain) for chain in chains]:
        sizes = [len(chain) for chain in chains]
        if not all(lines.extend(chain, chains) for chain in chains):
            return None
    taken = {(v.sheet, _cross(v, axis), _start(v, axis)) for chain in chains for v in chain}
    whole = [(v.sheet, _cross(v, axis) + k, _start(v, axis)) for v in absorbed for k in range(_across(v, axis))]
    if any(line not in taken for line in whole):
        return None
    steps = max(sum(_length(v, axis) for v in chain) for chain in chains)
    tracks = [_track(chain, steps, axis, lines.given) for chain in chains]
    for backward in (False, True):
        ordered = _ordered(tracks, axis, backward)
        if ordered is not None:
            loop = Loop(axis, steps, ordered, backward, absorbed)
            return loop if backward else _from_first_formulas(loop)
    return None


def _from_first_formulas(loop: Loop) -> Loop:
    """The loop without its first step, where that is a row of states that some columns start from and nothing else."""
    starts = [track.segments[0] for track in loop.tracks]
    if any(s.tree is not None or s.stop != 1 for s in starts) or len({s.given is None for s in starts}) < 2:
        return loop
    axis = loop.axis
    given = {
        (track.variable.sheet, _cross(track.variable, axis), track.low)
        for track in loop.tracks
        if track.segments[0].given is not None
    }

    def moved(node: Any, *, starts: bool) -> Any:
        if not isinstance(node, Ref):
            return rebuilt(node, partial(moved, starts=starts))
        ref = changed(node, partial(_rebased, shift=-1, axis=axis))
        across, along = (ref.left, ref.top) if axis == 0 else (ref.top, ref.left)
        is_state = across.is_fixed and not along.is_fixed and (ref.sheet, across.base, along.base) in given
        if not (starts and ref.is_cell and is_state):
            return ref
        start = Ref(ref.sheet, *(AffineIndex(m.base) for m in (ref.top, ref.left, ref.bottom, ref.right)))
        return Choice(start, ref)

    tracks: list[Track] = []
    for track in loop.tracks:
        segments = [
            Segment(s.start - 1, s.stop - 1, moved(s.tree, starts=s.start == 1), s.given, s.line)
            for s in track.segments[1:]
        ]
        variable = track.variable
        if track.segments[0].given is not None:
            row, column = (variable.row + 1, variable.column) if axis == 0 else (variable.row, variable.column + 1)
            size = (variable.height - 1, variable.width) if axis == 0 else (variable.height, variable.width - 1)
            variable = replace(variable, row=row, column=column, height=size[0], width=size[1])
        tracks.append(Track(variable, segments, track.low + 1))
    every = [(ref, s) for t in tracks for s in t.segments for ref in walk(s.tree) if isinstance(ref, Ref)]
    if any(_reads_start(ref, segment, axis, given) for ref, segment in every):
        return loop
    return replace(loop, steps=loop.steps - 1, tracks=tracks)


def _reads_start(ref: Ref, segment: Segment, axis: int, given: set[tuple[str, int, int]]) -> bool:
    """Whether a reference, but for the first cell that a choice begins with, reads one of the states in a step."""
    if ref.is_cell and ref.top.is_fixed and ref.left.is_fixed:
        return False
    ahead = Segment(max(segment.start, 1), max(segment.stop, 2), None) if ref.is_cell else segment
    ends = [
        [corner.base + (corner.across if axis else corner.down) * step for step in (ahead.start, ahead.stop - 1)]
        for corner in (ref.top, ref.left, ref.bottom, ref.right)
    ]
    top, left, bottom, right = min(ends[0]), min(ends[1]), max(ends[2]), max(ends[3])
    along, across = ((left, right), (top, bottom)) if axis else ((top, bottom), (left, right))
    return any(
        sheet == ref.sheet and across[0] <= cross <= across[1] and along[0] <= low <= along[1]
        for sheet, cross, low in given
    )


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


@dataclass(frozen=True, slots=True)
class _Lines:
    """What stands before and after the columns (or rows) of a recurrence, and is read as theirs.

    Attributes:
        cell_map: all variables of the program.
        axis: the direction of its steps.
        areas: all that the recurrence reads.
        free: the ids of the formulas that may become part of it.
        absorbed: gathers the formulas of other variables that become part of it.
        given: of an input among a column's pieces, by the id of the piece: the input, and which column of it.
    """

    cell_map: CellMap
    axis: int
    areas: list[tuple[str, Rectangle]]
    free: Set[int]
    absorbed: list[Variable]
    given: dict[int, tuple[Variable, int]] = field(default_factory=dict)

    def extend(self, chain: list[Variable], chains: list[list[Variable]]) -> bool:
        """Add to a column what stands before and after it; False where that can't be."""
        axis, cross = self.axis, _cross(chain[0], self.axis)
        spans = [
            (a[1], a[3]) if axis else (a[0], a[2])
            for sheet, a in self.areas
            if sheet == chain[0].sheet and a[1 - axis] <= cross <= a[3 - axis]
        ]
        start, stop = _start(chain[0], axis), _stop(chain[-1], axis)
        low = min((first for first, last in spans if last >= start), default=start)
        for first, second in (pair for other in chains for pair in pairwise(other)):
            # The first step of another column reads what stands before this one, its next step the first of this one.
            reads = [_spans(piece, chain[0].sheet, cross, axis) for piece in (first, second)]
            if any(top == start for top, _ in reads[1]):
                low = min((top for top, bottom in reads[0] if bottom == start - 1), default=low)
        high = max((last for first, last in spans if first < stop), default=stop - 1)
        while _start(chain[0], axis) > low:
            piece = self._piece(chain[0], cross, -1)
            if piece is None:
                return False
            if piece is chain[0]:
                break
            chain.insert(0, piece)
        while _stop(chain[-1], axis) <= high:
            piece = self._piece(chain[-1], cross, 1)
            if piece is None:
                return False
            if piece is chain[-1]:
                break
            chain.append(piece)
        return True

    def _piece(self, end: Variable, cross: int, direction: int) -> Variable | None:
        """What stands beside the end of a column; the end itself where nothing does, None where it can't be taken."""
        axis = self.axis
        if id(end) in self.given:
            return end
        place = _start(end, axis) - 1 if direction < 0 else _stop(end, axis)
        row, column = (cross, place) if axis else (place, cross)
        found = self.cell_map.within(end.sheet, (row, column, row, column))
        if len(found) != 1:
            return end
        beside = found[0]
        if (beside.kind == "gaps" and not beside.gap) or (beside.tree is not None and id(beside) not in self.free):
            return None
        whole_line = _start(beside, axis) == place if direction > 0 else _stop(beside, axis) == place + 1
        if not whole_line:
            return None
        line = cross - _cross(beside, axis)
        if beside.tree is None:
            piece = replace(beside, row=cross, height=1) if axis else replace(beside, column=cross, width=1)
            self.given[id(piece)] = (beside, line)
            return piece
        if beside.region is None or beside.region.whole:
            return None
        is_known = any(beside is v for v in self.absorbed)
        if is_known and _across(beside, axis) == 1:
            return None
        if not is_known:
            self.absorbed.append(beside)
        return _column(beside, line, axis)


def _spans(variable: Variable, sheet: str, cross: int, axis: int) -> list[tuple[int, int]]:
    """From where to where a variable's formula reads a column (or row) of a sheet."""
    areas = [area for title, area in hulls(variable) if title == sheet]
    return [(a[axis], a[2 + axis]) for a in areas if a[1 - axis] <= cross <= a[3 - axis]]


# One direction at a time: `axis` 0 steps down rows, 1 along columns.


def _start(v: Variable, axis: int) -> int:
    return v.column if axis else v.row


def _cross(v: Variable, axis: int) -> int:
    return v.row if axis else v.column


def _length(v: Variable, axis: int) -> int:
    return v.width if axis else v.height


def _stop(v: Variable, axis: int) -> int:
    return _start(v, axis) + _length(v, axis)


def _across(v: Variable, axis: int) -> int:
    return v.height if axis else v.width


def _column(variable: Variable, k: int, axis: int) -> Variable:
    """The k-th column (or row) of a variable as a variable of its own."""
    if _across(variable, axis) == 1:
        return variable

    def fixed(moving: AffineIndex) -> AffineIndex:
        if axis == 0:
            return AffineIndex(moving.base + k * moving.across, moving.down)
        return AffineIndex(moving.base + k * moving.down, 0, moving.across)

    tree = changed(variable.tree, fixed)
    if axis == 0:
        return replace(variable, column=variable.column + k, width=1, tree=tree)
    return replace(variable, row=variable.row + k, height=1, tree=tree)


def changed(tree: Any, change: Callable[[AffineIndex], AffineIndex]) -> Any:
    """The tree with every moving row and column changed."""
    if isinstance(tree, Ref):
        return Ref(tree.sheet, *(change(m) for m in (tree.top, tree.left, tree.bottom, tree.right)))
    if isinstance(tree, IndexValue):
        return IndexValue(change(tree.value))
    return rebuilt(tree, lambda node: changed(node, change))


def _track(chain: list[Variable], steps: int, axis: int, given: Mapping[int, tuple[Variable, int]]) -> Track:
    """A chain as a track of so many steps, the last at its end; its formulas as functions of the step."""
    high = _start(chain[-1], axis) + _length(chain[-1], axis)
    low = high - steps
    segments: list[Segment] = []
    if _start(chain[0], axis) > low:
        segments.append(Segment(0, _start(chain[0], axis) - low, None))
    for piece in chain:
        shift = _start(piece, axis) - low
        last = shift + _length(piece, axis)
        if piece.tree is None:
            segments.append(Segment(shift, last, None, *given[id(piece)]))
        else:
            segments.append(Segment(shift, last, changed(piece.tree, partial(_rebased, shift=shift, axis=axis))))
    kinds = {piece.kind for piece in chain}
    every: frozenset[str] | None = frozenset()
    for piece in chain:
        every = None if every is None or piece.seen is None else every | piece.seen
    cross, main = _cross(chain[0], axis), next(piece for piece in reversed(chain) if piece.tree is not None)
    start = _start(chain[0], axis)
    place = (start, cross, high - start, 1) if axis == 0 else (cross, start, 1, high - start)
    kind = kinds.pop() if len(kinds) == 1 and kinds != {"gaps"} else "any"
    computed = [piece.rectangle for piece in chain if piece.tree is not None]
    own = (*computed[0][:2], *computed[-1][2:]) if len(computed) < len(chain) else None
    return Track(Variable(main.sheet, *place, kind, main.tree, main.region, seen=every, own=own), segments, low)


def _rebased(moving: AffineIndex, shift: int, axis: int) -> AffineIndex:
    if axis == 0:
        return moving._replace(base=moving.base - shift * moving.down)
    return moving._replace(base=moving.base - shift * moving.across)


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


def _latest(read: tuple[AffineIndex, AffineIndex], segment: Segment, backward: bool) -> int:
    """How many steps ahead of itself (0: in the same step) a step reads at the most, in the direction of the loop."""
    first, last = read
    gaps = []
    for end in (first, last):
        for step in (segment.start, segment.stop - 1):
            at = end.base + end.down * step
            gaps.append((step - at) if backward else (at - step))
    return max(gaps)


def _reads(ref: Ref, axis: int, segment: Segment, track: Track) -> tuple[AffineIndex, AffineIndex] | None:
    """The first and last step of a track that a reference reads, moving with the step; None where it reads none."""
    if ref.sheet != track.variable.sheet:
        return None
    top, bottom, left, right = ref.top, ref.bottom, ref.left, ref.right
    if axis:
        turned = [AffineIndex(m.base, m.across) for m in (left, right, top, bottom)]
        top, bottom, left, right = turned
    cross = _cross(track.variable, axis)
    steps = (segment.start, segment.stop - 1)
    if not min(left.base + left.down * k for k in steps) <= cross <= max(right.base + right.down * k for k in steps):
        return None
    start = _start(track.variable, axis)
    stop = start + _length(track.variable, axis)
    if max(bottom.base + bottom.down * k for k in steps) < start or min(top.base + top.down * k for k in steps) >= stop:
        return None
    return AffineIndex(top.base - track.low, top.down), AffineIndex(bottom.base - track.low, bottom.down)


__all__ = ["Loop", "Segment", "Track", "changed", "hulls", "plan_loop"]
