"""Steps of fine-tuning against finite differences of a loss written out here, closed forms and hand calculations."""

import math
from functools import partial
from typing import Any

import close
import numpy as np
import pytest
from close import assert_close

from engine.errors import EngineError
from engine.reference import Array, fine_tuning

slope_by_nudges = partial(close.slope_by_nudges, nudge=1e-6)

pytestmark = pytest.mark.filterwarnings("error")

BODY = ("body1_weight", "body1_bias", "body2_weight", "body2_bias")
HEAD = ("head1_weight", "head1_bias", "head2_weight", "head2_bias")
RNG = np.random.default_rng(17)
# 7 images of 5 pixels; 4 and 4 hidden units in the body, 3 in the head, 3 classes.
SIZES = {"body1": (5, 4), "body2": (4, 4), "head1": (4, 3), "head2": (3, 3)}
PARAMETERS: dict[str, Array] = {
    f"{layer}_{part}": RNG.normal(size=size if part == "weight" else size[1])
    for layer, size in SIZES.items()
    for part in ("weight", "bias")
}
PIXEL, TARGET = RNG.uniform(size=(7, 5)), np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 1.0])
NORM: dict[str, Array] = {"norm_weight": RNG.uniform(0.5, 2, 4), "norm_bias": RNG.normal(size=4)}
STATISTICS: dict[str, Array] = {"running_mean": RNG.normal(size=4), "running_variance": RNG.uniform(0.5, 2, 4)}
MODES = ("train_bn=True", "train_bn=False", "train_bn=False, BnFreeze")


def relu(x: Array) -> Array:
    return np.where(x > 0, x, 0)


def activations(parameters: dict[str, Array], hidden1: Array | None = None) -> list[Array]:
    """hidden1, hidden2, head_hidden and the logits, one layer after the other."""
    seen = [relu(PIXEL @ parameters["body1_weight"] + parameters["body1_bias"]) if hidden1 is None else hidden1]
    for layer in ("body2", "head1", "head2"):
        seen.append(seen[-1] @ parameters[f"{layer}_weight"] + parameters[f"{layer}_bias"])
        if layer != "head2":
            seen[-1] = relu(seen[-1])
    return seen


def sample_losses(logit: Array) -> Array:
    """-ln p of the target, as it stands: no logit here is large."""
    exponential = np.exp(logit)
    return -np.log(exponential[np.arange(7), TARGET.astype(int) - 1] / exponential.sum(axis=1))


def slopes(parameters: dict[str, Array]) -> dict[str, Array]:
    """Central differences of the mean loss by each of the 8 parameters."""
    return {
        name: slope_by_nudges(
            lambda moved, name=name: sample_losses(activations({**parameters, name: moved})[-1]).mean(),  # type: ignore[misc]
            value,
        )
        for name, value in parameters.items()
    }


def norms(change: dict[str, Array]) -> list[float]:
    """The 2-norm of each layer's matrix and bias together."""
    return [
        float(np.linalg.norm(np.append(change[f"{layer}_weight"].ravel(), change[f"{layer}_bias"]))) for layer in SIZES
    ]


SLOPES = slopes(PARAMETERS)


def assert_forward(found: dict[str, Any], parameters: dict[str, Array], prefix: str = "") -> None:
    """The activations, the losses and the answers are those of the parameters."""
    hidden1, hidden2, head_hidden, logit = activations(parameters)
    for name, expected in (("hidden1", hidden1), ("hidden2", hidden2), ("head_hidden", head_hidden), ("logit", logit)):
        if prefix + name in found:
            assert_close(found[prefix + name], expected)
    assert_close(found[f"{prefix}sample_loss"], sample_losses(logit), rtol=1e-13)
    assert_close(found[f"{prefix}loss"], sample_losses(logit).mean(), rtol=1e-13)
    right = (logit.argmax(axis=1) + 1 == TARGET) * 1.0
    assert np.asarray(found[f"{prefix}right"]).tolist() == right.tolist()
    assert_close(found[f"{prefix}accuracy"], right.mean())


