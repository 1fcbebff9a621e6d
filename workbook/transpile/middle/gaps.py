"""A word in place of a number, such as "none" behind the last unit: told by the formula and by what was saved."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbook.formula.grammar import Binary, Call, Number, Text, Unary
from workbook.transpile.front.tree import IndexValue, Ref, walk
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.xlsx.read import Value

_OF_NUMBERS = frozenset(
    ("ABS", "AVERAGE", "COS", "COUNT", "EXP", "LN", "LOG10", "MAX", "MIN", "ROUND", "SIN", "SQRT", "SUM", "SUMPRODUCT")
)
"""Functions that give a number or an error."""


def gap_word(tree: Any, saved: Sequence[Value | None]) -> str | None:
    """The one word that cells of a formula have where the others have numbers; None where there is no such word.

    Args:
        tree: the formula.
        saved: what its cells held when the workbook was saved.
    """
    words = {value for value in saved if isinstance(value, str)}
    if len(words) != 1 or any(type(value) not in (float, str) for value in saved) or len(saved) == 1:
        return None
    results = list(_results(tree))
    (word,) = words
    return word if Text(word) in results and all(r == Text(word) or _is_number(r) for r in results) else None


def with_sure_gaps(formulas: Iterable[Variable]) -> Mapping[int, Variable]:
    """The formulas that have a word for a gap but compute with what is no number, by id; as they are without gaps."""
    formulas = list(formulas)
    cell_map = CellMap(formulas)
    left = [variable for variable in formulas if variable.kind == "gaps" and variable.gap]
    changed: dict[int, Variable] = {}
    while doubtful := [v for v in left if id(v) not in changed and _computes_with_any(v, cell_map, changed)]:
        changed |= {id(v): replace(v, kind="any", gap=None) for v in doubtful}
    return changed


def _computes_with_any(variable: Variable, cell_map: CellMap, changed: Mapping[int, Variable]) -> bool:
    """Whether a result of a formula is computed from cells of any kind."""
    refs = [node for result in _results(variable.tree) for node in walk(result) if isinstance(node, Ref)]
    read = (v for ref in refs for v in cell_map.within(ref.sheet, ref.hull(variable.height, variable.width)))
    return any(changed.get(id(v), v).kind not in ("num", "bool", "gaps") for v in read)


def _results(tree: Any) -> Iterator[Any]:
    """What a formula may come to: the cases of its choices."""
    match tree:
        case Call("IF", (_, then, other)):
            yield from _results(then)
            yield from _results(other)
        case Call("IFERROR", (value, other)):
            yield from _results(value)
            yield from _results(other)
        case _:
            yield tree


def _is_number(tree: Any) -> bool:
    """Whether a tree gives a number, or an error."""
    match tree:
        case Number() | IndexValue() | Unary("-", _):
            return True
        case Binary(operator):
            return operator in "+-*/^"
        case Call(function):
            return function in _OF_NUMBERS
    return False
