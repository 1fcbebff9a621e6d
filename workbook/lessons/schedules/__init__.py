"""Schedules of the learning rate: annealing, one cycle, layer groups, the rate finder, smoothed loss."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Progress, Sheet
from workbook.lessons import optimizers
from workbook.lessons.optimizers import data
from workbook.lessons.schedules import annealing, applied, by_hand, groups, one_cycle, smoothing

TURNS, TEN, GROUPS, BATCHES, TRIALS = 60, 10, 12, 200, 100
EXAMPLE = (5.0, 1.0, 1.0, 1.0)
"""A first value that stands out, and how the average forgets it; the smoothed values are done by hand beside them."""
RESNET = (("conv1 … layer2", "1,347,904"), ("layer3, layer4", "19,936,768"), ("head", "new"))


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """The points of the optimizers lesson, and two recorded runs on the bundled ratings."""
    from engine.datasets import movielens
    from engine.runs import training

    points = optimizers.load({**options, "points": None, "epochs": 5}, seed, progress)
    ratings = movielens.read_ratings()
    users, user_index = np.unique(ratings.user, return_inverse=True)
    movies, movie_index = np.unique(ratings.movie, return_inverse=True)
    run = (user_index, movie_index, ratings.rating, len(users), len(movies))
    progress("recording loss curves", 0, 2)
    losses = training.mini_batch_losses(*run, batches=BATCHES, seed=seed)
    progress("recording loss curves", 1, 2)
    found = training.finder_losses(*run, start_rate=1e-5, end_rate=10.0, steps=TRIALS, seed=seed)
    progress("recording loss curves", 2, 2)
    steps = points.sizes["step"]
    values: dict[str, Array] = {
        **{name: value for name, value in points.values.items() if name.startswith("data.")},
        **by_hand.values(),
        "annealing.step_number": np.arange(1.0, TURNS + 1),
        "one_cycle.step_number": np.arange(1.0, steps + 1),
        "one_cycle.ten_number": np.arange(1.0, TEN + 1),
        "groups.group_number": np.arange(1.0, GROUPS + 1),
        "groups.resnet_number": np.arange(1.0, len(RESNET) + 1),
        "groups.resnet_layers": np.array([layers for layers, _ in RESNET], dtype=object),
        "groups.resnet_parameters": np.array([count for _, count in RESNET], dtype=object),
        "smoothed_loss.batch_number": np.arange(1.0, BATCHES + 1),
        "smoothed_loss.loss": losses,
        "smoothed_loss.example_number": np.arange(1.0, len(EXAMPLE) + 1),
        "smoothed_loss.example_value": np.array(EXAMPLE),
        "finder.step_number": np.arange(1.0, TRIALS + 1),
        "finder.loss": found,
    }
    sizes = {axis: points.sizes[axis] for axis in ("point", "epoch", "step")}
    sizes |= {"turn": TURNS, "ten": TEN, "group": GROUPS, "part": len(RESNET), "batch": BATCHES, "trial": TRIALS}
    sizes |= {"value": len(EXAMPLE), **by_hand.SIZES}
    return Data(sizes, values, {"points": points.facts["points"]}, ratings.digest)


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "Schedules: gradbook",
            f"""
            How fast should a network learn, and when? Each schedule here gives a rate for each step by a formula, as torch or fastai would; one of them
            drives Adam on {sizes["point"]} points.
            """,
            lesson="schedules",
        ),
        by_hand.sheet(),
        annealing.sheet(),
        one_cycle.sheet(),
        applied.sheet(),
        groups.sheet(),
        smoothing.finder(),
        smoothing.loss(),
        data.sheet(facts),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(name="schedules", title="Schedules", options=(), load=load, sheets=sheets)
