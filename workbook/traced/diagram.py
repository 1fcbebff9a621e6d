"""The modules of a graph as a picture: boxes from inputs to loss, each line a tensor that goes from one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from workbook.lesson.by_hand import Column, Diagram, Flow
from workbook.traced.blocks import called
from workbook.traced.graph import Graph, Node
from workbook.traced.ops import FAMILIES, FREE

MOST_BOXES = 30
"""Beyond so many boxes, operations outside of modules go with what they read."""

ACROSS = 10
"""How many columns of boxes stand side by side."""

_SLOT, _STEP, _ARROWS = 74.0, 30.0, 30.0
"""How wide a column is, how high a box with what is between, and how high both arrows are, in points."""

_LETTERS = 11


@dataclass
class _Box:
    """A module, an operation outside of modules, an input, or the loss."""

    text: str
    flow: Flow
    sources: set[str] = field(default_factory=set)
    rank: int = 0


def diagrams(graph: Graph) -> tuple[Diagram, ...]:
    """The pictures of a graph, one below the other; each begins with what the one before ends with."""
    boxes = _boxes(graph)
    columns = _columns(boxes)
    alt = _told(boxes)
    found = []
    for first in range(0, max(len(columns) - 1, 1), ACROSS - 1):
        part = columns[first : first + ACROSS]
        high = max(len(column.nodes) for column in part)
        ends = first + ACROSS >= len(columns)
        found.append(
            Diagram(
                columns=part,
                alt=alt if not first else "The modules, continued.",
                forward="" if first else "forward: from inputs to loss",
                backward="backward: gradients, from loss to weights" if ends else "",
                width=_SLOT * len(part),
                height=_STEP * high + _ARROWS,
            )
        )
    return tuple(found)


def _boxes(graph: Graph) -> dict[str, _Box]:
    """The boxes by their keys, in the order in which they are first computed."""
    for plain in (True, False):
        for depth in (2, 1):
            found = _grouped(graph, depth, plain=plain)
            if len(found) <= MOST_BOXES:
                return found
    return dict(list(found.items())[:MOST_BOXES])


def _grouped(graph: Graph, depth: int, *, plain: bool) -> dict[str, _Box]:
    """A box for each module down to a depth; for each operation outside of them too, where these are `plain`."""
    boxes: dict[str, _Box] = {}
    home: dict[str, str] = {}
    learned = {leaf.name for leaf in graph.leaves if leaf.learns}
    for leaf in graph.leaves:
        if leaf.kind == "input" and "." not in leaf.title:
            boxes[leaf.name] = _Box(leaf.title, "")
            home[leaf.name] = leaf.name
    for node in graph.nodes:
        sources = [home[ref.name] for ref in node.refs() if ref.name in home]
        if node.op in FREE:
            if sources:
                home[node.name] = sources[0]
            continue
        key = _key(node, graph, depth) or (node.name if plain or not sources else sources[0])
        home[node.name] = key
        if key not in boxes:
            boxes[key] = _Box(_text(node, graph, depth), "forward")
        if any(ref.name in learned for ref in node.refs()):
            boxes[key].flow = "update"
        boxes[key].sources |= {source for source in sources if source != key}
    return boxes


def _key(node: Node, graph: Graph, depth: int) -> str:
    """The box of an operation that belongs to a module, or to the loss; empty for others."""
    if node.op in FAMILIES["losses"] or node.name == graph.loss.name:
        return "loss"
    return ".".join(node.module.split(".")[:depth]) if node.module else ""


def _text(node: Node, graph: Graph, depth: int) -> str:
    key = _key(node, graph, depth)
    text = called(key) if key else node.variable or _SIGNS.get(node.op, node.op.strip("_"))
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


_SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}


def _columns(boxes: dict[str, _Box]) -> tuple[Column, ...]:
    """The boxes by how far they are from the inputs, with places for lines that pass columns."""
    order = {key: number for number, key in enumerate(boxes)}
    for key, box in boxes.items():
        # A module that is run in a loop reads what comes later too: that line is not drawn.
        box.sources = {source for source in box.sources if source in boxes and order[source] < order[key]}
        box.rank = max((boxes[source].rank + 1 for source in box.sources), default=0)
    for key, box in boxes.items():
        users = [other.rank for other in boxes.values() if key in other.sources]
        if not box.sources and users:
            box.rank = min(users) - 1
    last = max(box.rank for box in boxes.values())
    rows: list[list[tuple[str, str]]] = [[] for _ in range(last + 1)]
    for key, box in boxes.items():
        rows[box.rank].append((key, ""))
    lines: list[list[tuple[tuple[str, str], tuple[str, str]]]] = [[] for _ in range(last + 1)]
    for key, box in boxes.items():
        for source in sorted(box.sources, key=order.__getitem__):
            before = (source, "")
            for rank in range(boxes[source].rank + 1, box.rank):
                # One place for all lines from one box.
                passed = (source, "passes")
                if passed not in rows[rank]:
                    rows[rank].append(passed)
                if (before, passed) not in lines[rank - 1]:
                    lines[rank - 1].append((before, passed))
                before = passed
            lines[box.rank - 1].append((before, (key, "")))
    return tuple(_column(row, line, following, boxes) for row, line, following in _with_next(rows, lines))


def _with_next(
    rows: list[list[tuple[str, str]]], lines: list[list[tuple[tuple[str, str], tuple[str, str]]]]
) -> Iterator[tuple[list[tuple[str, str]], list[tuple[tuple[str, str], tuple[str, str]]], list[tuple[str, str]]]]:
    for at, (row, following) in enumerate(pairwise([*rows, []])):
        yield row, lines[at], following


def _column(
    row: list[tuple[str, str]],
    lines: list[tuple[tuple[str, str], tuple[str, str]]],
    following: list[tuple[str, str]],
    boxes: dict[str, _Box],
) -> Column:
    return Column(
        nodes=tuple("" if passes else boxes[key].text for key, passes in row),
        box=True,
        flows=tuple("" if passes else boxes[key].flow for key, passes in row),
        joined=tuple(sorted((row.index(one), following.index(other)) for one, other in lines)),
    )


def _told(boxes: dict[str, _Box]) -> str:
    """The picture in words."""
    parts = [
        f"{box.text} reads {', '.join(boxes[source].text for source in sorted(box.sources))}"
        for box in boxes.values()
        if box.sources
    ]
    return f"The modules from inputs to loss: {'; '.join(parts)}. Gradients go back along the same lines."
