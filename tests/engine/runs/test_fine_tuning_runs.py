"""Recorded fine-tuning: many runs at once are the same as each by itself, and as torch's own modules step by step."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError
from engine.runs.fine_tuning_runs import (
    BETA2,
    FROZEN_STEPS,
    KINDS,
    TOGETHER,
    TRIED_RATES,
    UNFROZEN_STEPS,
    Task,
    accuracy,
    draw,
    forward,
    fresh,
    held_out_logits,
    layer_rates,
    losses,
    record,
    train,
)

rng = np.random.default_rng(0)
SIZES = (5, 4, 3, 4, 3)
TASK = Task(
    torch.from_numpy(rng.random((2, 6, 5))),
    torch.tensor([[0, 0, 1, 1, 2, 2]] * 2),
    torch.from_numpy(rng.random((9, 5))),
    torch.arange(9) % 3,
)


def module(layers: list[tuple[torch.Tensor, torch.Tensor]], run: int) -> nn.Sequential:
    """The same network out of torch's own modules."""
    steps: list[nn.Module] = []
    for weight, bias in layers:
        linear = nn.Linear(*weight.shape[1:], dtype=torch.float64)
        linear.weight.data, linear.bias.data = weight[run].T.clone(), bias[run, 0].clone()
        steps += [linear, nn.ReLU()]
    return nn.Sequential(*steps[:-1])


def test_every_run_draws_as_many_pictures_of_each_class_and_none_twice() -> None:
    label = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    chosen = draw(label, 3, 4, seed=7)
    assert chosen.shape == (4, 9)
    assert (label[chosen] == [0, 0, 0, 1, 1, 1, 2, 2, 2]).all()
    assert all(len(set(row)) == 9 for row in chosen.tolist())
    assert np.array_equal(draw(label, 3, 1, seed=9), chosen[2:3])


def test_a_class_with_too_few_pictures_is_refused() -> None:
    with pytest.raises(DataError, match=r"a class has 2 pictures, expected at least 3 of each"):
        draw(np.array([0, 0, 0, 1, 1, 1, 2, 2]), 3, 1, seed=0)


def test_fresh_layers_lie_within_one_over_the_root_of_the_inputs() -> None:
    layers = fresh((100, 4, 30), 3, seed=5)
    for (weight, bias), inputs in zip(layers, (100, 4), strict=True):
        bound = inputs**-0.5
        assert weight.abs().max() < bound
        assert bias.abs().max() < bound
        assert weight.abs().max() > 0.9 * bound
    assert torch.equal(fresh((100, 4, 30), 1, seed=6)[1][0], layers[1][0][1:2])


def test_the_pass_forward_is_that_of_torchs_modules() -> None:
    layers = fresh(SIZES, 2, seed=0)
    logit = forward(TASK.pixel, layers)
    for run in range(2):
        expected = module(layers, run)(TASK.pixel[run])
        torch.testing.assert_close(logit[run], expected, rtol=1e-13, atol=1e-14)
        own = F.cross_entropy(expected, TASK.target[run])
        torch.testing.assert_close(losses(logit, TASK.target)[run], own, rtol=1e-13, atol=0)


@pytest.mark.parametrize("rates", [(0.02, 0.02, 0.02, 0.02), (0.0, 0.0, 0.05, 0.05), (0.001, 0.01, 0.1, 0.1)])
def test_a_training_is_that_of_torchs_adam_under_one_cycle(rates: tuple[float, ...]) -> None:
    layers, steps = fresh(SIZES, 2, seed=1), 12
    trained = train(TASK, layers, rates, steps).layers
    for run in range(2):
        network = module(layers, run)
        parts = [part for part in network if isinstance(part, nn.Linear)]
        trains = [(part, rate) for part, rate in zip(parts, rates, strict=True) if rate]
        optimizer = torch.optim.Adam([{"params": part.parameters()} for part, _ in trains], lr=1.0, betas=(0.9, BETA2))
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, [rate for _, rate in trains], total_steps=steps)
        for _ in range(steps):
            optimizer.zero_grad()
            F.cross_entropy(network(TASK.pixel[run]), TASK.target[run]).backward()
            optimizer.step()
            cycle.step()
        for part, (weight, bias), rate, old in zip(parts, trained, rates, layers, strict=True):
            torch.testing.assert_close(weight[run].T, part.weight.data, rtol=1e-9, atol=1e-10)
            torch.testing.assert_close(bias[run, 0], part.bias.data, rtol=1e-9, atol=1e-10)
            assert torch.equal(weight, old[0]) == (rate == 0)


