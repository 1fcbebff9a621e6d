"""What the optimizers' tests share: a run of torch.optim the ordinary way, and comparison by a block's scale."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pytest
import torch
import torch.nn.functional as F
from torch import nn

Tensors = dict[str, torch.Tensor]
MakeOptimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


class Train(Protocol):
    def __call__(
        self, make: MakeOptimizer, states: Mapping[str, str] = ..., before_step: Callable[[nn.Parameter], Any] = ...
    ) -> tuple[Tensors, Tensors]: ...


def close(found: object, expected: object, rtol: float = 1e-13) -> None:
    """Fail unless each value is within rtol of the largest magnitude expected."""
    is_, should = torch.as_tensor(found), torch.as_tensor(expected, dtype=torch.float64)
    assert is_.dtype == torch.float64
    assert is_.shape == should.shape
    assert bool(((is_ - should).abs() <= rtol * should.abs().max()).all()), (is_, should)


def train(
    make: MakeOptimizer,
    states: Mapping[str, str] = {},
    before_step: Callable[[nn.Parameter], Any] = lambda p: None,
) -> tuple[Tensors, Tensors]:
    """Fifty steps, point after point, of one ordinary optimizer: what each step starts from, and what it ends with.

    `states` names the optimizer's states as torch does → as the steps do; a state that is not there yet is 0.
    """
    generator = torch.Generator().manual_seed(1)
    xs = 2 * torch.rand(50, generator=generator, dtype=torch.float64)
    ys = 2 * xs + 3 + torch.randn(50, generator=generator, dtype=torch.float64) / 10
    line = {"intercept": nn.Parameter(torch.tensor(1.0).double()), "slope": nn.Parameter(torch.tensor(0.5).double())}
    optimizer = make(list(line.values()))

    def state() -> dict[str, float]:
        return {
            f"{side}_{name}": float(optimizer.state[p].get(key, 0.0))
            for side, p in line.items()
            for key, name in states.items()
        }

    before, after = [], []
    for number, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
        start = {f"{name}_before": value for name, value in state().items()}
        before.append({"step_number": float(number), "x": float(x), "y": float(y), **start})
        before[-1] |= {name: float(p.detach()) for name, p in line.items()}
        optimizer.zero_grad()
        prediction = line["intercept"] + line["slope"] * x
        loss = F.mse_loss(prediction, y)
        loss.backward()
        results = {"prediction": prediction, "squared_error": loss}
        results |= {f"{name}_gradient": p.grad for name, p in line.items()}
        after.append({name: float(value.detach()) for name, value in results.items()})
        for p in line.values():
            before_step(p)
        optimizer.step()
        after[-1] |= {**state(), **{f"new_{name}": float(p.detach()) for name, p in line.items()}}
    return together(before), together(after)


def together(rows: list[dict[str, float]]) -> Tensors:
    return {name: torch.tensor([row[name] for row in rows], dtype=torch.float64) for name in rows[0]}


def same(found: Tensors, expected: Tensors) -> None:
    for name, values in expected.items():
        close(found[name], values)


# One row by hand: prediction 1 + 0.5 * 2 = 2, error -1, squared error 1, gradients -2 and -4.
HAND = {"x": 2.0, "y": 3.0, "intercept": 1.0, "slope": 0.5}


@pytest.fixture(name="close")
def _close() -> Callable[..., None]:
    return close


@pytest.fixture(name="same")
def _same() -> Callable[[Tensors, Tensors], None]:
    return same


@pytest.fixture(name="train")
def _train() -> Train:
    return train


@pytest.fixture(name="hand")
def _hand() -> Tensors:
    return {name: torch.tensor([value], dtype=torch.float64) for name, value in HAND.items()}
