"""Self-attention by hand: uniform shares, a published example, finite differences, a norm's closed form."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.reference import Array, attention

RNG = np.random.default_rng(1)
TOKEN, TARGET, WORD = np.array([1.0, 2.0, 4.0, 1.0]), np.array([2.0, 4.0, 1.0, 5.0]), np.arange(1.0, 6.0)
WEIGHTS: dict[str, Array] = {
    "token_weight": RNG.normal(size=(5, 3)),
    "position_weight": RNG.normal(size=(4, 3)),
    "query_weight": RNG.normal(size=(3, 2)),
    "key_weight": RNG.normal(size=(3, 2)),
    "value_weight": RNG.normal(size=(3, 2)),
    "output_weight": RNG.normal(size=(2, 5)),
}
HEAD = ("query_weight", "key_weight", "value_weight")


def attended(mask: str = "causal", temperature: float = 1.0, **changed: Array) -> dict[str, Array]:
    weights = WEIGHTS | changed
    x = attention.embedding(TOKEN, WORD, weights["token_weight"], weights["position_weight"])["x"]
    found = attention.attend(np.asarray(x), *(weights[name] for name in HEAD), mask, temperature)
    return {name: np.asarray(value) for name, value in found.items()}


def loss(mask: str = "causal", temperature: float = 1.0, **changed: Array) -> float:
    context = attended(mask, temperature, **changed)["context"]
    said = attention.next_word(context, (WEIGHTS | changed)["output_weight"], TARGET)
    return float(np.asarray(said["loss"]))


def test_without_queries_each_word_takes_the_mean_of_the_values_so_far() -> None:
    found = attended(query_weight=np.zeros((3, 2)))
    np.testing.assert_allclose(found["context"], [found["v"][: i + 1].mean(axis=0) for i in range(4)], rtol=1e-14)


def test_without_a_mask_the_mean_is_that_of_all() -> None:
    found = attended("none", query_weight=np.zeros((3, 2)))
    np.testing.assert_allclose(found["context"], [found["v"].mean(axis=0)] * 4, rtol=1e-14)


def test_a_later_word_has_no_share_and_shares_sum_to_one() -> None:
    shares = attended()["attention"]
    assert not shares[np.triu_indices(4, 1)].any()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-15)


def test_a_high_temperature_evens_the_shares_out_and_a_low_one_leaves_the_best_match() -> None:
    np.testing.assert_allclose(attended(temperature=1e9)["attention"][3], 0.25, rtol=1e-6)
    cold = attended("none", temperature=1e-4)
    assert (cold["attention"].argmax(axis=1) == cold["score"].argmax(axis=1)).all()
    np.testing.assert_allclose(cold["attention"].max(axis=1), 1.0, rtol=1e-12)


def test_a_guess_among_five_words_costs_the_logarithm_of_five() -> None:
    assert loss(output_weight=np.zeros((2, 5))) == pytest.approx(np.log(5), rel=1e-15)


@pytest.mark.parametrize(("mask", "temperature"), [("causal", 1.0), ("none", 0.5)])
@pytest.mark.parametrize("name", WEIGHTS)
def test_a_gradient_is_the_slope_by_finite_difference(name: str, mask: str, temperature: float) -> None:
    found = attention.backward(TOKEN, WORD, TARGET, *WEIGHTS.values(), mask, temperature)
    gradient = np.asarray(found[f"{name}_gradient"])
    assert gradient.shape == WEIGHTS[name].shape
    for at in np.ndindex(gradient.shape):
        nudge = np.zeros(gradient.shape)
        nudge[at] = 1e-5
        up, down = (loss(mask, temperature, **{name: WEIGHTS[name] + way * nudge}) for way in (1, -1))
        assert gradient[at] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-9)


def test_the_loss_falls_by_rate_times_squared_gradients_where_the_rate_is_small() -> None:
    found = attention.backward(TOKEN, WORD, TARGET, *WEIGHTS.values(), "causal", 1.0)
    gradient = {name: np.asarray(found[f"{name}_gradient"]) for name in WEIGHTS}
    new = {name: np.asarray(attention.sgd(WEIGHTS[name], gradient[name], 1e-5)["stepped"]) for name in WEIGHTS}
    change = attention.change(gradient, 1e-5, loss(), loss(**new))
    assert change["actual_change"] == pytest.approx(change["foretold_change"], rel=1e-3)


def test_one_head_of_all_columns_is_attention_itself() -> None:
    found = attended()
    x = attention.embedding(TOKEN, WORD, WEIGHTS["token_weight"], WEIGHTS["position_weight"])["x"]
    columns = np.array([[1.0, 2.0]])
    weights = (*(WEIGHTS[name] for name in HEAD), WEIGHTS["output_weight"])
    one = attention.two_heads(np.asarray(x), *weights, TARGET, columns, "causal", 1.0)
    np.testing.assert_allclose(np.asarray(one["attention"])[0], found["attention"], rtol=1e-14)
    assert one["loss"] == pytest.approx(loss(), rel=1e-14)


def test_a_layer_norm_of_two_numbers_is_plus_and_minus_one() -> None:
    found = attention.layer_norm(np.array([[3.0, 7.0]]), np.ones(2), np.zeros(2), 0.0)
    assert [np.asarray(found[name]).tolist() for name in ("mean", "variance", "normed")] == [
        [5.0],
        [4.0],
        [[-1.0, 1.0]],
    ]


def test_shares_of_powers_of_two_are_those_of_the_hand_calculation() -> None:
    # 2¹, 2², 2¹ are a quarter, a half and a quarter of 8.
    found = attention.by_hand(
        np.array([1.0, 3.0, 4.0]),
        np.arange(1.0, 5.0),
        np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 2.0], [1.0, 0.0]]),
        np.array([[1.0, 1.0], [0.0, 1.0]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.array([[2.0, 0.0], [2.0, 4.0]]),
        2.0,
        "causal",
    )
    assert np.asarray(found["score"]).tolist() == [[0, 0, 1], [0, 0, 2], [1, 2, 1]]
    assert np.asarray(found["share"]).tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.5, 0.25]]
    assert np.asarray(found["context"]).tolist() == [[2, 4], [3, 6], [3, 5]]


def test_a_word_outside_the_vocabulary_and_an_unknown_mask_are_refused() -> None:
    with pytest.raises(EngineError, match="target, row 1: found 6, expected a whole number from 1 to 5"):
        attention.next_word(np.zeros((1, 2)), WEIGHTS["output_weight"], np.array([6.0]))
    with pytest.raises(EngineError, match="mask: found 'full', expected 'causal' or 'none'"):
        attended("full")
