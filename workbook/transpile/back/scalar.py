"""One cell at a time: a formula as an expression over Excel's values, plain Python where these are surely numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Invoke, Number, Text, Unary
from workbook.transpile.back.code import (
    AND,
    ATOM,
    CHOICE,
    COMPARE,
    LAMBDA,
    NOT,
    OR,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Code,
    number_text,
    place_text,
)
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.functions import FUNCTIONS
from workbook.transpile.front.tree import AffineIndex, Choice, Function, IndexValue, Local, Ref
from workbook.transpile.middle.variables import Variable

_HELPERS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power", "&": "join",
    "=": "equal", "<>": "unequal", "<": "less", ">": "greater", "<=": "at_most", ">=": "at_least",
}  # fmt: skip
_PLAIN = {
    "+": ("+", SUM), "-": ("-", SUM), "*": ("*", PRODUCT), "/": ("/", PRODUCT), "^": ("**", POWER),
    "=": ("==", COMPARE), "<>": ("!=", COMPARE), "<": ("<", COMPARE), ">": (">", COMPARE), "<=": ("<=", COMPARE),
    ">=": (">=", COMPARE),
}  # fmt: skip
_FEW = 64
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


@dataclass(slots=True)
class Context:
    """Where an expression is written: how it reaches variables, and the lines that must come before it.

    Attributes:
        access: a variable's text where the expression stands.
        variables: what a rectangle of a sheet reads.
        plain: the plain forms of functions of numbers, by Excel's name, for single values.
        literal: the same for numbers that are written out.
        item: how a number of the target is made a Python float, with `{}` for it.
        element: how a number out of an array is made a number of the language.
        fetched: how a number of the language is made what the expression computes with.
        listed: how an array of the target is made a list, with `{}` for it.
        define: told of every name of a function that the workbook defines.
        local: the name of a variable of LET or LAMBDA, as no array and no helper is called.
        before: lines to stand before the statement.
        names: how `before` names what it makes.
        helpers: the helpers used so far.
    """

    access: Callable[[Variable], str]
    variables: Callable[[str, tuple[int, int, int, int]], list[Variable]]
    plain: dict[str, str]
    literal: dict[str, str]
    item: str
    fetched: str
    element: str
    listed: str
    fresh: Callable[[str], str]
    helpers: set[str]
    define: Callable[[str], None] = lambda _: None
    local: Callable[[str], str] = lambda name: f"{name}_"
    before: list[str] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """An array that a loop fills: its name, the axis of its steps, and how many steps come before its first cell."""

    name: str
    axis: int
    gap: int

    def at(self, row: str, column: str) -> str:
        """The text of one element."""
        return f"{self.name}[{self._moved(column if self.axis else row)}]"

    def cut(self, start: str, stop: str) -> str:
        """The text of the elements from start up to stop."""
        return f"{self.name}[{self._moved(start)}:{self._moved(stop)}]"

    def _moved(self, place: str) -> str:
        if not self.gap:
            return place
        found = re.fullmatch(r"(.*?)(?: ([+-]) (\d+))?", place)
        assert found is not None
        if found[1].isdigit():
            return str(int(found[1]) + self.gap)
        shift = (int(found[3]) * (1 if found[2] == "+" else -1) if found[2] else 0) + self.gap
        return found[1] + (f" {'+' if shift > 0 else '-'} {abs(shift)}" if shift else "")


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
            case Local(name):
                self._around.define(name)
                return Code(self._around.local(name), kind="any")
            case Ref() | Choice() if node in self.names:
                return self.names[node]
            case Ref():
                return self.cell(node) if node.is_cell else self.area(node)
            case Choice(first, rest):
                return self._choice(first, rest)
            case Unary(operator, operand):
                return self._unary(operator, self.write(operand))
            case Binary(operator, left, right):
                return self._binary(operator, self.write(left), self.write(right))
            case Function(parameters, body):
                inner = self._python(self.write(body))
                return Code(f"lambda {', '.join(map(self._around.local, parameters))}: {inner}", LAMBDA, "any")
            case Invoke(function, arguments):
                called = self.write(function).at(ATOM)
                given = ("None" if a is None else self._python(self.write(a)) for a in arguments)
                return Code(f"{called}({', '.join(given)})", kind="any")
            case Call():
                return self._call(node)
        raise UnclearError(f"no form for {type(node).__name__}")

    def _constant(self, node: Any) -> Code:
        match node:
            case Number(value):
                return Code(number_text(value), SIGN if value < 0 else ATOM, literal=True)
            case Text(value):
                return Code(repr(value), kind="text", literal=True, seen=frozenset((value,)))
            case Boolean(value):
                return Code(repr(value), kind="bool", literal=True)
            case ErrorValue(code):
                return Code(f'{self._help("Error")}("{code}")', kind="any", literal=True)
            case IndexValue(value):
                text = place_text(value, 0, self._i, self._j)
                is_number = text.lstrip("-").isdigit()
                # A count of steps is a whole number of Python's, with no `.item()`.
                level = SIGN if is_number and text[0] == "-" else SUM if " " in text else ATOM
                return Code(text, level, literal=is_number or self._around.item != "{}")
        texts = (", ".join(self._python(self.write(value)) for value in row) for row in node.rows)
        return Code("[" + ", ".join(f"[{text}]" for text in texts) + "]", kind="area", literal=True)

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
        return Code(f"{rest.at(OR)} if {step} else {first.at(CHOICE)}", CHOICE, kind)

    def _help(self, name: str) -> str:
        self._around.helpers.add(name)
        return name

    def _python(self, code: Code) -> str:
        """A value as helpers take it."""
        if code.kind == "num" and not code.literal and self._around.item != "{}":
            return self._around.item.format(code.at(ATOM))
        return code.text

    # References

    def cell(self, ref: Ref) -> Code:
        """The value of one cell."""
        variable = self._holder(ref)
        if variable is None:
            return Code("None", kind="any", literal=True)
        row = place_text(ref.top, variable.row, self._i, self._j)
        column = place_text(ref.left, variable.column, self._i, self._j)
        if id(variable) in self.stepped and self._is_in_step(ref, variable):
            return Code(self.stepped[id(variable)], kind=variable.kind, seen=variable.seen)
        element = self.elements.get(id(variable))
        if element is not None:
            return Code(element.at(row, column), kind=variable.kind, seen=variable.seen)
        name = self._around.access(variable)
        if variable.rank == 0 and not variable.parts:
            return self._fetched(Code(name, kind=variable.kind, seen=variable.seen))
        places = [place for place, size in ((row, variable.height), (column, variable.width)) if size > 1]
        if variable.parts:
            places = [row, column]
        is_plain = variable.kind in ("num", "bool") and all(place.isdigit() for place in places)
        if variable.kind in ("num", "bool", "gaps") and not variable.parts and not is_plain:
            name = self._listed(variable, name)
        elif variable.kind in ("num", "bool") and not variable.parts:
            text = f"{name}[{', '.join(places)}]"
            if variable.kind == "bool":
                return Code(f"bool({text})", kind="bool")
            return self._fetched(Code(self._around.element.format(text)))
        return Code(name + "".join(f"[{place}]" for place in places), kind=variable.kind, seen=variable.seen)

    def _fetched(self, code: Code) -> Code:
        """A single number of the language, as the expression computes with it."""
        return replace(code, text=self._around.fetched.format(code.text)) if code.kind == "num" else code

    def _is_in_step(self, ref: Ref, variable: Variable) -> bool:
        """Whether a reference reads just the element that the loop is at, and not one before or after it."""
        assert self._along is not None
        if (ref.top.base, ref.left.base) != (variable.row, variable.column):
            return False
        if self._along[0] == 0:
            return (ref.top.down, ref.left.down) == ((1, 0) if variable.width == 1 else (0, 1))
        return (ref.top.across, ref.left.across) == ((1, 0) if variable.width == 1 else (0, 1))

    def _listed(self, variable: Variable, name: str) -> str:
        """The name of a list of an array's values, made before the statement."""
        key = ("list", id(variable))
        if key not in self._around.known:
            fresh = self._around.fresh(f"{name.rpartition('.')[2]}_list")
            text = self._around.listed.format(name)
            if variable.kind == "gaps":
                text = f"{self._help('with_gaps')}({name}, {variable.gap!r})"
            self._around.before.append(f"{fresh} = {text}")
            self._around.known[key] = fresh
        return str(self._around.known[key])

    def place(self, moving: AffineIndex, origin: int) -> str:
        """The index of a row or column, from an origin, for the cell that is written."""
        return place_text(moving, origin, self._i, self._j)

    def hull(self, ref: Ref) -> tuple[int, int, int, int]:
        """All that the cells written for read by a reference."""
        height, width = self._variable.height, self._variable.width
        if self._along is None:
            return ref.hull(height, width)
        axis, start, stop = self._along
        moved = [
            replace(m, base=m.base + start * (m.across if axis else m.down))
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
        pieces: list[str] = []
        for variable in found:
            if id(variable) in self.elements:
                raise UnclearError("a recurrence that reads a range of itself and of others")
            a, b, c, d = variable.rectangle
            rows, columns = (max(a, top), min(c, bottom)), (max(b, left), min(d, right))
            piece = self._piece(variable, rows, columns)
            pieces.append(f"({rows[0] - top}, {columns[0] - left}, {piece})")
        height, width = bottom - top + 1, right - left + 1
        name = self._around.fresh("area")
        helper = self._help("assemble")
        self._around.before.append(f"{name} = {helper}({height}, {width}, {', '.join(pieces)})")
        made = Variable(sheet, top, left, height, width, "any", name=name)
        made.parts = found
        self._around.known[key] = made
        return made

    def piece(self, variable: Variable, area: tuple[int, int, int, int]) -> str:
        """What of a variable lies in a rectangle, as a list of rows or what `table` makes one of."""
        a, b, c, d = variable.rectangle
        return self._piece(variable, (max(a, area[0]), min(c, area[2])), (max(b, area[1]), min(d, area[3])))

    def _piece(self, variable: Variable, rows: tuple[int, int], columns: tuple[int, int]) -> str:
        """A part of a variable as a list of rows, or what `table` makes one of."""
        name = self._around.access(variable)
        if variable.kind == "gaps" and not variable.parts:
            name = self._listed(variable, name)
        if variable.rank == 0:
            return self._python(Code(name, kind=variable.kind))
        top, bottom = rows[0] - variable.row, rows[1] - variable.row + 1
        left, right = columns[0] - variable.column, columns[1] - variable.column + 1
        is_all = (top, left, bottom, right) == (0, 0, variable.height, variable.width)
        if variable.width == 1 and not variable.parts:
            return name if is_all else f"{name}[{top}:{bottom}]"
        if variable.height == 1 and not variable.parts:
            return f"{self._help('row')}({name if is_all else f'{name}[{left}:{right}]'})"
        if variable.kind in ("num", "bool") and not variable.parts:
            return name if is_all else f"{name}[{top}:{bottom}, {left}:{right}]"
        return name if is_all else f"{self._help('part')}({name}, {top}, {bottom}, {left}, {right})"

    def area(self, ref: Ref, *, loose: bool = False) -> Code:
        """A range as a list of rows; `loose`: an array or a list will do."""
        if self.elements and any(id(v) in self.elements for v in self._around.variables(ref.sheet, self.hull(ref))):
            return self._filled_part(ref, loose=loose)
        variable = self._holder(ref)
        if variable is None:
            height = place_text(_extent(ref.top, ref.bottom), 0, self._i, self._j)
            width = place_text(_extent(ref.left, ref.right), 0, self._i, self._j)
            return Code(f"{self._help('assemble')}({height}, {width})", kind="area")
        name = self._around.access(variable)
        if variable.kind == "gaps" and not variable.parts:
            name = self._listed(variable, name)
        if variable.rank == 0 and not variable.parts:
            return Code(f"[[{self._python(Code(name, kind=variable.kind))}]]", kind="area")
        top, left = (
            place_text(p, o, self._i, self._j) for p, o in ((ref.top, variable.row), (ref.left, variable.column))
        )
        bottom, right = (
            place_text(AffineIndex(p.base + 1, p.down, p.across), o, self._i, self._j)
            for p, o in ((ref.bottom, variable.row), (ref.right, variable.column))
        )
        rows_all = (top, bottom) == ("0", str(variable.height))
        columns_all = (left, right) == ("0", str(variable.width))
        is_array = variable.kind in ("num", "bool") and not variable.parts
        if variable.rank == 1 and not variable.parts:
            is_whole, start, stop = (rows_all, top, bottom) if variable.width == 1 else (columns_all, left, right)
            text = name if is_whole else f"{name}[{start}:{stop}]"
            if loose:
                return Code(text, kind="area")
            return Code(f"{self._help('column' if variable.width == 1 else 'row')}({text})", kind="area")
        if is_array:
            cut = f"[{top}:{bottom}]" if columns_all else f"[{top}:{bottom}, {left}:{right}]"
            text = name if rows_all and columns_all else name + cut
            return Code(text if loose else f"{text}.tolist()", kind="area")
        text = name if rows_all and columns_all else f"{self._help('part')}({name}, {top}, {bottom}, {left}, {right})"
        return Code(text, kind="area")

    def _filled_part(self, ref: Ref, *, loose: bool) -> Code:
        """A range of arrays that are being filled: cell by cell where it is small, else a slice of one of them."""
        height, width = _extent(ref.top, ref.bottom), _extent(ref.left, ref.right)
        if height.is_fixed and width.is_fixed and height.base * width.base <= _FEW:
            rows = [
                [self._python(self.cell(_single(ref, i, j))) for j in range(width.base)] for i in range(height.base)
            ]
            return Code("[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]", kind="area")
        holder = covering(self._around.variables(ref.sheet, self.hull(ref)), self.hull(ref))
        if holder is None or id(holder) not in self.elements or holder.rank != 1:
            raise UnclearError("a recurrence that reads a range of itself and of others")
        first, last = (ref.top, ref.bottom) if holder.width == 1 else (ref.left, ref.right)
        origin = holder.row if holder.width == 1 else holder.column
        start = place_text(first, origin, self._i, self._j)
        stop = place_text(replace(last, base=last.base + 1), origin, self._i, self._j)
        text = self.elements[id(holder)].cut(start, stop)
        if loose:
            return Code(text, kind="area")
        return Code(f"{self._help('column' if holder.width == 1 else 'row')}({text})", kind="area")

    # Operators

    def _unary(self, operator: str, operand: Code) -> Code:
        if operator == "+":
            return operand
        if operand.kind in ("num", "bool"):
            if operator == "-":
                return Code(f"-{operand.at(SIGN)}", SIGN, literal=operand.literal)
            return Code(f"{operand.at(PRODUCT)} / 100", PRODUCT)
        helper = self._help("negative" if operator == "-" else "percent")
        return Code(f"{helper}({operand.text})", kind="any")

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        kinds = (left.kind, right.kind)
        is_comparison = operator in ("=", "<>", "<", ">", "<=", ">=")
        if all(kind in ("num", "bool") for kind in kinds) and not (is_comparison and left.kind != right.kind):
            is_rounded = operator in ("=", "<>") and any(
                PRODUCT <= c.level < SIGN or c.level == SUM for c in (left, right)
            )
            is_safe = operator not in _PARTIAL or not (self._guarded or (left.literal and right.literal))
            is_safe = is_safe and not is_rounded
            if is_safe and operator in _PLAIN:
                return self._plain(operator, left, right)
        if operator == "&" and kinds == ("text", "text"):
            return Code(f"{left.at(SUM)} + {right.at(PRODUCT)}", SUM, "text")
        if operator in ("=", "<>") and kinds == ("text", "text") and same_case(left, right):
            return self._plain(operator, left, right)
        helper = self._help(_HELPERS[operator])
        if operator == "&" and left.joins:
            return Code(f"{left.text[:-1]}, {self._python(right)})", kind="any", joins=True)
        return Code(f"{helper}({self._python(left)}, {self._python(right)})", kind="any", joins=operator == "&")

    def _plain(self, operator: str, left: Code, right: Code) -> Code:
        sign, level = _PLAIN[operator]
        kind = "bool" if level == COMPARE else "num"
        literal = left.literal and right.literal
        if operator == "^":
            return Code(f"{left.at(ATOM)} {sign} {right.at(SIGN)}", level, kind, literal=literal)
        return Code(f"{left.at(level + (level == COMPARE))} {sign} {right.at(level + 1)}", level, kind, literal=literal)

    # Calls

    def _call(self, node: Call) -> Code:
        name = node.function
        if name == "LET":
            return self._let(node)
        if name == "UNION":
            return Code(f"[*{', *'.join(self._argument(a, 'r', True) for a in node.arguments)}]", kind="area")
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
        text = self._python(self.write(body))
        for name, value in reversed(list(zip(names, pairs[1::2], strict=True))):
            text = f"(lambda {name}: {text})({self._python(self.write(value))})"
        return Code(text, kind="any")

    def _if(self, node: Call) -> Code:
        condition = self.write(node.arguments[0])
        then = Code("0.0", literal=True) if node.arguments[1] is None else self.write(node.arguments[1])
        other = Code("False", kind="bool", literal=True)
        if len(node.arguments) > 2:
            other = Code("0.0", literal=True) if node.arguments[2] is None else self.write(node.arguments[2])
        if condition.kind in ("num", "bool") and "area" not in (then.kind, other.kind):
            kind = then.kind if then.kind == other.kind else "any"
            return Code(
                f"{self._mixed(then, kind)} if {condition.at(OR)} else {self._mixed(other, kind, CHOICE)}", CHOICE, kind
            )
        helper = self._help("IF")
        return Code(
            f"{helper}({self._python(condition)}, lambda: {self._python(then)}, lambda: {self._python(other)})",
            kind="any",
        )

    def _mixed(self, code: Code, kind: str, level: int = OR) -> str:
        if kind == "any" and code.kind == "num" and not code.literal and self._around.item != "{}":
            return self._python(code)
        return code.at(level)

    def _logic(self, node: Call) -> Code | None:
        if any(a is None or (isinstance(a, Ref) and not a.is_cell) for a in node.arguments):
            return None
        values = [self.write(a) for a in node.arguments]
        if any(value.kind != "bool" for value in values):
            return None
        if node.function == "NOT":
            return Code(f"not {values[0].at(NOT)}", NOT, "bool")
        level, word = (AND, " and ") if node.function == "AND" else (OR, " or ")
        return Code(word.join(value.at(level + 1) for value in values), level, "bool")

    def _lookup(self, node: Call) -> Code | None:
        """INDEX of one row or column of numbers by a number: indexing, from 0."""
        array, *places = node.arguments
        if not isinstance(array, Ref) or array.is_cell or any(place is None for place in places):
            return None
        if not all(corner.is_fixed for corner in (array.top, array.left, array.bottom, array.right)):
            return None
        variable = self._holder(array)
        is_column = array.left == array.right
        if variable is None or variable.parts or variable.rank != 1 or id(variable) in self.elements:
            return None
        if (variable.width == 1) != is_column or variable.kind in ("any", "gaps"):
            return None
        if len(places) == 2:
            other = places[1] if is_column else places[0]
            if other != Number(1.0):
                return None
        place = self.write(places[0] if is_column or len(places) == 1 else places[1])
        if place.kind != "num":
            return None
        origin = array.top.base - variable.row if is_column else array.left.base - variable.column
        name = self._around.access(variable)
        if variable.kind in ("num", "bool"):
            name = self._listed(variable, name)
        gap = origin - 1
        index = place.text if place.literal else f"int({place.text})"
        return Code(
            f"{name}[{index} {'+' if gap > 0 else '-'} {abs(gap)}]" if gap else f"{name}[{index}]", kind=variable.kind
        )

    def _plain_call(self, node: Call) -> Code | None:
        """A function of numbers in Python's own words."""
        form = self._around.plain.get(node.function)
        if form is None or any(a is None or (isinstance(a, Ref) and not a.is_cell) for a in node.arguments):
            return None
        if self._guarded and node.function in _PARTIAL_FUNCTIONS:
            return None
        values = [self.write(a) for a in node.arguments]
        if node.function in _PARTIAL_FUNCTIONS and all(value.literal for value in values):
            return None
        if any(value.kind not in ("num", "bool") for value in values):
            return None
        if values and all(value.literal for value in values):
            form = self._around.literal.get(node.function, form)
        if node.function in ("MAX", "MIN"):
            if len(values) < 2 or any(value.kind == "bool" for value in values):
                return None
            return Code(form.format(", ".join(value.text for value in values)))
        if form.count("{") != len(values):
            return None
        level = POWER if "**" in form else PRODUCT if " % " in form else ATOM
        texts = [value.text for value in values]
        if level != ATOM:
            texts = [values[0].at(ATOM if level == POWER else SIGN), values[1].at(SIGN)]
        text = form.format(*texts)
        return Code(text, level, literal=all(value.literal for value in values))

    def _helper_call(self, node: Call) -> Code:
        signature = FUNCTIONS[node.function]
        helper = self._help(signature.helper)
        loose = helper in _TAKES_ARRAYS
        texts: list[str] = []
        for place, argument in enumerate(node.arguments):
            takes = signature.at(place)
            if signature.helper == "MAP" and place == len(node.arguments) - 1:
                takes = "f"
            text = self._argument(argument, takes.lower(), loose)
            is_late = takes.isupper() and (argument is not None or helper != "XLOOKUP")
            texts.append(f"lambda: {text}" if is_late else text)
        is_cut = node.arguments[-1:] == (None,) and helper != "INDEX"
        while is_cut and len(texts) > max(signature.least, 1) and texts[-1] == "None":
            if helper in ("VLOOKUP", "HLOOKUP", "MATCH"):
                texts[-1] = "0.0"
                break
            texts.pop()
        return Code(f"{helper}({', '.join(texts)})", kind="any")

    def _argument(self, argument: Any, takes: str, loose: bool) -> str:
        if argument is None:
            return "None"
        if isinstance(argument, Ref) and takes in "ra":
            if not argument.is_cell:
                return self.area(argument, loose=loose).text
            code = self.cell(argument)
            return f"[[{self._python(code)}]]"
        if isinstance(argument, Ref) and not argument.is_cell:
            return self.area(argument, loose=False).text
        return self._python(self.write(argument))


def _single(ref: Ref, i: int, j: int) -> Ref:
    """One cell of a range: row i and column j of it."""
    row, column = replace(ref.top, base=ref.top.base + i), replace(ref.left, base=ref.left.base + j)
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
