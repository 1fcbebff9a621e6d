"""One cycle by hand: eight steps up and down."""

from typing import Any

import numpy as np

from workbook.lesson.by_hand import Column, Diagram, Tries, Try
from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Array, Beside, Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet
from workbook.lesson.questions import Question, asked, derived, predictions

SIZES = {"beat": 8}

QUESTIONS = (
    Question("The way down is done: what is the last rate?", "rate", "last"),
    Question("The rate begins low, the momentum high: at which value?", "momentum", "first"),
    Question("What do all eight rates add up to?", "travelled", "only"),
)
TRIES = Tries(
    (
        Try("shape", (), "cosine", "the curve is flat at its ends, steep in between."),
        Try("peak", (), "2", "the way up is short, the way down long."),
        Try("top", (), "20", "only the rates change."),
    )
)
DIAGRAM = Diagram(
    columns=(
        Column(("step",), "1 to 8", "", box=True),
        Column(("way",), "0 to 1", box=True),
        Column(("bent",), "by the shape", box=True),
        Column(("rate", "momentum"), "opposite ways", "update", box=True),
    ),
    forward="how far along → how much of the range",
    backward="",
    alt="The step says how far along its way the cycle is; the shape may bend that; rate and momentum follow it in opposite ways.",
    width=330,
    height=75,
)


def values() -> dict[str, Array]:
    """The numbers of the steps."""
    return {"by_hand.beat": np.arange(1.0, SIZES["beat"] + 1)}


NUMBER: dict[str, Any] = {"number_format": "General"}

COLUMN: dict[str, Any] = {**NUMBER, "axes": "beat"}


def sheet() -> Sheet:
    """The rate and the momentum of each step."""
    return Sheet(
        name="by_hand",
        title="By hand",
        heading="One cycle by hand",
        summary="start here: eight steps, the rate up and down, the momentum down and up",
        words="""
            First slowly, then fast, then slowly again; the momentum does the opposite. “Way” says how far each half has come, from 0 to 1.
        """,
        column_width=7.0,
        one_page=True,
        blocks=(
            *_settings(),
            axis_numbers("beat", "beat", "step"),
            label("phase", "beat", 'IF(beat<=peak, "up", "down")', "", text=True),
            *_cycle(),
            Formula(name="travelled", title="Σ rates", role="result", pattern="SUM(rate)", **NUMBER),
            *asked(QUESTIONS),
        ),
        layout=(
            Beside(
                (
                    (Fields("start top end peak shape"),),
                    (DIAGRAM,),
                )
            ),
            Beside(
                (
                    (Grid("beat phase way → bent → rate momentum travelled", tight=True),),
                    (Charts("rates momenta"),),
                )
            ),
            Beside(((predictions(QUESTIONS, columns=9),), (TRIES,))),
        ),
        charts=(
            Chart(
                name="rates",
                title="learning rate",
                series=(Series("rate", "rate", "beat"),),
                x_title="step",
                y_title="",
                alt="The rate rises to its top and falls to its end.",
                columns=4,
                rows=10,
                y_low=0,
            ),
            Chart(
                name="momenta",
                title="momentum",
                series=(Series("momentum", "momentum", "beat"),),
                x_title="step",
                y_title="",
                alt="The momentum falls while the rate rises, and rises while it falls.",
                columns=4,
                rows=10,
            ),
        ),
        derive=(Derive("by_hand.one_cycle"), *derived(QUESTIONS)),
    )


def _settings() -> tuple[Given, ...]:
    """The cycle's rates, its peak and its shape."""
    return (
        Given(name="start", title="start", value=2.0, low=0.1, high=10, words="the rate of the first step", **NUMBER),
        Given(name="top", title="top", value=8.0, low=0.1, high=100, words="the rate at the peak", **NUMBER),
        Given(name="end", title="end", value=0.0, low=0, high=10, words="the rate of the last step", **NUMBER),
        Given(
            name="peak",
            title="peak",
            value=4,
            low=2,
            high=7,
            whole=True,
            words="the step that has the highest rate",
            **NUMBER,
        ),
        Given(
            name="shape",
            title="shape",
            value="straight",
            choices=("straight", "cosine"),
            words="how the rate goes from one to the other",
        ),
    )


def _cycle() -> tuple[Formula, ...]:
    """How far each step is on its way, and its rate and momentum."""
    return (
        Formula(
            name="way",
            title="way",
            role="forward",
            pattern="IF(beat<=peak, (beat-1)/(peak-1), (beat-peak)/(COUNT(ALL(beat))-peak))",
            **COLUMN,
        ),
        Formula(
            name="bent",
            title="bent",
            role="forward",
            pattern='IF(shape="cosine", (1-COS(PI()*way))/2, way)',
            **COLUMN,
        ),
        Formula(
            name="rate",
            title="rate",
            role="update",
            pattern="IF(beat<=peak, start+(top-start)*bent, top+(end-top)*bent)",
            scale="top start",
            **COLUMN,
        ),
        Formula(
            name="momentum",
            title="momentum",
            role="update",
            pattern="IF(beat<=peak, 0.95-0.1*bent, 0.85+0.1*bent)",
            axes="beat",
            number_format="0.000",
            width=8.5,
        ),
    )
