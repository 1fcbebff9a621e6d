"""Expressions of a script as Python's syntax trees, and what their values are.

Trees are never changed: what rewrites one makes another. Precedence, brackets and quotes are `ast.unparse`'s.
"""

import ast
import itertools
import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

from workbook.formula.grammar import Boolean, Number, Text
from workbook.records import record
from workbook.transpile.front.tree import AffineIndex

_LOAD, _STORE = ast.Load(), ast.Store()


@record()
class Code:
    """An expression.

    Attributes:
        tree: Python's syntax tree, in which words that languages spell differently are `Word`s.
        kind: `num`, `bool`, `text`: a plain Python or array value of that type; `any`: one of Excel's values;
            `area`: a list of rows of these.
        axes: of an array, what its axes run along: `i` and `j` the region's rows and columns, `k` and `l` those of a
            range that it reads.
        literal: whether it is written out, with nothing computed in it.
        whose: whose number or condition it is: of the `language`, in torch a tensor; of `python` in every language, as
            a count of steps; `either` where the case decides. See `owner`.
        seen: of text, all that it was when the workbook was saved.
        blank: of an array with gaps, whether these are blank cells, which arithmetic takes as 0.
        gap: of an array with gaps that are no blank cells, the text that stands in them.
        one: of Excel's values, whether it is a single one: `cell` where it may be a blank, `value` where it is none.
    """

    tree: ast.expr
    kind: str = "num"
    axes: str = ""
    literal: bool = False
    whose: str = "language"
    seen: frozenset[str] | None = None
    one: str = ""
    blank: bool = False
    gap: str = ""

    @property
    def is_one(self) -> bool:
        """Whether it is a single value, and no range."""
        return self.is_value or self.one == "cell"

    @property
    def is_value(self) -> bool:
        """Whether it is what a cell shows as it is: a single value, and no blank."""
        return self.kind in ("num", "bool", "text") or self.one == "value"

    @property
    def owner(self) -> str:
        """Whose number or condition it is; what is written out is Python's."""
        return "python" if self.literal else self.whose

    def as_kind(self, kind: str) -> "Code":
        """The same tree as a value of another kind."""
        return replace(self, kind=kind)

    def is_text(self, text: str) -> bool:
        """Whether it is that text, written out."""
        return isinstance(self.tree, ast.Constant) and self.tree.value == text


def owner_of_all(*codes: Code) -> str:
    """Whose number it is that is computed with all of these: one tensor makes the result a tensor."""
    owners = {code.owner for code in codes}
    return next((owner for owner in ("language", "either") if owner in owners), "python")


def owner_of_one(*codes: Code) -> str:
    """Whose number it is that is one of these."""
    owners = {code.owner for code in codes}
    return owners.pop() if len(owners) == 1 else "either"


class Word(ast.expr):
    """What each language spells in a way of its own, as its table in `targets` says: a name and its arguments."""

    _fields = ("name", "args")

    def __init__(self, name: str, args: list[ast.expr]) -> None:
        super().__init__()
        self.name = name
        self.args = args

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is copied: `ast` makes a node without its fields first."""
        return Word, (self.name, self.args), self.__dict__


def word(name: str, *args: ast.expr) -> Word:
    """The tree of a word."""
    return Word(name, list(args))


@cache
def template(form: str) -> ast.expr:
    """The tree of a form, its places `{}` (or `{0}`, `{1}`) as the names `_0`, `_1`."""
    places = itertools.count(0)
    text = re.sub(r"\{(\d*)\}", lambda found: f"_{found[1] or next(places)}", form)
    return ast.parse(text, mode="eval").body


# Builders


def name_(text: str) -> ast.expr:
    """The tree of a name, of an attribute of one, or of an element: `x`, `sheet.x`, `sheet.x[2]`."""
    if text.isidentifier():
        return ast.Name(text, _LOAD)
    if "[" in text:
        return ast.parse(text, mode="eval").body
    first, *rest = text.split(".")
    tree: ast.expr = ast.Name(first, _LOAD)
    for attribute in rest:
        tree = ast.Attribute(tree, attribute, _LOAD)
    return tree


def stored(text: str) -> ast.Name:
    """A name that is assigned to."""
    return ast.Name(text, _STORE)


def constant(value: object) -> ast.Constant:
    """A text, a boolean, a whole number or None."""
    return ast.Constant(value)  # type: ignore[arg-type]


def call(function: str | ast.expr, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    """A call of a function, which is a name or a tree."""
    called = name_(function) if isinstance(function, str) else function
    return ast.Call(called, list(args), [ast.keyword(key, value) for key, value in keywords.items()])


def method(tree: ast.expr, name: str, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    """A call of a value's method."""
    return call(ast.Attribute(tree, name, _LOAD), *args, **keywords)


def attribute(tree: ast.expr, name: str) -> ast.Attribute:
    """An attribute of a value."""
    return ast.Attribute(tree, name, _LOAD)


