"""Annealing against hand calculations: the schedule, a rate and a beta1 for each row, the rule that divides by 4."""

from functools import partial
from typing import Any

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reference import Array
from engine.reference.optimizers import annealing

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")


def constant_step(*state: Any, **rule: Any) -> dict[str, Any]:
    """A step whose results the type checker lets be floats, arrays or words."""
    return dict(annealing.constant_step(*state, **rule))


def macro_step(*state: Any, **rule: Any) -> dict[str, Any]:
    """The same at the rate that the rule leaves."""
    return dict(annealing.macro_step(*state, **rule))


# At intercept 1 and slope 3, x = 2 and y = 10 give the prediction 7 and the gradients -6 and -12.
ROW = (2.0, 10.0, 1.0, 3.0)
FRESH = (0.0, 0.0, 0.0, 0.0)
# The second step: intercept average 9, slope average 6, intercept square 9, slope square 36.
LATER = (9.0, 6.0, 9.0, 36.0)


# The lecture's rule, and no comparison with an epoch whose energy is 1e-6 or less.
RULE = {"ratio": 2.0, "divisor": 4.0, "least_energy": 1e-6}


def macro(point_number: float, energy_before: float, last_energy_before: float, **changed: float) -> dict[str, Any]:
    """A first step of Adam without eps, which moves each parameter by the rate against its gradient's sign."""
    energies = (1.0, energy_before, last_energy_before)
    rule = {"beta1": 0.5, "beta2": 0.75, "eps": 0.0, **RULE, **changed}
    return macro_step(1.0, point_number, *ROW, *FRESH, *energies, **rule)


def test_the_rate_is_half_after_one_over_decay_steps_and_a_third_after_two() -> None:
    # 1 + decay (n - 1) with decay 1/4: 1, 5/4, 2 at step 5, 3 at step 9.
    found = annealing.rates(np.array([1.0, 2.0, 5.0, 9.0]), learning_rate=0.75, decay=0.25)
    assert_close(found["decaying_rate"], [0.75, 0.6, 0.375, 0.25])


def test_without_decay_the_rate_stays() -> None:
    found = annealing.rates(np.arange(1.0, 6.0), learning_rate=0.75, decay=0.0)
    assert np.array_equal(found["decaying_rate"], np.full(5, 0.75))


def test_a_step_is_torch_s_adam_by_hand() -> None:
    # Averages: 9/2 - 6/2 = 1.5 and 6/2 - 12/2 = -3. Squares: 0.75 * 9 + 36/4 = 15.75 and 0.75 * 36 + 144/4 = 63.
    # After two steps the corrections are 1 - 0.5^2 = 3/4 and 1 - 0.75^2 = 7/16: averages 2 and -4, squares 36 and
    # 144, sizes 6 + 4 and 12 + 4: moves of half of 2/10 and of -4/16.
    found = constant_step(2.0, *ROW, *LATER, learning_rate=0.5, beta1=0.5, beta2=0.75, eps=4.0)
    assert (found["verdict"], found["prediction"], found["squared_error"]) == ("", 7.0, 9.0)
    assert (found["intercept_gradient"], found["slope_gradient"]) == (-6.0, -12.0)
    assert (found["intercept_average"], found["slope_average"]) == (1.5, -3.0)
    assert (found["intercept_square"], found["slope_square"]) == (15.75, 63.0)
    assert_close([found["new_intercept"], found["new_slope"]], [0.9, 3.125])


def test_each_row_takes_its_own_rate_and_beta1() -> None:
    # The row above at rate 1/2 and at rate 2, where the slope moves by 2 * 4/16; then with beta1 0: the average is
    # -12 itself, its correction 1, and the slope moves by half of 12/16.
    found = constant_step(
        np.full(3, 2.0),
        *ROW,
        *LATER,
        learning_rate=np.array([0.5, 2.0, 0.5]),
        beta1=np.array([0.5, 0.5, 0.0]),
        beta2=0.75,
        eps=4.0,
    )
    assert_close(found["slope_average"], [-3.0, -3.0, -12.0])
    assert_close(found["new_slope"], [3.125, 3.5, 3.375])


