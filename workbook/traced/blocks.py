"""Blocks in the making: their names, axes, patterns and NumPy values, and where their cells stand."""

import re
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.plan import views
from workbook.traced.cells import AxisNames, Cells, Dim
from workbook.traced.graph import Array, Node, Ref, Shape
from workbook.traced.run import rerun_node
from workbook.traced.spec import Computing, Spec, Values, Witness
from workbook.traced.writer import Writer

_WORD = re.compile(r"[^a-z0-9]+")
_OPERATOR = re.compile(r" [·+−×*/^-] ")
_TAKEN = frozenset(("true", "false", "r", "c"))


def spelled(text: str) -> str:
    """A text as a name: lower-case letters, digits and underscores, a letter first.

    >>> spelled("layers.0.weight"), spelled("größe"), spelled("0.weight")
    ('layers_0_weight', 'gr_e', 'layer_0_weight')
    """
    word = _WORD.sub("_", text.lower()).strip("_") or "x"
    word = word if word[0].isalpha() else f"layer_{word}"
    return f"{word}_" if word in _TAKEN else word


def called(module: str) -> str:
    """A module's short name: the last word of its path, or the last two where that is a number.

    >>> called("encoder.fc1"), called("layers.0"), called("0")
    ('fc1', 'layers.0', 'layer 0')
    """
    path = [part for part in module.split(".") if part]
    if path and path[-1].isdigit():
        return ".".join(path[-2:]) if len(path) > 1 else f"layer {path[0]}"
    return path[-1] if path else ""