def assert_answers(found: dict[str, Any]) -> None:
    """The probabilities, and the slope by the logits as finite differences."""
    logit = activations(PARAMETERS)[-1]
    assert_close(found["probability"], np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True), rtol=1e-13)
    slope = slope_by_nudges(lambda moved: sample_losses(moved).mean(), logit)
    assert np.abs(found["logit_gradient"] - slope).max() <= 1e-8


# The network at work


def test_a_gallery_s_pictures_are_rows_of_pixels_band_by_band() -> None:
    # 2 bands of 3 pictures of 2 x 2; each cell says band, column, row and place in the picture.
    picture = np.zeros((2, 2, 3, 2))
    for band, high, column, wide in np.ndindex(picture.shape):
        picture[band, high, column, wide] = 1000 * band + 100 * column + 10 * high + wide
    found = np.asarray(fine_tuning.flattened(picture)["pixel"])
    assert found.shape == (6, 4)
    assert found[1].tolist() == [100.0, 101.0, 110.0, 111.0]
    assert found[5].tolist() == [1200.0, 1201.0, 1210.0, 1211.0]


class TestPretrained:
    def test_every_block_is_by_hand(self) -> None:
        # Pixels 1 and 2: hidden1 1, 0 and 2, 0; hidden2 1 + 1 = 2 and 3; logits 0, 2 ln 2 and 0, 3 ln 2.
        found = fine_tuning.pretrained(
            np.array([[1.0], [2.0]]),
            np.array([1.0, 0.0]),
            np.array([[1.0, -1.0]]),
            np.zeros(2),
            np.array([[1.0], [5.0]]),
            np.ones(1),
            np.array([[0.0, math.log(2)]]),
            np.zeros(2),
        )
        assert np.asarray(found["hidden1"]).tolist() == [[1.0, 0.0], [2.0, 0.0]]
        assert np.asarray(found["hidden2"]).tolist() == [[2.0], [3.0]]
        assert_close(found["logit"], [[0, math.log(4)], [0, math.log(8)]])
        assert_close(found["probability"], [[1 / 5, 4 / 5], [1 / 9, 8 / 9]])
        assert np.asarray(found["predicted"]).tolist() == [1.0, 1.0]
        assert np.asarray(found["right"]).tolist() == [1.0, 0.0]
        assert_close(found["sample_loss"], [math.log(5 / 4), math.log(9)])
        assert_close(found["loss"], math.log(45 / 4) / 2)
        assert found["accuracy"] == 0.5

    def test_a_digit_that_the_old_head_does_not_know_is_refused(self) -> None:
        old_head = {"old_weight": np.zeros((4, 7)), "old_bias": np.zeros(7)}
        body = {name: PARAMETERS[name] for name in BODY}
        digit = np.array([0.0, 7.0, 1.0, 2.0, 3.0, 4.0, 5.0])
        with pytest.raises(EngineError, match="label, row 2: found 7, expected a whole number from 0 to 6"):
            fine_tuning.pretrained(PIXEL, digit, **body, **old_head)


# The frozen step


FROZEN: dict[str, Any] = dict(fine_tuning.frozen_step(PIXEL, TARGET, **PARAMETERS, rate=0.25))


