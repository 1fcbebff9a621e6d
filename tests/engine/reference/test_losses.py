"""The losses against hand calculations, the lesson's own figures, closed forms and finite differences."""

import math

import numpy as np
import pytest
from close import assert_close, slope_by_nudges
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import EngineError
from engine.reference import Array
from engine.reference.losses import (
    binary,
    binary_logits,
    confidence,
    cross_entropy,
    double_softmax,
    metrics,
    nudged,
    numeric_gradient,
    regression,
    routes,
    softmax,
)

pytestmark = pytest.mark.filterwarnings("error")

LOGITS = arrays(np.float64, (3, 5), elements=st.floats(-50, 50))

# Worked by hand: exp gives 1, 2, 1 (softmax 1/4, 1/2, 1/4), 3, 1, 4 (3/8, 1/8, 1/2) and 1, 1, 2 (1/4, 1/4, 1/2).
LOGIT = np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0], [1.0, 1.0, 2.0]])
TARGET = np.array([2.0, -100.0, 1.0])
WEIGHT = np.array([1.0, 2.0, 3.0])
LN2 = math.log(2)


class TestSoftmax:
    def test_probabilities_are_as_calculated_by_hand(self) -> None:
        found = softmax(LOGIT, np.zeros(3), 1.0)
        assert_close(found["exponential"], [[0.5, 1.0, 0.5], [0.75, 0.25, 1.0], [0.5, 0.5, 1.0]])  # over the largest
        assert_close(found["largest"], [LN2, 2 * LN2, LN2])
        assert_close(found["exponential_sum"], [2.0, 2.0, 2.0])
        assert_close(found["raw_exponential"], [[1.0, 2.0, 1.0], [3.0, 1.0, 4.0], [1.0, 1.0, 2.0]])
        assert_close(found["raw_sum"], [4.0, 8.0, 4.0])
        quarters = [[0.25, 0.5, 0.25], [0.375, 0.125, 0.5], [0.25, 0.25, 0.5]]
        assert_close(found["probability"], quarters)
        assert_close(found["raw_probability"], quarters)

    def test_sigmoids_are_as_calculated_by_hand_and_need_not_sum_to_1(self) -> None:
        found = softmax(np.log([[1.0, 3.0]]), np.zeros(1), 1.0)
        assert_close(found["sigmoid"], [[0.5, 0.75]])  # e / (1 + e) of e = 1 and 3
        assert_close(found["sigmoid_sum"], [1.25])
        assert_close(found["probability_sum"], [1.0])

    def test_the_temperature_divides_logits_and_shift(self) -> None:
        found = softmax(np.log([[1.0, 9.0]]), np.log([4.0]), 2.0)
        assert_close(found["shifted"], [[-math.log(3), 0.0]])  # ln(1/9) / 2
        assert_close(found["probability"], [[0.25, 0.75]])  # square roots 1 and 3
        assert_close(found["raw_logit"], [[LN2, math.log(6)]])  # ln 4 / 2, ln 36 / 2
        assert_close(found["sigmoid"], [[2 / 3, 6 / 7]])

    @given(LOGITS, arrays(np.float64, 3, elements=st.floats(-50, 50)), st.floats(0.5, 10))
    def test_it_sums_to_1_and_does_not_notice_a_shift(self, logit: Array, shift: Array, temperature: float) -> None:
        found = softmax(logit, shift, temperature)
        assert_close(found["probability_sum"], np.ones(3))
        # Rounding of a raw exponent of up to 200 is a relative error of its exponential of up to 200 eps, about 5e-14.
        assert_close(found["raw_probability"], np.asarray(found["probability"]), rtol=2e-13)
        moved = softmax(logit + shift[:, np.newaxis], np.zeros(3), temperature)
        assert_close(moved["probability"], np.asarray(found["probability"]), rtol=2e-13)

    @given(LOGITS)
    def test_the_sigmoid_notices_a_shift(self, logit: Array) -> None:
        still, moved = softmax(logit, np.zeros(3), 10.0), softmax(logit, np.ones(3), 10.0)
        assert (np.asarray(moved["sigmoid"]) > np.asarray(still["sigmoid"])).all()

    def test_beyond_690_the_raw_route_is_blank_and_the_shifted_one_is_not(self) -> None:
        found = softmax(np.array([[690.0, 0.0], [0.0, 690.5], [1000.0, 1000.0]]), np.zeros(3), 1.0)
        np.testing.assert_array_equal(np.isnan(found["raw_exponential"]), [[False] * 2, [False, True], [True] * 2])
        np.testing.assert_array_equal(np.isnan(found["raw_sum"]), [False, True, True])
        np.testing.assert_array_equal(np.isnan(found["raw_probability"]), [[False] * 2, [True] * 2, [True] * 2])
        np.testing.assert_array_equal(np.asarray(found["probability"])[2], [0.5, 0.5])

    def test_where_every_raw_exponential_is_0_only_the_raw_probability_is_blank(self) -> None:
        found = softmax(np.array([[1.0, 1.0]]), np.array([-1000.0]), 1.0)
        np.testing.assert_array_equal(found["raw_sum"], [0.0])
        assert np.isnan(found["raw_probability"]).all()
        np.testing.assert_array_equal(found["probability"], [[0.5, 0.5]])

    def test_the_sigmoid_of_1000_and_of_minus_1000_is_1_and_0_without_a_warning(self) -> None:
        with np.errstate(over="raise", invalid="raise"):
            found = softmax(np.array([[1000.0, -1000.0]]), np.zeros(1), 1.0)
        np.testing.assert_array_equal(found["sigmoid"], [[1.0, 0.0]])

    @pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
    def test_a_temperature_that_is_not_above_0_is_refused(self, temperature: float) -> None:
        with pytest.raises(EngineError, match=f"temperature: found {temperature:.15g}, expected a number above 0"):
            softmax(LOGIT, np.zeros(3), temperature)


