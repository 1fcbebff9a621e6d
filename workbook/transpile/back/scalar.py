"""One cell at a time: a formula as an expression over Excel's values, plain Python where these are surely numbers."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Invoke, Number, Text, Unary
from workbook.transpile.back.cells import CellReader, is_grid, one_cell
from workbook.transpile.back.code import (
    COMPARISONS,
    NONE,
    PLAIN,
    Code,
    binary,
    call,
    choice,
    constant,
    count,
    fixed,
    grid,
    item,
    lambda_,
    list_,
    literal,
    name_,
    negative,
    owner_of_all,
    owner_of_one,
    shifted,
    summed,
    word,
)
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import DIGITS, FUNCTIONS
from workbook.transpile.front.moving import gap
from workbook.transpile.front.tree import Choice, Function, IndexValue, Local, Ref, walk
from workbook.transpile.targets import OF_NUMBERS

_HELPERS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power", "&": "join",
    "=": "equal", "<>": "unequal", "<": "less", ">": "greater", "<=": "at_most", ">=": "at_least",
}  # fmt: skip
_FEW_ADDED = 8
"""The cells that a step of a loop adds up one by one."""
_CONSTANTS = frozenset((Number, Text, Boolean, ErrorValue, IndexValue, Constants))
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
_OF_RANGES = frozenset(("AVERAGE", "COUNT", "INDEX", "MAX", "MIN", "SUM", "SUMPRODUCT", "SUMSQ", "SUMXMY2"))
"""Excel's functions that make one number of arrays."""
CRITERIA = frozenset(
    ("AVERAGEIF", "AVERAGEIFS", "COUNTIF", "COUNTIFS", "MAXIFS", "MINIFS", "SUMIF", "SUMIFS"),
)
"""Helpers that look for what meets criteria."""
_SEARCH = CRITERIA | frozenset(("INDEX", "MATCH", "RANK", "RANK_AVG", "VLOOKUP", "XLOOKUP", "XMATCH"))
"""Helpers that look for something in a range, or in one of its rows, and take it as `Searched` too."""
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
_ZERO_WHERE_EMPTY = frozenset(
    (
        *(
            "VLOOKUP",
            "HLOOKUP",
            "MATCH",
            "LEFT",
            "RIGHT",
            "FIND",
            "SEARCH",
            "SUBSTITUTE",
            "FIXED",
            "DOLLAR",
            "LOG",
            "CEILING",
        ),
        *("FLOOR", "WEEKDAY", "WEEKNUM", "DB", "DDB", "VDB", "PERCENTRANK", "PERCENTRANK_EXC"),
    )
)
"""Functions to which a last argument that is empty, after its comma, is 0 and not what it is where it is left out."""