class TestFrozenStep:
    def test_forward_it_is_four_affine_maps_and_three_relus(self) -> None:
        assert_forward(FROZEN, PARAMETERS)
        assert_answers(FROZEN)

    def test_the_head_goes_down_the_finite_differences_and_the_body_stays(self) -> None:
        for name in HEAD:
            assert np.abs(FROZEN[f"{name}_gradient"] - SLOPES[name]).max() <= 1e-8, name
            assert np.abs(FROZEN[f"new_{name}"] - (PARAMETERS[name] - 0.25 * SLOPES[name])).max() <= 1e-8, name
        for name in BODY:
            np.testing.assert_array_equal(FROZEN[f"new_{name}"], PARAMETERS[name])
        assert not any(f"{name}_gradient" in FROZEN for name in BODY)

    def test_the_slope_at_the_head_s_first_affine_output_is_that_of_one_image_s_bias(self) -> None:
        def loss(shift: Array) -> float:
            hidden2 = activations(PARAMETERS)[1]
            hidden = relu(hidden2 @ PARAMETERS["head1_weight"] + PARAMETERS["head1_bias"] + shift)
            return float(sample_losses(hidden @ PARAMETERS["head2_weight"] + PARAMETERS["head2_bias"]).mean())

        slope = slope_by_nudges(loss, np.zeros((7, 3)))
        assert np.abs(FROZEN["head_hidden_gradient"] - slope).max() <= 1e-8

    def test_only_the_head_has_a_distance(self) -> None:
        moved = {name: FROZEN[f"new_{name}"] - value for name, value in PARAMETERS.items()}
        assert_close(FROZEN["distance"], norms(moved))
        assert np.asarray(FROZEN["distance"])[:2].tolist() == [0.0, 0.0]
        assert (np.asarray(FROZEN["distance"])[2:] > 0.01).all()

    def test_the_same_images_are_seen_again(self) -> None:
        after = {name: np.asarray(FROZEN[f"new_{name}"]) for name in PARAMETERS}
        assert_forward(FROZEN, after, "new_")
        assert FROZEN["new_loss"] < FROZEN["loss"]

    def test_a_class_that_is_none_is_refused(self) -> None:
        with pytest.raises(EngineError, match="target, row 3: found 4, expected a whole number from 1 to 3"):
            fine_tuning.frozen_step(PIXEL, np.array([1.0, 2, 4, 1, 1, 1, 1]), **PARAMETERS, rate=0.25)


def test_logits_of_1000_neither_overflow_nor_lose_their_loss() -> None:
    large = PARAMETERS | {"head2_weight": np.zeros((3, 3)), "head2_bias": np.array([1000.0, -1000.0, 0.0])}
    found = fine_tuning.frozen_step(PIXEL, TARGET, **large, rate=0.0)
    assert np.asarray(found["sample_loss"]).tolist() == [0.0, 2000.0, 1000.0, 1000.0, 2000.0, 0.0, 0.0]


def test_of_equal_logits_the_first_class_is_the_answer() -> None:
    even = PARAMETERS | {"head2_weight": np.zeros((3, 3)), "head2_bias": np.zeros(3)}
    found = fine_tuning.frozen_step(PIXEL, TARGET, **even, rate=0.0)
    assert np.asarray(found["right"]).tolist() == (TARGET == 1).tolist()
    assert_close(found["loss"], math.log(3))


HEADS = {f"{kind}_{name}": np.full(2, i) for i, kind in enumerate(("fresh", "stepped", "trained")) for name in HEAD}


class TestChosenHead:
    @pytest.mark.parametrize(
        ("start", "expected"), [("new", 0.0), ("after one frozen step", 1.0), ("after the frozen run", 2.0)]
    )
    def test_the_switch_names_the_head(self, start: str, expected: float) -> None:
        found = fine_tuning.chosen_head(start, **HEADS)
        assert list(found) == list(HEAD)
        assert {float(np.asarray(value)[0]) for value in found.values()} == {expected}

    def test_each_part_comes_from_its_own_block(self) -> None:
        heads = {name: np.full(1, i) for i, name in enumerate(HEADS)}
        found = fine_tuning.chosen_head("after the frozen run", **heads)
        assert [float(np.asarray(found[name])[0]) for name in HEAD] == [8.0, 9.0, 10.0, 11.0]

    def test_an_unknown_start_is_refused(self) -> None:
        with pytest.raises(EngineError, match="start: found 'old', expected one of new, after one frozen step, after"):
            fine_tuning.chosen_head("old", **HEADS)


# The unfrozen step


RATES = np.array([0.03125, 0.0625, 0.125, 0.25])
RATE_OF = dict(zip(SIZES, RATES, strict=True))
UNFROZEN: dict[str, Any] = dict(fine_tuning.unfrozen_step(PIXEL, TARGET, **PARAMETERS, layer_rate=RATES))


