"""Every lesson as a small workbook from real data, built once: its own sheets, quick to recalculate."""

import gc
import logging
import os
import pickle
import re
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import hypothesis
import openpyxl
import pytest
import torch
from hypothesis.internal.conjecture import providers
from in_process import InProcess
from office import Office
from sweep import SWEEP, is_left_to_a_sweep

from engine.datasets import mnist, movielens
from workbook import lessons
from workbook.app.build import make_plan
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Results
from workbook.collector import collect_seldom
from workbook.lesson.lesson import Data, Lesson, Progress
from workbook.lessons import find, names
from workbook.plan.plan import Plan
from workbook.transpile import Front, JavaScriptProgram, javascript
from workbook.transpile.back import forks as scripts
from workbook.xlsx.read import Book, read_workbook
from workbook.xlsx.write import write

# Hypothesis's own is 100 examples.
# No deadline: a busy machine is no fault.
hypothesis.settings.register_profile("default draws", max_examples=100 if SWEEP else 25, deadline=None)
hypothesis.settings.load_profile("default draws")
# It reads our five hundred modules for numbers and texts to try too: 3 s in each process, for a few tests.
if not SWEEP and hasattr(providers, "is_local_module_file"):
    providers.is_local_module_file = lambda path: False

# Before tests are collected, because some ask then whether there is one.
_office = Office()


def pytest_unconfigure() -> None:
    """End what stays open while tests run."""
    _office.close()


# What makes a lesson small; a lesson without an entry is built with its defaults.
SMALL: Mapping[str, Mapping[str, Any]] = {
    "collab_filter": {"users": 4, "items": 5, "factors": 2, "latent": 4, "ratings": "small_ratings"},
    # The rule of its annealing compares two epochs at the start of a third.
    "optimizers": {"epochs": 3},
    "fine_tuning": {"images": 2, "epochs": 2},
    "mnist_from_scratch": {"mnist": "small_digits", "batch": 8, "hidden": 3, "epochs": 2},
}


# The workbook that finetune makes of a run is no lesson to build, and is checked as any.
RUNS = ("fine_tuning_run lesson", "fine_tuning_run fastai")


# The lesson that CONTRIBUTING.md shows: what it says of every lesson is so.
CONTRIBUTED = "sigmoid"


# A GPU's own tests are there where there is one, or where `cuda/emulated.py` stands for it.
DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """The CPU, and a GPU where there is one."""
    name: str = request.param
    return name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to a sweep what is marked so: a test, or its cases with one of the parameters that the mark names."""
    left = {item for item in items if is_left_to_a_sweep(item)}
    if left and not SWEEP:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules stay: nobody need look through them for circles time and again."""
    gc.collect()
    gc.freeze()
    collect_seldom()
    gc.enable()
    # Around each part of each test pytest puts its handler to every logger that passes nothing on: torch has forty.
    # What torch 2.6's own trace passes on, it prints.
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name != "torch.__trace":
            logger.propagate = True


@pytest.fixture(scope="session", autouse=True)
def forks() -> Iterator[None]:
    """Scripts are forked from one process that has imported what they need."""
    with pytest.MonkeyPatch.context() as patch, closing(scripts.Forks()) as forks:
        patch.setattr(scripts, "forks", forks)
        yield


class Built(NamedTuple):
    """A workbook and the plan that it was written from."""

    path: Path
    plan: Plan


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a file that is not ours: what a test puts in a function's place is called."""
    monkeypatch.setattr("workbook.xlsx.worker.Worker", InProcess)


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
def digits_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """Writes MNIST's four IDX files with so many of the bundled images to train on, and so many held out."""

    def written(train: int, held_out: int) -> Path:
        digits, folder = mnist.load(), tmp_path_factory.mktemp("digits")
        for part, some, count in (("train", digits.train, train), ("t10k", digits.held_out, held_out)):
            for kind, magic, array in (
                ("images-idx3", 2051, some.image[:count]),
                ("labels-idx1", 2049, some.label[:count]),
            ):
                header = struct.pack(f">{1 + array.ndim}I", magic, *array.shape)
                (folder / f"{part}-{kind}-ubyte").write_bytes(header + array.tobytes())
        return folder

    return written


@pytest.fixture(scope="session")
def small_digits(digits_of: Callable[[int, int], Path]) -> Path:
    """MNIST's four IDX files with 100 of the bundled images to train on and 20 held out."""
    return digits_of(100, 20)


@pytest.fixture(scope="session")
def small_files(small_ratings: Path, small_digits: Path) -> Mapping[str, str]:
    """What stands for a file's name in SMALL, and the file."""
    return {"small_ratings": str(small_ratings), "small_digits": str(small_digits)}


def small_lesson(name: str) -> Lesson:
    """A lesson; fine_tuning records runs of a third of the steps, whose 58 trainings take seconds."""
    lesson = find(name)
    if name != "fine_tuning":
        return lesson

    def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
        with pytest.MonkeyPatch.context() as patch:
            for steps in ("FROZEN_STEPS", "UNFROZEN_STEPS"):
                patch.setattr(f"engine.runs.fine_tuning_runs.{steps}", 10)
            return lesson.load(options, seed, progress)

    return replace(lesson, load=load)


