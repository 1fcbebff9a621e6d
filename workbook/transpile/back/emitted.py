"""What a script is made of: its functions, as they are written and as passes change them."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from workbook.transpile.middle.program import Group
from workbook.transpile.middle.variables import CellMap, Variable

LONG = 3_000
"""Of functions of more statements nobody reads the formulas, and to compare them with each other takes long."""


@dataclass(frozen=True, slots=True)
class SheetFunction:
    """The source of one function: the formulas of a sheet or of a part of one, or of sheets that feed each other.

    Attributes:
        name: its name.
        sheets: the titles of its sheets: one, but where cells of several wait for each other.
        own: the names of these sheets.
        others: the sheets, by name, whose arrays it reads.
        body: its statements, each with what it computes as its origin.
        computed: what it computes and gives back, by sheet.
        inputs: the inputs of its only sheet, which it takes as keywords; none where another function has taken them.
        parameters: what it calls arrays of other sheets that are others in each call of it.
        arguments: these arrays, in the call for its sheet.
        twins: of a function that is called for several sheets, in the first of these calls: their titles.
        text: its statements in the words of a language, where no pass changes them any more; empty where one may.
    """

    name: str
    sheets: tuple[str, ...]
    own: tuple[str, ...]
    others: tuple[str, ...]
    body: Sequence[ast.stmt]
    computed: tuple[Variable, ...]
    inputs: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_long(self) -> bool:
        """Whether its statements are too many to be compared with each other."""
        return len(self.body) > LONG

    def with_body(self, body: Iterable[ast.stmt]) -> Self:
        """The function with other statements, which are no text yet."""
        return replace(self, body=tuple(body), text="")

    def of(self, sheet: str) -> list[Variable]:
        """What it computes of a sheet."""
        return [variable for variable in self.computed if variable.sheet == sheet]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Emitted:
    """All that a script is made of.

    Attributes:
        functions: in the order in which they are called.
        helpers: what they use of the runtime.
        refused: what could not be written, and why.
        knots: what is computed when it is read.
        sheets: the sheets' names, by title.
        inputs: what they read that no formula computes.
        names: what variables are called, by their ids.
        groups: what is computed together, as it was written: a loop that could be none is its cells.
        map: which of these variables holds a cell.
    """

    functions: tuple[SheetFunction, ...]
    helpers: frozenset[str]
    refused: tuple[tuple[Variable, str], ...]
    knots: tuple[Knot, ...]
    sheets: Mapping[str, str]
    inputs: tuple[Variable, ...]
    names: Mapping[int, str]
    groups: tuple[Group, ...]
    map: CellMap

    def name(self, variable: Variable) -> str:
        """What the script calls a variable."""
        return self.names[id(variable)]
