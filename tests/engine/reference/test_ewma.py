"""Moving averages against fastai's figures, the geometric series and the sum over all lags."""

import math
from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.reference.ewma import smooth, weights

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")

beta = st.floats(0, 0.999)
# Below 2.2e-308 doubles drop digits: a share of 1 - 0.999 of the least magnitude here keeps all of them.
value = st.just(0.0) | st.floats(1e-300, 100) | st.floats(-100, -1e-300)


def test_the_corrected_average_is_fastai_s() -> None:
    # By hand: 0.5 / 0.1, 0.55 / 0.19, 0.595 / 0.271, 0.6355 / 0.3439, as fastai's SmoothenValue divides them.
    found = smooth(np.array([5.0, 1.0, 1.0, 1.0]), 0.9)["corrected"]
    np.testing.assert_array_equal(np.round(np.asarray(found), 4), [5.0, 2.8947, 2.1956, 1.8479])


def test_the_average_starts_from_zero() -> None:
    # 0.75 * 0 + 0.25 * 8 = 2; 0.75 * 2 + 0.25 * 2 = 2; corrected by 1 - 0.75 and 1 - 0.5625.
    found = smooth(np.array([8.0, 2.0]), 0.75)
    np.testing.assert_array_equal(found["average"], [2.0, 2.0])
    np.testing.assert_array_equal(found["corrected"], [8.0, 2 / 0.4375])


@given(values=st.lists(value, min_size=1, max_size=40), beta=beta)
def test_the_average_is_the_weighted_sum_over_all_lags(values: list[float], beta: float) -> None:
    weight = np.asarray(weights(np.arange(float(len(values))), beta)["weight"])
    average = smooth(np.array(values), beta)["average"]
    expected = [sum(weight[lag] * values[t - lag] for lag in range(t + 1)) for t in range(len(values))]
    assert (np.abs(average - np.array(expected)) <= 1e-13 * np.abs(values).max()).all()


@given(value=value, beta=beta)
def test_one_value_over_and_over_is_its_own_corrected_average(value: float, beta: float) -> None:
    # 1 - 0.999 keeps thirteen digits.
    assert_close(smooth(np.full(20, value), beta)["corrected"], np.full(20, value), rtol=1e-12)


def test_no_past_is_the_value_itself() -> None:
    found = smooth(np.array([3.0, -1.0]), 0.0)
    np.testing.assert_array_equal(found["average"], [3.0, -1.0])
    np.testing.assert_array_equal(found["corrected"], [3.0, -1.0])


@given(beta=beta, lags=st.integers(1, 200))
def test_the_weights_so_far_are_the_geometric_series(beta: float, lags: int) -> None:
    lag = np.arange(float(lags))
    assert_close(weights(lag, beta)["weight_so_far"], 1 - beta ** (lag + 1), rtol=1e-12)


def test_with_no_past_all_the_weight_is_on_the_value_of_now() -> None:
    found = weights(np.arange(3.0), 0.0)
    np.testing.assert_array_equal(found["weight"], [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(found["weight_so_far"], [1.0, 1.0, 1.0])
    assert found["half_life"] == 0.0


@pytest.mark.parametrize(("beta", "half_life"), [(0.5, 1.0), (0.25, 0.5), (math.sqrt(0.5), 2.0)])
def test_the_half_life_is_the_lag_that_halves_a_weight(beta: float, half_life: float) -> None:
    assert_close(weights(np.arange(3.0), beta)["half_life"], half_life)


@pytest.mark.parametrize("outside", [1.0, -0.1])
def test_a_beta_that_lets_nothing_in_is_refused(outside: float) -> None:
    message = f"beta: found {outside:g}, expected at least 0 and below 1"
    with pytest.raises(EngineError, match=message):
        smooth(np.ones(3), outside)
    with pytest.raises(EngineError, match=message):
        weights(np.ones(3), outside)
