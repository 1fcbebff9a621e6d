"""The collaborative-filtering reference against hand calculations, finite differences and closed forms."""

import math
from functools import partial

import close
import numpy as np
import pytest
from close import slope_by_nudges
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.collab import (
    adam_first_step,
    bias,
    choose,
    dot_product,
    early_stopping,
    finite_difference,
    gradient_descent,
    held_out_rmse,
    held_out_split,
    rating_grid,
    sigmoid_curve,
    weight_decay,
    y_range,
    z_needed,
)

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")

BLANK = math.nan

# The case worked by hand below: u.m is [[4, 2], [7, 1]], three cells are rated, E is [[-1, -1], [., 0]].
RATING = np.array([[5.0, 3.0], [BLANK, 1.0]])
USER_FACTORS = np.array([[1.0, 2.0], [3.0, 1.0]])
MOVIE_FACTORS = np.array([[2.0, 1.0], [0.0, 1.0]])


def block(result: Result, name: str) -> Array:
    return np.asarray(result[name], dtype=np.float64)


@pytest.fixture
def model() -> dict[str, Array]:
    """Four users, three movies, two factors; three cells blank, one of them leaving a user with one rating."""
    rng = np.random.default_rng(5)
    rating = rng.uniform(0.5, 5.0, (4, 3))
    rating[0, 1] = rating[2, 0] = rating[2, 1] = BLANK
    return {
        "rating": rating,
        "user_factors": rng.normal(size=(4, 2)),
        "movie_factors": rng.normal(size=(3, 2)),
        "user_bias": rng.normal(size=4),
        "movie_bias": rng.normal(size=3),
    }


@pytest.mark.parametrize(("name", "expected"), [("initial", 1.0), ("trained", 2.0), ("yours", 3.0)])
def test_the_switch_chooses_the_block_it_names(name: str, expected: float) -> None:
    chosen = choose(name, np.full((2, 1), 1.0), np.full((2, 1), 2.0), np.full((2, 1), 3.0))["chosen"]
    np.testing.assert_array_equal(chosen, np.full((2, 1), expected))


def test_an_unknown_switch_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EngineError, match="factors_from: found 'best', expected one of initial, trained, yours"):
        choose("best", np.zeros(1), np.zeros(1), np.zeros(1))


class TestRatingGrid:
    """Three users, two movies, four ratings, out of order."""

    user_id = np.array([14.0, 29.0, 72.0])
    movie_id = np.array([27.0, 49.0])
    movie_title: Text = np.array(["Alien", "Heat"], dtype=object)

    def grid(self, rated_by: list[float], rated_movie: list[float], rating: list[float]) -> Result:
        long_table = (np.array(rated_by), np.array(rated_movie), np.array(rating))
        return rating_grid(self.user_id, self.movie_id, self.movie_title, *long_table)

    def test_each_rating_stands_at_its_user_and_movie(self) -> None:
        found = self.grid([72, 14, 29, 14], [27, 49, 49, 27], [4.5, 3.0, 0.5, 5.0])
        np.testing.assert_array_equal(found["user_index"], [3, 1, 2, 1])
        np.testing.assert_array_equal(found["movie_index"], [1, 2, 2, 1])
        assert np.asarray(found["rated_title"]).tolist() == ["Alien", "Heat", "Heat", "Alien"]
        np.testing.assert_array_equal(found["rating_grid"], [[5.0, 3.0], [BLANK, 0.5], [4.5, BLANK]])
        assert found["rating_count"] == 4
        assert found["mean_rating"] == 3.25  # (4.5 + 3 + 0.5 + 5) / 4

    def test_a_blank_rating_is_neither_counted_nor_averaged(self) -> None:
        found = self.grid([72, 14], [27, 49], [BLANK, 3.0])
        assert found["rating_count"] == 1
        assert found["mean_rating"] == 3.0

    def test_no_rating_at_all_has_a_blank_mean(self) -> None:
        found = self.grid([72], [27], [BLANK])
        assert found["rating_count"] == 0
        assert math.isnan(float(block(found, "mean_rating")))

    def test_an_id_that_stands_twice_is_found_at_its_first_place(self) -> None:
        found = rating_grid(
            np.array([14.0, 14.0]), self.movie_id, self.movie_title, np.array([14.0]), np.array([49.0]), np.array([2.0])
        )
        np.testing.assert_array_equal(found["user_index"], [1])
        np.testing.assert_array_equal(found["rating_grid"], [[BLANK, 2.0], [BLANK, BLANK]])

    def test_an_unknown_user_is_refused_by_name(self) -> None:
        with pytest.raises(EngineError, match=r"rated_by, row 2: no id 15 in user_id; known: 14, 29, 72"):
            self.grid([72, 15], [27, 49], [4.5, 3.0])

    def test_an_unknown_movie_is_refused_by_name(self) -> None:
        with pytest.raises(EngineError, match=r"rated_movie, row 1: no id 193609 in movie_id; known: 27, 49"):
            self.grid([72], [193609], [4.5])

    def test_a_movie_rated_twice_by_one_user_is_refused(self) -> None:
        with pytest.raises(EngineError, match="user 72 rated movie 27 2 times, expected once"):
            self.grid([72, 14, 72], [27, 49, 27], [4.5, 3.0, 4.0])


