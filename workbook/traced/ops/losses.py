"""Losses that compare number with number: of each example in cells of its own, then their mean or sum."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.arithmetic import to_operand
from workbook.traced.ops.functions import sigmoid
from workbook.traced.ops.reductions import over
from workbook.traced.writer import Writer, number, times

NONE, MEAN, SUM = 0, 1, 2


def total(b: Builder, each: Cells, reduction: int, divisor: "Cells | int", what: str, *, name: str = "") -> Cells:
    """The sum of all, divided."""
    rank = len(each.shape)
    gone = tuple(range(rank))

    def divided(r: Writer) -> str:
        return "" if reduction == SUM else f"/{r(divisor) if isinstance(divisor, Cells) else divisor}"

    def share(v: Any) -> Any:
        return 1.0 if reduction == SUM else v(divisor) if isinstance(divisor, Cells) else divisor

    return b.result(
        (),
        lambda r: (
            f"SUM({','.join(r.ranges(over(each, list(gone)), rank))}){divided(r)}" if rank else f"{r(each)}{divided(r)}"
        ),
        lambda v: v(each).sum() / share(v),
        what,
        name=name,
        role="result",
        number_format="0.0000",
        size=lambda v: np.abs(v(each)).sum() / share(v),
    )


def each_of(b: Builder, reduction: int) -> Callable[..., Cells]:
    """What adds the block of each example's loss: the result where nothing is summed, else what leads to it."""
    if reduction == NONE:
        return b.result
    return lambda dims, pattern, value, what, **rest: b.helper(
        "each", dims, pattern, value, what, by_torch=b.rerun(reduction=NONE), **rest
    )


def pointwise(
    b: Builder,
    x: Cells,
    y: Cells | float,
    reduction: int,
    what: str,
    pattern: str,
    value: Callable[[Any, Any], Any],
    slopes: tuple[str, str],
    sloped: tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]],
    *,
    weight: Cells | None = None,
    size: Callable[[Any, Any], Any] | None = None,
) -> Cells:
    """A loss of each cell of x against that of y.

    Args:
        b: the builder.
        x: what is compared.
        y: with what.
        reduction: none, mean or sum.
        what: how a heading says it.
        pattern: of `{x}` and `{y}`.
        value: the same by NumPy.
        slopes: the gradient of each with respect to x and to y.
        sloped: the same by NumPy.
        weight: of each cell.
        size: of x and y, where the loss subtracts.
    """
    shape = np.broadcast_shapes(x.shape, y.shape if isinstance(y, Cells) else ())
    dims = b.broadcast(shape, x, y)
    count = prod(shape)
    times = "" if weight is None else "*{w}"

    def arguments(r: Writer) -> dict[str, str]:
        return {"x": r(x), "y": r(y), "w": "" if weight is None else r(weight)}

    def weighed(v: Any) -> Any:
        return 1.0 if weight is None else v(weight)

    each = each_of(b, reduction)(
        dims,
        lambda r: (f"({pattern}){times}" if times else pattern).format(**arguments(r)),
        lambda v: value(v(x), v(y)) * weighed(v),
        f"{what}, each",
        size=None if size is None else lambda v: size(v(x), v(y)) * np.abs(weighed(v)),
    )
    made = (
        each
        if reduction == NONE
        else total(b, each, reduction, count, f"{what}, {'mean' if reduction == MEAN else 'sum'}")
    )
    divided = f"/{count}" if reduction == MEAN and count > 1 else ""
    share = count if reduction == MEAN else 1

    def back(g: Cells) -> None:
        for to, slope, slope_value in zip((x, y), slopes, sloped, strict=True):
            if isinstance(to, Cells) and slope:
                to_operand(
                    b,
                    to,
                    dims,
                    shape,
                    lambda r, slope=slope: f"{r(g)}*{slope}{times}{divided}".format(**arguments(r)),  # type: ignore[misc]
                    lambda v, f=slope_value: v(g) * f(v(x), v(y)) * weighed(v) / share,  # type: ignore[misc]
                )

    return b.record(made, back, x, y)


def mse(b: Builder, self: Cells, target: Cells, reduction: int = MEAN) -> Cells:
    """(x − y)²; ∂x = 2 (x − y) / n."""
    return pointwise(
        b,
        self,
        target,
        reduction,
        "squared error",
        "({x}-{y})^2",
        lambda x, y: (x - y) ** 2,
        ("2*({x}-{y})", "2*({y}-{x})"),
        (lambda x, y: 2 * (x - y), lambda x, y: 2 * (y - x)),
    )


def l1(b: Builder, self: Cells, target: Cells, reduction: int = MEAN) -> Cells:
    """|x − y|; ∂x = sign(x − y) / n."""
    return pointwise(
        b,
        self,
        target,
        reduction,
        "absolute error",
        "ABS({x}-{y})",
        lambda x, y: np.abs(x - y),
        ("SIGN({x}-{y})", "SIGN({y}-{x})"),
        (lambda x, y: np.sign(x - y), lambda x, y: np.sign(y - x)),
    )


