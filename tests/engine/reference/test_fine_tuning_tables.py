"""Counts, rates and summaries of fine-tuning against hand calculations and torchvision's and fastai's figures."""

import math
from typing import Any

import numpy as np
import pytest
from close import assert_close

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.fine_tuning import (
    agreement,
    at_the_end,
    best_way,
    captions,
    chosen_count,
    costs,
    counted,
    cycle_rates,
    frozen_pace,
    gains,
    layer_rates,
    one_cycle,
    rate_grid,
    resnet_surgery,
    run_summary,
    surgery,
    unfrozen_pace,
)

pytestmark = pytest.mark.filterwarnings("error")


def listed(result: Result, name: str) -> Any:
    """A block's values as a list, blanks as None."""
    value = np.asarray(result[name], dtype=np.float64)
    return np.where(np.isnan(value), None, value.astype(object)).tolist()


@pytest.mark.parametrize(
    ("difference", "status"),
    [(0.0, "agrees with this sheet"), (9e-10, "agrees with this sheet"), (-2e-9, "stale: an input changed")],
)
def test_one_entry_that_differs_makes_a_block_stale(difference: float, status: str) -> None:
    recorded = np.zeros((2, 3))
    found = recorded.copy()
    found[1, 2] = difference
    assert agreement(found, recorded)["status"] == status
    assert agreement(np.asarray(difference), np.asarray(0.0))["status"] == status


class TestSurgery:
    FOUND = surgery(np.zeros((49, 64)), np.zeros((64, 32)), np.zeros((32, 7)), np.zeros((32, 16)), np.zeros((16, 3)))

    def test_shapes_and_counts_before(self) -> None:
        assert listed(self.FOUND, "before_inputs") == [49, 64, 32]
        assert listed(self.FOUND, "before_outputs") == [64, 32, 7]
        assert listed(self.FOUND, "before_weights") == [3136, 2048, 224]
        assert listed(self.FOUND, "before_parameters") == [3200, 2080, 231]

    def test_shapes_and_counts_after(self) -> None:
        assert listed(self.FOUND, "after_inputs") == [49, 64, 32, 16]
        assert listed(self.FOUND, "after_outputs") == [64, 32, 16, 3]
        assert listed(self.FOUND, "after_weights") == [3136, 2048, 512, 48]
        assert listed(self.FOUND, "after_parameters") == [3200, 2080, 528, 51]

    def test_totals(self) -> None:
        totals = {"before_total": 5511, "after_total": 5859, "kept": 5280, "removed": 231, "added": 579}
        assert {name: self.FOUND[name] for name in totals} == totals
        assert_close(self.FOUND["trained_share"], 579 / 5859)


class TestResnetSurgery:
    HALVES = (1347904, 19936768)

    def test_the_whole_is_torchvision_s_resnet34(self) -> None:
        found = resnet_surgery("lesson", 1000, 512, 512, 1000, *self.HALVES)
        assert found["resnet_before_total"] == 21797672
        assert found["resnet_removed"] == 513000
        assert listed(found, "resnet_before_parameters") == [*self.HALVES, 513000]
        assert listed(found, "resnet_before_inputs") == [None, None, 512]
        assert listed(found, "resnet_before_outputs") == [None, None, 1000]

    def test_the_lesson_s_head_is_two_matrices(self) -> None:
        found = resnet_surgery("lesson", 37, 512, 512, 1000, *self.HALVES)
        assert listed(found, "resnet_after_parameters") == [*self.HALVES, 262656, 18981, 0]  # 513 * 512, 513 * 37
        assert listed(found, "resnet_after_inputs") == [None, None, 512, 512, None]
        assert listed(found, "resnet_after_outputs") == [None, None, 512, 37, None]
        assert found["resnet_added"] == 281637
        assert found["resnet_after_total"] == 21566309
        assert_close(found["resnet_trained_share"], 281637 / 21566309)

    def test_fastai_s_head_pools_twice_and_has_two_batch_norms(self) -> None:
        # 1025 * 512, 513 * 37, and 2 * (1024 + 512).
        found = resnet_surgery("fastai", 37, 512, 512, 1000, *self.HALVES)
        assert listed(found, "resnet_after_parameters") == [*self.HALVES, 524800, 18981, 3072]
        assert listed(found, "resnet_after_inputs") == [None, None, 1024, 512, None]
        assert found["resnet_added"] == 546853

    def test_an_unknown_head_is_refused(self) -> None:
        with pytest.raises(EngineError, match="resnet_head: found 'bare', expected one of lesson, fastai"):
            resnet_surgery("bare", 37, 512, 512, 1000, *self.HALVES)


