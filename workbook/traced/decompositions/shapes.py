"""Operations that pick, move and repeat cells, in simpler ones."""

from collections.abc import Callable, Sequence
from typing import Any

from workbook.traced.graph import TracedError


def repeat_interleave(x: Any, repeats: int, dim: int | None = None, **rest: Any) -> Any:
    """Each cell of a dimension several times."""
    if not isinstance(repeats, int):
        raise TracedError("cells that are repeated differently often: index by their numbers instead")
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


def block_diagonal(tensors: Sequence[Any]) -> Any:
    """Matrices from corner to corner, 0 beside them."""
    import torch
    from torch.nn.functional import pad

    parts = [part.reshape((1, -1) if part.dim() < 2 else part.shape) for part in tensors]
    width, at, rows = sum(part.shape[1] for part in parts), 0, []
    for part in parts:
        rows.append(pad(part, (at, width - at - part.shape[1])))
        at += part.shape[1]
    return torch.cat(rows)


def repeated(x: Any, repeats: Sequence[int]) -> Any:
    """A tensor several times along each dimension, one copy after the other."""
    import torch

    x = x.reshape([*[1] * (len(repeats) - x.dim()), *x.shape])
    for dim, many in enumerate(repeats):
        x = torch.cat([x] * many, dim) if many > 1 else x
    return x


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


def scatter_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """X, and at the numbers of a dimension the sum, mean, largest or least of what goes there."""
    import torch

    if reduce not in ("sum", "mean", "amax", "amin"):
        raise TracedError(f"a scatter that combines by {reduce}: use sum, mean, amax or amin")
    total, count = _scattered(x, dim, index, source)
    there = count > 0
    if reduce == "sum":
        return x + total if include_self else torch.where(there, total, x)
    if reduce == "mean":
        return (x + total) / (count + 1) if include_self else torch.where(there, total / count.clamp(min=1), x)
    last = index.transpose(dim, -1)
    hot = _hot(last, x.shape[dim]) > 0
    parts = source.transpose(dim, -1)[tuple(slice(n) for n in last.shape)].unsqueeze(-1)
    outside = -1e30 if reduce == "amax" else 1e30
    found = torch.where(hot, parts, outside)
    if include_self:
        found = torch.cat([found, x.transpose(dim, -1).unsqueeze(-2)], -2)
    best = (found.amax if reduce == "amax" else found.amin)(-2).transpose(dim, -1)
    return torch.where(there, best, x)


def indexed(x: Any, indices: Sequence[Any], *, from_end: bool = False) -> Any:
    """Entries by numbers of any dimensions: those first, as one long dimension, looked up, and put where they were.

    Args:
        x: the tensor.
        indices: of each dimension the numbers, or nothing.
        from_end: whether some numbers are below 0, and count from the end.
    """
    import torch

    named = [k for k, at in enumerate(indices) if at is not None]
    if any(indices[k].dtype == torch.bool for k in named):
        raise TracedError("indexing by a mask, whose result has a shape that depends on data: use torch.where")
    at = _numbered([indices[k] for k in named], [x.shape[k] for k in named], from_end)
    moved = x.movedim(named, list(range(len(named))))
    rest = moved.shape[len(named) :]
    found = moved.reshape([-1, *rest])[at]
    if named[-1] - named[0] >= len(named):
        return found
    return found.movedim(list(range(at.dim())), list(range(named[0], named[0] + at.dim())))


def _numbered(indices: Sequence[Any], sizes: Sequence[int], from_end: bool) -> Any:
    """One number for several, counted row by row."""
    import torch

    at: Any = None
    for numbers, size in zip(indices, sizes, strict=True):
        found = torch.where(numbers < 0, numbers + size, numbers) if from_end else numbers
        at = found if at is None else at * size + found
    return at


def index_selected(x: Any, dim: int, index: Any) -> Any:
    """Entries of a dimension by their numbers."""
    return x.movedim(dim, 0)[index].movedim(0, dim)


def slice_written(
    x: Any, source: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """X, with another tensor in a stretch of a dimension."""
    import torch

    if step != 1:
        raise TracedError("a stretch with gaps that is written into: use torch.where")
    first, last, _ = slice(start, end).indices(x.shape[dim])
    parts = [x.narrow(dim, 0, first), source, x.narrow(dim, last, x.shape[dim] - last)]
    return torch.cat([part for part in parts if part.shape[dim]], dim)


def row_written(x: Any, source: Any, dim: int, index: int) -> Any:
    """X, with another tensor at one number of a dimension."""
    at = index % x.shape[dim]
    return slice_written(x, source.unsqueeze(dim), dim, at, at + 1)


def index_put(x: Any, indices: Sequence[Any], values: Any, accumulate: bool = False, *, from_end: bool = False) -> Any:
    """X, but where a mask holds, or at some numbers of its first dimensions, what goes there."""
    import torch

    first = indices[0]
    if first is not None and first.dtype == torch.bool:
        if len(indices) > 1 or values.numel() != 1 or accumulate:
            raise TracedError("what is written where a mask holds is more than one number: use torch.where")
        mask = first.reshape([*first.shape, *[1] * (x.dim() - first.dim())])
        return torch.where(mask, values.reshape([]), x)
    lead = next((k for k, at in enumerate(indices) if at is not None), 0)
    if any(at is None for at in indices[lead:]):
        raise TracedError("an index with a gap between its tensors: write one dimension after the other")
    x = x.movedim(list(range(lead)), list(range(x.dim() - lead, x.dim()))) if lead else x
    count = len(indices) - lead
    at = _numbered(indices[lead:], x.shape[:count], from_end)
    rest = x.shape[count:]
    flat = x.reshape(-1, max(1, rest.numel()))
    if lead and values.dim() > at.dim():
        values = values.movedim(list(range(lead)), list(range(values.dim() - lead, values.dim())))
    parts = values.expand([*at.shape, *rest]).reshape(-1, flat.shape[1])
    hot = _hot(at.reshape(-1), flat.shape[0])
    total = torch.matmul(hot.T, parts)
    made = flat + total if accumulate else torch.where((hot.sum(0) > 0).unsqueeze(1), total, flat)
    made = made.reshape(x.shape)
    return made.movedim(list(range(x.dim() - lead, x.dim())), list(range(lead))) if lead else made


def copied(x: Any, source: Any, non_blocking: bool = False) -> Any:
    """What is written over all of x: a tensor of its own, so that writing into x later leaves the source alone."""
    return source.expand(x.shape).to(x.dtype).clone()


def filled(x: Any, value: Any) -> Any:
    """One number all over x."""
    import torch

    return value.expand(x.shape).clone() if hasattr(value, "dim") else torch.full_like(x, value)


def scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    """X, and at the numbers of a dimension the sum of what goes there."""
    return x + _scattered(x, dim, index, source)[0]