class TestUnfrozenStep:
    def test_forward_it_is_the_frozen_step_s(self) -> None:
        assert_forward(UNFROZEN, PARAMETERS)
        assert_answers(UNFROZEN)

    def test_every_parameter_goes_down_its_finite_differences_at_its_layer_s_rate(self) -> None:
        for name, value in PARAMETERS.items():
            rate = RATE_OF[name.split("_")[0]]
            assert np.abs(UNFROZEN[f"{name}_gradient"] - SLOPES[name]).max() <= 1e-8, name
            assert np.abs(UNFROZEN[f"new_{name}"] - (value - rate * SLOPES[name])).max() <= 1e-8, name

    @pytest.mark.parametrize(("name", "layer"), [("hidden1_gradient", "body1"), ("hidden2_gradient", "body2")])
    def test_a_hidden_slope_is_at_its_layer_s_affine_output(self, name: str, layer: str) -> None:
        # The sum over the images is the bias's slope; where the ReLU is shut nothing comes back.
        hidden = np.asarray(UNFROZEN[name.removesuffix("_gradient")])
        assert np.abs(UNFROZEN[name].sum(axis=0) - SLOPES[f"{layer}_bias"]).max() <= 1e-8
        assert (UNFROZEN[name][hidden == 0] == 0).all()
        assert (hidden == 0).any()

    def test_norms_are_over_a_matrix_and_its_bias(self) -> None:
        gradient = {name: UNFROZEN[f"{name}_gradient"] for name in PARAMETERS}
        moved = {name: UNFROZEN[f"new_{name}"] - value for name, value in PARAMETERS.items()}
        assert_close(UNFROZEN["gradient_norm"], norms(gradient))
        assert_close(UNFROZEN["distance"], norms(moved))
        assert_close(UNFROZEN["distance"], RATES * norms(gradient), rtol=1e-12)
        assert_close(UNFROZEN["relative_distance"], np.array(norms(moved)) / norms(PARAMETERS))

    def test_the_same_images_are_seen_again(self) -> None:
        after = {name: np.asarray(UNFROZEN[f"new_{name}"]) for name in PARAMETERS}
        assert_forward(UNFROZEN, after, "new_")
        assert UNFROZEN["new_loss"] < UNFROZEN["loss"]

    @pytest.mark.parametrize("layers", [("head2",), ("head1", "head2")])
    def test_a_layer_of_zeros_moves_and_has_no_relative_distance(self, layers: tuple[str, ...]) -> None:
        zero = {name: np.zeros_like(value) for name, value in PARAMETERS.items() if name.split("_")[0] in layers}
        found = fine_tuning.unfrozen_step(PIXEL, TARGET, **(PARAMETERS | zero), layer_rate=RATES)
        relative, distance = np.asarray(found["relative_distance"]), np.asarray(found["distance"])
        assert np.isnan(relative).tolist() == [layer in layers for layer in SIZES]
        # The last bias moves whatever is below it: a third of the probability to each of 3, 2 and 2 targets of 7.
        assert_close(found["new_head2_bias"], 0.25 * (np.array([3, 2, 2]) / 7 - 1 / 3))
        assert np.isfinite(distance).all()
        assert distance[3] > 0

    def test_a_body_at_rate_0_is_a_frozen_body(self) -> None:
        found = fine_tuning.unfrozen_step(PIXEL, TARGET, **PARAMETERS, layer_rate=np.array([0.0, 0.0, 0.25, 0.25]))
        for name, value in FROZEN.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)


# Batch norm in a frozen body


def normed(parameters: dict[str, Array], mode: str) -> Array:
    """hidden1 with batch norm before its ReLU, by the batch's statistics or by the running ones."""
    affine = PIXEL @ PARAMETERS["body1_weight"] + PARAMETERS["body1_bias"]
    mean, variance = affine.sum(axis=0) / 7, ((affine - affine.sum(axis=0) / 7) ** 2).sum(axis=0) / 7
    if mode == MODES[2]:
        mean, variance = STATISTICS["running_mean"], STATISTICS["running_variance"]
    return relu(parameters["norm_weight"] * (affine - mean) / np.sqrt(variance + 0.125) + parameters["norm_bias"])


NORMED_ARGUMENTS: dict[str, Any] = {**PARAMETERS, **NORM, **STATISTICS, "rate": 0.25, "momentum": 0.1, "eps": 0.125}
NORMED: dict[str, dict[str, Any]] = {
    mode: dict(fine_tuning.batch_norm_step(mode, PIXEL, TARGET, **NORMED_ARGUMENTS)) for mode in MODES
}


