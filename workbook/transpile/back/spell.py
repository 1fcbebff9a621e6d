"""The source of expressions, as `ast.unparse` has it, in a fifth of its time.

Large scripts are single lines by the ten thousand, and the library's writer goes through several context managers for
each node. What is not of the common kinds is left to it, with the whole statement.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from enum import IntEnum
from functools import cache
from math import isfinite
from typing import Any

from workbook.transpile.back.code import Word, template

_NONE: Mapping[str, str] = {}


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
    DOTTED = 15


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


_Form = tuple[str | tuple[int, int], ...]
"""How a word is spelled, in pieces: text, and of each argument its place and how tightly what is around it holds."""


class _Text(list[str | tuple[int, int]]):
    """The pieces of a text, and the forms that words have in it."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words


class _NotCommon(Exception):  # noqa: N818 - it says nothing to anybody but `assignment`
    """A node of a kind that is left to the library."""


def assignment(statement: ast.stmt, words: Mapping[str, str] = _NONE) -> str | None:
    """The source of an assignment to a name; None where it is none, or has what is left to the library.

    Args:
        statement: the statement.
        words: how words that no language has are spelled.
    """
    if type(statement) is not ast.Assign or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if type(target) is not ast.Name:
        return None
    text = _Text(words)
    text += target.id, " = "
    try:
        _write(statement.value, _Level.TEST, text)
    except _NotCommon:
        return None
    return "".join(text)  # type: ignore[arg-type]


def source(statements: Sequence[ast.stmt], words: Mapping[str, str], spelled: Callable[[ast.stmt], ast.stmt]) -> str:
    """The source of statements, one after another.

    Args:
        statements: the statements.
        words: how words that no language has are spelled.
        spelled: gives a statement without such words, for what is left to the library.
    """
    texts: list[str] = []
    left: list[ast.stmt] = []
    for statement in statements:
        text = assignment(statement, words)
        if text is None:
            left.append(spelled(statement))
            continue
        if left:
            texts.append(ast.unparse(ast.Module(left, [])))
            left = []
        texts.append(text)
    if left:
        texts.append(ast.unparse(ast.Module(left, [])))
    return "\n".join(texts)


class _Hole(ast.expr):
    """The place of an argument in the form of a word."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place


class _WithHoles(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What a name such as `_1` stands for."""
        return _Hole(int(node.id[1:])) if re.fullmatch("_[0-9]+", node.id) else node


@cache
def _form(spelling: str) -> _Form:
    tree = _WithHoles().visit(deepcopy(template(spelling)))
    if type(tree) not in (_Hole, ast.Name, ast.Call, ast.Attribute, ast.Subscript):
        # What stands around it would decide whether it has brackets.
        raise _NotCommon
    pieces = _Text(_NONE)
    _write(tree, _Level.ATOM, pieces)
    return tuple(pieces)


def _write(node: ast.expr, level: int, text: _Text) -> None:
    writer = _WRITERS.get(type(node))
    if writer is None:
        raise _NotCommon
    writer(node, level, text)


def _name(node: ast.Name, level: int, text: _Text) -> None:
    del level
    text.append(node.id)


def _word(node: Word, level: int, text: _Text) -> None:
    if node.name not in text.words:
        raise _NotCommon
    form = _form(text.words[node.name])
    if len(form) == 1 and not isinstance(form[0], str):
        _write(node.args[form[0][0]], level, text)
        return
    for piece in form:
        if isinstance(piece, str):
            text.append(piece)
        else:
            _write(node.args[piece[0]], piece[1], text)


def _hole(node: _Hole, level: int, text: _Text) -> None:
    text.append((node.place, level))


def _constant(node: ast.Constant, level: int, text: _Text) -> None:
    value = node.value
    if level == _Level.DOTTED:
        raise _NotCommon
    if not (value is None or isinstance(value, int | str) or (isinstance(value, float) and isfinite(value))):
        raise _NotCommon
    text.append(repr(value))


