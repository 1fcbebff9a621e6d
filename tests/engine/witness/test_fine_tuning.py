"""Transfer learning by torch, against NumPy written out here, finite differences, ordinary runs and known figures."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import close
import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from own_results import assert_own
from torch import nn

from engine.errors import DataError
from engine.witness import fine_tuning

assert_close = partial(close.assert_close, rtol=1e-13)

Array = npt.NDArray[np.float64]

LAYERS = ("body1", "body2", "head1", "head2")
EIGHT = tuple(f"{layer}_{kind}" for layer in LAYERS for kind in ("weight", "bias"))


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def tensors(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}


# Nine images of five pixels; layers of 6, 4, 3 and 3.
RNG = np.random.default_rng(5)
PIXEL, TARGET = RNG.random((9, 5)), np.array([1.0, 3.0, 2.0, 2.0, 1.0, 3.0, 3.0, 1.0, 2.0])
SIZES = {"body1": (5, 6), "body2": (6, 4), "head1": (4, 3), "head2": (3, 3)}
PARAMETERS = {
    f"{layer}_{kind}": RNG.normal(0.1, 0.8, size if kind == "weight" else size[1:])
    for layer, size in SIZES.items()
    for kind in ("weight", "bias")
}
NORM = {
    "norm_weight": RNG.uniform(0.5, 2, 6),
    "norm_bias": RNG.normal(size=6),
    "running_mean": RNG.normal(size=6),
    "running_variance": RNG.uniform(0.5, 2, 6),
}
GIVEN = {"pixel": PIXEL, "target": TARGET, **PARAMETERS}
ONE_HOT = np.eye(3)[TARGET.astype(int) - 1]

Normalise = Callable[[Array], Array]


def softmax(logit: Array) -> Array:
    power: Array = np.exp(logit)
    return power / power.sum(axis=1, keepdims=True)


def forward(p: dict[str, Array], normalise: Normalise = lambda affine1: affine1) -> dict[str, Any]:
    """The network in NumPy, up to its loss."""
    affine1 = PIXEL @ p["body1_weight"] + p["body1_bias"]
    shaped1 = normalise(affine1)
    hidden1 = np.maximum(shaped1, 0)
    affine2 = hidden1 @ p["body2_weight"] + p["body2_bias"]
    hidden2 = np.maximum(affine2, 0)
    head_affine = hidden2 @ p["head1_weight"] + p["head1_bias"]
    head_hidden = np.maximum(head_affine, 0)
    logit = head_hidden @ p["head2_weight"] + p["head2_bias"]
    sample_loss = -np.log((softmax(logit) * ONE_HOT).sum(axis=1))
    right = (logit.argmax(axis=1) + 1 == TARGET).astype(float)
    return {
        "affine1": affine1,
        "shaped1": shaped1,
        "hidden1": hidden1,
        "affine2": affine2,
        "hidden2": hidden2,
        "head_affine": head_affine,
        "head_hidden": head_hidden,
        "logit": logit,
        "probability": softmax(logit),
        "sample_loss": sample_loss,
        "right": right,
        "loss": sample_loss.mean(),
        "accuracy": right.mean(),
    }


SHOWN = ("logit", "probability", "sample_loss", "right", "loss", "accuracy")
AGAIN = ("new_logit", "new_sample_loss", "new_right", "new_loss", "new_accuracy")


def backward(p: dict[str, Array], at: dict[str, Any]) -> dict[str, Array]:
    """The gradients of a network without batch norm, by hand."""
    slopes = {"logit": (at["probability"] - ONE_HOT) / len(PIXEL)}
    slopes["head_hidden"] = slopes["logit"] @ p["head2_weight"].T * (at["head_affine"] > 0)
    slopes["hidden2"] = slopes["head_hidden"] @ p["head1_weight"].T * (at["affine2"] > 0)
    slopes["hidden1"] = slopes["hidden2"] @ p["body2_weight"].T * (at["shaped1"] > 0)
    found = {f"{name}_gradient": slope for name, slope in slopes.items()}
    above = {"head2": "head_hidden", "head1": "hidden2", "body2": "hidden1"}
    for layer, slope in zip(reversed(LAYERS), slopes.values(), strict=True):
        found[f"{layer}_weight_gradient"] = (at[above[layer]] if layer in above else PIXEL).T @ slope
        found[f"{layer}_bias_gradient"] = slope.sum(axis=0)
    return found


def both(p: dict[str, Array], layer: str) -> Array:
    """A layer's matrix and bias as one vector."""
    return np.concatenate([p[f"{layer}_weight"].ravel(), p[f"{layer}_bias"]])


