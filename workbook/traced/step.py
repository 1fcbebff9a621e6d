"""The optimizer's step on each parameter: SGD with momentum, Adam, AdamW, as torch has them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from workbook.traced.blocks import spelled
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.graph import Leaf, Ref, Step
from workbook.traced.spec import Computing, Witness
from workbook.traced.writer import Pattern, Writer, copied

_TITLES = {
    "lr": ("learning rate", 0.0, 10.0),
    "momentum": ("momentum", 0.0, 0.999),
    "dampening": ("dampening", 0.0, 1.0),
    "weight_decay": ("weight decay", 0.0, 1.0),
    "beta1": ("β1", 0.0, 0.999),
    "beta2": ("β2", 0.0, 0.9999),
    "eps": ("ε", 1e-12, 1e-2),
}
_STATE_NAMES = {"momentum": "momentum_buffer", "m": "exp_avg", "v": "exp_avg_sq"}
"""A block of the optimizer's state → its name in torch."""

_FORMATS = {"eps": "0E+00"}


@dataclass(frozen=True)
class _Update:
    """What an optimizer makes a parameter's new value from.

    Args:
        block: adds a block of the parameter's shape: suffix, band, what, pattern, value.
        t: the number of the step, from 1.
        parameter: before the step.
        gradient: in the parameter's shape.
        settings: those that are not 0, by torch's names.
        state: of the step before; empty before the first.
        nesterov: SGD's momentum looks ahead.
        decoupled: the decay stands beside the gradient, as in AdamW.
        maximize: the loss is to grow.
    """

    block: Callable[..., Cells]
    t: int
    parameter: Cells
    gradient: Cells
    settings: Mapping[str, Cells]
    state: Mapping[str, Cells]
    nesterov: bool
    decoupled: bool
    maximize: bool


class _Updated(NamedTuple):
    """The new value as a pattern and by NumPy, the magnitude of what its sum is made of, and the new state."""

    pattern: Pattern
    value: Computing
    size: Computing
    state: Mapping[str, Cells]


class Stepper:
    """Writes the steps of one optimizer."""

    def __init__(self, b: Builder, step: Step, sheet: str, *, many: bool) -> None:
        """Lay out its settings as fields of a sheet.

        Args:
            b: the builder.
            step: the optimizer.
            sheet: where its settings stand.
            many: whether several steps follow each other, whose settings no draw changes.
        """
        self._b, self._optimizer = b, step.optimizer
        self._settings: list[Mapping[str, Cells]] = []
        self._nesterov: list[bool] = []
        self._maximize: list[bool] = []
        for number, group in enumerate(step.groups):
            values = dict(group)
            if "betas" in values:
                values["beta1"], values["beta2"] = values.pop("betas")
            self._nesterov.append(bool(values.pop("nesterov", False)))
            self._maximize.append(bool(values.pop("maximize", False)))
            found = {}
            for name, value in values.items():
                if name in ("momentum", "dampening", "weight_decay") and not value:
                    continue
                title, low, high = _TITLES[name]
                of = f" of group {number + 1}" if len(step.groups) > 1 else ""
                limits = {} if many else {"low": min(low, value), "high": max(high, value)}
                found[name] = b.scalar(
                    name, value, f"{title}{of}", sheet=sheet, number_format=_FORMATS.get(name, "General"), **limits
                )
            self._settings.append(found)
        self._state: dict[str, Mapping[str, Cells]] = {}

    def take(self, leaf: Leaf, parameter: Cells, gradient: Cells) -> Cells:
        """A parameter after the current step."""
        b = self._b
        spec = b.blocks[parameter.block]
        base = spelled(leaf.title)
        common: dict[str, Any] = {
            "across": spec.across,
            "of": spec.name,
            "sheet": spec.sheet,
            "stepping": True,
            "solid": True,
        }

        def block(
            suffix: str,
            band: str,
            what: str,
            pattern: Callable[[Writer], str],
            value: Callable[[Any], Any],
            **rest: Any,
        ) -> Cells:
            kind: Any = "step" if band == "new" else "memory"
            witness = Witness(kind, Ref(leaf.name), b.number, _STATE_NAMES.get(suffix, ""))
            title = f"{spec.title}{what}"
            return b.formula(
                f"{base}_{suffix}",
                parameter.dims,
                pattern,
                value,
                title=title,
                band=band,
                witness=witness,
                **common,
                **rest,
            )

        update = _Update(
            block=block,
            t=b.number + 1,
            parameter=parameter,
            gradient=gradient.reshape(parameter.shape, b.axes, parameter.dims),
            settings=self._settings[leaf.group],
            state=self._state.get(leaf.name, {}),
            nesterov=self._nesterov[leaf.group],
            decoupled=self._optimizer == "AdamW",
            maximize=self._maximize[leaf.group],
        )
        pattern, value, size, self._state[leaf.name] = (_sgd if self._optimizer == "SGD" else _adam)(update)
        return block("new", "new", ", new", pattern, value, size=size, number_format=spec.number_format)


