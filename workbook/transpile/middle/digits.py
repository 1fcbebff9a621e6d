"""Comparisons as Excel makes them: two numbers are equal whose first 15 digits are, whatever follows.

Python compares all bits, so numbers that may differ by rounding are rounded to 15 digits first. What is surely exact
needs none of that: whole numbers and what sums, products and counts make of them, and numbers that were typed. Nor does
a comparison with 0, to which no other number is rounded.

And the difference that a formula ends with is 0 in Excel where it is rounding alone. That is told from another number
only where the cell is compared for equality, as in the check of a balance, so there it is written out.
Source: Microsoft, "Floating-point arithmetic may give inaccurate results in Excel".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, Invoke, Number, Unary
from workbook.transpile.front.functions import DIGITS, LAST
from workbook.transpile.front.tree import Choice, Function, Local, Ref, children, rebuilt, walk
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.variables import CellMap, Variable, features
from workbook.xlsx.read import Value

ROUGH, EXACT, WHOLE = range(3)
"""How sure a number is: rounded by what computed it; exact at 15 digits; a whole number."""
COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))
_MOST = 1e15
# fmt: off
_WHOLE = frozenset((
    "AND", "CEILING", "COLUMNS", "COUNT", "COUNTA", "COUNTBLANK", "COUNTIF", "COUNTIFS", "DATE", "DAY", "DAYS", "EVEN",
    "EXACT", "FIND", "HOUR", "INT", "ISBLANK", "ISERROR", "ISEVEN", "ISNA", "ISNUMBER", "ISODD", "ISTEXT", "LEN",
    "MATCH", "MINUTE", "MONTH", "NOT", "ODD", "OR", "RANK", "ROWS", "SEARCH", "SECOND", "SEQUENCE", "SIGN", "TODAY",
    "WEEKDAY", "XMATCH", "XOR", "YEAR",
))
"""Functions that give whole numbers, or no numbers."""
_ROUNDED = frozenset(("ROUND", "ROUNDDOWN", "ROUNDUP", "TRUNC", "MROUND", "FLOOR"))
"""Functions that give numbers of few digits."""
_CHOSEN = frozenset((
    "ABS", "CHOOSE", "FILTER", "HLOOKUP", "IF", "IFERROR", "IFNA", "IFS", "INDEX", "LARGE", "LOOKUP", "MAX", "MAXIFS",
    "MIN", "MINIFS", "N", "OFFSET", "SMALL", "SORT", "SWITCH", "TRANSPOSE", "UNIQUE", "VLOOKUP", "XLOOKUP",
))
"""Functions that give one of the numbers that they are given."""
_SUMS = frozenset(("MMULT", "MOD", "PRODUCT", "QUOTIENT", "SUM", "SUMIF", "SUMIFS", "SUMPRODUCT", "SUMSQ", "SUMXMY2"))
"""Functions that give whole numbers of whole numbers."""
# fmt: on


Ordered = list[list[Variable]]
"""Formulas in the order in which they are computed, those that wait for each other together."""


def compare_at_15_digits(ordered: Ordered, cell_map: CellMap) -> tuple[Ordered, CellMap]:
    """The formulas with what they compare rounded, where Python's comparison of all bits would not do.

    Args:
        ordered: the formulas.
        cell_map: all variables.

    Returns:
        The formulas in their order, and all variables with these among them.
    """
    ordered, cell_map = _with_trees(ordered, cell_map, dict(_last_differences(ordered, cell_map)))
    sure: dict[int, int] = {}
    compares = [v for group in ordered for v in group if _compares(v)]
    for group in _before(ordered, compares):
        for variable in group:
            sure[id(variable)] = WHOLE
        again = True
        while again:
            is_settled = True
            for variable in group:
                found = _level(variable.tree, _Reader(variable, cell_map, sure))
                if found < sure[id(variable)]:
                    sure[id(variable)], is_settled = found, False
            again = not is_settled and (len(group) > 1 or reads_itself(group[0]))
    rounded = {id(v): _rounded(v.tree, _Reader(v, cell_map, sure)) for v in compares}
    return _with_trees(ordered, cell_map, rounded)


def _with_trees(ordered: Ordered, cell_map: CellMap, trees: Mapping[int, Any]) -> tuple[Ordered, CellMap]:
    """The formulas, and all variables, some with other trees: by their ids."""
    if not trees:
        return ordered, cell_map
    made = {id(v): replace(v, tree=trees[id(v)]) for group in ordered for v in group if id(v) in trees}
    return [[made.get(id(v), v) for v in group] for group in ordered], cell_map.swap(made)


def _last_differences(ordered: Ordered, cell_map: CellMap) -> Iterator[tuple[int, Any]]:
    """The formulas, by id, that end with a difference which is to be 0 where it is rounding alone; their trees."""
    for variable in _told_apart(ordered, cell_map):
        match variable.tree:
            case Binary("-" as operator, left, right) | Binary("+" as operator, Unary("-") as left, right):
                yield id(variable), Call(LAST[operator], (left, right))


def _told_apart(ordered: Sequence[Sequence[Variable]], cell_map: CellMap) -> Iterator[Variable]:
    """The formulas whose results are compared for equality; and those that proved to need Excel's own operators."""
    for variable in (v for group in ordered for v in group):
        if not variable.is_sure:
            yield variable
        if features(variable).words.isdisjoint(("=", "<>")):
            continue
        for node in walk(variable.tree):
            if isinstance(node, Binary) and node.operator in ("=", "<>"):
                for ref in (side for side in (node.left, node.right) if isinstance(side, Ref)):
                    found = cell_map.within(ref.sheet, ref.hull(variable.height, variable.width))
                    yield from (v for v in found if v.tree is not None and not _is_whole(v, cell_map))


