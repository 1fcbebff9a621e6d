"""Blocks in the making: their names, axes, patterns and NumPy values, and how gradients gather on them."""

import re
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any, TypeVar

import numpy as np

from workbook.plan import views
from workbook.traced.cells import AxisNames, Cells, Dim
from workbook.traced.graph import Array, Node, Ref, Shape
from workbook.traced.run import run_otherwise
from workbook.traced.spec import Computing, Share, Spec, Values, Witness
from workbook.traced.writer import Writer

Made = TypeVar("Made")
_WORD = re.compile(r"[^a-z0-9]+")
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
    """What a module is called in short: the last word of its path, or the last two where that is a number.

    >>> called("encoder.fc1"), called("layers.0"), called("0")
    ('fc1', 'layers.0', 'layer 0')
    """
    path = [part for part in module.split(".") if part]
    if path and path[-1].isdigit():
        return ".".join(path[-2:]) if len(path) > 1 else f"layer {path[0]}"
    return path[-1] if path else ""


class Builder:
    """The blocks of one workbook while its graph is walked."""

    def __init__(self) -> None:
        """Without blocks."""
        self.axes = AxisNames()
        self.blocks: dict[str, Spec] = {}
        self.sheet = "step"
        self.batch: set[str] = set()
        self.learning: set[str] = set()
        self.tape: list[tuple[list[Cells], Callable[..., None], str, Node | None]] = []
        self.uses: dict[str, int] = {}
        self.parts: dict[str, list[tuple[Cells, Cells]]] = {}
        self.gradients: dict[str, Cells] = {}
        self.numbers: dict[tuple[str, str, bool], Cells] = {}
        self.moved: dict[str, Cells] = {}
        self.operands: dict[str, list[Any]] = {}
        self.additions: dict[tuple[str, str], int] = {}
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
        laid = self.laid(dims) if across is None else across
        laid = tuple(axis for axis in axes if axis in laid)
        lengths = {axis: self.axes.sizes[axis] for axis in axes}
        rest = {"band": "value", "title": name.replace("_", " "), "sheet": self.sheet, "number": self.number, **rest}
        if self.is_backward and rest["band"] in ("helper", "value"):
            rest["band"] = "part"
        self.blocks[name] = Spec(name, shape, dims, laid, lengths=lengths, node=self.node, **rest)
        return self.cells(name)

    def laid(self, dims: tuple[Dim, ...]) -> Dim:
        """The axes that run across: the last dimension's, where there are two or it is none of the batch's."""
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
            name or self.wanted(), dims, pattern, value, title=self.titled(what), witness=self.witnessed(item), **rest
        )

    def witnessed(self, item: int | None = None) -> Witness:
        """What torch has of the result of the operation at hand."""
        assert self.node is not None
        return Witness("value", Ref(self.node.name, item), self.number)

    def otherwise(self, **changed: Any) -> Computing:
        """What torch makes of the operation at hand with some of its arguments changed."""
        node = self.node
        assert node is not None
        operands = self.operands[node.name]

        def by_torch(t: Values) -> Any:
            leaves = [self.blocks[cells.block].leaf for cells in operands]
            kinds = [leaf.dtype if leaf is not None else "float64" for leaf in leaves]
            return run_otherwise(node, [t(cells) for cells in operands], kinds, **changed)

        return by_torch

    def limit(self, cells: Cells, high: int) -> None:
        """Say up to which number the whole numbers of an input may go."""
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
        """A block on the way to a result."""
        return self.formula(f"{self.wanted()}_{name}", dims, pattern, value, title=self.titled(what), **rest)

    def wanted(self) -> str:
        """What the operation's result is called: by the user's variable, the user's module, or the operation."""
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
        return _short(self.blocks[cells.block].title)

    def fitted(self, shape: Shape, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """The dimensions of a tensor, with names for those along which it was repeated."""
        padded = ((),) * (len(shape) - len(dims)) + tuple(dims)
        return self.axes.distinct(
            tuple(
                dim if self.axes.size(dim) == n else self.axes.dim("repeat", n)
                for n, dim in zip(shape, padded, strict=True)
            )
        )

    def joint(self, shape: Shape, *operands: "Cells | float") -> tuple[Dim, ...]:
        """The dimensions of a result of arithmetic: each that of the first operand that has it in full length.

        Activations name them before parameters and buffers do.
        """
        found: list[Dim] = []
        operands = tuple(sorted(operands, key=lambda c: isinstance(c, Cells) and self.blocks[c.block].solid))
        for at, n in enumerate(reversed(shape), start=1):
            held = [c.dims[-at] for c in operands if isinstance(c, Cells) and len(c.dims) >= at]
            found.append(next((dim for dim in held if self.axes.size(dim) == n), self.axes.dim("repeat", n)))
        return self.axes.distinct(tuple(reversed(found)))

    def lined(self, cells: Cells, axis: int, *, straight: bool = False) -> Cells:
        """The cells, or a copy of them, with a dimension in one range; or in one row or column, where it is straight."""
        axis %= len(cells.shape)
        order = [k for k in range(len(cells.shape)) if k != axis]
        line = cells.permute([*order, axis])
        if self.is_range(line, 1) and not (straight and self._is_wide(line)):
            return cells
        return self.copy(cells, across=cells.dims[axis])

    def copy(self, cells: Cells, name: str = "", *, across: Dim | None = None, solid: bool = True) -> Cells:
        """The same numbers in cells of their own, laid out anew, by default as one rectangle."""
        spec = self.blocks[cells.block]
        dims = self.axes.distinct(cells.dims)
        if across is not None:
            fresh = dict(zip([a for d in cells.dims for a in d], [a for d in dims for a in d], strict=True))
            across = tuple(fresh.get(axis, axis) for axis in across)
        made = self.formula(
            name or f"{cells.block}_again",
            dims,
            lambda r: _copied(r(cells)),
            lambda v: v(cells),
            across=across,
            title=f"{_short(spec.title)}, again",
            by_torch=lambda t: t(cells),
            band="helper",
            of=cells.block,
            number_format=spec.number_format,
            solid=solid,
            copies=cells,
        )
        return self.record(made, lambda g: self.give(cells, g), cells)

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

    def _corners(self, cells: Cells, rank: int) -> tuple[Array, Array, Array, Array, int]:
        """Rows and columns of the first and the last cell of each window, and how many cells a window has."""
        spec = self.blocks[cells.block]
        shown = views.apply(cells.program, np.arange(spec.count).reshape(spec.block_shape))
        first, last = views.ends(shown, rank)
        rows, columns = spec.positions
        return rows[first], columns[first], rows[last], columns[last], prod(shown.shape[shown.ndim - rank :])

    def is_range(self, cells: Cells, rank: int) -> bool:
        """Whether the last `rank` dimensions are one rectangle of cells, at each position of the others."""
        top, left, bottom, right, count = self._corners(cells, rank)
        return bool(((bottom - top + 1) * (right - left + 1) == count).all()) and self._in_order(cells, rank)

    def _is_wide(self, line: Cells) -> bool:
        """Whether the last dimension takes several rows and several columns."""
        top, left, bottom, right, _ = self._corners(line, 1)
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
            top, left, bottom, right, _ = self._corners(cells, rank)
            shapes.append((int(bottom[0] - top[0] + 1), int(right[0] - left[0] + 1)))
        if shapes[0] == shapes[1]:
            return "alike"
        if shapes[0][0] == 1 and shapes[1][1] == 1:
            return "rows"
        return "turned" if shapes[1][0] == 1 and shapes[0][1] == 1 else ""

    # Gradients

    def wants(self, *cells: "Cells | float | None") -> bool:
        """Whether a gradient must reach any of these."""
        return any(isinstance(each, Cells) and each.block in self.learning for each in cells)

    def record(self, made: Made, back: Callable[..., None], *reads: "Cells | float | None") -> Made:
        """Remember how the gradient of what was made goes to what it was made from."""
        if self.no_gradient or not self.wants(*reads):
            return made
        results: list[Any] = list(made) if isinstance(made, list | tuple) else [made]
        self.learning |= {each.block for each in results if isinstance(each, Cells)}
        for each in reads:
            if isinstance(each, Cells):
                self.uses[each.block] = self.uses.get(each.block, 0) + 1
        self.tape.append((results, back, self.sheet, self.node))
        return made

    def contribute(
        self,
        to: Cells,
        pattern: Callable[[Writer], str],
        value: Computing,
        *,
        size: Computing | None = None,
        title: str = "",
        dims: tuple[Dim, ...] | None = None,
    ) -> None:
        """What one operation adds to the gradient of what it read; nothing where no gradient is wanted."""
        if not self.wants(to):
            return
        spec = self.blocks[to.block]
        only = self.uses.get(to.block) == 1 and to.bijective and dims is None and to.block not in self.parts
        if only and self.sheet == spec.sheet:
            made = self.formula(
                f"{spec.name}_grad",
                spec.dims,
                self._for(to, pattern),
                self._valued(value, to, spec),
                size=size if size is None or to.whole else self._valued(size, to, spec),
                **self._as_gradient(spec),
            )
            self._added(to)
            self.gradients[to.block] = made
            self.parts[to.block] = []
            return
        made = self.formula(
            f"{spec.name}_grad_part",
            self.fitted(to.shape, to.dims) if dims is None else dims,
            pattern,
            value,
            size=size,
            title=title or f"∂{_short(spec.title)}, a part",
            solid=spec.solid,
            number_format="0.0000",
            band="helper",
            of=spec.name,
            share=self._share(to, spread=dims is not None),
            across=spec.across
            if to.whole and dims is None and set(spec.across) <= {a for d in to.dims for a in d}
            else None,
        )
        self.give(to, made)

    @staticmethod
    def _for(to: Cells, pattern: Callable[[Writer], str]) -> Callable[[Writer], str]:
        """The pattern, written for the shape that the operation saw."""

        def written(writer: Writer) -> str:
            return pattern(writer.seen(to))

        return written

    @staticmethod
    def _valued(value: Computing, to: Cells, spec: Spec) -> Computing:
        if to.whole:
            return lambda v: np.asarray(value(v)).reshape(spec.shape)
        places = views.apply(to.program, np.arange(spec.count).reshape(spec.block_shape))

        def placed(v: Values) -> Any:
            found = np.empty(spec.count)
            found[places.ravel()] = np.broadcast_to(value(v), places.shape).ravel()
            return found.reshape(spec.shape)

        return placed

    def _as_gradient(self, spec: Spec) -> dict[str, Any]:
        source = Ref(spec.leaf.name) if spec.leaf else spec.witness.ref if spec.witness else None
        return {
            "across": spec.across,
            "title": f"∂{_short(spec.title)}",
            "number_format": "0.0000",
            "solid": spec.solid,
            "band": "gradient",
            "of": spec.name,
            "sheet": spec.sheet,
            "witness": Witness("gradient", source, self.number) if source else None,
            "share": None if spec.copies is None else self._share_of_copy(spec, spec.copies),
        }

    def _share(self, to: Cells, *, spread: bool = False) -> Share | None:
        """What torch is asked for where the operation at hand adds to the gradient of some cells."""
        return None if self.node is None else Share(self.node.name, to, spread)

    def _share_of_copy(self, spec: Spec, source: Cells) -> Share | None:
        """The gradient of a copy: of all that read it, or of the operation for which it was laid out anew."""
        if any(cells.block == spec.name for operands in self.operands.values() for cells in operands):
            return Share("", self.cells(spec.name))
        return None if spec.node is None else Share(spec.node.name, source)

    def _added(self, to: Cells) -> None:
        """Count what an operation adds to a gradient."""
        key = (self.node.name if self.node else "", to.block)
        self.additions[key] = self.additions.get(key, 0) + 1

    def give(self, to: Cells, gradient: Cells) -> None:
        """Add a gradient to what gathers on some cells; it is summed over what arithmetic repeated."""
        if not self.wants(to):
            return
        assert to.block not in self.gradients, f"the gradient of {to.block} is complete"
        if gradient.shape != to.shape:
            self._give_summed(to, gradient)
            return
        steps = to.program.split()
        repeats = [k for k, step in enumerate(steps) if step.startswith("e")]
        if repeats:
            self._give_repeated(to, gradient, steps, repeats[-1])
            return
        self._added(to)
        self.parts.setdefault(to.block, []).append((to, gradient))

    def _give_summed(self, to: Cells, gradient: Cells) -> None:
        """Add a gradient, summed over the dimensions along which the cells were repeated."""
        lead = len(gradient.shape) - len(to.shape)
        gone = [*range(lead), *(lead + k for k, n in enumerate(to.shape) if n == 1 and gradient.shape[lead + k] > 1)]
        moved = gradient.permute([*(k for k in range(len(gradient.shape)) if k not in gone), *gone])
        shape = (*to.shape, *(gradient.shape[k] for k in gone))
        line = (
            moved
            if moved.shape == shape
            else moved.then(f"r{','.join(map(str, shape))}", shape, (*to.dims, *((),) * len(gone)))
        )
        self.contribute(
            to,
            lambda r: f"SUM({','.join(r.ranges(line, len(gone)))})",
            lambda v: v(gradient).sum(axis=tuple(gone)).reshape(to.shape),
            size=lambda v: np.abs(v(gradient)).sum(axis=tuple(gone)).reshape(to.shape),
        )

    def _give_repeated(self, to: Cells, gradient: Cells, steps: list[str], at: int) -> None:
        """Where cells were repeated and then shown otherwise: what gathers on the repeated ones, summed."""
        before = Cells(to.block, " ".join(steps[:at]), (), ())
        spec = self.blocks[to.block]
        shape = views.apply(before.program, np.empty(spec.block_shape)).shape
        repeated = tuple(int(n) for n in steps[at][1:].split(",") if n)
        names = tuple(self.axes.dim(f"{spec.name}_{k}", n) for k, n in enumerate(repeated))
        if at < len(steps) - 1:
            shown = Cells("", " ".join(steps[at + 1 :]), to.shape, to.dims)
            gradient = self.scattered(
                f"{spec.name}_grad_spread", repeated, names, [(shown, gradient)], of=spec.name, band="helper"
            )
        kept = tuple(() if n == 1 else dim for n, dim in zip(shape, names[len(names) - len(shape) :], strict=True))
        self.give(Cells(to.block, before.program, shape, kept), gradient)

    def scattered(
        self, name: str, shape: Shape, dims: tuple[Dim, ...], parts: Iterable[tuple[Cells, Cells]], **rest: Any
    ) -> Cells:
        """A block on which tensors are laid, each where a program over the block shows it, and summed where they meet."""
        laid = list(parts)

        def value(v: Values, of: Callable[[Any], Any] = np.asarray) -> Any:
            total = np.zeros(shape)
            numbers = np.arange(total.size).reshape(shape)
            for shown, cells in laid:
                at = views.apply(shown.program, numbers)
                np.add.at(total.reshape(-1), at.ravel(), np.broadcast_to(of(v(cells)), at.shape).ravel())
            return total

        def by_torch(t: Values) -> Any:
            numbers = np.arange(np.prod(shape, dtype=np.int64)).reshape(shape)
            total = None
            for shown, cells in laid:
                part = t(cells)
                at = part.new_tensor(views.apply(shown.program, numbers).ravel().copy()).long()
                total = part.new_zeros(numbers.size) if total is None else total
                total = total.index_add(0, at, part.expand(shown.shape).reshape(-1))
            return total

        made = self.add(name, shape, dims, value=value, by_torch=by_torch, size=lambda v: value(v, np.abs), **rest)
        spec = self.blocks[made.block]
        writer = Writer(self, shape, spec.axes, spec.sheet, spec.reads)
        start = "" if spec.block_shape == shape else "r" + ",".join(map(str, shape)) + " "
        spec.pattern = (
            "GATHER("
            + ",".join(
                writer.back(cells, Cells("", (start + shown.program).strip(), shown.shape, shown.dims))
                for shown, cells in laid
            )
            + ")"
        )
        return made

    def gradient(self, block: str) -> Cells | None:
        """The gradient of a block: the sum of all that was added to it; None where nothing was."""
        if block not in self.gradients:
            parts = self.parts.get(block)
            if not parts:
                return None
            spec = self.blocks[block]
            rest = self._as_gradient(spec)
            if all(to.whole for to, _ in parts):
                made = self._sum_of(spec, [cells.reshape(spec.shape, self.axes, spec.dims) for _, cells in parts], rest)
            else:
                shown = [(Cells("", to.program, to.shape, to.dims), cells) for to, cells in parts]
                made = self.scattered(
                    f"{block}_grad", spec.block_shape, tuple((axis,) for axis in spec.axes), shown, **rest
                )
                self.blocks[made.block].shape, self.blocks[made.block].dims = spec.shape, spec.dims
                made = self.cells(made.block)
            self.gradients[block] = made
        return self.gradients[block]

    def _sum_of(self, spec: Spec, parts: list[Cells], rest: Mapping[str, Any]) -> Cells:
        return self.formula(
            f"{spec.name}_grad",
            spec.dims,
            lambda r: "+".join(_copied(r(part)) if len(parts) == 1 else r(part) for part in parts),
            lambda v: sum(v(part) for part in parts),
            size=lambda v: sum(np.abs(v(part)) for part in parts),
            **rest,
        )


def _short(title: str) -> str:
    """What a heading is about: what stands before its colon."""
    return title.split(": ")[0]


def _copied(reference: str) -> str:
    """A pattern that only copies, so spelled that no bare name is left: those are lessons' own."""
    return reference if "(" in reference else f'VIEW({reference},"")'
