"""The numbers of the sheets by hand, worked out with a pencil."""

import numpy as np
import pytest

from engine.reference import answers, by_hand

ANIMAL = np.array(["cat", "dog", "fish"], dtype=object)


def test_powers_of_two_give_halves_and_quarters_and_so_whole_losses() -> None:
    # 8 + 4 + 4 = 16: a half and two quarters; 8 + 8 + 16 = 32: two quarters and a half.
    logit = np.array([[3.0, 2.0, 2.0], [3.0, 3.0, 4.0]])
    found = by_hand.cross_entropy(2.0, logit, ANIMAL[:2], ANIMAL, 1.0)
    assert found["total"].tolist() == [16, 32]
    assert found["share"].tolist() == [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]
    assert found["loss"] == pytest.approx([1, 2], rel=1e-15)
    assert found["gradient"].tolist() == [[-0.5, 0.25, 0.25], [0.25, -0.75, 0.5]]
    assert found["new_logit"].tolist() == [[3.5, 1.75, 1.75], [2.75, 3.75, 3.5]]
    # By a pocket calculator: 2^3.5 is 11.3137, 2^1.75 is 3.3636, and log2(18.0409 / 11.3137) is 0.6732.
    assert found["new_loss"][0] == pytest.approx(0.6732, abs=5e-5)


def test_a_verdict_may_ask_for_the_first_or_the_last_number() -> None:
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    answer = np.array(4.0)
    assert answers.first(answer, numbers)["verdict"].item() == "not yet"
    assert answers.last(answer, numbers)["verdict"].item() == "✓ right"