def _attribute(node: ast.Attribute, level: int, text: _Text) -> None:
    del level
    _write(node.value, _Level.DOTTED, text)
    text.append(f".{node.attr}")


def _call(node: ast.Call, level: int, text: _Text) -> None:
    del level
    _write(node.func, _Level.ATOM, text)
    text.append("(")
    _series(node.args, text)
    comma = ", " if node.args else ""
    for keyword in node.keywords:
        text.append(f"{comma}{keyword.arg}=" if keyword.arg is not None else f"{comma}**")
        _write(keyword.value, _Level.TEST, text)
        comma = ", "
    text.append(")")


def _series(nodes: Sequence[ast.expr], text: _Text) -> None:
    comma = False
    for node in nodes:
        if comma:
            text.append(", ")
        _write(node, _Level.TEST, text)
        comma = True


def _binary(node: ast.BinOp, level: int, text: _Text) -> None:
    found = _BINARY.get(type(node.op))
    if found is None:
        raise _NotCommon
    sign, own = found
    is_power = own == _Level.POWER
    if level > own:
        text.append("(")
    _write(node.left, own + 1 if is_power else own, text)
    text.append(sign)
    _write(node.right, own if is_power else own + 1, text)
    if level > own:
        text.append(")")


def _unary(node: ast.UnaryOp, level: int, text: _Text) -> None:
    sign, own = _UNARY[type(node.op)]
    if level > own:
        text.append("(")
    text.append(sign)
    _write(node.operand, own, text)
    if level > own:
        text.append(")")


def _comparison(node: ast.Compare, level: int, text: _Text) -> None:
    if level > _Level.COMPARISON:
        text.append("(")
    _write(node.left, _Level.BITS_OR, text)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        text.append(_COMPARE[type(operator)])
        _write(right, _Level.BITS_OR, text)
    if level > _Level.COMPARISON:
        text.append(")")


def _choice(node: ast.IfExp, level: int, text: _Text) -> None:
    if level > _Level.TEST:
        text.append("(")
    _write(node.body, _Level.OR, text)
    text.append(" if ")
    _write(node.test, _Level.OR, text)
    text.append(" else ")
    _write(node.orelse, _Level.TEST, text)
    if level > _Level.TEST:
        text.append(")")


def _tuple(node: ast.Tuple, level: int, text: _Text) -> None:
    del level
    text.append("(")
    _series(node.elts, text)
    text.append(",)" if len(node.elts) == 1 else ")")


def _list(node: ast.List, level: int, text: _Text) -> None:
    del level
    text.append("[")
    _series(node.elts, text)
    text.append("]")


def _element(node: ast.Subscript, level: int, text: _Text) -> None:
    del level
    _write(node.value, _Level.ATOM, text)
    text.append("[")
    if type(node.slice) is ast.Tuple and node.slice.elts:
        _series(node.slice.elts, text)
        if len(node.slice.elts) == 1:
            text.append(",")
    else:
        _write(node.slice, _Level.TEST, text)
    text.append("]")


def _slice(node: ast.Slice, level: int, text: _Text) -> None:
    del level
    if node.lower is not None:
        _write(node.lower, _Level.TEST, text)
    text.append(":")
    if node.upper is not None:
        _write(node.upper, _Level.TEST, text)
    if node.step is not None:
        text.append(":")
        _write(node.step, _Level.TEST, text)


def _thunk(node: ast.Lambda, level: int, text: _Text) -> None:
    taken = node.args
    if taken.posonlyargs or taken.vararg or taken.kwonlyargs or taken.kwarg or taken.defaults:
        raise _NotCommon
    if level > _Level.TEST:
        text.append("(")
    names = ", ".join([argument.arg for argument in taken.args])
    text.append(f"lambda {names}: " if names else "lambda: ")
    _write(node.body, _Level.TEST, text)
    if level > _Level.TEST:
        text.append(")")


_WRITERS: dict[type[ast.expr], Callable[[Any, int, _Text], None]] = {
    Word: _word,
    _Hole: _hole,
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
