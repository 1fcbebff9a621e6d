"""Columns that copy, or count on from, the cell above: arrays, where any other recurrence is a loop."""

import ast
from collections.abc import Callable
from typing import Any

from workbook.formula.grammar import Binary, Number
from workbook.transpile.back.code import Code, Word, binary, count, fixed, full
from workbook.transpile.back.operators import range_from
from workbook.transpile.back.scope import Scope
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.middle.loops import Loop, Segment, Track


def as_counter(scope: Scope, loop: Loop, first_of: Callable[[Track, Segment], ast.expr]) -> bool:
    """Write a loop that only copies its first step, or adds a whole number to it again and again; False for others.

    Args:
        scope: the function that is being written.
        loop: the loop.
        first_of: gives what a segment of one step puts into its track.
    """
    if len(loop.tracks) != 1 or loop.backward:
        return False
    (track,) = loop.tracks
    if len(track.segments) != 2 or track.segments[0].stop != 1 or track.variable.kind != "num":
        return False
    if not track.variable.is_sure or (track.segments[0].tree is None and track.segments[0].given is None):
        return False
    step = _step(track.segments[1].tree, track, loop.axis)
    if step is None:
        return False
    first = first_of(track, track.segments[0])
    start = _whole(first)
    is_float = isinstance(first, ast.Constant) or (isinstance(first, Word) and first.name == "element")
    tree = full(Code(first, literal=is_float), count(loop.steps))
    if step:
        counts = range_from(0, loop.steps, 1, whole=False)
        tree = binary("+", first, counts if step == 1 else binary("*", count(step), counts))
        tree = tree if start is None else range_from(start, loop.steps, step, whole=False)
    around = scope.context(python=False)
    scope.assign(track.variable, around, tree)
    return True


def _whole(tree: ast.expr) -> int | None:
    """The whole number that is written out, or that a blank, which counts as 0, and such a number make."""
    match tree:
        case ast.BinOp(left=ast.Constant(value=0), op=ast.Add(), right=ast.Constant(value=int(value))):
            return value
    return fixed(tree)


def _step(tree: Any, track: Track, axis: int) -> int | None:
    """The whole number that a step adds to the one before it, 0 for a copy; None where it does anything else."""
    if _is_before(tree, track, axis):
        return 0
    match tree:
        case Binary("+", before, Number(value)) | Binary("+", Number(value), before):
            is_whole = value == int(value) and _is_before(before, track, axis)
            return int(value) if is_whole else None
        case Binary("-", before, Number(value)):
            is_whole = value == int(value) and _is_before(before, track, axis)
            return -int(value) if is_whole else None
    return None


def _is_before(tree: Any, track: Track, axis: int) -> bool:
    """Whether a formula is the element before it of its own track."""
    if not isinstance(tree, Ref) or not tree.is_cell or tree.sheet != track.variable.sheet:
        return False
    along, across = (tree.left, tree.top) if axis else (tree.top, tree.left)
    moving = AffineIndex(track.low - 1, 0, 1) if axis else AffineIndex(track.low - 1, 1)
    return along == moving and across == AffineIndex(track.variable.row if axis else track.variable.column)


__all__ = ["as_counter"]
