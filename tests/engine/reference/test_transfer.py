"""The head's sheet against hand calculations; training steps against finite differences and closed forms of AdamW."""

import copy
import math
from typing import Any

import numpy as np
import pytest
from close import assert_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import DataError, EngineError
from engine.reference import Array
from engine.reference.transfer import (
    answers,
    batch_norm,
    confusion,
    first_matrix,
    named,
    same_rates,
    second_matrix,
    train_step,
)

pytestmark = pytest.mark.filterwarnings("error")


class TestHead:
    def test_batch_norm_takes_the_running_statistics(self) -> None:
        # (7 - 1) / 3 and (2 - 4) / 2, times 2 and 5, plus 1 and 3: variances 8.5 and 3.5 with an eps of 0.5.
        statistics = np.array([1.0, 4.0]), np.array([8.5, 3.5])
        found = batch_norm(np.array([[7.0, 2.0]]), *statistics, np.array([2.0, 5.0]), np.array([1.0, 3.0]), 0.5)
        assert_close(found["normalised"], [[5.0, -2.0]])

    def test_both_matrices_are_by_hand(self) -> None:
        first = first_matrix(np.array([[1.0, 2.0]]), np.array([[3.0, -1.0], [1.0, -4.0]]), np.array([0.5, 1.0]))
        assert np.asarray(first["hidden_input"]).tolist() == [[5.5, -8.0]]  # 3 + 2 + 0.5, -1 - 8 + 1
        assert np.asarray(first["relu"]).tolist() == [[5.5, 0.0]]
        second = second_matrix(np.array([[5.5, 0.0]]), np.array([[2.0, 4.0, 0.0], [9.0, 9.0, 9.0]]), np.ones(3))
        assert np.asarray(second["logit"]).tolist() == [[12.0, 23.0, 1.0]]


class TestAnswers:
    # exp gives 1, 2, 1 and 3, 1, 4: probabilities 1/4, 1/2, 1/4 and 3/8, 1/8, 1/2.
    LOGIT = np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]])

    def test_every_block_is_by_hand(self) -> None:
        found = answers(self.LOGIT, np.array([2.0, 1.0]))
        assert_close(found["shifted"], np.log([[0.5, 1.0, 0.5], [0.75, 0.25, 1.0]]))
        assert_close(found["probability"], [[0.25, 0.5, 0.25], [0.375, 0.125, 0.5]])
        assert_close(found["sample_loss"], np.log([2.0, 8 / 3]))
        assert_close(found["loss"], math.log(16 / 3) / 2)
        assert np.asarray(found["predicted"]).tolist() == [2.0, 3.0]
        assert np.asarray(found["correct"]).tolist() == [1.0, 0.0]
        assert found["accuracy"] == 0.5

    def test_of_equal_logits_the_first_is_predicted(self) -> None:
        assert np.asarray(answers(np.array([[1.0, 5.0, 5.0]]), np.array([1.0]))["predicted"]).tolist() == [2.0]

    @pytest.mark.parametrize(("target", "loss"), [(1.0, 0.0), (2.0, 2000.0)])
    def test_a_logit_of_1000_neither_overflows_nor_loses_its_loss(self, target: float, loss: float) -> None:
        found = answers(np.array([[1000.0, -1000.0]]), np.array([target]))
        assert np.asarray(found["sample_loss"]).tolist() == [loss]
        assert np.asarray(found["probability"]).tolist() == [[1.0, 0.0]]

    @given(arrays(np.float64, (3, 4), elements=st.floats(-1e300, 1e300)), st.floats(-100, 100))
    def test_any_finite_logits_have_probabilities_that_add_up_to_1(self, logit: Array, shift: float) -> None:
        found = answers(logit, np.ones(3))
        assert_close(np.asarray(found["probability"]).sum(axis=1), np.ones(3))
        assert np.isfinite(np.asarray(found["sample_loss"])).all()
        assert (np.asarray(found["sample_loss"]) >= 0).all()

    def test_a_class_that_is_none_is_refused(self) -> None:
        with pytest.raises(EngineError, match="target, row 2: found 4, expected a whole number from 1 to 3"):
            answers(self.LOGIT, np.array([1.0, 4.0]))


def test_classes_are_named_by_their_number() -> None:
    names = np.array(["cat", "dog", "ant"], dtype=object)
    found = named(np.array([3.0, 1.0]), np.array([2.0, 1.0]), names)
    assert np.asarray(found["target_name"]).tolist() == ["ant", "cat"]
    assert np.asarray(found["predicted_name"]).tolist() == ["dog", "cat"]
    with pytest.raises(EngineError, match="predicted, row 1: found 4, expected a whole number from 1 to 3"):
        named(np.array([3.0]), np.array([4.0]), names)


