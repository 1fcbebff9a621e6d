"""The digits' models against hand calculations, closed forms and finite differences of a loss written out here."""

import math
from functools import partial
from typing import Any

import close
import numpy as np
import pytest
from close import assert_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import EngineError
from engine.reference import Array, Result, mnist

slope_by_nudges = partial(close.slope_by_nudges, nudge=1e-6)

pytestmark = pytest.mark.filterwarnings("error")

LN2 = math.log(2)
WD = 0.01


def values(result: Result, name: str) -> Array:
    return np.asarray(result[name], dtype=np.float64)


# Images


class TestView:
    GREY = np.stack([np.zeros(784), np.arange(784.0) % 256])
    LABEL = np.array([7.0, 3.0])

    def test_the_picture_is_the_vector_row_by_row(self) -> None:
        # Row 3, column 5: two whole rows of 28 before it, and 4 pixels; the vector's 61st entry is 60.
        found = mnist.view(self.GREY / 255, self.LABEL, 2, 3, 5)
        assert (found["at_pixel"], found["at_value"], found["chosen_label"]) == (61.0, 60.0, 3.0)
        # 255 * (k / 255) is k for every k from 0 to 255, but for rounding.
        np.testing.assert_allclose(found["chosen"], self.GREY[1], rtol=1e-15, atol=0)
        picture = values(found, "picture")
        assert picture.shape == (28, 28)
        assert (picture[0, 27], picture[1, 0], picture[27, 27]) == (27.0, 28.0, 783 % 256)

    def test_the_middle_of_each_image_is_its_fifteenth_row(self) -> None:
        x = np.arange(2.0 * 784).reshape(2, 784)
        np.testing.assert_array_equal(mnist.middle(x)["middle"], [np.arange(392, 420), np.arange(1176, 1204)])

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ((0, 1, 1), "number: found 0, expected a whole number from 1 to 2"),
            ((1.5, 1, 1), "number: found 1.5, expected a whole number from 1 to 2"),
            ((1, 29, 1), "at_row: found 29, expected a whole number from 1 to 28"),
            ((1, 1, 0), "at_column: found 0, expected a whole number from 1 to 28"),
        ],
    )
    def test_a_place_outside_is_refused(self, place: tuple[float, float, float], message: str) -> None:
        with pytest.raises(EngineError, match=message):
            mnist.view(self.GREY / 255, self.LABEL, *place)


def test_the_switch_names_the_weights() -> None:
    initial, trained = np.zeros((2, 3)), np.ones((2, 3))
    assert mnist.choose("initial", initial, trained)["chosen"] is initial
    assert mnist.choose("trained", initial, trained)["chosen"] is trained
    with pytest.raises(EngineError, match="weights_from: found 'yours', expected one of initial, trained"):
        mnist.choose("yours", initial, trained)