def _sgd(update: _Update) -> _Updated:
    """p − lr · (g + decay · p), through momentum where there is any. Source: torch.optim.SGD."""
    p, lr = update.parameter, update.settings["lr"]
    decay, momentum, dampening = (update.settings.get(name) for name in ("weight_decay", "momentum", "dampening"))
    up, climbed = _uphill(update.gradient, update.maximize)

    def slope(r: Writer) -> str:
        return up(r) if decay is None else f"({up(r)}+{r(decay)}*{r(p)})"

    def sloped(v: Any) -> Any:
        return climbed(v) if decay is None else climbed(v) + v(decay) * v(p)

    if momentum is None:
        return _Updated(
            lambda r: f"{r(p)}-{r(lr)}*{slope(r)}",
            lambda v: v(p) - v(lr) * sloped(v),
            lambda v: np.abs(v(p)) + np.abs(v(lr) * sloped(v)),
            {},
        )
    rate = momentum
    last = update.state.get("momentum")
    share: Pattern = (lambda r: "1") if dampening is None else (lambda r: f"(1-{r(dampening)})")
    fresh = update.block(
        "momentum", "state", ": momentum, from 0" if last is None else ": momentum",
        (lambda r: copied(slope(r))) if last is None else (lambda r: f"{r(rate)}*{r(last)}+{share(r)}*{slope(r)}"),
        (lambda v: sloped(v)) if last is None else (lambda v: v(rate) * v(last) + (1 - (0 if dampening is None else v(dampening))) * sloped(v)),
        number_format="0.0000",
    )  # fmt: skip
    move: Pattern = (lambda r: f"({slope(r)}+{r(rate)}*{r(fresh)})") if update.nesterov else (lambda r: r(fresh))
    moved: Computing = (lambda v: sloped(v) + v(rate) * v(fresh)) if update.nesterov else (lambda v: v(fresh))
    return _Updated(
        lambda r: f"{r(p)}-{r(lr)}*{move(r)}",
        lambda v: v(p) - v(lr) * moved(v),
        lambda v: np.abs(v(p)) + np.abs(v(lr) * moved(v)),
        {"momentum": fresh},
    )


def _uphill(g: Cells, maximize: bool) -> tuple[Pattern, Computing]:
    """The gradient, or minus the gradient where the loss is to grow."""
    if maximize:
        return (lambda r: f"(0-{r(g)})"), (lambda v: -v(g))
    return (lambda r: r(g)), (lambda v: v(g))


def _adam(update: _Update) -> _Updated:
    """p − lr · m̂ / (√v̂ + ε). Source: torch.optim.Adam, AdamW."""
    p, t = update.parameter, update.t
    lr, beta1, beta2, eps = (update.settings[name] for name in ("lr", "beta1", "beta2", "eps"))
    decay: Any = update.settings.get("weight_decay")
    inside = decay is not None and not update.decoupled
    up, climbed = _uphill(update.gradient, update.maximize)
    slope: Pattern = (lambda r: f"({up(r)}+{r(decay)}*{r(p)})") if inside else up
    sloped: Computing = (lambda v: climbed(v) + v(decay) * v(p)) if inside else climbed

    def average(suffix: str, beta: Any, power: str, what: str, of_g: Callable[[Any], Any]) -> Cells:
        last = update.state.get(suffix)
        old: Pattern = (lambda r: "") if last is None else (lambda r: f"{r(beta)}*{r(last)}+")
        return update.block(
            suffix, "state", f": {what}, from 0" if last is None else f": {what}",
            lambda r: f"{old(r)}(1-{r(beta)})*{slope(r)}{power}",
            lambda v: (0 if last is None else v(beta) * v(last)) + (1 - v(beta)) * of_g(sloped(v)),
            number_format="0.0000" if suffix == "m" else "0E+00",
        )  # fmt: skip

    m = average("m", beta1, "", "average gradient m", lambda slope_: slope_)
    v_ = average("v", beta2, "^2", "average square v", np.square)
    power = "" if t == 1 else f"^{t}"

    def change(r: Writer) -> str:
        return f"{r(lr)}*{r(m)}/(1-{r(beta1)}{power})/(SQRT({r(v_)}/(1-{r(beta2)}{power}))+{r(eps)})"

    def changed(v: Any) -> Any:
        return v(lr) * v(m) / (1 - v(beta1) ** t) / (np.sqrt(v(v_) / (1 - v(beta2) ** t)) + v(eps))

    shrinks = decay is not None and update.decoupled
    kept: Pattern = (lambda r: f"{r(p)}*(1-{r(lr)}*{r(decay)})") if shrinks else (lambda r: r(p))
    stays: Computing = (lambda v: v(p) * (1 - v(lr) * v(decay))) if shrinks else (lambda v: v(p))
    return _Updated(
        lambda r: f"{kept(r)}-{change(r)}",
        lambda v: stays(v) - changed(v),
        lambda v: np.abs(stays(v)) + np.abs(changed(v)),
        {"m": m, "v": v_},
    )
