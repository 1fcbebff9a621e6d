"""Devices: chosen by name, stated in words; and the settings of a recorded run."""

import sys

import pytest
import torch

from engine.errors import DeviceError
from engine.witness import device


def test_cpu_is_the_cpu_even_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.resolve("cpu") == torch.device("cpu")


def test_auto_is_the_cpu_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.resolve("auto") == torch.device("cpu")


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_a_gpu_is_named_with_its_number(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch, "ones", lambda _, device: torch.zeros(2))
    assert device.resolve(name) == torch.device("cuda:1")  # type: ignore[arg-type]


def test_cuda_without_a_gpu_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"^the device cuda was asked for, but torch \S+ finds no CUDA GPU here$"):
        device.resolve("cuda")


def test_a_gpu_that_torch_cannot_use_is_none_and_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_old(_: int, device: str) -> torch.Tensor:
        # As torch 2 says it of a GPU older than its kernels.
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with ...")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", too_old)
    assert device.resolve("auto") == torch.device("cpu")
    with pytest.raises(DeviceError, match=r"can't compute on the GPU \(CUDA error: no kernel image is .* device\)$"):
        device.resolve("cuda")


def test_an_unknown_device_is_named_with_the_known_ones() -> None:
    with pytest.raises(DeviceError, match=r"found the device 'tpu', expected auto, cpu or cuda"):
        device.resolve("tpu")  # type: ignore[arg-type]


def test_a_gpu_is_described_with_its_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    assert device.describe(torch.device("cuda:0")) == "cuda:0 NVIDIA H200"
    assert device.describe(torch.device("cpu")) == "cpu"


def test_settings_are_strict_inside_and_restored_after_an_error() -> None:
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
    other = before[0] + 1

    def fail_inside() -> None:
        with device.deterministic(threads=other):
            assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == (other, True)
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail_inside()
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_torch_s_compiler_is_not_loaded_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where an entry is None, whoever imports that module fails.
    for name in ("torch._inductor", "torch._inductor.config"):
        monkeypatch.setitem(sys.modules, name, None)
    with device.deterministic(), device.deterministic(warn_only=True):
        assert torch.is_deterministic_algorithms_warn_only_enabled()