def test_the_dot_product_is_as_calculated_by_hand() -> None:
    found = dot_product(RATING, USER_FACTORS, MOVIE_FACTORS)
    np.testing.assert_array_equal(found["prediction"], [[4, 2], [7, 1]])  # 1*2+2*1, 1*0+2*1; 3*2+1*1, 3*0+1*1
    np.testing.assert_array_equal(found["error"], [[-1, -1], [0, 0]])
    assert_close(found["mse"], 2 / 3)  # (1 + 1 + 0) / 3
    assert_close(found["rmse"], math.sqrt(2 / 3))
    # 2E/n is [[-2/3, -2/3], [0, 0]]; times M: -2/3 (2, 1) - 2/3 (0, 1); its transpose times U: -2/3 (1, 2) twice.
    assert_close(found["user_gradient"], [[-4 / 3, -4 / 3], [0.0, 0.0]])
    assert_close(found["movie_gradient"], [[-2 / 3, -4 / 3], [-2 / 3, -4 / 3]])
    assert_close(found["gradient_norm"], math.sqrt(8))  # 16/9 twice, and 4/9 + 16/9 twice


def test_biases_are_as_calculated_by_hand() -> None:
    found = bias(RATING, USER_FACTORS, MOVIE_FACTORS, np.array([1.0, 0.0]), np.array([0.0, -1.0]))
    np.testing.assert_array_equal(found["prediction"], [[5, 2], [7, 0]])  # [[4+1, 2+1-1], [7, 1-1]]
    np.testing.assert_array_equal(found["error"], [[0, -1], [0, -1]])
    assert_close(found["mse"], 2 / 3)
    assert_close(found["rmse"], math.sqrt(2 / 3))
    # 2E/n is [[0, -2/3], [0, -2/3]]: only the second movie (0, 1) counts, with both users (1, 2) + (3, 1).
    assert_close(found["user_gradient"], [[0, -2 / 3], [0, -2 / 3]])
    assert_close(found["movie_gradient"], [[0.0, 0.0], [-8 / 3, -2.0]])
    assert_close(found["user_bias_gradient"], [-2 / 3, -2 / 3])
    assert_close(found["movie_bias_gradient"], [0, -4 / 3])
    assert_close(found["gradient_norm"], math.sqrt((4 + 4 + 64 + 36 + 4 + 4 + 16) / 9))


