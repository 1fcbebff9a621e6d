"""A small workbook from real ratings, built once: the lesson's own sheets, quick to recalculate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine.datasets import movielens
from workbook.build import make_plan
from workbook.lesson import Array, Formula
from workbook.lessons import find
from workbook.plan import Plan
from workbook.write import write

SMALL: Mapping[str, Any] = {"users": 4, "items": 5, "factors": 2, "latent": 4}


class Built(NamedTuple):
    """A workbook and the plan that it was written from."""

    path: Path
    plan: Plan


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def small_ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ratings.csv of the 60 busiest users and 40 most-rated movies of the bundled file."""
    cut = movielens.cut(movielens.read_ratings(), 60, 40)
    path = tmp_path_factory.mktemp("data") / "ratings.csv"
    rows = zip(cut.rated_by, cut.rated_movie, cut.rating, strict=True)
    path.write_text("userId,movieId,rating\n" + "".join(f"{user},{movie},{rating}\n" for user, movie, rating in rows))
    return path


@pytest.fixture(scope="session")
def small_plan(small_ratings: Path) -> Plan:
    """The plan of a small collab_filter."""
    lesson = find("collab_filter")
    defaults = {option.name: option.default for option in lesson.options}
    return make_plan(lesson, {**defaults, **SMALL, "ratings": str(small_ratings)}, seed=0, progress=silent)


@pytest.fixture(scope="session")
def small(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small collab_filter.xlsx."""
    path = tmp_path_factory.mktemp("small") / "collab_filter.xlsx"
    write(small_plan, path, "built by a test")
    return Built(path, small_plan)


def formula_blocks(plan: Plan) -> list[str]:
    """The names of all formula blocks."""
    return [name for name, place in plan.places.items() if isinstance(place.block, Formula)]


def largest_difference(found: Array, expected: Array) -> float:
    """The largest difference relative to the largest magnitude expected; NaN must meet NaN."""
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    scale = np.nanmax(np.abs(expected), initial=0.0) or 1.0
    return float(np.nanmax(np.abs(found - expected), initial=0.0) / scale)
