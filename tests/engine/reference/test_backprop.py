"""Each layer's way back against finite differences of its way forward, and its values against hand calculations."""

from collections.abc import Callable

import numpy as np
import pytest
from close import assert_close

from engine.reference import Array
from engine.reference.backprop import Layer, affine, batch_norm, masked, relu

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(6, 4))
PARAMETER = {
    "w": RNG.normal(size=(4, 3)),
    "b": RNG.normal(size=3),
    "scale": RNG.normal(size=4),
    "move": RNG.normal(size=4),
}
LAYERS: dict[str, tuple[Layer, tuple[str, ...]]] = {
    "affine": (affine(PARAMETER, "w", "b"), ("w", "b")),
    "relu": (relu, ()),
    "masked": (masked(RNG.integers(0, 2, size=(6, 4)) * 2.0), ()),
    "batch_norm": (batch_norm(PARAMETER, "scale", "move", 1e-5), ("scale", "move")),
    "batch_norm with a large eps": (batch_norm(PARAMETER, "scale", "move", 2.0), ("scale", "move")),
}


def slope_by_nudges(loss: Callable[[], float], at: Array) -> Array:
    """Central differences of loss with respect to each element of at, which is moved and put back."""
    slope = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        there = at[place]
        sides = []
        for nudge in (1e-5, -1e-5):
            at[place] = there + nudge
            sides.append(loss())
        at[place] = there
        slope[place] = (sides[0] - sides[1]) / 2e-5
    return slope


@pytest.mark.parametrize("name", LAYERS)
def test_every_slope_is_the_finite_difference(name: str) -> None:
    layer, parameters = LAYERS[name]
    output, back = layer(X)
    weight = np.random.default_rng(6).normal(size=output.shape)

    def loss() -> float:
        return float(np.sum(weight * layer(X)[0]))

    slope, gradients = back(weight)
    assert set(gradients) == set(parameters)
    # The differences of a loss near 10 by 2e-5 lose up to ten digits.
    assert_close(slope, slope_by_nudges(loss, X), rtol=1e-8)
    for parameter, gradient in gradients.items():
        assert_close(gradient, slope_by_nudges(loss, PARAMETER[parameter]), rtol=1e-8)


def test_batch_norm_is_by_hand() -> None:
    # 1, 2, 6: mean 3, squares of -2, -1, 3 add up to 14, and 14 / 3 + 1 / 3 = 5.
    parameter = {"scale": np.array([10.0]), "move": np.array([7.0])}
    output, _ = batch_norm(parameter, "scale", "move", 1 / 3)(np.array([[1.0], [2.0], [6.0]]))
    assert_close(output, 7 + 10 * np.array([[-2.0], [-1.0], [3.0]]) / 5**0.5)


def test_batch_norm_does_not_notice_what_all_images_share() -> None:
    # A slope that is the same for every image moves the mean alone, and n's own direction the deviation alone.
    layer = batch_norm({"scale": np.ones(4), "move": np.zeros(4)}, "scale", "move", 1e-12)
    output, back = layer(X)
    for slope in (np.ones((6, 4)), output):
        assert np.abs(back(slope)[0]).max() <= 1e-10


def test_a_relu_has_no_slope_at_0() -> None:
    output, back = relu(np.array([[-1.0, 0.0, 2.0]]))
    assert output.tolist() == [[0.0, 0.0, 2.0]]
    assert back(np.full((1, 3), 5.0))[0].tolist() == [[0.0, 0.0, 5.0]]


def test_a_mask_closes_both_ways_and_scales_what_it_lets_through() -> None:
    output, back = masked(np.array([[0.0, 4.0]]))(np.array([[3.0, 3.0]]))
    assert output.tolist() == [[0.0, 12.0]]
    assert back(np.ones((1, 2)))[0].tolist() == [[0.0, 4.0]]