def test_the_gradients_by_hand_are_the_slopes_of_the_loss() -> None:
    by_hand, nudge = backward(PARAMETERS, forward(PARAMETERS)), 1e-6
    for name in EIGHT:
        for place in np.ndindex(PARAMETERS[name].shape):
            up, down = ({**PARAMETERS, name: PARAMETERS[name].copy()} for _ in range(2))
            up[name][place] += nudge
            down[name][place] -= nudge
            slope = (forward(up)["loss"] - forward(down)["loss"]) / (2 * nudge)
            # Losses near 2, right to 1e-15, are divided by 2e-6.
            assert abs(slope - by_hand[f"{name}_gradient"][place]) < 2e-9, (name, place)


def test_a_gallery_is_read_picture_by_picture() -> None:
    # Two bands of three pictures of 2 by 2: the picture's number, and a decimal for the pixel's.
    gallery = np.zeros((2, 2, 3, 2))
    for band, high, column, wide in np.ndindex(gallery.shape):
        gallery[band, high, column, wide] = 3 * band + column + (2 * high + wide) / 10
    found = fine_tuning.flattened(tensor(gallery))["pixel"]
    assert_close(found, [[image + pixel / 10 for pixel in range(4)] for image in range(6)])


def test_the_pretrained_network_equals_numpy_written_out() -> None:
    old_weight, old_bias = RNG.normal(size=(4, 7)), RNG.normal(size=7)
    digit = np.array([0.0, 6, 3, 2, 1, 5, 4, 0, 2])
    body = {name: PARAMETERS[name] for name in EIGHT[:4]}
    found = fine_tuning.pretrained(
        **tensors({"pixel": PIXEL, "digit": digit, **body, "old_weight": old_weight, "old_bias": old_bias})
    )
    at = forward(PARAMETERS)
    logit = at["hidden2"] @ old_weight + old_bias
    loss = -np.log(softmax(logit)[np.arange(9), digit.astype(int)])
    assert_close(found["hidden1"], at["hidden1"])
    assert_close(found["hidden2"], at["hidden2"])
    assert_close(found["logit"], logit)
    assert_close(found["probability"], softmax(logit))
    assert np.array_equal(found["predicted"], logit.argmax(axis=1))
    assert np.array_equal(found["right"], logit.argmax(axis=1) == digit)
    assert_close(found["sample_loss"], loss)
    assert_close(found["loss"], loss.mean())
    assert_close(found["accuracy"], np.mean(logit.argmax(axis=1) == digit))


def shaped(*sizes: tuple[int, int]) -> list[torch.Tensor]:
    return [torch.zeros(size, dtype=torch.float64) for size in sizes]


def test_surgery_takes_one_matrix_out_and_puts_two_in() -> None:
    found = fine_tuning.surgery(*shaped((49, 64), (64, 32), (32, 7), (32, 16), (16, 3)))
    assert {name: values.tolist() for name, values in found.items()} == {
        "before_inputs": [49, 64, 32],
        "before_outputs": [64, 32, 7],
        "before_weights": [3136, 2048, 224],
        "before_parameters": [3200, 2080, 231],
        "after_inputs": [49, 64, 32, 16],
        "after_outputs": [64, 32, 16, 3],
        "after_weights": [3136, 2048, 512, 48],
        "after_parameters": [3200, 2080, 528, 51],
        "before_total": 5511,
        "after_total": 5859,
        "kept": 5280,
        "removed": 231,
        "added": 579,
        "trained_share": 579 / 5859,
    }


HALVES = {"first_half": 1_347_904.0, "second_half": 19_936_768.0}


def resnet(head: str, classes: float = 3.0) -> dict[str, torch.Tensor]:
    sizes = {"features": 512.0, "middle_columns": 512.0, "old_classes": 1000.0}
    return fine_tuning.resnet_surgery(head, tensor(classes), **sizes, **HALVES)


