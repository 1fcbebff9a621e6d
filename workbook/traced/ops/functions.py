"""Functions of one number, cell by cell: exponentials, roundings, activations."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, inf, pi, sqrt
from typing import Any

import numpy as np

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import TracedError
from workbook.traced.writer import number, times

_TANH_SCALE = sqrt(2 / pi)


_LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Unary:
    """A function of one number.

    Args:
        what: how a heading says it.
        pattern: of `{x}`.
        value: of x, by NumPy.
        slope: the gradient, of `{g}`, `{x}` and the result `{y}`; empty where there is none.
        sloped: the same by NumPy, of g, x and y.
        size: of x, where the function subtracts.
    """

    what: str
    pattern: str
    value: Callable[[Any], Any]
    slope: str = ""
    sloped: Callable[[Any, Any, Any], Any] = lambda g, x, y: g
    size: Callable[[Any], Any] | None = None


def finite(values: Any) -> Any:
    """How large values are; 0 for those that stand for −∞."""
    return np.where(np.abs(values) < 1e29, np.abs(values), 0.0)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), for large numbers too."""
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


_normal = np.vectorize(lambda x: 0.5 * erfc(-x / sqrt(2)), otypes=[float])


_erf = np.vectorize(lambda x: 1 - erfc(x), otypes=[float])


