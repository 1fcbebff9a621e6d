"""The recorded run of attention: it starts where it is told, learns its sentence, and repeats itself."""

import numpy as np

from engine.reference import attention
from engine.runs.attention_training import record

TOKEN, TARGET = np.array([1.0, 2.0, 1.0]), np.array([2.0, 1.0, 3.0])


def weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"token": (3, 4), "position": (3, 4), "query": (4, 4), "key": (4, 4), "value": (4, 4), "output": (4, 3)}
    return {f"{name}_weight": rng.normal(size=shape) for name, shape in shapes.items()}


def loss(weight: dict[str, np.ndarray]) -> float:
    x = np.asarray(
        attention.embedding(TOKEN, np.arange(1.0, 4.0), weight["token_weight"], weight["position_weight"])["x"]
    )
    head = (weight["query_weight"], weight["key_weight"], weight["value_weight"])
    context = np.asarray(attention.attend(x, *head, "causal", 1.0)["context"])
    return float(np.asarray(attention.next_word(context, weight["output_weight"], TARGET)["loss"]))


def test_its_first_and_last_loss_are_those_of_the_weights_before_and_after() -> None:
    found = record(TOKEN, TARGET, weights(), steps=20, rate=0.05)
    assert found["loss"].shape == (21,)
    np.testing.assert_allclose(found["loss"][[0, -1]], [loss(weights()), loss(found)], rtol=1e-12)
    assert found["loss"][-1] < found["loss"][0] / 2


def test_the_same_start_gives_the_same_bits_and_is_left_alone() -> None:
    start = weights()
    first, again = (record(TOKEN, TARGET, start, steps=3, rate=0.05) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert all(np.array_equal(start[name], values) for name, values in weights().items())
