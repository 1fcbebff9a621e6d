"""Schedules against figures from torch and fastai, and hand calculations."""

import math
from functools import partial
from typing import Any

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.schedules import (
    after_end,
    annealing,
    applied_summary,
    finder,
    layer_groups,
    one_cycle_fastai1,
    one_cycle_fastai2,
    one_cycle_torch,
    scaled,
)

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


def steps(n: int) -> Array:
    return np.arange(1.0, n + 1)


def values(result: Result, name: str) -> Array:
    return np.asarray(result[name], dtype=np.float64)


# Annealing


def test_each_way_of_annealing_by_hand() -> None:
    # From 8 to 2 in five steps, of which 0 to 4 are done: gamma 0.5, a drop every 2 steps, power 2.
    found = annealing(steps(5), 8.0, 2.0, 5, gamma=0.5, step_size=2, power=2.0)
    assert_close(found["step_rate"], [8, 8, 4, 4, 2])
    assert_close(found["exponential_rate"], [8, 4, 2, 1, 0.5])
    assert_close(found["linear_rate"], [8, 6.5, 5, 3.5, 2])
    # (1 + cos) / 2 at 0, 45, 90, 135 and 180 degrees, between 2 and 8.
    tip = 3 * math.sqrt(0.5)
    assert_close(found["cosine_rate"], [8, 5 + tip, 5, 5 - tip, 2])
    # 8 (1 - done / 5)^2: it would be 0 after the last step.
    assert_close(found["polynomial_rate"], [8, 5.12, 2.88, 1.28, 0.32])


def test_annealing_over_a_single_step_stays_at_the_first_rate() -> None:
    found = annealing(steps(1), 8.0, 2.0, 1, gamma=0.5, step_size=2, power=2.0)
    assert all(values(found, name).tolist() == [8.0] for name in found)


# One cycle

TORCH = {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4, "base_momentum": 0.85, "max_momentum": 0.95}
FASTAI1 = {"pct_start": 0.3, "div_factor": 25.0, "base_momentum": 0.85, "max_momentum": 0.95}
FASTAI2 = {"pct_start": 0.25, "div_factor": 25.0, "final_div_factor": 1e5, "base_momentum": 0.85, "max_momentum": 0.95}


def torch_cycle(n: int, **changed: Any) -> Result:
    rule = {**TORCH, "anneal": "cos", "three_phase": "no", "cycle_momentum": "yes", "own_momentum": 0.5, **changed}
    return one_cycle_torch(steps(n), n, 1e-2, **rule)


def test_torch_s_cycle_is_what_torch_printed() -> None:
    # OneCycleLR, 10 steps, maximum 1e-2; six decimals.
    printed = [4e-4, 0.0052, 0.01, 0.009505, 0.008117, 0.006113, 0.003887, 0.001883, 0.000495, 4e-8]
    found = values(torch_cycle(10), "rate")
    np.testing.assert_array_equal(np.round(found[:9], 6), printed[:9])
    assert_close(found[9], 4e-8, rtol=1e-9)


def test_torch_s_momentum_goes_down_while_the_rate_goes_up() -> None:
    # Two steps down in half a cosine wave, seven up: at its middle the momentum is halfway, at both ends 0.95.
    found = values(torch_cycle(10), "momentum")
    assert_close(found[[0, 1, 2, 9]], [0.95, 0.9, 0.85, 0.95])
    assert_close(found[3], 0.95 - 0.1 * (1 + math.cos(math.pi / 7)) / 2)


def test_torch_s_linear_cycle_by_hand() -> None:
    # 11 steps, the rise ends at 0.5 * 11 - 1 = 4.5, between two steps: from 0.1 to 1 in 4.5 steps, to 0.05 in 5.5.
    momenta = {"base_momentum": 0.0, "max_momentum": 0.9, "cycle_momentum": "yes", "own_momentum": 0.5}
    found = one_cycle_torch(steps(11), 11, 1.0, 0.5, 10.0, 2.0, anneal="linear", three_phase="no", **momenta)
    up = [0.1 + 0.9 * i / 4.5 for i in range(5)]
    down = [1.0 - 0.95 * (i - 4.5) / 5.5 for i in range(5, 11)]
    assert_close(found["rate"], up + down)
    assert_close(found["momentum"], [0.9 - 0.2 * i for i in range(5)] + [0.9 * (i - 4.5) / 5.5 for i in range(5, 11)])


def test_torch_s_third_phase_starts_where_the_rise_started() -> None:
    # 10 steps: up to step 2, back down by step 4, and by step 9 to the end, while the momentum stays up.
    found = torch_cycle(10, three_phase="yes", anneal="linear")
    third = [4e-4 + (4e-8 - 4e-4) * i / 5 for i in range(1, 6)]
    assert_close(found["rate"], [4e-4, 0.0052, 0.01, 0.0052, 4e-4, *third])
    assert_close(found["momentum"], [0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95])


