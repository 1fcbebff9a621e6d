"""A program → the statements of its functions, one function for each run of a sheet's formulas."""

import ast
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from workbook.transpile.back.code import (
    NONE,
    Code,
    Word,
    arguments,
    assign,
    binary,
    call,
    choice,
    count,
    cut,
    define,
    item,
    items,
    key,
    lambda_,
    list_,
    loop,
    marked,
    name_,
    names_in,
    parsed,
    shifted,
    stored,
    tuple_,
    unparse,
    word,
)
from workbook.transpile.back.rewrite import Renaming, spelled
from workbook.transpile.back.scalar import CellWriter, Context, Element
from workbook.transpile.back.vector import ArrayWriter, StepWriter
from workbook.transpile.errors import UnclearError, UnsupportedError
from workbook.transpile.front.tree import AffineIndex, Ref, walk
from workbook.transpile.middle import alike
from workbook.transpile.middle.first_steps import with_first_steps
from workbook.transpile.middle.loops import Loop, Segment, Track
from workbook.transpile.middle.names import RESERVED, claim
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.steps import CircleError, steps
from workbook.transpile.middle.variables import Mask, Variable, hulls
from workbook.transpile.middle.what_if import Input, WhatIf, cone, table_of
from workbook.transpile.targets import NUMPY, Target

_LONG = 104
"""What an assignment in a loop may hold and still be one line."""
_MOST_BRACKETS = 150
"""Python's own reader takes 200 brackets in each other."""
_SEVERAL = 3
"""Arrays that are cut in one statement, and not in one each."""
_MOST_IN_A_NAME = 3
"""The sheets that a function of several may name."""