def test_resnet_34_has_torchvision_s_parameters_and_the_lesson_s_new_head() -> None:
    found = resnet("lesson")
    nan = math.nan
    # torchvision's resnet34: 21,797,672
    assert float(found["resnet_before_total"]) == 21_797_672
    assert_close(found["resnet_before_parameters"], [1_347_904, 19_936_768, 513_000])
    assert_close(found["resnet_before_inputs"], [nan, nan, 512])
    assert_close(found["resnet_before_outputs"], [nan, nan, 1000])
    assert_close(found["resnet_after_parameters"], [1_347_904, 19_936_768, 512 * 512 + 512, 512 * 3 + 3, 0])
    assert_close(found["resnet_after_inputs"], [nan, nan, 512, 512, nan])
    assert_close(found["resnet_after_outputs"], [nan, nan, 512, 3, nan])
    assert float(found["resnet_removed"]) == 513_000
    assert float(found["resnet_added"]) == 262_656 + 1_539
    assert float(found["resnet_after_total"]) == 21_284_672 + 264_195
    assert_close(found["resnet_trained_share"], 264_195 / 21_548_867)


def test_fastai_s_head_pools_twice_and_has_two_batch_norms() -> None:
    found = resnet("fastai", classes=37.0)
    parts = [1_347_904, 19_936_768, 1024 * 512 + 512, 512 * 37 + 37, 2 * 1024 + 2 * 512]
    assert_close(found["resnet_after_parameters"], parts)
    assert_close(found["resnet_after_inputs"][2:4], [1024, 512])
    assert float(found["resnet_after_total"]) == sum(parts)


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(DataError, match="found the head of ResNet-34 'own', expected lesson or fastai"):
        resnet("own")
    with pytest.raises(DataError, match="found the optimizer 'Adagrad', expected SGD or momentum or Adam"):
        costs("Adagrad")
    with pytest.raises(DataError, match="found the kind of rates 'slice', expected slice"):
        rates("slice")
    with pytest.raises(DataError, match="found the mode 'train', expected train_bn=True or train_bn=False or"):
        normed("train")


def costs(optimizer: str) -> dict[str, torch.Tensor]:
    matrices = shaped((49, 64), (64, 32), (32, 16), (16, 3))
    eight = [part for weight in matrices for part in (weight, weight[0].clone())]
    return fine_tuning.costs(optimizer, tensor(4.0), torch.zeros(10, 49).double(), *eight, **HALVES)


@pytest.mark.parametrize(("optimizer", "each"), [("SGD", 1), ("momentum", 2), ("Adam", 3)])
def test_a_frozen_body_saves_gradients_and_what_the_optimizer_keeps(optimizer: str, each: int) -> None:
    found = costs(optimizer)
    parameters = [3200, 2080, 528, 51]
    assert_close(found["parameters"], parameters)
    assert_close(found["kept_numbers"], [each * number for number in parameters])
    assert_close(found["frozen_numbers"], [0, 0, each * 528, each * 51])
    assert_close(found["kept_bytes"], 4 * each * 5859)
    assert_close(found["frozen_bytes"], 4 * each * 579)
    assert_close(found["saved_bytes"], 4 * each * 5280)
    assert_close(found["saved_share"], 5280 / 5859)
    assert_close(found["saved_gradients"], 5280)
    assert_close(found["resnet_saved_bytes"], 21_284_672 * each * 4)


def test_a_frozen_body_saves_its_share_of_the_backward_pass() -> None:
    found = costs("SGD")
    # Ten images: a product for the matrix, and one to hand the gradient on, which the first trained layer need not.
    all_, frozen = [10 * 3136, 20 * 2048, 20 * 512, 20 * 48], [0, 0, 10 * 512, 20 * 48]
    assert_close(found["backward"], all_)
    assert_close(found["frozen_backward"], frozen)
    assert_close(found["backward_saved_share"], 1 - sum(frozen) / sum(all_))


def test_a_frozen_step_moves_the_head_and_nothing_else() -> None:
    found = fine_tuning.frozen_step(**tensors(GIVEN), rate=tensor(0.3))
    at = forward(PARAMETERS)
    by_hand = backward(PARAMETERS, at)
    for name in ("hidden1", "hidden2", "head_hidden", *SHOWN):
        assert_close(found[name], at[name])
    for name in ("logit_gradient", "head_hidden_gradient", *(f"{name}_gradient" for name in EIGHT[4:])):
        assert_close(found[name], by_hand[name])
    after = PARAMETERS | {name: PARAMETERS[name] - 0.3 * by_hand[f"{name}_gradient"] for name in EIGHT[4:]}
    for name in EIGHT[:4]:
        assert np.array_equal(found[f"new_{name}"], PARAMETERS[name])
    for name in EIGHT[4:]:
        assert_close(found[f"new_{name}"], after[name])
    went = [np.linalg.norm(both(after, layer) - both(PARAMETERS, layer)) for layer in LAYERS]
    assert found["distance"][:2].tolist() == [0, 0]
    assert_close(found["distance"], went)
    for name in ("new_head_hidden", *AGAIN):
        assert_close(found[name], forward(after)[name.removeprefix("new_")])
    assert float(found["new_loss"]) < float(found["loss"])
    assert not any(name.startswith("body") and name.endswith("gradient") for name in found)


