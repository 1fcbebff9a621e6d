"""Formulas → trees: names and tables replaced by the cells that they stand for, references moving with the cell."""

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Self

from workbook.errors import FormulaError
from workbook.formula.grammar import (
    Binary,
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Invoke,
    Name,
    Number,
    Range,
    Structured,
    Text,
    Unary,
)
from workbook.formula.parser import parse
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front import information
from workbook.transpile.front.calls import fitting, in_area
from workbook.transpile.front.counts import counted_parts, with_blanks_beyond
from workbook.transpile.front.defined import Names, python_name
from workbook.transpile.front.forms import Forms
from workbook.transpile.front.formula import Evaluate, Formula
from workbook.transpile.front.functions import FUNCTIONS, TAKE_ERRORS, UNSUPPORTED, Signature
from workbook.transpile.front.indirect import indirect
from workbook.transpile.front.moving import counted
from workbook.transpile.front.named import keep_function, lambda_, let, named, spelled_out
from workbook.transpile.front.offset import index, offset
from workbook.transpile.front.pivots import of_pivot
from workbook.transpile.front.references import combined, intersected, moving_range, spilled, through_sheets
from workbook.transpile.front.regions import MOST_ARRAY_CELLS, Region
from workbook.transpile.front.tables import structured
from workbook.transpile.front.tree import Function, Local, depth
from workbook.transpile.front.what_if import what_if
from workbook.xlsx.read import Book, Cell

_DEEPEST = 400
"""The operations in each other, as in a long sum: Python reads no expression that is nested without end."""
_COUNT_BLANKS = frozenset(("COUNTBLANK", "COUNTIF", "COUNTIFS"))

_OF_TEXTS = frozenset(("CLEAN", "CONCAT", "CONCATENATE", "EXACT", "LEN", "LOWER", "PROPER", "TRIM", "UPPER"))
"""Functions that take each of their arguments as text."""


_Place = tuple[str, int, int]
_Guided = tuple[Any, tuple[tuple[Any, Any], ...]]


@dataclass(slots=True)
class Lowering:
    """One workbook's formulas made into trees.

    Attributes:
        names: what they may name.
        saved: what a part of a region's formula was in each of its cells when the workbook was saved, the functions
            given that it may call.
        lambdas: gathers the defined names that are functions.
        ahead: the trees of cells that have been made already: see `Ahead`.
        forms: the trees of formulas that others are like.
    """

    names: Names
    saved: Evaluate
    lambdas: dict[str, Function] = field(default_factory=dict)
    ahead: Mapping[_Place, _Guided] = field(default_factory=dict)
    forms: Forms = field(default_factory=Forms)

    def lower(self, region: Region) -> Any:
        """The tree of a region's formula, as its cells see it; raises what `guided` does."""
        return self.guided(region)[0]

    def guided(self, region: Region) -> _Guided:
        """The tree of a region's formula, and what decided which cells it reads: parts, and what they were when saved.

        Raises:
            UnsupportedError: it holds what no script can.
            UnevenError: its cells must be taken one by one.
        """
        place = (region.row, region.column)
        if region.is_own and (known := self.ahead.get((region.sheet, *place))) is not None:
            return known
        is_alone = region.cells == 1 and place in self.names.dynamic.get(region.sheet, ())
        is_plain = region.is_own and region.skeleton and not (region.array or is_alone)
        if is_plain and (tree := self.forms.tree(region)) is not None:
            return tree, ()
        if region.whole and region.cells > MOST_ARRAY_CELLS:
            raise UnsupportedError(f"is one formula over {region.cells:,} cells, more than {MOST_ARRAY_CELLS:,}")
        try:
            node = parse(region.formula)
        except FormulaError as error:
            raise UnsupportedError(f"can't be read ({error})") from error
        if (levels := depth(node)) > _DEEPEST:
            raise UnsupportedError(f"has {levels:,} operations in each other, more than {_DEEPEST}")

        def fresh() -> Formula:
            return Formula(region, self.names, self.saved, self.lambdas, _tree)

        if "GETPIVOTDATA" in region.formula.upper():
            cached = of_pivot(node, fresh)
            if cached is not None:
                return cached, ()
        formula = fresh()
        tree = formula.tree(node, "a" if region.array else "s")
        if is_plain and not formula.guides:
            self.forms.learn(region, node, tree)
        has_no_room = is_alone and formula.has_no_room(tree)
        return ErrorValue("#SPILL!") if has_no_room else tree, tuple(formula.guides)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The trees of single cells whose formulas need no value of any cell, made while programs compute the values.

    Attributes:
        names: what formulas might name then.
        trees: by the cell, what `Lowering.guided` gives.
    """

    names: Names
    trees: Mapping[_Place, _Guided]

    @classmethod
    def of(cls, book: Book, regions: Iterable[Region]) -> Self:
        """Those of a workbook; none where its formulas call functions of its own, which are gathered in their order."""
        names = Names.of(book)
        lowering = Lowering(replace(names, cells=_NoValues()), _no_value)
        trees: dict[_Place, _Guided] = {}
        for region in regions:
            if region.is_own and not region.array:
                with suppress(_NeedsValuesError, UnsupportedError, UnevenError):
                    trees[region.sheet, region.row, region.column] = lowering.guided(region)
        return cls(names, {} if lowering.lambdas else trees)

    def known(self, names: Names) -> Mapping[_Place, _Guided]:
        """The trees, where formulas may name what they might then."""
        nothing: Mapping[str, Any] = {}
        return self.trees if replace(names, cells=nothing) == replace(self.names, cells=nothing) else {}


class _NeedsValuesError(Exception):
    """A formula's tree depends on what cells hold."""