class TestBinary:
    """The lesson's table: three cats, then a dog that is half a cat and a dog that is a tenth of one."""

    IS_CAT = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    P_CAT = np.array([0.5, 0.98, 0.1, 0.5, 0.1])

    @pytest.mark.parametrize("route", ["natural", "by_if"])
    def test_losses_are_those_of_the_lessons_table(self, route: str) -> None:
        found = binary(self.IS_CAT, self.P_CAT)[route]
        assert np.round(np.asarray(found), 5).tolist() == [0.69315, 0.02020, 2.30259, 0.69315, 0.10536]

    def test_the_lecture_took_base_ten(self) -> None:
        found = np.asarray(binary(self.IS_CAT, self.P_CAT)["base_ten"])
        assert np.round(found, 5).tolist() == [0.30103, 0.00877, 1.0, 0.30103, 0.04576]
        np.testing.assert_array_equal(np.abs(found - [0.3, 0.01, 1, 0.3, 0.05]) < 0.005, True)

    def test_means_are_logarithms_of_the_product_of_the_right_probabilities(self) -> None:
        found = binary(self.IS_CAT, self.P_CAT)
        product = 0.02205  # 0.5 * 0.98 * 0.1 * 0.5 * 0.9
        assert_close(found["mean_natural"], -math.log(product) / 5)
        assert_close(found["mean_base_ten"], -math.log10(product) / 5)

    def test_comments_name_the_confidence_with_both_bounds_inside(self) -> None:
        found = binary(np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), np.array([0.75, 0.25, 0.74, 0.25, 0.75, 0.26]))
        right, wrong = "confident, right", "confident, wrong"
        assert np.asarray(found["comment"]).tolist() == [right, wrong, "unsure", right, wrong, "unsure"]
        assert np.asarray(found["comment"]).dtype == object
        np.testing.assert_array_equal(found["right_probability"], [0.75, 0.25, 0.74, 0.75, 0.25, 0.74])
        np.testing.assert_array_equal(found["p_dog"], [0.25, 0.75, 0.26, 0.75, 0.25, 0.74])

    @pytest.mark.parametrize("wrong", [0.0, 1.0, -0.5, math.nan])
    def test_a_probability_without_a_logarithm_is_refused(self, wrong: float) -> None:
        expected = f"row 2: found {wrong:.15g}, expected a number above 0 and below 1"
        with pytest.raises(EngineError, match=f"p_cat, {expected}"):
            binary(np.ones(2), np.array([0.5, wrong]))
        with pytest.raises(EngineError, match=f"point, {expected}"):
            confidence(np.array([0.5, wrong]))


