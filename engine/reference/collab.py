r"""Collaborative filtering on a grid of ratings: prediction, error, gradients derived by hand, one step of descent.

With U (user, factor), M (movie, factor), b (user), c (movie), n rated cells and

    z = U M^T + b 1^T + 1 c^T,   E = prediction - rating over the rated cells, 0 elsewhere,   mse = sum(E^2) / n,

the chain rule through one cell gives d mse/d prediction = 2 E / n, hence with S = 2 E / n

    d mse/dU = S M,   d mse/dM = S^T U,   d mse/db = S 1,   d mse/dc = S^T 1                     (prediction = z)
    S = (2 E / n) (high - low) sigmoid(z) sigmoid(-z)                (prediction = low + (high - low) sigmoid(z))
    d (wd sum w^2)/dw = 2 wd w                                      (so this wd is half of torch's weight_decay)

    >>> import numpy as np
    >>> rating = np.array([[3.0, np.nan], [np.nan, np.nan]])
    >>> found = dot_product(rating, np.array([[1.0], [2.0]]), np.array([[4.0], [5.0]]))
    >>> found["prediction"].tolist(), found["error"].tolist(), float(found["mse"])
    ([[4.0, 5.0], [8.0, 10.0]], [[1.0, 0.0], [0.0, 0.0]], 1.0)
    >>> found["user_gradient"].tolist(), found["movie_gradient"].tolist()
    ([[8.0], [0.0]], [[2.0], [0.0]])

Source: the conventions of SGD, Adam and AdamW are those of torch.optim; the gradients are derived above.
"""

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result, Text


def choose(factors_from: str, initial: Array, trained: Array, yours: Array) -> Result:
    """The block that the switch names: initial, trained or yours, all of one shape."""
    choices = {"initial": initial, "trained": trained, "yours": yours}
    if factors_from not in choices:
        raise EngineError(f"factors_from: found {factors_from!r}, expected one of {', '.join(choices)}")
    return {"chosen": choices[factors_from]}


def rating_grid(
    user_id: Array, movie_id: Array, movie_title: Text, rated_by: Array, rated_movie: Array, rating: Array
) -> Result:
    """The long table (rating) laid out as a grid (user, movie), blank where a user has not rated a movie.

    An index is the 1-based position of an id in user_id (user) or movie_id (movie).
    """
    user_row = _match(rated_by, user_id, "rated_by", "user_id")
    movie_column = _match(rated_movie, movie_id, "rated_movie", "movie_id")
    _refuse_repeats(rated_by, rated_movie)
    grid = np.full((len(user_id), len(movie_id)), np.nan)
    grid[user_row, movie_column] = rating
    rated = ~np.isnan(grid)
    count = np.count_nonzero(rated)
    return {
        "user_index": user_row + 1.0,
        "movie_index": movie_column + 1.0,
        "rated_title": movie_title[movie_column],
        "rating_grid": grid,
        "rating_count": float(count),
        "mean_rating": np.sum(grid, where=rated) / (count or np.nan),
    }


def _match(wanted: Array, known: Array, wanted_name: str, known_name: str) -> npt.NDArray[np.intp]:
    """0-based position of each wanted id: the first equal one."""
    equal = wanted[:, np.newaxis] == known
    missing = ~equal.any(axis=1)
    if missing.any():
        row = missing.argmax()
        ids = ", ".join(f"{one:.15g}" for one in known)
        raise EngineError(f"{wanted_name}, row {row + 1}: no id {wanted[row]:.15g} in {known_name}; known: {ids}")
    first: npt.NDArray[np.intp] = equal.argmax(axis=1)
    return first


def _refuse_repeats(rated_by: Array, rated_movie: Array) -> None:
    """Refuse a movie that one user has rated twice: the grid has one cell for it."""
    pairs, times = np.unique(np.column_stack([rated_by, rated_movie]), axis=0, return_counts=True)
    if times.max(initial=1) > 1:
        user, movie = pairs[times.argmax()]
        raise EngineError(
            f"rated_by, rated_movie: user {user:.15g} rated movie {movie:.15g} {times.max()} times, expected once"
        )