@dataclass(slots=True)
class SheetFunction:
    """The source of one function: the formulas of a sheet or of a part of one, or of sheets that feed each other.

    Attributes:
        name: its name.
        sheets: the titles of its sheets: one, but where cells of several wait for each other.
        own: the names of these sheets.
        inputs: the inputs of its only sheet, which it takes as keywords; none where another function has taken them.
        others: the sheets, by name, whose arrays it reads.
        body: its statements, each with what it computes as its origin.
        computed: what it computes and gives back, by sheet.
        parameters: what it calls arrays of other sheets that are others in each call of it.
        arguments: these arrays, in the call for its sheet.
        twins: of a function that is called for several sheets, in the first of these calls: their titles.
    """

    name: str
    sheets: tuple[str, ...]
    own: tuple[str, ...] = ()
    inputs: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    body: list[ast.stmt] = field(default_factory=list)
    computed: list[Variable] = field(default_factory=list)
    parameters: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()

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
    """All that a script is made of.

    Attributes:
        functions: in the order in which they are called.
        helpers: what they use of the runtime.
        refused: what could not be written, and why.
        knots: what is computed when it is read.
        sheets: the sheets' names, by title.
        inputs: what they read that no formula computes.
    """

    functions: list[SheetFunction]
    helpers: set[str]
    refused: list[tuple[Variable, str]]
    knots: list["Knot"]
    sheets: dict[str, str]
    inputs: list[Variable]


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
        self._read: set[int] = set()
        self._takes = False
        self._taken: set[str] = set()
        self._done: set[int] = set()
        self._defined: set[str] = set()
        self._functions: dict[str, str] = {}
        self._locals: dict[str, str] = {}

    def emit(self) -> Emitted:
        """The functions, in the order in which they are to be called."""
        functions: list[SheetFunction] = []
        counts: Counter[tuple[str, ...]] = Counter()
        names = set(self.sheets.values())
        met: set[str] = set()
        taking: list[SheetFunction] = []
        for group in self.program.groups:
            sheets = group.sheets
            if not functions or functions[-1].sheets != sheets:
                counts[sheets] += 1
                name = "_and_".join(self.sheets[sheet] for sheet in sheets[:_MOST_IN_A_NAME])
                if len(sheets) > 1 or counts[sheets] > 1:
                    name = claim(name if counts[sheets] == 1 else f"{name}_part_{counts[sheets]}", names)
                self._function = SheetFunction(name, sheets, tuple(self.sheets[sheet] for sheet in sheets))
                self._takes = len(sheets) == 1 and sheets[0] not in met
                if self._takes:
                    taking.append(self._function)
                else:
                    # What it computes joins what its sheets have already.
                    self._function.others = list(self._function.own)
                met |= set(sheets)
                self._local = set()
                self._defined = set()
                self._functions = {}
                self._locals = {}
                self._taken = {v.name for v in self._all() if v.sheet in sheets} | set(self.sheets.values())
                functions.append(self._function)
            self._group(group)
        read = [variable for variable in self.program.inputs if id(variable) in self._read]
        for function in taking:
            function.inputs = [variable.name for variable in read if variable.sheet == function.sheets[0]]
        return Emitted(functions, self.helpers, self.refused, self.knots, self.sheets, read)

    def _all(self) -> list[Variable]:
        return [*self.program.inputs, *(v for group in self.program.groups for v in group.variables)]

    # Names

    def access(self, variable: Variable) -> ast.expr:
        """How a variable is reached from the function that is being written."""
        if variable.parts or id(variable) in self._local:
            return name_(variable.name)
        function = self._function
        self._read.add(id(variable))
        if self._takes and variable.sheet == function.sheets[0] and variable.tree is None:
            return name_(variable.name)
        name = self.sheets[variable.sheet]
        if name not in function.others:
            function.others.append(name)
        return name_(f"{name}.{variable.name}")

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
        return Context(
            access=self.access,
            variables=self.program.map.within,
            python=python,
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
        body = CellWriter(around, nowhere, "0", "0").write(function.body).tree
        parameters = [self._local_name(parameter) for parameter in function.parameters]
        self._function.body += [*around.before, define(self._local_name(name), parameters, body)]

    # Statements

    def _group(self, group: Group) -> None:
        variable = group.variables[0]
        before = len(self._function.body)
        try:
            if group.loop is not None:
                self._loop_or_cells(group)
            elif len(group.variables) > 1 or reads_itself(variable):
                self._by_cells(group.variables)
            else:
                self._single(variable)
            if any(_nesting(statement) > _MOST_BRACKETS for statement in self._function.body[before:]):
                raise UnsupportedError("has too many operations in each other for Python")
        except (UnclearError, UnsupportedError) as error:
            self.refused += [(v, str(error)) for v in group.variables]
            return
        for done in group.variables:
            self._local.add(id(done))
            self._done.add(id(done))
            self._function.computed.append(done)

    def _single(self, variable: Variable) -> None:
        table = table_of(variable.tree)
        if table is not None:
            self._what_if(variable, table)
            return
        try:
            self._array(variable)
        except UnclearError:
            self._general(variable)

    def _copied(self, variable: Variable) -> ast.expr | None:
        """The array that a variable is a copy of; None where it is none of texts."""
        ref = variable.tree
        if not isinstance(ref, Ref) or variable.kind != "text" or not ref.is_cell or variable.rank != 1:
            return None
        found = self.program.map.within(ref.sheet, ref.hull(variable.height, variable.width))
        size = (variable.height, variable.width)
        steps = (ref.top.down, ref.top.across, ref.left.down, ref.left.across)
        is_fill = steps == ((1, 0, 0, 0) if variable.width == 1 else (0, 0, 0, 1)) or steps == (1, 0, 0, 1)
        if len(found) != 1 or found[0].kind != "text" or (found[0].height, found[0].width) != size or not is_fill:
            return None
        return self.access(found[0]) if (ref.top.base, ref.left.base) == (found[0].row, found[0].column) else None

    def _array(self, variable: Variable) -> None:
        """Whole arrays at once."""
        if variable.kind not in ("num", "bool", "gaps"):
            raise UnclearError("not an array of numbers")
        around = self.context(python=False)
        others = list(self._function.others)
        try:
            tree = ArrayWriter(around, variable).result()
        except UnclearError:
            self._function.others = others
            raise
        self._assign(variable, around, tree)

    def _general(self, variable: Variable) -> None:
        copied = self._copied(variable)
        if copied is not None:
            self._function.body.append(marked(assign(variable.name, copied), variable))
        elif variable.region is not None and variable.region.whole:
            self._whole(variable)
        elif variable.rank == 0:
            around = self.context(python=False)
            code = CellWriter(around, variable, "0", "0").write(variable.tree)
            self._assign(variable, around, self._shown(code, variable))
        else:
            self._cells(variable)

    def _assign(self, variable: Variable, around: Context, tree: ast.expr) -> None:
        self._function.body += [
            marked(statement, variable) for statement in (*around.before, assign(variable.name, tree))
        ]

    def _shown(self, code: Code, variable: Variable) -> ast.expr:
        """A formula's result as its cell has it."""
        if code.kind in ("num", "bool", "text") and variable.is_sure:
            is_python = code.kind == "num" and code.owner != "language"
            if code.kind == "num" and variable.kind == "any":
                # Nobody knows what the cell held: it is one of Excel's values to all that read it.
                one = word("number", code.tree) if is_python else code.tree
                return code.tree if code.literal else word("item", one)
            return word("number", code.tree) if is_python else code.tree
        tree = self._in_cell(code, variable)
        return word("number", tree) if variable.kind == "num" else tree

    def _in_cell(self, code: Code, variable: Variable) -> ast.expr:
        """A general result as a cell shows it; where a plain form failed before, failures are error values too."""
        if not variable.is_sure:
            return self._help("shown", self._help("attempted", lambda_([], code.tree)))
        return self._as_shown(code)

    def _as_shown(self, code: Code) -> ast.expr:
        """A result as a cell shows it."""
        return code.tree if code.is_value else self._help("shown", code.tree)

    def _help(self, helper: str, *args: ast.expr) -> ast.expr:
        """A call of a helper."""
        self.helpers.add(helper)
        return call(helper, *args)

    def _cells(self, variable: Variable) -> None:
        """Cell by cell: a list, or where all are numbers an array of it."""
        around = self.context(python=True)
        i, j = ("i" if variable.height > 1 else "0"), ("j" if variable.width > 1 else "0")
        code = CellWriter(around, variable, i, j).write(variable.tree)
        tree = code.tree
        if code.kind not in ("num", "bool", "text") or not variable.is_sure:
            tree = self._in_cell(code, variable)
        if variable.mask is not None:
            tree = choice(_in_triangle(variable.mask), tree, NONE)
        for along, size in ((j, variable.width), (i, variable.height)):
            if size > 1:
                tree = each(tree, along, call("range", count(size)))
        self._assign(variable, around, self._as_array(variable, tree))

    def _as_array(self, variable: Variable, tree: ast.expr) -> ast.expr:
        """A list as what the variable is."""
        if variable.kind == "gaps":
            tree = self._help("without_gaps", tree)
        return word("array", tree) if variable.kind in ("num", "bool", "gaps") else tree

    def _whole(self, variable: Variable) -> None:
        """One array formula over all cells."""
        around = self.context(python=True)
        tree = CellWriter(around, variable, "0", "0").write(variable.tree).tree
        if not variable.is_sure:
            tree = self._help("attempted", lambda_([], tree))
        tree = self._help("fitted", tree, count(variable.height), count(variable.width))
        if variable.rank == 1:
            tree = call("list", self._help("flat", tree))
        self._assign(variable, around, self._as_array(variable, tree))

    # What-if tables

    def _what_if(self, variable: Variable, table: WhatIf) -> None:
        """A what-if table: what hangs on its inputs as a function of them, called for each of their values."""
        groups = cone(table, self.program.groups, self.program.map)
        outer, done, local, refused = self._function, set(self._done), set(self._local), len(self.refused)
        scope = set(self._defined), dict(self._functions)
        members = [v for group in groups for v in group.variables]
        names = [(v, v.name, v.kind) for v in (*self.program.inputs, *members)]
        self._function = replace(outer, body=[], computed=[])
        self._done -= {id(v) for v in members}
        self._local -= {id(v) for v in members}
        added: list[Variable] = []
        try:
            for member in members:
                member.name = member.name if member.sheet in outer.sheets else self.fresh(member.name)
            parameters = [self._given_anew(given, added) for given in table.inputs]
            for group in groups:
                self._group(group)
            if len(self.refused) > refused:
                raise UnsupportedError(f"is a what-if table of what {self.refused.pop()[1]}")
            result = self._result(table)
            name = self.fresh(f"{(members[-1].name if members else variable.name)}_if")
            body = [*self._function.body, ast.Return(result)]
        finally:
            del self.refused[refused:]
            for before, own, kind in names:
                before.name, before.kind = own, kind
            for one in added:
                self.program.map.remove(one)
            self._function, self._done, self._local = outer, done, local
            self._defined, self._functions = scope
        around = self.context(python=True)
        tree = self._called_for_each(variable, table, name, around)
        function = ast.FunctionDef(name, arguments(parameters), body, [], None, lineno=1)
        self._function.body.append(function)
        self._assign(variable, around, self._as_array(variable, tree))

    def _given_anew(self, given: Input, added: list[Variable]) -> str:
        """The name of the parameter that a cell is, and the statements that put it in the place of the cell."""
        cell = (given.cell.top.base, given.cell.left.base)
        area = (*cell, *cell)
        values = self.program.map.within(given.values.sheet, given.values.hull(1, 1))
        kind = "num" if {v.kind for v in values} == {"num"} else "any"
        found = self.program.map.within(given.cell.sheet, area)
        if not found:
            found = [Variable(given.cell.sheet, *cell, 1, 1, kind, name=self.fresh("given"))]
            self.program.map.add(found[0])
            added.append(found[0])
        holder = found[0]
        if holder.rank == 0:
            if holder.sheet not in self._function.sheets:
                holder.name = self.fresh(holder.name)
            holder.kind = kind
            if kind == "num" and self.target.has_numbers:
                self._function.body.append(assign(holder.name, word("number", name_(holder.name))))
            self._local.add(id(holder))
            return holder.name
        if holder.tree is not None or (holder.kind not in ("any", "gaps") and holder.kind != kind):
            raise UnsupportedError("is a what-if table whose input is part of an array of another kind")
        parameter, whole = self.fresh("given"), self.fresh(f"{holder.name}_if")
        places = ((cell[0] - holder.row, holder.height), (cell[1] - holder.column, holder.width))
        at = [count(place) for place, size in places if size > 1]
        made = self._help("with_cell", self.access(holder), name_(parameter), *at)
        self._function.body.append(assign(whole, made))
        holder.name = whole
        self._local.add(id(holder))
        return parameter

    def _result(self, table: WhatIf) -> ast.expr:
        """What the formulas of a table show: of one its value, of several a list."""
        around = self.context(python=True)
        ref = table.formulas
        writer = CellWriter(around, Variable(ref.sheet, 1, 1, 1, 1, "any"), "0", "0")
        found: list[ast.expr] = []
        for row in range(ref.top.base, ref.bottom.base + 1):
            for column in range(ref.left.base, ref.right.base + 1):
                corner = AffineIndex(row), AffineIndex(column)
                found.append(self._help("shown", writer.write(Ref(ref.sheet, *corner, *corner)).tree))
        self._function.body += around.before
        return found[0] if len(found) == 1 else list_(found)

    def _called_for_each(self, variable: Variable, table: WhatIf, name: str, around: Context) -> ast.expr:
        """A table's cells, in the shape of its array."""
        writer = CellWriter(around, Variable(variable.sheet, 1, 1, 1, 1, "any"), "0", "0")
        given = [self._help("flat", writer.area(i.values, loose=True).tree) for i in table.inputs]
        of_row, of_column = (name_(word) for word in ("row_value", "column_value"))
        if len(given) == 2:
            inner = each(call(name, of_row, of_column), "row_value", given[0])
            tree = each(inner, "column_value", given[1])
            is_list = False
        else:
            tree = each(call(name, name_("value")), "value", given[0])
            is_list = table.formulas.is_cell
            if not is_list and table.row is not None:
                tree = call("zip", ast.Starred(tree))
                tree = each(call("list", name_("line")), "line", tree)
        if variable.rank == 2:
            return tree
        if variable.rank == 1:
            return tree if is_list else call("list", self._help("flat", tree))
        return items(tree, [count(0)] * (2 - is_list))

    # Recurrences

    def _can(self, write: Callable[[], None]) -> bool:
        """Write something, or leave everything as it was."""
        kept = len(self._function.body), set(self._taken), set(self._defined), dict(self._functions), set(self.helpers)
        try:
            write()
        except UnclearError:
            del self._function.body[kept[0] :]
            self._taken, self._defined, self._functions = kept[1:4]
            self.helpers.intersection_update(kept[4])
            return False
        return True

    def _loop_or_cells(self, group: Group) -> None:
        """A recurrence as a loop; cell by cell where its formulas ask for more than steps."""
        loop = group.loop
        # With torch a step is made of tensors where all of it can be: then autograd goes through the loop.
        kinds = (False, True) if self.target.has_numbers else (True,)
        for python, merging in itertools.product(kinds, (True, False)):
            if self._can(partial(self._loop, loop, python=python, merging=merging)):
                break
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
        zipped: dict[str, ast.expr] = {}
        loop = with_first_steps(loop, merging=merging)
        first = self._peeled(loop)
        heads: list[ast.stmt] = []
        empty: list[str] = []
        body: list[ast.stmt] = []
        functions = {} if first else self._outlined(loop, around, step, zipped)
        for track in loop.tracks:
            name = track.variable.name
            trees = [functions[id(track)]] if id(track) in functions else []
            segments = track.segments[1:] if first else track.segments
            if not trees:
                trees = [self._segment(loop, track, segment, around, step, zipped) for segment in segments]
            if first:
                head = self._segment(loop, track, track.segments[0], around, "0", None)
                start = binary("+", list_((head,)), _empty(loop.steps - 1))
                if head is not NONE:
                    heads.append(marked(assign(name, start), track.variable))
            if not first or head is NONE:
                empty.append(name)
            step_of_it = item(name_(name), name_(step))
            body.append(marked(assign(step_of_it, _chosen(trees, segments, step)), track.variable))
        used = {name for statement in body for name in names_in(statement)}
        zipped = {name: tree for name, tree in zipped.items() if name in used}
        if len(empty) > 1:
            over = [_over("_", call("range", count(len(empty))))]
            heads.insert(0, assign(_stored(empty), ast.GeneratorExp(_empty(loop.steps), over)))
        elif empty:
            heads.insert(0, assign(empty[0], _empty(loop.steps)))
        self._function.body += [*around.before, *heads, _looped(loop, step, zipped, body, first=first)]
        self._function.body += [*self._cut_off(loop, python=python), *self._as_arrays(loop, python=python)]

    def _cut_off(self, loop: Loop, *, python: bool) -> Iterator[ast.stmt]:
        """What makes of each array the steps that it has, where it has none in the first."""
        late: dict[int, list[str]] = {}
        for track in loop.tracks:
            begins, name = track.segments[0], track.variable.name
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
                over = [_over("values", tuple_(map(name_, names)))]
                yield assign(_stored(names), ast.GeneratorExp(part, over))

    def _as_arrays(self, loop: Loop, *, python: bool) -> Iterator[ast.stmt]:
        """What makes arrays of lists of numbers."""
        filled = [track.variable for track in loop.tracks if track.variable.rank]
        arrays = [variable.name for variable in filled if variable.kind in ("num", "bool")]
        how = "array" if python else "stack"
        if len(arrays) == 1:
            yield assign(arrays[0], word(how, name_(arrays[0])))
        elif arrays:
            yield assign(_stored(arrays), call("map", word(f"{how}s"), tuple_(map(name_, arrays))))

    def _outlined(self, loop: Loop, around: Context, step: str, zipped: dict[str, ast.expr]) -> dict[int, ast.expr]:
        """Long formulas that several tracks share, but for what they read, as functions: the calls, by track."""
        twins: dict[object, list[Track]] = {}
        for track in loop.tracks:
            if len(track.segments) == 1:
                twins.setdefault(alike.skeleton(track.segments[0].tree), []).append(track)
        calls: dict[int, ast.expr] = {}
        for tracks in twins.values():
            if len(tracks) > 1 and max(self._length(loop, track, around, step) for track in tracks) > _LONG:
                calls |= self._function_of(loop, tracks, around, step, zipped)
        return calls

    def _length(self, loop: Loop, track: Track, around: Context, step: str) -> int:
        """How many characters a track's formula takes."""
        tree = self._segment(loop, track, track.segments[0], around, step, {})
        return len(track.variable.name) + len(unparse(spelled(tree, self.target.words)))

    def _function_of(
        self, loop: Loop, tracks: list[Track], around: Context, step: str, zipped: dict[str, ast.expr]
    ) -> dict[int, ast.expr]:
        """One function for formulas of one skeleton; what all of them read is read inside, by the step."""
        trees = [track.segments[0].tree for track in tracks]
        places = alike.slots(trees)
        writers = [self._writer(loop, track, track.segments[0], around, step, zipped) for track in tracks]
        values = [[writer.write(nodes[k]) for nodes in places] for k, writer in enumerate(writers)]
        if any(len({found[p].kind for found in values}) > 1 for p in range(len(places))):
            return {}
        wanted = alike.common_name([track.variable.name for track in tracks]) or "next_value"
        taken: set[str] = {step, wanted}
        names = [_parameter([found[p].tree for found in values], taken) for p in range(len(places))]
        inner = self._writer(loop, tracks[0], tracks[0].segments[0], around, step, None)
        for nodes, name, value in zip(places, names, values[0], strict=True):
            inner.names[nodes[0]] = replace(value, tree=name_(name))
        body = inner.write(trees[0])
        tree = self._as_shown(body)
        first = [step] if step in names_in(body.tree) else []
        function = self._defined_function(wanted, [*first, *names], tree, around)
        return {
            id(track): call(function, *map(name_, first), *(value.tree for value in found))
            for track, found in zip(tracks, values, strict=True)
        }

    def _defined_function(self, name: str, parameters: list[str], tree: ast.expr, around: Context) -> str:
        """The name of a function that returns an expression of its parameters: one that does is not defined again."""
        places = {parameter: name_(f"_{place}") for place, parameter in enumerate(parameters)}
        body = key(Renaming(places).visit(tree))
        if body not in self._functions:
            self._functions[body] = self.fresh(name)
            self._function.body += [*around.before, define(self._functions[body], parameters, tree)]
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
        zipped: dict[str, ast.expr] | None,
    ) -> ast.expr:
        """What a step from `start` to `stop` puts into a track; `zipped` gathers what the loop goes through in step."""
        if segment.tree is None:
            return NONE if segment.given is None else self._given(loop, segment, segment.given, around, step)
        writer = self._writer(loop, track, segment, around, step, zipped)
        kept = len(around.before), dict(around.known), set(self.helpers)
        code = writer.write(segment.tree)
        if code.kind not in ("num", "bool", "text") and track.variable.kind == "num" and track.variable.is_sure:
            code = self._with_arrays(code, track, segment, writer, around, kept)
        if code.kind in ("num", "bool", "text"):
            return code.tree
        if self.target.has_numbers and not around.python:
            raise UnclearError("a step that is not made of tensors alone")
        return self._as_shown(code)

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
        if self.target.has_numbers and around.python:
            return general
        before, known, helpers = around.before[kept[0] :], dict(around.known), set(self.helpers)
        del around.before[kept[0] :]
        around.known.clear()
        around.known.update(kept[1])
        self.helpers.intersection_update(kept[2])
        try:
            return StepWriter(around, track.variable, writer).number(segment.tree)
        except UnclearError:
            around.before += before
            around.known.update(known)
            self.helpers |= helpers
            return general

    def _given(self, loop: Loop, segment: Segment, given: Variable, around: Context, step: str) -> ast.expr:
        """The element of an input that a step of a segment is."""
        tree = self.access(given)
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
        self,
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
        zipped: dict[str, ast.expr],
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
            tree = self.access(variable)
            if variable.kind in ("num", "bool"):
                tree = around.listed(tree)
            if key(zipped.setdefault(name, tree)) != key(tree):
                continue
            writer.stepped[id(variable)] = name

    def _by_cells(self, group: list[Variable]) -> None:
        """Cell by cell, over one grid for each sheet: in the order of their dependence, or as they read each other."""
        if any(table_of(v.tree) is not None for v in group):
            raise UnsupportedError("is a what-if table that reads what hangs on itself")
        around = self.context(python=True)
        circle = ""
        try:
            order = steps(group, self.program.map)
        except CircleError as error:
            # Perhaps none: INDEX, VLOOKUP, IF read less than their references reach.
            circle = str(error)
            order = [(v, range(v.height), range(v.width)) for v in sorted(group, key=lambda v: v.sheet.lower())]
        functions: dict[int, str] = {}
        grids: dict[str, Variable] = {}
        for sheet in dict.fromkeys(v.sheet for v in group):
            members = [v for v in group if v.sheet == sheet]
            grids[sheet] = self._grid(sheet, members, group, around)
        functions_of_cells: list[ast.stmt] = []
        inner = replace(around, variables=lambda sheet, area: self._seen_by(grids, group, sheet, area))
        for variable in group:
            name = self.fresh(f"{variable.name}_cell")
            functions[id(variable)] = name
            stand_in = Variable(variable.sheet, variable.row, variable.column, variable.height, variable.width, "any")
            code = CellWriter(inner, stand_in, "i", "j").write(variable.tree)
            tree = self._as_shown(code)
            if variable.region is not None and variable.region.whole:
                tree = self._help("fitted", code.tree, count(variable.height), count(variable.width))
                tree = items(tree, (name_("i"), name_("j")))
            functions_of_cells.append(marked(define(name, ["i", "j"], tree), variable))
        table = [
            tuple_(
                (
                    name_(functions[id(v)]),
                    name_((grid := grids[v.sheet]).name),
                    count(v.row - grid.row),
                    count(v.column - grid.column),
                    _range(rows),
                    _range(columns),
                )
            )
            for v, rows, columns in order
        ]
        if circle:
            self.knots.append(Knot(group, functions[id(group[0])], circle))
            rounds = self.program.iterations
            helper, given = ("iterate_cells", [count(rounds)]) if rounds else ("compute_cells", [])
            computing: ast.stmt = ast.Expr(self._help(helper, *given, *table))
        else:
            computing = self._in_order(table)
        self._function.body += [*around.before, *functions_of_cells, computing]
        for variable in group:
            self._function.body.append(assign(variable.name, self._cut(grids[variable.sheet], variable)))

    def _in_order(self, table: Sequence[ast.expr]) -> ast.stmt:
        """The loop that computes the cells of grids one after another."""
        cell, into, top, left, rows, columns = names = [
            self.fresh(name) for name in ("cell", "into", "top", "left", "rows", "columns")
        ]
        inner = parsed(
            f"for i in {rows}:\n    for j in {columns}:\n        {into}[{top} + i][{left} + j] = {cell}(i, j)"
        )
        return loop(_stored(names), list_(table), [inner])

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
        made = writer.assembled(done, (top, left, bottom, right), (grid.height, grid.width))
        around.before.append(assign(grid.name, made))
        return grid

    def _is_done(self, variable: Variable) -> bool:
        return variable.tree is None or id(variable) in self._done

    def _seen_by(
        self, grids: dict[str, Variable], group: list[Variable], sheet: str, area: tuple[int, int, int, int]
    ) -> list[Variable]:
        found = self.program.map.within(sheet, area)
        return [grids[sheet]] if any(v in group for v in found) else found

    def _cut(self, grid: Variable, variable: Variable) -> ast.expr:
        """A variable's cells out of the grid that they were computed in."""
        top, left = variable.row - grid.row, variable.column - grid.column
        bottom, right = top + variable.height, left + variable.width
        tree = name_(grid.name)
        if variable.rank == 0:
            one = items(tree, (count(top), count(left)))
            return word("number", one) if variable.kind == "num" else one
        if variable.height == 1:
            tree = items(tree, (count(top), cut(count(left), count(right))))
        elif variable.width == 1:
            tree = each(item(name_("line"), count(left)), "line", item(tree, cut(count(top), count(bottom))))
        else:
            tree = self._help("part", tree, *map(count, (top, bottom, left, right)))
        return self._as_array(variable, tree)