class Blocks:
    """The blocks of one workbook while its graph is walked, and where their cells stand."""

    def __init__(self) -> None:
        """Without blocks."""
        self.axes = AxisNames()
        self.blocks: dict[str, Spec] = {}
        self.sheet = "step"
        self.batch: set[str] = set()
        self.learning: set[str] = set()
        self.numbers: dict[tuple[str, str, bool], Cells] = {}
        self.operands: dict[str, list[Any]] = {}
        self.kinds: dict[str, list[str]] = {}
        self.no_gradient = False
        self.is_backward = False
        self.number = 0
        self.node: Node | None = None
        self.alone: frozenset[str] = frozenset()

    # Blocks

    def unused(self, wanted: str) -> str:
        """The name wanted, numbered where another block has it."""
        wanted = spelled(wanted)
        found, at = wanted, 2
        while found in self.blocks:
            found, at = f"{wanted}_{at}", at + 1
        return found

    def add(self, name: str, shape: Shape, dims: tuple[Dim, ...], *, across: Dim | None = None, **rest: Any) -> Cells:
        """A new block, and its cells as the tensor of that shape."""
        dims = self.axes.distinct(dims)
        name = self.unused(name)
        axes = tuple(axis for dim in dims for axis in dim)
        laid = self.across(dims) if across is None else across
        laid = tuple(axis for axis in axes if axis in laid)
        lengths = {axis: self.axes.sizes[axis] for axis in axes}
        rest = {"band": "value", "title": name.replace("_", " "), "sheet": self.sheet, "number": self.number, **rest}
        if self.is_backward and rest["band"] in ("helper", "value"):
            rest["band"] = "part"
        self.blocks[name] = Spec(name, shape, dims, laid, lengths=lengths, node=self.node, **rest)
        return self.cells(name)

    def across(self, dims: tuple[Dim, ...]) -> Dim:
        """The axes that run across: those of the last dimension, where there are two, or where it is not the batch's."""
        full = [dim for dim in dims if dim]
        if not full or (len(dims) > 1 and not dims[-1]):
            return ()
        return () if len(full) == 1 and set(full[0]) & self.batch else full[-1]

    def cells(self, name: str) -> Cells:
        """The cells of a block, as its tensor."""
        spec = self.blocks[name]
        same = spec.block_shape == spec.shape
        return Cells(name, "" if same else "r" + ",".join(map(str, spec.shape)), spec.shape, spec.dims)

    def formula(
        self,
        name: str,
        dims: tuple[Dim, ...],
        pattern: Callable[[Writer], str],
        value: Computing,
        *,
        size: Computing | None = None,
        **rest: Any,
    ) -> Cells:
        """A block of formulas.

        Args:
            name: wanted for it.
            dims: of its tensor.
            pattern: gives its pattern, with what writes references.
            value: gives its NumPy value, from the values of other cells.
            size: gives the magnitude of what its sums are made of, where its numbers may cancel.
            rest: as `Spec` takes them.
        """
        shape = tuple(self.axes.size(dim) for dim in dims)
        made = self.add(name, shape, dims, value=value, size=size, **rest)
        spec = self.blocks[made.block]
        spec.pattern = pattern(Writer(self, shape, spec.axes, spec.sheet, spec.reads))
        return made

    def result(
        self,
        dims: tuple[Dim, ...],
        pattern: Callable[[Writer], str],
        value: Computing,
        what: str,
        *,
        item: int | None = None,
        name: str = "",
        **rest: Any,
    ) -> Cells:
        """The block of a result of the operation at hand."""
        return self.formula(
            name or self.result_name(),
            dims,
            pattern,
            value,
            title=self.titled(what),
            witness=self.witnessed(item),
            **rest,
        )

    def witnessed(self, item: int | None = None) -> Witness:
        """The witness of the current operation's result."""
        assert self.node is not None
        if item is None and len(self.node.shapes) > 1:
            item = 0
        return Witness("value", Ref(self.node.name, item), self.number)

    def rerun(self, **changed: Any) -> Computing:
        """The witness of the current operation with some of its arguments changed."""
        node = self.node
        assert node is not None
        operands, kinds = self.operands[node.name], self.kinds[node.name]

        def by_torch(t: Values) -> Any:
            return rerun_node(node, [t(cells) for cells in operands], kinds, **changed)

        return by_torch

    def limit(self, cells: Cells, high: int) -> None:
        """Limit the whole numbers of an input."""
        spec = self.blocks[cells.block]
        if spec.leaf is not None and spec.leaf.dtype != "float64" and spec.leaf.least >= 0:
            spec.low, spec.high = 0.0, float(high if spec.high is None else min(high, spec.high))

    def helper(
        self,
        name: str,
        dims: tuple[Dim, ...],
        pattern: Callable[[Writer], str],
        value: Computing,
        what: str,
        **rest: Any,
    ) -> Cells:
        """A block of an intermediate result."""
        return self.formula(f"{self.result_name()}_{name}", dims, pattern, value, title=self.titled(what), **rest)

    def result_name(self) -> str:
        """The name of the operation's result: the user's variable, the user's module, or the operation."""
        assert self.node is not None
        if self.node.variable:
            return self.node.variable
        if self.node.module and self.node.name in self.alone:
            return spelled(called(self.node.module))
        return self.node.op.strip("_")

    def titled(self, what: str) -> str:
        """A heading: the user's variable or module, and what it is."""
        assert self.node is not None
        of = self.node.variable or (called(self.node.module) if self.node.name in self.alone else "")
        return f"{of}: {what}" if of else what

    def called(self, cells: "Cells | float") -> str:
        """What a heading calls some cells."""
        if not isinstance(cells, Cells):
            return f"{cells:.4g}"
        return short(self.blocks[cells.block].title)

    def expanded(self, shape: Shape, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """The dimensions of a tensor, with names for those along which it was repeated."""
        padded = ((),) * (len(shape) - len(dims)) + tuple(dims)
        return self.axes.distinct(
            tuple(
                dim if self.axes.size(dim) == n else self.axes.dim("repeat", n)
                for n, dim in zip(shape, padded, strict=True)
            )
        )

    def broadcast(self, shape: Shape, *operands: "Cells | float") -> tuple[Dim, ...]:
        """The dimensions of a result of arithmetic: each from the first operand that has it in full length.

        Activations name them before parameters and buffers do.
        """
        found: list[Dim] = []
        operands = tuple(sorted(operands, key=lambda c: isinstance(c, Cells) and self.blocks[c.block].solid))
        for at, n in enumerate(reversed(shape), start=1):
            held = [c.dims[-at] for c in operands if isinstance(c, Cells) and len(c.dims) >= at]
            fitting = [dim for dim in held if self.axes.size(dim) == n]
            named = [dim for dim in fitting if not any(axis.startswith("repeat") for axis in dim)]
            found.append([*named, *fitting, self.axes.dim("repeat", n)][0])
        return self.axes.distinct(tuple(reversed(found)))

    def scalar(self, name: str, value: float, title: str, **rest: Any) -> Cells:
        """A number that is given."""
        return self.add(name, (), (), given=np.asarray(float(value)), title=title, band="field", **rest)

    def numbered(self, dim: Dim, *, down: bool) -> Cells:
        """The numbers of a dimension, from 0, beside or above what it numbers."""
        key = (" ".join(dim), self.sheet, down)
        if key not in self.numbers:
            size = self.axes.size(dim)
            self.numbers[key] = self.add(
                f"{dim[0] if dim else 'only'}_number",
                (size,),
                (dim,),
                across=() if down else dim,
                given=np.arange(float(size)),
                fixed=True,
                role="label",
                title=f"{' '.join(dim).replace('_', ' ')}, from 0",
                number_format="0",
                band="number",
                solid=True,
            )
        return self.numbers[key]

    # Where cells stand

    def corners(self, cells: Cells, rank: int) -> tuple[Array, Array, Array, Array, int]:
        """Rows and columns of the first and the last cell of each window, and how many cells a window has."""
        spec = self.blocks[cells.block]
        shown = views.apply(cells.program, np.arange(spec.count).reshape(spec.block_shape))
        first, last = views.ends(shown, rank)
        rows, columns = spec.positions
        return rows[first], columns[first], rows[last], columns[last], prod(shown.shape[shown.ndim - rank :])

    def is_range(self, cells: Cells, rank: int) -> bool:
        """Whether the last `rank` dimensions are one rectangle of cells, at each position of the others."""
        top, left, bottom, right, count = self.corners(cells, rank)
        return bool(((bottom - top + 1) * (right - left + 1) == count).all()) and self._in_order(cells, rank)

    def is_line(self, cells: Cells) -> bool:
        """Whether the last dimension is one row or one column, in which a cell has one number."""
        return self.is_range(cells, 1) and not self._is_wide(cells)

    def _is_wide(self, line: Cells) -> bool:
        """Whether the last dimension takes several rows and several columns."""
        top, left, bottom, right, _ = self.corners(line, 1)
        return bool(((bottom > top) & (right > left)).any())

    def _in_order(self, cells: Cells, rank: int) -> bool:
        """Whether the first window runs row by row."""
        spec = self.blocks[cells.block]
        shown = views.apply(cells.program, np.arange(spec.count).reshape(spec.block_shape))
        window = shown[(0,) * (shown.ndim - rank)].ravel()
        rows, columns = spec.positions
        places = rows[window] * (columns.max() + 1 if columns.size else 1) + columns[window]
        return bool((np.diff(places) > 0).all())

    def product(self, one: Cells, other: Cells, rank: int) -> str:
        """How two windows are multiplied and summed: `alike`, `rows` (row by column), `turned`, `cells`; else empty."""
        if prod(one.shape[len(one.shape) - rank :]) == 1:
            return "cells"
        if not self.is_range(one, rank) or not self.is_range(other, rank):
            return ""
        shapes = []
        for cells in (one, other):
            top, left, bottom, right, _ = self.corners(cells, rank)
            shapes.append((int(bottom[0] - top[0] + 1), int(right[0] - left[0] + 1)))
        if shapes[0] == shapes[1]:
            return "alike"
        if shapes[0][0] == 1 and shapes[1][1] == 1:
            return "rows"
        return "turned" if shapes[1][0] == 1 and shapes[0][1] == 1 else ""


def short(title: str) -> str:
    """The subject of a heading: the text before its colon."""
    return title.split(": ")[0]


def derivative(title: str) -> str:
    """The heading of a gradient; of a formula it has brackets.

    >>> derivative("hidden: what the layer makes"), derivative("x · W + b"), derivative("a / 2, from Step")
    ('∂hidden', '∂(x · W + b)', '∂(a / 2), from Step')
    """
    what, comma, source = short(title).partition(", ")
    return f"∂({what}){comma}{source}" if _OPERATOR.search(what) else f"∂{what}{comma}{source}"
