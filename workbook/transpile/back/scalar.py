"""One cell at a time: a formula as an expression over Excel's values, plain Python where these are surely numbers."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Invoke, Number, Text, Unary
from workbook.transpile.back.code import (
    COMPARISONS,
    NONE,
    PLAIN,
    Code,
    assign,
    binary,
    call,
    choice,
    constant,
    count,
    cut,
    fixed,
    grid,
    item,
    items,
    lambda_,
    list_,
    literal,
    method,
    name_,
    negative,
    owner_of_all,
    owner_of_one,
    place,
    shifted,
    summed,
    tuple_,
    word,
)
from workbook.transpile.back.rewrite import template
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import DIGITS, FUNCTIONS
from workbook.transpile.front.tree import AffineIndex, Choice, Function, IndexValue, Local, Ref
from workbook.transpile.middle.variables import Variable
from workbook.transpile.targets import OF_NUMBERS, PYTHON

_HELPERS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power", "&": "join",
    "=": "equal", "<>": "unequal", "<": "less", ">": "greater", "<=": "at_most", ">=": "at_least",
}  # fmt: skip
_FEW = 64
_FEW_ADDED = 8
"""The cells that a step of a loop adds up one by one."""
_PARTIAL = frozenset("/^")
_PARTIAL_FUNCTIONS = frozenset(["EXP", "LN", "LOG", "LOG10", "SQRT", "POWER", "MOD", "ASIN", "ACOS"])
# fmt: off
_CATCHES = frozenset((
    "CHOOSE", "COUNT", "COUNTA", "ERROR.TYPE", "IFERROR", "IFNA", "ISERR", "ISERROR", "ISNA", "ISNONTEXT", "ISNUMBER",
    "ISTEXT", "LOOKUP", "MATCH", "SWITCH", "TYPE", "XLOOKUP", "XMATCH",
))
"""Functions that turn an error into something else: what they are given must make errors, not exceptions."""
_TAKES_ARRAYS = frozenset((
    "AND", "AVEDEV", "AVERAGE", "AVERAGEA", "CONCAT", "CORREL", "COUNT", "COUNTA", "COUNTBLANK", "COUNTIF", "DEVSQ",
    "FREQUENCY", "GCD", "GEOMEAN", "HARMEAN", "INTERCEPT", "LARGE", "LCM", "MATCH", "MAX", "MAXA", "MEDIAN", "MIN",
    "MINA", "MODE", "NPV", "OR", "PERCENTILE", "PRODUCT", "QUARTILE", "RANK", "RANK_AVG", "RSQ", "SLOPE", "SMALL",
    "STDEV", "STDEVP", "SUM", "SUMSQ", "VAR", "VARP", "XMATCH", "XOR",
))
"""Helpers that take a range as an array, or a list, of any shape."""
# fmt: on
_COUNTS = frozenset(("COUNT", "COUNTA", "COUNTBLANK"))
"""Helpers that give a number of Python's, whatever they are given."""
_TESTS = frozenset(("ISNUMBER", "ISTEXT", "ISNONTEXT", "ISLOGICAL", "ISBLANK", "ISERROR", "ISERR", "ISNA"))
"""Helpers that say of a single value, whatever it is, whether it is of a kind."""
_MAPS = frozenset(
    ("ABS", "COS", "EXP", "INT", "LN", "LOG", "LOG10", "MOD", "POWER", "ROUND", "SIN", "SQRT", "TAN", "TANH")
)
"""Helpers that make a single value of single values."""
_TOTALS = frozenset(("AVERAGE", "MAX", "MIN", "MEDIAN", "PRODUCT", "SUM", "SUMPRODUCT", "SUMSQ", "INTERCEPT", "SLOPE"))
"""Helpers that make a single value of ranges."""