class TestCosts:
    def costs(self, optimizer: str) -> Result:
        # 10 images; weights 4, 6, 6, 4 and with biases 6, 9, 8, 6.
        shapes = ((2, 2), (2, 3), (3, 2), (2, 2))
        parameters = [np.zeros(size) for shape in shapes for size in (shape, shape[1])]
        return costs(optimizer, 4, np.zeros((10, 2)), *parameters, 100, 900)

    @pytest.mark.parametrize(("optimizer", "each"), [("SGD", 1), ("momentum", 2), ("Adam", 3)])
    def test_each_parameter_keeps_its_gradient_and_the_optimizer_s_numbers(self, optimizer: str, each: int) -> None:
        found = self.costs(optimizer)
        assert listed(found, "parameters") == [6, 9, 8, 6]
        assert listed(found, "kept_numbers") == [6 * each, 9 * each, 8 * each, 6 * each]
        assert listed(found, "frozen_numbers") == [0, 0, 8 * each, 6 * each]
        sizes = {"kept_bytes": 116 * each, "frozen_bytes": 56 * each, "saved_bytes": 60 * each}
        assert {name: found[name] for name in sizes} == sizes
        assert_close(found["saved_share"], 15 / 29)
        assert found["saved_gradients"] == 15
        assert found["resnet_saved_bytes"] == 4000 * each

    def test_the_first_layer_that_trains_hands_nothing_on(self) -> None:
        found = self.costs("SGD")
        assert listed(found, "backward") == [40, 120, 120, 80]
        assert listed(found, "frozen_backward") == [0, 0, 60, 80]
        assert_close(found["backward_saved_share"], 220 / 360)

    def test_an_unknown_optimizer_is_refused(self) -> None:
        with pytest.raises(EngineError, match="optimizer: found 'AdamW', expected one of SGD, momentum, Adam"):
            self.costs("AdamW")


class TestLayerRates:
    GROUPS, OF_LAYER = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 3.0])

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            # The lesson's slice(1e-5, 1e-3); slice(1e-3) since fastai 1.0.29 and before; one rate.
            ("slice(a, b)", [1e-5, 1e-4, 1e-3]),
            ("slice(b), b/10", [1e-4, 1e-4, 1e-3]),
            ("slice(b), b/3", [1e-3 / 3, 1e-3 / 3, 1e-3]),
            ("one rate for all", [1e-3, 1e-3, 1e-3]),
        ],
    )
    def test_each_layer_has_its_group_s_rate(self, kind: str, expected: list[float]) -> None:
        found = layer_rates(kind, 1e-5, 1e-3, self.GROUPS, self.OF_LAYER)
        assert_close(found["group_rate"], expected)
        assert_close(found["layer_rate"], [*expected, expected[-1]])

    def test_a_group_alone_has_the_rate_of_the_last(self) -> None:
        for kind in ("slice(a, b)", "slice(b), b/10", "slice(b), b/3", "one rate for all"):
            found = layer_rates(kind, 1e-5, 1e-3, np.ones(1), np.ones(2))
            assert listed(found, "layer_rate") == [1e-3, 1e-3]

    def test_what_makes_no_rate_is_refused(self) -> None:
        with pytest.raises(EngineError, match=r"kind: found 'slice', expected one of slice\(a, b\), slice\(b\), b/10"):
            layer_rates("slice", 1e-5, 1e-3, self.GROUPS, self.OF_LAYER)
        with pytest.raises(EngineError, match="low_rate: found 0, expected a number above 0"):
            layer_rates("slice(a, b)", 0.0, 1e-3, self.GROUPS, self.OF_LAYER)
        with pytest.raises(EngineError, match="layer_group, row 4: found 4, expected a whole number from 1 to 3"):
            layer_rates("slice(a, b)", 1e-5, 1e-3, self.GROUPS, np.array([1.0, 2.0, 3.0, 4.0]))


