"""The moving average against fastai's own figures, hand calculations and its recurrence."""

from functools import partial

import close
import pytest
import torch

from engine.witness import ewma

assert_close = partial(close.assert_close, rtol=1e-13)


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_fastai_s_own_example_is_reproduced() -> None:
    # The inputs behind lesson 5's figures are 5, 1, 1, 1.
    found = ewma.smooth(tensor([5.0, 1.0, 1.0, 1.0]), tensor(0.9))
    assert [round(value, 4) for value in found["corrected"].tolist()] == [5, 2.8947, 2.1956, 1.8479]
    # 0.1 * 5, 0.9 * 0.5 + 0.1, 0.9 * 0.55 + 0.1, 0.9 * 0.595 + 0.1
    assert_close(found["average"], [0.5, 0.55, 0.595, 0.6355])


def test_a_constant_is_its_own_corrected_average() -> None:
    assert_close(ewma.smooth(tensor([7.0] * 300), 0.98)["corrected"], [7.0] * 300)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.98, 0.999])
def test_the_convolution_is_the_recurrence(beta: float) -> None:
    values = 10 ** torch.empty(300, dtype=torch.float64).uniform_(-3, 3, generator=torch.Generator().manual_seed(0))
    average, averages = 0.0, []
    for value in values.tolist():
        average = beta * average + (1 - beta) * value
        averages.append(average)
    assert_close(ewma.smooth(values, beta)["average"], averages, rtol=1e-14)


def test_the_weights_fade_by_beta_and_add_up_to_1() -> None:
    found = ewma.weights(tensor([0.0, 1.0, 2.0]), 0.5)
    assert_close(found["weight"], [0.5, 0.25, 0.125])
    assert_close(found["weight_so_far"], [0.5, 0.75, 0.875])
    lags = torch.arange(400, dtype=torch.float64)
    assert_close(ewma.weights(lags, tensor(0.9))["weight_so_far"][-1], 1.0)


def test_with_beta_0_the_newest_value_has_all_the_weight() -> None:
    found = ewma.weights(tensor([0.0, 1.0, 2.0]), tensor(0.0))
    assert found["weight"].tolist() == [1, 0, 0]
    assert found["weight_so_far"].tolist() == [1, 1, 1]


def test_a_value_never_reaches_the_averages_before_it() -> None:
    calm, jump = ewma.smooth(tensor([1.0, 2.0, 3.0]), 0.9), ewma.smooth(tensor([1.0, 2.0, 1e9]), 0.9)
    assert torch.equal(calm["corrected"][:2], jump["corrected"][:2])


@pytest.mark.parametrize("beta", [1.0, 1.1, -0.1])
def test_a_beta_that_never_fades_is_refused_by_torch(beta: float) -> None:
    with pytest.raises(ValueError, match="probs"):
        ewma.smooth(tensor([1.0]), beta)