@dataclass(slots=True)
class Context:
    """Where an expression is written: how it reaches variables, and the statements that must come before it.

    Attributes:
        access: a variable where the expression stands.
        variables: what a rectangle of a sheet reads.
        python: whether it computes with Python's numbers, and not with the language's own.
        fresh: a name for what `before` makes.
        helpers: the helpers used so far.
        define: told of every name of a function that the workbook defines.
        local: the name of a variable of LET or LAMBDA, as no array and no helper is called.
        before: statements to stand before the expression's.
        known: what `before` has made.
        plain: whether functions of numbers may be Python's own.
    """

    access: Callable[[Variable], ast.expr]
    variables: Callable[[str, tuple[int, int, int, int]], list[Variable]]
    python: bool
    fresh: Callable[[str], str]
    helpers: set[str]
    define: Callable[[str], None] = lambda _: None
    local: Callable[[str], str] = lambda name: f"{name}_"
    before: list[ast.stmt] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    plain: bool = True

    def single(self, function: str, values: list[Code]) -> ast.expr:
        """A function of single numbers; of Python's, and among these, in Python's words."""
        trees = [value.tree for value in values]
        if function in ("POWER", "MOD"):
            return binary("^" if function == "POWER" else "%", *trees)
        if self.python or owner_of_all(*values) == "python":
            form = template(PYTHON[function])
            return call(form, *trees) if trees else form
        return word(f"one {function}", *(as_language(value) for value in values))

    def fetched(self, tree: ast.expr) -> ast.expr:
        """A single number of the language, as the expression computes with it."""
        return word("item", tree) if self.python else tree

    def listed(self, tree: ast.expr) -> ast.expr:
        """An array of the language as a list of numbers, as the expression computes with them."""
        return word("listed" if self.python else "unbound", tree)


def as_language(code: Code) -> ast.expr:
    """A single number as the language's own."""
    return code.tree if code.owner == "language" else word("number", code.tree)


@dataclass(frozen=True, slots=True)
class Element:
    """An array that a loop fills: its name, the axis of its steps, and how many steps come before its first cell."""

    name: str
    axis: int
    gap: int

    def at(self, row: ast.expr, column: ast.expr) -> ast.expr:
        """One element."""
        return item(name_(self.name), shifted(column if self.axis else row, self.gap))

    def cut(self, start: ast.expr, stop: ast.expr) -> ast.expr:
        """The elements from start up to stop."""
        return item(name_(self.name), cut(shifted(start, self.gap), shifted(stop, self.gap)))


