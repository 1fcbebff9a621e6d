"""Collaborative filtering by torch, against hand calculations, closed forms and finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from close import assert_close

from engine.witness import collab

Results = dict[str, torch.Tensor]
nan = math.nan


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# One factor, two users, two movies, three ratings. Predictions u * m are 3, 1, 6, 2; the errors of the rated ones
# -1, 4, -1; so the mse is (1 + 16 + 1) / 3 = 6.
RATING = tensor([[4.0, nan], [2.0, 3.0]])
USERS = tensor([[1.0], [2.0]])
MOVIES = tensor([[3.0], [1.0]])
USER_BIAS = tensor([0.5, -1.0])
MOVIE_BIAS = tensor([0.0, -0.5])


def test_dot_product_equals_the_hand_calculation() -> None:
    found = collab.dot_product(RATING, USERS, MOVIES)
    assert_close(found["prediction"], [[3, 1], [6, 2]])
    assert_close(found["error"], [[-1, 0], [4, -1]])
    assert_close(found["mse"], 6)
    assert_close(found["rmse"], math.sqrt(6))
    # 2/3 * (error . the other side's factor): 2/3 * (-1*3), 2/3 * (4*3 - 1*1); 2/3 * (-1*1 + 4*2), 2/3 * (-1*2)
    assert_close(found["user_gradient"], [[-2], [22 / 3]])
    assert_close(found["movie_gradient"], [[14 / 3], [-4 / 3]])
    assert_close(found["gradient_norm"], math.sqrt(36 + 484 + 196 + 16) / 3)


def test_bias_equals_the_hand_calculation() -> None:
    found = collab.bias(RATING, USERS, MOVIES, USER_BIAS, MOVIE_BIAS)
    # 3+.5+0, 1+.5-.5, 6-1+0, 2-1-.5; errors -.5, 3, -2.5; squares .25 + 9 + 6.25 = 15.5
    assert_close(found["prediction"], [[3.5, 1], [5, 0.5]])
    assert_close(found["error"], [[-0.5, 0], [3, -2.5]])
    assert_close(found["mse"], 15.5 / 3)
    assert_close(found["rmse"], math.sqrt(15.5 / 3))
    assert_close(found["user_gradient"], [[-1], [13 / 3]])
    assert_close(found["movie_gradient"], [[11 / 3], [-10 / 3]])
    assert_close(found["user_bias_gradient"], [-1 / 3, 1 / 3])
    assert_close(found["movie_bias_gradient"], [5 / 3, -5 / 3])
    assert_close(found["gradient_norm"], math.sqrt(9 + 169 + 121 + 100 + 1 + 1 + 25 + 25) / 3)


def test_y_range_equals_the_hand_calculation() -> None:
    # z = ln 3 and 0 give 4 * 3/4 = 3 and 4 * 1/2 = 2; the slopes 4 * s * (1 - s) are 3/4 and 1; the errors 1 and -1.
    found = collab.y_range(
        tensor([[2.0, 3.0]]),
        tensor([[1.0]]),
        tensor([[math.log(3)], [0.0]]),
        tensor([0.0]),
        tensor([0.0, 0.0]),
        0.0,
        4.0,
    )
    assert_close(found["z"], [[math.log(3), 0]])
    assert_close(found["prediction"], [[3, 2]])
    assert_close(found["error"], [[1, -1]])
    assert_close(found["mse"], 1)
    assert_close(found["user_gradient"], [[0.75 * math.log(3)]])
    assert_close(found["movie_gradient"], [[0.75], [-1]])
    assert_close(found["user_bias_gradient"], [-0.25])
    assert_close(found["movie_bias_gradient"], [0.75, -1])
    assert_close(found["gradient_norm"], math.sqrt((0.75 * math.log(3)) ** 2 + 2 * (0.5625 + 1) + 0.0625))


def random_model(seed: int) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    return {
        "rating": tensor(np.where(rng.random((6, 7)) < 0.7, rng.integers(1, 11, (6, 7)) / 2, nan)),
        "user_factors": tensor(rng.random((6, 3))),
        "movie_factors": tensor(rng.random((7, 3))),
        "user_bias": tensor(rng.random(6)),
        "movie_bias": tensor(rng.random(7)),
    }


def test_every_gradient_of_y_range_is_a_finite_difference_of_its_mse() -> None:
    model = random_model(1)
    found = collab.y_range(**model, y_low=0.5, y_high=5.5)
    names = {"user_factors": "user", "movie_factors": "movie", "user_bias": "user_bias", "movie_bias": "movie_bias"}
    for block, name in names.items():
        slopes = torch.zeros_like(model[block])
        for at in np.ndindex(*slopes.shape):
            mse = []
            for nudge in (1e-5, -1e-5):
                nudged = model[block].clone()
                nudged[at] += nudge
                mse.append(collab.y_range(**{**model, block: nudged}, y_low=0.5, y_high=5.5)["mse"])
            slopes[at] = (mse[0] - mse[1]) / 2e-5
        # A central difference of 1e-5 is good to about 1e-10 of the third derivative and 1e-11 of rounding.
        assert_close(found[f"{name}_gradient"], slopes, rtol=1e-8)


@pytest.mark.parametrize(
    "run",
    [
        lambda m: collab.dot_product(m["rating"], m["user_factors"], m["movie_factors"]),
        lambda m: collab.bias(**m),
        lambda m: collab.y_range(**m, y_low=0.0, y_high=5.5),
        lambda m: collab.gradient_descent(m["rating"], m["user_factors"], m["movie_factors"], 0.5, 0.01),
        lambda m: collab.finite_difference(m["rating"], m["user_factors"], m["movie_factors"], 0.01, 1e-3),
    ],
)
def test_unrated_cells_poison_nothing_and_inputs_stay_as_they_were(run: Callable[[Results], Results]) -> None:
    model = random_model(2)
    model["rating"][3] = nan
    before = {name: block.clone() for name, block in model.items()}
    for name, result in run(model).items():
        assert result.isfinite().all(), name
        assert result.dtype == torch.float64
        assert not result.requires_grad
    assert all(np.array_equal(model[name], before[name], equal_nan=True) for name in model)


def test_a_user_without_ratings_has_no_gradient() -> None:
    model = random_model(3)
    model["rating"][2] = nan
    found = collab.bias(**model)
    assert found["user_gradient"][2].tolist() == [0, 0, 0]
    assert float(found["user_bias_gradient"][2]) == 0


def test_the_grid_places_each_rating_at_its_user_and_movie() -> None:
    titles = np.array(["A", "B", "C"], dtype=object)
    found = collab.rating_grid(
        user_id=tensor([30.0, 7.0]),
        movie_id=tensor([5.0, 2.0, 9.0]),
        movie_title=titles,
        rated_by=tensor([7.0, 30.0, 7.0, 8.0]),
        rated_movie=tensor([9.0, 2.0, 5.0, 5.0]),
        rating=tensor([4.5, 3.0, 1.5, 5.0]),
    )
    assert_close(found["rating_grid"], [[nan, 3, nan], [1.5, nan, 4.5]])
    assert_close(found["rating_count"], 3)  # user 8 has no row
    assert_close(found["mean_rating"], 3)


def test_the_scaled_sigmoid_is_halfway_at_zero_and_three_quarters_at_ln_three() -> None:
    found = collab.sigmoid_curve(tensor([0.0, math.log(3)]), 0.5, 5.5, 4.5)
    assert_close(found["wide"], [3, 4.25])
    assert_close(found["narrow"], [2.5, 3.5])


def test_a_five_needs_ln_ten_under_five_and_a_half_and_nothing_finite_under_five() -> None:
    found = collab.z_needed(tensor([0.0, 5.0, 2.5, -1.0, 6.0]), 0.0, 5.5, 5.0)
    assert_close(found["z_wide"], [nan, math.log(10), math.log(2.5 / 3), nan, nan])
    assert np.isnan(found["z_narrow"].numpy()).tolist() == [True, True, False, True, True]
    assert float(found["z_narrow"][2]) == 0


def test_one_descent_step_equals_the_hand_calculation() -> None:
    found = collab.gradient_descent(RATING, USERS, MOVIES, tensor(0.1), tensor(0.01))
    assert_close(found["penalty"], 0.01 * (1 + 4 + 9 + 1))
    assert_close(found["loss"], 6.15)
    assert_close(found["mse"], 6)
    assert_close(found["error"], [[-1, 0], [4, -1]])
    # the gradients of the mse, and 2 * wd * w: 0.02, 0.04; 0.06, 0.02
    assert_close(found["user_gradient"], [[-2 + 0.02], [22 / 3 + 0.04]])
    assert_close(found["movie_gradient"], [[14 / 3 + 0.06], [-4 / 3 + 0.02]])
    assert_close(found["new_user_factors"], [[1 + 0.198], [2 - 0.1 * (22 / 3 + 0.04)]])
    assert_close(found["new_movie_factors"], [[3 - 0.1 * (14 / 3 + 0.06)], [1 - 0.1 * (-4 / 3 + 0.02)]])


def test_a_central_difference_is_exact_because_the_loss_is_quadratic_in_one_factor() -> None:
    found = collab.finite_difference(RATING, USERS, MOVIES, wd=0.01, nudge=0.5)
    # u = 1.5: errors 0.5, 4, -1; u = 0.5: errors -2.5, 4, -1
    assert_close(found["user_loss_up"], 17.25 / 3 + 0.01 * (2.25 + 4 + 9 + 1))
    assert_close(found["user_loss_down"], 23.25 / 3 + 0.01 * (0.25 + 4 + 9 + 1))
    # m = 3.5: errors -0.5, 5, -1; m = 2.5: errors -1.5, 3, -1
    assert_close(found["movie_loss_up"], 26.25 / 3 + 0.01 * (1 + 4 + 12.25 + 1))
    assert_close(found["movie_loss_down"], 12.25 / 3 + 0.01 * (1 + 4 + 6.25 + 1))
    for name, slope in (("user", -2 + 0.02), ("movie", 14 / 3 + 0.06)):
        assert_close(found[f"{name}_numeric_gradient"], slope)
        assert_close(found[f"{name}_analytic_gradient"], slope)


def test_l2_and_decoupled_decay_are_one_step_for_plain_sgd() -> None:
    found = collab.weight_decay(tensor([[2.0]]), tensor([[-4.0]]), tensor([[1.0]]), tensor([[3.0]]), 0.5, 0.1)
    assert_close(found["sum_of_squares"], 20)
    assert_close(found["penalty"], 2)
    assert_close(found["user_penalty_gradient"], [[0.4]])
    assert_close(found["movie_penalty_gradient"], [[-0.8]])
    # 2 - 0.5 * (1 + 0.4) = (1 - 0.1) * 2 - 0.5;  -4 - 0.5 * (3 - 0.8) = (1 - 0.1) * -4 - 1.5
    for kind in ("l2", "decoupled"):
        assert_close(found[f"{kind}_user_factors"], [[1.3]])
        assert_close(found[f"{kind}_movie_factors"], [[-5.1]])
    assert float(found["largest_difference"]) <= 1e-14 * 5.1


def test_l2_and_decoupled_decay_part_under_adam() -> None:
    found = collab.adam_first_step(tensor([[2.0, -1.0]]), tensor([[1.0, 0.0]]), adam_rate=0.1, adam_eps=0.4, wd=0.1)
    # L2: g' = 1 + 0.4 and -0.2; the step is 0.1 * g' / (|g'| + 0.4). AdamW: 0.98 * w - 0.1 * g / (|g| + 0.4).
    adam_l2 = [2 - 0.1 * 1.4 / 1.8, -1 + 0.1 * 0.2 / 0.6]
    adamw = [0.98 * 2 - 0.1 * 1 / 1.4, -0.98]
    assert_close(found["adam_l2_user_factors"], [adam_l2])
    assert_close(found["adamw_user_factors"], [adamw])
    assert_close(found["adam_difference"], [[adam_l2[0] - adamw[0], adam_l2[1] - adamw[1]]], rtol=1e-13)
    # 0.0337 in the first entry, 0.0133 in the second
    assert_close(found["largest_adam_difference"], adam_l2[0] - adamw[0], rtol=1e-13)


def test_held_out_ratings_are_on_one_side_only_and_an_unrated_cell_on_neither() -> None:
    found = collab.held_out_split(tensor([[4.0, nan], [2.0, 3.0]]), tensor([[0.0, 1.0], [1.0, 0.0]]))
    assert_close(found["train_rating"], [[4, nan], [nan, 3]])
    assert_close(found["valid_rating"], [[nan, nan], [2, nan]])
    assert_close(found["train_count"], 2)
    assert_close(found["valid_count"], 1)
    assert_close(found["train_mean"], 3.5)
    assert_close(found["mean_baseline"], 1.5)


def test_the_first_of_two_equal_minima_is_where_training_stops() -> None:
    found = collab.early_stopping(
        tensor([0.0, 10.0, 20.0, 30.0]),
        tensor([[9.0, 9.0], [5.0, 8.0], [4.0, 7.0], [3.0, 6.0]]),
        tensor([[9.0, 9.0], [7.0, 8.0], [7.0, 5.0], [8.0, 4.0]]),
    )
    assert {name: values.tolist() for name, values in found.items()} == {
        "best_valid": [7, 4],
        "best_step": [10, 30],
        "train_at_best": [5, 6],
        "last_train": [3, 6],
        "last_valid": [8, 4],
    }


def test_one_model_has_its_own_error_on_each_side_of_the_split() -> None:
    found = collab.held_out_rmse(tensor([[4.0, nan], [nan, 3.0]]), tensor([[nan, nan], [2.0, nan]]), USERS, MOVIES)
    assert_close(found["held_prediction"], [[3, 1], [6, 2]])
    assert_close(found["train_error"], [[-1, 0], [0, -1]])
    assert_close(found["valid_error"], [[0, 0], [4, 0]])
    assert_close(found["train_rmse"], 1)
    assert_close(found["valid_rmse"], 4)
