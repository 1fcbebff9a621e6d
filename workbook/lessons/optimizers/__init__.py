"""Optimizers step by step: SGD, momentum, RMSprop, Adagrad, Adam, AdamW, in torch's rule and the lecture's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Data, Lesson, Option, Progress, Sheet
from workbook.lessons.optimizers import (
    adagrad,
    adam,
    adamw,
    annealing,
    by_hand,
    compare,
    conventions,
    data,
    decay,
    ewma,
    momentum,
    nesterov,
    rmsprop,
    sgd,
)
from workbook.lessons.optimizers.table import ENDS, MOMENTS, RUNS

LECTURE = ((14.0, 58.0), (86.0, 202.0), (28.0, 86.0))
POINTS, EPOCHS, LAGS, ANGLES = 29, 5, 31, 41


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """The lecture's points, or a person's own, and the order in which the steps take them."""
    progress("choosing points", 0, 1)
    rng = np.random.default_rng(seed)
    if options["points"]:
        from engine.datasets.points import read_points

        own = read_points(Path(options["points"]))
        x, y, digest = own.x, own.y, own.digest
        words = f"{len(x)} points from {Path(options['points']).name}."
    else:
        drawn = rng.choice(np.arange(1.0, 100.0), POINTS - len(LECTURE), replace=False)
        x = np.array([point[0] for point in LECTURE] + drawn.tolist())
        y, digest = 2 * x + 30, "none"
        words = f"{POINTS} points of y = 2x + 30, the first three the lecture's, the others drawn by the seed."
    n, epochs = len(x), options["epochs"]
    steps = n * epochs
    values = {
        **by_hand.values(),
        "data.point_label": np.arange(1.0, n + 1),
        "data.x": x,
        "data.exact_y": y,
        "data.noise": np.round(rng.normal(0.0, 0.05 * (np.abs(y).mean() or 1.0), n), 2),
        "data.epoch_number": np.arange(1.0, epochs + 1),
        "data.epoch_step": np.arange(1.0, epochs + 1) * n,
        "data.step_number": np.arange(1.0, steps + 1),
        "data.point_number": np.tile(np.arange(1.0, n + 1), epochs),
        "decay.step_number": np.arange(1.0, n + 1),
        "ewma.lag": np.arange(0.0, LAGS),
        "compare.angle": np.linspace(0.0, 2 * np.pi, ANGLES),
    }
    # The squared error bends by 2 x² along the slope: beyond a rate of 1 / x² plain descent swings ever wider.
    rate = min(1e-4, float(f"{1 / max(np.square(x).max(), 1.0):.0e}"))
    for name in RUNS:
        values[f"{name}.moment_number"] = np.arange(1.0, len(MOMENTS) + 1)
        values[f"{name}.end_number"] = np.arange(1.0, ENDS + 1)
    facts = {"points": words, "rate": repr(rate)}
    sizes = {
        "point": n,
        "epoch": epochs,
        "step": steps,
        "row": n,
        "lag": LAGS,
        "angle": ANGLES,
        "moment": len(MOMENTS),
        "end": ENDS,
        **by_hand.SIZES,
    }
    return Data(sizes, values, facts, digest)


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    rate = float(facts["rate"])
    return (
        opening.start(
            "Optimizers: gradbook",
            f"""
            An optimizer turns gradients into new parameters. Here each one fits a line to the same {sizes["point"]} points, each step in a row, every piece
            of its state in a cell, by torch's rule; where the lecture's workbook has another rule, a switch shows it. A learning rate that is too large
            sends the parameters away without end: then the verdict says diverged, and they are left there.
            """,
            lesson="optimizers",
        ),
        by_hand.sheet(),
        data.sheet(facts),
        sgd.sheet(rate),
        momentum.sheet(rate),
        nesterov.sheet(rate),
        rmsprop.sheet(),
        adagrad.sheet(),
        adam.sheet(),
        adamw.sheet(),
        annealing.sheet(),
        decay.sheet(rate),
        ewma.sheet(),
        compare.sheet(),
        conventions.sheet(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(
    name="optimizers",
    title="Optimizers",
    options=(
        Option("points", str, None, "Your own points: a CSV file with the columns x and y", path=True),
        Option("epochs", int, EPOCHS, "How often every point is taken", low=1, high=200),
    ),
    load=load,
    sheets=sheets,
    work=2.0,
)