def test_the_range_at_z_zero_is_as_calculated_by_hand() -> None:
    rating = np.array([[0.75, BLANK], [BLANK, 3.75]])
    zero = np.zeros(2)
    found = y_range(rating, np.zeros((2, 1)), np.array([[1.0], [2.0]]), zero, zero, 0.0, 5.5)
    np.testing.assert_array_equal(found["z"], np.zeros((2, 2)))
    np.testing.assert_array_equal(found["prediction"], np.full((2, 2), 2.75))  # half way from 0 to 5.5
    np.testing.assert_array_equal(found["error"], [[2, 0], [0, -1]])
    assert_close(found["mse"], 2.5)  # (4 + 1) / 2
    assert_close(found["rmse"], math.sqrt(2.5))
    # 2E/n times 5.5 sigmoid' = 5.5/4 is [[2.75, 0], [0, -1.375]].
    assert_close(found["user_gradient"], [[2.75], [-2.75]])
    np.testing.assert_array_equal(found["movie_gradient"], [[0], [0]])
    assert_close(found["user_bias_gradient"], [2.75, -1.375])
    assert_close(found["movie_bias_gradient"], [2.75, -1.375])
    assert_close(found["gradient_norm"], math.sqrt(2 * 2.75**2 + 2 * (2.75**2 + 1.375**2)))


@pytest.mark.parametrize("name", ["user_factors", "movie_factors"])
def test_dot_product_gradients_are_the_slopes_of_the_mse(model: dict[str, Array], name: str) -> None:
    inputs = {key: model[key] for key in ("rating", "user_factors", "movie_factors")}
    numeric = slope_by_nudges(lambda at: float(block(dot_product(**{**inputs, name: at}), "mse")), model[name])
    assert_close(dot_product(**inputs)[name.replace("factors", "gradient")], numeric, rtol=1e-8)


@pytest.mark.parametrize("name", ["user_factors", "movie_factors", "user_bias", "movie_bias"])
@pytest.mark.parametrize("ranged", [False, True], ids=["bias", "y_range"])
def test_bias_and_range_gradients_are_the_slopes_of_the_mse(model: dict[str, Array], name: str, ranged: bool) -> None:
    def run(inputs: dict[str, Array]) -> Result:
        return y_range(**inputs, y_low=0.25, y_high=5.5) if ranged else bias(**inputs)

    numeric = slope_by_nudges(lambda at: float(block(run({**model, name: at}), "mse")), model[name])
    gradient = name.replace("factors", "gradient").replace("bias", "bias_gradient")
    assert_close(run(model)[gradient], numeric, rtol=1e-8)


def test_an_unrated_cell_has_no_say(model: dict[str, Array]) -> None:
    """User 0 has not rated movie 1, user 2 only movie 2: moving movies 0 and 1 leaves user 2's gradient."""
    before = bias(**model)
    moved = {**model, "movie_factors": model["movie_factors"] + np.array([[3.0], [7.0], [0.0]])}
    assert block(before, "error")[0, 1] == 0
    np.testing.assert_array_equal(block(bias(**moved), "user_gradient")[2], block(before, "user_gradient")[2])


def test_a_grid_without_ratings_has_a_blank_error_and_no_warning(model: dict[str, Array]) -> None:
    found = y_range(**{**model, "rating": np.full((4, 3), BLANK)}, y_low=0.0, y_high=5.5)
    assert np.isnan(block(found, "rmse"))
    np.testing.assert_array_equal(found["error"], np.zeros((4, 3)))


@pytest.mark.parametrize("z", [-700.0, 700.0])
def test_the_range_holds_at_the_far_ends_of_z(z: float) -> None:
    one, zero = np.ones((1, 1)), np.zeros(1)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        found = y_range(np.array([[2.0]]), np.full((1, 1), z), one, zero, zero, 0.0, 5.5)
    assert_close(found["prediction"], [[5.5 if z > 0 else 5.5 * math.exp(-700)]])
    # sigmoid' = exp(-|z|) there, so d mse/db = 2 (prediction - 2) 5.5 exp(-700), prediction being 5.5 or 0.
    assert_close(found["user_bias_gradient"], [2 * (3.5 if z > 0 else -2.0) * 5.5 * math.exp(-700)])


def test_the_curve_passes_its_closed_form_points() -> None:
    point = np.array([-math.log(3), 0.0, math.log(3), -700.0, 700.0])
    found = sigmoid_curve(point, 0.5, 5.5, 4.5)
    sigmoid = np.array([0.25, 0.5, 0.75, 0.0, 1.0])
    assert_close(found["wide"], 0.5 + 5 * sigmoid)
    assert_close(found["narrow"], 0.5 + 4 * sigmoid)