class TestBinaryLogits:
    def test_probability_and_loss_are_as_calculated_by_hand(self) -> None:
        found = binary_logits(np.array([1.0, 0.0, 1.0, 0.0]), np.log([3.0, 3.0, 0.25, 0.25]))
        assert_close(found["p_from_logit"], [0.75, 0.75, 0.2, 0.2])  # e / (1 + e)
        assert_close(found["loss_from_logit"], np.log([4 / 3, 4.0, 5.0, 1.25]))  # 1/0.75, 1/0.25, 1/0.2, 1/0.8

    def test_a_logit_of_1000_costs_1000_where_wrong_and_nothing_where_right(self) -> None:
        found = binary_logits(np.array([0.0, 1.0, 1.0, 0.0]), np.array([1000.0, 1000.0, -1000.0, -1000.0]))
        np.testing.assert_array_equal(found["loss_from_logit"], [1000.0, 0.0, 1000.0, 0.0])

    @given(st.floats(-30, 30), st.sampled_from([0.0, 1.0]))
    def test_its_slope_is_the_probability_less_the_answer(self, z: float, is_cat: float) -> None:
        loss = [float(np.sum(binary_logits(np.array([is_cat]), np.array([z + d]))["loss_from_logit"])) for d in (1, 0)]
        # ln((1 + e^(z+1)) / (1 + e^z)) - y, with 1 + e^z taken as it stands: z stays below 30.
        rise = math.log1p(math.exp(z + 1)) - math.log1p(math.exp(z)) - is_cat
        assert abs(loss[0] - loss[1] - rise) <= 1e-14 * max(loss[0], loss[1], 1.0)


def test_a_wrong_class_costs_what_the_other_probability_would_where_right() -> None:
    found = confidence(np.array([0.5, 0.9, 0.98]))
    assert np.round(np.asarray(found["loss_if_right"]), 5).tolist() == [0.69315, 0.10536, 0.02020]
    assert_close(found["loss_if_wrong"], [LN2, math.log(10), math.log(50)])


class TestRoutes:
    PROBABILITY = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])

    @pytest.mark.parametrize("route", ["by_product", "by_if", "by_lookup"])
    def test_each_route_is_as_calculated_by_hand(self, route: str) -> None:
        assert_close(routes(self.PROBABILITY, np.array([2.0, 1.0]))[route], [2 * LN2, 3 * LN2])

    def test_the_mean_and_the_blocks_are_as_calculated_by_hand(self) -> None:
        found = routes(self.PROBABILITY, np.array([2.0, 1.0]))
        assert_close(found["mean_loss"], 2.5 * LN2)
        np.testing.assert_array_equal(found["one_hot"], [[0, 1, 0], [1, 0, 0]])
        assert_close(found["log_probability"], [[-LN2, -2 * LN2, -2 * LN2], [-3 * LN2, math.log(0.75), -3 * LN2]])

    @given(
        arrays(np.float64, (6, 5), elements=st.floats(1e-300, 1)),
        arrays(np.int64, 6, elements=st.integers(1, 5)),
    )
    def test_the_three_routes_are_equal_to_the_last_bit(self, probability: Array, target: Array) -> None:
        found = routes(probability, target * 1.0)
        np.testing.assert_array_equal(found["by_product"], found["by_lookup"])
        np.testing.assert_array_equal(found["by_if"], found["by_lookup"])
        assert found["distance"] == 0

    @pytest.mark.parametrize("wrong", [0.0, 4.0, 1.5, -100.0, math.nan])
    def test_a_class_outside_the_table_is_refused(self, wrong: float) -> None:
        with pytest.raises(
            EngineError, match=f"target, row 2: found {wrong:.15g}, expected a whole number from 1 to 3"
        ):
            routes(self.PROBABILITY, np.array([1.0, wrong]))

    def test_a_probability_of_0_is_refused(self) -> None:
        with pytest.raises(EngineError, match="probability, row 2, class 2: found 0, expected a number above 0"):
            routes(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([1.0, 1.0]))


