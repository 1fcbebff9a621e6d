"""Recurrences as loops: one step after another, over lists of numbers."""

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workbook.transpile.back.cells import Element
from workbook.transpile.back.code import (
    NONE,
    Code,
    Word,
    assign,
    binary,
    call,
    choice,
    count,
    cut,
    define,
    item,
    items,
    list_,
    loop,
    marked,
    name_,
    shifted,
    stored,
    tuple_,
    word,
)
from workbook.transpile.back.context import Context, as_language
from workbook.transpile.back.counters import as_counter
from workbook.transpile.back.lists import empty_list, over, several
from workbook.transpile.back.rewrite import Renaming, spelled
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.back.scope import Scope
from workbook.transpile.back.stepwise import StepWriter
from workbook.transpile.back.syntax import key, names_in, unparse
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import Ref, walk
from workbook.transpile.middle import alike
from workbook.transpile.middle.first_steps import with_first_steps
from workbook.transpile.middle.loops import Loop, Segment, Track
from workbook.transpile.middle.names import RESERVED
from workbook.transpile.middle.variables import Variable

_LONG = 104
"""What an assignment in a loop may hold and still be one line."""
_SEVERAL = 3
"""Arrays that are cut in one statement, and not in one each."""


def as_loop(scope: Scope, loop: Loop) -> bool:
    """Write a recurrence as a loop; False, and nothing written, where its formulas ask for more than steps."""
    around = scope.context(python=False)
    if as_counter(scope, loop, lambda track, segment: _segment(scope, loop, track, segment, around, "0", None)):
        return True
    # With torch a step is made of tensors where all of it can be: then autograd goes through the loop.
    kinds = (False, True) if scope.target.has_numbers else (True,)
    ways = itertools.product(kinds, (True, False))
    return any(scope.attempts(partial(_loop, scope, loop, python=python, merging=merging)) for python, merging in ways)


def _loop(scope: Scope, loop: Loop, *, python: bool, merging: bool) -> None:
    """One step after another, over lists of numbers: Python's, or the target's own.

    `merging`: where the formula of a first step can be one with that of the rest, it is.
    """
    around = scope.context(python=python)
    step = "t"
    zipped: dict[str, ast.expr] = {}
    loop = with_first_steps(loop, merging=merging)
    first = _peeled(loop)
    heads: list[ast.stmt] = []
    empty: list[str] = []
    body: list[ast.stmt] = []
    functions = {} if first else _outlined(scope, loop, around, step, zipped)
    for track in loop.tracks:
        name = scope.called(track.variable)
        trees = [functions[id(track)]] if id(track) in functions else []
        segments = track.segments[1:] if first else track.segments
        if not trees:
            trees = [_segment(scope, loop, track, segment, around, step, zipped) for segment in segments]
        if first:
            head = _segment(scope, loop, track, track.segments[0], around, "0", None)
            start = binary("+", list_((head,)), empty_list(loop.steps - 1))
            if head is not NONE:
                heads.append(marked(assign(name, start), track.variable))
        if not first or head is NONE:
            empty.append(name)
        step_of_it = item(name_(name), name_(step))
        body.append(marked(assign(step_of_it, _chosen(trees, segments, step)), track.variable))
    used = {name for statement in body for name in names_in(statement)}
    zipped = {name: tree for name, tree in zipped.items() if name in used}
    if len(empty) > 1:
        each_of_them = [over("_", call("range", count(len(empty))))]
        heads.insert(0, assign(several(empty), ast.GeneratorExp(empty_list(loop.steps), each_of_them)))
    elif empty:
        heads.insert(0, assign(empty[0], empty_list(loop.steps)))
    scope.body += [*around.before, *heads, _looped(loop, step, zipped, body, first=first)]
    scope.body += [*_cut_off(scope, loop, python=python), *_as_arrays(scope, loop, python=python)]


