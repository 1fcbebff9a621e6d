"""Plain SGD against torch.optim in a loop, and by hand."""

import pytest
import torch

from engine.witness.optimizers import sgd


def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same) -> None:
    before, after = train(lambda p: torch.optim.SGD(p, lr=0.05))
    del before["step_number"]
    same(sgd.step(**before, learning_rate=0.05, nudge=1e-3), after)


def test_a_row_equals_the_hand_calculation(hand, close) -> None:
    found = sgd.step(**hand, learning_rate=torch.tensor(0.1, dtype=torch.float64), nudge=0.5)
    assert {name: values.tolist() for name, values in found.items() if "numeric" not in name} == {
        "prediction": [2.0],
        "squared_error": [1.0],
        "intercept_gradient": [-2.0],
        "slope_gradient": [-4.0],
        "new_intercept": [1.2],
        "new_slope": [0.9],
    }
    # The error is -1; moved up by 0.5 it is -0.5 for the intercept, (0.25 - 1) / 0.5, and 0 for the slope, -1 / 0.5.
    close(found["intercept_numeric"], [-1.5])
    close(found["slope_numeric"], [-2.0])


@pytest.mark.parametrize(("intercept", "frozen"), [(1e12, False), (1e12 + 1, True), (-1e12 - 1, True)])
def test_a_row_beyond_1e12_keeps_its_parameters(hand, intercept: float, frozen: bool) -> None:
    hand |= {"intercept": hand["x"].new_tensor([intercept]), "slope": hand["x"].new_zeros(1)}
    found = sgd.step(**hand, learning_rate=0.1, nudge=0.5)
    assert bool(found["new_intercept"] == intercept) is frozen
    assert bool(found["new_slope"] == 0.0) is frozen
    # The rest is computed as ever.
    assert float(found["intercept_gradient"]) == 2 * (intercept - 3)


def test_a_negative_rate_is_refused_by_torch(hand) -> None:
    with pytest.raises(ValueError, match="Invalid learning rate"):
        sgd.step(**hand, learning_rate=-0.1, nudge=0.5)