class TestBatchNormStep:
    @pytest.mark.parametrize("mode", MODES)
    def test_forward_it_normalises_by_the_mode_s_statistics(self, mode: str) -> None:
        found, hidden1 = NORMED[mode], normed(NORM, mode)
        affine = PIXEL @ PARAMETERS["body1_weight"] + PARAMETERS["body1_bias"]
        batch = affine.sum(axis=0) / 7, np.cov(affine.T).diagonal() * 6 / 7
        assert_close(found["affine1"], affine)
        assert_close(found["batch_mean"], batch[0])
        assert_close(found["batch_variance"], batch[1], rtol=1e-13)
        used = tuple(STATISTICS.values()) if mode == MODES[2] else batch
        assert_close(found["used_mean"], used[0])
        assert_close(found["used_variance"], used[1], rtol=1e-13)
        assert_close(found["normalised"], (affine - used[0]) / np.sqrt(used[1] + 0.125), rtol=1e-13)
        assert_close(found["hidden1"], hidden1, rtol=1e-13)
        _, hidden2, head_hidden, logit = activations(PARAMETERS, hidden1)
        assert_close(found["hidden2"], hidden2, rtol=1e-13)
        assert_close(found["head_hidden"], head_hidden, rtol=1e-13)
        assert_close(found["logit"], logit, rtol=1e-13)
        assert_close(found["loss"], sample_losses(logit).mean(), rtol=1e-13)

    @pytest.mark.parametrize("mode", MODES)
    def test_every_gradient_is_the_finite_difference(self, mode: str) -> None:
        def loss(parameters: dict[str, Array]) -> float:
            return float(sample_losses(activations(parameters, normed(parameters, mode))[-1]).mean())

        every = PARAMETERS | NORM
        for name in (*HEAD, *NORM):
            slope = slope_by_nudges(lambda moved, name=name: loss({**every, name: moved}), every[name])  # type: ignore[misc]
            assert np.abs(NORMED[mode][f"{name}_gradient"] - slope).max() <= 1e-8, name

    @pytest.mark.parametrize("mode", MODES)
    def test_the_slopes_behind_the_masks_are_those_of_one_image_s_activation(self, mode: str) -> None:
        found = NORMED[mode]
        hidden1 = np.asarray(found["hidden1"])
        slope = slope_by_nudges(lambda moved: sample_losses(activations(PARAMETERS, moved)[-1]).mean(), hidden1)
        assert np.abs(found["hidden1_gradient"] - np.where(hidden1 > 0, slope, 0)).max() <= 1e-8
        hidden2 = np.asarray(found["hidden2"])
        back = found["head_hidden_gradient"] @ PARAMETERS["head1_weight"].T
        assert_close(found["hidden2_gradient"], back * (hidden2 > 0))

    def test_what_moves_is_what_the_mode_says(self) -> None:
        # body1, running mean and variance, weight and bias of the norm, body2, head1, head2.
        expected = {
            MODES[0]: [False, True, True, True, True, False, True, True],
            MODES[1]: [False, True, True, False, False, False, True, True],
            MODES[2]: [False, False, False, False, False, False, True, True],
        }
        for mode, found in NORMED.items():
            assert (np.asarray(found["moved"]) > 0).tolist() == expected[mode], mode
            changes = [
                found["new_running_mean"] - STATISTICS["running_mean"],
                found["new_running_variance"] - STATISTICS["running_variance"],
                found["new_norm_weight"] - NORM["norm_weight"],
                found["new_norm_bias"] - NORM["norm_bias"],
            ]
            assert_close(found["moved"][1:5], [float(np.linalg.norm(change)) for change in changes])
            head = {name: found[f"new_{name}"] - PARAMETERS[name] for name in HEAD}
            assert_close(found["moved"][6:], norms({**dict.fromkeys(BODY, np.zeros(1)), **head})[2:])

    @pytest.mark.parametrize("mode", MODES[:2])
    def test_the_running_statistics_go_a_tenth_of_the_way_to_the_batch_s(self, mode: str) -> None:
        found = NORMED[mode]
        affine = np.asarray(found["affine1"])
        for name, batch in (("mean", affine.sum(axis=0) / 7), ("variance", np.cov(affine.T).diagonal())):
            assert_close(found[f"new_running_{name}"], 0.9 * STATISTICS[f"running_{name}"] + 0.1 * batch, rtol=1e-13)

    def test_what_stays_stays_to_the_last_bit(self) -> None:
        for mode, names in ((MODES[1], NORM), (MODES[2], {**NORM, **STATISTICS})):
            for name, before in names.items():
                np.testing.assert_array_equal(NORMED[mode][f"new_{name}"], before)

    def test_what_trains_goes_down_its_gradient(self) -> None:
        for mode, found in NORMED.items():
            for name in (*HEAD, *(NORM if mode == MODES[0] else ())):
                before = (PARAMETERS | NORM)[name]
                assert_close(found[f"new_{name}"], before - 0.25 * found[f"{name}_gradient"])

    def test_one_image_or_an_unknown_mode_is_refused(self) -> None:
        with pytest.raises(EngineError, match="pixel: found 1 image, expected at least 2 for batch norm to have a var"):
            fine_tuning.batch_norm_step(MODES[0], PIXEL[:1], TARGET[:1], **NORMED_ARGUMENTS)
        with pytest.raises(EngineError, match="mode: found 'train', expected one of train_bn=True, train_bn=False"):
            fine_tuning.batch_norm_step("train", PIXEL, TARGET, **NORMED_ARGUMENTS)


