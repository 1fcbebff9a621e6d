"""What a part of a formula gives: one value, an array or what running it tells; a number, a text or any; its size."""

from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Number, Text, Unary
from workbook.transpile.back.javascript.functions import form_of
from workbook.transpile.front.functions import AREA, VOLATILE
from workbook.transpile.front.tree import AffineIndex, IndexValue, Local, Ref, walk

COMPARISONS = {"=": "eq", "<>": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge"}
BRANCHES = {"IF": 0, "IFERROR": 0, "IFNA": 0, "CHOOSE": 1, "IFS": 0, "SWITCH": 0}
"""Functions that give one of their arguments, and which of these is the first."""
_COSTLY = {"/", "^", *COMPARISONS}
_RANGES = frozenset("reRf")
_CRITERIA = {
    "COUNTIF": 1, "SUMIF": 1, "AVERAGEIF": 1, "COUNTIFS": 1, "SUMIFS": 2, "AVERAGEIFS": 2, "MINIFS": 2, "MAXIFS": 2,
}  # fmt: skip
"""Functions of criteria, and which of their arguments is the first of these; they come in pairs with ranges."""
_EACH_RANGE = frozenset((*_CRITERIA, "SUBTOTAL"))
"""Functions that give a value for each of an array of ranges."""
_ARRAYS = frozenset(("MMULT", "TRANSPOSE"))
CELL = "CELL OF"
"""INDEX of a range where one value is wanted; no function of Excel's has a blank in its name."""


def shape(node: Any) -> str:
    """`one`: a single value; `area`: an array; `any`: running it tells."""
    match node:
        case Ref():
            return "one" if node.is_cell else "area"
        case Constants():
            return "any" if holds_ranges(node) else "area"
        case Unary(_, operand):
            return shape(operand)
        case Binary(_, left, right):
            return _joined((left, right))
        case Call():
            return _call_shape(node)
        case None | Number() | Text() | Boolean() | ErrorValue() | IndexValue():
            return "one"
    return "any"


def _joined(nodes: Any) -> str:
    shapes = {shape(node) for node in nodes}
    return next((found for found in ("any", "area") if found in shapes), "one")


def _call_shape(node: Call) -> str:
    name, arguments = node.function, node.arguments
    if name in BRANCHES:
        return _joined(arguments)
    if name == "MMULT":
        return "one" if is_dot(node) else "area"
    if name == "TRANSPOSE":
        return shape(arguments[0])
    if name == CELL:
        return "one"
    form = form_of(name, arguments)
    if form is None:
        return "any"
    if name in _EACH_RANGE and any(map(holds_ranges, arguments)):
        return "any"
    if name in _CRITERIA:
        return "one" if _joined(arguments[_CRITERIA[name] :: 2]) == "one" else "any"
    if form.gives == "a":
        return "any"
    return _joined(a for k, a in enumerate(arguments) if form.at(k) not in _RANGES)


def holds_ranges(node: Any) -> bool:
    """Whether it is an array of ranges, or may be one when it is run."""
    if isinstance(node, Constants):
        return any(isinstance(value, Call) and value.function == AREA for row in node.rows for value in row)
    if isinstance(node, Call) and node.function == "OFFSET":
        return any(shape(argument) != "one" for argument in node.arguments[2:])
    return False


def is_dot(node: Call) -> bool:
    """Whether it is the product of a row and a column of cells: one number."""
    left, right = node.arguments[:2]
    return isinstance(left, Ref) and isinstance(right, Ref) and left.top == left.bottom and right.left == right.right


def kind(node: Any) -> str:
    """`n` a number, `b` true or false, `t` a text, `v` any of them."""
    match node:
        case None | Number() | IndexValue() | Unary():
            return "n"
        case Text():
            return "t"
        case Boolean():
            return "b"
        case Binary(operator, _, _):
            return "b" if operator in COMPARISONS else "t" if operator == "&" else "n"
        case Call():
            return _call_kind(node)
    return "v"


def _call_kind(node: Call) -> str:
    name, arguments = node.function, node.arguments
    if name in ("IF", "IFERROR", "IFNA", "CHOOSE"):
        given = arguments if name in ("IFERROR", "IFNA") else arguments[1:]
        kinds = {kind(argument) for argument in given} | ({"b"} if name == "IF" and len(arguments) < 3 else set())
        return kinds.pop() if len(kinds) == 1 else "v"
    if name == "MMULT" or (name in _CRITERIA and shape(node) == "one"):
        return "n"
    if name == "TRANSPOSE":
        return kind(arguments[0])
    form = form_of(name, arguments)
    return "v" if form is None or form.gives == "a" else form.gives


Size = tuple[str, str]


def size(node: Any) -> Size | None:
    """The height and width, as texts, of an array that is computed element by element; None where it is none."""
    found = _sizes(node)
    if found is None:
        return None
    heights = {height for height, _ in found} - {"1"}
    widths = {width for _, width in found} - {"1"}
    if len(heights) > 1 or len(widths) > 1:
        return None
    return (heights or {"1"}).pop(), (widths or {"1"}).pop()


def _sizes(node: Any) -> list[Size] | None:
    """Those of all arrays in an expression; None where one is not known, or what takes them is not elementwise."""
    if shape(node) == "one":
        return []
    if holds_ranges(node):
        return None
    match node:
        case Ref():
            return [extent(node)]
        case Constants(rows):
            return [(str(len(rows)), str(len(rows[0])))]
        case Unary(_, operand):
            return _sizes(operand)
        case Binary(_, left, right):
            return _all_sizes((left, right))
        case Call("TRANSPOSE", (operand,)):
            found = size(operand)
            return None if found is None else [found[::-1]]
        case Call("MMULT", (left, right)):
            first, second = size(left), size(right)
            return None if first is None or second is None else [(first[0], second[1])]
        case Call("IF", arguments):
            return _all_sizes(arguments)
        case Call(name, arguments) if (
            (form := form_of(name, arguments))
            and form.gives != "a"
            and "c" not in form.takes
            and not any(map(holds_ranges, arguments))
        ):
            return _all_sizes([a for k, a in enumerate(arguments) if form.at(k) not in _RANGES])
    return None


def _all_sizes(nodes: Any) -> list[Size] | None:
    found: list[Size] = []
    for node in nodes:
        sizes = _sizes(node)
        if sizes is None:
            return None
        found += sizes
    return found


def is_array_source(node: Any) -> bool:
    """Whether it is computed as a whole before its elements are taken."""
    return isinstance(node, Constants) or (isinstance(node, Call) and node.function in _ARRAYS)


def extent(ref: Ref) -> Size:
    """The height and width of a range, as texts."""
    return affine(_gap(ref.bottom, ref.top)), affine(_gap(ref.right, ref.left))


def _gap(last: AffineIndex, first: AffineIndex) -> AffineIndex:
    return AffineIndex(last.base - first.base + 1, last.down - first.down, last.across - first.across)


def affine(moving: AffineIndex, origin: int = 0, times: int = 1) -> str:
    """The text of `times` · (a moving number less an origin), in row i and column j of a region."""
    base = (moving.base - origin) * times
    terms = [(moving.down * times, "i"), (moving.across * times, "j")]
    texts = [
        sign if factor == 1 else f"-{sign}" if factor == -1 else f"{factor}*{sign}" for factor, sign in terms if factor
    ]
    if base or not texts:
        texts.append(str(base))
    return "+".join(texts).replace("+-", "-")


def is_heavy(node: Any) -> bool:
    """Whether computing it goes through a range."""
    return isinstance(node, Call) and any(
        (isinstance(part, Ref) and not part.is_cell) or isinstance(part, Constants) for part in walk(node)
    )


def has_call(node: Any) -> bool:
    """Whether it calls a function, divides or compares, which costs more than to look up what it gave."""
    return any(isinstance(part, Call) or (isinstance(part, Binary) and part.operator in _COSTLY) for part in walk(node))


def is_steady(node: Any) -> bool:
    """Whether it is the same each time that a cell computes it: no variable of LET, and no chance."""
    return not any(
        isinstance(part, Local) or (isinstance(part, Call) and part.function in VOLATILE) for part in walk(node)
    )


def moves(node: Any, height: int, width: int) -> tuple[bool, bool]:
    """Whether it changes from row to row, and from column to column, of a region of that size."""
    places: list[AffineIndex] = []
    for part in walk(node):
        if isinstance(part, Ref):
            places += [part.top, part.left, part.bottom, part.right]
        elif isinstance(part, IndexValue):
            places.append(part.value)
    return height > 1 and any(p.down for p in places), width > 1 and any(p.across for p in places)