UNARY: dict[str, Unary] = {
    "neg": Unary("−x", "0-{x}", lambda x: -x, "0-{g}", lambda g, x, y: -g),
    "exp": Unary("eˣ", "EXP({x})", np.exp, "{g}*{y}", lambda g, x, y: g * y),
    "expm1": Unary(
        "eˣ − 1", "EXP({x})-1", np.expm1, "{g}*({y}+1)", lambda g, x, y: g * np.exp(x), lambda x: np.exp(x) + 1
    ),
    "log": Unary("ln x", "LN({x})", np.log, "{g}/{x}", lambda g, x, y: g / x),
    "log1p": Unary(
        "ln(1 + x)", "LN(1+{x})", np.log1p, "{g}/(1+{x})", lambda g, x, y: g / (1 + x), lambda x: 1 + np.abs(x)
    ),
    "log2": Unary("log₂ x", "LN({x})/LN(2)", np.log2, "{g}/({x}*LN(2))", lambda g, x, y: g / (x * _LN2)),
    "sqrt": Unary("√x", "SQRT({x})", np.sqrt, "{g}/(2*{y})", lambda g, x, y: g / (2 * y)),
    "rsqrt": Unary("1 / √x", "1/SQRT({x})", lambda x: x**-0.5, "0-{g}*{y}^3/2", lambda g, x, y: -g * y**3 / 2),
    "reciprocal": Unary("1 / x", "1/{x}", lambda x: 1 / x, "0-{g}*{y}^2", lambda g, x, y: -g * y * y),
    "square": Unary("x²", "{x}^2", np.square, "2*{g}*{x}", lambda g, x, y: 2 * g * x),
    "sin": Unary("sin x", "SIN({x})", np.sin, "{g}*COS({x})", lambda g, x, y: g * np.cos(x), lambda x: np.ones_like(x)),
    "cos": Unary(
        "cos x", "COS({x})", np.cos, "0-{g}*SIN({x})", lambda g, x, y: -g * np.sin(x), lambda x: np.ones_like(x)
    ),
    "atan": Unary("atan x", "ATAN({x})", np.arctan, "{g}/(1+{x}^2)", lambda g, x, y: g / (1 + x * x)),
    "tanh": Unary("tanh x", "TANH({x})", np.tanh, "{g}*(1-{y}^2)", lambda g, x, y: g * (1 - y * y)),
    "sigmoid": Unary("1 / (1 + e⁻ˣ)", "1/(1+EXP(0-{x}))", sigmoid, "{g}*{y}*(1-{y})", lambda g, x, y: g * y * (1 - y)),
    "relu": Unary(
        "max(0, x)", "MAX(0,{x})", lambda x: np.maximum(x, 0), "IF({x}>0,{g},0)", lambda g, x, y: np.where(x > 0, g, 0)
    ),
    "relu6": Unary(
        "min(6, max(0, x))",
        "MIN(6,MAX(0,{x}))",
        lambda x: np.clip(x, 0, 6),
        "IF(AND({x}>0,{x}<6),{g},0)",
        lambda g, x, y: np.where((x > 0) & (x < 6), g, 0),
    ),
    "silu": Unary(
        "x / (1 + e⁻ˣ)",
        "{x}/(1+EXP(0-{x}))",
        lambda x: x * sigmoid(x),
        "{g}*(1+{x}*(1-1/(1+EXP(0-{x}))))/(1+EXP(0-{x}))",
        lambda g, x, y: g * sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    ),
    "hardswish": Unary(
        "x · hardsigmoid(x)",
        "{x}*MIN(6,MAX(0,{x}+3))/6",
        lambda x: x * np.clip(x + 3, 0, 6) / 6,
        "IF({x}<=(-3),0,IF({x}<3,{g}*({x}/3+0.5),{g}))",
        lambda g, x, y: np.where(x <= -3, 0, np.where(x < 3, g * (x / 3 + 0.5), g)),
    ),
    "softsign": Unary(
        "x / (1 + |x|)",
        "{x}/(1+ABS({x}))",
        lambda x: x / (1 + np.abs(x)),
        "{g}/(1+ABS({x}))^2",
        lambda g, x, y: g / (1 + np.abs(x)) ** 2,
    ),
    "tan": Unary("tan x", "TAN({x})", np.tan, "{g}*(1+{y}^2)", lambda g, x, y: g * (1 + y * y)),
    "sinh": Unary("sinh x", "SINH({x})", np.sinh, "{g}*COSH({x})", lambda g, x, y: g * np.cosh(x)),
    "cosh": Unary("cosh x", "COSH({x})", np.cosh, "{g}*SINH({x})", lambda g, x, y: g * np.sinh(x)),
    "asin": Unary("asin x", "ASIN({x})", np.arcsin, "{g}/SQRT(1-{x}^2)", lambda g, x, y: g / np.sqrt(1 - x * x)),
    "acos": Unary("acos x", "ACOS({x})", np.arccos, "0-{g}/SQRT(1-{x}^2)", lambda g, x, y: -g / np.sqrt(1 - x * x)),
    "exp2": Unary("2ˣ", "2^{x}", np.exp2, "{g}*{y}*LN(2)", lambda g, x, y: g * y * _LN2),
    "log10": Unary("log₁₀ x", "LN({x})/LN(10)", np.log10, "{g}/({x}*LN(10))", lambda g, x, y: g / (x * np.log(10))),
    "ceil": Unary("rounded up", "0-INT(0-{x})", np.ceil),
    "trunc": Unary("without its decimals", "TRUNC({x})", np.trunc),
    "frac": Unary("its decimals", "{x}-TRUNC({x})", lambda x: x - np.trunc(x), "{g}", lambda g, x, y: g, np.abs),
    "round": Unary(
        "rounded, halves to even",
        "IF(ABS({x}-TRUNC({x}))=0.5,2*ROUND({x}/2,0),ROUND({x},0))",
        np.round,
    ),
    "abs": Unary("|x|", "ABS({x})", np.abs, "{g}*SIGN({x})", lambda g, x, y: g * np.sign(x)),
    "sign": Unary("sign of x", "SIGN({x})", np.sign),
    "floor": Unary("rounded down", "FLOOR({x},1)", np.floor),
    "erf": Unary(
        "erf x",
        "SIGN({x})*GAMMADIST({x}^2,0.5,1,TRUE)",
        _erf,
        "{g}*2/SQRT(PI())*EXP(0-{x}^2)",
        lambda g, x, y: g * 2 / sqrt(pi) * np.exp(-x * x),
    ),
    "logical_not": Unary("not", "IF({x}=0,1,0)", lambda x: (x == 0) * 1.0),
    "bitwise_not": Unary("not", "IF({x}=0,1,0)", lambda x: (x == 0) * 1.0),
    "isnan": Unary("is no number", "0*{x}", lambda x: 0 * x),
}
"""Functions of one number; `erf` by the gamma distribution, which programs compute to the last digits."""


