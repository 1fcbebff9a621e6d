"""Products and sums over dimensions, in simpler operations."""

import math
from collections.abc import Sequence
from typing import Any

from workbook.traced.graph import TracedError


def var(
    x: Any, dim: Any = None, *, unbiased: bool = True, correction: float | None = None, keepdim: bool = False
) -> Any:
    """Σ (x − mean)² / (n − correction)."""
    dims = list(range(x.dim())) if dim is None or dim == [] else list(dim) if isinstance(dim, list | tuple) else [dim]
    count = 1
    for each in dims:
        count *= x.shape[each]
    less = (1.0 if unbiased else 0.0) if correction is None else correction
    off = x - x.mean(dims, keepdim=True)
    return (off * off).sum(dims, keepdim=keepdim) / (count - less)


def variance(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`var` in torch's several signatures: (x, unbiased), (x, dim, unbiased, keepdim), (x, dim, correction=, keepdim=)."""
    if args and isinstance(args[0], bool):
        return var(x, unbiased=args[0])
    names = ("dim", "unbiased", "keepdim")
    return var(x, **{**dict(zip(names, args, strict=False)), **kwargs})


def deviation(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The standard deviation, likewise."""
    return variance(x, *args, **kwargs).sqrt()


def with_mean(of: Any) -> Any:
    """The variance or the standard deviation, and the mean."""

    def run(x: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        given = (
            dict(zip(("dim", "unbiased", "keepdim"), args, strict=False)) if not isinstance((*args, 0)[0], bool) else {}
        )
        given |= kwargs
        dims = given.get("dim")
        mean = x.mean() if dims is None else x.mean(dims, keepdim=given.get("keepdim", False))
        return of(x, *args, **kwargs), mean

    return run


def added_product(
    x: Any, one: Any, other: Any, *, beta: float = 1, alpha: float = 1, how: str = "matmul", over: int | None = None
) -> Any:
    """β x + α · a product; x is not read where β is 0."""
    import torch

    product = torch.outer(one, other) if how == "outer" else torch.matmul(one, other)
    product = product if over is None else product.sum(over)
    product = product if alpha == 1 else alpha * product
    if beta == 0:
        return product
    return (x if beta == 1 else beta * x) + product


def solve_triangular(matrix: Any, right: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with matrix · X = right, one row after the other."""
    import torch

    if not left:
        found = solve_triangular(matrix.mT, right.mT, upper=not upper, unitriangular=unitriangular)
        return found.mT
    size = matrix.shape[-1]
    rows: dict[int, Any] = {}
    for k in range(size - 1, -1, -1) if upper else range(size):
        rest = right[..., k, :]
        for j, row in rows.items():
            rest = rest - matrix[..., k, j].unsqueeze(-1) * row
        rows[k] = rest if unitriangular else rest / matrix[..., k, k].unsqueeze(-1)
    return torch.stack([rows[k] for k in range(size)], -2)


def cholesky_solve(right: Any, root: Any, upper: bool = False) -> Any:
    """X with L · Lᵀ · X = right: down the rows, and up again."""
    lower = root.mT if upper else root
    return solve_triangular(lower.mT, solve_triangular(lower, right, upper=False), upper=True)


def cholesky(matrix: Any, *, upper: bool = False, check_errors: bool = False) -> tuple[Any, Any]:
    """L with L · Lᵀ = matrix, one cell after the other, from its lower triangle. Source: Golub, Van Loan, 4.2.5."""
    import torch

    size = matrix.shape[-1]
    cells: dict[tuple[int, int], Any] = {}
    for j in range(size):
        for i in range(j, size):
            # Half of each of both triangles: so torch gives its gradient.
            rest = (matrix[..., i, j] + matrix[..., j, i]) / 2 if i != j else matrix[..., i, i]
            for k in range(j):
                rest = rest - cells[i, k] * cells[j, k]
            cells[i, j] = rest.sqrt() if i == j else rest / cells[j, j]
    zero = torch.zeros_like(cells[0, 0])
    rows = [torch.stack([cells.get((i, j), zero) for j in range(size)], -1) for i in range(size)]
    found = torch.stack(rows, -2)
    return (found.mT if upper else found), torch.zeros(matrix.shape[:-2], dtype=torch.int32)


def cdist(one: Any, other: Any, p: float = 2.0, compute_mode: int | None = None) -> Any:
    """The distance of every row of one from every row of the other."""
    import torch

    if p != 2:
        raise TracedError(f"cdist of order {p:g}: only that of order 2 is known")
    return torch.linalg.vector_norm(one.unsqueeze(-2) - other.unsqueeze(-3), dim=-1)


def cumprod(x: Any, dim: int, dtype: Any = None) -> Any:
    """The running product."""
    import torch

    found: list[Any] = []
    for part in x.unbind(dim):
        found.append(part if not found else found[-1] * part)
    return torch.stack(found, dim)


def logcumsumexp(x: Any, dim: int) -> Any:
    """ln of the running sum of eˣ, the largest taken out before."""
    import torch

    largest = x.amax(dim, keepdim=True).detach()
    return torch.exp(x - largest).cumsum(dim).log() + largest


def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two in the middle, in order; where no dimension is given, equal ones share the gradient."""
    import torch

    if dim is None:
        equal = x == x.detach().reshape(-1).sort(0)[0][(x.numel() - 1) // 2]
        return torch.where(equal, x, 0.0).sum() / equal.sum()
    values, places = x.sort(dim)
    at = (x.shape[dim] - 1) // 2
    found = [part.narrow(dim, at, 1) for part in (values, places)]
    return tuple(found if keepdim else [part.squeeze(dim) for part in found])


def quantile(x: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    """Between two neighbours in order, by their distance from the place q (n − 1)."""
    if interpolation != "linear" or not isinstance(q, float):
        raise TracedError("a quantile other than one number's, between two neighbours: take it from torch.sort")
    flat = x.reshape(-1) if dim is None else x
    at = 0 if dim is None else dim
    place = q * (flat.shape[at] - 1)
    low = math.floor(place)
    ordered = flat.sort(at)[0]
    low_ones, high_ones = (ordered.narrow(at, k, 1) for k in (low, min(low + 1, flat.shape[at] - 1)))
    found = low_ones + (place - low) * (high_ones - low_ones)
    return found if keepdim and dim is not None else found.squeeze(at)


def kth(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Any, ...]:
    """The k-th least, counted from 1, and its place."""
    found = [part.narrow(dim, k - 1, 1) for part in x.sort(dim)]
    return tuple(found if keepdim else [part.squeeze(dim) for part in found])


def norm(x: Any, ord: float = 2.0, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """(Σ |x|ᵖ)^(1/p), or the largest or least |x|."""
    dims = list(range(x.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    size = x.abs()
    if ord == 0:
        raise TracedError("a norm of order 0 has no gradient: count with a comparison")
    if abs(ord) == float("inf"):
        return (size.amax if ord > 0 else size.amin)(dims, keepdim=keepdim)
    return size.sum(dims, keepdim=keepdim) if ord == 1 else (size**ord).sum(dims, keepdim=keepdim) ** (1 / ord)


def einsum(equation: str, tensors: Sequence[Any], path: Any = None) -> Any:
    """Σ of products of any tensors: two by two from the left, a letter that one alone has summed first."""
    import torch

    inputs, arrow, output = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    hidden = [t.dim() - len(a) + 3 if "..." in a else 0 for t, a in zip(tensors, letters, strict=True)]
    dots = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: max(hidden)]
    letters = [a.replace("...", dots[len(dots) - n :]) for n, a in zip(hidden, letters, strict=True)]
    output = output.replace("...", dots)
    if not arrow:
        every = "".join(letters)
        output = dots + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))
    parts = [
        _alone(t, a, "".join(letters[:k] + letters[k + 1 :]) + output)
        for k, (t, a) in enumerate(zip(tensors, letters, strict=True))
    ]
    total, names = parts[0]
    for k, (other, more) in enumerate(parts[1:], start=1):
        later = output + "".join(a for _, a in parts[k + 1 :])
        kept = "".join(c for c in dict.fromkeys(names + more) if c in later)
        total, names = torch.einsum(f"{names},{more}->{kept}", total, other), kept
    total, names = _alone(total, names, output)
    return total.permute([names.index(c) for c in output])


def _alone(x: Any, letters: str, others: str) -> tuple[Any, str]:
    """A tensor without the letters that stand twice in it, and without those that nothing else has."""
    for c in dict.fromkeys(letters):
        while letters.count(c) > 1:
            one, other = letters.index(c), letters.rindex(c)
            x = x.diagonal(dim1=one, dim2=other)
            letters = letters[:one] + letters[one + 1 : other] + letters[other + 1 :] + c
    gone = [k for k, c in enumerate(letters) if c not in others]
    return (x.sum(gone) if gone else x), "".join(c for c in letters if c in others)


def is_uncommon(equation: str, count: int) -> bool:
    """Whether an einsum is other than of two tensors, each letter once in one, and all that is summed in both."""
    inputs, _, output = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if count != 2 or "." in equation or any(len(set(each)) < len(each) for each in letters):
        return True
    return any(c not in letters[0] or c not in letters[1] for c in set(inputs) - {",", *output}) and "->" in equation