class CellWriter:
    """Writes the expression of one cell of a variable, at row `i` and column `j` of it."""

    def __init__(
        self, around: Context, variable: Variable, i: str, j: str, along: tuple[int, int, int] | None = None
    ) -> None:
        """Write for row `i` and column `j`; `along`: for an axis, only from a first to before a last row or column."""
        self._around = around
        self._along = along
        self._variable = variable
        self._i = i
        self._j = j
        # Where a cell was an error, or nobody knows what it was, errors must be values and not exceptions.
        self._guarded = int(variable.kind == "any" or not variable.is_sure)
        self.elements: dict[int, Element] = {}
        """The arrays that are being filled while the expression is computed."""
        self.names: dict[Any, Code] = {}
        """References, and choices, that have a name of their own: the parameters of a function."""
        self.stepped: dict[int, str] = {}
        """Arrays that a loop goes through in step: the name of the element of this step."""

    def write(self, node: Any) -> Code:
        """The expression of a node.

        Raises:
            UnclearError: it holds what this way of writing has no form for.
        """
        if isinstance(node, Number | Text | Boolean | ErrorValue | IndexValue | Constants):
            return self._constant(node)
        match node:
            case None:
                # An argument that is left out.
                return Code(NONE, kind="any", literal=True, one="cell")
            case Local(name):
                self._around.define(name)
                return Code(name_(self._around.local(name)), kind="any")
            case Ref() | Choice() if node in self.names:
                return self.names[node]
            case Ref():
                return self.cell(node) if node.is_cell else self.area(node)
            case Choice(first, rest):
                return self._choice(first, rest)
            case Unary(operator, operand):
                return self._unary(operator, self.write(operand))
            case Binary(operator, left, right):
                return self._compared(operator, left, right) or self._binary(
                    operator, self.write(left), self.write(right)
                )
            case Function(parameters, body, optional):
                inner = self._python(self.write(body))
                return Code(lambda_([self._around.local(name) for name in parameters], inner, optional), "any")
            case Invoke(function, arguments):
                called = self.write(function).tree
                given = (NONE if a is None else self._python(self.write(a)) for a in arguments)
                return Code(call(called, *given), kind="any")
            case Call():
                return self._call(node)
        raise UnclearError(f"no form for {type(node).__name__}")

    def _constant(self, node: Any) -> Code:
        match node:
            case Number() | Text() | Boolean():
                return literal(node)
            case ErrorValue(code):
                return Code(call(self._help("Error"), constant(code)), kind="any", literal=True, one="value")
            case IndexValue(value):
                tree = self.place(value, 0)
                return Code(tree, literal=fixed(tree) is not None, whose="python")
        rows = ([self._python(self.write(value)) for value in row] for row in node.rows)
        return Code(grid(rows), kind="area", literal=True)

    def _choice(self, node: Any, other: Any) -> Code:
        """A formula of the first step, and that of the rest."""
        along = self._along
        assert along is not None
        self._along = (along[0], 0, 1)
        first = self.write(node)
        self._along = (along[0], 1, along[2])
        rest = self.write(other)
        self._along = along
        kind = first.kind if first.kind == rest.kind else "any"
        step = self._i if self._i.isidentifier() else self._j
        whose = owner_of_one(first, rest)
        return Code(choice(name_(step), rest.tree, first.tree), kind, whose=whose, one=_either_one(first, rest))

    def _help(self, name: str) -> str:
        self._around.helpers.add(name)
        return name

    def _python(self, code: Code) -> ast.expr:
        """A value as helpers take it."""
        if code.kind not in ("num", "bool") or code.owner == "python" or self._around.python:
            return code.tree
        if code.owner == "language":
            return word("item", code.tree)
        return word("plain number" if code.kind == "num" else "plain condition", code.tree)

    # References

    def cell(self, ref: Ref) -> Code:
        """The value of one cell."""
        variable = self._holder(ref)
        if variable is None:
            return Code(NONE, kind="any", literal=True, one="cell")
        row, column = self.place(ref.top, variable.row), self.place(ref.left, variable.column)
        if id(variable) in self.stepped and self._is_in_step(ref, variable):
            return Code(name_(self.stepped[id(variable)]), kind=variable.kind, seen=variable.seen, one="cell")
        element = self.elements.get(id(variable))
        if element is not None:
            return _single_cell(variable, element.at(row, column))
        tree = self._around.access(variable)
        if variable.rank == 0 and not is_grid(variable):
            return self._fetched(_single_cell(variable, tree))
        places = [at for at, size in ((row, variable.height), (column, variable.width)) if size > 1]
        if is_grid(variable):
            places = [row, column]
        is_plain = variable.kind in ("num", "bool") and all(isinstance(at, ast.Constant) for at in places)
        if variable.kind in ("num", "bool", "gaps") and not is_grid(variable) and not is_plain:
            tree = self._listed(variable, tree)
        elif variable.kind in ("num", "bool") and not is_grid(variable):
            one = item(tree, *places)
            if variable.kind == "bool":
                return Code(call("bool", one), kind="bool", whose="python")
            return self._fetched(Code(word("element", one)))
        return Code(items(tree, places), kind=variable.kind, seen=variable.seen, one="cell")

    def _fetched(self, code: Code) -> Code:
        """A single number of the language, as the expression computes with it."""
        return replace(code, tree=self._around.fetched(code.tree)) if code.kind == "num" else code

    def _is_in_step(self, ref: Ref, variable: Variable) -> bool:
        """Whether a reference reads just the element that the loop is at, and not one before or after it."""
        assert self._along is not None
        if (ref.top.base, ref.left.base) != (variable.row, variable.column):
            return False
        if self._along[0] == 0:
            return (ref.top.down, ref.left.down) == ((1, 0) if variable.width == 1 else (0, 1))
        return (ref.top.across, ref.left.across) == ((1, 0) if variable.width == 1 else (0, 1))

    def _listed(self, variable: Variable, tree: ast.expr) -> ast.expr:
        """The name of a list of an array's values, made before the statement."""
        key = ("list", id(variable))
        if key not in self._around.known:
            fresh = self._around.fresh(f"{last_name(tree)}_list")
            made = self._around.listed(tree)
            if variable.kind == "gaps":
                made = call(self._help("with_gaps"), tree, constant(variable.gap))
            self._around.before.append(assign(fresh, made))
            self._around.known[key] = fresh
        return name_(str(self._around.known[key]))

    def place(self, moving: AffineIndex, origin: int) -> ast.expr:
        """The index of a row or column, from an origin, for the cell that is written."""
        return place(moving, origin, self._i, self._j)

    def hull(self, ref: Ref) -> tuple[int, int, int, int]:
        """All that the cells written for read by a reference."""
        height, width = self._variable.height, self._variable.width
        if self._along is None:
            return ref.hull(height, width)
        axis, start, stop = self._along
        moved = [
            m._replace(base=m.base + start * (m.across if axis else m.down))
            for m in (ref.top, ref.left, ref.bottom, ref.right)
        ]
        size = (height, stop - start) if axis else (stop - start, width)
        return Ref(ref.sheet, moved[0], moved[1], moved[2], moved[3]).hull(*size)

    def _holder(self, ref: Ref) -> Variable | None:
        """The variable that holds all cells that a reference reads; put together where several do."""
        area = self.hull(ref)
        found = self._around.variables(ref.sheet, area)
        if not found:
            return None
        return covering(found, area) or self._assembled(ref.sheet, area, found)

    def _assembled(self, sheet: str, area: tuple[int, int, int, int], found: list[Variable]) -> Variable:
        key = (sheet, area)
        if key in self._around.known:
            known = self._around.known[key]
            assert isinstance(known, Variable)
            return known
        top, left, bottom, right = area
        if any(id(variable) in self.elements for variable in found):
            raise UnclearError("a recurrence that reads a range of itself and of others")
        size = (bottom - top + 1, right - left + 1)
        name = self._around.fresh("area")
        line = self._in_line(found, area)
        self._around.before.append(assign(name, line or self.assembled(found, area, size)))
        made = Variable(sheet, top, left, *size, "num" if line else "any", name=name, parts=tuple(found))
        self._around.known[key] = made
        return made

    def _in_line(self, found: list[Variable], area: tuple[int, int, int, int]) -> ast.expr | None:
        """A row or a column of numbers alone that arrays make one after another, as an array; None where it is none."""
        top, left, bottom, right = area
        if 1 not in (bottom - top + 1, right - left + 1) or any(v.kind != "num" or is_grid(v) for v in found):
            return None
        parts: list[ast.expr] = []
        end = (top, left)
        for variable in sorted(found, key=lambda v: (v.row, v.column)):
            a, b, c, d = variable.rectangle
            if (a, b) != end or c > bottom or d > right:
                return None
            end = (c + 1, left) if left == right else (top, d + 1)
            parts.append(self._around.access(variable))
        return word("hstack", list_(parts)) if end in ((bottom + 1, left), (top, right + 1)) else None

    def assembled(self, found: list[Variable], area: tuple[int, int, int, int], size: tuple[int, int]) -> ast.expr:
        """A list of rows of that size with variables in their places, from the upper left corner of a rectangle."""
        pieces = (
            tuple_((count(max(v.row - area[0], 0)), count(max(v.column - area[1], 0)), self._piece(v, area)))
            for v in found
        )
        return call(self._help("assemble"), *map(count, size), *pieces)

    def _piece(self, variable: Variable, area: tuple[int, int, int, int]) -> ast.expr:
        """What of a variable lies in a rectangle, as a list of rows or what `assemble` makes one of."""
        tree = self._around.access(variable)
        if variable.kind == "gaps" and not is_grid(variable):
            tree = self._listed(variable, tree)
        if variable.rank == 0:
            return self._python(_single_cell(variable, tree))
        rows = max(variable.row, area[0]) - variable.row, min(variable.rectangle[2], area[2]) - variable.row + 1
        columns = (
            max(variable.column, area[1]) - variable.column,
            min(variable.rectangle[3], area[3]) - variable.column + 1,
        )
        is_whole = (*rows, *columns) == (0, variable.height, 0, variable.width)
        down, across = cut(*map(count, rows)), cut(*map(count, columns))
        if variable.width == 1 and not is_grid(variable):
            return tree if is_whole else item(tree, down)
        if variable.height == 1 and not is_grid(variable):
            return call(self._help("row"), tree if is_whole else item(tree, across))
        if variable.kind in ("num", "bool") and not is_grid(variable):
            return tree if is_whole else item(tree, down, across)
        return tree if is_whole else call(self._help("part"), tree, *map(count, (*rows, *columns)))

    def area(self, ref: Ref, *, loose: bool = False) -> Code:
        """A range as a list of rows; `loose`: an array or a list will do."""
        if self.elements and any(id(v) in self.elements for v in self._around.variables(ref.sheet, self.hull(ref))):
            return self._filled_part(ref, loose=loose)
        variable = self._holder(ref)
        if variable is None:
            height, width = (self.place(_extent(*ends), 0) for ends in ((ref.top, ref.bottom), (ref.left, ref.right)))
            return Code(call(self._help("assemble"), height, width), kind="area")
        tree = self._around.access(variable)
        if variable.kind == "gaps" and not is_grid(variable):
            tree = self._listed(variable, tree)
        if variable.rank == 0 and not is_grid(variable):
            return Code(grid([[self._python(_single_cell(variable, tree))]]), kind="area")
        top, left = self.place(ref.top, variable.row), self.place(ref.left, variable.column)
        bottom, right = self._after(ref.bottom, variable.row), self._after(ref.right, variable.column)
        rows_all = (fixed(top), fixed(bottom)) == (0, variable.height)
        columns_all = (fixed(left), fixed(right)) == (0, variable.width)
        if variable.rank == 1 and not is_grid(variable):
            is_column = variable.width == 1
            is_whole, start, stop = (rows_all, top, bottom) if is_column else (columns_all, left, right)
            found = tree if is_whole else item(tree, cut(start, stop))
            return Code(found if loose else call(self._help("column" if is_column else "row"), found), kind="area")
        is_whole = rows_all and columns_all
        if variable.kind in ("num", "bool") and not is_grid(variable):
            cuts = [cut(top, bottom)] if columns_all else [cut(top, bottom), cut(left, right)]
            found = tree if is_whole else item(tree, *cuts)
            return Code(found if loose else method(found, "tolist"), kind="area")
        return Code(tree if is_whole else call(self._help("part"), tree, top, bottom, left, right), kind="area")

    def _after(self, last: AffineIndex, origin: int) -> ast.expr:
        """The index after a last row or column, from an origin."""
        return self.place(last._replace(base=last.base + 1), origin)

    def _filled_part(self, ref: Ref, *, loose: bool) -> Code:
        """A range of arrays that are being filled: cell by cell where it is small, else a slice of one of them."""
        height, width = _extent(ref.top, ref.bottom), _extent(ref.left, ref.right)
        if height.is_fixed and width.is_fixed and height.base * width.base <= _FEW:
            cells = ((self.cell(_single(ref, i, j)) for j in range(width.base)) for i in range(height.base))
            return Code(grid(map(self._python, row) for row in cells), kind="area")
        holder = covering(self._around.variables(ref.sheet, self.hull(ref)), self.hull(ref))
        if holder is None or id(holder) not in self.elements or holder.rank != 1:
            raise UnclearError("a recurrence that reads a range of itself and of others")
        first, last = (ref.top, ref.bottom) if holder.width == 1 else (ref.left, ref.right)
        origin = holder.row if holder.width == 1 else holder.column
        tree = self.elements[id(holder)].cut(self.place(first, origin), self._after(last, origin))
        return Code(tree if loose else call(self._help("column" if holder.width == 1 else "row"), tree), kind="area")

    # Operators

    def _unary(self, operator: str, operand: Code) -> Code:
        if operator == "+":
            return operand
        if operand.kind in ("num", "bool"):
            of = _as_number(operand)
            if operator == "-":
                return replace(of, tree=negative(of.tree), one="")
            return Code(binary("/", of.tree, count(100)), whose=of.owner)
        tree = call(self._help("negative" if operator == "-" else "percent"), operand.tree)
        return Code(tree, kind="any", one="value" if operand.is_one else "")

    def _compared(self, operator: str, left: Any, right: Any) -> Code | None:
        """A comparison of what need not be numbers: Excel's own operators compare at 15 digits by themselves."""
        sides = [s.arguments[0] if isinstance(s, Call) and s.function == DIGITS else s for s in (left, right)]
        if sides == [left, right]:
            return None
        first, second = (self.write(side) for side in sides)
        are_plain = first.kind == second.kind == "num"
        return None if are_plain else self._binary(operator, first, second)

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        kinds = (left.kind, right.kind)
        is_comparison = operator in COMPARISONS
        if all(kind in ("num", "bool") for kind in kinds) and not (is_comparison and left.kind != right.kind):
            is_safe = operator not in _PARTIAL or not (self._guarded or (left.literal and right.literal))
            if is_safe and operator in PLAIN:
                return _plain(operator, left, right)
        if operator == "&" and kinds == ("text", "text"):
            return Code(binary("+", left.tree, right.tree), "text")
        if operator in ("=", "<>") and kinds == ("text", "text") and same_case(left, right):
            # What a list of texts holds is compared by Python, in every language.
            return replace(_plain(operator, left, right), whose="python")
        helper = self._help(_HELPERS[operator])
        parts = _joined(left.tree) if operator == "&" else []
        tree = call(helper, *(parts or [self._python(left)]), self._python(right))
        return Code(tree, kind="any", one="value" if left.is_one and right.is_one else "")

    # Calls

    def _call(self, node: Call) -> Code:
        name = node.function
        if name == "LET":
            return self._let(node)
        if name == "UNION":
            return Code(list_(ast.Starred(self._argument(a, "r", loose=True)) for a in node.arguments), kind="area")
        catches = name in _CATCHES
        self._guarded += catches
        try:
            if name == "IF":
                return self._if(node)
            if name in ("AND", "OR", "NOT"):
                plain = self._logic(node)
                if plain is not None:
                    return plain
            if name == "INDEX" and not self._guarded:
                looked_up = self._lookup(node)
                if looked_up is not None:
                    return looked_up
            plain = self._plain_call(node)
            return plain if plain is not None else self._helper_call(node)
        finally:
            self._guarded -= catches

    def _let(self, node: Call) -> Code:
        *pairs, body = node.arguments
        names = [self._around.local(name.name) for name in pairs[::2] if isinstance(name, Local)]
        tree = self._python(self.write(body))
        for name, value in reversed(list(zip(names, pairs[1::2], strict=True))):
            tree = call(lambda_([name], tree), self._python(self.write(value)))
        return Code(tree, kind="any")

    def _if(self, node: Call) -> Code:
        zero = Code(ast.Constant(0.0), literal=True)
        condition = self.write(node.arguments[0])
        then = zero if node.arguments[1] is None else self.write(node.arguments[1])
        other = Code(constant(False), kind="bool", literal=True)
        if len(node.arguments) > 2:
            other = zero if node.arguments[2] is None else self.write(node.arguments[2])
        if condition.kind in ("num", "bool") and "area" not in (then.kind, other.kind):
            kind = then.kind if then.kind == other.kind else "any"
            cases = [self._python(code) if kind == "any" else code.tree for code in (then, other)]
            whose = owner_of_one(then, other)
            return Code(choice(condition.tree, *cases), kind, whose=whose, one=_either_one(then, other))
        cases = [lambda_([], self._python(code)) for code in (then, other)]
        one = _either_one(then, other) if condition.is_one else ""
        return Code(call(self._help("IF"), self._python(condition), *cases), kind="any", one=one)

    def _logic(self, node: Call) -> Code | None:
        if any(a is None or (isinstance(a, Ref) and not a.is_cell) for a in node.arguments):
            return None
        values = [self.write(a) for a in node.arguments]
        if any(value.kind != "bool" for value in values):
            return None
        if node.function == "NOT":
            return Code(ast.UnaryOp(ast.Not(), values[0].tree), "bool", whose="python")
        tied = every([value.tree for value in values], ast.And if node.function == "AND" else ast.Or)
        return Code(tied, "bool", whose=owner_of_one(*values))

    def _lookup(self, node: Call) -> Code | None:
        """INDEX of one row or column of numbers by a number: indexing, from 0."""
        array, *places = node.arguments
        if not isinstance(array, Ref) or array.is_cell or any(at is None for at in places):
            return None
        if not all(corner.is_fixed for corner in (array.top, array.left, array.bottom, array.right)):
            return None
        variable = self._holder(array)
        is_column = array.left == array.right
        if variable is None or is_grid(variable) or variable.rank != 1 or id(variable) in self.elements:
            return None
        if (variable.width == 1) != is_column or variable.kind in ("any", "gaps"):
            return None
        if len(places) == 2:
            other = places[1] if is_column else places[0]
            if other != Number(1.0):
                return None
        at = self.write(places[0] if is_column or len(places) == 1 else places[1])
        if at.kind != "num":
            return None
        origin = array.top.base - variable.row if is_column else array.left.base - variable.column
        tree = self._around.access(variable)
        if variable.kind in ("num", "bool"):
            tree = self._listed(variable, tree)
        index = at.tree if at.literal else call("int", at.tree)
        return Code(item(tree, shifted(index, origin - 1)), kind=variable.kind)

    def _plain_call(self, node: Call) -> Code | None:
        """A function of numbers in Python's own words."""
        name = node.function
        if name == "SUM" and (parts := self._parts_in_step(node)):
            return Code(summed([_as_number(part).tree for part in parts]), whose=owner_of_all(*parts))
        wanted = OF_NUMBERS.get(name) if self._around.plain else None
        if wanted is None or any(a is None or (isinstance(a, Ref) and not a.is_cell) for a in node.arguments):
            return None
        if self._guarded and name in _PARTIAL_FUNCTIONS:
            return None
        values = [self.write(a) for a in node.arguments]
        is_literal = all(value.literal for value in values)
        if name in _PARTIAL_FUNCTIONS and is_literal:
            return None
        if any(value.kind not in ("num", "bool") for value in values):
            return None
        trees = [value.tree for value in values]
        if name in ("MAX", "MIN"):
            if len(values) < 2 or any(value.kind == "bool" for value in values):
                return None
            return Code(call(name.lower(), *trees), whose=owner_of_one(*values))
        if wanted != len(values):
            return None
        if name == DIGITS:
            self._help("to_15_digits")
        tree = self._around.single(name, list(map(_as_number, values)))
        return Code(tree, literal=is_literal, whose=owner_of_all(*values))

    def _parts_in_step(self, node: Call) -> list[Code]:
        """The numbers that a function takes of a few cells of arrays that are being filled; none of others."""
        found: list[Code] = []
        for ref in () if self._guarded else node.arguments:
            if not isinstance(ref, Ref):
                return []
            height, width = _extent(ref.top, ref.bottom), _extent(ref.left, ref.right)
            holders = self._around.variables(ref.sheet, self.hull(ref))
            are_filled = any(id(holder) in self.elements for holder in holders)
            if not (are_filled and height.is_fixed and width.is_fixed and height.base * width.base <= _FEW_ADDED):
                return []
            found += [self.cell(_single(ref, i, j)) for i in range(height.base) for j in range(width.base)]
        return found if all(part.kind == "num" for part in found) else []

    def _helper_call(self, node: Call) -> Code:
        signature = FUNCTIONS[node.function]
        helper = self._help(signature.helper)
        loose = helper in _TAKES_ARRAYS
        trees: list[ast.expr] = []
        for at, argument in enumerate(node.arguments):
            takes = signature.at(at)
            if signature.helper == "MAP" and at == len(node.arguments) - 1:
                takes = "f"
            tree = self._argument(argument, takes.lower(), loose=loose)
            is_late = takes.isupper() and (argument is not None or helper != "XLOOKUP")
            trees.append(lambda_([], tree) if is_late else tree)
        is_cut = node.arguments[-1:] == (None,) and helper != "INDEX"
        while is_cut and len(trees) > max(signature.least, 1) and _is_none(trees[-1]):
            if helper in ("VLOOKUP", "HLOOKUP", "MATCH"):
                trees[-1] = ast.Constant(0.0)
                break
            trees.pop()
        tree = call(helper, *trees)
        if helper in _COUNTS:
            return Code(tree, whose="python")
        if helper in _TESTS and self._is_one(node.arguments[0]):
            return Code(tree, kind="bool", whose="python")
        is_value = helper in _TOTALS or (helper in _MAPS and all(map(self._is_one, node.arguments)))
        return Code(tree, kind="any", one="value" if is_value else "")

    def _is_one(self, argument: Any) -> bool:
        """Whether an argument is a single value; one that is left out is."""
        if argument is None:
            return True
        return argument.is_cell if isinstance(argument, Ref) else self.write(argument).is_one

    def _argument(self, argument: Any, takes: str, *, loose: bool) -> ast.expr:
        if argument is None:
            return NONE
        if isinstance(argument, Ref) and takes in "ra":
            if not argument.is_cell:
                return self.area(argument, loose=loose).tree
            return grid([[self._python(self.cell(argument))]])
        if isinstance(argument, Ref) and not argument.is_cell:
            return self.area(argument, loose=False).tree
        return self._python(self.write(argument))