def rates(kind: str) -> dict[str, list[float]]:
    found = fine_tuning.layer_rates(
        kind, tensor(1e-5), tensor(1e-3), tensor([1.0, 2.0, 3.0]), tensor([1.0, 2.0, 3.0, 3.0])
    )
    return {name: values.tolist() for name, values in found.items()}


@pytest.mark.parametrize(
    ("kind", "first", "second", "last"),
    [
        ("slice(a, b)", 1e-5, 1e-4, 1e-3),  # lesson 5: geometric
        ("slice(b), b/10", 1e-4, 1e-4, 1e-3),  # fastai since 1.0.29
        ("slice(b), b/3", 1e-3 / 3, 1e-3 / 3, 1e-3),  # up to 1.0.28
        ("one rate for all", 1e-3, 1e-3, 1e-3),
    ],
)
def test_each_layer_has_its_group_s_rate(kind: str, first: float, second: float, last: float) -> None:
    assert rates(kind)["group_rate"] == pytest.approx([first, second, last], rel=1e-13)
    assert rates(kind)["layer_rate"] == pytest.approx([first, second, last, last], rel=1e-13)


def test_an_unfrozen_step_moves_each_layer_at_its_own_rate() -> None:
    rate = np.array([0.1, 0.2, 0.3, 0.4])
    found = fine_tuning.unfrozen_step(**tensors(GIVEN), layer_rate=tensor(rate))
    at = forward(PARAMETERS)
    by_hand = backward(PARAMETERS, at)
    for name in ("hidden1", "hidden2", "head_hidden", *SHOWN):
        assert_close(found[name], at[name])
    for name, values in by_hand.items():
        assert_close(found[name], values)
    after = {
        name: PARAMETERS[name] - rate[place // 2] * by_hand[f"{name}_gradient"] for place, name in enumerate(EIGHT)
    }
    for name, values in after.items():
        assert_close(found[f"new_{name}"], values)
    sloped = {name: by_hand[f"{name}_gradient"] for name in EIGHT}
    norms = np.array([np.linalg.norm(both(sloped, layer)) for layer in LAYERS])
    assert_close(found["gradient_norm"], norms)
    assert_close(found["distance"], rate * norms)
    assert_close(
        found["relative_distance"], rate * norms / [np.linalg.norm(both(PARAMETERS, layer)) for layer in LAYERS]
    )
    for name in ("new_hidden1", "new_hidden2", "new_head_hidden", *AGAIN):
        assert_close(found[name], forward(after)[name.removeprefix("new_")], rtol=1e-12)


def test_a_rate_of_0_leaves_a_layer_where_it_is() -> None:
    found = fine_tuning.unfrozen_step(**tensors(GIVEN), layer_rate=tensor([0.0, 0.0, 0.1, 0.0]))
    assert (found["distance"] > 0).tolist() == [False, False, True, False]
    assert np.array_equal(found["new_body2_weight"], PARAMETERS["body2_weight"])


def test_a_layer_of_zeros_has_no_relative_distance() -> None:
    still = {name: np.zeros_like(PARAMETERS[name]) for name in EIGHT[6:]}
    # Classes of unequal number, so that the bias has a gradient.
    target = np.array([1.0] * 8 + [2.0])
    given = tensors({**GIVEN, **still, "target": target})
    found = fine_tuning.unfrozen_step(**given, layer_rate=tensor([0.1, 0.1, 0.1, 0.5]))
    assert found["relative_distance"].isnan().tolist() == [False, False, False, True]
    # Every class is as likely as any other: the bias's gradient is a third less its share of the targets.
    bias = 0.5 * np.array([1 / 3 - 8 / 9, 1 / 3 - 1 / 9, 1 / 3])
    assert_close(-found["new_head2_bias"], bias)
    new = {name: found[f"new_{name}"].numpy() for name in EIGHT[6:]}
    assert_close(found["distance"][3], np.linalg.norm(both(new, "head2")))
    unmoved = fine_tuning.unfrozen_step(**given, layer_rate=tensor([0.1, 0.1, 0.1, 0.0]))
    assert unmoved["relative_distance"].isnan().tolist() == [False, False, False, True]
    assert float(unmoved["distance"][3]) == 0


def test_a_relu_at_0_lets_no_gradient_through_and_of_equal_logits_the_first_wins() -> None:
    still = {name: np.zeros_like(values) for name, values in PARAMETERS.items() if name != "head2_weight"}
    found = fine_tuning.unfrozen_step(**tensors({**GIVEN, **still}), layer_rate=tensor([0.1] * 4))
    assert_close(found["loss"], math.log(3))
    assert found["right"].tolist() == (TARGET == 1).astype(float).tolist()
    assert not found["head_hidden_gradient"].any()
    assert found["logit_gradient"].any()


def test_logits_of_thousands_do_not_overflow() -> None:
    far = {name: 50 * values for name, values in PARAMETERS.items()}
    found = fine_tuning.frozen_step(**tensors({**GIVEN, **far}), rate=1e-3)
    assert all(bool(value.isfinite().all()) for value in found.values())


MODES = ("train_bn=True", "train_bn=False", "train_bn=False, BnFreeze")
EPS, MOMENTUM, RATE = 1e-3, 0.2, 0.3


def normed(mode: str, **changed: Any) -> dict[str, torch.Tensor]:
    given = {**GIVEN, **NORM, **changed}
    return fine_tuning.batch_norm_step(mode, **tensors(given), rate=RATE, momentum=tensor(MOMENTUM), eps=EPS)


def normalise(mode: str, weight: Array, bias: Array) -> Normalise:
    """Batch norm by the batch's own mean and biased variance, or in evaluation by the running ones."""

    def normed_(affine1: Array) -> Array:
        if mode == MODES[2]:
            mean, variance = NORM["running_mean"], NORM["running_variance"]
        else:
            mean, variance = affine1.mean(axis=0), affine1.var(axis=0)
        shaped_: Array = weight * (affine1 - mean) / np.sqrt(variance + EPS) + bias
        return shaped_

    return normed_


@pytest.mark.parametrize("mode", MODES)
def test_batch_norm_in_a_frozen_body_equals_numpy_written_out(mode: str) -> None:
    found = normed(mode)
    at = forward(PARAMETERS, normalise(mode, NORM["norm_weight"], NORM["norm_bias"]))
    for name in ("affine1", "hidden1", "hidden2", "head_hidden", *SHOWN):
        assert_close(found[name], at[name])
    mean, variance = at["affine1"].mean(axis=0), at["affine1"].var(axis=0)
    assert_close(found["batch_mean"], mean)
    assert_close(found["batch_variance"], variance)
    evaluated = mode == MODES[2]
    assert_close(found["used_mean"], NORM["running_mean"] if evaluated else mean)
    assert_close(found["used_variance"], NORM["running_variance"] if evaluated else variance)
    assert_close(found["normalised"], normalise(mode, np.ones(6), np.zeros(6))(at["affine1"]))
    by_hand = backward(PARAMETERS, at)
    for name in ("logit_gradient", "head_hidden_gradient", "hidden2_gradient", "hidden1_gradient"):
        assert_close(found[name], by_hand[name])
    for name in EIGHT[4:]:
        assert_close(found[f"{name}_gradient"], by_hand[f"{name}_gradient"])
        assert_close(found[f"new_{name}"], PARAMETERS[name] - RATE * by_hand[f"{name}_gradient"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("which", ["norm_weight", "norm_bias"])
def test_the_norm_s_gradients_are_the_slopes_of_the_loss_in_every_mode(which: str, mode: str) -> None:
    found, nudge = normed(mode)[f"{which}_gradient"], 1e-6
    for place in range(6):
        ends = []
        for distance in (nudge, -nudge):
            moved = {name: NORM[name].copy() for name in ("norm_weight", "norm_bias")}
            moved[which][place] += distance
            ends.append(forward(PARAMETERS, normalise(mode, moved["norm_weight"], moved["norm_bias"]))["loss"])
        assert abs((ends[0] - ends[1]) / (2 * nudge) - float(found[place])) < 2e-9


@pytest.mark.parametrize("mode", MODES)
def test_which_numbers_of_a_frozen_body_move(mode: str) -> None:
    found = normed(mode)
    affine1 = PIXEL @ PARAMETERS["body1_weight"] + PARAMETERS["body1_bias"]
    mean = 0.8 * NORM["running_mean"] + 0.2 * affine1.mean(axis=0)
    variance = 0.8 * NORM["running_variance"] + 0.2 * affine1.var(axis=0, ddof=1)
    trains, evaluated = mode == MODES[0], mode == MODES[2]
    after = {
        "running_mean": NORM["running_mean"] if evaluated else mean,
        "running_variance": NORM["running_variance"] if evaluated else variance,
        "norm_weight": NORM["norm_weight"] - trains * RATE * found["norm_weight_gradient"].numpy(),
        "norm_bias": NORM["norm_bias"] - trains * RATE * found["norm_bias_gradient"].numpy(),
    }
    for name, values in after.items():
        assert_close(found[f"new_{name}"], values)
    went = [np.linalg.norm(values - NORM[name]) for name, values in after.items()]
    slopes = {name: found[f"{name}_gradient"].numpy() for name in EIGHT[4:]}
    head = [RATE * np.linalg.norm(both(slopes, layer)) for layer in LAYERS[2:]]
    assert_close(found["moved"], [0, *went, 0, *head])
    expected = [False, not evaluated, not evaluated, trains, trains, False, True, True]
    assert (found["moved"] > 0).tolist() == expected


# Adam at rates and momenta of its own in each of twelve steps, under a one-cycle schedule.
STEPS, BETA2, ADAM_EPS = 12, 0.99, 1e-6


def ordinary_run(frozen: bool) -> list[dict[str, Any]]:
    """An ordinary run of torch: nn.Sequential, Adam, OneCycleLR; what each step starts from, and what it ends with."""
    parts = [nn.Linear(*size, dtype=torch.float64) for size in SIZES.values()]
    for part, layer in zip(parts, LAYERS, strict=True):
        part.weight = nn.Parameter(tensor(PARAMETERS[f"{layer}_weight"]).T.contiguous())
        part.bias = nn.Parameter(tensor(PARAMETERS[f"{layer}_bias"]))
    relus = [module for part in parts for module in (part, nn.ReLU())][:-1]
    body, model = nn.Sequential(*relus[:4]), nn.Sequential(*relus)
    body.requires_grad_(not frozen)
    trained = dict(zip(LAYERS, parts, strict=True)) if not frozen else dict(zip(LAYERS[2:], parts[2:], strict=True))
    highest = [0.02, 0.05, 0.1, 0.1][-len(trained) :]
    groups = [{"params": part.parameters()} for part in trained.values()]
    optimizer = torch.optim.Adam(groups, betas=(0.9, BETA2), eps=ADAM_EPS)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=highest, total_steps=STEPS)
    named = {f"{layer}_{kind}": p for layer, part in trained.items() for kind, p in part.named_parameters()}
    steps: list[dict[str, Any]] = []

    def turned(values: torch.Tensor) -> torch.Tensor:
        return values.detach().T.clone() if values.ndim == 2 else values.detach().clone()

    def state(key: str) -> dict[str, torch.Tensor]:
        return {name: turned(optimizer.state[p].get(key, torch.zeros_like(p))) for name, p in named.items()}

    for number in range(1, STEPS + 1):
        start: dict[str, Any] = {"parameter": {name: turned(p) for name, p in named.items()}}
        start |= {"average_before": state("exp_avg"), "square_before": state("exp_avg_sq")}
        start |= {"step_number": float(number)}
        lrs = [float(group["lr"]) for group in optimizer.param_groups]
        start |= {"rate": lrs[0]} if frozen else {"layer_rate": tensor(lrs)}
        start |= {"beta1": optimizer.param_groups[0]["betas"][0], "beta2": BETA2, "eps": ADAM_EPS}
        hidden2 = body(tensor(PIXEL)).detach()
        start |= {"target": tensor(TARGET), **({"hidden2": hidden2} if frozen else {"pixel": tensor(PIXEL)})}
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tensor(PIXEL)), torch.from_numpy(TARGET).long() - 1)
        loss.backward()
        end = {"loss": loss.detach(), **{f"{name}_gradient": turned(p.grad) for name, p in named.items()}}
        optimizer.step()
        new = {name: turned(p) for name, p in named.items()}
        families = {"new": new, "average": state("exp_avg"), "square": state("exp_avg_sq")}
        steps.append({"start": start, "end": end, "families": families})
        schedule.step()
    return steps


