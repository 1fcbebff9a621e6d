"""Schedules against lesson 5's vectors, fastai's own test figures, closed forms and hand calculations."""

import math
from collections.abc import Callable
from functools import partial

import close
import pytest
import torch

from engine.errors import DataError
from engine.witness import schedules

assert_close = partial(close.assert_close, rtol=1e-13)


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def rounded(values: torch.Tensor, digits: int = 6) -> list[float]:
    return [round(value, digits) for value in values.tolist()]


TEN = torch.arange(1, 11, dtype=torch.float64)
CYCLE = {"steps": tensor(10.0), "max_rate": tensor(1e-2), "base_momentum": 0.85, "max_momentum": 0.95}
ALL = {"skip_start": 1, "skip_end": 0}
WORDS = {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4, "anneal": "cos", "three_phase": "no"}
CYCLED = {"cycle_momentum": "yes", "own_momentum": 0.5}
# From lesson 5; each of them was checked there with the library itself.
FALL = [0.009505, 0.008117, 0.006113, 0.003887, 0.001883, 0.000495]


def test_torch_s_one_cycle_gives_lesson_5_s_vector() -> None:
    found = schedules.one_cycle_torch(TEN, **CYCLE, **WORDS, **CYCLED)
    assert rounded(found["rate"]) == [0.0004, 0.0052, 0.01, *FALL, 0.0]
    assert_close(found["rate"][-1], 4e-8)
    # 0.95 down to 0.85 in two steps, and back in seven, by halves of a cosine.
    back = [0.9 - 0.05 * math.cos(math.pi * k / 7) for k in range(1, 8)]
    assert_close(found["momentum"], [0.95, 0.9, 0.85, *back])


def test_fastai_1_s_one_cycle_gives_lesson_5_s_vector() -> None:
    found = schedules.one_cycle_fastai1(TEN, **CYCLE, pct_start=0.3, div_factor=25.0, warm_up="cos")
    assert rounded(found["rate"]) == [0.0004, 0.0028, 0.0076, 0.01, *FALL]
    assert rounded(found["momentum"][:4]) == [0.95, 0.925, 0.875, 0.85]


def test_what_fastai_1_sets_after_the_last_batch_is_4e_8() -> None:
    # Three steps up, seven down; the rate of the phases' end is that of the batch after the last.
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=4e-4)
    rise = schedules.Phase(3, (4e-4, 1e-2), (0.95, 0.85))
    scheduler = schedules.Phases(optimizer, [rise, schedules.Phase(7, (1e-2, 4e-8), (0.85, 0.95))])
    for _ in range(10):
        optimizer.step()
        scheduler.step()
    assert_close(tensor(scheduler.get_last_lr()), [4e-8], rtol=1e-9)
    assert_close(tensor(optimizer.param_groups[0]["momentum"]), 0.95)


@pytest.mark.parametrize(
    "run",
    [
        lambda n, cycle: schedules.one_cycle_torch(n, **cycle, **WORDS, **CYCLED),
        lambda n, cycle: schedules.one_cycle_torch(n, **cycle, **WORDS, cycle_momentum="no", own_momentum=0.5),
        lambda step, cycle: schedules.one_cycle_fastai1(
            step, **cycle, pct_start=0.3, div_factor=25.0, warm_up="linear"
        ),
        lambda step, cycle: schedules.one_cycle_fastai2(
            step, **cycle, pct_start=0.3, div_factor=25.0, final_div_factor=9
        ),
    ],
    ids=["torch", "without momentum", "fastai 1", "fastai 2"],
)
def test_after_its_last_step_a_cycle_has_no_rate_and_no_momentum(
    run: Callable[[torch.Tensor, dict[str, object]], dict[str, torch.Tensor]],
) -> None:
    short, exact = run(torch.arange(1, 15, dtype=torch.float64), CYCLE), run(TEN, CYCLE)
    for name in ("rate", "momentum"):
        assert torch.equal(short[name][:10], exact[name])
        assert bool(exact[name].isfinite().all())
        assert bool(short[name][10:].isnan().all())


