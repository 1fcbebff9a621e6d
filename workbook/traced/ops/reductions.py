"""Operations over whole dimensions: sums, means, norms, the largest, running sums, products."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells, Dim
from workbook.traced.graph import TracedError
from workbook.traced.writer import Writer, copied

Dims = int | list[int] | None


def chosen(cells: Cells, dim: Dims) -> list[int]:
    """The dimensions that an argument names, from 0."""
    rank = len(cells.shape)
    if dim is None or dim == []:
        return list(range(rank))
    return sorted(axis % rank for axis in (dim if isinstance(dim, list) else [dim])) if rank else []


def over(cells: Cells, gone: list[int]) -> Cells:
    """The cells with some dimensions last."""
    return cells.permute([*(k for k in range(len(cells.shape)) if k not in gone), *gone])


def windowed(cells: Cells, gone: list[int], *, keepdim: bool) -> Cells:
    """The cells with some dimensions last; those stay with length 1 in their places too, where they are kept."""
    moved = over(cells, gone)
    if not keepdim:
        return moved
    shape = (*(1 if k in gone else n for k, n in enumerate(cells.shape)), *(cells.shape[k] for k in gone))
    dims = (*(() if k in gone else dim for k, dim in enumerate(cells.dims)), *(cells.dims[k] for k in gone))
    return moved.then("r" + ",".join(map(str, shape)), shape, dims)


def rest(cells: Cells, gone: list[int], *, keepdim: bool) -> tuple[Dim, ...]:
    """The dimensions of what is left."""
    return tuple(() if k in gone else dim for k, dim in enumerate(cells.dims) if keepdim or k not in gone)


def left_over(cells: Cells, gone: list[int]) -> tuple[int, ...]:
    """The shape of what is left, without the dimensions that are gone."""
    return tuple(n for k, n in enumerate(cells.shape) if k not in gone)


def beside(b: Builder, reduced: Cells, cells: Cells, gone: list[int]) -> Cells:
    """What a reduction left, so shaped that it stands beside each of the cells that it was made of."""
    shape = tuple(1 if k in gone else n for k, n in enumerate(cells.shape))
    return reduced.reshape(shape, b.axes, tuple(() if k in gone else dim for k, dim in enumerate(cells.dims)))


def reduced(b: Builder, x: Cells, dim: Dims, *, keepdim: bool, mean: bool) -> Cells:
    """The sum or the mean over some dimensions."""
    gone = chosen(x, dim)
    count = prod(x.shape[k] for k in gone)
    moved = windowed(x, gone, keepdim=keepdim)
    divided = f"/{count}" if mean else ""
    share = count if mean else 1
    dims = rest(x, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)

    made = b.result(
        dims,
        lambda r: f"SUM({','.join(r.ranges(moved, len(gone)))}){divided}",
        lambda v: v(x).sum(axis=tuple(gone)).reshape(shape) / share,
        "mean" if mean else "sum",
        size=lambda v: np.abs(v(x)).sum(axis=tuple(gone)).reshape(shape) / share,
    )

    def back(g: Cells) -> None:
        wide = beside(b, g, x, gone)
        if mean:
            b.contribute(x, lambda r: f"{r(wide)}/{count}", lambda v: np.broadcast_to(v(wide), x.shape) / count)
        else:
            b.contribute(x, lambda r: copied(r(wide)), lambda v: np.broadcast_to(v(wide), x.shape))

    return b.record(made, back, x)


def sum_(b: Builder, self: Cells, dim: Dims = None, keepdim: bool = False) -> Cells:
    """Σ x; its gradient is shared by all of x."""
    return reduced(b, self, dim, keepdim=keepdim, mean=False)


def mean(b: Builder, self: Cells, dim: Dims = None, keepdim: bool = False) -> Cells:
    """Σ x / n."""
    return reduced(b, self, dim, keepdim=keepdim, mean=True)


def vector_norm(b: Builder, self: Cells, ord: float = 2, dim: Dims = None, keepdim: bool = False) -> Cells:
    """√Σ x²; ∂x = g · x / norm."""
    if ord != 2:
        raise TracedError(f"a norm of order {ord:g}: only that of order 2 is known")
    gone = chosen(self, dim)
    moved = windowed(self, gone, keepdim=keepdim)
    dims = rest(self, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    made = b.result(
        dims,
        lambda r: f"SQRT(SUMSQ({','.join(r.ranges(moved, len(gone)))}))",
        lambda v: np.sqrt((v(self) ** 2).sum(axis=tuple(gone))).reshape(shape),
        "length = √Σ x²",
    )

    def back(g: Cells) -> None:
        wide, length = beside(b, g, self, gone), beside(b, made, self, gone)
        b.contribute(
            self,
            lambda r: f"IF({r(length)}=0,0,{r(wide)}*{r(self)}/{r(length)})",
            lambda v: np.divide(v(wide) * v(self), v(length), out=np.zeros(self.shape), where=v(length) != 0),
        )

    return b.record(made, back, self)


def counted(
    b: Builder, flags: Cells, x: Cells, gone: list[int], name: str, what: str, *, keepdim: bool, **more: Any
) -> Cells:
    """How many of some cells have a 1 among flags that are shaped as they are, over some dimensions."""
    dims = rest(x, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    return b.helper(
        name,
        dims,
        lambda r: f"SUM({','.join(r.ranges(windowed(flags, gone, keepdim=keepdim), len(gone)))})",
        lambda v: v(flags).sum(axis=tuple(gone)).reshape(shape),
        what,
        band="helper",
        of=x.block,
        number_format="0",
        **more,
    )


def evenly(b: Builder, x: Cells, dim: Dims, *, keepdim: bool, function: str) -> Cells:
    """The largest, or least, over some dimensions; equal ones share the gradient."""
    gone = chosen(x, dim)
    moved = windowed(x, gone, keepdim=keepdim)
    dims = rest(x, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)
    find = np.max if function == "MAX" else np.min
    made = b.result(
        dims,
        lambda r: f"{function}({','.join(r.ranges(moved, len(gone)))})",
        lambda v: find(v(x), axis=tuple(gone)).reshape(shape),
        "the largest" if function == "MAX" else "the least",
    )

    def back(g: Cells) -> None:
        top = beside(b, made, x, gone)
        equal = b.helper(
            "equal",
            b.expanded(x.shape, x.dims),
            lambda r: f"IF({r(x)}={r(top)},1,0)",
            lambda v: (v(x) == v(top)) * 1.0,
            "1 where it is that",
            band="helper",
            of=x.block,
            number_format="0",
        )
        many = counted(b, equal, x, gone, "many", "equal ones", keepdim=keepdim)
        wide, shares = beside(b, g, x, gone), beside(b, many, x, gone)
        b.contribute(x, lambda r: f"{r(wide)}*{r(equal)}/{r(shares)}", lambda v: v(wide) * v(equal) / v(shares))

    return b.record(made, back, x)


def amax(b: Builder, self: Cells, dim: Dims = None, keepdim: bool = False) -> Cells:
    """The largest; equal ones share the gradient."""
    return evenly(b, self, dim, keepdim=keepdim, function="MAX")


def amin(b: Builder, self: Cells, dim: Dims = None, keepdim: bool = False) -> Cells:
    """The least; equal ones share the gradient."""
    return evenly(b, self, dim, keepdim=keepdim, function="MIN")


def cumsum(b: Builder, self: Cells, dim: int) -> Cells:
    """The running sum: each is the one before plus x."""
    axis = dim % len(self.shape)
    return _running(b, self, axis, b.result, "running sum", backwards=False)


def _running(b: Builder, x: Cells, axis: int, make: Callable[..., Cells], what: str, *, backwards: bool) -> Cells:
    """The running sum along a dimension, from its start or from its end."""
    made = b.cells(
        make(
            b.expanded(x.shape, x.dims),
            lambda r: copied(r(x)),
            lambda v: _summed_along(v(x), axis, backwards),
            what,
            size=lambda v: _summed_along(np.abs(v(x)), axis, backwards),
        ).block
    )
    _accumulate(b, made, x, axis, backwards=backwards)

    def back(g: Cells) -> None:
        def value(v: Any, of: Callable[[Any], Any] = np.asarray) -> Any:
            return _summed_along(of(v(g)), axis, not backwards)

        before = set(b.blocks)
        b.contribute(x, lambda r: copied(r(g)), value, size=lambda v: value(v, np.abs))
        for name in set(b.blocks) - before:
            _accumulate(b, b.cells(name), g, axis, backwards=not backwards)

    return b.record(made, back, x)


def _accumulate(b: Builder, made: Cells, x: Cells, axis: int, *, backwards: bool) -> None:
    """Write the pattern of a running sum: x, plus the cell before along the dimension."""
    spec = b.blocks[made.block]
    shape = x.shape
    own = made.reshape(shape, b.axes, x.dims)
    size = shape[axis]
    later = own.slice(axis, 0, size - 1, 1, ()) if backwards else own.slice(axis, 1, size, 1, ())
    earlier = own.slice(axis, 1, size, 1, ()) if backwards else own.slice(axis, 0, size - 1, 1, ())
    writer = Writer(b, shape, spec.axes, spec.sheet, spec.reads)
    if size > 1:
        spec.pattern = f"GATHER({writer.back(earlier, later)},{copied(writer(x))})"


def _summed_along(values: Any, axis: int, backwards: bool) -> Any:
    if not backwards:
        return np.cumsum(values, axis=axis)
    return np.flip(np.cumsum(np.flip(values, axis), axis=axis), axis)


def prod_(b: Builder, self: Cells, dim: int | None = None, keepdim: bool = False) -> Cells:
    """Π x; ∂x = g · the product of the others, which is Π / x where none is 0."""
    gone = chosen(self, dim)
    dims = rest(self, gone, keepdim=keepdim)
    shape = tuple(b.axes.size(d) for d in dims)

    made = b.result(
        dims,
        lambda r: f"PRODUCT({','.join(r.ranges(windowed(self, gone, keepdim=keepdim), len(gone)))})",
        lambda v: v(self).prod(axis=tuple(gone)).reshape(shape),
        "product",
    )

    return b.record(made, lambda g: _product_back(b, self, g, dim, dims, gone, keepdim=keepdim), self)


def _product_back(
    b: Builder, x: Cells, g: Cells, dim: int | None, dims: tuple[Dim, ...], gone: list[int], *, keepdim: bool
) -> None:
    """∂x = g · the product of the others: that of all without zeros, which is divided by x where x is none."""
    shape = tuple(b.axes.size(d) for d in dims)
    is_zero = b.helper(
        "is_zero",
        b.expanded(x.shape, x.dims),
        lambda r: f"IF({r(x)}=0,1,0)",
        lambda v: (v(x) == 0) * 1.0,
        "1 where it is 0, else 0",
        band="helper",
        of=x.block,
        number_format="0",
        by_torch=lambda t: t(x) == 0,
    )
    factor = b.helper(
        "factor",
        b.expanded(x.shape, x.dims),
        lambda r: f"IF({r(x)}=0,1,{r(x)})",
        lambda v: np.where(v(x) == 0, 1.0, v(x)),
        "1 where it is 0",
        band="helper",
        of=x.block,
        by_torch=lambda t: t(x).masked_fill(t(x) == 0, 1.0),
    )
    product = b.helper(
        "product",
        dims,
        lambda r: f"PRODUCT({','.join(r.ranges(windowed(factor, gone, keepdim=keepdim), len(gone)))})",
        lambda v: v(factor).prod(axis=tuple(gone)).reshape(shape),
        "product without zeros",
        band="helper",
        of=x.block,
        by_torch=lambda t: t(factor).prod() if dim is None else t(factor).prod(dim),
    )
    zeros = counted(
        b,
        is_zero,
        x,
        gone,
        "zeros",
        "how many are 0",
        keepdim=keepdim,
        by_torch=lambda t: (t(x) == 0).sum(gone),
    )
    wide, whole, count = (beside(b, each, x, gone) for each in (g, product, zeros))
    # The others have no 0 where this one is all the zeros that there are.
    b.contribute(
        x,
        lambda r: f"{r(wide)}*IF({r(count)}={r(is_zero)},{r(whole)}/{r(factor)},0)",
        lambda v: v(wide) * _product_of_the_others(v(x), gone),
    )


def _product_of_the_others(x: Any, gone: list[int]) -> Any:
    last = tuple(range(-len(gone), 0))
    turned = np.moveaxis(x, gone, last)
    flat = turned.reshape(*turned.shape[: turned.ndim - len(gone)], -1)
    others = [np.delete(flat, at, axis=-1).prod(axis=-1) for at in range(flat.shape[-1])]
    return np.moveaxis(np.stack(others, axis=-1).reshape(turned.shape), last, gone)


RULES: dict[str, Callable[..., Any]] = {
    "sum": sum_,
    "mean": mean,
    "linalg_vector_norm": vector_norm,
    "norm": lambda b, self, p=2, dim=None, keepdim=False: vector_norm(b, self, p, dim, keepdim),
    "amax": amax,
    "amin": amin,
    "cumsum": cumsum,
    "prod": prod_,
}
