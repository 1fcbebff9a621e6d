"""One-hot products and lookups by torch, against hand calculations."""

import math

import torch
from close import assert_close

from engine.witness import embedding


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# Three ratings of two users and three movies, two factors.
USER_INDEX, MOVIE_INDEX = tensor([2.0, 1.0, 2.0]), tensor([1.0, 3.0, 3.0])
USER_WEIGHTS = tensor([[1.0, 2.0], [3.0, 4.0]])
MOVIE_WEIGHTS = tensor([[0.5, 1.0], [9.0, 9.0], [-1.0, 2.0]])
RATING = tensor([5.0, 1.0, 5.0])
# (3, 4).(0.5, 1) = 5.5; (1, 2).(-1, 2) = 3; (3, 4).(-1, 2) = 5; squared errors 0.25, 4, 0; mean 4.25 / 3
EXPECTED = {
    "user_activation": [[3, 4], [1, 2], [3, 4]],
    "movie_activation": [[0.5, 1], [-1, 2], [-1, 2]],
    "prediction": [5.5, 3, 5],
    "squared_error": [0.25, 4, 0],
    "mse": 4.25 / 3,
    "rmse": math.sqrt(4.25 / 3),
}


def test_one_hot_rows_pick_the_weights() -> None:
    found = embedding.one_hot(
        USER_INDEX, MOVIE_INDEX, tensor([1.0, 2.0]), tensor([1.0, 2.0, 3.0]), USER_WEIGHTS, MOVIE_WEIGHTS, RATING
    )
    assert_close(found["user_one_hot"], [[0, 1], [1, 0], [0, 1]])
    assert_close(found["movie_one_hot"], [[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    for name, expected in EXPECTED.items():
        assert_close(found[name], expected)


def test_a_lookup_gives_the_same_numbers() -> None:
    found = embedding.lookup(USER_INDEX, MOVIE_INDEX, USER_WEIGHTS, MOVIE_WEIGHTS, RATING)
    assert set(found) == set(EXPECTED)
    for name, expected in EXPECTED.items():
        assert_close(found[name], expected)


def test_the_largest_difference_is_found_in_whichever_block_it_is() -> None:
    same = {
        "one_hot_user_activation": tensor([[1.0]]),
        "lookup_user_activation": tensor([[1.0]]),
        "one_hot_movie_activation": tensor([[2.0]]),
        "lookup_movie_activation": tensor([[2.0]]),
        "one_hot_prediction": tensor([3.0]),
        "lookup_prediction": tensor([3.0]),
    }
    assert float(embedding.difference(**same)["largest_difference"]) == 0
    for name in ("lookup_user_activation", "lookup_movie_activation", "lookup_prediction"):
        found = embedding.difference(**{**same, name: same[name] + 0.25})
        assert float(found["largest_difference"]) == 0.25
        assert float(found[name.removeprefix("lookup_").removesuffix("_activation") + "_difference"]) == -0.25


def test_the_lesson_s_grid_costs_30900_multiplications_or_none() -> None:
    found = {name: float(count) for name, count in embedding.cost(15.0, 15.0, tensor(5.0), tensor(206.0)).items()}
    assert found == {
        "one_hot_multiplications": 206 * 30 * 5,
        "lookup_multiplications": 0,
        "one_hot_cells": 206 * 30,
        "lookup_cells": 412,
        "one_hot_bytes": 206 * 30 * 4,
        "lookup_bytes": 412 * 8,
        "cells_saved": 15,
        "bytes_saved": 7.5,
    }


def test_the_whole_file_is_counted_without_being_held() -> None:
    found = embedding.cost(671, 9066, 40, 100_004)
    assert float(found["one_hot_multiplications"]) == 100_004 * 9737 * 40
    assert float(found["one_hot_bytes"]) == 4 * 100_004 * 9737
