"""What fine_tuning.xlsx says of its own runs, and of files with too few digits."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from sweep import SWEEP

from engine.datasets import mnist
from engine.errors import DataError
from workbook.app.build import make_plan
from workbook.lessons import find
from workbook.plan.plan import Plan
from workbook.xlsx.write import write


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def write_idx(folder: Path, part: str, image: np.ndarray, label: np.ndarray) -> None:
    (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *image.shape) + image.tobytes())
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(label)) + label.tobytes())


def plan_of(folder: Path | None, **options: int) -> Plan:
    given = {"mnist": folder and str(folder), "images": 2, "epochs": 3} | options
    return make_plan(find("fine_tuning"), given, seed=3, progress=silent)


@pytest.fixture(scope="module")
def built(small_of: Callable[[str], tuple[Path, Plan]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """In a sweep runs of three steps, from other seeds."""
    if not SWEEP:
        return small_of("fine_tuning")
    path = tmp_path_factory.mktemp("written") / "fine_tuning.xlsx"
    plan = plan_of(None)
    write(plan, path, "built by a test", linted=True)
    return path, plan


@pytest.fixture(scope="module")
def plan(built: tuple[Path, Plan]) -> Plan:
    return built[1]


def test_the_losses_unrolled_in_cells_are_those_of_the_recorded_run(plan: Plan) -> None:
    """NumPy computes the cells; the run was trained by torch, 20 seeds at once."""
    for phase in ("frozen", "unfrozen"):
        assert plan.values[f"run_{phase}.status"].item() == "agrees with this sheet"
        recorded = plan.values[f"run_{phase}.recorded_loss"]
        np.testing.assert_allclose(plan.values[f"run_{phase}.loss"], recorded, rtol=1e-10)
        assert len(set(recorded.tolist())) == plan.sizes["step"] > 1
    assert plan.values["pretrained.status"].item() == "agrees with this sheet"


def test_resnet_34_has_the_parameters_that_torchvision_states(plan: Plan) -> None:
    """https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet34.html: 21,797,672."""
    assert plan.values["surgery.resnet_before_total"].item() == 21_797_672
    # 512 x 512 and 512 x 3 weights with their biases in place of 512 x 1000.
    assert plan.values["surgery.resnet_added"].item() == 512 * 512 + 512 + 512 * 3 + 3


def test_a_frozen_body_stands_still_and_an_unfrozen_one_moves_by_its_group(plan: Plan) -> None:
    assert plan.values["frozen_step.distance"][:2].tolist() == [0.0, 0.0]
    assert (plan.values["frozen_step.distance"][2:] > 0).all()
    moved = plan.values["unfrozen_step.distance"] / plan.values["unfrozen_step.gradient_norm"]
    np.testing.assert_allclose(moved, plan.values["unfrozen_step.layer_rate"], rtol=1e-9)


def test_a_digit_that_the_files_hardly_show_is_named(tmp_path: Path) -> None:
    data = mnist.load()
    for part, digits in (("train", data.train), ("t10k", data.held_out)):
        kept = digits.label != 8
        write_idx(tmp_path, part, digits.image[kept][:900], digits.label[kept][:900])
    with pytest.raises(DataError, match=r"^the training images show 0 of the digit 8, expected at least 2$"):
        plan_of(tmp_path)


@pytest.fixture(scope="module")
def book(built: tuple[Path, Plan]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(built[0])


def test_a_picture_to_paint_on_is_boxed_as_a_whole(plan: Plan, book: openpyxl.Workbook) -> None:
    place = plan.places["new_digits.picture"]
    sides = ("left", "right", "top", "bottom")

    def boxed(*index: int) -> set[str]:
        cell = book[place.title].cell(int(place.rows[index]), int(place.columns[index]))
        assert not cell.protection.locked
        return {side for side in sides if getattr(cell.border, side).style}

    # Class, row, picture, column: the corners, an edge and the middle of the second picture of the last class.
    assert boxed(2, 0, 1, 0) == {"left", "top"}
    assert boxed(2, 6, 1, 6) == {"right", "bottom"}
    assert boxed(2, 6, 1, 3) == {"bottom"}
    assert boxed(2, 3, 1, 3) == set()
    shown = book[plan.places["pretrained.digit"].title]
    assert shown[plan.places["pretrained.digit"].address()].border.left.style == "thin"


def test_names_above_columns_stand_where_the_numbers_stand(plan: Plan, book: openpyxl.Workbook) -> None:
    place = plan.places["the_run.accuracy_regime"]
    assert book[place.title][place.address()].alignment.horizontal == "right"
    names = plan.places["the_run.regime_name"]
    assert book[names.title][names.address()].alignment.horizontal is None


def test_a_regime_and_its_way_of_setting_rates_have_one_colour_in_every_chart(plan: Plan) -> None:
    sheet = next(layout.sheet for layout in plan.layouts if layout.sheet.name == "the_run")
    colours = {
        chart.name: {
            series.name: place if series.colour is None else series.colour for place, series in enumerate(chart.series)
        }
        for chart in sheet.charts
    }
    regimes = colours["accuracies"]
    assert regimes == colours["losses"] == colours["held_out_losses"]
    ways = {"slice(b/100, b)": "fine-tuned", "one rate for all": "one large rate", "from scratch": "from scratch"}
    assert {way: colours["counts"][way] for way in ways} == {way: regimes[regime] for way, regime in ways.items()}
    assert len(set(colours["counts"].values())) == len(colours["counts"]) == 4
    assert colours["distances_1"] == colours["distances_2"] == colours["distances_3"]


def test_the_best_of_each_way_has_the_mean_and_the_spread_of_its_rate(plan: Plan) -> None:
    for way in range(4):
        mean, spread = plan.values[f"the_run.tried_{way}"], plan.values[f"the_run.tried_spread_{way}"]
        for row, best in enumerate(plan.values[f"the_run.best_{way}"]):
            column = mean[row].tolist().index(best)
            assert best == max(mean[row])
            assert plan.values[f"the_run.best_spread_{way}"][row] == spread[row, column]
            assert plan.values[f"the_run.best_rate_{way}"][row] == plan.values["the_run.rate_tried"][column]
    named = dict(zip(("from scratch", "slice(b/100, b)", "slice(b), b/10", "one rate for all"), range(4), strict=True))
    for row, winner in enumerate(plan.values["the_run.winner"]):
        highest = max(plan.values[f"the_run.best_{way}"][row] for way in range(4))
        assert plan.values[f"the_run.best_{named[winner]}"][row] == highest


def test_every_seed_is_the_one_that_was_used(plan: Plan) -> None:
    assert plan.values["the_run.run_seed"].tolist() == list(range(plan.seed, plan.seed + 20))


class Asked(Exception):  # noqa: N818 - no error
    """The seed that a run was asked for."""


def test_the_runs_are_those_of_the_seed_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def record(*_: Any, seed: int, **__: Any) -> None:
        raise Asked(seed)

    monkeypatch.setattr("engine.runs.fine_tuning_runs.record", record)
    with pytest.raises(Asked, match=r"^3$"):
        plan_of(None)


def test_one_large_rate_carries_the_body_away_and_its_loss_with_it(plan: Plan) -> None:
    """What the words of The run tell people to watch."""
    tuned, large, scratch = (plan.values[f"the_run.moved_{n}"][-1] for n in (1, 2, 3))
    assert (large[:2] > 10 * tuned[:2]).all()
    assert (scratch[0] > tuned[0]).all()
    loss = plan.values["the_run.held_out_loss"][-1]
    assert (loss[0] < loss[2]).all()
    assert (loss[2] < loss[1]).all()
