"""The recorded runs on MNIST: their steps by NumPy written out here, schedules by closed forms, figures reached."""

import math
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from engine.datasets import mnist as digits
from engine.errors import DataError
from engine.runs import mnist_training
from engine.runs.mnist_training import record
from engine.runs.mnist_watch import StepWatch
from engine.witness.mnist_models import Mnist_Logistic, Mnist_NN

Array = npt.NDArray[Any]

# Sixty images in mini-batches of 25: two of them, and one of 10.
RNG = np.random.default_rng(11)
IMAGE, LABEL = RNG.integers(0, 256, (60, 784)).astype(np.uint8), (np.arange(60) % 10).astype(np.uint8)
HELD_OUT, HELD_OUT_LABEL = RNG.integers(0, 256, (12, 784)).astype(np.uint8), (np.arange(12) % 7).astype(np.uint8)
SMALL: dict[str, Any] = {"hidden": 5, "batch_size": 25, "epochs": 2, "wd": 1e-3, "seed": 3}


def small(**changed: Any) -> dict[str, Array]:
    return record(IMAGE, LABEL, HELD_OUT, HELD_OUT_LABEL, **{**SMALL, **changed})


def apart(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What was told of several runs, run by run."""
    rates = ("learning_rate", "beta1", "beta2", "eps", "loss")
    groups = ("parameters", "state", "new_parameters", "new_state")
    alike = {name: value for name, value in told.items() if name not in (*rates, *groups, "runs")}
    return [
        {
            **alike,
            "run": run,
            **{name: float(told[name][row]) for name in rates},
            **{group: {name: values[row] for name, values in told[group].items()} for group in groups},
        }
        for row, run in enumerate(told["runs"])
    ]


@cache
def watched() -> tuple[dict[str, Array], tuple[dict[str, Any], ...]]:
    """A small run, and all of its steps."""
    steps: list[dict[str, Any]] = []
    return small(watch=StepWatch(lambda told: steps.extend(apart(told)))), tuple(steps)


@cache
def bundled() -> dict[str, Array]:
    """One epoch over the bundled images."""
    data = digits.load()
    return record(data.train.flat, data.train.label, data.held_out.flat, data.held_out.label)


def backward(step: dict[str, Any]) -> tuple[float, dict[str, Array]]:
    """The loss of a step's mini-batch and its gradients, by hand."""
    p, x, n = step["parameters"], step["image"] / 255, len(step["label"])
    hidden = np.maximum(x @ p["weight1"].T + p["bias1"], 0) if step["model"] == "network" else x
    last = ("weight2", "bias2") if step["model"] == "network" else ("weight", "bias")
    power = np.exp(hidden @ p[last[0]].T + p[last[1]])
    probability = power / power.sum(axis=1, keepdims=True)
    cross_entropy = -np.log(probability[np.arange(n), step["label"]]).mean()
    slope = (probability - np.eye(10)[step["label"]]) / n
    gradient = {last[0]: slope.T @ hidden, last[1]: slope.sum(axis=0)}
    if step["model"] == "network":
        slope = slope @ p["weight2"] * (hidden > 0)
        gradient |= {"weight1": slope.T @ x, "bias1": slope.sum(axis=0)}
    penalty = step["wd"] * sum(np.square(values).sum() for values in p.values())
    return cross_entropy + penalty, {name: g + 2 * step["wd"] * p[name] for name, g in gradient.items()}


def test_every_step_of_every_run_is_the_one_that_numpy_takes() -> None:
    _, steps = watched()
    assert len(steps) == 6 * 8
    for step in steps:
        loss, gradients = backward(step)
        assert abs(step["loss"] - loss) < 1e-13
        t, lr, beta1, beta2 = step["t"], step["learning_rate"], step["beta1"], step["beta2"]
        for name, g in gradients.items():
            before, after = step["parameters"][name], step["new_parameters"][name]
            if step["optimizer"] == "sgd":
                expected = before - lr * g
            else:
                mean = beta1 * step["state"][f"mean_{name}"] + (1 - beta1) * g
                square = beta2 * step["state"][f"square_{name}"] + (1 - beta2) * g * g
                assert np.abs(step["new_state"][f"mean_{name}"] - mean).max() < 1e-15
                assert np.abs(step["new_state"][f"square_{name}"] - square).max() < 1e-15
                # Kingma and Ba 2015, eps beside the corrected root
                rooted = np.sqrt(square / (1 - beta2**t)) + step["eps"]
                expected = before - lr * mean / (1 - beta1**t) / rooted
            # Where a gradient is next to nothing, eps of 1e-8 divides its rounding: 1e-18 / 1e-8 of a rate of 2e-2.
            assert np.abs(after - expected).max() < 1e-10


def test_a_run_s_steps_follow_one_another() -> None:
    results, steps = watched()
    for run in range(8):
        own = [step for step in steps if step["run"] == run]
        assert [step["t"] for step in own] == [1, 2, 3, 4, 5, 6]
        assert {step["model"] for step in own} == {"logistic" if run < 4 else "network"}
        assert {step["optimizer"] for step in own} == {"adam" if run % 4 else "sgd"}
        assert [step["loss"] for step in own] == results["loss"][:, run].tolist()
        start = own[0]["state"].values()
        assert all(not values.any() for values in start)
        assert len(start) == (0 if run % 4 == 0 else 4 if run < 4 else 8)
        for before, after in pairwise(own):
            assert all(np.array_equal(before["new_parameters"][k], v) for k, v in after["parameters"].items())
            assert all(np.array_equal(before["new_state"][k], v) for k, v in after["state"].items())


def test_all_runs_of_a_model_start_alike_within_the_bounds_of_a_linear() -> None:
    results, steps = watched()
    for name, inputs in (
        ("weight", 784),
        ("bias", 784),
        ("weight1", 784),
        ("bias1", 784),
        ("weight2", 5),
        ("bias2", 5),
    ):
        initial = results[f"initial_{name}"]
        assert np.abs(initial).max() <= 1 / math.sqrt(inputs)
        starts = [step["parameters"][name] for step in steps if step["t"] == 1 and name in step["parameters"]]
        assert len(starts) == 4
        assert all(np.array_equal(start, initial) for start in starts)
    # Uniform: the deviation is the bound over the root of 3, within three errors of a sample of 7,840.
    assert abs(results["initial_weight"].std() * math.sqrt(3 * 784) - 1) < 0.03


@pytest.mark.parametrize("model", [Mnist_Logistic, partial(Mnist_NN, 6)], ids=["logistic", "network"])
def test_runs_side_by_side_are_their_models_one_by_one(model: Callable[[], torch.nn.Module]) -> None:
    generator = torch.Generator().manual_seed(5)
    with torch.device("meta"):
        start = model()
    runs = mnist_training.side_by_side(mnist_training.initial(start, generator), 3)
    with torch.no_grad():
        for number, own in enumerate(runs.models):
            for parameter in own.parameters():
                parameter.mul_(number + 1.0)
    x = torch.rand((7, 784), generator=generator, dtype=torch.float64)
    y = torch.randint(10, (7,), generator=generator)
    logit = mnist_training.logits(runs, x)
    losses = mnist_training.gradients(runs, x, y, wd=0.01)
    for number, own in enumerate(runs.models):
        found = [parameter.grad for parameter in own.parameters()]
        torch.testing.assert_close(logit[number], own(x), rtol=1e-13, atol=1e-14)
        cross_entropy = torch.nn.functional.cross_entropy(own(x), y)
        squares = sum(parameter.detach().square().sum().item() for parameter in own.parameters())
        assert losses[number] == pytest.approx(cross_entropy.item() + 0.01 * squares, rel=1e-13)
        expected = torch.autograd.grad(cross_entropy, list(own.parameters()))
        torch.testing.assert_close(found, list(expected), rtol=1e-12, atol=1e-15)


def test_all_runs_see_each_image_once_an_epoch_in_a_new_order() -> None:
    results, steps = watched()
    place = {image.tobytes(): number for number, image in enumerate(IMAGE)}
    orders = []
    for run in range(8):
        own = [step for step in steps if step["run"] == run]
        assert [len(step["image"]) for step in own] == [25, 25, 10, 25, 25, 10]
        seen = [[place[image.tobytes()] for image in step["image"]] for step in own]
        assert all(np.array_equal(LABEL[batch], step["label"]) for batch, step in zip(seen, own, strict=True))
        orders.append([image for batch in seen for image in batch])
    assert all(order == orders[0] for order in orders)
    assert sorted(orders[0][:60]) == sorted(orders[0][60:]) == list(range(60))
    assert orders[0][:60] != orders[0][60:]
    assert results["first_batch"].tolist() == orders[0][:25]


def test_the_runs_have_the_lesson_s_rates_and_one_cycle() -> None:
    _, steps = watched()
    rates = [[step["learning_rate"] for step in steps if step["run"] == run] for run in range(8)]
    assert rates[0] == rates[4] == [2e-2] * 6
    assert rates[1] == rates[5] == [2e-2] * 6
    assert rates[2] == rates[6] == [1e-3] * 6
    # OneCycleLR of 6 steps up to 1e-2: 4e-4 at first, the peak at 0.3 * 6 - 1 = 0.8, and the end at 4e-4 / 1e4.
    fall = [4e-8 + (1e-2 - 4e-8) * (1 + math.cos(math.pi * (n - 0.8) / 4.2)) / 2 for n in range(1, 6)]
    assert np.allclose(rates[3], [4e-4, *fall], rtol=1e-13, atol=0)
    assert rates[3] == rates[7]
    beta1 = [[step["beta1"] for step in steps if step["run"] == run] for run in range(8)]
    assert beta1[0] == [0.0] * 6
    assert beta1[1] == beta1[2] == [0.9] * 6
    assert abs(beta1[7][0] - 0.95) < 1e-15
    assert abs(beta1[7][-1] - 0.95) < 1e-15
    assert 0.85 < min(beta1[7]) < 0.86
    assert {step["eps"] for step in steps if step["run"] == 6} == {1e-8}
    assert {step["beta2"] for step in steps if step["run"] == 6} == {0.999}


def answers(image: Array, weight1: Array, bias1: Array, weight2: Array, bias2: Array) -> Array:
    logit = np.maximum(image / 255 @ weight1.T + bias1, 0) @ weight2.T + bias2
    power: Array = np.exp(logit - logit.max(axis=1, keepdims=True))
    return power / power.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("of", ["small", "bundled"])
def test_the_mistakes_are_the_ten_that_cost_the_trained_network_most(of: str) -> None:
    if of == "small":
        results, image, label = watched()[0], HELD_OUT, HELD_OUT_LABEL
    else:
        held_out = digits.load().held_out
        results, image, label = bundled(), held_out.flat, held_out.label
    found = answers(image, *(results[f"trained_{name}"] for name in ("weight1", "bias1", "weight2", "bias2")))
    loss = -np.log(found[np.arange(len(label)), label])
    worst = results["mistake_index"]
    assert len(set(worst.tolist())) == 10
    assert np.allclose(results["mistake_loss"], loss[worst], rtol=1e-12, atol=0)
    assert np.array_equal(worst, np.argsort(-loss, kind="stable")[:10])
    right = np.mean(found.argmax(axis=1) == label)
    assert abs(results["epoch_loss"][-1, 6] / loss.mean() - 1) < 1e-12
    assert abs(results["epoch_accuracy"][-1, 6] - right) < 1e-12
    confusion = results["confusion"]
    assert np.array_equal(confusion.sum(axis=1), np.bincount(label, minlength=10))
    assert np.array_equal(confusion.sum(axis=0), np.bincount(found.argmax(axis=1), minlength=10))
    assert abs(confusion.trace() / len(label) - right) < 1e-12


def test_what_is_kept_of_the_runs_is_what_they_ended_with() -> None:
    results, steps = watched()
    last = {step["run"]: step["new_parameters"] for step in steps}
    for run, names in ((0, ("weight", "bias")), (6, ("weight1", "bias1", "weight2", "bias2"))):
        assert all(np.array_equal(results[f"trained_{name}"], last[run][name]) for name in names)


def test_one_epoch_of_the_bundled_digits_ends_in_the_neighbourhood_of_the_known_figures() -> None:
    results = bundled()
    assert results["loss"].shape == (125, 8)
    # At small weights every digit is as likely as any other: ln 10.
    assert np.abs(results["loss"][0] - math.log(10)).max() < 0.1
    # Another's measurement, untuned: see the lesson's figures, after one epoch on 8,000 images.
    for run, loss, accuracy in ((0, 1.07, 0.81), (4, 1.70, 0.71), (5, 0.34, 0.90), (6, 0.50, 0.87)):
        assert abs(results["epoch_loss"][0, run] - loss) < 0.1
        assert abs(results["epoch_accuracy"][0, run] - accuracy) < 0.07


def test_a_loss_that_runs_away_is_recorded_as_1e6() -> None:
    # A weight decay that multiplies every weight by -3999 in each step of SGD: after 86 of them no float is as large.
    results = small(wd=1e5, epochs=32)
    assert np.isfinite(results["loss"]).all()
    assert np.isfinite(results["epoch_loss"]).all()
    assert results["loss"].max() == results["loss"][-1, 0] == results["epoch_loss"][-1, 0] == 1e6
    assert results["loss"][0].max() < 1e6


def test_equal_seeds_give_equal_bits_and_other_seeds_others() -> None:
    again, other = small(), small(seed=4)
    for name, values in watched()[0].items():
        assert values.tobytes() == again[name].tobytes(), name
    assert all(
        values.tobytes() != again[name].tobytes() for name, values in other.items() if name.startswith("trained")
    )
    assert not np.array_equal(other["first_batch"], again["first_batch"])


def test_neither_torch_s_seed_nor_the_images_change() -> None:
    state, image = torch.get_rng_state(), IMAGE.copy()
    small()
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(IMAGE, image)


def test_what_is_watched_are_copies() -> None:
    def spoil(step: dict[str, Any]) -> None:
        step["image"].fill(0)
        for group in ("parameters", "state", "new_parameters", "new_state"):
            for values in step[group].values():
                values.fill(math.nan)

    assert small(watch=StepWatch(spoil))["loss"].tobytes() == watched()[0]["loss"].tobytes()


def test_progress_is_told_a_hundred_times_at_most_and_ends_at_the_end() -> None:
    told: list[tuple[int, int]] = []
    small(epochs=10, progress=lambda done, total: told.append((done, total)))
    assert len(told) <= 101
    assert told == sorted(told)
    assert told[-1] == (10 * 3 * 8, 10 * 3 * 8)
    few: list[int] = []
    small(epochs=1, progress=lambda done, _: few.append(done))
    assert few == [8, 16, 24]


def test_too_few_images_are_refused() -> None:
    with pytest.raises(DataError, match="found 60 images to train on, expected at least a mini-batch of 61"):
        small(batch_size=61)
    with pytest.raises(DataError, match="found 9 held-out images, expected at least 10"):
        record(IMAGE, LABEL, HELD_OUT[:9], HELD_OUT_LABEL[:9], **SMALL)


def test_held_out_images_are_judged_in_parts_and_none_is_left_out() -> None:
    # Their images are judged a thousand at a time.
    image = np.random.default_rng(1).integers(0, 256, (2_300, 784)).astype(np.uint8)
    model = torch.nn.Linear(784, 10, dtype=torch.float64)
    label = (np.arange(2_300) % 10).astype(np.uint8)
    ((loss, taken_for),) = mnist_training.judged([model], image, label)
    with torch.no_grad():
        logit = model(torch.from_numpy(image / 255))
        expected = torch.nn.functional.cross_entropy(logit, torch.from_numpy(label).long(), reduction="none")
    assert np.allclose(loss, expected, rtol=1e-12, atol=0)
    assert torch.equal(taken_for, logit.argmax(dim=1))
