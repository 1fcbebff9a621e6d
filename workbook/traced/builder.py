"""Blocks in the making, and the gradients that add up on them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from workbook.plan import views
from workbook.traced.blocks import Blocks, derivative, short
from workbook.traced.cells import Cells, Dim
from workbook.traced.graph import Node, Ref, Shape
from workbook.traced.spec import Computing, Share, Spec, Values, Witness
from workbook.traced.writer import Writer, copied

Made = TypeVar("Made")


class Builder(Blocks):
    """Blocks whose gradients go back."""

    def __init__(self) -> None:
        """Without blocks."""
        super().__init__()
        self.tape: list[tuple[list[Cells], Callable[..., None], str, Node | None]] = []
        self.uses: dict[str, int] = {}
        self.parts: dict[str, list[tuple[Cells, Cells]]] = {}
        self.gradients: dict[str, Cells] = {}
        self.moved: dict[str, Cells] = {}
        self.additions: dict[tuple[str, str], int] = {}
        self.orders: list[tuple[Cells, int, Node | None]] = []

    def contiguous(self, cells: Cells, axis: int, *, straight: bool = False) -> Cells:
        """The cells, or a copy of them, with a dimension in one range; or in one row or column, where it is straight."""
        axis %= len(cells.shape)
        order = [k for k in range(len(cells.shape)) if k != axis]
        line = cells.permute([*order, axis])
        if self.is_line(line) if straight else self.is_range(line, 1):
            return cells
        return self.copy(cells, across=cells.dims[axis])

    def copy(self, cells: Cells, name: str = "", *, across: Dim | None = None, solid: bool = True) -> Cells:
        """The same numbers in cells of their own, laid out again, by default as one rectangle."""
        spec = self.blocks[cells.block]
        dims = self.axes.distinct(cells.dims)
        if across is not None:
            fresh = dict(zip([a for d in cells.dims for a in d], [a for d in dims for a in d], strict=True))
            across = tuple(fresh.get(axis, axis) for axis in across)
        made = self.formula(
            name or f"{cells.block}_again",
            dims,
            lambda r: copied(r(cells)),
            lambda v: v(cells),
            across=across,
            title=f"{short(spec.title)}, again",
            by_torch=lambda t: t(cells),
            band="helper",
            of=cells.block,
            number_format=spec.number_format,
            solid=solid,
            copies=cells,
        )
        return self.record(made, lambda g: self.accumulate(cells, g), cells)

    def wants(self, *cells: "Cells | float | None") -> bool:
        """Whether a gradient must reach any of these."""
        return any(isinstance(each, Cells) and each.block in self.learning for each in cells)

    def record(self, made: Made, back: Callable[..., None], *reads: "Cells | float | None") -> Made:
        """Remember how the gradient of a result goes back to its operands."""
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
        dims: tuple[Dim, ...] | None = None,
    ) -> None:
        """Add one operation's part to the gradient of an operand; nothing where no gradient is wanted."""
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
            self.expanded(to.shape, to.dims) if dims is None else dims,
            pattern,
            value,
            size=size,
            title=f"{derivative(spec.title)}, a part",
            solid=spec.solid,
            number_format="0.0000",
            band="helper",
            of=spec.name,
            share=self._share(to, spread=dims is not None),
            across=spec.across
            if to.whole and dims is None and set(spec.across) <= {a for d in to.dims for a in d}
            else None,
        )
        self.accumulate(to, made)

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
            "title": derivative(spec.title),
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
        """The gradient of a copy: of all that read it, or of the operation for which it was laid out again."""
        if any(cells.block == spec.name for operands in self.operands.values() for cells in operands):
            return Share("", self.cells(spec.name))
        return None if spec.node is None else Share(spec.node.name, source)

    def _added(self, to: Cells) -> None:
        """Count an operation's additions to a gradient."""
        key = (self.node.name if self.node else "", to.block)
        self.additions[key] = self.additions.get(key, 0) + 1

    def accumulate(self, to: Cells, gradient: Cells) -> None:
        """Add a gradient to that of some cells, summed over the dimensions along which they were repeated."""
        if not self.wants(to):
            return
        assert to.block not in self.gradients, f"the gradient of {to.block} is complete"
        if gradient.shape != to.shape:
            self._accumulate_summed(to, gradient)
            return
        steps = to.program.split()
        repeats = [k for k, step in enumerate(steps) if step.startswith("e")]
        if repeats:
            self._accumulate_repeated(to, gradient, steps, repeats[-1])
            return
        self._added(to)
        self.parts.setdefault(to.block, []).append((to, gradient))

    def _accumulate_summed(self, to: Cells, gradient: Cells) -> None:
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

    def _accumulate_repeated(self, to: Cells, gradient: Cells, steps: list[str], at: int) -> None:
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
        self.accumulate(Cells(to.block, before.program, shape, kept), gradient)

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
            lambda r: "+".join(copied(r(part)) if len(parts) == 1 else r(part) for part in parts),
            lambda v: sum(v(part) for part in parts),
            size=lambda v: sum(np.abs(v(part)) for part in parts),
            **rest,
        )
