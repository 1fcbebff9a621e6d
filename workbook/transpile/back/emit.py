"""A program → the statements of its functions, one function for each run of a sheet's formulas."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from workbook.transpile.back.code import ATOM, CHOICE, Code
from workbook.transpile.back.rolled import WORD, roll
from workbook.transpile.back.scalar import CellWriter, Context, Element
from workbook.transpile.back.vector import ArrayWriter, StepWriter
from workbook.transpile.errors import UnclearError, UnsupportedError
from workbook.transpile.front.tree import Ref, walk
from workbook.transpile.middle import alike
from workbook.transpile.middle.loops import Loop, Segment, Track
from workbook.transpile.middle.names import RESERVED, claim
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.steps import CircleError, steps
from workbook.transpile.middle.variables import Variable, hulls
from workbook.transpile.targets import NUMPY, Target

_LONG = 104
"""What an assignment in a loop may hold and still be one line."""
_MOST_BRACKETS = 150
"""Python's own reader takes 200 brackets in each other."""
_MOST_IN_A_NAME = 3
"""The sheets that a function of several may name."""


@dataclass(slots=True)
class SheetFunction:
    """The source of one function: the formulas of a sheet or of a part of one, or of sheets that feed each other.

    Attributes:
        name: its name.
        sheets: the titles of its sheets: one, but where cells of several wait for each other.
        inputs: the inputs of its only sheet, which it takes as keywords.
        others: the sheets, by name, whose arrays it reads.
        lines: its body.
        computed: what it computes and gives back, by sheet.
    """

    name: str
    sheets: tuple[str, ...]
    inputs: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    computed: list[Variable] = field(default_factory=list)

    def of(self, sheet: str) -> list[Variable]:
        """What it computes of a sheet."""
        return [variable for variable in self.computed if variable.sheet == sheet]


@dataclass(slots=True)
class Knot:
    """Formulas that are in a circle as far as their references tell, and are computed when they are read.

    Attributes:
        variables: the formulas.
        cell: the function in the script that computes a cell of the first of them.
        why: the circle.
    """

    variables: list[Variable]
    cell: str
    why: str


@dataclass(slots=True)
class Emitted:
    """All that a script is made of: functions in order, their helpers, what could not be written, the sheets' names."""

    functions: list[SheetFunction]
    helpers: set[str]
    refused: list[tuple[Variable, str]]
    knots: list["Knot"]
    sheets: dict[str, str]