def test_the_curve_is_blank_where_the_point_is_blank() -> None:
    np.testing.assert_array_equal(sigmoid_curve(np.array([BLANK, 0.0]), 0.0, 2.0, 2.0)["wide"], [BLANK, 1.0])


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=20))
def test_the_curve_mirrors_about_its_middle(points: list[float]) -> None:
    """sigmoid(z) + sigmoid(-z) = 1, hence wide(z) + wide(-z) = y_low + y_high."""
    point = np.array(points)
    total = block(sigmoid_curve(point, 0.0, 5.5, 5.0), "wide") + block(sigmoid_curve(-point, 0.0, 5.5, 5.0), "wide")
    assert_close(total, np.full(len(points), 5.5), rtol=1e-15)


def test_a_five_needs_z_of_2_303_in_a_range_to_five_and_a_half_and_none_in_a_range_to_five() -> None:
    """0.5 lies 0.5 above 0 and 5 below 5.5: ln(0.5/5) = -ln 10; 2.75 is the middle; in (0, 5) 4.5 is 9 to 1."""
    target = np.array([0.0, 0.5, 2.75, 4.5, 5.0, 5.5, 6.0, -1.0, BLANK])
    found = z_needed(target, 0.0, 5.5, 5.0)
    reached = [1, 2, 3, 4]
    assert np.isnan(block(found, "z_wide")[[0, 5, 6, 7, 8]]).all()
    assert_close(block(found, "z_wide")[reached], [-math.log(10), 0.0, math.log(4.5), math.log(10)])
    assert round(float(block(found, "z_wide")[4]), 3) == 2.303
    assert np.isnan(block(found, "z_narrow")[[0, 4, 5, 6, 7, 8]]).all()
    assert_close(block(found, "z_narrow")[3], math.log(9))


def test_z_needed_counts_from_the_low_end() -> None:
    """In (1, 5) and in (1, 4): 2 lies 1 above 1, 3 below 5 and 2 below 4."""
    found = z_needed(np.array([2.0]), 1.0, 5.0, 4.0)
    assert_close(found["z_wide"], [-math.log(3)])
    assert_close(found["z_narrow"], [-math.log(2)])


@given(st.lists(st.floats(-15, 15), min_size=1, max_size=20))
def test_z_needed_undoes_the_curve(points: list[float]) -> None:
    """Within 15 of zero a prediction still tells its z apart to 1e-16 / sigmoid'(15) = 3e-10."""
    target = block(sigmoid_curve(np.array([*points, 15.0]), 0.0, 5.5, 5.0), "narrow")
    assert_close(z_needed(target, 0.0, 5.0, 5.0)["z_narrow"], [*points, 15.0], rtol=3e-10)


def test_one_step_of_descent_is_as_calculated_by_hand() -> None:
    found = gradient_descent(RATING, USER_FACTORS, MOVIE_FACTORS, 0.3, 0.1)
    np.testing.assert_array_equal(found["prediction"], [[4, 2], [7, 1]])
    np.testing.assert_array_equal(found["error"], [[-1, -1], [0, 0]])
    assert_close(found["mse"], 2 / 3)
    assert_close(found["rmse"], math.sqrt(2 / 3))
    assert_close(found["penalty"], 2.1)  # 0.1 (1 + 4 + 9 + 1 + 4 + 1 + 0 + 1)
    assert_close(found["loss"], 2 / 3 + 2.1)
    # The gradients of the mse, worked above, plus 2 * 0.1 * w.
    assert_close(found["user_gradient"], [[-4 / 3 + 0.2, -4 / 3 + 0.4], [0.6, 0.2]])
    assert_close(found["movie_gradient"], [[-2 / 3 + 0.4, -4 / 3 + 0.2], [-2 / 3, -4 / 3 + 0.2]])
    # 1 + 0.3 * 17/15, 2 + 0.3 * 14/15; 3 - 0.18, 1 - 0.06; 2 + 0.3 * 4/15, 1 + 0.3 * 17/15; 0.3 * 2/3, as before.
    assert_close(found["new_user_factors"], [[1.34, 2.28], [2.82, 0.94]])
    assert_close(found["new_movie_factors"], [[2.08, 1.34], [0.2, 1.34]])