@pytest.mark.parametrize("rates", [(0.02, 0.02, 0.02, 0.02), (0.0, 0.0, 0.05, 0.05)])
def test_layers_that_all_runs_share_are_trained_as_each_run_s_own_are(rates: tuple[float, ...]) -> None:
    # They lie in memory as torch.nn.Linear keeps them, a row an output.
    shared = [(weight.mT.contiguous().mT, bias) for weight, bias in fresh(SIZES[:3], 1, seed=4)]
    head = fresh(SIZES[2:], 2, seed=4)
    copies = [(weight.repeat(2, 1, 1), bias.repeat(2, 1, 1)) for weight, bias in shared]
    found, expected = (train(TASK, [*body, *head], rates, 6) for body in (shared, copies))
    torch.testing.assert_close(found.losses, expected.losses, rtol=1e-12, atol=0)
    for one, other in zip(found.layers, expected.layers, strict=True):
        for values, own in zip(one, other, strict=True):
            torch.testing.assert_close(values.expand_as(own), own, rtol=1e-12, atol=1e-14)
    held_out, own = (held_out_logits(TASK, training.layers) for training in (found, expected))
    torch.testing.assert_close(held_out, own, rtol=1e-12, atol=1e-14)


def test_what_is_trained_from_stays_as_it_was() -> None:
    layers = fresh(SIZES, 2, seed=2)
    before = [weight.clone() for weight, _ in layers]
    train(TASK, layers, [0.1] * 4, 5)
    assert all(torch.equal(weight, old) for (weight, _), old in zip(layers, before, strict=True))


def test_a_training_leaves_its_layers_every_few_steps_and_its_losses_before_each() -> None:
    layers = fresh(SIZES, 2, seed=2)
    training = train(TASK, layers, [0.05] * 4, 12)
    # After steps 5, 10 and 12, the last.
    assert len(training.checkpoints) == 3
    assert training.losses.shape == (12, 2)
    for step, at in zip((0, 5, 10), (layers, *training.checkpoints), strict=False):
        torch.testing.assert_close(losses(forward(TASK.pixel, at), TASK.target), training.losses[step])


def test_all_pictures_held_out_are_judged_part_by_part() -> None:
    layers = fresh(SIZES, 2, seed=3)
    held_out = torch.rand((2 * TOGETHER + 7, 5), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    task = Task(TASK.pixel, TASK.target, held_out, torch.zeros(len(held_out), dtype=torch.int64))
    torch.testing.assert_close(held_out_logits(task, layers), forward(held_out, layers), rtol=1e-13, atol=1e-14)


def test_accuracy_counts_the_pictures_named() -> None:
    zeros = [(torch.zeros(2, 5, 3, dtype=torch.float64), torch.tensor([[[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]]).double())]
    task = Task(TASK.pixel, TASK.target, TASK.held_out_pixel[:4], torch.tensor([2, 2, 2, 0]))
    assert accuracy(task, held_out_logits(task, zeros)).tolist() == [0.75, 0.25]


def test_the_rates_of_the_layers() -> None:
    expected = {KINDS[0]: [1e-4, 1e-3, 1e-2, 1e-2], KINDS[1]: [1e-3, 1e-3, 1e-2, 1e-2], KINDS[2]: [1e-2] * 4}
    for kind, rates in expected.items():
        assert layer_rates(kind, 1e-2) == pytest.approx(rates, rel=1e-15)


def test_a_record_can_be_repeated_and_holds_what_it_says() -> None:
    generator = np.random.default_rng(3)
    label = np.arange(30) % 3
    pixel = generator.random((30, 5))
    pixel[np.arange(30), label] += 1  # the class shows in one of three pixels
    body = [(generator.normal(size=(5, 4)), np.zeros(4)), (generator.normal(size=(4, 3)), np.zeros(3))]
    heard: list[tuple[int, int]] = []
    first, second = (
        record(
            *(pixel[:21], label[:21], pixel[21:], label[21:], body),
            *((1, 2), 2),
            runs=3,
            seed=4,
            progress=lambda *done: heard.append(done),
        )
        for _ in range(2)
    )
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert heard == [(1, 2), (2, 2)] * 2
    assert first["accuracy"].shape == (13, 3, 2)
    assert first["moved_1"].shape == (13, 4, 2)
    assert first["final"].shape == (3, 3, 2)
    assert first["tried_0"].shape == (2, len(TRIED_RATES))
    assert first["frozen_loss"].shape == (FROZEN_STEPS,)
    assert first["unfrozen_loss"].shape == (UNFROZEN_STEPS,)
    # While it is frozen the body stays; then it moves. From scratch everything moves at once.
    assert (first["moved_1"][:7, :2] == 0).all()
    assert (first["moved_1"][7:, :2] > 0).all()
    assert (first["moved_3"][1:] > 0).all()
    # The last checkpoint's mean accuracy is that of the runs; from scratch it is the best that was tried.
    np.testing.assert_allclose(first["final"].mean(axis=0), first["accuracy"][-1], rtol=1e-12)
    np.testing.assert_allclose(first["tried_0"].max(axis=1), first["accuracy"][-1, 2], rtol=1e-12)
    assert (np.asarray(TRIED_RATES)[first["tried_0"].argmax(axis=1)] == first["scratch_rate"]).all()
