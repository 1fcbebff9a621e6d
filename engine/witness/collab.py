"""Collaborative filtering by torch: a 15 x 15 grid of ratings, predicted from factors, biases and a sigmoid.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. A cell that nobody rated is NaN: it is left out before the arithmetic, so that it
reaches neither a loss nor a gradient. Gradients are torch's autograd, steps are torch's optimizers.

Source: fast.ai Practical Deep Learning for Coders v3, lesson 5, its collaborative filtering workbook.
"""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

Scalar = float | torch.Tensor


def _fit(
    rating: torch.Tensor, prediction: torch.Tensor, parameters: dict[str, nn.Parameter]
) -> dict[str, torch.Tensor]:
    """Prediction, errors, mse, and by autograd the gradient of the mse in each named parameter."""
    rated = ~rating.isnan()
    mse = F.mse_loss(prediction[rated], rating[rated])
    gradients = torch.autograd.grad(mse, list(parameters.values()))
    return {
        "prediction": prediction.detach(),
        "error": torch.where(rated, prediction.detach() - rating, 0.0),
        "mse": mse.detach(),
        "rmse": mse.detach().sqrt(),
        **{f"{name}_gradient": gradient for name, gradient in zip(parameters, gradients, strict=True)},
        "gradient_norm": nn.utils.get_total_norm(gradients),
    }