def _cut_off(scope: Scope, loop: Loop, *, python: bool) -> Iterator[ast.stmt]:
    """What makes of each array the steps that it has, where it has none in the first."""
    late: dict[int, list[str]] = {}
    for track in loop.tracks:
        begins, name = track.segments[0], scope.called(track.variable)
        gap = begins.stop if begins.tree is None and begins.given is None else 0
        if gap and track.variable.rank:
            late.setdefault(gap, []).append(name)
        elif gap:
            one = item(name_(name), count(gap))
            yield assign(name, word("number", one) if python and track.variable.kind == "num" else one)

    for gap, names in late.items():
        if len(names) < _SEVERAL:
            yield from (assign(name, item(name_(name), cut(count(gap), None))) for name in names)
        else:
            part = item(name_("values"), cut(count(gap), None))
            each_of_them = [over("values", tuple_(map(name_, names)))]
            yield assign(several(names), ast.GeneratorExp(part, each_of_them))


def _as_arrays(scope: Scope, loop: Loop, *, python: bool) -> Iterator[ast.stmt]:
    """What makes arrays of lists of numbers."""
    filled = [track.variable for track in loop.tracks if track.variable.rank]
    arrays = [scope.called(variable) for variable in filled if variable.kind in ("num", "bool")]
    how = "array" if python else "stack"
    if len(arrays) == 1:
        yield assign(arrays[0], word(how, name_(arrays[0])))
    elif arrays:
        yield assign(several(arrays), call("map", word(f"{how}s"), tuple_(map(name_, arrays))))


def _outlined(scope: Scope, loop: Loop, around: Context, step: str, zipped: dict[str, ast.expr]) -> dict[int, ast.expr]:
    """Long formulas that several tracks share, but for what they read, as functions: the calls, by track."""
    twins: dict[object, list[Track]] = {}
    for track in loop.tracks:
        if len(track.segments) == 1:
            twins.setdefault(alike.skeleton(track.segments[0].tree), []).append(track)
    calls: dict[int, ast.expr] = {}
    for tracks in twins.values():
        if len(tracks) > 1 and max(_length(scope, loop, track, around, step) for track in tracks) > _LONG:
            calls |= _function_of(scope, loop, tracks, around, step, zipped)
    return calls


def _length(scope: Scope, loop: Loop, track: Track, around: Context, step: str) -> int:
    """How many characters a track's formula takes."""
    tree = _segment(scope, loop, track, track.segments[0], around, step, {})
    return len(scope.called(track.variable)) + len(unparse(spelled(tree, scope.target.words)))


def _function_of(
    scope: Scope, loop: Loop, tracks: list[Track], around: Context, step: str, zipped: dict[str, ast.expr]
) -> dict[int, ast.expr]:
    """One function for formulas of one skeleton; what all of them read is read inside, by the step."""
    trees = [track.segments[0].tree for track in tracks]
    places = alike.slots(trees)
    writers = [_writer(scope, loop, track, track.segments[0], around, step, zipped) for track in tracks]
    values = [[writer.write(nodes[k]) for nodes in places] for k, writer in enumerate(writers)]
    if any(len({found[p].kind for found in values}) > 1 for p in range(len(places))):
        return {}
    wanted = alike.common_name([scope.called(track.variable) for track in tracks]) or "next_value"
    taken: set[str] = {step, wanted}
    names = [_parameter([found[p].tree for found in values], taken) for p in range(len(places))]
    inner = _writer(scope, loop, tracks[0], tracks[0].segments[0], around, step, None)
    for nodes, name, value in zip(places, names, values[0], strict=True):
        inner.names[nodes[0]] = replace(value, tree=name_(name))
    body = inner.write(trees[0])
    tree = scope.as_shown(body)
    first = [step] if step in names_in(body.tree) else []
    function = _defined_function(scope, wanted, [*first, *names], tree, around)
    return {
        id(track): call(function, *map(name_, first), *(value.tree for value in found))
        for track, found in zip(tracks, values, strict=True)
    }