def test_descent_on_a_full_grid_ends_at_the_error_of_the_truncated_svd() -> None:
    """Eckart and Young: the best rank-1 fit of a full grid leaves all singular values but the first."""
    rng = np.random.default_rng(0)
    rating = np.array([[5.0, 3.0, 1.0], [4.0, 4.0, 1.0], [1.0, 2.0, 5.0], [2.0, 1.0, 4.0]])
    user_factors, movie_factors = rng.uniform(0.5, 1.5, (4, 1)), rng.uniform(0.5, 1.5, (3, 1))
    for _ in range(500):
        found = gradient_descent(rating, user_factors, movie_factors, 0.1, 0.0)
        user_factors, movie_factors = block(found, "new_user_factors"), block(found, "new_movie_factors")
    left = np.linalg.svd(rating, compute_uv=False)[1:]
    assert_close(found["rmse"], np.sqrt(np.sum(left**2) / 12), rtol=1e-12)


def test_the_finite_difference_is_as_calculated_by_hand() -> None:
    """The loss is a parabola in one factor, so even a nudge of 0.5 gives its slope exactly."""
    found = finite_difference(RATING, USER_FACTORS, MOVIE_FACTORS, 0.1, 0.5)
    # First user factor 1.5 or 0.5: E is (0, -1, 0) or (-2, -1, 0), the squares sum to 22.25 or 20.25.
    assert_close(found["user_loss_up"], 1 / 3 + 2.225)
    assert_close(found["user_loss_down"], 5 / 3 + 2.025)
    assert_close(found["user_numeric_gradient"], -4 / 3 + 0.2)
    assert_close(found["user_analytic_gradient"], -4 / 3 + 0.2)
    # First movie factor 2.5 or 1.5: E is (-0.5, -1, 0) or (-1.5, -1, 0), the squares sum to 23.25 or 19.25.
    assert_close(found["movie_loss_up"], 1.25 / 3 + 2.325)
    assert_close(found["movie_loss_down"], 3.25 / 3 + 1.925)
    assert_close(found["movie_numeric_gradient"], -2 / 3 + 0.4)
    assert_close(found["movie_analytic_gradient"], -2 / 3 + 0.4)


def test_both_gradients_of_the_finite_difference_are_the_slope_of_the_loss(model: dict[str, Array]) -> None:
    inputs = {key: model[key] for key in ("rating", "user_factors", "movie_factors")}
    found = finite_difference(**inputs, wd=0.3, nudge=0.25)
    for side in ("user", "movie"):
        name = f"{side}_factors"

        def loss(at: Array, name: str = name) -> float:
            squares = sum(np.sum({**inputs, name: at}[key] ** 2) for key in ("user_factors", "movie_factors"))
            return float(block(dot_product(**{**inputs, name: at}), "mse") + 0.3 * squares)

        slope = slope_by_nudges(loss, model[name])[0, 0]
        assert_close(found[f"{side}_numeric_gradient"], slope, rtol=1e-8)
        assert_close(found[f"{side}_analytic_gradient"], slope, rtol=1e-8)


def test_the_finite_difference_leaves_its_inputs_alone() -> None:
    user_factors, movie_factors = USER_FACTORS.copy(), MOVIE_FACTORS.copy()
    finite_difference(RATING, user_factors, movie_factors, 0.1, 0.5)
    np.testing.assert_array_equal(user_factors, USER_FACTORS)
    np.testing.assert_array_equal(movie_factors, MOVIE_FACTORS)


@pytest.mark.parametrize("nudge", [0.0, -0.1, BLANK])
def test_a_nudge_that_is_not_above_zero_is_refused(nudge: float) -> None:
    with pytest.raises(EngineError, match=r"nudge: found .*, expected a number above 0"):
        finite_difference(RATING, USER_FACTORS, MOVIE_FACTORS, 0.1, nudge)