def _loss(
    rating: torch.Tensor, user_factors: torch.Tensor, movie_factors: torch.Tensor, wd: Scalar
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Prediction, mean squared error over the rated cells, and wd times the sum of squares of all factors."""
    rated = ~rating.isnan()
    prediction = user_factors @ movie_factors.T
    penalty = wd * (user_factors.square().sum() + movie_factors.square().sum())
    return prediction, F.mse_loss(prediction[rated], rating[rated]), penalty


def rating_grid(
    user_id: torch.Tensor,
    movie_id: torch.Tensor,
    movie_title: npt.NDArray[np.object_],
    rated_by: torch.Tensor,
    rated_movie: torch.Tensor,
    rating: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The long table of ratings, laid out as a grid (user, movie); NaN where there is no rating."""
    of_user, of_movie = rated_by[:, None] == user_id, rated_movie[:, None] == movie_id
    known = of_user.any(dim=1) & of_movie.any(dim=1)
    user, movie = of_user[known].int().argmax(dim=1), of_movie[known].int().argmax(dim=1)
    grid = rating.new_full((len(user_id), len(movie_id)), torch.nan)
    grid[user, movie] = rating[known]
    return {
        "rating_grid": grid,
        "rating_count": (~grid.isnan()).sum().double(),
        "mean_rating": grid.nanmean(),
    }


def dot_product(
    rating: torch.Tensor, user_factors: torch.Tensor, movie_factors: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The dot product (user, movie) = user_factors (user, factor) @ movie_factors (movie, factor) transposed."""
    user, movie = nn.Parameter(user_factors), nn.Parameter(movie_factors)
    prediction = user @ movie.T
    return _fit(rating, prediction, {"user": user, "movie": movie})


def bias(
    rating: torch.Tensor,
    user_factors: torch.Tensor,
    movie_factors: torch.Tensor,
    user_bias: torch.Tensor,
    movie_bias: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The dot product with a bias for each user (user) and each movie (movie) added."""
    user, movie = nn.Parameter(user_factors), nn.Parameter(movie_factors)
    b_u, b_m = nn.Parameter(user_bias), nn.Parameter(movie_bias)
    prediction = user @ movie.T + b_u[:, None] + b_m
    return _fit(rating, prediction, {"user": user, "movie": movie, "user_bias": b_u, "movie_bias": b_m})


def y_range(
    rating: torch.Tensor,
    user_factors: torch.Tensor,
    movie_factors: torch.Tensor,
    user_bias: torch.Tensor,
    movie_bias: torch.Tensor,
    y_low: Scalar,
    y_high: Scalar,
) -> dict[str, torch.Tensor]:
    """The biased dot product z (user, movie), squeezed between y_low and y_high by a sigmoid."""
    user, movie = nn.Parameter(user_factors), nn.Parameter(movie_factors)
    b_u, b_m = nn.Parameter(user_bias), nn.Parameter(movie_bias)
    z = user @ movie.T + b_u[:, None] + b_m
    prediction = y_low + (y_high - y_low) * torch.sigmoid(z)
    half = F.mse_loss(prediction, torch.where(rating.isnan(), prediction.detach(), rating), reduction="sum") / 2
    (z_gradient,) = torch.autograd.grad(half, z, retain_graph=True)
    fit = _fit(rating, prediction, {"user": user, "movie": movie, "user_bias": b_u, "movie_bias": b_m})
    return {"z": z.detach(), "z_gradient": z_gradient, **fit}


def sigmoid_curve(point: torch.Tensor, y_low: Scalar, y_high: Scalar, narrow_high: Scalar) -> dict[str, torch.Tensor]:
    """The scaled sigmoid at each point, up to y_high and up to the narrower narrow_high."""
    share = torch.sigmoid(point)
    return {"wide": y_low + (y_high - y_low) * share, "narrow": y_low + (narrow_high - y_low) * share}


def z_needed(target: torch.Tensor, y_low: Scalar, y_high: Scalar, narrow_high: Scalar) -> dict[str, torch.Tensor]:
    """The z that the scaled sigmoid needs to give each target; NaN where no finite z does."""
    wide, narrow = (target - y_low) / (y_high - y_low), (target - y_low) / (narrow_high - y_low)
    return {
        "z_wide": torch.special.logit(torch.where((wide > 0) & (wide < 1), wide, torch.nan)),
        "z_narrow": torch.special.logit(torch.where((narrow > 0) & (narrow < 1), narrow, torch.nan)),
    }


def gradient_descent(
    rating: torch.Tensor, user_factors: torch.Tensor, movie_factors: torch.Tensor, learning_rate: Scalar, wd: Scalar
) -> dict[str, torch.Tensor]:
    """One step of torch.optim.SGD over all ratings, on loss = mse + wd * (sum of squares of all factors).

    Once the loss is beyond 1e12 the optimizer is not called any more.
    """
    user, movie = nn.Parameter(user_factors.clone()), nn.Parameter(movie_factors.clone())
    optimizer = torch.optim.SGD([user, movie], lr=float(learning_rate))
    prediction, mse, penalty = _loss(rating, user, movie, wd)
    loss = mse + penalty
    user.grad, movie.grad = torch.autograd.grad(loss, [user, movie])
    if loss <= 1e12:
        optimizer.step()
    return {
        "prediction": prediction.detach(),
        "error": torch.where(rating.isnan(), 0.0, prediction.detach() - rating),
        "mse": mse.detach(),
        "rmse": mse.detach().sqrt(),
        "penalty": penalty.detach(),
        "loss": loss.detach(),
        "user_gradient": user.grad,
        "movie_gradient": movie.grad,
        "new_user_factors": user.detach(),
        "new_movie_factors": movie.detach(),
    }


def nudged_errors(
    rating: torch.Tensor, user_factors: torch.Tensor, movie_factors: torch.Tensor, nudge: Scalar
) -> dict[str, torch.Tensor]:
    """The errors of the first user (movie) and of the first movie (user), still and with their first factor nudged."""
    errors = {}
    for way, distance in (("", 0.0), ("_up", nudge), ("_down", -nudge)):
        users, movies = user_factors.clone(), movie_factors.clone()
        users[0, 0] += distance
        movies[0, 0] += distance
        errors[f"user_error{way}"] = F.linear(movie_factors, users[0]) - rating[0]
        errors[f"movie_error{way}"] = F.linear(user_factors, movies[0]) - rating[:, 0]
    return {name: error.nan_to_num() for name, error in errors.items()}


def finite_difference(
    rating: torch.Tensor, user_factors: torch.Tensor, movie_factors: torch.Tensor, wd: Scalar, nudge: Scalar
) -> dict[str, torch.Tensor]:
    """The derivative of the loss in the first user's and movie's first factor: nudged, and by autograd."""
    user, movie = nn.Parameter(user_factors), nn.Parameter(movie_factors)
    _, mse, penalty = _loss(rating, user, movie, wd)
    user_gradient, movie_gradient = torch.autograd.grad(mse + penalty, [user, movie])

    def nudged(user_nudge: Scalar, movie_nudge: Scalar) -> torch.Tensor:
        users, movies = user_factors.clone(), movie_factors.clone()
        users[0, 0] += user_nudge
        movies[0, 0] += movie_nudge
        _, mse, penalty = _loss(rating, users, movies, wd)
        return mse + penalty

    user_up, user_down = nudged(nudge, 0.0), nudged(-nudge, 0.0)
    movie_up, movie_down = nudged(0.0, nudge), nudged(0.0, -nudge)
    return {
        "user_loss_up": user_up,
        "user_loss_down": user_down,
        "user_numeric_gradient": (user_up - user_down) / (2 * nudge),
        "movie_loss_up": movie_up,
        "movie_loss_down": movie_down,
        "movie_numeric_gradient": (movie_up - movie_down) / (2 * nudge),
        "user_analytic_gradient": user_gradient[0, 0],
        "movie_analytic_gradient": movie_gradient[0, 0],
    }


def _sgd_step(
    weight: torch.Tensor, gradient: torch.Tensor, learning_rate: Scalar, weight_decay: Scalar, decoupled: bool
) -> torch.Tensor:
    """A weight after one SGD step: decay added to the gradient, or (as AdamW does) the weight shrunk first."""
    parameter = nn.Parameter(weight.clone())
    parameter.grad = gradient.clone()
    if decoupled:
        parameter.data.mul_(1 - learning_rate * weight_decay)
    optimizer = torch.optim.SGD(
        [parameter], lr=float(learning_rate), weight_decay=0.0 if decoupled else float(weight_decay)
    )
    optimizer.step()
    return parameter.detach()


def weight_decay(
    user_factors: torch.Tensor,
    movie_factors: torch.Tensor,
    user_gradient: torch.Tensor,
    movie_gradient: torch.Tensor,
    learning_rate: Scalar,
    wd: Scalar,
) -> dict[str, torch.Tensor]:
    """One SGD step with an L2 penalty and one with decoupled decay, from the gradients of the mse: the same step."""
    user, movie = nn.Parameter(user_factors), nn.Parameter(movie_factors)
    sum_of_squares = user.square().sum() + movie.square().sum()
    penalty = wd * sum_of_squares
    user_penalty_gradient, movie_penalty_gradient = torch.autograd.grad(penalty, [user, movie])
    # The gradient of wd * w^2 is 2 * wd * w: torch's weight_decay is the factor before w.
    l2_user = _sgd_step(user_factors, user_gradient, learning_rate, 2 * wd, decoupled=False)
    l2_movie = _sgd_step(movie_factors, movie_gradient, learning_rate, 2 * wd, decoupled=False)
    decoupled_user = _sgd_step(user_factors, user_gradient, learning_rate, 2 * wd, decoupled=True)
    decoupled_movie = _sgd_step(movie_factors, movie_gradient, learning_rate, 2 * wd, decoupled=True)
    user_difference, movie_difference = l2_user - decoupled_user, l2_movie - decoupled_movie
    return {
        "sum_of_squares": sum_of_squares.detach(),
        "penalty": penalty.detach(),
        "user_squares": user_factors.square().sum(),
        "l2_squares": l2_user.square().sum(),
        "decoupled_squares": decoupled_user.square().sum(),
        "user_penalty_gradient": user_penalty_gradient,
        "movie_penalty_gradient": movie_penalty_gradient,
        "l2_user_factors": l2_user,
        "l2_movie_factors": l2_movie,
        "decoupled_user_factors": decoupled_user,
        "decoupled_movie_factors": decoupled_movie,
        "user_difference": user_difference,
        "movie_difference": movie_difference,
        "largest_difference": torch.maximum(user_difference.abs().max(), movie_difference.abs().max()),
    }


def adam_first_step(
    user_factors: torch.Tensor, user_gradient: torch.Tensor, adam_rate: Scalar, adam_eps: Scalar, wd: Scalar
) -> dict[str, torch.Tensor]:
    """The first step of torch's Adam (decay in the gradient) and of its AdamW (decay beside it): not the same step."""
    stepped = []
    for optimizer_class in (torch.optim.Adam, torch.optim.AdamW):
        user = nn.Parameter(user_factors.clone())
        user.grad = user_gradient.clone()
        optimizer_class([user], lr=float(adam_rate), eps=float(adam_eps), weight_decay=float(2 * wd)).step()
        stepped.append(user.detach())
    adam_l2, adamw = stepped
    return {
        "adam_l2_user_factors": adam_l2,
        "adamw_user_factors": adamw,
        "adam_l2_squares": adam_l2.square().sum(),
        "adamw_squares": adamw.square().sum(),
        "adam_difference": adam_l2 - adamw,
        "largest_adam_difference": (adam_l2 - adamw).abs().max(),
    }


def held_out_split(rating: torch.Tensor, held_out: torch.Tensor) -> dict[str, torch.Tensor]:
    """The ratings (user, movie) to train on and those held out, and the error of guessing the training mean."""
    train_rating = torch.where(held_out == 1, torch.nan, rating)
    valid_rating = torch.where(held_out == 1, rating, torch.nan)
    valid = valid_rating[~valid_rating.isnan()]
    train_mean = train_rating.nanmean()
    return {
        "train_rating": train_rating,
        "valid_rating": valid_rating,
        "train_count": (~train_rating.isnan()).sum().double(),
        "valid_count": (~valid_rating.isnan()).sum().double(),
        "train_mean": train_mean,
        "mean_baseline": F.mse_loss(train_mean.expand_as(valid), valid).sqrt(),
    }


def early_stopping(
    checkpoint_step: torch.Tensor, train_curve: torch.Tensor, valid_curve: torch.Tensor
) -> dict[str, torch.Tensor]:
    """For each candidate, its curves (checkpoint, candidate) where the validation curve is lowest, and at the end."""
    best_valid, best = valid_curve.min(dim=0)
    return {
        "best_valid": best_valid,
        "best_step": checkpoint_step[best],
        "train_at_best": train_curve.gather(0, best[None])[0],
        "last_train": train_curve[-1],
        "last_valid": valid_curve[-1],
    }


def held_out_rmse(
    train_rating: torch.Tensor,
    valid_rating: torch.Tensor,
    best_user_factors: torch.Tensor,
    best_movie_factors: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The root mean squared error of one model on the ratings it was trained on and on those held out."""
    prediction = best_user_factors @ best_movie_factors.T
    train, valid = ~train_rating.isnan(), ~valid_rating.isnan()
    return {
        "held_prediction": prediction,
        "train_error": torch.where(train, prediction - train_rating, 0.0),
        "valid_error": torch.where(valid, prediction - valid_rating, 0.0),
        "train_rmse": F.mse_loss(prediction[train], train_rating[train]).sqrt(),
        "valid_rmse": F.mse_loss(prediction[valid], valid_rating[valid]).sqrt(),
    }