class Emitter:
    """Writes the functions of a program in one language."""

    def __init__(self, program: Program, sheets: dict[str, str], target: Target) -> None:
        self.program = program
        self.sheets = sheets
        self.target = target
        self.helpers: set[str] = set()
        self.refused: list[tuple[Variable, str]] = []
        self.knots: list[Knot] = []
        self._function = SheetFunction("", ())
        self._local: set[int] = set()
        self._taken: set[str] = set()
        self._done: set[int] = set()
        self._defined: set[str] = set()
        self._functions: dict[str, str] = {}
        self._locals: dict[str, str] = {}

    def emit(self, *, rolled: bool) -> Emitted:
        """The functions, in the order in which they are to be called; `rolled`: what repeats in them as loops."""
        functions: list[SheetFunction] = []
        counts: Counter[tuple[str, ...]] = Counter()
        names = set(self.sheets.values())
        for group in self.program.groups:
            sheets = group.sheets
            if not functions or functions[-1].sheets != sheets:
                counts[sheets] += 1
                name = "_and_".join(self.sheets[sheet] for sheet in sheets[:_MOST_IN_A_NAME])
                if len(sheets) > 1 or counts[sheets] > 1:
                    name = claim(name if counts[sheets] == 1 else f"{name}_part_{counts[sheets]}", names)
                self._finish(rolled)
                self._function = SheetFunction(name, sheets)
                self._local = set()
                self._defined = set()
                self._functions = {}
                self._locals = {}
                self._taken = {v.name for v in self._all() if v.sheet in sheets} | set(self.sheets.values())
                functions.append(self._function)
            self._group(group)
        self._finish(rolled)
        return Emitted(functions, self.helpers, self.refused, self.knots, self.sheets)

    def _finish(self, rolled: bool) -> None:
        """Make loops of what repeats in the function written last; arrays that are steps of one are named so."""
        function = self._function
        made = roll(function.lines, frozenset(v.name for v in function.computed)) if rolled else None
        if made is not None and made.renamed:
            function.lines = made.lines
            for variable in function.computed:
                variable.name = made.renamed.get(variable.name, variable.name)

    def _all(self) -> list[Variable]:
        return [*self.program.inputs, *(v for group in self.program.groups for v in group.variables)]

    # Names

    def access(self, variable: Variable) -> str:
        """How a variable is reached from the function that is being written."""
        if variable.parts or id(variable) in self._local:
            return variable.name
        function = self._function
        if (variable.sheet,) == function.sheets and variable.tree is None:
            if variable.name not in function.inputs:
                function.inputs.append(variable.name)
            return variable.name
        name = self.sheets[variable.sheet]
        if name not in function.others:
            function.others.append(name)
        return f"{name}.{variable.name}"

    def fresh(self, name: str) -> str:
        """A name for something that only this function knows."""
        name = re.sub(r"\W+", "_", name).strip("_")
        free, count = name, 1
        while free in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._taken.add(free)
        return free

    def _local_name(self, name: str) -> str:
        """A name of LET or LAMBDA, or of a function of the workbook, that hides nothing of this function."""
        if name not in self._locals:
            free = name
            while free in RESERVED or free in self._taken:
                free += "_"
            self._locals[name] = free
        self._taken.add(self._locals[name])
        return self._locals[name]

    def context(self, *, python: bool) -> Context:
        """What expressions stand in; `python`: among Python's floats, and not among the language's own numbers."""
        target = self.target
        return Context(
            access=self.access,
            variables=self.program.map.within,
            plain=NUMPY.plain if python else target.plain,
            literal=NUMPY.plain,
            item="{}" if python else target.item,
            fetched=target.item if python else "{}",
            element=target.element,
            listed=target.listed if python else target.unbound,
            fresh=self.fresh,
            helpers=self.helpers,
            define=self._define,
            local=self._local_name,
        )

    def _define(self, name: str) -> None:
        """A function that the workbook names, at the place of its first use."""
        function = self.program.lambdas.get(name)
        if function is None or name in self._defined:
            return
        self._defined.add(name)
        nowhere = Variable(self._function.sheets[0], 1, 1, 1, 1, "any")
        around = self.context(python=True)
        body = CellWriter(around, nowhere, "0", "0").write(function.body).text
        head = f"def {self._local_name(name)}({', '.join(map(self._local_name, function.parameters))}):"
        self._function.lines += [*around.before, "", head, f"    return {body}", ""]

    # Statements

    def _group(self, group: Group) -> None:
        variable = group.variables[0]
        before = len(self._function.lines)
        try:
            if group.loop is not None:
                self._loop_or_cells(group)
            elif len(group.variables) > 1 or reads_itself(variable, self.program.map):
                self._by_cells(group.variables)
            else:
                self._single(variable)
            if any(_nesting(line) > _MOST_BRACKETS for line in self._function.lines[before:]):
                raise UnsupportedError("has too many operations in each other for Python")
        except (UnclearError, UnsupportedError) as error:
            self.refused += [(v, str(error)) for v in group.variables]
            return
        for done in group.variables:
            self._local.add(id(done))
            self._done.add(id(done))
            self._function.computed.append(done)

    def _single(self, variable: Variable) -> None:
        try:
            self._array(variable)
        except UnclearError:
            self._general(variable)

    def _copied(self, variable: Variable) -> str:
        """The array that a variable is a copy of; empty where it is none of texts."""
        ref = variable.tree
        if not isinstance(ref, Ref) or variable.kind != "text" or not ref.is_cell or variable.rank != 1:
            return ""
        found = self.program.map.within(ref.sheet, ref.hull(variable.height, variable.width))
        size = (variable.height, variable.width)
        steps = (ref.top.down, ref.top.across, ref.left.down, ref.left.across)
        is_fill = steps == ((1, 0, 0, 0) if variable.width == 1 else (0, 0, 0, 1)) or steps == (1, 0, 0, 1)
        if len(found) != 1 or found[0].kind != "text" or (found[0].height, found[0].width) != size or not is_fill:
            return ""
        return self.access(found[0]) if (ref.top.base, ref.left.base) == (found[0].row, found[0].column) else ""

    def _array(self, variable: Variable) -> None:
        """Whole arrays at once."""
        if variable.kind not in ("num", "bool", "gaps"):
            raise UnclearError("not an array of numbers")
        around = self.context(python=False)
        inputs, others = list(self._function.inputs), list(self._function.others)
        try:
            text = ArrayWriter(around, variable, self.target).result()
        except UnclearError:
            self._function.inputs, self._function.others = inputs, others
            raise
        self._assign(variable, around, text)

    def _general(self, variable: Variable) -> None:
        copied = self._copied(variable)
        if copied:
            self._function.lines.append(f"{variable.name} = {copied}")
        elif variable.region is not None and variable.region.whole:
            self._whole(variable)
        elif variable.rank == 0:
            around = self.context(python=False)
            code = CellWriter(around, variable, "0", "0").write(variable.tree)
            self._assign(variable, around, self._shown(code, variable))
        else:
            self._cells(variable)

    def _assign(self, variable: Variable, around: Context, text: str) -> None:
        self._function.lines += [*around.before, f"{variable.name} = {text}"]

    def _shown(self, code: Code, variable: Variable) -> str:
        """A formula's result as its cell has it."""
        if code.kind in ("num", "bool", "text") and variable.is_sure:
            if code.kind == "num" and (code.literal or code.level == CHOICE) and self.target.number != "{}":
                return self.target.number.format(code.text)
            return code.text
        text = self._in_cell(code.text, variable)
        if variable.kind == "num" and self.target.number != "{}":
            return self.target.number.format(text)
        return text

    def _in_cell(self, text: str, variable: Variable) -> str:
        """A general result as a cell shows it; where a plain form failed before, failures are error values too."""
        self.helpers.add("shown")
        if variable.is_sure:
            return f"shown({text})"
        self.helpers.add("attempted")
        return f"shown(attempted(lambda: {text}))"

    def _cells(self, variable: Variable) -> None:
        """Cell by cell: a list, or where all are numbers an array of it."""
        around = self.context(python=True)
        i, j = ("i" if variable.height > 1 else "0"), ("j" if variable.width > 1 else "0")
        code = CellWriter(around, variable, i, j).write(variable.tree)
        text = code.text
        if code.kind not in ("num", "bool", "text") or not variable.is_sure:
            text = self._in_cell(code.text, variable)
        if variable.width > 1:
            text = f"[{text} for j in range({variable.width})]"
        if variable.height > 1:
            text = f"[{text} for i in range({variable.height})]"
        self._assign(variable, around, self._as_array(variable, text))

    def _as_array(self, variable: Variable, text: str) -> str:
        """A list as what the variable is."""
        if variable.kind == "gaps":
            self.helpers.add("without_gaps")
            text = f"without_gaps({text})"
        return self.target.array.format(text) if variable.kind in ("num", "bool", "gaps") else text

    def _whole(self, variable: Variable) -> None:
        """One array formula over all cells."""
        around = self.context(python=True)
        code = CellWriter(around, variable, "0", "0").write(variable.tree)
        self.helpers.add("fitted")
        text = code.text
        if not variable.is_sure:
            self.helpers.add("attempted")
            text = f"attempted(lambda: {text})"
        text = f"fitted({text}, {variable.height}, {variable.width})"
        if variable.rank == 1:
            self.helpers.add("flat")
            text = f"list(flat({text}))"
        self._assign(variable, around, self._as_array(variable, text))

    # Recurrences

    def _can(self, write: Callable[[], None]) -> bool:
        """Write something, or leave everything as it was."""
        kept = len(self._function.lines), set(self._taken), set(self._defined), dict(self._functions), set(self.helpers)
        try:
            write()
        except UnclearError:
            del self._function.lines[kept[0] :]
            self._taken, self._defined, self._functions = kept[1:4]
            self.helpers.intersection_update(kept[4])
            return False
        return True

    def _loop_or_cells(self, group: Group) -> None:
        """A recurrence as a loop; cell by cell where its formulas ask for more than steps."""
        loop, segments = group.loop, [track.segments for track in group.loop.tracks]
        # With torch a step is made of tensors where all of it can be: then autograd goes through the loop.
        kinds = (True,) if self.target.name == "numpy" else (False, True)
        for python, merging in itertools.product(kinds, (True, False)):
            if self._can(partial(self._loop, loop, python=python, merging=merging)):
                break
            for track, own in zip(loop.tracks, segments, strict=True):
                track.segments = own
        else:
            tracks = group.variables
            group.variables, group.loop = [*group.loop.absorbed, *group.original], None
            self.program.map.replace(tracks, group.variables)
            for variable in group.variables:
                variable.name = self.fresh(variable.address.lower().replace(":", "_"))
            self._by_cells(group.variables)

    def _loop(self, loop: Loop, *, python: bool, merging: bool) -> None:
        """One step after another, over lists of numbers: Python's, or the target's own.

        `merging`: where the formula of a first step can be one with that of the rest, it is.
        """
        around = self.context(python=python)
        step = "t"
        zipped: dict[str, str] = {}
        for track in loop.tracks if merging else ():
            _merge_segments(track)
        first = self._peeled(loop)
        heads: list[str] = []
        lines: list[str] = []
        functions = {} if first else self._outlined(loop, around, step, zipped)
        for track in loop.tracks:
            if id(track) in functions:
                lines.append(f"{track.variable.name}[{step}] = {functions[id(track)]}")
                continue
            texts = [self._segment(loop, track, segment, around, step, zipped) for segment in track.segments]
            name = track.variable.name
            if first:
                head = self._segment(loop, track, track.segments[0], around, "0", None)
                heads.append(f"{name} = [{head}] + [None] * {loop.steps - 1}")
                lines.append(f"{name}[{step}] = {_chosen(texts[1:], track.segments[1:], step)}")
            else:
                lines.append(f"{name}[{step}] = {_chosen(texts, track.segments, step)}")
        zipped = {name: text for name, text in zipped.items() if any(re.search(rf"\b{name}\b", line) for line in lines)}
        names = [track.variable.name for track in loop.tracks]
        if not first:
            many = len(names) > 1
            empty = f"([None] * {loop.steps} for _ in range({len(names)}))" if many else f"[None] * {loop.steps}"
            heads = [f"{', '.join(names)} = {empty}"]
        self._function.lines += [*around.before, *heads, _head(loop, step, zipped, first), *indented(lines)]
        for track in loop.tracks:
            begins = track.segments[0]
            gap = begins.stop if begins.tree is None and begins.given is None else 0
            if gap:
                cut = f"{track.variable.name}[{gap}:]"
                if not track.variable.rank:
                    cut = f"{track.variable.name}[{gap}]"
                    is_float = python and track.variable.kind == "num"
                    cut = self.target.number.format(cut) if is_float else cut
                self._function.lines.append(f"{track.variable.name} = {cut}")
        filled = [track.variable for track in loop.tracks if track.variable.rank]
        arrays = [variable.name for variable in filled if variable.kind in ("num", "bool")]
        if arrays:
            to_array = "np.array" if self.target.name == "numpy" else "tensor" if python else "stack"
            if to_array == "stack":
                self.helpers.add("stack")
            many = len(arrays) > 1
            text = f"map({to_array}, ({', '.join(arrays)}))" if many else f"{to_array}({arrays[0]})"
            self._function.lines.append(f"{', '.join(arrays)} = {text}")

    def _outlined(self, loop: Loop, around: Context, step: str, zipped: dict[str, str]) -> dict[int, str]:
        """Long formulas that several tracks share, but for what they read, as functions: the calls, by track."""
        twins: dict[object, list[Track]] = {}
        for track in loop.tracks:
            if len(track.segments) == 1:
                twins.setdefault(alike.skeleton(track.segments[0].tree), []).append(track)
        calls: dict[int, str] = {}
        for tracks in twins.values():
            longest = max(len(t.variable.name) + len(self._plain_text(loop, t, around, step)) for t in tracks)
            if len(tracks) > 1 and longest > _LONG:
                calls |= self._function_of(loop, tracks, around, step, zipped)
        return calls

    def _plain_text(self, loop: Loop, track: Track, around: Context, step: str) -> str:
        return self._segment(loop, track, track.segments[0], around, step, {})

    def _function_of(
        self, loop: Loop, tracks: list[Track], around: Context, step: str, zipped: dict[str, str]
    ) -> dict[int, str]:
        """One function for formulas of one skeleton; what all of them read is read inside, by the step."""
        trees = [track.segments[0].tree for track in tracks]
        places = alike.slots(trees)
        writers = [self._writer(loop, track, track.segments[0], around, step, zipped) for track in tracks]
        values = [[writer.write(nodes[k]) for nodes in places] for k, writer in enumerate(writers)]
        if any(len({found[p].kind for found in values}) > 1 for p in range(len(places))):
            return {}
        taken: set[str] = {step}
        names = [_parameter([found[p].text for found in values], taken) for p in range(len(places))]
        inner = self._writer(loop, tracks[0], tracks[0].segments[0], around, step, None)
        for nodes, name, value in zip(places, names, values[0], strict=True):
            inner.names[nodes[0]] = replace(value, text=name, level=ATOM)
        body = inner.write(trees[0])
        text = body.text if body.kind in ("num", "bool", "text") else f"shown({body.text})"
        first = [step] if re.search(rf"\[{step}\b", body.text) else []
        wanted = alike.common_name([track.variable.name for track in tracks]) or "next_value"
        function = self._defined_function(wanted, [*first, *names], text, around)
        return {
            id(track): f"{function}({', '.join([*first, *(value.text for value in found)])})"
            for track, found in zip(tracks, values, strict=True)
        }

    def _defined_function(self, name: str, parameters: list[str], text: str, around: Context) -> str:
        """The name of a function that returns an expression of its parameters: one that does is not defined again."""
        places = {parameter: f"{{{place}}}" for place, parameter in enumerate(parameters)}
        body = WORD.sub(lambda word: places.get(word[0], word[0]), text)
        if body not in self._functions:
            self._functions[body] = self.fresh(name)
            head = f"def {self._functions[body]}({', '.join(parameters)}):"
            self._function.lines += [*around.before, "", head, f"    return {text}", ""]
            around.before.clear()
        return self._functions[body]

    def _peeled(self, loop: Loop) -> bool:
        """Whether the first step is apart from the loop: every array begins with something else than its formula."""
        return not loop.backward and all(len(t.segments) > 1 and t.segments[0].stop == 1 for t in loop.tracks)

    def _segment(
        self,
        loop: Loop,
        track: Track,
        segment: Segment,
        around: Context,
        step: str,
        zipped: dict[str, str] | None,
    ) -> str:
        """What a step from `start` to `stop` puts into a track; `zipped` gathers what the loop goes through in step."""
        if segment.tree is None:
            return "None" if segment.given is None else self._given(loop, segment, segment.given, around, step)
        writer = self._writer(loop, track, segment, around, step, zipped)
        kept = len(around.before), dict(around.known), set(self.helpers)
        code = writer.write(segment.tree)
        if code.kind not in ("num", "bool", "text") and track.variable.kind == "num" and track.variable.is_sure:
            code = self._with_arrays(code, track, segment, writer, around, kept)
        if code.kind in ("num", "bool", "text"):
            return code.at(CHOICE + 1) if len(track.segments) > 1 else code.text
        if around.item != "{}":
            raise UnclearError("a step that is not made of tensors alone")
        self.helpers.add("shown")
        return f"shown({code.text})"

    def _with_arrays(
        self,
        general: Code,
        track: Track,
        segment: Segment,
        writer: CellWriter,
        around: Context,
        kept: tuple[int, dict[Any, Any], set[str]],
    ) -> Code:
        """A step's formula with ranges as arrays; where that is not certain, as `general`, written after `kept`."""
        if self.target.name == "torch" and around.item == "{}":
            return general
        before, known, helpers = around.before[kept[0] :], dict(around.known), set(self.helpers)
        del around.before[kept[0] :]
        around.known.clear()
        around.known.update(kept[1])
        self.helpers.intersection_update(kept[2])
        try:
            return StepWriter(around, track.variable, self.target, writer).number(segment.tree)
        except UnclearError:
            around.before += before
            around.known.update(known)
            self.helpers |= helpers
            return general

    def _given(self, loop: Loop, segment: Segment, given: Variable, around: Context, step: str) -> str:
        """The element of an input that a step of a segment is."""
        name = self.access(given)
        if given.rank == 0:
            return around.fetched.format(name) if given.kind == "num" else name
        place = str(int(step) - segment.start) if step.isdigit() else step
        if segment.start and not step.isdigit():
            place = f"{step} - {segment.start}"
        along, across = (given.width, given.height) if loop.axis else (given.height, given.width)
        places = [text for text, size in ((place, along), (str(segment.line), across)) if size > 1]
        if loop.axis:
            places.reverse()
        if given.kind not in ("num", "bool"):
            return name + "".join(f"[{text}]" for text in places)
        return f"{name}[{', '.join(places)}]" + (".item()" if around.item == "{}" else "")

    def _writer(
        self,
        loop: Loop,
        track: Track,
        segment: Segment,
        around: Context,
        step: str,
        zipped: dict[str, str] | None,
    ) -> CellWriter:
        """What writes a segment's formula within the loop."""
        i, j = (step, "0") if loop.axis == 0 else ("0", step)
        writer = CellWriter(around, track.variable, i, j, along=(loop.axis, segment.start, segment.stop))
        for other in loop.tracks:
            gap = (other.variable.column if loop.axis else other.variable.row) - other.low
            writer.elements[id(other.variable)] = Element(other.variable.name, loop.axis, gap)
        if not loop.backward and zipped is not None:
            self._zip(loop, segment, writer, step, zipped, around)
        return writer

    def _zip(
        self,
        loop: Loop,
        segment: Segment,
        writer: CellWriter,
        step: str,
        zipped: dict[str, str],
        around: Context,
    ) -> None:
        """Arrays from outside that the loop goes through in step: one name each in its head."""
        own = {id(t.variable) for t in loop.tracks}
        for ref in (n for n in walk(segment.tree) if isinstance(n, Ref) and n.is_cell):
            area = writer.hull(ref)
            found = self.program.map.within(ref.sheet, area)
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
            name = re.sub(r"\W+", "_", f"{variable.name}_{step}")
            text = self.access(variable)
            if variable.kind in ("num", "bool"):
                text = (self.target.listed if around.item == "{}" else self.target.unbound).format(text)
            if zipped.setdefault(name, text) != text:
                continue
            writer.stepped[id(variable)] = name

    def _by_cells(self, group: list[Variable]) -> None:
        """Cell by cell, over one grid for each sheet: in the order of their dependence, or as they read each other."""
        around = self.context(python=True)
        circle = ""
        try:
            order = steps(group, self.program.map)
        except CircleError as error:
            # Perhaps none: INDEX, VLOOKUP, IF read less than their references reach.
            circle = str(error)
            order = [(v, range(v.height), range(v.width)) for v in group]
        functions: dict[int, str] = {}
        grids: dict[str, Variable] = {}
        for sheet in dict.fromkeys(v.sheet for v in group):
            members = [v for v in group if v.sheet == sheet]
            grids[sheet] = self._grid(sheet, members, group, around)
        lines: list[str] = []
        inner = replace(around, variables=lambda sheet, area: self._seen_by(grids, group, sheet, area))
        self.helpers.add("shown")
        for variable in group:
            name = self.fresh(f"{variable.name}_cell")
            functions[id(variable)] = name
            stand_in = Variable(variable.sheet, variable.row, variable.column, variable.height, variable.width, "any")
            code = CellWriter(inner, stand_in, "i", "j").write(variable.tree)
            text = f"shown({code.text})"
            if variable.region is not None and variable.region.whole:
                self.helpers.add("fitted")
                text = f"fitted({code.text}, {variable.height}, {variable.width})[i][j]"
            lines += ["", f"def {name}(i, j):", f"    return {text}", ""]
        table = ", ".join(
            f"({functions[id(v)]}, {(grid := grids[v.sheet]).name}, {v.row - grid.row}, {v.column - grid.column}, "
            f"{rows}, {columns})"
            for v, rows, columns in order
        )
        if circle:
            self.helpers.add("compute_cells")
            self.knots.append(Knot(group, functions[id(group[0])], circle))
            self._function.lines += [*around.before, *lines, f"compute_cells({table})"]
        else:
            self._function.lines += [*around.before, *lines, *self._in_order(table)]
        for variable in group:
            self._function.lines.append(f"{variable.name} = {self._cut(grids[variable.sheet], variable)}")

    def _in_order(self, table: str) -> list[str]:
        """The loop that computes the cells of grids one after another."""
        cell, into, top, left, rows, columns = map(self.fresh, ("cell", "into", "top", "left", "rows", "columns"))
        return [
            f"for {cell}, {into}, {top}, {left}, {rows}, {columns} in [{table}]:",
            f"    for i in {rows}:",
            f"        for j in {columns}:",
            f"            {into}[{top} + i][{left} + j] = {cell}(i, j)",
        ]

    def _grid(self, sheet: str, members: list[Variable], group: list[Variable], around: Context) -> Variable:
        areas = [v.rectangle for v in members]
        for variable in group:
            areas += [
                area
                for title, area in hulls(variable)
                if title == sheet and any(v in members for v in self.program.map.within(sheet, area))
            ]
        top, left = min(a[0] for a in areas), min(a[1] for a in areas)
        bottom, right = max(a[2] for a in areas), max(a[3] for a in areas)
        grid = Variable(sheet, top, left, bottom - top + 1, right - left + 1, "any", name=self.fresh("grid"))
        done = [v for v in self.program.map.within(sheet, (top, left, bottom, right)) if self._is_done(v)]
        grid.parts = done or [grid]
        writer = CellWriter(around, grid, "0", "0")
        pieces = [
            f"({max(v.row - top, 0)}, {max(v.column - left, 0)}, {writer.piece(v, (top, left, bottom, right))})"
            for v in done
        ]
        self.helpers.add("assemble")
        around.before.append(f"{grid.name} = assemble({', '.join([str(grid.height), str(grid.width), *pieces])})")
        return grid

    def _is_done(self, variable: Variable) -> bool:
        return variable.tree is None or id(variable) in self._done

    def _seen_by(
        self, grids: dict[str, Variable], group: list[Variable], sheet: str, area: tuple[int, int, int, int]
    ) -> list[Variable]:
        found = self.program.map.within(sheet, area)
        return [grids[sheet]] if any(v in group for v in found) else found

    def _cut(self, grid: Variable, variable: Variable) -> str:
        """A variable's cells out of the grid that they were computed in."""
        top, left = variable.row - grid.row, variable.column - grid.column
        if variable.rank == 0:
            text = f"{grid.name}[{top}][{left}]"
            return self.target.number.format(text) if variable.kind == "num" else text
        if variable.height == 1:
            text = f"{grid.name}[{top}][{left}:{left + variable.width}]"
        elif variable.width == 1:
            text = f"[line[{left}] for line in {grid.name}[{top}:{top + variable.height}]]"
        else:
            self.helpers.add("part")
            text = f"part({grid.name}, {top}, {top + variable.height}, {left}, {left + variable.width})"
        return self._as_array(variable, text)


