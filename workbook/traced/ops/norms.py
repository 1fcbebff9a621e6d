"""Layer, RMS and batch norms."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import Ref
from workbook.traced.ops.reductions import over, windowed
from workbook.traced.spec import Witness
from workbook.traced.writer import number

_FLOAT64 = 2.220446049250313e-16


def _weighted(
    b: Builder, x: Cells, weight: Cells | None, bias: Cells | None, normal: Cells, axes: list[int], what: str
) -> Cells:
    """γ · normal + β, over the dimensions that γ and β lack; or a witnessed normal where there is neither."""
    if weight is None and bias is None:
        b.blocks[normal.block].witness = b.witnessed()
        return normal
    wide = [None if c is None else _placed(b, c, x, axes) for c in (weight, bias)]
    scale, shift = wide

    def value(v: Any) -> Any:
        total = v(normal) if scale is None else v(scale) * v(normal)
        return total if shift is None else total + v(shift)

    made = b.result(
        b.blocks[normal.block].dims,
        lambda r: (
            (r(normal) if scale is None else f"{r(scale)}*{r(normal)}") + ("" if shift is None else f"+{r(shift)}")
        ),
        value,
        what,
        size=lambda v: (
            np.abs(v(normal)) * (1 if scale is None else np.abs(v(scale))) + (0 if shift is None else np.abs(v(shift)))
        ),
        across=b.blocks[normal.block].across,
    )

    def back(g: Cells) -> None:
        gone = [k for k in range(len(x.shape)) if k not in axes]
        if weight is not None and scale is not None:
            one, other = over(g, gone), over(normal, gone)
            flat = weight.reshape(tuple(x.shape[k] for k in axes), b.axes, tuple(x.dims[k] for k in axes))
            b.contribute(
                flat,
                lambda r: r.dot(one, other, len(gone)),
                lambda v: (v(g) * v(normal)).sum(axis=tuple(gone)),
                size=lambda v: np.abs(v(g) * v(normal)).sum(axis=tuple(gone)),
            )
        if bias is not None and shift is not None:
            flat = bias.reshape(tuple(x.shape[k] for k in axes), b.axes, tuple(x.dims[k] for k in axes))
            moved = over(g, gone)
            b.contribute(
                flat,
                lambda r: f"SUM({','.join(r.ranges(moved, len(gone)))})",
                lambda v: v(g).sum(axis=tuple(gone)),
                size=lambda v: np.abs(v(g)).sum(axis=tuple(gone)),
            )
        if scale is None:
            b.accumulate(normal, g)
        else:
            b.contribute(normal, lambda r: f"{r(g)}*{r(scale)}", lambda v: v(g) * v(scale))

    return b.record(made, back, weight, bias, normal)


def _placed(b: Builder, c: Cells, x: Cells, axes: list[int]) -> Cells:
    shape = tuple(n if k in axes else 1 for k, n in enumerate(x.shape))
    dims = iter(c.dims)
    return c.reshape(shape, b.axes, tuple(next(dims) if k in axes else () for k in range(len(shape))))


class _Moments:
    """What a norm takes from the cells of some dimensions: their mean, where it centres, and their deviation.

    Args:
        b: the builder.
        x: what is normalised.
        gone: the dimensions that mean and deviation are taken over.
        centred: whether the mean is taken away.
        across: how the blocks are laid out; as the builder does it where it is None.
    """

    def __init__(self, b: Builder, x: Cells, gone: list[int], *, centred: bool, across: Any) -> None:
        self._b, self._x, self._gone, self._centred = b, x, gone, centred
        self._count = prod(x.shape[k] for k in gone)
        self._dims = tuple(() if k in gone else d for k, d in enumerate(x.dims))
        self._along = tuple(gone)
        laid: dict[str, Any] = {} if across is None else {"across": across}
        self._shown = {"band": "helper", "of": x.block, **laid}

    def _many(self, r: Any, cells: Cells, function: str) -> str:
        ranges = r.ranges(windowed(cells, self._gone, keepdim=True), len(self._gone))
        return f"{function}({','.join(ranges)})"

    def mean(self) -> Cells:
        x, gone, along = self._x, self._gone, self._along
        return self._b.helper(
            "mean",
            self._dims,
            lambda r: f"{self._many(r, x, 'SUM')}/{self._count}",
            lambda v: v(x).mean(axis=along, keepdims=True),
            "mean",
            by_torch=lambda t: t(x).mean(gone, keepdim=True),
            size=lambda v: np.abs(v(x)).mean(axis=along, keepdims=True),
            **self._shown,
        )

    def deviation(self, eps: float) -> Cells:
        x, gone, along, centred = self._x, self._gone, self._along, self._centred
        return self._b.helper(
            "deviation",
            self._dims,
            lambda r: f"SQRT({self._many(r, x, 'DEVSQ' if centred else 'SUMSQ')}/{self._count}+{number(eps)})",
            lambda v: np.sqrt(
                (v(x).var(axis=along, keepdims=True) if centred else (v(x) ** 2).mean(axis=along, keepdims=True)) + eps
            ),
            "√(variance + ε)" if centred else "√(mean square + ε)",
            by_torch=lambda t: _spread_by_torch(t(x), gone, eps, centred=centred),
            **self._shown,
        )

    def back(self, g: Cells, normal: Cells, deviation: Cells) -> None:
        """∂x = (g − mean of g − normalised · mean of (g · normalised)) / deviation; without the first mean uncentred."""
        gone, along = self._gone, self._along
        dot = self._b.helper(
            "grad_dot",
            self._dims,
            lambda r: (
                f"({r.dot(windowed(g, gone, keepdim=True), windowed(normal, gone, keepdim=True), len(gone))})/{self._count}"
            ),
            lambda v: (v(g) * v(normal)).mean(axis=along, keepdims=True),
            "mean of g · normalised",
            size=lambda v: np.abs(v(g) * v(normal)).mean(axis=along, keepdims=True),
            number_format="0.0000",
            **self._shown,
        )
        middle = self._mean_gradient(g) if self._centred else None
        self._b.contribute(
            self._x,
            lambda r: f"({r(g)}{'' if middle is None else '-' + r(middle)}-{r(normal)}*{r(dot)})/{r(deviation)}",
            lambda v: (v(g) - (0 if middle is None else v(middle)) - v(normal) * v(dot)) / v(deviation),
            size=lambda v: (
                (
                    np.abs(v(g))
                    + np.abs(v(g)).mean(axis=along, keepdims=True)
                    + np.abs(v(normal)) * np.abs(v(g) * v(normal)).mean(axis=along, keepdims=True)
                )
                / v(deviation)
            ),
        )

    def _mean_gradient(self, g: Cells) -> Cells:
        along = self._along
        return self._b.helper(
            "grad_mean",
            self._dims,
            lambda r: f"{self._many(r, g, 'SUM')}/{self._count}",
            lambda v: v(g).mean(axis=along, keepdims=True),
            "mean of g",
            size=lambda v: np.abs(v(g)).mean(axis=along, keepdims=True),
            number_format="0.0000",
            **self._shown,
        )


def normalised(
    b: Builder, x: Cells, gone: list[int], eps: float, *, centred: bool, across: Any = None
) -> tuple[Cells, Cells | None, Cells]:
    """(x − mean) / √(variance + ε) over some dimensions; with the mean, and what it is divided by."""
    moments = _Moments(b, x, gone, centred=centred, across=across)
    mean = moments.mean() if centred else None
    deviation = moments.deviation(eps)
    normal = b.helper(
        "normalised",
        b.expanded(x.shape, x.dims),
        lambda r: f"({r(x)}-{r(mean)})/{r(deviation)}" if mean is not None else f"{r(x)}/{r(deviation)}",
        lambda v: (v(x) - v(mean)) / v(deviation) if mean is not None else v(x) / v(deviation),
        "normalised",
        by_torch=lambda t: (
            (t(x) - (t(x).mean(gone, keepdim=True) if centred else 0))
            / _spread_by_torch(t(x), gone, eps, centred=centred)
        ),
        size=(lambda v: (np.abs(v(x)) + np.abs(v(mean))) / v(deviation)) if mean is not None else None,
        across=b.blocks[x.block].across if x.whole else None,
    )
    return b.record(normal, lambda g: moments.back(g, normal, deviation), x), mean, deviation


def _spread_by_torch(x: Any, gone: list[int], eps: float, *, centred: bool) -> Any:
    return ((x.var(gone, correction=0, keepdim=True) if centred else x.square().mean(gone, keepdim=True)) + eps).sqrt()


def layer_norm(
    b: Builder,
    input: Cells,
    normalized_shape: list[int],
    weight: Cells | None = None,
    bias: Cells | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Cells:
    """γ (x − mean) / √(variance + ε) + β; ∂x = (g − mean g − n · mean(g · n)) / √(variance + ε)."""
    axes = list(range(len(input.shape) - len(normalized_shape), len(input.shape)))
    x = _lined(b, input, axes)
    normal, _, _ = normalised(b, x, axes, eps, centred=True)
    return _weighted(b, x, weight, bias, normal, axes, "γ · normalised + β")


def rms_norm(
    b: Builder, input: Cells, normalized_shape: list[int], weight: Cells | None = None, eps: float | None = None
) -> Cells:
    """γ x / √(mean x² + ε); ∂x = (g − n · mean(g · n)) / √(mean x² + ε)."""
    axes = list(range(len(input.shape) - len(normalized_shape), len(input.shape)))
    x = _lined(b, input, axes)
    normal, _, _ = normalised(b, x, axes, _FLOAT64 if eps is None else eps, centred=False)
    return _weighted(b, x, weight, None, normal, axes, "γ · normalised")


def _lined(b: Builder, x: Cells, axes: list[int]) -> Cells:
    return x if len(axes) > 1 else b.contiguous(x, axes[0])


def batch_norm(
    b: Builder,
    input: Cells,
    weight: Cells | None = None,
    bias: Cells | None = None,
    running_mean: Cells | None = None,
    running_var: Cells | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Cells:
    """γ (x − mean) / √(variance + ε) + β over the batch in training, by the running statistics in evaluation."""
    gone = [k for k in range(len(input.shape)) if k != 1]
    channel = input.dims[1]
    if running_mean is not None and running_var is not None:
        running_mean, running_var = (b.moved.get(each.block, each) for each in (running_mean, running_var))
    if not training:
        assert running_mean is not None
        assert running_var is not None
        return _evaluated(b, input, weight, bias, running_mean, running_var, eps, channel)
    normal, mean, deviation = normalised(b, input, gone, eps, centred=True, across=channel)
    made = _weighted(b, input, weight, bias, normal, [1], "γ · normalised + β")
    if running_mean is not None and running_var is not None and mean is not None:
        _moved(b, running_mean, running_var, mean, deviation, prod(input.shape[k] for k in gone), momentum, eps)
    return made


def _moved(
    b: Builder,
    running_mean: Cells,
    running_var: Cells,
    mean: Cells,
    deviation: Cells,
    count: int,
    momentum: float,
    eps: float,
) -> None:
    """What the running statistics are after the step."""
    old, fresh = number(1 - momentum), number(momentum)
    flat = [c.reshape(running_mean.shape, b.axes, running_mean.dims) for c in (mean, deviation)]
    share = count / (count - 1) if count > 1 else 1.0
    spread = f"({{d}}^2-{number(eps)})*{count}/{count - 1}" if count > 1 else f"({{d}}^2-{number(eps)})"
    for running, pattern, value in (
        (
            running_mean,
            lambda r: f"{old}*{r(running_mean)}+{fresh}*{r(flat[0])}",
            lambda v: (1 - momentum) * v(running_mean) + momentum * v(flat[0]),
        ),
        (
            running_var,
            lambda r: f"{old}*{r(running_var)}+{fresh}*{spread.format(d=r(flat[1]))}",
            lambda v: (1 - momentum) * v(running_var) + momentum * (v(flat[1]) ** 2 - eps) * share,
        ),
    ):
        before = b.blocks[running.block]
        spec = b.blocks[before.of] if before.band == "new" else before
        assert spec.leaf is not None
        if before is not spec and before.number == b.number:
            # A layer that is used again moves them again; torch has what the last use leaves.
            before.witness, before.title = None, f"{spec.title}, after an earlier use"
        b.moved[spec.name] = b.formula(
            f"{spec.name}_new",
            running.dims,
            pattern,
            value,
            across=spec.across,
            band="new",
            of=spec.name,
            title=f"{spec.title}, after the step",
            witness=Witness("buffer", Ref(spec.leaf.name), b.number),
            sheet=spec.sheet,
            size=lambda v, running=running: np.abs(v(running)) + 1.0,  # type: ignore[misc]
        )


def _evaluated(
    b: Builder, x: Cells, weight: Cells | None, bias: Cells | None, mean: Cells, var: Cells, eps: float, channel: Any
) -> Cells:
    shape = tuple(n if k == 1 else 1 for k, n in enumerate(x.shape))
    names = tuple(channel if k == 1 else () for k in range(len(shape)))
    deviation = b.helper(
        "deviation",
        (channel,),
        lambda r: f"SQRT({r(var)}+{number(eps)})",
        lambda v: np.sqrt(v(var) + eps),
        "√(running variance + ε)",
        band="helper",
        of=x.block,
        across=channel,
    )
    centre, spread = (c.reshape(shape, b.axes, names) for c in (mean, deviation))
    normal = b.helper(
        "normalised",
        b.expanded(x.shape, x.dims),
        lambda r: f"({r(x)}-{r(centre)})/{r(spread)}",
        lambda v: (v(x) - v(centre)) / v(spread),
        "normalised",
        size=lambda v: (np.abs(v(x)) + np.abs(v(centre))) / v(spread),
        across=b.blocks[x.block].across if x.whole else None,
    )
    b.record(normal, lambda g: b.contribute(x, lambda r: f"{r(g)}/{r(spread)}", lambda v: v(g) / v(spread)), x)
    return _weighted(b, x, weight, bias, normal, [1], "γ · normalised + β")


RULES: dict[str, Callable[..., Any]] = {"layer_norm": layer_norm, "rms_norm": rms_norm, "batch_norm": batch_norm}
