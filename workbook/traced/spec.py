"""A block in the making: what it holds, where it stands, and what torch has of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np

from workbook.lesson.lesson import Look, Role
from workbook.traced.cells import Cells, Dim
from workbook.traced.graph import Array, Leaf, Node, Ref, Shape

Band = Literal["parameter", "value", "gradient", "helper", "part", "state", "new", "field", "number"]
Values = Callable[["Cells | float"], Any]
Computing = Callable[[Values], Any]
WIDE = 9.0
"""How wide a column is in which a number may stand by its power of ten, as minus infinity does."""

MOST_GROUPS = 12
"""How many groups of rows may have gaps between them."""


@dataclass(frozen=True)
class Witness:
    """What torch has of a block: the value of a result, its gradient, or what the optimizer makes of a parameter, or remembers of it; and in which step."""

    kind: Literal["value", "gradient", "step", "memory", "buffer"]
    ref: Ref
    number: int = 0
    memory: str = ""


@dataclass(frozen=True)
class Share:
    """What one operation adds to the gradient of a block, which torch has where it is the operation's only addition.

    Args:
        node: the operation; empty for all that read the block.
        to: the cells of the block that it read.
        spread: whether it is before the sum over what arithmetic repeated.
    """

    node: str
    to: Cells
    spread: bool = False


@dataclass
class Spec:
    """A block before it is laid out.

    Args:
        name: in the workbook; no two blocks share one.
        shape: of the tensor that it holds.
        dims: what each of its dimensions is made of.
        across: the axes that run across columns.
        sheet: where it stands.
        band: what it is in the drawing.
        of: the block that it stands under or above.
        value: its NumPy value; None for what is given.
        size: the magnitude of what its sums are made of.
        given: the value of a block that is given, where it is no leaf of the graph.
        leaf: the leaf of the graph that it holds.
        fixed: whether nobody is to change it.
        witness: what torch has of it.
        share: which part of a gradient it is.
        copies: the cells that it repeats.
        by_torch: gives its value by torch, from torch's own values of other cells, where no operation of the graph is it.
        stepping: whether it belongs to the optimizer's step.
        number: of the step, from 0.
        low: the least number that it takes.
        high: the largest number that it takes.
        solid: whether it is one rectangle, without gaps between groups of its rows.
        node: the operation that made it, or whose gradient it is of.
        width: how wide its columns are, where it is not the usual.
        reads: the blocks that its pattern names.
    """

    name: str
    shape: Shape
    dims: tuple[Dim, ...]
    across: Dim
    sheet: str
    band: Band
    title: str
    of: str = ""
    pattern: str = ""
    value: Computing | None = None
    size: Computing | None = None
    given: Any = None
    leaf: Leaf | None = None
    fixed: bool = False
    role: Role | None = None
    look: Look = ""
    number_format: str = "0.000"
    witness: Witness | None = None
    share: Share | None = None
    copies: Cells | None = None
    by_torch: Computing | None = None
    stepping: bool = False
    number: int = 0
    low: float | None = None
    high: float | None = None
    solid: bool = False
    node: Node | None = None
    width: float = 0.0
    reads: set[str] = field(default_factory=set)
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def axes(self) -> Dim:
        """All axes, in the order of the tensor's dimensions."""
        return tuple(axis for dim in self.dims for axis in dim)

    @property
    def down(self) -> Dim:
        """The axes that run down rows."""
        return tuple(axis for axis in self.axes if axis not in self.across)

    @property
    def block_shape(self) -> Shape:
        """The lengths of the axes."""
        return tuple(self.lengths[axis] for axis in self.axes)

    @property
    def count(self) -> int:
        """How many cells it has."""
        return prod(self.shape)

    @property
    def parted(self) -> bool:
        """Whether an empty row stands between its groups of rows: images, heads, lines of text."""
        groups = prod(self.lengths[axis] for axis in self.down[:-1])
        return not self.solid and 1 < groups <= MOST_GROUPS and self.lengths[self.down[-1]] > 1

    @cached_property
    def positions(self) -> tuple[Array, Array]:
        """Row and column of each cell, from its first, in the order of its axes."""
        found = []
        for along in (self.down, self.across):
            numbers = np.zeros(self.block_shape, dtype=np.int64)
            stride = 1
            for axis in reversed(along):
                at = self.axes.index(axis)
                steps = np.arange(self.lengths[axis]) * stride
                numbers += steps.reshape([-1 if k == at else 1 for k in range(len(self.axes))])
                stride *= self.lengths[axis]
                stride += self.parted and axis == self.down[-1]
            found.append(numbers.ravel())
        return found[0], found[1]
