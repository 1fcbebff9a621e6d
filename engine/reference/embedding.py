"""Embeddings by two routes: a one-hot matrix times the weights, and a look-up of the same rows.

A one-hot row is a row of the identity, e_i, and e_i W = W[i]: every other product is 0 and adding 0 changes nothing,
so the two routes agree to the last bit. Only the look-up's cost does not grow with the number of users and movies.

    >>> import numpy as np
    >>> weights = np.array([[0.1, 0.2], [0.3, 0.4]])
    >>> lookup(np.array([2.0]), np.array([1.0]), weights, weights, np.array([1.0]))["user_activation"].tolist()
    [[0.3, 0.4]]
"""

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.numbering import zero_based


def one_hot(
    user_index: Array,
    movie_index: Array,
    user_number: Array,
    movie_number: Array,
    user_weights: Array,
    movie_weights: Array,
    rating: Array,
) -> Result:
    """Activations (rating, factor) as one-hot rows times the weights, and the prediction's squared error (rating)."""
    zero_based(user_index, len(user_number), "user_index")
    zero_based(movie_index, len(movie_number), "movie_index")
    user_one_hot = np.where(user_index[:, np.newaxis] == user_number, 1.0, 0.0)
    movie_one_hot = np.where(movie_index[:, np.newaxis] == movie_number, 1.0, 0.0)
    user_activation = user_one_hot @ user_weights
    movie_activation = movie_one_hot @ movie_weights
    return {
        "user_one_hot": user_one_hot,
        "movie_one_hot": movie_one_hot,
        "user_activation": user_activation,
        "movie_activation": movie_activation,
        **_score(user_activation, movie_activation, rating),
    }


def lookup(user_index: Array, movie_index: Array, user_weights: Array, movie_weights: Array, rating: Array) -> Result:
    """Activations (rating, factor) as rows looked up in the weights, and the prediction's squared error (rating)."""
    user_activation = user_weights[zero_based(user_index, len(user_weights), "user_index")]
    movie_activation = movie_weights[zero_based(movie_index, len(movie_weights), "movie_index")]
    return {
        "user_activation": user_activation,
        "movie_activation": movie_activation,
        **_score(user_activation, movie_activation, rating),
    }


def _score(user_activation: Array, movie_activation: Array, rating: Array) -> Result:
    """Prediction u.m of each rating, its squared error (0 where the rating is blank) and their mean."""
    prediction = np.sum(user_activation * movie_activation, axis=1)
    rated = ~np.isnan(rating)
    squared_error = np.where(rated, (prediction - rating) ** 2, 0.0)
    mse = np.sum(squared_error) / (np.count_nonzero(rated) or np.nan)
    return {"prediction": prediction, "squared_error": squared_error, "mse": mse, "rmse": np.sqrt(mse)}


def difference(
    one_hot_user_activation: Array,
    lookup_user_activation: Array,
    one_hot_movie_activation: Array,
    lookup_movie_activation: Array,
    one_hot_prediction: Array,
    lookup_prediction: Array,
) -> Result:
    """One-hot route less look-up route: activations (rating, factor), predictions (rating), and the largest of all."""
    user_difference = one_hot_user_activation - lookup_user_activation
    movie_difference = one_hot_movie_activation - lookup_movie_activation
    prediction_difference = one_hot_prediction - lookup_prediction
    differences = [user_difference, movie_difference, prediction_difference]
    return {
        "user_difference": user_difference,
        "movie_difference": movie_difference,
        "prediction_difference": prediction_difference,
        "largest_difference": np.max([np.abs(one).max() for one in differences]),
    }


def cost(n_users: float, n_movies: float, n_factors: float, n_ratings: float) -> Result:
    """Multiplications, cells and bytes of both routes: float32 one-hot cells against two int64 indices a rating."""
    if not n_ratings >= 1:
        raise EngineError(f"n_ratings: found {n_ratings:.15g}, expected at least 1")
    one_hot_cells = n_ratings * (n_users + n_movies)
    lookup_cells = 2 * n_ratings
    one_hot_bytes = 4 * one_hot_cells
    lookup_bytes = 8 * lookup_cells
    return {
        "one_hot_multiplications": one_hot_cells * n_factors,
        "lookup_multiplications": 0.0,
        "one_hot_cells": one_hot_cells,
        "lookup_cells": lookup_cells,
        "one_hot_bytes": one_hot_bytes,
        "lookup_bytes": lookup_bytes,
        "cells_saved": one_hot_cells / lookup_cells,
        "bytes_saved": one_hot_bytes / lookup_bytes,
    }
