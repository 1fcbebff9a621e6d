"""The source of expressions, as `ast.unparse` has it, in a fifth of its time.

Large scripts are single lines by the ten thousand, and the library's writer goes through several context managers for
each node. What is not of the common kinds is left to it, with the whole statement.
"""

import ast
from collections.abc import Callable, Sequence
from enum import IntEnum
from math import isfinite
from typing import Any


class _Level(IntEnum):
    """How tightly what stands around a node holds: a node that holds less tightly has brackets."""

    TEST = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    BITS_OR = 5
    BITS_XOR = 6
    BITS_AND = 7
    SHIFT = 8
    SUM = 9
    PRODUCT = 10
    SIGN = 11
    POWER = 12
    AWAIT = 13
    ATOM = 14


_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", _Level.SUM),
    ast.Sub: (" - ", _Level.SUM),
    ast.Mult: (" * ", _Level.PRODUCT),
    ast.Div: (" / ", _Level.PRODUCT),
    ast.FloorDiv: (" // ", _Level.PRODUCT),
    ast.Mod: (" % ", _Level.PRODUCT),
    ast.MatMult: (" @ ", _Level.PRODUCT),
    ast.Pow: (" ** ", _Level.POWER),
    ast.BitAnd: (" & ", _Level.BITS_AND),
    ast.BitOr: (" | ", _Level.BITS_OR),
}
_UNARY: dict[type[ast.unaryop], tuple[str, int]] = {
    ast.USub: ("-", _Level.SIGN),
    ast.UAdd: ("+", _Level.SIGN),
    ast.Invert: ("~", _Level.SIGN),
    ast.Not: ("not ", _Level.NOT),
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: " == ",
    ast.NotEq: " != ",
    ast.Lt: " < ",
    ast.LtE: " <= ",
    ast.Gt: " > ",
    ast.GtE: " >= ",
    ast.Is: " is ",
    ast.IsNot: " is not ",
    ast.In: " in ",
    ast.NotIn: " not in ",
}


class _NotCommon(Exception):  # noqa: N818 - it says nothing to anybody but `assignment`
    """A node of a kind that is left to the library."""


def assignment(statement: ast.stmt) -> str | None:
    """The source of an assignment to a name; None where it is none, or has what is left to the library."""
    if type(statement) is not ast.Assign or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if type(target) is not ast.Name:
        return None
    parts = [target.id, " = "]
    try:
        _write(statement.value, _Level.TEST, parts.append)
    except _NotCommon:
        return None
    return "".join(parts)


def source(statements: Sequence[ast.stmt]) -> str:
    """The source of statements, one after another."""
    texts: list[str] = []
    left: list[ast.stmt] = []
    for statement in statements:
        text = assignment(statement)
        if text is None:
            left.append(statement)
            continue
        if left:
            texts.append(ast.unparse(ast.Module(left, [])))
            left = []
        texts.append(text)
    if left:
        texts.append(ast.unparse(ast.Module(left, [])))
    return "\n".join(texts)


def _write(node: ast.expr, level: int, say: Callable[[str], None]) -> None:
    writer = _WRITERS.get(type(node))
    if writer is None:
        raise _NotCommon
    writer(node, level, say)


def _name(node: ast.Name, level: int, say: Callable[[str], None]) -> None:
    del level
    say(node.id)


def _constant(node: ast.Constant, level: int, say: Callable[[str], None]) -> None:
    del level
    value = node.value
    if not (value is None or isinstance(value, int | str) or (isinstance(value, float) and isfinite(value))):
        raise _NotCommon
    say(repr(value))


def _attribute(node: ast.Attribute, level: int, say: Callable[[str], None]) -> None:
    del level
    if type(node.value) is ast.Constant:
        raise _NotCommon
    _write(node.value, _Level.ATOM, say)
    say(f".{node.attr}")


