"""Which formulas mean the same in Excel 2010 to 365, LibreOffice and Google Sheets, and stay right after an edit.

There are no array formulas: LibreOffice does not recalculate what depends on their cells until it is told to
recalculate everything. So every cell has an ordinary formula of its own.
"""

from collections.abc import Iterator

from openpyxl.utils import FORMULAE

from workbook.formula.grammar import Binary, Call, Constants, ErrorValue, Name, Node, Number, Range, Text, Unary, walk
from workbook.formula.lookups import is_looked_in

VOLATILE = frozenset({"OFFSET", "INDIRECT", "RAND", "RANDBETWEEN", "NOW", "TODAY", "CELL", "INFO"})
"""They change when nothing has, so that a workbook asks to be saved when it is only looked at."""

UNLIKE = frozenset({"SUMXMY2", "SUMX2MY2", "SUMX2PY2"})
"""They count blanks in one program and skip the pair in another."""

KNOWN = frozenset(FORMULAE) - VOLATILE - UNLIKE
"""Functions of Excel 2007, which need no prefix."""

WHOLE: dict[str, frozenset[int] | None] = {
    **dict.fromkeys(
        (
            "AND",
            "AVERAGE",
            "COUNT",
            "COUNTA",
            "COUNTBLANK",
            "DEVSQ",
            "GEOMEAN",
            "HARMEAN",
            "MAX",
            "MEDIAN",
            "MIN",
            "MODE",
            "OR",
            "PRODUCT",
        )
    ),
    **dict.fromkeys(
        ("STDEV", "STDEVP", "SUM", "SUMSQ", "VAR", "VARP", "CORREL", "COVAR", "SLOPE", "INTERCEPT", "RSQ", "NPV", "IRR")
    ),
    **dict.fromkeys(("ROWS", "COLUMNS", "MDETERM", "SUMPRODUCT", "MMULT", "SUBTOTAL")),
    **dict.fromkeys(("AREAS", "ROW", "COLUMN"), frozenset({0})),
    "CHOOSE": frozenset(range(1, 255)),
}
"""Function → which of its arguments take a range (None: all), beside those that it looks something up in.

Elsewhere a range stands where one number belongs.
"""

COMPUTING = frozenset({"SUMPRODUCT"})
"""Functions that compute with whole ranges inside them, in an ordinary formula too."""

FOLDING = frozenset({"MAX", "MIN"})
"""Functions that, inside such a one, take what was computed from ranges."""

NOT_IN_SUMPRODUCT = frozenset(
    {"EXP", "LN", "ABS", "SQRT", "IF", "IFERROR", "TRANSPOSE", "LOG", "LOG10", "ROUND", "MOD", "INT", "SIGN"}
)
"""Over a range in a plain SUMPRODUCT some program sees the first cell only."""


def is_many(node: Node | None) -> bool:
    """Whether the node's value, computed as an array, is more than one number."""
    match node:
        case Range(first, last):
            return first != last
        case Constants():
            return True
        case Unary(_, operand):
            return is_many(operand)
        case Binary(_, left, right):
            return is_many(left) or is_many(right)
        case Call("MMULT", (Range() as left, Range() as right)):
            return _shape(left)[0] > 1 or _shape(right)[1] > 1
        case Call(("MMULT" | "TRANSPOSE" | "MINVERSE" | "FREQUENCY" | "TREND" | "LINEST"), _):
            return True
        case Call(function, arguments):
            return any(is_many(argument) for i, argument in enumerate(arguments) if not takes_range(function, i))
        case _:
            return False


def _shape(area: Range) -> tuple[int, int]:
    """Rows and columns."""
    return area.last[0] - area.first[0] + 1, area.last[1] - area.first[1] + 1


def takes_range(function: str, argument: int) -> bool:
    """Whether the argument, counted from 0, may be a whole range."""
    which = WHOLE.get(function, frozenset())
    return which is None or argument in which or is_looked_in(function, argument)


