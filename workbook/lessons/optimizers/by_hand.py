"""Optimizers by hand: one weight, a parabola, three steps of SGD, momentum and Adam side by side."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import (
    Array,
    Beside,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Series,
    Sheet,
    Words,
)
from workbook.lesson.questions import Question, asked, derived, predictions

SIZES = {"turn": 3}

QUESTIONS = (
    Question("SGD, step 3: w − rate × slope?", "sgd_new", "last"),
    Question("Momentum, step 3: its velocity?", "velocity", "last", name="last_velocity"),
    Question("Adam, step 1, one rate long: its new w?", "adam_new", "first"),
)
TRIES = Tries(
    (
        Try("sgd_rate", (), "1", "SGD jumps from side to side and never comes down."),
        Try("mu", (), "0", "momentum without memory is SGD."),
        Try("start", (), "80", "SGD's steps grow tenfold. Adam's do not."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(("w",), "weight", "", box=True),
        Column(("2w",), "slope", "backward", box=True),
        Column(("memory",), "averages", "backward", box=True),
        Column(("− rate ×",), "step", "update", box=True),
        Column(("new w",), "", "update", box=True),
    ),
    forward="weight → slope → memory → step",
    backward="again, from the new w",
    alt="The weight gives a slope, the slope goes into a memory, the memory makes the step, and the step a new weight, from which all begins again.",
    width=250,
    height=75,
)


def values() -> dict[str, Array]:
    """The numbers of the steps."""
    return {"by_hand.turn": np.arange(1.0, SIZES["turn"] + 1)}


def _rates() -> tuple[Given, ...]:
    """What each optimizer may be told."""
    number: dict[str, Any] = {"number_format": "General"}
    return (
        Given(
            name="start",
            title="w",
            value=8.0,
            low=-100,
            high=100,
            words="where all three begin; the loss is w², its slope 2w",
            **number,
        ),
        Given(
            name="rest",
            title="memory",
            value=0.0,
            fixed=True,
            words="of momentum and of Adam before the first step",
            **number,
        ),
        Given(name="sgd_rate", title="rate", value=0.25, low=0, high=1, **number),
        Given(name="momentum_rate", title="rate", value=0.25, low=0, high=1, **number),
        Given(name="mu", title="μ", value=0.5, low=0, high=0.95, **number),
        Given(name="adam_rate", title="rate", value=2.0, low=0, high=10, **number),
        Given(name="beta1", title="β₁", value=0.5, low=0.1, high=0.95, **number),
        Given(name="beta2", title="β₂", value=0.75, low=0.1, high=0.99, **number),
    )


def _steps() -> tuple[Formula, ...]:
    """The columns of all three, a row a step."""
    column: dict[str, Any] = {"axes": "turn", "number_format": "General"}
    back: dict[str, Any] = {**column, "role": "backward"}
    new: dict[str, Any] = {**column, "role": "update"}
    return (
        Formula(name="sgd_w", title="w", role="forward", pattern="PREV(sgd_new, start)", **column),
        Formula(name="sgd_slope", title="slope", pattern="2*sgd_w", **back),
        Formula(name="sgd_new", title="new w", pattern="sgd_w-sgd_rate*sgd_slope", scale="sgd_w", **new),
        Formula(name="momentum_w", title="w", role="forward", pattern="PREV(momentum_new, start)", **column),
        Formula(name="momentum_slope", title="slope", pattern="2*momentum_w", **back),
        Formula(
            name="velocity",
            title="velocity",
            pattern="mu*PREV(velocity, rest)+momentum_slope",
            scale="momentum_slope",
            **back,
        ),
        Formula(
            name="momentum_new", title="new w", pattern="momentum_w-momentum_rate*velocity", scale="momentum_w", **new
        ),
        Formula(name="adam_w", title="w", role="forward", pattern="PREV(adam_new, start)", **column),
        Formula(name="adam_slope", title="slope", pattern="2*adam_w", **back),
        Formula(name="m", title="m", pattern="beta1*PREV(m, rest)+(1-beta1)*adam_slope", scale="adam_slope", **back),
        Formula(name="m_hat", title="m̂", pattern="m/(1-beta1^turn)", scale="adam_slope", **back),
        Formula(name="s", title="s", pattern="beta2*PREV(s, rest)+(1-beta2)*adam_slope^2", **back),
        Formula(name="s_hat", title="ŝ", pattern="s/(1-beta2^turn)", **back),
        Formula(
            name="adam_new",
            title="new w",
            pattern="adam_w-adam_rate*m_hat/(SQRT(s_hat)+0.00000001)",
            scale="adam_w",
            **new,
        ),
    )


def sheet() -> Sheet:
    """Three steps of each."""
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="Three optimizers by hand",
        summary="start here: one weight, a parabola, three steps of SGD, momentum and Adam",
        words="""
            The slope says which way is up, so a step goes the other way. SGD goes by the slope alone. Momentum remembers earlier slopes and rolls on. Adam divides by the size of the slopes so far, so its first
            step is as long as its rate, whatever the slope.
        """,
        column_width=5.2,
        one_page=True,
        step="turn",
        blocks=(
            *_rates(),
            axis_numbers("turn", "turn", "step"),
            *_steps(),
            *asked(QUESTIONS),
        ),
        layout=(
            Fields("start"),
            Beside(
                (
                    (
                        Words("SGD"),
                        Grid(
                            """
                            turn sgd_w sgd_slope → sgd_new

                            .    sgd_rate .      . .
                            """,
                            tight=True,
                        ),
                    ),
                    (
                        Words("Momentum"),
                        Grid(
                            """
                            momentum_w    momentum_slope → velocity → momentum_new

                            momentum_rate mu             . rest     . .
                            """,
                            tight=True,
                        ),
                    ),
                    (
                        Words("Adam"),
                        Grid(
                            """
                            adam_w    adam_slope → m     m_hat s s_hat → adam_new

                            adam_rate beta1      . beta2 .     . .     . .
                            """,
                            tight=True,
                        ),
                    ),
                )
            ),
            Beside(((predictions(QUESTIONS, columns=6), TRIES), (Charts("paths"),), (DIAGRAM,))),
        ),
        charts=(
            Chart(
                name="paths",
                title="w after each step",
                series=(
                    Series("sgd_new", "SGD", "turn", named=True),
                    Series("momentum_new", "momentum", "turn", named=True),
                    Series("adam_new", "Adam", "turn", named=True),
                ),
                x_title="step",
                y_title="w",
                alt="SGD halves w at each step; momentum reaches 0 at the second and overshoots; Adam comes down by about its rate.",
                legend="",
                x_high=5.0,
                columns=6,
                rows=10,
            ),
        ),
        derive=(Derive("by_hand.sgd"), Derive("by_hand.momentum"), Derive("by_hand.adam"), *derived(QUESTIONS)),
    )