class TestCrossEntropy:
    """LOGIT with targets 2, ignored, 1 and weights 1, 2, 3."""

    def test_losses_with_weights_are_as_calculated_by_hand(self) -> None:
        found = cross_entropy(LOGIT, TARGET, WEIGHT, 0.0, "mean")
        assert_close(found["softmax"], [[0.25, 0.5, 0.25], [0.375, 0.125, 0.5], [0.25, 0.25, 0.5]])
        assert_close(found["log_softmax"], np.log([[0.25, 0.5, 0.25], [0.375, 0.125, 0.5], [0.25, 0.25, 0.5]]))
        np.testing.assert_array_equal(found["smooth_target"], [[0, 1, 0], [0, 0, 0], [1, 0, 0]])
        assert_close(found["sample_loss"], [2 * LN2, 0.0, 2 * LN2])  # 2 (-ln 1/2) and 1 (-ln 1/4)
        np.testing.assert_array_equal(found["sample_weight"], [2.0, 0.0, 1.0])
        assert_close(found["loss"], 4 / 3 * LN2)  # 4 ln 2 over 2 + 1
        assert_close(cross_entropy(LOGIT, TARGET, WEIGHT, 0.0, "sum")["loss"], 4 * LN2)

    def test_losses_with_weights_and_smoothing_are_as_calculated_by_hand(self) -> None:
        found = cross_entropy(LOGIT, TARGET, WEIGHT, 0.6, "mean")
        assert_close(found["smooth_target"], [[0.2, 0.6, 0.2], [0.0, 0.0, 0.0], [0.6, 0.2, 0.2]])  # 0.4 + 0.2, 0.6 / 3
        assert_close(found["weighted_target"], [[0.2, 1.2, 0.6], [0.0, 0.0, 0.0], [0.6, 0.4, 0.6]])
        assert_close(found["target_mass"], [2.0, 0.0, 1.6])
        assert found["divisor"] == 3
        assert_close(found["row_max"], [LN2, 2 * LN2, LN2])
        assert_close(found["log_sum"], [LN2, LN2, LN2])  # 4 / 2, 8 / 4, 4 / 2
        # 1 (0.2) 2 + 2 (0.6) 1 + 3 (0.2) 2 and 1 (0.6) 2 + 2 (0.2) 2 + 3 (0.2) 1, in ln 2
        assert_close(found["sample_loss"], [2.8 * LN2, 0.0, 2.6 * LN2])
        assert_close(found["loss"], 1.8 * LN2)  # 5.4 ln 2 over 2 + 1: smoothing does not touch the divisor

    def test_the_gradient_with_weights_and_smoothing_is_as_calculated_by_hand(self) -> None:
        found = cross_entropy(LOGIT, TARGET, WEIGHT, 0.6, "sum")
        assert found["divisor"] == 1
        # a = (0.2, 1.2, 0.6), sum 2; a = (0.6, 0.4, 0.6), sum 1.6: p sum(a) - a
        assert_close(found["gradient"], [[0.3, -0.2, -0.1], [0.0, 0.0, 0.0], [-0.2, 0.0, 0.2]])

    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    @pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
    @pytest.mark.parametrize("weight", [np.ones(3), WEIGHT], ids=["equal", "weighted"])
    @pytest.mark.parametrize("target", [TARGET, np.array([3.0, 1.0, 2.0])], ids=["ignored", "all"])
    def test_the_gradient_is_the_slope_of_the_loss(
        self, target: Array, weight: Array, smoothing: float, reduction: str
    ) -> None:
        def loss(logit: Array) -> float:
            return float(cross_entropy(logit, target, weight, smoothing, reduction)["loss"])

        found = cross_entropy(LOGIT, target, weight, smoothing, reduction)
        assert_close(found["gradient"], slope_by_nudges(loss, LOGIT), rtol=1e-8)

    @given(LOGITS, arrays(np.float64, 5, elements=st.floats(0.1, 10)), st.floats(0, 1), st.floats(-50, 50))
    def test_a_shift_changes_no_loss_and_each_samples_gradients_sum_to_0(
        self, logit: Array, weight: Array, smoothing: float, shift: float
    ) -> None:
        target = np.array([1.0, 5.0, -100.0])
        still = cross_entropy(logit, target, weight, smoothing, "mean")
        moved = cross_entropy(logit + shift, target, weight, smoothing, "mean")
        # The logits themselves, up to 100, are rounded: an absolute error of up to 100 eps times weights of up to 10.
        assert abs(float(moved["loss"]) - float(still["loss"])) <= 1e-11
        assert np.abs(np.sum(still["gradient"], axis=1)).max() <= 1e-12

    def test_what_an_ignored_sample_holds_does_not_matter(self) -> None:
        other = LOGIT + np.array([[0.0], [1.0], [0.0]]) * np.array([5.0, -3.0, 1.0])
        first, second = (cross_entropy(logit, TARGET, WEIGHT, 0.1, "mean") for logit in (LOGIT, other))
        assert first["loss"] == second["loss"]
        np.testing.assert_array_equal(first["gradient"], second["gradient"])

    def test_logits_of_1000_do_not_overflow(self) -> None:
        found = cross_entropy(np.array([[1000.0, 0.0, -1000.0]]), np.array([3.0]), np.ones(3), 0.0, "mean")
        assert found["loss"] == 2000
        np.testing.assert_array_equal(found["gradient"], [[1.0, 0.0, -1.0]])

    def test_with_every_sample_ignored_the_mean_is_blank_and_the_sum_0(self) -> None:
        ignored = np.full(3, -100.0)
        mean, total = (cross_entropy(LOGIT, ignored, WEIGHT, 0.1, reduction) for reduction in ("mean", "sum"))
        assert math.isnan(float(mean["loss"]))
        assert total["loss"] == 0
        np.testing.assert_array_equal(mean["gradient"], np.zeros((3, 3)))

    def test_targets_of_weight_0_only_have_a_blank_mean(self) -> None:
        found = cross_entropy(LOGIT, TARGET, np.array([0.0, 0.0, 1.0]), 0.1, "mean")
        assert math.isnan(float(found["loss"]))
        np.testing.assert_array_equal(np.isnan(found["gradient"]), [[True] * 3, [False] * 3, [True] * 3])

    def test_an_unknown_reduction_is_refused(self) -> None:
        with pytest.raises(EngineError, match="reduction: found 'none', expected 'mean' or 'sum'"):
            cross_entropy(LOGIT, TARGET, WEIGHT, 0.0, "none")

    @pytest.mark.parametrize("smoothing", [-0.1, 1.1, math.nan])
    def test_smoothing_outside_0_to_1_is_refused(self, smoothing: float) -> None:
        with pytest.raises(EngineError, match=f"smoothing: found {smoothing:.15g}, expected a number from 0 to 1"):
            cross_entropy(LOGIT, TARGET, WEIGHT, smoothing, "mean")

    @pytest.mark.parametrize("below", [0.0, -1.0])
    def test_any_target_below_1_is_ignored(self, below: float) -> None:
        first, second = (
            cross_entropy(LOGIT, np.where(TARGET > 0, TARGET, ignored), WEIGHT, 0.6, "mean")
            for ignored in (-100, below)
        )
        for name, found in second.items():
            np.testing.assert_array_equal(found, first[name])

    @pytest.mark.parametrize("wrong", [4.0, 1.5])
    def test_a_target_that_is_neither_a_class_nor_ignored_is_refused(self, wrong: float) -> None:
        target = np.array([1.0, -100.0, wrong])
        expected = f"target, row 3: found {wrong:.15g}, expected a whole number from 1 to 3"
        with pytest.raises(EngineError, match=expected):
            cross_entropy(LOGIT, target, WEIGHT, 0.0, "mean")
        with pytest.raises(EngineError, match=expected):
            metrics(LOGIT, target, np.arange(1.0, 4.0), np.arange(1.0, 4.0))