def test_without_a_cycle_of_the_momentum_the_optimizer_s_own_stays_and_the_rate_is_the_same() -> None:
    found = torch_cycle(10, cycle_momentum="no", own_momentum=0.7)
    assert values(found, "momentum").tolist() == [0.7] * 10
    np.testing.assert_array_equal(found["rate"], torch_cycle(10)["rate"])


@pytest.mark.parametrize("n", [3, 10])
@pytest.mark.parametrize("cycle_momentum", ["no", "yes"])
def test_after_the_last_step_of_torch_s_cycle_training_is_over(n: int, cycle_momentum: str) -> None:
    rule = {**TORCH, "anneal": "cos", "cycle_momentum": cycle_momentum, "own_momentum": 0.5}
    for three_phase in ("no", "yes"):
        assert_over(
            one_cycle_torch(steps(14), n, 1e-2, **rule, three_phase=three_phase),
            one_cycle_torch(steps(n), n, 1e-2, **rule, three_phase=three_phase),
            n,
        )


@pytest.mark.parametrize("n", [3, 10])
def test_after_the_last_step_of_fastai_s_cycles_training_is_over(n: int) -> None:
    one = {**FASTAI1, "warm_up": "cos"}
    assert_over(one_cycle_fastai1(steps(14), n, 1e-2, **one), one_cycle_fastai1(steps(n), n, 1e-2, **one), n)
    assert_over(one_cycle_fastai2(steps(14), n, 1e-2, **FASTAI2), one_cycle_fastai2(steps(n), n, 1e-2, **FASTAI2), n)


def assert_over(longer: Result, cycle: Result, n: int) -> None:
    """The longer one is the cycle of n steps, and blank after them."""
    for name in ("rate", "momentum"):
        np.testing.assert_array_equal(values(longer, name)[:n], values(cycle, name))
        assert np.isnan(values(longer, name)[n:]).all()
        assert len(values(longer, name)) == 14


def test_after_the_end_nothing_moves_and_the_momentum_is_at_its_highest() -> None:
    rate, momentum = np.array([0.01, 0.04, math.nan]), np.array([0.95, 0.85, math.nan])
    assert_close(scaled(rate, 0.04, 1.0)["scaled_rate"], [0.25, 1.0, 0.0])
    assert_close(after_end(momentum, 0.95)["kept_momentum"], [0.95, 0.85, 0.95])


def test_the_last_epoch_s_mean_is_over_its_own_steps() -> None:
    constant, cycle = np.array([9.0, 5.0, 3.0, 1.0, 2.0]), np.array([8.0, 6.0, 4.0, 2.0, 0.0])
    found = applied_summary(constant, cycle, np.array([3.0, 5.0]))
    assert (found["constant_last_epoch"], found["cycle_last_epoch"]) == (1.5, 1.0)
    alone = applied_summary(constant, cycle, np.array([5.0]))
    assert (alone["constant_last_epoch"], alone["cycle_last_epoch"]) == (4.0, 4.0)


@pytest.mark.parametrize("three_phase", ["no", "yes"])
def test_a_rise_of_one_step_is_at_its_top(three_phase: str) -> None:
    # The rise ends at 0.1 * 10 - 1 = 0, where it starts.
    found = torch_cycle(10, pct_start=0.1, three_phase=three_phase)
    assert (values(found, "rate")[0], values(found, "momentum")[0]) == (1e-2, 0.85)


def test_fastai1_s_cycle_is_what_fastai_set() -> None:
    # fastai 1, 10 steps, maximum 1e-2; six decimals. Its last value, 4e-8, is set after the last batch.
    printed = [4e-4, 0.0028, 0.0076, 0.01, 0.009505, 0.008117, 0.006113, 0.003887, 0.001883, 0.000495]
    found = one_cycle_fastai1(steps(10), 10, 1e-2, **FASTAI1, warm_up="cos")
    np.testing.assert_array_equal(np.round(values(found, "rate"), 6), printed)
    # The momentum at 0, 1/3, 2/3 and the whole of its way down: 1/4 and 3/4 of it by a cosine.
    assert_close(values(found, "momentum")[:4], [0.95, 0.925, 0.875, 0.85])


def test_fastai1_s_first_warm_up_was_linear_and_its_way_down_was_not() -> None:
    found = one_cycle_fastai1(steps(10), 10, 1e-2, **FASTAI1, warm_up="linear")
    assert_close(values(found, "rate")[:4], [4e-4, 0.0036, 0.0068, 0.01])
    assert_close(values(found, "momentum")[:4], [0.95, 0.95 - 0.1 / 3, 0.95 - 0.2 / 3, 0.85])
    cosine = one_cycle_fastai1(steps(10), 10, 1e-2, **FASTAI1, warm_up="cos")
    assert_close(values(found, "rate")[4:], values(cosine, "rate")[4:])