@pytest.mark.parametrize("frozen", [True, False])
def test_steps_one_by_one_are_an_ordinary_run_of_torch(frozen: bool) -> None:
    step = fine_tuning.run_frozen if frozen else fine_tuning.run_unfrozen
    steps = ordinary_run(frozen)
    momenta = [of["start"]["beta1"] for of in steps]
    assert max(momenta) > min(momenta)
    for of in steps:
        found = step(**of["start"])
        for name, expected in of["end"].items():
            assert_close(found[name], expected)
        for family, members in of["families"].items():
            assert found[family].keys() == members.keys()
            for name, expected in members.items():
                assert_close(found[family][name], expected)
    assert float(steps[-1]["end"]["loss"]) < float(steps[0]["end"]["loss"])


def from_nothing(given: dict[str, torch.Tensor], names: tuple[str, ...]) -> dict[str, dict[str, torch.Tensor]]:
    zeros = {name: torch.zeros_like(given[name]) for name in names}
    return {
        "parameter": {name: given[name] for name in names},
        "average_before": zeros,
        "square_before": {name: zero.clone() for name, zero in zeros.items()},
    }


def test_the_first_step_of_a_run_equals_the_hand_calculation() -> None:
    at = forward(PARAMETERS)
    by_hand = backward(PARAMETERS, at)
    rate = np.array([0.1, 0.2, 0.3, 0.4])
    adam = {"step_number": 1.0, "beta1": 0.95, "beta2": 0.99, "eps": 0.1}
    given = tensors(GIVEN)
    images = {name: given[name] for name in ("pixel", "target")}
    found: dict[str, Any] = dict(
        fine_tuning.run_unfrozen(**adam, **images, **from_nothing(given, EIGHT), layer_rate=tensor(rate))
    )
    for name in ("hidden1", "hidden2", "head_hidden", *SHOWN):
        assert_close(found[name], at[name])
    for name, values in by_hand.items():
        assert_close(found[name], values)
    for place, name in enumerate(EIGHT):
        g = by_hand[f"{name}_gradient"]
        assert_close(found["average"][name], 0.05 * g)
        assert_close(found["square"][name], 0.01 * g * g)
        # Both corrections take the first step back to the gradient itself.
        assert_close(found["new"][name], PARAMETERS[name] - rate[place // 2] * g / (np.abs(g) + 0.1))
    frozen: dict[str, Any] = dict(
        fine_tuning.run_frozen(
            **adam,
            hidden2=tensor(at["hidden2"]),
            target=given["target"],
            **from_nothing(given, EIGHT[4:]),
            rate=tensor(0.3),
        )
    )
    for name in ("head_hidden", *SHOWN):
        assert_close(frozen[name], at[name])
    assert_close(frozen["logit_gradient"], by_hand["logit_gradient"])
    assert_close(frozen["head_hidden_gradient"], by_hand["head_hidden_gradient"])
    for name in ("head1_weight", "head1_bias"):
        assert torch.equal(frozen["new"][name], found["new"][name])


def test_a_cycle_is_scaled_to_each_group_s_highest_rate() -> None:
    found = fine_tuning.cycle_rates(tensor([0.04, 1.0, 0.5]), tensor(0.2), tensor([0.1, 0.4]))
    assert_close(found["frozen_cycle"], [0.008, 0.2, 0.1])
    assert_close(found["group_cycle"], [[0.004, 0.016], [0.1, 0.4], [0.05, 0.2]])


def test_a_phase_s_cycle_is_lesson_5_s_vector_of_highest_rate_1() -> None:
    ten = torch.arange(1, 11, dtype=torch.float64)
    found = fine_tuning.one_cycle(ten, tensor(0.3), 25.0, 1e4, 0.85, tensor(0.95))
    # lesson 5's vector for a highest rate of 1e-2
    vector = [0.0004, 0.0052, 0.01, 0.009505, 0.008117, 0.006113, 0.003887, 0.001883, 0.000495, 0.0]
    assert [round(rate / 100, 6) for rate in found["share"].tolist()] == vector
    assert_close(found["share"][-1], 4e-6)
    assert float(found["steps"]) == 10
    # Down in two steps and back in seven, by halves of a cosine.
    assert_close(found["momentum"], [0.95, 0.9, 0.85, *(0.9 - 0.05 * math.cos(math.pi * k / 7) for k in range(1, 8))])


@pytest.mark.parametrize("pct_start", [0.06, 0.5, 0.95])
def test_a_cycle_of_thirty_steps_rises_and_falls_at_either_end_of_its_range(pct_start: float) -> None:
    thirty = torch.arange(1, 31, dtype=torch.float64)
    found = fine_tuning.one_cycle(thirty, pct_start, 25.0, 1e4, 0.85, 0.95)
    top, last = pct_start * 30 - 1, 29.0
    rise = [0.04 + 0.96 * (1 - math.cos(math.pi * n / top)) / 2 for n in range(30) if n <= top]
    fall = [4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * (n - top) / (last - top))) / 2 for n in range(len(rise), 30)]
    assert_close(found["share"], [*rise, *fall])


