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


def test_two_layers_without_a_relu_are_one_and_with_it_they_are_not() -> None:
    x, w1 = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0, -1.0, 2.0], [2.0, 1.0, -1.0]])
    found = by_hand.relu_between(x, w1, np.array([0.0, 1.0, -1.0]), np.array([[1.0], [-1.0], [2.0]]), np.array([1.0]))
    assert found["z"].tolist() == [[5, 2, -1], [2, 2, -2]]
    assert found["y"].tolist() == [[4], [1]]  # 5 - 2 + 0 + 1, and 2 - 2 + 0 + 1
    assert found["one_weight"].tolist() == [[6], [-1]]
    assert found["one_bias"].tolist() == [-2]
    assert found["one"].tolist() == found["two"].tolist() == [[2], [-3]]


def test_a_kernel_of_edges_answers_plus_at_the_left_side_of_a_bar_and_minus_at_its_right() -> None:
    picture = np.zeros((5, 5))
    picture[:, 2:4] = 1.0
    found = by_hand.kernel(picture, np.array([[-1.0, 0.0, 1.0]] * 3), 1, 3)
    assert found["response"].tolist() == [[3, 3, -3]] * 3
    assert found["window"].tolist() == [[1, 1, 0]] * 3
    assert found["total"] == -3


def test_one_step_on_two_factors_moves_a_prediction_of_4_to_its_rating_of_5() -> None:
    people, films = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 0.0]]), np.array([[2.0, 0.0, 1.0], [1.0, 2.0, 1.0]])
    rating = np.array([[5.0, 4.0, 2.0], [4.0, 2.0, 3.0], [2.0, 1.0, 1.0]])
    names = np.array(["Ann", "Ben", "Cid"], dtype=object)
    found = by_hand.factors(people, films, rating, "Ann", names, "Ann", names, 0.05)
    assert found["predicted"].tolist() == [[4, 4, 3], [5, 2, 3], [2, 0, 1]]
    assert found["rmse"] == pytest.approx(2 / 3)  # four errors of 1 among nine
    assert found["person_gradient"].tolist() == [-4, -2]
    assert found["film_gradient"].tolist() == [-2, -4]
    assert found["new_predicted"] == pytest.approx(1.2 * 2.1 + 2.1 * 1.2)


def test_three_optimizers_come_down_a_parabola_from_8() -> None:
    turn = np.array([1.0, 2.0, 3.0])
    assert by_hand.sgd(8.0, turn, 0.25)["sgd_new"].tolist() == [4, 2, 1]
    found = by_hand.momentum(8.0, turn, 0.25, 0.5)
    assert found["velocity"].tolist() == [16, 16, 8]
    assert found["momentum_new"].tolist() == [4, 0, -2]
    found = by_hand.adam(8.0, turn, 2.0, 0.5, 0.75)
    assert found["m"][:2] == pytest.approx([8, 10])
    assert found["s"][:2] == pytest.approx([64, 84])
    # The second step: 10 / (1 - 1/4) over the root of 84 / (1 - 9/16), twice: 1.9245.
    assert found["adam_new"][:2] == pytest.approx([6, 6 - 1.9245], abs=5e-5)


def test_eight_steps_go_up_to_8_and_down_to_0_by_2_each() -> None:
    beat = np.arange(1.0, 9.0)
    found = by_hand.one_cycle(beat, 4, "straight", 2.0, 8.0, 0.0)
    assert found["rate"].tolist() == [2, 4, 6, 8, 6, 4, 2, 0]
    assert found["momentum"] == pytest.approx([0.95, 0.95 - 1 / 30, 0.95 - 2 / 30, 0.85, 0.875, 0.9, 0.925, 0.95])
    # A cosine is at a half at half the way: 4 down from 8.
    assert by_hand.one_cycle(beat, 4, "cosine", 2.0, 8.0, 0.0)["rate"][5] == pytest.approx(4)


def test_a_network_that_gives_both_classes_a_half_has_gradients_of_halves() -> None:
    w1 = np.array([[1.0, -1.0, 1.0], [0.0, 1.0, 1.0], [-1.0, 1.0, 0.0], [1.0, 0.0, -1.0]])
    w2 = np.array([[0.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
    klass = np.array(["\\", "/"], dtype=object)
    x, b1, b2 = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0]), np.zeros(2)
    found = by_hand.network(x, w1, b1, w2, b2, "\\", klass, 0.5)
    assert found["z1"].tolist() == [2, -1, 1]
    assert found["p"].tolist() == [0.5, 0.5]
    assert found["loss"] == pytest.approx(np.log(2))
    assert found["dw2"].tolist() == [[-1, 1], [0, 0], [-0.5, 0.5]]
    assert found["dh"].tolist() == [0.5, 1, -1]
    assert found["dw1"].tolist() == [[0.5, 0, -1], [0, 0, 0], [0, 0, 0], [0.5, 0, -1]]
    assert found["new_z1"].tolist() == [1.25, -1, 2.5]
    assert found["new_z2"].tolist() == [4, -2.75]


def test_a_step_of_body_and_head_lowers_the_loss_more_than_one_of_the_head_alone() -> None:
    w, old = np.array([[1.0, -2.0], [0.0, 2.0]]), np.array([[1.0, -1.0], [-1.0, 1.0]])
    head, names = np.array([[1.0, -1.0], [0.0, 1.0]]), np.array(["oak", "elm"], dtype=object)
    found = by_hand.new_head(np.array([1.0, 2.0]), w, old, head, "oak", names, 0.5, 0.1)
    assert found["old_logit"].tolist() == [-1, 1]
    assert found["logit"].tolist() == [1, 1]
    assert found["head_gradient"].tolist() == [[-0.5, 0.5], [-1, 1]]
    assert found["body_gradient"].tolist() == [[-1, 0.5], [-2, 1]]
    assert found["frozen_logit"].tolist() == [2.25, -0.25]
    assert found["frozen_loss"] == pytest.approx(np.log1p(np.exp(-2.5)))
    assert found["free_loss"] < found["frozen_loss"]