def item(tree: ast.expr, *places: ast.expr) -> ast.expr:
    """An element or a part: one index an axis; the value itself where there are no indices."""
    if not places:
        return tree
    return ast.Subscript(tree, places[0] if len(places) == 1 else ast.Tuple(list(places), _LOAD), _LOAD)


def items(tree: ast.expr, places: Iterable[ast.expr]) -> ast.expr:
    """An element of lists in each other: `x[i][j]`."""
    for place in places:
        tree = item(tree, place)
    return tree


def list_(parts: Iterable[ast.expr]) -> ast.List:
    """A list."""
    return ast.List(list(parts), _LOAD)


def tuple_(parts: Iterable[ast.expr]) -> ast.Tuple:
    """A tuple."""
    return ast.Tuple(list(parts), _LOAD)


def grid(rows: Iterable[Iterable[ast.expr]]) -> ast.List:
    """A list of rows."""
    return list_(map(list_, rows))


def lambda_(parameters: Sequence[str], body: ast.expr, optional: int = 0) -> ast.Lambda:
    """A function without a name; the last `optional` parameters are None where they are left out."""
    return ast.Lambda(arguments(parameters, optional=optional), body)


def arguments(parameters: Sequence[str], keywords: Sequence[str] = (), optional: int = 0) -> ast.arguments:
    """The parameters of a function; `keywords`: those given by name alone; `optional`: how many may be None."""
    only = [ast.arg(name) for name in keywords]
    defaults: list[ast.expr] = [constant(None) for _ in range(optional)]
    return ast.arguments([], [ast.arg(name) for name in parameters], None, only, [None for _ in only], None, defaults)


def choice(condition: ast.expr, then: ast.expr, other: ast.expr) -> ast.IfExp:
    """One value where a condition holds, else another."""
    return ast.IfExp(condition, then, other)


_OPERATORS: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "^": ast.Pow, "%": ast.Mod, "@": ast.MatMult,
    "&": ast.BitAnd, "|": ast.BitOr,
}  # fmt: skip
_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "=": ast.Eq, "<>": ast.NotEq, "<": ast.Lt, ">": ast.Gt, "<=": ast.LtE, ">=": ast.GtE,
}  # fmt: skip
COMPARISONS = frozenset(_COMPARISONS)
PLAIN = frozenset((*"+-*/^", *COMPARISONS))
"""Excel's operators that Python has too."""


def binary(operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
    """Two values and an operator: Excel's, or `%`, `@`, `&`, `|` as Python has them."""
    if operator in _COMPARISONS:
        return ast.Compare(left, [_COMPARISONS[operator]()], [right])
    return ast.BinOp(left, _OPERATORS[operator](), right)


def summed(parts: Sequence[ast.expr]) -> ast.expr:
    """Values added from left to right."""
    tree, *rest = parts
    for part in rest:
        tree = binary("+", tree, part)
    return tree


def negative(tree: ast.expr) -> ast.expr:
    """A value with the other sign."""
    return ast.UnaryOp(ast.USub(), tree)


def inverse(tree: ast.expr) -> ast.expr:
    """Conditions of an array turned round."""
    return ast.UnaryOp(ast.Invert(), tree)


# Numbers


class Figure(float):
    """A number that is written as short as Python reads it back."""

    __slots__ = ()

    def __repr__(self) -> str:
        """What `ast.unparse` writes."""
        return number_text(float(self))


def number(value: float) -> ast.expr:
    """The tree of a number: a whole one without a point."""
    size = abs(value)
    tree = ast.Constant(int(size) if size == int(size) and size < 1e6 else Figure(size))
    return negative(tree) if value < 0 else tree


def literal(node: Number | Text | Boolean) -> Code:
    """What a formula writes out."""
    match node:
        case Number(value):
            return Code(number(value), literal=True)
        case Text(text):
            return Code(constant(text), kind="text", literal=True, seen=frozenset((text,)))
        case Boolean(truth):
            return Code(constant(truth), kind="bool", literal=True)


def number_text(value: float) -> str:
    """A number as Python reads it back, whole ones without a point.

    >>> number_text(2.0), number_text(1e12), number_text(0.1), number_text(-3.0)
    ('2', '1e12', '0.1', '-3')
    """
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    text = float.__repr__(float(value))
    mantissa, _, exponent = text.partition("e")
    if not exponent and value == int(value) and abs(value) < 1e21:
        digits = str(int(value))
        short = digits.rstrip("0")
        zeros = len(digits) - len(short)
        return f"{short}e{zeros}" if zeros >= 6 and len(short) <= 3 else f"{int(value)}.0" if zeros < 6 else text
    return f"{mantissa}e{int(exponent)}" if exponent else text


def count(value: int) -> ast.expr:
    """The tree of a whole number."""
    return negative(ast.Constant(-value)) if value < 0 else ast.Constant(value)


def fixed(tree: ast.expr) -> int | None:
    """The whole number that a tree is written out as; None where it is none."""
    match tree:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
    return None


def full(code: Code, shape: ast.expr) -> ast.expr:
    """An array of that shape, or length, with one number in all places."""
    value = fixed(code.tree)
    if value in (0, 1):
        return word("zeros" if value == 0 else "ones", shape)
    return word(
        "full of" if code.literal else "full", shape, code.tree if value is None else ast.Constant(float(value))
    )


def as_number(tree: ast.expr) -> ast.expr:
    """One number in place of an array that `full` gives, also where it is one of the cases of a choice."""
    match tree:
        case ast.IfExp(test=test, body=then, orelse=other):
            return choice(test, as_number(then), as_number(other))
        case Word(name="zeros" | "ones" as name):
            return count(int(name == "ones"))
        case Word(name="full of" | "full", args=[_, number]):
            return number
    return tree


def last_name(tree: ast.expr) -> str:
    """What an array is called, without its sheet, its step and its index."""
    while isinstance(tree, ast.Subscript):
        tree = tree.value
    return ast.unparse(tree).rpartition(".")[2]


def place(moving: AffineIndex, origin: int, i: str, j: str) -> ast.expr:
    """An index from 0: a moving row or column, from an origin, in row `i` and column `j` (names, or numbers).

    >>> [ast.unparse(place(AffineIndex(*m), 2, "i", "0")) for m in ((5, 1), (2, -1), (1, 2), (9, 0, 4))]
    ['i + 3', '-i', '2 * i - 1', '7']
    """
    base = moving.base - origin
    terms: list[ast.expr] = []
    for step, along in ((moving.down, i), (moving.across, j)):
        if not step:
            continue
        if along.lstrip("-").isdigit():
            base += step * int(along)
        else:
            terms.append(_times(step, name_(along)))
    if not terms:
        return count(base)
    tree = terms[0]
    for term in terms[1:]:
        is_negative = isinstance(term, ast.UnaryOp)
        tree = binary("-" if is_negative else "+", tree, term.operand if isinstance(term, ast.UnaryOp) else term)
    return shifted(tree, base)


def _times(step: int, along: ast.expr) -> ast.expr:
    if abs(step) == 1:
        return along if step == 1 else negative(along)
    return binary("*", count(step), along)


def shifted(tree: ast.expr, by: int) -> ast.expr:
    """An index and a number more, or less: what is written out is added up."""
    match tree:
        case _ if not by:
            return tree
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=ast.Constant(value=int(value))):
            return shifted(left, by + (value if isinstance(sign, ast.Add) else -value))
    known = fixed(tree)
    if known is not None:
        return count(known + by)
    return binary("+" if by > 0 else "-", tree, count(abs(by)))


