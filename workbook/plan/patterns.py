"""What patterns read: the blocks that their names mean, and an order in which blocks can be computed.

Every function takes patterns as lessons write them; `workbook.plan.excel` makes the formulas of cells from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from workbook.errors import FormulaError
from workbook.formula.grammar import Call, Name, Node, walk
from workbook.formula.parser import parse
from workbook.lesson.lesson import Formula
from workbook.plan.place import Place

Places = Mapping[str, Place]
_PATTERNS = 4096
"""How many patterns are kept parsed: several passes ask for each, and no lesson has so many."""


@lru_cache(maxsize=_PATTERNS)
def tree_of(pattern: str) -> Node:
    """A pattern, parsed.

    Raises:
        FormulaError: what is wrong, where in the text.
    """
    return parse(pattern)


def resolve(name: Name, place: Place, places: Places) -> Place:
    """The place of the block that a name in a pattern of `place` means.

    Raises:
        FormulaError: there is no such block; the message lists those there are.
    """
    sheet = name.sheet or place.sheet
    found = places.get(f"{sheet}.{name.name}")
    if found is None:
        known = ", ".join(sorted(other.block.name for other in places.values() if other.sheet == sheet)) or "none"
        raise FormulaError(
            f"sheet {place.title}, block {place.block.name}: no block named '{name.name}' in {sheet}; known: {known}"
        )
    return found


def copied(block: Formula) -> Name | None:
    """The name that the block copies, where its pattern is a bare name."""
    node = tree_of(block.pattern)
    return node if isinstance(node, Name) else None


def names(block: Formula, *, previous: bool = True) -> list[Name]:
    """The names of the blocks that a pattern reads, in its order; without those of axes.

    Args:
        block: whose pattern.
        previous: also those that are read a step back, by PREV.
    """
    tree = tree_of(block.pattern)
    left_out: set[tuple[int, int]] = set()
    for node in walk(tree):
        match node:
            case Call("PREV") if not previous:
                left_out.add(prev_names(node, block.name)[0].span)
            case Call("ALL"):
                left_out |= {axis.span for axis in all_names(node, block.name)[1:]}
            case Call("ALONG"):
                left_out |= {axis.span for axis in along_names(node, block.name)[1:]}
            case Call("WINDOW"):
                left_out |= {axis.span for axis in window_names(node, block.name)[1:]}
            case _:
                pass
    return [node for node in walk(tree) if isinstance(node, Name) and node.span not in left_out]


def computed(places: Places) -> tuple[str, ...]:
    """All blocks in an order of computation: each after those that its pattern reads, else as they stand.

    A block that a step reads by PREV is not waited for.
    """
    order: dict[str, None] = {}
    for first in places:
        # Depth first, by a list of our own: a chain of blocks may be longer than Python nests calls.
        waiting, opened = [first], set[str]()
        while waiting:
            name = waiting[-1]
            block = places[name].block
            if name in opened or name in order or not isinstance(block, Formula):
                order.setdefault(waiting.pop())
                continue
            opened.add(name)
            reads = [resolve(read, places[name], places).name for read in names(block, previous=False)]
            waiting += [read for read in reversed(reads) if read not in opened]
    return tuple(order)


def read_by(places: Places) -> dict[str, list[str]]:
    """Block → the blocks whose patterns read it."""
    found: dict[str, list[str]] = {}
    for name, place in places.items():
        for read in names(place.block) if isinstance(place.block, Formula) else ():
            found.setdefault(resolve(read, place, places).name, []).append(name)
    return found


def touched(read_by: Mapping[str, Sequence[str]], changed: Iterable[str]) -> frozenset[str]:
    """These blocks, and those that depend on any of them, by which patterns read which."""
    waiting, found = list(changed), set(changed)
    while waiting:
        new = [name for name in read_by.get(waiting.pop(), ()) if name not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


def state(block: Formula) -> tuple[Name, Name] | None:
    """The block that it holds one step back, and the block that it starts from, where its pattern is a bare PREV."""
    node = tree_of(block.pattern)
    if isinstance(node, Call) and node.function == "PREV":
        before, start = prev_names(node, block.name)
        return before, start
    return None


def prev_names(node: Call, where: str) -> tuple[Name, Name]:
    """The block that PREV takes a step back, and the one that it starts from."""
    match node.arguments:
        case (Name() as before, Name() as start):
            return before, start
        case _:
            raise FormulaError(f"block {where}: PREV takes two names, the block and the one it starts from")


def all_names(node: Call, where: str) -> list[Name]:
    """The block that ALL takes, and the axes that it takes whole; all of them where none is named."""
    found = [argument for argument in node.arguments if isinstance(argument, Name)]
    if not found or len(found) != len(node.arguments):
        raise FormulaError(f"block {where}: ALL takes a block, and the axes to take whole if not all of them")
    return found


def along_names(node: Call, where: str) -> tuple[Name, Name, Name]:
    """The block that ALONG takes, its axis, and the formula's that it follows there."""
    match node.arguments:
        case (Name() as name, Name() as axis, Name() as other):
            return name, axis, other
        case _:
            raise FormulaError(f"block {where}: ALONG takes three names, a block, its axis, and the one to follow")


def window_names(node: Call, where: str) -> list[Name]:
    """The block that WINDOW takes, and pairs of its axes and the formula's that they slide along."""
    found = [argument for argument in node.arguments if isinstance(argument, Name)]
    if len(found) != len(node.arguments) or len(found) < 3 or len(found) % 2 == 0:
        raise FormulaError(f"block {where}: WINDOW takes a block, and pairs of its axis and the one to slide along")
    return found