def test_each_class_has_its_picture_five_to_a_tier() -> None:
    weight = np.arange(10.0)[:, np.newaxis] * 1000 + np.arange(784.0)
    found = mnist.pictures(weight, -weight, 2 * weight)
    for klass in range(10):
        picture = values(found, "initial_picture")[klass // 5, klass % 5]
        assert (picture[0, 0], picture[1, 0], picture[27, 27]) == (1000 * klass, 1000 * klass + 28, 1000 * klass + 783)
    np.testing.assert_array_equal(found["trained_picture"], -values(found, "initial_picture"))
    np.testing.assert_array_equal(found["gradient_picture"], 2 * values(found, "initial_picture"))


# Logistic regression


def cross_entropies(logit: Array, label: Array) -> Array:
    """-ln p of each label, as it stands: no logit here is large."""
    exponential = np.exp(logit)
    return -np.log(exponential[np.arange(len(label)), label.astype(int)] / exponential.sum(axis=1))


RNG = np.random.default_rng(3)
X = RNG.uniform(size=(6, 5))
LABEL = np.array([0.0, 2.0, 1.0, 2.0, 0.0, 1.0])
WEIGHT, BIAS = RNG.normal(size=(3, 5)), RNG.normal(size=3)


def logistic_loss(weight: Array, bias: Array) -> float:
    penalty = WD * float((weight**2).sum() + (bias**2).sum())
    return float(cross_entropies(X @ weight.T + bias, LABEL).mean()) + penalty


class TestLogistic:
    def test_every_block_is_by_hand(self) -> None:
        # One pixel: logits ln 1, ln 2, ln 1 and, twice as bright, ln 1, ln 4, ln 1.
        weight = np.log([[1.0], [2.0], [1.0]])
        found = mnist.logistic(np.array([[1.0], [2.0]]), np.array([1.0, 0.0]), weight, np.zeros(3), 0.5)
        assert_close(found["product"], [[0, LN2, 0], [0, 2 * LN2, 0]])
        assert_close(found["logit"], [[0, LN2, 0], [0, 2 * LN2, 0]])
        assert_close(found["row_max"], [LN2, 2 * LN2])
        assert_close(found["exponential"], [[0.5, 1, 0.5], [0.25, 1, 0.25]])
        assert_close(found["exponential_sum"], [2.0, 1.5])
        assert_close(found["probability"], [[0.25, 0.5, 0.25], [1 / 6, 4 / 6, 1 / 6]])
        assert values(found, "one_hot").tolist() == [[0, 1, 0], [1, 0, 0]]
        assert_close(found["sample_loss"], [LN2, math.log(6)])
        assert values(found, "predicted").tolist() == [1.0, 1.0]
        assert values(found, "correct").tolist() == [1.0, 0.0]
        assert found["accuracy"] == 0.5
        assert_close(found["cross_entropy"], math.log(12) / 2)
        assert_close(found["penalty"], LN2**2 / 2)
        assert_close(found["loss"], math.log(12) / 2 + LN2**2 / 2)
        slope = np.array([[0.25, -0.5, 0.25], [-5 / 6, 4 / 6, 1 / 6]]) / 2
        assert_close(found["logit_gradient"], slope)
        # Dark once and bright twice; the penalty's slope is 2 * 0.5 * w.
        assert_close(found["weight_gradient"], (slope[0] + 2 * slope[1] + weight[:, 0])[:, np.newaxis])
        assert_close(found["bias_gradient"], slope[0] + slope[1])

    def test_a_bias_is_added_and_penalised(self) -> None:
        found = mnist.logistic(np.ones((1, 1)), np.zeros(1), np.zeros((2, 1)), np.array([3.0, 4.0]), 0.5)
        assert values(found, "product").tolist() == [[0.0, 0.0]]
        assert values(found, "logit").tolist() == [[3.0, 4.0]]
        assert found["penalty"] == 12.5  # (9 + 16) / 2

    def test_without_weights_all_ten_digits_are_alike(self) -> None:
        found = mnist.logistic(X, np.arange(6.0), np.zeros((10, 5)), np.zeros(10), WD)
        assert_close(found["loss"], math.log(10))
        expected = np.full((6, 10), 0.1)
        expected[np.arange(6), np.arange(6)] = -0.9
        assert_close(found["logit_gradient"], expected / 6)
        assert values(found, "predicted").tolist() == [0.0] * 6  # of equal logits the smallest digit

    def test_both_gradients_are_finite_differences(self) -> None:
        found = mnist.logistic(X, LABEL, WEIGHT, BIAS, WD)
        assert_close(found["loss"], logistic_loss(WEIGHT, BIAS), rtol=1e-13)
        by_weight = slope_by_nudges(lambda weight: logistic_loss(weight, BIAS), WEIGHT)
        by_bias = slope_by_nudges(lambda bias: logistic_loss(WEIGHT, bias), BIAS)
        assert np.abs(values(found, "weight_gradient") - by_weight).max() <= 1e-8
        assert np.abs(values(found, "bias_gradient") - by_bias).max() <= 1e-8

    def test_a_logit_of_1000_neither_overflows_nor_loses_its_loss(self) -> None:
        weight = np.array([[1000.0], [-1000.0]])
        found = mnist.logistic(np.ones((2, 1)), np.array([0.0, 1.0]), weight, np.zeros(2), 0.0)
        assert values(found, "sample_loss").tolist() == [0.0, 2000.0]
        assert values(found, "probability").tolist() == [[1.0, 0.0], [1.0, 0.0]]

    @given(arrays(np.float64, (4, 3), elements=st.floats(-700, 700)))
    def test_the_slopes_by_the_logits_of_an_image_add_up_to_0(self, logit: Array) -> None:
        found = mnist.logistic(np.eye(4), np.zeros(4), logit.T, np.zeros(3), 0.0)
        assert np.abs(values(found, "logit_gradient").sum(axis=1)).max() <= 1e-15
        assert np.isfinite(values(found, "sample_loss")).all()

    @pytest.mark.parametrize("wrong", [3.0, -1.0, 0.5, math.nan])
    def test_a_label_that_is_no_class_is_refused(self, wrong: float) -> None:
        label = np.array([0.0, wrong, 1.0, 2.0, 0.0, 1.0])
        message = f"label, row 2: found {wrong:.15g}, expected a whole number from 0 to 2"
        with pytest.raises(EngineError, match=message):
            mnist.logistic(X, label, WEIGHT, BIAS, WD)


class TestLogisticStep:
    FOUND = mnist.logistic_step(X, LABEL, WEIGHT, BIAS, WD, 0.5)

    def test_it_goes_down_the_finite_differences(self) -> None:
        by_weight = slope_by_nudges(lambda weight: logistic_loss(weight, BIAS), WEIGHT)
        by_bias = slope_by_nudges(lambda bias: logistic_loss(WEIGHT, bias), BIAS)
        assert np.abs(values(self.FOUND, "new_weight") - (WEIGHT - 0.5 * by_weight)).max() <= 1e-8
        assert np.abs(values(self.FOUND, "new_bias") - (BIAS - 0.5 * by_bias)).max() <= 1e-8

    def test_the_same_mini_batch_is_seen_with_the_new_weights(self) -> None:
        weight, bias = values(self.FOUND, "new_weight"), values(self.FOUND, "new_bias")
        logit = X @ weight.T + bias
        assert_close(self.FOUND["new_logit"], logit)
        assert_close(self.FOUND["new_sample_loss"], cross_entropies(logit, LABEL), rtol=1e-13)
        assert_close(self.FOUND["new_cross_entropy"], cross_entropies(logit, LABEL).mean(), rtol=1e-13)
        assert_close(self.FOUND["new_penalty"], WD * ((weight**2).sum() + (bias**2).sum()))
        assert_close(self.FOUND["new_loss"], logistic_loss(weight, bias), rtol=1e-13)
        assert_close(self.FOUND["new_accuracy"], (values(self.FOUND, "new_predicted") == LABEL).mean())
        assert values(self.FOUND, "new_predicted").tolist() == logit.argmax(axis=1).tolist()
        assert logistic_loss(weight, bias) < logistic_loss(WEIGHT, BIAS)


class TestLogisticSlope:
    def test_one_weight_is_moved_both_ways(self) -> None:
        found = mnist.finite_difference(X, LABEL, WEIGHT, BIAS, WD, 1e-4, 2, 4)
        assert found["at_weight"] == WEIGHT[2, 3]
        np.testing.assert_array_equal(found["pixel_value"], X[:, 3])
        for side, sign in (("up", 1), ("down", -1)):
            weight = WEIGHT.copy()
            weight[2, 3] += sign * 1e-4
            assert_close(found[f"{side}_sample_loss"], cross_entropies(X @ weight.T + BIAS, LABEL), rtol=1e-13)
            assert_close(found[f"loss_{side}"], logistic_loss(weight, BIAS), rtol=1e-13)
        # The difference of two losses near 1 by 2e-4, and a third derivative near 1 times 1e-8 / 6.
        assert abs(float(values(found, "numeric") - values(found, "analytic"))) <= 1e-8
        assert_close(found["analytic"], values(mnist.logistic(X, LABEL, WEIGHT, BIAS, WD), "weight_gradient")[2, 3])

    def test_a_nudge_or_a_place_that_is_none_is_refused(self) -> None:
        for changed, message in (
            ((0.0, 0, 1), "nudge: found 0, expected a number above 0"),
            ((0.1, 3, 1), "at_klass: found 3, expected a whole number from 0 to 2"),
            ((0.1, 0, 0), "at_pixel: found 0, expected a whole number from 1 to 5"),
        ):
            with pytest.raises(EngineError, match=message):
                mnist.finite_difference(X, LABEL, WEIGHT, BIAS, WD, *changed)


# The network

GIVEN: dict[str, Array] = {
    "weight1": RNG.normal(size=(4, 5)),
    "bias1": RNG.normal(size=4),
    "weight2": RNG.normal(size=(3, 4)),
    "bias2": RNG.normal(size=3),
    "gamma": RNG.uniform(0.5, 2, 4),
    "beta": RNG.normal(size=4),
}
STATISTICS = {"running_mean": RNG.normal(size=4), "running_variance": RNG.uniform(0.5, 2, 4)}
DRAW = RNG.uniform(size=(6, 4))
RULE: dict[str, Any] = {"bn_eps": 0.125, "drop_p": 0.25, "draw": DRAW, "wd": WD}
CHOICES = ("none", "batch norm", "dropout", "both")


def network(regularisers: str, **changed: Any) -> Result:
    given_arguments = {"x": X, "label": LABEL, **GIVEN, **STATISTICS, **RULE, "bn_momentum": 0.1}
    return mnist.network(**{**given_arguments, "regularisers": regularisers, **changed})


def network_loss(regularisers: str, parameters: dict[str, Array]) -> float:
    """The loss as the layers say it, one after the other."""
    batch_norm, dropout = regularisers in ("batch norm", "both"), regularisers in ("dropout", "both")
    hidden = X @ parameters["weight1"].T + parameters["bias1"]
    if batch_norm:
        spread = np.sqrt(np.mean((hidden - hidden.mean(axis=0)) ** 2, axis=0) + 0.125)
        hidden = parameters["gamma"] * (hidden - hidden.mean(axis=0)) / spread + parameters["beta"]
    hidden = np.where(hidden > 0, hidden, 0)
    if dropout:
        hidden = np.where(DRAW < 0.25, 0, hidden / 0.75)
    loss = cross_entropies(hidden @ parameters["weight2"].T + parameters["bias2"], LABEL).mean()
    used = list(parameters) if batch_norm else ["weight1", "bias1", "weight2", "bias2"]
    return float(loss + WD * sum(np.sum(parameters[name] ** 2) for name in used))


class TestNetwork:
    @pytest.mark.parametrize("regularisers", CHOICES)
    def test_every_gradient_is_the_finite_difference(self, regularisers: str) -> None:
        found = network(regularisers)
        assert_close(found["loss"], network_loss(regularisers, GIVEN), rtol=1e-13)
        for name, value in GIVEN.items():
            slope = slope_by_nudges(
                lambda moved, name=name: network_loss(regularisers, {**GIVEN, name: moved}),  # type: ignore[misc]
                value,
            )
            assert np.abs(values(found, f"{name}_gradient") - slope).max() <= 1e-8, name

    @pytest.mark.parametrize("regularisers", CHOICES)
    def test_the_first_layer_s_own_slope_is_that_of_a_pixel_lit_in_one_image(self, regularisers: str) -> None:
        # With a pixel more for each image, lit there alone and without weight, only that image's sum would move.
        x = np.hstack([X, np.eye(6)])
        weight1 = np.hstack([GIVEN["weight1"], np.zeros((4, 6))])
        found = network(regularisers, x=x, weight1=weight1)
        assert_close(found["affine1_gradient"], values(found, "weight1_gradient")[:, 5:].T)

    def test_two_images_without_regularisers_are_by_hand(self) -> None:
        # x = 1 and 2 through w1 = 1, -1 and b1 = 0, 1: hidden 1, 0 and 2, -1. Logits ln 2 of the first unit: ln 2, 0
        # and ln 4, 0, so p is 2/3, 1/3 and 4/5, 1/5; both labels are 0.
        found = mnist.network(
            np.array([[1.0], [2.0]]),
            np.zeros(2),
            np.array([[1.0], [-1.0]]),
            np.array([0.0, 1.0]),
            np.array([[LN2, 5.0], [0.0, 7.0]]),
            np.zeros(2),
            *(np.ones(2) for _ in range(4)),
            **{**RULE, "draw": np.zeros((2, 2)), "wd": 0.0},
            bn_momentum=0.1,
            regularisers="none",
        )
        assert (found["batch_norm"], found["dropout"]) == (0.0, 0.0)
        assert values(found, "product1").tolist() == [[1, -1], [2, -2]]
        for name in ("affine1", "shaped"):
            assert values(found, name).tolist() == [[1, 0], [2, -1]], name
        for name in ("activation", "dropped"):
            assert values(found, name).tolist() == [[1, 0], [2, 0]], name
        assert values(found, "mask").tolist() == [[1, 1], [1, 1]]
        assert_close(found["product2"], [[LN2, 0], [2 * LN2, 0]])
        assert_close(found["probability"], [[2 / 3, 1 / 3], [4 / 5, 1 / 5]])
        slope = np.array([[-1 / 6, 1 / 6], [-1 / 10, 1 / 10]])
        assert_close(found["logit_gradient"], slope)
        assert_close(found["weight2_gradient"], [[-1 / 6 - 2 / 10, 0], [1 / 6 + 2 / 10, 0]])
        assert_close(found["bias2_gradient"], [-4 / 15, 4 / 15])
        # ln 2 of the first logit's slope alone; 5 and 7 times the two of the second unit.
        back = [[-LN2 / 6, 2 / 6], [-LN2 / 10, 2 / 10]]
        assert_close(found["dropped_gradient"], back)
        assert_close(found["activation_gradient"], back)
        # The second unit is at 0 and below: nothing comes through.
        assert_close(found["shaped_gradient"], [[-LN2 / 6, 0], [-LN2 / 10, 0]])
        assert_close(found["affine1_gradient"], [[-LN2 / 6, 0], [-LN2 / 10, 0]])
        assert_close(found["weight1_gradient"], [[-LN2 / 6 - 2 * LN2 / 10], [0]])
        assert_close(found["bias1_gradient"], [-LN2 * 4 / 15, 0])

    def test_batch_norm_is_by_hand_and_shown_even_where_it_is_not_in_use(self) -> None:
        # 1, 2, 6: mean 3, biased variance 14/3, unbiased 7; with an eps of 1/3 the root is that of 5.
        arguments = {
            "x": np.array([[1.0], [2.0], [6.0]]),
            "label": np.zeros(3),
            "weight1": np.ones((1, 1)),
            "bias1": np.zeros(1),
            "weight2": np.ones((2, 1)),
            "bias2": np.zeros(2),
            "gamma": np.array([10.0]),
            "beta": np.array([7.0]),
            "running_mean": np.array([5.0]),
            "running_variance": np.array([2.0]),
            "bn_eps": 1 / 3,
            "draw": np.zeros((3, 1)),
        }
        normalised = np.array([[-2.0], [-1.0], [3.0]]) / math.sqrt(5)
        off, on = (network(choice, **arguments) for choice in ("none", "batch norm"))
        for found in (off, on):
            assert_close(found["mean1"], [3.0])
            assert_close(found["variance1"], [14 / 3])
            assert_close(found["normalised"], normalised)
        assert_close(off["shaped"], [[1.0], [2.0], [6.0]])
        assert_close(on["shaped"], 7 + 10 * normalised)
        assert (off["batch_norm"], on["batch_norm"]) == (0.0, 1.0)
        assert (values(off, "new_running_mean"), values(off, "new_running_variance")) == (5.0, 2.0)
        assert_close(on["new_running_mean"], [4.8])  # a tenth of the way from 5 to 3
        assert_close(on["new_running_variance"], [2.5])  # and from 2 to 7
        assert_close(float(values(on, "penalty") - values(off, "penalty")), WD * 149)  # 10^2 + 7^2

    def test_a_unit_is_dropped_below_drop_p_and_what_is_kept_is_scaled(self) -> None:
        draw = np.array([[0.24, 0.25, 0.26, 0.0]])
        found = network("dropout", draw=np.repeat(draw, 6, axis=0))
        assert_close(values(found, "mask")[0], [0, 4 / 3, 4 / 3, 0])
        assert_close(found["dropped"], values(found, "activation") * values(found, "mask"))
        assert_close(found["activation_gradient"], values(found, "dropped_gradient") * values(found, "mask"))
        assert found["dropout"] == 1.0
        whole = network("dropout", drop_p=0.0)
        assert_close(whole["loss"], values(network("none"), "loss"))

    @pytest.mark.parametrize("regularisers", CHOICES)
    def test_the_two_means_over_the_images_are_always_there(self, regularisers: str) -> None:
        found = network(regularisers)
        slope, normalised = values(found, "shaped_gradient"), values(found, "normalised")
        assert_close(found["gradient_mean"], slope.sum(axis=0) / 6)
        assert_close(found["gradient_along"], np.einsum("ih,ih->h", slope, normalised) / 6)
        unused = regularisers in ("none", "dropout")
        for name in ("gamma_gradient", "beta_gradient"):
            assert np.all(values(found, name) == 0) == unused

    def test_batch_norm_forgets_the_bias_before_it(self) -> None:
        moved = network("batch norm", bias1=GIVEN["bias1"] + 3, wd=0.0)
        assert_close(moved["logit"], values(network("batch norm", wd=0.0), "logit"), rtol=1e-13)
        assert np.abs(values(moved, "bias1_gradient")).max() <= 1e-15

    def test_the_lesson_s_network_has_39760_parameters(self) -> None:
        sizes = {"weight1": (50, 784), "bias1": 50, "weight2": (10, 50), "bias2": 10}
        arguments = {name: np.ones(size) for name, size in sizes.items()}
        arguments |= {name: np.ones(50) for name in ("gamma", "beta", "running_mean", "running_variance")}
        found = network("none", x=np.zeros((2, 784)), label=np.zeros(2), draw=np.zeros((2, 50)), wd=1.0, **arguments)
        assert found["penalty"] == 39760

    def test_what_leaves_no_number_is_refused(self) -> None:
        with pytest.raises(
            EngineError, match="regularisers: found 'all', expected one of none, batch norm, dropout, b"
        ):
            network("all")
        with pytest.raises(EngineError, match="bn_eps: found 0, expected a number above 0"):
            network("none", bn_eps=0.0)
        with pytest.raises(EngineError, match="drop_p: found 1, expected a number from 0 and below 1"):
            network("none", drop_p=1.0)
        one = {"x": X[:1], "label": LABEL[:1], "draw": DRAW[:1]}
        with pytest.raises(
            EngineError, match="x: found 1 image, expected at least 2 for batch norm to have a variance"
        ):
            network("both", **one)
        assert values(network("dropout", **one), "logit").shape == (1, 3)


class TestNetworkStep:
    @pytest.mark.parametrize("regularisers", CHOICES)
    def test_it_goes_down_the_gradients_and_sees_the_mini_batch_again(self, regularisers: str) -> None:
        before = network(regularisers)
        found = mnist.network_step(X, LABEL, **GIVEN, **RULE, regularisers=regularisers, learning_rate=0.125)
        after = {name: GIVEN[name] - 0.125 * values(before, f"{name}_gradient") for name in GIVEN}
        for name, expected in after.items():
            assert_close(found[f"new_{name}"], expected)
        again = network(regularisers, **after)
        for name in ("affine1", "mean1", "variance1", "shaped", "dropped", "logit", "sample_loss", "predicted"):
            assert_close(found[f"new_{name}"], values(again, name))
        for name in ("cross_entropy", "penalty", "loss", "accuracy"):
            assert_close(found[f"new_{name}"], values(again, name))
        assert_close(found["new_loss"], network_loss(regularisers, after), rtol=1e-13)
        assert network_loss(regularisers, after) < network_loss(regularisers, GIVEN)

    def test_gamma_and_beta_stay_where_batch_norm_is_not_in_use(self) -> None:
        found = mnist.network_step(X, LABEL, **GIVEN, **RULE, regularisers="dropout", learning_rate=0.125)
        np.testing.assert_array_equal(found["new_gamma"], GIVEN["gamma"])
        np.testing.assert_array_equal(found["new_beta"], GIVEN["beta"])


class TestLastLayer:
    def test_both_steps_are_by_hand(self) -> None:
        # g = -12: mean 0.5 * 4 - 6 = -4, corrected by 1 - 0.25 to -16/3; square 0.75 * 64 + 36 = 84, by 7/16 to 192.
        found = mnist.last_layer(
            np.array([[3.0]]),
            np.array([[-12.0]]),
            np.array([[4.0]]),
            np.array([[64.0]]),
            adam_t=2,
            adam_rate=0.5,
            beta1=0.5,
            beta2=0.75,
            adam_eps=2.0,
            learning_rate=0.25,
        )
        change = 0.5 * (16 / 3) / (math.sqrt(192) + 2)
        expected = {
            "sgd_change": 3.0,
            "adam_mean": -4.0,
            "adam_square": 84.0,
            "mean_hat": -16 / 3,
            "square_hat": 192.0,
            "adam_change": change,
            "adam_weight2": 3 + change,
        }
        for name, value in expected.items():
            assert_close(found[name], [[value]])
        assert found["sgd_largest"] == 3.0
        assert_close(found["adam_largest"], change)

    def test_adam_s_first_step_is_the_rate_whatever_the_gradient_and_0_where_there_is_none(self) -> None:
        gradient, zero = np.array([[1e-3, -50.0, 0.0]]), np.zeros((1, 3))
        found = mnist.last_layer(zero, gradient, zero, zero, 1, 0.125, 0.9, 0.999, 0.0, 0.5)
        assert_close(found["adam_change"], [[-0.125, 0.125, 0.0]], rtol=1e-13)
        assert found["sgd_largest"] == 25.0

    def test_a_step_before_the_first_is_refused(self) -> None:
        one = np.ones((1, 1))
        with pytest.raises(EngineError, match="adam_t: found 0, expected at least 1"):
            mnist.last_layer(one, one, one, one, 0, 0.1, 0.9, 0.999, 1e-8, 0.1)


# The recorded runs


def test_each_run_s_curve_is_smoothed_by_itself() -> None:
    # By hand: 0.5 / 0.1, 0.55 / 0.19, 0.595 / 0.271, 0.6355 / 0.3439; a constant stays itself.
    found = mnist.curves(np.array([[5.0, 2.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]), 0.9)
    assert np.round(values(found, "smoothed")[:, 0], 4).tolist() == [5.0, 2.8947, 2.1956, 1.8479]
    assert_close(values(found, "smoothed")[:, 1], np.full(4, 2.0))
    assert_close(values(found, "average")[:2], [[0.5, 0.2], [0.55, 0.38]])  # 0.9 * 0.5 + 0.1, 0.9 * 0.2 + 0.2


class TestSummary:
    EPOCH_LOSS = np.array([[0.5, 0.5, 1.0], [0.4, 0.25, 0.5], [0.44, 0.3, 0.5]])
    ACCURACY = np.array([[0.5, 0.6, 0.7], [0.6, 0.7, 0.8], [0.7, 0.8, 0.9]])

    def summary(self, steps: int, early: float) -> Result:
        loss = np.tile(np.arange(1.0, steps + 1)[:, np.newaxis], (1, 3)) * np.array([1.0, 2.0, -1.0])
        return mnist.summary(loss, loss - np.array([1.0, 0.0, 3.0]), self.EPOCH_LOSS, self.ACCURACY, early)

    def test_every_block_is_by_hand(self) -> None:
        # Steps 1 to 150: the mean of the last 100 is 100.5; smoothed is 1, 0 and 3 below.
        found = self.summary(150, 20)
        assert_close(found["early_loss"], [19.0, 40.0, -23.0])
        assert_close(found["last_loss"], [100.5, 201.0, -100.5])
        assert_close(found["roughness"], [1.0, 0.0, 3.0])
        assert values(found, "best_loss").tolist() == [0.4, 0.25, 0.5]
        assert values(found, "best_epoch").tolist() == [2.0, 2.0, 2.0]  # the first of two equal ones
        assert values(found, "end_loss").tolist() == [0.44, 0.3, 0.5]
        assert values(found, "end_accuracy").tolist() == [0.7, 0.8, 0.9]
        # 0.3 is above 1.1 * 0.25, and 0.5 is not above 1.1 * 0.5.
        assert np.asarray(found["verdict"]).tolist()[1:] == ["rises again", "at its best"]

    def test_fewer_steps_than_a_hundred_are_all_taken_and_a_late_early_is_the_last(self) -> None:
        found = self.summary(9, 1000)
        assert_close(found["last_loss"], [5.0, 10.0, -5.0])
        assert_close(found["early_loss"], [8.0, 18.0, -12.0])

    def test_an_early_step_that_is_none_is_refused(self) -> None:
        with pytest.raises(EngineError, match="early: found 0, expected a whole number from 1 to 9"):
            self.summary(9, 0)


class TestMistakes:
    def test_what_the_network_says_is_by_hand(self) -> None:
        # A white image: 784 pixels of 1. Hidden ln 3 and 0 (below), logits ln 3 for digit 1, 0 for the other nine.
        grey = np.full((10, 784), 255.0)
        weight1 = np.zeros((2, 784))
        weight1[:, 0] = math.log(3), -1.0
        weight2 = np.zeros((10, 2))
        weight2[1] = 1.0, 5.0
        found = mnist.mistakes(grey, np.arange(10.0), weight1, np.zeros(2), weight2, np.zeros(10))
        assert_close(found["mistake_affine"], np.tile([math.log(3), -1.0], (10, 1)))
        assert_close(found["mistake_hidden"], np.tile([math.log(3), 0.0], (10, 1)))
        assert_close(values(found, "mistake_logit")[0], [0.0, math.log(3), *np.zeros(8)])
        assert_close(found["mistake_row_max"], np.full(10, math.log(3)))
        assert_close(found["mistake_sum"], np.full(10, 4.0))  # 1 + 9 / 3
        assert_close(values(found, "mistake_probability")[3], [1 / 12, 1 / 4, *np.full(8, 1 / 12)])
        assert values(found, "mistake_predicted").tolist() == [1.0] * 10
        assert_close(values(found, "mistake_loss")[:2], [math.log(12), math.log(4)])
        caption = np.asarray(found["caption"])
        assert caption.shape == (2, 5)
        assert (caption[0, 0], caption[1, 4]) == ("0, taken for 1 (25 %)", "9, taken for 1 (25 %)")

    @pytest.mark.parametrize(("odds", "percent"), [(1.0, "50"), (7.0, "88"), (1e9, "100")])
    def test_halves_of_a_per_cent_are_rounded_up(self, odds: float, percent: str) -> None:
        # Odds of 7 are 0.875.
        weight2 = np.array([[0.0], [math.log(odds)]]) + 0.0
        found = mnist.mistakes(
            np.zeros((5, 784)), np.zeros(5), np.zeros((1, 784)), np.array([1.0]), weight2, np.zeros(2)
        )
        assert np.asarray(found["caption"])[0, 0] == f"0, taken for {odds > 1:d} ({percent} %)"

    def test_the_pictures_are_the_images_five_to_a_tier(self) -> None:
        grey = np.arange(10.0)[:, np.newaxis] + np.zeros(784)
        grey[7, 29] = 200.0
        zero = np.zeros(1)
        found = mnist.mistakes(grey, np.zeros(10), np.zeros((1, 784)), zero, np.zeros((2, 1)), np.zeros(2))
        picture = values(found, "mistake_picture")
        assert picture.shape == (2, 5, 28, 28)
        assert picture[1, 2, 1, 1] == 200.0
        assert picture[:, :, 0, 0].tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_shares_are_of_each_true_digit() -> None:
    found = mnist.confused(np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2.0, 2.0, 1.0]]))
    assert_close(found["accuracy_counted"], 4 / 9)
    assert values(found, "class_accuracy").tolist()[::2] == [0.75, 0.2]
    assert math.isnan(values(found, "class_accuracy")[1])