def dot_product(rating: Array, user_factors: Array, movie_factors: Array) -> Result:
    """Prediction u.m (user, movie) with its error over the rated cells and the gradients of the mse."""
    prediction = user_factors @ movie_factors.T
    error, mse, prediction_gradient = _score(prediction, rating)
    user_gradient = prediction_gradient @ movie_factors
    movie_gradient = prediction_gradient.T @ user_factors
    return {
        "prediction": prediction,
        "error": error,
        "mse": mse,
        "rmse": np.sqrt(mse),
        "user_gradient": user_gradient,
        "movie_gradient": movie_gradient,
        "gradient_norm": _norm(user_gradient, movie_gradient),
    }


def bias(rating: Array, user_factors: Array, movie_factors: Array, user_bias: Array, movie_bias: Array) -> Result:
    """Prediction u.m + b_u + b_m (user, movie) with its error over the rated cells and the gradients of the mse."""
    prediction = user_factors @ movie_factors.T + user_bias[:, np.newaxis] + movie_bias
    error, mse, prediction_gradient = _score(prediction, rating)
    return {
        "prediction": prediction,
        "error": error,
        "mse": mse,
        "rmse": np.sqrt(mse),
        **_gradients(prediction_gradient, user_factors, movie_factors),
    }


def y_range(
    rating: Array,
    user_factors: Array,
    movie_factors: Array,
    user_bias: Array,
    movie_bias: Array,
    y_low: float,
    y_high: float,
) -> Result:
    """Prediction y_low + (y_high - y_low) sigmoid(u.m + b_u + b_m) (user, movie) and the gradients of its mse."""
    z = user_factors @ movie_factors.T + user_bias[:, np.newaxis] + movie_bias
    prediction = y_low + (y_high - y_low) * _sigmoid(z)
    error, mse, prediction_gradient = _score(prediction, rating)
    slope_of_sigmoid = (y_high - y_low) * _sigmoid(z) * _sigmoid(-z)
    return {
        "z": z,
        "prediction": prediction,
        "error": error,
        "z_gradient": error * slope_of_sigmoid,
        "mse": mse,
        "rmse": np.sqrt(mse),
        **_gradients(prediction_gradient * slope_of_sigmoid, user_factors, movie_factors),
    }


def _score(prediction: Array, rating: Array) -> tuple[Array, float, Array]:
    """Error over the rated cells (0 elsewhere), its mean square, and the gradient d mse/d prediction."""
    count = np.count_nonzero(~np.isnan(rating)) or np.nan
    error = _error(prediction, rating)
    return error, np.sum(error**2) / count, 2 * error / count


def _gradients(output_gradient: Array, user_factors: Array, movie_factors: Array) -> Result:
    """Gradients of factors and biases from the gradient d mse/d(u.m + b_u + b_m) (user, movie)."""
    user_gradient = output_gradient @ movie_factors
    movie_gradient = output_gradient.T @ user_factors
    user_bias_gradient = output_gradient.sum(axis=1)
    movie_bias_gradient = output_gradient.sum(axis=0)
    return {
        "user_gradient": user_gradient,
        "movie_gradient": movie_gradient,
        "user_bias_gradient": user_bias_gradient,
        "movie_bias_gradient": movie_bias_gradient,
        "gradient_norm": _norm(user_gradient, movie_gradient, user_bias_gradient, movie_bias_gradient),
    }


def _norm(*gradients: Array) -> float:
    """2-norm of all the gradients together."""
    return float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))


