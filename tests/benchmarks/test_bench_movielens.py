"""How long a whole MovieLens file takes, and how much memory.

Not part of the default run: ``pytest tests/benchmarks/test_bench_movielens.py``. The file is made up, of the size and
look of MovieLens 25M; GRADBOOK_BENCH_ROWS sets another number of rows.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from engine.datasets.movielens import Cut, cut, read_ratings

ROWS = int(os.environ.get("GRADBOOK_BENCH_ROWS", "25000000"))
USERS, MOVIES = 162_541, 59_047  # MovieLens 25M, README.txt
SECONDS = 30.0
PEAK_BYTES = 2 * 2**30


@dataclass(frozen=True)
class MadeUp:
    """A made-up ratings file, and what was written into it."""

    path: Path
    rows: int
    sum_of_ratings: float


def distinct_pairs(rows: int, random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return users and movies, from 0, each pair once, both drawn by Zipf-like laws, in the order of (user, movie)."""
    by_user = np.cumsum(1 / np.arange(1, USERS + 1) ** 0.7)
    by_movie = np.cumsum(1 / np.arange(1, MOVIES + 1) ** 0.9)
    pairs = np.empty(0, np.int64)
    while pairs.size < rows:
        count = rows + 1000  # a round costs a sort of them all, so few and large ones
        user = np.searchsorted(by_user, random.random(count) * by_user[-1])
        movie = np.searchsorted(by_movie, random.random(count) * by_movie[-1])
        pairs = np.unique(np.concatenate([pairs, user * MOVIES + movie]))
    pairs = np.sort(random.choice(pairs, rows, replace=False))
    return np.divmod(pairs, MOVIES)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    """Return a ratings.csv of ROWS rows, as MovieLens writes it."""
    random = np.random.default_rng(0)
    user, movie = distinct_pairs(ROWS, random)
    half_stars = random.integers(1, 11, ROWS)
    time = random.integers(789_652_009, 1_574_327_703, ROWS)
    path = tmp_path_factory.mktemp("movielens") / "ratings.csv"
    with path.open("w") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for start in range(0, ROWS, 1_000_000):
            part = slice(start, start + 1_000_000)
            columns = (user[part] + 1, movie[part] + 1, half_stars[part] / 2, time[part])
            lines = zip(*(column.tolist() for column in columns), strict=True)
            file.write("".join(map("%d,%d,%.1f,%d\n".__mod__, lines)))
    return MadeUp(path, ROWS, float(half_stars.sum()) / 2)


def test_a_whole_file_is_read_and_cut_in_half_a_minute(benchmark: BenchmarkFixture, made_up: MadeUp) -> None:
    def read_and_cut() -> tuple[int, float, Cut]:
        ratings = read_ratings(made_up.path)
        return ratings.rating.size, float(ratings.rating.sum()), cut(ratings)

    start = perf_counter()
    rows, total, grid = benchmark.pedantic(read_and_cut, rounds=1, iterations=1)  # type: ignore[no-untyped-call]
    seconds = perf_counter() - start
    assert (rows, total) == (made_up.rows, made_up.sum_of_ratings)
    assert (grid.user_id.size, grid.movie_id.size) == (15, 15)
    assert seconds < SECONDS


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_whole_file_is_read_and_cut_in_two_gibibytes(made_up: MadeUp) -> None:
    # In a process of its own, as making the file would count here, and from Linux's high-water mark of that program:
    # the peak in getrusage begins at the size of the process that started it.
    code = (
        "import sys, pathlib, engine.datasets.movielens as m\n"
        "m.cut(m.read_ratings(pathlib.Path(sys.argv[1])))\n"
        "print(pathlib.Path('/proc/self/status').read_text())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(made_up.path)], capture_output=True, text=True, check=True, timeout=600
    )
    fields = dict(line.split(":", 1) for line in run.stdout.splitlines() if ":" in line)
    peak = int(fields["VmHWM"].split()[0]) * 1024
    assert peak < PEAK_BYTES


def test_the_bundled_file_is_read_in_half_a_second(benchmark: BenchmarkFixture) -> None:
    ratings = benchmark(read_ratings)
    start = perf_counter()
    read_ratings()
    assert perf_counter() - start < 0.5
    assert ratings.rating.size == 100_004
