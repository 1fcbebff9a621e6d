"""Formulas that are alike: a first step like the rest but in one place, columns that differ in what they read."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from workbook.transpile.tree import Choice, Counter, Ref, children


def merged(first: Any, rest: Any) -> Any | None:
    """The formula of a first step and that of the others as one, a choice where they differ; None if in many places.

    Both are functions of the step; the first counts in step 0 alone.
    """
    node, places = _merged(first, rest)
    return node if places <= 1 and not isinstance(node, Choice) else None


def _merged(first: Any, rest: Any) -> tuple[Any, int]:
    if _same_at_start(first, rest):
        return rest, 0
    if type(first) is not type(rest) or isinstance(first, Ref | Counter) or not is_dataclass(first):
        return Choice(first, rest), 1
    made: dict[str, Any] = {}
    places = 0
    for field in fields(first):
        a, b = getattr(first, field.name), getattr(rest, field.name)
        if field.name == "span":
            made[field.name] = b
        elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            pairs = [_merged(x, y) if is_dataclass(x) else (y, int(x != y) * 2) for x, y in zip(a, b, strict=True)]
            made[field.name] = tuple(node for node, _ in pairs)
            places += sum(count for _, count in pairs)
        elif is_dataclass(a) and is_dataclass(b):
            made[field.name], count = _merged(a, b)
            places += count
        elif a != b:
            return Choice(first, rest), 1
        else:
            made[field.name] = b
    if places > 1:
        return Choice(first, rest), 2
    return type(rest)(**made), places


def _same_at_start(first: Any, rest: Any) -> bool:
    """Whether two references are one in step 0."""
    if isinstance(first, Ref) and isinstance(rest, Ref):
        corners = ((r.top, r.left, r.bottom, r.right) for r in (first, rest))
        return first.sheet == rest.sheet and all(a.base == b.base for a, b in zip(*corners, strict=True))
    if isinstance(first, Counter) and isinstance(rest, Counter):
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
