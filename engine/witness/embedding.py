"""Two routes to the same embedding by torch: multiply by a one-hot matrix, or look the row up.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
float64 tensors by name. Indices are 1-based, as in a sheet. The axes are rating, user, movie and factor.
"""

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

Scalar = float | torch.Tensor


def one_hot(
    user_index: torch.Tensor,
    movie_index: torch.Tensor,
    user_number: torch.Tensor,
    movie_number: torch.Tensor,
    user_weights: torch.Tensor,
    movie_weights: torch.Tensor,
    rating: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """One-hot rows (rating, user) and (rating, movie) times the weights (user, factor) and (movie, factor)."""
    user_one_hot = F.one_hot(user_index.long() - 1, num_classes=len(user_number)).double()
    movie_one_hot = F.one_hot(movie_index.long() - 1, num_classes=len(movie_number)).double()
    user_activation, movie_activation = user_one_hot @ user_weights, movie_one_hot @ movie_weights
    return {
        "user_one_hot": user_one_hot,
        "movie_one_hot": movie_one_hot,
        "user_activation": user_activation,
        "movie_activation": movie_activation,
        **_score(user_activation, movie_activation, rating),
    }


def lookup(
    user_index: torch.Tensor,
    movie_index: torch.Tensor,
    user_weights: torch.Tensor,
    movie_weights: torch.Tensor,
    rating: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The rows of the weights (user, factor) and (movie, factor) that each rating (rating) asks for: an embedding."""
    user_activation = F.embedding(user_index.long() - 1, user_weights)
    movie_activation = F.embedding(movie_index.long() - 1, movie_weights)
    return {
        "user_activation": user_activation,
        "movie_activation": movie_activation,
        **_score(user_activation, movie_activation, rating),
    }


def _score(
    user_activation: torch.Tensor, movie_activation: torch.Tensor, rating: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The dot products of activations (rating, factor), and their squared errors (rating) with mean and root."""
    prediction = (user_activation * movie_activation).sum(dim=1)
    mse = F.mse_loss(prediction, rating)
    return {
        "prediction": prediction,
        "squared_error": F.mse_loss(prediction, rating, reduction="none"),
        "mse": mse,
        "rmse": mse.sqrt(),
    }


def difference(
    one_hot_user_activation: torch.Tensor,
    lookup_user_activation: torch.Tensor,
    one_hot_movie_activation: torch.Tensor,
    lookup_movie_activation: torch.Tensor,
    one_hot_prediction: torch.Tensor,
    lookup_prediction: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """How far the two routes are apart: activations (rating, factor), predictions (rating), and the largest."""
    user_difference = one_hot_user_activation - lookup_user_activation
    movie_difference = one_hot_movie_activation - lookup_movie_activation
    prediction_difference = one_hot_prediction - lookup_prediction
    everything = torch.cat([user_difference.flatten(), movie_difference.flatten(), prediction_difference])
    return {
        "user_difference": user_difference,
        "movie_difference": movie_difference,
        "prediction_difference": prediction_difference,
        "largest_difference": everything.abs().max(),
    }


def cost(n_users: Scalar, n_movies: Scalar, n_factors: Scalar, n_ratings: Scalar) -> dict[str, torch.Tensor]:
    """What the two routes multiply and hold, counted by torch on tensors that have a shape but no data."""
    users, movies, factors, ratings = int(n_users), int(n_movies), int(n_factors), int(n_ratings)
    with torch.device("meta"):
        weights = [torch.empty(users, factors), torch.empty(movies, factors)]
        one_hots = [torch.empty(ratings, users), torch.empty(ratings, movies)]
        indices = [torch.empty(ratings, dtype=torch.int64), torch.empty(ratings, dtype=torch.int64)]
    with FlopCounterMode(display=False) as multiplied:
        _ = [one_hot @ weight for one_hot, weight in zip(one_hots, weights, strict=True)]
    with FlopCounterMode(display=False) as looked_up:
        _ = [F.embedding(index, weight) for index, weight in zip(indices, weights, strict=True)]
    one_hot_cells, lookup_cells = (sum(each.numel() for each in inputs) for inputs in (one_hots, indices))
    one_hot_bytes, lookup_bytes = (sum(each.nbytes for each in inputs) for inputs in (one_hots, indices))
    counted = {
        # torch counts two operations for each product of a matrix product: a multiplication and an addition.
        "one_hot_multiplications": multiplied.get_total_flops() / 2,
        "lookup_multiplications": looked_up.get_total_flops() / 2,
        "one_hot_cells": one_hot_cells,
        "lookup_cells": lookup_cells,
        "one_hot_bytes": one_hot_bytes,
        "lookup_bytes": lookup_bytes,
        "cells_saved": one_hot_cells / lookup_cells,
        "bytes_saved": one_hot_bytes / lookup_bytes,
    }
    return {name: torch.tensor(count, dtype=torch.float64) for name, count in counted.items()}