def _defined_function(scope: Scope, name: str, parameters: list[str], tree: ast.expr, around: Context) -> str:
    """The name of a function that returns an expression of its parameters: one that does is not defined again."""
    places = {parameter: name_(f"_{place}") for place, parameter in enumerate(parameters)}
    body = key(Renaming(places).visit(tree))
    if body not in scope.shared:
        scope.shared[body] = scope.fresh(name)
        scope.body += [*around.before, define(scope.shared[body], parameters, tree)]
        around.before.clear()
    return scope.shared[body]


def _peeled(loop: Loop) -> bool:
    """Whether the first step is apart from the loop: every array begins with something other than its formula."""
    return not loop.backward and all(len(t.segments) > 1 and t.segments[0].stop == 1 for t in loop.tracks)


def _segment(
    scope: Scope,
    loop: Loop,
    track: Track,
    segment: Segment,
    around: Context,
    step: str,
    zipped: dict[str, ast.expr] | None,
) -> ast.expr:
    """What a step from `start` to `stop` puts into a track; `zipped` gathers what the loop goes through in step."""
    if segment.tree is None:
        return NONE if segment.given is None else _given(scope, loop, segment, segment.given, around, step)
    writer = _writer(scope, loop, track, segment, around, step, zipped)
    kept = len(around.before), dict(around.known), set(scope.helpers)
    code = writer.write(segment.tree)
    if code.kind not in ("num", "bool", "text") and track.variable.kind == "num" and track.variable.is_sure:
        code = _with_arrays(scope, code, track, segment, writer, around, kept)
    if code.kind == "num" and not around.python and not track.variable.rank:
        # A single cell leaves the loop as it is, and not in an array.
        return as_language(code)
    if code.kind in ("num", "bool", "text"):
        return code.tree
    if scope.target.has_numbers and not around.python:
        raise UnclearError("a step that is not made of tensors alone")
    return scope.as_shown(code)


def _with_arrays(
    scope: Scope,
    general: Code,
    track: Track,
    segment: Segment,
    writer: CellWriter,
    around: Context,
    kept: tuple[int, dict[Any, Any], set[str]],
) -> Code:
    """A step's formula with ranges as arrays; where that is not certain, as `general`, written after `kept`."""
    if scope.target.has_numbers and around.python:
        return general
    before, known, helpers = around.before[kept[0] :], dict(around.known), set(scope.helpers)
    del around.before[kept[0] :]
    around.known.clear()
    around.known.update(kept[1])
    scope.helpers.intersection_update(kept[2])
    try:
        return StepWriter(around, track.variable, writer).number(segment.tree)
    except UnclearError:
        around.before += before
        around.known.update(known)
        scope.helpers |= helpers
        return general


def _given(scope: Scope, loop: Loop, segment: Segment, given: Variable, around: Context, step: str) -> ast.expr:
    """The element of an input that a step of a segment is."""
    given = scope.now(given)
    tree = scope.access(given)
    if given.rank == 0:
        return around.fetched(tree) if given.kind == "num" else tree
    at = shifted(count(int(step)) if step.isdigit() else name_(step), -segment.start)
    along, across = (given.width, given.height) if loop.axis else (given.height, given.width)
    places = [place for place, size in ((at, along), (count(segment.line), across)) if size > 1]
    if loop.axis:
        places.reverse()
    if given.kind not in ("num", "bool"):
        return items(tree, places)
    return around.fetched(word("element", item(tree, *places)))


