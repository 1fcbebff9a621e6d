"""Every lesson as a small workbook from real data, built once: its own sheets, quick to recalculate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.datasets import movielens
from workbook.build import make_plan
from workbook.lessons import find, names
from workbook.plan import Plan
from workbook.write import write

# What makes a lesson small; a lesson without an entry is built with its defaults.
SMALL: Mapping[str, Mapping[str, Any]] = {
    "collab_filter": {"users": 4, "items": 5, "factors": 2, "latent": 4, "ratings": "small_ratings"},
    # The rule of its annealing compares two epochs at the start of a third.
    "optimizers": {"epochs": 3},
}


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


def small_plan(name: str, small_ratings: Path) -> Plan:
    """The plan of a small workbook of a lesson."""
    lesson = find(name)
    options = {option.name: option.default for option in lesson.options} | SMALL.get(name, {})
    files = {"small_ratings": str(small_ratings)}
    return make_plan(
        lesson, {key: files.get(str(value), value) for key, value in options.items()}, seed=0, progress=silent
    )


@pytest.fixture(scope="session", params=names())
def every(request: pytest.FixtureRequest, small_ratings: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small workbook of each lesson in turn."""
    plan = small_plan(request.param, small_ratings)
    path = tmp_path_factory.mktemp("every") / f"{request.param}.xlsx"
    write(plan, path, "built by a test")
    return Built(path, plan)


@pytest.fixture(scope="session")
def small(small_ratings: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small collab_filter.xlsx."""
    plan = small_plan("collab_filter", small_ratings)
    path = tmp_path_factory.mktemp("small") / "collab_filter.xlsx"
    write(plan, path, "built by a test")
    return Built(path, plan)