def test_one_cycle_is_what_torch_printed_for_ten_steps() -> None:
    # OneCycleLR, maximum 1e-2, to six decimals; a hundred times that. The momentum: half a cosine down in two steps.
    printed = [0.04, 0.52, 1.0, 0.9505, 0.8117, 0.6113, 0.3887, 0.1883, 0.0495]
    found = one_cycle(np.arange(1.0, 11.0), 0.3, 25.0, 1e4, 0.85, 0.95)
    assert np.round(np.asarray(found["share"], dtype=np.float64)[:9], 4).tolist() == printed
    assert_close(np.asarray(found["share"])[9], 4e-6, rtol=1e-9)
    assert found["steps"] == 10.0
    assert_close(np.asarray(found["momentum"])[[0, 1, 2, 9]], [0.95, 0.9, 0.85, 0.95])


def test_a_schedule_is_scaled_to_each_highest_rate() -> None:
    found = cycle_rates(np.array([0.5, 1.0, 0.25]), 0.1, np.array([1.0, 10.0]))
    assert_close(found["frozen_cycle"], [0.05, 0.1, 0.025])
    assert_close(found["group_cycle"], [[0.5, 5.0], [1.0, 10.0], [0.25, 2.5]])


class TestPace:
    MOMENTUM = np.array([0.95, 0.9, 0.85, 0.9])

    def test_the_first_steps_of_the_cycle_are_taken_by_number(self) -> None:
        found = frozen_pace(np.array([1.0, 2.0, 3.0, 2.5]), self.MOMENTUM, np.array([1.0, 2.0, 4.0]))
        assert listed(found, "rate") == [1.0, 2.0, 2.5]
        assert listed(found, "beta1") == [0.95, 0.9, 0.9]

    def test_each_layer_paces_with_its_group(self) -> None:
        cycle = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])
        found = unfrozen_pace(cycle, self.MOMENTUM, np.array([1.0, 2.0, 2.0]), np.array([1.0, 3.0]))
        assert listed(found, "layer_rate") == [[1.0, 10.0, 10.0], [3.0, 30.0, 30.0]]
        assert listed(found, "beta1") == [0.95, 0.85]

    def test_a_step_beyond_the_cycle_is_refused(self) -> None:
        with pytest.raises(EngineError, match="step_number, row 1: found 5, expected a whole number from 1 to 4"):
            frozen_pace(np.ones(4), self.MOMENTUM, np.array([5.0]))


class TestChosenCount:
    NAMES = np.array(["2 a class", "5 a class"], dtype=object)

    def chosen(self, shown: str) -> Result:
        checkpoints = {name: self.block(3, 4, i) for i, name in enumerate(("loss", "held_out_loss", "accuracy"))}
        moved = {f"moved_{i}": self.block(3, 4, 10 + i) for i in (1, 2, 3)}
        rates = np.array([0.1, 0.2])
        return chosen_count(shown, self.NAMES, **checkpoints, **moved, final=self.block(6, 4, 20), scratch_rate=rates)

    @staticmethod
    def block(rows: int, columns: int, start: float) -> Array:
        """(row, column, count): the entry of the second count is 1000 more."""
        one = start + 100 * np.arange(rows * columns).reshape(rows, columns)
        return np.stack([one, one + 1000], axis=-1)

    @pytest.mark.parametrize(("shown", "more"), [("2 a class", 0.0), ("5 a class", 1000.0)])
    def test_every_block_shows_the_named_count(self, shown: str, more: float) -> None:
        found = self.chosen(shown)
        starts = {"loss": 0, "held_out_loss": 1, "accuracy": 2, "moved_1": 11, "moved_2": 12, "moved_3": 13}
        for name, start in starts.items():
            expected = start + more + 100 * np.arange(12).reshape(3, 4)
            np.testing.assert_array_equal(found[f"shown_{name}"], expected)
        np.testing.assert_array_equal(found["shown_final"], 20 + more + 100 * np.arange(24).reshape(6, 4))
        assert found["shown_scratch_rate"] == (0.2 if more else 0.1)

    def test_a_count_that_was_not_recorded_is_refused(self) -> None:
        with pytest.raises(EngineError, match="shown_count: found '9 a class', expected one of 2 a class, 5 a class"):
            self.chosen("9 a class")


