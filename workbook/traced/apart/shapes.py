"""Operations that pick, move and repeat cells, in simpler ones."""

from collections.abc import Callable, Sequence
from typing import Any

from workbook.traced.graph import TracedError


def repeat_interleave(x: Any, repeats: int, dim: int | None = None, **rest: Any) -> Any:
    """Each cell of a dimension several times."""
    if dim is None:
        x, dim = x.reshape(-1), 0
    dim %= x.dim()
    shape = list(x.shape)
    spread = x.unsqueeze(dim + 1).expand([*shape[: dim + 1], repeats, *shape[dim + 1 :]])
    return spread.reshape([*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]])


def interpolated(rank: int) -> Callable[..., Any]:
    """Each place between its neighbours, along each dimension a product with a matrix of shares.

    Source: torch.nn.functional.interpolate, modes linear and bilinear.
    """

    def run(x: Any, size: Any, align_corners: bool, *scales: Any) -> Any:
        import torch

        factors = scales[0] if scales and isinstance(scales[0], list | tuple) else scales
        for k in range(rank):
            dim = x.dim() - rank + k
            length = x.shape[dim]
            factor = factors[k] if len(factors) == rank else None
            many = int(length * factor) if size is None else size[k]
            step = (length - 1) / max(many - 1, 1) if align_corners else length / many if factor is None else 1 / factor
            places = torch.arange(many, dtype=torch.float64)
            at = places * step if align_corners else ((places + 0.5) * step - 0.5).clamp(min=0)
            shares = (1 - (at[:, None] - torch.arange(length)).abs()).clamp(min=0)
            # What lies beyond the last place is the last place.
            shares = shares / shares.sum(1, keepdim=True)
            x = torch.matmul(x.transpose(dim, -1), shares.T).transpose(dim, -1)
        return x

    return run


def around(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """A tensor with its own cells around it: mirrored, repeated, or from the other end."""
    import torch

    for k in range(len(pad) // 2):
        dim, (before, after) = x.dim() - 1 - k, pad[2 * k : 2 * k + 2]
        length = x.shape[dim]
        if min(before, after) < 0:
            raise TracedError("a padding below 0: cut the tensor instead")
        if mode == "reflect":
            left, right = x.narrow(dim, 1, before).flip(dim), x.narrow(dim, length - 1 - after, after).flip(dim)
        elif mode == "circular":
            left, right = x.narrow(dim, length - before, before), x.narrow(dim, 0, after)
        else:
            shape = list(x.shape)
            sides = []
            for place, many in ((0, before), (length - 1, after)):
                shape[dim] = many
                sides.append(x.narrow(dim, place, 1).expand(shape))
            left, right = sides
        x = torch.cat([part for part in (left, x, right) if part.shape[dim]], dim)
    return x


def unfold(x: Any, dimension: int, size: int, step: int) -> Any:
    """The windows of a dimension, their cells as a last dimension."""
    import torch

    dim = dimension % x.dim()
    parts = [x.narrow(dim, at, size) for at in range(0, x.shape[dim] - size + 1, step)]
    return torch.stack(parts, dim).movedim(dim + 1, -1)


def im2col(x: Any, size: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]) -> Any:
    """The windows of pictures, a column each. Source: torch.nn.Unfold."""
    import torch
    from torch.nn.functional import pad

    x = pad(x, (padding[1], padding[1], padding[0], padding[0])) if any(padding) else x
    counts = [(x.shape[2 + k] - (size[k] - 1) * dilation[k] - 1) // stride[k] + 1 for k in range(2)]
    parts = []
    for row in range(size[0]):
        for column in range(size[1]):
            at = (row * dilation[0], column * dilation[1])
            ends = [at[k] + (counts[k] - 1) * stride[k] + 1 for k in range(2)]
            parts.append(x[:, :, at[0] : ends[0] : stride[0], at[1] : ends[1] : stride[1]])
    return torch.stack(parts, 2).reshape(x.shape[0], x.shape[1] * size[0] * size[1], counts[0] * counts[1])


def _hot(index: Any, size: int) -> Any:
    from torch.nn.functional import one_hot

    return one_hot(index, size).double()


def index_add(x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
    """X, and at each number of a dimension the sum of what goes there."""
    import torch

    moved, parts = x.transpose(0, dim), source.transpose(0, dim)
    added = torch.matmul(_hot(index, moved.shape[0]).T, parts.reshape(parts.shape[0], -1)).reshape(moved.shape)
    return (moved + (added if alpha == 1 else alpha * added)).transpose(0, dim)


def _scattered(x: Any, dim: int, index: Any, source: Any) -> tuple[Any, Any]:
    """What goes to each cell, summed, and whether anything does."""
    import torch

    last = index.transpose(dim, -1)
    if last.shape[:-1] != x.transpose(dim, -1).shape[:-1]:
        raise TracedError("a scatter whose numbers do not cover the other dimensions: pad them")
    hot = _hot(last, x.shape[dim])
    parts = source.transpose(dim, -1)[tuple(slice(n) for n in last.shape)] if hasattr(source, "dim") else None
    total = hot.sum(-2) * source if parts is None else torch.matmul(parts.unsqueeze(-2), hot).squeeze(-2)
    return total.transpose(dim, -1), hot.sum(-2).transpose(dim, -1)


def scatter(x: Any, dim: int, index: Any, source: Any, reduce: str | None = None) -> Any:
    """X, but at the numbers of a dimension what goes there, once each."""
    import torch

    if reduce is not None:
        raise TracedError(f"a scatter that combines by {reduce}: use scatter_add")
    total, there = _scattered(x, dim, index, source)
    return torch.where(there > 0, total, x)


def scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    """X, and at the numbers of a dimension the sum of what goes there."""
    return x + _scattered(x, dim, index, source)[0]