class TestConfusion:
    def test_shares_are_of_each_true_class(self) -> None:
        found = confusion(np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2.0, 2.0, 1.0]]))
        assert np.asarray(found["images"]).tolist() == [4.0, 0.0, 5.0]
        assert np.asarray(found["right_share"]).tolist()[::2] == [0.75, 0.2]
        assert math.isnan(np.asarray(found["right_share"])[1])
        assert (found["total"], found["total_right"]) == (9.0, 4.0)
        assert_close(found["overall"], 4 / 9)

    def test_no_images_have_no_share(self) -> None:
        found = confusion(np.zeros((2, 2)))
        assert math.isnan(float(found["overall"]))


def test_recorded_rates_are_compared_step_by_step() -> None:
    found = same_rates(np.array([1.0, 2.0]), np.array([1.5, 2.0]), np.array([0.5, 0.75]), np.array([0.5, 0.0]))
    assert np.asarray(found["rate_difference"]).tolist() == [0.5, 0.0]
    assert np.asarray(found["momentum_difference"]).tolist() == [0.0, -0.75]
    assert found["largest_difference"] == 0.75


SIZES = {"w1": (5, 4), "w2": (4, 4), "w3": (4, 6), "w4": (6, 3)}
NORMS = ("norm1_weight", "norm1_bias", "norm2_weight", "norm2_bias")


def step(kind: str, **changed: Any) -> dict[str, Any]:
    """A step of a small network from a seeded state, with some of its arguments changed."""
    return train_step(**{**state(kind), **changed})


def state(head: str) -> dict[str, Any]:
    """The arguments of a step: 7 images of 5 pixels, 4 and 4 hidden units, 6 in the head, 3 classes."""
    rng = np.random.default_rng(11)
    parameter = {name: rng.normal(size=size) for name, size in SIZES.items()}
    parameter |= {f"b{name[1]}": rng.normal(size=size[1]) for name, size in SIZES.items()}
    running, mask = {}, {}
    if head == "fastai":
        for norm, width in (("norm1", 4), ("norm2", 6)):
            parameter |= {f"{norm}_weight": rng.uniform(0.5, 2, width), f"{norm}_bias": rng.normal(size=width)}
            running |= {f"{norm}_mean": rng.normal(size=width), f"{norm}_variance": rng.uniform(0.5, 2, width)}
        mask = {name: rng.integers(0, 2, (7, width)) * 2.0 for name, width in (("mask1", 4), ("mask2", 6))}
    return {
        "head": head,
        "parameter": parameter,
        "average": {name: np.zeros_like(value) for name, value in parameter.items()},
        "square": {name: np.zeros_like(value) for name, value in parameter.items()},
        "running": running,
        "pixel": rng.uniform(size=(7, 5)),
        "target": rng.integers(1, 4, 7).astype(np.float64),
        "mask": mask,
        "rate": dict.fromkeys(parameter, 0.125),
        "momentum": 0.5,
        "beta2": 0.75,
        "eps": 0.25,
        "wd": 0.5,
        "step_number": 1,
        "norm_eps": 1e-5,
        "norm_momentum": 0.1,
    }


HEADS = pytest.mark.parametrize("head", ["lesson", "fastai"])