class TestFirstLosses:
    LOSS = np.vstack([np.arange(1.0, 9.0), np.full(8, 9.0)])
    AGREES, STALE = "agrees with this sheet", "stale: the inputs changed after training"
    TRAINED = "not compared: trained weights are in use"

    @pytest.mark.parametrize(
        ("losses", "choices", "statuses"),
        [
            ((1.0, 5.0), ("initial", "initial", "none"), (AGREES, AGREES)),
            ((1.0 + 1e-8, 5.0 + 1e-10), ("initial", "initial", "none"), (STALE, AGREES)),
            ((1.0, 4.0), ("initial", "initial", "none"), (AGREES, STALE)),
            ((1.0, 5.0), ("trained", "initial", "none"), (TRAINED, AGREES)),
            ((1.0, 5.0), ("initial", "trained", "both"), (AGREES, TRAINED)),
            ((1.0, 5.0), ("initial", "initial", "dropout"), (AGREES, "not compared: a regulariser is on")),
        ],
    )
    def test_they_are_compared_where_they_can_be(
        self, losses: tuple[float, float], choices: tuple[str, str, str], statuses: tuple[str, str]
    ) -> None:
        found = mnist.first_losses(self.LOSS, *losses, *choices)
        assert (found["first_logistic"], found["first_network"]) == (1.0, 5.0)
        assert (found["logistic_status"], found["network_status"]) == statuses


def test_one_mistake_that_costs_something_else_makes_all_stale() -> None:
    recorded = np.array([3.0, 2.0])
    agrees = mnist.recorded_mistakes(recorded + 1e-10, recorded)["mistake_status"]
    stale = mnist.recorded_mistakes(np.array([3.0, 2.1]), recorded)["mistake_status"]
    assert (agrees, stale) == ("agrees with this sheet", "stale: the run or the images changed")
