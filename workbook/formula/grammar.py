"""What a formula is: a tree of nodes, the same for patterns and for cell formulas.

Two formulas are the same when their nodes are equal: blanks, `$` and the spelling of numbers do not count.
"""

from collections.abc import Iterator
from dataclasses import field, replace

from workbook.records import record


@record()
class Number:
    """A number."""

    value: float


@record()
class Text:
    """A string."""

    value: str


@record()
class Boolean:
    """TRUE or FALSE."""

    value: bool


@record()
class ErrorValue:
    """An error literal such as `#N/A`."""

    code: str


@record()
class Name:
    """A block (in a pattern) or a defined name (in a cell).

    `sheet` is set where it is another sheet's; `span` is its place in the text.
    """

    name: str
    sheet: str = ""
    span: tuple[int, int] = field(default=(0, 0), compare=False)


@record()
class Range:
    """The cells from one corner to the other, rows and columns from 1; one cell where the corners are equal."""

    first: tuple[int, int]
    last: tuple[int, int]
    sheet: str = ""
    span: tuple[int, int] = field(default=(0, 0), compare=False)


@record()
class Structured:
    """A reference to a table: `Sales[Amount]`, `Sales[[#This Row],[Amount]]`; `parts` are what the brackets hold."""

    table: str
    parts: tuple[str, ...]


@record()
class Unary:
    """`-x`, `+x`, `x%`, `@x` (one value of a range) or `x#` (all that an array formula fills)."""

    operator: str
    operand: "Node"


@record()
class Binary:
    """Two operands and the operator between them; `,` is a union of references and a blank their intersection."""

    operator: str
    left: "Node"
    right: "Node"


@record()
class Call:
    """A function, its name without `_xlfn.`; an argument left out is None."""

    function: str
    arguments: tuple["Node | None", ...]
    span: tuple[int, int] = field(default=(0, 0), compare=False)


@record()
class Constants:
    """An array constant, row by row."""

    rows: tuple[tuple["Node", ...], ...]


@record()
class Invoke:
    """A function made on the spot, and called: `LAMBDA(x, x+1)(2)`."""

    function: "Node"
    arguments: tuple["Node | None", ...]


class Leaf:
    """What another package puts in a tree where this one has a name or a reference."""

    __slots__ = ()


Node = (
    Number | Text | Boolean | ErrorValue | Name | Range | Structured | Unary | Binary | Call | Invoke | Constants | Leaf
)


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes in it, outer ones first."""
    yield node
    match node:
        case Unary(_, operand):
            yield from walk(operand)
        case Binary(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Call(_, arguments):
            for argument in arguments:
                if argument is not None:
                    yield from walk(argument)
        case Invoke(function, arguments):
            yield from walk(function)
            for argument in arguments:
                if argument is not None:
                    yield from walk(argument)
        case _:
            pass


def alike(one: Node | None, other: Node | None, sheet: str = "") -> bool:
    """Whether two formulas on a sheet of that title mean the same: its own title before a reference is ignored.

    Both are walked at once, so that a formula which a stranger made deep costs no more than the one it differs from.

    >>> from workbook.formula.parser import parse
    >>> alike(parse("'Dot product'!B3+1"), parse("B3+1"), "Dot product")
    True
    >>> alike(parse('"B3"'), parse('"SGD!B3"'), "SGD")
    False

    LibreOffice saves TRUE and FALSE as calls:

    >>> alike(parse("IF(A1,FALSE())"), parse("IF(A1,FALSE)"))
    True
    """
    one, other = _literal(one), _literal(other)

    def every(first: tuple[Node | None, ...], second: tuple[Node | None, ...]) -> bool:
        return len(first) == len(second) and all(alike(x, y, sheet) for x, y in zip(first, second, strict=True))

    match one, other:
        case (Range() | Name(), Range() | Name()):
            return _at_home(one, sheet) == _at_home(other, sheet)
        case (Unary(sign, x), Unary(other_sign, y)):
            return sign == other_sign and alike(x, y, sheet)
        case (Binary(sign, left, right), Binary(other_sign, other_left, other_right)):
            return sign == other_sign and every((left, right), (other_left, other_right))
        case (Call(name, arguments), Call(other_name, others)):
            return name == other_name and every(arguments, others)
        case (Invoke(function, arguments), Invoke(other_function, others)):
            return alike(function, other_function, sheet) and every(arguments, others)
        case _:
            return one == other


def _literal(node: Node | None) -> Node | None:
    match node:
        case Call("TRUE" | "FALSE" as name, ()):
            return Boolean(name == "TRUE")
        case _:
            return node


def _at_home(node: Range | Name, sheet: str) -> Range | Name:
    """The reference, without its sheet where that is the one it stands on; a sheet's title has no upper case."""
    return replace(node, sheet="" if node.sheet.lower() == sheet.lower() else node.sheet.lower())