def test_runs_are_summed_up_seed_by_seed() -> None:
    final = tensor([[0.9, 0.5, 0.8], [0.7, 0.5, 0.8], [0.8, 0.5, 0.6], [0.8, 0.5, 0.8]])
    found = fine_tuning.run_summary(final, "fine-tuned")
    assert_close(found["mean"], [0.8, 0.5, 0.75])
    # Squares about the means: 0.01 + 0.01, 0, and 3 * 0.0025 + 0.0225; over three.
    assert_close(found["spread"], [math.sqrt(0.02 / 3), 0, 0.1])
    assert found["least"].tolist() == [0.7, 0.5, 0.6]
    assert found["most"].tolist() == [0.9, 0.5, 0.8]
    assert_close(found["difference"], [0.1, -0.1, 0.2, 0.0])
    assert_close(found["mean_difference"], 0.05)
    # Differences from 0.05: 0.05, -0.15, 0.15, -0.05: squares 0.05 over three, over the root of four.
    assert_close(found["standard_error"], math.sqrt(0.05 / 3) / 2)
    assert (float(found["wins"]), float(found["losses"])) == (2.0, 1.0)
    assert_close(fine_tuning.run_summary(final, "one large rate")["difference"], [-0.3, -0.3, -0.1, -0.3])