def _writer(
    scope: Scope,
    loop: Loop,
    track: Track,
    segment: Segment,
    around: Context,
    step: str,
    zipped: dict[str, ast.expr] | None,
) -> CellWriter:
    """What writes a segment's formula within the loop."""
    i, j = (step, "0") if loop.axis == 0 else ("0", step)
    writer = CellWriter(around, track.variable, i, j, along=(loop.axis, segment.start, segment.stop))
    for other in loop.tracks:
        gap = (other.variable.column if loop.axis else other.variable.row) - other.low
        writer.elements[id(other.variable)] = Element(scope.called(other.variable), loop.axis, gap)
    if not loop.backward and zipped is not None:
        _zip(scope, loop, segment, writer, step, zipped, around)
    return writer


def _zip(
    scope: Scope,
    loop: Loop,
    segment: Segment,
    writer: CellWriter,
    step: str,
    zipped: dict[str, ast.expr],
    around: Context,
) -> None:
    """Arrays from outside that the loop goes through in step: one name each in its head."""
    own = {id(t.variable) for t in loop.tracks}
    for ref in (n for n in walk(segment.tree) if isinstance(n, Ref) and n.is_cell):
        area = writer.hull(ref)
        found = scope.map.within(ref.sheet, area)
        if len(found) != 1 or id(found[0]) in own or found[0].rank != 1 or found[0].parts:
            continue
        if found[0].kind == "gaps":
            continue
        variable = found[0]
        moving, origin = (ref.top, variable.row) if variable.width == 1 else (ref.left, variable.column)
        move = moving.down if loop.axis == 0 else moving.across
        length = max(variable.height, variable.width)
        if move != 1 or moving.base != origin or length != loop.steps:
            continue
        name = re.sub(r"\W+", "_", f"{scope.called(variable)}_{step}")
        tree = scope.access(variable)
        if variable.kind in ("num", "bool"):
            tree = around.listed(tree)
        if key(zipped.setdefault(name, tree)) != key(tree):
            continue
        writer.stepped[id(variable)] = name


def _parameter(trees: Sequence[ast.expr], taken: set[str]) -> str:
    """A name for what stands in these places: the words that they share."""
    bare = [_called(tree) for tree in trees]
    name = bare[0] if len(set(bare)) == 1 else alike.common_name(bare) or "value"
    name = name if name.isidentifier() and name not in RESERVED else "value"
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free


def _called(tree: ast.expr) -> str:
    """What a value that a step reads is called; empty where it is none that has a name."""
    match tree:
        case ast.IfExp(body=rest):
            return _called(rest)
        case ast.Subscript(value=array, slice=at):
            return _called(array) + ("_before" if isinstance(at, ast.BinOp) else "")
        case Word(args=[inner, *_]):
            return _called(inner)
        case ast.Attribute(attr=name):
            return name
        case ast.Name(id=name):
            return name.removesuffix("_t")
    return ""


def _looped(loop_: Loop, step: str, zipped: dict[str, ast.expr], body: list[ast.stmt], *, first: bool) -> ast.stmt:
    """The loop over the steps; `first`: from the second one on."""
    steps = call("range", *([count(1)] if first else []), count(loop_.steps))
    if loop_.backward:
        return loop(stored(step), call("reversed", steps), body)
    if not zipped:
        return loop(stored(step), steps, body)
    over = [item(tree, cut(count(1), None)) if first else tree for tree in zipped.values()]
    inner = over[0] if len(over) == 1 else call("zip", *over)
    counted = call("enumerate", inner, **({"start": count(1)} if first else {}))
    return loop(tuple_((stored(step), several(list(zipped)))), counted, body)


def _chosen(trees: Sequence[ast.expr], segments: Sequence[Segment], step: str) -> ast.expr:
    """The expressions of a track's segments as one that depends on the step."""
    if len(trees) == 2 and segments[0].stop == 1:
        return choice(name_(step), trees[1], trees[0])
    # Python reads the first condition first, so the earliest steps come first.
    chosen = trees[-1]
    for tree, segment in reversed(list(zip(trees, segments[:-1], strict=False))):
        chosen = choice(binary("<", name_(step), count(segment.stop)), tree, chosen)
    return chosen
