"""Steps compared: torch against NumPy, and one device against another."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine.pipeline import devices
from engine.pipeline.archs import find
from engine.pipeline.images import read_digits
from engine.pipeline.network import build
from engine.pipeline.settings import Settings
from engine.pipeline.steps import Step, digits_steps
from engine.pipeline.train import Machine
from workbook.app.crosscheck import BOUND, cross_check, largest_difference

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def steps() -> dict[str, list[Step]]:
    return {head: list(digits_steps(head, CPU)) for head in ("lesson", "fastai")}  # type: ignore[arg-type]


@pytest.mark.parametrize("head", ["lesson", "fastai"])
def test_fifty_steps_agree_with_the_reference(head: str, steps: dict[str, list[Step]]) -> None:
    assert len(steps[head]) == 50
    assert largest_difference(head, steps[head]) <= BOUND


def test_the_first_half_trains_the_head_alone_and_the_second_all(steps: dict[str, list[Step]]) -> None:
    frozen, unfrozen = steps["lesson"][:25], steps["lesson"][25:]
    assert all(step.rate.keys() == {"w3", "b3", "w4", "b4"} for step in frozen)
    assert all(step.rate.keys() == {"w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4"} for step in unfrozen)
    assert unfrozen[-1].rate["w1"] < unfrozen[-1].rate["w2"] < unfrozen[-1].rate["w3"]


def test_masks_leave_out_what_fastais_dropouts_do(steps: dict[str, list[Step]]) -> None:
    kept = {name: np.mean([(step.mask[name] > 0).mean() for step in steps["fastai"]]) for name in ("mask1", "mask2")}
    assert kept["mask1"] == pytest.approx(0.75, abs=0.01)
    assert kept["mask2"] == pytest.approx(0.5, abs=0.01)
    assert set(np.unique(steps["fastai"][0].mask["mask2"])) == {0.0, 2.0}


@pytest.mark.parametrize("what", ["new_parameter", "new_average", "new_square", "new_running", "gradient"])
def test_a_slip_in_one_array_of_one_step_is_found(what: str, steps: dict[str, list[Step]]) -> None:
    step = steps["fastai"][30]
    arrays = dict(getattr(step, what))
    name = max(arrays, key=lambda key: np.abs(arrays[key]).max())
    arrays[name] = arrays[name] * (1 + 1e-8)
    assert largest_difference("fastai", [step]) <= BOUND
    assert largest_difference("fastai", [replace(step, **{what: arrays})]) > BOUND


def test_a_missing_array_is_found(steps: dict[str, list[Step]]) -> None:
    step = steps["lesson"][0]
    assert largest_difference("lesson", [replace(step, gradient={})]) == float("inf")


def test_without_a_gpu_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    found = cross_check("cpu")
    assert found["cuda"] == "not run: no device"
    assert found["ok"]
    assert found["steps"] == 50
    assert found["cpu"].keys() == {"lesson", "fastai"}


@pytest.mark.parametrize("arch", ["digits", "convnet"])
def test_a_device_agrees_with_itself_and_a_slip_on_one_is_found(arch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = read_digits(None, keep=(7, 8, 9), a_class=4)
    settings = Settings.of(arch=arch)
    body = build(find(arch), settings, 3, Machine(CPU, "fp64")).network.body
    assert devices.largest_difference(find(arch), settings, data, body, CPU) == 0.0
    real, calls = devices.take_step, []

    def slipping(built: Any, *rest: Any) -> torch.Tensor:
        loss = real(built, *rest)
        calls.append(built)
        if len(calls) == 2:
            with torch.no_grad():
                built.network.head.matrix1.weight.mul_(1 + 1e-7)
        return loss

    monkeypatch.setattr(devices, "take_step", slipping)
    assert devices.largest_difference(find(arch), settings, data, body, CPU) > 1e-8