def small_plan(name: str, files: Mapping[str, str]) -> Plan:
    """The plan of a small workbook of a lesson."""
    lesson = small_lesson(name)
    options = {option.name: option.default for option in lesson.options} | SMALL.get(name, {})
    return make_plan(
        lesson, {key: files.get(str(value), value) for key, value in options.items()}, seed=0, progress=silent
    )


def run_plan(name: str, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the workbook of a short run of fine-tuning; loading it anew runs it anew, with the seed given."""
    from engine.pipeline.run import finetune
    from engine.pipeline.settings import Settings
    from workbook.app.fine_tuning_run import of_run

    def lesson(seed: int) -> Lesson:
        settings = Settings.of(head=name.split()[1], epochs_frozen=8, epochs=7, scratch=0, seed=seed)
        result = finetune(settings, device="cpu", out=tmp_path_factory.mktemp("run"), progress=silent)
        return of_run(result)

    def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
        return lesson(seed).load(options, seed, progress)

    return make_plan(replace(lesson(0), load=load), {}, seed=0, progress=silent)


@pytest.fixture(scope="session")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lesson of CONTRIBUTING.md, as a module."""
    folder = tmp_path_factory.mktemp("lessons")
    text = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / f"{CONTRIBUTED}.py").write_text(example, encoding="utf-8")
    return folder


@pytest.fixture(scope="session", params=[*names(), CONTRIBUTED, *(RUNS if SWEEP else RUNS[1:])])
def every(
    request: pytest.FixtureRequest,
    small_of: Callable[[str], Built],
    contributed: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Built]:
    """A small workbook of each lesson in turn."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == CONTRIBUTED:
            patch.setattr(lessons, "__path__", [*lessons.__path__, str(contributed)])
        if request.param not in RUNS:
            yield small_of(request.param)
            return
        plan = run_plan(request.param, tmp_path_factory)
        path = tmp_path_factory.mktemp("every") / f"{plan.lesson.name}.xlsx"
        write(plan, path, "built by a test", linted=True)
        yield Built(path, plan)


@pytest.fixture(scope="session")
def read(every: Built) -> Book:
    """The small workbook as it is read; nobody changes it."""
    return read_workbook(every.path)


@pytest.fixture(scope="session")
def opened(every: Built) -> openpyxl.Workbook:
    """The small workbook as openpyxl has it; nobody changes it."""
    return openpyxl.load_workbook(every.path)


@pytest.fixture(scope="session")
def recalculated(every: Built) -> Results:
    """What ironcalc finds in the small workbook; nobody changes it."""

    def found() -> Results:
        with IronCalc().open(every.path) as session:
            return session.values()

    return made_once(every.path.with_suffix(".recalculated"), found)


Made = TypeVar("Made")


def made_once(place: Path, make: Callable[[], Made]) -> Made:
    """What is made is kept in a file, for all processes that run tests."""
    if place.exists():
        kept: Made = pickle.loads(place.read_bytes())
        return kept
    made = make()
    making = place.with_name(f"{place.name} {os.getpid()}")
    making.write_bytes(pickle.dumps(made))
    making.replace(place)
    return made


@pytest.fixture(scope="session")
def front(every: Built) -> Front:
    """What the transpiler reads of the small workbook; nobody changes it."""
    return Front.of(every.path)


@pytest.fixture(scope="session")
def program_of() -> Callable[[Path, Front | None], JavaScriptProgram]:
    """The JavaScript program of a workbook, of its front where that was read; it is made once, and stands beside it."""
    return lambda path, front: made_once(path.with_suffix(".program"), lambda: javascript(path, front))


@pytest.fixture(scope="session")
def small_of(small_files: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """The small workbook of a lesson, by its name; each is built once, for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small"
    folder.mkdir(exist_ok=True)

    @cache
    def built(name: str) -> Built:
        there = folder / name
        if not there.exists():
            plan = small_plan(name, small_files)
            making = Path(tempfile.mkdtemp(dir=folder))
            write(plan, making / f"{plan.lesson.name}.xlsx", "built by a test", linted=True)
            (making / "plan").write_bytes(pickle.dumps(replace(plan, lesson=find(name))))
            try:
                making.rename(there)
            except OSError:  # another process was first
                there = making
        else:
            kept: Plan = pickle.loads((there / "plan").read_bytes())
            plan = replace(kept, lesson=small_lesson(kept.lesson.name))
        return Built(there / f"{plan.lesson.name}.xlsx", plan)

    return built


@pytest.fixture(scope="session")
def small(small_of: Callable[[str], Built]) -> Built:
    """A small collab_filter.xlsx."""
    return small_of("collab_filter")


@pytest.fixture(scope="session")
def small_optimizers(small_of: Callable[[str], Built]) -> Built:
    """A small optimizers.xlsx."""
    return small_of("optimizers")


@pytest.fixture(scope="session")
def small_mnist(small_of: Callable[[str], Built]) -> Built:
    """A small mnist_from_scratch.xlsx."""
    return small_of("mnist_from_scratch")


@pytest.fixture(scope="session")
def small_entropy(small_of: Callable[[str], Built]) -> Path:
    """A cross_entropy.xlsx, the smallest workbook of all."""
    return small_of("cross_entropy").path