def function_faults(node: Node) -> Iterator[str]:
    """Functions that not every program has, or that change by themselves."""
    for call in _calls(node):
        if call.function in VOLATILE:
            yield f"{call.function} is volatile"
        elif call.function in UNLIKE:
            yield f"{call.function} differs between programs where cells are blank; mask with SUMPRODUCT"
        elif call.function not in KNOWN:
            yield f"{call.function} is no function of Excel 2007"


def argument_faults(node: Node) -> Iterator[str]:
    """Functions whose last arguments mean something else, or something else elsewhere, when they are left out."""
    for call in _calls(node):
        match call:
            case Call("MATCH", arguments) if len(arguments) != 3 or arguments[2] != Number(0.0):
                yield "MATCH needs its third argument, 0"
            case Call("INDEX", arguments) if len(arguments) != 3 or None in arguments:
                yield "INDEX needs a row and a column"
            case Call("LOG", arguments) if len(arguments) != 2 or None in arguments:
                yield "LOG needs its base"
            case Call(function, arguments) if len(arguments) > 255:
                yield f"{function} has {len(arguments)} arguments, more than 255"
            case _:
                pass


def product_faults(node: Node) -> Iterator[str]:
    """Products of ranges whose sizes don't meet."""
    for call in _calls(node):
        match call:
            case Call("MMULT", (Range() as left, Range() as right)):
                (rows, inner), (other, columns) = _shape(left), _shape(right)
                if inner != other:
                    sizes = f"{rows} by {inner} and {other} by {columns}"
                    yield f"MMULT of {sizes}; the columns of the first are the rows of the second"
            case Call("MMULT", _):
                yield "MMULT takes two ranges as they stand"
            case Call("SUMPRODUCT", arguments) if all(isinstance(part, Range) for part in arguments):
                shapes = [_shape(part) for part in arguments if isinstance(part, Range)]
                if len(set(shapes)) > 1:
                    sizes = " and ".join(f"{rows} by {columns}" for rows, columns in shapes)
                    yield f"SUMPRODUCT of {sizes}; its ranges have one size"
            case _:
                pass


def literal_faults(node: Node) -> Iterator[str]:
    """Texts, errors and names that a cell's formula must not hold."""
    for part in walk(node):
        match part:
            case Text(value) if len(value) > 255:
                yield f"a text of {len(value)} characters, more than 255"
            case ErrorValue(code):
                yield f"the error {code}"
            case Name(name):
                yield f"the name {name}; cells hold addresses only"
            case _:
                pass


def range_faults(node: Node) -> Iterator[str]:
    """Ranges of an ordinary formula where one number belongs, or computed with outside SUMPRODUCT."""
    if is_many(node):
        yield f"{_spell(node)} gives many numbers in one cell"
        return
    yield from _range_faults(node, computing=False)


def _range_faults(node: Node | None, *, computing: bool) -> Iterator[str]:
    match node:
        case Unary(operator, operand):
            if is_many(operand) and not computing:
                yield f"{operator!r} over a range outside SUMPRODUCT; use a column of its own"
            yield from _range_faults(operand, computing=computing)
        case Binary(operator, left, right):
            if (is_many(left) or is_many(right)) and not computing:
                yield f"{operator!r} over a range outside SUMPRODUCT; use a column of its own"
            yield from _range_faults(left, computing=computing)
            yield from _range_faults(right, computing=computing)
        case Call(function, arguments):
            for i, argument in enumerate(arguments):
                if is_many(argument) and not takes_range(function, i):
                    if not computing:
                        yield f"{function} over a range; use a column of its own"
                    elif function in NOT_IN_SUMPRODUCT:
                        yield f"{function} over a range inside a plain SUMPRODUCT; use a column of its own"
                kept = function in FOLDING or not takes_range(function, i)
                inside = (computing and kept) or function in COMPUTING
                yield from _range_faults(argument, computing=inside)
        case _:
            pass


def _calls(node: Node) -> Iterator[Call]:
    return (part for part in walk(node) if isinstance(part, Call))


def _spell(node: Node) -> str:
    match node:
        case Call(function, _):
            return function
        case Range():
            return "a range"
        case Unary(operator, _) | Binary(operator, _, _):
            return f"{operator!r} over a range"
        case _:
            return "an array"