def test_both_decays_are_as_calculated_by_hand() -> None:
    found = weight_decay(
        np.array([[1.0, -2.0]]), np.array([[3.0, 0.0]]), np.array([[0.5, 1.0]]), np.array([[-1.0, 2.0]]), 0.5, 0.25
    )
    assert found["sum_of_squares"] == 14
    assert found["penalty"] == 3.5
    np.testing.assert_array_equal(found["user_penalty_gradient"], [[0.5, -1.0]])
    np.testing.assert_array_equal(found["movie_penalty_gradient"], [[1.5, 0.0]])
    # 1 - 0.5 (0.5 + 0.5), -2 - 0.5 (1 - 1); 3 - 0.5 (-1 + 1.5), 0 - 0.5 * 2. Decoupled: 0.75 w - 0.5 g.
    for kind in ("l2", "decoupled"):
        np.testing.assert_array_equal(found[f"{kind}_user_factors"], [[0.5, -2.0]])
        np.testing.assert_array_equal(found[f"{kind}_movie_factors"], [[2.75, -1.0]])
    np.testing.assert_array_equal(found["user_difference"], [[0, 0]])
    np.testing.assert_array_equal(found["movie_difference"], [[0, 0]])
    assert found["largest_difference"] == 0


factors = arrays(np.float64, (3, 2), elements=st.floats(-10, 10))


@given(factors, factors, factors, factors, st.floats(0, 1), st.floats(0, 1))
def test_for_sgd_l2_and_decoupled_decay_part_by_rounding_only(
    user: Array, movie: Array, user_gradient: Array, movie_gradient: Array, rate: float, wd: float
) -> None:
    """No term exceeds 20 in size and fewer than ten roundings of 1.1e-16 happen: 20 * 10 * 1.1e-16 = 2.2e-14."""
    found = weight_decay(user, movie, user_gradient, movie_gradient, rate, wd)
    assert float(block(found, "largest_difference")) <= 2.2e-14
    largest = max(np.abs(block(found, "user_difference")).max(), np.abs(block(found, "movie_difference")).max())
    assert found["largest_difference"] == largest


@given(factors, factors, st.floats(0.01, 1))
def test_the_penalty_gradient_is_the_slope_of_the_penalty(user: Array, movie: Array, wd: float) -> None:
    """A central difference of a parabola is exact; its rounding is near 1e-16 * 600 / 1e-1."""
    zero = np.zeros((3, 2))
    found = weight_decay(user, movie, zero, zero, 0.1, wd)
    for name, at in (("user", user), ("movie", movie)):
        for place in np.ndindex(at.shape):
            up, down = at.copy(), at.copy()
            up[place] += 0.5
            down[place] -= 0.5
            pairs = ((up, movie), (down, movie)) if name == "user" else ((user, up), (user, down))
            losses = [float(block(weight_decay(*pair, zero, zero, 0.1, wd), "penalty")) for pair in pairs]
            assert abs(block(found, f"{name}_penalty_gradient")[place] - (losses[0] - losses[1])) <= 2e-12


def test_the_first_steps_of_adam_are_as_calculated_by_hand() -> None:
    found = adam_first_step(np.array([[2.0, -1.0]]), np.array([[0.5, 0.25]]), 0.1, 0.5, 0.25)
    # g' = g + 0.5 w = 1.5, -0.25: 2 - 0.1 * 1.5/2, -1 + 0.1 * 0.25/0.75. AdamW: 0.95 w - 0.1 g/(|g| + 0.5).
    assert_close(found["adam_l2_user_factors"], [[1.925, -1 + 0.1 / 3]])
    assert_close(found["adamw_user_factors"], [[1.9 - 0.05, -0.95 - 0.1 / 3]])
    assert_close(found["adam_difference"], [[0.075, -0.05 + 0.2 / 3]])
    assert_close(found["largest_adam_difference"], 0.075)


@given(arrays(np.float64, (3, 2), elements=st.floats(0.01, 1e6)), arrays(np.bool_, (3, 2)))
def test_the_first_step_of_adam_is_the_sign_of_a_gradient_well_above_eps(size: Array, negative: Array) -> None:
    """|g|/(|g| + eps) is within eps/|g| = 1e-6 of 1 for |g| from 0.01 and eps 1e-8."""
    gradient = np.where(negative, -size, size)
    found = adam_first_step(np.zeros((3, 2)), gradient, 0.1, 1e-8, 0.0)
    assert_close(found["adam_l2_user_factors"], np.where(negative, 0.1, -0.1), rtol=1.01e-6)
    np.testing.assert_array_equal(found["adam_difference"], np.zeros((3, 2)))