def test_a_divisor_of_zero_means_no_move() -> None:
    # At y = 7 the gradients are 0; with beta2 0 the squares are too, though the averages remember.
    found = constant_step(2.0, 2.0, 7.0, 1.0, 3.0, *LATER, learning_rate=0.5, beta1=0.5, beta2=0.0, eps=0.0)
    assert (found["intercept_average"], found["slope_square"]) == (4.5, 0.0)
    assert (found["new_intercept"], found["new_slope"]) == (1.0, 3.0)


@pytest.mark.parametrize(
    ("energy_before", "last_energy_before", "rate"),
    [
        (50.0, 20.0, 0.25),  # 50 > 2 * 20
        (40.0, 20.0, 1.0),  # exactly twice is not more than twice
        (np.nextafter(40.0, 41.0), 20.0, 0.25),
        (20.0, 50.0, 1.0),  # the energy fell
        (50.0, 0.0, 1.0),  # the second epoch has no epoch before the first to be compared with
        (0.0, 0.0, 1.0),  # the very first row
    ],
)
def test_at_an_epoch_s_first_row_the_rate_is_quartered_where_the_energy_more_than_doubled(
    energy_before: float, last_energy_before: float, rate: float
) -> None:
    found = macro(1.0, energy_before, last_energy_before)
    # The energy starts anew with this row's 12^2; the one that ended becomes the last.
    assert (found["rate"], found["energy"], found["last_energy"]) == (rate, 144.0, energy_before)
    assert found["divided"] == (1.0 if rate < 1 else 0.0)
    assert_close([found["new_intercept"], found["new_slope"]], [1 + rate, 3 + rate])


def test_within_an_epoch_the_energy_grows_and_the_rate_stays() -> None:
    found = macro(2.0, 50.0, 20.0)
    assert (found["rate"], found["energy"], found["last_energy"]) == (1.0, 50.0 + 144.0, 20.0)
    assert found["divided"] == 0.0
    assert_close([found["new_intercept"], found["new_slope"]], [2.0, 4.0])


@pytest.mark.parametrize(
    ("changed", "rate"),
    [
        ({"ratio": 2.5}, 1.0),  # 50 is 2.5 times 20 and no more
        ({"ratio": 2.25}, 0.25),
        ({"divisor": 10.0}, 0.1),
        ({"least_energy": 20.0}, 1.0),  # 20 is not above 20
        ({"least_energy": 19.5}, 0.25),
    ],
)
def test_each_number_of_the_rule_is_a_person_s_to_change(changed: dict[str, float], rate: float) -> None:
    found = macro(1.0, 50.0, 20.0, **changed)
    assert (found["rate"], found["divided"]) == (rate, 1.0 if rate < 1 else 0.0)
    assert_close(found["new_slope"], 3 + rate)


def test_rows_that_divided_are_counted() -> None:
    assert annealing.times_divided(np.array([0.0, 1.0, 0.0, 1.0, 1.0]))["times_divided"] == 3.0
    assert annealing.times_divided(np.zeros(2))["times_divided"] == 0.0


def test_the_rule_over_six_epochs_is_by_hand() -> None:
    # At intercept 0 and slope 0 with x = 1 the gradient by slope is -2 y: energies 4 y^2, epochs of two rows.
    # Epochs: 4 + 4 = 8; 16 + 0 = 16, twice 8 and no more; 36 > 32; 4; 16 > 8; 4.
    targets = [(1.0, 1.0), (2.0, 0.0), (3.0, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 0.0)]
    carried = {"rate_before": 1.0, "energy_before": 0.0, "last_energy_before": 0.0}
    rule = {"beta1": 0.9, "beta2": 0.99, "eps": 1e-8, **RULE}
    rates, energies, divided = [], [], 0.0
    for epoch in targets:
        for point, y in enumerate(epoch, start=1):
            found = macro_step(1.0, float(point), 1.0, y, 0.0, 0.0, *FRESH, **carried, **rule)
            divided += found["divided"]
            carried = {f"{name}_before": float(found[name]) for name in ("rate", "energy", "last_energy")}
        rates.append(carried["rate_before"])
        energies.append(carried["energy_before"])
    assert energies == [8.0, 16.0, 36.0, 4.0, 16.0, 4.0]
    assert rates == [1.0, 1.0, 1.0, 0.25, 0.25, 0.0625]
    assert divided == 2.0