def _merge_segments(track: Track) -> None:
    """A first step whose formula is the others' but for one place: one formula with a choice in that place."""
    if len(track.segments) == 2 and track.segments[0].stop == 1 and track.segments[0].tree is not None:
        one = alike.merged(track.segments[0].tree, track.segments[1].tree)
        if one is not None:
            track.segments = [Segment(0, track.segments[1].stop, one)]


def _parameter(texts: list[str], taken: set[str]) -> str:
    """A name for what stands in these places: the words that they share."""
    bare = [re.sub(r"\[.*\]|_t$", "", text).rpartition(".")[2] for text in texts]
    name = bare[0] if len(set(bare)) == 1 else alike.common_name(bare) or "value"
    name = name if name.isidentifier() and name not in RESERVED else "value"
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free


def _nesting(line: str) -> int:
    """How many brackets are open at once in a line of source, at the most; those in texts are counted too."""
    opened = itertools.accumulate({"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0) for sign in line)
    return max(opened, default=0) if line.count("(") > _MOST_BRACKETS else 0


def _head(loop: Loop, step: str, zipped: dict[str, str], first: bool) -> str:
    """The line that a loop begins with."""
    if loop.backward:
        return f"for {step} in reversed(range({loop.steps})):"
    if not zipped:
        return f"for {step} in range({'1, ' if first else ''}{loop.steps}):"
    values = [f"{text}[1:]" if first else text for text in zipped.values()]
    names = ", ".join(zipped) + ("," if len(zipped) == 1 else "")
    if len(zipped) == 1:
        return f"for {step}, {next(iter(zipped))} in enumerate({values[0]}{', start=1' if first else ''}):"
    return f"for {step}, ({names}) in enumerate(zip({', '.join(values)}){', start=1' if first else ''}):"


def _chosen(texts: list[str], segments: list[Segment], step: str) -> str:
    """The expressions of a track's segments as one that depends on the step."""
    if len(texts) == 2 and segments[0].stop == 1:
        return f"{texts[1]} if {step} else {texts[0]}"
    # Python reads the first condition first, so the earliest steps come first.
    cases = [f"{text} if {step} < {segment.stop} else " for text, segment in zip(texts, segments[:-1], strict=False)]
    return "".join(cases) + texts[-1]


def indented(lines: list[str], by: int = 4) -> list[str]:
    """The lines, further to the right."""
    return [f"{' ' * by}{line}" if line else line for line in lines]
