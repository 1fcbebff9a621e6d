"""What mnist_from_scratch alone promises: recorded runs that are followed, and checks that can fail."""

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets import mnist
from engine.runs import mnist_training
from engine.runs.mnist_watch import StepWatch
from workbook.app.build import make_plan
from workbook.check.checks import Checks
from workbook.check.recalc import engines
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.verify import verify
from workbook.errors import LessonError
from workbook.lessons import find
from workbook.lessons.mnist_from_scratch.loading import Follower, default_epochs
from workbook.lessons.mnist_from_scratch.training import RUNS
from workbook.plan import derive
from workbook.plan.panel import panel
from workbook.plan.plan import Plan
from workbook.xlsx.write import write


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    """The recorded steps of all eight runs on a few real mini-batches."""
    digits, seen = mnist.load(), []
    mnist_training.record(
        digits.train.flat[:40],
        digits.train.label[:40],
        digits.held_out.flat[:10],
        digits.held_out.label[:10],
        hidden=4,
        batch_size=16,
        epochs=2,
        watch=StepWatch(seen.append),
    )
    return seen


def test_the_reference_takes_every_recorded_step(steps: list[dict[str, Any]]) -> None:
    follower = Follower()
    for step in steps:
        follower(step)
    # 40 images are mini-batches of 16, 16 and 8; two epochs, eight runs
    assert follower.steps == 2 * 3 * 8
    assert 0 < follower.worst < 1e-12


@pytest.mark.parametrize("name", ["loss", "weight", "bias1", "square_weight2"])
def test_a_step_that_was_recorded_wrongly_is_refused(steps: list[dict[str, Any]], name: str) -> None:
    part = {"loss": None, "square_weight2": "new_state"}.get(name, "new_parameters")
    # the last step of runs that have such an array
    step = dict([step for step in steps if part is None or name in step[part]][-1])
    last = np.ones(len(step["runs"]))
    last[-1] += 1e-9
    if part is None:
        step["loss"] = step["loss"] * last
    else:
        right = step[part][name]
        step[part] = {**step[part], name: right * last.reshape(-1, *[1] * (right.ndim - 1))}
    run = re.escape(RUNS[step["runs"][-1]])
    with pytest.raises(
        LessonError, match=rf"{run}, step 6, {name}: NumPy and torch differ by 1\.0e-09, expected at most 1e-10"
    ):
        Follower()(step)


def test_the_mini_batch_of_the_sheets_is_the_first_of_the_runs(small_mnist: tuple[Path, Plan]) -> None:
    plan = small_mnist[1]
    digits = mnist.load()
    # the small files hold the first 100 of the bundled images
    found = [np.flatnonzero((digits.train.flat[:100] == 255 * x).all(axis=1)) for x in plan.values["batch.x"]]
    assert [len(places) for places in found] == [1] * 8
    assert digits.train.label[np.concatenate(found)].tolist() == plan.values["batch.label"].tolist()
    assert plan.values["training.logistic_status"] == plan.values["training.network_status"] == "agrees with this sheet"


@pytest.mark.parametrize(
    ("changed", "logistic", "network"),
    [
        ({"logistic.weights_from": "trained"}, "not compared: trained weights are in use", "agrees with this sheet"),
        ({"network.regularisers": "dropout"}, "agrees with this sheet", "not compared: a regulariser is on"),
        ({"logistic.wd": 0.01}, "stale: the inputs changed after training", "agrees with this sheet"),
    ],
)
def test_the_sheet_says_whether_the_curves_first_point_is_its_own(
    small_mnist: tuple[Path, Plan], changed: Mapping[str, Any], logistic: str, network: str
) -> None:
    plan = small_mnist[1]
    values = dict(plan.values) | {
        name: np.asarray(value, dtype=object if isinstance(value, str) else np.float64)
        for name, value in changed.items()
    }
    values |= derive.evaluate(derive.units(plan.layouts), plan.places, values)
    assert (values["training.logistic_status"], values["training.network_status"]) == (logistic, network)


