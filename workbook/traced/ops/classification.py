"""Losses of a classification: cross-entropy and negative log-likelihood, targets smoothed, weighed or ignored."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.ops.functions import finite
from workbook.traced.ops.losses import MEAN, NONE, each_of, total
from workbook.traced.ops.reductions import windowed
from workbook.traced.ops.softmax import along_axis, softmax_parts, summed
from workbook.traced.writer import Writer, number


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
        self._klass, self.along_axis = klass, along
        down = b.blocks[x.block].across != x.dims[self.axis] and bool(x.dims[self.axis])
        self.down = down and not set(x.dims[self.axis]) <= set(b.blocks[x.block].across)

    @property
    def numbers(self) -> Cells:
        """The numbers of the classes."""
        return self.b.numbered(self.x.dims[self.axis], down=self.down).reshape(
            self._klass, self.b.axes, self.along_axis
        )

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
            self.b.expanded(self.x.shape, self.x.dims),
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
    x = b.contiguous(self, axis, straight=True)
    of = _Targets(b, x, target, weight, ignore_index, label_smoothing)
    largest, exponential, total = softmax_parts(b, x, axis)
    probability = b.helper(
        "probability",
        b.expanded(x.shape, x.dims),
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
        return f"{summed(r, share, axis)}*(LN({r(total)})+{r(largest)})-({along_axis(r, share, x, axis)})"

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
    x = b.contiguous(self, axis, straight=True)
    of = _Targets(b, x, target, weight, ignore_index, 0.0)
    share = None if of.plain else of.share()

    def each_pattern(r: Writer) -> str:
        return f"0-{of.picked(r)}" if share is None else f"0-({along_axis(r, share, x, axis)})"

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
    each = each_of(b, reduction)(
        of.dims,
        pattern,
        value,
        "−ln p" if share is None else "−Σ y ln p",
        size=lambda v: finite(v(x)).max() + np.zeros(1),
    )
    divisor = of.divisor() if reduction == MEAN else 1
    if reduction == NONE:
        kept = [k for k in range(len(each.shape)) if k != axis]
        made = each.reshape(tuple(each.shape[k] for k in kept), b.axes, tuple(each.dims[k] for k in kept))
    else:
        made = total(b, each, reduction, divisor, f"{what}, {'mean' if reduction == MEAN else 'sum'}")

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
        _classified_back(b, x, of, wide, divisor, share, probability)

    return b.record(made, back, x)


def _classified_back(
    b: Builder, x: Cells, of: _Targets, g: Cells, divisor: Cells | int, share: Cells | None, probability: Cells | None
) -> None:
    """∂x = g · (softmax · Σ y − y) / divisor, or −g · y / divisor where x are log-probabilities."""

    def divided(r: Writer) -> str:
        return f"/{r(divisor)}" if isinstance(divisor, Cells) else "" if divisor == 1 else f"/{divisor}"

    def scale(v: Any) -> Any:
        return v(divisor) if isinstance(divisor, Cells) else divisor

    def own(r: Writer) -> str:
        return r(share) if share is not None else f"IF({r(of.numbers)}={r(of.target)},1,0)"

    def mine(v: Any) -> Any:
        return v(share) if share is not None else of.hot(v)

    if probability is None:
        b.contribute(
            x,
            lambda r: f"0-{r(g)}*{own(r)}{divided(r)}",
            lambda v: -v(g) * mine(v) / scale(v),
            size=lambda v: np.abs(v(g)) / scale(v),
        )
        return
    counted = (
        (lambda r: r(probability)) if share is None else (lambda r: f"{r(probability)}*{summed(r, share, of.axis)}")
    )
    b.contribute(
        x,
        lambda r: f"{r(g)}*({counted(r)}-{own(r)}){divided(r)}",
        lambda v: (
            v(g)
            * (v(probability) * (1.0 if share is None else v(share).sum(axis=of.axis, keepdims=True)) - mine(v))
            / scale(v)
        ),
        size=lambda v: np.abs(v(g)) / scale(v),
    )


RULES: dict[str, Callable[..., Any]] = {
    "cross_entropy_loss": cross_entropy,
    "nll_loss": nll,
    "nll_loss_nd": nll,
    "nll_loss2d": nll,
}