def unary(b: Builder, x: Cells, function: Unary) -> Cells:
    """One function, cell by cell."""
    dims = b.expanded(x.shape, x.dims)
    size = function.size
    made = b.result(
        dims,
        lambda r: function.pattern.format(x=r(x)),
        lambda v: function.value(v(x)),
        function.what,
        size=None if size is None else lambda v: size(v(x)),
    )
    if not function.slope:
        return made

    def back(g: Cells) -> None:
        b.contribute(
            x,
            lambda r: function.slope.format(g=r(g), x=r(x), y=r(made)),
            lambda v: function.sloped(v(g), v(x), v(made)),
            size=lambda v: np.abs(v(g)),
        )

    return b.record(made, back, x)


def _rule(name: str) -> Callable[..., Cells]:
    def rule(b: Builder, self: Cells) -> Cells:
        return unary(b, self, UNARY[name])

    rule.__doc__ = UNARY[name].what
    return rule


def gelu(b: Builder, self: Cells, approximate: str = "none") -> Cells:
    """x · Φ(x), or its approximation by tanh."""
    if approximate == "tanh":
        scale = repr(_TANH_SCALE)
        inner = f"TANH({scale}*({{x}}+0.044715*{{x}}^3))"

        def tanh(x: Any) -> Any:
            return np.tanh(_TANH_SCALE * (x + 0.044715 * x**3))

        function = Unary(
            "GELU by tanh",
            f"0.5*{{x}}*(1+{inner})",
            lambda x: 0.5 * x * (1 + tanh(x)),
            f"{{g}}*(0.5*(1+{inner})+0.5*{{x}}*(1-{inner}^2)*{scale}*(1+0.134145*{{x}}^2))",
            lambda g, x, y: (
                g * (0.5 * (1 + tanh(x)) + 0.5 * x * (1 - tanh(x) ** 2) * _TANH_SCALE * (1 + 0.134145 * x * x))
            ),
        )
    else:
        normal = "(1+SIGN({x})*GAMMADIST({x}^2/2,0.5,1,TRUE))/2"
        function = Unary(
            "GELU = x · Φ(x)",
            f"{{x}}*{normal}",
            lambda x: x * _normal(x),
            f"{{g}}*({normal}+{{x}}*EXP(0-{{x}}^2/2)/SQRT(2*PI()))",
            lambda g, x, y: g * (_normal(x) + x * np.exp(-x * x / 2) / sqrt(2 * pi)),
            lambda x: np.abs(x),
        )
    return unary(b, self, function)


def leaky_relu(b: Builder, self: Cells, negative_slope: float = 0.01) -> Cells:
    """x above 0, slope · x below."""
    slope = number(negative_slope)
    return unary(
        b,
        self,
        Unary(
            f"x, or {negative_slope:g} x below 0",
            f"IF({{x}}>0,{{x}},{slope}*{{x}})",
            lambda x: np.where(x > 0, x, negative_slope * x),
            f"IF({{x}}>0,{{g}},{slope}*{{g}})",
            lambda g, x, y: np.where(x > 0, g, negative_slope * g),
        ),
    )


def elu(b: Builder, self: Cells, alpha: float = 1.0, scale: float = 1, input_scale: float = 1) -> Cells:
    """scale · x above 0, scale · α (e^(input_scale · x) − 1) below."""
    inner = times(input_scale, "{x}")
    below = scale * alpha * input_scale
    return unary(
        b,
        self,
        Unary(
            "x, or α (eˣ − 1) below 0",
            f"IF({{x}}>0,{times(scale, '{x}')},{times(scale * alpha, f'(EXP({inner})-1)')})",
            lambda x: np.where(x > 0, scale * x, scale * alpha * np.expm1(np.minimum(input_scale * x, 0))),
            f"IF({{x}}>0,{times(scale, '{g}')},{times(below, f'EXP({inner})*{{g}}')})",
            lambda g, x, y: np.where(x > 0, scale * g, below * np.exp(np.minimum(input_scale * x, 0)) * g),
            lambda x: np.abs(x) + abs(scale * alpha),
        ),
    )