def test_parameters_beyond_1e12_are_frozen_and_all_else_goes_on() -> None:
    # 1e12 + 0 is not beyond; 1e12 + 1 is. x = 0, so the gradient by intercept is 2 (intercept - y), by slope 0.
    intercept, slope = np.array([1e12, 1e12, -1e12]), np.array([0.0, 1.0, -1.0])
    zero = np.zeros(3)
    state = (zero, zero, zero, zero)
    found = constant_step(np.ones(3), zero, zero, intercept, slope, *state, 0.5, 0.5, 0.75, 0.0)
    assert list(found["verdict"]) == ["", "diverged", "diverged"]
    assert np.array_equal(found["new_intercept"], [1e12 - 0.5, 1e12, -1e12])
    assert np.array_equal(found["new_slope"], slope)
    assert np.array_equal(found["intercept_average"], [1e12, 1e12, -1e12])


def test_a_diverged_row_still_counts_its_energy() -> None:
    # Error 2e12, gradient by slope 2 * 1 * 2e12.
    found = macro_step(1.0, 1.0, 1.0, 0.0, 1e12, 1e12, *FRESH, 1.0, 50.0, 20.0, 0.5, 0.75, 0.0, **RULE)
    assert (found["verdict"], found["new_intercept"], found["new_slope"]) == ("diverged", 1e12, 1e12)
    assert (found["rate"], found["energy"], found["last_energy"]) == (0.25, 16e24, 50.0)


def rows(seed: int, count: int = 8) -> list[Array]:
    """Rows of step_number, point_number, x, y, both parameters, both averages, both squares, rate, both energies."""
    rng = np.random.default_rng(seed)
    parameters = [rng.normal(size=count), rng.normal(size=count)]
    parameters[0][0] = 2e12
    averages = [rng.normal(size=count), rng.normal(size=count)]
    positive = [rng.uniform(0.1, 9.0, count) for _ in range(5)]
    numbers = [rng.integers(1, 50, count).astype(float), rng.integers(1, 3, count).astype(float)]
    return [*numbers, rng.uniform(-9, 9, count), rng.uniform(-9, 9, count), *parameters, *averages, *positive]


def assert_rows_agree(found: dict[str, Any], alone: list[dict[str, Any]]) -> None:
    """Compare each result over arrays with the same from floats; a power may differ in its last digit."""
    for name, values in found.items():
        expected = [row[name] for row in alone]
        if name == "verdict":
            assert list(values) == expected
        else:
            # The corrections lose up to three digits.
            assert all(isinstance(value, float) for value in expected)
            assert np.asarray(values).shape == (len(alone),)
            for value, by_itself in zip(np.asarray(values), expected, strict=True):
                assert_close(value, float(by_itself), rtol=1e-11)


@given(seed=st.integers(0, 1000))
def test_arrays_give_what_their_rows_give_as_floats(seed: int) -> None:
    step_number, point_number, *given_rows = rows(seed)
    found = macro_step(step_number, point_number, *given_rows, beta1=0.9, beta2=0.99, eps=1e-8, **RULE)
    alone = [
        macro_step(*(float(value) for value in row), beta1=0.9, beta2=0.99, eps=1e-8, **RULE)
        for row in zip(step_number, point_number, *given_rows, strict=True)
    ]
    assert list(found["verdict"])[:2] == ["diverged", ""]
    assert_rows_agree(found, alone)


@given(seed=st.integers(0, 1000))
def test_arrays_of_rates_and_betas_give_what_their_rows_give_as_floats(seed: int) -> None:
    step_number, _, *state, rate, _, _ = rows(seed)
    beta1 = np.linspace(0.0, 0.95, step_number.size)
    found = constant_step(step_number, *state, rate, beta1, beta2=0.99, eps=1e-8)
    alone = [
        constant_step(*(float(value) for value in row), beta2=0.99, eps=1e-8)
        for row in zip(step_number, *state, rate, beta1, strict=True)
    ]
    assert_rows_agree(found, alone)