def _in_triangle(mask: Mask) -> ast.expr:
    """Whether row `i` and column `j` of a rectangle are a cell of a triangle of it."""
    column = name_("j")
    if mask.mirrored:
        column = binary("-", count(mask.width - 1), column)
    return binary(">=" if mask.upper else "<=", column, shifted(name_("i"), mask.offset))


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


def _nesting(statement: ast.stmt) -> int:
    """How many brackets are open at once in a statement, at the most; those in texts are counted too."""
    if _is_shallow(statement):
        return 0
    opened = itertools.accumulate(
        {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0) for sign in unparse(spelled(statement, NUMPY.words))
    )
    return max(opened, default=0)


def _is_shallow(statement: ast.stmt) -> bool:
    """Whether a statement has fewer nodes in each other than brackets would have to be too many."""
    level: list[ast.AST] = [statement]
    for _ in range(_MOST_BRACKETS):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


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
    return loop(tuple_((stored(step), _stored(list(zipped)))), counted, body)


def _stored(names: Sequence[str]) -> ast.expr:
    """One name that is assigned to, or several."""
    return stored(names[0]) if len(names) == 1 else ast.Tuple([stored(name) for name in names], ast.Store())


def _empty(steps: int) -> ast.expr:
    """A list to fill."""
    return binary("*", list_((NONE,)), count(steps))


def _over(name: str, values: ast.expr) -> ast.comprehension:
    return ast.comprehension(stored(name), values, [], 0)


def each(tree: ast.expr, along: str, values: ast.expr) -> ast.expr:
    """A list of an expression for each of some values."""
    return ast.ListComp(tree, [_over(along, values)])


def _range(steps: range) -> ast.expr:
    """A range that is written out."""
    ends = [steps.start, steps.stop, *([steps.step] if steps.step != 1 else [])]
    return call("range", *map(count, ends))


def _chosen(trees: Sequence[ast.expr], segments: Sequence[Segment], step: str) -> ast.expr:
    """The expressions of a track's segments as one that depends on the step."""
    if len(trees) == 2 and segments[0].stop == 1:
        return choice(name_(step), trees[1], trees[0])
    # Python reads the first condition first, so the earliest steps come first.
    chosen = trees[-1]
    for tree, segment in reversed(list(zip(trees, segments[:-1], strict=False))):
        chosen = choice(binary("<", name_(step), count(segment.stop)), tree, chosen)
    return chosen
