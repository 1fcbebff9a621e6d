"""Formulas that are alike: a first step like the rest but in one place, columns that differ in what they read."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from workbook.transpile.front.tree import Choice, IndexValue, Ref, children

_FEW = 3


def merged(first: Any, rest: Any) -> Any | None:
    """A first step's formula and that of the others as one, with a choice where they differ; None if too much does.

    Both are functions of the step; the first counts in step 0 alone. A choice may stand in several places; there is
    one, or there are a few between what stands in single cells.
    """
    node, choices = _merged(first, rest)
    few = len(choices) <= 1 or (len(choices) <= _FEW and all(_is_leaf(c.first) and _is_leaf(c.rest) for c in choices))
    return node if few and not isinstance(node, Choice) else None


def _is_leaf(node: Any) -> bool:
    return not any(True for _ in children(node))


def _merged(first: Any, rest: Any) -> tuple[Any, frozenset[Choice]]:
    """One node for both, and the choices in it."""
    if _same_at_start(first, rest):
        return rest, frozenset()
    choice = Choice(first, rest)
    if type(first) is not type(rest) or isinstance(first, Ref | IndexValue) or not is_dataclass(first):
        return choice, frozenset((choice,))
    made: dict[str, Any] = {}
    choices: frozenset[Choice] = frozenset()
    for field in fields(first):
        a, b = getattr(first, field.name), getattr(rest, field.name)
        made[field.name] = b
        if field.name == "span":
            continue
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            parts = [_merged(x, y) for x, y in zip(a, b, strict=True)]
            made[field.name] = tuple(node for node, _ in parts)
            choices = choices.union(*(found for _, found in parts))
        elif is_dataclass(a) and is_dataclass(b):
            made[field.name], found = _merged(a, b)
            choices |= found
        elif a != b:
            return choice, frozenset((choice,))
    return type(rest)(**made), choices


def _same_at_start(first: Any, rest: Any) -> bool:
    """Whether two references are one in step 0."""
    if isinstance(first, Ref) and isinstance(rest, Ref):
        corners = ((r.top, r.left, r.bottom, r.right) for r in (first, rest))
        return first.sheet == rest.sheet and all(a.base == b.base for a, b in zip(*corners, strict=True))
    if isinstance(first, IndexValue) and isinstance(rest, IndexValue):
        return first.value.base == rest.value.base
    return bool(first == rest)


def skeleton(node: Any) -> Any:
    """A formula without its references: equal for formulas that differ in what they read alone."""
    if isinstance(node, Choice) or (isinstance(node, Ref) and node.is_cell):
        return "cell"
    if isinstance(node, tuple):
        return tuple(skeleton(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        return (type(node).__name__, *(skeleton(getattr(node, f.name)) for f in fields(node) if f.name != "span"))
    return node


def cells(node: Any) -> list[Ref | Choice]:
    """The cells that a formula reads, and its choices, in order, one as often as it is read."""
    if isinstance(node, Choice) or (isinstance(node, Ref) and node.is_cell):
        return [node]
    return [cell for child in children(node) for cell in cells(child)]


def slots(trees: Sequence[Any]) -> list[tuple[Ref | Choice, ...]]:
    """What formulas of one skeleton read in the same places, where that differs: a tuple for each place."""
    found = dict.fromkeys(zip(*(cells(tree) for tree in trees), strict=True))
    return [nodes for nodes in found if len(set(nodes)) > 1]


def common_name(names: Sequence[str]) -> str:
    """The words that all the names share, in order; empty where they share none.

    >>> common_name(["average_square_intercept", "average_square_slope"]), common_name(["intercept", "slope"])
    ('average_square', '')
    """
    first, *others = [name.split("_") for name in names]
    return "_".join(word for word in first if word and all(word in other for other in others))


__all__ = ["cells", "common_name", "merged", "skeleton", "slots"]
