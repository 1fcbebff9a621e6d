"""What both unrolled runs share: Adam's averages and step for every matrix and bias."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.lesson.lesson import APART, Formula, Given, Recorded
from workbook.lessons.fine_tuning.network import FINE, GRADIENTS, LAYERS, OUTPUTS, across, axes, parameters, updated
from workbook.lessons.optimizers.adam import filled

STEP = "step "
PANEL = """
    In each step, from top to bottom: forward, to the scores and the loss; back, to the gradients of all activations; then for each layer the gradients of its
    weights, Adam's averages of them and of their squares, and the weights after the step. Rows are pictures, then inputs; columns are units.
"""
ADAM = (
    Given(name="zero", title="averages start at", value=0.0, low=0, high=0, number_format="0", fixed=True),
    Given(
        name="beta2",
        title="β2",
        value=0.99,
        low=0.0,
        high=0.9999,
        unit=0.1,
        number_format="0.0000",
        words="what each step keeps of the average square",
    ),
    Given(
        name="eps",
        title="eps",
        value=1e-8,
        low=1e-12,
        high=1.0,
        probe=1.0,
        number_format="0.0E+00",
        words="keeps the division from failing",
    ),
)


def adam(name: str, weight: str, rate: str) -> tuple[Formula, ...]:
    """The average gradient, the average square and the new value of a parameter.

    Args:
        name: the parameter.
        weight: what patterns call it before the step.
        rate: what patterns call its learning rate.
    """
    average = f"beta1*PREV({name}_average, zero)+(1-beta1)*{name}_gradient"
    square = f"beta2*PREV({name}_square, zero)+(1-beta2)*{name}_gradient*{name}_gradient"
    size = f"(SQRT({name}_square)/SQRT({filled('beta2')})+eps)"
    column: dict[str, Any] = {"axes": f"{STEP}{axes(name)}", "across": across(name), **FINE}
    return (
        Formula(
            name=f"{name}_average",
            title="average gradient",
            look="diverging",
            scale=f"{name}_gradient",
            pattern=average,
            **column,
        ),
        Formula(
            name=f"{name}_square",
            title="average square",
            look="sequential",
            pattern=square,
            **(column | {"number_format": "0.0E+00"}),
        ),
        updated(name, f"{weight}-{rate}/({filled('beta1')})*{name}_average/{size}", lead=STEP, scale=f"{name}_average"),
    )


def states(names: tuple[str, ...], starts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """State → the block that it is the step before of, and the block that it starts from."""
    found = {}
    for name in names:
        found[name] = (f"new_{name}", starts[name])
        found |= {f"{name}_{kind}_before": (f"{name}_{kind}", "zero") for kind in ("average", "square")}
    return found


def families(names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What a step takes and gives of every parameter, by its name."""
    forms = ("parameter", "{}"), ("new", "new_{}")
    kinds = ((f"{kind}{when}", f"{{}}_{kind}{when}") for kind in ("average", "square") for when in ("_before", ""))
    return {family: {name: form.format(name) for name in names} for family, form in (*forms, *kinds)}


def beta1() -> Formula:
    """What each step keeps of the average gradient: the momentum of the cycle."""
    return Formula(
        name="beta1", axes="step", title="β1", number_format="0.0000", pattern="INDEX(the_run.momentum, step_number, 1)"
    )


def recorded() -> tuple[Recorded | Formula, ...]:
    """The losses of the recorded run's first steps, and whether these cells have them too."""
    beyond = "SUMPRODUCT((loss-recorded_loss>=0.000000001)+(recorded_loss-loss>=0.000000001))"
    return (
        Recorded(
            name="recorded_loss",
            axes="step",
            title="recorded",
            number_format="0.0000",
            made_by="engine.runs.fine_tuning_runs.record",
        ),
        Formula(
            name="status",
            width=21,
            title="the recorded run",
            text=True,
            role="check",
            pattern=f'IF({beyond}=0, "agrees with this sheet", "stale: an input changed")',
        ),
    )


def panel(layers: Sequence[str]) -> str:
    """The drawing of a step: forward from the first layer to the loss, back, and layer by layer what Adam does."""
    bands = [_band("picture_number", [OUTPUTS[layer]], LAYERS[layer][1]) for layer in layers[:-1]]
    bands.append(_band("picture_number", ["logit", "exponential", "probability"], "klass"))
    bands[-1][0] += [".", ".", "."]
    bands[-1][1] += ["|", "sample_loss", "right"]
    bands += [_band("picture_number", [GRADIENTS[layer]], LAYERS[layer][1]) for layer in reversed(layers)]
    for layer in layers:
        inputs, outputs = LAYERS[layer]
        forms = "{}_gradient", "{}_average", "{}_square", "new_{}"
        weight, bias = ([form.format(name) for form in forms] for name in parameters((layer,)))
        bands.append([*_band(f"{inputs}_beside", weight, outputs), _spaced(".", bias)])
    return _once(f"\n{APART}\n".join("\n".join(map(" ".join, band)) for band in bands))


def _band(beside: str, blocks: list[str], axis: str) -> list[list[str]]:
    """A line of what columns are called, and under it what rows are called and the blocks."""
    return [_spaced(".", [f"{axis}_over"] * len(blocks)), _spaced(beside, blocks)]


def _spaced(first: str, words: list[str]) -> list[str]:
    """A line of a drawing with gaps between its words, but for the first two."""
    return [first, *" | ".join(words).split()]


def _once(text: str) -> str:
    """The drawing in which a name of rows or columns that stood above is drawn again, as a copy."""
    seen: set[str] = set()

    def spelled(match: re.Match[str]) -> str:
        word = match[0]
        if word in seen:
            return f"={word}"
        seen.add(word)
        return word

    return re.sub(r"\b(?:picture_number|\w+_(?:over|beside))\b", spelled, text)