def test_without_cycle_momentum_the_momentum_is_the_optimizer_s_own() -> None:
    with_ = schedules.one_cycle_torch(TEN, **CYCLE, **WORDS, **CYCLED)
    without = schedules.one_cycle_torch(TEN, **CYCLE, **WORDS, cycle_momentum="no", own_momentum=tensor(0.5))
    assert without["momentum"].tolist() == [0.5] * 10
    assert torch.equal(with_["rate"], without["rate"])


def test_fastai_1_warmed_up_in_a_straight_line_up_to_1_0_28() -> None:
    found = schedules.one_cycle_fastai1(TEN, **CYCLE, pct_start=0.3, div_factor=25.0, warm_up="linear")
    assert rounded(found["rate"]) == [0.0004, 0.0036, 0.0068, 0.01, *FALL]
    assert_close(found["momentum"][:4], [0.95, 0.95 - 0.1 / 3, 0.95 - 0.2 / 3, 0.85])


def test_the_warm_up_of_fastai_1_takes_whole_steps() -> None:
    found = schedules.one_cycle_fastai1(TEN, **CYCLE, pct_start=0.39, div_factor=25.0, warm_up="cos")
    assert int(found["rate"].argmax()) == 3


def test_fastai_2_s_one_cycle_gives_the_figures_of_its_own_tests() -> None:
    # fastai 2, nbs/14_callback.schedule.ipynb: combined_cos(0.25, 0.5, 1., 0.) at 0, 0.1, 0.25 and 0.5.
    step = tensor([1.0, 3.0, 6.0, 11.0])
    found = schedules.one_cycle_fastai2(
        step, 20.0, 1.0, 0.25, 2.0, final_div_factor=math.inf, base_momentum=0.0, max_momentum=1.0
    )
    assert rounded(found["rate"], 5) == [0.5, 0.67275, 1.0, 0.75]
    # The momentum from 1 to 0 and back: at 0.1 of 0.25, (1 + cos(0.4 pi)) / 2; at 0.25 of 0.75, (1 - cos(pi/3)) / 2.
    assert rounded(found["momentum"], 5) == [1.0, 0.65451, 0.0, 0.25]


def test_fastai_2_s_peak_may_lie_between_two_steps() -> None:
    found = schedules.one_cycle_fastai2(TEN, **CYCLE, pct_start=0.25, div_factor=25.0, final_div_factor=1e5)
    # The third step is at 0.2 of 0.25, the fourth at 0.05 of 0.75.
    rise, fall = (1 - math.cos(0.8 * math.pi)) / 2, (1 - math.cos(math.pi / 15)) / 2
    assert_close(found["rate"][2:4], [4e-4 + rise * 9.6e-3, 1e-2 - fall * (1e-2 - 1e-7)])


def test_three_phases_come_back_to_the_first_rate_before_the_last_fall() -> None:
    found = schedules.one_cycle_torch(
        TEN,
        **CYCLE,
        pct_start=0.3,
        div_factor=10.0,
        final_div_factor=10.0,
        anneal="linear",
        three_phase="yes",
        **CYCLED,
    )
    # Ends at steps 2, 4 and 9: two steps up, two down, five to 1e-4.
    expected = [1e-3, 5.5e-3, 1e-2, 5.5e-3, 1e-3, *(1e-3 - 1.8e-4 * k for k in range(1, 6))]
    assert_close(found["rate"], expected)
    assert_close(found["momentum"], [0.95, 0.9, 0.85, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pct_start": 0.1}, "pct_start 0.1 .float division by zero."),
        ({"pct_start": 1.5}, "takes no 10 steps with pct_start 1.5 .* expected a rise of more than one step"),
        ({"anneal": "cosine"}, "found the anneal 'cosine', expected cos or linear"),
        ({"three_phase": "maybe"}, "found the answer to three_phase 'maybe', expected no or yes"),
        ({"cycle_momentum": "maybe"}, "found the answer to cycle_momentum 'maybe', expected no or yes"),
    ],
)
def test_what_torch_s_one_cycle_cannot_do_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        schedules.one_cycle_torch(TEN, **CYCLE | WORDS | CYCLED | change)


