"""Cells of a block seen as a tensor: in another shape, without cells of their own."""

from dataclasses import dataclass
from math import prod

from workbook.traced.graph import Shape

Dim = tuple[str, ...]
"""The axes that a dimension is made of, the slowest first; none where its length is 1."""


class AxisNames:
    """The names of axes: each of one length in the whole workbook."""

    def __init__(self) -> None:
        """Without names."""
        self.sizes: dict[str, int] = {}

    def name(self, wanted: str, size: int) -> str:
        """The name wanted, numbered where it is that of an axis of another length."""
        found, number = wanted, 2
        while self.sizes.get(found, size) != size:
            found, number = f"{wanted}_{number}", number + 1
        self.sizes[found] = size
        return found

    def dim(self, wanted: str, size: int) -> Dim:
        """A dimension of one axis."""
        return (self.name(wanted, size),) if size > 1 else ()

    def size(self, dim: Dim) -> int:
        """The length of a dimension."""
        return prod(self.sizes[axis] for axis in dim)

    def regrouped(self, dims: tuple[Dim, ...], shape: Shape) -> tuple[Dim, ...]:
        """The dimensions of the same cells in another shape: axes joined, or cut in two."""
        waiting = [axis for dim in dims for axis in dim]
        found: list[Dim] = []
        for size in shape:
            taken: list[str] = []
            left = size
            while left > 1:
                if not waiting:
                    # Of windows and repeated cells, which have no names of their own.
                    taken.append(self.name("part", left))
                    break
                axis = waiting.pop(0)
                own = self.sizes[axis]
                if left % own == 0:
                    taken.append(axis)
                    left //= own
                elif own % left == 0:
                    taken.append(self.name(*_outer(axis, left)))
                    waiting.insert(0, self.name(*_inner(axis, own // left)))
                    left = 1
                else:
                    taken.append(self.name(f"{axis}_part", left))
                    waiting = [] if prod(map(self.sizes.__getitem__, waiting)) == 1 else waiting
                    left = 1
            found.append(tuple(taken))
        return tuple(found)

    def distinct(self, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """The dimensions; an axis that stands among them twice gets a name of its own the second time."""
        seen: set[str] = set()
        found = []
        for dim in dims:
            fresh = []
            for axis in dim:
                name, number = axis, 2
                while name in seen:
                    name = self.name(f"other_{axis}" if number == 2 else f"other_{axis}_{number}", self.sizes[axis])
                    number += 1
                seen.add(name)
                fresh.append(name)
            found.append(tuple(fresh))
        return tuple(found)


def _outer(axis: str, size: int) -> tuple[str, int]:
    base = axis.removesuffix("_within")
    return (f"{base.removesuffix('_unit')}_head" if base.endswith("_unit") else f"{base}_group"), size


def _inner(axis: str, size: int) -> tuple[str, int]:
    return f"{axis.removesuffix('_within')}_within", size


@dataclass(frozen=True)
class Cells:
    """A block, and the program that shows its cells as a tensor.

    Args:
        block: its name.
        program: see `workbook.plan.views`.
        shape: of the tensor.
        dims: what each dimension is made of, for the names of blocks made from it.
    """

    block: str
    program: str
    shape: Shape
    dims: tuple[Dim, ...]

    @property
    def whole(self) -> bool:
        """Whether it is the block as it stands, each cell once and in its order."""
        return all(step.startswith("r") for step in self.program.split())

    @property
    def bijective(self) -> bool:
        """Whether it is each cell of the block once, in whatever order."""
        return all(step[0] in "rpf" for step in self.program.split())

    def then(self, step: str, shape: Shape, dims: tuple[Dim, ...]) -> "Cells":
        """The cells with one step more."""
        return Cells(self.block, f"{self.program} {step}".strip(), shape, dims)

    def permute(self, order: list[int]) -> "Cells":
        """Its dimensions in another order."""
        order = [axis % len(self.shape) for axis in order]
        if order == list(range(len(order))):
            return self
        return self.then("p" + _listed(order), tuple(self.shape[k] for k in order), tuple(self.dims[k] for k in order))

    def swap(self, one: int, other: int) -> "Cells":
        """Two dimensions in each other's place."""
        order = list(range(len(self.shape)))
        order[one], order[other] = order[other], order[one]
        return self.permute(order)

    def reshape(self, shape: Shape, axes: AxisNames, dims: tuple[Dim, ...] | None = None) -> "Cells":
        """The same cells in another shape."""
        if shape == self.shape:
            return self
        dims = axes.regrouped(self.dims, shape) if dims is None else dims
        steps = self.program.split()
        if steps and steps[-1].startswith("r"):
            return Cells(self.block, " ".join(steps[:-1]), self.shape, self.dims).then(
                "r" + _listed(shape), shape, dims
            )
        return self.then("r" + _listed(shape), shape, dims)

    def expand(self, shape: Shape, dims: tuple[Dim, ...] | None = None) -> "Cells":
        """Repeated to a shape, as arithmetic with tensors of that shape repeats it."""
        if shape == self.shape:
            return self
        return self.then("e" + _listed(shape), shape, self.dims if dims is None else dims)

    def unsqueeze(self, axis: int) -> "Cells":
        """With a dimension of length 1 before another, or at the end."""
        shape = (*self.shape[:axis], 1, *self.shape[axis:])
        return self.then("r" + _listed(shape), shape, (*self.dims[:axis], (), *self.dims[axis:]))

    def select(self, axis: int, at: int) -> "Cells":
        """One of a dimension."""
        shape = (*self.shape[:axis], *self.shape[axis + 1 :])
        return self.then(f"i{axis}:{at}", shape, (*self.dims[:axis], *self.dims[axis + 1 :]))

    def slice(self, axis: int, start: int, stop: int, step: int, dim: Dim) -> "Cells":
        """A stretch of a dimension."""
        size = len(range(start, stop, step))
        shape = (*self.shape[:axis], size, *self.shape[axis + 1 :])
        return self.then(f"s{axis}:{start}:{stop}:{step}", shape, (*self.dims[:axis], dim, *self.dims[axis + 1 :]))

    def flip(self, axis: int) -> "Cells":
        """A dimension turned around."""
        return self.then(f"f{axis}", self.shape, self.dims)

    def windows(self, axis: int, length: int, step: int = 1, dilation: int = 1) -> "Cells":
        """The windows of a dimension, their cells as a new last dimension."""
        count = (self.shape[axis] - (length - 1) * dilation - 1) // step + 1
        shape = (*self.shape[:axis], count, *self.shape[axis + 1 :], length)
        return self.then(
            f"w{axis}:{length}:{step}:{dilation}", shape, (*self.dims[:axis], (), *self.dims[axis + 1 :], ())
        )


def _listed(numbers: object) -> str:
    return ",".join(map(str, numbers))  # type: ignore[call-overload]