def selu(b: Builder, self: Cells) -> Cells:
    """ELU with the constants that keep mean and variance. Source: Klambauer et al. 2017."""
    return elu(b, self, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


def softplus(b: Builder, self: Cells, beta: float = 1, threshold: float = 20) -> Cells:
    """ln(1 + e^(β x)) / β, and x beyond the threshold."""
    inner, most = times(beta, "{x}"), number(threshold)
    divided = "" if beta == 1 else f"/{number(beta)}"
    return unary(
        b,
        self,
        Unary(
            "ln(1 + eˣ)",
            f"IF({inner}>{most},{{x}},LN(1+EXP({inner})){divided})",
            lambda x: np.where(beta * x > threshold, x, np.log1p(np.exp(np.minimum(beta * x, threshold))) / beta),
            f"IF({inner}>{most},{{g}},{{g}}/(1+EXP(0-{inner})))",
            lambda g, x, y: np.where(beta * x > threshold, g, g * sigmoid(beta * x)),
            lambda x: np.ones_like(x),
        ),
    )


def mish(b: Builder, self: Cells) -> Cells:
    """x · tanh(ln(1 + eˣ))."""
    inner = "TANH(LN(1+EXP({x})))"

    def tanh(x: Any) -> Any:
        return np.tanh(np.logaddexp(0, x))

    return unary(
        b,
        self,
        Unary(
            "x · tanh(ln(1 + eˣ))",
            f"{{x}}*{inner}",
            lambda x: x * tanh(x),
            f"{{g}}*({inner}+{{x}}*(1-{inner}^2)/(1+EXP(0-{{x}})))",
            lambda g, x, y: g * (tanh(x) + x * (1 - tanh(x) ** 2) * sigmoid(x)),
        ),
    )


def _clamped(low: float | None, high: float | None, *, open_ends: bool) -> Unary:
    pattern, inside = "{x}", []
    above, below = (">", "<") if open_ends else (">=", "<=")
    if low is not None:
        pattern = f"MAX({number(low)},{pattern})"
        inside.append(f"{{x}}{above}{number(low)}")
    if high is not None:
        pattern = f"MIN({number(high)},{pattern})"
        inside.append(f"{{x}}{below}{number(high)}")
    least, most = -inf if low is None else low, inf if high is None else high

    def within(x: Any) -> Any:
        return (x > least) & (x < most) if open_ends else (x >= least) & (x <= most)

    condition = inside[0] if len(inside) == 1 else f"AND({','.join(inside)})"
    return Unary(
        f"within {'−∞' if low is None else f'{low:g}'} and {'∞' if high is None else f'{high:g}'}",
        pattern,
        lambda x: np.clip(x, low, high),
        f"IF({condition},{{g}},0)",
        lambda g, x, y: np.where(within(x), g, 0),
    )


def hardtanh(b: Builder, self: Cells, min_val: float = -1, max_val: float = 1) -> Cells:
    """x within two ends; no gradient at the ends."""
    return unary(b, self, _clamped(min_val, max_val, open_ends=True))


def clamp(b: Builder, self: Cells, min: float | None = None, max: float | None = None) -> Cells:
    """x within two ends; the gradient passes at the ends."""
    if not all(end is None or isinstance(end, int | float) for end in (min, max)):
        raise TracedError("clamp between tensors: use torch.maximum and torch.minimum")
    return unary(b, self, _clamped(min, max, open_ends=False))


RULES: dict[str, Callable[..., Any]] = {
    **{name: _rule(name) for name in UNARY},
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "softplus": softplus,
    "mish": mish,
    "hardtanh": hardtanh,
    "clamp": clamp,
    "clamp_min": lambda b, self, min: clamp(b, self, min),  # noqa: A006
    "clamp_max": lambda b, self, max: clamp(b, self, None, max),  # noqa: A006
}
