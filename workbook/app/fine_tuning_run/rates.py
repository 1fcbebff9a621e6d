"""Rates: the learning rate of each layer group and the momentum in each step, by fastai's one cycle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import (
    Array,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Recorded,
    Series,
    Sheet,
    Unprinted,
    Words,
)

if TYPE_CHECKING:
    from engine.pipeline.run import Result

MADE_BY = "engine.pipeline.run.finetune"
CYCLE: tuple[dict[str, Any], ...] = (
    {
        "name": "pct_start",
        "title": "share of the rise",
        "value": 0.3,
        "low": 0.05,
        "high": 0.95,
        # A tenth more is no step more in a short run.
        "probe": 0.9,
        "number_format": "0.00",
        "words": "INT of it times the steps go up, one at least",
    },
    {
        "name": "div_factor",
        "title": "divisor at the start",
        "value": 25.0,
        "low": 1.0,
        "high": 1e4,
        "number_format": "0",
        "words": "first rate = highest / divisor",
    },
    {
        "name": "base_momentum",
        "title": "lowest momentum",
        "value": 0.85,
        "low": 0.0,
        "high": 0.99,
        "words": "at the highest rate",
    },
    {
        "name": "max_momentum",
        "title": "highest momentum",
        "value": 0.95,
        "low": 0.0,
        "high": 0.999,
        "words": "at both ends",
    },
)


def phases(result: "Result") -> tuple[str, ...]:
    """The phases that the run had steps in."""
    frozen = result.curves.frozen
    return tuple(name for name, value in (("frozen", 1.0), ("unfrozen", 0.0)) if (frozen == value).any())


def chosen(steps: int, most: int) -> Array:
    """Which of the steps are shown, from 0: all, or as many as there may be, evenly spread."""
    return np.unique(np.linspace(0, steps - 1, min(steps, most)).round()).astype(np.int64)


def values(result: "Result", most: int) -> dict[str, Array]:
    """The blocks of a run's rates."""
    groups, curves = result.metrics["network"]["groups"], result.curves
    rates = [float(group["rate"]) for group in groups]
    found: dict[str, Array] = {
        "rates.group_name": np.array([group["name"] for group in groups], dtype=object),
        "rates.group_parameters": np.array([float(group["parameters"]) for group in groups]),
        **{f"rates.highest_{number}": np.asarray(rate) for number, rate in enumerate(rates, start=1)},
    }
    for phase in phases(result):
        own = curves.frozen == (1.0 if phase == "frozen" else 0.0)
        at = chosen(int(own.sum()), most)
        found |= {
            f"rates.{phase}_steps": np.asarray(float(own.sum())),
            f"rates.{phase}_number": curves.phase_step[own][at],
            f"rates.{phase}_recorded_rate": rates[-1] * curves.share[own][at],
            f"rates.{phase}_recorded_momentum": curves.momentum[own][at],
        }
    return found


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The schedule of each phase as formulas, beside what the run used."""
    groups, names = sizes["group"], facts["phases"].split()
    return Sheet(
        name="rates",
        title="Rates",
        summary="learning rates and momentum by step: one cycle in each phase, a rate for each layer group",
        words=f"""
            Each phase is one cycle: the rate rises by half a cosine and falls to nearly nothing, the momentum goes the other way. Each layer group has a
            highest rate of its own. While the body is frozen only the head moves, and batch norms where they train on. {facts["cache"]}
        """,
        blocks=(
            axis_names("group_name", "group", "layer group"),
            axis_numbers("group_parameters", "group", "parameters", number_format="#,##0"),
            *(_highest(number, groups) for number in range(1, groups + 1)),
            *(Given(**given) for given in CYCLE),
            Given(
                name="warm_up",
                title="curve up",
                value="cos",
                choices=("cos", "linear"),
                words="linear up to fastai 1.0.28",
            ),
            *(block for name in names for block in _phase(name, groups)),
        ),
        layout=(
            Grid("group_name group_parameters"),
            Fields(" ".join(f"highest_{number}" for number in range(1, groups + 1))),
            Fields(" ".join([*(given["name"] for given in CYCLE), "warm_up"])),
            *(Charts(f"{name}_rates {name}_momenta") for name in names),
            Unprinted(),
            *(item for name in names for item in _drawn(name, groups)),
        ),
        one_page=True,
        charts=tuple(chart for name in names for chart in _charts(name, groups, float(facts[f"{name}_steps"]))),
        derive=tuple(derive for name in names for derive in _derive(name, groups)),
    )


def _highest(number: int, groups: int) -> Given:
    return Given(
        name=f"highest_{number}",
        title=f"highest rate, group {number}",
        low=1e-30,
        high=1e30,
        number_format="0.0E+00",
        words="the head's" if number == groups else "",
    )


def cycle(first: str, top: str, end: str, phase: str) -> str:
    """Up from first to top by the curve chosen, and down to end by half a cosine."""
    done, rise = f"({phase}_number-1)", f"MAX(1, INT(pct_start*{phase}_steps))"
    fall = f"MAX(1, {phase}_steps-INT(pct_start*{phase}_steps))"
    up = f'IF(warm_up="linear", {done}/{rise}, (1-COS(PI()*{done}/{rise}))/2)'
    down = f"(1+COS(PI()*({done}-{rise})/{fall}))/2"
    return f"IF({done}<={rise}, {first}+({top}-{first})*{up}, {end}+({top}-{end})*{down})"


def _phase(phase: str, groups: int) -> tuple[Given | Formula | Recorded, ...]:
    top = f"highest_{groups}"
    rate: dict[str, Any] = {"axes": phase, "number_format": "0.00E+00"}
    share: dict[str, Any] = {"axes": phase, "number_format": "0.0000"}
    difference: dict[str, Any] = {"axes": phase, "number_format": "0E+00", "role": "check"}
    return (
        Given(
            name=f"{phase}_steps", title=f"steps, {phase}", low=1, high=1e9, whole=True, number_format="0", fixed=True
        ),
        Formula(
            name=f"{phase}_largest",
            title="largest difference",
            words="between these formulas and what the run used",
            number_format="0E+00",
            role="check",
            scale=f"{phase}_rate_{groups} {phase}_momentum",
            pattern=(
                f"MAX(MAX({phase}_rate_difference), -MIN({phase}_rate_difference), "
                f"MAX({phase}_momentum_difference), -MIN({phase}_momentum_difference))"
            ),
        ),
        axis_numbers(f"{phase}_number", phase, "step"),
        *(
            Formula(
                name=f"{phase}_rate_{number}",
                title=f"rate, group {number}",
                width=11,
                scale=f"{phase}_rate_{groups}" if number < groups else "",
                pattern=(
                    cycle(f"{top}/div_factor", top, f"{top}/(div_factor*10000)", phase)
                    if number == groups
                    else f"highest_{number}*{phase}_rate_{groups}/{top}"
                ),
                **rate,
            )
            for number in range(1, groups + 1)
        ),
        Formula(
            name=f"{phase}_momentum",
            title="momentum",
            pattern=cycle("max_momentum", "base_momentum", "max_momentum", phase),
            **share,
        ),
        Recorded(name=f"{phase}_recorded_rate", title="head's rate, used", made_by=MADE_BY, **rate),
        Recorded(name=f"{phase}_recorded_momentum", title="momentum, used", made_by=MADE_BY, **share),
        *(
            Formula(
                name=f"{phase}_{what}_difference",
                title=f"{what} used less formula",
                width=11,
                scale=f"{phase}_recorded_{what} {formula}",
                pattern=f"{phase}_recorded_{what}-{formula}",
                **difference,
            )
            for what, formula in (("rate", f"{phase}_rate_{groups}"), ("momentum", f"{phase}_momentum"))
        ),
    )


def _drawn(phase: str, groups: int) -> tuple[Item, ...]:
    rates = " ".join(f"{phase}_rate_{number}" for number in range(1, groups + 1))
    used = " ".join(f"{phase}_recorded_{what} {phase}_{what}_difference" for what in ("rate", "momentum"))
    return (
        Words(f"While {phase}"),
        Fields(f"{phase}_steps {phase}_largest"),
        Grid(f"{phase}_number {rates} {phase}_momentum | {used}"),
    )


def _charts(phase: str, groups: int, steps: float) -> tuple[Chart, ...]:
    rates = tuple(
        Series(f"{phase}_rate_{number}", f"group {number}", f"{phase}_number") for number in range(1, groups + 1)
    )
    momentum = (Series(f"{phase}_momentum", "momentum", f"{phase}_number"),)
    return tuple(
        Chart(
            name=f"{phase}_{name}",
            title=f"{title} while {phase}",
            series=series,
            x_title="step",
            x_high=steps,
            y_title=y_title,
            alt=alt,
            columns=5,
        )
        for name, title, series, y_title, alt in (
            ("rates", "Learning rates", rates, "rate", "Each group's rate rises to its highest and falls to nothing."),
            ("momenta", "Momentum", momentum, "momentum", "The momentum falls to its lowest and rises again."),
        )
    )


def _derive(phase: str, groups: int) -> tuple[Derive, ...]:
    rate = f"{phase}_rate_{groups}"
    shown = phase == "unfrozen"
    return (
        Derive(
            "schedules.one_cycle_fastai1",
            inputs={"step_number": f"{phase}_number", "steps": f"{phase}_steps", "max_rate": f"highest_{groups}"},
            outputs={"rate": rate, "momentum": f"{phase}_momentum"},
            shown=shown,
        ),
        *(
            Derive(
                "schedules.scaled",
                inputs={"rate": rate, "max_rate": f"highest_{groups}", "highest_rate": f"highest_{number}"},
                outputs={"scaled_rate": f"{phase}_rate_{number}"},
                shown=shown and number == 1,
            )
            for number in range(1, groups)
        ),
        Derive(
            "transfer.same_rates",
            inputs={
                "rate": rate,
                "recorded_rate": f"{phase}_recorded_rate",
                "momentum": f"{phase}_momentum",
                "recorded_momentum": f"{phase}_recorded_momentum",
            },
            outputs={
                "rate_difference": f"{phase}_rate_difference",
                "momentum_difference": f"{phase}_momentum_difference",
                "largest_difference": f"{phase}_largest",
            },
            shown=shown,
        ),
    )
