"""Text → nodes, with Excel's precedence, for patterns and for cell formulas alike.

A pattern is `MMULT(one_hot, weights)`; a cell formula is `MMULT($B$3:$F$9,H4:K8)`.
From loose to tight: comparison, `&`, `+ -`, `* /`, `^` (joins from the left: 2^3^2 is 64), `%`, unary minus
(−2^2 is 4) and `@`, union `,` (in brackets), intersection (a blank), `:`, `#`.
Source: ECMA-376 Part 1, 18.17 (formula syntax and precedence).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from workbook.errors import FormulaError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, cell_position, column_number
from workbook.formula.grammar import (
    Binary,
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Invoke,
    Name,
    Node,
    Number,
    Range,
    Structured,
    Text,
    Unary,
)

_SHEET = r"(?:'(?P<quoted>(?:[^']|'')+)'!|(?P<plain>(?:\[\d+\])?[^\W\d][\w.]*(?::[^\W\d][\w.]*)?)!)?"
_CELL = r"\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}"
_TOKEN = re.compile(
    r"(?P<blank>\s+)"
    r'|(?P<text>"(?:[^"]|"")*")'
    r"|(?P<error>\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!))"
    rf"|{_SHEET}(?P<first>{_CELL})(?::(?P<last>{_CELL}))?(?![\w.(\[!])"
    rf"|{_SHEET.replace('quoted', 'quoted_lines').replace('plain', 'plain_lines')}"
    r"(?:\$?(?P<left>[A-Z]{1,3}):\$?(?P<right>[A-Z]{1,3})|\$?(?P<top>[1-9][0-9]{0,6}):\$?(?P<bottom>[1-9][0-9]{0,6}))"
    r"(?![\w.(])"
    rf"|(?:'(?:[^']|'')+'|(?:\[\d+\])?[^\W\d][\w.]*)!(?P<lost>\#REF!)"
    r"|(?P<link>\[\d+\](?:[^\W\d][\w.]*)?)!(?P<linked>[^\W\d][\w\\.?]*)(?!\()"
    r"|(?P<call>[^\W\d][\w.]*)\("
    r"|(?P<table>[^\W\d][\w.]*)?\[(?P<columns>(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*)\]"
    r"|(?:'(?P<name_quoted>(?:[^']|'')+)'!|(?P<name_plain>[^\W\d]\w*)[.!])?(?P<name>(?:[^\W\d]|\\)[\w\\.?]*)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<operator><>|<=|>=|[-+*/^&=<>%(),;{}:@\#~])"
)
_COMMON = re.compile(rf"(?P<cell>{_CELL})(?![\w.(\[!:])|(?P<number>[0-9]+(?:\.[0-9]+)?)(?![\w.:])")
"""A cell of the same sheet, or a number: most operands, which need not be told from all that they might be."""
_SIGNS = frozenset("+-*/^&=%(),;")
_PREFIX = re.compile(r"_XLFN(GNUMERIC|ODF)?\.(_XLWS\.)?|_XLWS\.|COM\.MICROSOFT\.")
_COLUMN = re.compile(r"\[((?:[^\[\]']|'.)*)\]")
_BINDING = {
    operator: binding
    for binding, operators in enumerate((("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",)))
    for operator in operators
}
_AFTER_OPERAND = frozenset((*_BINDING, ",", ")", "end"))
"""What may follow an operand that is whole."""
_NESTED = 64
"""How deeply Excel lets functions stand in each other."""
_SHOWN = 60
"""The characters of a formula that a message shows before the place it speaks of, and after it."""


def parse(text: str) -> Node:
    """The node that a formula's text (without its `=`) means.

    >>> parse("-2^2") == parse("(-2)^2")
    True
    >>> parse("$A$1 + 1") == parse("A1+1.0")
    True

    Raises:
        FormulaError: what is wrong, where in the text.
    """
    return _Parser(text).whole()


def _from_to(first: Node, last: Node) -> Node:
    """The range between two references; a cell that names no sheet is on that of the cell before it: `Data!A1 : A6`."""
    if not (isinstance(first, Range) and isinstance(last, Range) and first.sheet and not last.sheet):
        return Binary(":", first, last)
    if first.first != first.last or last.first != last.last:
        return Binary(":", first, last)
    rows, columns = zip(first.first, last.first, strict=True)
    corners = (min(rows), min(columns)), (max(rows), max(columns))
    return Range(*corners, first.sheet, (first.span[0], last.span[1]))


class _Token(NamedTuple):
    kind: str
    text: str
    span: tuple[int, int]
    node: Node | None = None
    spaced: bool = False


class _Parser:
    """A recursive-descent parser over the tokens of one formula."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan())
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._inner()
        if self._peek().kind != "end":
            self._fail("expected an operator or the end")
        return node

    def _scan(self) -> Iterator[_Token]:
        at = 0
        spaced = False
        while at < len(self._text):
            sign = self._text[at]
            if sign in _SIGNS:
                # Half of all tokens: nothing else begins with one.
                yield _Token(sign, sign, (at, at + 1), None, spaced)
                at, spaced = at + 1, False
                continue
            common = _COMMON.match(self._text, at)
            if common:
                cell = cell_position(common[0]) if common["cell"] else None
                span = common.span()
                node = Range(cell, cell, "", span) if cell else Number(float(common[0]))
                yield _Token("value", common[0], span, node, spaced)
                at, spaced = common.end(), False
                continue
            match = _TOKEN.match(self._text, at)
            if not match:
                raise FormulaError(f"{self._shown(at)}: {self._text[at]!r} at {at + 1} is no part of a formula")
            at = match.end()
            if match["blank"] is None:
                token = self._token(match)
                yield token._replace(spaced=True) if spaced else token
            spaced = match["blank"] is not None
        yield _Token("end", "", (at, at))

    def _token(self, match: re.Match[str]) -> _Token:
        span = match.span()
        if match["text"] is not None:
            return _Token("value", match[0], span, Text(match["text"][1:-1].replace('""', '"')))
        if match["error"] is not None:
            return _Token("value", match[0], span, ErrorValue(match["error"]))
        if match["call"] is not None:
            return _Token("call", _PREFIX.sub("", match["call"].upper(), count=1), span)
        if match["first"] is not None:
            first = cell_position(match["first"])
            last = cell_position(match["last"]) if match["last"] else first
            corners = (min(first[0], last[0]), min(first[1], last[1])), (max(first[0], last[0]), max(first[1], last[1]))
            sheet = (match["quoted"] or match["plain"] or "").replace("''", "'")
            return _Token("value", match[0], span, Range(*corners, sheet, span))
        if match["left"] is not None or match["top"] is not None:
            return _Token("value", match[0], span, self._lines(match))
        if match["lost"] is not None:
            return _Token("value", match[0], span, ErrorValue("#REF!"))
        if match["columns"] is not None:
            inside = match["columns"]
            parts = tuple(_COLUMN.findall(inside)) if inside.startswith("[") else (inside,)
            if parts != (inside,) and (bare := _COLUMN.sub("", inside).strip(" ,:")):
                # A column without brackets of its own: `[#This Row],Units`, as XlsxWriter has it of `@Units`.
                parts = (*parts, bare)
            if inside.startswith("@"):
                parts = ("#This Row", *(_COLUMN.findall(inside) or (inside[1:],)))
            colon = "]:[" in inside
            return _Token("value", match[0], span, Structured(match["table"] or "", (*parts, ":") if colon else parts))
        if match["linked"] is not None:
            return _Token("value", match[0], span, Name(match["linked"], match["link"], span))
        if match["name"] is not None:
            sheet = (match["name_quoted"] or match["name_plain"] or "").replace("''", "'")
            if not sheet and match["name"].upper() in ("TRUE", "FALSE"):
                return _Token("value", match[0], span, Boolean(match["name"].upper() == "TRUE"))
            return _Token("value", match[0], span, Name(match["name"], sheet, span))
        if match["number"] is not None:
            return _Token("value", match[0], span, Number(float(match["number"])))
        return _Token(match["operator"], match[0], span)

    def _lines(self, match: re.Match[str]) -> Range:
        """Whole columns, or whole rows."""
        sheet = (match["quoted_lines"] or match["plain_lines"] or "").replace("''", "'")
        if match["left"] is not None:
            columns = sorted((column_number(match["left"]), column_number(match["right"])))
            if not columns[0]:
                raise FormulaError(
                    f"{self._shown(match.start())}: {match[0]!r} lies outside a sheet; its last column is XFD"
                )
            return Range((1, columns[0]), (MAX_ROW, columns[1]), sheet, match.span())
        rows = sorted((int(match["top"]), int(match["bottom"])))
        if rows[1] > MAX_ROW:
            raise FormulaError(
                f"{self._shown(match.start())}: {match[0]!r} lies outside a sheet; its last row is {MAX_ROW}"
            )
        return Range((rows[0], 1), (rows[1], MAX_COLUMN), sheet, match.span())

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _take(self, kind: str) -> None:
        if self._peek().kind != kind:
            self._fail(f"expected {kind!r}")
        self._at += 1

    def _fail(self, expected: str) -> NoReturn:
        token = self._peek()
        found = repr(token.text) if token.text else "the end"
        raise FormulaError(f"{self._shown(token.span[0])}: found {found} at {token.span[0] + 1}, {expected}")

    def _shown(self, at: int) -> str:
        """The formula, or the text around a place where it is long."""
        start, stop = max(at - _SHOWN, 0), at + _SHOWN
        if len(self._text) <= 2 * _SHOWN:
            start, stop = 0, len(self._text)
        return repr(f"{'…' * (start > 0)}{self._text[start:stop]}{'…' * (stop < len(self._text))}")

    def _inner(self) -> Node:
        """An expression within brackets, or the whole."""
        self._depth += 1
        if self._depth > _NESTED + 1:
            self._fail(f"expected at most {_NESTED} levels")
        node = self._expression(0)
        self._depth -= 1
        return node

    def _expression(self, least: int) -> Node:
        """Operands joined by operators that bind at least so tightly, from left to right."""
        node = self._postfix()
        while (binding := _BINDING.get(self._peek().kind, -1)) >= least:
            operator = self._next().kind
            node = Binary(operator, node, self._expression(binding + 1))
        return node

    def _postfix(self) -> Node:
        token = self._tokens[self._at]
        if token.node is not None and self._tokens[self._at + 1].kind in _AFTER_OPERAND:
            # Most operands: a value that nothing is joined to.
            self._at += 1
            return token.node
        node = self._prefix()
        while self._peek().kind == "%":
            self._next()
            node = Unary("%", node)
        return node

    def _prefix(self) -> Node:
        signs = []
        while self._peek().kind in ("+", "-", "@"):
            signs.append(self._next().kind)
        node = self._reference()
        for sign in reversed(signs):
            node = Unary(sign, node)
        return node

    def _reference(self) -> Node:
        node = self._joined()
        while self._peek().spaced and self._peek().kind in ("value", "call", "(") and _is_reference(node):
            node = Binary(" ", node, self._joined())
        # LibreOffice's own sign for a union, which it leaves in files.
        while self._peek().kind == "~":
            self._next()
            node = Binary(",", node, self._joined())
        return node

    def _joined(self) -> Node:
        node = self._spilled()
        while self._peek().kind == ":":
            self._next()
            node = _from_to(node, self._spilled())
        return node

    def _spilled(self) -> Node:
        node = self._atom()
        while self._peek().kind == "#" or (self._peek().kind == "(" and isinstance(node, Call | Invoke)):
            if self._peek().kind == "#":
                self._next()
                node = Unary("#", node)
            elif self._peek().spaced:
                break
            else:
                node = Invoke(node, self._arguments()[0])
        return node

    def _atom(self) -> Node:
        token = self._peek()
        if token.kind == "value" and token.node is not None:
            self._next()
            return token.node
        if token.kind == "call":
            return self._call()
        if token.kind == "(":
            self._next()
            node = self._inner()
            while self._peek().kind == ",":
                self._next()
                node = Binary(",", node, self._inner())
            self._take(")")
            return node
        if token.kind != "{":
            self._fail("expected a value")
        return self._constants()

    def _call(self) -> Node:
        token = self._next()
        self._at -= 1
        arguments, end = self._arguments()
        return Call(token.text, arguments, (token.span[0], end))

    def _arguments(self) -> tuple[tuple[Node | None, ...], int]:
        """What stands in the brackets, and where they end; the token before the first argument is the current one."""
        self._at += 1
        arguments: list[Node | None] = []
        if self._peek().kind == ")":
            return (), self._next().span[1]
        while True:
            arguments.append(None if self._peek().kind in (",", ")") else self._inner())
            if self._peek().kind == ",":
                self._next()
                continue
            end = self._peek().span[1]
            self._take(")")
            return tuple(arguments), end

    def _constants(self) -> Node:
        self._take("{")
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while True:
            row.append(self._prefix())
            kind = self._next().kind
            if kind == ",":
                continue
            if kind not in (";", "}"):
                self._at -= 1
                self._fail("expected ',', ';' or '}'")
            rows.append(tuple(row))
            row = []
            if kind == "}":
                return Constants(tuple(rows))


def _is_reference(node: Node) -> bool:
    return isinstance(node, Range | Name | Structured) or (isinstance(node, Binary) and node.operator in (" ", ":"))
