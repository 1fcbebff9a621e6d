"""A network by hand: four pixels, three units, two classes; every number of one step."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_names
from workbook.lesson.lesson import Array, Beside, Derive, Formula, Given, Grid, Sheet
from workbook.lesson.questions import Question, asked, derived, predictions

STROKES = ("\\", "/")
SIZES = {"dot": 4, "neuron": 3, "stroke": len(STROKES)}

QUESTIONS = (
    Question("The first power over their sum: its share?", "p", "first"),
    Question("The last unit: p − y times its row of W₂?", "dh", "last"),
    Question("The first gradient of W₂: h × (p − y)?", "dw2", "first"),
)
TRIES = Tries(
    (
        Try("rate", (), "0", "nothing moves. At 0.1 the loss falls."),
        Try("x", (3,), "0", "which gradients become 0?"),
        Try("right", (), "/", "gradients change their sign."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(("x₁", "x₂", "x₃", "x₄"), "pixels", ""),
        Column(("h₁", "h₂", "h₃"), "units"),
        Column(STROKES, "shares"),
        Column(("loss",), "", box=True),
    ),
    forward="forward",
    backward="backward",
    alt="Four pixels are joined to three units, these to two classes, and these to the loss; the gradients go the same ways back.",
    width=200,
    height=90,
)


def values() -> dict[str, Array]:
    """A falling stroke, and weights under which both classes are as likely."""
    return {
        "by_hand.x": np.array([1.0, 0.0, 0.0, 1.0]),
        "by_hand.w1": np.array([[1.0, -1.0, 1.0], [0.0, 1.0, 1.0], [-1.0, 1.0, 0.0], [1.0, 0.0, -1.0]]),
        "by_hand.b1": np.array([0.0, 0.0, 1.0]),
        "by_hand.w2": np.array([[0.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]),
        "by_hand.b2": np.array([0.0, 0.0]),
        "by_hand.klass": np.array(STROKES, dtype=object),
    }


def _given() -> tuple[Given, ...]:
    number: dict[str, Any] = {"number_format": "General", "low": -2, "high": 2}
    return (
        Given(name="x", axes="dot", across="dot", title="x", number_format="General", low=0, high=1),
        Given(name="right", title="is it", value=STROKES[0], choices=STROKES),
        Given(name="rate", title="rate", value=0.5, low=0, high=0.5, number_format="General"),
        Given(name="w1", axes="dot neuron", title="W₁", frame=True, **number),
        Given(name="b1", axes="neuron", across="neuron", frame=True, **number),
        Given(name="w2", axes="neuron stroke", title="W₂", frame=True, **number),
        Given(name="b2", axes="stroke", across="stroke", frame=True, **number),
        axis_names("klass", "stroke", "classes", across="stroke"),
    )


def _there(prefix: str, role: str) -> tuple[Formula, ...]:
    """Forward, by the weights as they are or, with the prefix, by those after the step."""
    unit: dict[str, Any] = {"axes": "neuron", "across": "neuron", "number_format": "General", "role": role}
    klass: dict[str, Any] = {"axes": "stroke", "across": "stroke", "number_format": "General", "role": role}
    p = prefix
    return (
        Formula(name=f"{p}z1", title="z₁ = x W₁ + b₁" if not p else "new z₁", pattern=f"MMULT(x, {p}w1)+{p}b1", **unit),
        Formula(name=f"{p}h", title="h = max(0, z₁)" if not p else "new h", pattern=f"MAX(0, {p}z1)", **unit),
        Formula(name=f"{p}z2", title="z₂" if not p else "new z₂", pattern=f"MMULT({p}h, {p}w2)+{p}b2", **klass),
        Formula(name=f"{p}power", title="eᶻ", pattern=f"EXP({p}z2)", **klass),
        Formula(name=f"{p}p", title="share p" if not p else "new p", pattern=f"{p}power/SUM(ALL({p}power))", **klass),
        Formula(
            name=f"{p}loss",
            title="loss" if not p else "new loss",
            number_format="General",
            role="result",
            pattern=f"LN(SUM({p}power))-SUMPRODUCT(y, {p}z2)",
            scale=f"{p}z2",
        ),
    )


def _back() -> tuple[Formula, ...]:
    """Gradients, from the logits to the first weights, and the step."""
    back: dict[str, Any] = {"number_format": "General", "role": "backward"}
    unit: dict[str, Any] = {**back, "axes": "neuron", "across": "neuron"}
    klass: dict[str, Any] = {**back, "axes": "stroke", "across": "stroke"}
    new: dict[str, Any] = {"number_format": "General", "role": "update", "frame": True}
    return (
        Formula(
            name="y",
            axes="stroke",
            across="stroke",
            title="y",
            role="forward",
            number_format="0",
            pattern="IF(right=klass, 1, 0)",
        ),
        Formula(name="dz2", title="p − y", pattern="p-y", scale="p y", **klass),
        Formula(name="dw2", axes="neuron stroke", title="hᵀ(p−y)", pattern="h*dz2", **back),
        Formula(name="db2", pattern="dz2", **klass),
        Formula(name="dh", title="(p−y) W₂ᵀ", pattern="SUMPRODUCT(w2, dz2)", scale="w2", **unit),
        Formula(name="dz1", title="where z₁ > 0", pattern="IF(z1>0, dh, 0)", scale="w2", **unit),
        Formula(name="dw1", axes="dot neuron", title="xᵀ dz₁", pattern="x*dz1", scale="w2", **back),
        Formula(name="db1", pattern="dz1", scale="w2", **unit),
        Formula(name="new_w1", axes="dot neuron", title="W₁ − rate ×", pattern="w1-rate*dw1", scale="w1", **new),
        Formula(name="new_b1", axes="neuron", across="neuron", pattern="b1-rate*db1", scale="b1", **new),
        Formula(name="new_w2", axes="neuron stroke", title="W₂ − rate ×", pattern="w2-rate*dw2", scale="w2", **new),
        Formula(name="new_b2", axes="stroke", across="stroke", pattern="b2-rate*db2", scale="b2 b1", **new),
    )


def sheet() -> Sheet:
    """Weights above, activations below; forward, backward and after the step side by side."""
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="A network by hand",
        summary="start here: four pixels, three units, two classes, every number of one step",
        words="""
            Blue is the way forward: pixels, units, shares, loss. Orange is the way back: the gradient of each number.
            Green is after one step. Below W₁ stands what it computes; below the gradient of W₁, what that is computed
            from.
        """,
        column_width=4.8,
        shapes=True,
        one_page=True,
        blocks=(*_given(), *_there("", "forward"), *_back(), *_there("new_", "update"), *asked(QUESTIONS)),
        layout=(
            Grid(
                """
                klass . w1   − dw1 = new_w1   | w2    − dw2 = new_w2
                .     + b1   − db1 = new_b1   + b2    − db2 = new_b2

                x     → z1   ← dz1 . new_z1   → z2    ← dz2 . new_z2
                rate  . h    ↑ dh  . new_h    . power . y   . new_power
                right . loss . .   . new_loss ← p     . .   . new_p
                """,
                tight=True,
            ),
            Beside(((predictions(QUESTIONS, columns=7),), (TRIES,), (DIAGRAM,))),
        ),
        derive=(Derive("by_hand.network"), *derived(QUESTIONS)),
    )
