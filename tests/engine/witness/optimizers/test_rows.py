"""What all steps have in common: they leave their inputs alone, and take thousands of rows at once."""

import inspect
import time
from collections.abc import Callable

import pytest
import torch

from engine.witness.optimizers import adagrad, adam, adamw, decay, momentum, nesterov, rmsprop, sgd

STEPS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module in (sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw)
    for name in ("step",)
} | {
    f"decay.{name}": getattr(decay, name)
    for name in ("sgd_l2", "sgd_decoupled", "momentum_l2", "momentum_decoupled", "adam_l2")
}
HYPER = {
    "learning_rate": 0.01,
    "nudge": 1e-3,
    "momentum": 0.9,
    "dampening": 0.1,
    "alpha": 0.9,
    "eps": 1e-8,
    "lr_decay": 0.1,
    "beta1": 0.9,
    "beta2": 0.99,
    "wd": 0.1,
}
WORDS = {"convention": ["torch", "lecture"], "centred": ["no", "yes"]}


def arguments(step: Callable[..., object], rows: int, word: int) -> dict[str, object]:
    """Something for each parameter: rows of points, states at random, squares and sums above 0."""
    generator = torch.Generator().manual_seed(3)
    made: dict[str, object] = {}
    for name in inspect.signature(step).parameters:
        if name in WORDS:
            made[name] = WORDS[name][word]
        elif name in HYPER:
            made[name] = torch.tensor(HYPER[name], dtype=torch.float64)
        elif name == "step_number":
            made[name] = torch.arange(1.0, rows + 1, dtype=torch.float64)
        else:
            drawn = torch.randn(rows, generator=generator, dtype=torch.float64)
            made[name] = drawn.square() + 5 if "_square_" in name or "_sum_" in name else drawn
    return made


@pytest.mark.parametrize("word", [0, 1])
@pytest.mark.parametrize("name", STEPS)
def test_a_step_leaves_its_inputs_alone_and_its_results_apart(name: str, word: int) -> None:
    given = arguments(STEPS[name], 20, word)
    copies = {key: value.clone() for key, value in given.items() if isinstance(value, torch.Tensor)}
    found = STEPS[name](**given)
    for value in found.values():
        assert value.dtype == torch.float64
        assert value.shape == (20,)
        assert not value.requires_grad
        assert bool(value.isfinite().all())
        value.fill_(9.0)
    assert all(torch.equal(given[key], copy) for key, copy in copies.items())


@pytest.mark.parametrize("name", STEPS)
def test_rows_are_independent(name: str) -> None:
    step = STEPS[name]
    given = arguments(step, 20, 0)
    together = step(**given)
    alone = [
        step(**{key: value[row : row + 1] if getattr(value, "ndim", 0) else value for key, value in given.items()})
        for row in range(20)
    ]
    for key, values in together.items():
        # A vector's rounding may differ from a number's by one digit of the last place.
        assert bool(((values - torch.cat([row[key] for row in alone])).abs() <= 1e-15 * values.abs().max()).all())


def test_5800_rows_of_adam_take_seconds_at_most() -> None:
    given = arguments(adam.step, 5800, 0)
    adam.step(**given)
    started = time.process_time()
    adam.step(**given)
    # 0.1 s to 0.3 s where it was measured; the rest is room for a slower machine.
    assert time.process_time() - started < 5
