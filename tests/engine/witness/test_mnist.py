"""MNIST's models by torch, against NumPy written out here, finite differences, closed forms and hand calculations."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import close
import numpy as np
import numpy.typing as npt
import pytest
import torch
from own_results import assert_own

from engine.errors import DataError
from engine.witness import mnist
from engine.witness.mnist_models import Mnist_Logistic, Mnist_NN, update

assert_close = partial(close.assert_close, rtol=1e-13)

Array = npt.NDArray[np.float64]

WD = 1e-2
REGULARISERS = ["none", "batch norm", "dropout", "both"]


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def softmax(logit: Array) -> Array:
    power: Array = np.exp(logit)
    return power / power.sum(axis=1, keepdims=True)


def cross_entropies(logit: Array, label: Array) -> Array:
    losses: Array = -np.log(softmax(logit)[np.arange(len(label)), label.astype(int)])
    return losses


# Six images of noise, and four hidden units: enough for every path, few enough to nudge every kind of parameter.
RNG = np.random.default_rng(7)
X, LABEL = RNG.random((6, 784)), np.array([3.0, 0.0, 9.0, 3.0, 7.0, 1.0])
WEIGHT, BIAS = RNG.normal(0, 0.05, (10, 784)), RNG.normal(size=10)
NETWORK = {
    "weight1": RNG.normal(0, 0.05, (4, 784)),
    "bias1": RNG.normal(size=4),
    "weight2": RNG.normal(size=(10, 4)),
    "bias2": RNG.normal(size=10),
    "gamma": RNG.uniform(0.5, 2, 4),
    "beta": RNG.normal(0, 0.3, 4),
}
RUNNING = {"running_mean": RNG.normal(size=4), "running_variance": RNG.uniform(1, 2, 4)}
SETTINGS = {"bn_eps": 1e-3, "drop_p": 0.3, "draw": RNG.random((6, 4)), "wd": WD}


def one_hot() -> Array:
    return np.eye(10)[LABEL.astype(int)]


def logistic_loss(weight: Array, bias: Array) -> float:
    losses = cross_entropies(X @ weight.T + bias, LABEL)
    return float(losses.mean() + WD * (np.square(weight).sum() + np.square(bias).sum()))


def logistic(weight: Array = WEIGHT, bias: Array = BIAS) -> dict[str, torch.Tensor]:
    return mnist.logistic(tensor(X), tensor(LABEL), tensor(weight), tensor(bias), WD)


def test_with_weights_of_0_every_digit_is_as_likely_and_the_loss_is_ln_10() -> None:
    found = logistic(np.zeros((10, 784)), np.zeros(10))
    assert_close(found["loss"], math.log(10))
    assert float(found["penalty"]) == 0
    assert_close(found["probability"], np.full((6, 10), 0.1))
    assert_close(found["logit_gradient"], (0.1 - one_hot()) / 6)
    assert_close(found["weight_gradient"], (0.1 - one_hot()).T @ X / 6)
    # Of ten largest logits the smallest digit wins; one of the six images is a 0.
    assert found["predicted"].tolist() == [0.0] * 6
    assert found["correct"].tolist() == [0, 1, 0, 0, 0, 0]
    assert_close(found["accuracy"], 1 / 6)


def test_logistic_regression_equals_numpy_written_out() -> None:
    found = logistic()
    logit = X @ WEIGHT.T + BIAS
    assert_close(found["product"], X @ WEIGHT.T)
    assert_close(found["logit"], logit)
    assert_close(found["row_max"], logit.max(axis=1))
    assert_close(found["exponential"], np.exp(logit - logit.max(axis=1, keepdims=True)))
    assert_close(found["exponential_sum"], np.exp(logit - logit.max(axis=1, keepdims=True)).sum(axis=1))
    assert_close(found["probability"], softmax(logit))
    assert np.array_equal(found["one_hot"], one_hot())
    assert_close(found["sample_loss"], cross_entropies(logit, LABEL))
    assert np.array_equal(found["predicted"], logit.argmax(axis=1))
    assert_close(found["accuracy"], np.mean(logit.argmax(axis=1) == LABEL))
    assert_close(found["cross_entropy"], cross_entropies(logit, LABEL).mean())
    assert_close(found["penalty"], WD * (np.square(WEIGHT).sum() + np.square(BIAS).sum()))
    assert_close(found["loss"], logistic_loss(WEIGHT, BIAS))
    assert_close(found["logit_gradient"], (softmax(logit) - one_hot()) / 6)
    assert_close(found["weight_gradient"], (softmax(logit) - one_hot()).T @ X / 6 + 2 * WD * WEIGHT)
    assert_close(found["bias_gradient"], (softmax(logit) - one_hot()).mean(axis=0) + 2 * WD * BIAS)


def test_logits_of_thousands_do_not_overflow() -> None:
    found = logistic(1e4 * WEIGHT, BIAS)
    assert all(value.isfinite().all() for value in found.values())
    assert float(found["exponential"].max()) == 1


def test_a_step_of_sgd_goes_down_the_gradient_and_is_measured_again() -> None:
    found = mnist.logistic_step(tensor(X), tensor(LABEL), tensor(WEIGHT), tensor(BIAS), tensor(WD), tensor(0.1))
    logit = X @ WEIGHT.T + BIAS
    weight = WEIGHT - 0.1 * ((softmax(logit) - one_hot()).T @ X / 6 + 2 * WD * WEIGHT)
    bias = BIAS - 0.1 * ((softmax(logit) - one_hot()).mean(axis=0) + 2 * WD * BIAS)
    after = X @ weight.T + bias
    assert_close(found["new_weight"], weight)
    assert_close(found["new_bias"], bias)
    assert_close(found["new_logit"], after)
    assert_close(found["new_sample_loss"], cross_entropies(after, LABEL))
    assert_close(found["new_cross_entropy"], cross_entropies(after, LABEL).mean())
    assert_close(found["new_penalty"], WD * (np.square(weight).sum() + np.square(bias).sum()))
    assert_close(found["new_loss"], logistic_loss(weight, bias))
    assert np.array_equal(found["new_predicted"], after.argmax(axis=1))
    assert_close(found["new_accuracy"], np.mean(after.argmax(axis=1) == LABEL))
    assert float(found["new_loss"]) < logistic_loss(WEIGHT, BIAS)


def test_a_nudged_weight_has_the_slope_that_autograd_gives_it() -> None:
    found = mnist.finite_difference(
        tensor(X), tensor(LABEL), tensor(WEIGHT), tensor(BIAS), WD, 1e-4, tensor(7.0), tensor(5.0)
    )
    up, down = WEIGHT.copy(), WEIGHT.copy()
    up[7, 4] += 1e-4
    down[7, 4] -= 1e-4
    assert np.array_equal(found["pixel_value"], X[:, 4])
    assert float(found["at_weight"]) == WEIGHT[7, 4]
    assert_close(found["up_sample_loss"], cross_entropies(X @ up.T + BIAS, LABEL))
    assert_close(found["down_sample_loss"], cross_entropies(X @ down.T + BIAS, LABEL))
    assert_close(found["loss_up"], logistic_loss(up, BIAS))
    assert_close(found["loss_down"], logistic_loss(down, BIAS))
    # Two losses of a few units, right to 1e-15, are divided by 2e-4.
    assert abs(float(found["numeric"] - found["analytic"])) < 1e-10
    assert_close(found["analytic"], logistic()["weight_gradient"][7, 4])


def test_pictures_stand_five_to_a_tier() -> None:
    class_number = np.repeat(np.arange(10.0)[:, None], 784, axis=1)
    pixel_number = np.repeat(np.arange(784.0)[None], 10, axis=0)
    found = mnist.pictures(tensor(class_number), tensor(pixel_number), tensor(WEIGHT))
    assert found["initial_picture"].shape == (2, 5, 28, 28)
    assert found["initial_picture"][1, 2].unique().tolist() == [7.0]
    assert float(found["trained_picture"][0, 3, 2, 1]) == 57
    assert float(found["gradient_picture"][1, 4, 27, 27]) == WEIGHT[9, 783]


def test_the_middle_of_each_image_is_its_fifteenth_row() -> None:
    x = torch.arange(2 * 784.0).double().reshape(2, 784)
    assert mnist.middle(x)["middle"].tolist() == [list(range(392, 420)), list(range(1176, 1204))]


def test_a_flat_vector_is_a_picture_row_by_row() -> None:
    place = torch.arange(784 * 3, dtype=torch.float64).reshape(3, 784)
    found = mnist.view(place, tensor([5.0, 0.0, 4.0]), tensor(2.0), tensor(3.0), tensor(4.0))
    assert torch.equal(found["chosen"], 255 * place[1])
    assert float(found["chosen_label"]) == 0
    assert found["picture"][1, :3].tolist() == [255.0 * (784 + n) for n in (28, 29, 30)]
    # Two rows of 28, and the fourth of the third.
    assert float(found["at_pixel"]) == 60
    assert float(found["at_value"]) == 255 * (784 + 59)


def forward(parameters: dict[str, Array], regularisers: str) -> dict[str, Array]:
    """The network in NumPy, its loss last."""
    norm, drop = regularisers in ("batch norm", "both"), regularisers in ("dropout", "both")
    affine1 = X @ parameters["weight1"].T + parameters["bias1"]
    mean1, variance1 = affine1.sum(axis=0) / 6, np.square(affine1 - affine1.sum(axis=0) / 6).sum(axis=0) / 6
    normalised = (affine1 - mean1) / np.sqrt(variance1 + SETTINGS["bn_eps"])
    shaped = parameters["gamma"] * normalised + parameters["beta"] if norm else affine1
    activation = np.maximum(shaped, 0)
    mask = np.where(SETTINGS["draw"] < 0.3, 0, 1 / 0.7) if drop else np.ones((6, 4))
    logit = (activation * mask) @ parameters["weight2"].T + parameters["bias2"]
    in_use = [values for name, values in parameters.items() if norm or name not in ("gamma", "beta")]
    penalty = WD * sum(np.square(values).sum() for values in in_use)
    losses = cross_entropies(logit, LABEL)
    return {
        "affine1": affine1,
        "mean1": mean1,
        "variance1": variance1,
        "normalised": normalised,
        "shaped": shaped,
        "activation": activation,
        "mask": mask,
        "dropped": activation * mask,
        "logit": logit,
        "sample_loss": losses,
        "predicted": logit.argmax(axis=1),
        "cross_entropy": losses.mean(),
        "penalty": penalty,
        "loss": losses.mean() + penalty,
    }


def tensors(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}


def network(regularisers: str, **changed: Any) -> dict[str, torch.Tensor]:
    given = {"x": X, "label": LABEL, **NETWORK, **RUNNING, **SETTINGS, "bn_momentum": 0.2, **changed}
    return mnist.network(**tensors(given), regularisers=regularisers)


@pytest.mark.parametrize("regularisers", REGULARISERS)
def test_the_network_forward_equals_numpy_written_out(regularisers: str) -> None:
    found = network(regularisers)
    for name, expected in forward(NETWORK, regularisers).items():
        assert_close(found[name], expected)
    logit = found["logit"].numpy()
    assert_close(found["product1"], X @ NETWORK["weight1"].T)
    assert_close(found["product2"], found["dropped"].numpy() @ NETWORK["weight2"].T)
    assert_close(found["probability"], softmax(logit))
    assert_close(found["row_max"], logit.max(axis=1))
    assert_close(found["exponential"].sum(dim=1), found["exponential_sum"])
    assert float(found["batch_norm"]) == (regularisers in ("batch norm", "both"))
    assert float(found["dropout"]) == (regularisers in ("dropout", "both"))
    # The draws take part: some units are dropped, and not all.
    assert 0 < int((SETTINGS["draw"] < 0.3).sum()) < 24


@pytest.mark.parametrize("regularisers", REGULARISERS)
@pytest.mark.parametrize("name", NETWORK)
def test_every_gradient_is_the_slope_of_numpy_s_loss(name: str, regularisers: str) -> None:
    found = network(regularisers)[f"{name}_gradient"].numpy()
    nudge = 1e-6
    for place in list(np.ndindex(found.shape))[:: max(1, found.size // 7)]:
        up, down = ({**NETWORK, name: NETWORK[name].copy()} for _ in range(2))
        up[name][place] += nudge
        down[name][place] -= nudge
        slope = (forward(up, regularisers)["loss"] - forward(down, regularisers)["loss"]) / (2 * nudge)
        # Losses near 5, right to 1e-15, are divided by 2e-6.
        assert abs(slope - found[place]) < 5e-9, place


@pytest.mark.parametrize("regularisers", REGULARISERS)
def test_the_gradients_within_follow_from_one_another(regularisers: str) -> None:
    found = {name: value.numpy() for name, value in network(regularisers).items()}
    assert_close(found["logit_gradient"], (softmax(found["logit"]) - one_hot()) / 6)
    assert_close(found["dropped_gradient"], found["logit_gradient"] @ NETWORK["weight2"])
    assert_close(found["activation_gradient"], found["dropped_gradient"] * found["mask"])
    assert_close(found["shaped_gradient"], found["activation_gradient"] * (found["shaped"] > 0))
    assert_close(found["weight1_gradient"], found["affine1_gradient"].T @ X + 2 * WD * NETWORK["weight1"])
    assert_close(found["gradient_mean"], found["shaped_gradient"].sum(axis=0) / 6)
    assert_close(found["gradient_along"], (found["shaped_gradient"] * found["normalised"]).sum(axis=0) / 6)
    if regularisers in ("batch norm", "both"):
        # A batch norm does not see what moves all of its images alike.
        assert np.abs(found["affine1_gradient"].sum(axis=0)).max() < 1e-15
    else:
        assert_close(found["affine1_gradient"], found["shaped_gradient"])
        assert not found["gamma_gradient"].any()
        assert not found["beta_gradient"].any()


def test_running_statistics_move_by_the_momentum_towards_the_unbiased_ones() -> None:
    found = network("batch norm")
    affine1 = X @ NETWORK["weight1"].T + NETWORK["bias1"]
    assert_close(found["new_running_mean"], 0.8 * RUNNING["running_mean"] + 0.2 * affine1.mean(axis=0))
    assert_close(found["new_running_variance"], 0.8 * RUNNING["running_variance"] + 0.2 * affine1.var(axis=0, ddof=1))
    idle = network("dropout")
    assert np.array_equal(idle["new_running_mean"], RUNNING["running_mean"])
    assert np.array_equal(idle["new_running_variance"], RUNNING["running_variance"])


def test_a_relu_at_0_lets_no_gradient_through() -> None:
    found = network("none", weight1=np.zeros((4, 784)), bias1=np.zeros(4))
    assert bool((found["activation_gradient"] != 0).all())
    assert not found["shaped_gradient"].any()
    assert not found["weight1_gradient"].any()


def test_a_draw_at_the_share_is_kept_and_a_share_of_0_drops_nothing() -> None:
    draw = np.zeros((6, 4))
    draw[0, 0] = 0.5
    found = network("dropout", draw=draw, drop_p=0.5)["mask"]
    assert float(found[0, 0]) == 2
    assert float(found.sum()) == 2
    assert network("dropout", draw=draw, drop_p=0.0)["mask"].tolist() == [[1.0] * 4] * 6
    assert network("dropout", draw=draw, drop_p=tensor(0.5))["mask"].dtype == torch.float64


def test_an_unknown_regulariser_is_refused() -> None:
    with pytest.raises(DataError, match="found the regularisers 'all', expected none or batch norm or dropout or both"):
        network("all")


@pytest.mark.parametrize("regularisers", REGULARISERS)
def test_a_step_of_the_network_moves_all_that_is_in_use_and_is_measured_again(regularisers: str) -> None:
    found = mnist.network_step(
        **tensors({"x": X, "label": LABEL, **NETWORK, **SETTINGS}), regularisers=regularisers, learning_rate=0.05
    )
    gradients = network(regularisers)
    after = {name: values - 0.05 * gradients[f"{name}_gradient"].numpy() for name, values in NETWORK.items()}
    for name, values in after.items():
        assert_close(found[f"new_{name}"], values)
    if regularisers in ("none", "dropout"):
        assert np.array_equal(found["new_gamma"], NETWORK["gamma"])
    expected = forward(after, regularisers)
    assert expected["loss"] < float(gradients["loss"])
    measured = ("affine1", "mean1", "variance1", "shaped", "dropped", "logit", "sample_loss", "predicted")
    for name in (*measured, "cross_entropy", "penalty", "loss"):
        assert_close(found[f"new_{name}"], expected[name], rtol=1e-12)
    assert_close(found["new_accuracy"], np.mean(expected["predicted"] == LABEL))


ADAM = {"adam_rate": 1e-3, "beta1": 0.9, "beta2": 0.99, "adam_eps": 1e-8, "learning_rate": 0.5}


def test_adam_s_first_step_from_nothing_is_the_sign_of_the_gradient() -> None:
    weight2, gradient, zero = tensor([[1.0, -2.0, 3.0]]), tensor([[4.0, -1e-3, 0.0]]), tensor([[0.0, 0.0, 0.0]])
    found = mnist.last_layer(weight2, gradient, zero, zero, adam_t=1, **ADAM)
    # -lr g / (|g| + eps), and what a weight of 3 can show of it
    expected = np.array([[-1e-3 * 4 / (4 + 1e-8), 1e-3 * 1e-3 / (1e-3 + 1e-8), 0.0]])
    assert np.abs(found["adam_change"].numpy() - expected).max() < 1e-15
    assert_close(found["sgd_change"], [[-2.0, 5e-4, 0.0]], rtol=1e-15)
    assert_close(found["mean_hat"], gradient)
    assert_close(found["square_hat"], gradient.square())
    assert_close(found["sgd_largest"], 2.0)
    assert abs(float(found["adam_largest"]) - 1e-3) < 1e-10


def test_adam_s_third_step_equals_the_hand_calculation() -> None:
    found = mnist.last_layer(
        tensor([[1.0]]), tensor([[-2.0]]), tensor([[3.0]]), tensor([[16.0]]), tensor(3.0), 0.1, 0.5, 0.75, 0.5, 0.25
    )
    # 0.5 * 3 - 0.5 * 2 = 0.5 over 1 - 0.5^3; 0.75 * 16 + 0.25 * 4 = 13 over 1 - 0.75^3
    assert_close(found["adam_mean"], [[0.5]])
    assert_close(found["adam_square"], [[13.0]])
    assert_close(found["mean_hat"], [[0.5 / 0.875]])
    assert_close(found["square_hat"], [[13 / 0.578125]])
    change = -0.1 * (0.5 / 0.875) / (math.sqrt(13 / 0.578125) + 0.5)
    assert abs(float(found["adam_change"]) - change) < 1e-15
    assert_close(found["adam_weight2"], [[1 + change]])
    assert_close(found["sgd_change"], [[0.5]])


def test_curves_are_smoothed_as_fastai_does() -> None:
    # By hand: 0.5 / 0.1, 0.55 / 0.19, 0.595 / 0.271, 0.6355 / 0.3439.
    found = mnist.curves(tensor([[5.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]), tensor(0.9))
    assert [round(value, 4) for value in found["smoothed"][:, 0].tolist()] == [5.0, 2.8947, 2.1956, 1.8479]
    assert_close(found["smoothed"][:, 1], [1.0] * 4)
    # 0.1 * 5, 0.09 * 5 + 0.1 * 1, and so on
    assert_close(found["average"][:2, 0], [0.5, 0.55])
    assert_close(mnist.curves(tensor([[5.0], [1.0]]), 0.0)["smoothed"], [[5.0], [1.0]])


def test_eight_runs_of_eight_thousand_steps_are_smoothed_in_a_second() -> None:
    loss = torch.rand(8_000, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    started = time.process_time()
    found = mnist.curves(loss, 0.98)
    # 0.1 s where it was measured; a convolution over all steps took 9 s and 1 GB.
    assert time.process_time() - started < 2
    weight = 0.02 * 0.98 ** np.arange(8_000.0)[::-1]
    assert_close(found["average"][-1], weight @ loss.numpy())
    assert_close(found["smoothed"][-1], weight @ loss.numpy() / weight.sum())


def test_a_run_is_summed_up_over_its_last_hundred_steps() -> None:
    loss = np.arange(1.0, 251.0)[:, None] * [1.0, 2.0]
    smoothed = loss + np.where(np.arange(250) % 2, 3.0, -3.0)[:, None]
    epoch_loss, epoch_accuracy = (
        tensor([[3.0, 1.0], [1.0, 2.0], [1.0, 4.0]]),
        tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
    )
    found = mnist.summary(tensor(loss), tensor(smoothed), epoch_loss, epoch_accuracy, tensor(20.0))
    assert found["early_loss"].tolist() == [23.0, 43.0]
    # 151 to 250
    assert_close(found["last_loss"], [200.5, 401.0])
    assert_close(found["roughness"], [3.0, 3.0])
    assert found["best_loss"].tolist() == [1.0, 1.0]
    assert found["best_epoch"].tolist() == [2.0, 1.0]
    assert found["end_loss"].tolist() == [1.0, 4.0]
    assert found["end_accuracy"].tolist() == [0.5, 0.6]


def test_a_run_of_few_steps_is_summed_up_over_all_of_them() -> None:
    one = tensor([[0.5]])
    found = mnist.summary(tensor([[2.0], [4.0]]), tensor([[2.0], [3.0]]), one, one, 200)
    assert_close(found["early_loss"], [3.0])
    assert_close(found["last_loss"], [3.0])
    assert_close(found["roughness"], [math.sqrt(0.5)])


def test_mistakes_are_what_the_plain_network_makes_of_them() -> None:
    grey = np.random.default_rng(2).integers(0, 256, (10, 784)).astype(float)
    label = np.arange(10.0)
    parts = ("weight1", "bias1", "weight2", "bias2")
    found = mnist.mistakes(tensor(grey), tensor(label), *(tensor(NETWORK[name]) for name in parts))
    affine = grey / 255 @ NETWORK["weight1"].T + NETWORK["bias1"]
    logit = np.maximum(affine, 0) @ NETWORK["weight2"].T + NETWORK["bias2"]
    assert_close(found["mistake_affine"], affine)
    assert_close(found["mistake_hidden"], np.maximum(affine, 0))
    assert_close(found["mistake_logit"], logit)
    assert_close(found["mistake_row_max"], logit.max(axis=1))
    assert_close(found["mistake_sum"], np.exp(logit - logit.max(axis=1, keepdims=True)).sum(axis=1))
    assert_close(found["mistake_probability"], softmax(logit))
    assert_close(found["mistake_loss"], cross_entropies(logit, label))
    assert np.array_equal(found["mistake_predicted"], logit.argmax(axis=1))
    assert found["mistake_picture"].shape == (2, 5, 28, 28)
    assert float(found["mistake_picture"][1, 3, 0, 27]) == grey[8, 27]


def test_a_class_without_images_has_no_share() -> None:
    counts = np.zeros((10, 10))
    counts[0, :2] = [3, 1]
    counts[5, 5] = 6
    found = mnist.confused(tensor(counts))
    assert_close(found["accuracy_counted"], 0.9)
    nan = math.nan
    assert_close(found["class_accuracy"], [0.75, nan, nan, nan, nan, 1, nan, nan, nan, nan])


def test_the_first_losses_are_those_of_each_model_s_first_run() -> None:
    loss = torch.arange(16, dtype=torch.float64).reshape(2, 8)
    found = mnist.first_losses(loss, 0.0, 0.0, "initial", "initial", "none")
    assert (float(found["first_logistic"]), float(found["first_network"])) == (0.0, 4.0)


@pytest.mark.parametrize(("make", "parameters"), [(Mnist_Logistic, 784 * 10 + 10), (Mnist_NN, 39_760)])
def test_the_lesson_s_classes_run_as_a_learner_runs_them(make: Callable[[], torch.nn.Module], parameters: int) -> None:
    torch.manual_seed(0)
    model = make()
    assert sum(p.numel() for p in model.parameters()) == parameters
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.rand(64, 784), torch.arange(64) % 10
    losses = [update(model, x, y, optimizer, 1e-5) for _ in range(60)]
    assert abs(losses[0] - math.log(10)) < 0.2
    assert losses[-1] < 0.9 * losses[0]


RUNS: dict[str, Callable[[dict[str, Any]], dict[str, torch.Tensor]]] = {
    "logistic": lambda b: mnist.logistic(b["x"], b["label"], b["weight"], b["bias"], WD),
    "logistic_step": lambda b: mnist.logistic_step(b["x"], b["label"], b["weight"], b["bias"], WD, 0.1),
    "finite_difference": lambda b: mnist.finite_difference(
        b["x"], b["label"], b["weight"], b["bias"], WD, 1e-3, 1.0, 2.0
    ),
    "network": lambda b: mnist.network(
        **{k: v for k, v in b.items() if k not in ("weight", "bias")}, bn_momentum=0.1, regularisers="both"
    ),
    "network_step": lambda b: mnist.network_step(
        **{k: v for k, v in b.items() if k not in ("weight", "bias", *RUNNING)}, regularisers="both", learning_rate=0.1
    ),
    "last_layer": lambda b: mnist.last_layer(
        b["weight2"], b["weight2"], b["weight2"], b["weight2"].square(), 2.0, **ADAM
    ),
    "middle": lambda b: mnist.middle(b["x"]),
    "view": lambda b: mnist.view(b["x"], b["label"], 1.0, 2.0, 3.0),
    "pictures": lambda b: mnist.pictures(b["weight"], b["weight"], b["weight"]),
    "curves": lambda b: mnist.curves(b["x"], 0.5),
    "summary": lambda b: mnist.summary(b["weight"], b["weight"], b["weight"], b["weight"], 1.0),
    "mistakes": lambda b: mnist.mistakes(
        b["weight"], torch.arange(10.0).double(), b["weight1"], b["bias1"], b["weight2"], b["bias2"]
    ),
    "first_losses": lambda b: mnist.first_losses(b["weight"], 0.0, 0.0, "initial", "trained", "none"),
}


@pytest.mark.parametrize("name", RUNS)
def test_results_are_detached_float64_of_their_own_and_inputs_and_seed_stay_as_they_were(name: str) -> None:
    given = tensors({"x": X, "label": LABEL, "weight": WEIGHT, "bias": BIAS, **NETWORK, **RUNNING, **SETTINGS})
    assert_own(RUNS[name], given)
