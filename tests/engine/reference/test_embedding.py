"""The two routes of an embedding against each other, hand calculations and the identity matrix."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.embedding import cost, difference, lookup, one_hot

pytestmark = pytest.mark.filterwarnings("error")

Route = Callable[[Array, Array, Array], Result]

BLANK = math.nan
USER_WEIGHTS = np.array([[1.0, 2.0], [3.0, 1.0], [0.5, -1.0]])
MOVIE_WEIGHTS = np.array([[2.0, 1.0], [0.0, 1.0]])
USER_INDEX = np.array([3.0, 1.0, 3.0])
MOVIE_INDEX = np.array([1.0, 1.0, 2.0])


def by_one_hot(user_index: Array, movie_index: Array, rating: Array) -> Result:
    numbers = np.arange(1.0, 4.0), np.arange(1.0, 3.0)
    return one_hot(user_index, movie_index, *numbers, USER_WEIGHTS, MOVIE_WEIGHTS, rating)


def by_lookup(user_index: Array, movie_index: Array, rating: Array) -> Result:
    return lookup(user_index, movie_index, USER_WEIGHTS, MOVIE_WEIGHTS, rating)


@pytest.mark.parametrize("route", [by_one_hot, by_lookup])
class TestBothRoutes:
    """Three ratings: users 3, 1, 3 of three, movies 1, 1, 2 of two."""

    def test_activations_and_errors_are_as_calculated_by_hand(self, route: Route) -> None:
        found = route(USER_INDEX, MOVIE_INDEX, np.array([1.0, 4.0, 2.0]))
        np.testing.assert_array_equal(found["user_activation"], [[0.5, -1.0], [1.0, 2.0], [0.5, -1.0]])
        np.testing.assert_array_equal(found["movie_activation"], [[2.0, 1.0], [2.0, 1.0], [0.0, 1.0]])
        np.testing.assert_array_equal(found["prediction"], [0.0, 4.0, -1.0])  # 1 - 1, 2 + 2, 0 - 1
        np.testing.assert_array_equal(found["squared_error"], [1.0, 0.0, 9.0])
        assert found["mse"] == 10 / 3
        assert found["rmse"] == math.sqrt(10 / 3)

    def test_a_blank_rating_takes_no_part_in_the_error(self, route: Route) -> None:
        found = route(USER_INDEX, MOVIE_INDEX, np.array([1.0, BLANK, 2.0]))
        np.testing.assert_array_equal(found["squared_error"], [1.0, 0.0, 9.0])
        assert found["mse"] == 5

    def test_blank_ratings_only_have_a_blank_error_and_no_warning(self, route: Route) -> None:
        assert math.isnan(float(route(USER_INDEX, MOVIE_INDEX, np.full(3, BLANK))["rmse"]))

    @pytest.mark.parametrize("wrong", [0.0, 4.0, 1.5, BLANK])
    def test_a_user_index_outside_the_table_is_refused(self, route: Route, wrong: float) -> None:
        with pytest.raises(EngineError, match=f"user_index, row 2: found {wrong:.15g}, expected a whole .* 1 to 3"):
            route(np.array([1.0, wrong]), np.array([1.0, 1.0]), np.ones(2))

    def test_a_movie_index_outside_the_table_is_refused(self, route: Route) -> None:
        with pytest.raises(EngineError, match="movie_index, row 1: found 3, expected a whole number from 1 to 2"):
            route(np.array([1.0]), np.array([3.0]), np.ones(1))


def test_a_one_hot_row_is_a_row_of_the_identity() -> None:
    found = by_one_hot(USER_INDEX, MOVIE_INDEX, np.ones(3))
    np.testing.assert_array_equal(found["user_one_hot"], np.eye(3)[[2, 0, 2]])
    np.testing.assert_array_equal(found["movie_one_hot"], np.eye(2)[[0, 0, 1]])


@given(
    arrays(np.float64, (15, 5), elements=st.floats(-1e6, 1e6)),
    arrays(np.float64, (15, 5), elements=st.floats(-1e6, 1e6)),
    arrays(np.int64, 20, elements=st.integers(1, 15)),
    arrays(np.int64, 20, elements=st.integers(1, 15)),
)
def test_both_routes_are_equal_to_the_last_bit(
    user: Array, movie: Array, user_index: Array, movie_index: Array
) -> None:
    number, rating = np.arange(1.0, 16.0), np.ones(20)
    multiplied = one_hot(user_index * 1.0, movie_index * 1.0, number, number, user, movie, rating)
    looked_up = lookup(user_index * 1.0, movie_index * 1.0, user, movie, rating)
    for name, found in looked_up.items():
        np.testing.assert_array_equal(multiplied[name], found)


def test_differences_are_one_hot_less_lookup_and_the_largest_is_in_size() -> None:
    first, second = np.array([[1.0, 2.0]]), np.array([[1.5, 2.0]])
    found = difference(first, second, second, first, np.array([1.0]), np.array([4.0]))
    np.testing.assert_array_equal(found["user_difference"], [[-0.5, 0.0]])
    np.testing.assert_array_equal(found["movie_difference"], [[0.5, 0.0]])
    np.testing.assert_array_equal(found["prediction_difference"], [-3.0])
    assert found["largest_difference"] == 3


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_largest_difference_looks_at_all_three_blocks(place: int) -> None:
    moved = [np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)]
    moved[place] = moved[place] - 0.25
    still = [np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)]
    found = difference(moved[0], still[0], moved[1], still[1], moved[2], still[2])
    assert found["largest_difference"] == 0.25


def test_the_cost_of_the_15_by_15_grid_is_as_calculated_by_hand() -> None:
    assert cost(15, 15, 5, 206) == {
        "one_hot_multiplications": 30_900,  # 206 rows of 15 + 15 cells, each times 5 factors
        "lookup_multiplications": 0,
        "one_hot_cells": 6_180,
        "lookup_cells": 412,
        "one_hot_bytes": 24_720,
        "lookup_bytes": 3_296,
        "cells_saved": 15,
        "bytes_saved": 7.5,
    }


def test_one_rating_alone_has_a_cost() -> None:
    assert cost(2, 3, 1, 1)["one_hot_multiplications"] == 5


@pytest.mark.parametrize("n_ratings", [0.0, -1.0, BLANK])
def test_a_cost_without_ratings_is_refused(n_ratings: float) -> None:
    with pytest.raises(EngineError, match=r"n_ratings: found .*, expected at least 1"):
        cost(15, 15, 5, n_ratings)