def test_held_out_ratings_are_parted_as_by_hand() -> None:
    rating = np.array([[5.0, 4.0, BLANK], [2.0, BLANK, 1.0]])
    held_out = np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    found = held_out_split(rating, held_out)
    np.testing.assert_array_equal(found["train_rating"], [[5, BLANK, BLANK], [2, BLANK, BLANK]])
    np.testing.assert_array_equal(found["valid_rating"], [[BLANK, 4, BLANK], [BLANK, BLANK, 1]])
    assert found["train_count"] == 2
    assert found["valid_count"] == 2
    assert found["train_mean"] == 3.5
    assert_close(found["mean_baseline"], math.sqrt(3.25))  # ((4 - 3.5)^2 + (1 - 3.5)^2) / 2 = (0.25 + 6.25) / 2


@pytest.mark.parametrize("held", [0.0, 1.0])
def test_an_empty_part_has_a_blank_baseline_and_no_warning(held: float) -> None:
    found = held_out_split(RATING, np.full((2, 2), held))
    assert found["valid_count"] == 3 * held
    assert found["train_count"] == 3 - 3 * held
    assert np.isnan(block(found, "mean_baseline"))
    assert np.isnan(block(found, "train_mean")) == (held == 1)


def test_stopping_takes_the_first_lowest_validation_error() -> None:
    train_curve = np.array([[9.0, 8.0], [5.0, 6.0], [3.0, 4.0], [1.0, 2.0]])
    valid_curve = np.array([[9.0, 7.0], [4.0, 8.0], [4.0, 9.0], [6.0, 6.5]])
    found = early_stopping(np.array([0.0, 10.0, 20.0, 30.0]), train_curve, valid_curve)
    np.testing.assert_array_equal(found["best_valid"], [4.0, 6.5])
    np.testing.assert_array_equal(found["best_step"], [10, 30])
    np.testing.assert_array_equal(found["train_at_best"], [5.0, 2.0])
    np.testing.assert_array_equal(found["last_train"], [1.0, 2.0])
    np.testing.assert_array_equal(found["last_valid"], [6.0, 6.5])


def test_a_blank_of_the_validation_curve_is_never_the_best() -> None:
    curve = np.array([[BLANK, BLANK], [4.0, BLANK], [3.0, BLANK]])
    found = early_stopping(np.array([0.0, 10.0, 20.0]), curve, curve)
    np.testing.assert_array_equal(found["best_valid"], [3.0, BLANK])
    np.testing.assert_array_equal(found["best_step"], [20, 0])


def test_held_out_errors_are_as_calculated_by_hand() -> None:
    """u.m is [[4, 2], [7, 1]]: it errs by -1 and 0 on the train cells and by -1 on the held-out one."""
    train_rating = np.array([[5.0, BLANK], [BLANK, 1.0]])
    valid_rating = np.array([[BLANK, 3.0], [BLANK, BLANK]])
    found = held_out_rmse(train_rating, valid_rating, USER_FACTORS, MOVIE_FACTORS)
    np.testing.assert_array_equal(found["held_prediction"], [[4, 2], [7, 1]])
    np.testing.assert_array_equal(found["train_error"], [[-1, 0], [0, 0]])
    np.testing.assert_array_equal(found["valid_error"], [[0, -1], [0, 0]])
    assert_close(found["train_rmse"], math.sqrt(1 / 2))
    assert_close(found["valid_rmse"], 1.0)


def test_no_held_out_rating_has_a_blank_rmse_and_no_warning() -> None:
    found = held_out_rmse(RATING, np.full((2, 2), BLANK), USER_FACTORS, MOVIE_FACTORS)
    assert np.isnan(block(found, "valid_rmse"))
    assert_close(found["train_rmse"], math.sqrt(2 / 3))