class CellWriter(CellReader):
    """Writes the expression of one cell of a variable, at row `i` and column `j` of it."""

    total: Callable[[Call], Code] | None = None
    """What writes a total of ranges, or a look-up in one, as one number of arrays; raises UnclearError where none."""
    searched: Callable[[str, Ref, ast.expr], ast.expr] | None = None
    """What gives a range in which every cell of a large region looks for something a name, and puts it in order."""

    def write(self, node: Any) -> Code:
        """The expression of a node.

        Raises:
            UnclearError: it holds what this way of writing has no form for.
        """
        kind = type(node)
        if kind is Ref and not self.names:
            return self.cell(node) if node.is_cell else self.area(node)
        if kind in _CONSTANTS:
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
                return _known(operator, left, right) or _plain(operator, left, right)
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
        if isinstance(condition.tree, ast.Constant) and isinstance(condition.tree.value, bool):
            return then if condition.tree.value else other
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
        if (counted := self._counted_blanks(node)) is not None:
            return counted
        if (total := self._total(node)) is not None:
            return total
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

    def _counted_blanks(self, node: Call) -> Code | None:
        """What is counted or added of cells that nothing fills: 0; None of others."""
        if node.function not in ("COUNT", "COUNTA", "SUM"):
            return None
        is_blank = all(isinstance(part, Ref) and self.is_never_filled(part) for part in node.arguments)
        return Code(count(0), literal=True) if is_blank else None

    def _total(self, node: Call) -> Code | None:
        """A function of ranges as one number of arrays; None where that is not certain."""
        is_certain = self._variable.is_sure and not (node.function == "INDEX" and self._guarded)
        if self.total is None or node.function not in _OF_RANGES or not is_certain:
            return None
        if not any(
            isinstance(part, Ref) and not part.is_cell for argument in node.arguments for part in walk(argument)
        ):
            return None
        before, known, helpers = len(self._around.before), dict(self._around.known), set(self._around.helpers)
        try:
            code = self.total(node)
            return self._fetched(code) if code.owner == "language" else code
        except UnclearError:
            del self._around.before[before:]
            self._around.known.clear()
            self._around.known.update(known)
            self._around.helpers.intersection_update(helpers)
            return None

    def _parts_in_step(self, node: Call) -> list[Code]:
        """The numbers that a function takes of a few cells of arrays that are being filled; none of others."""
        found: list[Code] = []
        for ref in () if self._guarded else node.arguments:
            if not isinstance(ref, Ref):
                return []
            height, width = gap(ref.bottom, ref.top), gap(ref.right, ref.left)
            holders = self._around.variables(ref.sheet, self.hull(ref))
            are_filled = any(id(holder) in self.elements for holder in holders)
            if not (are_filled and height.is_fixed and width.is_fixed and height.base * width.base <= _FEW_ADDED):
                return []
            found += [self.cell(one_cell(ref, i, j)) for i in range(height.base) for j in range(width.base)]
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
            if self.searched is not None and helper in _SEARCH and isinstance(argument, Ref) and not argument.is_cell:
                tree = self.searched(helper, argument, tree)
            is_late = takes.isupper() and (argument is not None or helper != "XLOOKUP")
            trees.append(lambda_([], tree) if is_late else tree)
        is_cut = node.arguments[-1:] == (None,) and helper != "INDEX"
        while is_cut and len(trees) > max(signature.least, 1) and _is_none(trees[-1]):
            if helper in _ZERO_WHERE_EMPTY:
                trees[-1] = ast.Constant(0.0)
                break
            trees.pop()
        tree = call(helper, *trees)
        if helper in _COUNTS:
            return Code(tree, whose="python")
        if helper in ("ISERROR", "ISERR", "ISNA") and _is_number(self.write(node.arguments[0])):
            return Code(constant(False), kind="bool", literal=True)
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


def _either_one(a: Code, b: Code) -> str:
    """Of one of two values, whether it is a single one."""
    if a.is_value and b.is_value:
        return "value"
    return "cell" if a.is_one and b.is_one else ""


def every(conditions: list[ast.expr], word: type[ast.boolop]) -> ast.expr:
    """Conditions tied by `and` or `or`."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(word(), conditions)


def _plain(operator: str, left: Code, right: Code) -> Code:
    kind = "bool" if operator in COMPARISONS else "num"
    if kind == "num":
        left, right = _as_number(left), _as_number(right)
    tree = binary(operator, left.tree, right.tree)
    return Code(tree, kind, literal=left.literal and right.literal, whose=owner_of_all(left, right))


def _known(operator: str, left: Code, right: Code) -> Code | None:
    """A comparison of two whole numbers that are written out, as what it comes to; None of others."""
    first, second = fixed(left.tree), fixed(right.tree)
    if operator not in COMPARISONS or first is None or second is None:
        return None
    truth = {
        "=": first == second, "<>": first != second, "<": first < second,
        ">": first > second, "<=": first <= second, ">=": first >= second,
    }[operator]  # fmt: skip
    return Code(constant(truth), "bool", literal=True)


def _is_number(code: Code) -> bool:
    """Whether it is a number that is written out."""
    return code.kind == "num" and code.literal


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


def same_case(left: Code, right: Code) -> bool:
    """Whether Python's comparison of two texts is Excel's, which takes no notice of case: by what they were so far."""
    if left.seen is None or right.seen is None:
        return False
    both = left.seen | right.seen
    return len({text.lower() for text in both}) == len(both)