def test_fastai1_cuts_the_rise_to_whole_steps_and_keeps_one_at_least() -> None:
    # int(0.3 * 8) = 2 steps up; int(0.3 * 3) = 0 is taken as 1.
    assert np.argmax(values(one_cycle_fastai1(steps(8), 8, 1e-2, **FASTAI1, warm_up="cos"), "rate")) == 2
    short = values(one_cycle_fastai1(steps(3), 3, 1e-2, **FASTAI1, warm_up="cos"), "rate")
    # Then down over all 3: at its first third, a quarter of the way by the cosine.
    assert_close(short, [4e-4, 1e-2, 1e-2 - (1e-2 - 4e-8) / 4])


def test_fastai2_s_cycle_by_hand() -> None:
    # 8 steps at 0, 1/8 ... 7/8 of the run; up by 1/4, down by 3/4, and a way of 1/6 a step by (1 - cos(30 k)) / 2.
    found = one_cycle_fastai2(steps(8), 8, 1e-2, **FASTAI2)
    share = [(1 - math.cos(math.pi * k / 6)) / 2 for k in range(6)]
    down = [1e-2 + (1e-7 - 1e-2) * s for s in share]
    assert_close(found["rate"], [4e-4, 0.0052, *down])
    assert_close(found["momentum"], [0.95, 0.9, *(0.85 + 0.1 * s for s in share)])


def test_the_end_of_fastai2_s_cycle_is_its_own_and_not_the_start_s() -> None:
    # In the last of very many steps the rate is near max / 1e5, and not max / 25 / 1e5.
    rate = values(one_cycle_fastai2(steps(100_000), 100_000, 1e-2, **FASTAI2), "rate")
    assert_close(rate[-1], 1e-7, rtol=1e-3)


@given(
    n=st.integers(1, 60),
    pct=st.just(0.0) | st.floats(1e-3, 1),
    which=st.sampled_from(["cos", "linear", "three", "fastai1", "fastai2"]),
)
def test_every_cycle_stays_between_its_ends(n: int, pct: float, which: str) -> None:
    if which == "fastai1":
        found = one_cycle_fastai1(steps(n), n, 1e-2, **{**FASTAI1, "pct_start": pct}, warm_up="linear")
    elif which == "fastai2":
        found = one_cycle_fastai2(steps(n), n, 1e-2, **{**FASTAI2, "pct_start": pct})
    else:
        three = "yes" if which == "three" else "no"
        found = torch_cycle(n, pct_start=pct, three_phase=three, anneal="linear" if which == "linear" else "cos")
    rate, momentum = values(found, "rate"), values(found, "momentum")
    assert len(rate) == len(momentum) == n
    assert ((rate >= 0.99e-8) & (rate <= 1e-2 * (1 + 1e-15))).all()
    assert ((momentum >= 0.85 - 1e-15) & (momentum <= 0.95 + 1e-15)).all()


def test_words_that_no_cycle_knows_are_refused() -> None:
    with pytest.raises(EngineError, match="anneal: found 'cosine', expected one of cos, linear"):
        torch_cycle(10, anneal="cosine")
    with pytest.raises(EngineError, match="three_phase: found 'both', expected one of no, yes"):
        torch_cycle(10, three_phase="both")
    with pytest.raises(EngineError, match="cycle_momentum: found 'maybe', expected one of no, yes"):
        torch_cycle(10, cycle_momentum="maybe")
    with pytest.raises(EngineError, match="warm_up: found 'cosine', expected one of cos, linear"):
        one_cycle_fastai1(steps(10), 10, 1e-2, **FASTAI1, warm_up="cosine")


# Layer groups


def test_three_groups_take_the_lesson_s_rates() -> None:
    # fit(1, 1e-3); fit(1, slice(1e-3)) with a tenth for the others; fit(1, slice(1e-5, 1e-3)).
    found = layer_groups(steps(3), 3, rate=1e-3, low_rate=1e-5, high_rate=1e-3, divisor=10.0)
    assert_close(found["single_rate"], [1e-3, 1e-3, 1e-3])
    assert_close(found["slice_one_rate"], [1e-4, 1e-4, 1e-3])
    assert_close(found["slice_two_rate"], [1e-5, 1e-4, 1e-3])


def test_up_to_fastai_1_0_28_the_others_had_a_third() -> None:
    found = layer_groups(steps(2), 2, rate=3e-3, low_rate=1e-5, high_rate=1e-3, divisor=3.0)
    assert_close(found["slice_one_rate"], [1e-3, 3e-3])