class _NoValues(dict[str, Mapping[tuple[int, int], Cell]]):
    """The cells of every sheet, before their values are known."""

    def __missing__(self, key: str) -> NoReturn:
        raise _NeedsValuesError


def _no_value(*_: object) -> NoReturn:
    raise _NeedsValuesError


def _tree(formula: Formula, node: Any, want: str) -> Any:
    """The tree of a node of a formula; see `Formula.tree`."""
    match node:
        case Range() if ":" in node.sheet:
            return through_sheets(formula, node)
        case Range():
            return intersected(formula, moving_range(formula, node), want)
        case Structured():
            return intersected(formula, structured(formula, node), want)
        case Name():
            return named(formula, node, want)
        case Unary("#", operand):
            return spilled(formula, operand)
        case Unary("@", operand):
            return formula.tree(operand, "s")
        case Binary((":" | " " | ",") as operator, left, right):
            return intersected(formula, combined(formula, operator, left, right), want)
        case Unary(operator, operand):
            return Unary(operator, formula.tree(operand, "a" if want == "a" else "s"))
        case Binary(operator, left, right):
            each = "a" if want == "a" else "s"
            left, right = (_as_text(left), _as_text(right)) if operator == "&" else (left, right)
            return counted(Binary(operator, formula.tree(left, each), formula.tree(right, each)))
        case Call():
            return _call(formula, node, want)
        case Invoke(function, arguments):
            return _invoked(formula, formula.tree(function, "f"), arguments)
        case Number(value) if not math.isfinite(value):
            # More than a float holds: no cell of Excel's takes it.
            return ErrorValue("#NUM!")
        case Constants(rows):
            return Constants(tuple(tuple(formula.tree(value, "s") for value in row) for row in rows))
        case _:
            return node


def _as_text(node: Any) -> Any:
    """A node that is taken as text: what an IF leaves out is an empty text there, and 0 elsewhere."""
    match node:
        case Call("IF", (condition, *results)):
            return Call("IF", (condition, *(Text("") if result is None else _as_text(result) for result in results)))
        case _:
            return node


