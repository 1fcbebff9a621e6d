"""A part of a file as a tree of elements: drawings and charts mean by where an element stands what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.relations import local_name

_MOST_NODES = 500_000


@dataclass
class Node:
    """An element: its name without namespace, its attributes likewise, its children, its text."""

    name: str
    attributes: Attributes = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def all(self, *path: str) -> list["Node"]:
        """The elements at the end of a path of names."""
        found = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def first(self, *path: str) -> "Node":
        """The first element at the end of a path; an empty one where there is none."""
        return next(iter(self.all(*path)), Node(""))

    def value(self, *path: str) -> str:
        """What the attribute `val` of the element at the end of a path says; empty where there is none."""
        return self.first(*path).attributes.get("val", "")

    def below(self) -> Iterator["Node"]:
        """All elements within, in order."""
        for child in self.children:
            yield child
            yield from child.below()


def tree_of(archive: Archive, part: str) -> Node:
    """A part as elements; what is beyond all that a chart needs is left out."""
    root = Node("")
    stack = [root]
    count = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal count
        count += 1
        node = Node(local_name(name), {local_name(key): value for key, value in attributes.items()})
        if count <= _MOST_NODES and len(stack) < 100:
            stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        stack.pop()

    def text(piece: str) -> None:
        stack[-1].text += piece

    archive.parse(part, make_parser(start, end, text))
    return root