def _call(node: ast.Call, level: int, say: Callable[[str], None]) -> None:
    del level
    _write(node.func, _Level.ATOM, say)
    say("(")
    _series(node.args, say)
    comma = ", " if node.args else ""
    for keyword in node.keywords:
        say(f"{comma}{keyword.arg}=" if keyword.arg is not None else f"{comma}**")
        _write(keyword.value, _Level.TEST, say)
        comma = ", "
    say(")")


def _series(nodes: Sequence[ast.expr], say: Callable[[str], None]) -> None:
    comma = False
    for node in nodes:
        if comma:
            say(", ")
        _write(node, _Level.TEST, say)
        comma = True


def _binary(node: ast.BinOp, level: int, say: Callable[[str], None]) -> None:
    found = _BINARY.get(type(node.op))
    if found is None:
        raise _NotCommon
    sign, own = found
    is_power = own == _Level.POWER
    if level > own:
        say("(")
    _write(node.left, own + 1 if is_power else own, say)
    say(sign)
    _write(node.right, own if is_power else own + 1, say)
    if level > own:
        say(")")


def _unary(node: ast.UnaryOp, level: int, say: Callable[[str], None]) -> None:
    sign, own = _UNARY[type(node.op)]
    if level > own:
        say("(")
    say(sign)
    _write(node.operand, own, say)
    if level > own:
        say(")")


def _comparison(node: ast.Compare, level: int, say: Callable[[str], None]) -> None:
    if level > _Level.COMPARISON:
        say("(")
    _write(node.left, _Level.BITS_OR, say)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        say(_COMPARE[type(operator)])
        _write(right, _Level.BITS_OR, say)
    if level > _Level.COMPARISON:
        say(")")


def _choice(node: ast.IfExp, level: int, say: Callable[[str], None]) -> None:
    if level > _Level.TEST:
        say("(")
    _write(node.body, _Level.OR, say)
    say(" if ")
    _write(node.test, _Level.OR, say)
    say(" else ")
    _write(node.orelse, _Level.TEST, say)
    if level > _Level.TEST:
        say(")")


def _tuple(node: ast.Tuple, level: int, say: Callable[[str], None]) -> None:
    del level
    say("(")
    _series(node.elts, say)
    say(",)" if len(node.elts) == 1 else ")")


def _list(node: ast.List, level: int, say: Callable[[str], None]) -> None:
    del level
    say("[")
    _series(node.elts, say)
    say("]")


def _element(node: ast.Subscript, level: int, say: Callable[[str], None]) -> None:
    del level
    _write(node.value, _Level.ATOM, say)
    say("[")
    if type(node.slice) is ast.Tuple and node.slice.elts:
        _series(node.slice.elts, say)
        if len(node.slice.elts) == 1:
            say(",")
    else:
        _write(node.slice, _Level.TEST, say)
    say("]")


def _slice(node: ast.Slice, level: int, say: Callable[[str], None]) -> None:
    del level
    if node.lower is not None:
        _write(node.lower, _Level.TEST, say)
    say(":")
    if node.upper is not None:
        _write(node.upper, _Level.TEST, say)
    if node.step is not None:
        say(":")
        _write(node.step, _Level.TEST, say)


def _thunk(node: ast.Lambda, level: int, say: Callable[[str], None]) -> None:
    taken = node.args
    if taken.posonlyargs or taken.vararg or taken.kwonlyargs or taken.kwarg or taken.defaults:
        raise _NotCommon
    if level > _Level.TEST:
        say("(")
    names = ", ".join([argument.arg for argument in taken.args])
    say(f"lambda {names}: " if names else "lambda: ")
    _write(node.body, _Level.TEST, say)
    if level > _Level.TEST:
        say(")")


_WRITERS: dict[type[ast.expr], Callable[[Any, int, Callable[[str], None]], None]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Subscript: _element,
    ast.Slice: _slice,
    ast.Lambda: _thunk,
}