# The unrolled runs

RULE = {"beta1": 0.8, "beta2": 0.75, "eps": 0.25}


def before(names: tuple[str, ...], average: float, square: float) -> dict[str, dict[str, Array]]:
    """Some parameters, and Adam's averages before a step, the same for every entry."""
    return {
        "parameter": {name: PARAMETERS[name] for name in names},
        "average_before": {name: np.full_like(PARAMETERS[name], average) for name in names},
        "square_before": {name: np.full_like(PARAMETERS[name], square) for name in names},
    }


def assert_adam(found: dict[str, Any], name: str, rate: float, step_number: int) -> None:
    """Averages and step of torch's Adam, from averages 3 and squares 16, or from none in the first step."""
    slope, value = SLOPES[name], PARAMETERS[name]
    if step_number == 1:
        # Both corrections undo the first weights.
        average, square, size = 0.2 * slope, 0.25 * slope**2, np.abs(slope)
        towards = slope
    else:
        # 1 - 0.8^2 = 0.36 and 1 - 0.75^2 = 0.4375.
        average, square = 2.4 + 0.2 * slope, 12 + 0.25 * slope**2
        towards, size = average / 0.36, np.sqrt(square / 0.4375)
    assert np.abs(found[f"{name}_gradient"] - slope).max() <= 1e-8, name
    assert np.abs(found["average"][name] - average).max() <= 1e-8, name
    assert np.abs(found["square"][name] - square).max() <= 1e-7, name
    assert np.abs(found["new"][name] - (value - rate * towards / (size + 0.25))).max() <= 1e-7, name


@pytest.mark.parametrize("step_number", [1, 2])
def test_a_frozen_step_of_the_run_is_torch_s_adam_of_the_head(step_number: int) -> None:
    state = before(HEAD, *((3.0, 16.0) if step_number == 2 else (0.0, 0.0)))
    hidden2 = activations(PARAMETERS)[1]
    found = dict(fine_tuning.run_frozen(step_number, 0.125, **RULE, hidden2=hidden2, target=TARGET, **state))
    assert_forward(found, PARAMETERS)
    assert_answers(found)
    assert_close(found["head_hidden_gradient"], FROZEN["head_hidden_gradient"])
    for name in HEAD:
        assert_adam(found, name, 0.125, step_number)


@pytest.mark.parametrize("step_number", [1, 2])
def test_an_unfrozen_step_of_the_run_is_torch_s_adam_of_everything_by_layer(step_number: int) -> None:
    state = before(BODY + HEAD, *((3.0, 16.0) if step_number == 2 else (0.0, 0.0)))
    found = dict(fine_tuning.run_unfrozen(step_number, RATES, **RULE, pixel=PIXEL, target=TARGET, **state))
    assert_forward(found, PARAMETERS)
    assert_answers(found)
    for name in ("head_hidden_gradient", "hidden2_gradient", "hidden1_gradient"):
        assert_close(found[name], UNFROZEN[name])
    for name in PARAMETERS:
        assert_adam(found, name, RATE_OF[name.split("_")[0]], step_number)