def _single_cell(variable: Variable, tree: ast.expr) -> Code:
    """The value of a variable that is one cell."""
    # A condition that is an input is Python's, and one that a formula makes may be.
    whose = "either" if variable.kind == "bool" else "language"
    return Code(tree, kind=variable.kind, seen=variable.seen, one="cell", whose=whose)


def _either_one(a: Code, b: Code) -> str:
    """Of one of two values, whether it is a single one."""
    if a.is_value and b.is_value:
        return "value"
    return "cell" if a.is_one and b.is_one else ""


def is_grid(variable: Variable) -> bool:
    """Whether a variable is a list of rows with values of any kind."""
    return bool(variable.parts) and variable.kind == "any"


def every(conditions: list[ast.expr], word: type[ast.boolop]) -> ast.expr:
    """Conditions tied by `and` or `or`."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(word(), conditions)


def last_name(tree: ast.expr) -> str:
    """What an array is called, without its sheet and its step."""
    return ast.unparse(tree).rpartition(".")[2]


def _plain(operator: str, left: Code, right: Code) -> Code:
    kind = "bool" if operator in COMPARISONS else "num"
    if kind == "num":
        left, right = _as_number(left), _as_number(right)
    tree = binary(operator, left.tree, right.tree)
    return Code(tree, kind, literal=left.literal and right.literal, whose=owner_of_all(left, right))


def _as_number(code: Code) -> Code:
    """A condition as 1 or 0, which torch's own are not: two of them have no sum."""
    if code.kind != "bool" or code.owner == "python":
        return code.as_kind("num")
    return Code(word("figure", code.tree), whose="python")