def _sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), by exp(-|z|) so that it never overflows."""
    decay = np.exp(-np.abs(z))
    sigmoid: Array = np.where(z >= 0, 1.0, decay) / (1.0 + decay)
    return sigmoid


def sigmoid_curve(point: Array, y_low: float, y_high: float, narrow_high: float) -> Result:
    """The sigmoid at each point, stretched to (y_low, y_high) and to the narrow range (y_low, narrow_high)."""
    return {
        "wide": y_low + (y_high - y_low) * _sigmoid(point),
        "narrow": y_low + (narrow_high - y_low) * _sigmoid(point),
    }


def z_needed(target: Array, y_low: float, y_high: float, narrow_high: float) -> Result:
    """The z whose stretched sigmoid is each target; NaN at and beyond the ends, which no z reaches."""
    return {"z_wide": _logit(target, y_low, y_high), "z_narrow": _logit(target, y_low, narrow_high)}


def _logit(target: Array, low: float, high: float) -> Array:
    """ln((target - low) / (high - target)), NaN outside (low, high)."""
    inside = (low < target) & (target < high)
    odds = np.divide(target - low, high - target, out=np.full(target.shape, np.nan), where=inside)
    logit: Array = np.log(odds)
    return logit


def gradient_descent(
    rating: Array, user_factors: Array, movie_factors: Array, learning_rate: float, wd: float
) -> Result:
    """One full-batch step w - learning_rate * d loss/dw on loss = mse + wd * (sum of squares of all factors).

    A loss beyond 1e12 has diverged: the factors stay as they are, so that no later step overflows.
    """
    prediction = user_factors @ movie_factors.T
    error, mse, prediction_gradient = _score(prediction, rating)
    penalty = wd * (np.sum(user_factors**2) + np.sum(movie_factors**2))
    user_gradient = prediction_gradient @ movie_factors + 2 * wd * user_factors
    movie_gradient = prediction_gradient.T @ user_factors + 2 * wd * movie_factors
    diverged = mse + penalty > 1e12
    move = 0.0 if diverged else learning_rate
    return {
        "prediction": prediction,
        "error": error,
        "mse": mse,
        "rmse": np.sqrt(mse),
        "penalty": penalty,
        "loss": mse + penalty,
        "verdict": "diverged" if diverged else "",
        "user_gradient": user_gradient,
        "movie_gradient": movie_gradient,
        "new_user_factors": user_factors - move * user_gradient,
        "new_movie_factors": movie_factors - move * movie_gradient,
    }


def nudged_errors(rating: Array, user_factors: Array, movie_factors: Array, nudge: float) -> Result:
    """Errors of the first user (movie) and of the first movie (user), as they are and with their first factor moved."""
    user_up, user_down = _nudged(user_factors, nudge), _nudged(user_factors, -nudge)
    movie_up, movie_down = _nudged(movie_factors, nudge), _nudged(movie_factors, -nudge)
    return {
        "user_error": _error(user_factors @ movie_factors.T, rating)[0],
        "user_error_up": _error(user_up @ movie_factors.T, rating)[0],
        "user_error_down": _error(user_down @ movie_factors.T, rating)[0],
        "movie_error": _error(user_factors @ movie_factors.T, rating)[:, 0],
        "movie_error_up": _error(user_factors @ movie_up.T, rating)[:, 0],
        "movie_error_down": _error(user_factors @ movie_down.T, rating)[:, 0],
    }


def _error(prediction: Array, rating: Array) -> Array:
    """Prediction less rating over the rated cells, 0 elsewhere."""
    error: Array = np.where(np.isnan(rating), 0.0, prediction - rating)
    return error


def finite_difference(rating: Array, user_factors: Array, movie_factors: Array, wd: float, nudge: float) -> Result:
    """The derivative of the loss in the first user's and movie's first factor, by a nudge each way and by formula."""
    if not nudge > 0:
        raise EngineError(f"nudge: found {nudge:.15g}, expected a number above 0")
    user_loss_up = _loss(rating, _nudged(user_factors, nudge), movie_factors, wd)
    user_loss_down = _loss(rating, _nudged(user_factors, -nudge), movie_factors, wd)
    movie_loss_up = _loss(rating, user_factors, _nudged(movie_factors, nudge), wd)
    movie_loss_down = _loss(rating, user_factors, _nudged(movie_factors, -nudge), wd)
    _, _, prediction_gradient = _score(user_factors @ movie_factors.T, rating)
    return {
        "user_loss_up": user_loss_up,
        "user_loss_down": user_loss_down,
        "user_numeric_gradient": (user_loss_up - user_loss_down) / (2 * nudge),
        "movie_loss_up": movie_loss_up,
        "movie_loss_down": movie_loss_down,
        "movie_numeric_gradient": (movie_loss_up - movie_loss_down) / (2 * nudge),
        "user_analytic_gradient": prediction_gradient[0] @ movie_factors[:, 0] + 2 * wd * user_factors[0, 0],
        "movie_analytic_gradient": prediction_gradient[:, 0] @ user_factors[:, 0] + 2 * wd * movie_factors[0, 0],
    }


def _loss(rating: Array, user_factors: Array, movie_factors: Array, wd: float) -> float:
    """The mse plus wd times the sum of squares of all factors."""
    _, mse, _ = _score(user_factors @ movie_factors.T, rating)
    return float(mse + wd * (np.sum(user_factors**2) + np.sum(movie_factors**2)))


def _nudged(factors: Array, nudge: float) -> Array:
    """A copy of the factors with the first one moved by nudge."""
    moved = factors.copy()
    moved[0, 0] += nudge
    return moved


def weight_decay(
    user_factors: Array,
    movie_factors: Array,
    user_gradient: Array,
    movie_gradient: Array,
    learning_rate: float,
    wd: float,
) -> Result:
    """One SGD step with the penalty in the loss (L2) beside one with decoupled decay; g is the bare mse's gradient.

    L2: w - lr (g + 2 wd w). Decoupled: (1 - lr 2 wd) w - lr g. For plain SGD they are the same step.
    """
    sum_of_squares = np.sum(user_factors**2) + np.sum(movie_factors**2)
    user_penalty_gradient = 2 * wd * user_factors
    movie_penalty_gradient = 2 * wd * movie_factors
    l2_user_factors = user_factors - learning_rate * (user_gradient + user_penalty_gradient)
    l2_movie_factors = movie_factors - learning_rate * (movie_gradient + movie_penalty_gradient)
    shrink = 1 - learning_rate * 2 * wd
    decoupled_user_factors = shrink * user_factors - learning_rate * user_gradient
    decoupled_movie_factors = shrink * movie_factors - learning_rate * movie_gradient
    user_difference = l2_user_factors - decoupled_user_factors
    movie_difference = l2_movie_factors - decoupled_movie_factors
    return {
        "sum_of_squares": sum_of_squares,
        "penalty": wd * sum_of_squares,
        "user_squares": np.sum(user_factors**2),
        "l2_squares": np.sum(l2_user_factors**2),
        "decoupled_squares": np.sum(decoupled_user_factors**2),
        "user_penalty_gradient": user_penalty_gradient,
        "movie_penalty_gradient": movie_penalty_gradient,
        "l2_user_factors": l2_user_factors,
        "l2_movie_factors": l2_movie_factors,
        "decoupled_user_factors": decoupled_user_factors,
        "decoupled_movie_factors": decoupled_movie_factors,
        "user_difference": user_difference,
        "movie_difference": movie_difference,
        "largest_difference": np.maximum(np.abs(user_difference).max(), np.abs(movie_difference).max()),
    }


def adam_first_step(user_factors: Array, user_gradient: Array, adam_rate: float, adam_eps: float, wd: float) -> Result:
    """The first step of Adam with the penalty in the gradient beside AdamW's, whose decay is decoupled.

    At the first step bias correction makes m = g and v = g^2, so Adam moves by adam_rate * g / (|g| + adam_eps).
    """
    l2_gradient = user_gradient + 2 * wd * user_factors
    adam_l2 = user_factors - adam_rate * l2_gradient / (np.abs(l2_gradient) + adam_eps)
    adamw = (1 - adam_rate * 2 * wd) * user_factors - adam_rate * user_gradient / (np.abs(user_gradient) + adam_eps)
    return {
        "adam_l2_user_factors": adam_l2,
        "adamw_user_factors": adamw,
        "adam_l2_squares": np.sum(adam_l2**2),
        "adamw_squares": np.sum(adamw**2),
        "adam_difference": adam_l2 - adamw,
        "largest_adam_difference": np.abs(adam_l2 - adamw).max(),
    }


def held_out_split(rating: Array, held_out: Array) -> Result:
    """Ratings (user, movie) parted into those to train on and those held out (held_out = 1), blank elsewhere.

    The baseline is the rmse, over the held-out ratings, of predicting the mean of the others everywhere.
    """
    train_rating = np.where(held_out == 1, np.nan, rating)
    valid_rating = np.where(held_out == 1, rating, np.nan)
    train_count = np.count_nonzero(~np.isnan(train_rating))
    train_mean = np.sum(train_rating, where=~np.isnan(train_rating)) / (train_count or np.nan)
    _, baseline_mse, _ = _score(np.full(rating.shape, train_mean), valid_rating)
    return {
        "train_rating": train_rating,
        "valid_rating": valid_rating,
        "train_count": float(train_count),
        "valid_count": float(np.count_nonzero(~np.isnan(valid_rating))),
        "train_mean": train_mean,
        "mean_error": np.where(np.isnan(valid_rating) | (train_count == 0), 0.0, train_mean - valid_rating),
        "mean_baseline": np.sqrt(baseline_mse),
    }


def early_stopping(checkpoint_step: Array, train_curve: Array, valid_curve: Array) -> Result:
    """For each candidate, the first checkpoint with the lowest validation error, and both errors at the last one."""
    best = np.where(np.isnan(valid_curve), np.inf, valid_curve).argmin(axis=0)
    candidate = np.arange(valid_curve.shape[1])
    return {
        "best_valid": valid_curve[best, candidate],
        "best_step": checkpoint_step[best],
        "train_at_best": train_curve[best, candidate],
        "last_train": train_curve[-1],
        "last_valid": valid_curve[-1],
    }


def held_out_rmse(
    train_rating: Array, valid_rating: Array, best_user_factors: Array, best_movie_factors: Array
) -> Result:
    """Prediction (user, movie) of the best factors, with its error over each part of the ratings, 0 elsewhere."""
    held_prediction = best_user_factors @ best_movie_factors.T
    train_error, train_mse, _ = _score(held_prediction, train_rating)
    valid_error, valid_mse, _ = _score(held_prediction, valid_rating)
    return {
        "held_prediction": held_prediction,
        "train_error": train_error,
        "valid_error": valid_error,
        "train_rmse": np.sqrt(train_mse),
        "valid_rmse": np.sqrt(valid_mse),
    }


def status(factors_from: str, gradient_norm: float) -> Result:
    """Whether recorded factors suit the ratings as when they were trained: the gradient there is 0, or nearly."""
    if factors_from != "trained":
        return {"status": "not in use"}
    return {"status": "as trained" if gradient_norm < 1e-3 else "stale"}


def recorded_run(n_factors: Array, best_valid: Array, best_user_factors: Array, valid_rmse: float) -> Result:
    """The validation error that the run with as many factors recorded, and whether it is the one computed here."""
    recorded = best_valid[np.flatnonzero(n_factors == best_user_factors.shape[1])[0]]
    agrees = abs(valid_rmse - recorded) < 1e-9
    return {
        "recorded_valid": recorded,
        "status": "agrees" if agrees else "stale",
    }


def held_out_verdict(valid_rmse: float, mean_baseline: float) -> Result:
    """Whether the model's error on held-out ratings is below that of predicting the mean; no word without ratings."""
    if np.isnan(valid_rmse):
        return {"verdict": ""}
    return {"verdict": "yes" if valid_rmse < mean_baseline else "no"}
