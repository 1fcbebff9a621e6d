"""Operations of two numbers, cell by cell: arithmetic, powers, comparisons, choices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.ops.functions import Unary, finite, unary
from workbook.traced.spec import WIDE, Values
from workbook.traced.writer import Writer, copied, number

Operand = Cells | float


def pow_(b: Builder, self: Operand, exponent: Operand) -> Cells:
    """x to the power of a number; a number, or a tensor of numbers above 0, to the power of a tensor."""
    if isinstance(exponent, Cells):
        return _power(b, self, exponent)
    if not isinstance(self, Cells):
        raise TracedError("a number to the power of a number")
    p, less = number(exponent), number(exponent - 1)
    slope = {2: "2*{g}*{x}", 1: "{g}", 0.5: "{g}/(2*{y})", 0: "0*{g}"}.get(exponent, f"{p}*{{g}}*{{x}}^{less}")
    pattern = "SQRT({x})" if exponent == 0.5 else f"{{x}}^{p}"
    return unary(
        b,
        self,
        Unary(
            f"to the power {exponent:g}",
            pattern,
            lambda x: x**exponent,
            slope,
            lambda g, x, y: g * exponent * x ** (exponent - 1) if exponent else 0 * g,
        ),
    )


def _power(b: Builder, base: Operand, exponent: Cells) -> Cells:
    shape = np.broadcast_shapes(base.shape if isinstance(base, Cells) else (), exponent.shape)
    dims = b.broadcast(shape, base, exponent)
    made = b.result(dims, lambda r: f"{r(base)}^{r(exponent)}", lambda v: np.power(v(base), v(exponent)), "a power")

    def back(g: Cells) -> None:
        to_operand(
            b,
            exponent,
            dims,
            shape,
            lambda r: f"{r(g)}*{r(made)}*LN({r(base)})",
            lambda v: v(g) * v(made) * np.log(v(base)),
        )
        if isinstance(base, Cells):
            to_operand(
                b,
                base,
                dims,
                shape,
                lambda r: f"{r(g)}*{r(exponent)}*{r(made)}/{r(base)}",
                lambda v: v(g) * v(exponent) * v(made) / v(base),
            )

    return b.record(made, back, base, exponent)


def to_operand(
    b: Builder, to: Cells, dims: Any, shape: Any, pattern: Callable[[Writer], str], value: Callable[[Values], Any]
) -> None:
    """A contribution to an operand, in the shape of the result; summed where the operand was repeated."""
    if to.shape == tuple(shape):
        b.contribute(to, pattern, value)
    else:
        b.contribute(to, pattern, value, dims=dims)


@dataclass(frozen=True)
class Binary:
    """Arithmetic of two numbers, either of which may be a tensor.

    Args:
        sign: how a heading says it.
        pattern: of `{x}` and `{y}`.
        value: of x and y, by NumPy.
        slopes: the gradient to each side, of `{g}`, `{x}`, `{y}` and the result `{z}`; empty where there is none.
        sloped: the same by NumPy, of g, x, y and z.
        size: of x and y, where they are subtracted.
    """

    sign: str
    pattern: str
    value: Callable[[Any, Any], Any]
    slopes: tuple[str, str] = ("", "")
    sloped: tuple[Callable[..., Any], Callable[..., Any]] = (lambda g, x, y, z: g, lambda g, x, y, z: g)
    size: Callable[[Any, Any], Any] | None = None


def _sum_size(x: Any, y: Any) -> Any:
    return finite(np.abs(x) + np.abs(y))


_SAME = (lambda g, x, y, z: g, lambda g, x, y, z: g)


_LARGER = "IF({x}>{y},{g},IF({x}={y},{g}/2,0))", "IF({y}>{x},{g},IF({x}={y},{g}/2,0))"


_LESS = "IF({x}<{y},{g},IF({x}={y},{g}/2,0))", "IF({y}<{x},{g},IF({x}={y},{g}/2,0))"


def _won(better: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return (
        lambda g, x, y, z: np.where(better(x, y), g, np.where(x == y, g / 2, 0)),
        lambda g, x, y, z: np.where(better(y, x), g, np.where(x == y, g / 2, 0)),
    )


BINARY: dict[str, Binary] = {
    "add": Binary("+", "{x}+{y}", np.add, ("{g}", "{g}"), _SAME, _sum_size),
    "sub": Binary("−", "{x}-{y}", np.subtract, ("{g}", "0-{g}"), (_SAME[0], lambda g, x, y, z: -g), _sum_size),
    "mul": Binary(
        "·", "{x}*{y}", np.multiply, ("{g}*{y}", "{g}*{x}"), (lambda g, x, y, z: g * y, lambda g, x, y, z: g * x)
    ),
    "div": Binary(
        "/",
        "{x}/{y}",
        np.divide,
        ("{g}/{y}", "0-{g}*{z}/{y}"),
        (lambda g, x, y, z: g / y, lambda g, x, y, z: -g * z / y),
    ),
    "maximum": Binary("or, if larger,", "MAX({x},{y})", np.maximum, _LARGER, _won(np.greater)),
    "minimum": Binary("or, if smaller,", "MIN({x},{y})", np.minimum, _LESS, _won(np.less)),
    "remainder": Binary(
        "mod",
        "{x}-{y}*FLOOR({x}/{y},1)",
        np.mod,
        ("{g}", "0-{g}*FLOOR({x}/{y},1)"),
        (lambda g, x, y, z: g, lambda g, x, y, z: -g * np.floor(x / y)),
        _sum_size,
    ),
    "eq": Binary("=", "IF({x}={y},1,0)", lambda x, y: np.equal(x, y) * 1.0),
    "ne": Binary("≠", "IF({x}<>{y},1,0)", lambda x, y: np.not_equal(x, y) * 1.0),
    "gt": Binary(">", "IF({x}>{y},1,0)", lambda x, y: np.greater(x, y) * 1.0),
    "ge": Binary("≥", "IF({x}>={y},1,0)", lambda x, y: np.greater_equal(x, y) * 1.0),
    "lt": Binary("<", "IF({x}<{y},1,0)", lambda x, y: np.less(x, y) * 1.0),
    "le": Binary("≤", "IF({x}<={y},1,0)", lambda x, y: np.less_equal(x, y) * 1.0),
    "logical_and": Binary("and", "IF(AND({x}<>0,{y}<>0),1,0)", lambda x, y: np.logical_and(x, y) * 1.0),
    "logical_or": Binary("or", "IF(OR({x}<>0,{y}<>0),1,0)", lambda x, y: np.logical_or(x, y) * 1.0),
    "bitwise_and": Binary("and", "IF(AND({x}<>0,{y}<>0),1,0)", lambda x, y: np.logical_and(x, y) * 1.0),
    "bitwise_or": Binary("or", "IF(OR({x}<>0,{y}<>0),1,0)", lambda x, y: np.logical_or(x, y) * 1.0),
}
"""Arithmetic of two numbers."""


def binary(b: Builder, x: Operand, y: Operand, function: Binary) -> Cells:
    """One operation of two tensors, or of a tensor and a number, cell by cell."""
    shape = np.broadcast_shapes(*(c.shape for c in (x, y) if isinstance(c, Cells)))
    dims = b.broadcast(shape, x, y)
    size = function.size
    made = b.result(
        dims,
        lambda r: function.pattern.format(x=r(x), y=r(y)),
        lambda v: function.value(v(x), v(y)),
        f"{b.called(x)} {function.sign} {b.called(y)}",
        size=None if size is None else lambda v: size(v(x), v(y)),
        number_format="0" if not function.slopes[0] else "0.000",
    )
    if not function.slopes[0]:
        return made

    def back(g: Cells) -> None:
        for to, slope, sloped in zip((x, y), function.slopes, function.sloped, strict=True):
            if not isinstance(to, Cells) or not b.wants(to):
                continue
            if slope == "{g}" and (to.shape != tuple(shape) or b.uses[to.block] > 1):
                b.accumulate(to, g)
            else:
                to_operand(
                    b,
                    to,
                    dims,
                    shape,
                    lambda r, slope=slope: copied(slope.format(g=r(g), x=r(x), y=r(y), z=r(made))),  # type: ignore[misc]
                    lambda v, sloped=sloped: sloped(v(g), v(x), v(y), v(made)),  # type: ignore[misc]
                )

    return b.record(made, back, x, y)


def _arithmetic(name: str) -> Callable[..., Cells]:
    def rule(b: Builder, self: Operand, other: Operand) -> Cells:
        return binary(b, self, other, BINARY[name])

    rule.__doc__ = f"x {BINARY[name].sign} y"
    return rule


def _times(kind: Binary, alpha: float) -> Binary:
    """A sum or a difference whose second operand is taken several times."""
    factor, sign = number(alpha), 1 if kind.sign == "+" else -1
    return Binary(
        f"{kind.sign} {alpha:g} ·",
        f"{{x}}{'+' if sign > 0 else '-'}{factor}*{{y}}",
        lambda x, y: x + sign * alpha * y,
        ("{g}", f"{{g}}*{number(sign * alpha)}"),
        (lambda g, x, y, z: g, lambda g, x, y, z: g * sign * alpha),
        lambda x, y: _sum_size(x, alpha * y),
    )


def _scaled(name: str) -> Callable[..., Cells]:
    def rule(b: Builder, self: Operand, other: Operand, alpha: float = 1) -> Cells:
        if name == "rsub":
            self, other = other, self
        kind = BINARY["sub" if name == "rsub" else name]
        if alpha == 1:
            return binary(b, self, other, kind)
        if not isinstance(other, Cells):
            return binary(b, self, alpha * other, kind)
        return binary(b, self, other, _times(kind, alpha))

    rule.__doc__ = f"x {BINARY['sub' if name == 'rsub' else name].sign} y"
    return rule


def div(b: Builder, self: Operand, other: Operand, rounding_mode: str | None = None) -> Cells:
    """X / y."""
    if rounding_mode is not None:
        raise TracedError(f"a division that rounds ({rounding_mode})")
    return binary(b, self, other, BINARY["div"])


def where(b: Builder, condition: Cells, self: Operand, other: Operand) -> Cells:
    """IF(condition, x, y)."""
    shape = np.broadcast_shapes(*(c.shape for c in (condition, self, other) if isinstance(c, Cells)))
    dims = b.broadcast(shape, condition, self, other)
    parts = [max(part, -1e30) if not isinstance(part, Cells) else part for part in (self, other)]
    masks = any(not isinstance(part, Cells) and abs(part) >= 1e29 for part in parts)
    made = b.result(
        dims,
        lambda r: f"IF({r(condition)}<>0,{r(parts[0])},{r(parts[1])})",
        lambda v: np.asarray(np.where(v(condition) != 0, v(parts[0]), v(parts[1])), dtype=np.float64),
        _chosen(b, condition, *parts),
        width=WIDE if masks else 0.0,
        size=(lambda v: finite(np.where(v(condition) != 0, v(parts[0]), v(parts[1])))) if masks else None,
    )

    def back(g: Cells) -> None:
        for to, pattern, keep in ((parts[0], "IF({c}<>0,{g},0)", True), (parts[1], "IF({c}<>0,0,{g})", False)):
            if isinstance(to, Cells):
                to_operand(
                    b,
                    to,
                    dims,
                    shape,
                    lambda r, pattern=pattern: pattern.format(c=r(condition), g=r(g)),  # type: ignore[misc]
                    lambda v, keep=keep: np.where((v(condition) != 0) == keep, v(g), 0.0),  # type: ignore[misc]
                )

    return b.record(made, back, *parts)


def _chosen(b: Builder, condition: Cells, one: Operand, other: Operand) -> str:
    """What a heading says of a choice between two."""
    shown = ["−∞" if not isinstance(part, Cells) and part <= -1e29 else b.called(part) for part in (one, other)]
    if not isinstance(one, Cells):
        return f"{shown[1]}, {shown[0]} where {b.called(condition)}"
    return f"{shown[0]} where {b.called(condition)}, else {shown[1]}"


def masked_fill(b: Builder, self: Cells, mask: Cells, value: float) -> Cells:
    """IF(mask, value, x)."""
    return where(b, mask, value, self)


def cast(b: Builder, self: Cells) -> Cells:
    """The same numbers: all are numbers in a sheet."""
    spec = b.blocks[self.block]
    if spec.number_format == "0" and b.node is not None and b.node.overload == "bool":
        return binary(b, self, 0.0, BINARY["ne"])
    return self


def detach(b: Builder, self: Cells) -> Cells:
    """The same numbers, through which no gradient goes."""
    if not b.wants(self):
        return self
    dims = b.expanded(self.shape, self.dims)
    return b.result(dims, lambda r: copied(r(self)), lambda v: v(self), f"{b.called(self)}, no gradient")


RULES: dict[str, Callable[..., Any]] = {
    **{name: _arithmetic(name) for name in BINARY if name not in ("add", "sub", "div")},
    **{name: _scaled(name) for name in ("add", "sub", "rsub")},
    "pow": pow_,
    "div": div,
    "where": where,
    "masked_fill": masked_fill,
    "cast": cast,
    "detach": detach,
}
