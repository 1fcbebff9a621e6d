"""What a module and its loss compute, as plain data: torch's operations by their names, and what they start from.

It travels in a workbook's manifest, so that a workbook can be checked without the module that it was made from.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from workbook.errors import WorkbookError

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Kind = Literal["parameter", "buffer", "input", "constant"]


class TracedError(WorkbookError):
    """A module that no workbook can be made of: one sentence that says what, where, and what to do."""


READS_A_NUMBER = (
    "it reads a number out of a tensor (.item(), or an index that is a tensor of one number): hand it over as a number, "
    "or index by a tensor with a dimension"
)


@dataclass(frozen=True)
class Ref:
    """The result of another node; `item` where that has several."""

    name: str
    item: int | None = None


@dataclass(frozen=True)
class Leaf:
    """A tensor that the computation starts from.

    Args:
        name: in the graph.
        kind: what it is.
        title: what the user calls it: `fc1.weight`, `x`.
        shape: its shape.
        dtype: `float64`, `int64` or `bool`, as the operations need it; in a sheet all are numbers.
        learns: whether the optimizer moves it.
        fixed: whether nobody is to change it.
        axes: what the user calls its dimensions, if anything.
        group: of the optimizer's groups the number.
        least: of whole numbers the least.
    """

    name: str
    kind: Kind
    title: str
    shape: Shape
    dtype: str = "float64"
    learns: bool = False
    fixed: bool = False
    axes: tuple[str, ...] = ()
    group: int = 0
    least: float = 0.0


@dataclass(frozen=True)
class Node:
    """One operation.

    Args:
        name: in the graph.
        op: its name in torch: `softmax`.
        overload: which of its signatures: `int`.
        args: its arguments by their names in torch, those at their defaults left out; `Ref` for a tensor.
        shapes: of its results; one for most.
        module: the path of the user's module that it belongs to; empty in the loss.
        where: the line of the user's that asks for it.
        variable: what the user calls the result, where a line says so.
        no_gradient: whether it is computed under `no_grad`.
        kinds: of its results: `float64`, `int64`, `bool`.
    """

    name: str
    op: str
    overload: str
    args: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    module: str = ""
    where: str = ""
    variable: str = ""
    no_gradient: bool = False
    kinds: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """The shape of its only result."""
        return self.shapes[0]

    def refs(self) -> Iterator[Ref]:
        """The results that it reads."""
        return refs(list(self.args.values()))


@dataclass(frozen=True)
class Step:
    """An optimizer: which of torch's, and the settings of each of its groups."""

    optimizer: str
    groups: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Graph:
    """A loss, from its leaves to its value, and the step that follows.

    Args:
        leaves: what it starts from.
        nodes: its operations, each after those that it reads.
        loss: its value.
        step: the optimizer.
        notes: what a reader of the workbook should know.
        moved: the buffers and still parameters that the user's code writes into, which are not carried to a second step.
    """

    leaves: tuple[Leaf, ...]
    nodes: tuple[Node, ...]
    loss: Ref
    step: Step
    notes: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The graph as ASCII text."""
        return json.dumps(asdict(replace(self, nodes=())) | {"nodes": [_node(node) for node in self.nodes]})

    @staticmethod
    def from_json(text: str) -> "Graph":
        """The graph of a text.

        Raises:
            ValueError: the text holds none.
        """
        found = json.loads(text)
        leaves = tuple(
            Leaf(**{**leaf, "shape": tuple(leaf["shape"]), "axes": tuple(leaf["axes"])}) for leaf in found["leaves"]
        )
        nodes = tuple(
            Node(
                **{
                    **node,
                    "args": _read(node["args"]),
                    "shapes": tuple(map(tuple, node["shapes"])),
                    "kinds": tuple(node.get("kinds", ())),
                }
            )
            for node in found["nodes"]
        )
        step = Step(found["step"]["optimizer"], tuple(found["step"]["groups"]))
        moved = tuple(found.get("moved", ()))
        return Graph(leaves, nodes, Ref(**found["loss"]), step, tuple(found["notes"]), moved)


def refs(value: Any) -> Iterator[Ref]:
    """The references in an argument."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from refs(part)


def mapped(value: Any, change: Callable[[Ref], Any]) -> Any:
    """An argument with its references changed."""
    if isinstance(value, Ref):
        return change(value)
    if isinstance(value, list | tuple):
        return [mapped(part, change) for part in value]
    return value


def _node(node: Node) -> dict[str, Any]:
    return {**{key: getattr(node, key) for key in Node.__dataclass_fields__}, "args": _written(node.args)}


def _written(value: Any) -> Any:
    match value:
        case Ref(name, item):
            return {"ref": name, "item": item}
        case list() | tuple():
            return [_written(part) for part in value]
        case float() if not np.isfinite(value):
            return {"float": str(value)}
        case Mapping():
            return {key: _written(part) for key, part in value.items()}
        case _:
            return value


def _read(value: Any) -> Any:
    match value:
        case {"ref": name, "item": item}:
            return Ref(name, item)
        case {"float": text}:
            return float(text)
        case dict():
            return {key: _read(part) for key, part in value.items()}
        case list():
            return [_read(part) for part in value]
        case _:
            return value
