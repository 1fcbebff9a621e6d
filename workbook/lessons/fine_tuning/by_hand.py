"""Fine-tuning by hand: two pixels, two units, an old head out and a new one in; frozen and unfrozen side by side."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_names
from workbook.lesson.lesson import Array, Beside, Derive, Formula, Given, Grid, Sheet, Words
from workbook.lesson.questions import Question, asked, derived, predictions

OLD, NEW = ("cat", "dog"), ("oak", "elm")
SIZES = {"spot": 2, "unit": 2, "pet": len(OLD), "tree": len(NEW)}

QUESTIONS = (
    Question("What share do the logits give to oak?", "p", "first"),
    Question("The gradient of the head's first weight: h × (p − y)?", "head_gradient", "first"),
    Question("The loss after a step of the head alone, to two decimals?", "frozen_loss", "only"),
)
TRIES = Tries(
    (
        Try("body_rate", (), "0", "the body is as if frozen, and both losses are equal."),
        Try("old_head", (0, 0), "2", "nothing in the new task changes, as the old head is out."),
        Try("right", (), "elm", "all gradients change their sign."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(("x₁", "x₂"), "pixels", ""),
        Column(("h₁", "h₂"), "body: kept"),
        Column(("old", "new"), "heads", "update", box=True, gone=("old",)),
    ),
    forward="forward",
    backward="backward: to the head or further",
    alt="Two pixels go through two units of the body, which is kept, to the new head's two classes; the old head was taken away.",
    width=200,
    height=135,
)


def values() -> dict[str, Array]:
    """Weights under which the new head knows nothing yet."""
    return {
        "by_hand.x": np.array([1.0, 2.0]),
        "by_hand.w": np.array([[1.0, -2.0], [0.0, 2.0]]),
        "by_hand.old_head": np.array([[1.0, -1.0], [-1.0, 1.0]]),
        "by_hand.head": np.array([[1.0, -1.0], [0.0, 1.0]]),
        "by_hand.old_name": np.array(OLD, dtype=object),
        "by_hand.new_name": np.array(NEW, dtype=object),
    }


def _there() -> tuple[Given | Formula, ...]:
    """The way there, through the body to both heads."""
    number: dict[str, Any] = {"number_format": "General"}
    weight: dict[str, Any] = {**number, "low": -2, "high": 2, "frame": True}
    unit: dict[str, Any] = {**number, "axes": "unit", "across": "unit", "role": "forward"}
    tree: dict[str, Any] = {**number, "axes": "tree", "across": "tree", "role": "forward"}
    return (
        Given(name="x", axes="spot", across="spot", title="x", low=0, high=2, **number),
        Given(name="w", axes="spot unit", title="body W", **weight),
        axis_names("old_name", "pet", across="pet"),
        Given(name="old_head", axes="unit pet", title="old: out", **weight),
        axis_names("new_name", "tree", across="tree"),
        Given(name="head", axes="unit tree", title="new: in", **weight),
        Given(name="right", title="it is an", value=NEW[0], choices=NEW),
        Formula(name="z", title="z = x W", pattern="MMULT(x, w)", **unit),
        Formula(name="h", title="h = ReLU z", pattern="MAX(0, z)", **unit),
        Formula(name="old_logit", axes="pet", across="pet", title="it said", pattern="MMULT(h, old_head)", **number),
        Formula(name="logit", title="logits", pattern="MMULT(h, head)", **tree),
        Formula(name="p", title="share p", pattern="1/(1+EXP(SUM(ALL(logit))-2*logit))", **tree),
        Formula(name="y", title="truth y", pattern="IF(right=new_name, 1, 0)", **tree),
        Formula(
            name="loss",
            title="loss",
            role="result",
            pattern="LN(1+EXP(SUM(logit)-2*SUMPRODUCT(y, logit)))",
            scale="logit",
            **number,
        ),
    )


def _back() -> tuple[Formula, ...]:
    """The way back to the head and on to the body."""
    back: dict[str, Any] = {"number_format": "General", "role": "backward"}
    return (
        Formula(name="difference", axes="tree", across="tree", title="p − y", pattern="p-y", scale="p y", **back),
        Formula(name="head_gradient", axes="unit tree", title="∂head", pattern="h*difference", **back),
        Formula(
            name="h_gradient",
            axes="unit",
            across="unit",
            title="∂h",
            pattern="SUMPRODUCT(head, difference)",
            scale="head",
            **back,
        ),
        Formula(
            name="body_gradient",
            axes="spot unit",
            title="∂W",
            pattern="x*IF(z>0, h_gradient, 0)",
            scale="head",
            **back,
        ),
    )


def _steps() -> tuple[Given | Formula, ...]:
    """A step of the head alone, and one of both."""
    number: dict[str, Any] = {"number_format": "General"}
    new: dict[str, Any] = {**number, "role": "update"}
    tree: dict[str, Any] = {**new, "axes": "tree", "across": "tree"}
    return (
        Given(name="head_rate", title="rate", value=0.5, low=0, high=0.5, **number),
        Given(name="body_rate", title="rate", value=0.1, low=0, high=0.2, **number),
        Formula(
            name="moved_head",
            axes="unit tree",
            title="head",
            frame=True,
            pattern="head-head_rate*head_gradient",
            scale="head",
            **new,
        ),
        Formula(name="frozen_logit", title="logits", pattern="MMULT(h, moved_head)", **tree),
        Formula(
            name="frozen_loss",
            title="loss",
            pattern="LN(1+EXP(SUM(frozen_logit)-2*SUMPRODUCT(y, frozen_logit)))",
            scale="frozen_logit",
            number_format="General",
            role="result",
        ),
        Formula(
            name="moved_w",
            axes="spot unit",
            title="body",
            frame=True,
            pattern="w-body_rate*body_gradient",
            scale="w",
            **new,
        ),
        Formula(name="moved_h", axes="unit", across="unit", title="h", pattern="MAX(0, MMULT(x, moved_w))", **new),
        Formula(name="free_logit", title="logits", pattern="MMULT(moved_h, moved_head)", **tree),
        Formula(
            name="free_loss",
            title="loss",
            pattern="LN(1+EXP(SUM(free_logit)-2*SUMPRODUCT(y, free_logit)))",
            scale="free_logit",
            number_format="General",
            role="result",
        ),
    )


def sheet() -> Sheet:
    """One picture, one step, with the body frozen and not."""
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="A new head by hand",
        summary="start here: two pixels, two units, a new head in place of the old, one step frozen and one not",
        words="""
            A network that knows cats and dogs is to learn two trees. Its body stays, a new head comes in. If frozen, only the head moves.
        """,
        column_width=4.5,
        shapes=True,
        one_page=True,
        blocks=(*_there(), *_back(), *_steps(), *asked(QUESTIONS)),
        layout=(
            Beside(
                (
                    (
                        Grid(
                            """
                            .     . .             . .          | old_name  | new_name      . .          . .
                            .     . w             . .          | old_head  | head          . .          . .
                            x     → z             → h          | old_logit | logit         → p          → loss

                            right . body_gradient ← h_gradient | .         | head_gradient ← difference . y
                            """,
                            tight=True,
                        ),
                    ),
                    (DIAGRAM,),
                )
            ),
            Beside(
                (
                    (
                        Words("Frozen: the head alone"),
                        Grid("head_rate | moved_head | frozen_logit → frozen_loss", tight=True),
                    ),
                    (
                        Words("Unfrozen: the body too"),
                        Grid("body_rate | moved_w → moved_h | =moved_head | free_logit → free_loss", tight=True),
                    ),
                )
            ),
            Beside(((predictions(QUESTIONS, columns=9),), (TRIES,))),
        ),
        derive=(Derive("by_hand.new_head"), *derived(QUESTIONS)),
    )