def test_the_end_is_the_last_checkpoint() -> None:
    assert listed(at_the_end(np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])), "end_loss") == [1.0, 3.0]


class TestRunSummary:
    def test_every_block_is_by_hand(self) -> None:
        # Differences 0.25, 0.5, -0.25, 0.5: mean 0.25; squares of 0, 0.25, -0.5, 0.25 add up to 0.375.
        final = np.array([[0.0, 0.75, 0.5], [0.0, 0.75, 0.25], [0.0, 0.5, 0.75], [0.0, 1.0, 0.5]])
        found = run_summary(final, "one large rate")
        assert listed(found, "mean") == [0.0, 0.75, 0.5]
        assert_close(found["spread"], [0.0, math.sqrt(0.125 / 3), math.sqrt(0.125 / 3)])
        assert listed(found, "least") == [0.0, 0.5, 0.25]
        assert listed(found, "most") == [0.0, 1.0, 0.75]
        assert listed(found, "difference") == [0.25, 0.5, -0.25, 0.5]
        assert found["mean_difference"] == 0.25
        assert_close(found["standard_error"], math.sqrt(0.375 / 3) / 2)
        assert (found["wins"], found["losses"]) == (3.0, 1.0)
        assert found["verdict"] == "no clear difference"  # 0.25 is not above 2 * 0.177

    @pytest.mark.parametrize(
        ("differences", "verdict"),
        [
            ([0.5, 0.25, 0.5, 0.25], "fine-tuning wins"),
            ([-0.5, -0.25, -0.5, -0.25], "from scratch wins"),
            ([0.0, 0.0, 0.0, 0.0], "no clear difference"),
            ([0.25, 0.25, 0.25, 0.25], "fine-tuning wins"),
            # Mean 0.5; deviations of 0.5, so the spread is sqrt(1/3 * 4 * 0.25), and half of that twice is 0.577.
            ([0.0, 1.0, 0.0, 1.0], "no clear difference"),
        ],
    )
    def test_two_standard_errors_decide(self, differences: list[float], verdict: str) -> None:
        final = np.column_stack([np.array(differences), np.ones(4), np.zeros(4)])
        assert run_summary(final, "fine-tuned")["verdict"] == verdict

    def test_one_run_or_a_regime_that_is_none_is_refused(self) -> None:
        with pytest.raises(EngineError, match="final: found 1 run, expected at least 2 to have a spread"):
            run_summary(np.ones((1, 3)), "fine-tuned")
        with pytest.raises(
            EngineError, match="compared: found 'from scratch', expected one of fine-tuned, one large rate"
        ):
            run_summary(np.ones((4, 3)), "from scratch")


def test_the_first_of_the_best_rates_is_taken() -> None:
    spread = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = rate_grid(np.array([[0.5, 0.75, 0.75], [0.9, 0.8, 0.1]]), spread, np.array([0.01, 0.1, 1.0]))
    assert listed(found, "best") == [0.75, 0.9]
    assert listed(found, "best_spread") == [2.0, 4.0]
    assert listed(found, "best_rate") == [0.1, 0.01]


def test_the_highest_way_is_named_and_of_equal_ones_the_first() -> None:
    rows = np.array([[0.5, 0.9, 0.7], [0.6, 0.8, 0.7], [0.7, 0.8, 0.7], [0.8, 0.8, 0.7]])
    assert best_way(*rows)["winner"].tolist() == ["one rate for all", "from scratch", "from scratch"]
    assert best_way(*rows[[0, 1, 2, 0]])["winner"].tolist()[0] == "slice(b), b/10"


def test_a_gain_may_be_a_loss() -> None:
    assert listed(gains(np.array([0.75, 0.5]), np.array([0.5, 0.75])), "gain") == [0.25, -0.25]


def test_images_are_counted() -> None:
    assert counted(np.array([1.0, 3.0, 3.0]))["images"] == 3.0


def test_what_was_said_stands_under_the_middle_of_each_picture() -> None:
    found = listed(captions(np.array([7.0, 8.0, 9.0, 7.0]), np.zeros((2, 5, 2, 7))), "said")
    blank = [None] * 3
    assert found == [[[*blank, 7, *blank], [*blank, 8, *blank]], [[*blank, 9, *blank], [*blank, 7, *blank]]]
