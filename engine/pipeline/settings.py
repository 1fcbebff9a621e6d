"""What a run of fine-tuning is told: every choice in one frozen record, checked when it is made."""

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from engine.errors import DataError

Head = Literal["fastai", "lesson"]
Precision = Literal["fp32", "bf16", "fp64"]

# All groups but the last get a tenth of its rate since fastai 1.0.29; before that it was a third.
SLICE_DIVISOR = 10.0

DEFAULTS: dict[str, Any] = {
    "arch": "digits",
    "weights": None,
    "data": None,
    "head": "lesson",
    "freeze_bn": False,
    "epochs_frozen": 4,
    "epochs": 4,
    "rates": "3e-5:3e-3",
    "wd": 1e-2,
    "batch_size": 64,
    "seed": 0,
    "precision": "fp32",
    "skip_bad": False,
    "scratch": 0,
}
"""What is taken where a person says nothing."""

SMALL_ARCHS = ("digits", "convnet")
FEW_DIGITS = {"epochs_frozen": 10, "epochs": 10, "rates": "3e-3:3e-2", "batch_size": 10, "scratch": 3}
"""What is taken for a small network on the bundled digits, a few of each: chosen over the seeds 0 to 19."""

# float32 still holds a hundred-thousandth of the lowest, and a few hundred steps of the highest.
LOWEST_RATE, HIGHEST_RATE = 1e-30, 1e30
MOST_DECAY = 1e6

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RATES = re.compile(rf"({_NUMBER})?(:)?({_NUMBER})?")


@dataclass(frozen=True)
class Rates:
    """The highest learning rate of each layer group, as `--lr` says it.

    Args:
        low: of the first group; None where only the head's is given.
        high: of the last group, the head.
        single: one rate for all groups.

    >>> Rates.parse("1e-5:1e-3").of(3)
    (1e-05, 0.0001, 0.001)
    >>> Rates.parse(":3e-3").of(3)
    (0.0003, 0.0003, 0.003)
    >>> Rates.parse("0.01").of(2)
    (0.01, 0.01)
    """

    low: float | None
    high: float
    single: bool = False

    @classmethod
    def parse(cls, text: str) -> "Rates":
        """Return the rates that `A`, `:B` or `A:B` stand for.

        Raises:
            DataError: it is none of the three, or a rate is too small or too large for float32 to work with.
        """
        match = _RATES.fullmatch(text.strip())
        low, colon, high = match.groups() if match else (None, None, None)
        rates = [float(rate) for rate in (low, high) if rate]
        if not rates or (colon and not high) or not all(LOWEST_RATE <= rate <= HIGHEST_RATE for rate in rates):
            raise DataError(
                f"the learning rate is '{text}', expected A for all layers, :B for the head, or A:B, each from "
                f"{LOWEST_RATE:g} to {HIGHEST_RATE:g}"
            )
        return cls(rates[0] if colon and low else None, rates[-1], single=not colon)

    def of(self, groups: int) -> tuple[float, ...]:
        """Return the rate of each of this many layer groups: one for all, `slice(high)`, or `slice(low, high)`."""
        if self.single or groups == 1:
            return (self.high,) * groups
        if self.low is None:
            return (_plain(self.high / SLICE_DIVISOR),) * (groups - 1) + (self.high,)
        growth = (self.high / self.low) ** (1 / (groups - 1))
        return (self.low, *(_plain(self.low * growth**group) for group in range(1, groups - 1)), self.high)

    def __str__(self) -> str:
        """Return the rates as `--lr` says them."""
        low = "" if self.low is None else _digits(self.low)
        return _digits(self.high) if self.single else f"{low}:{_digits(self.high)}"


def _digits(rate: float) -> str:
    """The rate in as few digits as say it, and in all of them where fewer would be another rate."""
    return short if float(short := f"{rate:g}") == rate else repr(rate)


def _plain(rate: float) -> float:
    """The rate without the last digits, which only say how it was computed."""
    return float(f"{rate:.12g}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is told.

    Args:
        arch: the name of a network, or `module:function` for one that returns a `torch.nn.Module`.
        weights: a file of weights, safetensors or what `torch.save` wrote of a state dict; None for the network's own.
        data: MNIST's IDX files, or a folder with a sub-folder of images for each class; None for the bundled digits.
        head: what replaces the network's last matrix.
        freeze_bn: the frozen body runs as in evaluation: its batch norms keep their statistics.
        epochs_frozen: epochs in which the head is trained alone.
        epochs: epochs in which all is trained.
        rates: the highest rates of the layer groups.
        wd: weight decay, beside the gradient.
        batch_size: images a step.
        seed: of all that is random.
        precision: of the arithmetic.
        skip_bad: leave unreadable images out, where else they are an error.
        scratch: how many networks to train from random weights too, each at another rate.
    """

    arch: str
    weights: Path | None
    data: Path | None
    head: Head
    freeze_bn: bool
    epochs_frozen: int
    epochs: int
    rates: Rates
    wd: float
    batch_size: int
    seed: int
    precision: Precision
    skip_bad: bool
    scratch: int

    def __post_init__(self) -> None:
        """Check that there is something to do, and a decay to do it with."""
        if not 0 <= self.wd <= MOST_DECAY:
            raise DataError(f"the weight decay is {self.wd:g}, expected 0 to {MOST_DECAY:g}")
        if self.epochs_frozen + self.epochs < 1:
            raise DataError("there are 0 epochs frozen and 0 unfrozen, expected at least one in all")

    @classmethod
    def of(cls, **given: Any) -> "Settings":
        """Return the settings that a person gave, and for those left open what suits the network.

        Args:
            given: by the names above, `rates` as `--lr` says them; those that are None are left open.

        Raises:
            DataError: a setting is of no use.
        """
        stated = {name: value for name, value in given.items() if value is not None}
        has_few = stated.get("arch", DEFAULTS["arch"]) in SMALL_ARCHS and "data" not in stated
        values = {**DEFAULTS, **(FEW_DIGITS if has_few else {}), **stated}
        return cls(**{**values, "rates": Rates.parse(values["rates"])})

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain values, as metrics and checkpoints hold them."""
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        return {**plain, "rates": str(self.rates)}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Settings":
        """Return the settings that `to_json` gave.

        Raises:
            DataError: a setting is missing or of no use.
        """
        try:
            values = {field.name: plain[field.name] for field in fields(cls)}
            paths = {name: Path(values[name]) for name in ("weights", "data") if values[name] is not None}
            return cls(**{**values, **paths, "rates": Rates.parse(values["rates"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"the settings in it are damaged ({error})") from error
