"""How a loop begins: a first step that is like the rest but in one place, or that stands before the loop."""

from dataclasses import replace

from workbook.transpile.middle import alike
from workbook.transpile.middle.loops import Loop, Segment, Track


def with_first_steps(loop: Loop, *, merging: bool) -> Loop:
    """The loop, its first steps with the others where they can be, or all apart from these where most must be.

    Args:
        loop: the loop.
        merging: whether a first step's formula may be one with that of the rest, with a choice where they differ.
    """
    tracks = [_merged(track) for track in loop.tracks] if merging else loop.tracks
    apart = sum(_starts_apart(track) for track in tracks)
    can_be = all(_starts_apart(track) or _is_alike(track) for track in loop.tracks)
    if loop.backward or not can_be or 2 * apart <= len(tracks):
        return replace(loop, tracks=list(tracks))
    return replace(loop, tracks=[_cut(track) for track in loop.tracks])


def _merged(track: Track) -> Track:
    """A first step whose formula is the others' but for one place: one formula with a choice in that place."""
    if len(track.segments) != 2 or track.segments[0].stop != 1 or track.segments[0].tree is None:
        return track
    one = alike.merged(track.segments[0].tree, track.segments[1].tree)
    return track if one is None else replace(track, segments=[Segment(0, track.segments[1].stop, one)])


def _starts_apart(track: Track) -> bool:
    return len(track.segments) > 1 and track.segments[0].stop == 1


def _is_alike(track: Track) -> bool:
    return len(track.segments) == 1 and track.segments[0].tree is not None and track.segments[0].stop > 1


def _cut(track: Track) -> Track:
    """A track whose first step is a segment of its own."""
    if _starts_apart(track):
        return track
    (whole,) = track.segments
    return replace(track, segments=[Segment(0, 1, whole.tree), Segment(1, whole.stop, whole.tree)])


__all__ = ["with_first_steps"]
