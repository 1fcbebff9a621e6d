"""A tiny lesson of two sheets, its values computed here in plain NumPy, for the tests of the writer."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from workbook.lesson.lesson import (
    Badge,
    Block,
    Chart,
    Charts,
    Data,
    Fields,
    Formula,
    Given,
    Grid,
    Legend,
    Lesson,
    Links,
    Recorded,
    Repeat,
    Series,
    Sheet,
    Solver,
    Words,
)
from workbook.plan.plan import Plan, arrange
from workbook.xlsx.write import write

TOWNS = ("=danger", "Ulm <&> Bonn", "_x0041_ town", "  two  blanks", "bell\x07", "-7 Grad")
SIZES = {"town": 6, "other": 6, "step": 3, "epoch": 12, "run": 2}

START = Sheet(
    name="start",
    title="Start",
    words="A line through six towns, cell by cell. Change a yellow cell, and everything recalculates.",
    layout=(Words("Sheets"), Links(), Words("How to read the cells"), Legend(), Words("Checked"), Badge()),
    summary="Where to begin.",
)

FIT = Sheet(
    name="fit",
    title="Line fit",
    words="How warm is a town, given how far north it lies? The slope and intercept are yours to choose. "
    "Below, gradient descent chooses them.",
    blocks=(
        Given(
            name="slope",
            value=-0.5,
            low=-10,
            high=10,
            title="Slope",
            words="degrees warmer for a degree north",
            role="parameter",
        ),
        Given(name="intercept", value=40.0, title="Intercept", words="degrees at the equator", role="parameter"),
        Given(
            name="learning_rate",
            value=0.0001,
            low=0,
            high=1,
            title="Learning rate",
            words="how far a step goes",
            number_format="0.0000",
        ),
        Given(
            name="epochs",
            value=3.0,
            low=1,
            high=9,
            whole=True,
            title="Epochs",
            words="how often all towns are seen",
            number_format="0",
        ),
        Given(
            name="start_from", value="zero", choices=("zero", "yours"), title="Start from", words="where descent begins"
        ),
        Given(name="favourite", value="=danger", choices="name", title="Favourite town", words="one of those below"),
        Given(name="name", axes="town", text=True, title="Town", upright=False, width=14),
        Given(name="number", axes="town", fixed=True, title="No.", number_format="0"),
        Given(
            name="north",
            axes="town",
            title="Degrees north",
            number_format="0.0",
            note="Latitude of the town hall, from the map.",
        ),
        Given(name="warmth", axes="town", title="Mean warmth", number_format="0.0"),
        Formula(name="prediction", axes="town", pattern="slope * north + intercept", title="Prediction"),
        Formula(
            name="error",
            axes="town",
            pattern='IF(warmth="", 0, prediction - warmth)',
            title="Error, prediction less warmth",
        ),
        Formula(name="warm", axes="town", pattern="prediction > 10", title="Warm?"),
        Formula(
            name="root", axes="town", pattern='IF(error<0, "none", SQRT(error))', title="Root of error", blank="none"
        ),
        Formula(
            name="mse",
            pattern="SUMPRODUCT(error, error)/COUNT(warmth)",
            title="Mean squared error",
            role="result",
            words="what descent makes small",
        ),
        Formula(name="verdict", pattern='IF(mse<4, "close & good", "far")', text=True, title="Verdict", role="check"),
        Formula(
            name="product",
            axes="town other",
            pattern="error*ALONG(error, town, other)",
            look="diverging",
        ),
        Formula(
            name="north_across",
            axes="town",
            across="town",
            pattern="north",
            title="Degrees north, across",
            number_format="0.0",
        ),
        Formula(name="weight", axes="step", pattern="PREV(new_weight, slope)", title="Slope before"),
        Formula(name="offset", axes="step", pattern="PREV(new_offset, intercept)", title="Intercept before"),
        Formula(
            name="miss",
            axes="step town",
            pattern='IF(warmth="", 0, weight * north + offset - warmth)',
            title="Miss, town by town",
            look="diverging",
        ),
        Formula(
            name="new_weight",
            axes="step",
            pattern="weight - learning_rate * 2 * SUMPRODUCT(miss, north_across) / COUNT(warmth)",
            title="Slope after",
        ),
        Formula(
            name="new_offset",
            axes="step",
            pattern="offset - learning_rate * 2 * SUM(miss) / COUNT(warmth)",
            title="Intercept after",
        ),
        Recorded(name="epoch_number", axes="epoch", title="Epoch", made_by="a count", number_format="0"),
        Recorded(
            name="loss",
            axes="epoch run",
            title="Loss of two runs",
            made_by="descent, seed 0",
            number_format="0.000",
            look="sequential",
        ),
    ),
    layout=(
        Fields("slope intercept learning_rate epochs start_from favourite"),
        Words("Towns", "Each town in a row."),
        Grid("name number north warmth prediction error warm root | product"),
        Fields("mse verdict"),
        Words("Descent"),
        Grid("north_across"),
        Repeat("step", "weight offset miss\nnew_weight new_offset ."),
        Words("Recorded"),
        Grid("epoch_number loss"),
        Charts("line curves towns"),
    ),
    charts=(
        Chart(
            name="line",
            title="The line and the towns",
            series=(Series("warmth", "warmth", x="north"), Series("prediction", "prediction", x="north")),
            x_title="degrees north",
            y_title="degrees",
            alt="Warmth falls as towns lie further north.",
            columns=5,
        ),
        Chart(
            name="curves",
            title="Loss by epoch",
            series=(
                Series("loss", "run 1", x="epoch_number", at=(0,)),
                Series("loss", "run 2", x="epoch_number", at=(1,)),
            ),
            x_title="epoch",
            y_title="loss",
            alt="Both runs fall.",
            log_y=True,
            columns=6,
        ),
        Chart(
            name="towns",
            title="Towns by name",
            series=(Series("prediction", "town", x="north"),),
            labels="name",
            kind="labelled",
            log_x=True,
            x_title="degrees north",
            y_title="prediction",
            alt="Six towns.",
            columns=6,
        ),
    ),
    summary="A line fitted to six points.",
    freeze="",
    solver=Solver("mse", "slope intercept"),
)


def tiny_lesson(fit: Sheet = FIT, start: Sheet = START) -> Lesson:
    """The lesson with its sheets, or with others in their place."""

    def load(*_: Any) -> Data:
        raise AssertionError

    return Lesson(name="tiny", title="A tiny lesson", options=(), load=load, sheets=lambda sizes, facts: (start, fit))


def tiny_values() -> dict[str, Any]:
    """The values of every block, by NumPy."""
    north = np.array([48.0, 50.7, 35.5, 59.3, 41.25, 0.1])
    warmth = np.array([9.5, np.nan, 17.0, 7.25, 15.0, 26.0])
    slope, intercept, rate = -0.5, 40.0, 0.0001
    count = 5
    prediction = slope * north + intercept
    error = np.where(np.isnan(warmth), 0.0, prediction - warmth)
    mse = (error**2).sum() / count
    weight, offset, miss, new_weight, new_offset = (
        np.zeros(3),
        np.zeros(3),
        np.zeros((3, 6)),
        np.zeros(3),
        np.zeros(3),
    )
    w, b = slope, intercept
    for t in range(3):
        weight[t], offset[t] = w, b
        miss[t] = np.where(np.isnan(warmth), 0.0, w * north + b - warmth)
        w, b = w - rate * 2 * (miss[t] * north).sum() / count, b - rate * 2 * miss[t].sum() / count
        new_weight[t], new_offset[t] = w, b
    epoch = np.arange(1.0, 13.0)
    with np.errstate(invalid="ignore"):
        root = np.sqrt(error)
    values = {
        "slope": slope,
        "intercept": intercept,
        "learning_rate": rate,
        "epochs": 3.0,
        "north": north,
        "warmth": warmth,
        "north_across": north,
        "number": np.arange(1.0, 7.0),
        "prediction": prediction,
        "error": error,
        "warm": prediction > 10,
        "root": root,
        "mse": mse,
        "product": np.outer(error, error),
        "weight": weight,
        "offset": offset,
        "miss": miss,
        "new_weight": new_weight,
        "new_offset": new_offset,
        "epoch_number": epoch,
        "loss": np.stack([np.exp(-epoch / 3), 1 / epoch], axis=1),
        "start_from": np.asarray("zero", dtype=object),
        "favourite": np.asarray("=danger", dtype=object),
        "name": np.array(TOWNS, dtype=object),
        "verdict": np.asarray("close & good" if mse < 4 else "far", dtype=object),
    }
    return {f"fit.{name}": np.asarray(value) for name, value in values.items()}


def tiny_plan(fit: Sheet = FIT, start: Sheet = START, values: dict[str, Any] | None = None) -> Plan:
    """The plan of the tiny lesson."""
    lesson = tiny_lesson(fit, start)
    facts = {"terms": "Made up; use it as you like."}
    layouts = arrange(
        lesson,
        SIZES,
        facts,
        {"fit": ("# NumPy", "import numpy as np", "", "def fit(north, slope):", "    return slope * north")},
    )
    return Plan(lesson, {"epochs": 3}, 0, SIZES, facts, "0" * 64, layouts, values or tiny_values(), {})


def with_block(fit: Sheet, block: Block) -> Sheet:
    """The sheet with another block in the place of the one of that name."""
    return replace(fit, blocks=tuple(block if old.name == block.name else old for old in fit.blocks))  # type: ignore[misc]


@pytest.fixture
def tiny() -> ModuleType:
    """This module: the tests' own sheets, values and plans."""
    return sys.modules[__name__]


@pytest.fixture
def plan() -> Plan:
    """The tiny lesson's plan."""
    return tiny_plan()


@pytest.fixture
def written(plan: Plan, tmp_path: Path) -> Path:
    """The tiny lesson's workbook."""
    path = tmp_path / "tiny.xlsx"
    write(plan, path, "Every number within 1e-10 of NumPy's, by NumPy.")
    return path