def _call(formula: Formula, node: Call, want: str) -> Any:
    """The tree of a call of Excel's function, of a variable that is a function, or of a defined one."""
    name = node.function
    special = _SPECIAL.get(name)
    if special is not None:
        if len(node.arguments) < _LEAST.get(name, 0):
            raise UnsupportedError(f"gives {name} too few arguments")
        return special(formula, node, want)
    called = name.lower()
    local = formula.scope.get(called.removeprefix("_xlpm."))
    # A variable may be called as a function of Excel's: a call of it then has a prefix in the file.
    if local is not None and (called.startswith("_xlpm.") or name not in FUNCTIONS):
        return _invoked(formula, Local(local), node.arguments)
    if name not in FUNCTIONS:
        if keep_function(formula, name):
            return _invoked(formula, Local(python_name(name)), node.arguments)
        if formula.caught and name not in UNSUPPORTED:
            # Nobody knows it: an add-in's, or one of another program's.
            return ErrorValue("#NAME?")
        raise UnsupportedError(f"uses {name}, which is not supported")
    if name in _OF_TEXTS:
        node = Call(name, tuple(_as_text(argument) for argument in node.arguments))
    found = fitting(Call(name, _arguments(formula, spelled_out(node), want)))
    if name in ("SUBTOTAL", "AGGREGATE"):
        return counted_parts(formula, found)
    if name in _COUNT_BLANKS:
        return with_blanks_beyond(formula, node, found)
    if name != "INDEX":
        return found
    return in_area(found) if len(node.arguments) == 4 else index(formula, found, want)


def _invoked(formula: Formula, function: Any, arguments: tuple[Any, ...]) -> Invoke:
    """A call of a function that the workbook defines."""
    return Invoke(function, tuple(None if a is None else formula.tree(a, "r") for a in arguments))


def _arguments(formula: Formula, node: Call, want: str) -> tuple[Any, ...]:
    """The trees of what one of Excel's functions is given, each taken as its signature says."""
    signature = FUNCTIONS[node.function]
    if len(node.arguments) < max(signature.least, bool(signature.takes)):
        raise UnsupportedError(f"gives {node.function} too few arguments")
    # The fourth argument of INDEX, an area, is none of the helper's.
    if len(node.arguments) > signature.most + (node.function == "INDEX"):
        raise UnsupportedError(f"gives {node.function} too many arguments")
    formula.caught += node.function in TAKE_ERRORS
    found = tuple(
        None if argument is None else formula.tree(argument, _taken(signature, place, len(node.arguments), want))
        for place, argument in enumerate(node.arguments)
    )
    formula.caught -= node.function in TAKE_ERRORS
    return found


def _taken(signature: Signature, place: int, count: int, want: str) -> str:
    """How the argument in a place is taken, of a function that is taken as `want` says."""
    takes = signature.at(place).lower()
    if signature.helper == "MAP" and place == count - 1:
        return "f"
    return want if takes == "i" else "a" if want == "a" and takes in "sr" else takes


def _single(formula: Formula, node: Call, _: str) -> Any:
    return formula.tree(node.arguments[0], "s")


def _anchor_array(formula: Formula, node: Call, _: str) -> Any:
    return spilled(formula, node.arguments[0])


def _constant(_: Formula, node: Call, __: str) -> Any:
    return Boolean(node.function == "TRUE")


_SPECIAL: Mapping[str, Callable[[Formula, Call, str], Any]] = {
    "OFFSET": offset,
    "INDIRECT": indirect,
    "LET": let,
    "LAMBDA": lambda_,
    "SINGLE": _single,
    "ANCHORARRAY": _anchor_array,
    "TABLE": what_if,
    "ROW": information.row,
    "COLUMN": information.column,
    "AREAS": information.areas,
    "CELL": information.cell,
    "TYPE": information.type_,
    "ISREF": information.isref,
    "SHEET": information.sheet,
    "SHEETS": information.sheets,
    "ISFORMULA": information.isformula,
    "FORMULATEXT": information.formulatext,
    "ROWS": information.rows,
    "COLUMNS": information.columns,
    "TRUE": _constant,
    "FALSE": _constant,
}
"""Functions that are no function of values: what their argument is, or where it stands, is what they ask."""

_LEAST = dict.fromkeys(
    ("OFFSET", "INDIRECT", "LET", "LAMBDA", "SINGLE", "ANCHORARRAY", "AREAS", "CELL", "TYPE", "ISREF"), 1
)
_LEAST |= dict.fromkeys(("ISFORMULA", "FORMULATEXT", "ROWS", "COLUMNS"), 1)
"""How many arguments these must have; other functions say so in their signature."""