def test_a_group_alone_has_the_rate_of_the_last() -> None:
    found = layer_groups(steps(1), 1, rate=1e-3, low_rate=1e-5, high_rate=2e-3, divisor=10.0)
    assert (found["slice_one_rate"], found["slice_two_rate"]) == (np.array([1e-3]), np.array([2e-3]))


# The finder


def test_the_finder_takes_the_first_rate_of_the_steepest_fall() -> None:
    # Rates 1, 10, 100, 1000; unsmoothed losses fall by 1, 3 and 3 for each factor of 10.
    found = finder(steps(4), 1.0, 1000.0, 4, np.array([9.0, 8.0, 5.0, 2.0]), beta=0.0, skip_start=0, skip_end=0)
    assert_close(found["rate"], [1.0, 10.0, 100.0, 1000.0])
    assert_close(found["smoothed"], [9.0, 8.0, 5.0, 2.0])
    slope = values(found, "slope")
    assert math.isnan(slope[0])
    assert_close(slope[1:], np.array([-1.0, -3.0, -3.0]) / math.log(10))
    assert_close(found["steepest_slope"], -3 / math.log(10))
    assert found["suggested"] == found["steepest_rate"]
    assert found["suggested_loss"] == 5.0


def test_the_first_of_two_equal_falls_is_taken() -> None:
    # Rates 1, 2, 4, 8 by factors of 2 that are exact in binary, and so are their slopes but for ln 2.
    found = finder(steps(4), 1.0, 8.0, 4, np.array([9.0, 9.0, 5.0, 9.0]), beta=0.0, skip_start=0, skip_end=0)
    assert_close(found["steepest_rate"], 4.0)


def test_the_finder_smooths_with_correction() -> None:
    # fastai's example of losses 5, 1, 1, 1 at beta 0.9; four decimals.
    found = finder(steps(4), 1e-3, 1.0, 4, np.array([5.0, 1.0, 1.0, 1.0]), beta=0.9, skip_start=0, skip_end=0)
    np.testing.assert_array_equal(np.round(values(found, "smoothed"), 4), [5.0, 2.8947, 2.1956, 1.8479])
    assert_close(found["steepest_rate"], 1e-2)


def test_the_finder_leaves_out_the_steps_at_both_ends() -> None:
    # Rates of powers of 10; the losses fall by 7, 1, 2, 1 and 9 a step.
    loss = np.array([20.0, 13.0, 12.0, 10.0, 9.0, 0.0])
    falls = np.array([math.nan, -7.0, -1.0, -2.0, -1.0, -9.0]) / math.log(10)
    for skip_start, skip_end, steepest in ((0, 0, 5), (1, 0, 5), (0, 1, 1), (2, 1, 3), (4, 0, 5), (4, 1, 4)):
        found = finder(steps(6), 1.0, 1e5, 6, loss, beta=0.0, skip_start=skip_start, skip_end=skip_end)
        slope = values(found, "slope")
        kept = range(max(1, skip_start), 6 - skip_end)
        assert np.flatnonzero(~np.isnan(slope)).tolist() == list(kept)
        assert_close(slope[kept.start : kept.stop], falls[kept.start : kept.stop])
        assert_close(found["suggested"], 10.0**steepest)


def test_a_finder_that_leaves_out_every_step_suggests_nothing() -> None:
    found = finder(steps(6), 1.0, 1e5, 6, np.arange(6.0), beta=0.0, skip_start=4, skip_end=3)
    assert np.isnan(values(found, "slope")).all()
    assert math.isnan(float(found["steepest_slope"]))
    assert math.isnan(float(found["suggested"]))


@pytest.mark.parametrize(("n", "end_rate"), [(1, 8.0), (3, 1.0)])
def test_a_rate_that_does_not_grow_has_no_slope(n: int, end_rate: float) -> None:
    found = finder(steps(n), 1.0, end_rate, n, np.arange(float(n)), beta=0.5, skip_start=0, skip_end=0)
    assert np.isnan(values(found, "slope")).all()
    assert math.isnan(float(found["steepest_slope"]))
    assert math.isnan(float(found["suggested"]))


def test_a_number_beyond_the_last_group_has_no_rate() -> None:
    found = layer_groups(np.array([1.0, 2.0, 3.0]), 2, 1.0, 0.1, 10.0, 4.0)
    # Two groups: 1/4 and 1 by slice(1), 0.1 and 10 by slice(0.1, 10); the third number is no group's.
    for key, expected in (
        ("single_rate", [1.0, 1.0]),
        ("slice_one_rate", [0.25, 1.0]),
        ("slice_two_rate", [0.1, 10.0]),
    ):
        rates = np.asarray(found[key])
        assert rates[:2].tolist() == pytest.approx(expected, rel=1e-15)
        assert np.isnan(rates[2])