class TestTrainStep:
    @HEADS
    def test_every_gradient_is_the_finite_difference_of_the_loss(self, head: str) -> None:
        given_state = state(head)
        gradient = train_step(**given_state)["gradient"]
        assert set(gradient) == set(given_state["parameter"])
        for name, value in given_state["parameter"].items():
            slope = np.zeros_like(value)
            for place in np.ndindex(value.shape):
                losses = []
                for nudge in (1e-6, -1e-6):
                    moved = value.copy()
                    moved[place] += nudge
                    parameter = {**given_state["parameter"], name: moved}
                    losses.append(step(head, parameter=parameter)["loss"])
                slope[place] = (losses[0] - losses[1]) / 2e-6
            # Absolute: a bias just before a batch norm moves nothing, and its slope is the rounding of losses near 5.
            assert np.abs(gradient[name] - slope).max() <= 1e-8, name

    @HEADS
    def test_the_loss_is_the_mean_cross_entropy_of_the_logits(self, head: str) -> None:
        found, target = step(head), state(head)["target"].astype(int) - 1
        exponential = np.exp(found["logit"])
        right = exponential[np.arange(7), target] / exponential.sum(axis=1)
        assert_close(found["loss"], -np.log(right).mean())

    def test_the_lesson_s_logits_are_four_affine_maps_and_three_relus(self) -> None:
        parameter, hidden = state("lesson")["parameter"], state("lesson")["pixel"]
        for layer in "123":
            hidden = np.maximum(hidden @ parameter[f"w{layer}"] + parameter[f"b{layer}"], 0)
        assert_close(step("lesson")["logit"], hidden @ parameter["w4"] + parameter["b4"])

    def test_fastai_s_logits_see_only_what_the_masks_let_through(self) -> None:
        closed = {"mask1": np.zeros((7, 4)), "mask2": np.zeros((7, 6))}
        found, b4 = step("fastai", mask=closed), state("fastai")["parameter"]["b4"]
        assert_close(found["logit"], np.tile(b4, (7, 1)))
        reached = {name for name, gradient in found["gradient"].items() if np.any(gradient)}
        assert reached == {"b4"}

    def test_the_running_statistics_go_a_tenth_of_the_way_to_the_batch_s(self) -> None:
        given_state = state("fastai")
        parameter, hidden = given_state["parameter"], given_state["pixel"]
        for layer in "12":
            hidden = np.maximum(hidden @ parameter[f"w{layer}"] + parameter[f"b{layer}"], 0)
        running = step("fastai")["running"]
        assert set(running) == set(given_state["running"])
        for name, seen in (("mean", hidden.sum(axis=0) / 7), ("variance", np.cov(hidden.T).diagonal())):
            assert_close(running[f"norm1_{name}"], 0.9 * given_state["running"][f"norm1_{name}"] + 0.1 * seen)
        assert step("fastai", norm_momentum=0.0)["running"]["norm2_mean"] == pytest.approx(
            given_state["running"]["norm2_mean"], rel=0, abs=0
        )

    @HEADS
    def test_the_first_step_is_adamw_s_closed_form(self, head: str) -> None:
        # Both corrections undo the first weights: w - rate wd w - rate g / (|g| + eps).
        found = step(head)
        for name, before in state(head)["parameter"].items():
            gradient = found["gradient"][name]
            expected = before * (1 - 0.125 * 0.5) - 0.125 * gradient / (np.abs(gradient) + 0.25)
            assert_close(found["parameter"][name], expected)
            assert_close(found["average"][name], gradient / 2)
            assert_close(found["square"][name], gradient**2 / 4)

    def test_a_later_step_is_corrected_by_its_own_momentum(self) -> None:
        # At step 2 with momentum 0.8 and beta2 0.75: 1 - 0.64 = 0.36 and 1 - 0.5625 = 0.4375.
        given_state = state("lesson")
        average = {name: np.full_like(value, 3.0) for name, value in given_state["parameter"].items()}
        square = {name: np.full_like(value, 16.0) for name, value in given_state["parameter"].items()}
        found = step("lesson", average=average, square=square, momentum=0.8, step_number=2)
        for name, before in given_state["parameter"].items():
            gradient = found["gradient"][name]
            m, v = 2.4 + 0.2 * gradient, 12 + 0.25 * gradient**2
            expected = before * 0.9375 - 0.125 * (m / 0.36) / (np.sqrt(v / 0.4375) + 0.25)
            assert_close(found["parameter"][name], expected)

    @HEADS
    def test_only_what_has_a_rate_is_trained(self, head: str) -> None:
        given_state = state(head)
        found = step(head, rate={"w4": 0.5, "b3": 0.125})
        for kept in ("gradient", "average", "square"):
            assert list(found[kept]) == ["w4", "b3"]
        for name, before in given_state["parameter"].items():
            assert np.array_equal(found["parameter"][name], before) == (name not in ("w4", "b3"))
        # Four times the rate moves a parameter four times as far.
        whole = step(head, rate={"w4": 0.125})
        before = given_state["parameter"]["w4"]
        assert_close(found["parameter"]["w4"] - before, 4 * (whole["parameter"]["w4"] - before), rtol=1e-13)

    @HEADS
    def test_nothing_that_is_passed_in_is_changed(self, head: str) -> None:
        given_state = state(head)
        before = copy.deepcopy(given_state)
        train_step(**given_state)
        np.testing.assert_equal(given_state, before)

    def test_what_cannot_be_trained_is_refused(self) -> None:
        with pytest.raises(DataError, match="head: found 'bare', expected 'lesson' or 'fastai'"):
            step("lesson", head="bare")
        with pytest.raises(DataError, match="rate: found 'w5', expected one of w1, w2"):
            step("lesson", rate={"w5": 0.1})
        with pytest.raises(DataError, match="pixel: found 1 image, expected at least 2"):
            step("fastai", pixel=np.ones((1, 5)), target=np.ones(1))

    def test_a_single_image_is_enough_for_the_lesson_s_head(self) -> None:
        assert step("lesson", pixel=np.ones((1, 5)), target=np.ones(1))["loss"] > 0
