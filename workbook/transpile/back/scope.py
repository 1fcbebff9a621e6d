"""The function that is being written: how it reaches arrays, what it has named, what it needs."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from workbook.transpile.back.code import (
    Code,
    assign,
    call,
    define,
    lambda_,
    marked,
    name_,
    word,
)
from workbook.transpile.back.context import Context
from workbook.transpile.back.emitted import Knot, SheetFunction
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.errors import UnclearError
from workbook.transpile.middle.names import RESERVED, Named
from workbook.transpile.middle.program import Group, Program
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.transpile.targets import Target


@dataclass(frozen=True, slots=True)
class Written:
    """What of a function is written while another within it is: see the attributes of `Scope`."""

    body: list[ast.stmt]
    computed: list[Variable]
    done: set[int]
    own: set[int]
    defined: set[str]
    shared: dict[str, str]
    names: dict[int, str]
    map: CellMap
    groups: list[Group]


class Scope:
    """The function that is being written, and what expressions in it may use.

    Attributes:
        program: the program.
        names: what variables are called, by their ids.
        map: which variable holds a cell.
        groups: what is computed together, as it is written.
        sheets: the names of the sheets, by title.
        target: the language.
        helpers: the helpers used so far.
        refused: what could not be written, and why.
        knots: what is computed when it is read.
        name: the function's name.
        titles: the titles of its sheets.
        others: the sheets, by name, whose arrays it reads.
        body: its statements.
        computed: what it computes.
        takes: whether it takes the inputs of its sheet.
        own: the ids of what it has computed.
        read: the ids of what any function has read.
        done: the ids of what is computed already, in any of them.
        taken: the names that nothing new in it may have.
        defined: the workbook's own functions that it has.
        shared: the functions of loops in it, by what they compute.
        local_names: the names of LET and LAMBDA, by those in formulas.
    """

    def __init__(self, program: Program, named: Named, target: Target) -> None:
        self.program = program
        self.names = dict(named.variables)
        self.map = program.map.copy()
        self.groups = list(program.groups)
        self.sheets = named.sheets
        self.target = target
        self.helpers: set[str] = set()
        self.refused: list[tuple[Variable, str]] = []
        self.knots: list[Knot] = []
        self.name = ""
        self.titles: tuple[str, ...] = ()
        self.others: list[str] = []
        self.body: list[ast.stmt] = []
        self.computed: list[Variable] = []
        self.own: set[int] = set()
        self.read: set[int] = set()
        self.takes = False
        self.taken: set[str] = set()
        # The names of the variables of each sheet, and the groups that these were gathered of.
        self._of_sheet: dict[str, set[str]] = {}
        self._counted: list[Group] = []
        # The number up to which a name is taken, so that the thousandth is found as soon as the first.
        self._counts: dict[str, int] = {}
        self.done: set[int] = set()
        self.defined: set[str] = set()
        self.shared: dict[str, str] = {}
        self.local_names: dict[str, str] = {}

    def enter(self, name: str, titles: tuple[str, ...], *, takes: bool) -> None:
        """Begin a function of some sheets; `takes`: it takes the inputs of its only sheet."""
        self.name = name
        self.titles = titles
        self.takes = takes
        # Where it does not, what it computes joins what its sheets have already.
        self.others = [] if takes else [self.sheets[title] for title in titles]
        self.body = []
        self.computed = []
        self.own = set()
        self.defined = set()
        self.shared = {}
        self.local_names = {}
        if self._counted is not self.groups:
            self._counted, self._of_sheet = self.groups, defaultdict(set)
            for variable in (*self.program.inputs, *(v for group in self.groups for v in group.variables)):
                self._of_sheet[variable.sheet].add(self.called(variable))
        self.taken = set(self.sheets.values()).union(*(self._of_sheet[title] for title in titles))
        self._counts = {}

    def function(self) -> SheetFunction:
        """The function as it is now."""
        own = tuple(self.sheets[title] for title in self.titles)
        return SheetFunction(self.name, self.titles, own, tuple(self.others), tuple(self.body), tuple(self.computed))

    def inner(self, anew: set[int]) -> Written:
        """Begin a function within this one, which computes some variables again; what of this one is kept meanwhile."""
        outer = Written(
            self.body,
            self.computed,
            self.done,
            self.own,
            self.defined,
            self.shared,
            self.names,
            self.map,
            self.groups,
        )
        self.body, self.computed = [], []
        self.names, self.map = dict(self.names), self.map.copy()
        self.done, self.own = self.done - anew, self.own - anew
        self.defined, self.shared = set(self.defined), dict(self.shared)
        return outer

    def leave(self, outer: Written) -> None:
        """End such a function: the other one is as it was."""
        self.body, self.computed, self.done, self.own = outer.body, outer.computed, outer.done, outer.own
        self.defined, self.shared = outer.defined, outer.shared
        self.names, self.map, self.groups = outer.names, outer.map, outer.groups

    def called(self, variable: Variable) -> str:
        """What a variable is called."""
        return variable.name or self.names[id(variable)]

    def access(self, variable: Variable) -> ast.expr:
        """How a variable is reached from the function that is being written."""
        if variable.parts or id(variable) in self.own:
            return name_(self.called(variable))
        self.read.add(id(variable))
        if self.takes and variable.sheet == self.titles[0] and variable.tree is None:
            return name_(self.called(variable))
        name = self.sheets[variable.sheet]
        if name not in self.others:
            self.others.append(name)
        return name_(f"{name}.{self.called(variable)}")

    def now(self, variable: Variable) -> Variable:
        """What stands where an input stood when its loop was planned: a what-if table gives it another value."""
        found = self.map.within(variable.sheet, variable.rectangle)
        return found[0] if len(found) == 1 else variable

    def take_apart(self, loop: Group) -> Group:
        """The cells of a loop that could not be written as one, which stand in its place, named by their addresses."""
        cells = Group([*loop.loop.absorbed, *loop.original])
        self.groups = [cells if group is loop else group for group in self.groups]
        self.map.replace(loop.variables, cells.variables)
        for variable in cells.variables:
            self.names[id(variable)] = self.fresh(variable.address.lower().replace(":", "_"))
        return cells

    def fresh(self, name: str) -> str:
        """A name for something that only this function knows."""
        name = re.sub(r"\W+", "_", name).strip("_")
        free, count = name, self._counts.get(name, 1)
        while free in self.taken:
            count += 1
            free = f"{name}_{count}"
        self._counts[name] = count
        self.taken.add(free)
        return free

    def local_name(self, name: str) -> str:
        """A name of LET or LAMBDA, or of a function of the workbook, that hides nothing of this function."""
        if name not in self.local_names:
            free = name
            while free in RESERVED or free in self.taken:
                free += "_"
            self.local_names[name] = free
        self.taken.add(self.local_names[name])
        return self.local_names[name]

    def context(self, *, python: bool) -> Context:
        """What expressions stand in; `python`: among Python's floats, and not among the language's own numbers."""
        return Context(
            access=self.access,
            variables=self.map.within,
            python=python,
            fresh=self.fresh,
            helpers=self.helpers,
            define=self.define,
            local=self.local_name,
        )

    def define(self, name: str) -> None:
        """A function that the workbook names, at the place of its first use."""
        function = self.program.lambdas.get(name)
        if function is None or name in self.defined:
            return
        self.defined.add(name)
        nowhere = Variable(self.titles[0], 1, 1, 1, 1, "any")
        around = self.context(python=True)
        body = CellWriter(around, nowhere, "0", "0").write(function.body).tree
        parameters = [self.local_name(parameter) for parameter in function.parameters]
        self.body += [*around.before, define(self.local_name(name), parameters, body, function.optional)]

    def assign(self, variable: Variable, around: Context, tree: ast.expr) -> None:
        """Write what a variable is, after what must stand before it."""
        self.body += [
            marked(statement, variable) for statement in (*around.before, assign(self.called(variable), tree))
        ]

    def help(self, helper: str, *args: ast.expr) -> ast.expr:
        """A call of a helper."""
        self.helpers.add(helper)
        return call(helper, *args)

    def as_shown(self, code: Code) -> ast.expr:
        """A result as a cell shows it."""
        return code.tree if code.is_value else self.help("shown", code.tree)

    def in_cell(self, code: Code, variable: Variable) -> ast.expr:
        """A general result as a cell shows it; where a plain form failed before, failures are error values too."""
        if not variable.is_sure:
            return self.help("shown", self.help("attempted", lambda_([], code.tree)))
        return self.as_shown(code)

    def as_array(self, variable: Variable, tree: ast.expr) -> ast.expr:
        """A list as what the variable is."""
        if variable.kind == "gaps":
            tree = self.help("without_gaps", tree)
        return word("array", tree) if variable.kind in ("num", "bool", "gaps") else tree

    def attempts(self, write: Callable[[], None]) -> bool:
        """Write something, or leave everything as it was."""
        kept = len(self.body), set(self.taken), set(self.defined), dict(self.shared), set(self.helpers)
        try:
            write()
        except UnclearError:
            del self.body[kept[0] :]
            self.taken, self.defined, self.shared = kept[1:4]
            self._counts = {}
            self.helpers.intersection_update(kept[4])
            return False
        return True