class TestNumericGradient:
    def test_values_are_those_of_the_closed_form(self) -> None:
        # Logits (d, 0), target 1: ln(1 + e^-d), of slope -1/2 at 0.
        found = numeric_gradient(np.zeros((1, 2)), np.ones(1), np.ones(2), 0.0, "mean", 0.5)
        assert_close(found["loss_up"], math.log1p(math.exp(-0.5)))
        assert_close(found["loss_down"], math.log1p(math.exp(0.5)))
        assert_close(found["numeric"], -0.5)  # ln((1 + e^-d) / (1 + e^d)) = -d, over 2 d
        assert found["analytic"] == -0.5

    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_numeric_and_analytic_agree_with_weights_smoothing_and_an_ignored_sample(self, reduction: str) -> None:
        found = numeric_gradient(LOGIT, TARGET, WEIGHT, 0.6, reduction, 1e-4)
        divisor = 3 if reduction == "mean" else 1
        assert_close(found["analytic"], 0.3 / divisor)  # as worked above
        assert_close(found["numeric"], 0.3 / divisor, rtol=1e-8)  # the third derivative times nudge squared over 6

    @pytest.mark.parametrize("nudge", [0.0, -1e-4, math.nan])
    def test_a_nudge_that_is_not_above_0_is_refused(self, nudge: float) -> None:
        with pytest.raises(EngineError, match=f"nudge: found {nudge:.15g}, expected a number above 0"):
            numeric_gradient(LOGIT, TARGET, WEIGHT, 0.0, "mean", nudge)


