"""Which blocks show one quantity: a block, its copies, what chooses among them, and what a step makes of it.

What is seen side by side is compared, so blocks of one quantity on a sheet have the same ends of their colours.
"""

from collections.abc import Iterator, Mapping

from workbook.formula.grammar import Call, Name, Node
from workbook.lesson.lesson import Formula
from workbook.plan.patterns import resolve, tree_of
from workbook.plan.place import Place

NEW = "new_"
"""What names what a step makes of a block begin with."""


def quantities(places: Mapping[str, Place]) -> dict[str, str]:
    """`sheet.block` → the first block that shows the same quantity."""
    found: dict[str, str] = {name: name for name in places}

    def first(name: str) -> str:
        while found[name] != name:
            name = found[name]
        return name

    order = {name: number for number, name in enumerate(places)}
    for name, place in places.items():
        alike = [resolve(read, place, places).name for read in _passed_on(place)]
        old = f"{place.sheet}.{place.block.name.removeprefix(NEW)}"
        if old in places:
            alike.append(old)
        for other in alike:
            one, two = sorted((first(name), first(other)), key=order.__getitem__)
            found[two] = one
    return {name: first(name) for name in found}


def sources(places: Mapping[str, Place]) -> dict[str, str]:
    """`sheet.block` → the block, of any sheet, whose cells its own copy; itself where they copy none."""
    copied: dict[str, str] = {}
    for name, place in places.items():
        tree = tree_of(place.block.pattern) if isinstance(place.block, Formula) else None
        if isinstance(tree, Name):
            copied[name] = resolve(tree, place, places).name
    found = {}
    for name in places:
        source = name
        while source in copied:
            source = copied[source]
        found[name] = source
    return found


def _passed_on(place: Place) -> Iterator[Name]:
    """The names whose cells a block's cells hold as they are."""
    if isinstance(place.block, Formula):
        yield from _values(tree_of(place.block.pattern))


def _values(node: Node | None) -> Iterator[Name]:
    match node:
        case Name():
            yield node
        case Call("IF", (_, *chosen)):
            for value in chosen:
                yield from _values(value)
        case Call("PREV" | "ALONG", (Name() as source, *others)):
            yield source
            if node.function == "PREV":
                yield from (other for other in others if isinstance(other, Name))
        case _:
            return