def test_the_first_of_equally_good_rates_is_the_best() -> None:
    spread = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = fine_tuning.rate_grid(tensor([[0.1, 0.9, 0.9], [0.7, 0.2, 0.3]]), spread, tensor([1e-3, 1e-2, 1e-1]))
    assert found["best"].tolist() == [0.9, 0.7]
    assert found["best_spread"].tolist() == [2.0, 4.0]
    assert found["best_rate"].tolist() == [1e-2, 1e-3]
    assert_close(fine_tuning.gains(tensor([0.9, 0.7]), tensor([0.5, 0.8]))["gain"], [0.4, -0.1])


RUNS: dict[str, Callable[[dict[str, Any]], Mapping[str, torch.Tensor | dict[str, torch.Tensor]]]] = {
    "flattened": lambda b: fine_tuning.flattened(b["pixel"].reshape(3, 3, 5, 1)),
    "pretrained": lambda b: fine_tuning.pretrained(
        b["pixel"], b["target"], *(b[name] for name in (*EIGHT[:4], "old_weight", "old_bias"))
    ),
    "frozen_step": lambda b: fine_tuning.frozen_step(b["pixel"], b["target"], *(b[name] for name in EIGHT), 0.1),
    "unfrozen_step": lambda b: fine_tuning.unfrozen_step(
        b["pixel"], b["target"], *(b[name] for name in EIGHT), b["rates"]
    ),
    "batch_norm_step": lambda b: fine_tuning.batch_norm_step(
        MODES[2], **{name: b[name] for name in (*GIVEN, *NORM)}, rate=0.1, momentum=0.1, eps=1e-5
    ),
    "run_unfrozen": lambda b: fine_tuning.run_unfrozen(
        2.0, b["rates"], 0.9, 0.99, 1e-8, b["pixel"], b["target"], **from_nothing(b, EIGHT)
    ),
    "cycle_rates": lambda b: fine_tuning.cycle_rates(b["rates"], 0.1, b["rates"]),
    "run_summary": lambda b: fine_tuning.run_summary(b["pixel"][:, :3], "fine-tuned"),
    "rate_grid": lambda b: fine_tuning.rate_grid(b["pixel"], b["pixel"], b["norm_bias"][:5]),
}


@pytest.mark.parametrize("name", RUNS)
def test_results_are_detached_float64_of_their_own_and_inputs_and_seed_stay_as_they_were(name: str) -> None:
    extra = {"rates": np.array([0.1, 0.2, 0.3, 0.4]), "old_weight": np.ones((4, 5)), "old_bias": np.zeros(5)}
    given = tensors({**GIVEN, **NORM, **extra})
    assert_own(RUNS[name], given)