def test_a_nudge_of_the_first_logit_is_as_calculated_by_hand() -> None:
    found = nudged(LOGIT, np.array([[0.2, 1.2, 0.6], [9.0, 9.0, 9.0], [9.0, 9.0, 9.0]]), 2 * LN2)
    assert_close(found["up_logit"], [2 * LN2, LN2, 0.0])
    assert_close(found["down_logit"], [-2 * LN2, LN2, 0.0])
    np.testing.assert_array_equal(found["first_target"], [0.2, 1.2, 0.6])
    assert_close(found["up_loss"], 2 * math.log(7) - 1.6 * LN2)  # exp gives 4, 2, 1; 0.2 (2) + 1.2 (1), in ln 2
    assert_close(found["down_loss"], 2 * math.log(3.25) - 0.8 * LN2)  # 1/4, 2, 1; 0.2 (-2) + 1.2 (1)


class TestDoubleSoftmax:
    def test_the_losses_are_the_lessons_figures(self) -> None:
        found = double_softmax(np.array([2.0, 0.0, -1.0]), 1)
        assert round(float(found["right_loss"]), 4) == 0.1698
        assert round(float(found["wrong_loss"]), 4) == 0.6578

    def test_values_are_as_calculated_by_hand(self) -> None:
        found = double_softmax(np.log([1.0, 3.0]), 2)
        assert_close(found["once"], [0.25, 0.75])
        decay = math.exp(-0.5)  # of 0.25 - 0.75
        assert_close(found["twice"], [decay / (1 + decay), 1 / (1 + decay)])
        assert_close(found["right_loss"], math.log(4 / 3))
        assert_close(found["wrong_loss"], math.log1p(decay))

    def test_a_second_softmax_never_gets_below_the_loss_of_a_certain_first(self) -> None:
        found = double_softmax(np.array([1000.0, 0.0, 0.0]), 1)
        assert found["right_loss"] == 0
        assert_close(found["wrong_loss"], math.log(1 + 2 / math.e))  # softmax of (1, 0, 0)

    def test_a_class_outside_the_logits_is_refused(self) -> None:
        with pytest.raises(EngineError, match="target, row 1: found 3, expected a whole number from 1 to 2"):
            double_softmax(np.zeros(2), 3)


class TestMetrics:
    NUMBER = np.arange(1.0, 4.0)

    def test_counts_are_as_calculated_by_hand(self) -> None:
        logit = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 1.0], [0.0, 0.0, 1.0], [2.0, 1.0, 0.0], [0.0, 9.0, 0.0]])
        found = metrics(logit, np.array([2.0, 2.0, 3.0, -100.0, 2.0]), self.NUMBER, self.NUMBER)
        np.testing.assert_array_equal(found["predicted"], [2, 1, 3, 1, 2])  # of two equals the first
        np.testing.assert_array_equal(found["correct"], [1, 0, 1, 0, 1])
        assert found["accuracy"] == 0.75
        np.testing.assert_array_equal(found["confusion"], [[0, 0, 0], [1, 2, 0], [0, 0, 1]])

    def test_with_every_sample_ignored_there_is_no_accuracy_and_nothing_to_confuse(self) -> None:
        found = metrics(LOGIT, np.full(3, -100.0), self.NUMBER, self.NUMBER)
        assert math.isnan(float(found["accuracy"]))
        np.testing.assert_array_equal(found["confusion"], np.zeros((3, 3)))


class TestRegression:
    def test_values_are_as_calculated_by_hand(self) -> None:
        found = regression(np.array([2.0, -4.0, 10.0]), np.array([3.0, -2.0, 8.0]))
        np.testing.assert_array_equal(found["error"], [1.0, 2.0, -2.0])
        np.testing.assert_array_equal(found["squared"], [1.0, 4.0, 4.0])
        np.testing.assert_array_equal(found["absolute"], [1.0, 2.0, 2.0])
        np.testing.assert_array_equal(found["percentage"], [0.5, 0.5, 0.2])
        assert found["mse"] == 3
        assert found["rmse"] == math.sqrt(3)
        assert_close(found["mae"], 5 / 3)
        assert_close(found["mape"], 0.4)

    def test_an_actual_value_of_0_is_refused(self) -> None:
        with pytest.raises(EngineError, match="actual, row 2: found 0, expected a number other than 0"):
            regression(np.array([1.0, 0.0]), np.ones(2))
