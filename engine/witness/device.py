"""The device that torch computes on, and the settings under which a recorded run can be repeated."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from engine.errors import DeviceError


def resolve(name: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """Return the device of that name; `auto` is the GPU where torch finds one that it can compute on, else the CPU.

    Args:
        name: `auto`, `cpu` or `cuda`.

    Returns:
        `cpu`, or the current GPU with its number (`cuda:0`).

    Raises:
        DeviceError: `cuda` was asked for and torch finds none or can't compute on it, or the name is none of the three.

    >>> resolve("cpu")
    device(type='cpu')
    """
    if name not in ("auto", "cpu", "cuda"):
        raise DeviceError(f"found the device {name!r}, expected auto, cpu or cuda")
    problem = "" if name == "cpu" else _problem()
    if name == "cpu" or (name == "auto" and problem):
        return torch.device("cpu")
    if problem:
        raise DeviceError(f"the device cuda was asked for, but torch {torch.__version__} {problem}")
    return torch.device("cuda", torch.cuda.current_device())


def _problem() -> str:
    """Why torch can't compute on a GPU here; empty where it can."""
    if not torch.cuda.is_available():
        return "finds no CUDA GPU here"
    try:
        torch.ones(2, device="cuda").sum().item()
    except RuntimeError as error:
        # A GPU too old for this build of torch, or in another program's hands.
        return f"can't compute on the GPU ({str(error).splitlines()[0]})"
    return ""


def describe(device: torch.device) -> str:
    """Return the device in words, as reports state it: `cpu`, or `cuda:0 NVIDIA ...`.

    >>> describe(torch.device("cpu"))
    'cpu'
    """
    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


@contextmanager
def deterministic(threads: int = 1, *, warn_only: bool = False) -> Iterator[None]:
    """Return a context in which torch repeats a seeded run to the last bit.

    A sum's rounding depends on how it is split, so the number of threads is fixed along with torch's choice of
    algorithms. Both are as before when the context ends, also after an error. cuBLAS reads its setting once, when it
    is first used, so that stays.

    Args:
        threads: how many threads torch may use, 1 or more.
        warn_only: an operation that has no deterministic algorithm is a warning, not an error.

    >>> with deterministic():
    ...     torch.get_num_threads()
    1
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    threads_before, strict_before = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    try:
        # torch.use_deterministic_algorithms sets torch's compiler too, and imports it for that: more than a second.
        torch.set_deterministic_debug_mode("warn" if warn_only else "error")
        torch.set_num_threads(threads)
        yield
    finally:
        torch.set_num_threads(threads_before)
        torch.set_deterministic_debug_mode(strict_before)