def cut(start: ast.expr | None, stop: ast.expr | None) -> ast.Slice:
    """A slice; without ends where they are None."""
    return ast.Slice(start, stop, None)


def span(start: int, stop: int, length: int, step: int = 1) -> ast.Slice:
    """A slice from start to stop, the last left out, of an axis of that length; without ends that are the axis's.

    >>> [ast.unparse(item(name_("x"), span(*ends, 5))) for ends in ((0, 5), (1, 5), (0, 4))]
    ['x[:]', 'x[1:]', 'x[:4]']
    """
    first, last = (count(start) if start else None), (count(stop) if stop < length else None)
    return ast.Slice(first, last, None if step == 1 else count(step))


def is_all(tree: ast.expr) -> bool:
    """Whether an index is a slice that takes all."""
    return isinstance(tree, ast.Slice) and tree.lower is None and tree.upper is None and tree.step is None


ALL = ast.Slice(None, None, None)
NONE = ast.Constant(None)


# Statements


def assign(name: str | ast.expr, value: ast.expr) -> ast.Assign:
    """A statement that gives a name, or a tree such as an element, a value."""
    return ast.Assign([stored(name) if isinstance(name, str) else name], value, lineno=1)


def define(name: str, parameters: Sequence[str], body: ast.expr, optional: int = 0) -> ast.FunctionDef:
    """A function that returns an expression of its parameters."""
    return ast.FunctionDef(name, arguments(parameters, optional=optional), [ast.Return(body)], [], None, lineno=1)


def marked(statement: ast.stmt, *origin: object) -> ast.stmt:
    """The statement with what it computes: the variables."""
    # To make one of the common kind takes a tenth of copying it.
    made = (
        ast.Assign(statement.targets, statement.value, lineno=1)
        if isinstance(statement, ast.Assign)
        else copy(statement)
    )
    made.origin = origin  # type: ignore[attr-defined]
    return made


def origin_of(statement: ast.AST) -> tuple[Any, ...]:
    """What a statement computes, as it was marked; nothing where it was not."""
    found: tuple[Any, ...] = getattr(statement, "origin", ())
    return found


def loop(target: ast.expr, over: ast.expr, body: list[ast.stmt]) -> ast.For:
    """A loop."""
    return ast.For(target, over, body, [], lineno=1)


def parsed(text: str) -> ast.stmt:
    """A statement that is written out here, with names of ours alone in it."""
    (statement,) = ast.parse(text).body
    return statement
