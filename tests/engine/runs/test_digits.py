"""The digits network is Linear, ReLU, Linear, ReLU, Linear; its training can be repeated."""

import numpy as np
import pytest

from engine.runs.digits import from_state, measured, pretrain

rng = np.random.default_rng(0)
CORNERS = np.repeat([0, 24, 48], 40)
PIXEL = 0.1 * rng.random((120, 49))
PIXEL[np.arange(120), CORNERS] = 1.0
LABEL = np.repeat(np.arange(3), 40)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_it_learns_which_pixel_is_lit_and_does_so_again(batch_norm: bool) -> None:
    first, second = (pretrain(PIXEL, LABEL, batch_norm=batch_norm, batch_size=40, epochs=20) for _ in range(2))
    assert measured(first, PIXEL, LABEL)["accuracy"] == 1.0
    assert all(np.array_equal(first[name], second[name]) for name in first)
    other = pretrain(PIXEL, LABEL, batch_norm=batch_norm, batch_size=40, epochs=20, seed=1)
    assert not np.array_equal(first["first.weight"], other["first.weight"])


def test_a_network_of_zeros_says_the_heads_biases() -> None:
    shapes = {"first.weight": (64, 49), "first.bias": 64, "second.weight": (32, 64), "second.bias": 32}
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    state |= {"head.weight": np.zeros((2, 32), np.float32), "head.bias": np.array([0, np.log(3)], np.float32)}
    found = measured(state, PIXEL[:2], np.array([0, 1]))
    # softmax of (0, ln 3) is (1/4, 3/4); the loss of one of each is (ln 4 + ln 4/3) / 2, up to float32's ln 3.
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx((np.log(4) + np.log(4 / 3)) / 2, rel=1e-7)


def test_a_state_without_its_head_is_refused() -> None:
    with pytest.raises(KeyError, match=r"head\.bias"):
        from_state({"first.weight": np.zeros((64, 49))})
