"""What a sheet by hand has beside its blocks: a diagram, questions with a cell for the answer, things to try.

A diagram is data: columns of nodes, and how they are joined. `Diagram.shapes` says where each node, line and word
stands, in points from the diagram's upper left corner; whoever draws (a spreadsheet, a page) draws these.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from workbook.errors import LessonError

Flow = Literal["", "forward", "backward", "update"]
"""The way from inputs to loss, the way back, and what the step changes; empty: given from outside."""

_TITLE, _ARROW, _NODE = 12.0, 14.0, 26.0
"""How high a column's title and an arrow with its words are, and how wide and high a node may be, in points."""


@dataclass(frozen=True)
class Column:
    """A column of a diagram.

    Args:
        nodes: what its nodes are called, from top to bottom; an empty one is a place that a line passes.
        title: what the column is called.
        flow: which way its numbers belong to.
        joined: the lines to the next column: from every node to every node, from each to the one beside it, none, or
            pairs: from which node, by number from 0, to which.
        box: its nodes are boxes, as wide as their words; circles otherwise.
        gone: the nodes that were taken away: they and their lines are dashed.
        flows: which way the numbers of each node belong to, where they differ.
    """

    nodes: tuple[str, ...]
    title: str = ""
    flow: Flow = "forward"
    joined: Literal["every", "each", "none"] | tuple[tuple[int, int], ...] = "every"
    box: bool = False
    gone: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True)
class Shape:
    """A node, a line or words of a diagram, in points from its upper left corner.

    Args:
        kind: a circle or a box with words in it, a line, a line with a head at its end, or words alone.
        x: of the left side; where a line begins.
        y: of the upper side; where a line begins.
        width: to the right; negative for a line that runs to the left.
        height: downwards; negative for a line that runs upwards.
        flow: its colour.
        text: its words.
        dashed: it is drawn dashed.
    """

    kind: Literal["circle", "box", "line", "arrow", "words"]
    x: float
    y: float
    width: float
    height: float
    flow: Flow
    text: str = ""
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """Nodes in columns, the lines between them, and arrows for the way there and the way back.

    Args:
        columns: from left to right.
        alt: what a screen reader says in its place.
        forward: the words on the arrow above; no arrow where empty.
        backward: the words on the arrow below; no arrow where empty.
        width: in points.
        height: in points.
    """

    columns: tuple[Column, ...]
    alt: str
    forward: str = "forward: from inputs to loss"
    backward: str = "backward: gradients, from loss to weights"
    width: float = 330.0
    height: float = 165.0

    def __post_init__(self) -> None:
        """Check that there are nodes, and words for readers who can't see them."""
        if not self.columns or not all(column.nodes for column in self.columns):
            raise LessonError("a diagram has a column without nodes")
        if not self.alt.strip():
            raise LessonError("a diagram has no words for who can't see it")
        for left, right in pairwise(self.columns):
            if left.joined == "each" and len(left.nodes) != len(right.nodes):
                raise LessonError(f"a diagram joins each of {len(left.nodes)} nodes to one of {len(right.nodes)}")

    def shapes(self) -> tuple[Shape, ...]:
        """Lines first, so that nodes lie on them."""
        slot = self.width / len(self.columns)
        top = (_ARROW if self.forward else 0.0) + (_TITLE if any(column.title for column in self.columns) else 0.0)
        room = self.height - top - (_ARROW if self.backward else 0.0)
        size = min(_NODE, slot * 0.7, 0.86 * room / max(len(column.nodes) for column in self.columns))
        nodes = [self._nodes(column, slot, k, top, room, size) for k, column in enumerate(self.columns)]
        lines = [
            line
            for (left, these), (_, those) in pairwise(zip(self.columns, nodes, strict=True))
            for line in _lines(left, these, those)
        ]
        titles = [
            Shape("words", k * slot, top - _TITLE, slot, _TITLE, column.flow, column.title)
            for k, column in enumerate(self.columns)
            if column.title
        ]
        return (*lines, *(node for column in nodes for node in column), *titles, *self._arrows())

    def _nodes(self, column: Column, slot: float, k: int, top: float, room: float, size: float) -> list[Shape]:
        step = room / len(column.nodes)
        width = slot * 0.8 if column.box else size
        x = (k + 0.5) * slot - width / 2
        kind: Literal["box", "circle"] = "box" if column.box else "circle"
        flows = column.flows or (column.flow,) * len(column.nodes)
        return [
            Shape(kind, x, top + (i + 0.5) * step - size / 2, width, size, flow, text, text in column.gone)
            if text
            else Shape("line", x, top + (i + 0.5) * step, width, 0.0, flow)
            for i, (text, flow) in enumerate(zip(column.nodes, flows, strict=True))
        ]

    def _arrows(self) -> list[Shape]:
        edge = self.width * 0.02
        found: list[Shape] = []
        if self.forward:
            found.append(Shape("arrow", edge, _ARROW - 2, self.width - 2 * edge, 0.0, "forward"))
            found.append(Shape("words", 0.0, 0.0, self.width, _ARROW - 3, "forward", self.forward))
        if self.backward:
            y = self.height - _ARROW + 2
            found.append(Shape("arrow", self.width - edge, y, 2 * edge - self.width, 0.0, "backward"))
            found.append(Shape("words", 0.0, y + 1, self.width, _ARROW - 3, "backward", self.backward))
        return found


def _lines(column: Column, these: list[Shape], those: list[Shape]) -> list[Shape]:
    """From the right side of each node to the left side of those that it is joined to."""
    match column.joined:
        case "every":
            pairs = [(one, other) for one in these for other in those]
        case "each":
            pairs = list(zip(these, those, strict=False))
        case "none":
            pairs = []
        case _:
            pairs = [(these[one], those[other]) for one, other in column.joined]
    found = []
    for one, other in pairs:
        x, y = one.x + one.width, one.y + one.height / 2
        dashed = one.dashed or other.dashed
        found.append(Shape("line", x, y, other.x - x, other.y + other.height / 2 - y, other.flow, dashed=dashed))
    return found


@dataclass(frozen=True)
class Predict:
    """A question whose answer a learner types before looking: the block of the answer, and that of the verdict."""

    question: str
    answer: str
    verdict: str


@dataclass(frozen=True)
class Predictions:
    """Questions under a heading, each with a cell for the answer and a verdict beside it.

    Args:
        rows: the questions.
        columns: how many columns of the sheet a question may cover.
        heading: what stands above them.
    """

    rows: tuple[Predict, ...]
    columns: int
    heading: str = "Predict, then see"


@dataclass(frozen=True)
class Try:
    """A change to make and what to watch.

    Args:
        block: the input to change.
        at: which of its cells, by number from 0 along each axis.
        value: what to type there.
        watch: what happens, or what to look at.
    """

    block: str
    at: tuple[int, ...]
    value: str
    watch: str


@dataclass(frozen=True)
class Tries:
    """Changes to make, a row each, under a heading."""

    rows: tuple[Try, ...]
    heading: str = "Try this"