def _joined(tree: ast.expr) -> list[ast.expr]:
    """What a call of `join` joins, which takes more; nothing of any other tree."""
    is_join = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == _HELPERS["&"]
    return tree.args if is_join and isinstance(tree, ast.Call) else []


def _is_none(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and tree.value is None


def _single(ref: Ref, i: int, j: int) -> Ref:
    """One cell of a range: row i and column j of it."""
    row, column = ref.top._replace(base=ref.top.base + i), ref.left._replace(base=ref.left.base + j)
    return Ref(ref.sheet, row, column, row, column)


def covering(found: list[Variable], area: tuple[int, int, int, int]) -> Variable | None:
    """The variable that holds all of a rectangle; an input before what a loop copies it to."""
    top, left, bottom, right = area
    holders = [
        v for v in found if v.row <= top and v.column <= left and v.rectangle[2] >= bottom and v.rectangle[3] >= right
    ]
    return min(holders, key=lambda v: v.tree is not None, default=None)


def same_case(left: Code, right: Code) -> bool:
    """Whether Python's comparison of two texts is Excel's, which takes no notice of case: by what they were so far."""
    if left.seen is None or right.seen is None:
        return False
    both = left.seen | right.seen
    return len({text.lower() for text in both}) == len(both)


def _extent(first: AffineIndex, last: AffineIndex) -> AffineIndex:
    return AffineIndex(last.base - first.base + 1, last.down - first.down, last.across - first.across)