def test_the_worst_mistakes_are_worse_than_all_other_held_out_digits(small_mnist: tuple[Path, Plan]) -> None:
    plan = small_mnist[1]
    digits = mnist.load()
    weights = [plan.values[f"network.trained_{name}"] for name in ("weight1", "bias1", "weight2", "bias2")]
    # the network in two lines, for the 20 digits of the small files
    hidden = np.maximum(0, digits.held_out.flat[:20] / 255 @ weights[0].T + weights[1])
    logit = hidden @ weights[2].T + weights[3]
    loss = np.log(np.exp(logit).sum(axis=1)) - logit[np.arange(20), digits.held_out.label[:20]]
    assert plan.values["held_out.recorded_loss"] == pytest.approx(np.sort(loss)[::-1][:10])
    assert plan.values["held_out.mistake_status"] == "agrees with this sheet"
    accuracy = (logit.argmax(axis=1) == digits.held_out.label[:20]).mean()
    assert plan.values["held_out.accuracy_counted"] == pytest.approx(accuracy)
    assert plan.values["training.end_accuracy"][6] == pytest.approx(accuracy)


def test_the_code_beside_the_sheets_is_the_lessons_as_it_must_be_written() -> None:
    sheets = {sheet.name: sheet for sheet in find("mnist_from_scratch").sheets(SIZES, FACTS)}
    logistic, network = ("\n".join(panel(sheets[name])) for name in ("logistic", "network"))
    for shown, name in ((logistic, "Mnist_Logistic"), (network, "Mnist_NN")):
        for needed in (f"class {name}(", "super().__init__()", "def update(", "zero_grad()", ".backward()", ".step()"):
            assert needed in shown, needed
    notes = sheets["logistic"].experts
    for missing in (
        "super().__init__()",
        "loss.backward()",
        "zero_grad()",
        "One optimizer serves a whole run",
        "instance",
    ):
        assert missing in notes, missing


SIZES = {"image": 64, "pixel": 784, "klass": 10, "other": 10, "hidden": 50, "row": 28, "column": 28} | {
    "tier": 2,
    "place": 5,
    "run": 8,
    "step": 1000,
    "epoch": 8,
    "mistake": 10,
}
FACTS = dict.fromkeys(("source", "terms", "held_out", "run", "followed", "beside", "unstable"), "") | {
    "accuracy_low": "0.5"
}


@pytest.fixture(scope="module")
def one_step(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """A workbook of as few digits as may be."""
    folder, digits = tmp_path_factory.mktemp("one_step"), mnist.load()
    for part, some, count in (("train", digits.train, 8), ("t10k", digits.held_out, 10)):
        for name, array in (("images-idx3", some.image[:count]), ("labels-idx1", some.label[:count])):
            header = struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape)
            (folder / f"{part}-{name}-ubyte").write_bytes(header + array.tobytes())
    options = {"mnist": str(folder), "epochs": 1, "batch": 8, "hidden": 2}
    plan = make_plan(find("mnist_from_scratch"), options, seed=0, progress=silent)
    assert (plan.sizes["step"], plan.sizes["epoch"]) == (1, 1)
    write(plan, folder / "mnist_from_scratch.xlsx", linted=True)
    return folder / "mnist_from_scratch.xlsx", plan


def test_one_step_of_one_epoch_is_enough(one_step: tuple[Path, Plan]) -> None:
    path, plan = one_step
    checks = Checks(plan)
    with IronCalc().open(path) as session:
        found = session.values()
    assert checks.compare(found, kind="value", by="ironcalc") == []
    assert checks.witness(found, "cpu") == []


@pytest.mark.sweep
def test_one_step_of_one_epoch_is_enough_in_every_switch(one_step: tuple[Path, Plan]) -> None:
    found = verify(one_step[0], device="cpu", engines=engines(None), progress=silent)
    assert found.ok, found.failures[:5]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_a_run_takes_about_a_thousand_steps_where_nobody_says_how_many() -> None:
    # 8,000 bundled images in mini-batches of 64 are 125 steps an epoch; the lecture's 50,000 are 782
    assert default_epochs(8_000, 64) == 8
    assert default_epochs(50_000, 64) == 1
    assert default_epochs(100, 8) == 77
