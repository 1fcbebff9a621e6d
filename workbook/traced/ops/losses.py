"""Losses: of each example in cells of its own, then their mean or sum."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.elementwise import _sigmoid, _to_operand
from workbook.traced.ops.reductions import _along, _finite, _summed, over, softmax_parts, windowed
from workbook.traced.writer import Writer, number, times

NONE, MEAN, SUM = 0, 1, 2


def _total(b: Builder, each: Cells, reduction: int, divisor: "Cells | int", what: str, *, name: str = "") -> Cells:
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
    dims = b.joint(shape, x, y)
    count = prod(shape)
    times = "" if weight is None else "*{w}"

    def arguments(r: Writer) -> dict[str, str]:
        return {"x": r(x), "y": r(y), "w": "" if weight is None else r(weight)}

    def weighed(v: Any) -> Any:
        return 1.0 if weight is None else v(weight)

    make: Callable[..., Cells] = (
        b.result
        if reduction == NONE
        else lambda d, p, f, w, **k: b.helper("each", d, p, f, w, by_torch=b.otherwise(reduction=NONE), **k)
    )
    each = make(
        dims,
        lambda r: (f"({pattern}){times}" if times else pattern).format(**arguments(r)),
        lambda v: value(v(x), v(y)) * weighed(v),
        f"{what}, each",
        size=None if size is None else lambda v: size(v(x), v(y)) * np.abs(weighed(v)),
    )
    total = (
        each
        if reduction == NONE
        else _total(b, each, reduction, count, f"{what}, {'mean' if reduction == MEAN else 'sum'}")
    )
    divided = f"/{count}" if reduction == MEAN and count > 1 else ""
    share = count if reduction == MEAN else 1

    def back(g: Cells) -> None:
        for to, slope, slope_value in zip((x, y), slopes, sloped, strict=True):
            if isinstance(to, Cells) and slope:
                _to_operand(
                    b,
                    to,
                    dims,
                    shape,
                    lambda r, slope=slope: f"{r(g)}*{slope}{times}{divided}".format(**arguments(r)),  # type: ignore[misc]
                    lambda v, f=slope_value: v(g) * f(v(x), v(y)) * weighed(v) / share,  # type: ignore[misc]
                )

    return b.record(total, back, x, y)


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
        (lambda z, y: _sigmoid(z) - y, lambda z, y: -z),
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


class _Targets:
    """The targets of a classification: numbers of classes, or shares of them."""

    def __init__(
        self, b: Builder, x: Cells, target: Cells, weight: Cells | None, ignore: int, smoothing: float
    ) -> None:
        self.b, self.x, self.weight, self.smoothing = b, x, weight, smoothing
        self.axis = 1 if len(x.shape) > 1 else 0
        self.classes = x.shape[self.axis]
        if ignore < self.classes:
            # An example that is ignored may have a number beyond all classes: 255, say.
            b.limit(target, self.classes - 1)
        self.shares = target.shape == x.shape and len(x.shape) > 0 and not _whole(b, target)
        self.ignore = None if self.shares or not _ignores(b, target, ignore) else ignore
        line = tuple(1 if k == self.axis else n for k, n in enumerate(x.shape))
        names = tuple(() if k == self.axis else d for k, d in enumerate(x.dims))
        self.dims = names
        self.target = target if self.shares else target.reshape(line, b.axes, names)
        klass = tuple(self.classes if k == self.axis else 1 for k in range(len(x.shape)))
        along = tuple(x.dims[k] if k == self.axis else () for k in range(len(x.shape)))
        self.weights = None if weight is None else weight.reshape(klass, b.axes, along)
        self._klass, self._along = klass, along
        down = b.blocks[x.block].across != x.dims[self.axis] and bool(x.dims[self.axis])
        self.down = down and not set(x.dims[self.axis]) <= set(b.blocks[x.block].across)

    @property
    def numbers(self) -> Cells:
        """The numbers of the classes."""
        return self.b.numbered(self.x.dims[self.axis], down=self.down).reshape(self._klass, self.b.axes, self._along)

    @property
    def plain(self) -> bool:
        """Whether each example counts once, for one class alone."""
        return not self.shares and not self.smoothing and self.weight is None and self.ignore is None

    def hot(self, v: Any) -> Any:
        """1 for the class, 0 for the others."""
        places = np.arange(self.classes).reshape(self._klass)
        return (places == v(self.target)) * 1.0

    def kept(self, v: Any) -> Any:
        """1 for the examples that count."""
        return 1.0 if self.ignore is None else (v(self.target) != self.ignore) * 1.0

    def share(self) -> Cells:
        """What each class has of an example: the target smoothed and weighed, 0 where the example is ignored."""
        low, high = number(self.smoothing / self.classes), number(1 - self.smoothing)

        def pattern(r: Writer) -> str:
            if self.shares:
                text = r(self.target) if not self.smoothing else f"({high}*{r(self.target)}+{low})"
            elif self.smoothing:
                text = f"(IF({r(self.numbers)}={r(self.target)},{high},0)+{low})"
            else:
                text = f"IF({r(self.numbers)}={r(self.target)},1,0)"
            text += "" if self.weights is None else f"*{r(self.weights)}"
            return text if self.ignore is None else f"IF({r(self.target)}={self.ignore},0,{text})"

        def value(v: Any) -> Any:
            base = v(self.target) if self.shares else self.hot(v)
            smooth = base * (1 - self.smoothing) + self.smoothing / self.classes if self.smoothing else base
            return smooth * (1 if self.weights is None else v(self.weights)) * self.kept(v)

        if self.shares and not self.smoothing and self.weights is None:
            return self.target
        return self.b.helper(
            "share",
            self.b.fitted(self.x.shape, self.x.dims),
            pattern,
            value,
            "target, as shares",
            band="helper",
            of=self.x.block,
            across=self.b.blocks[self.x.block].across if self.x.whole else None,
        )

    def divisor(self) -> "Cells | int":
        """What a mean divides by: how many examples count, or the sum of their weights."""
        count = prod(n for k, n in enumerate(self.x.shape) if k != self.axis)
        if self.shares or (self.weight is None and self.ignore is None):
            return count
        b = self.b
        if self.weights is None:
            each = b.helper(
                "counts",
                self.dims,
                lambda r: f"IF({r(self.target)}={self.ignore},0,1)",
                self.kept,
                "counts",
                band="helper",
                of=self.x.block,
                number_format="0",
            )
        else:
            line, weight = self._lined_weights(), self.weight
            assert weight is not None
            each = b.helper(
                "weight",
                self.dims,
                lambda r: self._unless(
                    r,
                    f"INDEX({r.range(line, 1)},{'1,' if self._weights_across else ''}{r(self.target)}+1{'' if self._weights_across else ',1'})",
                ),
                lambda v: np.where(
                    self.kept(v) != 0,
                    v(weight).ravel()[np.clip(v(self.target), 0, self.classes - 1).astype(int)],
                    0.0,
                ),
                "weight",
                band="helper",
                of=self.x.block,
            )
        rank = len(each.shape)
        return b.helper(
            "divisor",
            (),
            lambda r: f"SUM({','.join(r.ranges(each, rank))})",
            lambda v: v(each).sum(),
            "n",
            band="helper",
            of=self.x.block,
        )

    @property
    def _weights_across(self) -> bool:
        assert self.weight is not None
        return bool(self.b.blocks[self.weight.block].across)

    def _lined_weights(self) -> Cells:
        assert self.weight is not None
        rank = len(self.x.shape)
        return self.weight.reshape((*(1,) * rank, self.classes), self.b.axes, (*((),) * rank, self.weight.dims[0]))

    def _unless(self, r: Writer, text: str) -> str:
        return text if self.ignore is None else f"IF({r(self.target)}={self.ignore},0,{text})"

    def picked(self, r: Writer) -> str:
        """The cell of an example that stands for its class."""
        if self.classes == 1:
            return r(self.x)
        line = windowed(self.x, [self.axis], keepdim=True)
        start = "" if self.down else "1,"
        return f"INDEX({r.range(line, 1)},{start}{r(self.target)}+1{',1' if self.down else ''})"

    def taken(self, v: Any) -> Any:
        """The same by NumPy."""
        places = np.clip(v(self.target), 0, self.classes - 1).astype(int)
        return np.take_along_axis(v(self.x), places, self.axis)


def _whole(b: Builder, target: Cells) -> bool:
    leaf = b.blocks[target.block].leaf
    return leaf is not None and leaf.dtype != "float64"


def _ignores(b: Builder, target: Cells, ignore: int) -> bool:
    leaf = b.blocks[target.block].leaf
    return ignore != -100 or (leaf is not None and leaf.least < 0)


def cross_entropy(
    b: Builder,
    self: Cells,
    target: Cells,
    weight: Cells | None = None,
    reduction: int = MEAN,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Cells:
    """ln Σ eᶻ − z of the class; ∂z = (softmax − one-hot) / n."""
    axis = 1 if len(self.shape) > 1 else 0
    x = b.lined(self, axis, straight=True)
    of = _Targets(b, x, target, weight, ignore_index, label_smoothing)
    largest, exponential, total = softmax_parts(b, x, axis)
    probability = b.helper(
        "probability",
        b.fitted(x.shape, x.dims),
        lambda r: f"{r(exponential)}/{r(total)}",
        lambda v: v(exponential) / v(total),
        "softmax p",
        by_torch=lambda t: t(x).softmax(axis),
        number_format="0.0%",
        look="sequential",
        band="helper",
        of=x.block,
        across=b.blocks[exponential.block].across,
    )
    share = None if of.plain else of.share()

    def each_pattern(r: Writer) -> str:
        if share is None:
            return f"LN({r(total)})+{r(largest)}-{of.picked(r)}"
        return f"{_summed(r, share, axis)}*(LN({r(total)})+{r(largest)})-({_along(r, share, x, axis)})"

    def each_value(v: Any) -> Any:
        level = np.log(v(total)) + v(largest)
        if share is None:
            return level - of.taken(v)
        return (v(share) * (level - v(x))).sum(axis=axis, keepdims=True)

    return _classified(b, x, of, each_pattern, each_value, reduction, share, probability, "cross-entropy")


def nll(
    b: Builder, self: Cells, target: Cells, weight: Cells | None = None, reduction: int = MEAN, ignore_index: int = -100
) -> Cells:
    """− the log-probability of the class."""
    axis = 1 if len(self.shape) > 1 else 0
    x = b.lined(self, axis, straight=True)
    of = _Targets(b, x, target, weight, ignore_index, 0.0)
    share = None if of.plain else of.share()

    def each_pattern(r: Writer) -> str:
        return f"0-{of.picked(r)}" if share is None else f"0-({_along(r, share, x, axis)})"

    def each_value(v: Any) -> Any:
        return -of.taken(v) if share is None else -(v(share) * v(x)).sum(axis=axis, keepdims=True)

    return _classified(b, x, of, each_pattern, each_value, reduction, share, None, "negative log-likelihood")


def _classified(
    b: Builder,
    x: Cells,
    of: _Targets,
    pattern: Callable[[Writer], str],
    value: Callable[[Any], Any],
    reduction: int,
    share: Cells | None,
    probability: Cells | None,
    what: str,
) -> Cells:
    """The loss of each example, their mean or sum, and the gradient that goes back to x."""
    axis = of.axis
    make: Callable[..., Cells] = (
        b.result
        if reduction == NONE
        else lambda d, p, f, w, **k: b.helper("each", d, p, f, w, by_torch=b.otherwise(reduction=NONE), **k)
    )
    each = make(
        of.dims,
        pattern,
        value,
        "−ln p" if share is None else "−Σ y ln p",
        size=lambda v: _finite(v(x)).max() + np.zeros(1),
    )
    divisor = of.divisor() if reduction == MEAN else 1
    if reduction == NONE:
        kept = [k for k in range(len(each.shape)) if k != axis]
        total = each.reshape(tuple(each.shape[k] for k in kept), b.axes, tuple(each.dims[k] for k in kept))
    else:
        total = _total(b, each, reduction, divisor, f"{what}, {'mean' if reduction == MEAN else 'sum'}")

    def divided(r: Writer) -> str:
        if reduction != MEAN:
            return ""
        return f"/{r(divisor)}" if isinstance(divisor, Cells) else "" if divisor == 1 else f"/{divisor}"

    def scaled(v: Any) -> Any:
        return 1.0 if reduction != MEAN else v(divisor) if isinstance(divisor, Cells) else divisor

    def back(g: Cells) -> None:
        wide = (
            g.reshape(
                of.target.shape if not of.shares else tuple(1 if k == axis else n for k, n in enumerate(x.shape)),
                b.axes,
                of.dims,
            )
            if reduction == NONE
            else g
        )

        def own(r: Writer) -> str:
            return r(share) if share is not None else f"IF({r(of.numbers)}={r(of.target)},1,0)"

        def mine(v: Any) -> Any:
            return v(share) if share is not None else of.hot(v)

        if probability is None:
            b.contribute(
                x,
                lambda r: f"0-{r(wide)}*{own(r)}{divided(r)}",
                lambda v: -v(wide) * mine(v) / scaled(v),
                size=lambda v: np.abs(v(wide)) / scaled(v),
            )
            return
        counted = (
            (lambda r: r(probability)) if share is None else (lambda r: f"{r(probability)}*{_summed(r, share, axis)}")
        )
        b.contribute(
            x,
            lambda r: f"{r(wide)}*({counted(r)}-{own(r)}){divided(r)}",
            lambda v: (
                v(wide)
                * (v(probability) * (1.0 if share is None else v(share).sum(axis=axis, keepdims=True)) - mine(v))
                / scaled(v)
            ),
            size=lambda v: np.abs(v(wide)) / scaled(v),
        )

    return b.record(total, back, x)


RULES: dict[str, Callable[..., Any]] = {
    "mse_loss": mse,
    "l1_loss": l1,
    "smooth_l1_loss": smooth_l1,
    "huber_loss": huber,
    "binary_cross_entropy": bce,
    "binary_cross_entropy_with_logits": bce_with_logits,
    "soft_margin_loss": soft_margin,
    "cross_entropy_loss": cross_entropy,
    "nll_loss": nll,
    "nll_loss_nd": nll,
    "nll_loss2d": nll,
}