def _is_whole(variable: Variable, cell_map: CellMap) -> bool:
    """Whether a sum is of whole numbers that were typed."""
    return _level(variable.tree, _Reader(variable, cell_map, {})) == WHOLE


def _before(ordered: Sequence[Sequence[Variable]], compares: Sequence[Variable]) -> Iterable[Sequence[Variable]]:
    """The groups up to the last that compares anything."""
    wanted = {id(v) for v in compares}
    last = max((k for k, group in enumerate(ordered) if any(id(v) in wanted for v in group)), default=-1)
    return ordered[: last + 1]


def _compares(variable: Variable) -> bool:
    """Whether a formula compares, but with 0."""
    return not features(variable).words.isdisjoint(COMPARISONS) and any(
        isinstance(node, Binary) and node.operator in COMPARISONS and not _has_zero(node)
        for node in walk(variable.tree)
    )


def _has_zero(node: Binary) -> bool:
    return Number(0.0) in (node.left, node.right)


class _Reader:
    """How sure the numbers are that a variable's formula reads."""

    def __init__(self, variable: Variable, cell_map: CellMap, sure: dict[int, int]) -> None:
        self._size = variable.height, variable.width
        self._cell_map = cell_map
        self._sure = sure

    def level(self, ref: Ref) -> int:
        found = self._cell_map.within(ref.sheet, ref.hull(*self._size))
        return min((self._of(variable) for variable in found), default=WHOLE)

    def _of(self, variable: Variable) -> int:
        key = id(variable)
        if key not in self._sure:
            # An input, or what comes after all comparisons.
            self._sure[key] = (
                ROUGH if variable.values is None else level_of(v for line in variable.values for v in line)
            )
        return self._sure[key]


def level_of(values: Iterable[Value | None]) -> int:
    """How sure numbers are that were typed, or saved; what is no number counts as whole."""
    level = WHOLE
    for value in values:
        if type(value) is float and not (value.is_integer() and abs(value) < _MOST):
            if float(f"{value:.14e}") != value:
                return ROUGH
            level = EXACT
    return level


def _level(node: Any, reads: _Reader) -> int:
    """How sure the number is that a formula gives."""
    if type(node) is Ref:
        return reads.level(node)
    match node:
        case Number(value):
            return level_of((float(value),))
        case Call(name, arguments):
            return _level_of_call(name, arguments, reads)
        case Unary("%", _):
            return ROUGH
        case Unary(_, operand):
            return _level(operand, reads)
        case Binary("+" | "-" | "*", left, right):
            return _whole_or_rough(min(_level(left, reads), _level(right, reads)))
        case Binary("^", left, Number(value)) if value.is_integer() and value >= 0:
            return _whole_or_rough(_level(left, reads))
        case Binary(operator, _, _):
            return ROUGH if operator in "/^" else WHOLE
        case Local() | Invoke() | Function():
            return ROUGH
        case Constants() | Choice():
            return min((_level(child, reads) for child in children(node)), default=WHOLE)
    return WHOLE


def _level_of_call(name: str, arguments: tuple[Any, ...], reads: _Reader) -> int:
    if name in _WHOLE:
        return WHOLE
    if name in _ROUNDED:
        return EXACT
    if name not in _CHOSEN and name not in _SUMS:
        return ROUGH
    given = arguments[1:] if name in ("IF", "CHOOSE") else arguments
    level = min((_level(argument, reads) for argument in given if argument is not None), default=WHOLE)
    return level if name in _CHOSEN else _whole_or_rough(level)


def _whole_or_rough(level: int) -> int:
    return WHOLE if level == WHOLE else ROUGH


def _rounded(node: Any, reads: _Reader) -> Any:
    """The formula with what it compares rounded where need be."""
    change: Callable[[Any], Any] = lambda child: _rounded(child, reads)  # noqa: E731
    if not (isinstance(node, Binary) and node.operator in COMPARISONS) or _has_zero(node):
        return rebuilt(node, change)
    return Binary(node.operator, *(_at_15_digits(side, reads) for side in (node.left, node.right)))


def _at_15_digits(side: Any, reads: _Reader) -> Any:
    made = _rounded(side, reads)
    if isinstance(side, Number | Boolean) or _level(side, reads) != ROUGH or not _may_be_number(side):
        return made
    return Call(DIGITS, (made,))


def _may_be_number(node: Any) -> bool:
    return not (isinstance(node, Binary) and (node.operator == "&" or node.operator in COMPARISONS))