def test_an_unknown_warm_up_is_refused() -> None:
    with pytest.raises(DataError, match="found the warm-up 'cosine', expected cos or linear"):
        schedules.one_cycle_fastai1(TEN, **CYCLE, pct_start=0.3, div_factor=25.0, warm_up="cosine")


@pytest.mark.parametrize(("first", "last"), [(1.0, 0.01), (0.01, 1.0)])
def test_annealing_equals_the_closed_forms(first: float, last: float) -> None:
    step = torch.arange(1, 101, dtype=torch.float64)
    found = schedules.annealing(step, tensor(first), tensor(last), 100.0, 0.97, 30.0, 2.0)
    share = (step - 1) / 99
    # The library goes from each rate to the next: a hundred roundings.
    for name, expected in (
        ("step_rate", first * 0.97 ** ((step - 1) // 30)),
        ("exponential_rate", first * 0.97 ** (step - 1)),
        ("linear_rate", first + share * (last - first)),
        ("cosine_rate", last + (first - last) * (1 + torch.cos(math.pi * share)) / 2),
        ("polynomial_rate", first * (1 - (step - 1) / 100) ** 2),
    ):
        assert_close(found[name], expected, rtol=1e-13)


def test_one_step_of_annealing_is_at_the_first_rate() -> None:
    found = schedules.annealing(tensor([1.0]), 0.5, 0.1, 1.0, 0.9, 1.0, 1.0)
    assert {float(values) for values in found.values()} == {0.5}


def test_layer_groups_have_fastai_s_rates() -> None:
    found = schedules.layer_groups(tensor([1.0, 2.0, 3.0]), tensor(3.0), tensor(1e-3), tensor(1e-5), 1e-3, 3.0)
    assert_close(found["single_rate"], [1e-3, 1e-3, 1e-3])
    assert_close(found["slice_one_rate"], [1e-3 / 3, 1e-3 / 3, 1e-3])
    # lesson 5: geometric, 1e-5, 1e-4, 1e-3
    assert_close(found["slice_two_rate"] / tensor([1e-5, 1e-4, 1e-3]), [1.0, 1.0, 1.0])


def test_one_group_alone_has_the_higher_rate() -> None:
    found = schedules.layer_groups(tensor([1.0]), 1.0, 2e-3, 1e-5, 1e-3, 10.0)
    assert {name: values.tolist() for name, values in found.items()} == {
        "single_rate": [2e-3],
        "slice_one_rate": [2e-3],
        "slice_two_rate": [1e-3],
    }


def test_the_finder_suggests_the_rate_of_the_steepest_fall() -> None:
    found = schedules.finder(
        TEN[:5], tensor(1e-4), tensor(1.0), 5.0, tensor([4.0, 3.0, 1.0, 2.0, 9.0]), beta=0.0, **ALL
    )
    assert_close(found["rate"] / tensor([1e-4, 1e-3, 1e-2, 1e-1, 1.0]), [1.0] * 5)
    assert found["smoothed"].tolist() == [4, 3, 1, 2, 9]
    assert math.isnan(float(found["slope"][0]))
    assert_close(found["slope"][1:], [value / math.log(10) for value in (-1, -2, 1, 7)])
    assert_close(found["steepest_slope"], -2 / math.log(10))
    assert_close(found["steepest_rate"], 1e-2)
    assert_close(found["suggested"], 1e-2)


@pytest.mark.parametrize(
    ("skip_start", "skip_end", "sloping", "steepest"),
    [
        (0, 0, [1, 2, 3, 4, 5, 6, 7], 1),
        (1, 0, [1, 2, 3, 4, 5, 6, 7], 1),
        (2, 0, [2, 3, 4, 5, 6, 7], 7),
        (2, 1, [2, 3, 4, 5, 6], 4),
        (3, 3, [3, 4], 4),
        (3.0, 4.0, [3], 3),
    ],
)
def test_the_finder_skips_the_slopes_at_both_ends(
    skip_start: float, skip_end: float, sloping: list[int], steepest: int
) -> None:
    # Slopes in steps of ln 2: none, -9, -1, -2, -4, 1, 2, -8.
    loss = tensor([30.0, 21.0, 20.0, 18.0, 14.0, 15.0, 17.0, 9.0])
    found = schedules.finder(TEN[:8], 1.0, 128.0, 8, loss, 0.0, tensor(skip_start), tensor(skip_end))
    assert found["slope"].isfinite().nonzero()[:, 0].tolist() == sloping
    assert float(found["steepest_slope"]) == float(found["slope"][steepest])
    assert_close(found["steepest_rate"], 2.0**steepest)
    assert_close(found["suggested"], 2.0**steepest)
    assert_close(found["smoothed"], loss)


def test_where_all_slopes_are_skipped_nothing_is_suggested() -> None:
    found = schedules.finder(TEN, 1.0, 512.0, 10, TEN, 0.0, 6, 4)
    assert all(bool(found[name].isnan().all()) for name in ("slope", "steepest_slope", "steepest_rate", "suggested"))
    assert bool(found["rate"].isfinite().all())


def test_the_first_of_equal_slopes_is_the_steepest() -> None:
    found = schedules.finder(TEN[:4], 1.0, 8.0, 4.0, tensor([3.0, 3.0, 3.0, 3.0]), beta=0.0, **ALL)
    assert found["slope"][1:].tolist() == [0, 0, 0]
    assert float(found["steepest_rate"]) == 2.0


def test_the_finder_smooths_as_fastai_does() -> None:
    found = schedules.finder(TEN[:4], 1.0, 8.0, 4.0, tensor([5.0, 1.0, 1.0, 1.0]), beta=0.9, **ALL)
    assert rounded(found["smoothed"], 4) == [5, 2.8947, 2.1956, 1.8479]


def test_a_number_beyond_the_last_group_has_no_rate() -> None:
    found = schedules.layer_groups(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), 2, 1.0, 0.1, 10.0, 4.0)
    # Two groups: 1/4 and 1 by slice(1), 0.1 and 10 by slice(0.1, 10); the third number is no group's.
    for key, expected in (
        ("single_rate", [1.0, 1.0]),
        ("slice_one_rate", [0.25, 1.0]),
        ("slice_two_rate", [0.1, 10.0]),
    ):
        assert found[key][:2].tolist() == pytest.approx(expected, rel=1e-12)
        assert found[key][2].isnan()


def test_after_the_end_the_scaled_rate_is_0_and_the_momentum_the_highest() -> None:
    ended = tensor([0.1, 0.4, math.nan])
    assert_close(schedules.scaled(ended, tensor(0.4), 1.0)["scaled_rate"], [0.25, 1.0, 0.0])
    assert schedules.after_end(ended, 0.95)["kept_momentum"].tolist() == [0.1, 0.4, 0.95]
    assert schedules.after_end(ended, tensor(0.5))["kept_momentum"].tolist() == [0.1, 0.4, 0.5]


@pytest.mark.parametrize(("epoch_step", "constant", "cycle"), [([2.0, 4.0, 6.0], 5.5, 1.5), ([6.0], 3.5, 3.5)])
def test_a_run_is_summed_up_by_the_mean_of_its_last_epoch(
    epoch_step: list[float], constant: float, cycle: float
) -> None:
    found = schedules.applied_summary(TEN[:6], TEN[:6].flip(0), tensor(epoch_step))
    assert float(found["constant_last_epoch"]) == constant
    assert float(found["cycle_last_epoch"]) == cycle
