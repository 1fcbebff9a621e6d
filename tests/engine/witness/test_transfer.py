"""The head at work, by torch: figures by hand."""

import math

import pytest
import torch

from engine.witness import transfer


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_batch_norm_takes_the_running_statistics() -> None:
    # (3 - 1) / sqrt(3 + 1) * 10 + 5 = 15
    found = transfer.batch_norm(t(3.0)[None], t(1.0), t(3.0), t(10.0), t(5.0), 1.0)
    assert found["normalised"].tolist() == [[15.0]]


def test_two_matrices_with_a_relu_between() -> None:
    first = transfer.first_matrix(t(1.0, 2.0)[None], torch.tensor([[1.0, -1.0], [1.0, -1.0]]).double(), t(0.5, 0.5))
    assert first["hidden_input"].tolist() == [[3.5, -2.5]]
    assert first["relu"].tolist() == [[3.5, 0.0]]
    second = transfer.second_matrix(first["relu"], torch.tensor([[2.0], [7.0]]).double(), t(1.0))
    assert second["logit"].tolist() == [[8.0]]


def test_answers_are_those_of_a_softmax() -> None:
    # e^z of (ln 1, ln 3) is (1, 3): probabilities 1/4 and 3/4
    logit = torch.stack([t(0.0, math.log(3.0)), t(1000.0, 1000.0)])
    found = transfer.answers(logit, t(1.0, 1.0))
    assert found["probability"][0].tolist() == pytest.approx([0.25, 0.75], rel=1e-12)
    assert found["sample_loss"].tolist() == pytest.approx([math.log(4.0), math.log(2.0)], rel=1e-12)
    assert float(found["loss"]) == pytest.approx((math.log(4.0) + math.log(2.0)) / 2, rel=1e-12)
    assert found["predicted"].tolist() == [2.0, 1.0]
    assert found["shifted"][1].tolist() == [0.0, 0.0]
    assert (found["correct"].tolist(), float(found["accuracy"])) == ([0.0, 1.0], 0.5)


def test_shares_of_a_confusion_are_by_the_true_class() -> None:
    found = transfer.confusion(torch.tensor([[3.0, 1.0], [0.0, 0.0]]).double())
    assert found["images"].tolist() == [4.0, 0.0]
    assert float(found["right_share"][0]) == 0.75
    assert math.isnan(found["right_share"][1])
    assert (float(found["total"]), float(found["total_right"]), float(found["overall"])) == (4.0, 3.0, 0.75)


def test_rates_that_differ_are_told_by_the_largest() -> None:
    found = transfer.same_rates(t(1.0, 2.0), t(1.0, 1.5), t(0.9, 0.8), t(0.9, 0.9))
    assert found["rate_difference"].tolist() == [0.0, -0.5]
    assert found["momentum_difference"].tolist() == pytest.approx([0.0, 0.1])
    assert float(found["largest_difference"]) == 0.5