def smooth_l1(b: Builder, self: Cells, target: Cells, reduction: int = MEAN, beta: float = 1.0) -> Cells:
    """(x − y)² / 2β near 0, |x − y| − β/2 beyond."""
    if beta == 0:
        return l1(b, self, target, reduction)
    return _huber(b, self, target, reduction, beta, 1 / beta, "smooth absolute error")


def huber(b: Builder, self: Cells, target: Cells, reduction: int = MEAN, delta: float = 1.0) -> Cells:
    """(x − y)² / 2 near 0, δ (|x − y| − δ/2) beyond."""
    return _huber(b, self, target, reduction, delta, 1.0, "Huber loss")


def _huber(b: Builder, x: Cells, y: Cells, reduction: int, width: float, scale: float, what: str) -> Cells:
    w = number(width)
    outer = times(width, f"(ABS({{x}}-{{y}})-{number(width / 2)})")
    return pointwise(
        b,
        x,
        y,
        reduction,
        what,
        times(scale, f"IF(ABS({{x}}-{{y}})<{w},({{x}}-{{y}})^2/2,{outer})"),
        lambda x, y: scale * np.where(np.abs(x - y) < width, (x - y) ** 2 / 2, width * (np.abs(x - y) - width / 2)),
        (
            times(scale, f"MAX(0-{w},MIN({w},{{x}}-{{y}}))"),
            times(scale, f"MAX(0-{w},MIN({w},{{y}}-{{x}}))"),
        ),
        (lambda x, y: scale * np.clip(x - y, -width, width), lambda x, y: scale * np.clip(y - x, -width, width)),
    )


_LN = "IF({p}<=0,-100,MAX(-100,LN({p})))"


def _log(p: Any) -> Any:
    return np.maximum(-100.0, np.log(np.maximum(p, 1e-300)))


def bce(b: Builder, self: Cells, target: Cells, weight: Cells | None = None, reduction: int = MEAN) -> Cells:
    """−y ln p − (1 − y) ln(1 − p), no logarithm below −100; ∂p = (p − y) / (p (1 − p)) / n."""
    p, q = _LN.format(p="{x}"), _LN.format(p="(1-{x})")
    return pointwise(
        b,
        self,
        target,
        reduction,
        "binary cross-entropy",
        f"0-{{y}}*{p}-(1-{{y}})*{q}",
        lambda p, y: -y * _log(p) - (1 - y) * _log(1 - p),
        ("({x}-{y})/MAX({x}*(1-{x}),1E-12)", f"({q}-{p})"),
        (lambda p, y: (p - y) / np.maximum(p * (1 - p), 1e-12), lambda p, y: _log(1 - p) - _log(p)),
        weight=weight,
    )


def bce_with_logits(
    b: Builder,
    self: Cells,
    target: Cells,
    weight: Cells | None = None,
    pos_weight: Cells | None = None,
    reduction: int = MEAN,
) -> Cells:
    """max(z, 0) − z y + ln(1 + e^−|z|); ∂z = (sigmoid(z) − y) / n."""
    if pos_weight is not None:
        raise TracedError("binary cross-entropy with pos_weight: multiply by a weight for each cell instead")
    return pointwise(
        b,
        self,
        target,
        reduction,
        "binary cross-entropy",
        "MAX({x},0)-{x}*{y}+LN(1+EXP(0-ABS({x})))",
        lambda z, y: np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))),
        ("(1/(1+EXP(0-{x}))-{y})", "(0-{x})"),
        (lambda z, y: sigmoid(z) - y, lambda z, y: -z),
        weight=weight,
        size=lambda z, y: np.abs(z) + np.abs(z * y) + 1,
    )


def soft_margin(b: Builder, self: Cells, target: Cells, reduction: int = MEAN) -> Cells:
    """ln(1 + e^(−y x))."""
    return pointwise(
        b,
        self,
        target,
        reduction,
        "soft margin",
        "LN(1+EXP(0-{y}*{x}))",
        lambda x, y: np.log1p(np.exp(-y * x)),
        ("(0-{y})/(1+EXP({y}*{x}))", "(0-{x})/(1+EXP({y}*{x}))"),
        (lambda x, y: -y / (1 + np.exp(y * x)), lambda x, y: -x / (1 + np.exp(y * x))),
        size=lambda x, y: np.ones_like(x * y),
    )


RULES: dict[str, Callable[..., Any]] = {
    "mse_loss": mse,
    "l1_loss": l1,
    "smooth_l1_loss": smooth_l1,
    "huber_loss": huber,
    "binary_cross_entropy": bce,
    "binary_cross_entropy_with_logits": bce_with_logits,
    "soft_margin_loss": soft_margin,
}
